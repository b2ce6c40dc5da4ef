"""Pure: the ways to ask for a human, as few large touches. It knows which are offered, not what comes of them."""

from dataclasses import dataclass
from functools import lru_cache

from appliance.counter import pictures
from appliance.counter.blocks import Block, Drawn, Type, paragraph, row, space, stack
from appliance.counter.front import Touchable
from appliance.counter.look import INK, Style
from appliance.counter.screens.foot import has_room, key
from appliance.counter.shown import Shown
from drivers.scene import Drawing
from drivers.typeface import Face
from mqtt_schema.types import Instant

Choice = tuple[Touchable, Drawing, str]


def compose(shown: Shown, style: Style, now: Instant) -> Drawn:
    """The menu alone on the glass, for screens without a code."""
    del shown, now
    return _alone(style)


@lru_cache(maxsize=8)
def _alone(style: Style) -> Drawn:
    glass = style.glass
    width = min(glass.width, style.must * 16)
    asked = paragraph(style.texts.menu.heading, Type(Face.SEMIBOLD, (style.must,), INK, lines=2), width)
    choices = menu(style, asked, (width, glass.height), with_time=False)
    x, y = glass.x + (glass.width - width) // 2, glass.y + (glass.height - choices.height) // 2
    return Drawn(Block((choices.at(x, y),), glass.width, glass.height))


def menu(style: Style, heading: Block, room: tuple[int, int], *, with_time: bool) -> Block:
    """Under a heading the choices below each other, or in two columns, within `room` pixels, wide and high."""
    return stack((heading, _choices(style, (room[0], room[1] - heading.height), with_time=with_time)))


@lru_cache(maxsize=16)
def _choices(style: Style, room: tuple[int, int], *, with_time: bool) -> Block:
    offered = _offered(style, with_time=with_time)
    for way in _WAYS:
        size, words_px = _key_size(style, way, len(offered), room), style.must if way.is_large else style.rest
        if size[1] >= style.target and all(has_room(style, words, size, words_px) for _, _, words in offered):
            break
    return _set(style, offered, way, (size[0], max(size[1], style.target)))


@dataclass(frozen=True)
class _Way:
    """How a menu is set. `is_large`: its words are as large as what must be read."""

    columns: int
    is_large: bool


_WAYS = (_Way(1, True), _Way(1, False), _Way(2, True), _Way(2, False))
"""From the best to the tightest."""


def _offered(style: Style, *, with_time: bool) -> tuple[Choice, ...]:
    """The first is what most people want."""
    texts = style.texts.menu
    time: Choice = ("more_time", pictures.MORE_TIME, texts.more_time)
    return (
        ("help", pictures.HAND, texts.help),
        ("no_phone", pictures.NO_PHONE, texts.no_phone),
        *((time,) if with_time else ()),
        ("back", pictures.BACK, texts.back),
    )


def _key_size(style: Style, way: _Way, count: int, room: tuple[int, int]) -> tuple[int, int]:
    """As large as the room allows, and no larger than one and a half of the least."""
    rows = -(-count // way.columns)
    width = (room[0] - (way.columns - 1) * style.between) // way.columns
    return width, min(style.target * 3 // 2, room[1] // rows - style.between)


def _set(style: Style, offered: tuple[Choice, ...], way: _Way, size: tuple[int, int]) -> Block:
    sizes = (style.must if way.is_large else style.rest,)
    keys = [
        key(style, name, sign, words, size, is_primary=name == "help", sizes=sizes) for name, sign, words in offered
    ]
    rows = [row(keys[first : first + way.columns], style.between) for first in range(0, len(keys), way.columns)]
    return stack((space(style.between), stack(rows, style.between)))
