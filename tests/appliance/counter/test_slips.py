"""The slips of one counter: printed once, never silently lost, and never all at once when the paper comes back."""

from dataclasses import replace

import pytest

from appliance.counter.events import (
    CopyTouched,
    Dismissed,
    Event,
    LinkChanged,
    PrinterReady,
    Report,
    Restarted,
    SlipJob,
    StayTouched,
    Tell,
    Tick,
    TimeLearned,
)
from appliance.counter.memory import REMEMBERED
from appliance.counter.session import due_at, step
from appliance.counter.slips import COPIES_DO_NOT_WAIT, SHELF_HOLDS, TRIES, Fate, fate, next_slip
from appliance.counter.state import Heard, Notice, Session, Shelved, Step
from mqtt_schema.messages import Outcome, ReceiptReport, SlipOutcome, SlipReleased
from tests.support.lawful import check_session
from tests.support.spoken import (
    RULES,
    at,
    begun,
    cancelled,
    copy_asked,
    ended,
    payment,
    released,
    requested,
    resulted,
    slip,
    wanted,
)

PRINTED, NOT, POSSIBLY = SlipOutcome.PRINTED, SlipOutcome.NOT_PRINTED, SlipOutcome.POSSIBLY_PRINTED
GONE_S = 1 + RULES.lingers_s
"""When nobody waits any more for a slip that became due at second 1."""


def after(*events: Event, before: Session | None = None) -> Session:
    """The state when all this has happened."""
    session = before or Session()
    for event in events:
        session = step(session, event, RULES).session
        check_session(session)
    return session


def last(*events: Event, before: Session | None = None) -> Step:
    """What the last of these did."""
    return step(after(*events[:-1], before=before), events[-1], RULES)


def told(stepped: Step) -> list[object]:
    return [effect.body for effect in stepped.effects if isinstance(effect, Tell)]


def reports(stepped: Step) -> list[str]:
    return [effect.text for effect in stepped.effects if isinstance(effect, Report)]


def notice(session: Session) -> tuple[str, str] | None:
    return (session.glass.payment, session.glass.notice) if isinstance(session.glass, Notice) else None


def number_of(job: SlipJob | None) -> int:
    """Whose slip that is; 0 is nobody's."""
    return int(job.payment, 16) if job else 0


def is_copy(job: SlipJob | None, number: int) -> bool:
    return job is not None and job.is_copy and number_of(job) == number


def on_the_shelf(session: Session) -> list[int]:
    return [int(shelved.payment, 16) for shelved in session.shelf]


def without_paper(number: int = 1, seconds: float = 1) -> tuple[Event, ...]:
    """A payment whose slip finds no paper."""
    return (
        resulted(number, sequence=9 + number, seconds=seconds),
        begun(number, seconds=seconds),
        ended(number, NOT, reason="Máy in hết giấy", seconds=seconds),
    )


def ready(seconds: float) -> PrinterReady:
    return PrinterReady(at(seconds))


def turn(seconds: float, *numbers: int) -> tuple[Event, ...]:
    """These slips come out."""
    return tuple(
        event for number in numbers for event in (begun(number, seconds=seconds), ended(number, seconds=seconds))
    )


# Slips become due, and begin one at a time


def test_a_slip_is_due_once_however_often_the_result_comes() -> None:
    session = after(requested(), resulted(sequence=2), resulted(sequence=3), begun(), ended(), resulted(sequence=4))
    assert session.slips == ()


def test_a_correction_to_paid_still_brings_the_first_slip() -> None:
    session = after(requested(), resulted(sequence=2, outcome=Outcome.UNDERPAID), resulted(sequence=3))
    assert next_slip(session) == SlipJob(payment(1), slip(), until=at(1 + RULES.lingers_s))


def test_slips_come_one_at_a_time_in_the_order_in_which_they_became_due() -> None:
    session = after(resulted(1), resulted(2))
    assert number_of(next_slip(session)) == 1
    session = after(begun(1), before=session)
    assert next_slip(session) is None
    session = after(ended(1), before=session)
    assert number_of(next_slip(session)) == 2


