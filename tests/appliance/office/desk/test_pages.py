import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from httpx import Client, Response

from appliance.clock import VirtualClock
from appliance.office.cashier import Cashier
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment
from mqtt_schema.messages import (
    Body,
    CounterStatus,
    Displayed,
    HelpAsked,
    HelpKind,
    PaymentChecking,
    PaymentPreparing,
    PaymentRefused,
    PrinterStatus,
    ReceiptReport,
    ScreenName,
    Seen,
    SlipOutcome,
)

TYPED = {
    "counter": "quay-1",
    "clerk": "Nguyễn Thị Bình",
    "lines.0.dossier": "H26.1-261122-0007",
    "lines.0.fee_code": "CT-BS",
    "lines.0.quantity": "5",
    "lines.0.amount": "",
}


class _Fields(HTMLParser):
    """Collects what a page's form would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.values[given.get("name") or ""] = given.get("value") or ""
        if tag == "select":
            self._select = given.get("name") or ""
        if tag == "option" and "selected" in given:
            self.values[self._select] = given.get("value") or ""


def _fields(answer: Response) -> dict[str, str]:
    return _Fields(answer.text).values


def _words(answer: Response) -> str:
    """What stands on a page, without markup."""
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def _create(client: Client, **otherwise: str) -> Response:
    review = client.post("/desk/check", data=_fields(client.get("/desk")) | TYPED | otherwise)
    assert review.status_code == 200
    return client.post("/desk/payments", data=_fields(review))


def _id(answer: Response) -> str:
    return str(answer.url).rpartition("/")[2]


def _shown(say: Callable[..., None], payment: Payment, clock: VirtualClock) -> None:
    body = Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now())
    say(payment.counter, body)


# Enter, check, create


def test_a_clerk_enters_checks_and_creates_without_any_script(client: Client, ledger: Ledger) -> None:
    review = client.post("/desk/check", data=_fields(client.get("/desk")) | TYPED)
    assert "Kiểm tra trước khi tạo" in review.text
    assert "10.000\u202fđ" in review.text
    assert "Mười nghìn đồng" in review.text
    made = client.post("/desk/payments", data=_fields(review))
    with ledger.read() as books:
        payment = books.payment(_id(made))
    assert payment is not None
    assert (payment.amount, payment.source, payment.clerk) == (10000, "desk", "Nguyễn Thị Bình")
    assert payment.reference in made.text
    assert f"/desk/payments/{payment.id}/qr.png" in made.text
    assert client.get(f"/desk/payments/{payment.id}/qr.png").headers["content-type"] == "image/png"


def test_a_double_click_makes_one_payment(client: Client, ledger: Ledger) -> None:
    review = client.post("/desk/check", data=_fields(client.get("/desk")) | TYPED)
    first, again = (client.post("/desk/payments", data=_fields(review)) for _ in range(2))
    assert first.url == again.url
    with ledger.read() as books:
        assert len(books.pending()) == 1


def test_the_same_token_for_another_order_is_a_conflict_with_a_way_on(client: Client) -> None:
    review = _fields(client.post("/desk/check", data=_fields(client.get("/desk")) | TYPED))
    client.post("/desk/payments", data=review)
    answer = client.post("/desk/payments", data=review | {"payer": "Ai khác"})
    assert answer.status_code == 409
    assert 'href="/desk"' in answer.text


def test_the_browser_remembers_clerk_and_counter(client: Client) -> None:
    _create(client, counter="quay-2", clerk="Lê Văn Hùng; quầy")
    remembered = _fields(client.get("/desk"))
    assert (remembered["clerk"], remembered["counter"]) == ("Lê Văn Hùng; quầy", "quay-2")


def test_complaints_stand_at_their_fields_and_nothing_typed_is_lost(client: Client) -> None:
    typed = _fields(client.get("/desk")) | TYPED | {"lines.0.dossier": "HS12", "lines.0.amount": "35,5", "payer": "An"}
    for path in ("/desk/check", "/desk/payments"):
        answer = client.post(path, data=typed)
        assert answer.status_code == 422
        assert 'id="lines.0.amount-wrong"' in answer.text
        assert 'aria-describedby="lines.0.dossier-wrong"' in answer.text
        assert "Cần sửa 2 chỗ" in answer.text
        again = _fields(answer)
        assert (again["lines.0.amount"], again["payer"], again["token"]) == ("35,5", "An", typed["token"])


def test_lines_are_added_and_removed_and_the_sum_is_the_codes(client: Client, ledger: Ledger) -> None:
    typed = _fields(client.get("/desk")) | TYPED
    two = _fields(client.post("/desk/check", data=typed | {"change": "add"}))
    assert two["lines.1.dossier"] == "H26.1-261122-0007"
    assert two["lines.0.amount"] == "10000"
    free = {"lines.1.fee_code": "KHAC", "lines.1.fee_name": "Lệ phí cấp phép", "lines.1.amount": "35.000"}
    review = client.post("/desk/check", data=two | free)
    made = client.post("/desk/payments", data=_fields(review))
    with ledger.read() as books:
        payment = books.payment(_id(made))
    assert payment is not None
    assert (payment.amount, len(payment.lines)) == (45000, 2)
    one = _fields(client.post("/desk/check", data=two | {"change": "remove.0"}))
    assert "lines.1.dossier" not in one


def test_back_from_the_review_everything_is_there(client: Client) -> None:
    typed = _fields(client.get("/desk")) | TYPED | {"payer": "Trần Văn An"}
    review = _fields(client.post("/desk/check", data=typed))
    form = _fields(client.post("/desk/check", data=review | {"change": "edit"}))
    assert (form["payer"], form["lines.0.quantity"], form["token"]) == ("Trần Văn An", "5", typed["token"])


def test_a_waived_payment_needs_a_reason_and_gets_no_code(client: Client) -> None:
    typed = _fields(client.get("/desk")) | TYPED | {"lines.0.amount": "0"}
    assert 'id="waiver_reason-wrong"' in client.post("/desk/check", data=typed).text
    review = client.post("/desk/check", data=typed | {"waiver_reason": "Hộ nghèo"})
    assert "Ghi nhận miễn thu" in review.text
    made = client.post("/desk/payments", data=_fields(review))
    assert "Lý do: Hộ nghèo" in made.text
    assert "qr.png" not in made.text
    assert client.get(f"{made.url}/qr.png").status_code == 404


def test_the_review_points_out_what_looks_odd(client: Client, say: Callable[..., None], clock: VirtualClock) -> None:
    typed = _fields(client.get("/desk")) | TYPED | {"lines.0.amount": "9.000"}
    assert "đang mất kết nối" in client.post("/desk/check", data=typed).text
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now()))
    _create(client)
    odd = _words(client.post("/desk/check", data=typed))
    assert "mất kết nối" not in odd.partition("Kiểm tra trước khi tạo")[2].partition("Hồ sơ từ cổng")[0]
    assert "danh mục tính 10.000\u202fđ, ở đây ghi 9.000\u202fđ" in odd
    assert "hôm nay đã có khoản 10.000\u202fđ: đang gửi mã" in odd
    assert "sẽ đứng thứ 1 trong hàng chờ" in odd


def test_words_from_outside_are_words_and_never_markup(client: Client) -> None:
    nasty = '<script>alert("x")</script>'
    made = _create(client, payer=nasty, clerk='"><img src=x>')
    assert "<script>alert" not in made.text
    assert "&lt;script&gt;" in made.text
    assert "<img src=x>" not in made.text


def test_a_form_with_a_file_or_a_thousand_lines_is_still_a_form(client: Client) -> None:
    many = {f"lines.{place}.amount": "1" for place in range(400)}
    assert "nhiều nhất 20 khoản" in client.post("/desk/check", data=TYPED | many).text
    answer = client.post("/desk/check", data=TYPED, files={"payer": ("a.txt", b"x")})
    assert answer.status_code == 200


# What is missing at the counter


def test_the_review_says_what_will_be_missing_and_only_the_insisting_goes_on(
    client: Client, ledger: Ledger, be_fresh: Callable[..., None]
) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT)
    review = client.post("/desk/check", data=_fields(client.get("/desk")) | TYPED)
    assert "Máy in ở Quầy 1 hết giấy: phiếu sẽ chờ, in sau từ bàn này" in review.text
    assert "Vẫn tạo mã QR" in review.text
    typed = _fields(review)
    assert typed["insists"] == "printer"
    again = client.post("/desk/payments", data={name: said for name, said in typed.items() if name != "insists"})
    assert again.status_code == 409
    assert "Kiểm tra trước khi tạo" in again.text
    with ledger.read() as books:
        assert books.pending() == []
    made = client.post("/desk/payments", data=_fields(again))
    assert "Đang gửi mã tới Quầy 1" in made.text


def test_who_insisted_on_one_thing_is_told_of_the_next(
    client: Client, ledger: Ledger, be_fresh: Callable[..., None]
) -> None:
    be_fresh(printer=PrinterStatus.COVER_OPEN)
    typed = _fields(client.post("/desk/check", data=_fields(client.get("/desk")) | TYPED))
    be_fresh(printer=PrinterStatus.COVER_OPEN, seen=None)
    told = client.post("/desk/payments", data=typed)
    assert (told.status_code, _fields(told)["insists"]) == (409, "screen,printer")
    assert "Màn hình Quầy 1 đang tối" in told.text
    with ledger.read() as books:
        assert books.pending() == []


def test_where_all_is_well_nobody_has_to_insist(client: Client, be_fresh: Callable[..., None]) -> None:
    be_fresh()
    review = client.post("/desk/check", data=_fields(client.get("/desk")) | TYPED)
    assert "insists" not in _fields(review)
    assert "Vẫn tạo" not in review.text
    assert client.post("/desk/payments", data=_fields(review)).status_code == 200


def test_a_waiver_needs_neither_glass_nor_printer(client: Client) -> None:
    free = TYPED | {"lines.0.amount": "0", "waiver_reason": "Hộ nghèo"}
    review = client.post("/desk/check", data=_fields(client.get("/desk")) | free)
    assert "Vẫn" not in review.text
    assert "Miễn thu" in client.post("/desk/payments", data=_fields(review)).text


def test_a_waiting_code_that_is_held_back_can_be_insisted_on(
    client: Client, create: Callable[..., Payment], be_fresh: Callable[..., None], clock: VirtualClock, cashier: Cashier
) -> None:
    be_fresh()
    first, second = create(insists=False), create(2000, insists=False)
    clock.go_on(20)
    cashier.cancel(first.id)
    at = f"/desk/payments/{second.id}"
    page = client.get(at).text
    assert "Chưa đưa mã ra quầy" in page
    assert "Quầy 1 đang mất kết nối" in page
    assert "Đang gửi mã" not in page
    assert "Quầy 1 đang mất kết nối" in client.post(f"{at}/insist").text
    assert cashier.payment(second.id).place.value == "offered"
    assert client.post(f"{at}/insist").status_code == 409


# The portal


def test_one_click_on_a_portal_dossier_fills_the_form(
    client: Client, cashier: Cashier, ledger: Ledger, be_fresh: Callable[..., None]
) -> None:
    be_fresh()
    body = {"payer": "Đỗ Thị Mai", "lines": [{"fee_code": "HT-TL", "quantity": 2, "amount": 16000}]}
    cashier.receive_dossier("H26.1-261122-0101", body)
    page = client.get("/desk")
    assert 'href="/desk?dossier=H26.1-261122-0101"' in page.text
    filled = _fields(client.get("/desk?dossier=H26.1-261122-0101"))
    assert (filled["payer"], filled["channel"], filled["lines.0.amount"]) == ("Đỗ Thị Mai", "online", "16000")
    made = client.post("/desk/payments", data=filled | {"clerk": "Bình"})
    with ledger.read() as books:
        payment = books.payment(_id(made))
        assert not books.open_dossiers()
    assert payment is not None
    assert (payment.source, payment.channel.value) == ("portal", "online")


def test_a_dossier_that_the_portal_never_sent_is_said_to_be_missing(client: Client) -> None:
    assert client.get("/desk?dossier=H26.1-261122-9999").status_code == 404


# Follow


def test_the_clerk_sees_each_step_of_a_payment(
    client: Client,
    create: Callable[..., Payment],
    say: Callable[..., None],
    pay: Callable[..., None],
    clock: VirtualClock,
) -> None:
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now(), printer=PrinterStatus.READY))
    payment = create()
    behind = create(2000, clerk="Lê Văn Hùng")
    part = f"/desk/parts/payments/{payment.id}"
    assert "Đang gửi mã tới Quầy 1" in client.get(part).text
    _shown(say, payment, clock)
    assert "Người dân đang thấy 35.000\u202fđ" in client.get(part).text
    waiting = _words(client.get(f"/desk/parts/payments/{behind.id}"))
    assert "Thứ 1 trong hàng chờ của Quầy 1, sau khoản 35.000\u202fđ của Nguyễn Thị Bình" in waiting
    pay(payment)
    paid = client.get(part).text
    assert "Đã nhận tiền" in paid
    assert "FT26326" in paid
    assert "Đang chờ Quầy 1 in phiếu" in paid
    assert "qr.png" not in paid
    say("quay-1", ReceiptReport(payment=payment.id, outcome=SlipOutcome.POSSIBLY_PRINTED))
    assert "in bản sao" in client.get(part).text


def test_a_refused_code_stands_nowhere_and_the_field_is_named(
    client: Client, create: Callable[..., Payment], say: Callable[..., None]
) -> None:
    payment = create()
    say("quay-1", PaymentRefused(payment=payment.id, field="beneficiary"))
    page = client.get(f"/desk/payments/{payment.id}").text
    assert "tài khoản thụ hưởng" in page
    assert "qr.png" not in page
    assert client.get(f"/desk/payments/{payment.id}/qr.png").status_code == 409


@pytest.mark.parametrize(("amount", "words"), [(30000, "còn thiếu 5.000"), (40000, "thừa 5.000")])
def test_the_wrong_amount_is_never_called_paid(
    client: Client, create: Callable[..., Payment], pay: Callable[..., None], amount: int, words: str
) -> None:
    payment = create()
    pay(payment, amount)
    page = client.get(f"/desk/payments/{payment.id}").text
    assert words in page
    assert "Đã nhận tiền" not in page
    assert "Chưa được coi là đã thu" in page


def test_buttons_park_resume_and_cancel(client: Client, create: Callable[..., Payment]) -> None:
    payment = create()
    at = f"/desk/payments/{payment.id}"
    assert "Đang tạm gác" in client.post(f"{at}/park").text
    assert "Đang gửi mã" in client.post(f"{at}/resume").text
    assert "Đã hủy" in client.post(f"{at}/cancel").text
    assert client.post(f"{at}/cancel").status_code == 409


def test_a_code_past_its_time_is_not_shown_while_the_bank_may_still_speak(
    client: Client, create: Callable[..., Payment], clock: VirtualClock, cashier: Cashier
) -> None:
    payment = create()
    clock.go_on(301)
    page = client.get(f"/desk/payments/{payment.id}").text
    assert "Mã đã hết giờ quét" in page
    assert "qr.png" not in page
    clock.go_on(60)
    cashier.tick()
    assert "Đã hết hạn" in client.get(f"/desk/payments/{payment.id}").text


# The day


def test_the_day_lists_payments_and_the_money_that_needs_somebody(
    client: Client, create: Callable[..., Payment], pay: Callable[..., None], cashier: Cashier
) -> None:
    paid, short = create(), create(2000, counter="quay-2")
    pay(paid)
    pay(paid)
    pay(short, 1000)
    late = create(3000)
    cashier.cancel(late.id)
    pay(late)
    pay(late, 7777, content="khong co ma")
    page = _words(client.get("/desk/day"))
    assert "Đã thu 35.000\u202fđ qua 1 khoản" in page
    for word in ("Trả thừa lần", "Thiếu tiền", "Về muộn", "Chưa rõ khoản"):
        assert word in page
    only = _words(client.get("/desk/day?counter=quay-2"))
    assert "2.000\u202fđ" in only.partition("Khoản thu 1")[2]
    assert "35.000\u202fđ Đã thu" not in only


def test_an_empty_day_says_what_will_appear_here(client: Client) -> None:
    assert "Khoản vừa tạo sẽ hiện ở đây" in client.get("/desk").text
    assert "Không có khoản thu nào" in client.get("/desk/day?day=2026-11-21").text
    assert "Ngày 21/11/2026" in client.get("/desk/day?day=2026-11-21").text
    assert client.get("/desk/day?day=hôm%20qua").status_code == 422


def test_the_short_list_leads_to_the_long_one(
    client: Client, create: Callable[..., Payment], clock: VirtualClock
) -> None:
    for _ in range(9):
        create(waiver_reason="Hộ nghèo", amount=0)
        clock.go_on(timedelta(seconds=1).total_seconds())
    assert "Xem tất cả 9 khoản" in client.get("/desk/parts/aside").text
    assert client.get("/desk/parts/day").text.count("<li>") == 9


def test_the_strip_shows_how_counters_are(client: Client, say: Callable[..., None], clock: VirtualClock) -> None:
    say("quay-2", CounterStatus(is_online=True, born_at=clock.now(), printer=PrinterStatus.PAPER_OUT))
    strip = _words(client.get("/desk/parts/strip"))
    assert "Quầy 1 Mất kết nối" in strip
    assert "Quầy 2 Đang hoạt động Máy in hết giấy" in strip


def test_no_page_holds_a_script_or_a_style_of_its_own(client: Client, create: Callable[..., Payment]) -> None:
    for path in ("/desk", "/desk/day", f"/desk/payments/{create().id}", "/desk/cards", "/desk/cards/new", "/docs"):
        page = client.get(path).text
        assert not re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page)
        assert "//" not in page.replace("http://www.w3.org", "")


# Who needs a human


def test_a_call_stands_on_every_page_until_somebody_goes(
    client: Client, say: Callable[..., None], create: Callable[..., Payment]
) -> None:
    payment = create()
    say("quay-1", HelpAsked(kind=HelpKind.NO_PHONE, payment=payment.id))
    say("quay-2", HelpAsked(kind=HelpKind.HELP))
    for path in ("/desk", "/desk/day", "/desk/cards", f"/desk/payments/{payment.id}", "/desk/parts/calls"):
        page = client.get(path).text
        assert "Quầy 1: có người không có điện thoại" in page
        assert f'href="/desk/payments/{payment.id}?on_behalf=1"' in page
    back = client.post("/desk/calls/quay-1/no_phone/answer", headers={"referer": "http://127.0.0.1:8700/desk/day"})
    assert back.url.path == "/desk/day"
    left = client.get("/desk/parts/calls").text
    assert "Quầy 1" not in left
    assert "Quầy 2: có người cần giúp" in left


def test_a_live_page_that_answers_a_call_stays_where_it_is(client: Client, say: Callable[..., None]) -> None:
    say("quay-2", HelpAsked(kind=HelpKind.HELP))
    answer = client.post("/desk/calls/quay-2/help/answer", headers={"hx-request": "true"})
    assert answer.status_code == 204
    assert client.get("/desk/parts/calls").text.strip() == ""


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/x", "//desk", "/desktop"])
def test_an_answered_call_leads_nowhere_else(client: Client, referer: str) -> None:
    answer = client.post("/desk/calls/quay-1/help/answer", headers={"referer": referer}, follow_redirects=False)
    assert answer.headers["location"] == "/desk"


# On behalf


def test_a_clerk_pays_for_somebody_without_a_telephone(client: Client, ledger: Ledger) -> None:
    form = _fields(client.get("/desk?counter=quay-2&on_behalf=1"))
    assert (form["counter"], form["is_on_behalf"]) == ("quay-2", "yes")
    typed = form | TYPED | {"counter": "quay-2"}
    assert 'id="payer-wrong"' in client.post("/desk/check", data=typed).text
    review = client.post("/desk/check", data=typed | {"payer": "Trần Văn An"})
    assert "cán bộ nộp thay" in review.text
    made = client.post("/desk/payments", data=_fields(review))
    with ledger.read() as books:
        payment = books.payment(_id(made))
    assert payment is not None
    assert (payment.is_on_behalf, payment.payer) == (True, "Trần Văn An")
    assert f"/desk/payments/{payment.id}/qr.png" in made.text


def test_a_code_on_the_glass_becomes_one_that_the_clerk_pays(
    client: Client, create: Callable[..., Payment], say: Callable[..., None], clock: VirtualClock, cashier: Cashier
) -> None:
    payment = create()
    _shown(say, payment, clock)
    at = f"/desk/payments/{payment.id}"
    assert '<details class="sure ask" id="on-behalf" open>' in client.get(f"{at}?on_behalf=1").text
    refused = client.post(f"{at}/on-behalf", data={"payer": "  "})
    assert refused.status_code == 422
    assert 'id="payer-wrong"' in refused.text
    assert "dài quá" in client.post(f"{at}/on-behalf", data={"payer": "x" * 201}).text
    made = client.post(f"{at}/on-behalf", data={"payer": "Trần  Văn An"})
    assert "Trần Văn An <small>cán bộ nộp thay</small>" in made.text
    assert cashier.payment(payment.id).is_on_behalf


# What the citizen sees


def _status(clock: VirtualClock, seen: Seen | None) -> CounterStatus:
    return CounterStatus(is_online=True, born_at=clock.now(), printer=PrinterStatus.READY, seen=seen)


def test_the_desk_says_what_the_citizen_sees_and_when_it_is_something_else(
    client: Client, create: Callable[..., Payment], say: Callable[..., None], clock: VirtualClock
) -> None:
    payment = create()
    _shown(say, payment, clock)
    part, strip = f"/desk/parts/payments/{payment.id}", "/desk/parts/strip"
    code = Seen(screen=ScreenName.CODE, payment=payment.id, amount=payment.amount, painted_at=clock.now())
    say("quay-1", _status(clock, code))
    for path in (part, strip):
        assert "Người dân đang thấy 35.000\u202fđ" in client.get(path).text
        assert "chưa quét" not in client.get(path).text
    say("quay-1", _status(clock, code.model_copy(update={"amount": 30000})))
    for path in (part, strip):
        assert "hiện khoản 30.000\u202fđ, ở đây là 35.000\u202fđ" in client.get(path).text
    clock.go_on(15)
    assert "Không nghe tin của Quầy 1 từ 08:30" in client.get(part).text
    assert "Không biết người dân đang thấy gì" in client.get(strip).text


def test_the_result_on_the_glass_is_told_of(
    client: Client,
    create: Callable[..., Payment],
    say: Callable[..., None],
    pay: Callable[..., None],
    clock: VirtualClock,
) -> None:
    payment = create()
    pay(payment)
    paid = Seen(screen=ScreenName.PAID, payment=payment.id, amount=payment.amount, painted_at=clock.now())
    say("quay-1", _status(clock, paid))
    page = client.get(f"/desk/payments/{payment.id}").text
    assert "Người dân đang thấy kết quả Đã nhận tiền 35.000\u202fđ." in page


def test_a_clerk_who_asks_the_bank_is_told_what_to_look_for_and_that_nobody_else_does(
    client: Client,
    create: Callable[..., Payment],
    say: Callable[..., None],
    clock: VirtualClock,
    spoken: list[tuple[str, Body]],
) -> None:
    payment = create()
    _shown(say, payment, clock)
    say("quay-1", _status(clock, None))
    page = client.post(f"/desk/payments/{payment.id}/check")
    words = _words(page).partition("Tự xem trong ứng dụng ngân hàng")[2]
    assert "Hệ thống chưa hỏi được ngân hàng" in words
    assert payment.reference in words
    assert "35.000\u202fđ" in words
    assert "Kiểm tra với ngân hàng" in words
    assert spoken == [("quay-1", PaymentChecking(payment=payment.id))]


def test_the_counter_hears_that_a_dossier_is_checked(client: Client, spoken: list[tuple[str, Body]]) -> None:
    typed = _fields(client.get("/desk")) | TYPED
    client.post("/desk/check", data=typed | {"lines.0.dossier": "x"})
    client.post("/desk/check", data=typed | {"change": "add"})
    assert spoken == []
    client.post("/desk/check", data=typed | {"counter": "quay-2"})
    assert spoken == [("quay-2", PaymentPreparing())]
