"""What counters said a moment ago and the books need not hear each second: that they live, and what they painted.

A glass that counts down speaks every second. What it says is written down when it says something else in words, or when
what stands written is `WRITTEN_EVERY` old; in between it is kept here, beside the books, and laid over what they hold.
It dies with the process: then a counter seems to have spoken a few seconds earlier than it did.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from appliance.office.presence import Told
from appliance.office.records import CounterState
from mqtt_schema.messages import ClockReading, CounterStatus, Seen
from mqtt_schema.types import Instant

WRITTEN_EVERY = timedelta(seconds=5)
"""Less than the shortest `offline_after_s`, so that nobody falls silent for want of a row."""


@dataclass(frozen=True)
class Pulse:
    """A counter's last word: when it spoke, when it was alive, and what changes while it says the same."""

    word: Told
    seen_at: Instant
    seen: Seen | None
    clock: ClockReading | None


class Pulses:
    """The last word of each counter. One thread feels them, any may look."""

    def __init__(self) -> None:
        self._felt: dict[str, Pulse] = {}

    def feel(self, counter: str, pulse: Pulse) -> None:
        """Remember a counter's last word."""
        self._felt[counter] = pulse

    def painted(self, counter: str, seen: Seen) -> None:
        """The books have a younger frame."""
        pulse = self._felt.get(counter)
        if pulse is not None:
            self._felt[counter] = replace(pulse, seen=seen)

    def of(self, state: CounterState, born_at: Instant | None) -> Pulse | None:
        """What is younger than what the books hold of a counter; None for one that is gone, or was born again."""
        pulse = self._felt.get(state.id)
        return pulse if pulse is not None and state.is_online and pulse.word.born_at == born_at else None

    def over(self, state: CounterState, born_at: Instant | None) -> CounterState:
        """What the books hold of a counter, with its last word laid over it."""
        pulse = self.of(state, born_at)
        return state if pulse is None else replace(state, seen_at=pulse.seen_at, seen=pulse.seen, clock=pulse.clock)


def says_the_same(state: CounterState, status: CounterStatus) -> bool:
    """Whether a living counter says again what is known of it, in words: not when, nor which pixels it painted."""
    known = (state.is_online, state.printer, state.waiting_slips, _frame(state.seen), _is_sure(state.clock))
    said = (True, status.printer, status.waiting_slips, _frame(status.seen), _is_sure(status.clock))
    return status.is_online and known == said


def _frame(seen: Seen | None) -> object:
    return None if seen is None else (seen.screen, seen.payment, seen.amount)


def _is_sure(clock: ClockReading | None) -> bool | None:
    return None if clock is None else clock.is_trusted
