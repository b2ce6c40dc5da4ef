"""Dossiers that the portal sent, and what it has still to hear. Decides nothing."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from appliance.office import tables
from appliance.office.books.book import Book
from appliance.office.state import State
from mqtt_schema.types import Instant

# Built once: each new payment needs it, also where there is no portal.
_SETTLE = update(tables.dossier).where(tables.dossier.c.number == bindparam("of"))


class PortalBook(Book):
    """The portal's dossiers."""

    def receive_dossier(self, number: str, body: Mapping[str, Any], at: Instant) -> bool:
        """Keep a dossier that the portal sent; False when it is here already."""
        by = tables.dossier.c
        if self._connection.execute(select(by.number).where(by.number == number)).first():
            return False
        self._connection.execute(insert(tables.dossier).values(number=number, body=dict(body), received_at=at))
        return True

    def open_dossiers(self) -> list[Mapping[str, Any]]:
        """List the portal's dossiers that are still to be paid, oldest first.

        One whose payment was cancelled or has expired is open again.
        """
        by, over = tables.dossier.c, (State.CANCELLED.value, State.EXPIRED.value)
        rows = self._connection.execute(
            select(tables.dossier)
            .outerjoin(tables.payment, by.payment == tables.payment.c.id)
            .where(by.payment.is_(None) | tables.payment.c.state.in_(over))
            .order_by(by.received_at)
        )
        return [{"number": row.number, **row.body} for row in rows]

    def dossier(self, number: str) -> Mapping[str, Any] | None:
        """Find a dossier of the portal by its number."""
        row = self._connection.execute(select(tables.dossier).where(tables.dossier.c.number == number)).first()
        return {"number": row.number, **row.body} if row else None

    def settle_dossier(self, number: str, payment_id: str) -> None:
        """Bind the portal's dossier to its payment."""
        self._connection.execute(_SETTLE, {"of": number, "payment": payment_id})

    def call_back(self, payment_id: str, body: Mapping[str, Any]) -> None:
        """Keep what the portal has to hear until it has heard it."""
        values = {"payment": payment_id, "body": dict(body), "is_delivered": False}
        self._connection.execute(insert(tables.callback).values(**values))

    def callbacks(self) -> list[tuple[int, Mapping[str, Any]]]:
        """List what the portal has not heard yet."""
        by = tables.callback.c
        rows = self._connection.execute(select(tables.callback).where(~by.is_delivered).order_by(by.id))
        return [(row.id, row.body) for row in rows]

    def called_back(self, callback_id: int) -> None:
        """The portal has heard it."""
        by = tables.callback.c
        self._connection.execute(update(tables.callback).where(by.id == callback_id).values(is_delivered=True))
