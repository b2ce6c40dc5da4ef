"""The shipped link without a broker: keeps the contract, has levers, and shows what was published. It has no thread.

Whoever drives it plays the network: takes what was `sent`, loses it, doubles it, turns it round, and `deliver`s it.
"""

from collections import deque
from dataclasses import dataclass

from appliance.courier import Delivery
from appliance.link import Listener


@dataclass(frozen=True)
class Sent:
    """What was handed to the broker. `message` is the id that the sender gave, empty if it asked for no word back."""

    topic: str
    raw: bytes
    is_retained: bool = False
    message: str = ""


class VirtualLink:
    """`come_back`, `go_down`, `lose_next` and `deliver` are its levers; `sent` is what still travels.

    As with a real link: it is down until it comes back for the first time, what travels when it goes down is lost, and
    a delivery that was not settled by then is never heard of again.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._is_up = False
        self._to_lose = 0
        self._unsettled: set[int] = set()
        self._deliveries = 0
        self.sent: deque[Sent] = deque()

    @property
    def is_up(self) -> bool:
        """Whether the broker is there."""
        return self._is_up

    @property
    def unsettled(self) -> int:
        """How many deliveries of this connection the receiver has not settled."""
        return len(self._unsettled)

    def start(self) -> None:
        """Begin to connect; `come_back` is the broker's answer."""

    def stop(self) -> None:
        """End, without a word to the listener."""
        self._is_up = False

    def publish(self, topic: str, raw: bytes, *, is_retained: bool = False, message: str = "") -> bool:
        """As `Link.publish`; the broker takes it at once, unless it is to be lost."""
        if not self._is_up:
            return False
        if self._to_lose:
            self._to_lose -= 1
            return True
        self.sent.append(Sent(topic, raw, is_retained, message))
        if message:
            self._listener.published(message)
        return True

    # The levers.

    def come_back(self) -> None:
        """The broker is there and has taken the subscriptions."""
        self._is_up = True
        self._listener.changed(True)

    def go_down(self) -> None:
        """The broker is gone, and with it all that travelled."""
        self._is_up = False
        self.sent.clear()
        self._unsettled.clear()
        self._listener.changed(False)

    def lose_next(self, count: int = 1) -> None:
        """The next messages get lost on their way; the sender is not told."""
        self._to_lose += count

    def deliver(self, topic: str, raw: bytes, *, is_retained: bool = False) -> None:
        """Let bytes arrive, live or kept by the broker.

        Raises `ConnectionError` when it is down: nothing arrives over a link that is not there.
        """
        if not self._is_up:
            raise ConnectionError("the virtual link is down. Call come_back()")
        self._deliveries += 1
        number = self._deliveries
        self._unsettled.add(number)
        self._listener.delivered(Delivery(topic, raw, lambda: self._unsettled.discard(number), is_retained))
