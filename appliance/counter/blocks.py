"""Pure: pieces of a screen that know how large they are, and can be put together. They know no payment.

A `Block` holds leaves (what is painted, what is touched) and other blocks at their places; nothing is moved until
`flatten` walks through all of it once. So blocks can be kept and used again for nothing.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from drivers import typeface
from drivers.scene import GRID, Anchor, Code, Colour, Drawing, Element, Fill, Picture, Rect, Target, Text
from drivers.typeface import Face

PITCH = 1.25
"""From line to line, in em: room for the marks of Ế (1.12 em high) below the tail of g."""
TOP = 0.98
"""From the top of a block to its first baseline, in em: a small letter with two marks, a capital with one."""
FIGURE_TOP, FIGURE_PITCH = 0.84, 1.0
"""The same two for a line of large figures, which have neither marks nor tails."""
STROKE_UNITS = 1.5
"""The weight of a large picture, in units of its grid."""


@dataclass(frozen=True)
class Placed:
    """A block whose corner stands at a place of another block."""

    block: "Block"
    x: int
    y: int


Part = Element | Target | Placed


@dataclass(frozen=True)
class Block:
    """Parts within `width` by `height` pixels, each at its place from the block's own corner."""

    parts: tuple[Part, ...]
    width: int
    height: int

    def at(self, x: int, y: int) -> Placed:
        """Itself as a part of another block."""
        return Placed(self, x, y)


