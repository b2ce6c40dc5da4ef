"""Pure: what the office and a counter say to each other.

A message is an `Envelope` (who, to whom, when, which) around one `Body` (what). The cores make bodies; the courier
puts them into envelopes and signs them. Readers ignore unknown fields of the same version; writers emit strictly.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from mqtt_schema import emv_qr
from mqtt_schema.errors import MessageError
from mqtt_schema.reference import Reference
from mqtt_schema.types import (
    AccountNumber,
    Amount,
    Bin,
    CounterId,
    Instant,
    MessageId,
    PayableAmount,
    PaymentId,
    SiteId,
    Text,
    Vnd,
)

VERSION = 1
MAX_BYTES = 16 * 1024
"""A signed message is at most this long; the embedded broker cuts connections at 20,480 bytes."""


READING: dict[str, bool] = {"reading": True}
"""The validation context of readers: with it, a payment request may be held that disagrees with its own code."""


class Frozen(BaseModel):
    """A value: never changed after it was made, equal when its fields are."""

    # Not all strings are cached: pydantic would keep the last sixteen thousand names and numbers of citizens.
    model_config = ConfigDict(frozen=True, extra="ignore", cache_strings="keys")


class FeeKind(StrEnum):
    """*Phí* pays for a service, *lệ phí* is a levy (Law on Fees and Charges 97/2015, article 3)."""

    PHI = "phi"
    LE_PHI = "le_phi"


class Channel(StrEnum):
    """Where the citizen files the dossier: at a counter, or online through the portal."""

    COUNTER = "counter"
    ONLINE = "online"


Language = Literal["vi", "en"]
"""What a glass and a slip can speak (ISO 639-1)."""


class Line(Frozen):
    """One fee for one dossier. `amount` is the whole line in đồng, not the price of one piece.

    `is_sensitive`: the procedure's very name tells something about the person. Such a line leaves the office under a
    general label (Law 91/2025/QH15 on personal data, article 3: no more than the purpose needs).
    """

    dossier: Annotated[str, Field(min_length=1, max_length=64)]
    fee_code: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,32}$")]
    fee_name: Text
    fee_name_en: Text | None = None
    quantity: Annotated[int, Field(ge=1, le=9999)] = 1
    amount: Amount
    kind: FeeKind
    is_sensitive: bool = False


class Beneficiary(Frozen):
    """Whose account receives the money."""

    bin: Bin
    account: AccountNumber
    account_name: Text
    bank_name: Text


class PaymentRequest(Frozen):
    """Show this code. Whoever builds one is refused unless the payload says what the fields say.

    `amount` is the sum of the lines in đồng; `payload` is the EMVCo text of the QR. A reader may hold a request that
    disagrees with itself (see `load`), because the counter has to tell the clerk which field was wrong.
    `payer` is masked by the office ("N*** V*** A") and only there where the office wants names on its glasses.
    `is_on_behalf`: the clerk pays for somebody without a telephone, so the citizen is shown no code.
    A request for a payment that already stands on the glass, with a later sequence, moves its expiry.
    """

    type: Literal["payment_request"] = "payment_request"
    payment: PaymentId
    reference: Reference
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)]
    channel: Channel
    amount: PayableAmount
    beneficiary: Beneficiary
    payload: Annotated[str, Field(max_length=512)]
    starts_at: Instant | None = None
    expires_at: Instant
    payer: Text | None = None
    is_on_behalf: bool = False

    @model_validator(mode="after")
    def _payload_agrees(self, info: ValidationInfo) -> Self:
        if info.context is not READING and (wrong := disagreement(self)):
            raise ValueError(f"{wrong}: the code's payload disagrees with the job")
        return self


CodeField = Literal["crc", "beneficiary", "amount", "reference"]


def disagreement(request: PaymentRequest) -> CodeField | None:
    """Name the first field in which the code's payload and its job disagree, or None.

    "crc" stands for a payload that cannot be read strictly; "amount" also for lines that do not add up.
    """
    if _is_as_written(request):
        return None
    try:
        code = emv_qr.decode(request.payload)
    except emv_qr.EmvQrError:
        return "crc"
    if (code.bin, code.account) != (request.beneficiary.bin, request.beneficiary.account):
        return "beneficiary"
    if code.amount != str(request.amount) or sum(line.amount for line in request.lines) != request.amount:
        return "amount"
    if (code.memo or "").split(" ")[0] != request.reference:
        return "reference"
    return None


def _is_as_written(request: PaymentRequest) -> bool:
    """Whether the payload is, letter by letter, what we would write for this job, in half the time of reading it."""
    payee = request.beneficiary
    try:
        written = emv_qr.encode(bin=payee.bin, account=payee.account, amount=request.amount, memo=request.reference)
    except emv_qr.EmvQrError:
        return False
    return written == request.payload and sum(line.amount for line in request.lines) == request.amount


class PaymentCancellation(Frozen):
    """Take this payment's code off the glass: the clerk cancelled it."""

    type: Literal["payment_cancellation"] = "payment_cancellation"
    payment: PaymentId


