"""Between the link and the session of a counter: knows the time, knows whom to believe, and lets messages in.

What depends on the time waits until the office has told it, which takes a few milliseconds after every start, and again
when the office speaks as if its clock had been set; nothing is lost by waiting, since nothing is acknowledged. Belongs
to the counter's own thread. Decides nothing about payments.
"""

from collections import deque
from collections.abc import Callable

from appliance.clock import OfficeTime
from appliance.counter.events import FleetFollowed, TimeLearned, Unusable
from appliance.delivery import Delivery
from appliance.errors import ApplianceError
from appliance.logs import Log
from appliance.runner import Runner
from appliance.timekeeping import STEP_S
from appliance.trust import Trust
from mqtt_schema import signing
from mqtt_schema.errors import ContractError, MessageError
from mqtt_schema.fleet import FleetDocument
from mqtt_schema.messages import Envelope, FleetOrders, TimeAsked, TimeTold, Trouble

log = Log()

FIRST = (b"time_told", b"fleet_orders")
"""What need not wait for the time: it brings it, or those who may tell it."""


class NotYetError(ApplianceError, BlockingIOError):
    """The time has to be asked for first: the same message once more, after the answer."""


class Gate:
    """The gate of one counter."""

    def __init__(
        self,
        counter: str,
        clock: OfficeTime,
        trust: Trust,
        runner: Runner,
        ask: Callable[[TimeAsked], None],
        followed: Callable[[], None],
    ) -> None:
        """`ask` sends a question at once; `followed` is called when another document of the fleet counts."""
        self._counter = counter
        self._clock = clock
        self._trust = trust
        self._runner = runner
        self._ask = ask
        self._followed = followed
        self._is_up = False
        self._waiting: deque[Delivery] = deque()
        self._read: Callable[[Delivery], None] = _nowhere
        self.trouble = trust.trouble

    def open(self, read: Callable[[Delivery], None]) -> None:
        """Let messages in: `read` verifies one and brings it back to `take`."""
        self._read = read

    def recover(self) -> None:
        """Take up the session where its journal ended, and the document that was kept."""
        begun = self._runner.recover(self._clock.now(), self._clock.known)
        self._clock.go_on_from(begun, self._runner.session.known_at)
        document = self._trust.document
        if document is not None and document.serial != self._runner.session.fleet_serial:
            # Between keeping it and saying so in the journal the power failed.
            self._follow(document, is_key_revoked=bool(document.revoked))

    def connected(self, *, is_up: bool) -> None:
        """The link came or went. What waits belongs to a connection that is over: it comes again."""
        self._is_up = is_up
        self._waiting.clear()
        if is_up:
            self._clock.connected()
            self._ask(self._clock.ask())

    def receive(self, delivery: Delivery) -> None:
        """Let a message in, now or when the time is known."""
        is_first = any(word in delivery.raw for word in FIRST)
        if not is_first and (self._is_asking or self._waiting):
            self._waiting.append(delivery)
        else:
            self._admit(delivery)

    def turn(self) -> None:
        """Ask again when it is due; notice when the time is not known any more; let in what waited for it."""
        self._ask_if_due(is_nudged=False)
        self._learn(0.0)
        while self._waiting and not self._is_asking:
            delivery = self._waiting.popleft()
            try:
                self._admit(delivery)
            except Exception:
                # Anything at all: what one message did wrong must not end the counter for the next one.
                log.exception("delivery", topic=delivery.topic)

    def keys_of(self, counter: str) -> signing.VerifyingKeys:
        """A broker may hand out what was meant for a neighbour: here nobody is believed on such a topic."""
        if counter != self._counter:
            return signing.VerifyingKeys({})
        return self._trust.keys(self._clock.trusted_now, self._clock.certain_past)

    def take(self, envelope: Envelope) -> None:
        """Take a verified message of the office: what is not for the session is for us.

        Raises `NotYetError` when it makes the time doubtful; then nobody has taken it.
        """
        if not isinstance(envelope.body, TimeTold):
            self._ask_if_due(is_nudged=True)
        match envelope.body:
            case TimeTold() as told:
                self._learn(self._clock.hear(told))
            case FleetOrders(document=document):
                self._take_orders(document, envelope.id)
            case _:
                self._doubt(envelope)
                self._runner.take(envelope, self._clock.now())

    def _doubt(self, envelope: Envelope) -> None:
        """The office's clock may have been set: ask before what it says is held against the old time."""
        was_doubted = self._clock.is_doubted
        if not self._clock.doubt(envelope.issued_at):
            return
        if not was_doubted:
            log.info("time_doubted", issued_at=envelope.issued_at.isoformat(), message=envelope.id)
            self._ask(self._clock.ask())
        raise NotYetError(f"the office speaks of {envelope.issued_at:%H:%M:%S}. Ask it for the time first")

    def _ask_if_due(self, *, is_nudged: bool) -> None:
        if self._is_up and self._clock.is_due(is_nudged=is_nudged):
            self._ask(self._clock.ask())

    @property
    def _is_asking(self) -> bool:
        return self._runner.session.time == "asked" or self._clock.is_doubted

    def _admit(self, delivery: Delivery) -> None:
        if adoption := self._trust.glean(delivery.raw):
            self._follow(adoption.document, is_key_revoked=bool(adoption.revoked))
        try:
            self._read(delivery)
        except NotYetError:
            self._waiting.appendleft(delivery)

    def _learn(self, step_s: float) -> None:
        known = self._clock.known
        if known == self._runner.session.time and abs(step_s) <= STEP_S:
            return
        log.info("time", time=known, step_s=round(step_s, 3))
        self._runner.step(TimeLearned(self._clock.now(), known, step_s))

    def _take_orders(self, text: str, message: str) -> None:
        """A document, whoever carried it. Also a bad one is acknowledged: it will be no better the next time."""
        try:
            adoption = self._trust.adopt(text)
        except ContractError as error:
            trouble = Trouble(
                kind="malformed" if isinstance(error, MessageError) else "signature", detail=str(error)[:300]
            )
            self.trouble = f"{trouble.kind}: {trouble.detail}"
            self._runner.step(Unusable(self._clock.now(), trouble), message)
            return
        document = self._trust.document
        if document is not None:
            self._follow(document, is_key_revoked=bool(adoption and adoption.revoked), message=message)

    def _follow(self, document: FleetDocument, *, is_key_revoked: bool, message: str | None = None) -> None:
        event = FleetFollowed(self._clock.now(), document.serial, document.beneficiaries, is_key_revoked)
        self._runner.step(event, message)
        self.trouble = self._trust.trouble
        self._followed()


def _nowhere(_delivery: Delivery) -> None:
    """Before `open`: lost, and unsettled, so that it comes again."""
