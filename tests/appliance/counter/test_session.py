"""The session of one counter: what stands on the glass, whose turn it is, and which slip is due."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from appliance.counter.events import (
    CardsSent,
    CopyTouched,
    Dismissed,
    Event,
    HelpTouched,
    LinkChanged,
    Painted,
    PreparedByClerk,
    PrinterReady,
    PrintTrial,
    Report,
    Requested,
    Restarted,
    StayTouched,
    Tell,
    Tick,
    TimeLearned,
    TrialAsked,
    TrialEnded,
    Unusable,
)
from appliance.counter.memory import REMEMBERED
from appliance.counter.session import STAYS, due_at, step
from appliance.counter.slips import fate, next_slip
from appliance.counter.state import Heard, Help, Idle, Notice, Paying, Preparing, Session, Step
from mqtt_schema.messages import (
    READING,
    Displayed,
    HelpAsked,
    HelpKind,
    Outcome,
    PaymentRefused,
    ReceiptReport,
    SlipOutcome,
    TrialReport,
    Trouble,
)
from tests.support.lawful import check_session
from tests.support.spoken import (
    RULES,
    THEIRS,
    Forgeable,
    at,
    begun,
    cancelled,
    cards,
    checked,
    copy_asked,
    ended,
    forged,
    parked,
    payment,
    released,
    request,
    requested,
    resulted,
    slip,
    waived,
    wanted,
)

POSSIBLY = SlipOutcome.POSSIBLY_PRINTED


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


def test_one_who_waits_already_gains_nothing_by_coming_again() -> None:
    stepped = last(requested(1), requested(2), requested(2, sequence=2))
    assert shown(stepped.session) == payment(1)
    assert len(stepped.session.waiting) == 1
    assert "already here" in reports(stepped)[0]


def test_a_code_on_the_glass_gets_more_time_and_the_office_hears_again_that_it_stands_there() -> None:
    painted = Painted(at(0.1), payment(1))
    session = after(requested(), requested(2), painted, requested(sequence=2, seconds=200, expires_s=600))
    assert session.glass == Paying(request(expires_s=600))
    assert [waiting.payment for waiting in session.waiting] == [payment(2)]
    assert shown(after(Tick(at(599)), before=session)) == payment(1)
    assert len(told(step(session, Painted(at(200.1), payment(1)), RULES))) == 1


@pytest.mark.parametrize("changed", [{"amount": 36_000}, {"is_on_behalf": True}], ids=["amount", "on behalf"])
def test_what_was_promised_on_the_glass_never_becomes_something_else(changed: dict[str, int | bool]) -> None:
    stepped = last(requested(), requested(sequence=2, **changed))
    assert stepped.session.glass == Paying(request())
    assert "came back changed" in reports(stepped)[0]


def test_the_office_hears_once_what_was_painted() -> None:
    painted = Painted(at(0.1), payment(1))
    stepped = last(requested(), painted)
    asked = request()
    assert told(stepped) == [
        Displayed(payment=payment(1), amount=asked.amount, payload=asked.payload, painted_at=at(0.1))
    ]
    assert stepped.session.glass == Paying(asked, is_reported=True)
    assert last(requested(), painted, painted).effects == ()


def test_the_office_hears_that_no_code_was_painted_where_the_clerk_pays() -> None:
    [displayed] = told(last(requested(is_on_behalf=True), Painted(at(0.1), payment(1), "ab" * 32)))
    assert isinstance(displayed, Displayed)
    assert (displayed.payload, displayed.pixels) == ("", "ab" * 32)


def test_painting_what_no_longer_stands_there_says_nothing() -> None:
    assert last(requested(1), Painted(at(1), payment(2))).effects == ()
    assert last(Painted(at(1), payment(1))) == Step(Session())


# What must not be painted


@pytest.mark.parametrize("field", ["crc", "beneficiary", "amount", "reference"])
def test_a_code_that_disagrees_with_its_job_is_never_painted(field: Forgeable) -> None:
    bad = forged(field)
    stepped = last(Requested(at(0), 1, at(0), bad))
    assert notice(stepped.session) == (payment(1), "refused")
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
    assert notice(stepped.session) == (payment(1), "refused")


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
    assert notice(session) == (payment(1), "refused")


def test_a_forged_word_about_one_who_waits_takes_them_out_of_the_queue() -> None:
    session = after(requested(1), requested(2), Requested(at(1), 2, at(1), forged("amount", 2)))
    assert shown(session) == payment(1)
    assert session.waiting == ()


def test_after_a_refusal_a_corrected_code_may_come() -> None:
    session = after(Requested(at(0), 1, at(0), forged("amount")), requested(1, sequence=2, seconds=1), Tick(at(40)))
    assert shown(session) == payment(1)


# The end of a payment


def test_paid_is_shown_and_its_slip_is_due() -> None:
    session = after(requested(), resulted())
    assert session.glass == Notice(payment(1), "paid", 35_000, at(1 + RULES.paid_s), "due", slip())
    assert next_slip(session) is not None


@pytest.mark.parametrize("outcome", [Outcome.UNDERPAID, Outcome.OVERPAID, Outcome.LATE])
def test_what_is_not_simply_paid_sends_the_citizen_to_the_clerk_without_an_amount_and_a_slip(outcome: Outcome) -> None:
    session = after(requested(), resulted(outcome=outcome))
    assert session.glass == Notice(payment(1), outcome.value, None, at(1 + RULES.see_clerk_s))
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


# The clerk is at work


def prepared(seconds: float = 0) -> PreparedByClerk:
    return PreparedByClerk(at(seconds))


def test_the_glass_says_that_a_code_will_follow_and_forgets_it_when_none_does() -> None:
    session = after(prepared())
    assert session.glass == Preparing(at(RULES.preparing_s))
    assert not session.is_at_rest
    assert due_at(session) == at(RULES.preparing_s)
    assert after(Tick(at(RULES.preparing_s - 0.1)), before=session) == session
    assert after(Tick(at(RULES.preparing_s)), before=session) == Session()


def test_a_clerk_who_is_still_preparing_says_so_again() -> None:
    assert after(prepared(), prepared(60)).glass == Preparing(at(60 + RULES.preparing_s))


@pytest.mark.parametrize("word", [requested(seconds=1), waived(), resulted()], ids=["code", "waived", "paid"])
def test_what_was_prepared_comes_at_once(word: Event) -> None:
    assert after(prepared(), word).glass == after(word).glass


def test_preparing_the_next_dossier_disturbs_nobody_at_the_glass() -> None:
    for before in (after(requested()), after(requested(), resulted())):
        assert step(before, prepared(2), RULES) == Step(before)


def test_a_payment_that_was_only_parked_or_cancelled_leaves_what_is_being_prepared() -> None:
    assert isinstance(after(prepared(), cancelled(7), parked(8)).glass, Preparing)


def test_while_the_clerk_asks_the_bank_the_glass_asks_for_patience() -> None:
    session = after(requested(), checked())
    assert session.glass == Paying(request(), checking_until=at(1 + RULES.checking_s))
    assert due_at(session) == at(1 + RULES.checking_s)
    assert after(Tick(at(45.9)), before=session) == session
    assert after(Tick(at(46)), before=session).glass == Paying(request()), "the code stands there again"
    assert notice(after(resulted(seconds=10), before=session)) == (payment(1), "paid")


def test_a_code_runs_out_while_the_bank_is_being_asked() -> None:
    session = after(requested(expires_s=10), checked())
    assert due_at(session) == at(10)
    assert notice(after(Tick(at(10)), before=session)) == (payment(1), "expired")


def test_a_glass_that_asks_for_patience_does_not_claim_that_it_shows_a_code() -> None:
    asking = after(requested(), checked())
    painted = Painted(at(2), payment(1))
    assert step(asking, painted, RULES) == Step(asking)
    assert len(told(step(after(Tick(at(46)), before=asking), painted, RULES))) == 1


@pytest.mark.parametrize("before", [(), (requested(2),), (requested(2), requested(1)), (requested(1), resulted(1))])
def test_asking_the_bank_about_what_is_not_on_the_glass_changes_nothing(before: tuple[Event, ...]) -> None:
    stepped = last(*before, checked(1))
    assert stepped.session == after(*before)
    assert "not on the glass" in reports(stepped)[0]


def test_a_waived_fee_is_said_without_a_code_an_amount_and_a_slip() -> None:
    for before in ((), (requested(),), (requested(), Painted(at(0.5), payment(1)))):
        session = after(*before, waived())
        assert session.glass == Notice(payment(1), "waived", None, at(1 + RULES.waived_s))
        assert session.slips == ()


def test_a_waiver_of_another_payment_leaves_the_glass_to_who_pays() -> None:
    session = after(requested(1), requested(2), waived(2))
    assert shown(session) == payment(1)
    assert session.waiting == ()
    stale = step(session, waived(2, sequence=3), RULES)
    assert stale.session == session
    assert "stale waiver" in reports(stale)[0]


# Cards


def test_the_newest_cards_stand_on_the_idle_glass() -> None:
    first, second = CardsSent(at(0), 3, cards("chay-no", "lua-dao")), CardsSent(at(1), 4, cards("gio-lam"))
    assert [card.card for card in after(first).cards] == ["chay-no", "lua-dao"]
    assert after(first, second).cards == cards("gio-lam").cards
    stale = last(second, first)
    assert stale.session == after(second)
    assert reports(stale) == ["stale cards"]
    assert last(second, second).session == after(second)


def test_the_counters_own_cards_come_back_when_the_office_sends_none() -> None:
    assert after(CardsSent(at(0), 1, cards("chay-no")), CardsSent(at(1), 2, cards())).cards == ()


def test_cards_are_nothing_of_a_citizen() -> None:
    assert after(CardsSent(at(0), 1, cards("chay-no"))).is_at_rest


# Somebody at the glass


def helped(kind: HelpKind = HelpKind.HELP, seconds: float = 1) -> HelpTouched:
    return HelpTouched(at(seconds), kind, "en")


@pytest.mark.parametrize(
    ("before", "about"),
    [((), None), ((prepared(),), None), ((requested(),), payment(1)), ((requested(), resulted()), payment(1))],
    ids=["idle", "preparing", "code", "paid"],
)
@pytest.mark.parametrize("kind", [HelpKind.HELP, HelpKind.NO_PHONE])
def test_the_desk_hears_who_needs_a_human_and_the_glass_says_that_somebody_was_called(
    kind: HelpKind, before: tuple[Event, ...], about: str | None
) -> None:
    stepped = last(*before, helped(kind))
    assert told(stepped) == [HelpAsked(kind=kind, payment=about, language="en")]
    assert stepped.session.help == Help(kind, at(1 + RULES.helped_s))
    assert stepped.session.glass == after(*before).glass


def test_nobody_is_called_twice_while_the_first_call_is_still_said() -> None:
    called = after(helped())
    assert step(called, helped(HelpKind.NO_PHONE, 20.9), RULES) == Step(called)
    assert len(told(step(called, helped(seconds=21), RULES))) == 1


def test_a_call_is_said_for_a_while() -> None:
    called = after(helped())
    assert not called.is_at_rest
    assert due_at(called) == at(21)
    assert after(Tick(at(21)), before=called) == Session()
    assert due_at(after(requested(expires_s=10), before=called)) == at(10), "whichever comes first"


def test_more_time_is_asked_for_a_code_and_for_nothing_else() -> None:
    [asked] = told(last(requested(), helped(HelpKind.MORE_TIME)))
    assert asked == HelpAsked(kind=HelpKind.MORE_TIME, payment=payment(1), language="en")
    for before in ((), (requested(), resulted())):
        stepped = last(*before, helped(HelpKind.MORE_TIME))
        assert stepped.session == after(*before)
        assert len(reports(stepped)) == 1


@pytest.mark.parametrize("end", [parked(), cancelled(), resulted()], ids=["parked", "cancelled", "paid"])
def test_a_call_is_not_said_to_the_next_citizen(end: Event) -> None:
    called = after(requested(1), requested(2), helped(), end, Tick(at(18)), Dismissed(at(18)))
    assert shown(called) == payment(2)
    assert called.help is None
    assert len(told(step(called, helped(seconds=19), RULES))) == 1


def test_who_was_called_before_the_code_came_is_still_on_the_way() -> None:
    assert after(helped(), requested(seconds=2)).help is not None
    assert after(requested(), helped(), resulted()).help is not None, "the same citizen still stands there"


# Reading a result


def test_more_time_that_comes_a_moment_too_late_takes_expired_off_the_glass_again() -> None:
    expired = after(requested(1, expires_s=60), requested(2, seconds=1), Tick(at(60)))
    longer = Requested(at(60.2), 2, at(60.1), request(1, expires_s=360))
    assert after(longer, before=expired).glass == Paying(request(1, expires_s=360))
    assert shown(after(Tick(at(60 + RULES.expired_s)), before=after(longer, before=expired))) == payment(1)
    other = Requested(at(60.2), 2, at(60.1), request(3))
    assert after(other, before=expired).glass == expired.glass


def test_the_result_stays_for_who_reads_slowly_but_not_for_ever() -> None:
    session = after(requested(), resulted())
    for stay in range(1, STAYS + 1):
        session = after(StayTouched(at(stay * 10)), before=session)
        assert isinstance(session.glass, Notice)
        assert (session.glass.until, session.glass.stays) == (at(1 + RULES.paid_s + stay * RULES.stay_s), stay)
    assert after(StayTouched(at(41)), before=session) == session


def test_each_touch_gives_a_slow_reader_more_time_also_the_first_and_a_hasty_one() -> None:
    session = after(requested(), resulted(outcome=Outcome.UNDERPAID, seconds=1), StayTouched(at(1)), StayTouched(at(1)))
    assert isinstance(session.glass, Notice)
    assert session.glass.until == at(1 + RULES.see_clerk_s + 2 * RULES.stay_s)


def test_a_touch_never_shortens_a_result() -> None:
    patient = replace(RULES, stay_s=1)
    session = step(after(requested(), resulted()), StayTouched(at(2)), patient).session
    assert isinstance(session.glass, Notice)
    assert session.glass.until == at(1 + RULES.paid_s + 1)


def test_only_a_result_can_stay_and_only_while_it_stands() -> None:
    for before in (Session(), after(requested()), after(prepared())):
        assert step(before, StayTouched(at(1)), RULES) == Step(before)
    over = after(requested(), resulted())
    assert step(over, StayTouched(at(1 + RULES.paid_s)), RULES) == Step(over)


def test_a_result_that_was_seen_makes_room() -> None:
    assert after(requested(1), requested(2), resulted(1), Dismissed(at(2))).glass == Paying(request(2))
    assert after(requested(), cancelled(), Dismissed(at(2))).is_at_rest


def test_nothing_but_a_result_can_be_dismissed() -> None:
    for before in (Session(), after(requested()), after(prepared()), after(requested(), checked())):
        assert step(before, Dismissed(at(2)), RULES) == Step(before)


# Restarts


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


def test_slips_that_wait_for_paper_disturb_no_rest_once_their_citizens_have_gone() -> None:
    session = after(resulted(), begun(), ended(1, SlipOutcome.NOT_PRINTED), Tick(at(20)))
    assert session.glass == Idle()
    assert not session.is_at_rest, "it might still be printed, so its words are here"
    assert due_at(session) == at(1 + RULES.lingers_s)
    session = after(Tick(at(1 + RULES.lingers_s)), before=session)
    assert session.is_at_rest
    assert due_at(session) is None


# A test slip


def test_a_test_slip_is_printed_and_the_desk_hears_how_it_ended() -> None:
    assert last(TrialAsked(at(0), "Nguyễn Thị Bình")) == Step(Session(), (PrintTrial(),))
    ended_ = TrialEnded(at(3), SlipOutcome.NOT_PRINTED, "Máy in hết giấy" * 40)
    assert told(last(ended_)) == [TrialReport(outcome=SlipOutcome.NOT_PRINTED, reason=("Máy in hết giấy" * 40)[:300])]
    assert last(ended_).session == Session()


def test_a_result_from_before_the_first_time_it_knew_may_be_on_the_paper_of_another_card() -> None:
    fresh = after(Restarted(at(0), "asked"), TimeLearned(at(100), "known", 100.0))
    assert fresh.since == at(100)
    assert step(fresh, TimeLearned(at(200), "known", 50.0), RULES).session.since == at(100)
    older = replace(resulted(1, seconds=101), issued_at=at(39))
    stepped = step(fresh, older, RULES)
    assert stepped.session.slips == ()
    assert told(stepped) == [
        ReceiptReport(
            payment=payment(1),
            outcome=SlipOutcome.POSSIBLY_PRINTED,
            reason="Thẻ nhớ của quầy mới thay, phiếu có thể đã in trước đó, hãy xem giấy",
        )
    ]
    assert isinstance(stepped.session.glass, Notice)
    assert (stepped.session.glass.notice, stepped.session.glass.phase) == ("paid", "unsure")
    assert step(fresh, replace(older, issued_at=at(40)), RULES).session.slips != ()
    assert step(fresh, replace(older, issued_at=None), RULES).session.slips != ()


def test_an_office_whose_clock_is_set_back_finds_the_same_card_in_its_counters() -> None:
    """Or no slip would be printed until that wrong time had come."""
    hour_fast = after(Restarted(at(0), "asked"), TimeLearned(at(3700), "known", 3700.0))
    righted = step(hour_fast, TimeLearned(at(110), "known", -3600.0), RULES).session
    assert righted.since == at(110)
    assert step(righted, replace(resulted(1, seconds=120), issued_at=at(115)), RULES).session.slips != ()
    lost = step(hour_fast, TimeLearned(at(105), "unknown"), RULES).session
    assert step(lost, TimeLearned(at(110), "known"), RULES).session.since == at(110)


def test_a_card_that_remembers_payments_is_no_new_one() -> None:
    """As one whose counter was given this version."""
    old = replace(after(resulted(1, seconds=5)), since=None, time="asked")
    assert step(old, TimeLearned(at(100), "known", 1.0), RULES).session.since is None


def test_a_slip_that_was_paid_before_this_card_is_asked_about_when_the_desk_wants_it() -> None:
    fresh = after(Restarted(at(0), "asked"), TimeLearned(at(100), "known", 100.0))
    wish = wanted(1, seconds=200)

    def paid(seconds: float) -> Step:
        dated = wish.wanted.model_copy(update={"slip": wish.wanted.slip.model_copy(update={"paid_at": at(seconds)})})
        return step(fresh, replace(wish, wanted=dated), RULES)

    [report] = told(paid(39))
    assert isinstance(report, ReceiptReport)
    assert (report.outcome, paid(39).session.slips) == (SlipOutcome.POSSIBLY_PRINTED, ())
    assert (told(paid(40)), [job.payment for job in paid(40).session.slips]) == ([], [payment(1)])


def test_the_slip_of_the_day_goes_the_way_of_a_test_slip() -> None:
    assert last(TrialAsked(at(0), "Nguyễn Thị Bình", "day_end")) == Step(Session(), (PrintTrial("day_end"),))
    printed = TrialEnded(at(3), SlipOutcome.PRINTED, page="day_end")
    assert told(last(printed)) == [TrialReport(outcome=SlipOutcome.PRINTED, page="day_end")]


# States and events


STATES: dict[str, Session] = {
    "idle": Session(),
    "preparing": after(prepared()),
    "with cards": after(CardsSent(at(0), 5, cards("chay-no"))),
    "paying": after(requested(1)),
    "painted": after(requested(1), Painted(at(0), payment(1))),
    "checking": after(requested(1), checked(1)),
    "on behalf": after(requested(1, is_on_behalf=True)),
    "with one who waits": after(requested(1), requested(2)),
    "called": after(requested(1), helped()),
    "paid": after(requested(1), resulted(1)),
    "stayed": after(requested(1), resulted(1), StayTouched(at(2))),
    "printing": after(requested(1), resulted(1), begun(1)),
    "printed": after(requested(1), resulted(1), begun(1), ended(1)),
    "copy touched": after(requested(1), resulted(1), begun(1), ended(1), CopyTouched(at(4))),
    "waived": after(requested(1), waived(1)),
    "expired": after(requested(1), Tick(at(300))),
    "cancelled": after(requested(1), cancelled(1)),
    "underpaid": after(requested(1), resulted(1, outcome=Outcome.UNDERPAID)),
    "refused": after(Requested(at(0), 1, at(0), forged("amount"))),
    "parked": after(requested(1), parked(1)),
    "copying": after(copy_asked(1), begun(1, is_copy=True)),
    "waiting for paper": after(requested(1), resulted(1), begun(1), ended(1, SlipOutcome.NOT_PRINTED, reason="Giấy")),
    "forgotten on the shelf": after(resulted(1), begun(1), ended(1, SlipOutcome.NOT_PRINTED), Tick(at(500))),
    "let go": after(resulted(1), released()),
    "wanted": after(resulted(1), begun(1), ended(1, SlipOutcome.NOT_PRINTED), Tick(at(500)), wanted(seconds=501)),
}

EVENTS: tuple[Event, ...] = (
    requested(1, sequence=30),
    requested(1, sequence=30, expires_s=500),
    requested(2, sequence=1),
    Requested(at(1), 31, at(1), forged("crc")),
    prepared(1),
    checked(1),
    waived(1),
    waived(2),
    CardsSent(at(1), 4, cards("gio-lam")),
    cancelled(1),
    cancelled(2),
    parked(1),
    resulted(1),
    resulted(1, sequence=2, outcome=Outcome.LATE),
    copy_asked(1),
    Painted(at(1), payment(1), "cd" * 32),
    wanted(),
    wanted(2),
    released(),
    released(2),
    PrinterReady(at(5)),
    TrialAsked(at(1), "Nguyễn Thị Bình"),
    TrialEnded(at(1), POSSIBLY, "Hết giấy"),
    begun(1),
    begun(1, is_copy=True),
    ended(1),
    ended(1, POSSIBLY, is_copy=True, reason="Hết giấy"),
    helped(),
    helped(HelpKind.MORE_TIME),
    CopyTouched(at(4)),
    StayTouched(at(5)),
    Dismissed(at(5)),
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


# A result that comes when its citizen has left


LATE_S = RULES.comes_late_s + 2
LONG_AGO = replace(resulted(1, seconds=LATE_S), issued_at=at(1))


def test_a_result_of_long_ago_is_shown_to_nobody_and_its_slip_waits_until_it_is_wanted() -> None:
    heard = step(Session(), LONG_AGO, RULES)
    assert heard.session.glass == Idle()
    assert next_slip(heard.session) is None
    assert fate(heard.session, payment(1)) == "shelved"
    (told,) = [effect.body for effect in heard.effects if isinstance(effect, Tell)]
    assert isinstance(told, ReceiptReport)
    assert told.outcome is SlipOutcome.NOT_PRINTED
    assert next_slip(step(heard.session, PrinterReady(at(LATE_S + 1)), RULES).session) is None
    asked = step(heard.session, wanted(1, seconds=LATE_S + 5), RULES).session
    assert next_slip(asked) is not None


@pytest.mark.parametrize("outcome", [Outcome.UNDERPAID, Outcome.OVERPAID, Outcome.LATE])
def test_a_bad_end_of_long_ago_is_shown_to_nobody(outcome: Outcome) -> None:
    late = replace(resulted(1, seconds=LATE_S, outcome=outcome), issued_at=at(1))
    assert step(Session(), late, RULES).session.glass == Idle()


def test_a_result_of_long_ago_is_shown_where_its_code_still_stands() -> None:
    request = requested(1, expires_s=2 * LATE_S)
    heard = step(after(request), LONG_AGO, RULES).session
    assert isinstance(heard.glass, Notice)
    assert next_slip(heard) is not None


def test_a_result_is_shown_while_somebody_may_wait_or_nobody_knows_how_old_it_is() -> None:
    young = replace(LONG_AGO, issued_at=at(2))
    unknown = replace(LONG_AGO, issued_at=None)
    for event, session in ((young, Session()), (unknown, Session()), (LONG_AGO, Session(time="unknown"))):
        heard = step(session, event, RULES).session
        assert isinstance(heard.glass, Notice)
        assert next_slip(heard) is not None
