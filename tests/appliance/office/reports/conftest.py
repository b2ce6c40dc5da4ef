"""Payments and credits as a ledger would list them, and eyes for the finished workbooks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import count

import pytest
from openpyxl import Workbook, load_workbook

from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.payment import Payment, Place, State
from appliance.office.records import BookedCredit
from appliance.office.reports.fees import COLLECTED
from appliance.office.reports.period import Period
from appliance.settings import OfficeSettings
from mqtt_schema import reference
from mqtt_schema.messages import Channel, FeeKind, Line
from mqtt_schema.types import Instant, Vnd

DAY = Period(date(2026, 11, 22), date(2026, 11, 22))
NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
MADE_AT = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)

CERTIFIED_COPY = Line(
    dossier="H26.1-261122-0001",
    fee_code="CT-BS",
    fee_name="Chứng thực bản sao từ bản chính",
    quantity=3,
    amount=Vnd(6000),
    kind=FeeKind.PHI,
)
MARITAL_STATUS = Line(
    dossier="H26.1-261122-0002",
    fee_code="HT-XN",
    fee_name="Xác nhận tình trạng hôn nhân",
    amount=Vnd(3000),
    kind=FeeKind.LE_PHI,
)


def free(name: str, amount: int, dossier: str = "H26.1-261122-0003") -> Line:
    return Line(dossier=dossier, fee_code="KHAC", fee_name=name, amount=Vnd(amount), kind=FeeKind.LE_PHI)


@pytest.fixture
def make_payment(office_settings: OfficeSettings) -> Callable[..., Payment]:
    """Build a payment in a state, with these lines; paid at noon unless told otherwise."""
    numbers = count(1)

    def make(state: State = State.PAID, *lines: Line, paid_at: Instant | None = NOON, **otherwise: object) -> Payment:
        number = next(numbers)
        lines = lines or (CERTIFIED_COPY,)
        amount = Vnd(sum(line.amount for line in lines))
        is_paid = state in COLLECTED
        made = Payment(
            id=f"{number:032x}",
            reference=reference.make("HK", [number % 31] * 8),
            counter="quay-1",
            clerk="Nguyễn Thị Bình",
            channel=Channel.COUNTER,
            source="desk",
            lines=lines,
            amount=amount,
            beneficiary=office_settings.beneficiary,
            payload="",
            created_at=NOON,
            state=state,
            place=Place.WAITING if state is State.PENDING else Place.NOWHERE,
            received=amount if is_paid else Vnd(0),
            paid_at=paid_at if is_paid else None,
            bank_reference=f"FT{number}" if is_paid else None,
        )
        return replace(made, **otherwise)  # type: ignore[arg-type]  # the tests name real fields

    return make


@pytest.fixture
def make_credit() -> Callable[..., BookedCredit]:
    """Build a booked credit of so many đồng under a verdict, for a payment or for none."""
    numbers = count(1)

    def make(
        amount: int, verdict: Verdict, payment: Payment | None = None, memo: str = "", booked_at: Instant = NOON
    ) -> BookedCredit:
        number = next(numbers)
        said = memo or (f"MBVCB.{payment.reference}.CT tu" if payment else "chuyen tien")
        money = Credit("sepay", str(number), f"FT{number}", "0011012345678", None, Vnd(amount), said, NOON)
        return BookedCredit(number, money, verdict, payment.id if payment else None, booked_at)

    return make


@pytest.fixture
def busy_day(
    make_payment: Callable[..., Payment], make_credit: Callable[..., BookedCredit]
) -> tuple[list[Payment], list[BookedCredit]]:
    """One payment in every state, one credit under every verdict, lines over several dossiers, two counters."""
    paid = make_payment(State.PAID, CERTIFIED_COPY, MARITAL_STATUS, free("=1+1", 5000))
    other = make_payment(State.PAID, CERTIFIED_COPY, free("Sao lục ghi chú: ẵ ỗ ỳ Đ", 7000), counter="quay-2")
    late = make_payment(State.PAID_LATE, MARITAL_STATUS)
    short = make_payment(State.UNDERPAID, received=Vnd(1000))
    over = make_payment(State.OVERPAID, received=Vnd(9000))
    expired = make_payment(State.EXPIRED)
    waived = make_payment(State.WAIVED, CERTIFIED_COPY.model_copy(update={"amount": Vnd(0)}), waiver_reason="@Hộ nghèo")
    rest = [make_payment(state, counter="quay-2") for state in (State.PENDING, State.CANCELLED)]
    credits_ = [
        *(make_credit(payment.amount, Verdict.MATCHED, payment) for payment in (paid, other, late)),
        make_credit(1000, Verdict.HELD, short),
        make_credit(9000, Verdict.HELD, over),
        make_credit(expired.amount, Verdict.LATE, expired),
        make_credit(paid.amount, Verdict.SURPLUS, paid),
        make_credit(12345, Verdict.UNMATCHED, memo='=HYPERLINK("http://x")'),
    ]
    return [paid, other, late, short, over, expired, waived, *rest], credits_


@pytest.fixture
def as_shown() -> Callable[[bytes], Workbook]:
    """Open a workbook as a reader sees it: values."""
    return lambda raw: load_workbook(BytesIO(raw), data_only=True)


@pytest.fixture
def as_written() -> Callable[[bytes], Workbook]:
    """Open a workbook with its formulas."""
    return lambda raw: load_workbook(BytesIO(raw))
