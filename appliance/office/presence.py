"""Pure: when a counter was last alive, by what it says of itself. A broker hands old words out again, as if new.

A status bears the counter's own time, which may be wrong; the office knows when it came. Live words come with the same
delay each time, whatever the counter's clock says; a word that a broker has kept comes with another, growing one.
"""

from dataclasses import dataclass
from datetime import timedelta

from mqtt_schema.messages import CounterStatus
from mqtt_schema.types import Instant


@dataclass(frozen=True)
class Told:
    """A status: when the counter says it spoke, and when the office heard it."""

    born_at: Instant
    told_at: Instant
    came_at: Instant

    @property
    def delay(self) -> timedelta:
        """How long it was on its way, if both clocks are right."""
        return self.came_at - self.told_at


def told(status: CounterStatus, issued_at: Instant, now: Instant) -> Told:
    """A status as it came.

    A counter that knows the office's time stamps with it, whatever its own clock says; what it tells of that clock
    (`status.clock`) is for the technician, and must not be added a second time.
    """
    return Told(status.born_at, issued_at, now)


def alive_at(word: Told, before: Told | None, seen_at: Instant | None, offline_after_s: float) -> Instant | None:
    """When its counter was last alive, given this word, the one before it and what was believed so far.

    Now, if the word is young, or if it came after another one of the same connection with the same delay. Otherwise it
    may have lain at the broker: then the counter lived when it spoke, but never later than now.
    """
    patience = timedelta(seconds=offline_after_s)
    if abs(word.delay) < patience:
        return word.came_at
    if before is None or before.born_at != word.born_at:
        return min(word.told_at, word.came_at - patience)
    is_later = word.told_at > before.told_at
    if is_later and abs(word.delay - before.delay) < patience:
        return word.came_at
    return seen_at
