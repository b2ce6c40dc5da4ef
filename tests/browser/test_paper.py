"""Slips before the clerk's eyes: where they wait, who prints them, and the question that stays until it is answered."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from appliance.office.cashier import Cashier
from appliance.office.payment import Payment
from mqtt_schema.messages import (
    PrinterStatus,
    ReceiptReport,
    SlipOutcome,
    SlipReleased,
    TrialReport,
)

Fresh = Callable[..., None]
Say = Callable[..., None]


@pytest.fixture
def ended(create: Callable[..., Payment], pay: Callable[..., None], say: Say) -> Callable[..., Payment]:
    """A paid payment whose slip ended so at quay-1."""

    def make(outcome: SlipOutcome, reason: str = "") -> Payment:
        payment = create()
        pay(payment)
        say("quay-1", ReceiptReport(payment=payment.id, outcome=outcome, reason=reason))
        return payment

    return make


def test_a_slip_that_waits_is_printed_at_the_other_counter_before_the_clerks_eyes(
    page: Page, desk: str, complaints: list[str], be_fresh: Fresh, ended: Callable[..., Payment], say: Say
) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT)
    be_fresh("quay-2")
    payment = ended(SlipOutcome.NOT_PRINTED, "Hết giấy")
    page.goto(f"{desk}/desk/payments/{payment.id}")
    slip = page.locator("#paper .notice").first
    expect(slip).to_contain_text("Phiếu chờ in ở Quầy 1")
    page.get_by_role("button", name="In ở Quầy 2").click()
    expect(slip).to_contain_text("Đang hỏi Quầy 1 để chuyển phiếu sang Quầy 2")
    say("quay-1", SlipReleased(payment=payment.id, is_released=True))
    expect(slip).to_contain_text("Phiếu đã chuyển sang Quầy 2, đang chờ in.")
    say("quay-2", ReceiptReport(payment=payment.id, outcome=SlipOutcome.PRINTED))
    expect(slip).to_contain_text("Phiếu đã in ở Quầy 2. Mời người dân nhận phiếu.")
    assert complaints == []


def test_a_full_printer_brings_the_button_to_print_here(
    page: Page, desk: str, be_fresh: Fresh, ended: Callable[..., Payment]
) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT)
    ended(SlipOutcome.NOT_PRINTED, "Hết giấy")
    page.goto(f"{desk}/desk/day")
    here = page.get_by_role("button", name="In tại quầy này")
    expect(page.locator(".slips li")).to_have_count(1)
    expect(here).to_have_count(0)
    be_fresh()
    here.click()
    expect(page.locator(".slips")).to_have_count(0)


def test_the_question_whether_a_slip_came_out_is_answered_on_the_day(
    page: Page, desk: str, be_fresh: Fresh, ended: Callable[..., Payment], cashier: Cashier
) -> None:
    be_fresh()
    payment = ended(SlipOutcome.POSSIBLY_PRINTED)
    page.goto(f"{desk}/desk/day")
    expect(page.locator(".slips li")).to_contain_text("Phiếu đã ra giấy?")
    page.get_by_role("button", name="Có, đã in").click()
    expect(page.locator(".slips")).to_have_count(0)
    assert cashier.payment(payment.id).slip is SlipOutcome.PRINTED


def test_what_was_ticked_typed_and_complained_of_outlives_a_change_elsewhere(
    page: Page, desk: str, complaints: list[str], be_fresh: Fresh, ended: Callable[..., Payment]
) -> None:
    be_fresh()
    payment = ended(SlipOutcome.PRINTED)
    page.goto(f"{desk}/desk/payments/{payment.id}")
    page.locator("#copying summary").click()
    expect(page.locator("#other")).to_be_hidden()
    page.locator("#why-other").check()
    expect(page.locator("#other")).to_be_visible()
    page.locator("#copy").click()
    expect(page.locator("#other-wrong")).to_have_text("Hãy ghi lý do.")
    page.locator("#other").fill("Nộp kèm hồ sơ")
    be_fresh("quay-2")  # the copy may now be printed there, too
    expect(page.locator("#copy-at")).to_be_visible()
    expect(page.locator("#why-other")).to_be_checked()
    expect(page.locator("#other")).to_have_value("Nộp kèm hồ sơ")
    expect(page.locator("#other-wrong")).to_be_visible()
    page.locator("#copy-at").select_option("quay-2")
    page.locator("#copy").click()
    expect(page.locator("#paper")).to_contain_text("Đã yêu cầu bản sao ở Quầy 2 (Nguyễn Thị Bình: Nộp kèm hồ sơ).")
    # The browser itself says on its console that a form was answered with 422.
    assert [said for said in complaints if "422" not in said] == []


def test_a_test_slip_is_asked_for_without_leaving_the_page(
    page: Page, be_fresh: Fresh, say: Say, complaints: list[str]
) -> None:
    be_fresh()
    page.locator("#clerk").fill("Bình")
    page.get_by_role("button", name="In phiếu thử ở Quầy 1").click()
    strip = page.locator("#strip li").first
    expect(strip).to_contain_text("đang in…")
    say("quay-1", TrialReport(outcome=SlipOutcome.PRINTED))
    expect(strip).to_contain_text("đã in")
    expect(page.locator("#clerk")).to_have_value("Bình")
    assert complaints == []


def test_a_counter_that_comes_back_at_closing_time_can_be_asked_for_the_slip_of_its_day(
    page: Page, desk: str, be_fresh: Fresh, say: Say, complaints: list[str]
) -> None:
    be_fresh("quay-2")
    page.goto(f"{desk}/desk/day")
    here = page.get_by_role("button", name="In phiếu cuối ngày ở Quầy 1")
    expect(page.get_by_role("button", name="In phiếu cuối ngày ở Quầy 2")).to_be_visible()
    expect(page.get_by_text("Lúc này chưa in được ở Quầy 1:")).to_be_visible()
    expect(here).to_have_count(0)
    be_fresh()
    here.click()
    strip = page.locator("#strip li").first
    expect(strip).to_contain_text("Phiếu cuối ngày lúc 08:30: đang in…")
    say("quay-1", TrialReport(outcome=SlipOutcome.PRINTED, page="day_end"))
    expect(strip).to_contain_text("Phiếu cuối ngày lúc 08:30: đã in")
    assert complaints == []


def test_the_review_says_what_is_missing_and_f4_insists(page: Page, be_fresh: Fresh) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT)
    page.locator("#clerk").fill("Bình")
    page.locator("#lines\\.0\\.dossier").fill("H26.1-261122-0007")
    page.locator("#lines\\.0\\.fee_code").select_option("CT-BS")
    page.keyboard.press("F4")
    expect(page.locator(".lacks")).to_contain_text("Máy in ở Quầy 1 hết giấy: phiếu sẽ chờ, in sau từ bàn này.")
    expect(page.get_by_role("button", name="Vẫn tạo mã QR")).to_be_focused()
    page.wait_for_load_state()
    page.keyboard.press("F4")
    expect(page.locator(".status h1")).to_have_text("Đang gửi mã tới Quầy 1")


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_nothing_about_paper_sticks_out_of_the_window(
    page: Page, desk: str, be_fresh: Fresh, ended: Callable[..., Payment], width: int
) -> None:
    be_fresh(printer=PrinterStatus.PAPER_OUT, waiting_slips=2)
    be_fresh("quay-2")
    waiting, doubtful = ended(SlipOutcome.NOT_PRINTED, "Hết giấy"), ended(SlipOutcome.POSSIBLY_PRINTED)
    page.set_viewport_size({"width": width, "height": 800})
    paths = (f"/desk/payments/{waiting.id}", f"/desk/payments/{doubtful.id}?copy=1", "/desk/day", "/desk/notifications")
    for path in paths:
        page.goto(desk + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
