"""The chaos in short, and that its audit finds what must not be. The whole of it is `make chaos`."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.counter.events import Tick
from appliance.courier import Sender
from appliance.journal import Journal
from appliance.office.ledger import Ledger
from mqtt_schema import signing
from tests.chaos import day
from tests.chaos.audit import Books, CreditRow, Finding, PaymentRow, judge, read_evidence
from tests.chaos.blows import OnceEach
from tests.chaos.ground import Ground
from tests.chaos.paper import Paper
from tests.chaos.people import Errand
from tests.support.spoken import MORNING, SITE

ERRAND = Errand("quay-01", "p1", "HK1", 2000, ["77"], 1, 2, 3, 4, 5, 6)
PAYMENT = PaymentRow("p1", "HK1", "paid", "printed")
CREDIT = CreditRow("77", "p1", "matched", 2, 0)
BOOKS = Books((PAYMENT,), (CREDIT,), unbooked=0, unheard=0)
PAPER = Paper(5.5, 6, "HK1")


@pytest.mark.journey
def test_evidence_that_is_not_whole_is_a_loss_whoevers_it_is(tmp_path: Path) -> None:
    """Nothing else looks into the chains: without this an altered row would end a day of chaos as a good one."""
    Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}").close()
    sender = Sender("counter", SITE, signing.new_key("quay-01"))
    for counter in ("quay-01", "quay-02"):
        journal = Journal(
            tmp_path / counter / "journal.sqlite", lambda body, number: sender.seal(body, "quay-01", number, MORNING)
        )
        journal.commit(Tick(MORNING), [], None, None)
        journal.close()
    assert read_evidence(tmp_path, ["quay-01", "quay-02"]) == ()
    with closing(sqlite3.connect(tmp_path / "quay-02" / "journal.sqlite")) as db, db:
        db.execute("UPDATE chain SET body = '{}' WHERE seq = 1")
    found = read_evidence(tmp_path, ["quay-01", "quay-02"])
    assert {finding.kind for finding in found} == {"lost"}
    assert all(finding.words.startswith("quay-02: ") for finding in found)
    assert "was altered" in found[0].words


@pytest.mark.journey
def test_nothing_is_lost_and_nothing_comes_twice_though_everybody_was_killed_once(tmp_path: Path) -> None:
    with Ground(tmp_path / "ground", counters=2) as ground:
        lived = day.live(ground, 30, 1, [OnceEach(ground, 1, (0.5, 1.5))], think_s=0.5)
    print(day.table(lived, "in short"))
    assert lived.findings == ()
    assert lived.fallen == ()
    assert {blow.target for blow in lived.blows} == {"broker", "office", "quay-01", "quay-02"}
    assert sum(row.state == "paid" for row in lived.books.payments) == 30


def test_a_day_on_which_all_is_well_is_judged_so() -> None:
    assert judge([ERRAND], BOOKS, [PAPER, Paper(7, 8, None)]) == []


def test_a_slip_that_nobody_is_sure_of_may_have_come_out_or_not() -> None:
    unsure = replace(BOOKS, payments=(replace(PAYMENT, slip="possibly_printed"),))
    assert judge([ERRAND], unsure, []) == judge([ERRAND], unsure, [PAPER]) == []


@pytest.mark.parametrize(
    ("kind", "books", "papers"),
    [
        ("lost", replace(BOOKS, credits=()), [PAPER]),
        ("twice", replace(BOOKS, credits=(CREDIT, CREDIT)), [PAPER]),
        ("wrong", replace(BOOKS, credits=(replace(CREDIT, verdict="unmatched", payment=None),)), [PAPER]),
        ("wrong", replace(BOOKS, credits=(CREDIT, replace(CREDIT, provider_id="78"))), [PAPER]),
        ("wrong", replace(BOOKS, credits=(replace(CREDIT, balance=1),)), [PAPER]),
        ("lost", replace(BOOKS, unbooked=1), [PAPER]),
        ("lost", replace(BOOKS, unheard=1), [PAPER]),
        ("lost", replace(BOOKS, payments=()), []),
        ("lost", replace(BOOKS, payments=(replace(PAYMENT, state="pending"),)), []),
        ("twice", replace(BOOKS, payments=(PAYMENT, replace(PAYMENT, id="p2", reference="HK2", slip=None))), [PAPER]),
        ("twice", BOOKS, [PAPER, PAPER]),
        ("lost", BOOKS, []),
        ("lost", replace(BOOKS, payments=(replace(PAYMENT, slip=None),)), [PAPER]),
        ("wrong", replace(BOOKS, payments=(replace(PAYMENT, slip="not_printed"),)), [PAPER]),
        ("wrong", BOOKS, [PAPER, Paper(7, 8, "HK9")]),
    ],
)
def test_whatever_must_not_be_is_found(kind: str, books: Books, papers: list[Paper]) -> None:
    found: list[Finding] = judge([ERRAND], books, papers)
    assert kind in {finding.kind for finding in found}
