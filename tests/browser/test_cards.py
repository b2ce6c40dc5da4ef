"""Cards at the desk: written, looked at, sent and withdrawn by keyboard and mouse."""

import pytest
from playwright.sync_api import Page, expect

from appliance.office.ledger import Ledger


def _press(page: Page, key: str) -> None:
    """A key on a page that is all there: a keystroke just after its words came would be too early for its script."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def _write(page: Page) -> None:
    _press(page, "F7")
    expect(page.locator("h1")).to_have_text("Thẻ thông báo")
    _press(page, "F4")
    expect(page.locator("#vi\\.0")).to_be_focused()
    page.keyboard.type("Không đưa mã OTP")
    page.keyboard.press("Tab")
    page.keyboard.type("Không ai được hỏi mã OTP.")
    _press(page, "F4")
    expect(page.locator("h1")).to_have_text("Xem trước khi gửi")
    _press(page, "F4")
    expect(page.locator(".cards h2")).to_have_text("Không đưa mã OTP")


def test_a_card_is_written_and_sent_by_keyboard_and_the_page_sees_it_arrive(
    page: Page, ledger: Ledger, complaints: list[str]
) -> None:
    _write(page)
    expect(page.locator(".reached")).to_contain_text("Chưa tới Quầy 1, Quầy 2")
    with ledger.write() as books:
        for parcel in books.posted():
            books.acknowledge(parcel.message, parcel.counter)
    page.reload()
    expect(page.locator(".reached")).to_have_text("Đã tới Quầy 1, Quầy 2")
    assert complaints == []


def test_a_card_is_withdrawn_only_after_a_question(page: Page) -> None:
    _write(page)
    page.get_by_text("Gỡ thẻ", exact=True).click()
    page.get_by_role("button", name="Đúng, gỡ thẻ").click()
    expect(page.locator(".empty")).to_contain_text("Chưa có thẻ nào của đơn vị")


def test_the_room_that_is_left_is_counted_while_writing(page: Page, desk: str) -> None:
    page.goto(f"{desk}/desk/cards/new")
    heading = page.locator("#vi\\.0")
    heading.fill("x" * 40)
    expect(page.locator("label[for='vi.0'] output")).to_have_text("còn 8")
    heading.fill("x" * 50)
    expect(page.locator("label[for='vi.0'] output")).to_have_text("dài quá 2 ký tự")
    _press(page, "F4")
    expect(page.locator("#vi\\.0-wrong")).to_contain_text("50 ký tự, nhiều nhất 48")


@pytest.mark.parametrize("width", [1280, 640, 390])
def test_nothing_sticks_out_of_the_window(page: Page, desk: str, width: int) -> None:
    _write(page)
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/desk/cards", "/desk/cards/new"):
        page.goto(desk + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
