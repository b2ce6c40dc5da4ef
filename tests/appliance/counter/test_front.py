"""What a person in front of the glass chooses and touches, and how soon it is forgotten."""

from dataclasses import replace

import pytest

from appliance.counter.events import CopyTouched, Dismissed, Event, HelpTouched, StayTouched
from appliance.counter.front import (
    Answer,
    Front,
    Manners,
    Page,
    Pin,
    Touchable,
    Wish,
    lift,
    listen,
    meet,
    pass_time,
    payment_on,
    touch,
)
from appliance.counter.state import Idle, Notice, Paying, Preparing, Session
from mqtt_schema.messages import HelpKind
from tests.support.spoken import at, payment, request

PIN = Pin.of("260411", b"sixteen bytes :)")
MANNERS = Manners(pin=PIN)

IDLE = Session()
PREPARING = Session(glass=Preparing(at(90)))


def paying(number: int = 1) -> Session:
    return Session(glass=Paying(request(number)))


def paid(number: int = 1) -> Session:
    return Session(glass=Notice(payment(number), "paid", 35_000, at(60)))


def hidden() -> Session:
    """A code stands behind another screen: nobody knows the time."""
    return replace(paying(), time="unknown")


def touched(*targets: str | None, front: Front | None = None, seconds: float = 1, manners: Manners = MANNERS) -> Front:
    """The front when all these were touched."""
    front = front or Front()
    for target in targets:
        front = touch(front, target, at(seconds), manners).front
    return front


def later(front: Front, seconds: float, session: Session = IDLE, manners: Manners = MANNERS) -> Front:
    return pass_time(front, session, at(seconds), manners)


def at_gate(seconds: float = 0) -> Front:
    """The page where a PIN is typed."""
    front = later(touched("technician", seconds=seconds), seconds + MANNERS.long_press_s)
    assert front.page == "pin"
    return front


def inside() -> Front:
    """The technician's page."""
    front = touched(*"260411", front=at_gate(), seconds=4)
    assert front.page == "technician"
    return front


def locked() -> Front:
    return touched(*"000000" * MANNERS.pin_tries, front=at_gate(), seconds=4)


# Choices


def test_one_touch_changes_the_language_and_another_one_changes_it_back() -> None:
    assert touched("language").language == "en"
    assert touched("language", "language").language == "vi"


def test_letters_grow_and_shrink_by_a_touch() -> None:
    assert touched("larger").is_large
    assert not touched("larger", "larger").is_large


@pytest.mark.parametrize("following", [IDLE, paying(2), paid(2)], ids=["idle", "code", "paid"])
@pytest.mark.parametrize("leaving", [paying(1), paid(1)], ids=["code", "paid"])
def test_the_next_person_finds_the_glass_as_it_was_made(leaving: Session, following: Session) -> None:
    chosen = touched("language", "larger", "menu")
    met = meet(chosen, leaving, following, at(5))
    assert replace(met, aside=None) == Front(touched_at=at(5))
    assert met.aside is None or (leaving, following) == (paying(1), IDLE), "it may come back at once"


@pytest.mark.parametrize("between", [IDLE, PREPARING], ids=["idle", "preparing"])
def test_a_code_that_is_taken_away_and_brought_back_finds_its_citizens_choices(between: Session) -> None:
    chosen = replace(touched("language", "larger"), is_listening=True)
    away = meet(chosen, paying(1), between, at(5))
    assert (away.language, away.is_large, away.is_listening) == ("vi", False, False)
    assert meet(away, between, paying(1), at(6)) == replace(chosen, touched_at=at(6))


def test_choices_that_were_put_aside_are_nobody_elses_and_do_not_outlast_another_payment() -> None:
    away = meet(touched("language", "larger"), paying(1), IDLE, at(5))
    assert meet(away, IDLE, paying(2), at(6)) == Front(touched_at=at(6))
    assert later(away, 126) == Front(touched_at=at(5)), "nor a long rest"
    assert meet(touched("language"), paid(1), IDLE, at(5)).aside is None, "after a result nothing remains"


def test_a_choice_stays_with_its_person_from_the_idle_glass_to_the_result() -> None:
    chosen = touched("language", "larger")
    for before, after in ((IDLE, PREPARING), (PREPARING, paying()), (paying(), paid())):
        chosen = meet(chosen, before, after, at(5))
        assert (chosen.language, chosen.is_large) == ("en", True)


def test_a_choice_on_an_idle_glass_is_forgotten_when_nobody_touches_it_any_more() -> None:
    for chosen in (touched("language"), touched("larger")):
        assert later(chosen, 120.9) == chosen
        assert later(chosen, 121) == Front(touched_at=at(1))


