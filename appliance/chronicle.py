"""What happened at a counter, as a chain of rows in its journal's database; what is personal lies beside it.

Part of the journal's transactions, opens and commits none of its own but for reading. Decides nothing. The counter
needs what is personal only since it was last at rest: before that it is purged, and the purge is a row of the chain.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from appliance import chain
from appliance.errors import ApplianceError
from mqtt_schema.types import Instant

SCHEMA = """
CREATE TABLE IF NOT EXISTS chain (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    previous TEXT NOT NULL, head TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS particulars (seq INTEGER PRIMARY KEY, salt TEXT NOT NULL, text TEXT NOT NULL);
"""

REST, PURGED, PRUNED = "rest", "purged", "pruned"

KEPT = timedelta(days=100)
"""So long a counter keeps its chain: a quarter, and time to look at it. Three hundred payments a day are 70 MB."""

_AT_ONCE = timedelta(days=1)
"""A chain is pruned by so much at least, so that its anchors stay few."""

_LAST = "SELECT seq, head FROM chain ORDER BY seq DESC LIMIT 1"
_NUMBERED = "SELECT seq FROM sqlite_sequence WHERE name = 'chain'"
_ADD = "INSERT INTO chain (seq, at, kind, body, previous, head) VALUES (?, ?, ?, ?, ?, ?)"


class ChronicleError(ApplianceError, OSError):
    """A counter's journal cannot be read; the message names the file."""


@dataclass(frozen=True)
class Particulars:
    """What is personal about row `seq`."""

    seq: int
    salt: str
    text: str


class Chronicle:
    """Writes inside the transaction that its owner has opened."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, kind: str, at: str, facts: Mapping[str, Any], personal: str | None = None) -> None:
        """Append a row; `personal` goes beside the chain, bound to it by a salted digest."""
        numbered, previous = self._end()
        seq = numbered + 1
        said = dict(facts)
        if personal is not None:
            salt = os.urandom(16).hex()
            said[chain.BOUND] = chain.digest(salt, personal)
            self._db.execute("INSERT INTO particulars VALUES (?, ?, ?)", (seq, salt, personal))
        row = chain.add(previous, seq, at, kind, chain.said(said))
        self._db.execute(_ADD, (row.seq, row.at, row.kind, row.body, row.previous, row.head))

    def _end(self) -> tuple[int, str]:
        """The last number that was ever given, and the head of the last row."""
        numbered, last = self._db.execute(_NUMBERED).fetchone(), self._db.execute(_LAST).fetchone()
        # A number is never given twice: rows that somebody took off the end leave a gap that is found.
        return (numbered[0] if numbered else 0), (last[1] if last else chain.GENESIS)

    @property
    def is_of_an_older_version(self) -> bool:
        """Whether events lie here that were written before there was a chain."""
        older = self._db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'journal'").fetchone()
        return older is not None

    def since_rest(self) -> tuple[str | None, list[str]]:
        """The last checkpoint and what happened since, as they were written."""
        rest = self._last_rest()
        found = self._db.execute("SELECT text FROM particulars WHERE seq = ?", (rest,)).fetchone()
        since = self._db.execute("SELECT text FROM particulars WHERE seq > ? ORDER BY seq", (rest,))
        return (found[0] if found else "" if rest else None), [text for (text,) in since]

    def _last_rest(self) -> int:
        row = self._db.execute("SELECT seq FROM chain WHERE kind = ? ORDER BY seq DESC LIMIT 1", (REST,)).fetchone()
        return row[0] if row else 0

    def purge(self) -> None:
        """Throw away what is personal about rows before the last checkpoint, and say so in the chain."""
        rest = self._last_rest()
        if self._db.execute("DELETE FROM particulars WHERE seq < ?", (rest,)).rowcount:
            [at] = self._db.execute("SELECT at FROM chain ORDER BY seq DESC LIMIT 1").fetchone()
            self.add(PURGED, at, {"before": rest})

    def prune(self, now: Instant) -> None:
        """Throw away rows older than `KEPT`, up to a checkpoint, and put down where the chain begins from now on."""
        too_old = now - KEPT
        first = self._db.execute("SELECT seq, at FROM chain ORDER BY seq LIMIT 1").fetchone()
        if first is None or first[1] >= (too_old - _AT_ONCE).isoformat():
            return
        old_rests = "SELECT seq, previous FROM chain WHERE kind = ? AND at < ? ORDER BY seq DESC LIMIT 1"
        rest = self._db.execute(old_rests, (REST, too_old.isoformat())).fetchone()
        if rest is None or rest[0] == first[0]:
            return
        self._db.execute("DELETE FROM chain WHERE seq < ?", (rest[0],))
        self._db.execute("DELETE FROM particulars WHERE seq < ?", (rest[0],))
        self.add(PRUNED, now.isoformat(), {"before": rest[0], "head": rest[1]})

    # Reading

    def rows(self) -> Iterator[chain.Row]:
        """All rows in the order of their numbers."""
        for row in self._db.execute("SELECT seq, at, kind, body, previous, head FROM chain ORDER BY seq"):
            yield chain.Row(row[0], *(_text(value) for value in row[1:]))

    def particulars(self) -> dict[int, Particulars]:
        """What is personal, by row."""
        found = self._db.execute("SELECT seq, salt, text FROM particulars")
        return {seq: Particulars(seq, _text(salt), _text(text)) for seq, salt, text in found}

    def between(self, start: Instant, end: Instant, *kinds: str) -> list[chain.Row]:
        """The rows of these kinds in [start, end), by their own time."""
        marks = ", ".join("?" for _ in kinds)
        wanted = f"SELECT * FROM chain WHERE at >= ? AND at < ? AND kind IN ({marks}) ORDER BY seq"  # noqa: S608  # marks
        return [chain.Row(*row) for row in self._db.execute(wanted, (start.isoformat(), end.isoformat(), *kinds))]

    def end(self) -> tuple[int, str]:
        """The last number that was ever given, and the head of the last row."""
        return self._end()

    def outbox(self) -> int:
        """How many messages the office has not acknowledged."""
        return int(self._db.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def set_aside(self) -> int:
        """How many messages could not be used and were set aside."""
        return int(self._db.execute("SELECT count(*) FROM set_aside").fetchone()[0])

    def damage(self) -> list[str]:
        """What SQLite itself finds wrong with the file; nothing, if it is whole."""
        found = [str(line) for (line,) in self._db.execute("PRAGMA quick_check")]
        return [] if found == ["ok"] else found


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


@contextmanager
def looking(path: Path) -> Iterator[Chronicle]:
    """Look into a counter's journal without changing it, also while the counter runs. Raises `ChronicleError`."""
    if not path.is_file():
        raise ChronicleError(f"{path}: there is no journal. Name the counter's state_dir")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
            db.text_factory = lambda raw: raw.decode(errors="surrogateescape")
            db.executescript("PRAGMA busy_timeout=10000; BEGIN")
            yield Chronicle(db)
    except sqlite3.Error as error:
        raise ChronicleError(f"the journal {path} cannot be read: {error}") from error
