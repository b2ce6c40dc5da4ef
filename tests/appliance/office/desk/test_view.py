from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.office.credit import Credit
from appliance.office.desk import credits as money
from appliance.office.desk import strip, view
from appliance.office.desk.sight import Glass
from appliance.office.events import Verdict
from appliance.office.payment import Payment, Place, State
from appliance.office.records import BookedCredit, CounterState, Trial
from mqtt_schema.messages import (
    Beneficiary,
    Channel,
    ClockReading,
    FeeKind,
    Line,
    PrinterStatus,
    ScreenName,
    Seen,
    SlipOutcome,
)
from mqtt_schema.types import Vnd

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
PAYMENT = Payment(
    id="1" * 32,
    reference="HK7Q4M2X9AF",
    counter="quay-1",
    clerk="Nguyễn Thị Bình",
    channel=Channel.COUNTER,
    source="desk",
    lines=(
        Line(dossier="H26.1-261122-0007", fee_code="CT", fee_name="Chứng thực", amount=Vnd(35000), kind=FeeKind.PHI),
    ),
    amount=Vnd(35000),
    beneficiary=Beneficiary(bin="970403", account="0011", account_name="UBND", bank_name="Sacombank"),
    payload="0002",
    created_at=NOW,
    place=Place.SHOWN,
    expires_at=NOW + timedelta(minutes=5),
)
CODE = Seen(screen=ScreenName.CODE, payment=PAYMENT.id, amount=PAYMENT.amount, painted_at=NOW)
ONLINE = CounterState("quay-1", is_online=True, printer=PrinterStatus.READY, seen_at=NOW, trouble="")
GLASS = Glass("Quầy 1", replace(ONLINE, seen=CODE), is_heard=True)
AROUND = view.Surroundings(NOW, GLASS, (PAYMENT,), (), settle_s=60)
THIRTY = "35.000\u202fđ"

Change = Callable[..., Payment]


def _payment(**changes: object) -> Payment:
    return replace(PAYMENT, **changes)  # type: ignore[arg-type]  # the tests name real fields


def _credit(verdict: Verdict, amount: int = 35000) -> BookedCredit:
    credit = Credit("sepay", "1", "FT1", "0011", None, Vnd(amount), "", NOW)
    return BookedCredit(1, credit, verdict, PAYMENT.id, NOW)


@pytest.mark.parametrize(
    ("payment", "headline", "sentence"),
    [
        (_payment(), f"Người dân đang thấy {THIRTY}", "quét mã"),
        (_payment(place=Place.OFFERED), "Đang gửi mã tới Quầy 1", "giây lát"),
        (_payment(place=Place.REFUSED, refused_field="amount"), "Quầy không hiện mã", "số tiền"),
        (_payment(place=Place.REFUSED, refused_field="crc"), "Quầy không hiện mã", "nội dung mã QR"),
        (_payment(place=Place.REFUSED, refused_field="new"), "Quầy không hiện mã", "ở: new"),
        (_payment(place=Place.REFUSED), "Quầy không hiện mã", "chưa rõ"),
        (_payment(place=Place.PARKED), "Đang tạm gác", "vẫn trả được"),
        (_payment(place=Place.WAITING, expires_at=None), "Đang chờ đến lượt", "sắp hiện ở Quầy 1"),
        (_payment(expires_at=NOW), "Mã đã hết giờ quét", "60 giây"),
        (_payment(state=State.WAIVED, waiver_reason="Hộ nghèo"), "Miễn thu", "Hộ nghèo"),
        (_payment(state=State.PAID, received=35000, paid_at=NOW, bank_reference="FT1"), "Đã nhận tiền", "FT1"),
        (_payment(state=State.PAID_LATE, received=35000, paid_at=NOW), "Đã nhận tiền", "08:30:00 ngày 22/11/2026."),
        (_payment(state=State.PAID, received=35000), "Đã nhận tiền", THIRTY),
        (_payment(state=State.UNDERPAID, received=30000), "Thiếu tiền", "còn thiếu 5.000\u202fđ"),
        (_payment(state=State.OVERPAID, received=40000), "Thừa tiền", "thừa 5.000\u202fđ"),
        (_payment(state=State.EXPIRED), "Đã hết hạn", "tạo khoản thu mới"),
        (_payment(state=State.CANCELLED), "Đã hủy", "không còn dùng được"),
    ],
)
def test_every_state_is_said_in_words(payment: Payment, headline: str, sentence: str) -> None:
    said = view.status(payment, AROUND)
    assert said.headline == headline
    assert sentence in said.sentence


