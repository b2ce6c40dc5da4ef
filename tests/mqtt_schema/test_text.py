"""Words at the boundary: composed, visible, and in ASCII where a QR demands it."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_schema.text import ascii_upper, nfc


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (unicodedata.normalize("NFD", "Phường Hoàn Kiếm"), "Phường Hoàn Kiếm"),
        ("  hai\t\ndòng\u00a0 ", "hai dòng"),
        ("100.000\u202e000.1", "100.000000.1"),
        ("\u200bLệ\u00ad phí\x00", "Lệ phí"),
        ("\ud800nửa", "nửa"),
        ("phe\u200b\u0301", "phé"),
        ("\ue000", ""),
        ("", ""),
    ],
)
def test_words_are_composed_and_without_anything_invisible(written: str, kept: str) -> None:
    assert nfc(written) == kept


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Phường Hoàn Kiếm", "PHUONG HOAN KIEM"),
        ("Đặng Đình đệ", "DANG DINH DE"),
        (unicodedata.normalize("NFD", "Lệ phí"), "LE PHI"),
        ("  lệ \n phí 北京 ", "LE PHI"),
        ("北京", ""),
        ("\x1bLE\x00 PHI", "LE PHI"),
    ],
)
def test_diacritics_go_and_letters_stay(written: str, plain: str) -> None:
    assert ascii_upper(written) == plain


@given(st.text())
def test_what_is_left_fits_a_code(text: str) -> None:
    assert set(ascii_upper(text)) <= set(string.printable) - set(string.ascii_lowercase) - set("\t\n\r\x0b\x0c")


def test_a_long_text_keeps_thirty_marks_on_a_letter_and_no_more() -> None:
    monster = nfc("e" + "\u0301\u0323" * 5_000 + "x")
    assert len(monster) < 40
    assert monster.endswith("x")
