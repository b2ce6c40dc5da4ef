"""Who called for a human, where, and whether somebody went. Decides nothing."""

from sqlalchemy import ColumnElement, insert, select, update

from appliance.office import tables
from appliance.office.books.book import Book
from appliance.office.records import Call
from mqtt_schema.messages import HelpKind, Language
from mqtt_schema.types import Instant


class CallBook(Book):
    """Calls from the counters."""

    def ring(self, counter: str, kind: HelpKind, payment: str | None, language: Language, at: Instant) -> None:
        """Enter a call."""
        values = {"counter": counter, "kind": kind.value, "payment": payment, "language": language, "called_at": at}
        self._connection.execute(insert(tables.call).values(**values))

    def unanswered(self, since: Instant | None) -> list[Call]:
        """List the calls from `since` on (None: ever) to which nobody went yet, oldest first."""
        by = tables.call.c
        open_ones: ColumnElement[bool] = by.answered_at.is_(None)
        if since is not None:
            open_ones &= by.called_at >= since
        rows = self._connection.execute(select(tables.call).where(open_ones).order_by(by.called_at, by.id))
        return [Call(row.id, row.counter, HelpKind(row.kind), row.payment, row.language, row.called_at) for row in rows]

    def answer(self, counter: str, kind: HelpKind, clerk: str, at: Instant) -> None:
        """Somebody goes there: every open call of this kind from this counter is answered."""
        by = tables.call.c
        mine = (by.counter == counter) & (by.kind == kind.value) & by.answered_at.is_(None)
        self._connection.execute(update(tables.call).where(mine).values(answered_at=at, answered_by=clerk))
