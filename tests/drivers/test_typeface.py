import json
import runpy
import unicodedata
from importlib import resources
from pathlib import Path

import pygame.font
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import typeface
from drivers.typeface import Face

FONTS = Path(str(resources.files("drivers"))) / "fonts"
VIETNAMESE = "Mở ứng dụng ngân hàng và quét mã"
words = st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯấờữỹ0123456789.-", min_size=1, max_size=20)
sentences = st.lists(words, min_size=1, max_size=12).map(" ".join)
faces = st.sampled_from(Face)


def test_the_metrics_are_those_of_the_fonts_beside_them() -> None:
    generator = runpy.run_path(str(FONTS / "generate.py"))
    assert (FONTS / "metrics.json").read_text("utf-8") == generator["rendered"](), (
        "the fonts changed: run python drivers/fonts/generate.py"
    )


def test_the_metrics_are_json_with_one_entry_a_face() -> None:
    assert list(json.loads((FONTS / "metrics.json").read_text("utf-8"))) == [face.value for face in Face]


@pytest.mark.parametrize("face", Face)
@pytest.mark.parametrize("size_px", [14, 17, 24, 40, 72])
def test_a_width_is_what_freetype_draws_or_a_little_more(face: Face, size_px: int) -> None:
    pygame.font.init()
    font = pygame.font.Font(str(face.path), size_px)
    for text in (VIETNAMESE, "499.999.999", "KHO BẠC NHÀ NƯỚC KHU VỰC I", "AVATo Văn phòng"):
        drawn = font.size(text)[0]
        assert drawn <= typeface.width(text, face, size_px) <= drawn * 1.06 + 2


@pytest.mark.parametrize("face", Face)
def test_no_vietnamese_letter_rises_above_the_ascent_or_falls_below_the_line(face: Face) -> None:
    pygame.font.init()
    font = pygame.font.Font(str(face.path), 100)
    drawn = [glyph for glyph in font.metrics("HẲẰỔỂỖẪỮựgđ") if glyph]
    assert len(drawn) == 11
    for _, _, lowest, highest, _ in drawn:
        assert highest <= typeface.ascent(face, 100)
        assert lowest >= typeface.ascent(face, 100) - typeface.line_height(face, 100)
    assert typeface.capital_height(face, 100) == drawn[0][3]


def test_a_size_can_be_chosen_by_the_height_of_a_capital() -> None:
    size_px = typeface.size_for_capital(Face.REGULAR, 20)
    assert typeface.capital_height(Face.REGULAR, size_px) >= 20
    assert size_px == 28


def test_decomposed_text_is_as_wide_as_composed() -> None:
    decomposed = unicodedata.normalize("NFD", VIETNAMESE)
    assert typeface.width(decomposed, Face.REGULAR, 20) == typeface.width(VIETNAMESE, Face.REGULAR, 20)


def test_a_mark_that_nothing_composes_takes_no_room_of_its_own() -> None:
    assert typeface.width("q\u0301", Face.REGULAR, 20) == typeface.width("q", Face.REGULAR, 20)


def test_every_vietnamese_letter_has_a_glyph_and_arrows_have_not() -> None:
    letters = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
    for face in Face:
        assert typeface.lacks(letters + letters.upper() + "₫…–", face) == frozenset()
        assert typeface.lacks("đi → đâu ✓", face) == {"→", "✓"}


def test_the_font_files_stand_where_the_faces_say() -> None:
    assert all(face.path.is_file() for face in Face)


def test_lines_break_at_spaces() -> None:
    lines = typeface.wrap(VIETNAMESE, Face.REGULAR, 20, 200)
    assert lines == ["Mở ứng dụng ngân", "hàng và quét mã"]


def test_a_no_break_space_holds() -> None:
    assert typeface.wrap("Số tiền 5.000\u00a0đ", Face.REGULAR, 20, 120) == ["Số tiền", "5.000\u00a0đ"]


def test_a_word_wider_than_the_line_is_broken_by_force() -> None:
    lines = typeface.wrap("H26.12-260105-0001-0002-0003 xong", Face.REGULAR, 20, 100)
    assert "".join(lines).replace(" ", "") == "H26.12-260105-0001-0002-0003xong"
    assert all(typeface.width(line, Face.REGULAR, 20) <= 100 for line in lines)


def test_a_column_narrower_than_a_letter_still_takes_one_letter_a_line() -> None:
    assert typeface.wrap("abc", Face.REGULAR, 40, 1) == ["a", "b", "c"]


def test_no_text_is_no_line() -> None:
    assert typeface.wrap("  ", Face.REGULAR, 20, 100) == []


@given(sentences, faces, st.integers(10, 60), st.integers(60, 900))
def test_wrapping_loses_no_letter_and_keeps_within_the_width(
    text: str, face: Face, size_px: int, width_px: int
) -> None:
    lines = typeface.wrap(text, face, size_px, width_px)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(typeface.width(line, face, size_px) <= width_px for line in lines)


@given(sentences, faces, st.integers(60, 900), st.integers(1, 4))
def test_whatever_is_fitted_stands_in_its_room(text: str, face: Face, width_px: int, lines: int) -> None:
    size_px, fitted = typeface.fit(text, face, (40, 28, 20), width_px, lines)
    assert 1 <= len(fitted) <= lines
    assert all(typeface.width(line, face, size_px) <= width_px for line in fitted)
    whole = "".join(fitted).replace(" ", "") == text.replace(" ", "")
    assert whole or (size_px == 20 and fitted[-1].endswith(typeface.ELLIPSIS))


def test_the_largest_size_that_fits_is_chosen() -> None:
    assert typeface.fit("Lệ phí", Face.SEMIBOLD, (20, 40, 28), 400, 1) == (40, ["Lệ phí"])
    assert typeface.fit(VIETNAMESE, Face.SEMIBOLD, (20, 40, 28), 360, 1) == (20, [VIETNAMESE])


def test_a_smaller_size_is_better_than_a_broken_word() -> None:
    size_px, lines = typeface.fit("NGUYENHOANGKIM", Face.REGULAR, (40, 20), 200, 2)
    assert (size_px, lines) == (20, ["NGUYENHOANGKIM"])


def test_a_word_that_no_size_holds_is_broken_rather_than_shortened() -> None:
    _, lines = typeface.fit("NGUYENHOANGKIM", Face.REGULAR, (20,), 100, 2)
    assert "".join(lines) == "NGUYENHOANGKIM"


def test_what_does_not_fit_ends_in_an_ellipsis_and_no_comma_before_it() -> None:
    _, lines = typeface.fit("một, hai, ba, bốn, năm", Face.REGULAR, (20,), 100, 1)
    assert lines == ["một, hai…"]


def test_fitting_needs_a_size_and_a_line() -> None:
    with pytest.raises(ValueError, match="at least one size"):
        typeface.fit("a", Face.REGULAR, (), 10, 1)
    with pytest.raises(ValueError, match="one line"):
        typeface.fit("a", Face.REGULAR, (20,), 10, 0)
