"""Two couriers, office and counter, over a network that loses, doubles and turns round what it likes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clock import VirtualClock
from appliance.courier import FIRST_RETRY_S, IN_FLIGHT, LAST_RETRY_S, Courier, Delivery, Parcel, Sender
from appliance.link import Listener
from appliance.virtual_link import Sent, VirtualLink
from mqtt_schema import signing, topics
from mqtt_schema.errors import MessageError, TopicError
from mqtt_schema.messages import (
    MAX_BYTES,
    Ack,
    Body,
    CounterStatus,
    Displayed,
    Envelope,
    PaymentCancellation,
    PaymentRefused,
    PaymentRequest,
    Trouble,
)
from tests.support.spoken import COUNTER, MORNING, SITE, at, payment, request

OFFICE_KEY = signing.new_key("office-2026")
COUNTER_KEY = signing.new_key(COUNTER)
STRANGERS_KEY = signing.new_key("stranger")
JOB = f"quaythu/v1/{SITE}/{COUNTER}/job"
EVENT = f"quaythu/v1/{SITE}/{COUNTER}/event"


Believes = Callable[[str], signing.SigningKey | None]
"""Whose key is believed on a counter's topics."""


@dataclass
class Memory:
    """A mailbox that needs no disk."""

    outbox: list[Parcel] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)

    def posted(self) -> list[Parcel]:
        return list(self.outbox)

    def has_received(self, message: str) -> bool:
        return message in self.inbox

    def acknowledge(self, message: str, counter: str) -> None:
        self.outbox = [one for one in self.outbox if (one.message, one.counter) != (message, counter)]


class Side:
    """One side with everything that it needs; `taken` is what it was told, `troubles` what it could not use."""

    def __init__(self, side: topics.Sender, key: signing.SigningKey, believes: Believes) -> None:
        self.sender = Sender(side, SITE, key)
        self.memory = Memory()
        self.clock = VirtualClock(MORNING)
        self.taken: list[Envelope] = []
        self.troubles: list[tuple[str, Trouble]] = []
        self.is_disk_full = False
        self.link = VirtualLink(Listener(self._delivered, self._changed))
        self.courier = Courier(
            self.sender,
            lambda counter: _keys(believes(counter)),
            self.link,
            self.memory,
            self._take,
            lambda counter, trouble: self.troubles.append((counter, trouble)),
            self.clock.now,
        )
        self.link.come_back()

    def _delivered(self, delivery: Delivery) -> None:
        self.courier.receive(delivery)

    def _changed(self, is_up: bool) -> None:
        if is_up and hasattr(self, "courier"):
            self.courier.forget_flights()

    def _take(self, envelope: Envelope) -> None:
        if self.is_disk_full:
            raise OSError("the disk is full")
        self.taken.append(envelope)
        self.memory.inbox.add(envelope.id)

    def post(self, body: Body, counter: str = COUNTER) -> Parcel:
        parcel = self.sender.seal(body, counter, len(self.memory.outbox) + 1, self.clock.now())
        self.memory.outbox.append(parcel)
        return parcel

    def pump(self) -> list[Sent]:
        """What this side publishes now, taken off the wire."""
        self.courier.pump(self.clock.monotonic_s())
        return self.off_the_wire()

    def off_the_wire(self) -> list[Sent]:
        sent = list(self.link.sent)
        self.link.sent.clear()
        return sent

    @property
    def bodies(self) -> list[Body]:
        return [envelope.body for envelope in self.taken]


def _keys(key: signing.SigningKey | None) -> signing.VerifyingKeys:
    return signing.read_public([signing.public_jwk(key)] if key else [])


def make_office() -> Side:
    return Side("office", OFFICE_KEY, lambda counter: COUNTER_KEY if counter == COUNTER else None)


def make_counter() -> Side:
    return Side("counter", COUNTER_KEY, lambda counter: OFFICE_KEY if counter == COUNTER else None)


@pytest.fixture
def office() -> Side:
    return make_office()


@pytest.fixture
def counter() -> Side:
    return make_counter()


def carry(sent: list[Sent], to: Side) -> None:
    for one in sent:
        to.link.deliver(one.topic, one.raw)


def talk(one: Side, other: Side) -> None:
    """Let everything that is due travel, until nobody has anything to say."""
    while (forth := one.pump()) + (back := other.pump()):
        carry(forth, other)
        carry(back, one)


# The straight way


