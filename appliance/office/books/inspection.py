"""Looks through the audit and compares it with what the ledger says. Changes nothing.

The chain shows that no row of the audit was touched; the comparison shows that payments, credits, postings, milestones
and notifications still say what the audit says that they were made to say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from sqlalchemy import func, select

from appliance import chain
from appliance.audit import Survey, Verdict
from appliance.chain import Finding, Row, Start
from appliance.office import tables
from appliance.office.books.audit import FACTS, AuditBook, personal
from appliance.office.books.credits import audited_notification
from appliance.office.books.payments import audited

_BATCH = 400
"""So many rows are compared at once; SQLite takes no more than 999 names in one question."""

Columns = dict[str, Any]


@dataclass
class Told:
    """What the audit says of one subject, all its rows folded; `bound` by the row `binder`."""

    key: str
    facts: Columns = field(default_factory=dict)
    bound: str | None = None
    binder: Row | None = None
    salt: str | None = None
    last: Row | None = None
    salted: list[Row] = field(default_factory=list)

    def hear(self, row: Row, salt: str | None) -> None:
        """The next row of this subject."""
        said = row.facts
        facts = said.get("facts")
        self.facts |= facts if isinstance(facts, dict) else {}
        self.last = row
        if salt is not None:
            self.salted.append(row)
        if chain.BOUND in said:
            self.bound, self.binder, self.salt = str(said[chain.BOUND]), row, salt

    @property
    def since(self) -> str:
        """Which row said the last word."""
        return self.last.called if self.last else "no row"


class Inspection(AuditBook):
    """Reads in the transaction that it was given."""

    def verify(self, heads: Sequence[str] = ()) -> Verdict:
        """Verify all. `heads` are those that somebody wrote down."""
        survey = Survey()
        numbered, head = self.audit_end()
        found = list(chain.verify(survey.watch(self.audit_rows()), Start(), numbered))
        if survey.last is not None and survey.last.seq == numbered and survey.last.head != head:
            found.append(Finding(numbered, f"{survey.last.called} is not the row that was written last"))
        found += self._strangers()
        for noun in FACTS:
            found += self._compare(noun)
        found += self._balance()
        found += self._doubly_ordered()
        return Verdict(survey.summary, (*found, *chain.unknown_heads(heads, survey.heads)))

    def _strangers(self) -> Iterator[Finding]:
        """Rows whose columns name another subject than they themselves say; salts that no row asked for."""
        for row in self._connection.execute(select(tables.audit)):
            said = _row(row).facts
            if (said.get("noun"), said.get("key")) != (row.noun, row.key):
                yield Finding(row.seq, f"{_row(row).called} stands under another name ({row.noun} {row.key})")
        by = tables.audit_salt.c
        alone = select(by.seq).outerjoin(tables.audit, tables.audit.c.seq == by.seq).where(tables.audit.c.seq.is_(None))
        for (seq,) in self._connection.execute(alone):
            yield Finding(seq, f"row {seq}: a salt was inserted for a row that is not there")

    def _compare(self, noun: str) -> Iterator[Finding]:
        seen: set[str] = set()
        subjects = self._subjects(noun)
        while batch := list(islice(subjects, _BATCH)):
            held = self.held(noun, [told.key for told in batch])
            for told in batch:
                seen.add(told.key)
                yield from _differences(noun, told, held.get(told.key))
        for (key,) in self._connection.execute(select(_TABLES[noun].c.id)):
            if str(key) not in seen:
                yield Finding(0, f"{noun} {key} stands in the ledger, but the audit does not know it: it was inserted")

    def _subjects(self, noun: str) -> Iterator[Told]:
        """Each subject of this noun, its rows folded in their order."""
        by, salt = tables.audit.c, tables.audit_salt
        wanted = select(tables.audit, salt.c.salt).outerjoin(salt, salt.c.seq == by.seq).where(by.noun == noun)
        rows = self._connection.execution_options(yield_per=1000).execute(wanted.order_by(by.key, by.seq))
        for key, of_it in groupby(rows, key=lambda row: row.key):
            told = Told(key)
            for row in of_it:
                told.hear(_row(row), row.salt)
            yield told

    def _balance(self) -> Iterator[Finding]:
        """Every entry sums to zero, and no posting stands without its credit, or at another time than it."""
        side = tables.posting.c
        sums = select(side.credit, func.sum(side.amount)).group_by(side.credit).having(func.sum(side.amount) != 0)
        for credit, amount in self._connection.execute(sums):
            yield Finding(0, f"the postings of credit {credit} sum to {amount}, not to zero")
        credit = tables.credit.c.id
        alone = select(side.id, side.credit).outerjoin(tables.credit, credit == side.credit).where(credit.is_(None))
        for posting, missing in self._connection.execute(alone):
            yield Finding(0, f"posting {posting} belongs to credit {missing}, which is not there")
        booked = select(side.id, side.credit).join(tables.credit, credit == side.credit)
        moved = booked.where(side.at != tables.credit.c.booked_at).order_by(side.id)
        for posting, its in self._connection.execute(moved):
            yield Finding(0, f"posting {posting} was moved in time: its credit {its} was booked at another moment")

    def _doubly_ordered(self) -> Iterator[Finding]:
        """Every payment was ordered once. All else of order keys the audit does not know."""
        by = tables.order_key.c
        often = select(by.payment, func.count()).group_by(by.payment).having(func.count() > 1).order_by(by.payment)
        for payment, times in self._connection.execute(often):
            yield Finding(0, f"payment {payment} has {times} order keys: all but one were redirected to it")

    def held(self, noun: str, keys: Sequence[str]) -> dict[str, Columns]:
        """What the ledger holds of these, in the words of the audit."""
        return _HELD[noun](self, keys)

    def payments_held(self, keys: Sequence[str]) -> dict[str, Columns]:
        """These payments with their lines."""
        rows = self._rows(tables.payment, tables.payment.c.id.in_(keys))
        by = tables.payment_line.c
        lines: dict[str, list[Columns]] = {}
        wanted = select(tables.payment_line).where(by.payment.in_(keys)).order_by(by.payment, by.position)
        for line in self._connection.execute(wanted):
            lines.setdefault(line.payment, []).append(dict(line._mapping))
        return {row["id"]: audited(row, lines.get(row["id"], [])) for row in rows}

    def credits_held(self, keys: Sequence[str]) -> dict[str, Columns]:
        """These credits with their postings."""
        rows = self._rows(tables.credit, tables.credit.c.id.in_(_numbers(keys)))
        by = tables.posting.c
        sides: dict[int, list[list[Any]]] = {}
        wanted = select(tables.posting).where(by.credit.in_([row["id"] for row in rows])).order_by(by.id)
        for side in self._connection.execute(wanted):
            sides.setdefault(side.credit, []).append([side.account, side.amount])
        return {str(row["id"]): {**_without_id(row), "postings": sides.get(row["id"], [])} for row in rows}

    def milestones_held(self, keys: Sequence[str]) -> dict[str, Columns]:
        """These milestones."""
        rows = self._rows(tables.milestone, tables.milestone.c.id.in_(_numbers(keys)))
        return {str(row["id"]): _without_id(row) for row in rows}

    def notifications_held(self, keys: Sequence[str]) -> dict[str, Columns]:
        """These notifications."""
        rows = self._rows(tables.notification, tables.notification.c.id.in_(_numbers(keys)))
        return {str(row["id"]): audited_notification(_without_id(row)) for row in rows}

    def _rows(self, table: Any, condition: Any) -> list[Columns]:
        return [dict(row._mapping) for row in self._connection.execute(select(table).where(condition))]


_TABLES = {
    "payment": tables.payment,
    "credit": tables.credit,
    "milestone": tables.milestone,
    "notification": tables.notification,
}
_HELD: Mapping[str, Callable[[Inspection, Sequence[str]], dict[str, Columns]]] = {
    "payment": Inspection.payments_held,
    "credit": Inspection.credits_held,
    "milestone": Inspection.milestones_held,
    "notification": Inspection.notifications_held,
}


def _differences(noun: str, told: Told, held: Columns | None) -> Iterator[Finding]:
    called, seq = f"{noun} {told.key}", told.last.seq if told.last else 0
    if held is None:
        yield Finding(seq, f"{called} is missing in the ledger; the audit last spoke of it in {told.since}")
        return
    facts = {name: value for name, value in held.items() if name in FACTS[noun]}
    for name, value in facts.items():
        audited_value = told.facts.get(name)
        if chain.said({"": value}) != chain.said({"": audited_value}):
            yield Finding(seq, f"{called}: {name} is {value} in the ledger, but {audited_value} in {told.since}")
    for row in told.salted:
        if row is not told.binder:
            yield Finding(row.seq, f"{row.called}: its salt is here, and should have gone")
    if told.bound is None or told.binder is None:
        yield Finding(seq, f"{called}: nothing binds what is personal about it")
    elif told.salt is None:
        yield Finding(told.binder.seq, f"{told.binder.called}: its salt is gone, and no purge says why")
    elif chain.digest(told.salt, personal(noun, held)) != told.bound:
        yield Finding(told.binder.seq, f"{called}: what is personal about it was altered after {told.binder.called}")


def _numbers(keys: Sequence[str]) -> list[int]:
    """Keys that can be a number of ours; what somebody wrote in their place finds nothing."""
    return [int(key) for key in keys if key.isdecimal() and len(key) < 19]


def _without_id(row: Columns) -> Columns:
    return {name: value for name, value in row.items() if name != "id"}


def _row(row: Any) -> Row:
    return Row(row.seq, row.at, row.kind, row.body, row.previous, row.head)
