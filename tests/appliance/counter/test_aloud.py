"""What of a screen is said aloud."""

from dataclasses import replace

import pytest

from appliance.counter import aloud
from appliance.counter.front import Front
from appliance.counter.shown import Outage, Shown
from appliance.counter.state import Help, Notice, NoticeKind, Paying, Preparing, Session, SlipPhase
from mqtt_schema.messages import HelpKind
from tests.support.spoken import MORNING, at, payment, request

LINKED = Session(is_linked=True)


def heard(session: Session, seconds: float = 0, **more: object) -> str:
    return aloud.of(Shown(session, **more), at(seconds)).state  # type: ignore[arg-type]  # fields of Shown


def notice(kind: NoticeKind, phase: SlipPhase = "none") -> Session:
    return replace(LINKED, glass=Notice(payment(1), kind, 35_000, at(60), phase))


def test_every_screen_has_its_own_words() -> None:
    code = replace(LINKED, glass=Paying(request()))
    assert heard(LINKED) == "idle"
    assert heard(Session()) == "offline"
    assert heard(replace(LINKED, glass=Preparing(at(9)))) == "preparing"
    assert heard(code) == "code"
    assert heard(replace(code, is_linked=False)) == "link_lost"
    assert heard(replace(LINKED, glass=Paying(request(), checking_until=at(9)))) == "checking"
    assert heard(replace(LINKED, glass=Paying(request(is_on_behalf=True)))) == "on_behalf"
    assert heard(LINKED, outage=Outage.DEVICE) == "out_of_service"
    assert heard(LINKED, front=Front(page="technician")) == "technician"


@pytest.mark.parametrize(
    ("kind", "phase", "state"),
    [
        ("paid", "printed", "paid"),
        ("paid", "waiting", "slip_waiting"),
        ("paid", "unsure", "slip_unsure"),
        ("paid", "uncopied", "slip_unsure"),
        ("waived", "none", "waived"),
        ("expired", "none", "expired"),
        ("cancelled", "none", "cancelled"),
        ("underpaid", "none", "see_clerk"),
        ("refused", "none", "see_clerk"),
    ],
)
def test_every_ending_has_its_own_words(kind: NoticeKind, phase: SlipPhase, state: str) -> None:
    assert heard(notice(kind, phase)) == state


def test_the_last_minute_is_said_and_counted_in_full_minutes() -> None:
    code = Shown(replace(LINKED, glass=Paying(request(expires_s=300))))
    assert aloud.minutes_left(code, MORNING) == 5
    assert aloud.minutes_left(code, at(1)) == 4
    assert aloud.of(code, at(240)).state == "code"
    assert aloud.of(code, at(241)).state == "last_minute"
    assert aloud.minutes_left(code, at(400)) == 0
    assert aloud.minutes_left(Shown(LINKED), MORNING) is None


def test_a_call_for_help_is_said_but_never_in_the_place_of_paid() -> None:
    called = Help(HelpKind.HELP, at(20))
    assert heard(replace(LINKED, help=called)) == "help_called"
    assert heard(Session(help=called)) == "help_unheard"
    assert heard(replace(notice("paid", "printed"), help=called)) == "paid"
    assert heard(replace(notice("paid", "waiting"), help=called)) == "slip_waiting"


def test_a_second_later_the_same_screen_says_the_same() -> None:
    shown = Shown(replace(LINKED, glass=Paying(request())))
    assert aloud.of(shown, MORNING) == aloud.of(shown, at(1))
