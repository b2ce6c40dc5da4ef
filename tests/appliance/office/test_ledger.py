"""The ledger on a real database: SQLite's file, and PostgreSQL where the two differ."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from appliance.courier import Parcel
from appliance.office.credit import Credit
from appliance.office.errors import LedgerError, LedgerOpenError, StaleError
from appliance.office.events import Verdict
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment, Place, State
from appliance.office.postings import entry
from appliance.settings import OfficeSettings
from mqtt_schema import reference
from mqtt_schema.messages import Channel, CounterStatus, FeeKind, Line, PrinterStatus, SlipOutcome
from mqtt_schema.types import Vnd

T0 = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
DAY = (T0 - timedelta(hours=1), T0 + timedelta(hours=1))
Make = Callable[..., Payment]


def a_credit(amount: int = 9000, **otherwise: object) -> Credit:
    made = Credit("sepay", "1", "FT1", "0011012345678", None, Vnd(amount), "HK…", T0)
    return replace(made, **otherwise)  # type: ignore[arg-type]  # the tests name real fields


@pytest.fixture
def a_payment(office_settings: OfficeSettings) -> Make:
    numbers = count(1)

    def make(**otherwise: object) -> Payment:
        number = next(numbers)
        lines = tuple(
            Line(dossier=f"H26.1-261122-{n:04}", fee_code=code, fee_name="Phí", amount=Vnd(amount), kind=FeeKind.PHI)
            for n, code, amount in ((1, "CT-BS", 6000), (2, "HT-XN", 3000))
        )
        made = Payment(
            id=f"{number:032x}",
            reference=reference.make("HK", [number // 31, number % 31] * 4),
            counter="quay-1",
            clerk="Nguyễn Thị Bình",
            channel=Channel.COUNTER,
            source="desk",
            lines=lines,
            amount=Vnd(9000),
            beneficiary=office_settings.beneficiary,
            payload="",
            created_at=T0,
        )
        return replace(made, **otherwise)  # type: ignore[arg-type]  # the tests name real fields

    return make


def found(ledger: Ledger, payment: Payment) -> Payment:
    with ledger.read() as books:
        held = books.payment(payment.id)
    assert held is not None
    return held


def opened(ledger: Ledger, payment: Payment) -> Payment:
    with ledger.write() as books:
        books.open(payment)
    return payment


# Payments


def test_a_payment_comes_back_as_it_was_entered(ledger: Ledger, a_payment: Make) -> None:
    whole = a_payment(
        payer="Trần Văn Ỷ",
        waiver_reason="Hộ nghèo",
        state=State.PAID,
        place=Place.NOWHERE,
        refused_field="crc",
        expires_at=T0 + timedelta(minutes=5),
        received=Vnd(9000),
        paid_at=T0 + timedelta(seconds=40),
        bank_reference="FT1",
        slip=SlipOutcome.POSSIBLY_PRINTED,
        slip_reason="Mất điện",
        channel=Channel.ONLINE,
    )
    assert found(ledger, opened(ledger, whole)) == whole


def test_a_payment_that_nobody_entered_is_not_there(ledger: Ledger) -> None:
    with ledger.read() as books:
        assert books.payment("0" * 32) is None


def test_each_save_counts_one_version_more(ledger: Ledger, a_payment: Make) -> None:
    before = opened(ledger, a_payment())
    with ledger.write() as books:
        books.save(before, replace(before, place=Place.OFFERED), T0)
    assert found(ledger, before) == replace(before, place=Place.OFFERED, version=1)


def test_a_stale_save_writes_nothing_and_says_so(ledger: Ledger, a_payment: Make) -> None:
    before = opened(ledger, a_payment())
    with ledger.write() as books:
        books.save(before, replace(before, state=State.CANCELLED, place=Place.NOWHERE), T0)
    with pytest.raises(StaleError, match="version 0") as stale, ledger.write() as books:
        books.save(before, replace(before, state=State.PAID), T0)
    assert isinstance(stale.value, LedgerError)
    assert isinstance(stale.value, RuntimeError)
    assert found(ledger, before).state is State.CANCELLED


def test_a_transaction_that_breaks_leaves_nothing(ledger: Ledger, a_payment: Make) -> None:
    payment = a_payment()

    def fail_in_the_middle() -> None:
        with ledger.write() as books:
            books.open(payment)
            books.note(payment.id, "created", T0)
            raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError, match="the power failed"):
        fail_in_the_middle()
    with ledger.read() as books:
        assert books.payment(payment.id) is None
        assert books.timeline(payment.id) == []


def test_of_400_concurrent_changes_none_is_lost(each_ledger: Ledger, a_payment: Make) -> None:
    """Eight threads read, add one, and write. With the driver's defaults most of these vanish without an error."""
    ledger = each_ledger
    payment = opened(ledger, a_payment())

    def add_one(_: int) -> None:
        with ledger.write() as books:
            before = books.payment(payment.id)
            assert before is not None
            books.save(before, replace(before, received=Vnd(before.received + 1)), T0)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add_one, range(400)))
    after = found(ledger, payment)
    assert (after.received, after.version) == (400, 400)


