"""What was last heard of each counter. Decides nothing but which of two words is the younger."""

from typing import Any

from sqlalchemy import insert, null, select, update

from appliance.office import tables
from appliance.office.books.book import Book
from appliance.office.records import CounterState
from mqtt_schema.messages import CounterStatus, PrinterStatus, Seen
from mqtt_schema.types import Instant


class CounterBook(Book):
    """The counters."""

    def know_counter(self, counter: str) -> None:
        """Have a row for this counter."""
        by = tables.counter.c
        if self._connection.execute(select(by.id).where(by.id == counter)).first() is None:
            unheard = {"last_sequence": 0, "is_online": False, "printer": PrinterStatus.UNKNOWN.value, "trouble": ""}
            self._connection.execute(insert(tables.counter).values(id=counter, **unheard))

    def hear_status(self, counter: str, status: CounterStatus, at: Instant) -> bool:
        """Write down what a counter says of itself, unless a younger connection or its death was heard already.

        Says whether this is the first word of a new connection.
        """
        self.know_counter(counter)
        by = tables.counter.c
        known = self._connection.execute(select(tables.counter).where(by.id == counter)).one()
        if known.born_at is not None and status.born_at < known.born_at:
            return False
        is_new = bool(status.born_at != known.born_at)
        if not is_new and status.is_online and not known.is_online:
            return False
        # Words of one connection come in order, so a status always knows the youngest frame.
        values = {"is_online": status.is_online, "printer": status.printer.value, "seen": _kept(status.seen)}
        if is_new:
            # A new connection: whatever was wrong with the one before is history.
            values["trouble"] = ""
        heard = update(tables.counter).where(by.id == counter).values(born_at=status.born_at, seen_at=at, **values)
        self._connection.execute(heard)
        return is_new

    def hear_seen(self, counter: str, seen: Seen) -> None:
        """Write down what a counter has painted, unless a younger frame is known: this word may come again, late."""
        self.know_counter(counter)
        by = tables.counter.c
        known = _seen(self._connection.execute(select(by.seen).where(by.id == counter)).scalar_one())
        if known is None or seen.painted_at >= known.painted_at:
            self._connection.execute(update(tables.counter).where(by.id == counter).values(seen=_kept(seen)))

    def hear_trouble(self, counter: str, trouble: str) -> None:
        """Write down what a counter could not use."""
        self.know_counter(counter)
        self._connection.execute(update(tables.counter).where(tables.counter.c.id == counter).values(trouble=trouble))

    def counters(self) -> dict[str, CounterState]:
        """What was last heard of every counter."""
        rows = self._connection.execute(select(tables.counter))
        return {
            row.id: CounterState(
                row.id, row.is_online, PrinterStatus(row.printer), row.seen_at, row.trouble, _seen(row.seen)
            )
            for row in rows
        }


def _seen(kept: Any) -> Seen | None:
    return None if kept is None else Seen.model_validate(kept)


def _kept(seen: Seen | None) -> Any:
    return null() if seen is None else seen.model_dump(mode="json")