class PaymentParking(Frozen):
    """Take this payment's code off the glass, but keep it valid: the citizen pays elsewhere in the room."""

    type: Literal["payment_parking"] = "payment_parking"
    payment: PaymentId


class PaymentPreparing(Frozen):
    """The clerk is checking a dossier: a code will follow. Said once, kept by nobody."""

    type: Literal["payment_preparing"] = "payment_preparing"


class PaymentChecking(Frozen):
    """The clerk is asking the bank about this payment: nobody should scan its code a second time meanwhile."""

    type: Literal["payment_checking"] = "payment_checking"
    payment: PaymentId


class PaymentWaived(Frozen):
    """Nothing is to be paid: the fee was waived. There is no code and no slip."""

    type: Literal["payment_waived"] = "payment_waived"
    payment: PaymentId


class CardKind(StrEnum):
    """What a card is about; each has a picture of its own."""

    FRAUD = "fraud"
    FIRE = "fire"
    PAYING = "paying"
    NOTICE = "notice"


class CardText(Frozen):
    """One card in one language: a heading of few words, and one to three sentences."""

    heading: Annotated[Text, Field(max_length=48)]
    body: Annotated[tuple[Annotated[Text, Field(max_length=120)], ...], Field(min_length=1, max_length=3)]


class Card(Frozen):
    """What an idle glass tells people, on the days from `first_day` to `last_day`, both included."""

    card: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    kind: CardKind
    vi: CardText
    en: CardText | None = None
    first_day: date
    last_day: date | None = None


class Cards(Frozen):
    """All cards of this counter: they take the place of those it had. None at all brings back its own."""

    type: Literal["cards"] = "cards"
    cards: Annotated[tuple[Card, ...], Field(max_length=8)]


class Outcome(StrEnum):
    """What became of a payment, as its counter hears it."""

    PAID = "paid"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    LATE = "late"


class Slip(Frozen):
    """All that a slip says, so that any counter of the office can print it. A confirmation, never a receipt."""

    office: Text
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)]
    amount: PayableAmount
    reference: Reference
    bank_reference: Text | None
    paid_at: Instant
    lookup: Text
    """What a citizen types at the office to find the e-receipt."""


class PaymentResult(Frozen):
    """What the bank said of a payment. Only *paid* carries a slip."""

    type: Literal["payment_result"] = "payment_result"
    payment: PaymentId
    outcome: Outcome
    amount: PayableAmount
    received: Vnd
    slip: Slip | None = None

    @model_validator(mode="after")
    def _paid_carries_a_slip(self) -> Self:
        if (self.outcome is Outcome.PAID) != (self.slip is not None):
            raise ValueError("slip: a paid result carries one, no other does")
        return self


class Reprint(Frozen):
    """Print this slip once more, marked as a copy: a clerk asked for it, and `reason` says why."""

    type: Literal["reprint"] = "reprint"
    payment: PaymentId
    slip: Slip
    asked_by: Text
    reason: Text | None = None


class SlipWanted(Frozen):
    """Print the slip of a paid payment that still waits for its paper: on this counter's shelf, or another's.

    It is the original, no copy: a counter that has printed it, or may have, prints nothing.
    """

    type: Literal["slip_wanted"] = "slip_wanted"
    payment: PaymentId
    slip: Slip
    asked_by: Text


class SlipRelease(Frozen):
    """Let go of a waiting slip, so that another counter may print it, or nobody does."""

    type: Literal["slip_release"] = "slip_release"
    payment: PaymentId


