"""Pure: what the glass shows for a state of the session. It decides nothing; the same second gives the same scene.

A screen is a panel (the code, or a sign as large as the code) and a column of words. Nothing is said by colour alone.
"""

from dataclasses import dataclass, replace
from datetime import timedelta, timezone

from appliance.counter import pictures
from appliance.counter.blocks import (
    Block,
    Type,
    amount,
    beside,
    figures,
    labelled,
    paragraph,
    picture,
    rule,
    space,
    stack,
)
from appliance.counter.look import AMBER, GREEN, INK, PAPER, SHADE, WHITE, Look
from appliance.counter.session import Idle, Notice, Paying, Session
from appliance.counter.texts import Notice as Words
from drivers import qr, typeface
from drivers.qr import QUIET_MODULES
from drivers.scene import Anchor, Code, Colour, Drawing, Element, Fill, Picture, Rect, Scene
from drivers.typeface import Face
from mqtt_schema.messages import Line, PaymentRequest
from mqtt_schema.money import format_vnd
from mqtt_schema.types import Instant

__all__ = ["Look", "compose"]

VIETNAM = timezone(timedelta(hours=7))
"""Indochina Time; Vietnam has no summer time."""

FULL_BAR_S = 300
"""A bar is full at five minutes or more."""
LAST_MINUTE_S = 60


def compose(session: Session, look: Look, now: Instant) -> Scene:
    """Compose the screen for a state at a moment. Two moments within one second of the clock look alike."""
    return Scene(look.size, PAPER, _elements(session, look, now))


def _elements(session: Session, look: Look, now: Instant) -> tuple[Element, ...]:
    match session.glass:
        case Idle():
            return _idle(look, now) if session.is_linked else _offline(look, now)
        case Paying(request=request):
            return _paying(request, session.is_linked, look, now)
    return _notice(session.glass, look)


# The code


@dataclass(frozen=True)
class Lines:
    """How many lines the names of a payment may take; its numbers are never cut. Plain: nothing but the words."""

    fee: int
    name: int
    bank: int
    is_plain: bool = False


def _paying(request: PaymentRequest, is_linked: bool, look: Look, now: Instant) -> tuple[Element, ...]:
    left_s = max(0, int(request.expires_at.timestamp()) - int(now.timestamp()))
    below = _foot(left_s, is_linked, look)
    about = _about_within(look.column.height - below.height - look.px(12), request, look)
    return (
        *_code(request.payload, look),
        *about.at(look.column.x, look.column.y),
        *below.at(look.column.x, look.column.bottom - below.height),
    )


def _code(payload: str, look: Look) -> tuple[Element, ...]:
    """The largest code of whole pixels a module that the panel holds, with its quiet zone, in the panel's middle."""
    matrix = qr.modules(payload)
    modules = matrix.size + 2 * QUIET_MODULES
    module_px = look.panel.width // modules
    spare = (look.panel.width - modules * module_px) // 2
    code = Code(matrix, look.panel.x + spare, look.panel.y + spare, module_px)
    return Fill(look.panel, WHITE, look.px(16)), code


_DRAFTS = (Lines(3, 3, 2), Lines(2, 2, 2), Lines(1, 2, 1), Lines(1, 1, 1), Lines(1, 1, 1, is_plain=True))
"""From the roomiest to the tightest; the last one has room on every glass of 480 by 800 or more."""


