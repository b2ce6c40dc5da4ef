"""One world: its time, its scheduler, its faults. Same plan, same world, to the last step."""

import heapq
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random

from appliance import logs
from tests.simulation.attacker import Attacker
from tests.simulation.bank import Bank
from tests.simulation.cast import COUNTERS, Cast
from tests.simulation.counter import CounterMachine
from tests.simulation.disk import in_memory
from tests.simulation.machine import Machine
from tests.simulation.network import OFFICE, Network
from tests.simulation.office import OfficeMachine
from tests.simulation.people import People
from tests.simulation.plan import Fault, Plan
from tests.simulation.watch import BrokenError, Watch

SETTLES_S = 130.0
"""So long after the last fault everything has arrived that was on its way."""
WORD_S = 10.0
"""A word is on its way no longer than this when nothing is broken."""
LOOKS, BETWEEN_LOOKS_S = 3, 20.0
"""Desk and glasses are compared so often, as people pay meanwhile and seldom stand there for long."""
ENDS_WITHIN_S = 4 * 3600.0
_MOMENTS = (
    (
        "before the journal's commit",
        "after the journal's commit",
        "after the first byte",
        "broker",
        "a publish",
        "writes",
    ),
    ("before the ledger's commit", "after the ledger's commit", "broker", "a publish"),
)
"""Of a counter, and of the office."""
_IDS = re.compile(r"\b(?:[0-9a-f]{32}|HK[2-9A-Z]{9})\b")
_FOLDER = re.compile(r"\S*/quaythu-[^/]+/")

Line = tuple[float, str, str, tuple[object, ...]]


@dataclass(frozen=True)
class Verdict:
    """How a world ended. `invariant` is empty when nothing was broken."""

    plan: Plan
    invariant: str
    detail: str
    counts: Counter[str]
    trace: list[Line] = field(repr=False)

    @property
    def is_broken(self) -> bool:
        """Whether an invariant did not hold."""
        return bool(self.invariant)

    def told(self) -> list[str]:
        """The trace in words; ids that are drawn anew each time are numbered as they appear."""
        names: dict[str, str] = {}

        def name(match: re.Match[str]) -> str:
            return names.setdefault(match[0], f"#{len(names) + 1}")

        lines = (f"{at_s:9.3f} s  {who:8} {words.format(*about)}" for at_s, who, words, about in self.trace)
        return [_IDS.sub(name, _FOLDER.sub("", line)) for line in lines]

    def digest(self) -> str:
        """Equal digests are the same course of events."""
        return sha256("\n".join(self.told()).encode()).hexdigest()


