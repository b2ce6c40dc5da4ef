"""Pure: what a clerk sees of a payment, in words, shapes and tones. It decides nothing and changes nothing.

A tone is one of ink, blue, green, amber, red; a shape is the name of a drawing in `icons.html`. No meaning stands in a
tone alone: every one has its shape and its word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from appliance.office import payment as core
from appliance.office.desk.days import clock_words, exact_words
from appliance.office.events import Verdict
from appliance.office.payment import Payment, Place, State
from appliance.office.records import BookedCredit, CounterState
from mqtt_schema.messages import SlipOutcome
from mqtt_schema.money import NARROW_NO_BREAK_SPACE, format_vnd
from mqtt_schema.types import Instant


@dataclass(frozen=True)
class Chip:
    """A state in one or two words."""

    word: str
    shape: str
    tone: str


@dataclass(frozen=True)
class Notice:
    """Something to know besides the state, in a sentence that says what to do."""

    sentence: str
    shape: str
    tone: str


@dataclass(frozen=True)
class Status:
    """How a payment stands: the large words, and one sentence beneath."""

    headline: str
    sentence: str
    shape: str
    tone: str


@dataclass(frozen=True)
class Actions:
    """What may be done with a payment now; `main` names the one button that stands out."""

    can_cancel: bool
    can_park: bool
    can_resume: bool
    can_copy: bool
    main: str


@dataclass(frozen=True)
class Surroundings:
    """All that a payment's view needs besides the payment: its counter, the counter's line, its credits, the time."""

    now: Instant
    counter_name: str
    counter: CounterState | None
    pending: Sequence[Payment]
    credits: Sequence[BookedCredit]
    settle_s: int

    @property
    def is_online(self) -> bool:
        """Whether the counter can be reached."""
        return self.counter is not None and self.counter.is_online


_STATES: Mapping[State, Chip] = {
    State.PENDING: Chip("Đang thu", "hourglass", "ink"),
    State.WAIVED: Chip("Miễn thu", "circle", "ink"),
    State.PAID: Chip("Đã thu", "tick", "green"),
    State.UNDERPAID: Chip("Thiếu tiền", "minus", "amber"),
    State.OVERPAID: Chip("Thừa tiền", "plus", "amber"),
    State.EXPIRED: Chip("Hết hạn", "clock", "ink"),
    State.CANCELLED: Chip("Đã hủy", "cross", "ink"),
    State.PAID_LATE: Chip("Thu muộn", "tick", "green"),
}

_PLACES: Mapping[Place, Chip] = {
    Place.WAITING: Chip("Chờ đến lượt", "hourglass", "ink"),
    Place.OFFERED: Chip("Đang gửi mã", "send", "blue"),
    Place.SHOWN: Chip("Đang hiện mã", "code", "blue"),
    Place.REFUSED: Chip("Quầy từ chối", "hand", "amber"),
    Place.PARKED: Chip("Tạm gác", "pause", "ink"),
    Place.NOWHERE: Chip("Đang thu", "hourglass", "ink"),
}

_OUT_OF_TIME = Chip("Hết giờ quét", "clock", "amber")

_FIELDS = {
    "crc": "nội dung mã QR (mã kiểm tra không đúng)",
    "beneficiary": "tài khoản thụ hưởng",
    "amount": "số tiền",
    "reference": "mã tham chiếu",
    "expiry": "thời hạn của mã",
    "clock": "đồng hồ của quầy (quầy chưa biết giờ đúng)",
}

_VERDICTS: Mapping[Verdict, Chip] = {
    Verdict.MATCHED: Chip("Đã khớp", "tick", "green"),
    Verdict.LATE: Chip("Về muộn", "clock", "amber"),
    Verdict.SURPLUS: Chip("Trả thừa lần", "plus", "amber"),
    Verdict.UNMATCHED: Chip("Chưa rõ khoản", "question", "amber"),
}

_ADVICE: Mapping[Verdict, str] = {
    Verdict.LATE: "Tiền về sau khi khoản thu đã hết hạn hoặc bị hủy; chờ xử lý.",
    Verdict.SURPLUS: "Khoản thu này đã có tiền trước đó; chờ hoàn trả.",
    Verdict.UNMATCHED: "Không tìm thấy mã tham chiếu trong nội dung chuyển khoản; chờ đối chiếu.",
}


def vnd(amount: int) -> str:
    """42.308.000 đ, with a narrow space that never breaks."""
    return format_vnd(amount, gap=NARROW_NO_BREAK_SPACE)


def tail(dossier: str) -> str:
    """The last part of a dossier number, enough to tell two on one desk apart."""
    return "…" + dossier.rpartition("-")[2]


def is_out_of_time(payment: Payment, now: Instant) -> bool:
    """Whether a pending code can no longer be scanned, though the bank's word may still come."""
    return payment.state is State.PENDING and payment.expires_at is not None and now >= payment.expires_at


