"""Pure: a payment's code on the glass, as large as it can be, what a careful payer compares, and the time that is left.

When the clerk pays or asks the bank there is no code; those two screens stand in `acting`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from appliance.counter.blocks import (
    FIGURE_TOP,
    TOP,
    Block,
    Drawn,
    Painting,
    Part,
    Type,
    beside,
    figures,
    first_fitting,
    fits,
    flatten,
    on_panel,
    paragraph,
    space,
    stack,
)
from appliance.counter.look import AMBER, INK, SHADE, WHITE, Style, shift_at
from appliance.counter.screens import acting, foot
from appliance.counter.screens.menu import menu
from appliance.counter.screens.particulars import about, lines, money
from appliance.counter.shown import Shown
from appliance.counter.state import Paying
from drivers import qr, typeface
from drivers.qr import QUIET_MODULES, QrMatrix
from drivers.scene import Code, Colour, Fill, Rect, Text
from drivers.typeface import Face
from mqtt_schema.messages import PaymentRequest
from mqtt_schema.types import Instant

FULL_BAR_S = 300
"""A bar is full at five minutes, where nobody said when the payment began."""
LAST_MINUTE_S = 60
MORE_TIME_S = 120
"""From here on more time is offered beside the code."""

WORDS_EM = 9.4
"""The words beside a code are at least so wide, in sizes of what must be read."""
WORDS_HIGH_EM, WORDS_HIGH_EM_ROOMY = 9.5, 12.2
"""The words below a code are at least so high; where there is room, the details are among them."""
LEAST_CODE = 0.88
"""Larger text takes from the code at most the rest: 8 of 9, 11 of 12, 15 of 16 pixels a module, all read as often."""

LEAST_CODE_STANDING = 0.77
"""The same where a glass of 7 inches stands, and a beneficiary's long name would have no room: 8 of 10."""


def compose(shown: Shown, style: Style, now: Instant) -> Drawn:
    """The code with its words; or, when the clerk pays or asks the bank, no code at all.

    Raises `ValueError` when no payment stands on the glass.
    """
    match shown.session.glass:
        case Paying(request=request, checking_until=checked) if checked is not None:
            return acting.checking(shown, request, style)
        case Paying(request=request) if request.is_on_behalf:
            return acting.on_behalf(shown, request, style)
        case Paying(request=request):
            return _paying(shown, request, style, now)
    raise ValueError(f"no payment stands on the glass, but {shown.session.glass.kind}")


def _paying(shown: Shown, request: PaymentRequest, style: Style, now: Instant) -> Drawn:
    matrix = qr.modules_at_once(request.payload)
    where = place(style, matrix.size + 2 * QUIET_MODULES)
    words = _chosen(shown, request, style, where, now) if shown.front.page == "menu" else None
    caption = None if words else _caption(request, style, where)
    words = words or _words(shown, request, style, where, now, has_caption=caption is not None)
    parts: list[Part] = [_code(matrix, where, has_caption=caption is not None), words.at(where.words.x, where.words.y)]
    if caption:
        parts.append(caption.at(where.caption.x, where.caption.y))
    return Drawn(
        Block(tuple(parts), style.whole.width, style.whole.height), first=_first(shown, request, style, where, now)
    )


def _first(shown: Shown, request: PaymentRequest, style: Style, where: "Place", now: Instant) -> Painting:
    shift = shift_at(int(now.timestamp()))
    if shown.front.page == "menu":
        return flatten(Block((Fill(where.panel, WHITE),), 0, 0), *shift)
    return standing(style, where, foot.called(shown.session), shift, with_time=_is_short(request, now))


@lru_cache(maxsize=4)
def standing(
    style: Style, where: "Place", called: foot.Called | None, shift: tuple[int, int], *, with_time: bool = False
) -> Painting:
    """What stands beneath every payment, spread out: the code's panel and the touches.

    The same arguments give the same object: a display that has painted it ahead sees at a glance that it has.
    """
    keys = foot.keys(style, called, where.words.width, with_time=with_time)
    parts = Fill(where.panel, WHITE), keys.at(where.words.x, where.words.bottom - keys.height), foot.corner(style)
    return flatten(Block(parts, style.whole.width, style.whole.height), *shift)


def _words(
    shown: Shown, request: PaymentRequest, style: Style, where: "Place", now: Instant, *, has_caption: bool
) -> Block:
    """What to do, how much, to whom, how long, and what can be touched."""
    width = where.words.width
    time = _time(_left_s(request, now), request, style, width, is_linked=shown.session.is_linked)
    below = stack((time, space(foot.height(style))), style.unit)
    room = width, where.words.height - below.height - style.unit
    return _above(about(request, style, room, has_caption=has_caption), below, where.words)


def _chosen(shown: Shown, request: PaymentRequest, style: Style, where: "Place", now: Instant) -> Block:
    """The menu in the words' place. The amount stays: the office is told that it stands on the glass."""
    width = where.words.width
    time = _time(_left_s(request, now), request, style, width, is_linked=shown.session.is_linked)
    room = width, where.words.height - time.height - style.unit
    choices = menu(style, money(request.amount, (style.must,), width), room, with_time=True)
    return _above(choices, time, where.words)


def _above(upper: Block, lower: Block, room: Rect) -> Block:
    return Block((upper.at(0, 0), lower.at(0, room.height - lower.height)), room.width, room.height)


# Where the code stands


