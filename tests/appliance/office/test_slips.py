"""The slip of a paid payment: asked of one counter at a time, never silently twice, never silently none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.office import payment as core
from appliance.office import slips
from appliance.office.credit import Credit
from appliance.office.events import (
    CopyAsked,
    CreditArrived,
    Event,
    Note,
    Offered,
    SlipConfirmed,
    SlipDropAsked,
    SlipHereAsked,
    SlipLetGo,
    SlipMoveAsked,
    SlipReported,
    Tell,
)
from appliance.office.outcome import Step
from appliance.office.payment import Payment, Terms
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import (
    Beneficiary,
    Channel,
    FeeKind,
    Line,
    Reprint,
    SlipOutcome,
    SlipRelease,
    SlipWanted,
)
from mqtt_schema.types import Vnd

T0 = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
LATER = T0 + timedelta(minutes=5)
TERMS = Terms("UBND phường Hoàn Kiếm", payment_valid_s=300, settle_s=60)
MEMO = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])
TO = Beneficiary(bin="970403", account="0011", account_name="UBND", bank_name="Sacombank")
UNPAID = Payment(
    id="0" * 32,
    reference=MEMO,
    counter="quay-1",
    clerk="Bình",
    channel=Channel.COUNTER,
    source="desk",
    lines=(Line(dossier="H26.1-261122-0001", fee_code="KHAC", fee_name="Lệ phí", amount=Vnd(1), kind=FeeKind.PHI),),
    amount=Vnd(1),
    beneficiary=TO,
    payload=emv_qr.encode(bin=TO.bin, account=TO.account, amount=1, memo=MEMO),
    created_at=T0,
)
NOT, PERHAPS, PRINTED = SlipOutcome.NOT_PRINTED, SlipOutcome.POSSIBLY_PRINTED, SlipOutcome.PRINTED


def after(payment: Payment, *events: Event) -> Payment:
    for event in events:
        stepped = core.step(payment, event, TERMS)
        assert stepped.objection is None, stepped.objection
        payment = stepped.payment
    return payment


def reported(outcome: SlipOutcome, counter: str = "quay-1", *, is_copy: bool = False) -> SlipReported:
    return SlipReported(T0, outcome, is_copy, "Hết giấy" if outcome is NOT else "", counter)


PAID = after(UNPAID, Offered(T0), CreditArrived(T0, Credit("sepay", "1", "FT1", "0011", None, Vnd(1), MEMO, T0)))
WAITING = after(PAID, reported(NOT))
DOUBTFUL = after(PAID, reported(PERHAPS))
MOVING = after(WAITING, SlipMoveAsked(LATER, "Bình", "quay-2"))
MOVED = after(MOVING, SlipLetGo(LATER, "quay-1", is_released=True))


def step(payment: Payment, event: Event) -> Step:
    return core.step(payment, event, TERMS)


def told(stepped: Step) -> list[tuple[str, object]]:
    return [(effect.counter, type(effect.body)) for effect in stepped.effects if isinstance(effect, Tell)]


def notes(stepped: Step) -> list[tuple[str, str, str]]:
    return [(note.milestone, note.words, note.counter) for note in stepped.effects if isinstance(note, Note)]


def test_who_is_paid_asks_its_own_counter_for_the_slip() -> None:
    assert (PAID.slip, PAID.slip_counter, PAID.slip_at, PAID.is_slip_open) == (None, "quay-1", T0, True)
    assert slips.printers_asked(PAID) == {"quay-1"}
    assert slips.printers_asked(UNPAID) == frozenset()


# What a counter says


def test_a_slip_that_waits_remembers_since_when_and_why() -> None:
    again = after(WAITING, replace(reported(NOT), at=LATER, reason="Mở nắp"))
    assert (again.slip, again.slip_at, again.slip_reason) == (NOT, T0, "Mở nắp")
    assert notes(step(PAID, reported(NOT))) == [("not_printed", "Hết giấy", "quay-1")]


@pytest.mark.parametrize("late", [NOT, PERHAPS])
def test_a_late_word_does_not_take_a_printed_slip_back(late: SlipOutcome) -> None:
    printed = after(PAID, reported(PRINTED))
    stepped = step(printed, reported(late))
    assert stepped.payment == printed
    assert not stepped.payment.is_slip_open
    assert notes(stepped)[0][0] == late.value


def test_a_counter_that_has_let_go_is_heard_but_changes_nothing() -> None:
    stepped = step(MOVED, reported(NOT, "quay-1"))
    assert stepped.payment == MOVED
    assert notes(stepped) == [("not_printed", "Hết giấy", "quay-1")]


def test_a_slip_that_came_out_meanwhile_goes_nowhere() -> None:
    printed = after(MOVING, reported(PRINTED))
    assert (printed.slip, printed.slip_to) == (PRINTED, None)
    stepped = step(printed, SlipLetGo(LATER, "quay-1", is_released=False))
    assert (stepped.payment, bool(stepped.objection)) == (printed, True)


def test_a_counter_that_is_asked_to_let_go_may_say_once_more_that_it_has_not_printed() -> None:
    again = after(MOVING, reported(NOT))
    assert (again.slip_to, again.slip_wanted_at) == ("quay-2", LATER)


def test_a_copys_fate_leaves_the_originals_alone() -> None:
    stepped = step(WAITING, reported(PRINTED, "quay-2", is_copy=True))
    assert stepped.payment == WAITING
    assert notes(stepped) == [("copy_printed", "", "quay-2")]


# Here, elsewhere, nowhere


def test_a_waiting_slip_is_asked_of_the_counter_where_it_waits() -> None:
    stepped = step(WAITING, SlipHereAsked(LATER, "Bình"))
    assert told(stepped) == [("quay-1", SlipWanted)]
    assert notes(stepped) == [("slip_wanted", "Bình", "quay-1")]
    assert stepped.payment.slip_wanted_at == LATER
    assert after(stepped.payment, reported(NOT)).slip_wanted_at is None


def test_another_counter_prints_only_after_the_first_has_let_go() -> None:
    asked = step(WAITING, SlipMoveAsked(LATER, "Bình", "quay-2"))
    assert told(asked) == [("quay-1", SlipRelease)]
    assert asked.payment.slip_counter == "quay-1"
    given = step(asked.payment, SlipLetGo(LATER, "quay-1", is_released=True))
    assert told(given) == [("quay-2", SlipWanted)]
    assert (given.payment.slip, given.payment.slip_counter, given.payment.slip_to) == (None, "quay-2", None)
    assert slips.printers_asked(given.payment) == {"quay-1", "quay-2"}
    assert after(given.payment, reported(PRINTED, "quay-2")).slip is PRINTED


def test_a_slip_may_come_back_to_where_it_was() -> None:
    back = after(
        MOVED,
        reported(NOT, "quay-2"),
        SlipMoveAsked(LATER, "Bình", "quay-1"),
        SlipLetGo(LATER, "quay-2", is_released=True),
    )
    assert (back.slip_counter, back.slip_asked) == ("quay-1", ("quay-1", "quay-2"))


def test_a_counter_that_does_not_let_go_keeps_the_slip_and_nobody_else_is_asked() -> None:
    stepped = step(MOVING, SlipLetGo(LATER, "quay-1", is_released=False))
    assert told(stepped) == []
    kept = stepped.payment
    assert (kept.slip_counter, kept.slip_to, kept.is_slip_kept) == ("quay-1", None, True)
    assert not after(kept, reported(PRINTED)).is_slip_kept


def test_a_slip_that_nobody_wants_is_let_go_and_settled() -> None:
    asked = step(WAITING, SlipDropAsked(LATER, "Bình"))
    assert told(asked) == [("quay-1", SlipRelease)]
    dropped = step(asked.payment, SlipLetGo(LATER, "quay-1", is_released=True))
    assert told(dropped) == []
    assert notes(dropped) == [("slip_dropped", "Bình", "quay-1")]
    assert (dropped.payment.is_slip_settled, dropped.payment.is_slip_open) == (True, False)
    assert step(dropped.payment, reported(NOT)).payment == dropped.payment


@pytest.mark.parametrize("counter", ["quay-2", "quay-3"])
def test_only_the_counter_that_was_asked_can_let_go(counter: str) -> None:
    assert step(MOVING, SlipLetGo(LATER, counter, is_released=True)).payment == MOVING
    assert step(WAITING, SlipLetGo(LATER, counter, is_released=True)).payment == WAITING


def test_nothing_moves_to_where_it_is() -> None:
    assert step(WAITING, SlipMoveAsked(LATER, "Bình", "quay-1")).objection is not None


@pytest.mark.parametrize("payment", [UNPAID, PAID, DOUBTFUL, MOVING, MOVED, after(PAID, reported(PRINTED))])
@pytest.mark.parametrize(
    "event", [SlipHereAsked(T0, "Bình"), SlipMoveAsked(T0, "Bình", "quay-3"), SlipDropAsked(T0, "Bình")]
)
def test_only_a_slip_that_waits_can_be_asked_for(payment: Payment, event: Event) -> None:
    stepped = step(payment, event)
    assert stepped.payment == payment
    assert stepped.objection is not None


# Possibly printed


def test_a_doubt_stays_until_somebody_has_looked() -> None:
    assert slips.is_doubtful(DOUBTFUL)
    stepped = step(DOUBTFUL, SlipConfirmed(LATER, "Bình"))
    assert notes(stepped) == [("slip_confirmed", "Bình", "quay-1")]
    assert (stepped.payment.slip, stepped.payment.slip_by, stepped.payment.is_slip_open) == (PRINTED, "Bình", False)
    assert step(stepped.payment, SlipConfirmed(LATER, "Bình")).objection is not None


def test_nobody_is_asked_about_a_slip_that_only_waits() -> None:
    assert step(WAITING, SlipConfirmed(LATER, "Bình")).objection is not None


def test_a_copy_settles_the_doubt_and_says_who_and_why() -> None:
    stepped = step(DOUBTFUL, CopyAsked(LATER, "Bình", "Phiếu chưa ra giấy"))
    (copy,) = [effect.body for effect in stepped.effects if isinstance(effect, Tell)]
    assert isinstance(copy, Reprint)
    assert (copy.asked_by, copy.reason) == ("Bình", "Phiếu chưa ra giấy")
    assert notes(stepped) == [("copy_asked", "Bình: Phiếu chưa ra giấy", "quay-1")]
    assert (stepped.payment.slip, stepped.payment.is_slip_settled) == (PERHAPS, True)


# Copies


def test_a_copy_elsewhere_takes_the_place_of_an_original_that_still_waits() -> None:
    stepped = step(WAITING, CopyAsked(LATER, "Bình", "Máy in lỗi", "quay-2"))
    assert told(stepped) == [("quay-1", SlipRelease), ("quay-2", Reprint)]
    let_go = step(stepped.payment, SlipLetGo(LATER, "quay-1", is_released=True))
    assert told(let_go) == [], "or two counters would print it"
    assert let_go.payment.is_slip_settled
    assert "quay-2" in slips.printers_asked(let_go.payment)


def test_a_copy_calls_off_a_move_that_was_not_answered() -> None:
    stepped = step(MOVING, CopyAsked(LATER, "Bình", "Máy in lỗi", "quay-3"))
    assert told(stepped) == [("quay-3", Reprint)]
    assert told(step(stepped.payment, SlipLetGo(LATER, "quay-1", is_released=True))) == []


def test_a_copy_of_a_printed_slip_changes_nothing_about_it() -> None:
    printed = after(PAID, reported(PRINTED))
    stepped = step(printed, CopyAsked(LATER, "Bình", "Phiếu rách"))
    assert stepped.payment == printed
    assert told(stepped) == [("quay-1", Reprint)]


def test_there_is_no_copy_of_what_is_not_paid() -> None:
    assert step(UNPAID, CopyAsked(T0, "Bình", "Phiếu rách")).objection is not None


# Whatever comes

EVENTS = st.one_of(
    st.builds(
        SlipReported,
        st.just(T0),
        st.sampled_from(SlipOutcome),
        st.booleans(),
        st.just(""),
        st.sampled_from(["", "quay-1", "quay-2"]),
    ),
    st.builds(SlipHereAsked, st.just(T0), st.just("Bình")),
    st.builds(SlipMoveAsked, st.just(T0), st.just("Bình"), st.sampled_from(["quay-1", "quay-2", "quay-3"])),
    st.builds(SlipDropAsked, st.just(T0), st.just("Bình")),
    st.builds(SlipLetGo, st.just(T0), st.sampled_from(["quay-1", "quay-2"]), st.booleans()),
    st.builds(SlipConfirmed, st.just(T0), st.just("Bình")),
    st.builds(CopyAsked, st.just(T0), st.just("Bình"), st.just("Máy in lỗi"), st.sampled_from(["", "quay-2"])),
)


@given(st.lists(EVENTS, max_size=12))
def test_an_original_is_wanted_elsewhere_only_of_a_counter_after_another_has_let_go(events: list[Event]) -> None:
    payment, holder = PAID, "quay-1"
    for event in events:
        stepped = step(payment, event)
        for counter, body in told(stepped):
            if body is SlipWanted and counter != holder:
                assert event == SlipLetGo(T0, holder, is_released=True)
                holder = counter
        if payment.slip is PRINTED:
            assert stepped.payment.slip is PRINTED
        payment = stepped.payment
        assert payment.slip_counter == holder
