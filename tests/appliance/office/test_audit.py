"""The office's audit: whole after any day's work, and whatever is done to a row of it or of the ledger is found."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from appliance import logs
from appliance.clock import VirtualClock
from appliance.office import tables
from appliance.office.books.audit import FACTS
from appliance.office.books.retention import ACCOUNTS_KEPT_YEARS
from appliance.office.calls import Calls
from appliance.office.cashier import Cashier
from appliance.office.intake import Intake
from appliance.office.ledger import Ledger
from appliance.office.paper import Ask, Paper
from appliance.office.payment import Payment, State
from mqtt_schema.messages import Displayed, HelpAsked, HelpKind

Forge = Callable[..., None]
MORNING = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
PERSONAL = ("Trần Văn", "Lê Thị Hoa", "Nguyễn Thị Bình", "H26.1-261122", "MBVCB", "Lệ phí cấp")


@pytest.fixture
def a_day(
    create: Callable[..., Payment],
    pay: Callable[..., None],
    say: Callable[..., None],
    cashier: Cashier,
    intake: Intake,
    notify: Callable[..., Any],
    clock: VirtualClock,
) -> list[Payment]:
    """Four payments: paid, cancelled, underpaid, and one for which somebody else pays; money that nobody knows."""
    payments = [create(payer="Trần Văn Ỷ"), create(9_000, counter="quay-2"), create(12_000), create(15_000)]
    shown = Displayed(payment=payments[0].id, amount=payments[0].amount, payload="", painted_at=clock.now())
    say("quay-1", shown)
    clock.go_on(20)
    pay(payments[0])
    cashier.cancel(payments[1].id)
    pay(payments[2], 2_000)
    cashier.pay_on_behalf(payments[3].id, "Lê Thị Hoa")
    intake.receive(*notify("tien hang", 77_000))
    intake.book_kept()
    return payments


@pytest.fixture
def forge(ledger: Ledger) -> Forge:
    """Change the database behind everybody's back."""

    def run(statement: Any) -> None:
        with ledger.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                is_file = ledger.engine.dialect.name == "sqlite"
                lax = "PRAGMA defer_foreign_keys=ON" if is_file else "SET LOCAL session_replication_role = replica"
                connection.exec_driver_sql(lax)
                connection.execute(statement)

    return run


def found(ledger: Ledger, *heads: str) -> list[str]:
    return [finding.sentence for finding in ledger.inspect(heads).findings]


def rows(ledger: Ledger) -> list[Any]:
    with ledger.read() as books:
        return list(books.audit_rows())


def test_a_new_ledger_is_whole(ledger: Ledger) -> None:
    verdict = ledger.inspect()
    assert verdict.is_whole
    assert verdict.sentences == ["no row was ever written", "the chain is whole"]


def test_a_day_of_payments_leaves_a_whole_chain_that_agrees_with_the_ledger(
    ledger: Ledger, a_day: list[Payment]
) -> None:
    assert found(ledger) == []
    kinds = {row.kind for row in rows(ledger)}
    assert {"opened", "CreditArrived", "CancelAsked", "booked", "noted", "notification_received"} <= kinds
    assert {"notification_booked", "counter_heard"} <= kinds


def test_the_audit_is_in_the_same_transaction_as_the_change(ledger: Ledger, a_day: list[Payment]) -> None:
    before = len(rows(ledger))

    def fail_in_the_middle() -> None:
        with ledger.write() as books:
            books.note(a_day[0].id, "published", a_day[0].created_at)
            raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError, match="the power failed"):
        fail_in_the_middle()
    assert len(rows(ledger)) == before
    assert found(ledger) == []


def test_no_word_about_a_person_stands_in_the_audit(ledger: Ledger, a_day: list[Payment]) -> None:
    everything = "".join(row.body for row in rows(ledger))
    assert not [word for word in PERSONAL if word in everything]