def test_a_choice_is_not_forgotten_while_somebody_pays() -> None:
    chosen = touched("language", "larger")
    assert later(chosen, 1000, paying()) == chosen
    assert later(chosen, 1000, PREPARING) == chosen


def test_a_session_that_changes_without_its_payment_changes_nothing_here() -> None:
    chosen = touched("language", "menu")
    asked = paying()
    assert isinstance(asked.glass, Paying)
    assert meet(chosen, asked, replace(asked, glass=replace(asked.glass, is_reported=True)), at(5)) == chosen


def test_a_menu_hides_neither_that_the_money_came_nor_that_nobody_should_pay_now() -> None:
    chosen, asked = touched("language", "menu"), paying()
    assert isinstance(asked.glass, Paying)
    checking = replace(asked, glass=replace(asked.glass, checking_until=at(50)))
    for news in (paid(), checking):
        assert meet(chosen, asked, news, at(5)) == replace(chosen, page="none")
    assert meet(chosen, paid(), paid(), at(5)) == chosen
    assert meet(chosen, IDLE, replace(IDLE, is_linked=True), at(5)) == chosen


# Sleep


def asleep() -> Front:
    front = later(later(Front(), 0), MANNERS.sleep_after_s)
    assert front.is_asleep
    return front


def test_a_glass_that_nobody_touches_falls_asleep() -> None:
    begun = later(Front(), 0)
    assert begun.touched_at == at(0)
    assert not later(begun, 899.9).is_asleep
    assert later(begun, 900).is_asleep
    assert later(later(begun, 900), 2000) == later(begun, 900)


def test_after_a_clock_was_put_back_a_page_stays_open_no_longer_than_ever() -> None:
    page = Front(page="technician", touched_at=at(7200))
    back = later(page, 3600)
    assert later(back, 3600 + MANNERS.technician_s - 1).page == "technician"
    assert later(back, 3600 + MANNERS.technician_s).page == "none"


def test_after_a_clock_was_put_back_the_gate_stays_locked_no_longer_than_ever() -> None:
    back = later(Front(wrong=5, locked_until=at(7200 + MANNERS.pin_wait_s)), 3600)
    assert back.locked_until == at(3600 + MANNERS.pin_wait_s)
    assert later(back, 3600 + MANNERS.pin_wait_s).locked_until is None


@pytest.mark.parametrize("target", ["language", "menu", "help", "technician", "copy", "5", None])
def test_the_touch_that_wakes_presses_nothing(target: str | None) -> None:
    assert touch(asleep(), target, at(1000), MANNERS) == Answer(Front(touched_at=at(1000)))


@pytest.mark.parametrize("session", [PREPARING, paying(), paid()], ids=["preparing", "code", "paid"])
def test_a_glass_wakes_when_there_is_something_to_see_and_stays_awake(session: Session) -> None:
    assert not later(asleep(), 1000, session).is_asleep
    assert not later(Front(touched_at=at(0)), 10_000, session).is_asleep


def test_a_payment_wakes_the_glass_and_it_does_not_fall_asleep_right_after_it() -> None:
    woken = meet(asleep(), IDLE, paying(), at(5000))
    assert woken == Front(touched_at=at(5000))
    left = meet(woken, paid(), IDLE, at(5400))
    assert not later(left, 5400 + 899).is_asleep
    assert later(left, 5400 + 900).is_asleep


def test_a_glass_out_of_service_does_not_hide_it_by_sleeping() -> None:
    assert not later(replace(Front(touched_at=at(0)), is_out_of_service=True), 10_000).is_asleep


def test_a_page_that_was_left_open_is_closed_before_the_glass_sleeps() -> None:
    sleepy = Manners(pin=PIN, menu_s=2000)
    assert later(touched("menu"), 901, manners=sleepy) == Front(is_asleep=True, touched_at=at(1))


def test_who_listens_wakes_the_glass_and_is_forgotten_as_everybody_is() -> None:
    listening = listen(asleep(), at(1000))
    assert listening == Front(is_listening=True, touched_at=at(1000))
    assert later(listening, 1119).is_listening
    assert not later(listening, 1120).is_listening
    assert not meet(listening, paying(), IDLE, at(1001)).is_listening
    assert meet(listening, IDLE, paying(), at(1001)).is_listening


# The ways to ask for a human


@pytest.mark.parametrize("kind", list(HelpKind))
@pytest.mark.parametrize("way", [(), ("menu",)], ids=["directly", "by the menu"])
def test_a_call_goes_to_the_desk_in_the_language_of_the_glass(kind: HelpKind, way: tuple[str, ...]) -> None:
    answer = touch(touched("language", *way), kind.value, at(2), MANNERS)
    assert answer.events == (HelpTouched(at(2), kind, "en"),)
    assert answer.front.page == "none"
    assert answer.wishes == ()


