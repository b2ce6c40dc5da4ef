"""What becomes of a slip when its counter dies at any step of its journal, at any byte, while its printer fails too.

The real journal, runner and course; death is an exception that nobody catches. `python -m tests.support.restarts` tries
every step before and after its commit, twice over, with every fault of the printer, and prints a table.
"""

import json
import sys
import tempfile
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from appliance import logs
from appliance.counter import receipt
from appliance.counter.events import Event, PrintEnded, PrintStarted, SlipJob
from appliance.counter.state import Session
from appliance.courier import Sender
from appliance.course import Course
from appliance.journal import Journal
from appliance.runner import Runner
from drivers import escpos
from drivers.profiles import PROFILES, Profile
from drivers.virtual.printer import VirtualPrinter
from mqtt_schema import messages as m
from mqtt_schema import signing
from tests.support import faults
from tests.support.faults import Fault, Verdict
from tests.support.spoken import COUNTER, RULES, SITE, at, envelope, payment, result, slip

_KEY = signing.new_key(COUNTER)
_STEPS = 3
"""Commits of one slip: what brought it, that it begins, how it ended."""


class Died(BaseException):
    """The counter lost its power. No part of it may catch this."""


@dataclass(frozen=True)
class Death:
    """Where one life ends: before or after its commit number `step` (from 1), or with byte `byte` of a slip."""

    step: int = 0
    is_before: bool = False
    byte: int | None = None

    def __str__(self) -> str:
        if self.byte is not None:
            return f"at byte {self.byte}"
        return f"{'before' if self.is_before else 'after'} commit {self.step}"


@dataclass(frozen=True)
class Case:
    """How the first lives end (the next one is left in peace), and what the printer does meanwhile."""

    profile: Profile
    deaths: tuple[Death, ...]
    fault: Fault | None = None
    at: int = 0


class MortalJournal(Journal):
    """A journal whose counter dies at a commit."""

    def __init__(self, path: Path, death: Death | None) -> None:
        sender = Sender("counter", SITE, _KEY)
        super().__init__(path, lambda body, sequence: sender.seal(body, COUNTER, sequence, at(0)))
        self._death = death
        self._commits = 0

    def commit(
        self, event: Event, said: Sequence[m.Body], message: str | None, rest: Session | None, *others: Event
    ) -> None:
        """As `Journal.commit`, unless it is the one."""
        self._commits += 1
        is_last = self._death is not None and self._commits == self._death.step
        if is_last and self._death is not None and self._death.is_before:
            raise Died
        super().commit(event, said, message, rest, *others)
        if is_last:
            raise Died


class ForgetfulJournal(MortalJournal):
    """One that writes nothing down when a slip begins: the fault that this module exists to find."""

    def commit(
        self, event: Event, said: Sequence[m.Body], message: str | None, rest: Session | None, *others: Event
    ) -> None:
        """As `Journal.commit`, but for that."""
        if not isinstance(event, PrintStarted):
            super().commit(event, said, message, rest, *others)


class MortalPrinter(VirtualPrinter):
    """A printer that outlives its counter, which may die while it sends."""

    counter_dies_after: int | None = None
    """So many more bytes."""

    def send(self, stream: bytes) -> None:
        """As `Printer.send`, up to the byte at which the counter dies."""
        left = self.counter_dies_after
        if left is not None and len(stream) > left:
            super().send(stream[:left])
            raise Died
        super().send(stream)
        self.counter_dies_after = None if left is None else left - len(stream)


class Life:
    """One counter from its start to its death, or to where nothing is left to do."""

    def __init__(self, journal: Journal, printer: MortalPrinter) -> None:
        self._journal = journal
        self._printer = printer
        self._course = Course(printer)
        self._jobs: list[SlipJob] = []
        self._runner = Runner(journal, RULES, self._jobs.append)

    def live(self, *heard: m.Envelope) -> None:
        """Recover, hear what was not heard before, and print what is due."""
        self._runner.recover(at(1))
        self._print()
        for said in heard:
            if not self._journal.has_received(said.id):
                self._runner.take(said, at(2))
                self._print()

    def _print(self) -> None:
        while self._jobs:
            job = self._jobs.pop(0)
            self._course.look()
            paper = receipt.compose(job.slip, COUNTER, is_copy=job.is_copy)
            ending = self._course.run(escpos.stream(paper, self._printer.profile))
            self._runner.step(PrintEnded(at(3), job.payment, job.is_copy, ending.outcome, ending.reason))


