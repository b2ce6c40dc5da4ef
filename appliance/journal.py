"""The counter's memory: what happened, what the office has still to hear, which messages were dealt with.

One SQLite file, WAL, synced at every commit. Used by one thread. Decides nothing. What happened is a chain of rows
(`chronicle`), each with a head that covers the one before it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from appliance.chain import Row
from appliance.chronicle import REST, SCHEMA, Chronicle
from appliance.counter import facts
from appliance.counter.events import Event
from appliance.counter.state import Session
from appliance.counts import SCHEMA as COUNTS_SCHEMA
from appliance.counts import Counts
from appliance.courier import ARRIVING, Parcel
from appliance.errors import ApplianceError
from appliance.traffic import Poison, Traffic
from mqtt_schema.messages import READING, Body
from mqtt_schema.types import Instant

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_SESSION: TypeAdapter[Session] = TypeAdapter(Session)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL UNIQUE, counter TEXT NOT NULL,
    type TEXT NOT NULL, topic TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS inbox (message TEXT PRIMARY KEY, received_at TEXT NOT NULL) WITHOUT ROWID;
"""


_CACHES = "PRAGMA cache_size=-256;"
"""KiB of pages in memory, instead of two megabytes: a counter appends, and seldom reads."""

_PURGES = "PRAGMA secure_delete=ON;"
"""What is deleted is overwritten: purged means gone from the file too."""


SET_ASIDE_KEPT = timedelta(days=90)
"""As at the office: what could not be used may name somebody all the same."""


class JournalError(ApplianceError, OSError):
    """The journal cannot be opened, read or written; the message names the file."""