def test_the_menu_closes_by_a_choice_or_the_way_back_and_not_by_a_touch_beside() -> None:
    assert touched("menu").page == "menu"
    assert touched("menu", "back").page == "none"
    assert touched("menu", None).page == "menu"
    for target in ("language", "larger"):
        assert touched("menu", target).page == "menu"


def test_a_menu_that_nobody_uses_closes_by_itself() -> None:
    assert later(touched("menu"), 20.9, paying()).page == "menu"
    assert later(touched("menu"), 21, paying()).page == "none"


@pytest.mark.parametrize(
    ("target", "event"), [("copy", CopyTouched(at(2))), ("stay", StayTouched(at(2))), ("done", Dismissed(at(2)))]
)
def test_what_concerns_the_result_goes_to_the_session(target: Touchable, event: Event) -> None:
    assert touch(Front(), target, at(2), MANNERS) == Answer(Front(touched_at=at(2)), (event,))


@pytest.mark.parametrize("target", [None, "5", "restart", "test_slip", "test_sound", "out_of_service", "back", "erase"])
def test_a_touch_beside_all_targets_or_on_one_of_another_page_does_nothing(target: str | None) -> None:
    assert touch(Front(), target, at(2), MANNERS) == Answer(Front(touched_at=at(2)))


# The technician's gate


def test_a_finger_that_rests_on_the_corner_opens_the_gate() -> None:
    resting = touched("technician", seconds=0)
    assert later(resting, 2.9) == resting
    assert later(resting, 3) == Front(page="pin", touched_at=at(3))


def test_a_finger_that_leaves_the_corner_opens_nothing() -> None:
    assert later(lift(touched("technician")), 10).page == "none"
    assert later(touched("technician", "language"), 10).page == "none", "another finger came down elsewhere"
    assert lift(Front()) == Front()


def test_without_a_pin_there_is_no_gate() -> None:
    keyless = Manners()
    front = later(touched("technician", manners=keyless), 4, manners=keyless)
    assert (front.page, front.held_since) == ("none", None)
    orphan = Front(page="pin", typed="00000", touched_at=at(0))
    assert touched("0", front=orphan, manners=keyless).wrong == 1, "a page that should not be there lets nobody in"


def test_the_right_six_digits_open_the_technicians_page() -> None:
    front = touched(*"26041", front=at_gate(), seconds=4)
    assert (front.page, front.typed) == ("pin", "26041")
    assert touched("1", front=front, seconds=5) == Front(page="technician", touched_at=at(5))


def test_a_digit_can_be_taken_back() -> None:
    assert touched(*"27", "erase", *"60411", front=at_gate(), seconds=4).page == "technician"
    assert touched("erase", front=at_gate(), seconds=4).typed == ""


@pytest.mark.parametrize("target", [None, "language", "²", "٣", "12", "technician"])
def test_at_the_gate_only_digits_count(target: str | None) -> None:
    gate = at_gate()
    assert touched(target, front=gate, seconds=4) == replace(gate, touched_at=at(4))


def test_who_turns_back_at_the_gate_leaves_no_digits_there() -> None:
    assert touched(*"260", "leave", front=at_gate(), seconds=4) == Front(touched_at=at(4))
    typed = touched(*"260", front=at_gate(), seconds=4)
    assert later(typed, 33.9).typed == "260"
    assert later(typed, 34) == Front(touched_at=at(4))


def test_after_five_wrong_pins_the_gate_is_locked_for_a_while() -> None:
    four = touched(*"000000" * 4, front=at_gate(), seconds=4)
    assert (four.page, four.wrong) == ("pin", 4)
    shut = touched(*"000000", front=four, seconds=5)
    assert (shut.page, shut.locked_until) == ("locked", at(5 + MANNERS.pin_wait_s))
    assert touched(*"260411", front=shut, seconds=6).page == "locked", "the right one opens it no more"
    again = later(touched("leave", "technician", front=shut, seconds=10), 13)
    assert again.page == "locked"
    assert later(again, 43).page == "none", "nobody has to look at a locked gate"
    opened = later(touched("technician", front=later(again, 305), seconds=305), 308)
    assert (opened.page, opened.wrong) == ("pin", 0)


def test_a_locked_gate_that_somebody_watches_opens_by_itself() -> None:
    patient = Manners(pin=PIN, pin_page_s=1000)
    assert later(locked(), 303.9, manners=patient).page == "locked"
    assert later(locked(), 304, manners=patient) == Front(touched_at=at(4))


