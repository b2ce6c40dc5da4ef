"""Paper as dots: nothing over the edge, nothing grey, nothing lost."""

import io
import unicodedata

import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers import qr, typeface
from drivers.errors import DriverError
from drivers.letters import alphabet
from drivers.paper import CAPITALS_MM, SMALL_MM, Align, Bitmap, Code, Item, Paper, Row, Rule, Space, Text
from drivers.profiles import PROFILES
from drivers.raster import PaperError, draw
from drivers.typeface import Face
from drivers.virtual.slip_picture import to_png

every_width = pytest.mark.parametrize("width", [384, 512, 576])
LONG = "Lệ phí đăng ký kết hôn có yếu tố nước ngoài và cấp bản sao trích lục hộ tịch"

VOWELS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵ"
EVERYTHING = [
    character
    for character in map(chr, range(0x21, 0x1EFA))
    if unicodedata.category(character)[0] not in "MC" and unicodedata.is_normalized("NFC", character)
]
ALPHABET = [*"bcdđghklmnpqrstvx", *"BCDĐGHKLMNPQRSTVX", *VOWELS, *VOWELS.upper()]


def dots(bitmap: Bitmap) -> npt.NDArray[np.uint8]:
    packed = np.frombuffer(bitmap.packed, np.uint8).reshape(bitmap.height_dots, bitmap.row_bytes)
    return np.unpackbits(packed, axis=1)


def drawn(*items: Item, width: int = 576) -> npt.NDArray[np.uint8]:
    return dots(draw(Paper(items), width))


