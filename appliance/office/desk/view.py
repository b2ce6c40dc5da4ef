"""Pure: what a clerk sees of a payment, in words, shapes and tones. It decides nothing and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from appliance.office import payment as core
from appliance.office import preflight
from appliance.office.desk import credits as money
from appliance.office.desk.days import clock_words, exact_words
from appliance.office.desk.figures import tail, vnd
from appliance.office.desk.sight import SCANNED, Glass, Sight, sight, words
from appliance.office.desk.signs import Chip, Notice, Status
from appliance.office.payment import Payment, Place, State
from appliance.office.records import BookedCredit
from mqtt_schema.messages import ScreenName
from mqtt_schema.types import Instant


@dataclass(frozen=True)
class Actions:
    """What may be done with a payment now; `main` names the one button that stands out."""

    can_cancel: bool
    can_park: bool
    can_resume: bool
    can_insist: bool
    can_check: bool
    can_pay_on_behalf: bool
    main: str


@dataclass(frozen=True)
class Surroundings:
    """All that a payment's view needs besides the payment: its counter, the counter's line, its credits, the time."""

    now: Instant
    glass: Glass
    pending: Sequence[Payment]
    credits: Sequence[BookedCredit]
    settle_s: int

    @property
    def counter_name(self) -> str:
        """What people call the counter."""
        return self.glass.counter_name

    @property
    def sight(self) -> Sight:
        """What the person at the counter sees."""
        return sight(self.glass, self.pending, self.now)


_STATES: Mapping[State, Chip] = {
    State.PENDING: Chip("Đang thu", "hourglass", "ink"),
    State.WAIVED: Chip("Miễn thu", "circle", "ink"),
    State.PAID: Chip("Đã thu", "tick", "green"),
    State.UNDERPAID: money.TOO_LITTLE,
    State.OVERPAID: money.TOO_MUCH,
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
    "signature": "chữ ký của lệnh (khóa ký của văn phòng vừa bị thu hồi)",
}


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


def status(payment: Payment, around: Surroundings) -> Status:
    """How the payment stands, in large words and one sentence."""
    shown = chip(payment, around.now)
    if payment.place is Place.SHOWN and core.holds_glass(payment, around.now):
        return _shown_status(payment, around, shown)
    headline, sentence = _words(payment, around)
    return Status(headline, sentence, shown.shape, shown.tone)


def _shown_status(payment: Payment, around: Surroundings, shown: Chip) -> Status:
    """What the glass itself says counts for more than what was once reported."""
    seen = around.sight
    if seen.warning:
        return Status(seen.sentence, seen.warning, "hand", "amber")
    if payment.is_on_behalf:
        mine = "Quét mã tại đây bằng điện thoại của cán bộ. Người dân không phải quét gì."
        return Status(f"Cán bộ nộp thay {vnd(payment.amount)}", mine, shown.shape, shown.tone)
    checking = "Màn hình tạm ẩn mã để không ai trả hai lần; chưa đầy một phút sau mã hiện lại."
    is_hidden = around.glass.seen is not None and around.glass.seen.screen is ScreenName.CHECKING
    asked = checking if is_hidden else "Mời người dân mở ứng dụng ngân hàng và quét mã."
    return Status(seen.sentence, asked, shown.shape, shown.tone)


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
            return "Đã hết hạn", "Chưa nhận được tiền. Nếu người dân vẫn muốn trả, hãy tạo khoản thu mới."
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
        case Place.REFUSED:
            return "Quầy không hiện mã", (
                f"Không khớp ở: {field_words(payment.refused_field)}. Người dân được mời gặp cán bộ. "
                "Hãy hủy và tạo lại; nếu lặp lại, báo kỹ thuật."
            )
        case Place.PARKED:
            return "Đang tạm gác", "Mã đã rời màn hình nhưng vẫn trả được. Tiền về sẽ hiện ở đây."
        case _:
            return _waiting_words(payment, around)


def _offered_words(payment: Payment, around: Surroundings) -> tuple[str, str]:
    if around.glass.is_heard:
        return f"Đang gửi mã tới {around.counter_name}", "Mã sẽ hiện trên màn hình người dân trong giây lát."
    return f"{around.counter_name} đang mất kết nối", (
        f"Mã {vnd(payment.amount)} sẽ hiện khi quầy kết nối lại. Trong lúc chờ, người dân có thể quét mã ngay tại đây."
    )


def _waiting_words(payment: Payment, around: Surroundings) -> tuple[str, str]:
    ahead = ahead_of(payment, around.pending, around.now)
    if held := held_back(payment, around):
        return "Chưa đưa mã ra quầy", " ".join([*held, "Khi quầy sẵn sàng, mã tự hiện."])
    if not ahead:
        return "Đang chờ đến lượt", f"Mã sắp hiện ở {around.counter_name}."
    last = ahead[-1]
    return "Đang chờ đến lượt", (
        f"Thứ {len(ahead)} trong hàng chờ của {around.counter_name}, "
        f"sau khoản {vnd(last.amount)} của {last.clerk} (hồ sơ {tail(last.lines[0].dossier)})."
    )


def held_back(payment: Payment, around: Surroundings) -> list[str]:
    """Why a waiting code is not offered although it is its turn: what is missing at its counter, in sentences."""
    is_its_turn = payment.state is State.PENDING and payment.place is Place.WAITING and not payment.is_insisted
    if not is_its_turn or is_out_of_time(payment, around.now) or ahead_of(payment, around.pending, around.now):
        return []
    glass = around.glass
    found = preflight.missing(glass.state, glass.counter_name, is_heard=glass.is_heard)
    return [one.sentence for one in found]


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
    """What else there is to know: what the glass shows, money that came twice or late."""
    return [*_sight_notices(payment, around), *money.notices(around.credits)]


def _sight_notices(payment: Payment, around: Surroundings) -> list[Notice]:
    """Of a code on its way, what is wrong with the glass; of an ended payment, that its result stands there."""
    seen = around.glass.seen
    if payment.place is Place.OFFERED and core.holds_glass(payment, around.now):
        warning = around.sight.warning if around.glass.is_heard else ""
        return [Notice(warning, "hand", "amber")] if warning else []
    is_about_it = seen is not None and seen.payment == payment.id and seen.screen not in SCANNED
    if payment.state is not State.PENDING and seen is not None and is_about_it:
        return [Notice(f"{words(seen)}.", "eye", "ink")]
    return []


def actions(payment: Payment, around: Surroundings, paper: str = "") -> Actions:
    """What may be done now. `paper` is the slip's own button that stands out, if one does."""
    now = around.now
    is_pending = payment.state is State.PENDING
    is_valid = is_pending and not is_out_of_time(payment, now)
    is_on_glass = is_valid and payment.place in {Place.OFFERED, Place.SHOWN}
    can_resume = is_valid and payment.place is Place.PARKED
    can_insist = bool(held_back(payment, around))
    return Actions(
        can_cancel=is_pending,
        can_park=is_on_glass,
        can_resume=can_resume,
        can_insist=can_insist,
        can_check=is_valid and payment.place is Place.SHOWN,
        can_pay_on_behalf=is_valid and payment.place is not Place.REFUSED and not payment.is_on_behalf,
        main=paper or _main(payment, can_resume=can_resume, can_insist=can_insist),
    )


def _main(payment: Payment, *, can_resume: bool, can_insist: bool) -> str:
    if can_resume:
        return "resume"
    if can_insist:
        return "insist"
    return "cancel" if payment.place is Place.REFUSED and payment.state is State.PENDING else "new"
