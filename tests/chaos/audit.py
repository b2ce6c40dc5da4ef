"""What is left when the dust has settled: the office's books, the papers, and whether they agree. Repairs nothing.

`judge` is a pure function of what was found, so that it can be shown to find what is wrong.
"""

import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.chaos.paper import Paper
from tests.chaos.people import Errand

Kind = Literal["lost", "twice", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that must not be. `kind`: money or paper is lost, or came twice, or the books disagree."""

    kind: Kind
    words: str


@dataclass(frozen=True)
class PaymentRow:
    """A payment in the ledger."""

    id: str
    reference: str
    state: str
    slip: str | None


@dataclass(frozen=True)
class CreditRow:
    """A credit in the ledger, and the sum of its postings."""

    provider_id: str
    payment: str | None
    verdict: str
    postings: int
    balance: int


@dataclass(frozen=True)
class Books:
    """The ledger, at rest."""

    payments: tuple[PaymentRow, ...]
    credits: tuple[CreditRow, ...]
    unbooked: int
    unheard: int
    """Messages that no counter has acknowledged."""


def read_books(ledger: Path) -> Books:
    """Read an office's SQLite file; nobody writes it any more."""
    with closing(sqlite3.connect(ledger)) as db:
        payments = db.execute("SELECT id, reference, state, slip FROM payment")
        booked = db.execute(
            "SELECT c.provider_id, c.payment, c.verdict, count(p.id), coalesce(sum(p.amount), 0)"
            " FROM credit c LEFT JOIN posting p ON p.credit = c.id GROUP BY c.id"
        )
        (unbooked,) = db.execute("SELECT count(*) FROM notification WHERE NOT is_booked").fetchone()
        (unheard,) = db.execute("SELECT count(*) FROM outbox WHERE NOT is_acknowledged").fetchone()
        return Books(
            tuple(PaymentRow(*row) for row in payments), tuple(CreditRow(*row) for row in booked), unbooked, unheard
        )


def read_evidence(directory: Path, counters: Sequence[str]) -> tuple[Finding, ...]:
    """What `quaythu audit verify` says of the office's chain and of every counter's, as a technician would ask it.

    Whatever it finds is a loss: evidence that is not whole proves nothing.
    """
    chains = {"office": ["--office", f"sqlite:///{directory / 'ledger.sqlite'}"]}
    chains |= {counter: ["--counter", str(directory / counter)] for counter in counters}
    return tuple(finding for name, where in chains.items() for finding in _unwhole(name, where))


def _unwhole(name: str, where: Sequence[str]) -> list[Finding]:
    looked = [sys.executable, "-m", "appliance", "audit", "verify", *where]
    said = subprocess.run(looked, capture_output=True, text=True, check=False)
    if said.returncode == 0:
        return []
    sentences = (said.stdout + said.stderr).splitlines() or [f"audit verify ended with {said.returncode}"]
    return [Finding("lost", f"{name}: {sentence}") for sentence in sentences]


def judge(errands: Sequence[Errand], books: Books, papers: Iterable[Paper]) -> list[Finding]:
    """Everything that must not be."""
    found = [*_about_money(errands, books), *_about_payments(errands, books)]
    sheets = Counter(paper.reference for paper in papers if paper.reference is not None)
    return [*found, *_about_paper(books, sheets)]


def _about_money(errands: Sequence[Errand], books: Books) -> Iterable[Finding]:
    """Each notified credit is booked exactly once, for the payment it was meant for."""
    booked: Mapping[str, int] = Counter(credit.provider_id for credit in books.credits)
    of_payment = {credit.provider_id: credit for credit in books.credits}
    for errand in errands:
        for provider_id in errand.provider_ids if errand.notified_s else ():
            if booked.get(provider_id, 0) == 0:
                yield Finding("lost", f"credit {provider_id} of {errand.reference} was notified and is not booked")
            elif booked[provider_id] > 1:
                yield Finding(
                    "twice", f"credit {provider_id} of {errand.reference} is booked {booked[provider_id]} times"
                )
            elif (of_payment[provider_id].payment, of_payment[provider_id].verdict) != (errand.payment, "matched"):
                yield Finding(
                    "wrong", f"credit {provider_id} is {of_payment[provider_id].verdict}, not {errand.reference}'s"
                )
    if strange := set(booked) - {one for errand in errands for one in errand.provider_ids}:
        yield Finding("wrong", f"credits that nobody sent: {', '.join(sorted(strange))}")
    for credit in books.credits:
        if credit.postings != 2 or credit.balance != 0:
            yield Finding("wrong", f"credit {credit.provider_id}: {credit.postings} postings, balance {credit.balance}")
    if books.unbooked:
        yield Finding("lost", f"{books.unbooked} notifications were kept and never booked")


def _about_payments(errands: Sequence[Errand], books: Books) -> Iterable[Finding]:
    """Each order made one payment, each payment that got its money is paid, and its counter has heard it."""
    rows = {row.id: row for row in books.payments}
    asked = Counter(errand.payment for errand in errands if errand.payment)
    asked.update(payment for errand in errands for payment in errand.taken_back)
    for row in books.payments:
        if asked[row.id] == 0:
            yield Finding("twice", f"payment {row.reference} was ordered by nobody, or twice")
    for errand in errands:
        row_of = rows.get(errand.payment)
        if errand.created_s and row_of is None:
            yield Finding("lost", f"payment {errand.reference} was created and is not in the ledger")
        elif errand.notified_s and row_of is not None and row_of.state != "paid":
            yield Finding("lost", f"payment {errand.reference} got its money and is {row_of.state}")
    if books.unheard:
        yield Finding("lost", f"{books.unheard} messages never reached their counter")


def _about_paper(books: Books, sheets: Mapping[str, int]) -> Iterable[Finding]:
    """A paid payment's slip came out once, or somebody is asked. Nobody here asks for a copy."""
    for row in books.payments:
        count = sheets.get(row.reference, 0)
        if count > 1:
            yield Finding("twice", f"{row.reference}: {count} slips came out, the office says {row.slip}")
        if count and row.state != "paid":
            yield Finding("wrong", f"{row.reference}: a slip came out and it is {row.state}")
        if row.state == "paid" and row.slip is None:
            yield Finding("lost", f"{row.reference}: the office never heard of its slip; {count} came out")
        if row.slip == "printed" and count == 0:
            yield Finding("lost", f"{row.reference}: said to be printed, and no paper came out")
        if row.slip == "not_printed" and count:
            yield Finding("wrong", f"{row.reference}: said not to be printed, and {count} came out")
    if strange := set(sheets) - {row.reference for row in books.payments}:
        yield Finding("wrong", f"slips of no payment: {strange}")