def inked(picture: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """The first and the last inked column."""
    columns = np.flatnonzero(picture.any(axis=0))
    return int(columns[0]), int(columns[-1])


def test_a_rule_goes_from_edge_to_edge_and_a_space_stays_white() -> None:
    picture = drawn(Space(1), Rule(3), Space(2))
    assert picture.shape == (8 + 3 + 16, 576)
    assert picture[8:11].all()
    assert not picture[:8].any()
    assert not picture[11:].any()


def test_lengths_are_millimetres_of_the_head_at_hand() -> None:
    assert draw(Paper((Space(10),)), 512, 7.09).height_dots == 71


@pytest.mark.parametrize("face", Face)
def test_a_capital_is_as_high_as_asked(face: Face) -> None:
    rows = np.flatnonzero(drawn(Text("H", face, 4.8)).any(axis=1))
    assert abs(len(rows) - 4.8 * 8) <= 1


@every_width
def test_small_print_stays_above_two_millimetres(width: int) -> None:
    assert len(np.flatnonzero(drawn(Text("H", capital_mm=SMALL_MM), width=width).any(axis=1))) >= 16


def test_a_line_stands_where_it_was_aligned() -> None:
    left, middle, right = (inked(drawn(Text("Phiếu", align=align))) for align in Align)
    assert left[0] < 4
    assert abs(middle[0] - (575 - middle[1])) <= 4
    assert right[1] > 571


@every_width
def test_a_row_has_its_label_at_the_left_and_its_value_at_the_right(width: int) -> None:
    start, end = inked(drawn(Row("Mã", "QT7"), width=width))
    assert start < 4
    assert end > width - 5


def test_a_value_without_room_at_its_label_stands_below_it() -> None:
    one_line = len(drawn(Row("Mã thanh toán", "QT7")))
    assert len(drawn(Row("Mã giao dịch của ngân hàng chuyển", "FT26324904002496"), width=384)) > one_line


def test_a_long_value_wraps_at_the_right_of_its_label() -> None:
    picture = drawn(Row("Nơi in", f"Quầy 3, {LONG}"))
    label = typeface.width("Nơi in", Face.REGULAR, typeface.size_for_capital(Face.REGULAR, 2.4 * 8))
    second_line = picture[60:]
    assert second_line.any()
    assert not second_line[:, :label].any()


def test_a_value_of_one_endless_word_is_broken_rather_than_cut_off() -> None:
    once, twice = drawn(Row("Mã", "X" * 40)), drawn(Row("Mã", "X" * 80))
    assert twice.sum() > 1.8 * once.sum()


def test_a_label_wider_than_the_paper_wraps_too() -> None:
    assert len(drawn(Row(LONG, LONG), width=384)) > len(drawn(Row("Mã", LONG), width=384))


def test_a_text_that_does_not_wrap_shrinks_onto_one_line() -> None:
    wide = Text("499.999.999 đ", Face.EXTRABOLD, 4.8, wraps=False)
    narrow = drawn(wide, width=384)
    assert inked(narrow)[1] < 384
    assert len(narrow) < len(drawn(wide, width=576))


def test_a_text_never_shrinks_below_two_millimetres() -> None:
    endless = drawn(Text("499.999.999 đ " * 9, Face.EXTRABOLD, 4.8, wraps=False))
    assert len(endless) == len(drawn(Text("4", Face.EXTRABOLD, SMALL_MM)))


def test_a_centred_text_leaves_no_lonely_last_word() -> None:
    picture = drawn(Text("Phiếu này không thay thế biên lai thu phí của cơ quan", align=Align.CENTRE), width=576)
    half = len(picture) // 2 + 4
    upper, lower = (end - start for start, end in (inked(picture[:half]), inked(picture[half:])))
    assert lower > 0.6 * upper


@pytest.mark.parametrize("text", ["", " ", "\u200b"])
def test_a_text_without_words_takes_no_paper(text: str) -> None:
    assert draw(Paper((Text(text), Text(text, align=Align.CENTRE))), 576).height_dots == 0


def test_decomposed_letters_are_drawn_as_the_composed_ones() -> None:
    assert (drawn(Text(unicodedata.normalize("NFD", LONG))) == drawn(Text(LONG))).all()


def test_what_the_face_lacks_becomes_a_question_mark_and_never_a_gap() -> None:
    assert (drawn(Text("Phí 😀")) == drawn(Text("Phí ?"))).all()
    assert (drawn(Text(unicodedata.normalize("NFD", "Phí ά"))) == drawn(Text("Phí ?"))).all()


@pytest.mark.parametrize("between", ["\u0347", "\u200b", "\x1b"])
def test_a_letter_that_comes_about_when_what_stood_within_it_is_left_out_is_looked_for_too(between: str) -> None:
    """V and a dot below are both there, and Ṿ is not."""
    assert typeface.lacks(f"V{between}\u0323", Face.REGULAR) == {between}
    assert (drawn(Text(f"Phí V{between}\u0323")) == drawn(Text("Phí ?"))).all()
    assert (drawn(Text(f"Phí A{between}\u0323")) == drawn(Text("Phí Ạ"))).all()


def test_every_kind_of_space_is_a_space_and_invisible_characters_are_nothing() -> None:
    assert (drawn(Text("42.308.000\u202fđ")) == drawn(Text("42.308.000\u00a0đ"))).all()
    assert (drawn(Text("một\u2003hai\u200e\x1b")) == drawn(Text("một hai"))).all()


def test_a_figure_is_not_parted_from_its_currency() -> None:
    width = typeface.width("42.308.000", Face.REGULAR, typeface.size_for_capital(Face.REGULAR, 2.4 * 8))
    narrow = (width + 16) // 8 * 8
    assert len(drawn(Text("1 42.308.000\u202fđ"), width=narrow)) > len(drawn(Text("1 42.308.000"), width=narrow))


def test_a_letter_looks_the_same_wherever_it_stands() -> None:
    alone = drawn(Text("ậ"))[:, :20]
    after = drawn(Text("~ậ"))
    step = typeface.width("~", Face.REGULAR, typeface.size_for_capital(Face.REGULAR, 2.4 * 8))
    assert (after[:, step : step + 20] == alone).all()


@pytest.mark.parametrize("dots_per_mm", sorted({profile.dots_per_mm for profile in PROFILES.values()}))
@pytest.mark.parametrize("capital_mm", CAPITALS_MM)
@pytest.mark.parametrize("face", Face)
def test_no_mark_of_a_first_line_and_no_dot_of_a_last_one_is_cut_off(
    face: Face, capital_mm: float, dots_per_mm: float
) -> None:
    size = typeface.size_for_capital(face, capital_mm * dots_per_mm)
    for letter in EVERYTHING:
        if not typeface.lacks(letter, face):
            ink = sum(row.bit_count() for row in alphabet(face, size).letter(letter).rows)
            assert dots(draw(Paper((Text(letter, face, capital_mm),)), 576, dots_per_mm)).sum() == ink, letter


@pytest.mark.parametrize("face", Face)
def test_every_letter_of_the_alphabet_is_drawn_and_no_two_look_alike(face: Face) -> None:
    assert not typeface.lacks("".join(ALPHABET), face)
    assert len({drawn(Text(letter, face)).tobytes() for letter in ALPHABET}) == len(ALPHABET)


@every_width
def test_a_scanner_reads_the_code(width: int) -> None:
    payload = "HK-2026-7K2M-9XHP"
    picture = to_png(draw(Paper((Rule(4), Code(payload), Rule(4))), width))
    assert [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))] == [payload]


