"""Pure: which message travels on which topic. One table; everything else is derived from it."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from mqtt_schema import messages as m
from mqtt_schema.errors import TopicError

ROOT = "quaythu/v1"

Sender = Literal["office", "counter"]


class Leaf(Enum):
    """The last level of a topic: its sender, and whether the broker keeps the last message."""

    JOB = ("job", "office", False)
    RESULT = ("result", "office", False)
    CMD = ("cmd", "office", False)
    ACK = ("ack", "counter", False)
    EVENT = ("event", "counter", False)
    RECEIPT = ("receipt", "counter", False)
    STATUS = ("status", "counter", True)
    INFO = ("info", "counter", True)

    def __init__(self, word: str, sender: Sender, retained: bool) -> None:
        self.word = word
        self.sender = sender
        self.retained = retained


@dataclass(frozen=True)
class Route:
    """How one type of message travels.

    `awaits_ack`: the sender keeps it until the peer's application acknowledgement.
    `expiry_s`: after so many seconds nobody wants it; a courtesy to the broker, never relied on.
    """

    body: type[m.Frozen]
    leaf: Leaf
    awaits_ack: bool
    expiry_s: int | None = None


QOS = 1

TABLE: tuple[Route, ...] = (
    Route(m.PaymentRequest, Leaf.JOB, awaits_ack=True, expiry_s=1800),
    Route(m.PaymentCancellation, Leaf.JOB, awaits_ack=True),
    Route(m.PaymentParking, Leaf.JOB, awaits_ack=True),
    Route(m.PaymentPreparing, Leaf.JOB, awaits_ack=False, expiry_s=60),
    Route(m.PaymentChecking, Leaf.JOB, awaits_ack=False, expiry_s=60),
    Route(m.PaymentWaived, Leaf.RESULT, awaits_ack=True),
    Route(m.PaymentResult, Leaf.RESULT, awaits_ack=True),
    Route(m.Reprint, Leaf.CMD, awaits_ack=True),
    Route(m.SlipWanted, Leaf.CMD, awaits_ack=True),
    Route(m.SlipRelease, Leaf.CMD, awaits_ack=True),
    Route(m.TrialWanted, Leaf.CMD, awaits_ack=False, expiry_s=60),
    Route(m.DayEndWanted, Leaf.CMD, awaits_ack=False, expiry_s=60),
    Route(m.TimeTold, Leaf.CMD, awaits_ack=False, expiry_s=10),
    Route(m.FleetOrders, Leaf.CMD, awaits_ack=True),
    Route(m.TrafficReport, Leaf.CMD, awaits_ack=False, expiry_s=60),
    Route(m.Cards, Leaf.CMD, awaits_ack=True),
    Route(m.Ack, Leaf.CMD, awaits_ack=False),
    Route(m.Ack, Leaf.ACK, awaits_ack=False),
    Route(m.Displayed, Leaf.EVENT, awaits_ack=True),
    Route(m.PaymentRefused, Leaf.EVENT, awaits_ack=True),
    Route(m.HelpAsked, Leaf.EVENT, awaits_ack=True),
    Route(m.Trouble, Leaf.EVENT, awaits_ack=True),
    Route(m.TimeAsked, Leaf.EVENT, awaits_ack=False, expiry_s=10),
    Route(m.TrafficReport, Leaf.EVENT, awaits_ack=False, expiry_s=60),
    Route(m.ReceiptReport, Leaf.RECEIPT, awaits_ack=True),
    Route(m.SlipReleased, Leaf.RECEIPT, awaits_ack=True),
    Route(m.TrialReport, Leaf.RECEIPT, awaits_ack=True),
    Route(m.CounterStatus, Leaf.STATUS, awaits_ack=False),
    Route(m.CounterInfo, Leaf.INFO, awaits_ack=False),
)


@dataclass(frozen=True)
class Address:
    """A topic, taken apart."""

    site: str
    counter: str
    leaf: Leaf


def route(body: m.Frozen, sender: Sender) -> Route:
    """Find how `body` travels when `sender` says it. Raises `TopicError` when that sender never says it."""
    for row in TABLE:
        if row.body is type(body) and row.leaf.sender == sender:
            return row
    raise TopicError(f"{sender} never sends {type(body).__name__}")


def build(site: str, counter: str, leaf: Leaf) -> str:
    """`quaythu/v1/{site}/{counter}/{leaf}`; `counter` may be "+" in the office's subscriptions."""
    return f"{ROOT}/{site}/{counter}/{leaf.word}"


def parse(topic: str) -> Address:
    """Take a topic apart. Raises `TopicError` when it is not one of ours."""
    parts = topic.split("/")
    words = {leaf.word: leaf for leaf in Leaf}
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT or parts[4] not in words:
        raise TopicError(f"not a topic of the contract: {topic[:100]}")
    return Address(site=parts[2], counter=parts[3], leaf=words[parts[4]])


def carries(leaf: Leaf, body: m.Frozen) -> bool:
    """Say whether this type of message may arrive on this topic."""
    return any(row.leaf is leaf and row.body is type(body) for row in TABLE)


def subscriptions(listener: Sender, site: str, counter: str = "+") -> list[str]:
    """List the topics to hear: exact ones for a counter, one "+" for the office; never overlapping."""
    return [build(site, counter, leaf) for leaf in Leaf if leaf.sender != listener]
