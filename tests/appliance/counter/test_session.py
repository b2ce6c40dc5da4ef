"""The session of one counter: what stands on the glass, whose turn it is, and which slip is due."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule
from pydantic import TypeAdapter

from appliance.counter.events import (
    CancelledByClerk,
    CopyAsked,
    Event,
    LinkChanged,
    Painted,
    ParkedByClerk,
    PrintEnded,
    PrintStarted,
    Report,
    Requested,
    Restarted,
    Resulted,
    SlipJob,
    Tell,
    Tick,
    Unusable,
)
from appliance.counter.session import (
    REMEMBERED,
    Heard,
    Idle,
    Notice,
    Paying,
    Session,
    Step,
    due_at,
    next_slip,
    step,
)
from mqtt_schema import emv_qr
from mqtt_schema.messages import (
    READING,
    Displayed,
    Outcome,
    PaymentRefused,
    PaymentRequest,
    ReceiptReport,
    SlipOutcome,
    Trouble,
)
from tests.support.spoken import (
    OURS,
    RULES,
    THEIRS,
    at,
    forged,
    payment,
    reprint,
    request,
    result,
    slip,
)

PRINTED, NOT_PRINTED, POSSIBLY = SlipOutcome.PRINTED, SlipOutcome.NOT_PRINTED, SlipOutcome.POSSIBLY_PRINTED


def requested(number: int = 1, sequence: int = 1, seconds: float = 0, **otherwise: object) -> Requested:
    asked = request(number, **otherwise)  # type: ignore[arg-type]  # whatever `request` takes
    return Requested(at(seconds), sequence, at(seconds), asked)


def cancelled(number: int = 1, sequence: int = 9, seconds: float = 1) -> CancelledByClerk:
    return CancelledByClerk(at(seconds), sequence, payment(number))


def parked(number: int = 1, sequence: int = 9, seconds: float = 1) -> ParkedByClerk:
    return ParkedByClerk(at(seconds), sequence, payment(number))


def resulted(number: int = 1, sequence: int = 9, seconds: float = 1, outcome: Outcome = Outcome.PAID) -> Resulted:
    return Resulted(at(seconds), sequence, result(number, outcome))


def copy_asked(number: int = 1, sequence: int = 20) -> CopyAsked:
    return CopyAsked(at(1), sequence, reprint(number))


def ended(number: int = 1, outcome: SlipOutcome = PRINTED, *, is_copy: bool = False, reason: str = "") -> PrintEnded:
    return PrintEnded(at(3), payment(number), is_copy, outcome, reason)


def begun(number: int = 1, *, is_copy: bool = False) -> PrintStarted:
    return PrintStarted(at(2), payment(number), is_copy)


def after(*events: Event, before: Session | None = None) -> Session:
    """The state when all this has happened."""
    session = before or Session()
    for event in events:
        session = step(session, event, RULES).session
    return session


def last(*events: Event) -> Step:
    """What the last of these did."""
    return step(after(*events[:-1]), events[-1], RULES)


def told(stepped: Step) -> list[object]:
    return [effect.body for effect in stepped.effects if isinstance(effect, Tell)]


def reports(stepped: Step) -> list[str]:
    return [effect.text for effect in stepped.effects if isinstance(effect, Report)]


def shown(session: Session) -> str | None:
    """The payment whose code stands on the glass."""
    return session.glass.request.payment if isinstance(session.glass, Paying) else None


def notice(session: Session) -> tuple[str, str] | None:
    return (session.glass.payment, session.glass.notice) if isinstance(session.glass, Notice) else None


# A code comes to the glass


def test_the_first_payment_goes_straight_to_the_glass() -> None:
    stepped = last(requested())
    assert stepped.session.glass == Paying(request())
    assert stepped.effects == ()


def test_a_second_payment_waits_and_the_first_stays() -> None:
    session = after(requested(1), requested(2))
    assert shown(session) == payment(1)
    assert [waiting.payment for waiting in session.waiting] == [payment(2)]


def test_a_payment_that_is_already_here_changes_nothing_but_its_sequence() -> None:
    for here in (1, 2):
        stepped = last(requested(1), requested(2), requested(here, sequence=2))
        assert shown(stepped.session) == payment(1)
        assert len(stepped.session.waiting) == 1
        assert "already here" in reports(stepped)[0]


def test_the_office_hears_once_what_was_painted() -> None:
    painted = Painted(at(0.1), payment(1))
    stepped = last(requested(), painted)
    asked = request()
    assert told(stepped) == [
        Displayed(payment=payment(1), amount=asked.amount, payload=asked.payload, painted_at=at(0.1))
    ]
    assert stepped.session.glass == Paying(asked, is_reported=True)
    assert last(requested(), painted, painted).effects == ()


def test_painting_what_no_longer_stands_there_says_nothing() -> None:
    assert last(requested(1), Painted(at(1), payment(2))).effects == ()
    assert last(Painted(at(1), payment(1))) == Step(Session())


# What must not be painted


@pytest.mark.parametrize("field", ["crc", "beneficiary", "amount", "reference"])
def test_a_code_that_disagrees_with_its_job_is_never_painted(field: str) -> None:
    bad = forged(field)  # type: ignore[arg-type]  # one of the four
    stepped = last(Requested(at(0), 1, at(0), bad))
    assert notice(stepped.session) == (payment(1), "see_clerk")
    assert told(stepped) == [PaymentRefused.model_validate({"payment": payment(1), "field": field})]
    assert field in reports(stepped)[0]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (requested(beneficiary=THEIRS), "beneficiary"),
        (replace(requested(), issued_at=at(RULES.clock_tolerance_s + 1)), "clock"),
    ],
    ids=["another account", "our clock is behind"],
)
def test_an_honest_code_is_refused_too_when_it_is_not_for_us_or_not_for_now(event: Requested, field: str) -> None:
    stepped = last(event)
    assert told(stepped) == [PaymentRefused.model_validate({"payment": payment(1), "field": field})]
    assert notice(stepped.session) == (payment(1), "see_clerk")


def test_a_job_that_comes_too_late_is_refused_without_troubling_anybody_at_the_glass() -> None:
    stepped = last(requested(seconds=300, expires_s=300))
    assert told(stepped) == [PaymentRefused(payment=payment(1), field="expiry")]
    assert stepped.session.glass == Idle()


def test_a_clock_within_the_tolerance_and_a_last_moment_are_good_enough() -> None:
    assert shown(after(replace(requested(), issued_at=at(RULES.clock_tolerance_s)))) == payment(1)
    assert shown(after(requested(seconds=299.9, expires_s=300))) == payment(1)


def test_a_refused_code_disturbs_nobody_who_is_paying() -> None:
    stepped = last(requested(1), Requested(at(1), 2, at(1), forged("amount", 2)))
    assert shown(stepped.session) == payment(1)
    assert len(told(stepped)) == 1


def test_a_forged_word_about_the_payment_on_the_glass_takes_it_down() -> None:
    session = after(requested(1), Requested(at(1), 2, at(1), forged("amount", 1)))
    assert notice(session) == (payment(1), "see_clerk")


def test_after_a_refusal_a_corrected_code_may_come() -> None:
    session = after(Requested(at(0), 1, at(0), forged("amount")), requested(1, sequence=2, seconds=1), Tick(at(40)))
    assert shown(session) == payment(1)


# The end of a payment


def test_paid_is_shown_and_its_slip_is_due() -> None:
    session = after(requested(), resulted())
    assert session.glass == Notice(payment(1), "paid", 35_000, at(1 + RULES.paid_s))
    assert next_slip(session) == SlipJob(payment(1), slip())


@pytest.mark.parametrize("outcome", [Outcome.UNDERPAID, Outcome.OVERPAID, Outcome.LATE])
def test_what_is_not_simply_paid_sends_the_citizen_to_the_clerk_without_an_amount_and_a_slip(outcome: Outcome) -> None:
    session = after(requested(), resulted(outcome=outcome))
    assert session.glass == Notice(payment(1), "see_clerk", None, at(1 + RULES.see_clerk_s))
    assert session.slips == ()


def test_a_result_of_another_payment_prints_but_leaves_the_glass_to_who_pays() -> None:
    session = after(requested(1), resulted(2))
    assert shown(session) == payment(1)
    assert [job.payment for job in session.slips] == [payment(2)]


def test_a_result_of_another_payment_does_not_wipe_a_notice_away() -> None:
    session = after(requested(1), resulted(1), resulted(2, sequence=10))
    assert notice(session) == (payment(1), "paid")
    assert [job.payment for job in session.slips] == [payment(1), payment(2)]


def test_a_result_that_the_counter_was_never_asked_for_is_shown_when_the_glass_is_free() -> None:
    assert notice(after(resulted(5))) == (payment(5), "paid")


def test_a_result_ends_the_wait_of_its_payment() -> None:
    session = after(requested(1), requested(2), resulted(2, outcome=Outcome.OVERPAID))
    assert session.waiting == ()


def test_a_notice_gives_way_to_the_next_in_turn() -> None:
    session = after(requested(1), requested(2), resulted(1))
    assert notice(after(Tick(at(15.9)), before=session)) == (payment(1), "paid")
    assert shown(after(Tick(at(16)), before=session)) == payment(2)


def test_a_code_leaves_the_glass_at_its_last_moment() -> None:
    session = after(requested(expires_s=300))
    assert due_at(session) == at(300)
    assert shown(after(Tick(at(299.9)), before=session)) == payment(1)
    assert after(Tick(at(300)), before=session).glass == Notice(payment(1), "expired", None, at(312))


def test_nothing_of_a_citizen_stays_when_the_notice_is_over() -> None:
    session = after(requested(), Tick(at(300)), Tick(at(312)))
    assert session.glass == Idle()
    assert session.is_at_rest
    assert due_at(session) is None


def test_who_waited_longer_than_the_code_is_valid_never_comes_to_the_glass() -> None:
    session = after(requested(1), requested(2, expires_s=10), requested(3), resulted(1, seconds=20))
    assert shown(after(Tick(at(40)), before=session)) == payment(3)


def test_everybody_has_his_turn_in_the_order_of_coming() -> None:
    session, seen = after(*(requested(number, expires_s=3000) for number in (3, 1, 4, 2))), []
    for turn in range(1, 5):
        number = int(shown(session) or "0", 16)
        seen.append(number)
        session = after(cancelled(number, seconds=turn * 20), Tick(at(turn * 20 + 10)), before=session)
    assert seen == [3, 1, 4, 2]
    assert session.is_at_rest


def test_when_nobody_who_waits_is_valid_any_more_the_glass_is_idle() -> None:
    session = after(requested(1, expires_s=10), requested(2, expires_s=10), Tick(at(10)), Tick(at(22)))
    assert session.glass == Idle()
    assert session.waiting == ()


def test_cancelled_is_shown_for_a_moment() -> None:
    session = after(requested(), cancelled())
    assert session.glass == Notice(payment(1), "cancelled", None, at(1 + RULES.cancelled_s))


def test_one_who_waits_is_cancelled_without_a_word_on_the_glass() -> None:
    session = after(requested(1), requested(2), cancelled(2))
    assert shown(session) == payment(1)
    assert session.waiting == ()


def test_a_parked_payment_makes_room_at_once() -> None:
    session = after(requested(1), requested(2), parked(1))
    assert shown(session) == payment(2)
    assert shown(after(requested(1), parked(1))) is None
    assert after(requested(1), requested(2), parked(2)).waiting == ()


def test_a_parked_payment_still_gets_its_slip() -> None:
    session = after(requested(1), parked(1), resulted(1, sequence=10))
    assert notice(session) == (payment(1), "paid")
    assert next_slip(session) is not None


def test_a_parked_payment_may_come_back() -> None:
    assert shown(after(requested(1), parked(1), requested(1, sequence=10))) == payment(1)


# The office's last word wins, in whatever order the words arrive


@pytest.mark.parametrize("word", [cancelled(), parked(), resulted()], ids=["cancelled", "parked", "paid"])
def test_a_request_that_comes_after_its_end_is_not_shown(word: Event) -> None:
    stepped = last(word, requested(1, sequence=1))
    assert shown(stepped.session) is None
    assert "stale" in reports(stepped)[0]


@pytest.mark.parametrize("word", [cancelled(sequence=1), parked(sequence=1), resulted(sequence=1)])
def test_an_older_word_changes_nothing(word: Event) -> None:
    before = after(requested(1, sequence=2))
    stepped = step(before, word, RULES)
    assert stepped.session == before
    assert "stale" in reports(stepped)[0]


def test_words_about_a_payment_that_is_not_here_are_remembered_quietly() -> None:
    for word in (cancelled(7), parked(7)):
        stepped = last(word)
        assert stepped.effects == ()
        assert stepped.session == Session(heard=(Heard(payment(7), 9),))


def test_so_many_payments_are_remembered_and_no_more() -> None:
    session = after(*(cancelled(number) for number in range(REMEMBERED + 5)))
    assert len(session.heard) == REMEMBERED
    assert session.heard[0].payment == payment(5)


# Slips


def test_a_slip_is_due_once_however_often_the_result_comes() -> None:
    session = after(requested(), resulted(sequence=2), resulted(sequence=3), begun(), ended(), resulted(sequence=4))
    assert session.slips == ()


def test_a_correction_to_paid_still_brings_the_first_slip() -> None:
    session = after(requested(), resulted(sequence=2, outcome=Outcome.UNDERPAID), resulted(sequence=3))
    assert next_slip(session) == SlipJob(payment(1), slip())


def test_slips_come_one_at_a_time_in_the_order_in_which_they_became_due() -> None:
    session = after(resulted(1), resulted(2))
    assert next_slip(session) == SlipJob(payment(1), slip(1))
    session = after(begun(1), before=session)
    assert next_slip(session) is None
    session = after(ended(1), before=session)
    assert next_slip(session) == SlipJob(payment(2), slip(2))


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
    assert next_slip(session) == SlipJob(payment(1), slip(), is_copy=True)
    [report] = told(last(resulted(), begun(), ended(), copy_asked(), begun(is_copy=True), ended(is_copy=True)))
    assert isinstance(report, ReceiptReport)
    assert report.is_copy


def test_two_copies_asked_are_two_copies() -> None:
    session = after(copy_asked(), copy_asked(), begun(is_copy=True), ended(is_copy=True))
    assert next_slip(session) == SlipJob(payment(1), slip(), is_copy=True)


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
    assert next_slip(stepped.session) == SlipJob(payment(2), slip(2))


def test_a_restart_keeps_the_code_on_the_glass_while_it_is_valid() -> None:
    session = after(requested(1), requested(2), LinkChanged(at(1), True), Restarted(at(299)))
    assert shown(session) == payment(1)
    assert not session.is_linked
    assert notice(after(Restarted(at(301)), before=session)) == (payment(1), "expired")


def test_a_restart_after_the_notice_was_over_shows_nothing_of_the_citizen() -> None:
    assert after(requested(), resulted(), Restarted(at(3600))).glass == Idle()


# The rest


def test_the_link_comes_and_goes() -> None:
    assert after(LinkChanged(at(0), True)).is_linked
    assert not after(LinkChanged(at(0), True), LinkChanged(at(1), False)).is_linked


def test_what_cannot_be_used_is_told_and_changes_nothing() -> None:
    trouble = Trouble(kind="signature", detail="nobody here knows the key 'x'")
    stepped = last(Unusable(at(0), trouble))
    assert stepped == Step(Session(), (Tell(trouble), Report("signature: nobody here knows the key 'x'")))


def test_time_passes_over_an_idle_counter_without_a_trace() -> None:
    assert last(Tick(at(10**6))) == Step(Session())


def test_rest_is_when_nothing_of_any_citizen_remains() -> None:
    assert Session().is_at_rest
    assert after(cancelled(3)).is_at_rest
    assert not after(requested()).is_at_rest
    assert not after(requested(), parked(), resulted(1, sequence=10), Tick(at(60))).is_at_rest, "a slip is due"
    assert not after(requested(), resulted(), requested(2), Tick(at(16)), begun(), ended()).is_at_rest


STATES: dict[str, Session] = {
    "idle": Session(),
    "paying": after(requested(1)),
    "painted": after(requested(1), Painted(at(0), payment(1))),
    "with one who waits": after(requested(1), requested(2)),
    "paid": after(requested(1), resulted(1)),
    "printing": after(requested(1), resulted(1), begun(1)),
    "expired": after(requested(1), Tick(at(300))),
    "cancelled": after(requested(1), cancelled(1)),
    "see the clerk": after(Requested(at(0), 1, at(0), forged("amount"))),
    "parked": after(requested(1), parked(1)),
    "copying": after(copy_asked(1), begun(1, is_copy=True)),
}

EVENTS: tuple[Event, ...] = (
    requested(1, sequence=30),
    requested(2, sequence=1),
    Requested(at(1), 31, at(1), forged("crc")),
    cancelled(1),
    cancelled(2),
    parked(1),
    resulted(1),
    resulted(1, sequence=2, outcome=Outcome.LATE),
    copy_asked(1),
    Painted(at(1), payment(1)),
    begun(1),
    begun(1, is_copy=True),
    ended(1),
    ended(1, POSSIBLY, is_copy=True, reason="Hết giấy"),
    LinkChanged(at(1), True),
    Unusable(at(1), Trouble(kind="malformed", detail="not JSON")),
    Restarted(at(400)),
    Tick(at(5)),
    Tick(at(1000)),
)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{type(event).__name__}")
def test_every_event_fits_every_state_or_is_reported(state: str, event: Event) -> None:
    stepped = step(STATES[state], event, RULES)
    check_session(stepped.session)
    if reports(stepped) and not isinstance(event, Requested):
        assert stepped.session == STATES[state]


@pytest.mark.parametrize("state", STATES)
def test_a_session_is_written_and_read_without_a_change(state: str) -> None:
    adapter: TypeAdapter[Session] = TypeAdapter(Session)
    assert adapter.validate_json(adapter.dump_json(STATES[state])) == STATES[state]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{type(event).__name__}")
def test_an_event_is_written_and_read_without_a_change(event: Event) -> None:
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    assert adapter.validate_json(adapter.dump_json(event), context=READING) == event


def test_a_forged_request_survives_the_journal_too() -> None:
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    event = Requested(at(0), 1, at(0), forged("amount"))
    assert adapter.validate_json(adapter.dump_json(event), context=READING) == event


# A long day with a bad network


def check_session(session: Session) -> None:
    """What holds in every state, whatever happened."""
    if isinstance(session.glass, Paying):
        _check_code(session.glass.request)
    assert sum(job.is_started for job in session.slips) <= 1, "two slips at once"
    here = [waiting.payment for waiting in session.waiting]
    assert len(set(here)) == len(here)
    assert shown(session) not in here
    assert not (isinstance(session.glass, Idle) and here), "somebody waits before a free glass"
    assert len(session.heard) <= REMEMBERED
    originals = [job.payment for job in session.slips if not job.is_copy]
    assert len(set(originals)) == len(originals)


def _check_code(code_of: PaymentRequest) -> None:
    code = emv_qr.decode(code_of.payload)
    assert code.amount == str(code_of.amount)
    assert (code.bin, code.account) == (OURS.bin, OURS.account)
    assert code.memo == code_of.reference
    assert code_of.beneficiary == OURS


NUMBERS = st.integers(1, 5)
Word = Requested | Resulted | CancelledByClerk | ParkedByClerk
"""What the office says of a payment; `sequence` tells the last from the others."""


class Day(RuleBasedStateMachine):
    """One counter through a day: the office's words arrive late, twice and in any order; the power goes; time flies.

    `journal` is what a journal would keep: recovery folds it, and nothing but `is_linked` may differ.
    """

    said = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.now_s = 0.0
        self.journal: list[Event] = []
        self.last_sequence = 0
        self.last_word: dict[str, int] = {}
        self.copies_asked: set[int] = set()
        self.begun: dict[str, int] = {}

    def take(self, event: Event) -> Step:
        before = self.session
        stepped = step(before, event, RULES)
        self.journal.append(event)
        self.session = stepped.session
        self._none_is_silently_replaced(before, event)
        self._print()
        return stepped

    def _none_is_silently_replaced(self, before: Session, event: Event) -> None:
        """Who stood on the glass or waited is still there, or something was said about exactly that payment."""
        for asked in ((before.glass.request,) if isinstance(before.glass, Paying) else ()) + before.waiting:
            is_here = asked.payment == shown(self.session) or asked in self.session.waiting
            assert is_here or _about(event) == asked.payment or event.at >= asked.expires_at

    def _print(self) -> None:
        """As the runner does: begin what is due, in its turn."""
        job = next_slip(self.session)
        if job is None:
            return
        if not job.is_copy:
            self.begun[job.payment] = self.begun.get(job.payment, 0) + 1
        event = PrintStarted(at(self.now_s), job.payment, job.is_copy)
        self.journal.append(event)
        self.session = step(self.session, event, RULES).session

    def word(self, make: Callable[[int], Event]) -> Event:
        self.last_sequence += 1
        return make(self.last_sequence)

    @rule(number=NUMBERS, valid_s=st.integers(60, 900))
    def a_payment_comes_straight_to_the_counter(self, number: int, valid_s: int) -> None:
        self.a_word_arrives(self.word_of(number, valid_s))

    @rule(target=said, number=NUMBERS, valid_s=st.integers(1, 600))
    def the_office_creates(self, number: int, valid_s: int) -> Event:
        return self.word_of(number, valid_s)

    def word_of(self, number: int, valid_s: int) -> Event:
        asked = request(number, expires_s=self.now_s + valid_s)
        return self.word(lambda sequence: Requested(at(self.now_s), sequence, at(self.now_s), asked))

    @rule(target=said, number=NUMBERS, field=st.sampled_from(["crc", "beneficiary", "amount", "reference"]))
    def somebody_forges(self, number: int, field: str) -> Event:
        bad = forged(field, number)  # type: ignore[arg-type]  # one of the four
        return self.word(lambda sequence: Requested(at(self.now_s), sequence, at(self.now_s), bad))

    @rule(target=said, number=NUMBERS)
    def the_clerk_cancels(self, number: int) -> Event:
        return self.word(lambda sequence: cancelled(number, sequence))

    @rule(target=said, number=NUMBERS)
    def the_clerk_parks(self, number: int) -> Event:
        return self.word(lambda sequence: parked(number, sequence))

    @rule(target=said, number=NUMBERS, outcome=st.sampled_from(Outcome))
    def the_bank_speaks(self, number: int, outcome: Outcome) -> Event:
        return self.word(lambda sequence: resulted(number, sequence, outcome=outcome))

    @rule(target=said, number=NUMBERS)
    def the_clerk_wants_a_copy(self, number: int) -> Event:
        return self.word(lambda sequence: copy_asked(number, sequence))

    @rule(event=said)
    def a_word_arrives(self, event: Event) -> None:
        """At any time, in any order, any number of times; a copy only once, by its message id."""
        match event:
            case CopyAsked(sequence=sequence):
                if sequence not in self.copies_asked:
                    self.copies_asked.add(sequence)
                    self.take(replace(event, at=at(self.now_s)))
            case Requested() | Resulted() | CancelledByClerk() | ParkedByClerk():
                self._the_last_word_wins(event, self.take(replace(event, at=at(self.now_s))))

    def _the_last_word_wins(self, word: Word, stepped: Step) -> None:
        about, last_heard = _about(word), self.last_word.get(_about(word), 0)
        assert any("stale" in text for text in reports(stepped)) == (word.sequence <= last_heard)
        self.last_word[about] = max(word.sequence, last_heard)

    @rule(seconds=st.floats(0, 40) | st.floats(0, 700))
    def time_passes(self, seconds: float) -> None:
        """As the program does: it wakes when something is due, as often as that is."""
        self.now_s += seconds
        for _ in range(20):
            due = due_at(self.session)
            if due is None or due > at(self.now_s):
                return
            self.take(Tick(at(self.now_s)))
        raise AssertionError("the session is due for ever")

    @rule()
    def the_glass_is_painted(self) -> None:
        if shown(self.session) is not None:
            stepped = self.take(Painted(at(self.now_s), shown(self.session) or ""))
            for body in told(stepped):
                assert isinstance(body, Displayed)
                assert emv_qr.decode(body.payload).amount == str(body.amount)

    @precondition(lambda self: any(job.is_started for job in self.session.slips))
    @rule(outcome=st.sampled_from(SlipOutcome))
    def the_printer_is_done(self, outcome: SlipOutcome) -> None:
        [job] = [job for job in self.session.slips if job.is_started]
        stepped = self.take(PrintEnded(at(self.now_s), job.payment, job.is_copy, outcome))
        [report] = told(stepped)
        assert isinstance(report, ReceiptReport)
        assert (report.payment, report.is_copy, report.outcome) == (job.payment, job.is_copy, outcome)

    @rule(number=NUMBERS, is_copy=st.booleans())
    def the_printer_speaks_out_of_turn(self, number: int, is_copy: bool) -> None:
        if not any(job.is_started for job in self.session.slips):
            before = self.session
            self.take(PrintEnded(at(self.now_s), payment(number), is_copy, PRINTED))
            assert before == self.session

    @rule(is_up=st.booleans())
    def the_link_changes(self, is_up: bool) -> None:
        self.take(LinkChanged(at(self.now_s), is_up))

    @rule()
    def somebody_sends_rubbish(self) -> None:
        before = self.session
        self.take(Unusable(at(self.now_s), Trouble(kind="malformed", detail="not JSON")))
        assert self.session == before

    @rule(seconds=st.floats(0, 700))
    def the_power_goes(self, seconds: float) -> None:
        """Recovery folds the journal and steps once more; what had begun to print is asked about, never repeated."""
        self.now_s += seconds
        folded = after(*self.journal)
        assert folded == self.session
        had_begun = [job for job in folded.slips if job.is_started]
        stepped = self.take(Restarted(at(self.now_s)))
        asked = [body for body in told(stepped) if isinstance(body, ReceiptReport)]
        assert [(one.payment, one.outcome) for one in asked] == [(job.payment, POSSIBLY) for job in had_begun]
        self.time_passes(0)

    @invariant()
    def the_state_is_one_of_ours(self) -> None:
        check_session(self.session)

    @invariant()
    def what_stands_on_the_glass_is_valid_and_wanted(self) -> None:
        if isinstance(self.session.glass, Paying):
            assert at(self.now_s) < self.session.glass.request.expires_at

    @invariant()
    def no_slip_is_begun_twice_unless_a_copy_was_asked(self) -> None:
        assert all(count == 1 for count in self.begun.values())

    @invariant()
    def the_state_survives_the_disk(self) -> None:
        adapter: TypeAdapter[Session] = TypeAdapter(Session)
        assert adapter.validate_json(adapter.dump_json(self.session)) == self.session


def _about(event: Event) -> str:
    match event:
        case Requested(request=asked):
            return asked.payment
        case Resulted(result=heard):
            return heard.payment
        case CancelledByClerk(payment=number) | ParkedByClerk(payment=number):
            return number
    return ""


TestALongDayWithABadNetwork = Day.TestCase
