"""Takes in what banks and providers notify: prove, keep, answer; book afterwards. Never books what is not proven.

The body is kept and committed before anybody works on it, so a crash in between loses nothing: what is kept and not yet
booked is booked at the next start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.logs import Log
from appliance.office.cashier import Cashier
from appliance.office.ledger import Ledger
from appliance.office.notification import sepay
from appliance.office.notification.errors import NotProvenError, NotUnderstoodError
from appliance.office.records import KeptNotification

log = Log()

MAX_BODY_BYTES = 64 * 1024
_QUARANTINED_BYTES = 4096


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
        with self._ledger.read() as books:
            waiting = books.notifications_to_book()
        for kept in waiting:
            try:
                self._book_and_close(kept)
            except Exception:
                # Anything at all: it stays open and is tried again with the next one, but holds up nobody behind it.
                log.exception("notification", id=kept.id)

    def _book_and_close(self, kept: KeptNotification) -> None:
        detail = self._book(kept)
        with self._ledger.write() as books:
            books.close_notification(kept.id, detail)
        log.info("notification", id=kept.id, detail=detail)

    def _book(self, kept: KeptNotification) -> str:
        try:
            credit = sepay.parse(kept.raw)
        except NotUnderstoodError as error:
            return f"not understood: {error}"
        if credit is None:
            return "money that went out"
        return self._cashier.book(credit, kept.received_at)

    def _refuse(self, raw: bytes, answer: Answer) -> Answer:
        log.warning("notification_refused", status=answer.status, reason=answer.text)
        with self._ledger.write() as books:
            books.quarantine(sepay.PROVIDER, raw[:_QUARANTINED_BYTES], answer.text, self._clock.now())
        return answer