def test_a_message_arrives_once_and_is_acknowledged(office: Side, counter: Side) -> None:
    office.post(request())
    talk(office, counter)
    assert counter.bodies == [request()]
    assert office.memory.outbox == []
    assert office.troubles == counter.troubles == []
    assert counter.link.unsettled == office.link.unsettled == 0


def test_messages_arrive_in_the_order_in_which_they_were_posted(office: Side, counter: Side) -> None:
    for number in range(1, 6):
        office.post(request(number))
    talk(office, counter)
    assert counter.bodies == [request(number) for number in range(1, 6)]


def test_both_sides_speak_at_once(office: Side, counter: Side) -> None:
    office.post(request())
    counter.post(PaymentRefused(payment=payment(1), field="clock"))
    talk(office, counter)
    assert len(counter.taken) == len(office.taken) == 1
    assert office.memory.outbox == counter.memory.outbox == []


def test_what_nobody_need_keep_is_said_once_and_not_acknowledged(office: Side, counter: Side) -> None:
    counter.courier.say(CounterStatus(is_online=True, born_at=MORNING), COUNTER)
    [said] = counter.off_the_wire()
    assert said.is_retained
    carry([said, said], office)
    assert len(office.taken) == 2, "statuses carry their own birth; the newest counts"
    assert office.off_the_wire() == []


def test_an_acknowledgement_travels_on_the_topic_of_its_side_and_is_not_retained(office: Side, counter: Side) -> None:
    office.post(request())
    carry(office.pump(), counter)
    [ack] = counter.off_the_wire()
    assert (ack.topic, ack.is_retained) == (f"quaythu/v1/{SITE}/{COUNTER}/ack", False)


# Losing, doubling, turning round


def test_what_is_not_acknowledged_is_said_again_with_growing_patience(office: Side) -> None:
    office.post(request())
    said_at = []
    for _ in range(200):
        if office.pump():
            said_at.append(office.clock.monotonic_s())
        office.clock.go_on(0.5)
    assert said_at == [0, 1, 3, 7, 15, 31, 61, 91]
    assert (FIRST_RETRY_S, LAST_RETRY_S) == (1, 30)


def test_the_next_repetition_is_known(office: Side) -> None:
    assert office.courier.next_due_s() is None
    office.post(request(1))
    office.pump()
    office.clock.go_on(0.5)
    office.post(request(2))
    office.pump()
    assert office.courier.next_due_s() == 1.0


def test_after_the_link_came_back_everything_is_due_at_once(office: Side, counter: Side) -> None:
    office.post(request())
    for seconds in (0, 1, 2, 4, 8):
        office.clock.go_on(seconds)
        office.pump()
    office.link.go_down()
    office.clock.go_on(0.1)
    assert office.pump() == []
    office.link.come_back()
    carry(office.pump(), counter)
    assert counter.bodies == [request()]


def test_while_the_link_is_down_nothing_is_lost_and_nothing_counts_as_said(office: Side, counter: Side) -> None:
    office.link.go_down()
    office.post(request())
    assert office.pump() == []
    assert office.courier.next_due_s() is None
    office.link.come_back()
    talk(office, counter)
    assert counter.bodies == [request()]


def test_a_lost_acknowledgement_is_given_again_and_the_message_goes_no_further(office: Side, counter: Side) -> None:
    office.post(request())
    counter.link.lose_next()
    carry(office.pump(), counter)
    assert counter.off_the_wire() == []
    office.clock.go_on(1)
    carry(office.pump(), counter)
    carry(counter.off_the_wire(), office)
    assert counter.bodies == [request()]
    assert office.memory.outbox == []


def test_an_acknowledgement_of_something_unknown_changes_nothing(office: Side, counter: Side) -> None:
    office.post(request())
    counter.courier.say(Ack(message="0" * 32), COUNTER)
    carry(counter.off_the_wire(), office)
    assert len(office.memory.outbox) == 1


def test_one_counter_cannot_acknowledge_what_another_has_to_hear(office: Side, counter: Side) -> None:
    parcel = office.post(request(), counter="quay-2")
    counter.courier.say(Ack(message=parcel.message), COUNTER)
    carry(counter.off_the_wire(), office)
    assert office.memory.outbox == [parcel]


def test_a_counter_that_is_away_for_long_holds_up_nobody_else(office: Side) -> None:
    for number in range(IN_FLIGHT + 20):
        office.post(PaymentCancellation(payment=payment(number)), counter="quay-2")
    office.post(request())
    sent = office.pump()
    assert len(sent) == IN_FLIGHT + 1
    assert sent[-1].topic == JOB