def test_a_counter_that_is_away_is_said_to_be() -> None:
    away = replace(GLASS, is_heard=False)
    said = view.status(_payment(place=Place.OFFERED), replace(AROUND, glass=away))
    assert said.headline == "Quầy 1 đang mất kết nối"


def test_a_waiting_payment_says_behind_whom_it_stands() -> None:
    mine = _payment(id="5" * 32, place=Place.WAITING, expires_at=None, created_at=NOW)
    before = timedelta(minutes=-1)
    glass = _payment(id="2" * 32, clerk="Lê Văn Hùng")
    earlier = replace(mine, id="3" * 32, created_at=NOW + before, clerk="Phạm Thị Hoa")
    parked = _payment(id="4" * 32, place=Place.PARKED, created_at=NOW + before)
    later = replace(mine, id="6" * 32)
    elsewhere = replace(earlier, id="7" * 32, counter="quay-2")
    over = replace(earlier, id="8" * 32, expires_at=NOW)
    line = (later, earlier, glass, parked, mine, elsewhere, over)
    assert view.ahead_of(mine, line, NOW) == [glass, earlier]
    said = view.status(mine, replace(AROUND, pending=line)).sentence
    assert "Thứ 2 trong hàng chờ của Quầy 1" in said
    assert "của Phạm Thị Hoa (hồ sơ …0007)" in said


def test_every_state_has_a_word_a_shape_and_a_tone() -> None:
    for state in State:
        for place in Place:
            chip = view.chip(_payment(state=state, place=place), NOW)
            assert chip.word
            assert chip.shape
            assert chip.tone in {"ink", "blue", "green", "amber", "red"}
    assert view.chip(_payment(expires_at=NOW), NOW).word == "Hết giờ quét"


def test_the_result_on_the_glass_is_told_of() -> None:
    result = CODE.model_copy(update={"screen": ScreenName.PAID})
    around = replace(AROUND, glass=replace(GLASS, state=replace(ONLINE, seen=result)), pending=())
    (glass,) = view.notices(_payment(state=State.PAID, paid_at=NOW), around)
    assert (glass.shape, glass.sentence) == ("eye", f"Người dân đang thấy kết quả Đã nhận tiền {THIRTY}.")


def test_a_code_on_its_way_to_a_glass_that_shows_another_is_warned_of() -> None:
    offered = _payment(place=Place.OFFERED)
    other = CODE.model_copy(update={"payment": "f" * 32})
    around = replace(AROUND, glass=replace(GLASS, state=replace(ONLINE, seen=other)), pending=(offered,))
    (notice,) = view.notices(offered, around)
    assert "của một lệnh thu khác" in notice.sentence
    assert view.notices(offered, replace(AROUND, pending=(offered,))) == []


def test_on_behalf_the_clerk_is_told_to_scan() -> None:
    mine = _payment(is_on_behalf=True)
    seen = CODE.model_copy(update={"screen": ScreenName.ON_BEHALF})
    around = replace(AROUND, glass=replace(GLASS, state=replace(ONLINE, seen=seen)), pending=(mine,))
    said = view.status(mine, around)
    assert said.headline == f"Cán bộ nộp thay {THIRTY}"
    assert "Người dân không phải quét gì" in said.sentence


def test_while_the_bank_is_asked_the_glass_hides_the_code() -> None:
    seen = CODE.model_copy(update={"screen": ScreenName.CHECKING})
    around = replace(AROUND, glass=replace(GLASS, state=replace(ONLINE, seen=seen)))
    assert "tạm ẩn mã" in view.status(PAYMENT, around).sentence


def test_money_that_came_late_or_twice_is_told_of() -> None:
    booked = (_credit(Verdict.MATCHED), _credit(Verdict.LATE), _credit(Verdict.SURPLUS))
    late, surplus = view.notices(PAYMENT, replace(AROUND, credits=booked))
    assert late.sentence.startswith(f"Tiền về muộn: {THIRTY} lúc 08:30:00")
    assert surplus.sentence.startswith("Người dân đã chuyển thêm một lần nữa")


