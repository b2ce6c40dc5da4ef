"""What can be printed, as values."""

import pytest

from drivers.paper import PROFILES, Bitmap, Rule


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


def test_every_profile_is_known_by_its_own_name_and_prints_within_its_roll() -> None:
    for name, profile in PROFILES.items():
        assert profile.name == name
        assert profile.width_dots % 8 == 0
        assert profile.width_dots / profile.dots_per_mm < profile.paper_mm
        assert 0 < profile.max_band_rows <= 128


def test_both_rolls_and_all_three_heads_are_covered() -> None:
    assert {profile.width_dots for profile in PROFILES.values()} == {384, 512, 576}
    assert {profile.paper_mm for profile in PROFILES.values()} == {58, 80}
