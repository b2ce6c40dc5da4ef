"""Pure: what a receipt printer does with the bytes it receives, down to the dots. It knows no time-out, cable or lever.

It is written against the ESC/POS reference and not against our encoder, so that the two can find each other's errors.
What it does not know it prints as blocks of garbage, as real printers do: nobody shall overlook it. It does not model
the way from the head to the knife: a slip begins where the last one was cut.
"""

from collections.abc import Generator
from dataclasses import dataclass

from drivers.paper import Bitmap, Profile

_Steps = Generator[None, int, None]
"""A piece of the interpreter; each `yield` waits for one byte."""

_LINE_SPACING_DOTS = 30
_CELL_DOTS = 12
"""Font A is 12 dots wide and 24 high."""
_PINS = 24
_BIT_IMAGES = {0: (1, 2), 1: (1, 1), 32: (3, 2), 33: (3, 1)}
"""ESC * m: bytes a column, and dots a column is wide. The dots of one-byte columns are three high."""


@dataclass(frozen=True)
class Printout:
    """One piece of paper that left the printer, and the bytes that made it. A scrap is one that no cut ended."""

    picture: Bitmap
    stream: bytes
    is_scrap: bool


class PrintHead:
    """Reads a stream byte by byte, wherever it may break off, and keeps the paper that it makes.

    `paper_rows` is what is left on the roll, in dots; None is a roll that does not end. What ought to be printed
    after its end is lost, as it is on the counter.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.paper_rows: int | None = None
        self.printouts: list[Printout] = []
        self.status_queries: list[int] = []
        """The n of each DLE EOT n that nobody has answered yet."""
        self._paper: list[int] = []
        self._stream = bytearray()
        self.power_cycle()

    def power_cycle(self) -> None:
        """Forget the unfinished command and the unfinished line; the paper stays where it is."""
        self._initialize()
        self._program = self._read()
        next(self._program)

    def feed(self, stream: bytes) -> None:
        """Receive bytes."""
        for byte in stream:
            self._stream.append(byte)
            self._program.send(byte)

    @property
    def paper(self) -> Bitmap:
        """What hangs out of the printer, not yet cut."""
        row_bytes = self.profile.width_dots // 8
        packed = b"".join(row.to_bytes(row_bytes, "big") for row in self._paper)
        return Bitmap(self.profile.width_dots, len(self._paper), packed)

    def tear(self, is_scrap: bool = False) -> None:
        """Part what hangs out from the roll."""
        if self._paper:
            self.printouts.append(Printout(self.paper, bytes(self._stream), is_scrap))
        self._paper = []
        self._stream = bytearray()

    def _initialize(self) -> None:
        self._below = [0] * _PINS
        """Ink of the line under way, below the head: one integer a row, leftmost dot in the highest bit."""
        self._x = 0
        self._spacing = _LINE_SPACING_DOTS

    # The interpreter, one level of the command language a method.

    def _read(self) -> _Steps:
        while True:
            byte = yield
            match byte:
                case 0x1B:
                    yield from self._escape()
                case 0x1D:
                    yield from self._group()
                case 0x10:
                    yield from self._real_time()
                case 0x0A:
                    self._end_line(self._spacing)
                case _ if byte >= 0x20:
                    self._strike_garbage(byte)

    def _escape(self) -> _Steps:
        command = yield
        match chr(command):
            case "@":
                self._initialize()
            case "J":
                self._end_line((yield) // self.profile.feed_units_per_dot)
            case "d":
                self._end_line((yield) * self._spacing)
            case "2":
                self._spacing = _LINE_SPACING_DOTS
            case "3":
                self._spacing = (yield) // self.profile.feed_units_per_dot
            case "$":
                self._x = (yield) + ((yield) << 8)
            case "*":
                yield from self._bit_image()
            case _:
                self._strike_garbage(command)

    def _group(self) -> _Steps:
        command = yield
        match chr(command):
            case "v":
                yield from self._raster_image()
            case "V":
                yield from self._cut()
            case "(":
                yield from self._extended()
            case _:
                self._strike_garbage(command)

    def _real_time(self) -> _Steps:
        command = yield
        if command == 0x04:
            self.status_queries.append((yield))
        else:
            self._strike_garbage(command)

    def _raster_image(self) -> _Steps:
        """GS v 0 m xL xH yL yH. Rows are burnt as they come; scaling (m) is not modelled."""
        yield  # the 0
        yield  # m
        row_bytes = (yield) + ((yield) << 8)
        height = (yield) + ((yield) << 8)
        for _ in range(height):
            row = bytearray()
            for _ in range(row_bytes):
                row.append((yield))
            self._burn(row)

    def _bit_image(self) -> _Steps:
        """ESC * m nL nH: columns go into the line under way and are burnt when it ends."""
        column_bytes, dots = _BIT_IMAGES.get((yield), (1, 1))
        for _ in range((yield) + ((yield) << 8)):
            column = 0
            for _ in range(column_bytes):
                column = column << 8 | (yield)
            self._strike(column if column_bytes == 3 else _thrice(column), dots)

    def _cut(self) -> _Steps:
        """GS V m, or GS V m n, which feeds n before it cuts."""
        if (yield) >= 65:
            self._end_line((yield) // self.profile.feed_units_per_dot)
        if self.profile.has_cutter:
            self.tear()

    def _extended(self) -> _Steps:
        """GS ( x pL pH …: says its own length; none of them is known here."""
        yield
        for _ in range((yield) + ((yield) << 8)):
            yield

    # Ink and paper.

    def _strike_garbage(self, byte: int) -> None:
        """A character nobody wanted: a block as large as one, hatched by its code."""
        if self._x + _CELL_DOTS > self.profile.width_dots:
            self._end_line(self._spacing)
        for column in range(_CELL_DOTS):
            self._strike(0xFFFFFF if column in {0, 10} else _thrice(byte) * (column < 11), 1)

    def _strike(self, column: int, dots: int) -> None:
        """Put a column of 24 pins, the highest bit uppermost, into the line under way; beyond the edge it is lost."""
        for _ in range(dots):
            shift = self.profile.width_dots - 1 - self._x
            self._x += 1
            if shift < 0:
                continue
            for pin in range(_PINS):
                self._below[pin] |= (column >> (_PINS - 1 - pin) & 1) << shift

    def _end_line(self, feed_dots: int) -> None:
        """Burn the line under way and feed: a line that holds ink is at least as high as its ink."""
        height = max((pin + 1 for pin, row in enumerate(self._below) if row), default=0)
        self._advance(self._below[:height] + [0] * (feed_dots - height))
        self._below = [0] * _PINS
        self._x = 0

    def _burn(self, row: bytearray) -> None:
        """One row of raster; what is wider than the head is lost."""
        excess = len(row) * 8 - self.profile.width_dots
        bits = int.from_bytes(row, "big")
        self._advance([bits >> excess if excess > 0 else bits << -excess])

    def _advance(self, rows: list[int]) -> None:
        if self.paper_rows is not None:
            rows = rows[: self.paper_rows]
            self.paper_rows -= len(rows)
        self._paper += rows


def _thrice(byte: int) -> int:
    """Eight pins stretched to 24."""
    return sum(0b111 << 3 * bit for bit in range(8) if byte >> bit & 1)
