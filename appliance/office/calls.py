"""Calls from the counters, as the desk answers them."""

from collections.abc import Callable
from dataclasses import replace

from appliance.clock import Clock
from appliance.office.hearing import RINGS_FOR
from appliance.office.ledger import Ledger
from appliance.office.records import Call
from mqtt_schema.messages import HelpKind
from mqtt_schema.text import nfc


class Calls:
    """Who calls now, and who goes there. A call that nobody answers stops ringing by itself."""

    def __init__(self, ledger: Ledger, clock: Clock, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called after each answer: the banner leaves every desk."""
        self._ledger = ledger
        self._clock = clock
        self._changed = changed

    def ringing(self) -> list[Call]:
        """List the newest call of each counter and kind that nobody has answered, the longest waiting first.

        Who calls again waits since the first time, and loses no place.
        """
        with self._ledger.read() as books:
            calls = books.unanswered(self._clock.now() - RINGS_FOR)
        newest: dict[tuple[str, HelpKind], Call] = {}
        for call in calls:
            first = newest.get((call.counter, call.kind), call)
            newest[call.counter, call.kind] = replace(call, called_at=first.called_at)
        return sorted(newest.values(), key=lambda call: call.called_at)

    def answer(self, counter: str, kind: HelpKind, clerk: str) -> None:
        """Somebody goes there. Answering twice is no harm: two clerks may reach for the same button."""
        with self._ledger.write() as books:
            books.answer(counter, kind, nfc(clerk)[:200], self._clock.now())
        self._changed()