@pytest.mark.parametrize("outcome", list(SlipOutcome))
def test_the_office_hears_how_a_slip_ended(outcome: SlipOutcome) -> None:
    stepped = last(resulted(), begun(), ended(1, outcome, reason="Máy in hết giấy" * 40))
    [report] = told(stepped)
    assert isinstance(report, ReceiptReport)
    assert (report.payment, report.outcome, report.is_copy) == (payment(1), outcome, False)
    assert len(report.reason) == 300
    assert stepped.session.slips == ()


def test_a_copy_is_printed_because_a_human_asked() -> None:
    session = after(resulted(), begun(), ended(), copy_asked())
    assert is_copy(next_slip(session), 1)
    [report] = told(last(resulted(), begun(), ended(), copy_asked(), begun(is_copy=True), ended(is_copy=True)))
    assert isinstance(report, ReceiptReport)
    assert report.is_copy


def test_two_copies_asked_are_two_copies() -> None:
    session = after(copy_asked(), copy_asked(), begun(is_copy=True), ended(is_copy=True))
    assert is_copy(next_slip(session), 1)


def phase(session: Session) -> str:
    assert isinstance(session.glass, Notice)
    return session.glass.phase


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(SlipOutcome.PRINTED, "printed"), (SlipOutcome.NOT_PRINTED, "waiting"), (POSSIBLY, "unsure")],
)
def test_the_citizen_sees_how_far_the_slip_is(outcome: SlipOutcome, expected: str) -> None:
    session = after(requested(), resulted())
    assert phase(session) == "due"
    session = after(begun(), before=session)
    assert phase(session) == "printing"
    assert phase(after(ended(1, outcome), before=session)) == expected


def test_the_slip_of_another_payment_is_nothing_to_who_stands_there() -> None:
    session = after(requested(1), resulted(1), begun(1), resulted(2, sequence=10), ended(1), begun(2))
    assert notice(session) == (payment(1), "paid")
    assert phase(session) == "printed"
    assert phase(after(ended(2, POSSIBLY), before=session)) == "printed"


def test_a_result_stays_a_moment_longer_than_its_slip_takes() -> None:
    session = after(requested(), resulted(), begun())
    assert isinstance(session.glass, Notice)
    assert after(ended(seconds=3), before=session).glass == replace(session.glass, phase="printed")
    slow = after(ended(seconds=14), before=session).glass
    assert slow == replace(session.glass, phase="printed", until=at(14 + RULES.slip_s))


def copy_touched(seconds: float = 4) -> CopyTouched:
    return CopyTouched(at(seconds))


def test_the_citizen_gets_one_more_slip_for_a_touch_and_no_third() -> None:
    session = after(requested(), resulted(), begun(), ended(), copy_touched())
    assert is_copy(next_slip(session), 1)
    assert phase(session) == "due"
    assert step(session, copy_touched(), RULES) == Step(session)
    session = after(begun(is_copy=True), ended(is_copy=True), before=session)
    assert phase(session) == "printed"
    assert step(session, copy_touched(5), RULES) == Step(session)


@pytest.mark.parametrize(
    "before",
    [
        (),
        (requested(),),
        (requested(), resulted()),
        (requested(), resulted(), begun()),
        (requested(), resulted(), begun(), ended(1, POSSIBLY)),
        (requested(), resulted(), begun(), ended(1, SlipOutcome.NOT_PRINTED)),
        (requested(), cancelled()),
    ],
    ids=["idle", "code", "due", "printing", "unsure", "waiting", "cancelled"],
)
def test_no_copy_is_to_be_had_before_the_slip_has_come_out(before: tuple[Event, ...]) -> None:
    session = after(*before)
    assert step(session, copy_touched(), RULES) == Step(session)


def test_a_corrected_result_does_not_hide_the_slip_that_is_on_its_way() -> None:
    session = after(requested(), resulted(sequence=2), begun(), resulted(sequence=3))
    assert phase(session) == "printing"
    assert phase(after(ended(), before=session)) == "printed"


@pytest.mark.parametrize(
    "event", [begun(3), ended(3), begun(1, is_copy=True)], ids=["begun", "ended", "begun as a copy"]
)
def test_a_printer_that_speaks_of_a_slip_nobody_owes_is_reported(event: Event) -> None:
    before = after(resulted(1))
    stepped = step(before, event, RULES)
    assert stepped.session == before
    assert told(stepped) == []
    assert len(reports(stepped)) == 1


