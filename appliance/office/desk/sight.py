"""Pure: what the person at a counter sees now, in words, held against what the office believes stands there.

The counter reports its last frame with every heartbeat. What is not heard is not guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.office import payment as core
from appliance.office.desk.days import clock_words
from appliance.office.desk.figures import vnd
from appliance.office.payment import Payment, Place
from appliance.office.records import CounterState, unheard
from appliance.settings import OfficeSettings
from mqtt_schema.messages import ScreenName, Seen
from mqtt_schema.types import Instant

SCANNED = {ScreenName.CODE, ScreenName.ON_BEHALF, ScreenName.CHECKING}
"""Screens on which a payment is still to be made."""

_WITH_AMOUNT: Mapping[ScreenName, str] = {
    ScreenName.CODE: "Người dân đang thấy {amount}",
    ScreenName.ON_BEHALF: "Người dân đang thấy: cán bộ nộp thay {amount}",
    ScreenName.CHECKING: "Người dân đang thấy: đang kiểm tra {amount}",
    ScreenName.PAID: "Người dân đang thấy kết quả Đã nhận tiền {amount}",
}

_OTHER: Mapping[ScreenName, str] = {
    ScreenName.IDLE: "màn hình chờ",
    ScreenName.ASLEEP: "màn hình nghỉ, chạm vào là sáng",
    ScreenName.OFFLINE: "thông báo mất kết nối",
    ScreenName.PREPARING: "cán bộ đang chuẩn bị",
    ScreenName.WAIVED: "kết quả Miễn thu",
    ScreenName.EXPIRED: "kết quả Mã hết hạn",
    ScreenName.CANCELLED: "kết quả Đã hủy",
    ScreenName.SEE_CLERK: "lời mời gặp cán bộ",
    ScreenName.OUT_OF_SERVICE: "thông báo quầy tạm ngừng",
    ScreenName.TECHNICIAN: "trang của kỹ thuật viên",
}


@dataclass(frozen=True)
class Sight:
    """What stands on a glass. `warning` says what is wrong with it and what to do; empty when all is well."""

    sentence: str
    warning: str = ""


@dataclass(frozen=True)
class Glass:
    """A counter's glass as it was last heard of. `is_heard`: the counter speaks, so the last word is still true."""

    counter_name: str
    state: CounterState
    is_heard: bool

    @property
    def seen(self) -> Seen | None:
        """The frame that stands there now; None when it is dark or nobody knows."""
        return self.state.seen if self.is_heard else None


def glass_of(office: OfficeSettings, counter: str, heard: Mapping[str, CounterState], now: Instant) -> Glass:
    """The glass of one counter, of all that were heard of."""
    entry, state = office.counter(counter), heard.get(counter, unheard(counter))
    return Glass(entry.name if entry else counter, state, state.is_heard(now, office.offline_after_s))


def sight(glass: Glass, line: Sequence[Payment], now: Instant) -> Sight:
    """Say what the person at this counter sees. `line` are the counter's pending payments."""
    holder = next((payment for payment in line if core.holds_glass(payment, now)), None)
    if not glass.is_heard:
        return Sight("Không biết người dân đang thấy gì", _silence(glass) if holder else "")
    seen = glass.seen
    if seen is None:
        return Sight("Màn hình người dân đang tối", _darkness(glass, holder))
    expected = None if holder is None or holder.place is Place.REFUSED else holder
    warning = _contradiction(glass.counter_name, seen, expected)
    if expected is not None and seen.screen not in SCANNED:
        return Sight(f"Người dân chưa thấy mã {vnd(expected.amount)}, đang thấy {_short(seen)}", warning)
    return Sight(words(seen), warning)


def words(seen: Seen) -> str:
    """One frame in words, with the amount that stands on it."""
    if seen.screen not in _WITH_AMOUNT:
        return f"Người dân đang thấy {_short(seen)}"
    amount = "" if seen.amount is None else vnd(seen.amount)
    return _WITH_AMOUNT[seen.screen].format(amount=amount).rstrip()


def _short(seen: Seen) -> str:
    return _OTHER.get(seen.screen) or words(seen).removeprefix("Người dân đang thấy").lstrip(": ")


def _silence(glass: Glass) -> str:
    since = f" từ {clock_words(glass.state.seen_at)}" if glass.state.seen_at else ""
    return (
        f"Không nghe tin của {glass.counter_name}{since}. Hãy nhìn màn hình, hoặc mời người dân quét mã ngay tại đây."
    )


def _darkness(glass: Glass, holder: Payment | None) -> str:
    meanwhile = "mời người dân quét mã ngay tại đây và " if holder else ""
    return f"Màn hình {glass.counter_name} không hiện gì. Nếu nhìn thấy tối thật, {meanwhile}báo kỹ thuật."


def _contradiction(name: str, seen: Seen, expected: Payment | None) -> str:
    """Why the frame is not what the office believes, or nothing."""
    amount = "một khoản" if seen.amount is None else f"khoản {vnd(seen.amount)}"
    if expected is None:
        over = f"Màn hình {name} còn hiện {amount} mà ở đây không còn chờ trả. {_DO_NOT_SCAN}"
        return over if seen.screen in SCANNED else ""
    if seen.screen in SCANNED and seen.payment != expected.id:
        return f"Màn hình {name} đang hiện {amount} của một lệnh thu khác. {_DO_NOT_SCAN}"
    if seen.screen in SCANNED and seen.amount != expected.amount and not _is_behind_menu(seen):
        return f"Màn hình {name} hiện {amount}, ở đây là {vnd(expected.amount)}. {_DO_NOT_SCAN}"
    if expected.place is Place.SHOWN and seen.screen not in SCANNED:
        return f"Màn hình {name} không hiện mã. Mời người dân quét ngay tại đây, hoặc tạm gác rồi hiện lại."
    return ""


def _is_behind_menu(seen: Seen) -> bool:
    """Where no code stands, a menu that the citizen opened hides the amount: nothing is wrong with it."""
    return seen.amount is None and seen.screen is not ScreenName.CODE


_DO_NOT_SCAN = "Mời người dân chưa quét; nếu vài giây sau vẫn vậy, hủy khoản này và báo kỹ thuật."
