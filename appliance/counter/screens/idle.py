"""Pure: nobody is paying: how it works, what is always true, one card at a time; or a dark glass, or a wait.

The wait has two reasons: there is no connection, or the clerk is preparing a payment.
"""

from collections.abc import Iterator
from functools import lru_cache

from appliance.counter import pictures
from appliance.counter.blocks import (
    FIGURE_PITCH,
    Block,
    Drawn,
    Type,
    beside,
    centred,
    figures,
    fits,
    paragraph,
    picture,
    stack,
)
from appliance.counter.look import AMBER, INK, Style
from appliance.counter.screens import cards, foot
from appliance.counter.screens.cards import Story
from appliance.counter.screens.masthead import VIETNAM, masthead
from appliance.counter.screens.sign import Sign, composed, first_within, must_sizes, room
from appliance.counter.shown import Shown, screen_of
from appliance.counter.texts import Said
from drivers import typeface
from drivers.scene import Anchor, Colour, Size
from drivers.typeface import Face
from mqtt_schema.messages import Card, ScreenName
from mqtt_schema.types import Instant

CARD_S = 20
"""So long one card stands."""

NIGHT: Colour = (0x05, 0x0B, 0x14)
DIM: Colour = (0x8E, 0xA1, 0xBA)
"""Ink and paper of a glass that sleeps: still seven to one, but hardly any light in a dark hall."""

STEPS_SHARES = (60, 54, 48, 42)
"""Parts of a standing glass, in hundredths, that the way to pay may take, from the roomiest to the tightest."""

OFFLINE = Sign(pictures.HOURGLASS, AMBER)
PREPARING = Sign(pictures.CLERK, INK, share=0.72)


def compose(shown: Shown, style: Style, now: Instant) -> Drawn:
    """One of the four screens of a glass that is about nobody's payment."""
    match screen_of(shown):
        case ScreenName.ASLEEP:
            return _asleep(style.look.style("vi"), now)
        case ScreenName.OFFLINE:
            return _waiting(OFFLINE, style.texts.offline, shown, style)
        case ScreenName.PREPARING:
            return _waiting(PREPARING, style.texts.preparing, shown, style)
    return _idle(shown, style, now)


# How to pay, and a card


