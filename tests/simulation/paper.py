"""A receipt printer as the counter's session knows it: it is given one slip after the other and says how each ended.

Slips that came out whole are counted; they are what a citizen has in hand, whatever anybody reports. It ends a slip as
`appliance.course` does: *printed* only when it knows, *not printed* only when no ink can be on paper.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.counter.events import SlipJob
from mqtt_schema.messages import PrinterStatus, SlipOutcome

if TYPE_CHECKING:
    from tests.simulation.world import World

Ended = Callable[[SlipJob, SlipOutcome, str], None]


@dataclass
class Printer:
    """`has_paper`, `is_dead` and `lies` (per slip) are its levers."""

    world: "World"
    name: str
    has_paper: bool = True
    is_dead: bool = False
    lies: float = 0.0
    originals: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    _job: SlipJob | None = None
    _turn: int = 0

    @property
    def status(self) -> PrinterStatus:
        """What it says of itself."""
        if self.is_dead:
            return PrinterStatus.OFFLINE
        return PrinterStatus.READY if self.has_paper or self.lies else PrinterStatus.PAPER_OUT

    def print(self, job: SlipJob, ended: Ended) -> None:
        """Begin a slip; `ended` hears the rest."""
        if self._job is not None:
            self.world.broken("two slips at once", f"{self.name} was given a slip before the last one had ended")
        self._job = job
        self._turn += 1
        turn = self._turn
        rng = self.world.stream(f"paper/{self.name}")
        can_print = self.status is PrinterStatus.READY
        self.world.later(rng.uniform(0.8, 3.0) if can_print else 0.2, lambda: self._end(job, turn, can_print, ended))

    def _end(self, job: SlipJob, turn: int, could_print: bool, ended: Ended) -> None:
        if turn != self._turn or self._job is None:
            return
        self._job = None
        if not could_print:
            ended(job, SlipOutcome.NOT_PRINTED, "Máy in hết giấy")
            return
        rng = self.world.stream(f"paper/{self.name}")
        is_lying = rng.random() < self.lies
        if self.is_dead or not self.has_paper or is_lying:
            if self.has_paper and rng.random() < 0.5:
                self._ink(job)
            ended(job, SlipOutcome.POSSIBLY_PRINTED, "Máy in không báo đã in xong, hãy xem giấy")
            return
        self._ink(job)
        ended(job, SlipOutcome.PRINTED, "")

    def abandon(self) -> None:
        """The counter died: what it had sent may still come out, or nothing whole does."""
        job, self._job = self._job, None
        self._turn += 1
        can_print = self.status is PrinterStatus.READY and self.has_paper
        if job is not None and can_print and self.world.stream(f"paper/{self.name}").random() < 0.5:
            self._ink(job)

    def _ink(self, job: SlipJob) -> None:
        (self.copies if job.is_copy else self.originals)[job.payment] += 1
        self.world.note(self.name, "puts on paper {} of {}", "a copy" if job.is_copy else "the slip", job.payment)
        self.world.watch.inked(job.payment, is_copy=job.is_copy)
