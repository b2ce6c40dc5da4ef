"""Pure: what can be touched on every screen: language, larger text, help, and the technician's corner. No payment.

A touch is a picture and the words that say the same, in the one colour that means *this can be touched*.
"""

from functools import lru_cache
from typing import Literal

from appliance.counter import pictures
from appliance.counter.blocks import (
    Block,
    Type,
    beside,
    centred,
    first_fitting,
    fits,
    framed,
    paragraph,
    picture,
    stack,
    target,
)
from appliance.counter.front import Touchable
from appliance.counter.look import ACCENT, AMBER, GREEN, WHITE, Style
from appliance.counter.shown import Shown
from appliance.counter.state import Session
from drivers import typeface
from drivers.scene import Anchor, Drawing, Rect, Target
from drivers.typeface import Face
from mqtt_schema.messages import HelpKind

Called = HelpKind | Literal["unheard"]
"""What somebody asked for; *unheard*: the link is lost, so no desk rings."""


def foot(style: Style, shown: Shown, width: int, *, with_time: bool = False) -> Block:
    """The touches for the lower edge, or that somebody was called. As high as `height(style)`.

    `with_time`: more time is offered; where four keys have no room it takes the place of the larger text.
    """
    return keys(style, called(shown.session), width, with_time=with_time)


def called(session: Session) -> Called | None:
    """What the foot says instead of its touches, if somebody asked for a human."""
    if session.help is None:
        return None
    return session.help.help if session.is_linked else "unheard"


def keys(style: Style, called: Called | None, width: int, *, with_time: bool = False) -> Block:
    """As `foot`, for whom nothing else is shown."""
    return _called(style, called, width) if called else _touches(style, width, with_time)


def height(style: Style) -> int:
    """How high a foot is on this glass."""
    return max(style.target, _side(style.rest) + round(style.rest * 1.25) + 2 * _padding(style))


def corner(style: Style) -> Target:
    """The technician's invisible target: top right on every screen, so that a hand finds it unseen."""
    side = style.target
    return Target("technician", Rect(style.whole.right - side, 0, side, side))


def key(
    style: Style,
    name: Touchable,
    drawing: Drawing,
    words: str,
    size: tuple[int, int],
    *,
    is_primary: bool = False,
    sizes: tuple[int, ...] = (),
) -> Block:
    """A touch, `size` wide and high: its picture beside its words, or above them where it is narrow.

    Words are set in the largest of `sizes` (that of the rest, unless given) that has room, on two lines at most.
    `is_primary`: what most people want.
    """
    sizes = (*(sizes or (style.rest,)), *style.yielding[1:])
    smallest = min(sizes)
    for size_px in sizes:
        for is_beside in (True, False):
            if _has_room(style, words, size, size_px, is_beside=is_beside):
                return _key(style, name, drawing, words, size, size_px, is_beside=is_beside, is_primary=is_primary)
    return _key(style, name, drawing, words, size, smallest, is_beside=False, is_primary=is_primary)


def has_room(style: Style, words: str, size: tuple[int, int], size_px: int) -> bool:
    """Whether a touch of this size can carry its words in a size of type, whole and on two lines at most."""
    return any(_has_room(style, words, size, size_px, is_beside=is_beside) for is_beside in (True, False))


def _has_room(style: Style, words: str, size: tuple[int, int], size_px: int, *, is_beside: bool) -> bool:
    said, (width, high) = Type(Face.SEMIBOLD, (size_px,), ACCENT, lines=2), _inner(style, size)
    if is_beside:
        room = width - _side(size_px) - style.unit
        return fits(words, said, room) and paragraph(words, said, room).height <= high
    return fits(words, said, width) and _side(size_px) + paragraph(words, said, width).height <= high


