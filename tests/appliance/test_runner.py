"""The runner: step, commit, then act, in this order, whatever is killed in between."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from appliance.counter.events import (
    CopyTouched,
    Dismissed,
    Event,
    HelpTouched,
    LinkChanged,
    Painted,
    PrintEnded,
    PrinterReady,
    PrintStarted,
    Requested,
    SlipJob,
    Tick,
    TrialAsked,
    TrialEnded,
)
from appliance.counter.state import Idle, Notice, Paying, Session
from appliance.courier import Parcel, Sender
from appliance.journal import Journal, JournalError
from appliance.runner import Runner, event_of
from mqtt_schema import signing, topics
from mqtt_schema.messages import (
    Ack,
    Body,
    DayEndWanted,
    Displayed,
    FleetOrders,
    HelpAsked,
    HelpKind,
    OfficeBody,
    Page,
    PaymentCancellation,
    PaymentChecking,
    PaymentParking,
    PaymentPreparing,
    PaymentRefused,
    PaymentWaived,
    ReceiptReport,
    SlipOutcome,
    SlipRelease,
    SlipReleased,
    SlipWanted,
    TimeTold,
    TrafficReport,
    TrialReport,
    TrialWanted,
    Trouble,
)
from tests.support.spoken import (
    COUNTER,
    MORNING,
    RULES,
    SITE,
    at,
    cards,
    envelope,
    forged,
    payment,
    reprint,
    request,
    result,
    slip,
)

KEY = signing.new_key(COUNTER)
BELIEVED = signing.read_public([signing.public_jwk(KEY)])


class Machine:
    """One counter without screen and network. `kill` and `start` are its power switch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sender = Sender("counter", SITE, KEY)
        self.printed: list[SlipJob] = []
        self.trials: list[Page] = []
        self.seen_at_print: list[list[Event]] = []
        self.shown: list[Session] = []
        self.is_dark = True
        self.start(0)

    def seal(self, body: Body, sequence: int) -> Parcel:
        return self._sender.seal(body, COUNTER, sequence, MORNING)

    def start(self, seconds: float) -> None:
        self.journal = Journal(self.path, self.seal)
        self.runner = Runner(self.journal, RULES, self._print, self._show, self._print_trial)
        self.runner.recover(at(seconds))

    def kill(self) -> None:
        self.journal.close()

    def _show(self, session: Session) -> Painted | None:
        """What a glass would do; one that is dark paints nothing and says nothing."""
        self.shown.append(session)
        glass = session.glass
        return Painted(at(1), glass.request.payment) if isinstance(glass, Paying) and not self.is_dark else None

    def _print(self, job: SlipJob) -> None:
        """What a printer would begin; it looks at what the disk knows at this moment."""
        looking = Journal(self.path, self.seal)
        self.seen_at_print.append(looking.recover()[1])
        looking.close()
        self.printed.append(job)

    def _print_trial(self, page: Page) -> None:
        self.trials.append(page)

    def take(self, body: Body, sequence: int, seconds: float = 0) -> str:
        sent = envelope(body, sequence)
        self.runner.take(sent, at(seconds))
        return sent.id

    def said(self) -> list[Body]:
        """What stands in the outbox, unsealed again."""
        return [
            signing.verify(parcel.raw, BELIEVED, topics.parse(parcel.topic)).body for parcel in self.journal.posted()
        ]

    @property
    def session(self) -> Session:
        return self.runner.session


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "journal.sqlite")
    yield made
    made.kill()


def reported(machine: Machine) -> list[tuple[str, SlipOutcome]]:
    return [(body.payment, body.outcome) for body in machine.said() if isinstance(body, ReceiptReport)]


def test_a_message_is_on_the_disk_with_its_id_when_it_is_taken(machine: Machine) -> None:
    message = machine.take(request(), 1)
    assert machine.journal.has_received(message)
    assert machine.session.glass == Paying(request())


def test_what_is_said_stands_in_the_outbox_with_the_event(machine: Machine) -> None:
    machine.take(request(), 1)
    machine.runner.step(Painted(at(0.1), payment(1)))
    [body] = machine.said()
    assert isinstance(body, Displayed)


