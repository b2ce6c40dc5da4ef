"""Outbox and inbox: what counters still have to hear, and what of theirs was dealt with. Decides nothing."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from appliance.courier import ARRIVING, Parcel
from appliance.office import tables
from appliance.office.books.audit import AuditBook
from appliance.office.books.counters import CounterBook
from appliance.traffic import MOST_POISON, Poison, Traffic
from mqtt_schema.types import Instant

_SUPERSEDED = ("payment_request", "payment_cancellation", "payment_parking", "payment_waived")
"""What a glass is told to show; a later one of these, or a result, takes its place."""


_box, _inbox, _traffic, _counter = tables.outbox.c, tables.inbox.c, tables.traffic.c, tables.counter.c
_place = func.row_number().over(partition_by=_box.counter, order_by=_box.sequence).label("place")
_waiting = select(tables.outbox, _place).where(~_box.is_acknowledged).subquery()
_published = select(tables.milestone.c.id).where(
    (tables.milestone.c.payment == _box.payment) & (tables.milestone.c.milestone == "published")
)

# Built once: to put a statement together takes longer than SQLite takes to carry it out.
_COUNT = (
    update(tables.counter)
    .where(_counter.id == bindparam("of"))
    .values(last_sequence=_counter.last_sequence + 1)
    .returning(_counter.last_sequence)
)
_POST = insert(tables.outbox)
_POSTED = (
    select(_waiting).where(_waiting.c.place <= bindparam("limit")).order_by(_waiting.c.counter, _waiting.c.sequence)
)
_FIRST = select(_box.payment).where(
    (_box.message == bindparam("of")) & (_box.type == "payment_request") & ~_published.exists()
)
_ACKNOWLEDGE = (
    update(tables.outbox)
    .where((_box.message == bindparam("of")) & (_box.counter == bindparam("from")))
    .values(is_acknowledged=True)
)
_RECEIVE = insert(tables.inbox)
_RECEIVED = select(_inbox.message).where(_inbox.message == bindparam("of"))
_TRAFFIC = select(tables.traffic).where(_traffic.counter == bindparam("of"))
_KEEP = update(tables.traffic).where(_traffic.counter == bindparam("of"))


class MessageBook(CounterBook, AuditBook):
    """Messages to and from counters; each counter's are counted on its own row."""

    def next_sequence(self, counter: str) -> int:
        """Count one message more to this counter, from 1."""
        counted = self._connection.execute(_COUNT, {"of": counter}).scalar_one_or_none()
        if counted is None:
            self.know_counter(counter)
            counted = self._connection.execute(_COUNT, {"of": counter}).scalar_one()
        return int(counted)

    def post(self, parcel: Parcel, payment_id: str | None) -> None:
        """Put a sealed message into the outbox, where it lives until the counter acknowledges it."""
        values = {
            "message": parcel.message,
            "counter": parcel.counter,
            "sequence": parcel.sequence,
            "payment": payment_id,
            "type": parcel.type,
            "topic": parcel.topic,
            "raw": parcel.raw,
            "is_acknowledged": False,
        }
        self._connection.execute(_POST, values)

    def posted(self, limit: int = 1000) -> list[Parcel]:
        """List what counters have not acknowledged yet, oldest first, at most `limit` for each counter."""
        rows = self._connection.execute(_POSTED, {"limit": limit})
        return [Parcel(row.message, row.counter, row.sequence, row.type, row.topic, row.raw) for row in rows]

    def take_back(self, counter: str, type_: str) -> None:
        """Forget every message of this type to this counter, heard or not: a newer one takes their place."""
        box = tables.outbox
        self._connection.execute(box.delete().where((box.c.counter == counter) & (box.c.type == type_)))

    def has_heard(self, type_: str) -> dict[str, bool]:
        """For each counter that was sent a message of this type: whether it has acknowledged the newest."""
        box = tables.outbox.c
        rows = self._connection.execute(select(tables.outbox).where(box.type == type_).order_by(box.sequence))
        return {row.counter: row.is_acknowledged for row in rows}

    def first_published(self, message: str) -> str | None:
        """Find the payment whose code a posted message carried, if none is noted as published yet; or None."""
        found: str | None = self._connection.execute(_FIRST, {"of": message}).scalar_one_or_none()
        return found

    def acknowledge(self, message: str, counter: str) -> None:
        """Take a message off the outbox: its counter has it."""
        self._connection.execute(_ACKNOWLEDGE, {"of": message, "from": counter})

    def receive(self, message: str, counter: str, at: Instant) -> None:
        """Remember a counter's message, so that its repetition goes no further."""
        self._connection.execute(_RECEIVE, {"message": message, "counter": counter, "received_at": at})
        arrival = ARRIVING.get()
        if arrival is not None and arrival.message == message and arrival.sequence:
            self.hear_sequence(counter, arrival.sequence)
        self.audit("counter_heard", "message", message, at, {"counter": counter})

    def has_received(self, message: str) -> bool:
        """Say whether this message was dealt with before."""
        return self._connection.execute(_RECEIVED, {"of": message}).first() is not None

    # What the courier counts (`courier.Tally`)

    def traffic(self, counter: str) -> Traffic:
        """What was heard of a counter, by sequence."""
        row = self._connection.execute(_TRAFFIC, {"of": counter}).first()
        return Traffic(row.heard, frozenset(row.beyond)) if row else Traffic()

    def hear_sequence(self, counter: str, sequence: int) -> None:
        """Count a counter's message."""
        self._keep(counter, self.traffic(counter).hearing(sequence))

    def give_up_gap(self, counter: str) -> None:
        """Wait no longer for what is missing first."""
        self._keep(counter, self.traffic(counter).giving_up())

    def _keep(self, counter: str, traffic: Traffic) -> None:
        values = {"heard": traffic.heard, "beyond": sorted(traffic.beyond)}
        if self._connection.execute(_KEEP, {"of": counter, **values}).rowcount == 0:
            self._connection.execute(insert(tables.traffic).values(counter=counter, **values))

    def said(self, counter: str) -> int:
        """The last sequence that was given to a message for this counter; 0 for none."""
        by = tables.counter.c
        return self._connection.execute(select(by.last_sequence).where(by.id == counter)).scalar_one_or_none() or 0

    def renumber(self, counter: str, beyond: int, reseal: Callable[[Parcel, int], Parcel]) -> int:
        """Give everything that this counter has not acknowledged a sequence beyond this one; how many there were.

        Not to what it need not hear any more: a later word about the same payment, which it has acknowledged, took its
        place, and said now it would be the last word.
        """
        self.know_counter(counter)
        by, box = tables.counter.c, tables.outbox.c
        behind = (by.id == counter) & (by.last_sequence < beyond)
        self._connection.execute(update(tables.counter).where(behind).values(last_sequence=beyond))
        mine = (box.counter == counter) & ~box.is_acknowledged
        rows = self._connection.execute(select(tables.outbox).where(mine).order_by(box.sequence)).all()
        for row in rows:
            if self._is_superseded(row):
                self.acknowledge(row.message, counter)
                continue
            old = Parcel(row.message, row.counter, row.sequence, row.type, row.topic, row.raw)
            fresh = reseal(old, self.next_sequence(counter))
            values = {"sequence": fresh.sequence, "raw": fresh.raw}
            self._connection.execute(update(tables.outbox).where(box.message == row.message).values(**values))
        return len(rows)

    def _is_superseded(self, row: Row[Any]) -> bool:
        box = tables.outbox.c
        later = (box.counter == row.counter) & (box.payment == row.payment) & (box.sequence > row.sequence)
        said = later & box.is_acknowledged & box.type.in_((*_SUPERSEDED, "payment_result"))
        is_word = row.type in _SUPERSEDED and row.payment is not None
        return is_word and self._connection.execute(select(box.message).where(said)).first() is not None

    def set_aside(self, poison: Poison) -> None:
        """Keep what could not be used for a technician; the newest of all."""
        table = tables.set_aside
        values = {"counter": poison.counter, "at": poison.at, "reason": poison.reason, "raw": poison.raw}
        self._connection.execute(insert(table).values(**values))
        newest = select(table.c.id).order_by(table.c.id.desc()).limit(MOST_POISON).scalar_subquery()
        self._connection.execute(table.delete().where(table.c.id.not_in(newest)))

    def poison(self) -> list[Poison]:
        """What was set aside, newest first."""
        rows = self._connection.execute(select(tables.set_aside).order_by(tables.set_aside.c.id.desc()))
        return [Poison(row.counter, row.at, row.reason, row.raw) for row in rows]
