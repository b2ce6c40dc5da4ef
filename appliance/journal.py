"""The counter's memory: what happened, what the office has still to hear, which messages were dealt with.

One SQLite file, WAL, synced at every commit. Used by one thread. Decides nothing.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from appliance.counter.events import Event
from appliance.counter.state import Session
from appliance.courier import Parcel
from appliance.errors import ApplianceError
from mqtt_schema.messages import READING, Body
from mqtt_schema.types import Instant

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_SESSION: TypeAdapter[Session] = TypeAdapter(Session)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('event', 'rest')), body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL UNIQUE, counter TEXT NOT NULL,
    type TEXT NOT NULL, topic TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS inbox (message TEXT PRIMARY KEY, received_at TEXT NOT NULL) WITHOUT ROWID;
"""


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
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"the journal {path} cannot be opened: {error}") from error

    def recover(self) -> tuple[Session, list[Event]]:
        """The last state at rest, and what happened since. Raises `JournalError` for what another version wrote."""
        try:
            return self._recover()
        except ValidationError as error:
            raise JournalError(
                f"the journal {self._path} cannot be read: it holds what another version wrote. "
                "Install that version again, or move the file away once no payment is open"
            ) from error

    def _recover(self) -> tuple[Session, list[Event]]:
        row = self._db.execute("SELECT id, body FROM journal WHERE kind = 'rest' ORDER BY id DESC LIMIT 1").fetchone()
        rest, session = (row[0], _SESSION.validate_json(row[1])) if row else (0, Session())
        since = self._db.execute("SELECT body FROM journal WHERE id > ? AND kind = 'event' ORDER BY id", (rest,))
        # READING: a request that was refused because it disagrees with its code is history too.
        return session, [_EVENT.validate_json(body, context=READING) for (body,) in since]

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
            body = _SESSION.dump_json(rest).decode()
            self._db.execute("INSERT INTO journal (kind, body) VALUES ('rest', ?)", (body,))
        if message is not None:
            self._db.execute("INSERT INTO inbox VALUES (?, ?)", (message, event.at.isoformat()))
        for body_said in said:
            self._post(body_said)

    def _note(self, event: Event) -> None:
        self._db.execute("INSERT INTO journal (kind, body) VALUES ('event', ?)", (_EVENT.dump_json(event).decode(),))

    def _post(self, body: Body) -> None:
        last = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        sequence = (last[0] if last else 0) + 1
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

    def forget_before(self, moment: Instant) -> None:
        """Forget the ids of messages received before `moment`, and events before the last rest."""
        self._db.execute("DELETE FROM inbox WHERE received_at < ?", (moment.isoformat(),))
        last_rest = "SELECT coalesce(max(id), 0) FROM journal WHERE kind = 'rest'"
        self._db.execute(f"DELETE FROM journal WHERE id < ({last_rest})")  # noqa: S608  # a constant, no input

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;" + _SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db