def test_a_slip_begins_only_after_the_disk_knows_that_it_begins(machine: Machine) -> None:
    machine.take(result(), 2)
    assert machine.printed == [SlipJob(payment(1), slip(), until=at(RULES.lingers_s))]
    assert machine.seen_at_print[0][-1] == PrintStarted(at(0), payment(1), is_copy=False)


def test_the_second_slip_begins_when_the_first_has_ended(machine: Machine) -> None:
    machine.take(result(1), 2)
    machine.take(result(2), 3)
    assert [job.payment for job in machine.printed] == [payment(1)]
    machine.runner.step(PrintEnded(at(2), payment(1), False, SlipOutcome.PRINTED))
    assert [job.payment for job in machine.printed] == [payment(1), payment(2)]
    assert reported(machine) == [(payment(1), SlipOutcome.PRINTED)]


def test_a_copy_is_printed_besides(machine: Machine) -> None:
    machine.take(result(), 2)
    machine.runner.step(PrintEnded(at(2), payment(1), False, SlipOutcome.PRINTED))
    machine.take(reprint(), 3)
    assert [job.is_copy for job in machine.printed] == [False, True]


def test_time_that_changes_nothing_is_not_written(machine: Machine) -> None:
    machine.take(request(), 1)
    for seconds in range(1, 200):
        machine.runner.step(Tick(at(seconds)))
    assert len(machine.journal.recover()[1]) == 1


def test_the_link_is_known_but_not_written(machine: Machine) -> None:
    machine.runner.step(LinkChanged(at(1), True))
    assert machine.session.is_linked
    assert machine.journal.recover()[1] == []


@pytest.mark.parametrize("body", [PaymentPreparing(), PaymentChecking(payment=payment(1))])
def test_what_nobody_acknowledges_needs_no_memory_of_its_message(machine: Machine, body: Body) -> None:
    machine.take(request(), 1)
    message = machine.take(body, 0, 1)
    assert not machine.journal.has_received(message)


def test_what_a_passing_word_changed_is_still_known_after_a_restart(machine: Machine) -> None:
    machine.take(request(), 1)
    machine.take(PaymentChecking(payment=payment(1)), 0, 1)
    machine.kill()
    machine.start(2)
    assert machine.session.glass == Paying(request(), checking_until=at(1 + RULES.checking_s))


def test_a_passing_word_that_changes_nothing_leaves_no_trace(machine: Machine) -> None:
    machine.take(request(), 1)
    machine.take(PaymentPreparing(), 0, 1)
    assert len(machine.journal.recover()[1]) == 1


def test_a_call_from_the_glass_is_on_the_disk_before_anybody_hears_it(machine: Machine) -> None:
    machine.take(request(), 1)
    machine.runner.step(HelpTouched(at(1), HelpKind.NO_PHONE))
    assert machine.said() == [HelpAsked(kind=HelpKind.NO_PHONE, payment=payment(1))]
    machine.kill()
    machine.start(2)
    assert machine.said() == [HelpAsked(kind=HelpKind.NO_PHONE, payment=payment(1))]
    assert machine.session.help is not None


def test_the_slip_that_the_citizen_touches_for_is_printed_as_a_copy(machine: Machine) -> None:
    machine.take(result(), 2)
    machine.runner.step(PrintEnded(at(2), payment(1), False, SlipOutcome.PRINTED))
    machine.runner.step(CopyTouched(at(3)))
    machine.runner.step(CopyTouched(at(3)))
    assert [job.is_copy for job in machine.printed] == [False, True]


def test_cards_outlive_the_power(machine: Machine) -> None:
    machine.take(cards("chay-no", "lua-dao"), 1)
    machine.kill()
    machine.start(10)
    assert machine.session.cards == cards("chay-no", "lua-dao").cards


def test_a_stale_message_is_remembered_by_its_id(machine: Machine) -> None:
    machine.take(PaymentCancellation(payment=payment(1)), 5)
    message = machine.take(request(), 1)
    assert machine.journal.has_received(message)
    assert machine.session.glass == Idle()