class World:
    """Everything that is there."""

    def __init__(self, plan: Plan, cast: Cast, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.now_s = 0.0
        self.is_calm = False
        self.counts: Counter[str] = Counter()
        self.trace: list[Line] = []
        self._streams: dict[str, Random] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._wanted = 0
        self.network = Network(self, plan.noise)
        self.watch = Watch(self)
        self.bank = Bank(self)
        self.people = People(self)
        self.attacker = Attacker(self)
        self.office = OfficeMachine(self, cast)
        self.counters = {name: CounterMachine(self, name, cast) for name in COUNTERS}

    # What everybody in it uses

    def stream(self, name: str) -> Random:
        """Chance, one stream for each purpose, so that taking one event away disturbs the others little."""
        found = self._streams.get(name)
        if found is None:
            found = self._streams[name] = Random(f"{self.plan.seed}/{name}")
        return found

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something in so many seconds."""
        heapq.heappush(self._events, (self.now_s + max(seconds, 0.0), next(self._numbers), work))

    def wanted(self, seconds: float, work: Callable[[], None]) -> None:
        """As `later`, and the world is not at rest before it was done: what people and banks still mean to do."""
        self._wanted += 1

        def do() -> None:
            self._wanted -= 1
            work()

        self.later(seconds, do)

    def note(self, who: str, words: str, *about: object) -> None:
        """Write a line of the trace; words are put together only when somebody reads it."""
        self.trace.append((self.now_s, who, words, about))

    def count(self, what: str) -> None:
        """Count for the report."""
        self.counts[what] += 1

    def broken(self, invariant: str, detail: str) -> None:
        """Raise `BrokenError`."""
        raise BrokenError(invariant, detail)

    # Its course

    def run(self) -> None:
        """From power on to rest. Raises `BrokenError`."""
        for machine in (self.office, *self.counters.values()):
            machine.start()
        for order in self.plan.orders:
            self.later(order.at_s, lambda order=order: self.people.order(order))  # type: ignore[misc]
        for fault in self.plan.faults:
            self.later(fault.at_s, lambda fault=fault: self._break(fault))  # type: ignore[misc]
        self._go_on(self.plan.ends_s + 20.0)
        self._calm_down()
        self._go_on(self.now_s + SETTLES_S)
        self._agree()
        self._come_to_rest()
        self.watch.rest()

    def _go_on(self, until_s: float) -> None:
        events = self._events
        while events and events[0][0] <= until_s:
            self.now_s, _, work = heapq.heappop(events)
            work()
        self.now_s = until_s

    def _calm_down(self) -> None:
        """Faults stop: wires are whole, disks have room, printers paper, clocks are right."""
        self.note("world", "calms down")
        self.is_calm = True
        self.network.calm_down()
        for machine in self._machines():
            machine.fuse.disarm()
            machine.free_disk()
            self._set_clock(machine, 0.0)
        for counter in self.counters.values():
            self._mend_printer(counter)
        self.wanted(60.0, self.people.tidy)

    def _agree(self) -> None:
        """Desk and counters say the same, but for what was done a moment ago and is on its way."""
        for _ in range(LOOKS):
            before = self.watch.compared()
            self._go_on(self.now_s + WORD_S)
            now = self.watch.compared()
            for payment in before.keys() & now.keys():
                self.count("glasses compared")
                if before[payment] and now[payment]:
                    self.broken("desk and counter disagree", now[payment])
            self._go_on(self.now_s + BETWEEN_LOOKS_S)

    def _come_to_rest(self) -> None:
        """Until nothing is pending and everybody has done what they meant to."""
        ends_s = self.now_s + ENDS_WITHIN_S
        while self.now_s < ends_s:
            self._go_on(self.now_s + 60.0)
            if not self._wanted and not self.watch.rows("SELECT 1 FROM payment WHERE state = 'pending' LIMIT 1"):
                break
        self._go_on(self.now_s + 150.0)

    def _machines(self) -> list[Machine]:
        return [self.office, *self.counters.values()]

    # Faults

    def _break(self, fault: Fault) -> None:
        self.note("world", "{} at {} ({:.2f})", fault.kind, fault.where, fault.size)
        self.count(f"fault: {fault.kind}")
        machine = self._machine(fault)
        counter = self.counters[COUNTERS[fault.number % len(COUNTERS)]]
        match fault.kind:
            case "power":
                self._arm(machine, fault)
            case "partition":
                self.network.cut(machine.name)
                self.later(1 + 120 * fault.size**2, lambda: self.network.mend(machine.name))
            case "broker restart":
                self.network.restart(0.5 + 20 * fault.size)
            case "clock":
                wild_s = 110 if machine is self.office or fault.number % 2 else 40_000
                self._set_clock(machine, (fault.size - 0.5) * wild_s)
            case "disk full":
                machine.act(machine.fill_disk)
                self.later(1 + 60 * fault.size, lambda: machine.act(machine.free_disk))
            case "paper out":
                counter.printer.has_paper = False
                self.later(5 + 200 * fault.size, lambda: self._mend_printer(counter))
            case "printer dies":
                counter.printer.is_dead = True
                self.later(5 + 100 * fault.size, lambda: self._mend_printer(counter))
            case "printer lies":
                counter.printer.lies = 0.7
                self.later(60 + 200 * fault.size, lambda: self._mend_printer(counter))
            case _:
                self.attacker.strike(fault)

    def _arm(self, machine: Machine, fault: Fault) -> None:
        """Half of all power cuts come anywhere, half at one of the moments at which an order of things matters."""
        rng = self.stream(f"power/{fault.number}")
        if rng.random() < 0.5:
            machine.fuse.arm(1 + int(60 * fault.size**2))
        else:
            machine.fuse.arm(1 + int(3 * fault.size), rng.choice(_MOMENTS[machine is self.office]))

    def _machine(self, fault: Fault) -> Machine:
        return self.office if fault.where == OFFICE else self.counters[COUNTERS[int(fault.where)]]

    def _set_clock(self, machine: Machine, error_s: float) -> None:
        machine.clock.reach(self.now_s)
        machine.clock.go_wrong(error_s - machine.clock.error_s)
        machine.wake_in(0.1)

    def _mend_printer(self, counter: CounterMachine) -> None:
        counter.printer.has_paper, counter.printer.is_dead, counter.printer.lies = True, False, 0.0
        counter.printer_changed()


def run(plan: Plan, cast: Cast | None = None) -> Verdict:
    """Let a plan come true, and say what came of it."""
    folder = in_memory()
    invariant = detail = ""
    with logs.kept():
        world = World(plan, cast or Cast(), folder)
        try:
            world.run()
        except BrokenError as error:
            invariant, detail = error.invariant, error.detail
            world.note("watch", "sees: {}: {}", invariant, detail)
        finally:
            _put_away(world)
    world.counts["payments"] += len(world.people.payments)
    world.counts["steps"] += world.watch.steps
    return Verdict(plan, invariant, detail, world.counts, world.trace)


def _put_away(world: World) -> None:
    world.watch.close()
    for machine in (world.office, *world.counters.values()):
        machine.fuse.disarm()
        if machine.is_on:
            machine.put_away()
    shutil.rmtree(world.folder, ignore_errors=True)
