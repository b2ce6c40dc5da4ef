"""What a counter's journal knows of its traffic with the office: sequences heard and said, and what was set aside.

Part of the journal's transactions; opens and commits none of its own. Decides nothing: `traffic` does.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from appliance.courier import Arrival, Parcel
from appliance.traffic import MOST_POISON, Poison, Traffic

SCHEMA = """
CREATE TABLE IF NOT EXISTS traffic (
    counter TEXT PRIMARY KEY, heard INTEGER NOT NULL, beyond TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS set_aside (
    id INTEGER PRIMARY KEY AUTOINCREMENT, counter TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL,
    raw BLOB NOT NULL);
"""

_POSTED = "SELECT message, counter, sequence, type, topic, raw FROM outbox ORDER BY sequence"


class Database(Protocol):
    """What of an open connection is needed here."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:
        """Run one statement."""


class Counts:
    """Reads at any time; writes inside the transaction that its owner has opened."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def traffic(self, counter: str) -> Traffic:
        """What was heard on this counter's topics."""
        row = self._db.execute("SELECT heard, beyond FROM traffic WHERE counter = ?", (counter,)).fetchone()
        return Traffic(row[0], frozenset(json.loads(row[1]))) if row else Traffic()

    def keep(self, counter: str, traffic: Traffic) -> None:
        """Replace what was heard."""
        values = (counter, traffic.heard, json.dumps(sorted(traffic.beyond)))
        self._db.execute("INSERT OR REPLACE INTO traffic VALUES (?, ?, ?)", values)

    def hear(self, arrival: Arrival | None, message: str) -> None:
        """Count a message whose id is being written down, if it is the one that is arriving."""
        if arrival is not None and arrival.message == message and arrival.sequence:
            self.keep(arrival.counter, self.traffic(arrival.counter).hearing(arrival.sequence))

    def said(self) -> int:
        """The last sequence that was given to a message."""
        last = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        return int(last[0]) if last else 0

    def renumber(self, beyond: int, reseal: Callable[[Parcel, int], Parcel]) -> int:
        """Give all of the outbox sequences beyond this one and beyond its own, in the same order."""
        waiting = [Parcel(*row) for row in self._db.execute(_POSTED)]
        last = max(beyond, self.said())
        for sequence, parcel in enumerate(waiting, last + 1):
            fresh = reseal(parcel, sequence)
            self._db.execute(
                "UPDATE outbox SET sequence = ?, raw = ? WHERE message = ?", (sequence, fresh.raw, parcel.message)
            )
        self._count_from(last + len(waiting))
        return len(waiting)

    def _count_from(self, last: int) -> None:
        self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'outbox'")
        self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)", (last,))

    def set_aside(self, poison: Poison) -> None:
        """Keep it, and only the newest."""
        values = (poison.counter, poison.at.isoformat(), poison.reason, poison.raw)
        self._db.execute("INSERT INTO set_aside (counter, at, reason, raw) VALUES (?, ?, ?, ?)", values)
        newest = "SELECT id FROM set_aside ORDER BY id DESC LIMIT ?"
        self._db.execute(f"DELETE FROM set_aside WHERE id NOT IN ({newest})", (MOST_POISON,))  # noqa: S608  # a constant

    def forget_set_aside(self, before: datetime) -> None:
        """Let go of what a technician has had long enough to look at."""
        self._db.execute("DELETE FROM set_aside WHERE at < ?", (before.isoformat(),))

    def poisoned(self) -> tuple[int, str]:
        """How much was set aside, and why the newest."""
        last = self._db.execute("SELECT reason FROM set_aside ORDER BY id DESC LIMIT 1").fetchone()
        return self._db.execute("SELECT count(*) FROM set_aside").fetchone()[0], last[0] if last else ""

    def poison(self) -> list[Poison]:
        """What was set aside, newest first."""
        rows = self._db.execute("SELECT counter, at, reason, raw FROM set_aside ORDER BY id DESC")
        return [Poison(counter, datetime.fromisoformat(at), reason, bytes(raw)) for counter, at, reason, raw in rows]