# The power goes


def test_the_code_stands_again_after_a_restart(machine: Machine) -> None:
    machine.take(request(1), 1)
    machine.take(request(2), 2)
    machine.runner.step(Painted(at(1), payment(1)))
    machine.kill()
    machine.start(10)
    assert machine.session.glass == Paying(request(1), is_reported=True)
    assert [waiting.payment for waiting in machine.session.waiting] == [payment(2)]


def test_a_code_that_ran_out_meanwhile_does_not_stand_again(machine: Machine) -> None:
    machine.take(request(1), 1)
    machine.kill()
    machine.start(301)
    assert isinstance(machine.session.glass, Notice)
    assert machine.session.glass.notice == "expired"


def test_a_slip_that_had_begun_is_asked_about_and_never_repeated(machine: Machine) -> None:
    machine.take(result(), 2)
    for seconds in (5, 10, 15):
        machine.kill()
        machine.start(seconds)
    assert len(machine.printed) == 1
    assert reported(machine) == [(payment(1), SlipOutcome.POSSIBLY_PRINTED)]


def test_a_slip_behind_the_one_that_had_begun_is_printed_after_the_restart(machine: Machine) -> None:
    machine.take(result(1), 2)
    machine.take(result(2), 3)
    machine.kill()
    machine.start(5)
    assert [job.payment for job in machine.printed] == [payment(1), payment(2)]
    assert reported(machine) == [(payment(1), SlipOutcome.POSSIBLY_PRINTED)]


def test_a_result_that_comes_again_after_the_restart_prints_nothing_more(machine: Machine) -> None:
    machine.take(result(), 2)
    machine.runner.step(PrintEnded(at(2), payment(1), False, SlipOutcome.PRINTED))
    machine.kill()
    machine.start(5)
    machine.take(result(), 2)
    machine.take(result(), 9)
    assert len(machine.printed) == 1


def test_a_rest_is_a_checkpoint_that_still_knows_whom_it_has_heard(machine: Machine) -> None:
    machine.take(request(), 1)
    machine.take(PaymentCancellation(payment=payment(1)), 2, 1)
    machine.runner.step(Tick(at(20)))
    assert machine.session.is_at_rest
    rest, since = machine.journal.recover()
    assert rest == machine.session
    assert since == []
    machine.journal.forget_before(at(0))
    machine.kill()
    machine.start(30)
    machine.take(request(), 1)
    assert machine.session.glass == Idle(), "the cancelled payment stays cancelled"


def test_a_forged_code_does_not_keep_the_counter_from_starting_again(machine: Machine) -> None:
    machine.take(forged("amount"), 1)
    machine.kill()
    machine.start(5)
    assert isinstance(machine.session.glass, Notice)
    assert PaymentRefused(payment=payment(1), field="amount") in machine.said()


def test_the_same_day_twice_gives_the_same_state(machine: Machine) -> None:
    machine.take(request(1), 1)
    machine.take(request(2), 2)
    machine.take(PaymentParking(payment=payment(1)), 3, 1)
    machine.take(result(1), 4, 2)
    machine.runner.step(PrintEnded(at(4), payment(1), False, SlipOutcome.NOT_PRINTED, "Máy in hết giấy"))
    before = machine.session
    machine.kill()
    machine.start(5)
    assert machine.session == replace(before, known_at=at(4))


def test_what_the_disk_does_not_take_has_not_happened(machine: Machine) -> None:
    machine.take(request(1), 1)
    before = machine.session
    twice = envelope(request(2), 2)
    machine.runner.take(twice, at(0))
    after = machine.session
    assert after != before
    with pytest.raises(JournalError):
        machine.runner.take(twice.model_copy(update={"body": result(1)}), at(1))
    assert machine.session == after
    assert machine.printed == []


# The shelf


def out_of_paper(machine: Machine, number: int, seconds: float) -> None:
    """A payment whose slip finds no paper, and whose citizen has gone."""
    machine.take(result(number), 10 + number, seconds)
    machine.runner.step(PrintEnded(at(seconds), payment(number), False, SlipOutcome.NOT_PRINTED, "Máy in hết giấy"))
    machine.runner.step(Dismissed(at(seconds + 5)))


