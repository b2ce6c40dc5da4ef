"""A payment on the glass: its code, what a careful payer compares, and the time that is left."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.counter import screens
from appliance.counter.front import Front
from appliance.counter.look import STEP
from appliance.counter.screens import code
from appliance.counter.shown import Shown, payment_of
from appliance.counter.state import Session
from drivers import qr, typeface
from drivers.qr import QUIET_MODULES
from drivers.scene import Fill, Rect, Scene, Size, Text
from drivers.virtual.display import VirtualDisplay
from mqtt_schema.messages import HelpKind, Language, PaymentRequest
from tests.support.glasses import (
    GLASSES,
    LONG_FEE,
    NOW,
    PAYMENTS,
    REFERENCE,
    SEVEN_INCHES,
    SIZES,
    WORDS,
    capital_mm,
    checking,
    contrasts,
    figures,
    flaws,
    long_request,
    look,
    paying,
    request,
    seen,
    words,
)

every_state = pytest.mark.parametrize("state", PAYMENTS)
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")
every_glass = pytest.mark.parametrize(
    ("size", "language", "is_large"),
    GLASSES,
    ids=[f"{size.width}x{size.height}-{language}-{'large' if large else 'plain'}" for size, language, large in GLASSES],
)
LOW = Size(1024, 600)
ROOMY = Size(1920, 1080)


def module_px(scene: Scene) -> int:
    (found,) = scene.codes()
    return found.module_px


def decoded(scene: Scene) -> tuple[list[str], str]:
    """What zxing and OpenCV read off the pixels."""
    display = VirtualDisplay(scene.size)
    display.show(scene)
    image = cv2.imdecode(np.frombuffer(display.png(), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return [found.text for found in zxingcpp.read_barcodes(image)], cv2.QRCodeDetector().detectAndDecode(image)[0]


# Everything has its place


@every_state
@every_glass
def test_nothing_leaves_the_glass_nothing_overlaps_and_everything_can_be_touched(
    state: str, size: Size, language: Language, is_large: bool
) -> None:
    assert not flaws(seen(PAYMENTS[state], size, language, is_large))


vietnamese = st.text(
    alphabet="AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXYaăâđêôơưẳổểẫữựgy0123456789 .,-/()", min_size=1, max_size=200
).filter(lambda text: bool(text.strip()))


@settings(max_examples=150)
@given(
    st.integers(1, 499_999_999),
    st.lists(vietnamese, min_size=1, max_size=3).map(tuple),
    vietnamese,
    vietnamese,
    st.text(alphabet="0123456789MWQ", min_size=1, max_size=19),
    st.sampled_from(GLASSES),
    st.booleans(),
    st.sampled_from([None, *HelpKind]),
    st.integers(0, 400),
)
def test_whatever_is_to_be_paid_has_its_place(
    amount: int,
    fees: tuple[str, ...],
    name: str,
    bank: str,
    account: str,
    glass: tuple[Size, Language, bool],
    is_linked: bool,
    help_: HelpKind | None,
    left_s: int,
) -> None:
    asked = request(amount, fees, None, ("H26-1-0001", "H26-1-0002"), account, name, bank, left_s, payer=name)
    assert not flaws(seen(paying(asked, help_=help_, is_linked=is_linked), *glass))


@every_state
@every_glass
def test_every_word_and_picture_stands_out_seven_to_one(
    state: str, size: Size, language: Language, is_large: bool
) -> None:
    assert min(contrasts(seen(PAYMENTS[state], size, language, is_large))) >= 7


@every_glass
def test_the_picture_stays_on_the_glass_wherever_it_is_shifted_to(
    size: Size, language: Language, is_large: bool
) -> None:
    asked = long_request(left_s=86_400)
    for minute in (0, 3, 20):
        assert not flaws(seen(paying(asked), size, language, is_large, after_s=60 * minute))


# How large it is


def seen_at(text: Text, size: Size) -> float:
    """Degrees before the eye."""
    return 2 * float(np.degrees(np.arctan(capital_mm(text, size) / 2 / look(size).viewing_mm)))


@every_glass
@pytest.mark.parametrize("state", ["code", "code-long", "last-minute", "link-lost-long"])
def test_amount_instruction_and_countdown_are_high_enough_for_the_standard(
    state: str, size: Size, language: Language, is_large: bool
) -> None:
    scene = seen(PAYMENTS[state], size, language, is_large)
    others = list(scene.texts())
    first = next(text for text in others if text.size_px == look(size).style(language, is_large).must)
    assert any(first.text in way.replace("\u00a0", " ") or first.text in way for way in WORDS[language].code.scan)
    must = [first, *(text for text in others if text.text in {"50.000", "499.999.999", "đ"} or len(text.text) == 1)]
    assert len(must) >= 6
    assert min(seen_at(text, size) for text in must) >= 0.7 * (1.3 if is_large else 1) - 0.02


@every_state
@every_glass
def test_the_rest_is_three_millimetres_high_but_for_four_things_on_seven_inches(
    state: str, size: Size, language: Language, is_large: bool
) -> None:
    is_narrow = size in SEVEN_INCHES
    for text in seen(PAYMENTS[state], size, language, is_large).texts():
        assert capital_mm(text, size) >= (2 if is_narrow else 3) - 0.05


@every_size
@pytest.mark.parametrize("state", ["code", "last-minute", "on-behalf", "checking"])
def test_a_screen_has_few_sizes_of_type_that_one_can_tell_apart(state: str, size: Size) -> None:
    style = look(size).style("vi")
    sizes = sorted({text.size_px for text in seen(PAYMENTS[state], size).texts()})
    assert len(sizes) <= (4 if size in SEVEN_INCHES else 3)
    assert {style.rest, style.must} <= set(sizes)
    below = [size_px for size_px in sizes if size_px <= style.must]
    assert all(larger >= smaller * STEP - 0.5 for smaller, larger in pairwise(below))


@every_glass
def test_the_amount_is_the_largest_of_all_words(size: Size, language: Language, is_large: bool) -> None:
    texts = list(seen(PAYMENTS["code"], size, language, is_large).texts())
    largest = max(text.size_px for text in texts)
    assert "50.000" in {text.text for text in texts if text.size_px == largest}


# The code


@pytest.mark.parametrize(
    ("size", "plain", "larger"),
    [
        (Size(1024, 600), 11, 10),
        (Size(800, 480), 9, 8),
        (Size(480, 800), 9, 7),
        (Size(1280, 800), 15, 14),
        (Size(1920, 1080), 21, 21),
        (Size(720, 1280), 13, 12),
        (Size(1080, 1920), 21, 19),
    ],
    ids=lambda value: f"{value.width}x{value.height}" if isinstance(value, Size) else "",
)
def test_a_code_of_49_modules_with_its_margin_is_as_large_as_the_words_allow(
    size: Size, plain: int, larger: int
) -> None:
    assert code.place(look(size).style("vi"), 49).module_px >= plain
    assert code.place(look(size).style("vi", True), 49).module_px >= larger


@every_size
@pytest.mark.parametrize("modules", [41, 45, 49, 53, 57])
def test_larger_text_leaves_the_code_nearly_as_large(size: Size, modules: int) -> None:
    plain, larger = (code.place(look(size).style("vi", is_large), modules).module_px for is_large in (False, True))
    assert plain >= larger >= (0.75 if size == Size(480, 800) else 0.87) * plain


@every_glass
def test_larger_text_cuts_no_usual_fee(size: Size, language: Language, is_large: bool) -> None:
    asked = request()
    fee = asked.lines[0].model_copy(
        update={"fee_name": "Cấp bản sao trích lục hộ tịch từ Cơ sở dữ liệu", "fee_name_en": None}
    )
    shown = seen(paying(asked.model_copy(update={"lines": (fee,)})), size, language, is_large)
    assert is_large is False or fee.fee_name in words(shown)


def _overlap(one: Rect, other: Rect) -> bool:
    is_beside = one.right <= other.x or other.right <= one.x
    return not is_beside and one.y < other.bottom and other.y < one.bottom


@every_glass
def test_the_code_stands_with_its_whole_margin_on_a_white_panel(size: Size, language: Language, is_large: bool) -> None:
    scene = seen(PAYMENTS["code"], size, language, is_large)
    (found,) = scene.codes()
    panel = next(element for element in scene.elements if isinstance(element, Fill))
    assert panel.colour == (255, 255, 255)
    assert panel.rect.encloses(found.box)
    assert found.is_on_white, "its margin is not painted a second time"
    between = scene.elements[scene.elements.index(panel) + 1 : scene.elements.index(found)]
    assert not any(_overlap(element.box, found.box) for element in between)
    assert found.box.width == (found.matrix.size + 2 * QUIET_MODULES) * found.module_px


@every_glass
def test_every_code_begins_with_what_is_painted_ahead(size: Size, language: Language, is_large: bool) -> None:
    scene = seen(PAYMENTS["code"], size, language, is_large)
    (found,) = scene.codes()
    ahead = screens.ahead(Front(language=language, is_large=is_large), look(size), found.modules, NOW)
    assert len(ahead.elements) > 5
    assert scene.elements[: len(ahead.elements)] == ahead.elements


@every_size
@pytest.mark.parametrize("is_large", [False, True])
def test_two_decoders_read_the_code_on_every_glass(size: Size, is_large: bool) -> None:
    for asked in (request(), long_request()):
        assert decoded(seen(paying(asked), size, is_large=is_large)) == ([asked.payload], asked.payload)


def test_the_menu_leaves_the_code_where_it_is() -> None:
    for size, language, is_large in GLASSES:
        plain = seen(paying(long_request()), size, language, is_large)
        menu = seen(paying(long_request(), "menu"), size, language, is_large)
        assert module_px(plain) == module_px(menu)


@every_size
@pytest.mark.parametrize("state", ["on-behalf", "on-behalf-long", "checking", "checking-long"])
def test_no_code_stands_while_the_clerk_pays_or_asks_the_bank(state: str, size: Size) -> None:
    assert not list(seen(PAYMENTS[state], size).codes())


def test_a_screen_without_a_payment_is_no_screen_with_a_code() -> None:
    with pytest.raises(ValueError, match="no payment stands on the glass, but idle"):
        code.compose(Shown(Session()), look().style("vi"), NOW)


# What it says


@every_size
def test_the_code_stands_beside_everything_that_a_careful_payer_compares(size: Size) -> None:
    said = words(seen(PAYMENTS["code"], size))
    for expected in ("50.000 đ", "Lệ phí cấp bản sao", "trích lục", "KHO BẠC NHÀ NƯỚC KHU VỰC I", "Hồ sơ …0012"):
        assert expected in said
    if size != Size(480, 800):
        for expected in ("1122334455667", "Vietcombank", REFERENCE, "Quét mã bằng ứng dụng ngân hàng"):
            assert expected in said


@every_glass
def test_the_beneficiarys_name_is_never_shortened(size: Size, language: Language, is_large: bool) -> None:
    asked = long_request()
    said = words(seen(paying(asked), size, language, is_large))
    assert asked.beneficiary.account_name in said
    assert "499.999.999 đ" in said


LONGER_NAMES = (
    "TRUNG TAM PHUC VU HANH CHINH CONG VA KIEM SOAT THU TUC HANH CHINH HOAN KIEM",
    "CONG TY TRACH NHIEM HUU HAN MOT THANH VIEN DICH VU CONG ICH QUAN HOAN KIEM",
    "TRUNG TAM PHUC VU HANH CHINH CONG VA KIEM SOAT THU TUC HA",
)


@every_size
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", LONGER_NAMES)
def test_a_name_of_three_lines_stands_whole_as_well(size: Size, language: Language, name: str) -> None:
    scene = seen(paying(request(499_999_999, (LONG_FEE,), account_name=name)), size, language)
    assert name in words(scene)
    assert not flaws(scene)


@every_glass
@pytest.mark.parametrize("asked", [request(), long_request()], ids=["usual", "long"])
def test_an_account_number_stands_there_whole_or_not_at_all(
    asked: PaymentRequest, size: Size, language: Language, is_large: bool
) -> None:
    said = words(seen(paying(asked), size, language, is_large))
    texts = WORDS[language].code
    assert said.count(texts.account) == said.count(asked.beneficiary.account) <= 1
    assert (f"{texts.memo} " in said) == (REFERENCE in said)


def test_of_a_dossier_only_the_last_four_figures_are_shown() -> None:
    said = words(seen(PAYMENTS["code"]))
    assert "Hồ sơ …0012" in said
    assert "000012" not in said
    assert "H26" not in said


def test_of_several_fees_the_first_is_named_and_the_others_are_counted() -> None:
    said = words(seen(paying(request(fees=("Phí A", "Phí B", "Phí C"))), ROOMY))
    assert "Phí A và 2 khoản khác · Hồ sơ …0012" in said
    assert "Phí B" not in said


def test_several_dossiers_are_counted_once_each() -> None:
    dossiers = ("H26-261122-0012", "H26-261122-0013", "H26-261122-0014")
    said = words(seen(paying(request(fees=("Phí A",) * 6, dossiers=dossiers)), ROOMY))
    assert "…0012 và 2 hồ sơ khác" in said


def test_a_payer_is_named_only_where_the_office_says_so() -> None:
    assert "Người nộp: N*** V*** A" in words(seen(PAYMENTS["code-payer"], ROOMY))
    assert "Người nộp" not in words(seen(PAYMENTS["code"], ROOMY))


def test_in_english_a_fee_has_its_english_name_where_there_is_one() -> None:
    english = words(seen(PAYMENTS["code"], ROOMY, "en"))
    assert "Fee for a copy of a civil status extract" in english
    assert "Lệ phí" not in english
    assert "Scan the code with your bank app" in english
    assert "Phí A" in words(seen(paying(request(fees=("Phí A",), fee_en=None)), ROOMY, "en"))


def test_a_bank_of_many_words_is_called_by_its_short_name_where_that_saves_a_line() -> None:
    said = words(seen(PAYMENTS["code"], Size(800, 480)))
    assert "Vietcombank" in said
    unnamed = request(bank_name="Ngân hàng Nông nghiệp và Phát triển Nông thôn Việt Nam")
    assert "Nông nghiệp" in words(seen(paying(unnamed), ROOMY))


# The time


def test_the_time_left_counts_down_by_the_second_and_ends_at_zero() -> None:
    for after_s, shown in ((0, "4:32"), (213, "0:59"), (272, "0:00"), (900, "0:00")):
        assert figures(seen(PAYMENTS["code"], after_s=after_s)).endswith(shown)


def bar(asked: PaymentRequest, after_s: float = 0) -> float:
    """How much of the bar is left."""
    fills = [e for e in seen(paying(asked), after_s=after_s).elements if isinstance(e, Fill)]
    bars = [fill.rect.width for fill in fills if fill.rect.height == look().style("vi").unit]
    return 0.0 if len(bars) == 1 else bars[1] / bars[0]


def test_the_bar_shrinks_with_the_time_and_vanishes_at_the_end() -> None:
    assert bar(request()) > bar(request(), 60) > bar(request(), 200) > bar(request(), 272) == 0
    assert bar(request(left_s=900)) == 1


def test_the_bar_is_full_when_the_payment_began() -> None:
    assert bar(request(left_s=600, starts_s_ago=0)) == 1
    assert bar(request(left_s=300, starts_s_ago=300)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_last_minute_is_said_in_words(language: Language) -> None:
    texts = WORDS[language].code
    assert texts.time_left in words(seen(PAYMENTS["code"], language=language, after_s=212))
    assert texts.time_nearly_up in words(seen(PAYMENTS["code"], language=language, after_s=213))


@every_glass
def test_in_the_last_two_minutes_more_time_can_be_touched(size: Size, language: Language, is_large: bool) -> None:
    for after_s, is_offered in ((152, False), (153, True)):
        scene = seen(PAYMENTS["code"], size, language, is_large, after_s)
        assert ("more_time" in {target.name for target in scene.targets}) == is_offered


def test_a_code_stays_while_the_link_is_lost_and_the_screen_says_so() -> None:
    scene = seen(PAYMENTS["link-lost"])
    assert module_px(scene) == module_px(seen(PAYMENTS["code"]))
    assert "Mất kết nối" in words(scene)
    assert "4:32" in figures(scene)


# The clerk acts


@every_glass
@pytest.mark.parametrize("state", ["checking-long", "on-behalf-long", "menu", "code-long"])
def test_the_amount_that_the_office_is_told_of_stands_on_the_glass(
    state: str, size: Size, language: Language, is_large: bool
) -> None:
    told = payment_of(PAYMENTS[state])
    assert told is not None
    assert told[1] == 499_999_999
    assert "499.999.999 đ" in words(seen(PAYMENTS[state], size, language, is_large))


def test_while_the_clerk_asks_the_bank_nobody_is_to_pay_again() -> None:
    said = words(seen(checking(request())))
    assert "Cán bộ đang hỏi ngân hàng" in said
    assert "không chuyển tiền lần nữa" in said
    assert "do not pay again" in words(seen(checking(request()), language="en"))


def test_when_the_clerk_pays_nothing_is_to_be_scanned() -> None:
    said = words(seen(PAYMENTS["on-behalf"]))
    assert "Cán bộ trả tiền giúp ông/bà" in said
    assert "không cần quét mã" in said
    assert "1122334455667" not in said


# When it is painted anew


@every_state
def test_two_moments_of_one_second_look_alike(state: str) -> None:
    assert seen(PAYMENTS[state]) == seen(PAYMENTS[state], after_s=0.9)


def test_a_code_that_expires_between_two_seconds_looks_alike_within_one_as_well() -> None:
    shown = paying(request(left_s=100.5))
    assert seen(shown) == seen(shown, after_s=0.9)
    assert seen(shown) != seen(shown, after_s=1)


def test_everything_shifts_together_against_burn_in() -> None:
    before, after = seen(PAYMENTS["on-behalf"]), seen(PAYMENTS["on-behalf"], after_s=60)
    moved = {(b.rect.x - a.rect.x, b.rect.y - a.rect.y) for a, b in zip(before.targets, after.targets, strict=True)}
    moved |= {(b.box.x - a.box.x, b.box.y - a.box.y) for a, b in zip(before.elements, after.elements, strict=True)}
    assert len(moved) == 1
    assert moved != {(0, 0)}


def test_the_widths_agree_with_the_code_that_is_drawn() -> None:
    matrix = qr.modules(request().payload)
    where = code.place(look(LOW).style("vi"), matrix.size + 2 * QUIET_MODULES)
    assert where.panel.width == where.module_px * (matrix.size + 8)
    assert where.words.x > where.panel.right
    assert typeface.width("Quét mã bằng", typeface.Face.SEMIBOLD, look(LOW).style("vi").must) < where.words.width


@every_glass
def test_that_the_time_is_nearly_up_is_said_in_full(size: Size, language: Language, is_large: bool) -> None:
    assert WORDS[language].code.time_nearly_up in words(seen(PAYMENTS["last-minute"], size, language, is_large))
