"""Pure: a credit, the one form into which every bank's and every provider's notification is brought."""

from dataclasses import dataclass

from mqtt_schema.types import Instant, Vnd


@dataclass(frozen=True)
class Credit:
    """Money that has arrived on an account.

    `provider` and `provider_id` together name the notification once and for all; `bank_reference`, `account` and
    `amount` (đồng) are the second guard against booking twice. `at` is the bank's time, `memo` what the payer's bank
    made of the transfer's text, `virtual_account` the sub-account if there is one.
    """

    provider: str
    provider_id: str
    bank_reference: str
    account: str
    virtual_account: str | None
    amount: Vnd
    memo: str
    at: Instant
