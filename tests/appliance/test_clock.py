"""Where time comes from."""

from datetime import UTC, timedelta

from appliance.clock import SystemClock, VirtualClock
from tests.support.spoken import MORNING


def test_the_machines_clock_speaks_utc_and_its_seconds_never_run_backwards() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.now() <= clock.now()
    assert clock.monotonic_s() <= clock.monotonic_s()


def test_a_virtual_clock_stands_still_until_it_is_told() -> None:
    clock = VirtualClock(MORNING)
    assert (clock.now(), clock.monotonic_s()) == (MORNING, 0)
    clock.go_on(2.5)
    assert (clock.now(), clock.monotonic_s()) == (MORNING + timedelta(seconds=2.5), 2.5)


def test_a_clock_that_is_set_wrong_does_not_move_what_never_jumps() -> None:
    clock = VirtualClock(MORNING)
    clock.jump(-3600)
    assert clock.now() == MORNING - timedelta(hours=1)
    assert clock.monotonic_s() == 0
