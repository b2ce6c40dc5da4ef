"""The screens as pictures (tests/golden/screens), and what they promise. QUAYTHU_REDRAW=1 redraws: look at each one."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.counter import screens
from appliance.counter.look import STEP
from appliance.counter.screens import Look
from appliance.counter.session import Idle, Notice, NoticeKind, Paying, Session
from appliance.counter.texts import VIETNAMESE
from drivers.qr import QUIET_MODULES
from drivers.scene import Colour, Fill, Picture, Rect, Scene, Size, Text
from drivers.virtual.display import VirtualDisplay
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, Line, PaymentRequest
from mqtt_schema.types import Vnd

GOLDEN = Path(__file__).parents[2] / "golden" / "screens"
NOW = datetime(2026, 11, 23, 2, 45, 12, tzinfo=UTC)
REFERENCE = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])
PAYMENT = "0" * 32
LONG_FEE = (
    "Lệ phí đăng ký kết hôn có yếu tố nước ngoài, cấp lại bản chính giấy khai sinh, xác nhận tình trạng hôn nhân và "
    "cấp bản sao trích lục hộ tịch cho công dân Việt Nam cư trú ở nước ngoài theo đề nghị của"
)
LONG_NAME = "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG VÀ THU NGÂN SÁCH PHƯỜNG HOÀN KIẾM THÀNH PHỐ HÀ NỘI, TÀI KHOẢN TẠM THU"
LANDSCAPE = [Size(1024, 600), Size(800, 480)]
SIZES = [
    *LANDSCAPE,
    Size(480, 800),
    Size(720, 1280),
    Size(600, 1024),
    Size(1280, 800),
    Size(1920, 1080),
    Size(800, 600),
]

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def request(
    amount: int = 50_000,
    fees: tuple[str, ...] = ("Lệ phí cấp bản sao trích lục hộ tịch",),
    dossiers: tuple[str, ...] = ("H26.12.05-261122-000012",),
    account: str = "1122334455667",
    account_name: str = "KHO BẠC NHÀ NƯỚC KHU VỰC I",
    bank_name: str = "Ngân hàng TMCP Ngoại thương Việt Nam (Vietcombank)",
    left_s: float = 272,
) -> PaymentRequest:
    lines = tuple(
        Line(
            dossier=dossiers[number % len(dossiers)],
            fee_code="LP-HT",
            fee_name=fee,
            amount=Vnd(amount if number == 0 else 0),
            kind=FeeKind.LE_PHI,
        )
        for number, fee in enumerate(fees)
    )
    return PaymentRequest(
        payment=PAYMENT,
        reference=REFERENCE,
        lines=lines,
        channel=Channel.COUNTER,
        amount=Vnd(amount),
        beneficiary=Beneficiary(bin="970436", account=account, account_name=account_name, bank_name=bank_name),
        payload=emv_qr.encode(bin="970436", account=account, amount=amount, memo=REFERENCE),
        expires_at=NOW + timedelta(seconds=left_s),
    )


LONG = request(
    499_999_999,
    (LONG_FEE, "Phí chứng thực", "Lệ phí hộ tịch"),
    ("H26.12.05-261122-000012", "H26.12.05-261122-000013"),
    "VQRQ0001WM8KMWMWMWM",
    LONG_NAME,
)


def paying(asked: PaymentRequest | None = None, *, is_linked: bool = True) -> Session:
    return Session(glass=Paying(asked or request()), is_linked=is_linked)


def notice(kind: NoticeKind, amount: int | None = None) -> Session:
    return Session(glass=Notice(PAYMENT, kind, amount, NOW + timedelta(seconds=9)), is_linked=True)


STATES = {
    "idle": Session(is_linked=True),
    "qr": paying(),
    "qr-long": paying(LONG),
    "qr-last-minute": paying(request(left_s=42)),
    "qr-link-lost": paying(is_linked=False),
    "qr-long-link-lost": paying(LONG, is_linked=False),
    "paid": notice("paid", 50_000),
    "expired": notice("expired"),
    "cancelled": notice("cancelled"),
    "see-clerk": notice("see_clerk"),
    "link-lost": Session(),
}


def look(size: Size = LANDSCAPE[0]) -> Look:
    return Look(size, "hoankiem-01")


def compose(session: Session, size: Size = LANDSCAPE[0], after_s: float = 0) -> Scene:
    return screens.compose(session, look(size), NOW + timedelta(seconds=after_s))


def pixels(scene: Scene) -> Pixels:
    """Height × width × RGB."""
    display = VirtualDisplay(scene.size)
    display.show(scene)
    return decoded(display.png())


def decoded(png: bytes) -> Pixels:
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image[:, :, ::-1], np.uint8)


def words(scene: Scene) -> str:
    return " ".join(text.text for text in scene.texts())


def figures(scene: Scene) -> str:
    """Figures in cells of their own are texts of one character."""
    return "".join(text.text for text in scene.texts() if len(text.text) == 1)


every_state = pytest.mark.parametrize("state", STATES)
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")


# As pictures


@every_state
@pytest.mark.parametrize("size", LANDSCAPE, ids=lambda size: f"{size.width}x{size.height}")
def test_the_screen_looks_as_it_did_when_somebody_looked_at_it(state: str, size: Size) -> None:
    display = VirtualDisplay(size)
    display.show(compose(STATES[state], size))
    golden = GOLDEN / f"{state}-{size.width}x{size.height}.png"
    if os.environ.get("QUAYTHU_REDRAW"):
        golden.write_bytes(display.png())
    difference = np.abs(decoded(display.png()).astype(int) - decoded(golden.read_bytes()).astype(int))
    assert difference.max() <= 24, "look at the picture; if it is better now, redraw the golden one"


@pytest.mark.parametrize("golden", ["qr", "qr-long", "qr-last-minute", "qr-link-lost", "qr-long-link-lost"])
@pytest.mark.parametrize("size", ["1024x600", "800x480"])
def test_two_decoders_read_the_code_off_the_golden_picture(golden: str, size: str) -> None:
    seen = decoded((GOLDEN / f"{golden}-{size}.png").read_bytes())
    payload = (LONG if "long" in golden else request()).payload
    assert [found.text for found in zxingcpp.read_barcodes(seen)] == [payload]
    assert cv2.QRCodeDetector().detectAndDecode(seen)[0] == payload


@every_size
def test_two_decoders_read_the_code_on_every_glass(size: Size) -> None:
    for asked in (request(), LONG):
        seen = pixels(compose(paying(asked), size))
        assert [found.text for found in zxingcpp.read_barcodes(seen)] == [asked.payload]
        assert cv2.QRCodeDetector().detectAndDecode(seen)[0] == asked.payload


# The code


@every_size
def test_the_code_is_the_largest_of_whole_pixels_that_its_white_panel_holds(size: Size) -> None:
    scene = compose(paying(), size)
    (code,) = scene.codes()
    panel = next(element for element in scene.elements if isinstance(element, Fill))
    assert panel.colour == (255, 255, 255)
    assert panel.rect.encloses(code.box)
    assert code.box.width == (code.matrix.size + 2 * QUIET_MODULES) * code.module_px
    assert code.box.width + code.matrix.size + 2 * QUIET_MODULES > panel.rect.width
    assert code.module_px >= 7


def test_on_the_reference_glass_the_code_is_as_high_as_the_screen_allows() -> None:
    (code,) = compose(paying()).codes()
    assert 600 - 2 * 24 - code.box.height < code.matrix.size + 2 * QUIET_MODULES


@every_state
def test_a_code_stands_only_while_a_payment_does(state: str) -> None:
    assert len(list(compose(STATES[state]).codes())) == state.startswith("qr")


# What it says


def test_the_code_stands_beside_everything_that_a_careful_payer_compares() -> None:
    said = words(compose(paying()))
    for expected in (
        "Mở ứng dụng ngân hàng và quét mã",
        "50.000 đ",
        "Lệ phí cấp bản sao trích lục hộ tịch",
        "Kiểm tra ứng dụng hiện đúng tên này",
        "KHO BẠC NHÀ NƯỚC KHU VỰC I",
        "TMCP Ngoại thương Việt Nam (Vietcombank)",
        "1122334455667",
        REFERENCE,
    ):
        assert expected in said


def test_of_a_dossier_only_the_last_four_figures_are_shown() -> None:
    said = words(compose(paying()))
    assert "Hồ\u00a0sơ\u00a0…0012" in said
    assert "000012" not in said
    assert "H26" not in said


def test_of_several_fees_the_first_is_named_and_the_others_are_counted() -> None:
    said = words(compose(paying(request(fees=("Phí A", "Phí B", "Phí C")))))
    assert "Phí A và 2 khoản khác · Hồ\u00a0sơ\u00a0…0012" in said
    assert "Phí B" not in said


def test_several_dossiers_are_counted_once_each() -> None:
    dossiers = ("H26-261122-0012", "H26-261122-0013", "H26-261122-0014")
    said = words(compose(paying(request(fees=("Phí A",) * 6, dossiers=dossiers)), Size(1920, 1080)))
    assert "…0012 và 2 hồ sơ khác" in said


@every_size
@pytest.mark.parametrize("is_linked", [True, False])
def test_numbers_that_a_payer_compares_are_never_shortened(size: Size, is_linked: bool) -> None:
    said = words(compose(paying(LONG, is_linked=is_linked), size)).replace(" ", "")
    assert "499.999.999đ" in said
    assert LONG.beneficiary.account in said
    assert REFERENCE in said


def test_the_time_left_counts_down_by_the_second_and_ends_at_zero() -> None:
    assert figures(compose(paying())).endswith("4:32")
    assert figures(compose(paying(), after_s=213)).endswith("0:59")
    assert figures(compose(paying(), after_s=272)).endswith("0:00")
    assert figures(compose(paying(), after_s=900)).endswith("0:00")


def test_the_bar_shrinks_with_the_time_and_vanishes_at_the_end() -> None:
    def bar(after_s: float) -> int:
        fills = [element for element in compose(paying(), after_s=after_s).elements if isinstance(element, Fill)]
        return fills[-1].rect.width if fills[-1].colour == (0x10, 0x24, 0x3E) else 0

    assert bar(0) > bar(60) > bar(200) > bar(272) == 0
    assert bar(-600) == bar(-1200)


def test_the_last_minute_is_said_in_words() -> None:
    assert VIETNAMESE.time_left in words(compose(paying(), after_s=212))
    assert VIETNAMESE.time_nearly_up in words(compose(paying(), after_s=213))


def test_a_code_stays_while_the_link_is_lost_and_the_screen_says_so() -> None:
    scene = compose(paying(is_linked=False))
    assert list(scene.codes()) == list(compose(paying()).codes())
    assert "Mất kết nối. Mã vẫn dùng được" in words(scene)
    assert figures(scene).endswith("4:32")


def test_paid_says_so_names_the_sum_and_the_next_step() -> None:
    assert words(compose(notice("paid", 50_000))) == "Đã nhận tiền 50.000 đ Mời ông/bà nhận phiếu."


def test_without_a_printer_no_slip_is_promised() -> None:
    scene = screens.compose(notice("paid", 50_000), replace(look(), has_printer=False), NOW)
    assert words(scene) == "Đã nhận tiền 50.000 đ Cảm ơn ông/bà."


def test_an_unverified_amount_is_not_shown() -> None:
    assert words(compose(notice("paid", None))) == "Đã nhận tiền Mời ông/bà nhận phiếu."


@pytest.mark.parametrize("kind", ["expired", "cancelled", "see_clerk"])
def test_only_paid_speaks_of_an_amount(kind: NoticeKind) -> None:
    assert compose(notice(kind, 77_000)) == compose(notice(kind))


@every_state
def test_nothing_of_a_citizen_stands_on_a_screen_without_their_code(state: str) -> None:
    if not state.startswith("qr"):
        said = words(compose(STATES[state]))
        assert not any(word in said for word in ("KHO BẠC", "trích lục", "0012", REFERENCE, "1122334455667"))


def test_idle_tells_the_time_of_vietnam_the_day_and_the_counter() -> None:
    scene = compose(Session(is_linked=True))
    assert "Quầy hoankiem-01 · Thứ Hai, 23/11/2026" in words(scene)
    assert figures(scene).startswith("09:45")


def test_a_counter_without_a_link_does_not_ask_anybody_to_pay() -> None:
    said = words(compose(Session(glass=Idle(), is_linked=False)))
    assert "Quầy chưa nhận được thanh toán." in said
    assert "Quét" not in said


# When it is painted anew


@every_state
def test_two_moments_of_one_second_look_alike(state: str) -> None:
    assert compose(STATES[state], after_s=0) == compose(STATES[state], after_s=0.9)


def test_a_code_that_expires_between_two_seconds_looks_alike_within_one_as_well() -> None:
    session = paying(request(left_s=100.5))
    assert compose(session, after_s=0) == compose(session, after_s=0.9)
    assert compose(session, after_s=0) != compose(session, after_s=1)


def test_the_idle_screen_changes_with_the_minute_only() -> None:
    idle = Session(is_linked=True)
    assert compose(idle) == compose(idle, after_s=47)
    assert compose(idle) != compose(idle, after_s=48)


@pytest.mark.parametrize("state", ["paid", "expired", "cancelled", "see-clerk"])
def test_a_notice_does_not_change_while_it_stands(state: str) -> None:
    assert compose(STATES[state]) == compose(STATES[state], after_s=5000)


def test_what_the_citizen_cannot_see_changes_nothing() -> None:
    reported = Session(glass=Paying(request(), is_reported=True), waiting=(LONG,), is_linked=True)
    assert compose(reported) == compose(paying())


# How it is set


def ink(text: Text) -> Rect:
    """What a line may really paint: figures have neither marks nor tails."""
    is_figure = set(text.text) <= set("0123456789.: đ")
    above, below = (0.8, 0.02) if is_figure else (0.95, 0.24)
    box = text.box
    top = text.y - round(above * text.size_px)
    return Rect(box.x, top, box.width, text.y + round(below * text.size_px) - top)


def overlaps(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def assert_everything_has_its_place(scene: Scene) -> None:
    glass = Rect(0, 0, scene.size.width, scene.size.height).inset(look(scene.size).px(24) - 1)
    inks = [ink(text) for text in scene.texts()]
    assert all(glass.encloses(box) for box in inks), "a line leaves the glass"
    assert not any(overlaps(one, other) for one, other in combinations(inks, 2)), "two lines overlap"
    for solid in (e.box for e in scene.elements if isinstance(e, Picture) or (isinstance(e, Fill) and not e.radius)):
        assert not any(overlaps(solid, box) for box in inks), "a line runs into a picture or a rule"
    for panel in (element.rect for element in scene.elements if isinstance(element, Fill) and element.radius):
        assert all(panel.encloses(box) or not overlaps(panel, box) for box in inks), "a line runs out of its panel"
    assert all(glass.encloses(element.box) for element in scene.elements if not isinstance(element, Text))


@every_size
@every_state
def test_nothing_is_clipped_and_nothing_overlaps(state: str, size: Size) -> None:
    assert_everything_has_its_place(compose(STATES[state], size))


vietnamese = st.text(
    alphabet="AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXYaăâđêôơưẳổểẫữựgy0123456789 .,-/()", min_size=1, max_size=200
).filter(lambda text: bool(text.strip()))
accounts = st.text(alphabet="0123456789MWQ", min_size=1, max_size=19)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 499_999_999),
    st.lists(vietnamese, min_size=1, max_size=3).map(tuple),
    vietnamese,
    vietnamese,
    accounts,
    st.sampled_from(SIZES),
    st.booleans(),
)
def test_whatever_is_to_be_paid_has_its_place(
    amount: int, fees: tuple[str, ...], name: str, bank: str, account: str, size: Size, is_linked: bool
) -> None:
    asked = request(amount, fees, ("H26-1-0001", "H26-1-0002"), account, name, bank)
    assert_everything_has_its_place(compose(paying(asked, is_linked=is_linked), size))


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@every_state
def test_every_word_and_picture_stands_out_seven_to_one(state: str) -> None:
    scene = compose(STATES[state])
    for place, element in enumerate(scene.elements):
        if isinstance(element, Text | Picture):
            x, y = element.box.centre
            below = [e for e in scene.elements[:place] if isinstance(e, Fill) and e.rect.contains(x, y)]
            ground = below[-1].colour if below else scene.background
            assert contrast(element.colour, ground) >= 7


@every_state
def test_nothing_is_said_by_colour_alone(state: str) -> None:
    scene = compose(STATES[state])
    assert any(isinstance(element, Picture) for element in scene.elements)
    assert words(scene)


def test_each_notice_has_a_picture_of_its_own() -> None:
    signs = [
        next(element.drawing for element in compose(STATES[state]).elements if isinstance(element, Picture))
        for state in ("paid", "expired", "cancelled", "see-clerk", "link-lost")
    ]
    assert len(set(signs)) == 5


@pytest.mark.parametrize("size", LANDSCAPE, ids=lambda size: f"{size.width}x{size.height}")
@pytest.mark.parametrize("state", ["idle", "qr", "paid", "expired", "cancelled", "see-clerk", "link-lost"])
def test_a_screen_has_at_most_three_sizes_of_type_that_one_can_tell_apart(state: str, size: Size) -> None:
    sizes = sorted({text.size_px for text in compose(STATES[state], size).texts()})
    assert len(sizes) <= 3
    assert all(larger >= smaller * STEP - 0.5 for smaller, larger in pairwise(sizes))


def test_the_amount_is_the_largest_of_all_words() -> None:
    for session in (paying(), paying(LONG), notice("paid", 50_000)):
        texts = list(compose(session).texts())
        largest = max(text.size_px for text in texts)
        assert {text.text for text in texts if text.size_px == largest} & {"50.000", "499.999.999"}


def test_nothing_on_these_screens_pretends_to_be_a_key() -> None:
    assert all(compose(session).targets == () for session in STATES.values())
