"""Pure: the letters of a slip as dots, as FreeType hinted them. The one thing read is the generated `fonts/letters/`.

They are drawn when the software is made, not on the counter: a slip looks the same on every machine, and a counter need
not keep a library that draws letters. One file holds one face at one size: the number of letters, their code points in
order, a record for each (the corner of its ink from the pen, its width and height, where its rows begin), then the
rows, each padded to whole bytes, leftmost dot in the highest bit.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from struct import Struct, unpack_from

from drivers.errors import DriverError
from drivers.typeface import FONTS, Face

_COUNT = Struct("<H")
_POINT = Struct("<I")
_RECORD = Struct("<bbBBI")


class LettersError(DriverError, LookupError):
    """Nobody drew the letters of this face at this size."""


@dataclass(frozen=True)
class Letter:
    """The ink of a letter; a space has none."""

    rows: tuple[int, ...]
    """From the top; the rightmost dot is the lowest bit."""
    width_dots: int
    left_dots: int
    """From the pen to the leftmost ink."""
    top_dots: int
    """From the baseline to the highest ink; negative is above."""


class Alphabet:
    """One face at one size."""

    def __init__(self, raw: bytes) -> None:
        """`raw` is a file's bytes."""
        (count,) = _COUNT.unpack_from(raw)
        self._raw = raw
        self._points = unpack_from(f"<{count}I", raw, _COUNT.size)
        self._records = _COUNT.size + count * _POINT.size

    def letter(self, character: str) -> Letter:
        """Raises `LettersError` for one that the face lacks."""
        at = bisect_left(self._points, ord(character))
        if at == len(self._points) or self._points[at] != ord(character):
            raise LettersError(f"no letter {character!r}: ask typeface.lacks before")
        left, top, width, height, start = _RECORD.unpack_from(self._raw, self._records + at * _RECORD.size)
        step = (width + 7) // 8
        lines = (self._raw[start + step * row : start + step * (row + 1)] for row in range(height))
        return Letter(tuple(int.from_bytes(line, "big") >> 8 * step - width for line in lines), width, left, top)


@cache
def alphabet(face: Face, size: int) -> Alphabet:
    """The letters of `face` at `size` dots an em. Raises `LettersError` where there are none."""
    file = FONTS / "letters" / name(face, size)
    try:
        return Alphabet(file.read_bytes())
    except FileNotFoundError as error:
        reason = (
            f"no {face.value} letters of {size} dots an em: python drivers/fonts/generate.py draws what profiles need"
        )
        raise LettersError(reason) from error


def name(face: Face, size: int) -> str:
    """The file of an alphabet."""
    return f"{face.value}-{size}.bin"


def written(letters: Mapping[str, Letter]) -> bytes:
    """The file of an alphabet of these letters."""
    points = sorted(map(ord, letters))
    records, rows = bytearray(), bytearray()
    start = _COUNT.size + len(points) * (_POINT.size + _RECORD.size)
    for letter in (letters[chr(point)] for point in points):
        step = (letter.width_dots + 7) // 8
        place = start + len(rows)
        records += _RECORD.pack(letter.left_dots, letter.top_dots, letter.width_dots, len(letter.rows), place)
        rows += b"".join((row << 8 * step - letter.width_dots).to_bytes(step, "big") for row in letter.rows)
    return _COUNT.pack(len(points)) + b"".join(map(_POINT.pack, points)) + bytes(records + rows)