def test_a_slip_that_never_began_cannot_end() -> None:
    before = after(resulted(1))
    stepped = step(before, ended(1), RULES)
    assert stepped.session == before
    assert told(stepped) == []


def test_no_slip_begins_while_another_is_on_its_way() -> None:
    before = after(resulted(1), resulted(2), begun(1))
    for number in (1, 2):
        stepped = step(before, begun(number), RULES)
        assert stepped.session == before
        assert len(reports(stepped)) == 1


def test_a_restart_asks_a_human_about_a_slip_that_had_begun() -> None:
    stepped = last(resulted(1), resulted(2), begun(1), Restarted(at(5)))
    [report] = told(stepped)
    assert isinstance(report, ReceiptReport)
    assert (report.payment, report.outcome) == (payment(1), POSSIBLY)
    assert "khởi động lại" in report.reason
    assert number_of(next_slip(stepped.session)) == 2
    assert phase(stepped.session) == "unsure"


def test_a_restart_prints_nothing_that_is_too_late_and_says_so() -> None:
    """Three slips were due when the power went; it came back after hours."""
    session = after(resulted(1), begun(1), resulted(2, sequence=10), resulted(3, sequence=11), copy_asked(2))
    stepped = step(session, Restarted(at(3600)), RULES)
    check_session(stepped.session)
    assert next_slip(stepped.session) is None
    assert on_the_shelf(stepped.session) == [2, 3]
    outcomes = [(one.payment, one.outcome, one.is_copy) for one in told(stepped) if isinstance(one, ReceiptReport)]
    assert outcomes == [
        (payment(1), POSSIBLY, False),
        (payment(2), NOT, False),
        (payment(3), NOT, False),
        (payment(2), NOT, True),
    ]
    assert stepped.session.is_at_rest


def test_a_copy_that_had_begun_when_the_power_went_is_asked_about_and_the_original_was_printed() -> None:
    stepped = last(resulted(), *turn(2, 1), copy_asked(), begun(is_copy=True), Restarted(at(4)))
    [report] = told(stepped)
    assert isinstance(report, ReceiptReport)
    assert (report.outcome, report.is_copy) == (POSSIBLY, True)
    assert fate(stepped.session, payment(1)) == "printed"


# Copies say who and why


def test_a_copy_knows_who_asked_for_it_and_why() -> None:
    asked = copy_asked()
    why = replace(asked, reprint=asked.reprint.model_copy(update={"reason": "Công dân làm mất phiếu"}))
    job = next_slip(after(why))
    assert job is not None
    assert (job.asked_by, job.reason) == ("Nguyễn Thị Bình", "Công dân làm mất phiếu")
    unexplained = next_slip(after(asked))
    assert unexplained is not None
    assert unexplained.reason == ""


def test_a_copy_that_the_citizen_touched_for_was_asked_for_by_nobody_at_the_desk() -> None:
    job = next_slip(after(requested(), resulted(), *turn(2, 1), copy_touched()))
    assert job is not None
    assert (job.asked_by, job.is_copy) == ("", True)


def test_a_copy_without_paper_does_not_wait_and_the_desk_hears_it() -> None:
    stepped = last(copy_asked(), begun(is_copy=True), ended(1, NOT, is_copy=True, reason="Máy in hết giấy"))
    assert told(stepped) == [
        ReceiptReport(payment=payment(1), outcome=NOT, is_copy=True, reason=f"Máy in hết giấy; {COPIES_DO_NOT_WAIT}")
    ]
    assert stepped.session.shelf == ()
    assert step(stepped.session, ready(4), RULES).session == stepped.session


def copied(outcome: SlipOutcome) -> tuple[Event, ...]:
    return begun(is_copy=True, seconds=5), ended(1, outcome, is_copy=True, seconds=6)


def test_another_slip_that_did_not_come_out_sends_the_citizen_to_the_clerk() -> None:
    session = after(requested(), resulted(), *turn(2, 1), copy_touched(), *copied(NOT))
    assert phase(session) == "uncopied"
    assert step(session, copy_touched(7), RULES) == Step(session)