def test_a_credit_says_what_it_waits_for() -> None:
    short, over = _credit(Verdict.HELD, 30000), _credit(Verdict.HELD, 40000)
    assert money.chip(short, PAYMENT).word == "Thiếu tiền"
    assert money.chip(over, PAYMENT).word == "Thừa tiền"
    assert f"trên {THIRTY}" in money.advice(short, PAYMENT)
    assert "trên" not in money.advice(short, None)
    assert money.chip(_credit(Verdict.UNMATCHED), None).word == "Chưa rõ khoản"
    assert "mã tham chiếu" in money.advice(_credit(Verdict.UNMATCHED), None)
    assert money.chip(_credit(Verdict.MATCHED), PAYMENT).shape == "tick"
    assert money.advice(_credit(Verdict.MATCHED), PAYMENT) == ""


@pytest.mark.parametrize(
    ("payment", "can", "main"),
    [
        (_payment(), "cancel check park pay_on_behalf", "new"),
        (_payment(is_on_behalf=True), "cancel check park", "new"),
        (_payment(place=Place.OFFERED), "cancel park pay_on_behalf", "new"),
        (_payment(place=Place.WAITING), "cancel pay_on_behalf", "new"),
        (_payment(place=Place.PARKED), "cancel pay_on_behalf resume", "resume"),
        (_payment(place=Place.PARKED, expires_at=NOW), "cancel", "new"),
        (_payment(expires_at=NOW), "cancel", "new"),
        (_payment(place=Place.REFUSED), "cancel", "cancel"),
        (_payment(state=State.PAID, paid_at=NOW, place=Place.NOWHERE), "", "new"),
        (_payment(state=State.EXPIRED, place=Place.NOWHERE), "", "new"),
    ],
)
def test_only_what_can_be_done_is_offered(payment: Payment, can: str, main: str) -> None:
    actions = view.actions(payment, AROUND)
    words = ("cancel", "check", "insist", "park", "pay_on_behalf", "resume")
    assert [word for word in words if getattr(actions, f"can_{word}")] == can.split()
    assert actions.main == main


def test_a_button_about_the_slip_outshines_the_others() -> None:
    assert view.actions(_payment(state=State.PAID, paid_at=NOW), AROUND, "confirm").main == "confirm"


def test_a_code_that_waits_for_its_counter_says_what_is_missing_and_can_be_insisted_on() -> None:
    waiting = _payment(place=Place.WAITING, expires_at=None)
    empty = replace(GLASS, state=replace(ONLINE, seen=CODE, printer=PrinterStatus.PAPER_OUT))
    around = replace(AROUND, glass=empty, pending=(waiting,))
    said = view.status(waiting, around)
    assert said.headline == "Chưa đưa mã ra quầy"
    assert said.sentence.startswith("Máy in ở Quầy 1 hết giấy: phiếu sẽ chờ")
    actions = view.actions(waiting, around)
    assert (actions.can_insist, actions.main) == (True, "insist")


def test_a_code_that_waits_for_its_turn_or_is_insisted_on_is_not_held_back() -> None:
    waiting = _payment(place=Place.WAITING, expires_at=None)
    away = replace(AROUND, glass=replace(GLASS, is_heard=False), pending=(waiting,))
    assert view.held_back(waiting, away)
    assert view.held_back(replace(waiting, is_insisted=True), away) == []
    assert view.held_back(_payment(place=Place.WAITING, expires_at=NOW), away) == []
    assert view.held_back(waiting, replace(away, pending=(waiting, _payment(id="2" * 32)))) == []


def test_a_refused_code_is_not_to_be_scanned() -> None:
    assert view.is_scannable(PAYMENT, NOW)
    assert not view.is_scannable(_payment(place=Place.REFUSED), NOW)
    assert not view.is_scannable(_payment(expires_at=NOW), NOW)
    assert not view.is_scannable(_payment(state=State.PAID), NOW)


# The strip of counters


def test_the_strip_tells_of_low_paper_before_it_is_out_and_of_slips_that_wait() -> None:
    low = replace(ONLINE, printer=PrinterStatus.PAPER_LOW, waiting_slips=2)
    card = strip.counter_card(replace(GLASS, state=low), [], NOW)
    assert card.printer is not None
    assert card.printer.word == "Máy in sắp hết giấy, thay cuộn khi rảnh"
    assert (card.slips, card.can_try) == (2, True)


def test_the_strip_says_where_no_printer_is_fitted() -> None:
    card = strip.counter_card(replace(GLASS, state=replace(ONLINE, has_printer=False)), [], NOW)
    assert card.printer is not None
    assert (card.printer.word, card.can_try) == ("Không lắp máy in", False)


