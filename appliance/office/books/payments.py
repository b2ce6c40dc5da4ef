"""Payments with their lines and milestones, and the keys they were ordered under. Decides nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Row, Select, Text, bindparam, cast, insert, select, update

from appliance.office import tables
from appliance.office.books.audit import FACTS, AuditBook, of_lines, personal
from appliance.office.books.book import new_id
from appliance.office.errors import StaleError
from appliance.office.records import Milestone
from appliance.office.state import Payment, Place, State
from mqtt_schema.messages import Beneficiary, Channel, Line, SlipOutcome
from mqtt_schema.types import Instant

_FIELDS = tuple(field.name for field in fields(Payment) if field.name != "lines")
_NAMES = tuple(column.name for column in tables.payment.c)
_LINE = ("dossier", "fee_code", "fee_name", "fee_name_en", "quantity", "amount", "kind", "is_sensitive")
_pay, _line_of = tables.payment.c, tables.payment_line.c


def _hashable(column: Column[Any]) -> ColumnElement[Any]:
    """A column whose values can be looked up: JSON as its text."""
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _found_by(condition: ColumnElement[bool]) -> Select[Any]:
    """Payments in the order of their making, each as often as it has lines."""
    lines = _pay.id == _line_of.payment
    own = (_hashable(column) for column in tables.payment.c)
    every = select(*own, _line_of.payment.label("line_payment"), *(_line_of[name] for name in _LINE))
    joined = every.select_from(tables.payment.outerjoin(tables.payment_line, lines))
    return joined.where(condition).order_by(_pay.created_at, _pay.id, _line_of.position)


# Built once: to put a statement together takes longer than SQLite takes to carry it out.
_OPEN = insert(tables.payment)
_OPEN_LINE = insert(tables.payment_line)
_SAVE = update(tables.payment).where((_pay.id == bindparam("of")) & (_pay.version == bindparam("from")))
_IS_PENDING = _pay.state == State.PENDING.value
_START, _END = bindparam("start", type_=tables.UtcInstant()), bindparam("end", type_=tables.UtcInstant())
_BY_ID = _found_by(_pay.id == bindparam("payment"))
_BY_REFERENCE = _found_by(_pay.reference.in_(bindparam("references", expanding=True)))
_PENDING = _found_by(_IS_PENDING)
_PENDING_AT = _found_by(_IS_PENDING & (_pay.counter == bindparam("counter")))
_OPEN_SLIPS = _found_by(_pay.is_slip_open)
_OF_DAYS = _found_by(
    ((_pay.created_at >= _START) & (_pay.created_at < _END)) | ((_pay.paid_at >= _START) & (_pay.paid_at < _END))
)
_NOTE = insert(tables.milestone)
_REMEMBER = insert(tables.order_key)
_ORDERED = select(tables.order_key).where(tables.order_key.c.key == bindparam("under"))


class PaymentBook(AuditBook):
    """Every payment, as it stands now."""

    def open(self, payment: Payment) -> None:
        """Enter a new payment with its lines."""
        columns = _columns(payment)
        self._connection.execute(_OPEN, columns)
        lines = [
            {"payment": payment.id, "position": position, **line.model_dump(mode="json")}
            for position, line in enumerate(payment.lines)
        ]
        self._connection.execute(_OPEN_LINE, lines)
        whole = audited(columns, lines)
        self.audit("opened", "payment", payment.id, payment.created_at, whole, personal("payment", whole))

    def save(self, before: Payment, after: Payment, at: Instant, because: str = "changed") -> None:
        """Write a payment's next state. Raises `StaleError` when `before` is no longer what the ledger holds.

        `because` is what happened to it, for the audit.
        """
        was, now = _columns(before), _columns(after)
        changed = {name: value for name, value in now.items() if value != was[name]} | {"version": before.version + 1}
        guard = {"of": before.id, "from": before.version}
        if self._connection.execute(_SAVE, changed | guard).rowcount != 1:
            raise StaleError(f"payment {before.id} has moved on from version {before.version}")
        bound = None
        if not changed.keys() <= FACTS["payment"]:
            # What is personal about it is another: the salt of what it was is of no use any more.
            self.forget_salts("payment", after.id)
            bound = personal("payment", audited(now, [line.model_dump(mode="json") for line in after.lines]))
        self.audit(because, "payment", after.id, at, changed, bound)

    def payment(self, payment_id: str) -> Payment | None:
        """Find a payment by id."""
        found = self._read(_BY_ID, {"payment": payment_id})
        return found[0] if found else None

    def by_references(self, references: Sequence[str]) -> list[Payment]:
        """Find the payments that bear one of these references."""
        return self._read(_BY_REFERENCE, {"references": list(references)}) if references else []

    def pending(self, counter: str | None = None) -> list[Payment]:
        """List the pending payments, of one counter or of all."""
        return self._read(_PENDING) if counter is None else self._read(_PENDING_AT, {"counter": counter})

    def open_slips(self) -> list[Payment]:
        """List the paid payments whose slip is not known to be on paper, whenever they were paid, oldest first."""
        return self._read(_OPEN_SLIPS)

    def payments(self, start: Instant, end: Instant) -> list[Payment]:
        """List the payments created, or paid, in [start, end), oldest first."""
        return self._read(_OF_DAYS, {"start": start, "end": end})

    def _read(self, statement: Select[Any], values: Mapping[str, Any] | None = None) -> list[Payment]:
        lines: dict[str, list[Line]] = {}
        first: dict[str, Row[Any]] = {}
        for row in self._connection.execute(statement, values):
            of_it = lines.setdefault(row.id, [])
            first.setdefault(row.id, row)
            if row.line_payment is not None:
                of_it.append(_line(*row[-len(_LINE) :]))
        return [_payment(row[: len(_NAMES)], tuple(lines[payment_id])) for payment_id, row in first.items()]

    def ordered(self, key: str) -> tuple[str, Payment] | None:
        """What was ordered under this idempotency key: the digest of the order, and its payment."""
        row = self._connection.execute(_ORDERED, {"under": key}).first()
        payment = self.payment(row.payment) if row else None
        return (row.digest, payment) if row and payment else None

    def remember_order(self, key: str, digest: str, payment_id: str) -> None:
        """Bind an idempotency key to its payment."""
        self._connection.execute(_REMEMBER, {"key": key, "digest": digest, "payment": payment_id})

    def note(self, payment_id: str, milestone: str, at: Instant, words: str = "", counter: str = "") -> None:
        """Enter a milestone of a payment: `words` say who and why, `counter` where, if that is to be remembered."""
        values = {"payment": payment_id, "milestone": milestone, "at": at, "words": words, "counter": counter}
        milestone_id = new_id(self._connection.execute(_NOTE, values))
        self.audit("noted", "milestone", milestone_id, at, values, personal("milestone", values))

    def timeline(self, payment_id: str) -> list[Milestone]:
        """List a payment's milestones in order of time."""
        rows = self._connection.execute(
            select(tables.milestone)
            .where(tables.milestone.c.payment == payment_id)
            .order_by(tables.milestone.c.at, tables.milestone.c.id)
        )
        return [Milestone(row.milestone, row.at, row.words, row.counter) for row in rows]


