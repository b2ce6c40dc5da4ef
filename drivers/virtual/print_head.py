"""Pure: what a receipt printer does with the bytes it receives, down to the dots. It knows no time-out, cable or lever.

It is written against the ESC/POS reference and not against our encoder, so that the two can find each other's errors.
What it does not know it prints as blocks of garbage, as real printers do: nobody shall overlook it. It does not model
the way from the head to the knife: a slip begins where the last one was cut.
"""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass

from drivers import qr
from drivers.paper import Bitmap
from drivers.profiles import Profile

_Steps = Generator[int, bytes, None]
"""A piece of the interpreter; each `yield n` waits for n bytes."""

_LINE_SPACING_DOTS = 30
_CELL_DOTS = 12
"""Font A is 12 dots wide and 24 high."""
_PINS = 24
_BIT_IMAGES = {0: (1, 2), 1: (1, 1), 32: (3, 2), 33: (3, 1)}
"""ESC * m: bytes a column, and dots a column is wide. The dots of one-byte columns are three high."""
_SCALES = {0: (1, 1), 1: (2, 1), 2: (1, 2), 3: (2, 2)}
"""GS v 0 m: how many dots wide and high a dot is."""
_BIT = tuple(bytes(0x31 if byte >> bit & 1 else 0x30 for byte in range(256)) for bit in range(8))
"""Translates bytes to the digit of one of their bits."""
_ERRORS: dict[int, qr.Error] = {48: "L", 49: "M", 50: "Q", 51: "H"}


@dataclass(frozen=True)
class Printout:
    """One piece of paper that left the printer, and the bytes that made it. A scrap is one that no cut ended."""

    picture: Bitmap
    stream: bytes
    is_scrap: bool


@dataclass(frozen=True)
class Asked:
    """Something the printer was asked to say, and came to in its turn."""

    command: str
    """GS r, GS ( H or GS a."""
    argument: bytes


