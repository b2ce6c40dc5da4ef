"""What can be printed, as values."""

import pytest

from drivers.paper import Bitmap, Row, Rule, Text


@pytest.mark.parametrize("thickness_dots", [1, 0, -2])
def test_a_rule_thinner_than_two_dots_would_break_up_on_a_worn_head(thickness_dots: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Rule(thickness_dots)


def test_a_bitmap_hands_out_its_rows_from_the_top() -> None:
    assert list(Bitmap(16, 2, b"\x80\x00\x00\x01").rows()) == [b"\x80\x00", b"\x00\x01"]


@pytest.mark.parametrize(("width_dots", "height_dots"), [(16, 3), (12, 2), (8, 2)])
def test_a_bitmap_whose_bytes_do_not_fill_its_size_is_refused(width_dots: int, height_dots: int) -> None:
    with pytest.raises(ValueError, match="packed: 4 bytes"):
        Bitmap(width_dots, height_dots, bytes(4))


@pytest.mark.parametrize("capital_mm", [1.9, 3.0, 5.0])
def test_a_size_without_letters_is_refused_before_anything_is_printed(capital_mm: float) -> None:
    with pytest.raises(ValueError, match="capital_mm"):
        Text("Phiếu", capital_mm=capital_mm)
    with pytest.raises(ValueError, match="capital_mm"):
        Row("Mã", "QT7", capital_mm)
