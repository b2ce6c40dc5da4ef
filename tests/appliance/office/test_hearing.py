"""What counters say, on a real ledger, with a clock that stands still."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from appliance.clock import VirtualClock
from appliance.courier import Parcel, Sender
from appliance.office.calls import Calls
from appliance.office.cashier import Cashier
from appliance.office.hearing import Hearing
from appliance.office.ledger import Ledger
from appliance.office.order import Order
from appliance.office.payment import Payment, Place, State
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema import signing, topics
from mqtt_schema.messages import (
    Body,
    CounterInfo,
    CounterStatus,
    Displayed,
    Envelope,
    HelpAsked,
    HelpKind,
    PaymentRefused,
    PaymentRequest,
    PrinterStatus,
    ReceiptReport,
    ScreenName,
    Seen,
    SlipOutcome,
    Trouble,
)

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


def shown(payment: Payment, clock: VirtualClock) -> Displayed:
    return Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now())


def test_a_painted_code_is_noted(create: Create, cashier: Cashier, say: Say, clock: VirtualClock) -> None:
    payment = create()
    clock.go_on(2)
    say("quay-1", shown(payment, clock))
    assert cashier.payment(payment.id).place is Place.SHOWN
    assert [done.milestone for done in cashier.timeline(payment.id)] == ["created", "displayed"]


def test_a_glass_that_shows_another_amount_is_not_taken_for_the_code(
    create: Create, cashier: Cashier, say: Say, clock: VirtualClock, ledger: Ledger
) -> None:
    payment = create()
    say("quay-1", shown(payment, clock).model_copy(update={"amount": 1}))
    assert cashier.payment(payment.id).place is Place.OFFERED
    with ledger.read() as books:
        assert payment.reference in books.counters()[payment.counter].trouble


def test_a_code_that_the_counter_refused_says_which_field(create: Create, cashier: Cashier, say: Say) -> None:
    payment = create()
    say("quay-1", PaymentRefused(payment=payment.id, field="beneficiary"))
    refused = cashier.payment(payment.id)
    assert (refused.state, refused.place, refused.refused_field) == (State.PENDING, Place.REFUSED, "beneficiary")


def test_a_slips_fate_reaches_the_clerk(create: Create, cashier: Cashier, pay: Pay, say: Say) -> None:
    payment = create()
    pay(payment)
    say("quay-1", ReceiptReport(payment=payment.id, outcome=SlipOutcome.NOT_PRINTED, reason="Hết giấy"))
    seen = cashier.payment(payment.id)
    assert (seen.slip, seen.slip_reason) == (SlipOutcome.NOT_PRINTED, "Hết giấy")


def test_a_counter_cannot_speak_of_another_counters_payment(
    create: Create, cashier: Cashier, say: Say, clock: VirtualClock
) -> None:
    payment = create(counter="quay-1")
    say("quay-2", shown(payment, clock))
    assert cashier.payment(payment.id).place is Place.OFFERED


def test_a_payment_that_only_the_counter_knows_changes_nothing(
    cashier: Cashier, say: Say, ledger: Ledger, create: Create
) -> None:
    payment = create()
    say("quay-1", PaymentRefused(payment="f" * 32, field="crc"))
    assert cashier.payment(payment.id) == payment


def test_what_a_counter_said_is_remembered_with_what_it_did(
    create: Create, hearing: Hearing, ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    payment = create()
    bodies: list[Body] = [shown(payment, clock), Trouble(kind="malformed", detail="not JSON")]
    for number, body in enumerate(bodies):
        envelope = Envelope(
            id=uuid4().hex,
            site=office_settings.site,
            counter="quay-1",
            sequence=number,
            issued_at=clock.now(),
            body=body,
        )
        hearing.take(envelope)
        with ledger.read() as books:
            assert books.has_received(envelope.id)


def test_a_counters_status_and_trouble_stand_at_the_desk(say: Say, ledger: Ledger, clock: VirtualClock) -> None:
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now(), printer=PrinterStatus.PAPER_OUT))
    say("quay-1", Trouble(kind="signature", detail="nobody here knows the key"))
    say("quay-1", CounterInfo(software="1", display="virtual", printer="virtual"))
    with ledger.read() as books:
        heard = books.counters()["quay-1"]
    assert (heard.is_online, heard.printer) == (True, PrinterStatus.PAPER_OUT)
    assert heard.trouble == "signature: nobody here knows the key"


def test_unusable_messages_are_put_down_to_known_counters_only(hearing: Hearing, ledger: Ledger) -> None:
    for counter in ("quay-1", "quay-9"):
        hearing.refuse(counter, Trouble(kind="oversized", detail="too long"))
    with ledger.read() as books:
        assert {counter: state.trouble for counter, state in books.counters().items()} == {
            "quay-1": "oversized: too long"
        }


def test_only_the_first_publication_is_a_milestone(
    create: Create, cashier: Cashier, hearing: Hearing, ledger: Ledger
) -> None:
    payment = create()
    with ledger.read() as books:
        (parcel,) = books.posted()
    for message in (parcel.message, parcel.message, "unknown"):
        hearing.published(message)
    assert [done.milestone for done in cashier.timeline(payment.id)] == ["created", "published"]


# What stands on the glass


def status(clock: VirtualClock, seen: Seen | None = None, seconds: int = 0) -> CounterStatus:
    return CounterStatus(is_online=True, born_at=clock.now() + timedelta(seconds=seconds), seen=seen)


def code(payment: Payment, clock: VirtualClock) -> Seen:
    return Seen(screen=ScreenName.CODE, payment=payment.id, amount=payment.amount, painted_at=clock.now())


def seen_on(ledger: Ledger, counter: str = "quay-1") -> Seen | None:
    with ledger.read() as books:
        return books.counters()[counter].seen


def test_the_last_frame_of_a_glass_is_kept(create: Create, say: Say, clock: VirtualClock, ledger: Ledger) -> None:
    payment = create()
    say("quay-1", status(clock, code(payment, clock)))
    assert seen_on(ledger) == code(payment, clock)
    say("quay-1", status(clock))
    assert seen_on(ledger) is None, "a dark glass shows nothing"


def test_a_painted_code_is_seen_before_the_next_heartbeat(
    create: Create, say: Say, clock: VirtualClock, ledger: Ledger
) -> None:
    idle = Seen(screen=ScreenName.IDLE, painted_at=clock.now())
    say("quay-1", status(clock, idle))
    payment = create()
    clock.go_on(1)
    say("quay-1", shown(payment, clock))
    assert seen_on(ledger) == code(payment, clock)


def test_word_of_an_older_frame_changes_nothing(create: Create, say: Say, clock: VirtualClock, ledger: Ledger) -> None:
    payment = create()
    painted = shown(payment, clock)
    clock.go_on(1)
    idle = Seen(screen=ScreenName.IDLE, painted_at=clock.now())
    say("quay-1", status(clock, idle))
    say("quay-1", painted)
    assert seen_on(ledger) == idle


def test_the_desk_hears_of_a_glass_only_when_its_words_change(
    ledger: Ledger, office_settings: OfficeSettings, till: Till, clock: VirtualClock
) -> None:
    told: list[str] = []
    hearing = Hearing(ledger, office_settings, till, clock, lambda: told.append("changed"))
    born_at = clock.now()

    def heartbeat(screen: ScreenName) -> None:
        seen = Seen(screen=screen, painted_at=clock.now())
        body = CounterStatus(is_online=True, born_at=born_at, seen=seen)
        hearing.take(
            Envelope(id=uuid4().hex, site="hoan-kiem", counter="quay-1", sequence=0, issued_at=clock.now(), body=body)
        )

    heartbeat(ScreenName.IDLE)
    for _ in range(5):
        clock.go_on(1)
        heartbeat(ScreenName.IDLE)
        hearing.tick()
    assert told == ["changed"]
    heartbeat(ScreenName.ASLEEP)
    assert len(told) == 2
    clock.go_on(14)
    hearing.tick()
    assert len(told) == 2
    clock.go_on(1)
    hearing.tick()
    assert len(told) == 3, "nothing was heard for fifteen seconds"


def test_no_code_is_what_the_glass_shows_where_the_clerk_pays(
    create: Create, cashier: Cashier, say: Say, clock: VirtualClock, ledger: Ledger
) -> None:
    payment = create(is_on_behalf=True, payer="Nguyễn Văn An")
    say("quay-1", shown(payment, clock).model_copy(update={"payload": ""}))
    assert cashier.payment(payment.id).place is Place.SHOWN
    seen = seen_on(ledger)
    assert seen is not None
    assert seen.screen is ScreenName.ON_BEHALF
    other = create(counter="quay-2")
    say("quay-2", shown(other, clock).model_copy(update={"payload": ""}))
    assert cashier.payment(other.id).place is Place.OFFERED


# Who needs a human


def envelope_of(body: Body, clock: VirtualClock, seconds_ago: int = 0) -> Envelope:
    return Envelope(
        id=uuid4().hex,
        site="hoan-kiem",
        counter="quay-1",
        sequence=1,
        issued_at=clock.now() - timedelta(seconds=seconds_ago),
        body=body,
    )


def test_a_call_rings_once_however_often_it_is_delivered(hearing: Hearing, calls: Calls, clock: VirtualClock) -> None:
    asked = envelope_of(HelpAsked(kind=HelpKind.HELP), clock)
    hearing.take(asked)
    hearing.take(asked)
    (call,) = calls.ringing()
    assert (call.counter, call.kind, call.called_at, call.payment) == ("quay-1", HelpKind.HELP, clock.now(), None)
    calls.answer("quay-1", HelpKind.HELP, "Bình")
    hearing.take(asked)
    assert calls.ringing() == []


def test_a_second_touch_is_the_same_banner_with_a_new_ring(calls: Calls, say: Say, clock: VirtualClock) -> None:
    say("quay-1", HelpAsked(kind=HelpKind.HELP))
    (first,) = calls.ringing()
    clock.go_on(30)
    say("quay-1", HelpAsked(kind=HelpKind.HELP))
    say("quay-2", HelpAsked(kind=HelpKind.NO_PHONE, language="en"))
    again, other = sorted(calls.ringing(), key=lambda call: call.counter)
    assert again.id > first.id
    assert (other.kind, other.language) == (HelpKind.NO_PHONE, "en")
    calls.answer("quay-1", HelpKind.HELP, "Bình")
    assert calls.ringing() == [other]


def test_who_calls_again_waits_since_the_first_time(calls: Calls, say: Say, clock: VirtualClock) -> None:
    called_at = clock.now()
    for counter in ("quay-1", "quay-2", "quay-1"):
        say(counter, HelpAsked(kind=HelpKind.HELP))
        clock.go_on(30)
    assert [call.counter for call in calls.ringing()] == ["quay-1", "quay-2"]
    assert calls.ringing()[0].called_at == called_at


def test_a_call_survives_the_office_and_ends_by_itself(
    say: Say, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    say("quay-1", HelpAsked(kind=HelpKind.HELP))
    again = Ledger(office_settings.database)
    calls = Calls(again, clock)
    clock.go_on(600)
    assert len(calls.ringing()) == 1
    clock.go_on(1)
    assert calls.ringing() == []
    again.close()


def test_what_was_called_long_ago_does_not_ring(hearing: Hearing, calls: Calls, clock: VirtualClock) -> None:
    hearing.take(envelope_of(HelpAsked(kind=HelpKind.HELP), clock, seconds_ago=601))
    assert calls.ringing() == []
    hearing.take(envelope_of(HelpAsked(kind=HelpKind.HELP), clock, seconds_ago=599))
    assert len(calls.ringing()) == 1


def test_a_call_names_the_payment_that_stood_there_and_no_other_counters(
    create: Create, say: Say, calls: Calls
) -> None:
    payment, elsewhere = create(), create(counter="quay-2")
    say("quay-1", HelpAsked(kind=HelpKind.HELP, payment=payment.id))
    say("quay-1", HelpAsked(kind=HelpKind.NO_PHONE, payment=elsewhere.id))
    assert [call.payment for call in calls.ringing()] == [payment.id, None]


def test_more_time_is_given_twice_and_then_a_clerk_is_called(
    create: Create, cashier: Cashier, say: Say, calls: Calls, clock: VirtualClock, bodies: Callable[..., list[Any]]
) -> None:
    payment = create()
    say("quay-1", shown(payment, clock))
    for _ in range(3):
        clock.go_on(200)
        say("quay-1", HelpAsked(kind=HelpKind.MORE_TIME, payment=payment.id))
    assert cashier.payment(payment.id).expires_at == clock.now() - timedelta(seconds=200) + timedelta(seconds=300)
    requests = [body for body in bodies() if isinstance(body, PaymentRequest)]
    assert len({request.model_copy(update={"expires_at": clock.now()}) for request in requests}) == 1
    assert len(requests) == 3
    (call,) = calls.ringing()
    assert (call.kind, call.payment) == (HelpKind.MORE_TIME, payment.id)


def test_more_time_is_not_given_to_another_counters_payment(
    create: Create, cashier: Cashier, say: Say, calls: Calls
) -> None:
    payment = create(counter="quay-2")
    say("quay-1", HelpAsked(kind=HelpKind.MORE_TIME, payment=payment.id))
    assert cashier.payment(payment.id) == payment
    assert calls.ringing() == []


def test_only_a_code_can_be_published(create: Create, cashier: Cashier, hearing: Hearing, ledger: Ledger) -> None:
    free = create(0, waiver_reason="Hộ nghèo")
    with ledger.read() as books:
        (parcel,) = books.posted()
    hearing.published(parcel.message)
    assert [done.milestone for done in cashier.timeline(free.id)] == ["created", "waived"]
