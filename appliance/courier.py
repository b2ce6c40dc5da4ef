"""Carries sealed messages both ways until the peer has them. Publishing is at least once; receiving is exactly once.

An outbox row lives until the peer's own acknowledgement, not the broker's. What arrives is verified, handed on once,
and only then acknowledged. Knows no money and no MQTT library: the link publishes, the mailbox remembers.

Both sides count what they keep (docs/mqtt.md, "Delivery"): what comes with a sequence that was heard, but under an
unknown id, is a replay, or its sender lost its memory. It goes no further and is not acknowledged; a report tells the
sender how far we heard, and a sender who is still there takes numbers beyond that.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from appliance.delivery import Delivery
from appliance.errors import ApplianceError
from appliance.logs import Log
from appliance.post import ARRIVING, Arrival, Mailbox, Parcel, Publisher, Sender, Tally
from appliance.quiet import Quiet
from appliance.traffic import MOST_POISON_BYTES, Poison, highest_told, says_heard
from mqtt_schema import jws, messages, signing, topics
from mqtt_schema.errors import MessageError, SignatureError, TopicError
from mqtt_schema.messages import Ack, Body, Envelope, TimeAsked, TimeTold, TrafficReport, Trouble
from mqtt_schema.types import Instant

__all__ = ["ARRIVING", "Arrival", "Courier", "Delivery", "Mailbox", "Parcel", "Publisher", "Sender", "Tally"]

log = Log()

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0
IN_FLIGHT = 100
"""So many unacknowledged messages to one counter are on their way at once; the rest waits its turn."""

GAP_S = 600.0
"""A gap that is still open after so long is given up: what was in it was taken back, or its sender forgot it."""

ANSWER_EVERY = timedelta(seconds=1)
"""Replays are answered with a report, but no more often."""

REPLAY_AFTER = timedelta(days=30)
"""A kept message that was sealed so long ago is refused, even where nobody remembers its sequence."""

STALE_AFTER = timedelta(minutes=5)
"""What is said once and expires is not believed when it comes so much later: it may have been recorded."""

MOST_ECHOES = 5000
"""So many ids of what is said once are remembered: more than all counters say until it is stale."""

MOST_SEQUENCE = 2**53
"""No honest side has said so much."""


_taken_apart = lru_cache(maxsize=64)(topics.parse)
"""A counter hears three topics, and to take one apart costs 0.05 ms of those that a citizen waits."""


class UnusableError(ApplianceError, ValueError):
    """A verified message that must not be taken."""


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
        tally: Tally | None = None,
    ) -> None:
        """`keys_of(counter)` gives whom to believe on that counter's topics.

        `take` commits what a message says together with its id; `refuse` is told of what cannot be used, by counter,
        but at most once a minute for each kind. Without a `tally` nothing is counted and nothing set aside.
        """
        self._sender = sender
        self._peer: topics.Sender = "counter" if sender.side == "office" else "office"
        self._keys_of = keys_of
        self._link = link
        self._mailbox = mailbox
        self._take = take
        self._refuse = refuse
        self._now = now
        self._tally = tally
        self._flights: dict[str, _Flight] = {}
        self._passed: dict[str, None] = {}
        self._quiet = Quiet()
        self._answered_at: dict[str, Instant] = {}
        self._suspects: set[str] = set()
        self._gaps: dict[str, float | None] = {}

    def receive(self, delivery: Delivery) -> None:
        """Deal with one delivery: verify, hand on once, settle, acknowledge. Never raises for what it says.

        Raises what the memory raises (`OSError` for a disk that is full): then nothing is settled.
        """
        try:
            address = self._address(delivery.topic)
            envelope = signing.verify(delivery.raw, self._keys_of(address.counter), address)
        except (TopicError, SignatureError, MessageError) as error:
            self._put_aside(delivery, _counter_of(delivery.topic), _trouble(error))
        else:
            self._receive_or_put_aside(delivery, envelope)
        delivery.settle()

    def _receive_or_put_aside(self, delivery: Delivery, envelope: Envelope) -> None:
        arriving = ARRIVING.set(Arrival(envelope.id, envelope.counter, envelope.sequence, delivery.is_retained))
        try:
            self._receive(envelope)
        except UnusableError as error:
            self._put_aside(delivery, envelope.counter, Trouble(kind="unexpected", detail=str(error)[:300]))
        except OSError:
            raise
        except Exception as error:
            if self._tally is None:
                raise
            # Our own mistake. It is not acknowledged, so it comes again, to a version without the mistake perhaps.
            log.exception("take", counter=envelope.counter, type=envelope.body.type, message=envelope.id)
            broke = f"{envelope.body.type} {envelope.id} could not be taken: {error!r}"
            self._put_aside(delivery, envelope.counter, Trouble(kind="unexpected", detail=broke[:300]))
        finally:
            ARRIVING.reset(arriving)

    def _put_aside(self, delivery: Delivery, counter: str, trouble: Trouble) -> None:
        """Keep it for a technician and say so; not each of a thousand."""
        at = self._now()
        unsaid = self._quiet.let_through((counter, trouble.kind), at)
        if unsaid is None:
            return
        if unsaid:
            said = f"{trouble.detail[:260]} (and {unsaid} more before)"
            trouble = trouble.model_copy(update={"detail": said})
        if self._tally is not None:
            reason = f"{trouble.kind}: {trouble.detail}"
            self._tally.set_aside(Poison(counter[:48], at, reason, delivery.raw[:MOST_POISON_BYTES]))
        self._refuse(counter, trouble)

    def _address(self, topic: str) -> topics.Address:
        """Where it arrived. Raises `TopicError` where we do not listen, whatever a broker may hand out."""
        address = _taken_apart(topic)
        if address.leaf.sender != self._peer or address.site != self._sender.site:
            raise TopicError(f"nobody at {self._sender.site} listens here: {topic[:100]}")
        return address

    def _receive(self, envelope: Envelope) -> None:
        if isinstance(envelope.body, Ack):
            self._flights.pop(envelope.body.message, None)
            self._suspects.discard(envelope.body.message)
            self._mailbox.acknowledge(envelope.body.message, envelope.counter)
            return
        if isinstance(envelope.body, TrafficReport):
            self._hear_report(envelope.counter, envelope.body)
            return
        route = topics.route(envelope.body, self._peer)
        if not route.awaits_ack:
            if not self._is_stale(envelope, route) and not self._is_echo(envelope, route):
                self._take(envelope)
                self._note_passed(envelope, route)
            return
        if self._mailbox.has_received(envelope.id):
            self._count_again(envelope)
        elif self._is_replay(envelope):
            return
        else:
            self._take(envelope)
        self._say(Ack(message=envelope.id), envelope.counter)

    def _is_stale(self, envelope: Envelope, route: topics.Route) -> bool:
        """Whether it expired long ago. What tells or asks the time is bound by its nonce instead."""
        if route.expiry_s is None or isinstance(envelope.body, TimeTold | TimeAsked):
            return False
        is_stale = self._now() - envelope.issued_at > STALE_AFTER + timedelta(seconds=route.expiry_s)
        if is_stale:
            log.warning("stale", counter=envelope.counter, type=envelope.body.type)
        return is_stale

    def _is_echo(self, envelope: Envelope, route: topics.Route) -> bool:
        """Whether this very word, said once and kept by nobody, came before, as far back as it is not stale."""
        is_echo = route.expiry_s is not None and envelope.id in self._passed
        if is_echo:
            log.warning("echo", counter=envelope.counter, type=envelope.body.type)
        return is_echo

    def _note_passed(self, envelope: Envelope, route: topics.Route) -> None:
        if route.expiry_s is not None:
            self._passed[envelope.id] = None
        if len(self._passed) > MOST_ECHOES:
            del self._passed[next(iter(self._passed))]

    def _is_replay(self, envelope: Envelope) -> bool:
        """Whether somebody else has said something with this sequence. Raises `UnusableError` for what is too old."""
        if self._now() - envelope.issued_at > REPLAY_AFTER:
            since = f"{envelope.body.type} {envelope.id} of {envelope.issued_at:%Y-%m-%d}"
            raise UnusableError(f"{since} is too old to be believed. Look at the clocks of both sides")
        if self._tally is None:
            return False
        traffic = self._tally.traffic(envelope.counter)
        if envelope.sequence > traffic.heard + 1:
            self._gaps.setdefault(envelope.counter, None)
        if envelope.sequence == 0 or not traffic.has(envelope.sequence):
            return False
        while envelope.sequence > self._tally.traffic(envelope.counter).heard:
            # A report cannot tell what arrived behind the last gap; its sender has to hear of this one.
            self._tally.give_up_gap(envelope.counter)
        self._answer(envelope.counter, "replay", envelope.sequence)
        return True

    def _answer(self, counter: str, why: str, sequence: int) -> None:
        """An honest sender who lost its memory hears how far we are; whoever plays back hears nothing new."""
        at = self._now()
        before = self._answered_at.get(counter)
        if before is None or not timedelta(0) <= at - before < ANSWER_EVERY:
            self._answered_at[counter] = at
            log.warning(why, counter=counter, sequence=sequence)
            self.report(counter)

    def _count_again(self, envelope: Envelope) -> None:
        tally = self._tally
        if tally and envelope.sequence and not tally.traffic(envelope.counter).has(envelope.sequence):
            tally.hear_again(envelope.counter, envelope.sequence)

    # Reports

    def report(self, counter: str) -> None:
        """Tell this counter (or the office, about it) what was heard and said; after every connect."""
        if self._tally is None:
            return
        traffic = self._tally.traffic(counter)
        missing = traffic.missing
        if missing:
            self._gaps.setdefault(counter, None)
        self._say(TrafficReport(heard=traffic.heard, missing=missing, said=self._tally.said(counter)), counter)

    def _hear_report(self, counter: str, report: TrafficReport) -> None:
        if self._tally is None or highest_told(report) > MOST_SEQUENCE:
            return
        posted = [parcel for parcel in self._mailbox.posted() if parcel.counter == counter]
        heard = [parcel.message for parcel in posted if says_heard(report, parcel.sequence)]
        if highest_told(report) > self._tally.said(counter) or not self._suspects.isdisjoint(heard):
            self._renumber(self._tally, counter, highest_told(report), posted)
        else:
            # An acknowledgement may have been lost: said again, it comes again. If not, these are other messages.
            self._suspects.update(heard)
            self._make_due(parcel for parcel in posted if parcel.message in heard or parcel.sequence in report.missing)
        if gone := set(report.missing) - {parcel.sequence for parcel in posted}:
            log.info("gap", counter=counter, count=len(gone), first=min(gone), last=max(gone))
        if report.said < self._tally.traffic(counter).highest:
            self._answer(counter, "peer_forgot", report.said)

    def _renumber(self, tally: Tally, counter: str, beyond: int, posted: list[Parcel]) -> None:
        """The peer has heard our sequences from a self that we have forgotten: go on where that one ended."""
        count = tally.renumber(counter, beyond, self._sender.reseal)
        log.warning("renumbered", counter=counter, beyond=beyond, count=count)
        self._suspects -= {parcel.message for parcel in posted}
        self._make_due(posted)

    def _make_due(self, parcels: Iterable[Parcel]) -> None:
        for parcel in parcels:
            self._flights.pop(parcel.message, None)

    def _give_up_gaps(self, at_s: float) -> None:
        for counter, since_s in list(self._gaps.items()):
            if since_s is None:
                self._gaps[counter] = at_s
            elif self._tally is not None and at_s - since_s >= GAP_S:
                del self._gaps[counter]
                self._give_up_gap(self._tally, counter)

    def _give_up_gap(self, tally: Tally, counter: str) -> None:
        missing = tally.traffic(counter).missing
        if not missing:
            return
        log.warning("gap", counter=counter, first=missing[0])
        tally.give_up_gap(counter)
        if tally.traffic(counter).missing:
            self._gaps[counter] = None

    def say(self, body: Body, counter: str) -> None:
        """Say something that nobody need keep: status, acknowledgements. Lost when the link is down."""
        self._say(body, counter)

    def _say(self, body: Body, counter: str) -> None:
        parcel = self._sender.seal(body, counter, 0, self._now())
        is_retained = topics.route(body, self._sender.side).leaf.retained
        self._link.publish(parcel.topic, parcel.raw, is_retained=is_retained)

    def pump(self, at_s: float) -> None:
        """Publish what is due: new parcels at once, unacknowledged ones again with growing patience."""
        self._give_up_gaps(at_s)
        if not self._link.is_up:
            return
        posted = list(self._in_turn(self._mailbox.posted()))
        wanted = {parcel.message for parcel in posted}
        self._flights = {message: flight for message, flight in self._flights.items() if message in wanted}
        for parcel in posted:
            self._send_if_due(parcel, at_s)

    def _send_if_due(self, parcel: Parcel, at_s: float) -> None:
        flight = self._flights.get(parcel.message)
        if flight is not None and at_s < flight.due_s:
            return
        # What was sealed before our key was changed would not be believed any more.
        raw = signing.renewed(parcel.raw, self._sender.key)
        if not self._link.publish(parcel.topic, raw, message=parcel.message):
            return
        wait_s = FIRST_RETRY_S if flight is None else min(flight.wait_s * 2, LAST_RETRY_S)
        self._flights[parcel.message] = _Flight(at_s + wait_s, wait_s)

    def _in_turn(self, posted: list[Parcel]) -> Iterator[Parcel]:
        """The first of each counter, so that one that is away for long holds up nobody else.

        Where not all have room, what no peer believes any more takes nobody's place. It stays in the outbox, for
        somebody to see, and for a clock that is set right.
        """
        waiting = Counter(parcel.counter for parcel in posted)
        taken: Counter[str] = Counter()
        too_old = self._now() - REPLAY_AFTER
        for parcel in posted:
            if waiting[parcel.counter] > IN_FLIGHT and _sealed_at(parcel.raw) < too_old:
                continue
            taken[parcel.counter] += 1
            if taken[parcel.counter] <= IN_FLIGHT:
                yield parcel

    def forget_flights(self) -> None:
        """Begin again: after a reconnect, or when a peer came back, everything unacknowledged is due at once."""
        self._flights.clear()

    def next_due_s(self) -> float | None:
        """When the next repetition is due, in monotonic seconds, or None."""
        return min((flight.due_s for flight in self._flights.values()), default=None)


@lru_cache(maxsize=2048)
def _sealed_at(raw: bytes) -> Instant:
    """When a message of ours was sealed."""
    return messages.load(jws.peek(raw).payload).issued_at


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
