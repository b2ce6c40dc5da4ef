"""The office's time at a counter: measured, carried on, doubted, and never moved by the machine's own clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import timekeeping as tk
from appliance.timekeeping import Patience, Timekeeper

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
WALL = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience()


def after(seconds: float, start: datetime = NOON) -> datetime:
    return start + timedelta(seconds=seconds)


def asked(keeper: Timekeeper, at_s: float, told: datetime, trip_s: float, nonce: str = "n") -> Timekeeper:
    """Ask at `at_s`; the answer `told` comes after `trip_s`."""
    return tk.hear(tk.ask(keeper, nonce, at_s), nonce, told, at_s + trip_s, PATIENCE)


FRESH = tk.begin(WALL, 100.0)
KNOWN = asked(FRESH, 100.0, NOON, 0.02)


def test_before_the_first_answer_the_machine_is_quoted_and_not_trusted() -> None:
    assert tk.now(FRESH, 107.0) == after(7, WALL)
    assert tk.uncertainty_s(FRESH, 107.0) is None
    assert not tk.is_trusted(FRESH, 107.0, PATIENCE)


def test_the_answer_is_from_the_middle_of_its_journey_give_or_take_half_of_it() -> None:
    assert tk.now(KNOWN, 100.02) == after(0.01)
    assert tk.uncertainty_s(KNOWN, 100.02) == pytest.approx(0.01)
    assert tk.is_trusted(KNOWN, 100.02, PATIENCE)


def test_the_monotonic_clock_carries_the_time_on() -> None:
    assert tk.now(KNOWN, 160.02) == after(60.01)


def test_only_the_answer_to_the_question_that_waits_counts() -> None:
    waiting = tk.ask(FRESH, "new", 101.0)
    assert tk.hear(FRESH, "n", NOON, 101.0, PATIENCE) is FRESH
    assert tk.hear(waiting, "old", NOON, 101.1, PATIENCE) is waiting
    heard = tk.hear(waiting, "new", NOON, 101.1, PATIENCE)
    assert tk.hear(heard, "new", after(-3600), 101.2, PATIENCE) is heard


def test_a_slow_answer_answers_nothing() -> None:
    assert not tk.is_trusted(asked(FRESH, 100.0, NOON, 2.1), 102.1, PATIENCE)
    assert tk.is_trusted(asked(FRESH, 100.0, NOON, 2.0), 102.0, PATIENCE)


def test_trust_fades_with_the_drift_of_the_quartz() -> None:
    hours = 3600.0
    assert tk.is_trusted(KNOWN, 100 + 11 * hours, PATIENCE)
    assert not tk.is_trusted(KNOWN, 100 + 11.2 * hours, PATIENCE)
    assert not tk.is_trusted(KNOWN, 100 + hours, Patience(tolerance_s=0.1))


def test_a_sharper_measure_is_kept_until_it_is_the_blunter_one() -> None:
    blunt = asked(KNOWN, 110.0, after(10.2), 0.5)
    assert blunt.anchor == KNOWN.anchor
    assert blunt.answered_s == 110.5
    sharp = asked(KNOWN, 110.0, after(10.001), 0.002)
    assert sharp.anchor is not None
    assert sharp.anchor.error_s == pytest.approx(0.001)
    assert asked(KNOWN, 20_000.0, after(19_900), 0.5).anchor != KNOWN.anchor


def test_an_answer_that_contradicts_means_that_the_offices_clock_was_set() -> None:
    ahead = asked(KNOWN, 110.0, after(3600), 0.02)
    assert tk.now(ahead, 110.02) == after(3600.01)
    back = asked(ahead, 120.0, after(20), 0.02)
    assert tk.now(back, 120.02) == after(20.01)


def test_a_small_correction_backwards_is_waited_out() -> None:
    before = tk.now(KNOWN, 110.02)
    slower = asked(KNOWN, 110.0, after(9.5), 0.02)
    assert tk.now(slower, 110.02) == before
    assert tk.now(slower, 110.3) == before
    assert tk.now(slower, 111.0) == after(10.49)


def test_a_journal_that_ends_later_than_the_machine_thinks_is_gone_on_from() -> None:
    held = tk.not_before(FRESH, NOON, 100.0)
    assert tk.now(held, 105.0) == after(5)
    assert tk.not_before(held, WALL, 100.0) is held
    assert tk.not_before(KNOWN, after(9999), 100.02) is KNOWN


@pytest.mark.parametrize(
    ("keeper", "at_s", "is_due"),
    [
        (FRESH, 100.0, True),
        (tk.ask(FRESH, "n", 100.0), 101.9, False),
        (tk.ask(FRESH, "n", 100.0), 102.0, True),
        (KNOWN, 200.0, False),
        (KNOWN, 340.02, True),
    ],
)
def test_it_is_asked_again_after_a_while_and_sooner_without_an_answer(
    keeper: Timekeeper, at_s: float, is_due: bool
) -> None:
    assert tk.is_due(keeper, at_s, PATIENCE) is is_due


@pytest.mark.parametrize(
    ("keeper", "ahead_s", "later_s", "is_contradicted"),
    [
        (FRESH, 3600, 20, False),
        (KNOWN, 2, 20, False),
        (KNOWN, 2.1, 20, True),
        (KNOWN, 2.1, 2, True),
        (KNOWN, 2.1, 1.9, False),
        (KNOWN, -2.1, 20, True),
        (KNOWN, -2, 20, False),
        (KNOWN, -2.1, 9.9, False),
    ],
)
def test_a_word_from_another_time_means_that_the_offices_clock_was_set(
    keeper: Timekeeper, ahead_s: float, later_s: float, is_contradicted: bool
) -> None:
    at_s = 100.02 + later_s
    said = tk.now(keeper, at_s) + timedelta(seconds=ahead_s)
    assert tk.contradicts(keeper, said, at_s, PATIENCE) is is_contradicted


@given(
    there_s=st.floats(0, 1),
    back_s=st.floats(0, 1),
    rate=st.floats(-tk.DRIFT, tk.DRIFT),
    later_s=st.floats(0, 50_000),
    seconds=st.integers(-(10**8), 10**8),
)
def test_the_truth_always_lies_within_the_uncertainty(
    there_s: float, back_s: float, rate: float, later_s: float, seconds: int
) -> None:
    """Whatever way the journey was lopsided and however wrong, within its drift, this machine's quartz goes."""
    told = after(seconds)
    keeper = asked(tk.begin(WALL, 0.0), 0.0, told, there_s + back_s)
    truth = told + timedelta(seconds=back_s + later_s * (1 + rate))
    at_s = there_s + back_s + later_s
    wrong_s = tk.uncertainty_s(keeper, at_s)
    assert wrong_s is not None
    assert abs((tk.now(keeper, at_s) - truth).total_seconds()) <= wrong_s + 1e-5