@pytest.mark.parametrize("original", [PRINTED, NOT, POSSIBLY], ids=["printed", "waiting", "unsure"])
def test_a_clerks_copy_that_did_not_come_out_leaves_on_the_glass_what_was_said_of_the_slip(
    original: SlipOutcome,
) -> None:
    session = after(requested(), resulted(), begun(), ended(1, original))
    assert phase(after(copy_asked(), *copied(NOT), before=session)) == phase(session)
    assert phase(after(copy_asked(), *copied(PRINTED), before=session)) == "printed"
    assert phase(after(copy_asked(), *copied(POSSIBLY), before=session)) == "unsure"


# The shelf


def test_a_slip_without_paper_waits_on_the_shelf_and_its_citizen_reads_that() -> None:
    session = after(requested(), *without_paper())
    [shelved] = session.shelf
    assert (shelved.payment, shelved.since, shelved.reason) == (payment(1), at(1), "Máy in hết giấy")
    assert phase(session) == "waiting"
    assert next_slip(session) is None


def test_when_paper_is_back_the_last_slip_prints_by_itself_and_no_other() -> None:
    session = after(*without_paper(1), *without_paper(2, 20), *without_paper(3, 40), ready(60))
    assert number_of(next_slip(session)) == 3
    assert on_the_shelf(session) == [1, 2]
    session = after(*turn(61, 3), *(ready(seconds) for seconds in range(62, 200)), before=session)
    assert next_slip(session) is None
    assert on_the_shelf(session) == [1, 2]


def test_nothing_prints_by_itself_for_somebody_who_has_gone() -> None:
    session = after(*without_paper(), Tick(at(40)))
    assert number_of(next_slip(after(ready(GONE_S - 0.1), before=session))) == 1
    assert next_slip(after(ready(GONE_S), before=session)) is None


def test_who_still_reads_the_result_is_still_there() -> None:
    stays = (StayTouched(at(second)) for second in (2, 31, 60))
    session = after(requested(), *without_paper(), *stays)
    late = replace(session, glass=replace(session.glass, until=at(GONE_S + 60)))  # type: ignore[arg-type]  # a notice
    assert due_at(late) == at(GONE_S + 60)
    assert number_of(next_slip(after(Tick(at(GONE_S + 50)), ready(GONE_S + 55), before=late))) == 1
    assert after(Tick(at(GONE_S + 60)), before=late).shelf[0].job is None


def test_a_slip_that_printed_by_itself_is_the_original_and_the_citizen_sees_it_come() -> None:
    session = after(requested(), *without_paper(), ready(10))
    assert phase(session) == "due"
    job = next_slip(session)
    assert job is not None
    assert not job.is_copy
    assert phase(after(*turn(11, 1), before=session)) == "printed"
    assert fate(after(*turn(11, 1), before=session), payment(1)) == "printed"


def test_the_slip_of_a_later_citizen_keeps_an_earlier_one_on_the_shelf_but_a_copy_does_not() -> None:
    session = after(*without_paper(1), resulted(2, sequence=20, seconds=5))
    assert on_the_shelf(after(ready(6), before=session)) == [1]
    session = after(*without_paper(1), copy_asked(2), ready(6))
    assert [number_of(job) for job in session.slips] == [2, 1]


def test_a_printer_that_never_stays_ready_is_not_tried_for_ever() -> None:
    session = after(*without_paper())
    begins = 0
    for second in range(2, 20):
        session = after(ready(second), before=session)
        if next_slip(session) is not None:
            begins += 1
            session = after(begun(seconds=second), ended(1, NOT, seconds=second), before=session)
    assert begins == TRIES
    assert on_the_shelf(session) == [1]
    assert number_of(next_slip(after(wanted(seconds=30), before=session))) == 1


def test_the_shelf_forgets_the_words_of_every_slip_that_will_not_print_by_itself() -> None:
    """Of days of waiting no more remains than which payments, since when and why."""
    session = after(*without_paper(1), *without_paper(2, 20))
    assert [shelved.job is None for shelved in session.shelf] == [True, False]
    assert due_at(after(Tick(at(60)), before=session)) == at(20 + RULES.lingers_s)
    session = after(Tick(at(20 + RULES.lingers_s)), before=session)
    assert session.shelf == (
        Shelved(payment(1), at(1), "Máy in hết giấy"),
        Shelved(payment(2), at(20), "Máy in hết giấy"),
    )
    assert session.is_at_rest


