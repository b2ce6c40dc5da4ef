"""Pure: what the API answers and what the portal sends, each field with its unit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from appliance.office import preflight
from appliance.office.desk.sight import Glass, sight
from appliance.office.order import Complaint, OrderLine
from appliance.office.payment import Payment, Place, State
from appliance.office.records import Milestone
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, Line, PrinterStatus, Seen, SlipOutcome
from mqtt_schema.types import Instant

_A_PAYMENT = "0123456789abcdef0123456789abcdef"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Wrong(_Answer):
    """One thing that is wrong: the field as a path ("lines.0.amount", empty when it is none), and what to do."""

    field: Annotated[str, Field(examples=["lines.0.amount"])]
    message: Annotated[str, Field(examples=["Số tiền không thể âm."])]


class Errors(_Answer):
    """Why a request was not carried out, in sentences for people."""

    errors: list[Wrong]


class Moment(_Answer):
    """One milestone of a payment: created, published, displayed, notified, paid, printed, and others.

    `words` say who and why, `counter` where, if that was kept.
    """

    milestone: Annotated[str, Field(examples=["displayed"])]
    at: datetime
    words: str = ""
    counter: str = ""


class PaymentAnswer(_Answer):
    """One payment. Amounts in đồng, moments in UTC.

    `place` says where a pending payment is; `refused_field` what a counter found wrong with its code; `payload` is the
    EMVCo text of the QR, empty when waived; `received` what the bank reported.
    """

    id: Annotated[str, Field(examples=[_A_PAYMENT])]
    reference: Annotated[str, Field(description="The memo of the transfer.", examples=["HK7Q4M2X9AF"])]
    state: State
    place: Place
    refused_field: Annotated[str | None, Field(examples=[None])]
    counter: Annotated[str, Field(examples=["quay-1"])]
    clerk: str
    channel: Channel
    source: Annotated[str, Field(description="desk, api or portal", examples=["api"])]
    payer: str | None
    is_on_behalf: Annotated[bool, Field(description="The clerk pays for the payer.")]
    waiver_reason: str | None
    lines: list[Line]
    amount: Annotated[int, Field(examples=[35000])]
    received: Annotated[int, Field(examples=[0])]
    beneficiary: Beneficiary
    payload: str
    created_at: datetime
    expires_at: Annotated[datetime | None, Field(description="None until the code was offered to its counter.")]
    paid_at: datetime | None
    bank_reference: str | None
    slip: SlipOutcome | None
    slip_reason: str
    slip_counter: Annotated[str, Field(description="Who was asked for the slip; empty before it is paid.")]
    slip_to: Annotated[str | None, Field(description="Where it goes once that counter lets go; empty: nowhere.")]
    is_slip_settled: bool
    is_insisted: bool
    timeline: list[Moment]


class CounterAnswer(_Answer):
    """One counter. `showing` is the payment that should stand on its glass, `waiting` how many stand in line.

    `seen` is the last frame that the counter reported, None when its glass is dark or it is not heard; `sees` says it
    in words, and `warning` what is wrong with it, empty when it is what the office believes. `missing` is what an order
    for this counter would have to insist on. `waiting_slips` lie there until there is paper.
    """

    id: Annotated[str, Field(examples=["quay-1"])]
    name: Annotated[str, Field(examples=["Quầy 1"])]
    is_online: bool
    printer: PrinterStatus
    seen_at: datetime | None
    trouble: str
    showing: str | None
    seen: Seen | None
    sees: Annotated[str, Field(examples=["Người dân đang thấy 35.000 đ"])]
    warning: Annotated[str, Field(examples=[""])]
    waiting: int
    missing: list[Wrong]
    waiting_slips: int


class DossierLine(BaseModel):
    """One fee of a dossier; `dossier` only where it differs from the dossier's own number. `amount` in đồng."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dossier: str | None = None
    fee_code: str | None = None
    fee_name: str | None = None
    quantity: int = 1
    amount: int
    kind: FeeKind | None = None


class Dossier(BaseModel):
    """A dossier whose fees a clerk is to check and collect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    payer: str | None = None
    channel: Channel = Channel.ONLINE
    waiver_reason: str | None = None
    lines: Annotated[list[DossierLine], Field(min_length=1, max_length=20)]

    def order_lines(self) -> list[OrderLine]:
        """The dossier's fees as lines of an order."""
        return [OrderLine(**line.model_dump() | {"dossier": line.dossier or self.number}) for line in self.lines]


class DossierAnswer(_Answer):
    """The dossier stands on the clerk's desk."""

    number: str


def errors(complaints: Sequence[Complaint]) -> Errors:
    """Word complaints for the API."""
    return Errors(errors=[Wrong(field=complaint.field, message=complaint.sentence) for complaint in complaints])


def moments(timeline: Sequence[Milestone]) -> list[Moment]:
    """Word a timeline for the API."""
    return [Moment(milestone=done.milestone, at=done.at, words=done.words, counter=done.counter) for done in timeline]


def payment_answer(payment: Payment, timeline: Sequence[Milestone]) -> PaymentAnswer:
    """Word a payment for the API."""
    names = PaymentAnswer.model_fields.keys() - {"lines", "timeline"}
    values = {name: getattr(payment, name) for name in names}
    return PaymentAnswer(lines=list(payment.lines), timeline=moments(timeline), **values)


def counter_answer(glass: Glass, pending: Sequence[Payment], now: Instant) -> CounterAnswer:
    """Word a counter for the API. `pending` are the pending payments, of this counter or of all."""
    state = glass.state
    line = [payment for payment in pending if payment.counter == state.id]
    seen = sight(glass, line, now)
    found = preflight.missing(state, glass.counter_name, is_heard=glass.is_heard)
    return CounterAnswer(
        id=state.id,
        name=glass.counter_name,
        is_online=glass.is_heard,
        printer=state.printer,
        seen_at=state.seen_at,
        trouble=state.trouble,
        showing=next((payment.id for payment in line if payment.place is Place.SHOWN), None),
        seen=glass.seen,
        sees=seen.sentence,
        warning=seen.warning,
        waiting=sum(payment.place is Place.WAITING for payment in line),
        missing=errors(preflight.complaints(found)).errors,
        waiting_slips=state.waiting_slips,
    )


ORDER_EXAMPLES = {
    "one fee of the catalogue": {
        "value": {
            "counter": "quay-1",
            "clerk": "Nguyễn Thị Bình",
            "payer": "Trần Văn An",
            "lines": [{"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "quantity": 5, "amount": 10000}],
        }
    },
    "two dossiers, one with a fee named freely": {
        "value": {
            "counter": "quay-1",
            "lines": [
                {"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "amount": 2000},
                {"dossier": "H26.1-261122-0008", "fee_name": "Lệ phí đăng ký", "kind": "le_phi", "amount": 33000},
            ],
        }
    },
    "the clerk pays for somebody without a telephone": {
        "value": {
            "counter": "quay-1",
            "payer": "Trần Văn An",
            "is_on_behalf": True,
            "lines": [{"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "quantity": 5, "amount": 10000}],
        }
    },
    "waived": {
        "value": {
            "counter": "quay-1",
            "waiver_reason": "Hộ nghèo, Luật Hộ tịch điều 11",
            "lines": [{"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "amount": 0}],
        }
    },
}