def is_scannable(payment: Payment, now: Instant) -> bool:
    """Whether the code may be shown to be scanned: never one that a counter has refused to show."""
    is_open = payment.state is State.PENDING and not is_out_of_time(payment, now)
    return is_open and payment.place is not Place.REFUSED


def chip(payment: Payment, now: Instant) -> Chip:
    """The payment's state in a word and a shape."""
    if is_out_of_time(payment, now):
        return _OUT_OF_TIME
    return _PLACES[payment.place] if payment.state is State.PENDING else _STATES[payment.state]


def credit_chip(booked: BookedCredit, payment: Payment | None) -> Chip:
    """What became of a credit, in a word and a shape; of a held one, whether it was too little or too much."""
    if booked.verdict is Verdict.HELD:
        return _STATES[State.UNDERPAID if _is_short(booked, payment) else State.OVERPAID]
    return _VERDICTS[booked.verdict]


def credit_advice(booked: BookedCredit, payment: Payment | None) -> str:
    """What a credit that is no match is waiting for; empty for a match."""
    if booked.verdict is Verdict.HELD:
        of = f" trên {vnd(payment.amount)}" if payment else ""
        return f"Nhận {vnd(booked.credit.amount)}{of}; tiền được giữ lại chờ xử lý."
    return _ADVICE.get(booked.verdict, "")


def _is_short(booked: BookedCredit, payment: Payment | None) -> bool:
    return payment is not None and booked.credit.amount < payment.amount


def status(payment: Payment, around: Surroundings) -> Status:
    """How the payment stands, in large words and one sentence."""
    shown = chip(payment, around.now)
    headline, sentence = _words(payment, around)
    return Status(headline, sentence, shown.shape, shown.tone)


def _words(payment: Payment, around: Surroundings) -> tuple[str, str]:
    match payment.state:
        case State.PENDING:
            return _pending_words(payment, around)
        case State.PAID | State.PAID_LATE:
            return _paid_words(payment)
        case State.WAIVED:
            return "Miễn thu", f"Lý do: {payment.waiver_reason}. Không có mã QR, không phải trả tiền."
        case State.UNDERPAID:
            missing = vnd(payment.amount - payment.received)
            return "Thiếu tiền", f"Đã nhận {vnd(payment.received)}, còn thiếu {missing}. {_NOT_PAID}"
        case State.OVERPAID:
            extra = vnd(payment.received - payment.amount)
            return "Thừa tiền", f"Đã nhận {vnd(payment.received)}, thừa {extra}. {_NOT_PAID}"
        case State.EXPIRED:
            return "Đã hết hạn", "Chưa nhận được tiền. Nếu công dân vẫn muốn trả, hãy tạo khoản thu mới."
        case State.CANCELLED:
            return "Đã hủy", "Mã không còn dùng được. Nếu cần, hãy tạo khoản thu mới."
        case never:
            assert_never(never)


_NOT_PAID = "Chưa được coi là đã thu: tiền được giữ lại chờ xử lý."


def _paid_words(payment: Payment) -> tuple[str, str]:
    at = exact_words(payment.paid_at) if payment.paid_at else ""
    bank = f" Mã giao dịch ngân hàng: {payment.bank_reference}." if payment.bank_reference else ""
    return "Đã nhận tiền", f"{vnd(payment.received)} lúc {at}.{bank}"


def _pending_words(payment: Payment, around: Surroundings) -> tuple[str, str]:
    if payment.expires_at and is_out_of_time(payment, around.now):
        return "Mã đã hết giờ quét", (
            f"Mã hết hạn lúc {clock_words(payment.expires_at)}. "
            f"Chờ ngân hàng báo nốt khoản chuyển kịp giờ, tối đa {around.settle_s} giây nữa."
        )
    match payment.place:
        case Place.OFFERED:
            return _offered_words(payment, around)
        case Place.SHOWN:
            return f"Công dân đang thấy {vnd(payment.amount)}", "Mời công dân mở ứng dụng ngân hàng và quét mã."
        case Place.REFUSED:
            return "Quầy không hiện mã", (
                f"Không khớp ở: {field_words(payment.refused_field)}. Công dân được mời gặp cán bộ. "
                "Hãy hủy và tạo lại; nếu lặp lại, báo kỹ thuật."
            )
        case Place.PARKED:
            return "Đang tạm gác", "Mã đã rời màn hình nhưng vẫn trả được. Tiền về sẽ hiện ở đây."
        case _:
            return _waiting_words(payment, around)


