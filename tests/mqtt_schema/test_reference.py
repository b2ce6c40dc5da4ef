"""The memo code of a payment: one wrong character or two swapped ones are always seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mqtt_schema.reference import ALPHABET, LENGTH, Reference, check_character, is_reference, make

REFERENCES = st.builds(
    make,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.lists(st.integers(0, 30), min_size=8, max_size=8),
)


def test_the_published_example_holds() -> None:
    assert check_character("HK7Q4M2X9A") == "F"
    assert is_reference("HK7Q4M2X9AF")


@given(REFERENCES)
def test_what_was_made_is_a_reference(reference: str) -> None:
    assert is_reference(reference)
    assert TypeAdapter(Reference).validate_python(reference) == reference


@given(REFERENCES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_seen(reference: str, at: int, other: str) -> None:
    mistyped = reference[:at] + other + reference[at + 1 :]

    assert is_reference(mistyped) == (mistyped == reference)


@given(REFERENCES, st.integers(0, LENGTH - 3))
def test_two_swapped_neighbours_are_seen(reference: str, at: int) -> None:
    swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]

    assert is_reference(swapped) == (swapped == reference)


@pytest.mark.parametrize("text", ["", "HK7Q4M2X9A", "HK7Q4M2X9AFF", "hk7q4m2x9af", "HK0Q4M2X9AF", "HK7Q4M2X9A\n"])
def test_anything_else_is_no_reference(text: str) -> None:
    assert not is_reference(text)
    with pytest.raises(ValidationError):
        TypeAdapter(Reference).validate_python(text)


def test_a_wrong_check_character_is_no_reference() -> None:
    with pytest.raises(ValidationError, match="the check character does not hold"):
        TypeAdapter(Reference).validate_python("HK7Q4M2X9AG")


def test_a_body_of_the_wrong_length_has_no_check_character() -> None:
    with pytest.raises(ValueError, match="has 10 characters"):
        check_character("HK7Q4M2X9")


@pytest.mark.parametrize(
    ("prefix", "randoms"),
    [("HKX", [0] * 8), ("HK", [0] * 7), ("HK", [31] + [0] * 7), ("HK", [-1] + [0] * 7), ("H0", [0] * 8)],
)
def test_numbers_and_prefixes_out_of_the_alphabet_make_no_reference(prefix: str, randoms: list[int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        make(prefix, randoms)
