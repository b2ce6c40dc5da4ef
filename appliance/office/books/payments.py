"""Payments with their lines and milestones, and the keys they were ordered under. Decides nothing."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Row, insert, select, update

from appliance.office import tables
from appliance.office.books.book import Book
from appliance.office.errors import StaleError
from appliance.office.records import Milestone
from appliance.office.state import Payment, Place, State
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, Line, SlipOutcome
from mqtt_schema.types import Instant


class PaymentBook(Book):
    """Every payment, as it stands now."""

    def open(self, payment: Payment) -> None:
        """Enter a new payment with its lines."""
        self._connection.execute(insert(tables.payment).values(**_columns(payment)))
        lines = [
            {"payment": payment.id, "position": position, **line.model_dump(mode="json")}
            for position, line in enumerate(payment.lines)
        ]
        self._connection.execute(insert(tables.payment_line), lines)

    def save(self, before: Payment, after: Payment) -> None:
        """Write a payment's next state. Raises `StaleError` when `before` is no longer what the ledger holds."""
        changed = {name: value for name, value in _columns(after).items() if value != _columns(before)[name]} | {
            "version": before.version + 1
        }
        guard = (tables.payment.c.id == before.id) & (tables.payment.c.version == before.version)
        if self._connection.execute(update(tables.payment).where(guard).values(**changed)).rowcount != 1:
            raise StaleError(f"payment {before.id} has moved on from version {before.version}")

    def payment(self, payment_id: str) -> Payment | None:
        """Find a payment by id."""
        return self._one(tables.payment.c.id == payment_id)

    def by_references(self, references: Sequence[str]) -> list[Payment]:
        """Find the payments that bear one of these references."""
        return self._many(tables.payment.c.reference.in_(references))

    def pending(self, counter: str | None = None) -> list[Payment]:
        """List the pending payments, of one counter or of all."""
        condition = tables.payment.c.state == State.PENDING.value
        if counter is not None:
            condition &= tables.payment.c.counter == counter
        return self._many(condition)

    def payments(self, start: Instant, end: Instant) -> list[Payment]:
        """List the payments created, or paid, in [start, end), oldest first."""
        created, paid = tables.payment.c.created_at, tables.payment.c.paid_at
        return self._many(((created >= start) & (created < end)) | ((paid >= start) & (paid < end)))

    def _one(self, condition: Any) -> Payment | None:
        found = self._many(condition)
        return found[0] if found else None

    def _many(self, condition: Any) -> list[Payment]:
        order = (tables.payment.c.created_at, tables.payment.c.id)
        rows = self._connection.execute(select(tables.payment).where(condition).order_by(*order)).all()
        wanted = tables.payment_line.c.payment.in_(select(tables.payment.c.id).where(condition))
        by_place = (tables.payment_line.c.payment, tables.payment_line.c.position)
        lines: dict[str, list[Line]] = {}
        for row in self._connection.execute(select(tables.payment_line).where(wanted).order_by(*by_place)):
            lines.setdefault(row.payment, []).append(_line(row))
        return [_payment(row, tuple(lines.get(row.id, ()))) for row in rows]

    def ordered(self, key: str) -> tuple[str, Payment] | None:
        """What was ordered under this idempotency key: the digest of the order, and its payment."""
        row = self._connection.execute(select(tables.order_key).where(tables.order_key.c.key == key)).first()
        payment = self.payment(row.payment) if row else None
        return (row.digest, payment) if row and payment else None

    def remember_order(self, key: str, digest: str, payment_id: str) -> None:
        """Bind an idempotency key to its payment."""
        self._connection.execute(insert(tables.order_key).values(key=key, digest=digest, payment=payment_id))

    def note(self, payment_id: str, milestone: str, at: Instant) -> None:
        """Enter a milestone of a payment."""
        self._connection.execute(insert(tables.milestone).values(payment=payment_id, milestone=milestone, at=at))

    def timeline(self, payment_id: str) -> list[Milestone]:
        """List a payment's milestones in order of time."""
        rows = self._connection.execute(
            select(tables.milestone)
            .where(tables.milestone.c.payment == payment_id)
            .order_by(tables.milestone.c.at, tables.milestone.c.id)
        )
        return [Milestone(row.milestone, row.at) for row in rows]


def _columns(payment: Payment) -> dict[str, Any]:
    names = (field.name for field in fields(payment) if field.name != "lines")
    return {name: getattr(payment, name) for name in names} | {
        "beneficiary": payment.beneficiary.model_dump(mode="json"),
        "channel": payment.channel.value,
        "state": payment.state.value,
        "place": payment.place.value,
        "slip": payment.slip.value if payment.slip else None,
    }


def _payment(row: Row[Any], lines: tuple[Line, ...]) -> Payment:
    values = dict(row._mapping)
    return Payment(
        **values
        | {
            "lines": lines,
            "beneficiary": Beneficiary.model_validate(values["beneficiary"]),
            "channel": Channel(values["channel"]),
            "state": State(values["state"]),
            "place": Place(values["place"]),
            "slip": SlipOutcome(values["slip"]) if values["slip"] else None,
        }
    )


def _line(row: Row[Any]) -> Line:
    return Line(
        dossier=row.dossier,
        fee_code=row.fee_code,
        fee_name=row.fee_name,
        fee_name_en=row.fee_name_en,
        quantity=row.quantity,
        amount=row.amount,
        kind=FeeKind(row.kind),
        is_sensitive=row.is_sensitive,
    )