class PrintHead:
    """Reads a stream byte by byte, wherever it may break off, and keeps the paper that it makes.

    `paper_rows` is what is left on the roll, in dots; None is a roll that does not end. At its end the head stands.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.paper_rows: int | None = None
        self.printouts: list[Printout] = []
        self.asked: list[Asked] = []
        """What nobody has answered yet."""
        self._paper: list[int] = []
        self._stream = bytearray()
        self.power_cycle()

    def power_cycle(self) -> None:
        """Forget the unfinished command and the unfinished line; the paper stays where it is."""
        self._initialize()
        self.forget_command()

    def forget_command(self) -> None:
        """Take what comes next for the beginning of a command."""
        self._begun = bytearray()
        self._program = self._read()
        self._wanted = next(self._program)

    def feed(self, stream: bytes) -> int:
        """Receive bytes; returns how many were taken before the roll ended."""
        taken = 0
        while taken < len(stream) and self.paper_rows != 0:
            piece = stream[taken : taken + self._wanted - len(self._begun)]
            taken += len(piece)
            self._begun += piece
            if len(self._begun) == self._wanted:
                self._stream += self._begun
                complete, self._begun = bytes(self._begun), bytearray()
                self._wanted = self._program.send(complete)
        return taken

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
        self._is_centred = False
        self._module_dots, self._error, self._payload = 3, 48, b""

    # The interpreter, one level of the command language a method.

    def _read(self) -> _Steps:
        while True:
            (byte,) = yield 1
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
        (command,) = yield 1
        match chr(command):
            case "@":
                self._initialize()
            case "J":
                self._end_line((yield 1)[0] // self.profile.feed_units_per_dot)
            case "d":
                self._end_line((yield 1)[0] * self._spacing)
            case "2":
                self._spacing = _LINE_SPACING_DOTS
            case "3":
                self._spacing = (yield 1)[0] // self.profile.feed_units_per_dot
            case "$":
                self._x = int.from_bytes((yield 2), "little")
            case "a":
                self._is_centred = (yield 1)[0] % 48 == 1
            case "*":
                yield from self._bit_image()
            case _:
                self._strike_garbage(command)

    def _group(self) -> _Steps:
        (command,) = yield 1
        match chr(command):
            case "v":
                yield from self._raster_image()
            case "V":
                yield from self._cut()
            case "(":
                yield from self._extended()
            case "r" | "a":
                self.asked.append(Asked(f"GS {chr(command)}", (yield 1)))
            case _:
                self._strike_garbage(command)

    def _real_time(self) -> _Steps:
        """Obeyed long before it comes here: only its bytes are left to be read."""
        (command,) = yield 1
        match command:
            case 0x04 | 0x05:
                yield 1
            case 0x14 if (yield 1) == b"\x08":
                yield 7
            case _:
                self._strike_garbage(command)

    def _raster_image(self) -> _Steps:
        """GS v 0 m xL xH yL yH. Rows are burnt as they come; a picture without width is none, whatever its height."""
        header = yield 6
        wide, high = _SCALES.get(header[1] % 48, (1, 1))
        row_bytes, height = int.from_bytes(header[2:4], "little"), int.from_bytes(header[4:6], "little")
        for _ in range(height if row_bytes else 0):
            self._burn(_widened((yield row_bytes), wide), high)

    def _bit_image(self) -> _Steps:
        """ESC * m nL nH: columns go into the line under way and are burnt when it ends."""
        header = yield 3
        column_bytes, dots = _BIT_IMAGES.get(header[0], (1, 1))
        count = int.from_bytes(header[1:], "little")
        if count:
            self._strike((yield count * column_bytes), column_bytes, dots)

    def _cut(self) -> _Steps:
        """GS V m, or GS V m n, which feeds n before it cuts."""
        if (yield 1)[0] >= 65:
            self._end_line((yield 1)[0] // self.profile.feed_units_per_dot)
        if self.profile.has_cutter:
            self.tear()

    def _extended(self) -> _Steps:
        """GS ( x pL pH …: says its own length, so that what is not known can be skipped."""
        header = yield 3
        length = int.from_bytes(header[1:], "little")
        arguments = (yield length) if length else b""
        match chr(header[0]), arguments[:2]:
            case "H", b"00" if self.profile.has_process_ids:
                self.asked.append(Asked("GS ( H", arguments[2:]))
            case "k", _ if self.profile.has_native_qr:
                self._code(arguments)

    def _code(self, arguments: bytes) -> None:
        """GS ( k, for QR codes: module size, error correction, data, and print."""
        match arguments[:2]:
            case b"1C" if arguments[2:] > b"\x00":
                self._module_dots = arguments[2]
            case b"1E" if arguments[2:]:
                self._error = arguments[2]
            case b"1P":
                self._payload = arguments[3:]
            case b"1Q" if self._payload:
                with suppress(ValueError):  # more than any code can hold: it prints none
                    self._burn_code()

    def _burn_code(self) -> None:
        matrix = qr.modules(self._payload.decode("latin-1"), _ERRORS.get(self._error, "L"))
        side = matrix.size * self._module_dots
        shift = (self.profile.width_dots - side) // 2 if self._is_centred else self.profile.width_dots - side
        for modules in matrix.rows:
            digits = "".join("1" * self._module_dots if module else "0" * self._module_dots for module in modules)
            self._advance([int(digits, 2) << shift if shift >= 0 else 0] * self._module_dots)

    # Ink and paper.

    def _strike_garbage(self, byte: int) -> None:
        """A character nobody wanted: a block as large as one, hatched by its code."""
        if self._x + _CELL_DOTS > self.profile.width_dots:
            self._end_line(self._spacing)
        hatched = bytes((byte,)) * (_CELL_DOTS - 3)
        self._strike(b"\xff" + hatched + b"\xff\x00", 1, 1)

    def _strike(self, columns: bytes, column_bytes: int, dots: int) -> None:
        """Put columns of 24 pins into the line under way; beyond the edge they are lost."""
        count = len(columns) // column_bytes
        shift = self.profile.width_dots - self._x - count * dots
        self._x += count * dots
        for pin in range(_PINS):
            # One-byte columns have dots three pins high.
            dot = pin if column_bytes == 3 else pin // 3
            digits = columns[dot // 8 :: column_bytes].translate(_BIT[7 - dot % 8])
            row = int(b"".join(bytes((digit,)) * dots for digit in digits) if dots > 1 else digits, 2)
            self._below[pin] |= row << shift if shift >= 0 else row >> -shift

    def _end_line(self, feed_dots: int) -> None:
        """Burn the line under way and feed: a line that holds ink is at least as high as its ink."""
        height = max((pin + 1 for pin, row in enumerate(self._below) if row), default=0)
        self._advance(self._below[:height] + [0] * (feed_dots - height))
        self._below = [0] * _PINS
        self._x = 0

    def _burn(self, row: bytes, times: int) -> None:
        """One row of raster; what is wider than the head is lost."""
        excess = len(row) * 8 - self.profile.width_dots
        bits = int.from_bytes(row, "big")
        self._advance([bits >> excess if excess > 0 else bits << -excess] * times)

    def _advance(self, rows: list[int]) -> None:
        if self.paper_rows is not None:
            rows = rows[: self.paper_rows]
            self.paper_rows -= len(rows)
        self._paper += rows


def _widened(row: bytes, wide: int) -> bytes:
    """Each dot twice, where a dot is two wide."""
    if wide == 1:
        return row
    digits = "".join(digit * 2 for digit in format(int.from_bytes(row, "big"), f"0{8 * len(row)}b"))
    return int(digits, 2).to_bytes(2 * len(row), "big")
