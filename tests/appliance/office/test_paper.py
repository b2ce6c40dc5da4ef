"""What clerks ask about slips, on a real ledger with counters that speak."""

from collections.abc import Callable
from typing import Any

import pytest

from appliance.clock import VirtualClock
from appliance.courier import Sender
from appliance.office.cashier import Cashier, ConflictError, NotFoundError
from appliance.office.hearing import Hearing
from appliance.office.ledger import Ledger
from appliance.office.paper import Ask, Paper
from appliance.office.payment import Payment
from appliance.office.records import Trial
from mqtt_schema import signing, topics
from mqtt_schema.messages import (
    Body,
    CounterInfo,
    CounterStatus,
    DayEndWanted,
    Envelope,
    PrinterStatus,
    ReceiptReport,
    Reprint,
    SlipOutcome,
    SlipRelease,
    SlipReleased,
    SlipWanted,
    TrialReport,
    TrialWanted,
)

Create = Callable[..., Payment]
Fresh = Callable[..., None]
Say = Callable[[str, Body], None]
BINH = Ask("Nguyễn Thị Bình", "Phiếu mờ hoặc rách")


@pytest.fixture
def bodies(ledger: Ledger, sender: Sender) -> Callable[[str], list[Any]]:
    """Open what lies in the outbox for a counter, verified, in order."""
    keys = signing.read_public([signing.public_jwk(sender.key)])

    def read(counter: str) -> list[Any]:
        with ledger.read() as books:
            parcels = [parcel for parcel in books.posted() if parcel.counter == counter]
        return [signing.verify(parcel.raw, keys, topics.parse(parcel.topic)).body for parcel in parcels]

    return read


@pytest.fixture
def waiting(create: Create, pay: Callable[..., None], say: Say, be_fresh: Fresh) -> Payment:
    """A paid payment whose slip waits at quay-1, which is out of paper; quay-2 is ready."""
    be_fresh("quay-1", printer=PrinterStatus.PAPER_OUT)
    be_fresh("quay-2")
    payment = create()
    pay(payment)
    say("quay-1", ReceiptReport(payment=payment.id, outcome=SlipOutcome.NOT_PRINTED, reason="Hết giấy"))
    return payment


def test_a_slip_is_printed_at_another_counter_once(
    waiting: Payment, paper: Paper, cashier: Cashier, say: Say, bodies: Callable[[str], list[Any]]
) -> None:
    paper.print_at(waiting.id, "quay-2", BINH)
    assert bodies("quay-1")[-1] == SlipRelease(payment=waiting.id)
    assert bodies("quay-2") == []
    say("quay-1", SlipReleased(payment=waiting.id, is_released=True))
    (wanted,) = bodies("quay-2")
    assert isinstance(wanted, SlipWanted)
    assert (wanted.asked_by, wanted.slip.reference) == (BINH.clerk, waiting.reference)
    say("quay-2", ReceiptReport(payment=waiting.id, outcome=SlipOutcome.PRINTED))
    done = cashier.payment(waiting.id)
    assert (done.slip, done.slip_counter) == (SlipOutcome.PRINTED, "quay-2")
    told = [(one.milestone, one.words, one.counter) for one in cashier.timeline(waiting.id)][-4:]
    assert told == [
        ("not_printed", "Hết giấy", "quay-1"),
        ("slip_move_asked", BINH.clerk, "quay-2"),
        ("slip_moved", "", "quay-2"),
        ("printed", "", "quay-2"),
    ]


def test_a_counter_that_was_not_asked_for_paper_is_not_believed(waiting: Payment, cashier: Cashier, say: Say) -> None:
    before = cashier.timeline(waiting.id)
    say("quay-2", ReceiptReport(payment=waiting.id, outcome=SlipOutcome.PRINTED))
    say("quay-2", ReceiptReport(payment=waiting.id, outcome=SlipOutcome.PRINTED, is_copy=True))
    say("quay-2", SlipReleased(payment=waiting.id, is_released=True))
    assert cashier.timeline(waiting.id) == before
    assert cashier.payment(waiting.id).slip is SlipOutcome.NOT_PRINTED
    assert cashier.payment(waiting.id).slip_counter == "quay-1"


