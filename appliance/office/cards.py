"""The cards on idle glasses: written at the desk, sent signed to every counter. What they may say, the form checks."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.office.errors import ConflictError, NotFoundError
from appliance.office.ledger import Books, Ledger
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Card, Cards
from mqtt_schema.types import Instant

MOST = 8
MOST_BYTES = 12 * 1024
"""All cards travel in one signed message of at most 16 KiB."""

_TYPE = "cards"


@dataclass(frozen=True)
class Rack:
    """All cards, and for each counter whether it has them as they are now; None when none were ever sent to it."""

    cards: list[Card]
    reached: dict[str, bool | None]


class CardRack:
    """Writes and withdraws cards. Each change goes to every counter; only the newest one waits for it."""

    def __init__(
        self,
        ledger: Ledger,
        settings: OfficeSettings,
        till: Till,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called after each change: the courier pumps, the desk redraws."""
        self._ledger = ledger
        self._counters = [counter.id for counter in settings.counters]
        self._till = till
        self._clock = clock
        self._changed = changed

    def rack(self) -> Rack:
        """All cards, and who has them."""
        with self._ledger.read() as books:
            heard = books.has_heard(_TYPE)
            return Rack(books.cards(), {counter: heard.get(counter) for counter in self._counters})

    def card(self, card_id: str) -> Card:
        """Look a card up. Raises `NotFoundError`."""
        with self._ledger.read() as books:
            return _found(books, card_id)

    def write(self, card: Card) -> None:
        """Keep a card and send it. Raises `ConflictError` when there is no room for it."""
        at = self._clock.now()
        with self._ledger.write() as books:
            others = [other for other in books.cards() if other.card != card.card]
            if len(others) >= MOST:
                raise ConflictError(f"Đã có {MOST} thẻ. Hãy gỡ bớt một thẻ rồi viết thẻ mới.")
            if len(Cards(cards=(*others, card)).model_dump_json().encode()) > MOST_BYTES:
                raise ConflictError("Các thẻ cộng lại dài quá nên không gửi được. Hãy viết gọn hoặc gỡ bớt một thẻ.")
            books.write_card(card, at)
            self._send(books, self._counters, at)
        self._changed()

    def withdraw(self, card_id: str) -> None:
        """Take a card off all glasses. Raises `NotFoundError`."""
        at = self._clock.now()
        with self._ledger.write() as books:
            books.withdraw_card(_found(books, card_id).card)
            self._send(books, self._counters, at)
        self._changed()

    def send_again(self, counter: str) -> None:
        """A counter came (back), perhaps new or with an empty memory: let it have the cards of this office."""
        if counter not in self._counters:
            return
        with self._ledger.write() as books:
            # An office that never wrote a card leaves counters their own.
            if books.cards() or counter in books.has_heard(_TYPE):
                self._send(books, [counter], self._clock.now())

    def _send(self, books: Books, counters: list[str], at: Instant) -> None:
        body = Cards(cards=tuple(books.cards()))
        for counter in counters:
            books.take_back(counter, _TYPE)
            self._till.post(books, body, counter, at)


def _found(books: Books, card_id: str) -> Card:
    card = next((card for card in books.cards() if card.card == card_id), None)
    if card is None:
        raise NotFoundError("Không có thẻ này. Có thể thẻ vừa được gỡ.")
    return card
