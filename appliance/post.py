"""What a courier carries, and what it needs of a link and of a memory. Sends nothing and remembers nothing."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from appliance.traffic import Poison, Traffic
from mqtt_schema import jws, messages, signing, topics
from mqtt_schema.messages import Body, Envelope
from mqtt_schema.types import Instant


@dataclass(frozen=True)
class Arrival:
    """The message that is being taken right now, as its receiver's memory and presence need to know it."""

    message: str
    counter: str
    sequence: int
    is_retained: bool


ARRIVING: ContextVar[Arrival | None] = ContextVar("arriving", default=None)
"""Whoever writes an arriving message's id into an inbox writes its sequence beside it, in the same transaction."""


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

    def reseal(self, parcel: Parcel, sequence: int) -> Parcel:
        """The same message under another sequence, for a peer who has heard the old one from somebody else."""
        envelope = messages.load(jws.peek(parcel.raw).payload).model_copy(update={"sequence": sequence})
        raw = signing.sign(envelope, self.key)
        return Parcel(parcel.message, parcel.counter, sequence, parcel.type, parcel.topic, raw)


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


class Tally(Protocol):
    """What the courier needs of a memory that counts. `receive`d ids are counted there, by `ARRIVING`."""

    def traffic(self, counter: str) -> Traffic:
        """What was heard on a counter's topics."""

    def hear_again(self, counter: str, sequence: int) -> None:
        """A message that was dealt with before came under another sequence."""

    def give_up_gap(self, counter: str) -> None:
        """Wait no longer for what is missing first."""

    def said(self, counter: str) -> int:
        """The last sequence that we gave to a message for this counter; 0 for none."""

    def renumber(self, counter: str, beyond: int, reseal: Callable[[Parcel, int], Parcel]) -> int:
        """Give everything that this counter has not acknowledged a sequence beyond this one, in the same order.

        Returns how many there were.
        """

    def set_aside(self, poison: Poison) -> None:
        """Keep what could not be used for a technician; the newest `MOST_POISON`."""
