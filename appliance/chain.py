"""Pure: a chain of rows. Each row's head covers the row and the head before it, so that none can be changed alone.

What is personal stands outside the chain. A row holds only its digest, taken together with a random salt that lies
beside the personal text and goes with it: without the salt nobody can find out by trying what it was (a dossier's
number has few digits), and the chain stays whole when the text is purged.

A chain proves order and wholeness against whoever does not rewrite it to its end. Against those who do, a head has to
be known elsewhere: on the day-end slip, in the day's workbook.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

GENESIS = "0" * 64
"""What stands before the first row."""

BOUND = "bound"
"""Under this name a row's body holds the digest of what is personal about it."""

SHORTEST_HEAD = 16
"""So many hexadecimal digits of a head name it, when a person typed them."""


@dataclass(frozen=True)
class Row:
    """One row. `at` as it was written (ISO 8601, UTC), `body` JSON; heads are SHA-256 in hexadecimal digits."""

    seq: int
    at: str
    kind: str
    body: str
    previous: str
    head: str

    @property
    def facts(self) -> dict[str, Any]:
        """What the body says; nothing, if it cannot be read."""
        try:
            said = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def called(self) -> str:
        """The row in words: its number, when it was written, what it is."""
        return f"row {self.seq} ({self.at}, {self.kind})"


@dataclass(frozen=True)
class Finding:
    """Something that should not be so: at which row (0: at none), and in words."""

    seq: int
    sentence: str


def said(facts: Mapping[str, Any]) -> str:
    """Facts as a body: one spelling for the same facts."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_spelt)


def _spelt(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def add(previous: str, seq: int, at: str, kind: str, body: str) -> Row:
    """The row that follows the one with this head."""
    return Row(seq, at, kind, body, previous, head_of(previous, seq, at, kind, body))


def head_of(previous: str, seq: int, at: str, kind: str, body: str) -> str:
    """SHA-256 over the head before and everything in the row, each part where it is and nowhere else."""
    return hashlib.sha256(json.dumps([previous, seq, at, kind, body]).encode()).hexdigest()


def digest(salt: str, text: str) -> str:
    """SHA-256 over a salt (32 hexadecimal digits) and a text."""
    # A text may hold half a surrogate if somebody spoilt it: that is a digest that does not fit, not a crash.
    return hashlib.sha256(f"{len(salt)}:{salt}{text}".encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Start:
    """From where a chain is whole: before row `seq` stood `head`. All before it was pruned, and that was recorded."""

    seq: int = 1
    head: str = GENESIS


def verify(rows: Iterable[Row], start: Start, last: int | None = None) -> Iterator[Finding]:
    """Find what was altered, is missing or was inserted; `rows` in the order of their numbers.

    `last`: so many rows were numbered, as far as is known elsewhere.
    """
    expected, head, before = start.seq, start.head, "the beginning"
    for row in rows:
        yield from _gap(row, expected, before)
        if row.previous != head and row.seq == expected:
            yield Finding(row.seq, f"{row.called} does not follow {before}: one of them was replaced")
        if row.head != head_of(row.previous, row.seq, row.at, row.kind, row.body):
            yield Finding(row.seq, f"{row.called} was altered: its head does not fit what it says")
        expected, head, before = max(row.seq, expected - 1) + 1, row.head, row.called
    if last is not None and last >= expected:
        yield Finding(expected, f"{_rows(expected, last)} missing at the end, after {before}")
    if last is not None and last < expected - 1:
        yield Finding(last + 1, f"{_rows(last + 1, expected - 1)} inserted at the end: only {last} were ever written")


def _gap(row: Row, expected: int, before: str) -> Iterator[Finding]:
    if row.seq > expected:
        yield Finding(expected, f"{_rows(expected, row.seq - 1)} missing between {before} and {row.called}")
    if row.seq < expected:
        yield Finding(row.seq, f"{row.called} was inserted: its number is not free, or was pruned")


def _rows(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"


def unknown_heads(heads: Iterable[str], known: Iterable[str]) -> Iterator[Finding]:
    """Of heads that somebody wrote down (whole, or their beginning), those that no row has. Spaces do not count."""
    seen = set(known)
    for noted in heads:
        wanted = "".join(noted.split()).lower()
        if len(wanted) < SHORTEST_HEAD:
            yield Finding(0, f"the head {noted!r} is too short to name a row: type at least {SHORTEST_HEAD} digits")
        elif not (wanted in seen or any(head.startswith(wanted) for head in seen)):
            yield Finding(
                0, f"no row has the head {noted!r}: rows were altered or removed after it was written down, or pruned"
            )


def groups(head: str, width: int = 4) -> str:
    """A head for people: groups of digits."""
    return " ".join(head[place : place + width] for place in range(0, len(head), width))