def test_a_code_stands_in_the_middle_with_its_quiet_zone() -> None:
    picture = drawn(Code("HK-2026", 25))
    modules = qr.modules("HK-2026", "Q").size
    start, end = inked(picture)
    assert end - start + 1 == modules * 10
    assert abs(start - (576 - modules * 10) // 2) <= 1
    assert not picture[:40].any()
    assert not picture[-40:].any()


@every_width
def test_the_modules_of_a_code_stand_where_a_printer_can_double_them(width: int) -> None:
    picture = drawn(Rule(2), Code("HK-2026", 20), width=width)[2:]
    assert (picture[0::2] == picture[1::2]).all()
    assert (picture[:, 0::2] == picture[:, 1::2]).all()


def test_a_gloss_stands_below_its_label_in_the_smallest_letters() -> None:
    plain, glossed = drawn(Row("Mã tham chiếu", "QT7")), drawn(Row("Mã tham chiếu", "QT7", gloss="Reference"))
    assert (glossed[: len(plain) - 8] == plain[:-8]).all()
    assert 0 < len(glossed) - len(plain) < len(plain)
    assert not glossed[len(plain) :, 288:].any()


def test_a_value_without_room_at_its_label_stands_beside_the_gloss_if_it_can() -> None:
    label = "Mã giao dịch ngân hàng"
    beside = drawn(Row(label, "FT263260941", gloss="Bank"), width=384)
    below = drawn(Row(label, "FT26326094112345678", gloss="Bank reference"), width=384)
    assert len(beside) < len(below)


def test_where_neither_label_nor_gloss_has_room_the_value_wraps_below() -> None:
    assert len(drawn(Row(LONG, LONG, gloss=LONG), width=384)) > len(drawn(Row(LONG, LONG), width=384))


@every_width
def test_a_long_code_outgrows_its_place_before_its_modules_get_too_fine(width: int) -> None:
    payload = "Ế" * 200
    paper = draw(Paper((Code(payload, 20),)), width)
    start, end = inked(dots(paper))
    assert end - start + 1 == 3 * qr.modules(payload, "Q").size
    picture = to_png(paper, side_dots=40)
    assert [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))] == [payload]


@pytest.mark.parametrize("length", [2000, 5000])
def test_a_code_with_more_modules_than_dots_is_refused(length: int) -> None:
    with pytest.raises(PaperError, match="no room") as refused:
        draw(Paper((Code("A" * length),)), 384)
    assert isinstance(refused.value, DriverError)
    assert isinstance(refused.value, ValueError)


words = st.text(max_size=60)


@given(words, words, st.sampled_from([384, 512, 576]))
def test_whatever_the_text_it_can_be_drawn(label: str, value: str, width: int) -> None:
    items = Row(label, value), Text(value, align=Align.CENTRE), Text(label, wraps=False, align=Align.RIGHT)
    assert drawn(*items, width=width).sum() == sum(drawn(item, width=width).sum() for item in items)


@pytest.mark.parametrize("face", Face)
def test_no_letter_of_the_face_leans_over_an_edge(face: Face) -> None:
    for letter in EVERYTHING:
        if not typeface.lacks(letter, face):
            ink = {drawn(Text(letter, face, 2.8, align)).sum() for align in Align}
            assert len(ink) == 1, letter
