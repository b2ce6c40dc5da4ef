"""Double entry: whatever becomes of a credit, its entry balances, and only a matched one reaches a fee."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.payment import Payment
from appliance.office.postings import BANK, SUSPENSE, Posting, entry, fee_account
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, Line
from mqtt_schema.types import Vnd

T0 = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


def a_line(code: str, amount: int) -> Line:
    return Line(dossier="H26.1-261122-0001", fee_code=code, fee_name="Phí", amount=Vnd(amount), kind=FeeKind.PHI)


PAYMENT = Payment(
    id="0" * 32,
    reference="HK7Q4M2X9AF",
    counter="quay-1",
    clerk="Bình",
    channel=Channel.COUNTER,
    source="desk",
    lines=(a_line("CT-BS", 6000), a_line("HT-XN", 3000), a_line("CT-CK", 0), a_line("CT-BS", 2000)),
    amount=Vnd(11000),
    beneficiary=Beneficiary(bin="970403", account="1", account_name="UBND", bank_name="Sacombank"),
    payload="",
    created_at=T0,
)
CREDIT = Credit("sepay", "1", "FT1", "1", None, Vnd(11000), "HK7Q4M2X9AF", T0)


def test_matched_money_is_owed_to_the_treasury_under_its_fees() -> None:
    assert entry(CREDIT, Verdict.MATCHED, PAYMENT) == (
        Posting(BANK, Vnd(11000)),
        Posting("fee:CT-BS", Vnd(-6000)),
        Posting("fee:HT-XN", Vnd(-3000)),
        Posting("fee:CT-BS", Vnd(-2000)),
    )


def test_a_line_of_nothing_posts_nothing() -> None:
    assert fee_account("CT-CK") not in {side.account for side in entry(CREDIT, Verdict.MATCHED, PAYMENT)}


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.MATCHED}))
@pytest.mark.parametrize("payment", [PAYMENT, None], ids=["known", "unknown"])
def test_money_that_is_not_settled_waits_in_suspense(verdict: Verdict, payment: Payment | None) -> None:
    assert entry(CREDIT, verdict, payment) == (Posting(BANK, Vnd(11000)), Posting(SUSPENSE, Vnd(-11000)))


def test_matched_money_without_a_payment_waits_in_suspense() -> None:
    assert entry(CREDIT, Verdict.MATCHED, None)[1].account == SUSPENSE


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("payment", [PAYMENT, None], ids=["known", "unknown"])
def test_every_entry_balances(verdict: Verdict, payment: Payment | None) -> None:
    assert sum(side.amount for side in entry(CREDIT, verdict, payment)) == 0


@given(amounts=st.lists(st.integers(0, 10**8), min_size=1, max_size=20), verdict=st.sampled_from(Verdict))
def test_an_entry_of_any_amounts_balances_and_begins_at_the_bank(amounts: list[int], verdict: Verdict) -> None:
    total = Vnd(sum(amounts))
    payment = replace(PAYMENT, lines=tuple(a_line("CT-BS", amount) for amount in amounts), amount=total)
    posted = entry(replace(CREDIT, amount=total), verdict, payment)
    assert posted[0] == Posting(BANK, total)
    assert sum(side.amount for side in posted) == 0