def test_concurrent_changes_make_one_chain(each_ledger: Ledger, a_payment: Make) -> None:
    payments = [a_payment() for _ in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda payment: opened(each_ledger, payment), payments))
    with each_ledger.read() as books:
        assert len(list(books.audit_rows())) == 40
    assert each_ledger.inspect().findings == ()


def test_whoever_reads_sees_one_moment(each_ledger: Ledger, a_payment: Make) -> None:
    payment = opened(each_ledger, a_payment())
    with each_ledger.read() as early:
        assert early.payment(payment.id) == payment
        with each_ledger.write() as books:
            books.save(payment, replace(payment, received=Vnd(1)), T0)
            books.open(a_payment())
        assert early.payment(payment.id) == payment
        assert len(early.pending()) == 1
    assert found(each_ledger, payment).received == 1


def test_of_many_clerks_who_use_one_key_only_one_makes_a_payment(each_ledger: Ledger, a_payment: Make) -> None:
    payments = [a_payment() for _ in range(40)]

    def order(payment: Payment) -> bool:
        with each_ledger.write() as books:
            if books.ordered("key"):
                return False
            books.open(payment)
            books.remember_order("key", "digest", payment.id)
            return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(order, payments)) == 1


def test_pending_payments_are_listed_by_counter_and_oldest_first(ledger: Ledger, a_payment: Make) -> None:
    second = opened(ledger, a_payment(created_at=T0 + timedelta(seconds=1)))
    first = opened(ledger, a_payment())
    other = opened(ledger, a_payment(counter="quay-2"))
    opened(ledger, a_payment(state=State.PAID, place=Place.NOWHERE))
    with ledger.read() as books:
        assert books.pending("quay-1") == [first, second]
        assert {payment.id for payment in books.pending()} == {first.id, second.id, other.id}


def test_a_days_payments_are_those_created_or_paid_on_it(ledger: Ledger, a_payment: Make) -> None:
    before, after = DAY[0] - timedelta(seconds=1), DAY[1]
    created = opened(ledger, a_payment(created_at=DAY[0]))
    paid = opened(ledger, a_payment(created_at=before, paid_at=T0))
    opened(ledger, a_payment(created_at=before, paid_at=before))
    opened(ledger, a_payment(created_at=after))
    with ledger.read() as books:
        assert {payment.id for payment in books.payments(*DAY)} == {created.id, paid.id}


def test_payments_are_found_by_their_references(ledger: Ledger, a_payment: Make) -> None:
    one, other = opened(ledger, a_payment()), opened(ledger, a_payment())
    with ledger.read() as books:
        assert books.by_references([other.reference, "HK7Q4M2X9AF"]) == [other]
        assert {payment.id for payment in books.by_references([one.reference, other.reference])} == {one.id, other.id}
        assert books.by_references([]) == []