def test_every_column_is_either_a_fact_or_personal_and_somebody_decided_which() -> None:
    personal = {"payer", "clerk", "waiver_reason", "slip_by", "slip_reason"}
    assert {field.name for field in fields(Payment)} - FACTS["payment"] == personal
    assert {column.name for column in tables.credit.columns} - FACTS["credit"] == {"id", "memo"}
    assert {column.name for column in tables.milestone.columns} - FACTS["milestone"] == {"id", "words"}
    assert {column.name for column in tables.notification.columns} - FACTS["notification"] == {"id", "raw"}
    line = {"payment", "position", "fee_code", "quantity", "amount", "kind"}
    personal_of_a_line = {"dossier", "fee_name", "fee_name_en", "is_sensitive"}
    assert {column.name for column in tables.payment_line.columns} - line == personal_of_a_line


@pytest.mark.parametrize(
    ("table", "values", "sentence"),
    [
        (tables.payment, {"state": "paid"}, "state is paid in the ledger, but cancelled in row"),
        (tables.payment, {"amount": 1}, "amount is 1 in the ledger"),
        (tables.payment, {"payer": "Ai Đó"}, "what is personal about it was altered"),
        (tables.payment, {"clerk": "Ai Đó"}, "what is personal about it was altered"),
        (tables.payment, {"beneficiary": {"bin": "970436"}}, "beneficiary is"),
        (tables.payment_line, {"amount": 1}, "lines is"),
        (tables.payment_line, {"dossier": "H26.1-261122-9999"}, "what is personal about it was altered"),
        (tables.credit, {"verdict": "refunded"}, "verdict is refunded"),
        (tables.credit, {"memo": "x"}, "what is personal about it was altered"),
        (tables.posting, {"account": "fee:MINE"}, "postings is"),
        (tables.posting, {"amount": 5}, "sum to"),
        (tables.posting, {"at": MORNING - timedelta(days=365)}, "was moved in time: its credit"),
        (tables.milestone, {"milestone": "paid"}, "milestone is paid"),
        (tables.notification, {"raw": b"{}"}, "what is personal about it was altered"),
        (tables.notification, {"detail": "x"}, "detail is x"),
    ],
)
def test_a_ledger_that_was_changed_by_hand_is_found_in_words(
    ledger: Ledger, a_day: list[Payment], forge: Forge, table: Table, values: dict[str, Any], sentence: str
) -> None:
    forge(update(table).values(**values))
    assert any(sentence in said for said in found(ledger)), found(ledger)


def test_a_payment_that_vanished_with_all_that_hangs_on_it_is_found(
    ledger: Ledger, a_day: list[Payment], forge: Forge
) -> None:
    gone = a_day[1].id
    for table in (tables.milestone, tables.payment_line, tables.order_key, tables.outbox):
        forge(delete(table).where(table.c.payment == gone))
    forge(delete(tables.payment).where(tables.payment.c.id == gone))
    assert any(f"payment {gone} is missing in the ledger" in said for said in found(ledger))


def test_an_order_key_that_was_redirected_to_another_payment_is_found(
    ledger: Ledger, a_day: list[Payment], forge: Forge
) -> None:
    mine, its = a_day[0].id, tables.order_key.c.payment
    forge(update(tables.order_key).where(its == a_day[1].id).values(payment=mine))
    assert found(ledger) == [f"payment {mine} has 2 order keys: all but one were redirected to it"]


def test_a_credit_that_nobody_booked_is_found(ledger: Ledger, a_day: list[Payment], forge: Forge) -> None:
    with ledger.read() as books:
        values = dict(next(iter(books._connection.execute(select(tables.credit)).mappings())))
    forge(insert(tables.credit).values(**{**values, "id": 900, "provider_id": "x", "bank_reference": "FORGED"}))
    assert any("credit 900 stands in the ledger, but the audit does not know it" in said for said in found(ledger))


# The chain itself


