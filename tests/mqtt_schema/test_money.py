"""Amounts in figures and words, read back by a listener who does not know how they were made."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mqtt_schema.errors import ContractError
from mqtt_schema.money import NARROW_NO_BREAK_SPACE, MoneyError, Wording, format_vnd, in_words

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "vectors" / "amount_words.json").read_text())

DIGIT = {
    word: digit
    for digit, words in enumerate(["không", "một mốt", "hai", "ba", "bốn tư", "năm lăm", "sáu", "bảy", "tám", "chín"])
    for word in words.split()
}
SCALE = {"nghìn": 1000, "ngàn": 1000, "triệu": 1000_000}


def heard(words: str) -> int:
    """Read words back to a number, as a Vietnamese listener adds them up."""
    total = block = group = digit = 0
    for word in words.lower().split():
        if word in DIGIT:
            digit = DIGIT[word]
        elif word == "trăm":
            group, digit = group + digit * 100, 0
        elif word in ("mươi", "mười"):
            group, digit = group + (digit if word == "mươi" else 1) * 10, 0
        elif word in SCALE:
            block, group, digit = block + (group + digit) * SCALE[word], 0, 0
        elif word == "tỷ":
            # The first tỷ closes a block of nine digits; each further one multiplies what was just closed.
            total, block, group, digit = closed(total, block + group + digit), 0, 0, 0
        else:
            assert word in ("linh", "lẻ", "đồng", "chẵn"), word
    return total + block + group + digit


def closed(total: int, block: int) -> int:
    return total + block * 10**9 if block else total * 10**9


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["amount"]))
def test_a_vector_reads_as_on_a_receipt(case: dict[str, Any]) -> None:
    assert in_words(case["amount"]) == case["receipt"]
    assert in_words(case["amount"]).removesuffix(" đồng").lower() == case["words"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (42_308_000, "Bốn mươi hai triệu ba trăm linh tám nghìn đồng"),
        (10, "Mười đồng"),
        (11, "Mười một đồng"),
        (21, "Hai mươi mốt đồng"),
        (24, "Hai mươi tư đồng"),
        (55, "Năm mươi lăm đồng"),
        (200_015, "Hai trăm nghìn không trăm mười lăm đồng"),
        (1_010, "Một nghìn không trăm mười đồng"),
        (1_005_000, "Một triệu không trăm linh năm nghìn đồng"),
        (1_050_000, "Một triệu không trăm năm mươi nghìn đồng"),
        (1_000_001, "Một triệu không trăm linh một đồng"),
        (1_001_000_000, "Một tỷ không trăm linh một triệu đồng"),
        (10**12, "Một nghìn tỷ đồng"),
        (10**15, "Một triệu tỷ đồng"),
        (10**15 + 10**9, "Một triệu không trăm linh một tỷ đồng"),
    ],
)
def test_the_hard_places_of_the_language_are_right(amount: int, words: str) -> None:
    assert in_words(amount) == words


@given(st.integers(0, 10**18 - 1) | st.integers(0, 500_000_000))
@example(10**9)
@example(10**15 + 1)
def test_words_are_heard_as_the_amount(amount: int) -> None:
    assert heard(in_words(amount)) == amount


def test_every_amount_up_to_a_few_thousand_is_heard_as_itself() -> None:
    assert [heard(in_words(amount)) for amount in range(3000)] == list(range(3000))


def test_a_billion_billions_still_has_words() -> None:
    assert in_words(10**18) == "Một tỷ tỷ đồng"
    assert in_words(10**18 + 5 * 10**9) == "Một tỷ tỷ không trăm linh năm tỷ đồng"


@given(st.integers(0, 10**15))
def test_the_southern_wording_is_heard_alike(amount: int) -> None:
    southern = Wording(missing_ten="lẻ", thousand="ngàn", four_after_ten="bốn", currency="đồng chẵn")

    assert heard(in_words(amount, southern)) == amount


def test_the_variants_of_the_words_can_be_chosen() -> None:
    southern = Wording(missing_ten="lẻ", thousand="ngàn", four_after_ten="bốn", currency="đồng chẵn")

    assert in_words(304_024, southern) == "Ba trăm lẻ bốn ngàn không trăm hai mươi bốn đồng chẵn"


@pytest.mark.parametrize(
    ("amount", "figures"),
    [(0, "0 đ"), (999, "999 đ"), (1000, "1.000 đ"), (42_308_000, "42.308.000 đ"), (10**15, "1.000.000.000.000.000 đ")],
)
def test_figures_have_dots_between_thousands(amount: int, figures: str) -> None:
    assert format_vnd(amount) == figures


def test_typesetting_may_keep_figure_and_unit_together() -> None:
    assert format_vnd(7000, gap=NARROW_NO_BREAK_SPACE) == "7.000\u202fđ"


@pytest.mark.parametrize("amount", [-1, True, False, 1.0, "1000", None])
def test_what_is_no_amount_is_never_shown_as_one(amount: Any) -> None:
    for show in (format_vnd, partial(in_words)):
        with pytest.raises(MoneyError):
            show(amount)


def test_the_error_is_ours_and_a_value_error() -> None:
    assert issubclass(MoneyError, ContractError)
    assert issubclass(MoneyError, ValueError)