def _about_within(room: int, request: PaymentRequest, look: Look) -> Block:
    """As many lines for the names as there is room for, and the room that is left over between the groups."""
    drafts = (_about(request, most, look) for most in _DRAFTS)
    fitting = (draft for draft in drafts if stack(draft).height <= room)
    groups = next(fitting, None) or _about(request, _DRAFTS[-1], look)
    spare = max(0, room - stack(groups).height)
    return stack(groups, min(spare // (len(groups) - 1), look.px(16)))


def _about(request: PaymentRequest, most: Lines, look: Look) -> tuple[Block, ...]:
    """What to do, how much and what for, and to whom."""
    return (
        _instruction(most, look),
        stack((_amount(request.amount, look), _purpose(request.lines, most.fee, look), space(look.px(8)))),
        stack((rule(look.column.width, look.px(2), SHADE), space(look.px(8)), _payee(request, most, look))),
    )


def _instruction(most: Lines, look: Look) -> Block:
    style = Type(Face.SEMIBOLD, (look.middle,), INK, lines=2)
    if most.is_plain:
        return paragraph(look.texts.scan, style, look.column.width)
    return _illustrated(pictures.PHONE, look.texts.scan, style, look)


def _illustrated(drawing: Drawing, said: str, style: Type, look: Look) -> Block:
    """A small picture and the words that say the same."""
    side, gap = look.px(64), look.px(12)
    return beside(picture(drawing, side, INK), paragraph(said, style, look.column.width - side - gap), gap)


def _amount(value: int, look: Look) -> Block:
    return amount(format_vnd(value, gap="").removesuffix("đ"), "đ", look.amounts, INK, look.column.width)


def _purpose(lines: tuple[Line, ...], most: int, look: Look) -> Block:
    """The first fee's name, how many others there are, and whose dossier; on one line what has room there."""
    width, style = look.column.width, Type(Face.REGULAR, (look.small,), INK)
    name = paragraph(lines[0].fee_name, replace(style, face=Face.SEMIBOLD, lines=most), width)
    rest = [_dossiers(lines, look)]
    if len(lines) > 1:
        rest.insert(0, look.texts.and_other_fees.format(count=len(lines) - 1))
    if typeface.width(joined := " · ".join(rest), style.face, look.small) <= width:
        rest = [joined]
    return stack((name, *(paragraph(said, style, width) for said in rest)))


def _dossiers(lines: tuple[Line, ...], look: Look) -> str:
    """The ends of the dossier numbers: enough to recognise one's own, too little for a stranger behind."""
    numbers = tuple(dict.fromkeys(line.dossier for line in lines))
    tail = numbers[0].rsplit("-", 1)[-1][-4:]
    if len(numbers) == 1:
        return look.texts.dossier.format(tail=tail)
    return look.texts.and_other_dossiers.format(tail=tail, count=len(numbers) - 1)


def _payee(request: PaymentRequest, most: Lines, look: Look) -> Block:
    payee, texts, width = request.beneficiary, look.texts, look.column.width
    label = Type(Face.REGULAR, (look.small,), INK)
    name = Type(Face.SEMIBOLD, (look.small,) if most.is_plain else (look.middle, look.small), INK, lines=most.name)
    bank = Type(Face.SEMIBOLD, (look.small,), INK, lines=most.bank)
    number = replace(bank, lines=2)
    labels = (texts.bank, texts.account, texts.memo)
    first = max(typeface.width(named, Face.REGULAR, look.small) for named in labels) + look.px(12)
    rows = (
        (texts.bank, payee.bank_name.removeprefix(f"{texts.bank} "), bank),
        (texts.account, payee.account, number),
        (texts.memo, request.reference, number),
    )
    return stack(
        (
            paragraph(texts.check_name, label, width),
            paragraph(payee.account_name, name, width),
            space(look.px(4)),
            *(labelled(named, said, (label, style), (first, width - first)) for named, said, style in rows),
        )
    )


def _foot(left_s: int, is_linked: bool, look: Look) -> Block:
    """The time in words and figures, and a bar that shrinks."""
    line = _time_left(left_s, look) if is_linked else _link_lost(left_s, look)
    return stack((line, _bar(left_s, look)), look.px(6))


def _time_left(left_s: int, look: Look) -> Block:
    width = look.column.width
    clock = _clock(left_s, look, INK)
    said = look.texts.time_left if left_s >= LAST_MINUTE_S else look.texts.time_nearly_up
    words = paragraph(said, Type(Face.REGULAR, (look.small,), INK), width - clock.width)
    return Block((*words.at(0, look.middle - look.small), *clock.at(width - clock.width, 0)), width, clock.height)


def _link_lost(left_s: int, look: Look) -> Block:
    """The code is still good, only the answer will be late: said, because a silent screen frightens."""
    inner, side, width = look.px(12), look.px(40), look.column.width
    clock = _clock(left_s, look, WHITE)
    style = Type(Face.SEMIBOLD, (look.small,), WHITE, lines=3)
    said = paragraph(look.texts.link_lost, style, width - side - clock.width - 4 * inner)
    line = beside(beside(picture(pictures.HOURGLASS, side, WHITE), said, inner), clock, inner)
    height = line.height + look.px(16)
    return Block((Fill(Rect(0, 0, width, height), AMBER, inner), *line.at(inner, look.px(8))), width, height)


def _clock(left_s: int, look: Look, colour: Colour) -> Block:
    return figures(f"{left_s // 60}:{left_s % 60:02}", Face.SEMIBOLD, look.middle, colour)


def _bar(left_s: int, look: Look) -> Block:
    width, height = look.column.width, look.px(12)
    full = round(width * min(1.0, left_s / FULL_BAR_S))
    left = (Fill(Rect(0, 0, full, height), INK, height // 2),) if full else ()
    return Block((Fill(Rect(0, 0, width, height), SHADE, height // 2), *left), width, height)


# A sign in the place of the code


def _notice(notice: Notice, look: Look) -> tuple[Element, ...]:
    texts = look.texts
    match notice.notice:
        case "paid":
            return _sign(pictures.TICK, GREEN, _paid(notice.amount, look), look)
        case "expired":
            return _sign(pictures.CLOCK, INK, _words(texts.expired, INK, look), look)
        case "cancelled":
            return _sign(pictures.CROSS, INK, _words(texts.cancelled, INK, look), look)
    # Whatever else may come: a human knows more than this glass.
    return _sign(pictures.HAND, AMBER, _words(texts.see_clerk, AMBER, look), look)


def _sign(drawing: Drawing, colour: Colour, words: Block, look: Look) -> tuple[Element, ...]:
    """A panel of one colour with a white sign, and beside it what it means and what comes next."""
    top = look.column.y + max(0, (look.column.height - words.height) // 2)
    return *_panel(drawing, colour, look), *words.at(look.column.x, top)


def _words(words: Words, colour: Colour, look: Look) -> Block:
    style = Type(Face.REGULAR, (look.middle,), INK, lines=4)
    body = (paragraph(sentence, style, look.column.width) for sentence in words.body)
    return stack((_heading(words, colour, look), *body), look.px(12))


def _heading(words: Words, colour: Colour, look: Look) -> Block:
    return paragraph(words.heading, Type(Face.SEMIBOLD, (look.heading,), colour, lines=3), look.column.width)


def _paid(paid: int | None, look: Look) -> Block:
    """That the money is here, how much of it, and what happens next."""
    words = look.texts.paid if look.has_printer else look.texts.paid_without_slip
    style = Type(Face.REGULAR, (look.middle,), INK, lines=4)
    blocks = [_heading(words, GREEN, look)]
    if paid is not None:
        blocks.append(_amount(paid, look))
    for sentence in words.body:
        with_slip = _illustrated(pictures.SLIP, sentence, style, look)
        blocks.append(with_slip if look.has_printer else paragraph(sentence, style, look.column.width))
    return stack(blocks, look.px(16))


def _panel(drawing: Drawing, colour: Colour, look: Look) -> tuple[Element, ...]:
    panel = look.panel
    side = round(panel.width * 0.6)
    corner = (panel.width - side) // 2
    stroke = round(side / 14)
    return Fill(panel, colour, look.px(16)), Picture(drawing, panel.x + corner, panel.y + corner, side, stroke, WHITE)


def _offline(look: Look, now: Instant) -> tuple[Element, ...]:
    foot = _masthead(look, now, look.column.width)
    sign = _sign(pictures.HOURGLASS, AMBER, _words(look.texts.offline, AMBER, look), look)
    return *sign, *foot.at(look.column.x, look.column.bottom - foot.height)


# Nobody is paying


def _idle(look: Look, now: Instant) -> tuple[Element, ...]:
    """How it works in three pictures, one card, the time, and which counter this is."""
    glass = look.glass
    head = stack(
        (
            _masthead(look, now, glass.width),
            paragraph(look.texts.idle_heading, Type(Face.SEMIBOLD, (look.heading,), INK, lines=2), glass.width),
        ),
        look.px(8),
    )
    card = _card(look)
    story = _story(look)
    room = glass.height - head.height - card.height
    return (
        *head.at(glass.x, glass.y),
        *story.at(glass.x, glass.y + head.height + (room - story.height) // 2),
        *card.at(glass.x, glass.bottom - card.height),
    )


def _masthead(look: Look, now: Instant, width: int) -> Block:
    """Which counter this is, the date where there is room for it, and the time."""
    here = now.astimezone(VIETNAM)
    weekday = look.texts.weekdays[here.weekday()]
    date = look.texts.date.format(weekday=weekday, day=here.day, month=here.month, year=here.year)
    counter = look.texts.counter.format(counter=look.counter)
    clock = figures(f"{here:%H:%M}", Face.SEMIBOLD, look.middle, INK)
    words = width - clock.width - look.px(16)
    said = f"{counter}  ·  {date}"
    if typeface.width(said, Face.REGULAR, look.small) > words:
        said = counter
    named = paragraph(said, Type(Face.REGULAR, (look.small,), INK), words)
    return Block((*named.at(0, look.middle - look.small), *clock.at(width - clock.width, 0)), width, clock.height)


def _story(look: Look) -> Block:
    """Three steps: side by side with an arrow between them, or one below the other when the glass stands."""
    drawings = (pictures.CLERK, pictures.PHONE, pictures.SLIP)
    said = tuple(f"{number}. {step}" for number, step in enumerate(look.texts.idle_steps, 1))
    if look.size.is_portrait:
        return stack([_step_in_row(*step, look) for step in zip(drawings, said, strict=True)], look.px(24))
    return _in_columns(drawings, said, look)


def _in_columns(drawings: tuple[Drawing, ...], said: tuple[str, ...], look: Look) -> Block:
    side, arrow, gap = look.px(144), look.px(48), look.px(12)
    width = (look.glass.width - 2 * (arrow + 2 * gap)) // 3
    style = Type(Face.SEMIBOLD, (look.middle,), INK, lines=3, anchor=Anchor.CENTRE)
    words = [paragraph(step, style, width) for step in said]
    elements: list[Element] = []
    for number, drawing in enumerate(drawings):
        left = number * (width + arrow + 2 * gap)
        if number:
            sign = picture(pictures.CHEVRON, arrow, INK, look.px(6))
            elements.extend(sign.at(left - gap - arrow, (side - arrow) // 2))
        elements.extend(picture(drawing, side, INK).at(left + (width - side) // 2, 0))
        elements.extend(words[number].at(left, side + gap))
    return Block(tuple(elements), look.glass.width, side + gap + max(block.height for block in words))


def _step_in_row(drawing: Drawing, said: str, look: Look) -> Block:
    side, gap = look.px(128), look.px(24)
    words = paragraph(said, Type(Face.SEMIBOLD, (look.middle,), INK, lines=3), look.glass.width - side - gap)
    return beside(picture(drawing, side, INK), words, gap)


def _card(look: Look) -> Block:
    width, inner, side = look.glass.width, look.px(20), look.px(72)
    words = width - side - 3 * inner
    said = stack(
        (
            paragraph(look.texts.card.heading, Type(Face.SEMIBOLD, (look.middle,), INK), words),
            *(
                paragraph(said, Type(Face.REGULAR, (look.middle,), INK, lines=3), words)
                for said in look.texts.card.body
            ),
        )
    )
    line = beside(picture(pictures.SHIELD, side, INK, look.px(6)), said, inner)
    height = line.height + 2 * look.px(14)
    return Block((Fill(Rect(0, 0, width, height), SHADE, look.px(16)), *line.at(inner, look.px(14))), width, height)
