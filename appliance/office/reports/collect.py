"""Reads out of the ledger, in one consistent view, what a report needs. Decides nothing."""

from appliance.office.ledger import Books, Ledger
from appliance.office.payment import Payment
from appliance.office.records import BookedCredit
from appliance.office.reports import reconciliation, treasury
from appliance.office.reports.period import Period
from appliance.settings import OfficeSettings
from mqtt_schema.types import Instant


def reconciliation_of(ledger: Ledger, office: OfficeSettings, period: Period, made_at: Instant) -> bytes:
    """Make the reconciliation of a period as XLSX."""
    with ledger.read() as books:
        payments = books.payments(period.opens_at, period.closes_at)
        booked = books.credits(period.opens_at, period.closes_at)
        others = _others(books, payments, booked)
        sealed = books.head_before(period.closes_at)
    return reconciliation.write(office, period, [*payments, *others], booked, made_at, sealed)


def treasury_of(ledger: Ledger, office: OfficeSettings, period: Period, made_at: Instant) -> bytes:
    """Make the treasury remittance of a period as XLSX."""
    with ledger.read() as books:
        payments = books.payments(period.opens_at, period.closes_at)
    return treasury.write(office, period, payments, made_at)


def _others(books: Books, payments: list[Payment], booked: list[BookedCredit]) -> list[Payment]:
    """Look up the payments of other days to which this period's credits belong."""
    here = {payment.id for payment in payments}
    wanted = dict.fromkeys(one.payment for one in booked if one.payment and one.payment not in here)
    return [payment for payment_id in wanted if (payment := books.payment(payment_id))]