@pytest.mark.parametrize("column", ["at", "kind", "noun", "key", "body", "previous", "head"])
def test_every_column_of_every_row_of_the_audit_is_covered(
    ledger: Ledger, a_day: list[Payment], forge: Forge, column: str
) -> None:
    for row in rows(ledger):
        before = _value(ledger, row.seq, column)
        forge(update(tables.audit).where(tables.audit.c.seq == row.seq).values({column: _another(before)}))
        assert found(ledger), f"row {row.seq}"
        forge(update(tables.audit).where(tables.audit.c.seq == row.seq).values({column: before}))
    assert found(ledger) == []


def _another(value: str) -> str:
    """As long, since one kind of database keeps no longer one."""
    return value[:-1] + ("y" if value.endswith("x") else "x")


def _value(ledger: Ledger, seq: int, column: str) -> str:
    with ledger.engine.connect() as connection:
        return str(connection.execute(select(tables.audit.c[column]).where(tables.audit.c.seq == seq)).scalar_one())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_row_that_is_missing_swapped_or_doubled_is_found(
    ledger: Ledger, a_day: list[Payment], forge: Forge, data: st.DataObject
) -> None:
    whole = rows(ledger)
    row, other = (data.draw(st.sampled_from(whole)) for _ in range(2))
    by = tables.audit.c.seq
    match data.draw(st.sampled_from(["delete", "swap", "double"])):
        case "delete":
            forge(delete(tables.audit).where(by == row.seq))
        case "swap" if row.seq != other.seq:
            forge(update(tables.audit).where(by == row.seq).values(seq=-1))
            forge(update(tables.audit).where(by == other.seq).values(seq=row.seq))
            forge(update(tables.audit).where(by == -1).values(seq=other.seq))
        case _:
            forge(
                text(
                    f"INSERT INTO audit SELECT {whole[-1].seq + 1}, at, kind, noun, key, body, previous, head "
                    f"FROM audit WHERE seq = {row.seq}"
                )
            )
    assert found(ledger)
    _restore(forge, ledger, whole)
    assert found(ledger) == []


def _restore(forge: Forge, ledger: Ledger, whole: list[Any]) -> None:
    forge(delete(tables.audit))
    for row in whole:
        said = row.facts
        forge(insert(tables.audit).values(**{**vars(row), "noun": said["noun"], "key": said["key"]}))


def test_rows_cut_off_at_the_end_are_found_and_even_if_that_is_hidden_a_head_on_paper_finds_it(
    ledger: Ledger, a_day: list[Payment], forge: Forge
) -> None:
    whole = rows(ledger)
    noted, cut = whole[-1], whole[-4]
    forge(delete(tables.audit).where(tables.audit.c.seq > cut.seq))
    assert any("missing at the end" in said for said in found(ledger))
    forge(update(tables.audit_end).values(seq=cut.seq, head=cut.head))
    assert not any("missing at the end" in said for said in found(ledger))
    assert any("no row has the head" in said for said in found(ledger, noted.head))


def test_a_salt_that_was_taken_or_changed_is_found(ledger: Ledger, a_day: list[Payment], forge: Forge) -> None:
    forge(update(tables.audit_salt).values(salt="0" * 32))
    assert any("what is personal about it was altered" in said for said in found(ledger))
    forge(delete(tables.audit_salt))
    assert any("its salt is gone, and no purge says why" in said for said in found(ledger))


def test_a_head_that_was_written_down_is_found_again_also_by_its_beginning(
    ledger: Ledger, a_day: list[Payment]
) -> None:
    head = rows(ledger)[2].head
    assert found(ledger, head, head[:16], head[:20].upper(), f"{head[:4]} {head[4:8]} {head[8:12]} {head[12:16]}") == []
    assert "too short" in found(ledger, head[:8])[0]


# Retention


YEARS = 366


def test_nothing_is_due_while_everything_is_young(ledger: Ledger, a_day: list[Payment], clock: VirtualClock) -> None:
    clock.go_on(2 * YEARS * 86_400)
    assert ledger.due_for_purge(clock.now()) == {}
    assert ledger.purge(clock.now()) == {}