def test_slips_that_wait_for_days_do_not_keep_recovery_from_a_checkpoint(machine: Machine) -> None:
    out_of_paper(machine, 1, 0)
    assert not machine.session.is_at_rest, "the citizen may still be there"
    machine.runner.step(Tick(at(RULES.lingers_s)))
    for number in range(2, 20):
        machine.take(request(number, expires_s=10_000), 100 + number, 200 * number)
        machine.take(PaymentParking(payment=payment(number)), 200 + number, 200 * number)
    machine.journal.forget_before(at(10_000))
    rest, since = machine.journal.recover()
    assert [shelved.payment for shelved in rest.shelf] == [payment(1)]
    assert len(since) == 0
    machine.kill()
    machine.start(86_400)
    assert [(shelved.since, shelved.reason) for shelved in machine.session.shelf] == [(at(0), "Máy in hết giấy")]


def test_a_checkpoint_with_a_shelf_holds_no_word_of_a_slip(machine: Machine) -> None:
    out_of_paper(machine, 1, 0)
    machine.runner.step(Tick(at(RULES.lingers_s)))
    machine.journal.forget_before(at(10_000))
    rest, since = machine.journal.recover()
    assert payment(1) in repr(rest)
    assert slip().reference not in repr(rest)
    assert since == []


def test_a_wish_of_the_desk_prints_what_has_waited_over_a_restart(machine: Machine) -> None:
    out_of_paper(machine, 1, 0)
    machine.kill()
    machine.start(86_400)
    assert len(machine.printed) == 1
    machine.runner.step(PrinterReady(at(86_401)))
    assert len(machine.printed) == 1, "nobody waits there any more"
    machine.take(SlipWanted(payment=payment(1), slip=slip(), asked_by="Nguyễn Thị Bình"), 30, 86_402)
    assert [(job.payment, job.is_copy) for job in machine.printed] == [(payment(1), False)] * 2


def test_a_slip_is_let_go_once_and_for_all_and_the_answer_is_in_the_outbox(machine: Machine) -> None:
    out_of_paper(machine, 1, 0)
    machine.take(SlipRelease(payment=payment(1)), 30, 10)
    machine.kill()
    machine.start(20)
    machine.runner.step(PrinterReady(at(21)))
    assert len(machine.printed) == 1
    assert machine.said()[-1] == SlipReleased(payment=payment(1), is_released=True)


def test_a_printer_that_is_ready_without_a_need_is_not_written_down(machine: Machine) -> None:
    for seconds in range(100):
        machine.runner.step(PrinterReady(at(seconds)))
    assert machine.journal.recover()[1] == []


def test_the_slip_of_the_day_is_printed_and_its_end_told(machine: Machine) -> None:
    message = machine.take(DayEndWanted(asked_by="Nguyễn Thị Bình"), 0)
    assert machine.trials == ["day_end"]
    assert not machine.journal.has_received(message)
    machine.runner.step(TrialEnded(at(3), SlipOutcome.PRINTED, page="day_end"))
    assert machine.said() == [TrialReport(outcome=SlipOutcome.PRINTED, page="day_end")]


def test_a_test_slip_is_printed_and_its_end_told(machine: Machine) -> None:
    message = machine.take(TrialWanted(asked_by="Nguyễn Thị Bình"), 0)
    assert machine.trials == ["trial"]
    assert not machine.journal.has_received(message)
    assert machine.said() == []
    machine.runner.step(TrialEnded(at(3), SlipOutcome.NOT_PRINTED, "Nắp máy in đang mở"))
    assert machine.said() == [TrialReport(outcome=SlipOutcome.NOT_PRINTED, reason="Nắp máy in đang mở")]


def test_a_program_that_ends_begins_no_slip_and_finds_it_due_when_it_comes_back(machine: Machine) -> None:
    machine.take(result(1), 2)
    machine.take(result(2), 3)
    machine.runner.begin_no_more()
    machine.runner.step(PrintEnded(at(2), payment(1), False, SlipOutcome.PRINTED))
    assert [job.payment for job in machine.printed] == [payment(1)]
    machine.kill()
    machine.start(5)
    assert [job.payment for job in machine.printed] == [payment(1), payment(2)]
    assert reported(machine) == [(payment(1), SlipOutcome.PRINTED)]


