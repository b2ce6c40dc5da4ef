"""Pure: a panel of one colour with one sign, words beside it, and touches below them. It knows no payment."""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.counter.blocks import (
    Block,
    Drawn,
    Part,
    Type,
    beside,
    centred,
    first_fitting,
    fits,
    paragraph,
    picture,
    space,
    stack,
)
from appliance.counter.front import Touchable
from appliance.counter.look import INK, WHITE, Style
from appliance.counter.screens import foot
from drivers.scene import Colour, Drawing, Fill, Rect
from drivers.typeface import Face

STROKES = 14
"""A sign is so many times as wide as its strokes."""


@dataclass(frozen=True)
class Sign:
    """What a screen means, before anybody reads it: a shape on a colour."""

    drawing: Drawing
    colour: Colour
    share: float = 0.64
    breadth: float = 1.0
    """How much of the panel the shape takes, and of the usual panel this one."""

    def panel(self, style: Style) -> Rect:
        """The coloured area."""
        usual = style.panel
        if style.is_portrait:
            return Rect(0, 0, usual.width, round(usual.height * self.breadth))
        return Rect(0, 0, round(usual.width * self.breadth), usual.height)

    def column(self, style: Style) -> Rect:
        """Where the words stand, and what can be touched."""
        return style.beside(self.panel(style))


def composed(style: Style, sign: Sign, words: Block, keys: Block | None = None) -> Drawn:
    """The panel, the words in the middle of what the keys leave, the keys below."""
    panel, column = sign.panel(style), sign.column(style)
    side = round(min(panel.width, panel.height) * sign.share)
    drawn = centred(picture(sign.drawing, side, WHITE, round(side / STROKES)), panel.width, panel.height)
    spare = column.height - words.height - (keys.height + style.unit if keys else 0)
    parts: list[Part] = [
        Fill(panel, sign.colour),
        drawn.at(panel.x, panel.y),
        words.at(column.x, column.y + max(0, spare) // 2),
        foot.corner(style),
    ]
    if keys:
        parts.append(keys.at(column.x, column.bottom - keys.height))
    return Drawn(Block(tuple(parts), style.whole.width, style.whole.height))


def room(style: Style, keys: Block | None = None) -> int:
    """How high the words beside a sign may be."""
    return style.column.height - (keys.height + style.unit if keys else 0)


def first_within(drafts: Iterable[Block], room: int) -> Block:
    """The first draft that is not higher than so many pixels, or the last; later ones are not even drawn."""
    draft = space(0)
    for draft in drafts:
        if draft.height <= room:
            break
    return draft


def must_sizes(style: Style) -> tuple[int, ...]:
    """Sizes for what must be read: enlarged, or as large as anybody has to be shown it."""
    return tuple(dict.fromkeys((style.must, style.look.style(style.language).must)))


def illustrated(drawing: Drawing, said: str, style: Style, width: int, sizes: tuple[int, ...], lines: int = 3) -> Block:
    """A small picture and the words that say the same; only the words where both have no room."""
    side, gap = round(sizes[0] * 1.6), 2 * style.unit
    type_ = Type(Face.REGULAR, sizes, INK, lines)
    if not fits(said, type_, width - side - gap):
        return paragraph(said, type_, width)
    return beside(picture(drawing, side, INK), paragraph(said, type_, width - side - gap), gap)


Touch = tuple[Touchable, Drawing, tuple[str, ...]]
"""A target's name, its picture, and the ways to say what it does, from the longest to the shortest."""


def keys(style: Style, touches: tuple[Touch, ...], width: int) -> Block:
    """Touches in equal parts of a width, as high as a foot; the last one is what most people want."""
    wide = (width - (len(touches) - 1) * style.between) // len(touches)
    type_ = Type(Face.SEMIBOLD, (style.rest,), INK)
    parts = []
    for place, (name, drawing, variants) in enumerate(touches):
        words = first_fitting(variants, type_, wide - 2 * style.unit)
        is_last = place == len(touches) - 1
        one = foot.key(style, name, drawing, words, (wide, foot.height(style)), is_primary=is_last)
        parts.append(one.at(place * (wide + style.between), 0))
    return Block(tuple(parts), width, foot.height(style))


def above(upper: Block, lower: Block, style: Style) -> Block:
    """Two rows of touches."""
    return stack((upper, lower), style.between)