def test_when_the_first_are_acknowledged_the_rest_takes_its_turn(office: Side, counter: Side) -> None:
    for number in range(IN_FLIGHT + 20):
        office.post(PaymentCancellation(payment=payment(number)))
    talk(office, counter)
    assert len(counter.taken) == IN_FLIGHT + 20


@given(seed=st.integers(0, 10**6), count=st.integers(1, 12))
def test_through_a_bad_network_everything_arrives_exactly_once(seed: int, count: int) -> None:
    """Half of what travels is lost, a third is doubled, all of it comes in any order, and links go down in between."""
    chance = random.Random(seed)
    office, counter = make_office(), make_counter()
    for number in range(1, count + 1):
        office.post(request(number))
        counter.post(PaymentRefused(payment=payment(number), field="clock"))
    for _ in range(2000):
        for one, other in ((office, counter), (counter, office)):
            _carry_badly(one.pump(), other, chance)
            one.clock.go_on(0.5)
        if not office.memory.outbox and not counter.memory.outbox:
            break
        if chance.random() < 0.05:
            office.link.go_down()
            office.link.come_back()
    assert office.memory.outbox == counter.memory.outbox == []
    assert sorted(body.payment for body in counter.bodies if isinstance(body, PaymentRequest)) == [
        payment(number) for number in range(1, count + 1)
    ]
    assert len(office.taken) == count
    assert office.troubles == counter.troubles == []


def _carry_badly(sent: list[Sent], to: Side, chance: random.Random) -> None:
    arriving = [one for one in sent if chance.random() < 0.5]
    arriving += [one for one in arriving if chance.random() < 0.3]
    chance.shuffle(arriving)
    carry(arriving, to)


# What does not belong here


def sealed(body: Body, key: signing.SigningKey, counter: str = COUNTER, site: str = SITE) -> bytes:
    side: topics.Sender = "counter" if isinstance(body, Displayed | PaymentRefused) else "office"
    return Sender(side, site, key).seal(body, counter, 1, MORNING).raw


def good() -> bytes:
    return sealed(request(), OFFICE_KEY)


ELSEWHERE = f"quaythu/v1/ba-dinh/{COUNTER}/job"
NEIGHBOUR = f"quaythu/v1/{SITE}/quay-2/job"

