"""The profiles, beside what python-escpos knows of the same printers."""

from typing import Any

import pytest
from escpos.capabilities import CAPABILITIES

from drivers.printer_status import STATUS_QUERIES
from drivers.profiles import PROFILES

THEIRS = {
    "epson-tm-t20": "TM-T20II",
    "epson-tm-t88": "TM-T88V",
    "netum-80": "NT-80-V-UL",
    "zjiang-5890": "POS-5890",
}


@pytest.mark.parametrize(("ours", "theirs"), THEIRS.items())
def test_what_python_escpos_knows_of_a_model_is_what_we_say(ours: str, theirs: str) -> None:
    profile, known = PROFILES[ours], CAPABILITIES["profiles"][theirs]
    features: dict[str, Any] = known["features"]
    assert profile.width_dots == known["media"]["width"]["pixels"]
    assert profile.dots_per_mm == pytest.approx(known["media"]["dpi"] / 25.4, abs=0.01)
    assert profile.has_cutter == features["paperPartCut"]
    assert profile.has_native_qr == features["qrCode"]
    assert profile.is_plain != features["bitImageColumn"]
    assert features["bitImageRaster"]


def test_every_profile_is_known_by_its_own_name_and_prints_within_its_roll() -> None:
    for name, profile in PROFILES.items():
        assert profile.name == name
        assert profile.width_dots % 8 == 0
        assert profile.width_dots / profile.dots_per_mm < profile.paper_mm
        assert 0 < profile.max_band_rows <= 128
        assert set(profile.status_queries) <= set(STATUS_QUERIES)
        assert profile.chunk_bytes > 0


def test_both_rolls_and_all_three_heads_are_covered() -> None:
    assert {profile.width_dots for profile in PROFILES.values()} == {384, 512, 576}
    assert {profile.paper_mm for profile in PROFILES.values()} == {58, 80}


def test_a_printer_without_columns_or_without_answers_has_a_profile_for_each_roll() -> None:
    for attribute in ("is_plain", "is_mute"):
        assert {p.paper_mm for p in PROFILES.values() if getattr(p, attribute)} == {58, 80}
