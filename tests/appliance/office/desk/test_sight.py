from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.office.desk.sight import Glass, glass_of, sight, words
from appliance.office.payment import Payment, Place, State
from appliance.office.records import CounterState
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, Line, PrinterStatus, ScreenName, Seen
from mqtt_schema.types import Vnd

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
THIRTY_FIVE = "35.000\u202fđ"
PAYMENT = Payment(
    id="1" * 32,
    reference="HK7Q4M2X9AF",
    counter="quay-1",
    clerk="Nguyễn Thị Bình",
    channel=Channel.COUNTER,
    source="desk",
    lines=(Line(dossier="H26.1-261122-0007", fee_code="CT", fee_name="Phí", amount=Vnd(35000), kind=FeeKind.PHI),),
    amount=Vnd(35000),
    beneficiary=Beneficiary(bin="970403", account="0011", account_name="UBND", bank_name="Sacombank"),
    payload="0002",
    created_at=NOW,
    place=Place.SHOWN,
    expires_at=NOW + timedelta(minutes=5),
)
OFFERED, REFUSED = replace(PAYMENT, place=Place.OFFERED), replace(PAYMENT, place=Place.REFUSED)
OTHER = "2" * 32


def frame(screen: ScreenName, payment: str | None = None, amount: int | None = None) -> Seen:
    return Seen(screen=screen, payment=payment, amount=None if amount is None else Vnd(amount), painted_at=NOW)


def glass(seen: Seen | None, *, is_heard: bool = True) -> Glass:
    state = CounterState("quay-1", is_online=True, printer=PrinterStatus.READY, seen_at=NOW, trouble="", seen=seen)
    return Glass("Quầy 1", state, is_heard)


CODE = frame(ScreenName.CODE, PAYMENT.id, 35000)
IDLE = frame(ScreenName.IDLE)


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (CODE, f"Người dân đang thấy {THIRTY_FIVE}"),
        (frame(ScreenName.ON_BEHALF, PAYMENT.id, 35000), f"Người dân đang thấy: cán bộ nộp thay {THIRTY_FIVE}"),
        (frame(ScreenName.CHECKING, PAYMENT.id, 35000), f"Người dân đang thấy: đang kiểm tra {THIRTY_FIVE}"),
        (frame(ScreenName.PAID, PAYMENT.id, 35000), f"Người dân đang thấy kết quả Đã nhận tiền {THIRTY_FIVE}"),
        (frame(ScreenName.PAID, PAYMENT.id), "Người dân đang thấy kết quả Đã nhận tiền"),
        (IDLE, "Người dân đang thấy màn hình chờ"),
        (frame(ScreenName.EXPIRED, PAYMENT.id), "Người dân đang thấy kết quả Mã hết hạn"),
    ],
)
def test_a_frame_is_said_in_words_with_its_amount(seen: Seen, sentence: str) -> None:
    assert words(seen) == sentence


@pytest.mark.parametrize("screen", list(ScreenName))
def test_every_screen_has_its_words(screen: ScreenName) -> None:
    said = words(frame(screen, PAYMENT.id, 35000))
    assert said.startswith("Người dân đang thấy")
    assert len(said) > len("Người dân đang thấy ")


@pytest.mark.parametrize("screen", [ScreenName.CODE, ScreenName.ON_BEHALF, ScreenName.CHECKING])
@pytest.mark.parametrize("payment", [PAYMENT, OFFERED])
def test_a_glass_that_shows_what_is_believed_is_not_warned_of(payment: Payment, screen: ScreenName) -> None:
    seen = sight(glass(frame(screen, PAYMENT.id, 35000)), [payment], NOW)
    assert THIRTY_FIVE in seen.sentence
    assert seen.warning == ""


@pytest.mark.parametrize("screen", [ScreenName.ON_BEHALF, ScreenName.CHECKING])
def test_a_citizen_who_opens_the_menu_makes_nobody_cancel(screen: ScreenName) -> None:
    assert sight(glass(frame(screen, PAYMENT.id)), [PAYMENT], NOW).warning == ""


def test_a_free_counter_shows_its_idle_screen_or_a_result_without_a_warning() -> None:
    for seen in (IDLE, frame(ScreenName.PAID, OTHER, 35000), frame(ScreenName.PREPARING)):
        assert sight(glass(seen), [], NOW).warning == ""


def test_a_code_on_its_way_is_said_not_to_be_seen_yet() -> None:
    said = sight(glass(IDLE), [OFFERED], NOW)
    assert said.sentence == f"Người dân chưa thấy mã {THIRTY_FIVE}, đang thấy màn hình chờ"
    assert said.warning == ""
    after_another = sight(glass(frame(ScreenName.PAID, OTHER, 8000)), [OFFERED], NOW)
    assert after_another.sentence.endswith("đang thấy kết quả Đã nhận tiền 8.000\u202fđ")


@pytest.mark.parametrize(
    ("seen", "line", "warning"),
    [
        (frame(ScreenName.CODE, OTHER, 30000), [PAYMENT], "khoản 30.000\u202fđ của một lệnh thu khác"),
        (frame(ScreenName.CODE, OTHER, 30000), [OFFERED], "khoản 30.000\u202fđ của một lệnh thu khác"),
        (frame(ScreenName.CODE, PAYMENT.id, 30000), [PAYMENT], f"hiện khoản 30.000\u202fđ, ở đây là {THIRTY_FIVE}"),
        (frame(ScreenName.CODE, PAYMENT.id), [PAYMENT], "hiện một khoản, ở đây là"),
        (IDLE, [PAYMENT], "không hiện mã. Mời người dân quét ngay tại đây"),
        (CODE, [], "mà ở đây không còn chờ trả"),
        (CODE, [REFUSED], "mà ở đây không còn chờ trả"),
        (None, [PAYMENT], "mời người dân quét mã ngay tại đây và báo kỹ thuật"),
        (None, [], "Nếu nhìn thấy tối thật, báo kỹ thuật"),
    ],
)
def test_a_glass_that_shows_something_else_is_warned_of(seen: Seen | None, line: list[Payment], warning: str) -> None:
    assert warning in sight(glass(seen), line, NOW).warning


def test_of_a_silent_counter_nobody_knows_what_is_seen() -> None:
    said = sight(glass(CODE, is_heard=False), [PAYMENT], NOW)
    assert said.sentence == "Không biết người dân đang thấy gì"
    assert said.warning.startswith("Không nghe tin của Quầy 1 từ 08:30.")
    assert sight(glass(CODE, is_heard=False), [], NOW).warning == ""
    assert glass(CODE, is_heard=False).seen is None


def test_a_code_that_ran_out_is_not_expected_any_more() -> None:
    late = NOW + timedelta(minutes=5)
    assert sight(glass(IDLE), [PAYMENT], late).warning == ""
    assert sight(glass(IDLE), [replace(PAYMENT, state=State.PAID)], NOW).warning == ""


@pytest.mark.parametrize(("seconds", "is_heard"), [(0, True), (14, True), (15, False)])
def test_a_counter_that_was_not_heard_for_so_long_is_offline(
    office_settings: OfficeSettings, seconds: int, is_heard: bool
) -> None:
    heard = {"quay-1": glass(CODE).state}
    at = NOW + timedelta(seconds=seconds)
    assert glass_of(office_settings, "quay-1", heard, at).is_heard is is_heard
    assert not glass_of(office_settings, "quay-2", heard, at).is_heard
    assert glass_of(office_settings, "quay-9", heard, at).counter_name == "quay-9"