def test_a_result_that_comes_again_leaves_its_slip_on_the_shelf() -> None:
    session = after(*without_paper(), resulted(sequence=40, seconds=9))
    assert on_the_shelf(session) == [1]
    assert session.slips == ()


def test_what_the_shelf_holds_is_remembered_however_many_payments_come_after() -> None:
    session = after(*without_paper(1), *(cancelled(number) for number in range(10, REMEMBERED + 50)))
    assert len(session.heard) == REMEMBERED + 1
    session = after(resulted(1, sequence=10), before=session)
    assert session.slips == (), "an old word prints nothing"
    assert fate(session, payment(1)) == "shelved"


def test_a_shelf_that_is_full_lets_go_of_the_oldest_and_prints_it_if_it_is_wanted() -> None:
    session = after(*(event for number in range(1, SHELF_HOLDS + 3) for event in without_paper(number, 100 * number)))
    assert on_the_shelf(session) == list(range(3, SHELF_HOLDS + 3))
    assert fate(session, payment(2)) == "released"
    assert number_of(next_slip(after(wanted(2, sequence=900, seconds=90_000), before=session))) == 2


# The desk wants a slip


def test_the_desk_gets_the_original_off_the_shelf() -> None:
    session = after(*without_paper(1), *without_paper(2), Tick(at(1000)), wanted(1, seconds=1001))
    job = next_slip(session)
    assert job == SlipJob(payment(1), slip(1), until=at(1001 + RULES.lingers_s))
    assert on_the_shelf(session) == [2]
    session = after(*turn(1002, 1), before=session)
    assert fate(session, payment(1)) == "printed"


def test_a_slip_from_another_counter_is_printed_though_it_never_was_here() -> None:
    session = after(wanted(7))
    assert number_of(next_slip(session)) == 7
    assert fate(after(*turn(6, 7), before=session), payment(7)) == "printed"


def test_a_wanted_slip_without_paper_waits_for_it_like_any_other() -> None:
    session = after(wanted(7), begun(7), ended(7, NOT))
    assert on_the_shelf(session) == [7]
    assert number_of(next_slip(after(ready(20), before=session))) == 7


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        (turn(2, 1), PRINTED),
        ((begun(), ended(1, POSSIBLY)), POSSIBLY),
        ((begun(), Restarted(at(3))), POSSIBLY),
    ],
    ids=["printed", "possibly printed", "begun when the power went"],
)
def test_what_may_be_on_paper_is_never_printed_as_an_original_again(
    before: tuple[Event, ...], outcome: SlipOutcome
) -> None:
    stepped = last(resulted(), *before, wanted())
    assert next_slip(stepped.session) is None
    [report] = told(stepped)
    assert isinstance(report, ReceiptReport)
    assert (report.outcome, report.is_copy) == (outcome, False)
    assert report.reason


def test_a_slip_that_is_on_its_way_is_not_printed_once_more() -> None:
    for before in ((resulted(),), (resulted(), begun())):
        stepped = last(*before, wanted())
        assert stepped.effects == ()
        assert len(stepped.session.slips) == 1


def test_a_wish_that_comes_twice_prints_once() -> None:
    session = after(*without_paper(), wanted(sequence=30), *turn(6, 1))
    stepped = last(wanted(sequence=30, seconds=7), before=session)
    assert stepped.session == session
    assert len(reports(stepped)) == 1


def test_what_an_older_version_wrote_down_is_taken_for_possibly_printed() -> None:
    session = Session(heard=(Heard(payment(1), 9, had_slip=True),))
    assert fate(session, payment(1)) == "unsure"
    assert next_slip(after(wanted(), before=session)) is None


# The office takes a slip back


def answer(stepped: Step) -> bool:
    [said] = told(stepped)
    assert isinstance(said, SlipReleased)
    assert said.payment == payment(1)
    return said.is_released


def test_a_waiting_slip_is_let_go_and_never_printed_here() -> None:
    stepped = last(requested(), *without_paper(), released())
    assert answer(stepped)
    assert stepped.session.shelf == ()
    assert phase(stepped.session) == "waiting", "it comes out at another counter"
    session = after(ready(10), resulted(sequence=50, seconds=11), wanted(sequence=30), before=stepped.session)
    assert next_slip(session) is None
    assert fate(session, payment(1)) == "released"