# What messages mean


def test_every_message_of_the_office_means_something() -> None:
    means: dict[str, Callable[[], Body]] = {
        "requested": request,
        "cancelled": lambda: PaymentCancellation(payment=payment(1)),
        "parked": lambda: PaymentParking(payment=payment(1)),
        "prepared": PaymentPreparing,
        "checked": lambda: PaymentChecking(payment=payment(1)),
        "waived": lambda: PaymentWaived(payment=payment(1)),
        "cards": lambda: cards("chay-no"),
        "resulted": result,
        "copy_asked": reprint,
        "slip_wanted": lambda: SlipWanted(payment=payment(1), slip=slip(), asked_by="Nguyễn Thị Bình"),
        "slip_released": lambda: SlipRelease(payment=payment(1)),
        "trial_asked": lambda: TrialWanted(asked_by="Nguyễn Thị Bình"),
        "unusable": lambda: Ack(message="0" * 32),
    }
    assert [event_of(envelope(body()), at(3)).kind for body in means.values()] == list(means)
    before_the_session = {TimeTold, FleetOrders, TrafficReport}
    told = {type(body()) for body in means.values()} | before_the_session | {DayEndWanted}
    assert told == set(get_args(OfficeBody)), "an office says nothing else"
    assert event_of(envelope(DayEndWanted(asked_by="B")), at(3)) == TrialAsked(at(3), "B", "day_end")
    assert event_of(envelope(request(), 7, issued_s=2), at(3)).at == at(3)


def test_what_is_nothing_for_a_counter_is_told(machine: Machine) -> None:
    machine.take(Displayed(payment=payment(1), amount=request().amount, payload="", painted_at=MORNING), 1)
    [trouble] = machine.said()
    assert isinstance(trouble, Trouble)
    assert trouble.detail == "displayed is nothing for a counter"


# A code is painted before its request is on the disk


def test_a_code_is_painted_and_committed_in_one_go(machine: Machine) -> None:
    machine.is_dark = False
    machine.take(request(), 1)

    assert machine.runner.session.glass == Paying(request(), is_reported=True)
    assert [type(event) for event in machine.journal.recover()[1]] == [Requested, Painted]
    assert [type(body) for body in machine.said()] == [Displayed]


def test_what_was_painted_and_committed_together_is_recovered_together(machine: Machine) -> None:
    machine.is_dark = False
    machine.take(request(), 1)
    before = machine.runner.session
    machine.kill()
    machine.start(2)

    assert machine.runner.session.glass == before.glass
    assert [type(body) for body in machine.said()] == [Displayed]


def test_a_dark_glass_keeps_no_request_from_the_disk(machine: Machine) -> None:
    machine.take(request(), 1)

    assert machine.runner.session.glass == Paying(request())
    assert machine.said() == []


def test_only_a_code_that_passed_every_check_is_painted(machine: Machine) -> None:
    machine.take(forged("amount"), 1)
    machine.take(request(expires_s=-1), 2)
    assert machine.shown == []


def test_nothing_but_a_new_code_is_painted_before_it_is_committed(machine: Machine) -> None:
    machine.take(request(), 1)
    machine.shown.clear()
    machine.runner.step(LinkChanged(at(2), is_up=True))
    machine.take(result(), 2, 3)

    assert machine.shown == []


def test_a_code_that_the_disk_did_not_take_is_gone_from_the_session(machine: Machine) -> None:
    machine.is_dark = False
    sent = envelope(PaymentParking(payment=payment(9)), 1)
    machine.runner.take(sent, at(0))
    with pytest.raises(JournalError):
        machine.runner.take(sent.model_copy(update={"body": request()}), at(1))

    assert isinstance(machine.shown[-1].glass, Paying)
    assert machine.runner.session.glass == Idle()
    assert machine.said() == []
