"""Once a minute for each kind; the rest is counted."""

from datetime import timedelta

from appliance.quiet import EVERY, MOST_KINDS, Quiet
from tests.support.spoken import MORNING


def test_the_first_is_said_and_the_next_ones_are_counted() -> None:
    quiet = Quiet()
    assert quiet.let_through("malformed", MORNING) == 0
    assert [quiet.let_through("malformed", MORNING + timedelta(seconds=second)) for second in (0, 30, 59)] == [None] * 3
    assert quiet.let_through("malformed", MORNING + EVERY) == 3
    assert quiet.let_through("malformed", MORNING + 2 * EVERY) == 0


def test_each_kind_is_said_for_itself() -> None:
    quiet = Quiet()
    assert [quiet.let_through(kind, MORNING) for kind in ("malformed", "signature", "malformed")] == [0, 0, None]


def test_a_clock_that_was_put_back_keeps_nobody_silent() -> None:
    quiet = Quiet()
    quiet.let_through("malformed", MORNING)
    assert quiet.let_through("malformed", MORNING - timedelta(days=1)) == 0


def test_kinds_that_somebody_invents_fill_no_memory() -> None:
    quiet = Quiet()
    for number in range(MOST_KINDS + 1):
        assert quiet.let_through(number, MORNING) == 0
    assert quiet.let_through(0, MORNING) == 0, "all were forgotten at once"