class Journal:
    """Events, outbox and inbox of one counter."""

    def __init__(self, path: Path, seal: Callable[[Body, int], Parcel]) -> None:
        """`seal(body, sequence)` signs what goes into the outbox. Raises `JournalError`."""
        self._path = path
        self._seal = seal
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _open(path)
            self._chronicle = Chronicle(self._db)
            self._counts = Counts(self._db)
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"the journal {path} cannot be opened: {error}") from error

    def recover(self) -> tuple[Session, list[Event]]:
        """The last state at rest, and what happened since. Raises `JournalError` for what another version wrote."""
        if self._chronicle.is_of_an_older_version:
            raise self._foreign()
        try:
            return self._recover()
        except ValidationError as error:
            raise self._foreign() from error

    def _foreign(self) -> JournalError:
        return JournalError(
            f"the journal {self._path} cannot be read: it holds what another version wrote. "
            "Install that version again, or move the file away once no payment is open"
        )

    def _recover(self) -> tuple[Session, list[Event]]:
        rest, since = self._chronicle.since_rest()
        session = Session() if rest is None else _SESSION.validate_json(rest)
        # READING: a request that was refused because it disagrees with its code is history too.
        return session, [_EVENT.validate_json(body, context=READING) for body in since]

    def commit(
        self, event: Event, said: Sequence[Body], message: str | None, rest: Session | None, *others: Event
    ) -> None:
        """Write one event, what is said because of it, the message that brought it, and the state if it is at rest.

        `others` happened right after `event` and belong to it: the paint of what it asked for.

        All or nothing, and on the disk when this returns. Raises `JournalError` when the disk does not take it.
        """
        with self._transaction():
            self._write(event, said, message, rest)
            for other in others:
                self._note(other)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalError(f"the journal {self._path} cannot be written: {error}") from error
        finally:
            # SQLite has sometimes rolled back by itself; and a COMMIT that found no room leaves it to us.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _write(self, event: Event, said: Sequence[Body], message: str | None, rest: Session | None) -> None:
        self._note(event)
        if rest is not None:
            at = event.at.isoformat()
            self._chronicle.add(REST, at, facts.of_rest(rest), _SESSION.dump_json(rest).decode())
        if message is not None:
            self._db.execute("INSERT INTO inbox VALUES (?, ?)", (message, event.at.isoformat()))
            self._counts.hear(ARRIVING.get(), message)
        for body_said in said:
            self._post(body_said)

    def _note(self, event: Event) -> None:
        personal = _EVENT.dump_json(event).decode()
        self._chronicle.add(event.kind, event.at.isoformat(), facts.of_event(event), personal)

    def _post(self, body: Body) -> None:
        sequence = self._counts.said() + 1
        parcel = self._seal(body, sequence)
        self._db.execute(
            "INSERT INTO outbox (sequence, message, counter, type, topic, raw) VALUES (?, ?, ?, ?, ?, ?)",
            (sequence, parcel.message, parcel.counter, parcel.type, parcel.topic, parcel.raw),
        )

    def posted(self) -> list[Parcel]:
        """What the office has not acknowledged yet, oldest first."""
        rows = self._db.execute("SELECT message, counter, sequence, type, topic, raw FROM outbox ORDER BY sequence")
        return [Parcel(*row) for row in rows]

    def has_received(self, message: str) -> bool:
        """Whether this message was dealt with before."""
        return self._db.execute("SELECT 1 FROM inbox WHERE message = ?", (message,)).fetchone() is not None

    def acknowledge(self, message: str, counter: str) -> None:
        """The office has this message: it may go."""
        self._db.execute("DELETE FROM outbox WHERE message = ? AND counter = ?", (message, counter))

    # What the courier counts (`courier.Tally`)

    def traffic(self, counter: str) -> Traffic:
        """What was heard of the office."""
        return self._counts.traffic(counter)

    def hear_again(self, counter: str, sequence: int) -> None:
        """A message that was dealt with before came under another sequence."""
        with self._transaction():
            self._counts.keep(counter, self._counts.traffic(counter).hearing(sequence))

    def give_up_gap(self, counter: str) -> None:
        """Wait no longer for what is missing first."""
        with self._transaction():
            self._counts.keep(counter, self._counts.traffic(counter).giving_up())

    def said(self, _counter: str = "") -> int:
        """The last sequence that was given to a message; 0 for none."""
        return self._counts.said()

    def renumber(self, _counter: str, beyond: int, reseal: Callable[[Parcel, int], Parcel]) -> int:
        """Give everything unacknowledged a sequence beyond this one, in the same order; how many there were."""
        with self._transaction():
            return self._counts.renumber(beyond, reseal)

    def set_aside(self, poison: Poison) -> None:
        """Keep what could not be used for a technician."""
        with self._transaction():
            self._counts.set_aside(poison)

    def poisoned(self) -> tuple[int, str]:
        """How much was set aside, and why the newest."""
        return self._counts.poisoned()

    def poison(self) -> list[Poison]:
        """What was set aside, newest first."""
        return self._counts.poison()

    def forget_before(self, moment: Instant | None) -> None:
        """Forget the ids of messages received before `moment`, and whom we served before the last rest.

        None forgets no id: nobody knows what time it is.
        """
        with self._transaction():
            if moment is not None:
                self._db.execute("DELETE FROM inbox WHERE received_at < ?", (moment.isoformat(),))
            self._chronicle.purge()
        try:
            # What was deleted stands in the file's log until that is emptied. Whoever reads the journal just now
            # (an audit) keeps us from it, and no citizen shall wait for that: the next time will do.
            self._db.execute("PRAGMA busy_timeout=0")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute("PRAGMA busy_timeout=10000")
        except sqlite3.Error as error:
            raise JournalError(f"the journal {self._path} cannot be written: {error}") from error

    def prune(self, now: Instant) -> None:
        """Let go of what is past its time, in the chain and of what was set aside; only for who knows the time."""
        with self._transaction():
            self._chronicle.prune(now)
            self._counts.forget_set_aside(now - SET_ASIDE_KEPT)

    def head(self) -> tuple[int, str]:
        """The number and the head of the chain's last row."""
        return self._chronicle.end()

    def between(self, start: Instant, end: Instant, *kinds: str) -> list[Row]:
        """The chain's rows of these kinds in [start, end), by their own time."""
        return self._chronicle.between(start, end, *kinds)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;"
            + _CACHES
            + _PURGES
            + _SCHEMA
            + SCHEMA
            + COUNTS_SCHEMA
        )
    except sqlite3.Error:
        db.close()
        raise
    return db