def test_the_strip_says_whose_clock_is_wrong() -> None:
    wrong = replace(GLASS, state=replace(ONLINE, clock=ClockReading(is_trusted=False)))
    clock = strip.counter_card(wrong, [], NOW).clock
    assert clock is not None
    assert "giờ" in clock.word
    right = replace(GLASS, state=replace(ONLINE, clock=ClockReading(is_trusted=True)))
    assert strip.counter_card(right, [], NOW).clock is None
    assert strip.counter_card(replace(wrong, is_heard=False), [], NOW).clock is None


@pytest.mark.parametrize(
    ("trial", "seconds", "word", "tone"),
    [
        (Trial(NOW), 59, "Phiếu thử lúc 08:30: đang in…", "ink"),
        (Trial(NOW), 60, "Phiếu thử lúc 08:30: quầy chưa báo lại", "amber"),
        (Trial(NOW, SlipOutcome.PRINTED), 599, "Phiếu thử lúc 08:30: đã in", "green"),
        (
            Trial(NOW, SlipOutcome.NOT_PRINTED, "Hết giấy"),
            0,
            "Phiếu thử lúc 08:30: không in được (Hết giấy)",
            "red",
        ),
        (
            Trial(NOW, SlipOutcome.POSSIBLY_PRINTED),
            0,
            "Phiếu thử lúc 08:30: không chắc đã in, hãy nhìn máy in",
            "amber",
        ),
    ],
)
def test_the_strip_tells_of_a_test_slip(trial: Trial, seconds: int, word: str, tone: str) -> None:
    tried = replace(GLASS, state=replace(ONLINE, trial=trial))
    told = strip.counter_card(tried, [], NOW + timedelta(seconds=seconds)).trial
    assert told is not None
    assert (told.word, told.tone) == (word, tone)


@pytest.mark.parametrize("trial", [None, Trial(NOW - timedelta(minutes=10), SlipOutcome.PRINTED)])
def test_a_test_slip_of_long_ago_is_nobodys_matter(trial: Trial | None) -> None:
    assert strip.counter_card(replace(GLASS, state=replace(ONLINE, trial=trial)), [], NOW).trial is None


def test_the_strip_says_what_the_citizen_sees() -> None:
    card = strip.counter_card(GLASS, [PAYMENT], NOW)
    assert (card.glass, card.warning) == (f"Người dân đang thấy {THIRTY}", "")
    assert (card.connection.shape, card.waiting) == ("tick", 0)
    assert card.printer is not None
    assert card.printer.word == "Máy in sẵn sàng"


@pytest.mark.parametrize("printer", list(PrinterStatus))
def test_the_strip_has_a_word_for_every_state_of_a_printer(printer: PrinterStatus) -> None:
    card = strip.counter_card(replace(GLASS, state=replace(ONLINE, printer=printer)), [], NOW)
    assert card.printer is not None
    assert "áy in" in card.printer.word


def test_the_strip_counts_who_waits() -> None:
    waiting = _payment(place=Place.WAITING, expires_at=None)
    over = _payment(place=Place.WAITING, expires_at=NOW)
    assert strip.counter_card(GLASS, [waiting, over], NOW).waiting == 1


@pytest.mark.parametrize(("seen_at", "word"), [(NOW, "Mất kết nối từ 08:30"), (None, "Mất kết nối")])
def test_the_strip_says_since_when_a_counter_is_away(seen_at: datetime | None, word: str) -> None:
    away = Glass("Quầy 1", replace(ONLINE, seen_at=seen_at), is_heard=False)
    card = strip.counter_card(away, [PAYMENT], NOW)
    assert (card.connection.word, card.connection.tone, card.printer) == (word, "red", None)
    assert (card.glass, card.warning) == ("Không biết người dân đang thấy gì", "")


@pytest.mark.parametrize(
    ("trouble", "words", "detail"),
    [
        ("", "", ""),
        ("signature: nobody knows it", "Quầy 1 có một tin không mang chữ ký hợp lệ, đã bỏ qua.", "nobody knows it"),
        ("strange", "Quầy 1 báo có trục trặc.", ""),
    ],
)
def test_trouble_is_said_in_words_and_its_detail_kept_for_the_technician(trouble: str, words: str, detail: str) -> None:
    card = strip.counter_card(replace(GLASS, state=replace(ONLINE, trouble=trouble)), [], NOW)
    assert (card.trouble, card.trouble_detail) == (words, detail)
