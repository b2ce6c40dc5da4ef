"""Pure: double-entry postings. Every entry balances; a correction is a reversing entry, never a change.

Accounts: `bank` (money that has arrived), `suspense` (money whose fee is not known or not settled), and `fee:CODE`
(what is owed to the treasury under a fee code).
"""

from dataclasses import dataclass

from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.payment import Payment
from mqtt_schema.types import Vnd

BANK = "bank"
SUSPENSE = "suspense"


@dataclass(frozen=True)
class Posting:
    """One side of an entry: positive đồng are debit, negative are credit."""

    account: str
    amount: Vnd


def fee_account(code: str) -> str:
    """Name the account of a fee code."""
    return f"fee:{code}"


def entry(credit: Credit, verdict: Verdict, payment: Payment | None) -> tuple[Posting, ...]:
    """Post a credit: to its payment's fees when matched, to suspense under any other verdict. Sums to zero."""
    received = Posting(BANK, credit.amount)
    if verdict is Verdict.MATCHED and payment is not None:
        fees = (Posting(fee_account(line.fee_code), Vnd(-line.amount)) for line in payment.lines if line.amount)
        return (received, *fees)
    return (received, Posting(SUSPENSE, Vnd(-credit.amount)))
