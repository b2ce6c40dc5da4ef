"""Outbox and inbox: what counters still have to hear, and what of theirs was dealt with. Decides nothing."""

from sqlalchemy import func, insert, select, update

from appliance.courier import Parcel
from appliance.office import tables
from appliance.office.books.counters import CounterBook
from mqtt_schema.types import Instant


class MessageBook(CounterBook):
    """Messages to and from counters; each counter's are counted on its own row."""

    def next_sequence(self, counter: str) -> int:
        """Count one message more to this counter, from 1."""
        self.know_counter(counter)
        by = tables.counter.c
        counted = update(tables.counter).where(by.id == counter).values(last_sequence=by.last_sequence + 1)
        self._connection.execute(counted)
        return int(self._connection.execute(select(by.last_sequence).where(by.id == counter)).scalar_one())

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
        self._connection.execute(insert(tables.outbox).values(**values))

    def posted(self, limit: int = 100) -> list[Parcel]:
        """List what counters have not acknowledged yet, oldest first, at most `limit` for each counter."""
        box = tables.outbox.c
        place = func.row_number().over(partition_by=box.counter, order_by=box.sequence).label("place")
        waiting = select(tables.outbox, place).where(~box.is_acknowledged).subquery()
        in_turn = select(waiting).where(waiting.c.place <= limit).order_by(waiting.c.counter, waiting.c.sequence)
        rows = self._connection.execute(in_turn)
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

    def posted_for(self, message: str) -> str | None:
        """Find the payment whose code a posted message carried, or None."""
        box = tables.outbox.c
        its_code = (box.message == message) & (box.type == "payment_request")
        found: str | None = self._connection.execute(select(box.payment).where(its_code)).scalar_one_or_none()
        return found

    def acknowledge(self, message: str, counter: str) -> None:
        """Take a message off the outbox: its counter has it."""
        box = tables.outbox
        mine = (box.c.message == message) & (box.c.counter == counter)
        self._connection.execute(update(box).where(mine).values(is_acknowledged=True))

    def receive(self, message: str, counter: str, at: Instant) -> None:
        """Remember a counter's message, so that its repetition goes no further."""
        self._connection.execute(insert(tables.inbox).values(message=message, counter=counter, received_at=at))

    def has_received(self, message: str) -> bool:
        """Say whether this message was dealt with before."""
        box = tables.inbox
        return self._connection.execute(select(box.c.message).where(box.c.message == message)).first() is not None