class TrialWanted(Frozen):
    """Print a test slip. Said once, kept by nobody."""

    type: Literal["trial_wanted"] = "trial_wanted"
    asked_by: Text


class DayEndWanted(Frozen):
    """Print the slip of the day: what this counter saw paid, and the head of its chain. Said once, kept by nobody."""

    type: Literal["day_end_wanted"] = "day_end_wanted"
    asked_by: Text


class TimeTold(Frozen):
    """The office's clock, in answer to the question with this nonce."""

    type: Literal["time_told"] = "time_told"
    nonce: MessageId
    at: Instant


class FleetOrders(Frozen):
    """A document that a fleet key signed (`mqtt_schema.fleet`): who may sign, and whose accounts are allowed.

    The office only carries it; it cannot write one.
    """

    type: Literal["fleet_orders"] = "fleet_orders"
    document: Annotated[str, Field(max_length=12_000)]


class Ack(Frozen):
    """The peer has committed what this message said; it may be forgotten by the outbox."""

    type: Literal["ack"] = "ack"
    message: MessageId


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal digits."""


class Displayed(Frozen):
    """The payment was painted. `amount` in đồng and `payload` are what the glass shows.

    `payload` is empty where no code stands because the clerk pays. `pixels` is the digest of what was painted.
    """

    type: Literal["displayed"] = "displayed"
    payment: PaymentId
    amount: Amount
    payload: str
    painted_at: Instant
    pixels: Digest | None = None


class PaymentRefused(Frozen):
    """The counter would not show a code. `field` says which check failed."""

    type: Literal["payment_refused"] = "payment_refused"
    payment: PaymentId
    field: Literal[CodeField, "expiry", "clock", "signature"]


class HelpKind(StrEnum):
    """What somebody at the glass touched."""

    HELP = "help"
    NO_PHONE = "no_phone"
    MORE_TIME = "more_time"


class HelpAsked(Frozen):
    """Somebody at the glass needs a human. `payment` is the one that stood there; *more time* always has one."""

    type: Literal["help_asked"] = "help_asked"
    kind: HelpKind
    payment: PaymentId | None = None
    language: Language = "vi"


class Trouble(Frozen):
    """Something arrived that the counter could not use; said in words, never a crash."""

    type: Literal["trouble"] = "trouble"
    kind: Literal["malformed", "signature", "oversized", "unexpected"]
    detail: Annotated[str, Field(max_length=300)]


class SlipOutcome(StrEnum):
    """What became of a slip. *Possibly printed* asks a human."""

    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    POSSIBLY_PRINTED = "possibly_printed"


class SlipReleased(Frozen):
    """Whether a waiting slip was let go. Not when its paper is on the way, came out, or may have come out."""

    type: Literal["slip_released"] = "slip_released"
    payment: PaymentId
    is_released: bool


Page = Literal["trial", "day_end"]
"""What a counter prints that is no slip of a payment: a test slip, or the slip of its day."""


class TrialReport(Frozen):
    """What became of a test slip, or of another page that belongs to no payment."""

    type: Literal["trial_report"] = "trial_report"
    outcome: SlipOutcome
    reason: Annotated[str, Field(max_length=300)] = ""
    page: Page = "trial"


class TimeAsked(Frozen):
    """What time is it? The answer bears this nonce, so that no old answer can be played back."""

    type: Literal["time_asked"] = "time_asked"
    nonce: MessageId


class TrafficReport(Frozen):
    """What one side heard and said of the kept messages (sequence 1 and up), told by both after every connect.

    All up to `heard` arrived, of those beyond it all but `missing` up to the highest; `said` is the last one spoken.
    """

    type: Literal["traffic_report"] = "traffic_report"
    heard: Annotated[int, Field(ge=0)]
    missing: Annotated[tuple[int, ...], Field(max_length=100)] = ()
    said: Annotated[int, Field(ge=0)]


class ReceiptReport(Frozen):
    """What became of a slip; `reason` in words when it did not simply print."""

    type: Literal["receipt_report"] = "receipt_report"
    payment: PaymentId
    outcome: SlipOutcome
    is_copy: bool = False
    reason: Annotated[str, Field(max_length=300)] = ""


class PrinterStatus(StrEnum):
    """What the printer says of itself; what it does not say stays *unknown*."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER_FAULT = "cutter_fault"
    OVERHEATED = "overheated"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class ScreenName(StrEnum):
    """Which screen stands on the glass."""

    IDLE = "idle"
    ASLEEP = "asleep"
    OFFLINE = "offline"
    PREPARING = "preparing"
    CODE = "code"
    ON_BEHALF = "on_behalf"
    CHECKING = "checking"
    PAID = "paid"
    WAIVED = "waived"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SEE_CLERK = "see_clerk"
    OUT_OF_SERVICE = "out_of_service"
    TECHNICIAN = "technician"


