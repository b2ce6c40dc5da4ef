"""Pure: cuts a picture into the pieces that cost a printer's line the fewest bytes. It knows costs, but no command.

A receipt printer can be given rows (all of them, from the left edge to the last dot) or columns of 24 dots (only where
there is ink, but always 24 high). White is fed. Text is cheaper in columns, rules in rows, a QR code with modules of
even size in rows of half size that the printer doubles: every run of inked rows gets what is cheapest for it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, reduce
from operator import or_
from struct import iter_unpack

from drivers.paper import Bitmap

PINS = 24
"""Height of a column, in dots."""

_ROWS_COST = 8
"""Bytes of a picture by rows beside its dots."""
_SPAN_COST = 9
"""Bytes of a span of columns beside its dots: where it stands and how long it is."""
_LINE_COST = 3
"""Bytes that end a line of columns."""
_SPANS = re.compile("1+(?:0{1,4}1+)*")
"""Ink, and gaps too narrow for a new span: two columns less would save a byte or so and cost a command."""
_COMMANDS = re.compile(rb"\x10(?=[\x04\x05\x14])")
"""DLE before EOT, ENQ or DC4: printers obey these at once, even in the middle of a picture."""


@dataclass(frozen=True)
class Feed:
    """White rows."""

    rows: int


@dataclass(frozen=True)
class Rows:
    """A picture by rows of `row_bytes` from the left edge, leftmost dot in the highest bit.

    With `is_doubled` each dot stands for two by two.
    """

    row_bytes: int
    dots: bytes
    is_doubled: bool = False

    @property
    def rows(self) -> int:
        """Rows of paper."""
        return len(self.dots) // self.row_bytes * (2 if self.is_doubled else 1)


Span = tuple[int, bytes]
"""Neighbouring columns: their left edge in dots, and three bytes each from the top."""


@dataclass(frozen=True)
class Columns:
    """A line of `PINS` rows, by columns."""

    spans: tuple[Span, ...]
    rows: int = PINS


Image = Rows | Columns
Piece = Feed | Image


def plain(picture: Bitmap, most_rows: int) -> Iterator[Piece]:
    """Feeds and bands of at most `most_rows` rows, nothing else: for printers that do not do columns well."""
    dots = _Dots(picture)
    reached = 0
    while reached < picture.height_dots:
        top, reached = reached, dots.end_of_run(reached, most_rows)
        yield _disarmed(dots.rows(top, reached)) if dots.is_inked(top) else Feed(reached - top)


def cheapest(picture: Bitmap, most_rows: int) -> Iterator[Piece]:
    """The pieces from the top that take the fewest bytes; no picture by rows has more than `most_rows` of them."""
    dots = _Dots(picture)
    reached = 0
    while reached < picture.height_dots:
        # Columns may reach below their run, into the next one: so runs are looked for as they come.
        pieces = _inked(dots, reached, most_rows) if dots.is_inked(reached) else (_white(dots, reached),)
        yield from pieces
        reached += sum(piece.rows for piece in pieces)


def _white(dots: "_Dots", top: int) -> Feed:
    return Feed(dots.end_of_run(top) - top)


def _inked(dots: "_Dots", top: int, most_rows: int) -> tuple[Image, ...]:
    if doubled := dots.doubled_rows(top, dots.end_of_run(top, 2 * most_rows)):
        return (_disarmed(doubled),)
    ways = _ways(dots, top, dots.end_of_run(top, most_rows))
    made = (tuple(cut.make(dots) for cut in way) for way in sorted(ways, key=_cost))
    cheapest_way = next(made)
    if all(map(_is_harmless, cheapest_way)):
        return cheapest_way
    others = (way for way in made if all(map(_is_harmless, way)))
    return next(others, tuple(map(_disarmed, cheapest_way)))


@dataclass(frozen=True)
class _ByRows:
    """Rows of one run, planned but not yet made."""

    top: int
    end: int
    cost: int

    def make(self, dots: "_Dots") -> Image:
        return dots.rows(self.top, self.end)


@dataclass(frozen=True)
class _ByColumns:
    """A line of columns, planned but not yet made."""

    top: int
    cost: int
    bounds: tuple[tuple[int, int], ...]

    def make(self, dots: "_Dots") -> Image:
        return dots.columns(self.top, self.bounds)


_Way = tuple[_ByRows | _ByColumns, ...]


def _cost(way: _Way) -> int:
    return sum(cut.cost for cut in way)


def _ways(dots: "_Dots", top: int, end: int) -> list[_Way]:
    """All by rows; columns from the top; or a few rows, which may be only marks over letters, and then columns."""
    ways: list[_Way] = [(dots.plan_rows(top, end),)]
    if top + PINS > dots.height:
        return ways
    if end - top <= PINS:
        return [*ways, (dots.plan_columns(top),)]
    ways.append((dots.plan_columns(top), *min(_ways(dots, top + PINS, end), key=_cost)))
    if end - top <= 2 * PINS:
        ways.append((dots.plan_rows(top, end - PINS), dots.plan_columns(end - PINS)))
    return ways


class _Dots:
    """A picture whose rows are numbers: the rightmost dot is the lowest bit."""

    def __init__(self, picture: Bitmap) -> None:
        self._width = picture.width_dots
        self._row_bytes = picture.row_bytes
        self.height = picture.height_dots
        self._packed = picture.packed
        rows = iter_unpack(f"{self._row_bytes}s", self._packed)
        self._rows = [int.from_bytes(row, "big") for (row,) in rows]
        self._is_inked = bytes(map(bool, self._rows))
        self._binary = f"0{self._width}b"
        self._every_other = int.from_bytes(b"\x55" * self._row_bytes, "big")

    def is_inked(self, top: int) -> bool:
        return bool(self._is_inked[top])

    def end_of_run(self, top: int, most_rows: int | None = None) -> int:
        """Where rows end that are all inked or all white as the one at `top`."""
        limit = len(self._rows) if most_rows is None else min(top + most_rows, len(self._rows))
        found = self._is_inked.find(not self._is_inked[top], top, limit)
        return limit if found < 0 else found

    def plan_rows(self, top: int, end: int) -> _ByRows:
        return _ByRows(top, end, _ROWS_COST + self._right_bytes(top, end) * (end - top))

    def plan_columns(self, top: int) -> _ByColumns:
        shadow = format(self._ink(top, top + PINS), self._binary)
        bounds = tuple(found.span() for found in _SPANS.finditer(shadow))
        columns = sum(right - left for left, right in bounds)
        return _ByColumns(top, _LINE_COST + _SPAN_COST * len(bounds) + 3 * columns, bounds)

    def rows(self, top: int, end: int) -> Rows:
        """Without what is white at the right of all."""
        width, step = self._right_bytes(top, end), self._row_bytes
        lines = (self._packed[at : at + width] for at in range(top * step, end * step, step))
        return Rows(width, b"".join(lines))

    def doubled_rows(self, top: int, end: int) -> Rows | None:
        """Rows of half width and height, if every dot stands in a square of two by two like it; else None.

        Heads have an even number of bytes: of an odd one the last half byte would hang over the edge of the paper.
        """
        rows = self._rows[top:end:2]
        if self._row_bytes % 2 or rows != self._rows[top + 1 : end : 2] or not all(map(self._is_paired, rows)):
            return None
        width = -(-self._right_bytes(top, end) // 2)
        # As digits: every other one stands for both.
        digits = "".join(format(row, self._binary)[: 16 * width : 2] for row in rows)
        return Rows(width, int(digits, 2).to_bytes(width * len(rows), "big"), is_doubled=True)

    def columns(self, top: int, bounds: tuple[tuple[int, int], ...]) -> Columns:
        """The dots of `PINS` rows from `top`, turned; `bounds` are the columns from which and before which is ink."""
        turned = _turned(self._packed[top * self._row_bytes : (top + PINS) * self._row_bytes], self._row_bytes)
        return Columns(tuple((left, turned[3 * left : 3 * right]) for left, right in bounds))

    def _ink(self, top: int, end: int) -> int:
        return reduce(or_, self._rows[top:end], 0)

    def _right_bytes(self, top: int, end: int) -> int:
        """How many bytes of the rows hold all their ink."""
        ink = self._ink(top, end)
        white_dots = (ink & -ink).bit_length() - 1
        return self._row_bytes - white_dots // 8

    def _is_paired(self, row: int) -> bool:
        return (row ^ row >> 1) & self._every_other == 0


def _turned(rows: bytes, row_bytes: int) -> bytes:
    """`PINS` rows of dots as columns, three bytes each from the top.

    All squares of 8 by 8 dots are turned at once, in one long number: halves change places, then quarters, then dots.
    """
    size = PINS * row_bytes
    dots = int.from_bytes(rows, "big")
    for shift, mask in _swaps(row_bytes):
        changed = (dots ^ dots >> shift) & mask
        dots ^= changed ^ changed << shift
    turned, columns = dots.to_bytes(size, "big"), bytearray(size)
    for row, places in _columns(row_bytes):
        columns[places] = turned[row]
    return bytes(columns)


@cache
def _columns(row_bytes: int) -> tuple[tuple[slice, slice], ...]:
    """Where each row of turned squares lies, and where its bytes belong: every eighth column, a third of the height."""
    return tuple(
        (slice(row * row_bytes, (row + 1) * row_bytes), slice(3 * (row % 8) + row // 8, None, PINS))
        for row in range(PINS)
    )


@cache
def _swaps(row_bytes: int) -> tuple[tuple[int, int], ...]:
    """How far each half lies from its counterpart, and the dots of the lower left ones."""
    return tuple(
        (half * (8 * row_bytes - 1), int.from_bytes(_lower_left(half, columns, row_bytes), "big"))
        for half, columns in ((4, 0xF0), (2, 0xCC), (1, 0xAA))
    )


def _lower_left(half: int, columns: int, row_bytes: int) -> bytes:
    return b"".join(bytes((columns if row & half else 0,)) * row_bytes for row in range(PINS))


def _data(image: Image) -> tuple[bytes, ...]:
    return (image.dots,) if isinstance(image, Rows) else tuple(dots for _, dots in image.spans)


def _is_harmless(image: Image) -> bool:
    return not _COMMANDS.search(b"\x00".join(_data(image)))


def _disarmed(image: Image) -> Image:
    """The same picture with one dot more beside each dot that began a command: nobody sees it, and no printer obeys."""
    if isinstance(image, Rows):
        return replace(image, dots=_COMMANDS.sub(b"\x18", image.dots))
    return Columns(tuple((left, _COMMANDS.sub(b"\x18", dots)) for left, dots in image.spans))
