"""The office as a program: puts the parts together and runs them. Composition only; no rule stands here.

uvicorn has the main thread; the link has the MQTT library's; one more, the *post room*, deals with everything that is
not a request: what counters say, what lies ready to be booked, what time brings, what the portal has to hear. A post to
the portal has a thread as long as it lasts.
"""

import asyncio
import queue
import socket
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from appliance.clock import Clock, SystemClock
from appliance.courier import Courier, Delivery, Parcel, Sender
from appliance.link import Link, Listener
from appliance.logs import Log
from appliance.office import tables
from appliance.office.calls import Calls
from appliance.office.cards import CardRack
from appliance.office.carrier import Carrier
from appliance.office.cashier import Cashier
from appliance.office.desk.changes import Changes
from appliance.office.hearing import Hearing
from appliance.office.http import Parts, create_app
from appliance.office.intake import Intake
from appliance.office.ledger import Books, Ledger, Reading
from appliance.office.notification import sepay
from appliance.office.paper import Paper
from appliance.office.patience import PatientHttp
from appliance.office.till import Till
from appliance.sd_notify import Notifier
from appliance.settings import OfficeSettings, Portal, Sepay
from appliance.traffic import Poison, Traffic
from mqtt_schema import signing, topics
from mqtt_schema.messages import Body

log = Log()

TURN_S = 0.25
PORTAL_RETRY_S = 5.0
PORTAL_ANSWERS_WITHIN_S = 10.0
"""From the first word to the last of its answer."""
SERVES_WITHIN_S = 5.0
"""The watchdog hears of us only while all three loops turn: the post room's, uvicorn's and the link's."""


class LedgerMailbox:
    """The ledger, seen as the courier's mailbox."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._posted = Reading(ledger, Books.posted, tables.outbox)

    def posted(self) -> list[Parcel]:
        """What counters have not acknowledged yet."""
        return list(self._posted.now())

    def has_received(self, message: str) -> bool:
        """Whether this message was dealt with before."""
        with self._ledger.glance() as books:
            return books.has_received(message)

    def acknowledge(self, message: str, counter: str) -> None:
        """A counter has this message; should we forget that, it is sent again and comes back."""
        with self._ledger.write_lightly() as books:
            books.acknowledge(message, counter)

    # And as its tally (`courier.Tally`)

    def traffic(self, counter: str) -> Traffic:
        """What was heard of a counter."""
        with self._ledger.glance() as books:
            return books.traffic(counter)

    def hear_again(self, counter: str, sequence: int) -> None:
        """A message that was dealt with before came under another sequence."""
        with self._ledger.write() as books:
            books.hear_sequence(counter, sequence)

    def give_up_gap(self, counter: str) -> None:
        """Wait no longer for what is missing first."""
        with self._ledger.write() as books:
            books.give_up_gap(counter)

    def said(self, counter: str) -> int:
        """The last sequence that was given to a message for this counter."""
        with self._ledger.glance() as books:
            return books.said(counter)

    def renumber(self, counter: str, beyond: int, reseal: Callable[[Parcel, int], Parcel]) -> int:
        """Give what this counter has not acknowledged sequences beyond this one."""
        with self._ledger.write() as books:
            return books.renumber(counter, beyond, reseal)

    def set_aside(self, poison: Poison) -> None:
        """Keep what could not be used for a technician."""
        with self._ledger.write() as books:
            books.set_aside(poison)


class PostRoom:
    """The thread for everything that is not a request. `post` gives it work from any other thread."""

    def __init__(self, turn: Callable[[], None]) -> None:
        """`turn` is done after each piece of work, and every `TURN_S` without any."""
        self._turn = turn
        self._inputs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="post-room", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued, then end."""
        self._inputs.put(None)
        self._thread.join(timeout=10)

    def post(self, work: Callable[[], None]) -> None:
        """Queue a piece of work; returns at once."""
        self._inputs.put(work)

    def _work(self) -> None:
        while True:
            try:
                work = self._inputs.get(timeout=TURN_S)
            except queue.Empty:
                work = _nothing
            if work is None:
                return
            for task in (work, self._turn):
                _guarded(task)


