"""Pure: how a payment ended, what becomes of its slip, and what to do now. It names no amount that was not verified."""

from collections.abc import Iterator

from appliance.counter import pictures
from appliance.counter.blocks import Block, Drawn, Type, amount, paragraph, stack
from appliance.counter.look import AMBER, GREEN, INK, Style
from appliance.counter.screens import foot
from appliance.counter.screens.sign import (
    Sign,
    Touch,
    above,
    composed,
    first_within,
    illustrated,
    keys,
    must_sizes,
    room,
)
from appliance.counter.session import STAYS
from appliance.counter.shown import Shown
from appliance.counter.state import Notice
from appliance.counter.texts import Said
from drivers.scene import Colour, Drawing
from drivers.typeface import Face
from mqtt_schema.money import format_vnd
from mqtt_schema.types import Instant

PAID = Sign(pictures.TICK, GREEN, share=0.86)
WAIVED = Sign(pictures.WAIVED, GREEN)
EXPIRED = Sign(pictures.CLOCK, INK)
CANCELLED = Sign(pictures.CROSS, INK)
SEE_CLERK = Sign(pictures.HAND, AMBER, share=0.74)

AMOUNT_STEPS = (3.0, 2.5, 1.96, 1.4, 1.0)
"""How many times as large as the words an amount that was paid may stand, from the roomiest way to the tightest."""


def compose(shown: Shown, style: Style, now: Instant) -> Drawn:
    """The sign, what happened, what to do. It does not change with the time."""
    del now
    match shown.session.glass:
        case Notice() as notice:
            below = foot.foot(style, shown, style.column.width)
            return _ended(notice, style, above(keys(style, _touches(notice, style), style.column.width), below, style))
    raise ValueError(f"nothing ended on the glass, but {shown.session.glass.kind}")


def _ended(notice: Notice, style: Style, touches: Block) -> Drawn:
    free = room(style, touches)
    if notice.notice == "paid":
        return composed(style, PAID, first_within(_paid(notice, style), free), touches)
    sign, said = _ending(notice, style)
    return composed(style, sign, first_within(_said(said, sign.colour, style), free), touches)


# What can be touched


def _touches(notice: Notice, style: Style) -> tuple[Touch, ...]:
    """One more slip while there is one; more time while any is left; and the way out, which most people want."""
    texts = style.texts.notices
    touches: list[Touch] = [("done", pictures.TICK, texts.done)]
    if notice.stays < STAYS:
        touches.insert(0, ("stay", pictures.MORE_TIME, texts.stay))
    if notice.phase == "printed" and notice.slip is not None:
        touches.insert(0, ("copy", pictures.COPY, texts.copy))
    return tuple(touches)


# Paid


def _paid(notice: Notice, style: Style) -> Iterator[Block]:
    """That the money is here, how much of it, and what happens next; the amount as large as there is room for."""
    width = style.column.width
    for must in must_sizes(style):
        heading = paragraph(style.texts.notices.paid, Type(Face.SEMIBOLD, (must,), GREEN, 2), width)
        following = _following(notice, style, width, must)
        for times in AMOUNT_STEPS:
            sizes = tuple(range(round(must * times), must - 1, -1))
            figures = [_amount(notice.amount, sizes, width)] if notice.amount is not None else []
            for gap in (2 * style.unit, style.unit // 2):
                yield stack((heading, *figures, following), gap)


def _amount(value: int, sizes: tuple[int, ...], width: int) -> Block:
    return amount(format_vnd(value, gap="").removesuffix("đ"), "đ", sizes, INK, width)


def _following(notice: Notice, style: Style, width: int, must: int) -> Block:
    """What the citizen may expect of the slip."""
    drawing, sentence = _slip(notice, style)
    if drawing is None:
        return paragraph(sentence, Type(Face.REGULAR, (must,), INK, 2), width)
    return illustrated(drawing, sentence, style, width, (must,))


def _slip(notice: Notice, style: Style) -> tuple[Drawing | None, str]:
    texts = style.texts.notices
    if not style.look.has_printer:
        return None, texts.thanks
    match notice.phase:
        case "due" | "printing":
            return pictures.PRINTER, texts.slip_due
        case "printed":
            return pictures.SLIP, texts.slip_printed
        case "waiting":
            return pictures.PAPER, texts.slip_waiting
        case "unsure":
            return pictures.CLERK, texts.slip_unsure
        case "uncopied":
            return pictures.CLERK, texts.slip_uncopied
    return None, texts.thanks


# Everything else


def _ending(notice: Notice, style: Style) -> tuple[Sign, Said]:
    texts = style.texts.notices
    match notice.notice:
        case "waived":
            return WAIVED, texts.waived
        case "expired":
            return EXPIRED, texts.expired
        case "cancelled":
            return CANCELLED, texts.cancelled
        case "underpaid":
            return SEE_CLERK, Said(texts.see_clerk, texts.underpaid)
        case "overpaid":
            return SEE_CLERK, Said(texts.see_clerk, texts.overpaid)
        case "late":
            return SEE_CLERK, Said(texts.see_clerk, texts.late)
    # Refused, and whatever else may come: a human knows more than this glass.
    return SEE_CLERK, Said(texts.see_clerk, texts.refused)


def _said(said: Said, colour: Colour, style: Style) -> Iterator[Block]:
    """From the roomiest way to the tightest; only the first sentence ever falls below what must be read."""
    for heading, body, gap in _settings(style):
        first, others = body
        sentences = [(said.body[0], first), *((sentence, others) for sentence in said.body[1:])]
        yield stack(
            (
                paragraph(said.heading, Type(Face.SEMIBOLD, (heading,), colour, 3), style.column.width),
                *(
                    paragraph(sentence, Type(Face.REGULAR, (size,), INK, 4), style.column.width)
                    for sentence, size in sentences
                ),
            ),
            gap,
        )


def _settings(style: Style) -> Iterator[tuple[int, tuple[int, int], int]]:
    """Size of the heading, of what happened and of what to do, and the gap between them."""
    wide, narrow = 2 * style.unit, style.unit // 2
    for must in must_sizes(style):
        yield round(must * 1.4), (must, must), wide
        yield must, (must, must), wide
        yield must, (must, must), narrow
    for gap in (wide, narrow):
        yield must_sizes(style)[-1], (style.rest, must_sizes(style)[-1]), gap
