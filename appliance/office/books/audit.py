"""The audit: what became of every payment, credit and milestone, as a chain of rows. Decides nothing.

The books say what they changed while they change it; the rows are written when the transaction ends, so that whoever
else writes waits for the chain as shortly as can be. A row names a noun and its key and holds those of its columns that
say nothing of a person; the others are bound by a salted digest and stand in the ledger only, where they can be purged.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from appliance import chain
from appliance.office import tables
from appliance.office.books.book import Book
from mqtt_schema.types import Instant

FACTS = {
    "payment": frozenset(
        (
            *("id", "reference", "counter", "channel", "source", "amount", "beneficiary", "payload", "created_at"),
            *("state", "place", "refused_field", "is_on_behalf", "is_insisted", "starts_at", "expires_at"),
            *("extensions", "checked_at", "version", "received", "paid_at", "bank_reference", "lines"),
            *("slip", "slip_at", "slip_counter", "slip_asked", "slip_to", "slip_wanted_at"),
            *("is_slip_kept", "is_slip_settled", "is_slip_open"),
        )
    ),
    "credit": frozenset(
        (
            *("provider", "provider_id", "bank_reference", "account", "virtual_account", "amount", "at", "booked_at"),
            *("verdict", "payment", "postings"),
        )
    ),
    "milestone": frozenset(("payment", "milestone", "at", "counter")),
    "notification": frozenset(("provider", "received_at", "is_booked", "detail")),
}
"""The columns that may stand in the chain for ever. Whatever is new stays out until somebody has thought about it."""

LINE_FACTS = ("fee_code", "quantity", "amount", "kind")


# Made once: every transaction needs them.
_ADD, _ADD_SALT = insert(tables.audit), insert(tables.audit_salt)
_HOLD = select(tables.audit_end).with_for_update()
_MOVE = update(tables.audit_end).values(seq=bindparam("new_seq"), head=bindparam("new_head"))


@dataclass(frozen=True)
class Change:
    """One row of the audit before it has its place in the chain. `personal`: canonical text, or None: as before."""

    kind: str
    noun: str
    key: str
    at: str
    facts: Mapping[str, Any]
    personal: str | None


class AuditBook(Book):
    """Appends to the audit."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._changes: list[Change] = []

    def audit(
        self, kind: str, noun: str, key: object, at: Instant, columns: Mapping[str, Any], bound: str | None = None
    ) -> None:
        """Have the audit say that this happened to `noun` `key`, and what of its columns is another than before.

        `bound` is all that is personal about it (`personal`); None when that is as it was.
        """
        facts = {name: value for name, value in columns.items() if name in FACTS.get(noun, columns)}
        self._changes.append(Change(kind, noun, str(key), at.astimezone(UTC).isoformat(), facts, bound))

    def write_audit(self) -> None:
        """Give what was said its place in the chain; called once, when the transaction is about to end."""
        if not self._changes:
            return
        seq, head = self._end()
        # What was bound and then blanked in the same transaction is bound twice: no salt of the first may stay.
        binders = {(change.noun, change.key): change for change in self._changes if change.personal is not None}
        rows: list[dict[str, Any]] = []
        salts: list[dict[str, Any]] = []
        for change in self._changes:
            seq += 1
            said: dict[str, Any] = {"noun": change.noun, "key": change.key, "facts": change.facts}
            if change.personal is not None:
                salt = os.urandom(16).hex()
                said[chain.BOUND] = chain.digest(salt, change.personal)
                if change is binders[change.noun, change.key]:
                    salts.append({"seq": seq, "salt": salt})
            row = chain.add(head, seq, change.at, change.kind, chain.said(said))
            rows.append({**vars(row), "noun": change.noun, "key": change.key})
            head = row.head
        self._changes.clear()
        self._connection.execute(_ADD, rows)
        if salts:
            self._connection.execute(_ADD_SALT, salts)
        self._connection.execute(_MOVE, {"new_seq": seq, "new_head": head})

    def _end(self) -> tuple[int, str]:
        """The chain's end, held against everybody else until this transaction ends."""
        row = self._connection.execute(_HOLD).first()
        if row is None:
            self._connection.execute(insert(tables.audit_end).values(id=1, seq=0, head=chain.GENESIS))
            return 0, chain.GENESIS
        return row.seq, row.head

    def audit_end(self) -> tuple[int, str]:
        """The number and head of the chain's last row, as they were noted beside it."""
        row = self._connection.execute(select(tables.audit_end)).first()
        return (row.seq, row.head) if row else (0, chain.GENESIS)

    def head_before(self, moment: Instant) -> chain.Row | None:
        """The last row of the audit before this moment, or None."""
        by = tables.audit.c
        last = select(tables.audit).where(by.at < moment.isoformat()).order_by(by.seq.desc()).limit(1)
        row = self._connection.execute(last).first()
        return _row(row) if row else None

    def audit_rows(self) -> Iterator[chain.Row]:
        """All rows in the order of their numbers."""
        rows = self._connection.execution_options(yield_per=1000).execute(
            select(tables.audit).order_by(tables.audit.c.seq)
        )
        return (_row(row) for row in rows)

    def forget_salts(self, noun: str, key: str) -> None:
        """Nobody shall find out by trying what was personal about this: its salts go."""
        by = tables.audit.c
        of_it = select(by.seq).where((by.noun == noun) & (by.key == key))
        self._connection.execute(delete(tables.audit_salt).where(tables.audit_salt.c.seq.in_(of_it)))


def _row(row: Any) -> chain.Row:
    return chain.Row(row.seq, row.at, row.kind, row.body, row.previous, row.head)


def personal(noun: str, columns: Mapping[str, Any]) -> str:
    """What is personal among these columns, in one spelling."""
    facts = FACTS.get(noun, frozenset(columns))
    return chain.said({name: value for name, value in columns.items() if name not in facts})


def of_lines(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A payment's lines as two columns: money and fee codes, and what may say something of a person."""
    plain = [[line[name] for name in LINE_FACTS] for line in lines]
    rest = [{name: value for name, value in line.items() if name not in LINE_FACTS} for line in lines]
    return {"lines": plain, "line_words": rest}
