"""Somebody at a glass calls: banner, title and ring on every open desk, until one clerk goes."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from appliance.office.payment import Payment
from mqtt_schema.messages import HelpAsked, HelpKind

_COUNT_TONES = """
let tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) {
  document.documentElement.dataset.tones = ++tones;
  return start.apply(this, at);
};
"""

# Whoever drives a browser counts as a user to it from the first question on; a person's browser knows better.
_UNTOUCHED = """
const activation = { hasBeenActive: false };
Object.defineProperty(navigator, "userActivation", { value: activation });
for (const touch of ["pointerdown", "keydown"]) {
  window.addEventListener(touch, () => { activation.hasBeenActive = true; }, { capture: true });
}
"""


def _has_rung(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-tones", "4")


def _is_silent(page: Page) -> bool:
    return page.locator("html").get_attribute("data-tones") is None


def test_a_call_stands_on_every_open_desk_and_one_clerk_ends_it(
    page: Page, desk: str, say: Callable[..., None], complaints: list[str]
) -> None:
    other = page.context.new_page()
    other.goto(f"{desk}/desk/day")
    say("quay-2", HelpAsked(kind=HelpKind.HELP))
    for opened in (page, other):
        expect(opened.locator(".call b")).to_have_text("Quầy 2: có người cần giúp")
        expect(opened).to_have_title("(!) Quầy 2: có người cần giúp")
        expect(opened.locator("#calls")).to_have_attribute("aria-live", "assertive")
    page.keyboard.press("F9")
    for opened in (page, other):
        expect(opened.locator(".call")).to_have_count(0)
    expect(page).to_have_title("Khoản thu mới · UBND phường Hoàn Kiếm")
    expect(other).to_have_title("Trong ngày · UBND phường Hoàn Kiếm")
    assert complaints == []


def test_what_a_clerk_has_typed_outlives_a_call(page: Page, say: Callable[..., None]) -> None:
    page.locator("#payer").fill("Nguyễn Văn An")
    say("quay-1", HelpAsked(kind=HelpKind.HELP))
    expect(page.locator(".call")).to_be_visible()
    page.get_by_role("button", name="Tôi đến ngay").click()
    expect(page.locator(".call")).to_have_count(0)
    expect(page.locator("#payer")).to_have_value("Nguyễn Văn An")


def test_a_browser_that_was_touched_rings_once_for_a_call(page: Page, desk: str, say: Callable[..., None]) -> None:
    page.add_init_script(_COUNT_TONES)
    page.goto(f"{desk}/desk")
    page.mouse.click(5, 300)
    say("quay-1", HelpAsked(kind=HelpKind.HELP))
    expect(page.locator(".call")).to_be_visible()
    _has_rung(page)
    page.mouse.click(5, 300)
    page.goto(f"{desk}/desk/day")
    page.mouse.click(5, 300)
    assert _is_silent(page), "the same call rang again"
    say("quay-1", HelpAsked(kind=HelpKind.HELP))
    _has_rung(page)


def test_a_browser_that_may_not_sound_yet_rings_at_the_first_touch(
    page: Page, desk: str, say: Callable[..., None], complaints: list[str]
) -> None:
    page.add_init_script(_COUNT_TONES + _UNTOUCHED)
    page.goto(f"{desk}/desk")
    say("quay-1", HelpAsked(kind=HelpKind.HELP))
    expect(page).to_have_title("(!) Quầy 1: có người cần giúp")
    assert _is_silent(page)
    page.keyboard.press("Shift")
    _has_rung(page)
    assert complaints == []


def test_from_a_call_without_a_telephone_it_is_one_way_to_pay_on_behalf(
    page: Page, desk: str, say: Callable[..., None], create: Callable[..., Payment], complaints: list[str]
) -> None:
    payment = create()
    say("quay-1", HelpAsked(kind=HelpKind.NO_PHONE, payment=payment.id))
    page.get_by_role("link", name="Nộp thay").click()
    expect(page).to_have_url(f"{desk}/desk/payments/{payment.id}?on_behalf=1")
    expect(page.locator("#payer")).to_be_focused()
    page.keyboard.type("Trần Văn")
    say("quay-2", HelpAsked(kind=HelpKind.HELP))
    expect(page.locator(".call")).to_have_count(2)
    expect(page.locator("#payer")).to_have_value("Trần Văn")
    page.keyboard.type(" An")
    page.keyboard.press("Enter")
    expect(page.locator(".facts")).to_contain_text("Trần Văn An cán bộ nộp thay")
    expect(page.locator("#qr")).to_be_visible()
    assert complaints == []


def test_without_a_payment_on_the_glass_the_form_is_ready_for_it(page: Page, say: Callable[..., None]) -> None:
    say("quay-2", HelpAsked(kind=HelpKind.NO_PHONE))
    page.get_by_role("link", name="Nộp thay").click()
    expect(page.locator("#is_on_behalf")).to_be_checked()
    expect(page.locator("#counter")).to_have_value("quay-2")
