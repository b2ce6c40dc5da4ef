"""Notifications as they came, the credits they became, and both sides of every posting. Decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from appliance.office import tables
from appliance.office.books.audit import AuditBook, personal
from appliance.office.books.book import new_id
from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.postings import Posting
from appliance.office.records import BookedCredit, KeptNotification, Unread
from mqtt_schema.types import Instant, Vnd

NOT_UNDERSTOOD = "not understood"
"""How the detail of a proven notification begins that nobody could read."""

_kept, _by = tables.notification.c, tables.credit.c

# Built once: to put a statement together takes longer than SQLite takes to carry it out.
_KEEP = insert(tables.notification)
_TO_BOOK = select(tables.notification).where(~_kept.is_booked).order_by(_kept.id).limit(bindparam("most"))
_CLOSE = update(tables.notification).where(_kept.id == bindparam("of")).values(is_booked=True)
_BOOK = insert(tables.credit)
_POST = insert(tables.posting)
_SAME_NOTICE = (_by.provider == bindparam("by")) & (_by.provider_id == bindparam("as"))
_SAME_MONEY = (
    (_by.bank_reference == bindparam("reference"))
    & (_by.account == bindparam("to"))
    & (_by.amount == bindparam("over"))
)
_IS_BOOKED = select(_by.id).where(_SAME_NOTICE | _SAME_MONEY)


class CreditBook(AuditBook):
    """What the banks said, and what was made of it."""

    def keep_notification(self, provider: str, raw: bytes, at: Instant) -> int:
        """Keep a proven notification as it came; it is booked afterwards."""
        row = {"provider": provider, "raw": raw, "received_at": at, "is_booked": False, "detail": ""}
        kept_id = new_id(self._connection.execute(_KEEP, row))
        told = audited_notification(row)
        self.audit("notification_received", "notification", kept_id, at, told, personal("notification", told))
        return kept_id

    def notifications_to_book(self, limit: int = 100) -> list[KeptNotification]:
        """List the kept notifications that nobody has booked yet, oldest first."""
        rows = self._connection.execute(_TO_BOOK, {"most": limit})
        return [KeptNotification(row.id, row.provider, row.received_at, row.raw) for row in rows]

    def close_notification(self, notification_id: int, detail: str, at: Instant) -> None:
        """Mark a notification as dealt with, and say how."""
        self._connection.execute(_CLOSE, {"of": notification_id, "detail": detail})
        said = {"is_booked": True, "detail": detail}
        self.audit("notification_booked", "notification", notification_id, at, said)

    def unread(self, start: Instant, end: Instant, late: Instant) -> list[Unread]:
        """List the notifications of [start, end) that came to nothing, newest first.

        Not understood, not proven, or kept before `late` and still not booked. Reasons only, nothing of their content.
        """
        kept, aside = tables.notification, tables.quarantine
        in_kept = (kept.c.received_at >= start) & (kept.c.received_at < end)
        stuck = ~kept.c.is_booked & (kept.c.received_at < late)
        lost = select(kept).where(in_kept & (kept.c.detail.startswith(NOT_UNDERSTOOD) | stuck))
        in_aside = (aside.c.received_at >= start) & (aside.c.received_at < end)
        proven = [Unread(row.provider, row.received_at, row.detail, True) for row in self._connection.execute(lost)]
        refused = self._connection.execute(select(aside).where(in_aside))
        unproven = [Unread(row.provider, row.received_at, row.reason, False) for row in refused]
        return sorted([*proven, *unproven], key=lambda each: each.received_at, reverse=True)

    def quarantine(self, provider: str, raw: bytes, reason: str, at: Instant, keep: int = 1000) -> None:
        """Set a refused body aside; only the newest `keep` are kept, so nobody can fill the disk with them."""
        aside = tables.quarantine
        values = {"provider": provider, "raw": raw, "reason": reason, "received_at": at}
        newest = new_id(self._connection.execute(insert(aside).values(**values)))
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
                credit_id = new_id(self._connection.execute(_BOOK, values))
        except IntegrityError:
            return False
        rows = [{"credit": credit_id, "account": side.account, "amount": side.amount, "at": at} for side in postings]
        self._connection.execute(_POST, rows)
        told = {**values, "postings": [[side.account, side.amount] for side in postings]}
        self.audit("booked", "credit", credit_id, at, told, personal("credit", told))
        return True

    def is_booked(self, credit: Credit) -> bool:
        """Say whether this credit stands in the ledger, by its provider's id or by bank reference and amount."""
        notice = {"by": credit.provider, "as": credit.provider_id}
        money = {"reference": credit.bank_reference, "to": credit.account, "over": credit.amount}
        return self._connection.execute(_IS_BOOKED, notice | money).first() is not None

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


def audited_notification(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A notification as the audit tells it: its bytes as a text in which every byte is a letter."""
    return {**columns, "raw": columns["raw"].decode("latin-1")}


def _credit(row: Row[Any]) -> BookedCredit:
    values = {field.name: getattr(row, field.name) for field in fields(Credit)}
    return BookedCredit(row.id, Credit(**values), Verdict(row.verdict), row.payment, row.booked_at)
