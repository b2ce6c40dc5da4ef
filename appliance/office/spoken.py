"""Pure: what the office says of a payment to its counter: the job, the result, the slip. It decides nothing.

Everything that leaves for a counter is made here, so that nothing leaves without `discretion`.
"""

from appliance.office.credit import Credit
from appliance.office.discretion import discreet, masked
from appliance.office.state import Payment, Terms
from mqtt_schema.messages import Outcome, PaymentRequest, PaymentResult, Slip
from mqtt_schema.text import nfc


def request(payment: Payment, terms: Terms) -> PaymentRequest:
    """The job for the counter. Raises `ValueError` when no code was offered yet."""
    if payment.expires_at is None:
        raise ValueError("a code that was not offered has no expiry")
    return PaymentRequest(
        payment=payment.id,
        reference=payment.reference,
        lines=discreet(payment.lines),
        channel=payment.channel,
        amount=payment.amount,
        beneficiary=payment.beneficiary,
        payload=payment.payload,
        starts_at=payment.starts_at,
        expires_at=payment.expires_at,
        payer=(masked(payment.payer or "") or None) if terms.shows_payer else None,
        is_on_behalf=payment.is_on_behalf,
    )


def slip(payment: Payment, terms: Terms) -> Slip:
    """What stands on the slip of a paid payment. The lookup code is the reference: ours, and there from the start.

    Raises `ValueError` when the payment is not paid.
    """
    if payment.paid_at is None:
        raise ValueError("only a paid payment has a slip")
    return Slip(
        office=terms.office,
        lines=discreet(payment.lines),
        amount=payment.amount,
        reference=payment.reference,
        # A bank may call its transfer anything, even nothing that can be printed; money is paid all the same.
        bank_reference=nfc(payment.bank_reference or "")[:200] or None,
        paid_at=payment.paid_at,
        lookup=payment.reference,
    )


def result(payment: Payment, outcome: Outcome, credit: Credit, terms: Terms) -> PaymentResult:
    """What the bank said of this payment; with its slip when it is paid."""
    return PaymentResult(
        payment=payment.id,
        outcome=outcome,
        amount=payment.amount,
        received=credit.amount,
        slip=slip(payment, terms) if outcome is Outcome.PAID else None,
    )