def _idle(shown: Shown, style: Style, now: Instant) -> Drawn:
    here = now.astimezone(VIETNAM)
    glass, keys = style.glass, foot.foot(style, shown, style.glass.width)
    head = masthead(style, here, glass.width)
    top = glass.y + head.height + style.unit
    size = Size(glass.width, glass.bottom - keys.height - 2 * style.unit - top)
    pages = _pages(style, cards.valid_on(shown.session.cards, here.date()), size)
    page = pages[int(now.timestamp()) // CARD_S % len(pages)]
    parts = (
        head.at(glass.x, glass.y),
        page.at(glass.x, top),
        keys.at(glass.x, glass.bottom - keys.height),
        foot.corner(style),
    )
    return Drawn(Block(parts, style.whole.width, style.whole.height))


@lru_cache(maxsize=16)
def _pages(style: Style, told: tuple[Card, ...], size: Size) -> tuple[Block, ...]:
    """What stands between masthead and foot, one page after the other.

    Where the way to pay and the longest card have no room together, they take turns.
    """
    stories = cards.stories(style, told)
    way = _below_each_other if style.is_portrait else _side_by_side
    return way(style, stories, size) or _in_turn(style, stories, size)


def _side_by_side(style: Style, stories: tuple[Story, ...], size: Size) -> tuple[Block, ...]:
    """How to pay at the left; the warning and a card at the right."""
    gap = 2 * style.unit
    left = (size.width - gap) * 57 // 100
    right = size.width - gap - left
    warning = cards.warning(style, right)
    top = warning.height + style.unit
    steps = _steps(style, Size(left, size.height))
    panels = cards.panels(style, stories, Size(right, size.height - top)) if steps else ()
    still = (steps.at(0, 0), warning.at(left + gap, 0)) if steps else ()
    return tuple(Block((*still, panel.at(left + gap, top)), size.width, size.height) for panel in panels)


def _below_each_other(style: Style, stories: tuple[Story, ...], size: Size) -> tuple[Block, ...]:
    """How to pay, the warning, and a card at the lower edge."""
    warning = cards.warning(style, size.width)
    for share in STEPS_SHARES:
        high = (size.height - warning.height) * share // 100
        steps, top = _steps(style, Size(size.width, high)), high + warning.height + 2 * style.unit
        panels = cards.panels(style, stories, Size(size.width, size.height - top))
        if steps and panels:
            still = steps.at(0, 0), warning.at(0, high + style.unit)
            return tuple(Block((*still, panel.at(0, top)), size.width, size.height) for panel in panels)
    return ()


def _in_turn(style: Style, stories: tuple[Story, ...], size: Size) -> tuple[Block, ...]:
    """One thing at a time, the warning always."""
    warning = cards.warning(style, size.width)
    free = Size(size.width, size.height - warning.height - style.unit)
    steps = _steps(style, free, is_last_resort=True)
    panels = [panel for story in stories for panel in cards.alone(style, story, free)]
    still = warning.at(0, size.height - warning.height)
    pages = [*([steps] if steps else []), *panels]
    return tuple(Block((page.at(0, 0), still), size.width, size.height) for page in pages)


# The way to pay


def _steps(style: Style, size: Size, *, is_last_resort: bool = False) -> Block | None:
    """Three pictures with their words, under a heading where there is room for one; None if there is none at all."""
    texts = style.texts.idle
    said = texts.steps if style.look.has_printer else (*texts.steps[:2], texts.last_step_without_slip)
    sizes = must_sizes(style)
    drafts = [(must, True) for must in sizes] + [(must, False) for must in sizes]
    for must, has_heading in drafts + ([(style.rest, False)] if is_last_resort else []):
        heading = [paragraph(texts.heading, Type(Face.SEMIBOLD, (must,), INK, 2), size.width)] if has_heading else []
        free = size.height - sum(block.height + style.unit for block in heading)
        rows = _rows(style, said, must, Size(size.width, free))
        if rows is not None:
            return stack((*heading, rows), style.unit)
    return None


def _rows(style: Style, said: tuple[str, ...], must: int, size: Size) -> Block | None:
    """One step below the other, spread over the height; None if the words are too long for it.

    The pictures are as large as the words leave room for, and all three alike.
    """
    high = (size.height - 2 * style.unit) // 3
    largest = min(high, size.width // 3)
    for side in range(largest, round(must * 1.5) - 1, -style.unit):
        if rows := _rows_with(style, said, must, side, Size(size.width, high)):
            return stack(rows, style.unit)
    return None


def _rows_with(style: Style, said: tuple[str, ...], must: int, side: int, size: Size) -> tuple[Block, ...]:
    """The three steps, each as high and wide as `size`; none if the words have no room beside pictures of this side."""
    drawings = (pictures.CLERK, pictures.PHONE, pictures.SLIP if style.look.has_printer else pictures.TICK)
    number = typeface.width("3", Face.EXTRABOLD, must) + style.unit
    width = size.width - number - side - 2 * style.unit
    words = Type(Face.REGULAR, (must,), INK, size.height * 4 // (must * 5))
    if width <= 0 or words.lines < 1 or not all(fits(sentence, words, width) for sentence in said):
        return ()
    rows = []
    for place, (drawing, sentence) in enumerate(zip(drawings, said, strict=True), 1):
        figure = paragraph(str(place), Type(Face.EXTRABOLD, (must,), INK), number)
        sign = beside(figure, picture(drawing, side, INK), 0)
        line = beside(sign, paragraph(sentence, words, width), 2 * style.unit)
        rows.append(centred(line, size.width, size.height))
    return tuple(rows)


# A wait


def _waiting(sign: Sign, said: Said, shown: Shown, style: Style) -> Drawn:
    keys = foot.foot(style, shown, style.column.width)
    return composed(style, sign, first_within(_drafts(said, sign.colour, style), room(style, keys)), keys)


def _drafts(said: Said, colour: Colour, style: Style) -> Iterator[Block]:
    width = style.column.width
    sizes = must_sizes(style)
    ways = [way for must in sizes for way in ((round(must * 1.4), must), (must, must))]
    for heading, body in [*ways, (sizes[-1], style.rest)]:
        yield stack(
            (
                paragraph(said.heading, Type(Face.SEMIBOLD, (heading,), colour, 3), width),
                *(paragraph(line, Type(Face.REGULAR, (body,), INK, 4), width) for line in said.body),
            ),
            2 * style.unit,
        )


# A dark glass


def _asleep(style: Style, now: Instant) -> Drawn:
    """The time, and how to wake the glass, at another place every minute."""
    minute = int(now.timestamp()) // 60
    here = now.astimezone(VIETNAM)
    words, glass = _dreaming(style, f"{here:%H:%M}"), style.glass
    x = glass.x + (glass.width - words.width) * (minute * 37 % 101) // 100
    y = glass.y + (glass.height - words.height) * (minute * 61 % 97) // 96
    return Drawn(Block((words.at(x, y), foot.corner(style)), style.whole.width, style.whole.height), NIGHT)


@lru_cache(maxsize=2)
def _dreaming(style: Style, time: str) -> Block:
    width = min(style.glass.width * 3 // 4, style.must * 15)
    size_px = min(round(style.must * 3), width // 3)
    clock = figures(time, Face.SEMIBOLD, size_px, DIM)
    type_ = Type(Face.REGULAR, (style.must,), DIM, 2, Anchor.CENTRE)
    wake = [paragraph(texts.asleep.wake, type_, width) for texts in style.look.words.values()]
    high = round(size_px * FIGURE_PITCH)
    return stack((Block((clock.at((width - clock.width) // 2, 0),), width, high), *wake), style.unit)
