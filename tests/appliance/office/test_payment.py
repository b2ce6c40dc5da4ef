"""Every transition of a payment, every event that does not fit, and what can never happen whatever comes."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from appliance.office import payment as core
from appliance.office.credit import Credit
from appliance.office.events import (
    Book,
    CancelAsked,
    CheckAsked,
    CopyAsked,
    CreditArrived,
    Effect,
    Event,
    MoreTimeAsked,
    Note,
    Offered,
    OnBehalfAsked,
    ParkAsked,
    RefusedByCounter,
    Report,
    ResumeAsked,
    Ring,
    Say,
    Shown,
    SlipReported,
    Tell,
    TellSource,
    Tick,
    Verdict,
)
from appliance.office.payment import Payment, Place, State, Step, Terms
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import (
    Beneficiary,
    Channel,
    FeeKind,
    HelpKind,
    Line,
    Outcome,
    PaymentCancellation,
    PaymentChecking,
    PaymentParking,
    PaymentRequest,
    PaymentResult,
    PaymentWaived,
    Reprint,
    SlipOutcome,
)
from mqtt_schema.types import Instant, Vnd

T0 = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
TERMS = Terms("UBND phường Hoàn Kiếm", payment_valid_s=300, settle_s=60)
EXPIRY = T0 + timedelta(seconds=300)
DEADLINE = T0 + timedelta(seconds=360)
REFERENCE = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])
ACCOUNT = Beneficiary(bin="970403", account="0011012345678", account_name="UBND phường", bank_name="Sacombank")
FINAL = frozenset(State) - {State.PENDING}


def a_payment(amount: int = 35000, **otherwise: object) -> Payment:
    line = Line(
        dossier="H26.1-261122-0001", fee_code="KHAC", fee_name="Lệ phí", amount=Vnd(amount), kind=FeeKind.LE_PHI
    )
    payload = emv_qr.encode(bin=ACCOUNT.bin, account=ACCOUNT.account, amount=amount, memo=REFERENCE) if amount else ""
    made = Payment(
        id="0" * 32,
        reference=REFERENCE,
        counter="quay-1",
        clerk="Nguyễn Thị Bình",
        channel=Channel.COUNTER,
        source="desk",
        lines=(line,),
        amount=Vnd(amount),
        beneficiary=ACCOUNT,
        payload=payload,
        created_at=T0,
    )
    return replace(made, **otherwise)  # type: ignore[arg-type]  # the tests name real fields


def a_credit(amount: int = 35000, provider_id: str = "1", bank_reference: str = "FT1") -> Credit:
    return Credit("sepay", provider_id, bank_reference, ACCOUNT.account, None, Vnd(amount), REFERENCE, T0)


def after(payment: Payment, *events: Event) -> Payment:
    for event in events:
        stepped = core.step(payment, event, TERMS)
        assert stepped.objection is None, stepped.objection
        payment = stepped.payment
    return payment


OFFERED = after(a_payment(), Offered(T0))
SHOWN = after(OFFERED, Shown(T0))
REFUSED = after(OFFERED, RefusedByCounter(T0, "crc"))
PARKED = after(SHOWN, ParkAsked(T0))
RESUMED = after(PARKED, ResumeAsked(T0))
PENDING = {"waiting": a_payment(), "offered": OFFERED, "shown": SHOWN, "refused": REFUSED, "parked": PARKED}
PAID = after(SHOWN, CreditArrived(T0, a_credit()))
ENDED = {
    State.WAIVED: core.open_payment(a_payment(0)).payment,
    State.PAID: PAID,
    State.UNDERPAID: after(SHOWN, CreditArrived(T0, a_credit(34999))),
    State.OVERPAID: after(SHOWN, CreditArrived(T0, a_credit(35001))),
    State.EXPIRED: after(SHOWN, Tick(DEADLINE)),
    State.CANCELLED: after(SHOWN, CancelAsked(T0)),
    State.PAID_LATE: replace(PAID, state=State.PAID_LATE),
}
EVERYWHERE = {**PENDING, "resumed": RESUMED, **{state.value: payment for state, payment in ENDED.items()}}


def step(payment: Payment, event: Event) -> Step:
    return core.step(payment, event, TERMS)


def notes(stepped: Step) -> list[str]:
    return [effect.milestone for effect in stepped.effects if isinstance(effect, Note)]


def told(stepped: Step) -> list[object]:
    return told_by(stepped.effects)


def told_by(effects: tuple[Effect, ...]) -> list[object]:
    return [effect.body for effect in effects if isinstance(effect, Tell)]


def verdicts(stepped: Step) -> list[Verdict]:
    return [effect.verdict for effect in stepped.effects if isinstance(effect, Book)]


# The beginning


def test_every_state_has_its_example() -> None:
    assert set(ENDED) == FINAL
    assert {payment.state for payment in ENDED.values()} == FINAL
    assert {payment.place for payment in PENDING.values()} == set(Place) - {Place.NOWHERE}


def test_a_new_payment_waits_for_its_counter() -> None:
    begun = core.open_payment(a_payment())
    assert (begun.payment.state, begun.payment.place) == (State.PENDING, Place.WAITING)
    assert begun.effects == (Note("created"),)


def test_a_payment_of_nothing_is_waived_at_once_and_its_source_hears_of_it() -> None:
    begun = core.open_payment(a_payment(0, payload="left over"))
    assert (begun.payment.state, begun.payment.place, begun.payment.payload) == (State.WAIVED, Place.NOWHERE, "")
    waived = Tell(PaymentWaived(payment=begun.payment.id))
    assert begun.effects == (Note("created"), Note("waived"), waived, TellSource())


# On the glass


def test_an_offered_code_lives_from_then_on_for_as_long_as_the_terms_say() -> None:
    stepped = step(a_payment(), Offered(T0))
    assert (stepped.payment.place, stepped.payment.expires_at) == (Place.OFFERED, EXPIRY)
    (request,) = told(stepped)
    assert isinstance(request, PaymentRequest)
    assert (request.amount, request.reference, request.expires_at) == (35000, REFERENCE, EXPIRY)


def test_a_code_that_was_resumed_keeps_its_first_expiry() -> None:
    again = step(RESUMED, Offered(T0 + timedelta(seconds=100)))
    assert again.payment.expires_at == EXPIRY


def test_a_painted_code_is_displayed() -> None:
    stepped = step(OFFERED, Shown(T0))
    assert (stepped.payment.place, notes(stepped)) == (Place.SHOWN, ["displayed"])


def test_a_refused_code_says_which_field_was_wrong() -> None:
    stepped = step(OFFERED, RefusedByCounter(T0, "beneficiary"))
    assert (stepped.payment.place, stepped.payment.refused_field) == (Place.REFUSED, "beneficiary")
    assert stepped.payment.state is State.PENDING
    assert notes(stepped) == ["refused"]


@pytest.mark.parametrize("place", ["offered", "shown"])
def test_a_code_on_the_glass_can_be_parked(place: str) -> None:
    stepped = step(PENDING[place], ParkAsked(T0))
    assert (stepped.payment.place, notes(stepped)) == (Place.PARKED, ["parked"])
    assert told(stepped) == [PaymentParking(payment="0" * 32)]


def test_a_parked_code_goes_back_into_the_line() -> None:
    stepped = step(PARKED, ResumeAsked(EXPIRY - timedelta(seconds=1)))
    assert (stepped.payment.place, notes(stepped)) == (Place.WAITING, ["resumed"])


def test_a_parked_code_that_ran_out_does_not_come_back() -> None:
    stepped = step(PARKED, ResumeAsked(EXPIRY))
    assert stepped == Step(PARKED, (Report("Mã đã hết hạn, hãy tạo mã mới"),))


@pytest.mark.parametrize("place", PENDING)
def test_any_pending_payment_can_be_cancelled(place: str) -> None:
    stepped = step(PENDING[place], CancelAsked(T0))
    assert (stepped.payment.state, stepped.payment.place) == (State.CANCELLED, Place.NOWHERE)
    assert notes(stepped) == ["cancelled"]
    hears = [] if place == "waiting" else [PaymentCancellation(payment="0" * 32)]
    assert told(stepped) == hears


# Money


@pytest.mark.parametrize("place", PENDING)
def test_the_whole_amount_makes_it_paid_wherever_the_code_is(place: str) -> None:
    stepped = step(PENDING[place], CreditArrived(T0, a_credit()))
    paid = stepped.payment
    assert (paid.state, paid.place) == (State.PAID, Place.NOWHERE)
    assert (paid.received, paid.paid_at, paid.bank_reference) == (35000, T0, "FT1")
    assert (verdicts(stepped), notes(stepped)) == ([Verdict.MATCHED], ["paid"])
    assert TellSource() in stepped.effects
    (result,) = told(stepped)
    assert isinstance(result, PaymentResult)
    assert result.outcome is Outcome.PAID
    assert result.slip is not None
    assert (result.slip.lookup, result.slip.office, result.slip.bank_reference) == (REFERENCE, TERMS.office, "FT1")


@pytest.mark.parametrize(
    ("amount", "state", "outcome"),
    [
        (34999, State.UNDERPAID, Outcome.UNDERPAID),
        (1, State.UNDERPAID, Outcome.UNDERPAID),
        (35001, State.OVERPAID, Outcome.OVERPAID),
        (10**12, State.OVERPAID, Outcome.OVERPAID),
    ],
)
def test_a_dong_more_or_less_is_held_and_never_paid(amount: int, state: State, outcome: Outcome) -> None:
    stepped = step(SHOWN, CreditArrived(T0, a_credit(amount)))
    assert (stepped.payment.state, stepped.payment.place) == (state, Place.NOWHERE)
    assert (stepped.payment.received, stepped.payment.paid_at) == (amount, None)
    assert (verdicts(stepped), notes(stepped)) == ([Verdict.HELD], [state.value])
    assert told(stepped) == [PaymentResult(payment="0" * 32, outcome=outcome, amount=Vnd(35000), received=Vnd(amount))]
    assert TellSource() not in stepped.effects


@pytest.mark.parametrize("state", [State.EXPIRED, State.CANCELLED])
def test_money_after_the_end_is_late_and_revives_nothing(state: State) -> None:
    stepped = step(ENDED[state], CreditArrived(DEADLINE, a_credit()))
    assert stepped.payment == ENDED[state]
    assert (verdicts(stepped), notes(stepped)) == ([Verdict.LATE], ["late"])
    (result,) = told(stepped)
    assert isinstance(result, PaymentResult)
    assert (result.outcome, result.slip) == (Outcome.LATE, None)


@pytest.mark.parametrize("state", sorted(FINAL - {State.EXPIRED, State.CANCELLED}))
def test_money_for_what_has_money_already_is_surplus(state: State) -> None:
    stepped = step(ENDED[state], CreditArrived(T0, a_credit()))
    assert stepped.payment == ENDED[state]
    assert stepped.effects == (Book(a_credit(), Verdict.SURPLUS), Note("surplus"))


@pytest.mark.parametrize("said", ["", "   ", "\x00\u202e", "F" * 250])
def test_whatever_a_bank_calls_its_transfer_the_payment_is_paid(said: str) -> None:
    stepped = step(SHOWN, CreditArrived(T0, a_credit(bank_reference=said)))
    assert stepped.payment.state is State.PAID


# Time


def test_the_banks_word_still_counts_until_it_has_had_its_time() -> None:
    just_before = step(SHOWN, Tick(DEADLINE - timedelta(microseconds=1)))
    assert just_before == Step(SHOWN)
    assert step(SHOWN, CreditArrived(DEADLINE - timedelta(seconds=1), a_credit())).payment.state is State.PAID


@pytest.mark.parametrize("place", sorted(set(PENDING) - {"waiting"}))
def test_a_code_expires_when_the_bank_has_had_its_time(place: str) -> None:
    stepped = step(PENDING[place], Tick(DEADLINE))
    assert (stepped.payment.state, stepped.payment.place) == (State.EXPIRED, Place.NOWHERE)
    assert stepped.effects == (Note("expired"),)


def test_a_code_that_was_never_offered_does_not_expire() -> None:
    assert step(a_payment(), Tick(T0 + timedelta(days=9))) == Step(a_payment())


@pytest.mark.parametrize("state", sorted(FINAL))
def test_time_changes_nothing_that_has_ended(state: State) -> None:
    assert step(ENDED[state], Tick(T0 + timedelta(days=9))) == Step(ENDED[state])
    assert core.closes_at(ENDED[state], TERMS) is None


# Slips


def test_a_slips_fate_is_written_down() -> None:
    stepped = step(PAID, SlipReported(T0, SlipOutcome.NOT_PRINTED, is_copy=False, reason="Hết giấy"))
    assert (stepped.payment.slip, stepped.payment.slip_reason) == (SlipOutcome.NOT_PRINTED, "Hết giấy")
    assert notes(stepped) == ["not_printed"]


def test_a_copys_fate_leaves_the_first_slips_fate_alone() -> None:
    printed = after(PAID, SlipReported(T0, SlipOutcome.PRINTED, is_copy=False, reason=""))
    stepped = step(printed, SlipReported(T0, SlipOutcome.NOT_PRINTED, is_copy=True, reason="Hết giấy"))
    assert stepped.payment == printed
    assert notes(stepped) == ["copy_not_printed"]


def test_a_clerk_can_have_the_slip_once_more() -> None:
    stepped = step(PAID, CopyAsked(T0, "Nguyễn Thị Bình"))
    (reprint,) = told(stepped)
    assert isinstance(reprint, Reprint)
    assert (reprint.asked_by, reprint.slip.reference) == ("Nguyễn Thị Bình", REFERENCE)
    assert (stepped.payment, notes(stepped)) == (PAID, ["copy_asked"])


# More time


def test_a_citizen_gets_more_time_with_the_same_content() -> None:
    later = T0 + timedelta(seconds=200)
    (before,) = told(step(a_payment(), Offered(T0)))
    stepped = step(SHOWN, MoreTimeAsked(later))
    (request,) = told(stepped)
    assert isinstance(request, PaymentRequest)
    assert isinstance(before, PaymentRequest)
    assert request == before.model_copy(update={"expires_at": later + timedelta(seconds=300)})
    assert (stepped.payment.place, stepped.payment.extensions) == (Place.SHOWN, 1)
    assert notes(stepped) == ["extended"]


def test_more_time_moves_the_end_of_the_payment_too() -> None:
    later = T0 + timedelta(seconds=200)
    longer = after(SHOWN, MoreTimeAsked(later))
    assert after(longer, Tick(DEADLINE)).state is State.PENDING
    assert after(longer, Tick(later + timedelta(seconds=360))).state is State.EXPIRED


def test_the_third_time_a_clerk_is_called_instead() -> None:
    longer = after(SHOWN, MoreTimeAsked(T0), MoreTimeAsked(T0 + timedelta(seconds=100)))
    stepped = step(longer, MoreTimeAsked(T0 + timedelta(seconds=200)))
    assert (stepped.payment, stepped.effects) == (longer, (Ring(HelpKind.MORE_TIME),))


def test_who_asks_when_the_time_is_up_is_served_by_a_clerk() -> None:
    assert step(SHOWN, MoreTimeAsked(EXPIRY)).effects == (Ring(HelpKind.MORE_TIME),)


def test_a_clock_that_was_set_back_takes_nobody_time_away() -> None:
    assert after(SHOWN, MoreTimeAsked(T0 - timedelta(seconds=60))).expires_at == EXPIRY


def test_a_code_that_is_painted_again_stays_shown() -> None:
    assert step(SHOWN, Shown(T0)).effects == ()


# Asking the bank, and paying on behalf


def test_a_clerk_who_asks_the_bank_is_said_so_on_the_glass_once() -> None:
    stepped = step(SHOWN, CheckAsked(T0))
    assert stepped.effects == (Say(PaymentChecking(payment=SHOWN.id)), Note("checking"))
    assert stepped.payment == replace(SHOWN, checked_at=T0)


def test_nobody_asks_the_bank_for_a_code_that_ran_out() -> None:
    assert step(SHOWN, CheckAsked(EXPIRY)).objection is not None


@pytest.mark.parametrize("payment", [OFFERED, SHOWN])
def test_a_code_on_the_glass_leaves_it_when_the_clerk_pays_on_behalf(payment: Payment) -> None:
    stepped = step(payment, OnBehalfAsked(T0, "Nguyễn Văn An"))
    away, request = told(stepped)
    assert away == PaymentParking(payment=payment.id)
    assert isinstance(request, PaymentRequest)
    assert (request.is_on_behalf, request.payload, request.expires_at) == (True, payment.payload, EXPIRY)
    assert (stepped.payment.place, stepped.payment.payer) == (Place.OFFERED, "Nguyễn Văn An")


@pytest.mark.parametrize("payment", [a_payment(), PARKED])
def test_a_payment_that_waits_keeps_its_place_when_the_clerk_pays_on_behalf(payment: Payment) -> None:
    stepped = step(payment, OnBehalfAsked(T0, "Nguyễn Văn An"))
    assert (stepped.payment.place, told(stepped)) == (payment.place, [])
    assert step(stepped.payment, OnBehalfAsked(T0, "Ai khác")).objection is not None


# What leaves for the counter


def test_a_sensitive_fee_leaves_the_office_under_a_general_label() -> None:
    line = (
        a_payment()
        .lines[0]
        .model_copy(update={"fee_code": "HT-LH", "fee_name": "Trích lục ghi chú ly hôn", "is_sensitive": True})
    )
    payment = a_payment(lines=(line,), place=Place.SHOWN, expires_at=EXPIRY)
    paid = step(payment, CreditArrived(T0, a_credit()))
    copy = step(paid.payment, CopyAsked(T0, "Bình"))
    bodies = [core.request(payment, TERMS), *told(paid), *told(copy)]
    assert len(bodies) == 3
    for body in bodies:
        said = str(body)
        assert "Phí, lệ phí theo hồ sơ" in said
        assert "ly hôn" not in said
        assert "HT-LH" not in said
    assert paid.payment.lines == (line,), "the ledger keeps the name"


@pytest.mark.parametrize(
    ("shows_payer", "payer", "shown"),
    [(True, "Nguyễn Văn An", "N*** V*** A"), (True, None, None), (False, "Nguyễn Văn An", None)],
)
def test_the_payers_name_is_shown_masked_and_only_where_the_office_wants_it(
    shows_payer: bool, payer: str | None, shown: str | None
) -> None:
    job = core.request(replace(OFFERED, payer=payer), replace(TERMS, shows_payer=shows_payer))
    assert (job.payer, job.starts_at) == (shown, T0)


# What does not fit

MISFITS: dict[str, tuple[Event, frozenset[str]]] = {
    "offered": (Offered(T0), frozenset({"waiting", "resumed"})),
    "shown": (Shown(T0), frozenset({"offered", "shown"})),
    "refused": (RefusedByCounter(T0, "crc"), frozenset({"offered"})),
    "park": (ParkAsked(T0), frozenset({"offered", "shown"})),
    "resume": (ResumeAsked(T0), frozenset({"parked"})),
    "cancel": (CancelAsked(T0), frozenset(PENDING) | {"resumed"}),
    "check": (CheckAsked(T0), frozenset({"shown"})),
    "more time": (MoreTimeAsked(T0), frozenset({"offered", "shown"})),
    "on behalf": (OnBehalfAsked(T0, "Nguyễn Văn An"), frozenset(PENDING) - {"refused"} | {"resumed"}),
    "copy": (CopyAsked(T0, "Bình"), frozenset({"paid", "paid_late"})),
}


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("what", MISFITS)
def test_an_event_fits_where_it_should_and_elsewhere_leaves_a_sentence(what: str, where: str) -> None:
    event, fitting = MISFITS[what]
    stepped = step(EVERYWHERE[where], event)
    if where in fitting:
        assert stepped.objection is None
        return
    assert stepped.payment == EVERYWHERE[where]
    assert len(stepped.effects) == 1
    assert stepped.objection is not None
    assert any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", stepped.objection)), "not Vietnamese"


def test_a_step_without_objection_says_nothing() -> None:
    assert Step(PAID, (Note("paid"),)).objection is None


def test_there_is_no_job_before_the_code_was_offered() -> None:
    with pytest.raises(ValueError, match="not offered"):
        core.request(a_payment(), TERMS)


@pytest.mark.parametrize("where", sorted(set(EVERYWHERE) - {"paid", "paid_late"}))
def test_there_is_no_slip_before_the_money(where: str) -> None:
    with pytest.raises(ValueError, match="only a paid payment"):
        core.slip(EVERYWHERE[where], TERMS)


# The line at a counter


@pytest.mark.parametrize("place", ["offered", "shown", "refused"])
def test_a_code_has_the_glass_until_its_time_is_up(place: str) -> None:
    assert core.holds_glass(PENDING[place], EXPIRY - timedelta(seconds=1))
    assert not core.holds_glass(PENDING[place], EXPIRY)


@pytest.mark.parametrize("where", sorted(set(EVERYWHERE) - {"offered", "shown", "refused"}))
def test_who_is_not_on_the_glass_does_not_hold_it(where: str) -> None:
    assert not core.holds_glass(EVERYWHERE[where], T0)


def test_a_free_glass_goes_to_whoever_has_waited_longest() -> None:
    first, second = a_payment(id="b" * 32), a_payment(id="a" * 32, created_at=T0 + timedelta(seconds=1))
    assert core.next_in_turn([second, PARKED, first], T0) == first


def test_of_two_made_in_the_same_moment_the_choice_is_always_the_same() -> None:
    first, second = a_payment(id="a" * 32), a_payment(id="b" * 32)
    assert core.next_in_turn([first, second], T0) == core.next_in_turn([second, first], T0) == first


def test_a_resumed_code_keeps_its_old_place_in_the_line() -> None:
    younger = a_payment(id="a" * 32, created_at=T0 + timedelta(seconds=1))
    assert core.next_in_turn([younger, RESUMED], T0 + timedelta(seconds=60)) == RESUMED


@pytest.mark.parametrize("place", ["offered", "shown", "refused"])
def test_nobody_is_next_while_somebody_is_on_the_glass(place: str) -> None:
    line = [PENDING[place], a_payment(id="b" * 32)]
    assert core.next_in_turn(line, EXPIRY - timedelta(seconds=1)) is None
    assert core.next_in_turn(line, EXPIRY) == line[1]


def test_nobody_is_next_where_nobody_waits() -> None:
    assert core.next_in_turn([], T0) is None
    assert core.next_in_turn([PARKED, PAID], T0) is None


def test_a_code_that_ran_out_is_refused_even_if_somebody_offers_it() -> None:
    stepped = step(RESUMED, Offered(EXPIRY))
    assert stepped.payment == RESUMED
    assert stepped.objection == "Mã đã hết hạn, hãy tạo mã mới"
    assert told(stepped) == []


def test_a_resumed_code_that_ran_out_is_not_offered_again() -> None:
    assert core.next_in_turn([RESUMED], EXPIRY - timedelta(seconds=1)) == RESUMED
    assert core.next_in_turn([RESUMED], EXPIRY) is None


# Whatever may happen


class AnyLife(RuleBasedStateMachine):
    """Throws every event at a payment in any order, and lets time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.first = a_payment()
        self.payment = self.first
        self.before = self.first
        self.effects: tuple[Effect, ...] = ()
        self.credits: list[tuple[Credit, Verdict]] = []
        self.arrived = 0
        self.slips = 0

    @initialize(amount=st.sampled_from([0, 1, 35000, 499_999_999]))
    def is_opened(self, amount: int) -> None:
        self.first = self.before = a_payment(amount)
        self._take(core.open_payment(self.first))

    def _take(self, stepped: Step) -> None:
        self.before, self.payment, self.effects = self.payment, stepped.payment, stepped.effects
        self.credits += [(effect.credit, effect.verdict) for effect in stepped.effects if isinstance(effect, Book)]
        results = [body for body in told(stepped) if isinstance(body, PaymentResult)]
        self.slips += sum(result.slip is not None for result in results)

    def _hear(self, make: Callable[[Instant], Event]) -> None:
        self._take(core.step(self.payment, make(self.now), TERMS))

    @rule(make=st.sampled_from([Offered, Shown, ParkAsked, ResumeAsked, CancelAsked, Tick]))
    def something_happens(self, make: Callable[[Instant], Event]) -> None:
        self._hear(make)

    @rule()
    def the_citizen_wants_more_time(self) -> None:
        self._hear(MoreTimeAsked)

    @rule()
    def the_clerk_asks_the_bank(self) -> None:
        self._hear(CheckAsked)

    @rule()
    def the_clerk_pays_on_behalf(self) -> None:
        self._hear(lambda at: OnBehalfAsked(at, "Nguyễn Văn An"))

    @rule(seconds=st.sampled_from([1, 60, 299, 300, 360]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self._hear(Tick)

    @rule(off=st.sampled_from([-1, 0, 0, 1]))
    def money_arrives(self, off: int) -> None:
        self.arrived += 1
        credit = a_credit(max(1, self.first.amount + off), str(self.arrived))
        self._hear(lambda at: CreditArrived(at, credit))

    @rule()
    def the_counter_refuses(self) -> None:
        self._hear(lambda at: RefusedByCounter(at, "crc"))

    @rule(outcome=st.sampled_from(list(SlipOutcome)), is_copy=st.booleans())
    def a_slip_is_reported(self, outcome: SlipOutcome, is_copy: bool) -> None:
        self._hear(lambda at: SlipReported(at, outcome, is_copy, ""))

    @rule()
    def a_copy_is_asked(self) -> None:
        self._hear(lambda at: CopyAsked(at, "Bình"))

    @invariant()
    def what_was_ordered_never_changes(self) -> None:
        kept = ("id", "reference", "counter", "lines", "amount", "beneficiary", "created_at", "version")
        assert [getattr(self.payment, name) for name in kept] == [getattr(self.first, name) for name in kept]

    @invariant()
    def a_pending_payment_is_somewhere_and_no_other_is(self) -> None:
        assert (self.payment.place is not Place.NOWHERE) == (self.payment.state is State.PENDING)

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        if self.before.state in FINAL:
            kept = ("state", "received", "paid_at", "bank_reference", "expires_at")
            assert [getattr(self.payment, name) for name in kept] == [getattr(self.before, name) for name in kept]

    @invariant()
    def paid_means_exactly_one_matched_credit_of_the_whole_amount(self) -> None:
        matched = [credit for credit, verdict in self.credits if verdict is Verdict.MATCHED]
        assert (self.payment.state is State.PAID) == (len(matched) == 1)
        assert (self.payment.state is State.PAID) == (self.payment.paid_at is not None)
        assert all(credit.amount == self.payment.amount for credit in matched)

    @invariant()
    def a_result_carries_a_slip_once_and_only_when_paid(self) -> None:
        assert self.slips == (self.payment.state is State.PAID)

    @invariant()
    def every_credit_is_booked_exactly_once(self) -> None:
        assert len(self.credits) == self.arrived

    @invariant()
    def an_objection_changes_nothing(self) -> None:
        if any(isinstance(effect, Report) for effect in self.effects):
            assert self.payment == self.before
            assert len(self.effects) == 1

    @invariant()
    def a_codes_expiry_is_set_once_and_moves_only_for_a_citizen_who_asked(self) -> None:
        if self.before.expires_at is not None and self.payment.expires_at != self.before.expires_at:
            assert self.payment.extensions == self.before.extensions + 1 <= TERMS.extensions
            assert self.payment.expires_at is not None
            assert self.payment.expires_at > self.before.expires_at

    @invariant()
    def what_leaves_for_the_counter_can_be_checked_there(self) -> None:
        for body in told_by(self.effects):
            if isinstance(body, PaymentRequest):
                assert (body.payment, body.expires_at) == (self.payment.id, self.payment.expires_at)
                assert (body.starts_at, body.is_on_behalf) == (self.payment.starts_at, self.payment.is_on_behalf)


TestAnyLife = AnyLife.TestCase
