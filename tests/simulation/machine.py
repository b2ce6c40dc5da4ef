"""A machine that may lose its power at any touch of its fuse and comes back with what its disk has kept."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulation.cast import MORNING, Cast, FusedLink
from tests.simulation.disk import Disk
from tests.simulation.power import Fuse, FusedClock, PowerLossError

if TYPE_CHECKING:
    from tests.simulation.world import World

_NO_LIMIT = 1073741823
_NO_ROOM = 3.0
"""A service that cannot even start is started again after so many seconds."""


class Machine(ABC):
    """One program on one machine: a queue of inputs, a turn, a clock, a disk, a link."""

    def __init__(self, world: "World", name: str, cast: Cast) -> None:
        self.world = world
        self.name = name
        self.cast = cast
        self.fuse = Fuse()
        self.clock = FusedClock(MORNING, self.fuse)
        self.disk = Disk(world.folder / name, world.stream(f"disk/{name}"))
        self.link: FusedLink | None = None
        self.is_on = False
        self._inputs: deque[Callable[[], None]] = deque()
        self._wakes_at_s: float | None = None
        self._is_full = False
        world.network.lay(self)

    # What each kind of machine does

    @abstractmethod
    def _open(self) -> FusedLink:
        """Build the program on what the disk holds; its link is not up yet."""

    @abstractmethod
    def _close(self) -> None:
        """Let go of files; nothing may be written by it that matters."""

    @abstractmethod
    def _pragma(self, words: str) -> int:
        """Ask SQLite something about the program's own connection."""

    @abstractmethod
    def _turn(self) -> None:
        """What the program does after each input, and when something is due."""

    @abstractmethod
    def _due_in_s(self) -> float | None:
        """In how many seconds something is due without any input, or None."""

    def connected(self) -> None:
        """The broker has taken the subscriptions."""
        self.act(lambda: self._link().come_back())

    def disconnected(self) -> None:
        """The connection is gone."""
        if self.is_on:
            self.act(lambda: self._link().go_down())

    # Power

    def start(self) -> None:
        """Power on: open what the disk holds."""
        if self.is_on:
            return
        self.clock.reach(self.world.now_s)
        self.is_on = True
        self.act(self._boot)
        if self.is_on:
            self.world.network.connect_soon(self.name)

    def _boot(self) -> None:
        self.link = self._open()
        if self._is_full:
            self.fill_disk()

    def die(self, why: str) -> None:
        """Power off: keep what the disk had synced."""
        self.world.note(self.name, "dies {}", why)
        self.is_on = False
        self.fuse.disarm()
        self.world.network.collect(self)
        self.world.network.disconnect(self.name)
        self.disk.lose_power(self._pragma("synchronous"))
        self._close()
        self.disk.forget_before()
        self.link = None
        self._inputs.clear()
        self._wakes_at_s = None
        self.world.count("crashes")
        rng = self.world.stream(f"down/{self.name}")
        self.world.later(rng.choice((1.5, 3.0, rng.uniform(5, 60))), self.start)

    def put_away(self) -> None:
        """The world is over."""
        self._close()

    def fill_disk(self) -> None:
        """No page more fits on this disk."""
        self._is_full = True
        if self.is_on:
            self._pragma(f"max_page_count={self._pragma('page_count')}")

    def free_disk(self) -> None:
        """There is room again."""
        self._is_full = False
        if self.is_on:
            self._pragma(f"max_page_count={_NO_LIMIT}")

    # Work

    def act(self, work: Callable[[], None]) -> None:
        """Do something on this machine now. Its power may go meanwhile; a program that breaks is started again."""
        if not self.is_on:
            return
        self.clock.reach(self.world.now_s)
        try:
            work()
        except PowerLossError as error:
            self.die(str(error))
        except Exception as error:
            if self.link is None:
                raise
            self.world.count("programs that broke")
            self.die(f"by itself: {type(error).__name__}: {error}")
        else:
            self.world.network.collect(self)
        self.world.watch.look_at(self)

    def post(self, work: Callable[[], None]) -> None:
        """Queue an input, as the other threads of the program do."""
        self._inputs.append(work)
        self.wake_in(self.world.stream(f"wake/{self.name}").uniform(0.001, 0.08))

    def arrived(self, topic: str, raw: bytes) -> None:
        """Bytes arrive over the link."""
        if self.is_on and self.link is not None and self.link.is_up:
            self.link.deliver(topic, raw)

    def wake_in(self, seconds: float) -> None:
        """Take a turn in so many seconds, or sooner."""
        at_s = self.world.now_s + seconds
        if self._wakes_at_s is not None and self._wakes_at_s <= at_s:
            return
        self._wakes_at_s = at_s

        def wake() -> None:
            if self._wakes_at_s == at_s:
                self._wakes_at_s = None
                self.act(self._turns)

        self.world.later(seconds, wake)

    def _turns(self) -> None:
        if not self._inputs:
            self._turn()
        while self._inputs:
            work = self._inputs.popleft()
            try:
                work()
            except Exception as error:
                # As both programs do: what one input does wrong must not end them for the next one.
                self.world.note(self.name, "breaks over an input: {}", f"{type(error).__name__}: {error}")
                self.world.count("inputs that broke")
            self._turn()
        due_in_s = self._due_in_s()
        if due_in_s is not None:
            self.wake_in(max(due_in_s, 0.01))

    def _link(self) -> FusedLink:
        if self.link is None:
            raise PowerLossError("there is no program")
        return self.link
