"""Counts what is in the ledger, for whoever watches the office from afar. Decides nothing and names nobody."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from appliance.office import tables
from appliance.office.books.book import Book
from appliance.office.state import State
from mqtt_schema.types import Instant


@dataclass(frozen=True)
class Waiting:
    """What a counter has not acknowledged: how many messages, and when the oldest was sealed, if that can be read."""

    messages: int
    oldest: Instant | None


class CensusBook(Book):
    """Only reads."""

    def payments_by_state(self) -> dict[str, int]:
        """How many payments there are in each state."""
        return self._counted(tables.payment, tables.payment.c.state)

    def oldest_pending(self) -> Instant | None:
        """When the pending payment was created that waits longest."""
        by = tables.payment.c
        oldest = select(func.min(by.created_at)).where(by.state == State.PENDING.value)
        found: Instant | None = self._connection.execute(oldest).scalar_one()
        return found

    def credits_by_verdict(self) -> dict[str, tuple[int, int]]:
        """How many credits there are under each verdict, and how many đồng."""
        by = tables.credit.c
        rows = self._connection.execute(select(by.verdict, func.count(), func.sum(by.amount)).group_by(by.verdict))
        return {verdict: (int(number), int(amount)) for verdict, number, amount in rows}

    def outbox(self) -> dict[str, Waiting]:
        """What waits for each counter."""
        box = tables.outbox.c
        open_ones = select(box.counter, func.count(), func.min(box.sequence)).where(~box.is_acknowledged)
        found = {}
        for counter, number, first in self._connection.execute(open_ones.group_by(box.counter)).all():
            oldest = select(box.raw).where((box.counter == counter) & (box.sequence == first))
            found[counter] = Waiting(int(number), _sealed_at(self._connection.execute(oldest).scalar_one_or_none()))
        return found

    def notifications_waiting(self) -> int:
        """How many kept notifications are not booked yet."""
        kept = tables.notification
        return int(self._connection.execute(select(func.count()).where(~kept.c.is_booked)).scalar_one())

    def poisoned(self) -> dict[str, int]:
        """How many messages of each counter were set aside."""
        return self._counted(tables.set_aside, tables.set_aside.c.counter)

    def _counted(self, table: Any, column: Any) -> dict[str, int]:
        rows = self._connection.execute(select(column, func.count()).select_from(table).group_by(column))
        return {str(value): int(number) for value, number in rows}


def _sealed_at(raw: bytes | None) -> Instant | None:
    """The moment that stands in a message of our own; it was signed here, so nobody has to verify it."""
    try:
        return datetime.fromisoformat(json.loads(json.loads(raw or b"")["payload"])["issued_at"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError):
        return None
