"""Where time comes from. The only module that asks the machine for it; the pure cores get it inside events."""

import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from appliance import timekeeping
from appliance.timekeeping import Patience, TimeKnown
from mqtt_schema.messages import ClockReading, TimeAsked, TimeTold
from mqtt_schema.types import Instant


class Clock(ABC):
    """Tells the time."""

    @abstractmethod
    def now(self) -> Instant:
        """The moment, in UTC."""

    @abstractmethod
    def monotonic_s(self) -> float:
        """Seconds since some fixed point; never jumps."""


class SystemClock(Clock):
    """The machine's own clock."""

    def now(self) -> Instant:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds since boot or so; never jumps."""
        return time.monotonic()


class VirtualClock(Clock):
    """A clock that stands still until it is told to go on. Shipped: the demo and the tests drive it."""

    def __init__(self, start: Instant) -> None:
        self._now = start
        self._monotonic_s = 0.0

    def now(self) -> Instant:
        """The moment that it was set to."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds that it was told to go on."""
        return self._monotonic_s

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Set the clock wrong: the wall clock jumps, the monotonic one does not."""
        self._now += timedelta(seconds=seconds)


class OfficeTime(Clock):
    """The office's time, asked over the link and carried on by this machine's monotonic clock.

    Until the first answer it is the machine's own at the start: good enough for a log, and for nothing else. The
    machine's clock may jump as it likes: nobody looks at it again.
    """

    def __init__(self, machine: Clock, patience: Patience | None = None) -> None:
        """`machine` is where this counter's own clocks are."""
        self._machine = machine
        self._patience = patience or Patience()
        self._keeper = timekeeping.begin(machine.now(), machine.monotonic_s())
        self._since_s: float | None = None
        self._doubted_s: float | None = None
        self._known_at: Instant | None = None

    def now(self) -> Instant:
        """The moment, in UTC; trusted or not."""
        return timekeeping.now(self._keeper, self.monotonic_s())

    def monotonic_s(self) -> float:
        """The machine's."""
        return self._machine.monotonic_s()

    @property
    def is_trusted(self) -> bool:
        """Whether the time is known well enough."""
        return timekeeping.is_trusted(self._keeper, self.monotonic_s(), self._patience)

    @property
    def known(self) -> TimeKnown:
        """How it stands."""
        if self.is_trusted:
            return "known"
        waited_s = 0.0 if self._since_s is None else self.monotonic_s() - self._since_s
        return "asked" if waited_s <= self._patience.wait_s else "unknown"

    @property
    def is_doubted(self) -> bool:
        """Whether the office's clock may have been set, and its answer is still waited for."""
        return self._doubted_s is not None and self.monotonic_s() - self._doubted_s <= self._patience.wait_s

    @property
    def trusted_now(self) -> Instant | None:
        """The moment; None when nobody can be sure of it."""
        return self.now() if self.is_trusted else None

    @property
    def certain_past(self) -> Instant | None:
        """A moment that is over for certain: when the office was last heard, be it before the start; None: never."""
        anchor = self._keeper.anchor
        return self._known_at if anchor is None else anchor.at - timedelta(seconds=anchor.error_s)

    @property
    def reading(self) -> ClockReading:
        """What the office is told: how far its clock is ahead of this machine's, and how wrong that may be."""
        wrong_s = timekeeping.uncertainty_s(self._keeper, self.monotonic_s())
        if wrong_s is None:
            return ClockReading(is_trusted=False)
        ahead_s = (self.now() - self._machine.now()).total_seconds()
        # Rounded up: "0 ms" would promise more than anybody knows.
        return ClockReading(
            is_trusted=self.is_trusted, offset_ms=round(ahead_s * 1000), uncertainty_ms=int(wrong_s * 1000) + 1
        )

    def is_due(self, *, is_nudged: bool = False) -> bool:
        """Whether to ask (again). `is_nudged`: the office has just said something else."""
        return timekeeping.is_due(self._keeper, self.monotonic_s(), self._patience, is_nudged=is_nudged)

    def doubt(self, issued_at: Instant) -> bool:
        """Whether a verified word of the office from `issued_at` makes the time doubtful, or finds it so.

        An office that does not answer is doubted once, until it does: nobody waits twice for it.
        """
        if self._doubted_s is None and timekeeping.contradicts(
            self._keeper, issued_at, self.monotonic_s(), self._patience
        ):
            self._doubted_s = self.monotonic_s()
        return self.is_doubted

    def connected(self) -> None:
        """There is somebody to ask from now on: nobody need worry yet."""
        self._since_s = self.monotonic_s()
        self._doubted_s = None

    def ask(self) -> TimeAsked:
        """The question to send now; the one before it is not waited for any more."""
        nonce = uuid4().hex
        self._keeper = timekeeping.ask(self._keeper, nonce, self.monotonic_s())
        return TimeAsked(nonce=nonce)

    def hear(self, told: TimeTold) -> float:
        """Take an answer, if it is the one that is waited for. By how many seconds the time changed."""
        at_s = self.monotonic_s()
        before = timekeeping.now(self._keeper, at_s)
        self._keeper = timekeeping.hear(self._keeper, told.nonce, told.at, at_s, self._patience)
        if self._keeper.question is None:
            self._doubted_s = None
        return (timekeeping.now(self._keeper, at_s) - before).total_seconds()

    def go_on_from(self, moment: Instant, known_at: Instant | None = None) -> None:
        """The journal ends at `moment`: go on from there at the earliest. `known_at`: until then the time was known."""
        self._keeper = timekeeping.not_before(self._keeper, moment, self.monotonic_s())
        self._known_at = known_at
