"""What was last heard of each counter. Decides nothing but which of two words is the younger."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, null, select, update

from appliance.office import tables
from appliance.office.books.book import Book
from appliance.office.books.pulse import WRITTEN_EVERY, Pulse, Pulses, says_the_same
from appliance.office.presence import Told
from appliance.office.records import CounterState, Trial
from mqtt_schema.messages import ClockReading, CounterStatus, Frozen, PrinterStatus, Seen, SlipOutcome
from mqtt_schema.types import Instant

# Built once: to put a statement together takes longer than SQLite takes to carry it out.
_ALL = select(tables.counter)
_ONE = select(tables.counter).where(tables.counter.c.id == bindparam("counter"))
_SET = update(tables.counter).where(tables.counter.c.id == bindparam("counter"))
_IS_KNOWN = select(tables.counter.c.id).where(tables.counter.c.id == bindparam("counter"))


class CounterBook(Book):
    """The counters."""

    def __init__(self, connection: Connection, pulses: Pulses | None = None) -> None:
        super().__init__(connection)
        self._pulses = pulses or Pulses()
        self._rows: dict[str, Row[Any] | None] = {}

    def know_counter(self, counter: str) -> None:
        """Have a row for this counter."""
        if self._connection.execute(_IS_KNOWN, {"counter": counter}).first() is None:
            said_nothing = {"is_online": False, "printer": PrinterStatus.UNKNOWN.value, "trouble": ""}
            nothing_known = {"last_sequence": 0, "waiting_slips": 0, "has_printer": True}
            self._connection.execute(insert(tables.counter).values(id=counter, **said_nothing, **nothing_known))
            self._rows.pop(counter, None)

    def last_told(self, counter: str) -> tuple[Told | None, Instant | None]:
        """The last status that was heard of a counter, and when it was last believed to be alive."""
        row = self._row(counter)
        if row is None:
            return None, None
        pulse = self._pulses.of(_state(row), row.born_at)
        if pulse is not None:
            return pulse.word, pulse.seen_at
        return (None if row.told_at is None else Told(row.born_at, row.told_at, row.came_at)), row.seen_at

    def is_no_news(self, counter: str, status: CounterStatus, at: Instant | None, word: Told) -> bool:
        """Whether a status says only that its counter lives, and what is written of that is young; it is kept then."""
        row = self._row(counter)
        if row is None or at is None or row.seen_at is None or row.told_at is None or row.born_at != status.born_at:
            return False
        is_young = timedelta(0) <= at - row.seen_at < WRITTEN_EVERY
        is_no_news = is_young and says_the_same(self._pulses.over(_state(row), row.born_at), status)
        if is_no_news:
            self._pulses.feel(counter, Pulse(word, at, status.seen, status.clock))
        return is_no_news

    def _row(self, counter: str) -> Row[Any] | None:
        """A counter's row, asked for once in this transaction; without its `last_sequence`, which others count."""
        if counter not in self._rows:
            self._rows[counter] = self._connection.execute(_ONE, {"counter": counter}).first()
        return self._rows[counter]

    def _last_word(self, counter: str) -> Told | None:
        """When a counter last spoke, if that is younger than what stands written."""
        row = self._row(counter)
        pulse = self._pulses.of(_state(row), row.born_at) if row else None
        return pulse.word if pulse else None

    def hear_status(self, counter: str, status: CounterStatus, at: Instant, word: Told | None = None) -> bool:
        """Write down what a counter says of itself, unless a younger connection or its death was heard already.

        `at` is when it was last alive, `word` when it spoke and when that came. Says whether this is the first word of
        a new connection.
        """
        known = self._row(counter) or self._unknown(counter)
        if known.born_at is not None and status.born_at < known.born_at:
            return False
        is_new = bool(status.born_at != known.born_at)
        if not is_new and status.is_online and not known.is_online and not _is_spoken_later(word, known.told_at):
            return False
        if not status.is_online:
            # A will says nothing of when it spoke; what it spoke last, and nobody has written down yet, does.
            word = self._last_word(counter)
        # Words of one connection come in order, so a status always knows the youngest frame.
        values = {"is_online": status.is_online, "printer": status.printer.value, "seen": _kept(status.seen)}
        values |= {"clock": _kept(status.clock), "waiting_slips": status.waiting_slips}
        values |= {"told_at": word.told_at, "came_at": word.came_at} if word else {}
        if is_new:
            # A new connection: whatever was wrong with the one before is history.
            values["trouble"] = ""
        self._set(counter, born_at=status.born_at, seen_at=at, **values)
        if word is not None and status.is_online:
            self._pulses.feel(counter, Pulse(word, at, status.seen, status.clock))
        return is_new

    def hear_seen(self, counter: str, seen: Seen) -> None:
        """Write down what a counter has painted, unless a younger frame is known: this word may come again, late."""
        state = self.counter(counter)
        known = state.seen if state else None
        if known is None or seen.painted_at >= known.painted_at:
            self._set(counter, seen=_kept(seen))
            self._pulses.painted(counter, seen)

    def _unknown(self, counter: str) -> Row[Any]:
        self.know_counter(counter)
        return self._connection.execute(_ONE, {"counter": counter}).one()

    def hear_printer(self, counter: str, *, has_printer: bool) -> None:
        """Write down whether a printer is fitted there."""
        self._set(counter, has_printer=has_printer)

    def keep_trial(self, counter: str, trial: Trial) -> None:
        """Write down that a test slip or the like was asked for, or what became of it."""
        outcome = trial.outcome.value if trial.outcome else None
        said = {"at": trial.at.isoformat(), "outcome": outcome, "reason": trial.reason, "page": trial.page}
        self._set(counter, trial=said)

    def _set(self, counter: str, **values: Any) -> None:
        said = {"counter": counter, **values}
        if self._connection.execute(_SET, said).rowcount == 0:
            self.know_counter(counter)
            self._connection.execute(_SET, said)
        self._rows.pop(counter, None)

    def hear_trouble(self, counter: str, trouble: str) -> None:
        """Write down what a counter could not use."""
        self._set(counter, trouble=trouble)

    def counter(self, counter: str) -> CounterState | None:
        """What was last heard of one counter, or None."""
        row = self._row(counter)
        return None if row is None else self._pulses.over(_state(row), row.born_at)

    def counters(self) -> dict[str, CounterState]:
        """What was last heard of every counter."""
        return {state.id: self._pulses.over(state, born_at) for state, born_at in self.written_counters()}

    def written_counters(self) -> list[tuple[CounterState, Instant | None]]:
        """What stands written of every counter, and when its connection was born; see `pulse` for what is younger."""
        return [(_state(row), row.born_at) for row in self._connection.execute(_ALL)]


def _state(row: Row[Any]) -> CounterState:
    return CounterState(
        row.id,
        row.is_online,
        PrinterStatus(row.printer),
        row.seen_at,
        row.trouble,
        _seen(row.seen),
        clock=None if row.clock is None else ClockReading.model_validate(row.clock),
        waiting_slips=row.waiting_slips,
        has_printer=row.has_printer,
        trial=_trial(row.trial),
    )


def _seen(kept: Any) -> Seen | None:
    return None if kept is None else Seen.model_validate(kept)


def _trial(kept: Any) -> Trial | None:
    if kept is None:
        return None
    outcome = SlipOutcome(kept["outcome"]) if kept["outcome"] else None
    return Trial(datetime.fromisoformat(kept["at"]), outcome, kept["reason"], kept.get("page", "trial"))


def _kept(value: Frozen | None) -> Any:
    return null() if value is None else value.model_dump(mode="json")


def _is_spoken_later(word: Told | None, before: Instant | None) -> bool:
    """Whether a counter spoke again after its death was told: some brokers tell the will of a connection that lives."""
    return word is not None and (before is None or word.told_at > before)
