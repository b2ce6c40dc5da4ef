import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client

from appliance.clock import VirtualClock
from appliance.office.cashier import Cashier
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment
from mqtt_schema.messages import (
    Body,
    CounterInfo,
    DayEndWanted,
    PrinterStatus,
    ReceiptReport,
    SlipOutcome,
    SlipReleased,
    TrialReport,
    TrialWanted,
)

Fresh = Callable[..., None]
Say = Callable[[str, Body], None]


def _words(page: str) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def ended(create: Callable[..., Payment], pay: Callable[..., None], say: Say) -> Callable[..., Payment]:
    """A paid payment whose slip ended so at quay-1."""

    def make(outcome: SlipOutcome, reason: str = "") -> Payment:
        payment = create()
        pay(payment)
        say("quay-1", ReceiptReport(payment=payment.id, outcome=outcome, reason=reason))
        return payment

    return make


def test_a_clerk_prints_a_waiting_slip_from_the_days_page(
    client: Client, ended: Callable[..., Payment], be_fresh: Fresh, cashier: Cashier, say: Say
) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT)
    payment = ended(SlipOutcome.NOT_PRINTED, "Hết giấy")
    day = client.get("/desk/day").text
    assert "Phiếu chờ in ở Quầy 1 từ 08:30. Máy in hết giấy" in _words(day)
    assert f"/desk/payments/{payment.id}/slip/here" not in day
    assert "Phiếu chờ in" in _words(client.get("/desk").text)
    be_fresh()
    at = f"/desk/payments/{payment.id}/slip/here"
    assert at in client.get("/desk/day").text
    back = client.post(at, data={"back": "day"})
    assert back.url.path == "/desk/day"
    last = cashier.timeline(payment.id)[-1]
    assert (last.milestone, last.words, last.counter) == ("slip_wanted", "Nguyễn Thị Bình", "quay-1")
    assert "Đã yêu cầu Quầy 1 in phiếu" in client.get(f"/desk/payments/{payment.id}").text
    say("quay-1", ReceiptReport(payment=payment.id, outcome=SlipOutcome.PRINTED))
    assert "Phiếu chờ in" not in _words(client.get("/desk/day").text)


def test_a_clerk_has_a_slip_printed_at_another_counter_and_hears_a_no_in_words(
    client: Client, ended: Callable[..., Payment], be_fresh: Fresh, say: Say
) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT)
    be_fresh("quay-2")
    payment = ended(SlipOutcome.NOT_PRINTED)
    at = f"/desk/payments/{payment.id}"
    assert "In ở Quầy 2" in client.get(at).text
    moving = client.post(f"{at}/slip/move", data={"counter": "quay-2"})
    assert "Đang hỏi Quầy 1 để chuyển phiếu sang Quầy 2" in moving.text
    say("quay-1", SlipReleased(payment=payment.id, is_released=False))
    assert "Quầy 1 không chuyển phiếu đi" in client.get(at).text
    client.post(f"{at}/slip/move", data={"counter": "quay-2"})
    say("quay-1", SlipReleased(payment=payment.id, is_released=True))
    page = client.get(at).text
    assert "Phiếu đã chuyển sang Quầy 2, đang chờ in" in page
    assert "Phiếu chuyển sang quầy khác; Quầy 2" in page


def test_a_dropped_slip_is_no_longer_listed(
    client: Client, ended: Callable[..., Payment], be_fresh: Fresh, say: Say
) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT)
    payment = ended(SlipOutcome.NOT_PRINTED)
    client.post(f"/desk/payments/{payment.id}/slip/drop", data={"back": "day"})
    say("quay-1", SlipReleased(payment=payment.id, is_released=True))
    assert "Phiếu chờ in" not in _words(client.get("/desk/day").text)
    assert "Phiếu gốc không in nữa, theo Nguyễn Thị Bình" in client.get(f"/desk/payments/{payment.id}").text


def test_a_human_says_whether_a_doubtful_slip_came_out(
    client: Client, ended: Callable[..., Payment], be_fresh: Fresh, clock: VirtualClock
) -> None:
    be_fresh()
    payment = ended(SlipOutcome.POSSIBLY_PRINTED)
    clock.go_on(3 * 86_400)
    for path in ("/desk/day", f"/desk/payments/{payment.id}"):
        assert "Phiếu đã ra giấy?" in client.get(path).text, "until somebody has decided"
    page = client.post(f"/desk/payments/{payment.id}/slip/confirm").text
    assert "Phiếu đã in, theo Nguyễn Thị Bình" in page
    assert "Cán bộ xác nhận phiếu đã ra giấy; Quầy 1; Nguyễn Thị Bình" in page


def test_a_copy_asks_who_and_why_and_both_are_kept(
    client: Client, ended: Callable[..., Payment], be_fresh: Fresh, cashier: Cashier
) -> None:
    be_fresh()
    payment = ended(SlipOutcome.PRINTED)
    at = f"/desk/payments/{payment.id}/copy"
    nothing = client.post(at, data={"clerk": " "})
    assert nothing.status_code == 422
    assert 'id="clerk-wrong"' in nothing.text
    assert 'id="why-wrong"' in nothing.text
    assert '<details class="sure ask copy" id="copying" open>' in nothing.text
    assert 'id="other-wrong"' in client.post(at, data={"clerk": "Bình", "why": "other"}).text
    long = client.post(at, data={"clerk": "Bình", "why": "other", "other": "x" * 201})
    assert "Dài quá 200 ký tự" in long.text
    client.post(at, data={"clerk": "Lê Văn Hùng", "why": "other", "other": "Nộp kèm hồ sơ"})
    last = cashier.timeline(payment.id)[-1]
    assert (last.milestone, last.words, last.counter) == ("copy_asked", "Lê Văn Hùng: Nộp kèm hồ sơ", "quay-1")
    page = client.post(at, data={"clerk": "Lê Văn Hùng", "why": "faded"}).text
    assert "Đã yêu cầu bản sao ở Quầy 1 (Lê Văn Hùng: Phiếu mờ hoặc rách)" in page


