"""Which screen stands on the glass, and whose payment and which amount it may be said to show."""

from dataclasses import replace
from typing import get_args

import pytest

from appliance.counter.front import Front, Page
from appliance.counter.shown import CODES, Boot, Outage, Shown, payment_of, screen_of
from appliance.counter.state import Glass, Idle, Notice, NoticeKind, Paying, Preparing, Session
from mqtt_schema.messages import ScreenName
from tests.support.spoken import at, payment, request

LINKED = Session(is_linked=True)
CODE = replace(LINKED, glass=Paying(request()))
PAID = replace(LINKED, glass=Notice(payment(1), "paid", 35_000, at(15)))

SCREENS: list[tuple[ScreenName, Shown]] = [
    (ScreenName.IDLE, Shown(LINKED)),
    (ScreenName.IDLE, Shown(LINKED, Front(page="menu"))),
    (ScreenName.OFFLINE, Shown(Session())),
    (ScreenName.ASLEEP, Shown(LINKED, Front(is_asleep=True))),
    (ScreenName.ASLEEP, Shown(Session(), Front(is_asleep=True))),
    (ScreenName.OUT_OF_SERVICE, Shown(LINKED, Front(is_out_of_service=True))),
    (ScreenName.OUT_OF_SERVICE, Shown(LINKED, Front(is_out_of_service=True, is_asleep=True))),
    (ScreenName.PREPARING, Shown(Session(glass=Preparing(at(90))))),
    (ScreenName.CODE, Shown(CODE)),
    (ScreenName.CODE, Shown(replace(CODE, is_linked=False))),
    (ScreenName.CODE, Shown(CODE, Front(is_out_of_service=True))),
    (ScreenName.ON_BEHALF, Shown(Session(glass=Paying(request(is_on_behalf=True))))),
    (ScreenName.CHECKING, Shown(Session(glass=Paying(request(), checking_until=at(45))))),
    (ScreenName.CHECKING, Shown(Session(glass=Paying(request(is_on_behalf=True), checking_until=at(45))))),
    (ScreenName.PAID, Shown(PAID)),
]


@pytest.mark.parametrize(("screen", "shown"), SCREENS)
def test_every_state_has_its_screen(screen: ScreenName, shown: Shown) -> None:
    assert screen_of(shown) is screen


@pytest.mark.parametrize("notice", get_args(NoticeKind))
def test_every_notice_has_its_screen_and_what_needs_a_human_shares_one(notice: NoticeKind) -> None:
    own = {"paid", "waived", "expired", "cancelled"}
    expected = ScreenName(notice) if notice in own else ScreenName.SEE_CLERK
    assert screen_of(Shown(Session(glass=Notice(payment(1), notice, None, at(15))))) is expected


GLASSES: list[Glass] = [Idle(), Preparing(at(9)), Paying(request()), Notice(payment(1), "paid", 35_000, at(9))]


@pytest.mark.parametrize("glass", GLASSES, ids=lambda glass: glass.kind)
@pytest.mark.parametrize("page", ["pin", "locked", "technician"])
def test_a_technicians_page_lies_over_everything_and_shows_nobodys_payment(glass: Glass, page: Page) -> None:
    shown = Shown(Session(glass=glass), Front(page=page))
    assert screen_of(shown) is ScreenName.TECHNICIAN
    assert payment_of(shown) is None


@pytest.mark.parametrize("glass", GLASSES, ids=lambda glass: glass.kind)
@pytest.mark.parametrize("instead", [*Boot, *Outage])
def test_a_counter_that_does_not_serve_shows_nobodys_payment(glass: Glass, instead: Boot | Outage) -> None:
    session = Session(glass=glass)
    shown = Shown(session, boot=instead) if isinstance(instead, Boot) else Shown(session, outage=instead)
    assert screen_of(shown) is ScreenName.OUT_OF_SERVICE
    assert payment_of(shown) is None


def test_the_payment_on_the_screen_is_the_one_on_the_glass() -> None:
    assert payment_of(Shown(CODE)) == (payment(1), 35_000)
    assert payment_of(Shown(Session(glass=Paying(request(is_on_behalf=True))))) == (payment(1), 35_000)
    assert payment_of(Shown(Session(glass=Paying(request(), checking_until=at(45))))) == (payment(1), 35_000)
    assert payment_of(Shown(PAID)) == (payment(1), 35_000)


def test_a_menu_hides_an_amount_but_not_a_code() -> None:
    menu = Front(page="menu")
    assert payment_of(Shown(CODE, menu)) == (payment(1), 35_000)
    for glass in (Paying(request(is_on_behalf=True)), Paying(request(), checking_until=at(45)), PAID.glass):
        assert payment_of(Shown(Session(glass=glass), menu)) == (payment(1), None)


@pytest.mark.parametrize("notice", sorted(set(get_args(NoticeKind)) - {"paid"}))
def test_a_notice_without_a_verified_amount_shows_none(notice: NoticeKind) -> None:
    assert payment_of(Shown(Session(glass=Notice(payment(1), notice, None, at(15))))) == (payment(1), None)


@pytest.mark.parametrize("session", [Session(), LINKED, Session(glass=Preparing(at(90)))])
def test_a_screen_of_nobody_shows_no_payment(session: Session) -> None:
    for front in (Front(), Front(is_asleep=True), Front(is_out_of_service=True), Front(page="menu")):
        assert payment_of(Shown(session, front)) is None


def test_every_reason_has_a_code_of_its_own_for_the_telephone() -> None:
    assert set(CODES) == {*Boot, *Outage}
    assert len(set(CODES.values())) == len(CODES)