class PortalPost:
    """Tells the portal what it has to hear, until it answers 2xx. What it refuses lets the other payments go first.

    Each post has a thread of its own: a portal that drips its answer must hold up no counter. How it ended is for the
    post room again, which alone uses the ledger: what comes when that has ended goes unheard, and is said once more
    after the next start.
    """

    def __init__(
        self,
        ledger: Ledger,
        portal: Portal,
        clock: Clock,
        hand_over: Callable[[Callable[[], None]], None],
        answers_within_s: float = PORTAL_ANSWERS_WITHIN_S,
    ) -> None:
        """`hand_over` gives the post room work, from any thread."""
        token = portal.token_file.read_text("utf-8").strip()
        self._ledger = ledger
        self._url = portal.url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._trusted = httpx.create_ssl_context()
        self._clock = clock
        self._hand_over = hand_over
        self._answers_within_s = answers_within_s
        self._is_posting = False
        self._not_before_s = float("-inf")
        self._callbacks = Reading(ledger, Books.callbacks, tables.callback)
        self._refusals: Counter[str] = Counter()
        """By payment: two words about one keep their order."""

    def pump(self) -> None:
        """Post what is due, one after the other. A portal that does not answer is left in peace for a while."""
        if self._is_posting or self._clock.monotonic_s() < self._not_before_s:
            return
        waiting = self._callbacks.now()
        if waiting:
            callback_id, body = min(waiting, key=lambda due: self._refusals[due[1]["payment"]])
            threading.Thread(target=self._post, args=(callback_id, dict(body)), name="portal", daemon=True).start()
            self._is_posting = True

    def _post(self, callback_id: int, body: dict[str, Any]) -> None:
        trouble: Exception | None = None
        try:
            asyncio.run(self._say(body))
        except Exception as error:
            # Whatever it was: if the post room did not hear of it, it would never post again.
            trouble = error
        self._hand_over(lambda: self._ended(callback_id, body["payment"], trouble))

    async def _say(self, body: dict[str, Any]) -> None:
        # The library's own patience begins anew with every byte.
        async with (
            asyncio.timeout(self._answers_within_s),
            httpx.AsyncClient(headers=self._headers, timeout=self._answers_within_s, verify=self._trusted) as client,
        ):
            answer = await client.post(self._url, json=body)
            answer.raise_for_status()

    def _ended(self, callback_id: int, payment: str, trouble: Exception | None) -> None:
        self._is_posting = False
        if trouble is not None:
            log.warning("portal", payment=payment, error=str(trouble) or type(trouble).__name__)
            self._refusals[payment] += isinstance(trouble, httpx.HTTPStatusError)
            self._not_before_s = self._clock.monotonic_s() + PORTAL_RETRY_S
            return
        del self._refusals[payment]
        with self._ledger.write() as books:
            books.called_back(callback_id)