def test_names_go_after_three_years_and_chain_and_ledger_stay_whole(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock, cashier: Cashier, tmp_path: Path
) -> None:
    clock.go_on(60)
    cashier.tick()
    with ledger.read() as books:
        sums = books.balances()
    clock.go_on(3 * YEARS * 86_400)
    cashier.tick()
    due = ledger.due_for_purge(clock.now())
    assert due["payers' names"] == 2
    assert ledger.purge(clock.now()) == due
    assert ledger.due_for_purge(clock.now()) == {}
    assert found(ledger) == []
    with ledger.read() as books:
        assert books.balances() == sums
        kept = books.payment(a_day[0].id)
    assert kept is not None
    assert (kept.payer, kept.state, kept.lines[0].dossier) == (None, State.PAID, "H26.1-261122-0007")
    for file in tmp_path.glob("ledger.sqlite*"):
        raw = file.read_bytes()
        assert "Trần Văn".encode() not in raw
        assert b"MBVCB" not in raw


def test_dossiers_and_clerks_go_with_the_books_of_account(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock, cashier: Cashier
) -> None:
    clock.go_on((ACCOUNTS_KEPT_YEARS * 366 - 30) * 86_400)
    cashier.tick()
    ledger.purge(clock.now())
    with ledger.read() as books:
        assert {payment.clerk for payment in books.payments(a_day[0].created_at, clock.now())} != {""}
    clock.go_on(400 * 86_400)
    ledger.purge(clock.now())
    assert found(ledger) == []
    with ledger.read() as books:
        kept = books.payment(a_day[0].id)
    assert kept is not None
    assert (kept.clerk, kept.lines[0].dossier, kept.amount) == ("", "-", 35_000)


def test_a_first_purge_after_ten_years_blanks_names_and_accounts_together_and_all_stays_whole(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock, cashier: Cashier
) -> None:
    clock.go_on((ACCOUNTS_KEPT_YEARS + 2) * YEARS * 86_400)
    cashier.tick()
    done = ledger.purge(clock.now())
    assert done["payers' names"] == 2, "the same payments as"
    assert done["payments' dossiers and clerks"] == 4
    assert found(ledger) == []
    with ledger.read() as books:
        kept = books.payment(a_day[0].id)
    assert kept is not None
    assert (kept.payer, kept.clerk, kept.lines[0].dossier, kept.amount) == (None, "", "-", 35_000)


def test_what_is_bound_twice_in_one_transaction_keeps_the_last_salt_only(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock
) -> None:
    with ledger.write() as books:
        before = books.payment(a_day[1].id)
        assert before is not None
        named = replace(before, payer="Trần Văn Ỷ")
        books.save(before, named, clock.now())
        books.save(replace(named, version=before.version + 1), replace(named, payer="Lê Thị Hoa"), clock.now())
    assert found(ledger) == []


def test_a_message_that_no_counter_heard_goes_with_its_payment_unless_it_was_asked_for_lately(
    ledger: Ledger,
    a_day: list[Payment],
    clock: VirtualClock,
    cashier: Cashier,
    paper: Paper,
    be_fresh: Callable[..., None],
) -> None:
    with ledger.read() as books:
        unheard = {parcel.type for parcel in books.posted()}
    assert "payment_result" in unheard
    clock.go_on(86_400)
    cashier.tick()
    clock.go_on(3 * YEARS * 86_400)
    be_fresh()
    paper.copy(a_day[0].id, Ask("Nguyễn Thị Bình", "mất bản cũ"))
    ledger.purge(clock.now())
    assert _payments_in_the_outbox(ledger) == {a_day[0].id}
    clock.go_on(3 * YEARS * 86_400)
    ledger.purge(clock.now())
    assert _payments_in_the_outbox(ledger) == set()
    assert found(ledger) == []


def _payments_in_the_outbox(ledger: Ledger) -> set[str]:
    with ledger.engine.connect() as connection:
        return set(connection.execute(select(tables.outbox.c.payment)).scalars()) - {None}