def _key(
    style: Style,
    name: Touchable,
    drawing: Drawing,
    words: str,
    size: tuple[int, int],
    size_px: int,
    *,
    is_beside: bool,
    is_primary: bool = False,
) -> Block:
    colour, ground = (WHITE, ACCENT) if is_primary else (ACCENT, WHITE)
    (width, high), (room, _) = size, _inner(style, size)
    sign = picture(drawing, _side(size_px), colour, max(2, size_px // 9))
    if is_beside:
        room = min(room - sign.width - style.unit, typeface.width(words, Face.SEMIBOLD, size_px))
        content = beside(sign, paragraph(words, Type(Face.SEMIBOLD, (size_px,), colour, 2), room), style.unit)
    else:
        said = Type(Face.SEMIBOLD, (size_px,), colour, 2, Anchor.CENTRE)
        content = stack((centred(sign, room), paragraph(words, said, room)))
    area = framed(Rect(0, 0, width, high), ground, ACCENT, max(2, style.unit // 3), style.unit)
    return target(name, Block((*area, centred(content, width, high).at(0, 0)), width, high))


def _inner(style: Style, size: tuple[int, int]) -> tuple[int, int]:
    return size[0] - 2 * _padding(style), size[1] - _padding(style)


Touch = tuple[Touchable, Drawing, tuple[str, ...]]
"""A target's name, its picture, and the ways to say what it does, from the longest to the shortest."""


@lru_cache(maxsize=64)
def _touches(style: Style, width: int, with_time: bool) -> Block:
    texts = style.texts.foot
    language: Touch = ("language", pictures.GLOBE, texts.language)
    larger: Touch = ("larger", pictures.LETTERS, texts.smaller if style.is_large else texts.larger)
    time: Touch = ("more_time", pictures.MORE_TIME, texts.more_time)
    help_: Touch = ("menu", pictures.HAND, texts.menu)
    if not with_time:
        return _in_a_row(style, (language, larger, help_), width)
    four = (language, larger, time, help_)
    has_room = any(_shared(style, four, width, size_px) for size_px in style.yielding)
    return _in_a_row(style, four if has_room else (language, time, help_), width)


def _in_a_row(style: Style, touches: tuple[Touch, ...], width: int) -> Block:
    ways = ((size, _shared(style, touches, width, size)) for size in style.yielding)
    size_px, shared = next((way for way in ways if way[1]), (style.yielding[-1], None))
    is_beside, shares = shared or _crowded(style, touches, width)
    parts, left = [], 0
    for (name, sign, _), (words, wide) in zip(touches, shares, strict=True):
        one = _key(style, name, sign, words, (wide, height(style)), size_px, is_beside=is_beside)
        parts.append(one.at(left, 0))
        left += wide + style.between
    return Block(tuple(parts), width, height(style))


Shares = tuple[bool, tuple[tuple[str, int], ...]]
"""Whether pictures stand beside the words, and of each key the words and the width."""


def _shared(style: Style, touches: tuple[Touch, ...], width: int, size_px: int) -> Shares | None:
    """How touches share a width: the longest words with room, the spare room in equal parts; None if none have room."""
    room = width - (len(touches) - 1) * style.between
    for place in range(max(len(variants) for _, _, variants in touches)):
        words = [variants[min(place, len(variants) - 1)] for _, _, variants in touches]
        for is_beside in (True, False):
            needed = [_needed(style, one, size_px, is_beside=is_beside) for one in words]
            if (spare := room - sum(needed)) >= 0:
                return is_beside, tuple(
                    (one, need + spare // len(words)) for one, need in zip(words, needed, strict=True)
                )
    return None


def _crowded(style: Style, touches: tuple[Touch, ...], width: int) -> Shares:
    wide = (width - (len(touches) - 1) * style.between) // len(touches)
    return False, tuple((variants[-1], wide) for _, _, variants in touches)


def _needed(style: Style, words: str, size_px: int, *, is_beside: bool) -> int:
    sign = _side(size_px) + style.unit if is_beside else 0
    return max(style.target, typeface.width(words, Face.SEMIBOLD, size_px) + sign + 2 * _padding(style))


def _side(size_px: int) -> int:
    """How large the picture on a touch is."""
    return round(size_px * 1.4)


def _padding(style: Style) -> int:
    return style.unit * 3 // 4


@lru_cache(maxsize=32)
def _called(style: Style, asked: Called, width: int) -> Block:
    """That somebody was called, or cannot be, takes the place of all touches but the language."""
    texts, high = style.texts, height(style)
    language = texts.foot.language[0]
    size = _needed(style, language, style.rest, is_beside=False), high
    first = key(style, "language", pictures.GLOBE, language, size)
    left = first.width + style.between
    room = width - left - 2 * _padding(style)
    sign, colour, ways = pictures.TICK, GREEN, texts.menu.called
    if asked == "unheard":
        sign, colour, ways = pictures.CLERK, AMBER, texts.menu.unheard
    elif asked is HelpKind.MORE_TIME:
        ways = texts.menu.called_for_time
    said, wide = Type(Face.SEMIBOLD, (style.rest,), WHITE, lines=2), room - _side(style.rest) - style.unit
    words = paragraph(first_fitting(ways, said, wide), said, wide)
    content = beside(picture(sign, _side(style.rest), WHITE, style.stroke), words, style.unit)
    area = framed(Rect(left, 0, width - left, high), colour, colour, 0, style.unit)
    return Block((first.at(0, 0), *area[1:], centred(content, width - left, high).at(left, 0)), width, high)
