"""Looks into a counter's journal and says in words what was altered, is missing or was inserted. Changes nothing.

The office's ledger is looked into by `appliance.office.books.inspection`; what both are asked and answer stands here.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from appliance import chain
from appliance.chain import Finding, Row, Start
from appliance.chronicle import KEPT, PRUNED, PURGED, Chronicle, Particulars, looking

MOST_SAID = 50
"""So many findings are said one by one; whoever has more of them needs no list."""


@dataclass
class Survey:
    """What was seen of a chain while it was read once, row by row."""

    heads: list[str] = field(default_factory=list)
    first: Row | None = None
    last: Row | None = None

    def watch(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows, but noted."""
        for row in rows:
            self.first = self.first or row
            self.last = row
            self.heads.append(row.head)
            yield row

    @property
    def summary(self) -> str:
        """In words: how many rows, from when to when, and the head to compare with paper."""
        if self.first is None or self.last is None:
            return "no row was ever written"
        return (
            f"{len(self.heads)} rows, {self.first.seq} ({self.first.at}) to {self.last.seq} ({self.last.at}); "
            f"head {self.last.head}"
        )


@dataclass(frozen=True)
class Verdict:
    """What a look brought: nothing found is whole. `summary` in words."""

    summary: str
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def sentences(self) -> list[str]:
        """All of it in words, the worst first if there is any."""
        said = [finding.sentence for finding in self.findings[:MOST_SAID]]
        more = len(self.findings) - len(said)
        ending = "the chain is whole" if self.is_whole else f"{len(self.findings)} findings: NOT WHOLE"
        return [*said, *([f"and {more} more"] if more else []), self.summary, ending]


def verify_counter(path: Path, heads: Sequence[str] = ()) -> Verdict:
    """Verify the journal of a counter, also while it runs. Raises `ChronicleError` when it cannot be read.

    `heads`: what stood on day-end slips.
    """
    with looking(path) as chronicle:
        damage = [Finding(0, f"the file itself is damaged: {line}") for line in chronicle.damage()]
        survey = Survey()
        found = list(_chain(chronicle, survey))
        return Verdict(survey.summary, (*damage, *found, *chain.unknown_heads(heads, survey.heads)))


def _chain(chronicle: Chronicle, survey: Survey) -> Iterator[Finding]:
    beside, purged_before, start = chronicle.particulars(), 0, Start()
    bound: list[Row] = []
    cut: Row | None = None
    for row in chronicle.rows():
        facts = row.facts
        if row.kind == PURGED:
            purged_before = max(purged_before, _number(facts.get("before")))
        if row.kind == PRUNED:
            cut = row
            start = max(start, Start(_number(facts.get("before")), str(facts.get("head"))), key=lambda one: one.seq)
        if chain.BOUND in facts:
            bound.append(row)
    numbered, _head = chronicle.end()
    yield from chain.verify(survey.watch(chronicle.rows()), start, numbered)
    if cut is not None and survey.first is not None:
        yield from _too_young(survey.first, cut)
    yield from _beside(bound, beside, purged_before)


def _too_young(first: Row, cut: Row) -> Iterator[Finding]:
    """Only what is older than `KEPT` is ever thrown away, and so is the checkpoint at which the chain begins since."""
    try:
        is_due = datetime.fromisoformat(first.at) <= datetime.fromisoformat(cut.at) - KEPT
    except (ValueError, TypeError):
        is_due = False
    if not is_due:
        yield Finding(cut.seq, f"{cut.called} threw away what stood before {first.called}, which was not due yet")


def _beside(bound: Collection[Row], beside: dict[int, Particulars], purged_before: int) -> Iterator[Finding]:
    """Compare what is personal with what the chain has bound."""
    for row in bound:
        held = beside.pop(row.seq, None)
        if held is None and row.seq >= purged_before:
            yield Finding(row.seq, f"{row.called}: what is personal about it is gone, and no purge says why")
        elif held is not None and chain.digest(held.salt, held.text) != row.facts[chain.BOUND]:
            yield Finding(row.seq, f"{row.called}: what is personal about it was altered")
        elif held is not None and row.seq < purged_before:
            yield Finding(row.seq, f"{row.called}: what is personal about it is here again after it was purged")
    for seq in beside:
        yield Finding(seq, f"row {seq}: something personal was inserted that the chain does not know")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
