"""Where time comes from. The only module that asks the machine for it; the pure cores get it inside events."""

import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta

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
