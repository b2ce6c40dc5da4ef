"""What the citizen sees, before the clerk's eyes: as the counter reports it, and when it is something else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from appliance.clock import VirtualClock
from appliance.office.hearing import Hearing
from appliance.office.payment import Payment
from mqtt_schema.messages import CounterStatus, Displayed, PrinterStatus, ScreenName, Seen

THIRTY_FIVE = "35.000\u202fđ"
Say = Callable[..., None]


@pytest.fixture
def see(say: Say, clock: VirtualClock) -> Callable[..., None]:
    """Let quay-1 report a frame: `see(ScreenName.CODE, payment=…, amount=…)`; nothing for a dark glass."""
    born_at = clock.now()

    def report(screen: ScreenName | None = None, **shown: object) -> None:
        seen = Seen.model_validate({"screen": screen, "painted_at": clock.now(), **shown}) if screen else None
        say("quay-1", CounterStatus(is_online=True, born_at=born_at, printer=PrinterStatus.READY, seen=seen))

    return report


def _on_glass(page: Page, desk: str, payment: Payment, say: Say, see: Callable[..., None], clock: VirtualClock) -> None:
    see(ScreenName.CODE, payment=payment.id, amount=payment.amount)
    say("quay-1", Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now()))
    page.goto(f"{desk}/desk/payments/{payment.id}")
    expect(page.locator(".status h1")).to_have_text(f"Người dân đang thấy {THIRTY_FIVE}")


def test_strip_and_page_say_the_amount_that_the_citizen_sees(
    page: Page,
    desk: str,
    create: Callable[..., Payment],
    say: Say,
    see: Callable[..., None],
    clock: VirtualClock,
    pay: Callable[..., None],
) -> None:
    payment = create()
    strip = page.locator("#strip li").first
    see(ScreenName.IDLE)
    expect(strip).to_contain_text(f"Người dân chưa thấy mã {THIRTY_FIVE}, đang thấy màn hình chờ")
    _on_glass(page, desk, payment, say, see, clock)
    expect(strip).to_contain_text(f"Người dân đang thấy {THIRTY_FIVE}")
    expect(page.locator(".late")).to_have_count(0)
    pay(payment)
    see(ScreenName.PAID, payment=payment.id, amount=payment.amount)
    expect(page.locator(".notice").first).to_have_text(f"Người dân đang thấy kết quả Đã nhận tiền {THIRTY_FIVE}.")


def test_another_payment_on_the_glass_is_a_warning_in_words(
    page: Page, desk: str, create: Callable[..., Payment], say: Say, see: Callable[..., None], clock: VirtualClock
) -> None:
    payment = create()
    _on_glass(page, desk, payment, say, see, clock)
    see(ScreenName.CODE, payment="f" * 32, amount=8000)
    expect(page.locator(".status.amber p")).to_contain_text("khoản 8.000\u202fđ của một lệnh thu khác")
    expect(page.locator("#strip .late")).to_be_visible()
    see()
    expect(page.locator(".status.amber h1")).to_have_text("Màn hình người dân đang tối")


def test_a_counter_that_falls_silent_is_said_to_be_without_a_reload(
    page: Page,
    desk: str,
    create: Callable[..., Payment],
    say: Say,
    see: Callable[..., None],
    clock: VirtualClock,
    hearing: Hearing,
) -> None:
    payment = create()
    _on_glass(page, desk, payment, say, see, clock)
    clock.go_on(15)
    hearing.tick()
    expect(page.locator(".status.amber h1")).to_have_text("Không biết người dân đang thấy gì")
    expect(page.locator("#strip li").first).to_contain_text("Mất kết nối từ 08:30")
    see(ScreenName.CODE, payment=payment.id, amount=payment.amount)
    expect(page.locator(".status.blue h1")).to_have_text(f"Người dân đang thấy {THIRTY_FIVE}")


def test_the_clerk_asks_the_bank_with_one_key(
    page: Page,
    desk: str,
    create: Callable[..., Payment],
    say: Say,
    see: Callable[..., None],
    clock: VirtualClock,
    complaints: list[str],
) -> None:
    payment = create()
    _on_glass(page, desk, payment, say, see, clock)
    page.keyboard.press("F6")
    expect(page.locator("#bank .reference")).to_have_text(payment.reference)
    see(ScreenName.CHECKING, payment=payment.id, amount=payment.amount)
    expect(page.locator(".status h1")).to_have_text(f"Người dân đang thấy: đang kiểm tra {THIRTY_FIVE}")
    assert complaints == []