def test_what_no_portal_ever_heard_goes_with_its_payment(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock
) -> None:
    with ledger.write() as books:
        books.call_back(a_day[0].id, {"payment": a_day[0].id})
    clock.go_on(timedelta(days=3 * 365).total_seconds())
    ledger.purge(clock.now())
    with ledger.read() as books:
        assert len(books.callbacks()) == 1
    clock.go_on(timedelta(days=3).total_seconds())
    ledger.purge(clock.now())
    with ledger.read() as books:
        assert books.callbacks() == []


def test_who_answered_a_call_is_forgotten_after_three_years(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock, calls: Calls, say: Callable[..., None]
) -> None:
    say("quay-1", HelpAsked(kind=HelpKind.HELP, payment=a_day[0].id))
    calls.answer("quay-1", HelpKind.HELP, "Nguyễn Thị Bình")
    clock.go_on(2 * YEARS * 86_400)
    ledger.purge(clock.now())
    assert _answered_by(ledger) == ["Nguyễn Thị Bình"]
    clock.go_on(YEARS * 86_400)
    assert ledger.due_for_purge(clock.now())["calls from counters"] == 1
    ledger.purge(clock.now())
    assert _answered_by(ledger) == []


def _answered_by(ledger: Ledger) -> list[str | None]:
    with ledger.engine.connect() as connection:
        return list(connection.execute(select(tables.call.c.answered_by)).scalars())


def test_a_salt_that_outlives_what_it_hid_is_found(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock, cashier: Cashier, forge: Forge
) -> None:
    clock.go_on(3 * YEARS * 86_400)
    cashier.tick()
    ledger.purge(clock.now())
    with ledger.engine.connect() as connection:
        salted = {seq for (seq,) in connection.execute(select(tables.audit_salt.c.seq))}
        first = connection.execute(select(tables.audit.c.seq).where(tables.audit.c.kind == "opened")).scalars().first()
    assert first is not None
    assert first not in salted
    forge(insert(tables.audit_salt).values(seq=first, salt="0" * 32))
    assert any("its salt is here, and should have gone" in said for said in found(ledger))


def test_what_was_purged_cannot_be_put_back_unseen(
    ledger: Ledger, a_day: list[Payment], clock: VirtualClock, cashier: Cashier, forge: Forge
) -> None:
    clock.go_on(3 * YEARS * 86_400)
    cashier.tick()
    ledger.purge(clock.now())
    forge(update(tables.payment).where(tables.payment.c.id == a_day[0].id).values(payer="Trần Văn Ỷ"))
    assert any("what is personal about it was altered" in said for said in found(ledger))


def test_a_pending_payment_is_nobodys_past(ledger: Ledger, create: Callable[..., Payment], clock: VirtualClock) -> None:
    create(payer="Trần Văn Ỷ")
    clock.go_on(timedelta(days=4 * 366).total_seconds())
    assert "payers' names" not in ledger.due_for_purge(clock.now())


# The log


def test_the_log_of_a_day_names_payments_and_counters_and_no_person(
    request: pytest.FixtureRequest, ledger: Ledger
) -> None:
    with logs.kept() as entries:
        payments: list[Payment] = request.getfixturevalue("a_day")
        with pytest.raises(IntegrityError), ledger.write() as books:
            books.open(payments[0])
    stepped = [entry for entry in entries if entry["event"] == "stepped"]
    assert {(entry["payment"], entry["counter"]) for entry in stepped} == {(one.id, one.counter) for one in payments}
    assert "paid" in {entry["state"] for entry in stepped}
    everything = json.dumps(entries, ensure_ascii=False, default=repr)
    assert not [word for word in PERSONAL if word in everything]


def test_an_error_of_the_database_says_nothing_of_a_person(ledger: Ledger, a_day: list[Payment]) -> None:
    with pytest.raises(IntegrityError) as refused, ledger.write() as books:
        books.open(a_day[0])
    assert not [word for word in PERSONAL if word in str(refused.value)]
