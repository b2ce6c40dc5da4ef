"""One day of chaos from the first order to the verdict: people, blows, settling, audit."""

import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx

from tests.bench.figures import percentile
from tests.chaos import audit
from tests.chaos.audit import Books, Finding
from tests.chaos.blows import Blow, Conductor
from tests.chaos.errors import ChaosError
from tests.chaos.ground import Ground
from tests.chaos.people import Bank, Errand
from tests.chaos.people import Counter as People

SETTLE_S = 120.0
"""The longest patience of a courier is 30 s; a slip takes its time; both may come one after the other."""


@dataclass(frozen=True)
class Day:
    """What happened, and what must not have."""

    errands: tuple[Errand, ...]
    blows: tuple[Blow, ...]
    books: Books
    papers: int
    torn: int
    took_s: float
    findings: tuple[Finding, ...]
    fallen: tuple[str, ...]

    def count(self, kind: audit.Kind) -> int:
        """How many findings are of this kind."""
        return sum(finding.kind == kind for finding in self.findings)

    def recoveries(self, target: str) -> list[float]:
        """Seconds from each kill of `target` ("counter" for any) to the next code or slip at each counter it hurts."""
        return [gap for blow in self.blows if _is_kill_of(blow, target) for gap in self._gaps(blow)]

    def _gaps(self, blow: Blow) -> Iterator[float]:
        hurt = {blow.target} if blow.target.startswith("quay") else {errand.counter for errand in self.errands}
        for counter in sorted(hurt):
            later = [
                at for errand in self.errands if errand.counter == counter for at in errand.moments if at > blow.at_s
            ]
            if later:
                yield min(later) - blow.at_s

    def steady(self) -> list[float]:
        """Seconds between two such moments at one counter where no blow fell between them."""
        gaps = []
        for counter in {errand.counter for errand in self.errands}:
            moments = sorted(at for errand in self.errands if errand.counter == counter for at in errand.moments)
            for one, other in itertools.pairwise(moments):
                if not any(blow.at_s < other and blow.over_s > one - 5 for blow in self.blows):
                    gaps.append(other - one)
        return gaps


def _is_kill_of(blow: Blow, target: str) -> bool:
    is_it = blow.target.startswith("quay") if target == "counter" else blow.target == target
    return blow.deed == "kill" and is_it


def live(ground: Ground, payments: int, seed: int, conductors: Sequence[Conductor], think_s: float = 2.0) -> Day:
    """Serve so many citizens while blows fall, and judge. Raises `ChaosError` when people wait in vain."""
    start_s = time.monotonic()
    tickets, bank = Tickets(payments), Bank(ground)
    people = [People(ground, counter, tickets, bank, seed, think_s) for counter in ground.counters]
    for person in people:
        person.start()
    for conductor in conductors:
        conductor.start()
    try:
        wait_for(people)
    finally:
        for conductor in conductors:
            conductor.stop()
    return close(ground, conductors, people, time.monotonic() - start_s)


def wait_for(people: Sequence[People]) -> None:
    """Wait until all are served. Raises what stopped them."""
    while any(one.is_open for one in people):
        time.sleep(0.05)
        if error := next((one.error for one in people if one.error), None):
            raise ChaosError(str(error)) from error


def close(ground: Ground, conductors: Sequence[Conductor], people: Sequence[People], took_s: float) -> Day:
    """Wait until nothing moves any more, end everybody, read the books and count the papers."""
    for conductor in conductors:
        if conductor.error is not None:
            raise ChaosError(f"the conductor stumbled: {conductor.error}") from conductor.error
    errands = [errand for one in people for errand in one.errands]
    settle(ground, [errand.payment for errand in errands])
    ground.stop()
    books = audit.read_books(ground.directory / "ledger.sqlite")
    papers = [paper for sheets in ground.papers().values() for paper in sheets]
    evidence = audit.read_evidence(ground.directory, ground.counters)
    return Day(
        errands=tuple(errands),
        blows=tuple(blow for conductor in conductors for blow in conductor.blows),
        books=books,
        papers=sum(paper.reference is not None for paper in papers),
        torn=sum(paper.reference is None for paper in papers),
        took_s=took_s,
        findings=(*audit.judge(errands, books, papers), *evidence),
        fallen=tuple(name for conductor in conductors for name in conductor.fallen),
    )


class Tickets:
    """So many numbers; several threads draw."""

    def __init__(self, count: int, first: int = 1) -> None:
        self._numbers = iter(range(first, first + count))
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._numbers)


def settle(ground: Ground, payments: Sequence[str]) -> None:
    """Wait until every slip is known and every message was heard; after `SETTLE_S` the audit says what is not."""
    for name, actor in ground.actors.items():
        if not actor.is_running:
            raise ChaosError(f"{name} is dead at the end; see the logs in {ground.directory}")
    deadline = time.monotonic() + SETTLE_S
    waiting = list(payments)
    with httpx.Client(base_url=ground.office_url, timeout=10) as http:
        while time.monotonic() < deadline:
            waiting = [payment for payment in waiting if not _is_over(http, payment)]
            if not waiting and audit.read_books(ground.directory / "ledger.sqlite").unheard == 0:
                time.sleep(1)  # the last acknowledgement on its way back, the last line of a printer's file
                return
            time.sleep(0.5)


def _is_over(http: httpx.Client, payment: str) -> bool:
    try:
        answer = http.get(f"/api/v1/payments/{payment}")
    except httpx.HTTPError:
        return False
    return answer.is_success and answer.json()["slip"] in {"printed", "possibly_printed"}


def table(day: Day, title: str) -> str:
    """What was seen, for people."""
    blows = Counter(f"{blow.deed} {'counter' if blow.target.startswith('quay') else blow.target}" for blow in day.blows)
    slips = ", ".join(f"{count} {name}" for name, count in Counter(row.slip for row in day.books.payments).items())
    lines = [
        f"{title}: {len(day.errands)} payments in {day.took_s:.0f} s",
        f"  blows       {', '.join(f'{count} {name}' for name, count in sorted(blows.items())) or 'none'}",
        f"  slips       {slips}; {day.papers} whole papers, {day.torn} torn or white",
        f"  lost {day.count('lost')}, twice {day.count('twice')}, wrong {day.count('wrong')}",
    ]
    if day.fallen:
        lines.append(f"  ended without a blow: {', '.join(day.fallen)}")
    if refused := sum(len(errand.taken_back) for errand in day.errands):
        lines.append(f"  refused by a counter, cancelled and made anew: {refused}")
    lines += [_recovery_line(name, day.recoveries(name)) for name in ("broker", "office", "counter")]
    lines.append(_recovery_line("no blow", day.steady()))
    lines += [f"  {finding.kind.upper()}: {finding.words}" for finding in day.findings]
    return "\n".join(lines)


def _recovery_line(name: str, seconds: Sequence[float]) -> str:
    if not seconds:
        return f"  {name:10}  not measured"
    worst = max(seconds)
    return (
        f"  {name:10}  to the next code shown or slip out: median {statistics.median(seconds):.1f} s, "
        f"p95 {percentile(seconds, 0.95):.1f} s, longest {worst:.1f} s ({len(seconds)})"
    )
