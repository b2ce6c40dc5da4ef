"""The office's use cases on a real ledger, with a clock that stands still."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from appliance.clock import VirtualClock
from appliance.courier import Parcel, Sender
from appliance.office.cashier import Cashier, CashierError, ConflictError, NotFoundError
from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.ledger import Ledger
from appliance.office.order import Order, OrderError, OrderLine
from appliance.office.payment import Payment, Place, State
from appliance.office.records import BookedCredit
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema import emv_qr, reference, signing, topics
from mqtt_schema.messages import (
    Body,
    Displayed,
    Envelope,
    Outcome,
    PaymentCancellation,
    PaymentParking,
    PaymentRequest,
    PaymentResult,
    PaymentWaived,
)
from mqtt_schema.types import Vnd

Create = Callable[..., Payment]
MakeOrder = Callable[..., Order]
Pay = Callable[..., None]
Say = Callable[[str, Body], None]
ACCOUNT = "0011012345678"


@pytest.fixture
def bodies(ledger: Ledger, sender: Sender) -> Callable[..., list[Any]]:
    """Open what lies in the outbox as its counter would: verified, in order."""
    keys = signing.read_public([signing.public_jwk(sender.key)])

    def read(counter: str = "quay-1") -> list[Any]:
        with ledger.read() as books:
            parcels = [parcel for parcel in books.posted() if parcel.counter == counter]
        return [opened(parcel, keys).body for parcel in parcels]

    return read


def opened(parcel: Parcel, keys: signing.VerifyingKeys) -> Envelope:
    return signing.verify(parcel.raw, keys, topics.parse(parcel.topic))


@pytest.fixture
def credits_of_today(ledger: Ledger, clock: VirtualClock) -> Callable[[], list[BookedCredit]]:
    def read() -> list[BookedCredit]:
        with ledger.read() as books:
            return books.credits(clock.now() - timedelta(hours=12), clock.now() + timedelta(hours=12))

    return read


def shown(payment: Payment, clock: VirtualClock) -> Displayed:
    return Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now())


# Creating


def test_a_new_payment_is_offered_to_its_free_counter_at_once(
    create: Create, clock: VirtualClock, office_settings: OfficeSettings, bodies: Callable[..., list[Any]]
) -> None:
    payment = create(35000)
    assert (payment.state, payment.place, payment.version) == (State.PENDING, Place.OFFERED, 1)
    assert payment.expires_at == clock.now() + timedelta(seconds=office_settings.payment_valid_s)
    (request,) = bodies()
    assert isinstance(request, PaymentRequest)
    assert (request.payment, request.amount, request.reference) == (payment.id, 35000, payment.reference)


def test_the_code_says_account_amount_and_reference_in_upper_case(
    create: Create, office_settings: OfficeSettings
) -> None:
    payment = create(35000)
    code = emv_qr.decode(payment.payload)
    assert (code.bin, code.account) == (office_settings.beneficiary.bin, office_settings.beneficiary.account)
    assert (code.amount, code.memo) == ("35000", payment.reference)
    assert payment.payload == payment.payload.upper()
    assert reference.is_reference(payment.reference)
    assert payment.reference.startswith(office_settings.reference_prefix)


def test_the_same_key_gives_the_same_payment(cashier: Cashier, make_order: MakeOrder) -> None:
    first = cashier.create(make_order(), "a key", "api")
    again = cashier.create(make_order(), "a key", "api")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.payment.id == first.payment.id


def test_the_same_key_for_another_order_is_a_conflict(
    cashier: Cashier, make_order: MakeOrder, bodies: Callable[..., list[Any]]
) -> None:
    cashier.create(make_order(35000), "a key", "api")
    with pytest.raises(ConflictError, match="Khóa này") as refused:
        cashier.create(make_order(36000), "a key", "api")
    assert isinstance(refused.value, RuntimeError)
    assert isinstance(refused.value, CashierError)
    assert len(bodies()) == 1


def test_nothing_with_a_reason_is_waived_and_shows_no_code(
    create: Create, cashier: Cashier, bodies: Callable[..., list[Any]]
) -> None:
    payment = create(0, waiver_reason="Hộ nghèo")
    assert (payment.state, payment.place, payment.payload) == (State.WAIVED, Place.NOWHERE, "")
    assert payment.waiver_reason == "Hộ nghèo"
    assert bodies() == [PaymentWaived(payment=payment.id)]
    assert [done.milestone for done in cashier.timeline(payment.id)] == ["created", "waived"]


def test_nothing_without_a_reason_is_refused_and_leaves_no_trace(
    cashier: Cashier, make_order: MakeOrder, ledger: Ledger
) -> None:
    with pytest.raises(OrderError):
        cashier.create(make_order(0), "a key", "desk")
    with ledger.read() as books:
        assert (books.pending(), books.ordered("a key")) == ([], None)


def test_the_longest_words_that_an_order_may_hold_reach_the_counter_and_its_slip(
    create: Create, pay: Pay, cashier: Cashier, bodies: Callable[..., list[Any]]
) -> None:
    line = OrderLine(dossier="H26.1-261122-0001", fee_name="ế" * 127, amount=1000)
    payment = create(lines=[line] * 20)
    pay(payment, referenceCode="ế" * 200)
    assert cashier.payment(payment.id).state is State.PAID
    assert [type(body) for body in bodies()] == [PaymentRequest, PaymentResult]


def test_names_are_kept_composed_and_without_stray_spaces(create: Create) -> None:
    payment = create(clerk="  Nguye\u0302\u0303n  Bi\u0300nh ", payer=" \u200b ")
    assert (payment.clerk, payment.payer) == ("Nguyễn Bình", None)


# The line at a counter


def test_a_second_payment_waits_and_is_offered_when_the_first_is_paid(
    create: Create, cashier: Cashier, pay: Pay, clock: VirtualClock
) -> None:
    first, second = create(), create()
    assert (second.place, second.expires_at) == (Place.WAITING, None)
    clock.go_on(20)
    pay(first)
    offered = cashier.payment(second.id)
    assert offered.place is Place.OFFERED
    assert offered.expires_at == clock.now() + timedelta(seconds=300)


def test_two_counters_do_not_wait_for_each_other(create: Create) -> None:
    assert {create(counter=counter).place for counter in ("quay-1", "quay-2")} == {Place.OFFERED}


def test_a_cancelled_payment_makes_room_and_its_counter_hears_of_it(
    create: Create, cashier: Cashier, bodies: Callable[..., list[Any]]
) -> None:
    first, second = create(), create()
    assert cashier.cancel(first.id).state is State.CANCELLED
    assert cashier.payment(second.id).place is Place.OFFERED
    assert [type(body) for body in bodies()] == [PaymentRequest, PaymentCancellation, PaymentRequest]


def test_a_waiting_payment_can_be_cancelled_and_its_counter_never_hears_of_it(
    create: Create, cashier: Cashier, bodies: Callable[..., list[Any]]
) -> None:
    create()
    second = create()
    cashier.cancel(second.id)
    assert [type(body) for body in bodies()] == [PaymentRequest]


def test_a_parked_payment_makes_room_stays_payable_and_comes_back(
    create: Create, cashier: Cashier, pay: Pay, bodies: Callable[..., list[Any]]
) -> None:
    first, second = create(), create()
    assert cashier.park(first.id).place is Place.PARKED
    assert cashier.payment(second.id).place is Place.OFFERED
    assert cashier.resume(first.id).place is Place.WAITING
    pay(second)
    assert cashier.payment(first.id).place is Place.OFFERED
    pay(first)
    assert cashier.payment(first.id).state is State.PAID
    assert [type(body) for body in bodies()] == [
        PaymentRequest,
        PaymentParking,
        PaymentRequest,
        PaymentResult,
        PaymentRequest,
        PaymentResult,
    ]


def test_a_parked_payment_is_paid_without_coming_back(create: Create, cashier: Cashier, pay: Pay) -> None:
    payment = create()
    cashier.park(payment.id)
    pay(payment)
    assert cashier.payment(payment.id).state is State.PAID


def test_a_parked_payment_returns_to_a_free_glass_at_once(create: Create, cashier: Cashier) -> None:
    payment = create()
    cashier.park(payment.id)
    assert cashier.resume(payment.id).place is Place.OFFERED


@pytest.mark.parametrize("ask", ["cancel", "park", "resume"])
def test_a_clerk_who_comes_too_late_hears_why(ask: str, create: Create, cashier: Cashier, pay: Pay) -> None:
    payment = create()
    pay(payment)
    before = cashier.payment(payment.id)
    with pytest.raises(ConflictError, match=" "):
        getattr(cashier, ask)(payment.id)
    assert cashier.payment(payment.id) == before


@pytest.mark.parametrize("ask", ["cancel", "park", "resume", "payment"])
def test_a_payment_that_nobody_made_is_not_found(ask: str, cashier: Cashier) -> None:
    with pytest.raises(NotFoundError, match="Không có khoản thu này") as missing:
        getattr(cashier, ask)("0" * 32)
    assert isinstance(missing.value, LookupError)


# Money


def test_the_whole_amount_makes_it_paid_and_the_counter_prints(
    create: Create,
    cashier: Cashier,
    pay: Pay,
    bodies: Callable[..., list[Any]],
    credits_of_today: Callable[[], list[BookedCredit]],
    ledger: Ledger,
) -> None:
    payment = create(35000)
    pay(payment)
    paid = cashier.payment(payment.id)
    assert (paid.state, paid.received) == (State.PAID, 35000)
    (booked,) = credits_of_today()
    assert (booked.verdict, booked.payment, booked.booked_at) == (Verdict.MATCHED, payment.id, paid.paid_at)
    result = bodies()[-1]
    assert isinstance(result, PaymentResult)
    assert (result.outcome, result.slip is not None) == (Outcome.PAID, True)
    with ledger.read() as books:
        assert books.balances() == {"bank": 35000, "fee:KHAC": -35000}


@pytest.mark.parametrize(("amount", "state"), [(34999, State.UNDERPAID), (35001, State.OVERPAID)])
def test_another_amount_is_held_and_never_paid(
    amount: int,
    state: State,
    create: Create,
    cashier: Cashier,
    pay: Pay,
    bodies: Callable[..., list[Any]],
    credits_of_today: Callable[[], list[BookedCredit]],
    ledger: Ledger,
) -> None:
    payment = create(35000)
    pay(payment, amount)
    held = cashier.payment(payment.id)
    assert (held.state, held.received, held.paid_at) == (state, amount, None)
    assert [booked.verdict for booked in credits_of_today()] == [Verdict.HELD]
    assert (bodies()[-1].outcome.value, bodies()[-1].slip) == (state.value, None)
    with ledger.read() as books:
        assert books.balances() == {"bank": amount, "suspense": -amount}


def test_money_after_cancellation_is_late_and_revives_nothing(
    create: Create, cashier: Cashier, pay: Pay, credits_of_today: Callable[[], list[BookedCredit]]
) -> None:
    payment = create()
    cashier.cancel(payment.id)
    pay(payment)
    assert cashier.payment(payment.id).state is State.CANCELLED
    assert [booked.verdict for booked in credits_of_today()] == [Verdict.LATE]


def test_a_second_transfer_is_surplus(
    create: Create, cashier: Cashier, pay: Pay, credits_of_today: Callable[[], list[BookedCredit]]
) -> None:
    payment = create()
    pay(payment)
    pay(payment)
    assert [booked.verdict for booked in credits_of_today()] == [Verdict.MATCHED, Verdict.SURPLUS]
    assert cashier.payment(payment.id).received == payment.amount


@pytest.mark.parametrize("memo", ["chuyen tien", "HK7Q4M2X9AF", "", "{cut}"])
def test_money_without_a_reference_of_ours_is_unmatched(
    memo: str, create: Create, cashier: Cashier, pay: Pay, credits_of_today: Callable[[], list[BookedCredit]]
) -> None:
    payment = create()
    pay(payment, content=memo.format(cut=payment.reference[:-1]))
    assert cashier.payment(payment.id).state is State.PENDING
    assert [(booked.verdict, booked.payment) for booked in credits_of_today()] == [(Verdict.UNMATCHED, None)]


def test_money_for_two_payments_at_once_is_unmatched(
    create: Create, pay: Pay, credits_of_today: Callable[[], list[BookedCredit]]
) -> None:
    first, second = create(), create()
    pay(first, content=f"{first.reference} {second.reference}")
    assert [booked.verdict for booked in credits_of_today()] == [Verdict.UNMATCHED]


def test_money_for_two_payments_of_which_one_has_moved_to_another_account_is_still_unmatched(
    cashier: Cashier,
    create: Create,
    make_order: MakeOrder,
    pay: Pay,
    ledger: Ledger,
    office_settings: OfficeSettings,
    till: Till,
    clock: VirtualClock,
    credits_of_today: Callable[[], list[BookedCredit]],
) -> None:
    elsewhere = office_settings.beneficiary.model_copy(update={"account": "99"})
    moved = Cashier(ledger, office_settings.model_copy(update={"beneficiary": elsewhere}), till, clock)
    here, there = create(), moved.create(make_order(counter="quay-2"), "a", "desk").payment
    pay(here, content=f"{here.reference} {there.reference}")
    assert cashier.payment(here.id).state is State.PENDING
    assert [booked.verdict for booked in credits_of_today()] == [Verdict.UNMATCHED]


def test_money_on_another_account_pays_nothing(
    create: Create, cashier: Cashier, pay: Pay, credits_of_today: Callable[[], list[BookedCredit]]
) -> None:
    payment = create()
    pay(payment, accountNumber="99")
    assert cashier.payment(payment.id).state is State.PENDING
    assert [booked.verdict for booked in credits_of_today()] == [Verdict.UNMATCHED]


def test_money_on_the_offices_virtual_account_pays(create: Create, cashier: Cashier, pay: Pay) -> None:
    payment = create()
    pay(payment, accountNumber="99", subAccount=ACCOUNT)
    assert cashier.payment(payment.id).state is State.PAID


def test_money_that_went_out_is_nobodys_payment(
    create: Create, cashier: Cashier, pay: Pay, credits_of_today: Callable[[], list[BookedCredit]]
) -> None:
    payment = create()
    pay(payment, transferType="out")
    assert cashier.payment(payment.id).state is State.PENDING
    assert credits_of_today() == []


def test_the_same_credit_again_is_told_apart(create: Create, cashier: Cashier, clock: VirtualClock) -> None:
    payment = create()
    credit = Credit("sepay", "1", "FT1", ACCOUNT, None, payment.amount, payment.reference, clock.now())
    assert cashier.book(credit, clock.now()) == "booked"
    assert cashier.book(credit, clock.now()) == "already booked"


# Time


def test_a_code_expires_only_after_the_bank_has_had_its_time(
    create: Create, cashier: Cashier, clock: VirtualClock, pay: Pay
) -> None:
    payment = create()
    clock.go_on(300 + 59)
    cashier.tick()
    assert cashier.payment(payment.id).state is State.PENDING
    clock.go_on(1)
    cashier.tick()
    assert cashier.payment(payment.id).state is State.EXPIRED
    pay(payment)
    assert cashier.payment(payment.id).state is State.EXPIRED


def test_the_banks_word_after_the_codes_end_still_counts(
    create: Create, cashier: Cashier, clock: VirtualClock, pay: Pay
) -> None:
    payment = create()
    clock.go_on(330)
    cashier.tick()
    pay(payment)
    assert cashier.payment(payment.id).state is State.PAID


def test_who_waits_need_not_wait_for_the_bank(create: Create, cashier: Cashier, clock: VirtualClock) -> None:
    """The glass is free when the code has run out; its money may still come."""
    first, second = create(), create()
    clock.go_on(300)
    cashier.tick()
    assert cashier.payment(first.id).state is State.PENDING
    assert cashier.payment(second.id).place is Place.OFFERED


def test_time_expires_many_and_offers_the_next_in_one_go(create: Create, cashier: Cashier, clock: VirtualClock) -> None:
    payments = []
    for counter in ("quay-1", "quay-1", "quay-2", "quay-2", "quay-1"):
        clock.go_on(1)
        payments.append(create(counter=counter))
    clock.go_on(3600)
    cashier.tick()
    seen = [cashier.payment(payment.id) for payment in payments]
    assert [payment.state.value for payment in seen] == ["expired", "pending", "expired", "pending", "pending"]
    assert [payment.place.value for payment in seen] == ["nowhere", "offered", "nowhere", "offered", "waiting"]


def test_a_tick_with_nothing_due_writes_nothing(
    ledger: Ledger, office_settings: OfficeSettings, till: Till, clock: VirtualClock, make_order: MakeOrder
) -> None:
    calls: list[str] = []
    cashier = Cashier(ledger, office_settings, till, clock, lambda: calls.append("changed"))
    cashier.create(make_order(), "key", "desk")
    cashier.tick()
    assert calls == ["changed"]


# What goes to counters


def test_messages_are_signed_numbered_and_meant_for_one_counter(
    create: Create, cashier: Cashier, ledger: Ledger, sender: Sender
) -> None:
    payment = create()
    cashier.cancel(payment.id)
    create(counter="quay-2")
    keys = signing.read_public([signing.public_jwk(sender.key)])
    with ledger.read() as books:
        parcels = books.posted()
    envelopes = [opened(parcel, keys) for parcel in parcels]
    assert [(envelope.counter, envelope.sequence) for envelope in envelopes] == [
        ("quay-1", 1),
        ("quay-1", 2),
        ("quay-2", 1),
    ]
    assert [parcel.message for parcel in parcels] == [envelope.id for envelope in envelopes]


def test_a_message_is_refused_by_any_other_counter_and_under_any_other_key(
    create: Create, ledger: Ledger, sender: Sender
) -> None:
    create()
    with ledger.read() as books:
        (parcel,) = books.posted()
    keys = signing.read_public([signing.public_jwk(sender.key)])
    elsewhere = topics.parse(parcel.topic.replace("quay-1", "quay-2"))
    with pytest.raises(PermissionError):
        signing.verify(parcel.raw, keys, elsewhere)
    strangers = signing.read_public([signing.public_jwk(signing.new_key(sender.key.key_id))])
    with pytest.raises(PermissionError):
        signing.verify(parcel.raw, strangers, topics.parse(parcel.topic))


# The portal


def test_the_portal_hears_of_its_payment_and_of_no_other(
    cashier: Cashier, make_order: MakeOrder, pay: Pay, ledger: Ledger
) -> None:
    theirs = cashier.create(make_order(35000), "a", "portal").payment
    ours = cashier.create(make_order(36000), "b", "desk").payment
    pay(theirs)
    pay(ours)
    with ledger.read() as books:
        ((_, said),) = books.callbacks()
    assert (said["payment"], said["state"], said["amount"]) == (theirs.id, "paid", Vnd(35000))
    assert said["dossiers"] == ["H26.1-261122-0007"]


def test_the_portal_hears_of_a_waived_payment(cashier: Cashier, make_order: MakeOrder, ledger: Ledger) -> None:
    cashier.create(make_order(0, waiver_reason="Hộ nghèo"), "a", "portal")
    with ledger.read() as books:
        ((_, said),) = books.callbacks()
    assert (said["state"], said["paid_at"]) == ("waived", None)


def test_a_portals_dossier_leaves_the_list_when_it_has_a_payment(
    cashier: Cashier, make_order: MakeOrder, ledger: Ledger
) -> None:
    assert cashier.receive_dossier("H26.1-261122-0007", {"fee": "HT-XN"})
    assert not cashier.receive_dossier("H26.1-261122-0007", {"fee": "HT-XN"})
    cashier.create(make_order(), "a", "portal")
    with ledger.read() as books:
        assert books.open_dossiers() == []


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_a_portals_dossier_is_open_again_when_its_payment_came_to_nothing(
    end: str, cashier: Cashier, make_order: MakeOrder, ledger: Ledger, clock: VirtualClock
) -> None:
    cashier.receive_dossier("H26.1-261122-0007", {})
    payment = cashier.create(make_order(), "a", "portal").payment
    if end == "cancelled":
        cashier.cancel(payment.id)
    else:
        clock.go_on(360)
        cashier.tick()
    with ledger.read() as books:
        assert [dossier["number"] for dossier in books.open_dossiers()] == ["H26.1-261122-0007"]
    cashier.create(make_order(), "b", "portal")
    with ledger.read() as books:
        assert books.open_dossiers() == []


def test_an_office_without_a_portal_calls_nobody_back(
    ledger: Ledger, office_settings: OfficeSettings, sender: Sender, clock: VirtualClock, make_order: MakeOrder
) -> None:
    without = office_settings.model_copy(update={"portal": None})
    alone = Cashier(ledger, without, Till(without, sender), clock)
    alone.create(make_order(0, waiver_reason="Hộ nghèo"), "a", "portal")
    with ledger.read() as books:
        assert books.callbacks() == []
