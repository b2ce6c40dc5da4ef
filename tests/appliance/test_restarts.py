"""A slip whose counter dies, at any step of its journal and at any byte, whatever its printer does meanwhile."""

from collections.abc import Iterator

import pytest

from appliance import logs
from drivers.profiles import PROFILES
from tests.support import restarts
from tests.support.faults import Verdict
from tests.support.restarts import Case, Death, ForgetfulJournal

UNLIKE = ["generic-80", "epson-tm-t20", "generic-58"]
"""Without and with process ids, without a cutter: the others draw otherwise, but say nothing else."""
SEVERE = PROFILES["generic-80"]
PERCENT = 20
"""The whole of it, every per cent on every profile, is `make faults`."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with logs.kept():
        yield


@pytest.mark.parametrize("name", UNLIKE)
def test_no_death_loses_a_slip_or_prints_it_twice(name: str) -> None:
    table, wrong = restarts.report(PROFILES[name], PERCENT)
    assert not wrong, table


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("is_before", [True, False])
def test_a_counter_that_died_before_it_began_prints_and_one_that_had_begun_asks(step: int, is_before: bool) -> None:
    verdict = restarts.judge(Case(SEVERE, (Death(step, is_before),)))
    has_begun = (step, is_before) in {(2, False), (3, True)}
    assert verdict is (Verdict.ASKED if has_begun else Verdict.PRINTED_ONCE)


def test_a_journal_that_does_not_say_when_a_slip_begins_is_found_out() -> None:
    verdicts = (restarts.judge(case, ForgetfulJournal) for case in restarts.cases(SEVERE, PERCENT))
    assert any(verdict is Verdict.TWICE for verdict in verdicts)
