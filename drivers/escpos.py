"""Pure: the printer's language: `Paper` to ESC/POS bytes, and what status bytes mean. It never talks to a printer.

Commands are named as in Epson's ESC/POS command reference. Text goes out as raster: printers disagree about Vietnamese
code pages (27, 30, 31, 35, 52, 94 or none), but they all agree about dots.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from drivers.paper import Bitmap, Paper, Profile
from drivers.raster import draw

ESC = b"\x1b"
GS = b"\x1d"
DLE = b"\x10"
EOT = b"\x04"

INITIALIZE = ESC + b"@"
PRINT_AND_FEED = ESC + b"J"
"""ESC J n: feed n vertical motion units."""
RASTER_BIT_IMAGE = GS + b"v0\x00"
"""GS v 0 m xL xH yL yH d1…dk, with m = 0 (a dot is a dot)."""
FEED_AND_PARTIAL_CUT = GS + b"V\x42\x00"
"""GS V 66 0: feed to the cutting position, then cut but for one point, so that the slip does not fall."""
REAL_TIME_STATUS = DLE + EOT
"""DLE EOT n: answered at once by one byte, even while the printer is off-line."""

_MOST_FEED_UNITS = 255


def encode(paper: Paper, profile: Profile) -> bytes:
    """The whole stream of one slip, from ESC @ to the cut: bands of at most `profile.max_band_rows`, blank rows fed.

    Raises what `drivers.raster.draw` raises: the QR code that does not fit on this profile's paper.
    """
    picture = draw(paper, profile.width_dots, profile.dots_per_mm)
    return b"".join((INITIALIZE, *_strips(picture, profile), *_ending(paper, profile)))


def _ending(paper: Paper, profile: Profile) -> Iterator[bytes]:
    """Cut; where there is no cutter, feed the last line past the tear bar."""
    if not paper.is_cut:
        return
    if profile.has_cutter:
        yield FEED_AND_PARTIAL_CUT
    else:
        yield from _feed(round(profile.tear_bar_mm * profile.dots_per_mm), profile)


def _strips(picture: Bitmap, profile: Profile) -> Iterator[bytes]:
    """Runs of inked rows as raster, runs of blank rows as feed: the head stands still where nothing is black."""
    blank = bytes(picture.row_bytes)
    for is_blank, rows in groupby(picture.rows(), key=blank.__eq__):
        strip = list(rows)
        yield from _feed(len(strip), profile) if is_blank else _bands(strip, profile.max_band_rows)


def _feed(rows: int, profile: Profile) -> Iterator[bytes]:
    """Feed `rows` dots. Printers count ESC J in motion units, which some make half a dot high."""
    most = _MOST_FEED_UNITS // profile.feed_units_per_dot
    while rows > 0:
        step = min(rows, most)
        yield PRINT_AND_FEED + bytes((step * profile.feed_units_per_dot,))
        rows -= step


def _bands(rows: list[bytes], most: int) -> Iterator[bytes]:
    """Cut a run into bands: large images come out as garbage on some printers."""
    for top in range(0, len(rows), most):
        yield raster_bit_image(rows[top : top + most])


def raster_bit_image(rows: list[bytes]) -> bytes:
    """GS v 0 of rows of equal length (leftmost dot in the highest bit), without what is white at the right of all."""
    width = max(len(row.rstrip(b"\x00")) for row in rows)
    size = width.to_bytes(2, "little") + len(rows).to_bytes(2, "little")
    return RASTER_BIT_IMAGE + size + b"".join(row[:width] for row in rows)


class Condition(StrEnum):
    """One thing a printer says of itself, the most pressing first."""

    COVER_OPEN = "cover_open"
    PAPER_OUT = "paper_out"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    PAPER_LOW = "paper_low"
    READY = "ready"


_PRESSING = tuple(Condition)


@dataclass(frozen=True)
class PrinterStatus:
    """What a printer says of itself, never empty. *Ready* stands alone; *unknown* never becomes *ready*."""

    conditions: frozenset[Condition]

    @property
    def headline(self) -> Condition:
        """The one condition to tell a person."""
        return min(self.conditions, key=_PRESSING.index)

    @property
    def can_print(self) -> bool:
        """Whether it is worth sending a slip. An unknown printer may well print: some lines carry no answers."""
        return not self.conditions & {Condition.COVER_OPEN, Condition.PAPER_OUT, Condition.OFFLINE}


UNKNOWN = PrinterStatus(frozenset({Condition.UNKNOWN}))
OFFLINE = PrinterStatus(frozenset({Condition.OFFLINE}))

PRINTER = 1
OFFLINE_CAUSE = 2
ROLL_PAPER_SENSOR = 4
"""The n of DLE EOT n."""

_FIXED_BITS = 0b1001_0011
_FIXED_VALUE = 0b0001_0010
"""Bits 0, 1, 4 and 7 of every answer are 0, 1, 1, 0 (Epson's reference, DLE EOT). Anything else is noise."""

_MEANINGS: Mapping[int, tuple[tuple[int, Condition], ...]] = {
    PRINTER: ((0b0000_1000, Condition.OFFLINE),),
    OFFLINE_CAUSE: (
        (0b0000_0100, Condition.COVER_OPEN),
        (0b0010_0000, Condition.PAPER_OUT),
        (0b0100_0000, Condition.OFFLINE),
    ),
    ROLL_PAPER_SENSOR: ((0b0000_1100, Condition.PAPER_LOW), (0b0110_0000, Condition.PAPER_OUT)),
}
STATUS_QUERIES = tuple(_MEANINGS)


def ask(query: int) -> bytes:
    """DLE EOT n, for n of `STATUS_QUERIES`."""
    return REAL_TIME_STATUS + bytes((query,))


def answer(query: int, conditions: frozenset[Condition]) -> int:
    """The byte by which a printer in `conditions` answers DLE EOT `query`: the reverse of `read_status`."""
    bits = (mask for mask, condition in _MEANINGS[query] if condition in conditions)
    return _FIXED_VALUE | sum(bits)


def read_status(answers: Mapping[int, int | None]) -> PrinterStatus:
    """Put the answers to `STATUS_QUERIES` together; None or absent is a query nobody answered."""
    said = frozenset(c for query in STATUS_QUERIES for c in _conditions(query, answers.get(query)))
    return PrinterStatus(said or frozenset({Condition.READY}))


def _conditions(query: int, byte: int | None) -> Iterator[Condition]:
    if byte is None or byte & _FIXED_BITS != _FIXED_VALUE:
        yield Condition.UNKNOWN
        return
    for mask, condition in _MEANINGS[query]:
        if byte & mask:
            yield condition