def test_an_order_is_known_by_its_key(ledger: Ledger, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    with ledger.write() as books:
        books.remember_order("key", "digest", payment.id)
    with ledger.read() as books:
        assert books.ordered("key") == ("digest", payment)
        assert books.ordered("another") is None


def test_a_timeline_is_in_the_order_of_time(ledger: Ledger, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    with ledger.write() as books:
        books.note(payment.id, "paid", T0 + timedelta(seconds=9))
        books.note(payment.id, "created", T0)
        books.note(payment.id, "published", T0)
    with ledger.read() as books:
        assert [done.milestone for done in books.timeline(payment.id)] == ["created", "published", "paid"]


def test_a_moment_without_a_zone_is_refused(ledger: Ledger, a_payment: Make) -> None:
    with pytest.raises(Exception, match="without a zone"):
        opened(ledger, a_payment(created_at=datetime(2026, 11, 22)))  # noqa: DTZ001  # the very mistake


# Money


@pytest.mark.parametrize(
    "again",
    [
        a_credit(bank_reference="FT2", account="2", amount=Vnd(1)),
        a_credit(provider="casso", provider_id="9"),
        a_credit(),
    ],
    ids=["the provider's id", "bank reference, account and amount", "everything"],
)
def test_the_same_money_is_booked_once_by_either_guard(again: Credit, ledger: Ledger) -> None:
    with ledger.write() as books:
        assert books.book(a_credit(), Verdict.UNMATCHED, None, entry(a_credit(), Verdict.UNMATCHED, None), T0)
        assert books.is_booked(again)
        assert not books.book(again, Verdict.UNMATCHED, None, entry(again, Verdict.UNMATCHED, None), T0)
    with ledger.read() as books:
        assert len(books.credits(*DAY)) == 1
        assert books.balances() == {"bank": 9000, "suspense": -9000}


@pytest.mark.parametrize(
    "other",
    [
        a_credit(provider_id="2", bank_reference="FT2"),
        a_credit(provider_id="2", account="2"),
        a_credit(provider_id="2", amount=Vnd(1)),
    ],
)
def test_other_money_is_booked_besides(other: Credit, ledger: Ledger) -> None:
    with ledger.write() as books:
        books.book(a_credit(), Verdict.UNMATCHED, None, entry(a_credit(), Verdict.UNMATCHED, None), T0)
        assert not books.is_booked(other)
        assert books.book(other, Verdict.UNMATCHED, None, entry(other, Verdict.UNMATCHED, None), T0)


def test_the_same_money_notified_in_many_threads_is_booked_once(ledger: Ledger) -> None:
    def book(_: int) -> bool:
        with ledger.write() as books:
            return books.book(a_credit(), Verdict.UNMATCHED, None, entry(a_credit(), Verdict.UNMATCHED, None), T0)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(book, range(40))) == 1


def test_all_accounts_together_are_always_nothing(ledger: Ledger, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    with ledger.write() as books:
        for number, verdict in enumerate(Verdict):
            credit = a_credit(9000 + number, provider_id=str(number))
            exact = replace(credit, amount=payment.amount) if verdict is Verdict.MATCHED else credit
            books.book(exact, verdict, payment.id, entry(exact, verdict, payment), T0)
    with ledger.read() as books:
        balances = books.balances()
    assert sum(balances.values()) == 0
    assert balances["fee:CT-BS"] == -6000
    assert balances["fee:HT-XN"] == -3000


def test_a_credit_comes_back_as_it_was_booked(ledger: Ledger, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    credit = a_credit(virtual_account="VQRQ1", memo="=1+1 ẵ")
    with ledger.write() as books:
        books.book(credit, Verdict.MATCHED, payment.id, entry(credit, Verdict.MATCHED, payment), T0)
    with ledger.read() as books:
        (booked,) = books.credits(*DAY)
        assert (booked.credit, booked.verdict, booked.payment, booked.booked_at) == (
            credit,
            Verdict.MATCHED,
            payment.id,
            T0,
        )
        assert books.credits_of(payment.id) == [booked]
        assert books.credits_of("0" * 32) == []
        assert books.credits(DAY[1], DAY[1] + timedelta(days=1)) == []


# Notifications


def test_a_kept_notification_waits_until_it_is_closed(ledger: Ledger) -> None:
    with ledger.write() as books:
        first = books.keep_notification("sepay", b"one", T0)
        second = books.keep_notification("sepay", b"two", T0)
        assert [kept.raw for kept in books.notifications_to_book()] == [b"one", b"two"]
        books.close_notification(first, "booked", T0)
        assert [kept.id for kept in books.notifications_to_book()] == [second]


def test_the_quarantine_keeps_only_the_newest(ledger: Ledger) -> None:
    with ledger.write() as books:
        for number in range(12):
            books.quarantine("sepay", str(number).encode(), "no proof", T0, keep=5)
        assert books.quarantined() == 5
    with ledger.engine.connect() as connection:
        kept = connection.execute(text("select raw from quarantine order by id")).scalars().all()
    assert kept == [b"7", b"8", b"9", b"10", b"11"]


# Messages


def a_parcel(message: str, counter: str = "quay-1", sequence: int = 1) -> Parcel:
    return Parcel(message, counter, sequence, "payment_request", f"quaythu/v1/hoan-kiem/{counter}/job", b"{}")


def test_each_counter_has_a_sequence_of_its_own(ledger: Ledger) -> None:
    with ledger.write() as books:
        assert [books.next_sequence("quay-1"), books.next_sequence("quay-2"), books.next_sequence("quay-1")] == [
            1,
            1,
            2,
        ]


def test_a_message_lives_in_the_outbox_until_its_own_counter_has_it(ledger: Ledger, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    with ledger.write() as books:
        books.post(a_parcel("b", sequence=2), payment.id)
        books.post(a_parcel("a", sequence=1), None)
        assert [parcel.message for parcel in books.posted()] == ["a", "b"]
        assert [books.first_published(message) for message in "baz"] == [payment.id, None, None]
        books.acknowledge("a", "quay-2")
        assert len(books.posted()) == 2
        books.acknowledge("a", "quay-1")
        assert books.posted() == [a_parcel("b", sequence=2)]


def test_a_counters_message_is_remembered(ledger: Ledger) -> None:
    with ledger.write() as books:
        assert not books.has_received("m")
        books.receive("m", "quay-1", T0)
        assert books.has_received("m")


# Counters


def status(seconds: int, *, is_online: bool, printer: PrinterStatus = PrinterStatus.READY) -> CounterStatus:
    return CounterStatus(is_online=is_online, born_at=T0 + timedelta(seconds=seconds), printer=printer)


def test_of_one_connection_the_death_is_the_last_word(ledger: Ledger) -> None:
    with ledger.write() as books:
        for said in (status(0, is_online=True), status(0, is_online=False), status(0, is_online=True)):
            books.hear_status("quay-1", said, T0)
        assert not books.counters()["quay-1"].is_online


def test_of_two_connections_the_younger_counts_in_whatever_order(ledger: Ledger) -> None:
    with ledger.write() as books:
        books.hear_status("quay-1", status(5, is_online=True, printer=PrinterStatus.PAPER_OUT), T0)
        books.hear_status("quay-1", status(0, is_online=False), T0)
        heard = books.counters()["quay-1"]
    assert (heard.is_online, heard.printer, heard.seen_at) == (True, PrinterStatus.PAPER_OUT, T0)


def test_a_counters_trouble_is_kept_in_words(ledger: Ledger) -> None:
    with ledger.write() as books:
        books.hear_trouble("quay-1", "signature: nobody here knows the key")
        heard = books.counters()["quay-1"]
    assert (heard.trouble, heard.is_online, heard.printer) == (
        "signature: nobody here knows the key",
        False,
        PrinterStatus.UNKNOWN,
    )


# The portal


def test_a_portals_dossier_waits_until_it_has_a_payment(ledger: Ledger, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    number = "H26.1-261122-0001"
    with ledger.write() as books:
        assert books.receive_dossier(number, {"fee": "CT-BS"}, T0)
        assert not books.receive_dossier(number, {"fee": "another"}, T0)
        assert books.open_dossiers() == [{"number": number, "fee": "CT-BS"}]
        assert books.dossier(number) == {"number": number, "fee": "CT-BS"}
        assert books.dossier("another") is None
        books.settle_dossier(number, payment.id)
        assert books.open_dossiers() == []


@pytest.mark.parametrize("state", State)
def test_a_portals_dossier_is_open_again_only_when_its_payment_came_to_nothing(
    state: State, ledger: Ledger, a_payment: Make
) -> None:
    payment = opened(ledger, a_payment())
    with ledger.write() as books:
        books.receive_dossier("H26.1-261122-0001", {}, T0)
        books.settle_dossier("H26.1-261122-0001", payment.id)
        books.save(payment, replace(payment, state=state), T0)
        assert bool(books.open_dossiers()) is (state in {State.CANCELLED, State.EXPIRED})


def test_a_callback_lives_until_the_portal_has_heard_it(ledger: Ledger, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    with ledger.write() as books:
        books.call_back(payment.id, {"state": "paid"})
        ((number, body),) = books.callbacks()
        assert body == {"state": "paid"}
        books.called_back(number)
        assert books.callbacks() == []


# The file


def test_reopening_the_file_finds_everything(ledger: Ledger, office_settings: OfficeSettings, a_payment: Make) -> None:
    payment = opened(ledger, a_payment())
    with ledger.write() as books:
        books.remember_order("key", "digest", payment.id)
        books.note(payment.id, "created", T0)
        books.book(a_credit(), Verdict.MATCHED, payment.id, entry(a_credit(), Verdict.MATCHED, payment), T0)
        books.keep_notification("sepay", b"raw", T0)
        books.next_sequence("quay-1")
        books.post(a_parcel("m"), payment.id)
        books.receive("n", "quay-1", T0)
    ledger.close()
    again = Ledger(office_settings.database)
    with again.write() as books:
        assert books.payment(payment.id) == payment
        assert books.ordered("key") == ("digest", payment)
        assert [done.milestone for done in books.timeline(payment.id)] == ["created"]
        assert books.is_booked(a_credit())
        assert sum(books.balances().values()) == 0
        assert [kept.raw for kept in books.notifications_to_book()] == [b"raw"]
        assert books.posted() == [a_parcel("m")]
        assert books.has_received("n")
        assert books.next_sequence("quay-1") == 2
    again.close()


def test_the_file_is_written_ahead_and_synced(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with ledger.engine.connect() as connection:
        settings = [connection.execute(text(f"pragma {name}")).scalar_one() for name in ("journal_mode", "synchronous")]
    ledger.close()
    assert settings == ["wal", 2]


def a_letter(path: Path) -> str:
    path.write_text("Kính gửi: UBND phường. " * 100)
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    "url_at",
    [
        lambda path: f"sqlite:///{path / 'nowhere' / 'ledger.sqlite'}",
        lambda path: f"sqlite:///{path.parent}",
        a_letter,
        str,
        lambda _: "nosuchdatabase://office",
        lambda _: "postgresql+nosuchdriver://office",
        lambda _: "postgresql://office@127.0.0.1:1/office",
    ],
    ids=["no folder", "a folder", "a letter", "no address", "unknown kind", "unknown driver", "nobody there"],
)
def test_a_ledger_that_cannot_be_opened_says_which_and_why(url_at: Callable[[Path], str], tmp_path: Path) -> None:
    url = url_at(tmp_path / "here")
    with pytest.raises(LedgerOpenError, match="cannot be opened") as refused:
        Ledger(url)
    assert url in str(refused.value)
    assert isinstance(refused.value, OSError)
    assert refused.value.__cause__ is not None


def test_an_error_about_a_ledger_tells_no_password() -> None:
    with pytest.raises(LedgerOpenError) as refused:
        Ledger("nosuchdatabase://office:very-secret@127.0.0.1/office")
    assert "very-secret" not in str(refused.value)
