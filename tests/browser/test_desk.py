from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from appliance.clock import VirtualClock
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment
from mqtt_schema.messages import CounterStatus, Displayed, PrinterStatus, ReceiptReport, SlipOutcome


def _type_order(page: Page) -> None:
    """From the form as it opens (the cursor in the clerk's name) to the review, by keys alone."""
    page.keyboard.type("Nguyễn Thị Bình")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type("h26.1-261122-0007")
    page.keyboard.press("Tab")
    page.keyboard.type("Ch")  # the first fee of the catalogue that begins so
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    page.keyboard.press("F4")


def _only_pending(ledger: Ledger) -> Payment:
    with ledger.read() as books:
        (payment,) = books.pending()
    return payment


def test_a_payment_is_made_by_keyboard_and_becomes_paid_before_the_clerks_eyes(
    page: Page,
    complaints: list[str],
    ledger: Ledger,
    say: Callable[..., None],
    pay: Callable[..., None],
    clock: VirtualClock,
) -> None:
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now(), printer=PrinterStatus.READY))
    _type_order(page)
    expect(page.locator("h1")).to_have_text("Kiểm tra trước khi tạo")
    expect(page.locator(".figure")).to_have_text("10.000\u202fđ")
    page.wait_for_load_state()
    page.keyboard.press("F4")
    expect(page.locator(".status h1")).to_have_text("Đang gửi mã tới Quầy 1")
    expect(page.locator("#qr")).to_be_visible()
    page.evaluate("document.body.dataset.kept = 'yes'")

    payment = _only_pending(ledger)
    say("quay-1", Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now()))
    expect(page.locator(".status h1")).to_have_text("Người dân đang thấy 10.000\u202fđ")
    pay(payment)
    expect(page.locator(".status h1")).to_have_text("Đã nhận tiền")
    say("quay-1", ReceiptReport(payment=payment.id, outcome=SlipOutcome.PRINTED))
    expect(page.locator(".notice")).to_contain_text("Phiếu đã in")
    expect(page.locator("#aside .chip").first).to_have_text("Đã thu")
    expect(page).to_have_title("Đã nhận tiền · 10.000\u202fđ")

    assert page.evaluate("document.body.dataset.kept") == "yes", "the page was loaded again"
    assert complaints == []


def test_price_times_quantity_stands_in_the_form_until_the_clerk_knows_better(page: Page) -> None:
    amount, quantity = page.locator("#lines\\.0\\.amount"), page.locator("#lines\\.0\\.quantity")
    page.locator("#lines\\.0\\.fee_code").select_option("CT-BS")
    quantity.fill("6")
    expect(amount).to_have_value("12.000")
    expect(page.locator("#total")).to_have_text("12.000\u202fđ")
    amount.fill("9000")
    quantity.fill("7")
    expect(amount).to_have_value("9.000")
    expect(page.locator("#total")).to_have_text("9.000\u202fđ")


def test_lines_come_and_go_without_losing_what_was_typed(page: Page, complaints: list[str]) -> None:
    page.locator("#clerk").fill("Nguyễn Thị Bình")
    page.locator("#lines\\.0\\.dossier").fill("H26.1-261122-0007")
    page.locator("#add").click()
    expect(page.locator("#lines\\.1\\.dossier")).to_have_value("H26.1-261122-0007")
    expect(page.locator("#clerk")).to_have_value("Nguyễn Thị Bình")
    page.get_by_role("button", name="Bỏ khoản 2").click()
    expect(page.locator(".line")).to_have_count(1)
    assert complaints == []


def test_a_free_fee_asks_for_its_name_and_others_do_not(page: Page) -> None:
    name = page.locator("#lines\\.0\\.fee_name")
    expect(name).to_be_hidden()
    page.locator("#lines\\.0\\.fee_code").select_option("KHAC")
    expect(name).to_be_visible()


def test_escape_asks_before_it_cancels_and_changes_its_mind(
    page: Page, desk: str, create: Callable[..., Payment], ledger: Ledger
) -> None:
    payment = create()
    page.goto(f"{desk}/desk/payments/{payment.id}")
    page.keyboard.press("Escape")
    expect(page.locator("#cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#cancel")).to_be_hidden()
    assert _only_pending(ledger).id == payment.id
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator(".status h1")).to_have_text("Đã hủy")


def test_an_open_question_stays_open_when_something_else_changes(
    page: Page, desk: str, create: Callable[..., Payment], say: Callable[..., None], clock: VirtualClock
) -> None:
    payment = create()
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now()))
    page.goto(f"{desk}/desk/payments/{payment.id}")
    page.keyboard.press("Escape")
    say("quay-1", Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now()))
    expect(page.locator(".status h1")).to_contain_text("Người dân đang thấy")
    expect(page.locator("#cancel")).to_be_visible()
    expect(page.locator("#cancel")).to_be_focused()


@pytest.mark.parametrize("path", ["/desk", "/desk/day", "/docs"])
def test_pages_keep_their_own_security_policy(
    page: Page, desk: str, complaints: list[str], create: Callable[..., Payment], path: str
) -> None:
    create()
    page.goto(desk + path)
    page.wait_for_load_state("load")
    if path == "/docs":
        expect(page.locator(".opblock").first).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 640, 390])
def test_nothing_sticks_out_of_the_window(page: Page, desk: str, create: Callable[..., Payment], width: int) -> None:
    payment = create()
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/desk", "/desk/day", f"/desk/payments/{payment.id}"):
        page.goto(desk + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
