"""Which payment a credit names: a reference survives what banks do to a memo, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.office.matching import candidates
from mqtt_schema import reference

OURS = "HK7Q4M2X9AF"
OTHER = reference.make("HK", [5, 4, 3, 2, 1, 0, 30, 29])
REFERENCES = st.lists(st.integers(0, 30), min_size=8, max_size=8).map(lambda numbers: reference.make("HK", numbers))


def test_the_example_is_a_reference() -> None:
    assert reference.is_reference(OURS)


@pytest.mark.parametrize(
    "memo",
    [
        OURS,
        "MBVCB.3278907687.047334.HK7Q4M2X9AF.CT tu 0011000000001 NGUYEN VAN A toi 0123499999",
        "MBVCB.4125261053.047334.V.HK7Q 4M2X.9AF ce VRCb.CT tu 0451000",
        "H K 7 Q 4 M 2 X 9 A F",
        "HK7Q-4M2X-9AF",
        "HK7Q_4M2X/9AF",
        "hk7q4m2x9af",
        "hk7Q4m2X9aF nop le phi",
        "Nộp lệ phí hộ tịch HK7Q4M2X9AF phường Hoàn Kiếm đợt 2",
        "ACB;0123499999;HK7Q4M2X9AF",
        "GD HK7Q4M2X9AF 261122-14:02:37",
        "1234567890-0912345678-HK7Q4M2X9AF",
        "IBFT HK7Q4M2X9AF",
        "QR - HK7Q4M2X9AF",
        "HK7Q4M2X9AF FT26253904002496",
        "CS1AD7JTS65 HK7Q4M2X9AF",
        "thanhtoanHK7Q4M2X9AFphuong",
        "HK7Q4M2X9AF | HK7Q4M2X9AF chuyen tien",
        "\u202eHK7Q\u200b4M2X9AF\n",
        "ＨＫ khong phai, HK7Q4M2X9AF moi phai",
    ],
)
def test_a_reference_survives_what_banks_do_to_a_memo(memo: str) -> None:
    assert candidates(memo, "HK") == (OURS,)


@pytest.mark.parametrize(
    "memo",
    [
        "",
        "   ",
        "chuyen tien an trua",
        "HK7Q4M2X9A",
        "MBVCB.1.HK7Q4M2X9",
        "HK7Q4M2X9AG",
        "HK7Q4M2X9FA",
        "KH7Q4M2X9AF",
        "HN7Q4M2X9AF",
        "HK7Q4M0X9AF",
        "HK" * 20,
    ],
    ids=[
        "nothing",
        "blanks",
        "only words",
        "its end cut off",
        "more of it cut off",
        "wrong check character",
        "neighbours swapped",
        "prefix swapped",
        "another prefix",
        "a zero, which is no character of ours",
        "only prefixes",
    ],
)
def test_what_is_no_reference_is_no_candidate(memo: str) -> None:
    assert candidates(memo, "HK") == ()


def test_a_reference_of_another_office_is_not_ours() -> None:
    theirs = reference.make("CN", [1, 2, 3, 4, 5, 6, 7, 8])
    assert candidates(f"{theirs} HK", "HK") == ()
    assert candidates(f"{theirs} HK", "CN") == (theirs,)


def test_two_references_are_both_candidates_in_the_order_of_the_memo() -> None:
    assert candidates(f"{OTHER} va {OURS}", "HK") == (OTHER, OURS)


def test_a_false_start_before_the_reference_hides_nothing() -> None:
    """Here the check character even holds for the false one, as for every 31st; whose it is, the ledger knows."""
    assert candidates(f"HK {OURS}", "HK") == ("HKHK7Q4M2X9", OURS)


def test_a_prefix_of_two_like_letters_is_found_behind_one_more_of_them() -> None:
    ours = reference.make("HH", [1, 2, 3, 4, 5, 6, 7, 8])
    assert ours in candidates(f"TIENH{ours}", "HH")


def test_a_reference_whose_random_part_holds_the_prefix_is_found() -> None:
    ours = reference.make("HK", [15, 17, 0, 1, 2, 3, 4, 5])
    assert ours.startswith("HKHK")
    assert candidates(f"CTIEN{ours}.", "HK") == (ours,)


def test_a_prefix_of_two_equal_letters_hides_nothing() -> None:
    ours = reference.make("NN", [1, 2, 3, 4, 5, 6, 7, 8])
    assert ours in candidates(f"TIEN N{ours}", "NN")


@given(REFERENCES, st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_around_it_the_reference_is_among_the_candidates(ours: str, before: str, behind: str) -> None:
    assert ours in candidates(f"{before} {ours} {behind}", "HK")


@given(REFERENCES, st.lists(st.sampled_from(["", "", " ", ".", "-", "_", "/", ";"]), min_size=11, max_size=11))
def test_however_it_is_split_and_cased_the_reference_is_found(ours: str, gaps: list[str]) -> None:
    split = "".join(character + gap for character, gap in zip(ours, gaps, strict=True))
    assert candidates(split, "HK") == candidates(split.lower(), "HK") == (ours,)


@given(REFERENCES, st.integers(2, 10), st.integers(1, 30))
def test_a_single_wrong_character_is_never_taken_for_the_reference(ours: str, at: int, by: int) -> None:
    characters = list(ours)
    wrong = reference.ALPHABET[(reference.ALPHABET.index(characters[at]) + by) % 31]
    characters[at] = wrong
    assert candidates("".join(characters), "HK") == ()


@given(st.text())
def test_every_candidate_holds_its_check_character(memo: str) -> None:
    assert all(reference.is_reference(found) and found.startswith("HK") for found in candidates(memo, "HK"))
