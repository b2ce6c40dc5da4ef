"""Carries sealed messages both ways until the peer has them. Publishing is at least once; receiving is exactly once.

An outbox row lives until the peer's own acknowledgement, not the broker's. What arrives is verified, handed on once,
and only then acknowledged. Knows no money and no MQTT library: the link publishes, the mailbox remembers.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from appliance.delivery import Delivery
from mqtt_schema import signing, topics
from mqtt_schema.errors import MessageError, SignatureError, TopicError
from mqtt_schema.messages import Ack, Body, Envelope, Trouble
from mqtt_schema.types import Instant

__all__ = ["Courier", "Delivery", "Mailbox", "Parcel", "Publisher", "Sender"]

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0
IN_FLIGHT = 100
"""So many unacknowledged messages to one counter are on their way at once; the rest waits its turn."""


@dataclass(frozen=True)
class Parcel:
    """A sealed message and where it goes."""

    message: str
    counter: str
    sequence: int
    type: str
    topic: str
    raw: bytes


@dataclass(frozen=True)
class Sender:
    """Who seals: which side of the contract, at which site, with which key."""

    side: topics.Sender
    site: str
    key: signing.SigningKey

    def seal(self, body: Body, counter: str, sequence: int, at: Instant) -> Parcel:
        """Put a body into a signed envelope. Raises `MessageError` when it is too large, `TopicError` if not ours."""
        route = topics.route(body, self.side)
        envelope = Envelope(id=uuid4().hex, site=self.site, counter=counter, sequence=sequence, issued_at=at, body=body)
        raw = signing.sign(envelope, self.key)
        topic = topics.build(self.site, counter, route.leaf)
        return Parcel(envelope.id, counter, sequence, body.type, topic, raw)


class Publisher(Protocol):
    """What the courier needs of a link."""

    @property
    def is_up(self) -> bool:
        """Whether the broker is there."""

    def publish(self, topic: str, raw: bytes, *, is_retained: bool = False, message: str = "") -> bool:
        """Hand bytes to the broker; False when it is not there."""


class Mailbox(Protocol):
    """What the courier needs of a memory."""

    def posted(self) -> list[Parcel]:
        """What the peer has not acknowledged yet, oldest first."""

    def has_received(self, message: str) -> bool:
        """Whether this message was dealt with before."""

    def acknowledge(self, message: str, counter: str) -> None:
        """The peer has this message."""


@dataclass
class _Flight:
    due_s: float
    wait_s: float


class Courier:
    """One side's traffic. Not thread-safe: one thread receives and pumps."""

    def __init__(
        self,
        sender: Sender,
        keys_of: Callable[[str], signing.VerifyingKeys],
        link: Publisher,
        mailbox: Mailbox,
        take: Callable[[Envelope], None],
        refuse: Callable[[str, Trouble], None],
        now: Callable[[], Instant],
    ) -> None:
        """`keys_of(counter)` gives whom to believe on that counter's topics.

        `take` commits what a message says together with its id; `refuse` is told of what cannot be used, by counter.
        """
        self._sender = sender
        self._peer: topics.Sender = "counter" if sender.side == "office" else "office"
        self._keys_of = keys_of
        self._link = link
        self._mailbox = mailbox
        self._take = take
        self._refuse = refuse
        self._now = now
        self._flights: dict[str, _Flight] = {}

    def receive(self, delivery: Delivery) -> None:
        """Deal with one delivery: verify, hand on once, settle, acknowledge. Never raises for what it says."""
        try:
            address = self._address(delivery.topic)
            envelope = signing.verify(delivery.raw, self._keys_of(address.counter), address)
        except (TopicError, SignatureError, MessageError) as error:
            self._refuse(_counter_of(delivery.topic), _trouble(error))
            delivery.settle()
            return
        self._receive(envelope)
        delivery.settle()

    def _address(self, topic: str) -> topics.Address:
        """Where it arrived. Raises `TopicError` where we do not listen, whatever a broker may hand out."""
        address = topics.parse(topic)
        if address.leaf.sender != self._peer or address.site != self._sender.site:
            raise TopicError(f"nobody at {self._sender.site} listens here: {topic[:100]}")
        return address

    def _receive(self, envelope: Envelope) -> None:
        if isinstance(envelope.body, Ack):
            self._flights.pop(envelope.body.message, None)
            self._mailbox.acknowledge(envelope.body.message, envelope.counter)
            return
        if not topics.route(envelope.body, self._peer).awaits_ack:
            self._take(envelope)
            return
        if not self._mailbox.has_received(envelope.id):
            self._take(envelope)
        self._say(Ack(message=envelope.id), envelope.counter)

    def say(self, body: Body, counter: str) -> None:
        """Say something that nobody need keep: status, acknowledgements. Lost when the link is down."""
        self._say(body, counter)

    def _say(self, body: Body, counter: str) -> None:
        parcel = self._sender.seal(body, counter, 0, self._now())
        is_retained = topics.route(body, self._sender.side).leaf.retained
        self._link.publish(parcel.topic, parcel.raw, is_retained=is_retained)

    def pump(self, at_s: float) -> None:
        """Publish what is due: new parcels at once, unacknowledged ones again with growing patience."""
        if not self._link.is_up:
            return
        posted = list(_in_turn(self._mailbox.posted()))
        wanted = {parcel.message for parcel in posted}
        self._flights = {message: flight for message, flight in self._flights.items() if message in wanted}
        for parcel in posted:
            self._send_if_due(parcel, at_s)

    def _send_if_due(self, parcel: Parcel, at_s: float) -> None:
        flight = self._flights.get(parcel.message)
        if flight is not None and at_s < flight.due_s:
            return
        if not self._link.publish(parcel.topic, parcel.raw, message=parcel.message):
            return
        wait_s = FIRST_RETRY_S if flight is None else min(flight.wait_s * 2, LAST_RETRY_S)
        self._flights[parcel.message] = _Flight(at_s + wait_s, wait_s)

    def forget_flights(self) -> None:
        """Begin again: after a reconnect, or when a peer came back, everything unacknowledged is due at once."""
        self._flights.clear()

    def next_due_s(self) -> float | None:
        """When the next repetition is due, in monotonic seconds, or None."""
        return min((flight.due_s for flight in self._flights.values()), default=None)


def _in_turn(posted: Iterable[Parcel]) -> Iterator[Parcel]:
    """The first of each counter, so that one that is away for long holds up nobody else."""
    taken: Counter[str] = Counter()
    for parcel in posted:
        taken[parcel.counter] += 1
        if taken[parcel.counter] <= IN_FLIGHT:
            yield parcel


def _counter_of(topic: str) -> str:
    parts = topic.split("/")
    return parts[3] if len(parts) > 3 else ""


def _trouble(error: Exception) -> Trouble:
    text = str(error)[:300]
    if isinstance(error, SignatureError):
        return Trouble(kind="signature", detail=text)
    if text.startswith("oversized"):
        return Trouble(kind="oversized", detail=text)
    return Trouble(kind="malformed", detail=text)
