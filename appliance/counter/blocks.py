"""Pure: pieces of a screen that know how high they are, and can be stacked. They know no payment."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from drivers import typeface
from drivers.scene import GRID, Anchor, Colour, Drawing, Element, Fill, Picture, Rect, Text
from drivers.typeface import Face

PITCH = 1.3
"""From line to line, in em: room for the marks of Ẳ below the tail of g."""
TOP = 1.0
"""From the top of a block to its first baseline, in em: a capital with one mark."""
FIGURE_TOP, FIGURE_PITCH = 0.86, 1.12
"""The same two for a line of large figures, which have neither marks nor tails."""
STROKE_UNITS = 1.5
"""The weight of every picture, in units of its grid."""


@dataclass(frozen=True)
class Block:
    """Elements within `width` by `height` pixels from the block's own corner."""

    elements: tuple[Element, ...]
    width: int
    height: int

    def at(self, x: int, y: int) -> tuple[Element, ...]:
        """The elements where the block's corner stands at a place of the glass."""
        return tuple(_moved(element, x, y) for element in self.elements)


def space(height: int) -> Block:
    """Nothing, so many pixels high."""
    return Block((), 0, height)


def stack(blocks: Iterable[Block], gap: int = 0) -> Block:
    """One below the other."""
    elements: list[Element] = []
    width = top = 0
    for number, block in enumerate(blocks):
        top += gap if number else 0
        elements.extend(block.at(0, top))
        width = max(width, block.width)
        top += block.height
    return Block(tuple(elements), width, top)


def beside(left: Block, right: Block, gap: int) -> Block:
    """One beside the other, their middles on one line."""
    height = max(left.height, right.height)
    elements = (
        *left.at(0, (height - left.height) // 2),
        *right.at(left.width + gap, (height - right.height) // 2),
    )
    return Block(elements, left.width + gap + right.width, height)


@dataclass(frozen=True)
class Type:
    """How words are set: in the largest of `sizes` (pixels) that takes at most `lines` lines."""

    face: Face
    sizes: tuple[int, ...]
    colour: Colour
    lines: int = 1
    anchor: Anchor = Anchor.LEFT


def paragraph(text: str, style: Type, width: int) -> Block:
    """Words, broken into lines; what does not fit ends in an ellipsis."""
    size_px, lines = _set(text, style, width)
    x = {Anchor.LEFT: 0, Anchor.CENTRE: width // 2, Anchor.RIGHT: width}[style.anchor]
    first = round(size_px * TOP)
    elements = tuple(
        Text(line, x, first + round(number * size_px * PITCH), style.face, size_px, style.colour, style.anchor)
        for number, line in enumerate(lines)
    )
    return Block(elements, width, round(len(lines) * size_px * PITCH))


@lru_cache(maxsize=256)
def _set(text: str, style: Type, width: int) -> tuple[int, tuple[str, ...]]:
    """Fit the words, then even the lines out, so that no single word is left on the last one."""
    size_px, lines = typeface.fit(text, style.face, style.sizes, width, style.lines)
    if len(lines) > 1 and not lines[-1].endswith(typeface.ELLIPSIS):
        narrower = range(width // 2, width + 1, max(1, size_px // 4))
        even = (typeface.wrap(text, style.face, size_px, narrow) for narrow in narrower)
        lines = next((broken for broken in even if len(broken) == len(lines)), lines)
    return size_px, tuple(lines)


def labelled(label: str, value: str, styles: tuple[Type, Type], widths: tuple[int, int]) -> Block:
    """A label and its value on one baseline; the value may go on below itself."""
    named, valued = paragraph(label, styles[0], widths[0]), paragraph(value, styles[1], widths[1])
    return Block((*named.elements, *valued.at(widths[0], 0)), sum(widths), max(named.height, valued.height))


def picture(drawing: Drawing, side: int, colour: Colour, stroke_px: int | None = None) -> Block:
    """A drawing in a square; a small one beside large ones borrows their weight."""
    stroke = stroke_px or max(2, round(side * STROKE_UNITS / GRID))
    return Block((Picture(drawing, 0, 0, side, stroke, colour),), side, side)


def rule(width: int, thickness: int, colour: Colour) -> Block:
    """A line from edge to edge."""
    return Block((Fill(Rect(0, 0, width, thickness), colour),), width, thickness)


def figures(text: str, face: Face, size_px: int, colour: Colour) -> Block:
    """Figures that do not dance when they change: the face has no tabular ones, so each stands in a cell of its own."""
    cell = max(typeface.width(digit, face, size_px) for digit in "0123456789")
    elements: list[Element] = []
    x = 0
    for character in text:
        width = cell if character.isdigit() else typeface.width(character, face, size_px)
        elements.append(Text(character, x + width // 2, round(size_px * TOP), face, size_px, colour, Anchor.CENTRE))
        x += width
    return Block(tuple(elements), x, round(size_px * PITCH))


def amount(figure: str, unit: str, sizes: tuple[int, ...], colour: Colour, width: int) -> Block:
    """Money: its figure and its unit with a thin space between, as large as the width allows."""
    falling = sorted(sizes, reverse=True)
    size_px = next((size for size in falling if _amount_width(figure, unit, size) <= width), falling[-1])
    right, baseline = _amount_width(figure, unit, size_px), round(size_px * FIGURE_TOP)
    elements = (
        Text(figure, 0, baseline, Face.EXTRABOLD, size_px, colour),
        Text(unit, right, baseline, Face.EXTRABOLD, size_px, colour, Anchor.RIGHT),
    )
    return Block(elements, right, round(size_px * FIGURE_PITCH))


def _amount_width(figure: str, unit: str, size_px: int) -> int:
    thin_space = round(size_px * 0.18)
    return typeface.width(figure, Face.EXTRABOLD, size_px) + thin_space + typeface.width(unit, Face.EXTRABOLD, size_px)


def _moved(element: Element, dx: int, dy: int) -> Element:
    if isinstance(element, Fill):
        rect = element.rect
        return replace(element, rect=Rect(rect.x + dx, rect.y + dy, rect.width, rect.height))
    return replace(element, x=element.x + dx, y=element.y + dy)
