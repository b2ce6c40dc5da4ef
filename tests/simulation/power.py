"""A machine's power: it may go off between any two things that the machine does. A clock that may be wrong besides."""

from appliance.clock import VirtualClock
from mqtt_schema.types import Instant


class PowerLossError(BaseException):
    """The machine is off. No `except Exception` of the product may catch it: nothing runs any more."""


class Fuse:
    """Everything that a machine does touches its fuse; an armed one blows after so many touches."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._where = ""
        self._is_paused = False

    def arm(self, touches: int, where: str = "") -> None:
        """Blow at the `touches`-th touch from now; only touches with these words count. One at a time."""
        if self._left is None:
            self._left, self._where = touches, where

    def disarm(self) -> None:
        """Hold after all."""
        self._left = None

    def pause(self) -> None:
        """Hold for a moment: what happens now is another machine's doing."""
        self._is_paused = True

    def go_on(self) -> None:
        """Count touches again."""
        self._is_paused = False

    def touch(self, where: str) -> None:
        """Be touched; raises `PowerLossError` when it blows. `where` is for the trace."""
        if self._left is None or self._is_paused or self._where not in where:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = None
            raise PowerLossError(where)


class FusedClock(VirtualClock):
    """A machine's own clock, with the error that it has; looking at it touches the fuse."""

    def __init__(self, start: Instant, fuse: Fuse) -> None:
        super().__init__(start)
        self._fuse = fuse
        self._reached_s = 0.0
        self.error_s = self._worst_s = self._least_s = 0.0

    def now(self) -> Instant:
        self._fuse.touch("a look at the clock")
        return super().now()

    def unfused(self) -> Instant:
        """What it says, for those outside of the machine."""
        return super().now()

    def reach(self, true_s: float) -> None:
        """Go on until the world's time is `true_s`."""
        if true_s > self._reached_s:
            self.go_on(true_s - self._reached_s)
            self._reached_s = true_s

    def go_wrong(self, seconds: float) -> None:
        """Jump, and remember by how much it is wrong."""
        self.jump(seconds)
        self.error_s += seconds
        self._worst_s = max(self._worst_s, self.error_s)
        self._least_s = min(self._least_s, self.error_s)

    @property
    def span_s(self) -> float:
        """How far apart its errors were so far: so far may who asked before a jump be from who asks after it."""
        return self._worst_s - self._least_s
