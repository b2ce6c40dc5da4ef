"""The blows: who is killed, whose cable is pulled, which packets get lost. A seed deals the same hands again."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from tests.chaos.errors import ChaosError
from tests.chaos.ground import Ground

Deed = Literal["kill", "pull", "drop", "squeeze", "delay"]


@dataclass(frozen=True)
class Blow:
    """One blow as it fell, in monotonic seconds."""

    deed: Deed
    target: str
    at_s: float
    over_s: float


class Conductor:
    """Deals blows, one after the other, on a thread of its own, until told to stop; then heals what it hurt."""

    def __init__(self, ground: Ground, seed: int, gap_s: tuple[float, float]) -> None:
        """`gap_s`: the shortest and the longest time between two blows."""
        self.blows: list[Blow] = []
        self.fallen: list[str] = []
        """Who ended without a blow."""
        self.error: Exception | None = None
        self._ground = ground
        self._random = random.Random(f"{seed} {type(self).__name__}")
        self._gap_s = gap_s
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._conduct, name=type(self).__name__, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No more blows; the last one is over when this returns."""
        self._is_stopping.set()
        self._thread.join(120)

    def _conduct(self) -> None:
        try:
            for deed, target in self._hands():
                if self._is_stopping.wait(self._random.uniform(*self._gap_s)):
                    return
                self._deal(deed, target)
        except Exception as error:  # told at the end
            self.error = error

    def _hands(self) -> Iterator[tuple[Deed, str]]:
        """Hand after hand, for ever, shuffled: everybody gets it in the end."""
        while True:
            hand = self._hand()
            self._random.shuffle(hand)
            yield from hand

    def _hand(self) -> list[tuple[Deed, str]]:
        raise NotImplementedError

    def _deal(self, deed: Deed, target: str) -> None:
        raise NotImplementedError

    def kill(self, name: str) -> None:
        """Kill -9, and start again after a moment. Who ended by himself is started too, as systemd would."""
        with self._ground.killing:
            self._pick_up()
            actor, at_s = self._ground.actors[name], time.monotonic()
            actor.kill()
            time.sleep(self._random.uniform(0, 1.5))
            actor.start()
        self.blows.append(Blow("kill", name, at_s, time.monotonic()))

    def _pick_up(self) -> None:
        for name, actor in self._ground.actors.items():
            if not actor.is_running:
                self.fallen.append(name)
                actor.start()


class Killer(Conductor):
    """Kills processes."""

    def _hand(self) -> list[tuple[Deed, str]]:
        """Broker and office twice as often as each counter."""
        return [("kill", name) for name in ("broker", "office", "broker", "office", *self._ground.counters)]

    def _deal(self, deed: Deed, target: str) -> None:
        self.kill(target)


class OnceEach(Killer):
    """Kills each process once."""

    def _hands(self) -> Iterator[tuple[Deed, str]]:
        yield from (("kill", name) for name in ("broker", "office", *self._ground.counters))


class Saboteur(Conductor):
    """Pulls cables, loses packets, makes wires narrow and late; and sometimes kills a counter meanwhile."""

    def _hand(self) -> list[tuple[Deed, str]]:
        deeds: tuple[Deed, ...] = ("pull", "drop", "squeeze", "delay")
        return [(deed, self._random.choice(self._ground.counters)) for deed in deeds]

    def _deal(self, deed: Deed, target: str) -> None:
        at_s = time.monotonic()
        hurt, heal, hold_s = self._of_cable(deed, target)
        hurt()
        try:
            self._is_stopping.wait(hold_s)
            if self._random.random() < 0.3:
                self.kill(target)
        finally:
            heal()
        self.blows.append(Blow(deed, target, at_s, time.monotonic()))

    def _of_cable(self, deed: Deed, counter: str) -> tuple[Callable[[], None], Callable[[], None], float]:
        """How to do it, how to undo it, and for how long."""
        cable = self._ground.cable(counter)
        if cable is None:
            raise ChaosError(f"{counter} has no cable that could be hurt")
        percent, kbit, late_ms = (
            self._random.randint(10, 60),
            self._random.choice((16, 64)),
            self._random.randint(50, 800),
        )
        match deed:
            case "pull":
                return cable.pull, cable.plug_in, self._random.uniform(1, 25)
            case "drop":
                return partial(cable.drop, percent), cable.drop_nothing, self._random.uniform(3, 12)
            case "squeeze":
                return partial(cable.squeeze, kbit), cable.widen, self._random.uniform(3, 12)
            case _:
                late = partial(self._ground.delay, counter)
                return partial(late, late_ms), partial(late, 0), self._random.uniform(3, 12)