def test_a_lock_that_ends_while_a_menu_is_open_leaves_the_menu_open() -> None:
    front = touched("leave", "menu", front=locked(), seconds=300)
    assert later(front, 304).page == "menu"


def test_wrong_pins_are_counted_across_visits_and_persons() -> None:
    four = touched(*"000000" * 4, "leave", front=at_gate(), seconds=4)
    met = meet(meet(four, IDLE, paying(), at(5)), paying(), IDLE, at(6))
    again = later(touched("technician", front=met, seconds=10), 13)
    assert touched(*"000000", front=again, seconds=14).page == "locked"


def test_the_right_pin_forgives_the_wrong_ones() -> None:
    assert touched(*"000000" * 4, *"260411", front=at_gate(), seconds=4).wrong == 0


@pytest.mark.parametrize("wish", ["test_slip", "test_sound", "day_end", "restart"])
def test_what_a_technician_wants_goes_to_the_program(wish: Wish) -> None:
    front = inside()
    assert touch(front, wish, at(5), MANNERS) == Answer(replace(front, touched_at=at(5)), wishes=(wish,))


def test_a_technician_takes_the_counter_out_of_service_and_back() -> None:
    out = touched("out_of_service", "leave", front=inside(), seconds=5)
    assert (out.is_out_of_service, out.page) == (True, "none")
    assert not touched("out_of_service", front=replace(out, page="technician"), seconds=6).is_out_of_service


@pytest.mark.parametrize("target", [None, "help", "copy", "5"])
def test_a_technician_presses_nothing_that_belongs_to_a_citizen(target: str | None) -> None:
    front = inside()
    assert touch(front, target, at(5), MANNERS) == Answer(replace(front, touched_at=at(5)))


def test_a_technician_who_walks_away_leaves_no_open_door() -> None:
    assert later(inside(), 303.9).page == "technician"
    assert later(inside(), 304).page == "none"


@pytest.mark.parametrize("page", ["menu", "pin", "locked", "technician"])
def test_a_payment_pushes_every_page_aside(page: Page) -> None:
    front = Front(page=page, typed="26", touched_at=at(1))
    assert meet(front, IDLE, paying(), at(5)) == Front(touched_at=at(5))


def test_a_finger_that_rests_on_the_corner_opens_no_gate_before_the_payment_that_has_just_come() -> None:
    resting = touched("technician", seconds=0)
    assert later(meet(resting, IDLE, paying(), at(1)), 5, paying()).page == "none"


@pytest.mark.parametrize("session", [paying(), paid()], ids=["code", "paid"])
def test_a_hand_that_rests_on_a_payment_opens_no_gate_over_it(session: Session) -> None:
    assert later(touched("technician"), 1 + MANNERS.long_press_s, session).page == "none"


def test_a_technician_reaches_a_counter_that_knows_no_time_though_a_code_stands_behind() -> None:
    front = later(touched("technician", seconds=0), MANNERS.long_press_s, hidden())
    assert front.page == "pin"
    shown_again = meet(replace(front, typed="26"), hidden(), paying(), at(9))
    assert (shown_again.page, shown_again.typed) == ("none", ""), "no page stays over a code"


def test_a_clock_that_is_put_on_puts_nobody_to_sleep() -> None:
    asked = replace(IDLE, time="asked")
    begun = later(Front(), 0, asked)
    assert later(begun, 40_000).is_asleep
    assert not later(meet(begun, asked, IDLE, at(40_000)), 40_000).is_asleep
    assert later(meet(touched("language"), asked, IDLE, at(40_000)), 40_000).language == "en"


def test_a_technician_is_not_thrown_out_by_a_payment_that_goes() -> None:
    assert meet(inside(), paying(), IDLE, at(5)).page == "technician"


# The PIN


def test_a_pin_is_kept_scrambled_with_its_own_salt() -> None:
    assert PIN.matches("260411")
    assert not PIN.matches("260412")
    other = Pin.of("260411", b"another salt")
    assert other.digest != PIN.digest
    assert "260411" not in repr(PIN)


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "12345a", "12345²", "١٢٣٤٥٦", "-12345"])
def test_a_pin_has_six_digits_and_nothing_else(digits: str) -> None:
    with pytest.raises(ValueError, match="6 digits"):
        Pin.of(digits, b"salt")


def test_whose_payment_it_is() -> None:
    assert payment_on(Idle()) is None
    assert payment_on(Preparing(at(1))) is None
    assert payment_on(Paying(request(3))) == payment(3)
    assert payment_on(Notice(payment(4), "expired", None, at(1))) == payment(4)
