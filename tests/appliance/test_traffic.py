"""What was heard of a peer, by sequence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.traffic import MOST_BEYOND, MOST_MISSING, Traffic, highest_told, says_heard
from mqtt_schema.messages import TrafficReport


def heard(*sequences: int) -> Traffic:
    traffic = Traffic()
    for sequence in sequences:
        traffic = traffic.hearing(sequence)
    return traffic


def test_what_comes_in_order_leaves_nothing_open() -> None:
    assert heard(1, 2, 3) == Traffic(3)
    assert heard(1, 2, 3).missing == ()


def test_what_is_left_out_is_missing_until_it_comes() -> None:
    assert heard(1, 3, 5) == Traffic(1, frozenset({3, 5}))
    assert heard(1, 3, 5).missing == (2, 4)
    assert heard(1, 3, 5, 2, 4) == Traffic(5)


def test_what_was_heard_already_changes_nothing() -> None:
    assert heard(1, 2, 4, 4, 2) == heard(1, 2, 4)


def test_the_first_gap_is_given_up_before_the_second() -> None:
    assert heard(1, 3, 5).giving_up() == Traffic(3, frozenset({5}))
    assert heard(1, 3, 5).giving_up().giving_up() == Traffic(5)
    assert Traffic(5).giving_up() == Traffic(5)


def test_a_gap_is_given_up_when_too_much_lies_behind_it() -> None:
    grown = heard(*range(2, MOST_BEYOND + 3))
    assert grown == Traffic(MOST_BEYOND + 2)


def test_a_report_names_the_first_hundred_that_are_missing() -> None:
    assert heard(1, 5000).missing == tuple(range(2, 2 + MOST_MISSING))


@given(st.sets(st.integers(1, 60)), st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_makes_no_difference(sequences: set[int], chance: object) -> None:
    shuffled = sorted(sequences)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis calls its Random an object
    traffic = heard(*shuffled)
    assert traffic == heard(*sorted(sequences))
    assert {number for number in range(1, 61) if traffic.has(number)} == sequences
    assert traffic.highest == max(sequences, default=0)


@pytest.mark.parametrize(
    ("sequence", "is_heard"), [(1, True), (4, True), (5, False), (6, True), (7, False), (8, False), (9, False)]
)
def test_a_report_says_for_sure_what_stands_in_it_and_no_more(sequence: int, is_heard: bool) -> None:
    report = TrafficReport(heard=4, missing=(5, 7), said=0)
    assert says_heard(report, sequence) is is_heard
    assert highest_told(report) == 7