def test_a_slip_that_has_not_begun_is_let_go_too_but_not_its_copy() -> None:
    stepped = last(requested(), resulted(1), resulted(2, sequence=10), begun(1), copy_asked(2), released(1))
    assert not answer(stepped)
    stepped = last(requested(1), resulted(2), begun(2), resulted(1, sequence=10), copy_asked(1), released(1))
    assert answer(stepped)
    assert [(number_of(job), job.is_copy) for job in stepped.session.slips] == [(2, False), (1, True)]


@pytest.mark.parametrize(
    ("before", "became"),
    [((begun(),), "begun"), (turn(2, 1), "printed"), ((begun(), ended(1, POSSIBLY)), "unsure")],
    ids=["begun", "printed", "unsure"],
)
def test_what_is_or_may_be_on_paper_is_not_let_go(before: tuple[Event, ...], became: Fate) -> None:
    stepped = last(resulted(), *before, released())
    assert not answer(stepped)
    assert fate(stepped.session, payment(1)) == became


def test_a_slip_that_never_was_here_is_let_go_and_an_older_wish_for_it_prints_nothing() -> None:
    stepped = last(released(sequence=31))
    assert answer(stepped)
    assert next_slip(after(wanted(sequence=30), before=stepped.session)) is None
    assert next_slip(after(resulted(sequence=9), before=stepped.session)) is None


def test_a_slip_that_was_let_go_stays_let_go_however_often_that_is_asked() -> None:
    session = after(*without_paper(), released(sequence=31))
    for sequence in (31, 30, 32):
        assert answer(last(released(sequence=sequence), before=session))


def test_the_office_may_send_back_what_it_took_and_an_old_release_does_not_stop_it() -> None:
    """The other counter's printer died, too."""
    session = after(*without_paper(), released(sequence=31), wanted(sequence=40, seconds=50))
    assert number_of(next_slip(session)) == 1
    stepped = last(released(sequence=31, seconds=51), before=session)
    assert not answer(stepped)
    assert stepped.session == session
    assert fate(after(*turn(52, 1), before=session), payment(1)) == "printed"


# What time it is


def test_while_nobody_knows_the_time_nothing_leaves_the_shelf_by_itself() -> None:
    session = after(*without_paper(), Tick(at(20)), Restarted(at(21), "asked"), ready(22))
    assert next_slip(session) is None
    soon = after(TimeLearned(at(30), "known", 8.0), before=session)
    assert number_of(next_slip(soon)) == 1, "it was a short night"
    late = after(TimeLearned(at(30_000), "known", 29_978.0), before=session)
    assert next_slip(late) is None
    assert late.is_at_rest


def test_a_clock_that_is_put_right_makes_nobody_wait_shorter_or_longer() -> None:
    session = after(*without_paper(), resulted(2, sequence=20, seconds=5), Tick(at(20)))
    session = after(LinkChanged(at(20), True), TimeLearned(at(3620), "known", 3600.0), before=session)
    assert [job.until for job in session.slips] == [at(3605 + RULES.lingers_s)]
    assert session.shelf[0].job is not None
    assert session.shelf[0].job.until == at(3600 + GONE_S)


def test_a_copy_without_an_end_and_an_empty_shelf_have_no_time() -> None:
    copy = SlipJob(payment(1), slip(), is_copy=True)
    endless = Session(slips=(copy,), shelf=(Shelved(payment(2), at(0), ""),), since=at(0))
    stepped = step(endless, TimeLearned(at(3620), "known", 3600.0), RULES)
    assert stepped.session == endless
    lasting = replace(endless, shelf=(Shelved(payment(2), at(0), "", SlipJob(payment(2), slip(2))),))
    assert due_at(lasting) is None
    assert step(lasting, Restarted(at(10**6)), RULES).session.slips == endless.slips


def test_a_citizen_who_left_early_is_still_waited_for_until_the_time_is_over() -> None:
    session = after(requested(), *without_paper(), Dismissed(at(4)))
    assert due_at(session) == at(GONE_S)
    assert number_of(next_slip(after(ready(30), before=session))) == 1