def test_an_open_slip_is_found_whatever_day_it_is_of_until_it_is_on_paper(
    waiting: Payment, ledger: Ledger, clock: VirtualClock, paper: Paper, be_fresh: Fresh, say: Say
) -> None:
    clock.go_on(40 * 86_400)
    with ledger.read() as books:
        assert [payment.id for payment in books.open_slips()] == [waiting.id]
    be_fresh("quay-1")
    paper.print_here(waiting.id, BINH)
    say("quay-1", ReceiptReport(payment=waiting.id, outcome=SlipOutcome.PRINTED))
    with ledger.read() as books:
        assert books.open_slips() == []


def test_nothing_is_printed_where_nothing_can_come_out(
    waiting: Payment, paper: Paper, clock: VirtualClock, be_fresh: Fresh, say: Say
) -> None:
    with pytest.raises(ConflictError, match="hết giấy"):
        paper.print_here(waiting.id, BINH)
    be_fresh("quay-2", printer=PrinterStatus.COVER_OPEN)
    with pytest.raises(ConflictError, match="đang mở nắp"):
        paper.print_at(waiting.id, "quay-2", BINH)
    say("quay-2", CounterInfo(software="1", display="800x480", printer="none"))
    with pytest.raises(ConflictError, match="chưa được lắp"):
        paper.copy(waiting.id, BINH, "quay-2")
    with pytest.raises(NotFoundError):
        paper.print_at(waiting.id, "quay-9", BINH)
    clock.go_on(15)
    with pytest.raises(ConflictError, match="đang mất kết nối"):
        paper.copy(waiting.id, BINH)


def test_a_dead_counters_slip_is_printed_elsewhere_only_as_a_copy(
    waiting: Payment, paper: Paper, clock: VirtualClock, be_fresh: Fresh, bodies: Callable[[str], list[Any]], say: Say
) -> None:
    clock.go_on(15)
    be_fresh("quay-2")
    with pytest.raises(ConflictError, match="phiếu có thể đang in ở đó"):
        paper.print_at(waiting.id, "quay-2", BINH)
    paper.copy(waiting.id, BINH, "quay-2")
    (copy,) = bodies("quay-2")
    assert isinstance(copy, Reprint)
    assert (copy.asked_by, copy.reason) == (BINH.clerk, BINH.reason)
    assert bodies("quay-1")[-1] == SlipRelease(payment=waiting.id), "the original is not to follow when it comes back"
    say("quay-1", SlipReleased(payment=waiting.id, is_released=True))
    assert len(bodies("quay-2")) == 1


def test_a_slip_can_be_dropped_and_a_doubt_confirmed(
    waiting: Payment, paper: Paper, cashier: Cashier, create: Create, pay: Callable[..., None], say: Say
) -> None:
    paper.drop(waiting.id, BINH)
    say("quay-1", SlipReleased(payment=waiting.id, is_released=True))
    assert cashier.payment(waiting.id).is_slip_settled
    doubtful = create()
    pay(doubtful)
    say("quay-1", ReceiptReport(payment=doubtful.id, outcome=SlipOutcome.POSSIBLY_PRINTED))
    paper.confirm(doubtful.id, BINH)
    last = cashier.timeline(doubtful.id)[-1]
    assert (last.milestone, last.words) == ("slip_confirmed", BINH.clerk)
    with pytest.raises(ConflictError):
        paper.confirm(doubtful.id, BINH)


def test_nobody_prints_what_is_not_there(paper: Paper, create: Create) -> None:
    with pytest.raises(NotFoundError):
        paper.drop("nothing", BINH)
    with pytest.raises(ConflictError, match="đã nhận tiền"):
        paper.copy(create().id, BINH)


# Test slips


def test_a_test_slip_is_asked_once_and_its_answer_kept(
    paper: Paper, ledger: Ledger, spoken: list[tuple[str, Body]], say: Say, be_fresh: Fresh, clock: VirtualClock
) -> None:
    be_fresh("quay-2", printer=PrinterStatus.PAPER_OUT)
    paper.try_printer("quay-2", "Bình")
    assert spoken == [("quay-2", TrialWanted(asked_by="Bình"))]
    clock.go_on(3)
    say("quay-2", TrialReport(outcome=SlipOutcome.NOT_PRINTED, reason="Hết giấy"))
    with ledger.read() as books:
        trial = books.counters()["quay-2"].trial
    assert trial is not None
    assert (trial.at, trial.outcome, trial.reason) == (clock.now(), SlipOutcome.NOT_PRINTED, "Hết giấy")