@dataclass(frozen=True)
class Place:
    """Where a code of so many modules stands, and the words. `caption`: what is free below it, on its white panel."""

    module_px: int
    panel: Rect
    caption: Rect
    words: Rect


@lru_cache(maxsize=32)
def place(style: Style, modules: int) -> Place:
    """The largest code of whole pixels a module beside which the words have room. `modules` with the quiet zone."""
    plain = style.look.style(style.language)
    least = LEAST_CODE_STANDING if style.is_narrow and style.is_portrait else LEAST_CODE
    module_px = max(_module_px(style, modules), round(_module_px(plain, modules) * least + 0.49))
    side, whole = module_px * modules, style.whole
    if style.is_portrait:
        panel, caption = Rect(0, 0, whole.width, side), Rect(0, side, 0, 0)
    else:
        panel = Rect(0, 0, side, whole.height)
        caption = Rect(style.unit, side, side - style.unit, whole.height - side)
    return Place(module_px, panel, caption, style.beside(panel))


def _module_px(style: Style, modules: int) -> int:
    whole = style.whole
    if style.is_portrait:
        least = round(style.must * (WORDS_HIGH_EM if style.is_narrow else WORDS_HIGH_EM_ROOMY))
        return max(1, min(whole.width, whole.height - least) // modules)
    return max(1, min(whole.height, whole.width - round(WORDS_EM * style.must) - 4 * style.unit) // modules)


def _code(matrix: QrMatrix, where: Place, *, has_caption: bool) -> Code:
    """On its white panel, which runs to the edges of the glass; in its middle where nothing stands below."""
    side, panel = (matrix.size + 2 * QUIET_MODULES) * where.module_px, where.panel
    top = 0 if has_caption else (panel.height - side) // 2
    return Code(matrix, (panel.width - side) // 2, top, where.module_px, is_on_white=True)


@lru_cache(maxsize=4)
def _caption(request: PaymentRequest, style: Style, where: Place) -> Block | None:
    """Account, memo and bank below the code, where a glass of 7 inches has room for all three."""
    if not style.is_narrow or style.is_portrait:
        return None
    said, room, pitch = lines(request, style, where.caption.width), where.caption, round(style.small * 1.2)
    if not said or pitch * len(said) > room.height or any(text.endswith(typeface.ELLIPSIS) for text in _texts(said)):
        return None
    # A line's tail hangs lower than its marks rise: so they stand a little above the middle.
    top = (room.height - pitch * len(said)) // 2 - style.small // 15
    return Block(tuple(line.at(0, top + number * pitch) for number, line in enumerate(said)), room.width, room.height)


def _texts(blocks: tuple[Block, ...]) -> Iterator[str]:
    return (part.text for block in blocks for part in block.parts if isinstance(part, Text))


# The time


def _is_short(request: PaymentRequest, now: Instant) -> bool:
    """Whether more time is offered."""
    return _left_s(request, now) < MORE_TIME_S


def _left_s(request: PaymentRequest, now: Instant) -> int:
    """Counted in seconds of the clock, so that the display changes with them."""
    return max(0, int(request.expires_at.timestamp()) - int(now.timestamp()))


def _time(left_s: int, request: PaymentRequest, style: Style, width: int, *, is_linked: bool) -> Block:
    """The time in words and figures, and a bar that shrinks."""
    line = _time_left(left_s, style, width) if is_linked else _link_lost(left_s, style, width)
    return stack((line, _bar(left_s / _whole_s(request), style, width)), style.unit // 2)


def _whole_s(request: PaymentRequest) -> float:
    if request.starts_at is None:
        return FULL_BAR_S
    return max(1.0, (request.expires_at - request.starts_at).total_seconds())


def _time_left(left_s: int, style: Style, width: int) -> Block:
    texts = style.texts.code
    clock = _clock(left_s, style, INK)
    said = texts.time_left if left_s >= LAST_MINUTE_S else texts.time_nearly_up
    face = Face.REGULAR if left_s >= LAST_MINUTE_S else Face.SEMIBOLD
    room = width - clock.width - style.unit
    size_px = next((size for size in style.yielding if fits(said, Type(face, (size,), INK), room)), style.yielding[-1])
    words = paragraph(said, Type(face, (size_px,), INK), room)
    top = round(style.must * FIGURE_TOP) - round(size_px * TOP)
    high = max(clock.height, top + words.height)
    return Block((words.at(0, top), clock.at(width - clock.width, 0)), width, high)


def _link_lost(left_s: int, style: Style, width: int) -> Block:
    """The code is still good, only the answer will be late: said, because a silent screen frightens."""
    inner, clock = style.unit, _clock(left_s, style, WHITE)
    room = width - clock.width - 3 * inner
    type_ = Type(Face.SEMIBOLD, style.yielding[-1:], WHITE, lines=1 if style.is_narrow and style.is_portrait else 2)
    said = first_fitting(style.texts.code.link_lost, type_, room)
    words = paragraph(said, replace(type_, lines=3), room)
    return on_panel(beside(words, clock, inner), AMBER, style.unit, (inner, inner // 2))


def _clock(left_s: int, style: Style, colour: Colour) -> Block:
    return figures(f"{left_s // 60}:{left_s % 60:02}", Face.SEMIBOLD, style.must, colour)


def _bar(share: float, style: Style, width: int) -> Block:
    high = style.unit
    full = round(width * min(1.0, share))
    left = (Fill(Rect(0, 0, full, high), INK, high // 2),) if full else ()
    return Block((Fill(Rect(0, 0, width, high), SHADE, high // 2), *left), width, high)