@dataclass(frozen=True)
class Painting:
    """A block, spread out on the glass."""

    elements: tuple[Element, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """One whole screen: a block as large as the glass, and what it stands on.

    `first` lies beneath the block and was spread out before, at its place of this moment: the same for every payment.
    """

    block: Block
    background: Colour = (0xF7, 0xF5, 0xF0)
    first: Painting = Painting()


def flatten(block: Block, x: int = 0, y: int = 0) -> Painting:
    """Everything in a block whose corner stands at a place of the glass, in order of painting."""
    elements: list[Element] = []
    targets: list[Target] = []
    _spread(block, x, y, elements, targets)
    return Painting(tuple(elements), tuple(targets))


def _spread(block: Block, dx: int, dy: int, elements: list[Element], targets: list[Target]) -> None:
    for part in block.parts:
        if isinstance(part, Placed):
            _spread(part.block, dx + part.x, dy + part.y, elements, targets)
        elif isinstance(part, Target):
            targets.append(Target(part.name, _moved_rect(part.rect, dx, dy)))
        else:
            elements.append(_moved(part, dx, dy))


def _moved(leaf: Element, dx: int, dy: int) -> Element:
    """Built anew by hand: `dataclasses.replace` takes five times as long, and this runs for every line of text."""
    match leaf:
        case Text():
            return Text(leaf.text, leaf.x + dx, leaf.y + dy, leaf.face, leaf.size_px, leaf.colour, leaf.anchor)
        case Fill():
            return Fill(_moved_rect(leaf.rect, dx, dy), leaf.colour, leaf.radius)
        case Picture():
            return Picture(leaf.drawing, leaf.x + dx, leaf.y + dy, leaf.side_px, leaf.stroke_px, leaf.colour)
        case Code():
            return Code(leaf.matrix, leaf.x + dx, leaf.y + dy, leaf.module_px, leaf.is_on_white)


def _moved_rect(rect: Rect, dx: int, dy: int) -> Rect:
    return Rect(rect.x + dx, rect.y + dy, rect.width, rect.height)


# Putting together


def space(height: int) -> Block:
    """Nothing, so many pixels high."""
    return Block((), 0, height)


def stack(blocks: Iterable[Block], gap: int = 0) -> Block:
    """One below the other."""
    parts: list[Part] = []
    width = top = 0
    for number, block in enumerate(blocks):
        top += gap if number else 0
        parts.append(block.at(0, top))
        width = max(width, block.width)
        top += block.height
    return Block(tuple(parts), width, top)


def spread(blocks: Iterable[Block], room: int, most: int) -> Block:
    """One below the other, with what is left of the room between them: at most so many pixels each time."""
    blocks = tuple(blocks)
    spare = max(0, room - sum(block.height for block in blocks))
    return stack(blocks, min(most, spare // max(1, len(blocks) - 1)))


def row(blocks: Iterable[Block], gap: int = 0) -> Block:
    """One beside the other, their middles on one line."""
    blocks = tuple(blocks)
    height = max((block.height for block in blocks), default=0)
    parts: list[Part] = []
    left = 0
    for number, block in enumerate(blocks):
        left += gap if number else 0
        parts.append(block.at(left, (height - block.height) // 2))
        left += block.width
    return Block(tuple(parts), left, height)


def beside(left: Block, right: Block, gap: int) -> Block:
    """One beside the other, their middles on one line."""
    return row((left, right), gap)


def centred(block: Block, width: int, height: int | None = None) -> Block:
    """A block in the middle of a wider one, and of a higher one if a height is given."""
    high = block.height if height is None else height
    return Block((block.at((width - block.width) // 2, (high - block.height) // 2),), width, high)


def on_panel(block: Block, colour: Colour, radius: int, inner: int | tuple[int, int] = 0) -> Block:
    """A block on a plain area that is larger by `inner` on every side (or by x, y)."""
    x, y = inner if isinstance(inner, tuple) else (inner, inner)
    width, height = block.width + 2 * x, block.height + 2 * y
    return Block((Fill(Rect(0, 0, width, height), colour, radius), block.at(x, y)), width, height)


def framed(rect: Rect, inside: Colour, rim: Colour, rim_px: int, radius: int) -> tuple[Fill, ...]:
    """A plain area with a rim of another colour."""
    return Fill(rect, rim, radius), Fill(rect.inset(rim_px), inside, max(0, radius - rim_px))


# Words and figures


@dataclass(frozen=True)
class Type:
    """How words are set: in the largest of `sizes` (pixels) that takes at most `lines` lines."""

    face: Face
    sizes: tuple[int, ...]
    colour: Colour
    lines: int = 1
    anchor: Anchor = Anchor.LEFT


@lru_cache(maxsize=512)
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


def fits(text: str, style: Type, width: int) -> bool:
    """Whether words can be set without breaking or shortening any of them."""
    return any(_broken(text, style.face, size_px, width, style.lines) for size_px in style.sizes)


def first_fitting(variants: tuple[str, ...], style: Type, width: int) -> str:
    """The first of several ways to say something that can be set whole, or the last."""
    return next((said for said in variants if fits(said, style, width)), variants[-1])


def _set(text: str, style: Type, width: int) -> tuple[int, tuple[str, ...]]:
    """Fit the words, their lines evened out, so that no single word is left on the last one."""
    for size_px in sorted(style.sizes, reverse=True):
        if lines := _broken(text, style.face, size_px, width, style.lines):
            return size_px, lines
    size_px, forced = typeface.fit(text, style.face, style.sizes, width, style.lines)
    return size_px, tuple(forced)


def _broken(text: str, face: Face, size_px: int, width: int, lines: int) -> tuple[str, ...]:
    """The even lines of a text that takes at most so many, all its words whole; else nothing."""
    if text and "  " not in text and text == text.strip(" "):
        # Most texts stand on one line, or must, and to see that costs a third of looking for breaks.
        if typeface.width(text, face, size_px) <= width:
            return (unicodedata.normalize("NFC", text),)
        if lines == 1:
            return ()
    words, widths, gap = _measured(text, face, size_px)
    if not words or max(widths) > width:
        return ()
    most = len(_counts(widths, gap, width))
    if most > lines:
        return ()
    low, high = max(widths), width if most > 1 else 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_counts(widths, gap, middle)) <= most else (middle + 1, high)
    rest = iter(words)
    counts = _counts(widths, gap, low) if most > 1 else [len(words)]
    return tuple(" ".join(next(rest) for _ in range(count)) for count in counts)


@lru_cache(maxsize=256)
def _measured(text: str, face: Face, size_px: int) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """The words of a text, how wide each is, and a space between them."""
    words = tuple(word for word in unicodedata.normalize("NFC", text).split(" ") if word)
    widths = tuple(typeface.width(word, face, size_px) for word in words)
    return words, widths, typeface.width(" ", face, size_px)


def _counts(widths: tuple[int, ...], gap: int, width: int) -> list[int]:
    """How many words stand on each line."""
    counts: list[int] = []
    used = width + 1
    for word in widths:
        if used + gap + word <= width:
            counts[-1] += 1
            used += gap + word
        else:
            counts.append(1)
            used = word
    return counts


def labelled(label: str, value: str, styles: tuple[Type, Type], widths: tuple[int, int]) -> Block:
    """A label and its value on one baseline; the value may go on below itself."""
    named, valued = paragraph(label, styles[0], widths[0]), paragraph(value, styles[1], widths[1])
    return Block((named.at(0, 0), valued.at(widths[0], 0)), sum(widths), max(named.height, valued.height))


def picture(drawing: Drawing, side: int, colour: Colour, stroke_px: int | None = None) -> Block:
    """A drawing in a square; a small one beside large ones borrows their weight."""
    stroke = stroke_px or max(2, round(side * STROKE_UNITS / GRID))
    return Block((Picture(drawing, 0, 0, side, stroke, colour),), side, side)


def rule(width: int, thickness: int, colour: Colour) -> Block:
    """A line from edge to edge."""
    return Block((Fill(Rect(0, 0, width, thickness), colour),), width, thickness)


def figures(text: str, face: Face, size_px: int, colour: Colour) -> Block:
    """Figures that do not dance when they change: the face has no tabular ones, so each stands in a cell of its own."""
    cell, baseline = _cell(face, size_px), round(size_px * FIGURE_TOP)
    elements: list[Element] = []
    x = 0
    for character in text:
        width = cell if character.isdigit() else typeface.width(character, face, size_px)
        elements.append(Text(character, x + width // 2, baseline, face, size_px, colour, Anchor.CENTRE))
        x += width
    return Block(tuple(elements), x, round(size_px * FIGURE_PITCH))


@lru_cache(maxsize=64)
def _cell(face: Face, size_px: int) -> int:
    return max(typeface.width(digit, face, size_px) for digit in "0123456789")


@lru_cache(maxsize=64)
def amount(figure: str, unit: str, sizes: tuple[int, ...], colour: Colour, width: int) -> Block:
    """Money: its figure and its unit with a thin space between, as large as the width allows."""
    falling = sorted(sizes, reverse=True)
    # Widths grow with the size, but for the rounding of each glyph: the first guess is at most a few sizes too large.
    guess = (width + 1) * _GUESS_PX // _amount_width(figure, unit, _GUESS_PX) + len(figure)
    size_px = next(
        (size for size in falling if size <= guess and _amount_width(figure, unit, size) <= width), falling[-1]
    )
    right, baseline = _amount_width(figure, unit, size_px), round(size_px * FIGURE_TOP)
    elements = (
        Text(figure, 0, baseline, Face.EXTRABOLD, size_px, colour),
        Text(unit, right, baseline, Face.EXTRABOLD, size_px, colour, Anchor.RIGHT),
    )
    return Block(elements, right, round(size_px * FIGURE_PITCH))


_GUESS_PX = 200


def _amount_width(figure: str, unit: str, size_px: int) -> int:
    thin_space = round(size_px * 0.18)
    return typeface.width(figure, Face.EXTRABOLD, size_px) + thin_space + typeface.width(unit, Face.EXTRABOLD, size_px)


def target(name: str, block: Block) -> Block:
    """A block that can be touched all over."""
    return Block((block.at(0, 0), Target(name, Rect(0, 0, block.width, block.height))), block.width, block.height)
