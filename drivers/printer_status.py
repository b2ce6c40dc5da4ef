"""Pure: what a printer says of itself: the bytes it answers with, and what they mean. It asks nothing.

Four kinds of bytes come back from an ESC/POS printer, mixed: answers to DLE EOT, automatic status, "done with process",
and the answer to GS r, which comes in its turn. Fixed bits tell them apart (Epson's reference, "Status"). Whatever fits
none is noise, and noise means nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """One thing a printer says of itself, the most pressing first."""

    COVER_OPEN = "cover_open"
    PAPER_OUT = "paper_out"
    CUTTER_FAULT = "cutter_fault"
    OVERHEATED = "overheated"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    PAPER_LOW = "paper_low"
    READY = "ready"


_PRESSING = tuple(Condition)
TROUBLES = frozenset(_PRESSING[: _PRESSING.index(Condition.UNKNOWN)])
"""With any of these nothing comes out."""


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
        """Whether nothing is said that keeps it from printing. An unknown printer may well print."""
        return not self.conditions & TROUBLES

    @property
    def is_known(self) -> bool:
        """Whether the printer has said all that it was asked."""
        return Condition.UNKNOWN not in self.conditions


UNKNOWN = PrinterStatus(frozenset({Condition.UNKNOWN}))
OFFLINE = PrinterStatus(frozenset({Condition.OFFLINE}))

# Real-time status: one byte for each DLE EOT n.

PRINTER = 1
OFFLINE_CAUSE = 2
ERROR_CAUSE = 3
ROLL_PAPER_SENSOR = 4
"""The n of DLE EOT n."""

_FIXED_BITS = 0b1001_0011
_REAL_TIME = 0b0001_0010
"""Bits 0, 1, 4 and 7 of every answer are 0, 1, 1, 0 (Epson's reference, DLE EOT). Anything else is noise."""

_Bits = tuple[tuple[int, Condition], ...]

_MEANINGS: Mapping[int, _Bits] = {
    PRINTER: ((0b0000_1000, Condition.OFFLINE),),
    OFFLINE_CAUSE: (
        (0b0000_0100, Condition.COVER_OPEN),
        (0b0010_0000, Condition.PAPER_OUT),
        (0b0100_0000, Condition.OFFLINE),
    ),
    ERROR_CAUSE: (
        (0b0000_1000, Condition.CUTTER_FAULT),
        (0b0100_0000, Condition.OVERHEATED),
        (0b0010_0100, Condition.OFFLINE),
    ),
    ROLL_PAPER_SENSOR: ((0b0000_1100, Condition.PAPER_LOW), (0b0110_0000, Condition.PAPER_OUT)),
}
"""An error that ends by itself is the head that got too hot; the other errors have no name of their own."""
STATUS_QUERIES = tuple(_MEANINGS)


def answer(query: int, conditions: frozenset[Condition]) -> int:
    """The byte by which a printer in `conditions` answers DLE EOT `query`: the reverse of `read_status`.

    A printer in any trouble is off-line too.
    """
    is_offline = query == PRINTER and conditions & TROUBLES
    return _REAL_TIME | _bits(_MEANINGS[query], conditions | ({Condition.OFFLINE} if is_offline else frozenset()))


def read_status(answers: Mapping[int, int | None], queries: Iterable[int] = STATUS_QUERIES) -> PrinterStatus:
    """Put the answers to `queries` together; None or absent is a query nobody answered.

    *Off-line* is left out where a better reason is known.
    """
    return _status(condition for query in queries for condition in _said(query, answers.get(query)))


def _said(query: int, byte: int | None) -> Iterator[Condition]:
    if byte is None or not is_real_time(byte):
        yield Condition.UNKNOWN
        return
    yield from _meant(_MEANINGS[query], byte)


def is_real_time(byte: int) -> bool:
    """Whether `byte` can be an answer to DLE EOT."""
    return byte & _FIXED_BITS == _REAL_TIME


def _status(said: Iterable[Condition]) -> PrinterStatus:
    conditions = frozenset(said)
    if conditions & (TROUBLES - {Condition.OFFLINE}):
        conditions -= {Condition.OFFLINE}
    return PrinterStatus(conditions or frozenset({Condition.READY}))


def _meant(meanings: _Bits, byte: int) -> Iterator[Condition]:
    return (condition for mask, condition in meanings if byte & mask)


def _bits(meanings: _Bits, conditions: frozenset[Condition]) -> int:
    return sum(mask for mask, condition in meanings if condition in conditions)


# Automatic status (GS a): four bytes whenever something changes.

_AUTOMATIC: tuple[_Bits, ...] = (
    ((0b0000_1000, Condition.OFFLINE), (0b0010_0000, Condition.COVER_OPEN)),
    (
        (0b0000_1000, Condition.CUTTER_FAULT),
        (0b0100_0000, Condition.OVERHEATED),
        (0b0010_0100, Condition.OFFLINE),
    ),
    ((0b0000_0011, Condition.PAPER_LOW), (0b0000_1100, Condition.PAPER_OUT)),
    (),
)
_AUTOMATIC_FIRST = 0b0001_0000
_REST_FIXED_BITS = 0b1001_0000
"""Bits 4 and 7 of the second to fourth byte are 0."""


def automatic(conditions: frozenset[Condition]) -> bytes:
    """The four bytes by which a printer in `conditions` tells a change."""
    is_offline = bool(conditions & TROUBLES)
    first, *rest = (_bits(meanings, conditions - {Condition.OFFLINE}) for meanings in _AUTOMATIC)
    return bytes((_AUTOMATIC_FIRST | first | is_offline << 3, *rest))


# The port of a USB printer (USB printer class 1.1, 4.2.2), for printers that do not answer.

_PORT: _Bits = ((0b0010_0000, Condition.PAPER_OUT),)
_PORT_SELECTED = 0b0001_0000


def read_port(byte: int) -> frozenset[Condition]:
    """What the port status says: that there is no paper, or nobody selected. That all is well it cannot say."""
    deselected = frozenset() if byte & _PORT_SELECTED else {Condition.OFFLINE}
    return frozenset(_meant(_PORT, byte)) | deselected


# What comes back from a printer.


@dataclass(frozen=True)
class Answered:
    """It answered a DLE EOT."""

    byte: int


@dataclass(frozen=True)
class Changed:
    """It told its status by itself."""

    status: PrinterStatus


@dataclass(frozen=True)
class Done:
    """It is done with everything up to the process id `mark`."""

    mark: str


@dataclass(frozen=True)
class Reached:
    """It reached a GS r 1 in its turn, and has paper or not."""

    has_paper: bool


@dataclass(frozen=True)
class Noise:
    """It said something that no printer says: another speed of the line, or another language."""

    byte: int


Heard = Answered | Changed | Done | Reached | Noise

_DONE_HEADER = b"\x37\x22"
_DONE_BYTES = 7
_CLEARED = b"\x37\x25\x00"
_IN_TURN_MEANT = 0b1001_1111
_HAS_PAPER, _NO_PAPER = b"\x00\x03", b"\x0c\x0f"
"""Answers to GS r 1; the two in the middle are not fixed. Two sensors say the same, so half of these bits is noise."""


def done(mark: str) -> bytes:
    """How a printer says that it is done with process `mark` (four characters)."""
    return _DONE_HEADER + mark.encode("ascii") + b"\x00"


class Ear:
    """Takes what a printer says apart, in whatever pieces it arrives. Nothing raises."""

    def __init__(self) -> None:
        self._begun = b""

    def hear(self, said: bytes) -> list[Heard]:
        """What was said in full by now."""
        self._begun += said
        found = []
        while self._begun:
            taken, heard = _first(self._begun)
            if not taken:
                break
            self._begun = self._begun[taken:]
            found += [heard] if heard else []
        return found

    def forget(self) -> None:
        """What was begun will not be finished: the line was opened anew."""
        self._begun = b""


def _first(said: bytes) -> tuple[int, Heard | None]:
    """How many bytes the first thing takes (0: it is not whole yet), and what it is (None: nothing to tell)."""
    if _DONE_HEADER.startswith(said[:2]) or _CLEARED.startswith(said[:3]):
        return _first_response(said)
    if is_real_time(said[0]):
        return 1, Answered(said[0])
    if said[0] & _FIXED_BITS == _AUTOMATIC_FIRST:
        return _first_automatic(said)
    in_turn = said[0] & _IN_TURN_MEANT
    return 1, Reached(in_turn in _HAS_PAPER) if in_turn in _HAS_PAPER + _NO_PAPER else Noise(said[0])


def _first_response(said: bytes) -> tuple[int, Heard | None]:
    if _CLEARED.startswith(said[:3]):
        return (3, None) if len(said) >= 3 else (0, None)
    if len(said) < _DONE_BYTES:
        return 0, None
    mark = said[2 : _DONE_BYTES - 1]
    is_whole = said[_DONE_BYTES - 1] == 0 and all(0x20 <= byte <= 0x7E for byte in mark)
    return (_DONE_BYTES, Done(mark.decode("ascii"))) if is_whole else (1, Noise(said[0]))


def _first_automatic(said: bytes) -> tuple[int, Heard | None]:
    if any(byte & _REST_FIXED_BITS for byte in said[1:4]):
        return 1, Noise(said[0])
    if len(said) < len(_AUTOMATIC):
        return 0, None
    return 4, Changed(
        _status(c for meanings, byte in zip(_AUTOMATIC, said, strict=False) for c in _meant(meanings, byte))
    )