class Seen(Frozen):
    """What the citizen has in front of them: the screen, the payment and amount (đồng) on it, and its pixels."""

    screen: ScreenName
    payment: PaymentId | None = None
    amount: Amount | None = None
    pixels: Digest | None = None
    painted_at: Instant


class ClockReading(Frozen):
    """What a counter knows of the time: how far the office's clock is ahead of its own, in milliseconds.

    `uncertainty_ms` is how wrong that may be. Without trust it shows no code.
    """

    is_trusted: bool
    offset_ms: int | None = None
    uncertainty_ms: Annotated[int, Field(ge=0)] | None = None


class CounterStatus(Frozen):
    """Alive or not; retained, also the will. `seen` is the last frame, None when the glass is dark.

    `clock` is None where nobody asked. `waiting_slips` lie on the shelf until there is paper.

    `born_at` names the connection: of two words about one connection the death is the last, of two connections the
    younger counts, in whatever order a broker hands them out.
    """

    type: Literal["counter_status"] = "counter_status"
    is_online: bool
    born_at: Instant
    printer: PrinterStatus = PrinterStatus.UNKNOWN
    seen: Seen | None = None
    clock: ClockReading | None = None
    waiting_slips: Annotated[int, Field(ge=0)] = 0


class CounterInfo(Frozen):
    """What the counter is made of; retained, changes only at start."""

    type: Literal["counter_info"] = "counter_info"
    software: Annotated[str, Field(max_length=64)]
    display: Annotated[str, Field(max_length=64)]
    printer: Annotated[str, Field(max_length=64)]
    fleet_serial: Annotated[int, Field(ge=0)] = 0
    """The newest document of the fleet that this counter follows."""


OfficeBody = (
    PaymentRequest
    | PaymentCancellation
    | PaymentParking
    | PaymentPreparing
    | PaymentChecking
    | PaymentWaived
    | PaymentResult
    | Reprint
    | SlipWanted
    | SlipRelease
    | TrialWanted
    | DayEndWanted
    | TimeTold
    | FleetOrders
    | TrafficReport
    | Cards
    | Ack
)
CounterBody = (
    Ack
    | Displayed
    | PaymentRefused
    | HelpAsked
    | Trouble
    | ReceiptReport
    | SlipReleased
    | TrialReport
    | TimeAsked
    | TrafficReport
    | CounterStatus
    | CounterInfo
)
Body = Annotated[OfficeBody | CounterBody, Field(discriminator="type")]


class Envelope(Frozen):
    """Who says what to whom, and when. The signature covers all of it.

    `sequence` counts one sender's messages to one counter from 1; `site` and `counter` bind the message to that
    counter.
    """

    version: Literal[1] = 1
    id: MessageId
    site: SiteId
    counter: CounterId
    sequence: Annotated[int, Field(ge=0)]
    issued_at: Instant
    body: Body


def dump(envelope: Envelope) -> bytes:
    """UTF-8 JSON, fields in the order of the model."""
    return envelope.model_dump_json().encode()


def load(raw: bytes) -> Envelope:
    """Read an envelope; unknown fields are ignored, and a payment request need not agree with its code.

    Raises `MessageError` naming the first field that is wrong, or the type or version that is unknown.
    """
    if len(raw) > MAX_BYTES:
        raise MessageError(f"oversized: {len(raw)} bytes, at most {MAX_BYTES}")
    try:
        # Strict: a number in quotes or a `true` where an amount belongs is a writer's mistake, not ours to guess at.
        return Envelope.model_validate_json(raw, strict=True, context=READING)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise MessageError(f"{where}: {first['msg']}") from error
