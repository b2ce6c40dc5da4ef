"""What a counter believes of time and accounts, as values."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.counter import belief
from appliance.counter.events import Restarted, TimeLearned
from appliance.counter.session import due_at, step
from appliance.counter.state import Help, Notice, Paying, Preparing, Session
from mqtt_schema.fleet import AllowedBeneficiary
from mqtt_schema.messages import HelpKind
from tests.support.spoken import MORNING, OURS, RULES, THEIRS, at, payment, request

TODAY = AllowedBeneficiary(
    bin=OURS.bin,
    account_prefix="0011",
    account_name=OURS.account_name,
    not_before=MORNING,
    not_after=at(3600),
)


def test_the_seed_counts_until_the_fleet_has_spoken() -> None:
    assert belief.is_allowed(Session(), OURS, MORNING, RULES)
    assert not belief.is_allowed(Session(), THEIRS, MORNING, RULES)
    assert not belief.is_allowed(Session(allowed=()), OURS, MORNING, RULES)


@pytest.mark.parametrize(("second", "is_allowed"), [(-1, False), (0, True), (3599, True), (3600, False), (None, True)])
def test_an_account_is_allowed_in_its_time(second: float | None, is_allowed: bool) -> None:
    told = Session(allowed=(TODAY,))
    assert belief.is_allowed(told, OURS, None if second is None else at(second), RULES) is is_allowed


def test_what_lasts_for_some_seconds_still_lasts_so_long_when_the_clock_is_put_right() -> None:
    hour = timedelta(hours=1)
    notice = Notice(payment(1), "paid", 1, at(15))
    moved = belief.at_time(Session(glass=notice, help=Help(HelpKind.HELP, at(20))), "known", 3600)
    assert moved.glass == replace(notice, until=at(15) + hour)
    assert moved.help == Help(HelpKind.HELP, at(20) + hour)
    assert belief.at_time(Session(glass=Preparing(at(90))), "known", 3600).glass == Preparing(at(90) + hour)


def test_until_when_a_code_may_be_paid_the_office_has_said() -> None:
    paying = Session(glass=Paying(request(1), checking_until=at(45)))
    moved = belief.at_time(paying, "known", 60)
    assert moved.glass == Paying(request(1), checking_until=at(105))
    plain = Session(glass=Paying(request(1)))
    assert belief.at_time(plain, "asked", 60).glass == plain.glass


def test_a_code_is_never_due_while_nobody_knows_the_time() -> None:
    paying = Session(glass=Paying(request(1)))
    assert due_at(paying) == request(1).expires_at
    unsure = step(paying, Restarted(at(9999), "asked"), RULES).session
    assert unsure.glass == paying.glass
    assert due_at(unsure) is None
    assert step(unsure, TimeLearned(at(1), "known"), RULES).session.glass == paying.glass


def test_who_waits_comes_on_the_glass_when_the_time_is_known() -> None:
    waiting = Session(waiting=(request(1),), time="unknown")
    assert step(waiting, TimeLearned(at(1), "known"), RULES).session.glass == Paying(request(1))
