"""What the office forgets, and when: names first, what the books of account need last. The audit and the sums stay.

Decides nothing but what is past its time. Each blanked row gets a row of the audit, which binds what is left of it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, select, update

from appliance.office import tables
from appliance.office.books.audit import personal
from appliance.office.books.inspection import Inspection
from appliance.office.state import State
from mqtt_schema.types import Instant

NAMES_KEPT = timedelta(days=3 * 365 + 1)
"""36 months after the last time that somebody had to do with it (Law 91/2025/QH15 on personal data, where no other
term is set): the payer's name, clerks' words, the bank's memo, raw notifications, the portal's dossiers, who answered a
call."""

REFUSED_KEPT = timedelta(days=90)
"""What nobody has proven or could read: long enough for a technician to look at it."""

ACCOUNTS_KEPT_YEARS = 10
"""Vouchers, counted from the end of their year (Accounting Law 88/2015, Decree 174/2016): the dossier's number, who
collected, why it was waived. Amounts, codes and postings say nothing of a person, and stay."""


@dataclass(frozen=True)
class Blank:
    """In the rows of `noun` that `is_due`, these columns get these values."""

    words: str
    noun: str
    table: Table
    is_due: ColumnElement[bool]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Drop:
    """The rows of this table that `is_due` go altogether."""

    words: str
    table: Table
    is_due: ColumnElement[bool]


class RetentionBook(Inspection):
    """Purges in the transaction that it was given."""

    def due(self, now: Instant) -> Counter[str]:
        """How many rows of what are past their time."""
        found: Counter[str] = Counter()
        for rule in _rules(now):
            counted = select(func.count()).select_from(rule.table).where(rule.is_due)
            found[rule.words] += int(self._connection.execute(counted).scalar_one())
        return +found

    def purge(self, now: Instant, most: int = 400) -> Counter[str]:
        """Purge at most so many rows of each kind, and say how many; nothing is left when it says nothing."""
        done: Counter[str] = Counter()
        for rule in _rules(now):
            match rule:
                case Blank():
                    done[rule.words] += self._blank(rule, now, most)
                case Drop():
                    done[rule.words] += self._drop(rule, most)
        return +done

    def _blank(self, rule: Blank, now: Instant, most: int) -> int:
        by = rule.table.c.id
        keys = list(self._connection.execute(select(by).where(rule.is_due).limit(most)).scalars())
        self._connection.execute(update(rule.table).where(by.in_(keys)).values(**rule.values))
        if rule.noun == "payment" and "clerk" in rule.values:
            lines = tables.payment_line
            self._connection.execute(update(lines).where(lines.c.payment.in_(keys)).values(dossier="-"))
        for key, columns in self.held(rule.noun, [str(key) for key in keys]).items():
            self.forget_salts(rule.noun, key)
            self.audit("purged", rule.noun, key, now, {}, personal(rule.noun, columns))
        return len(keys)

    def _drop(self, rule: Drop, most: int) -> int:
        [key] = rule.table.primary_key.columns
        keys = list(self._connection.execute(select(key).where(rule.is_due).limit(most)).scalars())
        self._connection.execute(delete(rule.table).where(key.in_(keys)))
        return len(keys)


def _rules(now: Instant) -> list[Blank | Drop]:
    names = now - NAMES_KEPT
    accounts = datetime(now.year - ACCOUNTS_KEPT_YEARS, 1, 1, tzinfo=UTC)
    refused = now - REFUSED_KEPT
    pay, note, kept = tables.payment.c, tables.milestone.c, tables.notification.c
    is_over = (pay.state != State.PENDING.value) & (func.coalesce(pay.slip_at, pay.paid_at, pay.created_at) < names)
    old = select(pay.id).where(is_over)
    has_words = (pay.clerk != "") | pay.waiver_reason.is_not(None) | (pay.slip_by != "") | (pay.slip_reason != "")
    booked = {"clerk": "", "waiver_reason": None, "slip_by": "", "slip_reason": ""}
    box = tables.outbox.c
    asked_lately = select(note.id).where((note.payment == box.payment) & (note.at >= names)).exists()
    is_waiting = tables.dossier.c.payment.is_(None)
    return [
        Blank("payers' names", "payment", tables.payment, is_over & pay.payer.is_not(None), {"payer": None}),
        Blank("clerks' words", "milestone", tables.milestone, (note.at < names) & (note.words != ""), {"words": ""}),
        Blank(
            "memos of credits",
            "credit",
            tables.credit,
            (tables.credit.c.booked_at < names) & (tables.credit.c.memo != ""),
            {"memo": ""},
        ),
        Blank(
            "raw notifications",
            "notification",
            tables.notification,
            kept.is_booked & (kept.received_at < names) & (kept.raw != b""),
            {"raw": b""},
        ),
        Blank(
            "payments' dossiers and clerks", "payment", tables.payment, (pay.created_at < accounts) & has_words, booked
        ),
        Drop(
            "dossiers of the portal",
            tables.dossier,
            (tables.dossier.c.received_at < names) & (tables.dossier.c.payment.in_(old) | is_waiting),
        ),
        # A portal that has not listened for so long has been taken away.
        Drop("words to the portal", tables.callback, tables.callback.c.payment.in_(old)),
        # Of an old payment a clerk may have asked for a copy yesterday; all else that no counter heard, none will.
        Drop("messages to counters", tables.outbox, box.payment.in_(old) & (box.is_acknowledged | ~asked_lately)),
        Drop("calls from counters", tables.call, tables.call.c.called_at < names),
        Drop("refused notifications", tables.quarantine, tables.quarantine.c.received_at < refused),
        Drop("messages set aside", tables.set_aside, tables.set_aside.c.at < refused),
    ]