def _offered_words(payment: Payment, around: Surroundings) -> tuple[str, str]:
    if around.is_online:
        return f"Đang gửi mã tới {around.counter_name}", "Mã sẽ hiện trên màn hình công dân trong giây lát."
    return f"{around.counter_name} đang mất kết nối", (
        f"Mã {vnd(payment.amount)} sẽ hiện khi quầy kết nối lại. Trong lúc chờ, công dân có thể quét mã ngay tại đây."
    )


def _waiting_words(payment: Payment, around: Surroundings) -> tuple[str, str]:
    ahead = ahead_of(payment, around.pending, around.now)
    if not ahead:
        return "Đang chờ đến lượt", f"Mã sắp hiện ở {around.counter_name}."
    last = ahead[-1]
    return "Đang chờ đến lượt", (
        f"Thứ {len(ahead)} trong hàng chờ của {around.counter_name}, "
        f"sau khoản {vnd(last.amount)} của {last.clerk} (hồ sơ {tail(last.lines[0].dossier)})."
    )


def ahead_of(payment: Payment, pending: Sequence[Payment], now: Instant) -> list[Payment]:
    """Whom a waiting payment waits for: the one on the glass first, then who came earlier."""
    line = [other for other in pending if other.counter == payment.counter and other.id != payment.id]
    on_glass = [other for other in line if core.holds_glass(other, now)]
    mine = (payment.created_at, payment.id)
    earlier = [
        other
        for other in line
        if other.place is Place.WAITING and not is_out_of_time(other, now) and (other.created_at, other.id) < mine
    ]
    return on_glass + sorted(earlier, key=lambda other: (other.created_at, other.id))


def field_words(field: str | None) -> str:
    """Name the field for which a counter refused a code."""
    return _FIELDS.get(field or "", field or "chưa rõ")


def notices(payment: Payment, around: Surroundings) -> list[Notice]:
    """What else there is to know: the slip, money that came twice or late."""
    return [*_slip_notices(payment), *_credit_notices(around.credits)]


def _slip_notices(payment: Payment) -> list[Notice]:
    reason = f" ({payment.slip_reason})" if payment.slip_reason else ""
    match payment.slip:
        case SlipOutcome.PRINTED:
            return [Notice("Phiếu đã in. Mời công dân nhận phiếu.", "paper", "ink")]
        case SlipOutcome.NOT_PRINTED:
            return [Notice(f"Phiếu chưa in được{reason}. Xem lại máy in rồi in bản sao.", "cross", "red")]
        case SlipOutcome.POSSIBLY_PRINTED:
            doubt = f"Không chắc phiếu đã in{reason}. Hãy nhìn máy in: chưa có phiếu thì in bản sao."
            return [Notice(doubt, "hand", "amber")]
    return [Notice("Đang chờ quầy in phiếu.", "hourglass", "ink")] if payment.paid_at else []


def _credit_notices(booked_credits: Sequence[BookedCredit]) -> list[Notice]:
    words = {Verdict.LATE: "Tiền về muộn", Verdict.SURPLUS: "Công dân đã chuyển thêm một lần nữa"}
    return [
        Notice(
            f"{words[booked.verdict]}: {vnd(booked.credit.amount)} lúc {exact_words(booked.booked_at)}. "
            f"{_ADVICE[booked.verdict]}",
            _VERDICTS[booked.verdict].shape,
            "amber",
        )
        for booked in booked_credits
        if booked.verdict in words
    ]


def actions(payment: Payment, now: Instant) -> Actions:
    """What may be done now."""
    is_pending = payment.state is State.PENDING
    is_valid = is_pending and not is_out_of_time(payment, now)
    can_resume = is_valid and payment.place is Place.PARKED
    needs_copy = payment.slip in {SlipOutcome.NOT_PRINTED, SlipOutcome.POSSIBLY_PRINTED}
    return Actions(
        can_cancel=is_pending,
        can_park=is_valid and payment.place in {Place.OFFERED, Place.SHOWN},
        can_resume=can_resume,
        can_copy=payment.paid_at is not None,
        main=_main(payment, can_resume=can_resume, needs_copy=needs_copy),
    )


def _main(payment: Payment, *, can_resume: bool, needs_copy: bool) -> str:
    if can_resume:
        return "resume"
    if needs_copy:
        return "copy"
    return "cancel" if payment.place is Place.REFUSED and payment.state is State.PENDING else "new"