def audited(columns: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A payment and its lines, as the audit tells them."""
    own = [{name: value for name, value in line.items() if name not in {"payment", "position"}} for line in lines]
    return {**columns, **of_lines(own)}


def _columns(payment: Payment) -> dict[str, Any]:
    return {name: getattr(payment, name) for name in _FIELDS} | {
        "beneficiary": payment.beneficiary.model_dump(mode="json"),
        "channel": payment.channel.value,
        "state": payment.state.value,
        "place": payment.place.value,
        "slip": payment.slip.value if payment.slip else None,
        "slip_asked": list(payment.slip_asked),
        "is_slip_open": payment.is_slip_open,
    }


@lru_cache(maxsize=256)
def _payment(row: tuple[Any, ...], lines: tuple[Line, ...]) -> Payment:
    """The same row makes the same payment: those that are under way are read at every turn."""
    values = dict(zip(_NAMES, row, strict=True))
    del values["is_slip_open"]
    return Payment(
        **values
        | {
            "lines": lines,
            "beneficiary": _beneficiary(values["beneficiary"]),
            "channel": Channel(values["channel"]),
            "state": State(values["state"]),
            "place": Place(values["place"]),
            "slip": SlipOutcome(values["slip"]) if values["slip"] else None,
            "slip_asked": tuple(json.loads(values["slip_asked"])),
        }
    )


@lru_cache(maxsize=16)
def _beneficiary(kept: str) -> Beneficiary:
    """Nearly all payments name the same one."""
    return Beneficiary.model_validate_json(kept)


@lru_cache(maxsize=256)
def _line(*values: Any) -> Line:
    return Line.model_validate(dict(zip(_LINE, values, strict=True)))