RUBBISH: dict[str, tuple[str, bytes, str]] = {
    "no JSON": (JOB, b"\x00\xff\xfe not JSON", "malformed"),
    "nothing": (JOB, b"", "malformed"),
    "JSON, but no message": (JOB, b"[1, 2, 3]", "signature"),
    "nested until it hurts": (JOB, b"[" * 10_000, "malformed"),
    "far too long": (JOB, b"x" * (MAX_BYTES + 1), "oversized"),
    "a stranger's signature": (JOB, sealed(request(), STRANGERS_KEY), "signature"),
    "our own signature": (JOB, sealed(request(), COUNTER_KEY), "signature"),
    "a changed word": (JOB, good().replace(b"35000", b"35001"), "signature"),
    "cut short": (JOB, good()[:-20], "malformed"),
    "meant for another counter": (JOB, sealed(request(), OFFICE_KEY, "quay-2"), "signature"),
    "meant for another site": (JOB, sealed(request(), OFFICE_KEY, COUNTER, "ba-dinh"), "signature"),
    "the neighbour's job, honestly labelled": (NEIGHBOUR, sealed(request(), OFFICE_KEY, "quay-2"), "signature"),
    "another site's job, honestly labelled": (
        ELSEWHERE,
        sealed(request(), OFFICE_KEY, COUNTER, "ba-dinh"),
        "malformed",
    ),
    "on the topic of results": (f"quaythu/v1/{SITE}/{COUNTER}/result", good(), "signature"),
    "on a topic of ours": (EVENT, sealed(PaymentRefused(payment=payment(1), field="clock"), OFFICE_KEY), "malformed"),
    "on no topic of the contract": ("quaythu/v1/elsewhere", good(), "malformed"),
    "on no topic at all": ("", good(), "malformed"),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_what_cannot_be_used_is_said_in_words_and_the_next_one_works(counter: Side, name: str) -> None:
    topic, raw, kind = RUBBISH[name]
    counter.link.deliver(topic, raw)
    [(about, trouble)] = counter.troubles
    assert trouble.kind == kind
    assert 0 < len(trouble.detail) <= 300
    assert about == (topic.split("/")[3] if topic.count("/") > 2 else "")
    assert counter.taken == []
    assert counter.link.unsettled == 0, "the broker may forget it"
    assert counter.off_the_wire() == [], "rubbish is not acknowledged"
    counter.link.deliver(JOB, good())
    assert counter.bodies == [request()]


@given(raw=st.binary(max_size=400), leaf=st.sampled_from(["job", "result", "cmd", "ack", "nonsense"]))
def test_no_bytes_whatever_stop_a_courier(raw: bytes, leaf: str) -> None:
    counter = make_counter()
    counter.link.deliver(f"quaythu/v1/{SITE}/{COUNTER}/{leaf}", raw)
    assert len(counter.troubles) == 1
    assert counter.link.unsettled == 0


def test_the_office_hears_nothing_from_a_counter_that_it_does_not_know(office: Side) -> None:
    stranger = Sender("counter", SITE, STRANGERS_KEY)
    parcel = stranger.seal(PaymentRefused(payment=payment(1), field="clock"), "quay-99", 1, MORNING)
    office.link.deliver(parcel.topic, parcel.raw)
    [(about, trouble)] = office.troubles
    assert (about, trouble.kind) == ("quay-99", "signature")


def test_a_counter_cannot_play_the_office(office: Side) -> None:
    parcel = Sender("office", SITE, COUNTER_KEY).seal(request(), COUNTER, 1, MORNING)
    office.link.deliver(parcel.topic, parcel.raw)
    assert office.taken == []
    assert office.troubles[0][1].kind == "malformed"


# When the receiver cannot


def test_what_could_not_be_kept_is_not_acknowledged_and_comes_again(office: Side, counter: Side) -> None:
    office.post(request())
    counter.is_disk_full = True
    with pytest.raises(OSError, match="disk is full"):
        carry(office.pump(), counter)
    assert counter.link.unsettled == 1, "the broker must not forget it"
    assert counter.off_the_wire() == []
    counter.is_disk_full = False
    office.clock.go_on(1)
    carry(office.pump(), counter)
    assert counter.bodies == [request()]


def test_a_message_is_kept_before_it_is_settled_and_settled_before_anything_else_arrives(counter: Side) -> None:
    order: list[str] = []
    courier = Courier(
        counter.sender,
        lambda _counter: _keys(OFFICE_KEY),
        counter.link,
        counter.memory,
        lambda _envelope: order.append("taken"),
        lambda _counter, _trouble: None,
        counter.clock.now,
    )
    courier.receive(Delivery(JOB, good(), lambda: order.append("settled")))
    assert order == ["taken", "settled"]
    assert len(counter.off_the_wire()) == 1


class Collapsing:
    """A link that breaks between the question and the word."""

    is_up = True

    def publish(self, topic: str, raw: bytes, *, is_retained: bool = False, message: str = "") -> bool:
        return False


def test_what_the_link_would_not_take_does_not_count_as_said(office: Side) -> None:
    office.post(request())
    courier = Courier(
        office.sender,
        lambda _counter: _keys(None),
        Collapsing(),
        office.memory,
        office.taken.append,
        lambda _counter, _trouble: None,
        office.clock.now,
    )
    courier.pump(0)
    assert courier.next_due_s() is None


# What cannot be sealed


def test_what_is_too_large_is_refused_before_it_is_posted() -> None:
    body = Displayed(payment=payment(1), amount=request().amount, payload="x" * MAX_BYTES, painted_at=MORNING)
    with pytest.raises(MessageError, match="oversized"):
        Sender("counter", SITE, COUNTER_KEY).seal(body, COUNTER, 1, MORNING)


def test_nobody_says_what_is_the_others_to_say() -> None:
    with pytest.raises(TopicError, match="counter never sends PaymentRequest"):
        Sender("counter", SITE, COUNTER_KEY).seal(request(), COUNTER, 1, MORNING)


def test_a_parcel_says_what_it_is_and_where_it_goes() -> None:
    parcel = Sender("office", SITE, OFFICE_KEY).seal(request(), COUNTER, 7, at(5))
    assert (parcel.counter, parcel.sequence, parcel.type, parcel.topic) == (COUNTER, 7, "payment_request", JOB)
    envelope = signing.verify(parcel.raw, _keys(OFFICE_KEY), topics.parse(JOB))
    assert (envelope.id, envelope.sequence, envelope.issued_at) == (parcel.message, 7, at(5))