def judge(case: Case, memory: type[MortalJournal] = MortalJournal) -> Verdict:
    """Let counters die one after the other, then one live; mend the printer, let the desk ask; look at the paper."""
    printer = MortalPrinter(case.profile, faults.BUFFER_BYTES)
    if case.fault is not None:
        faults.arm(printer, faults.Case(case.profile, case.fault, case.at))
    paid = envelope(result())
    with tempfile.TemporaryDirectory(dir=_MEMORY) as directory:
        path = Path(directory) / "journal.sqlite"
        for death in (*case.deaths, None):
            _live(memory(path, death), printer, death, paid)
        outcome = _reported(path)
        if case.fault is not None:
            faults.mend(printer, faults.Case(case.profile, case.fault, case.at))
        whole = faults.count(printer, 1)
        if outcome is m.SlipOutcome.NOT_PRINTED and not whole and not faults.is_inked(printer):
            for sequence in (2, 3):  # the second time by a clerk who is in a hurry
                _live(memory(path, None), printer, None, envelope(_WANTED, sequence=sequence))
        faults.take_off(printer)
        return _verdict(outcome, _reported(path), whole, faults.count(printer, 1))


_WANTED = m.SlipWanted(payment=payment(1), slip=slip(1), asked_by="Nguyễn Thị Bình")
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A journal that nothing but our own exception can hurt need not go to a disk."""


def _live(journal: Journal, printer: MortalPrinter, death: Death | None, *heard: m.Envelope) -> None:
    printer.counter_dies_after = death.byte if death else None
    try:
        Life(journal, printer).live(*heard)
    except Died:
        pass
    finally:
        journal.close()


def _reported(path: Path) -> m.SlipOutcome | None:
    """The last that the office would hear of the slip."""
    journal = MortalJournal(path, None)
    try:
        bodies = [m.load(json.loads(parcel.raw)["payload"].encode()).body for parcel in journal.posted()]
    finally:
        journal.close()
    return next((body.outcome for body in reversed(bodies) if isinstance(body, m.ReceiptReport)), None)


def _verdict(first: m.SlipOutcome | None, last: m.SlipOutcome | None, whole: int, in_the_end: int) -> Verdict:
    if in_the_end > 1 or (first is m.SlipOutcome.NOT_PRINTED and whole):
        return Verdict.TWICE
    match first, last:
        case m.SlipOutcome.PRINTED, _:
            return Verdict.PRINTED_ONCE if in_the_end == 1 else Verdict.LOST
        case m.SlipOutcome.POSSIBLY_PRINTED, _:
            return Verdict.ASKED
        case m.SlipOutcome.NOT_PRINTED, m.SlipOutcome.PRINTED if in_the_end == 1:
            return Verdict.RETRIED
    return Verdict.LOST


def cases(profile: Profile, percent: int = 1) -> Iterator[Case]:
    """Deaths at every step, alone and two in a row, and at every `percent` of a slip's bytes; with every fault."""
    steps = [Death(step, is_before) for step in range(1, _STEPS + 1) for is_before in (True, False)]
    whole = faults.length(profile)
    for deaths in [(), *((one,) for one in steps), *product(steps, steps)]:
        yield Case(profile, deaths)
        for fault, share in product((Fault.POWER_CUT, Fault.CABLE_PULL), range(0, 101, 10 * percent)):
            yield Case(profile, deaths, fault, whole * share // 100)
        for row in faults.band_rows(profile)[::percent]:
            yield Case(profile, deaths, Fault.PAPER_OUT, row)
    for share in range(0, 101, percent):
        yield Case(profile, (Death(byte=whole * share // 100),))
        yield from (Case(profile, (Death(byte=whole * share // 100), step)) for step in steps)


def report(profile: Profile, percent: int) -> tuple[str, int]:
    """Outcomes in words, and how many cases came out as none ever may."""
    tally: Tally[Verdict] = Tally()
    wrong: list[str] = []
    for case in cases(profile, percent):
        verdict = judge(case)
        tally[verdict] += 1
        if verdict in faults.NEVER:
            deaths = ", then ".join(map(str, case.deaths)) or "no death"
            wrong.append(f"  {verdict.value}: {deaths}; {case.fault or 'no fault'} at {case.at}")
    counted = ", ".join(
        f"{verdict.value} {tally[verdict]}" for verdict in Verdict if tally[verdict] or verdict in _SAID
    )
    return "\n".join([f"{profile.name}: {counted}", *wrong]), len(wrong)


_SAID = {Verdict.LOST, Verdict.TWICE}


def main(arguments: list[str]) -> int:
    """Every profile that was named (or all that answer)."""
    total = 0
    with logs.kept():
        for name in arguments or [name for name, profile in PROFILES.items() if not profile.is_mute]:
            table, wrong = report(PROFILES[name], 1)
            print(table, flush=True)
            total += wrong
    return min(total, 1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
