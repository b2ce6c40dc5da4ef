"""The office's memory: one transaction for everything that belongs together. Decides nothing.

SQLite takes its write lock at BEGIN (BEGIN IMMEDIATE); without that, concurrent read-modify-writes vanish silently.
Every change of a payment is guarded by its version besides.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import Connection, Engine, Row, create_engine, event, func, insert, make_url, select, update
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from appliance.courier import Parcel
from appliance.errors import ApplianceError
from appliance.office import tables
from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.payment import Payment, Place, State
from appliance.office.postings import Posting
from appliance.office.records import BookedCredit, CounterState, KeptNotification, Milestone
from mqtt_schema.messages import Beneficiary, Channel, CounterStatus, FeeKind, Line, PrinterStatus, SlipOutcome
from mqtt_schema.types import Instant, Vnd


class LedgerError(ApplianceError):
    """The ledger cannot do what was asked."""


class StaleError(LedgerError, RuntimeError):
    """Somebody else changed this payment in the meantime; nothing was written."""


class LedgerOpenError(LedgerError, OSError):
    """The ledger's database cannot be opened; the message names it."""


class Ledger:
    """Opens transactions on the office's database."""

    def __init__(self, url: str) -> None:
        """Open the database and make its tables if it is new. Raises `LedgerOpenError`."""
        try:
            self.engine = create_engine(url)
            if self.engine.dialect.name == "sqlite":
                _prepare_sqlite(self.engine)
            tables.metadata.create_all(self.engine)
        except (SQLAlchemyError, ImportError) as error:
            why = str(error).partition("\n")[0]
            raise LedgerOpenError(f"the ledger {_without_password(url)} cannot be opened: {why}") from error

    @contextmanager
    def write(self) -> Iterator["Books"]:
        """One transaction, all or nothing; nobody else writes meanwhile (SQLite)."""
        with self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield Books(connection)

    @contextmanager
    def read(self) -> Iterator["Books"]:
        """One consistent view."""
        with self.engine.connect() as connection, connection.begin():
            yield Books(connection)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string()
    except ArgumentError:
        return url


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Books:
    """The ledger inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # Payments

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

    # Orders

    def ordered(self, key: str) -> tuple[str, Payment] | None:
        """What was ordered under this idempotency key: the digest of the order, and its payment."""
        row = self._connection.execute(select(tables.order_key).where(tables.order_key.c.key == key)).first()
        payment = self.payment(row.payment) if row else None
        return (row.digest, payment) if row and payment else None

    def remember_order(self, key: str, digest: str, payment_id: str) -> None:
        """Bind an idempotency key to its payment."""
        self._connection.execute(insert(tables.order_key).values(key=key, digest=digest, payment=payment_id))

    # The timeline

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

    # Notifications and credits

    def keep_notification(self, provider: str, raw: bytes, at: Instant) -> int:
        """Keep a proven notification as it came; it is booked afterwards."""
        row = {"provider": provider, "raw": raw, "received_at": at, "is_booked": False, "detail": ""}
        return _new_id(self._connection.execute(insert(tables.notification).values(**row)))

    def notifications_to_book(self, limit: int = 100) -> list[KeptNotification]:
        """List the kept notifications that nobody has booked yet, oldest first."""
        kept = tables.notification
        rows = self._connection.execute(select(kept).where(~kept.c.is_booked).order_by(kept.c.id).limit(limit))
        return [KeptNotification(row.id, row.provider, row.received_at, row.raw) for row in rows]

    def close_notification(self, notification_id: int, detail: str) -> None:
        """Mark a notification as dealt with, and say how."""
        kept = tables.notification
        closed = update(kept).where(kept.c.id == notification_id).values(is_booked=True, detail=detail)
        self._connection.execute(closed)

    def quarantine(self, provider: str, raw: bytes, reason: str, at: Instant, keep: int = 1000) -> None:
        """Set a refused body aside; only the newest `keep` are kept, so nobody can fill the disk with them."""
        aside = tables.quarantine
        values = {"provider": provider, "raw": raw, "reason": reason, "received_at": at}
        newest = _new_id(self._connection.execute(insert(aside).values(**values)))
        self._connection.execute(aside.delete().where(aside.c.id <= newest - keep))

    def quarantined(self) -> int:
        """Count the refused bodies that are kept."""
        return int(self._connection.execute(select(func.count()).select_from(tables.quarantine)).scalar_one())

    def book(
        self, credit: Credit, verdict: Verdict, payment_id: str | None, postings: Sequence[Posting], at: Instant
    ) -> bool:
        """Enter a credit and its postings; False, and nothing written, when it stands in the ledger already."""
        row = {field.name: getattr(credit, field.name) for field in fields(credit)}
        values = {**row, "verdict": verdict.value, "payment": payment_id, "booked_at": at}
        try:
            with self._connection.begin_nested():
                credit_id = _new_id(self._connection.execute(insert(tables.credit).values(**values)))
        except IntegrityError:
            return False
        rows = [{"credit": credit_id, "account": side.account, "amount": side.amount, "at": at} for side in postings]
        self._connection.execute(insert(tables.posting), rows)
        return True

    def is_booked(self, credit: Credit) -> bool:
        """Say whether this credit stands in the ledger, by its provider's id or by bank reference and amount."""
        by = tables.credit.c
        same_notice = (by.provider == credit.provider) & (by.provider_id == credit.provider_id)
        same_money = (
            (by.bank_reference == credit.bank_reference) & (by.account == credit.account) & (by.amount == credit.amount)
        )
        return self._connection.execute(select(by.id).where(same_notice | same_money)).first() is not None

    def credits(self, start: Instant, end: Instant) -> list[BookedCredit]:
        """List the credits booked in [start, end), oldest first."""
        by = tables.credit.c
        booked = (by.booked_at >= start) & (by.booked_at < end)
        return [_credit(row) for row in self._connection.execute(select(tables.credit).where(booked).order_by(by.id))]

    def credits_of(self, payment_id: str) -> list[BookedCredit]:
        """List the credits that were booked for one payment."""
        by = tables.credit.c
        rows = self._connection.execute(select(tables.credit).where(by.payment == payment_id).order_by(by.id))
        return [_credit(row) for row in rows]

    def balances(self) -> dict[str, Vnd]:
        """Sum every account; the sum over all of them is zero."""
        side = tables.posting.c
        rows = self._connection.execute(select(side.account, func.sum(side.amount)).group_by(side.account))
        return {account: Vnd(int(amount)) for account, amount in rows}

    # Messages

    def next_sequence(self, counter: str) -> int:
        """Count one message more to this counter, from 1."""
        self.know_counter(counter)
        by = tables.counter.c
        counted = update(tables.counter).where(by.id == counter).values(last_sequence=by.last_sequence + 1)
        self._connection.execute(counted)
        return int(self._connection.execute(select(by.last_sequence).where(by.id == counter)).scalar_one())

    def post(self, parcel: Parcel, payment_id: str | None) -> None:
        """Put a sealed message into the outbox, where it lives until the counter acknowledges it."""
        values = {
            "message": parcel.message,
            "counter": parcel.counter,
            "sequence": parcel.sequence,
            "payment": payment_id,
            "type": parcel.type,
            "topic": parcel.topic,
            "raw": parcel.raw,
            "is_acknowledged": False,
        }
        self._connection.execute(insert(tables.outbox).values(**values))

    def posted(self, limit: int = 100) -> list[Parcel]:
        """List what counters have not acknowledged yet, oldest first, at most `limit` for each counter."""
        box = tables.outbox.c
        place = func.row_number().over(partition_by=box.counter, order_by=box.sequence).label("place")
        waiting = select(tables.outbox, place).where(~box.is_acknowledged).subquery()
        in_turn = select(waiting).where(waiting.c.place <= limit).order_by(waiting.c.counter, waiting.c.sequence)
        rows = self._connection.execute(in_turn)
        return [Parcel(row.message, row.counter, row.sequence, row.type, row.topic, row.raw) for row in rows]

    def posted_for(self, message: str) -> str | None:
        """Find the payment that a posted message was about."""
        box = tables.outbox
        found: str | None = self._connection.execute(
            select(box.c.payment).where(box.c.message == message)
        ).scalar_one_or_none()
        return found

    def acknowledge(self, message: str, counter: str) -> None:
        """Take a message off the outbox: its counter has it."""
        box = tables.outbox
        mine = (box.c.message == message) & (box.c.counter == counter)
        self._connection.execute(update(box).where(mine).values(is_acknowledged=True))

    def receive(self, message: str, counter: str, at: Instant) -> None:
        """Remember a counter's message, so that its repetition goes no further."""
        self._connection.execute(insert(tables.inbox).values(message=message, counter=counter, received_at=at))

    def has_received(self, message: str) -> bool:
        """Say whether this message was dealt with before."""
        box = tables.inbox
        return self._connection.execute(select(box.c.message).where(box.c.message == message)).first() is not None

    # Counters

    def know_counter(self, counter: str) -> None:
        """Have a row for this counter."""
        by = tables.counter.c
        if self._connection.execute(select(by.id).where(by.id == counter)).first() is None:
            unheard = {"last_sequence": 0, "is_online": False, "printer": PrinterStatus.UNKNOWN.value, "trouble": ""}
            self._connection.execute(insert(tables.counter).values(id=counter, **unheard))

    def hear_status(self, counter: str, status: CounterStatus, at: Instant) -> None:
        """Write down what a counter says of itself, unless a younger connection or its death was heard already."""
        self.know_counter(counter)
        by = tables.counter.c
        known = self._connection.execute(select(by.born_at, by.is_online).where(by.id == counter)).one()
        if known.born_at is not None and status.born_at < known.born_at:
            return
        if status.born_at == known.born_at and status.is_online and not known.is_online:
            return
        values = {"is_online": status.is_online, "printer": status.printer.value, "seen_at": at}
        if status.born_at != known.born_at:
            # A new connection: whatever was wrong with the one before is history.
            values["trouble"] = ""
        heard = update(tables.counter).where(by.id == counter).values(born_at=status.born_at, **values)
        self._connection.execute(heard)

    def hear_trouble(self, counter: str, trouble: str) -> None:
        """Write down what a counter could not use."""
        self.know_counter(counter)
        self._connection.execute(update(tables.counter).where(tables.counter.c.id == counter).values(trouble=trouble))

    def counters(self) -> dict[str, CounterState]:
        """What was last heard of every counter."""
        rows = self._connection.execute(select(tables.counter))
        return {
            row.id: CounterState(row.id, row.is_online, PrinterStatus(row.printer), row.seen_at, row.trouble)
            for row in rows
        }

    # The portal

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
        by = tables.dossier.c
        self._connection.execute(update(tables.dossier).where(by.number == number).values(payment=payment_id))

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
        quantity=row.quantity,
        amount=row.amount,
        kind=FeeKind(row.kind),
    )


def _credit(row: Row[Any]) -> BookedCredit:
    values = {field.name: getattr(row, field.name) for field in fields(Credit)}
    return BookedCredit(row.id, Credit(**values), Verdict(row.verdict), row.payment, row.booked_at)


def _new_id(result: Any) -> int:
    return cast(int, result.inserted_primary_key[0])