def test_the_slip_of_a_day_is_asked_once_and_its_answer_kept(
    paper: Paper, ledger: Ledger, spoken: list[tuple[str, Body]], say: Say, be_fresh: Fresh, clock: VirtualClock
) -> None:
    be_fresh("quay-2")
    paper.end_day("quay-2", "Bình")
    assert spoken == [("quay-2", DayEndWanted(asked_by="Bình"))]
    with ledger.read() as books:
        assert books.counters()["quay-2"].trial == Trial(clock.now(), page="day_end")
    say("quay-2", TrialReport(outcome=SlipOutcome.PRINTED, page="day_end"))
    with ledger.read() as books:
        assert books.counters()["quay-2"].trial == Trial(clock.now(), SlipOutcome.PRINTED, page="day_end")


def test_a_test_slip_needs_a_counter_that_is_heard_and_has_a_printer(
    paper: Paper, say: Say, be_fresh: Fresh, spoken: list[tuple[str, Body]]
) -> None:
    with pytest.raises(NotFoundError):
        paper.try_printer("quay-9", "Bình")
    with pytest.raises(ConflictError, match="mất kết nối"):
        paper.try_printer("quay-1", "Bình")
    be_fresh()
    say("quay-1", CounterInfo(software="1", display="800x480", printer="none"))
    with pytest.raises(ConflictError, match="không lắp máy in"):
        paper.try_printer("quay-1", "Bình")
    assert spoken == []


# Who waits while something is missing


def test_a_code_waits_in_line_while_its_counter_is_away_and_comes_when_it_is_back(
    create: Create, cashier: Cashier, be_fresh: Fresh, clock: VirtualClock
) -> None:
    be_fresh()
    first, second = create(insists=False), create(insists=False)
    clock.go_on(20)
    cashier.cancel(first.id)
    cashier.tick()
    assert cashier.payment(second.id).place.value == "waiting"
    be_fresh()
    cashier.tick()
    assert cashier.payment(second.id).place.value == "offered"


def test_who_insists_goes_before_who_waits_for_the_counter(
    create: Create, cashier: Cashier, be_fresh: Fresh, clock: VirtualClock
) -> None:
    be_fresh()
    first, second, third = create(insists=False), create(insists=False), create(insists=False)
    clock.go_on(20)
    cashier.cancel(first.id)
    assert cashier.insist(third.id, "Bình").place.value == "offered"
    assert cashier.payment(second.id).place.value == "waiting"
    told = cashier.timeline(third.id)[-1]
    assert (told.milestone, told.words) == ("insisted", "Bình")


# Presence


def test_an_old_online_that_the_broker_kept_does_not_look_alive(
    hearing: Hearing, ledger: Ledger, clock: VirtualClock
) -> None:
    born_at = clock.now()
    spoken_at = clock.now()
    clock.go_on(600)
    hearing.take(
        Envelope(
            id="a" * 32,
            site="hoan-kiem",
            counter="quay-1",
            sequence=0,
            issued_at=spoken_at,
            body=CounterStatus(is_online=True, born_at=born_at),
        )
    )
    with ledger.read() as books:
        state = books.counters()["quay-1"]
    assert (state.is_online, state.seen_at) == (True, spoken_at)
    assert not state.is_heard(clock.now(), 15)


def test_a_counter_that_died_was_alive_when_it_was_last_heard(say: Say, ledger: Ledger, clock: VirtualClock) -> None:
    born_at = heard_at = clock.now()
    say("quay-1", CounterStatus(is_online=True, born_at=born_at))
    clock.go_on(12)
    say("quay-1", CounterStatus(is_online=False, born_at=born_at))
    with ledger.read() as books:
        state = books.counters()["quay-1"]
    assert (state.is_online, state.seen_at) == (False, heard_at)