class Office:
    """One office, running."""

    def __init__(self, settings: OfficeSettings, clock: Clock | None = None) -> None:
        """Open the ledger and read the keys. Raises `OSError`, `SignatureError`, or the database's error."""
        self._settings = settings
        self._clock = clock or SystemClock()
        self._notifier = Notifier()
        self._ledger = Ledger(settings.database)
        self._changes = Changes()
        key = signing.read_private(settings.signing_key_file.read_text("utf-8"))
        carrier = Carrier(settings, key, self._clock.now())
        sender = Sender("office", settings.site, key)
        till = Till(settings, sender, self._say_soon)
        shared = (self._ledger, settings, till, self._clock, self._changed)
        self._cashier, self._cards, self._paper = Cashier(*shared), CardRack(*shared), Paper(*shared)
        self._hearing = Hearing(*shared, met=self._meet, carrier=carrier)
        self._calls = Calls(self._ledger, self._clock, self._changed)
        self._post_room = PostRoom(self._turn)
        self._intake = Intake(self._ledger, self._cashier, _proof(settings.sepay), self._clock, self._book_soon)
        portal, hand_over = settings.portal, self._post_room.post
        self._portal = PortalPost(self._ledger, portal, self._clock, hand_over) if portal else None
        self._served_at_s = self._clock.monotonic_s()
        self._keys = {counter.id: signing.read_public([counter.key]) for counter in settings.counters}
        self._link = Link(
            settings.broker,
            f"office-{settings.site}",
            topics.subscriptions("office", settings.site),
            Listener(self._delivered, self._link_changed, self._published),
        )
        nobody, mailbox = signing.read_public([]), LedgerMailbox(self._ledger)
        self._courier = Courier(
            sender,
            lambda counter: self._keys.get(counter, nobody),
            self._link,
            mailbox,
            self._hearing.take,
            self._hearing.refuse,
            self._clock.now,
            tally=mailbox,
        )

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        parts = Parts(
            settings=self._settings,
            ledger=self._ledger,
            cashier=self._cashier,
            calls=self._calls,
            cards=self._cards,
            paper=self._paper,
            intake=self._intake,
            clock=self._clock,
            changes=self._changes,
        )
        config = uvicorn.Config(
            create_app(parts),
            host=self._settings.host,
            port=self._settings.port,
            log_level="warning",
            http=PatientHttp,
            # An open event stream would hold the end up for ever.
            timeout_graceful_shutdown=1,
        )
        server = _Server(config, self._notifier.ready, self._served, self._changes.close)
        self._book_soon()
        self._post_room.start()
        self._link.start()
        log.info("office", url=f"http://{self._settings.host}:{self._settings.port}/")
        try:
            server.run()
        finally:
            self._notifier.stopping()
            self._link.stop()
            self._post_room.stop()
            self._ledger.close()

    def _turn(self) -> None:
        self._cashier.tick()
        self._intake.book_again()
        self._hearing.tick()
        self._courier.pump(self._clock.monotonic_s())
        if self._portal is not None:
            self._portal.pump()
        if not self._link.is_lost and self._clock.monotonic_s() - self._served_at_s < SERVES_WITHIN_S:
            self._notifier.watchdog()

    def _served(self) -> None:
        self._served_at_s = self._clock.monotonic_s()

    def _changed(self) -> None:
        self._changes.publish()
        self._post_room.post(_nothing)

    def _book_soon(self) -> None:
        self._post_room.post(self._intake.book_kept)

    def _say_soon(self, body: Body, counter: str) -> None:
        """Whoever asks, only the post room publishes."""
        self._post_room.post(lambda: self._courier.say(body, counter))

    def _meet(self, counter: str) -> None:
        """A counter came (back): what it has not acknowledged is due at once, not when patience runs out."""
        self._cards.send_again(counter)
        self._courier.forget_flights()
        self._courier.report(counter)

    def _delivered(self, delivery: Delivery) -> None:
        self._post_room.post(lambda: self._courier.receive(delivery))

    def _published(self, message: str) -> None:
        self._post_room.post(lambda: self._hearing.published(message))

    def _link_changed(self, is_up: bool) -> None:
        self._post_room.post(self._greet_all if is_up else _nothing)

    def _greet_all(self) -> None:
        """The link came (back): everything is due, and every counter hears how far we heard it."""
        self._courier.forget_flights()
        for counter in self._settings.counters:
            self._courier.report(counter.id)


class _Server(uvicorn.Server):
    """uvicorn, but it says when it listens, and that its loop turns."""

    def __init__(
        self,
        config: uvicorn.Config,
        listens: Callable[[], None],
        turned: Callable[[], None],
        ends: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._listens = listens
        self._turned = turned
        self._ends = ends

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As in uvicorn; then say so."""
        await super().startup(sockets)
        if self.started:
            self._listens()

    async def on_tick(self, counter: int) -> bool:
        """As in uvicorn, ten times a second."""
        self._turned()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the open event streams first, or uvicorn waits for them."""
        self._ends()
        await super().shutdown(sockets)


def _proof(settings: Sepay) -> sepay.Proof:
    return sepay.Proof(_secret(settings.hmac_secret_file), _secret(settings.api_key_file))


def _secret(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes().strip()


def _nothing() -> None:
    """Wake up, do nothing."""


def _guarded(task: Callable[[], None]) -> None:
    try:
        task()
    except Exception:
        # Anything at all: one piece of work that breaks must not end the post room for the next one.
        log.exception("post_room")