def test_a_doubt_is_answered_with_a_copy(
    client: Client, ended: Callable[..., Payment], be_fresh: Fresh, cashier: Cashier
) -> None:
    be_fresh()
    payment = ended(SlipOutcome.POSSIBLY_PRINTED)
    open_page = client.get(f"/desk/payments/{payment.id}?copy=1").text
    assert "Chưa, in bản sao" in open_page
    assert 'value="not_out" checked' in open_page
    client.post(f"/desk/payments/{payment.id}/copy", data={"clerk": "Bình", "why": "not_out", "back": "day"})
    assert cashier.timeline(payment.id)[-1].words == "Bình: Phiếu chưa ra giấy"
    assert "Phiếu đã ra giấy?" not in client.get("/desk/day").text


def test_where_no_printer_is_fitted_no_slip_is_missed(
    client: Client, ended: Callable[..., Payment], be_fresh: Fresh, say: Say
) -> None:
    be_fresh()
    say("quay-1", CounterInfo(software="1", display="800x480", printer="none"))
    ended(SlipOutcome.NOT_PRINTED, "Quầy này không có máy in")
    assert "Phiếu chờ in" not in _words(client.get("/desk/day").text)
    assert "Không lắp máy in" in client.get("/desk/parts/strip").text


def test_a_test_slip_is_asked_for_and_told_of_on_the_strip(
    client: Client, be_fresh: Fresh, say: Say, spoken: list[tuple[str, Body]]
) -> None:
    be_fresh()
    strip = client.get("/desk/parts/strip").text
    assert 'action="/desk/counters/quay-1/trial"' in strip
    assert 'action="/desk/counters/quay-2/trial"' not in strip
    back = client.post("/desk/counters/quay-1/trial", headers={"referer": "http://127.0.0.1:8700/desk/day"})
    assert back.url.path == "/desk/day"
    assert "Phiếu thử lúc 08:30: đang in…" in back.text
    assert client.post("/desk/counters/quay-1/trial", headers={"hx-request": "true"}).status_code == 204
    assert client.post("/desk/counters/quay-1/trial", headers={"referer": "http://x/y"}).url.path == "/desk"
    assert spoken[0] == ("quay-1", TrialWanted(asked_by="UBND phường Hoàn Kiếm"))
    say("quay-1", TrialReport(outcome=SlipOutcome.PRINTED))
    assert "Phiếu thử lúc 08:30: đã in" in client.get("/desk/parts/strip").text
    assert client.post("/desk/counters/quay-2/trial").status_code == 409


def test_the_slip_of_the_day_is_asked_for_on_the_days_page_and_told_of_on_the_strip(
    client: Client, be_fresh: Fresh, say: Say, spoken: list[tuple[str, Body]]
) -> None:
    assert "Lúc này chưa in được ở Quầy 1, Quầy 2:" in client.get("/desk/day").text
    be_fresh()
    for path in ("/desk/day", "/desk/parts/day"):
        day = client.get(path).text
        assert "In phiếu cuối ngày ở Quầy 1" in day
        assert 'action="/desk/counters/quay-2/day-end"' not in day
        assert "Lúc này chưa in được ở Quầy 2:" in day
    assert "day-end" not in client.get("/desk/day", params={"day": "2026-11-20"}).text, "a counter prints its own day"
    back = client.post("/desk/counters/quay-1/day-end", headers={"referer": "http://127.0.0.1:8700/desk/day"})
    assert back.url.path == "/desk/day"
    assert "Phiếu cuối ngày lúc 08:30: đang in…" in back.text
    assert spoken[0] == ("quay-1", DayEndWanted(asked_by="UBND phường Hoàn Kiếm"))
    say("quay-1", TrialReport(outcome=SlipOutcome.PRINTED, page="day_end"))
    assert "Phiếu cuối ngày lúc 08:30: đã in" in client.get("/desk/parts/strip").text
    refused = client.post("/desk/counters/quay-2/day-end")
    assert refused.status_code == 409
    assert "chưa in được" in refused.text


def test_nothing_that_was_proven_is_invisible(
    client: Client, notify: Callable[..., Any], intake: Any, clock: VirtualClock, ledger: Ledger
) -> None:
    headers, raw = notify("HK", 1000, transferAmount="secret words")
    assert intake.receive(headers, raw).status == 200
    intake.book_kept()
    assert intake.receive({}, raw).status == 401
    with ledger.write() as books:
        books.keep_notification("sepay", b"{}", clock.now())
    page = client.get("/desk/day").text
    assert "1 thông báo của ngân hàng chưa ghi được vào sổ." in page
    assert "1 thông báo bị từ chối" in page
    clock.go_on(61)
    assert "2 thông báo của ngân hàng chưa ghi được vào sổ." in client.get("/desk/day").text
    listed = client.get("/desk/notifications").text
    for word in ("Không đọc được", "Bị từ chối", "Chưa ghi sổ", "trường transferAmount", "SePay"):
        assert word in listed
    assert "secret words" not in listed
    assert "Không có." in client.get("/desk/notifications?day=2026-11-21").text
    assert "notifications?day" not in client.get("/desk/day?day=2026-11-21").text
