"""Takes in what banks and providers notify: prove, keep, answer; book afterwards. Never books what is not proven.

The body is kept and committed before anybody works on it, so a crash in between loses nothing: what is kept and not yet
booked is booked at the next start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.logs import Log
from appliance.office.cashier import Cashier
from appliance.office.ledger import Books, Ledger
from appliance.office.notification import sepay
from appliance.office.notification.errors import NotProvenError, NotUnderstoodError
from appliance.office.records import KeptNotification

log = Log()

MAX_BODY_BYTES = 64 * 1024
_QUARANTINED_BYTES = 4096
AGAIN_S = 5.0
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Answer:
    """What the provider hears: an HTTP status, and words."""

    status: int
    text: str


class Intake:
    """The door for notifications."""

    def __init__(
        self,
        ledger: Ledger,
        cashier: Cashier,
        proof: sepay.Proof,
        clock: Clock,
        kept: Callable[[], None] = lambda: None,
    ) -> None:
        """`kept` is called when a notification lies ready to be booked."""
        self._ledger = ledger
        self._cashier = cashier
        self._proof = proof
        self._clock = clock
        self._kept = kept
        self._again_at_s: float | None = None

    def receive(self, headers: Mapping[str, str], raw: bytes) -> Answer:
        """Prove and keep one notification of SePay; commits before it answers 200.

        413 for a body over `MAX_BODY_BYTES`, 401 for one without proof; both go to the bounded quarantine.
        """
        now = self._clock.now()
        if len(raw) > MAX_BODY_BYTES:
            return self._refuse(raw, Answer(413, f"the body is longer than {MAX_BODY_BYTES} bytes"))
        try:
            sepay.verify(headers, raw, self._proof, now)
        except NotProvenError as error:
            return self._refuse(raw, Answer(401, str(error)))
        with self._ledger.write() as books:
            books.keep_notification(sepay.PROVIDER, raw, now)
        self._kept()
        return Answer(200, "kept")

    def book_kept(self) -> None:
        """Book what lies ready. Each notification is one transaction; an unreadable one is closed with its reason."""
        # Until it is known better: whatever breaks here, it is tried again.
        self._again_at_s = self._clock.monotonic_s() + AGAIN_S
        with self._ledger.glance() as books:
            waiting = books.notifications_to_book(MOST_AT_ONCE)
        is_booked = [self._is_closed(kept) for kept in waiting]
        if all(is_booked) and len(waiting) < MOST_AT_ONCE:
            self._again_at_s = None

    def book_again(self) -> None:
        """Book what could not be booked before, every `AGAIN_S`. Called at each turn: cheap if nothing broke."""
        if self._again_at_s is not None and self._clock.monotonic_s() >= self._again_at_s:
            self.book_kept()

    def _is_closed(self, kept: KeptNotification) -> bool:
        try:
            detail = self._book_and_close(kept)
        except Exception:
            # Anything at all: it stays open and is tried again, but holds up nobody behind it.
            log.exception("notification", id=kept.id)
            return False
        log.info("notification", id=kept.id, detail=detail)
        return True

    def _book_and_close(self, kept: KeptNotification) -> str:
        """One transaction for what came of it, and that it is closed."""

        def close(books: Books, detail: str) -> None:
            books.close_notification(kept.id, detail, self._clock.now())

        try:
            credit = sepay.parse(kept.raw)
        except NotUnderstoodError as error:
            return self._close_unbooked(close, f"not understood: {error}")
        if credit is None:
            return self._close_unbooked(close, "money that went out")
        return self._cashier.book(credit, kept.received_at, close)

    def _close_unbooked(self, close: Callable[[Books, str], None], detail: str) -> str:
        with self._ledger.write() as books:
            close(books, detail)
        return detail

    def _refuse(self, raw: bytes, answer: Answer) -> Answer:
        log.warning("notification_refused", status=answer.status, reason=answer.text)
        with self._ledger.write() as books:
            books.quarantine(sepay.PROVIDER, raw[:_QUARANTINED_BYTES], answer.text, self._clock.now())
        return answer
