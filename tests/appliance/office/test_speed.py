"""What the office keeps in its head so that the books need not be asked, and that nobody can tell by its words."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event

from appliance.clock import VirtualClock
from appliance.office import tables
from appliance.office.books.pulse import WRITTEN_EVERY
from appliance.office.cashier import Cashier
from appliance.office.hearing import Hearing
from appliance.office.ledger import Books, Ledger, Reading
from appliance.office.payment import Payment, State
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema.messages import CounterStatus, Envelope, PrinterStatus, ScreenName, Seen
from mqtt_schema.types import Instant

Create = Callable[..., Payment]


class Spoken:
    """A counter's heartbeats, in order."""

    def __init__(self, hearing: Hearing, clock: VirtualClock) -> None:
        self._hearing = hearing
        self._clock = clock
        self._born_at = clock.now()
        self._number = 0

    def __call__(self, *, is_online: bool = True, pixels: str = "0" * 64) -> None:
        self._number += 1
        seen = Seen(screen=ScreenName.IDLE, pixels=pixels, painted_at=self._clock.now())
        status = CounterStatus(
            is_online=is_online, printer=PrinterStatus.READY, born_at=self._born_at, seen=seen if is_online else None
        )
        envelope = Envelope(
            id=f"{self._number:032x}",
            site="hoan-kiem",
            counter="quay-1",
            sequence=0,
            issued_at=self._clock.now() if is_online else self._born_at,
            body=status,
        )
        self._hearing.take(envelope)


@pytest.fixture
def beat(hearing: Hearing, clock: VirtualClock) -> Spoken:
    return Spoken(hearing, clock)


@pytest.fixture
def statements(ledger: Ledger) -> list[str]:
    said: list[str] = []

    @event.listens_for(ledger.engine, "before_cursor_execute")
    def _hear(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        said.append(statement)

    return said


def written_at(ledger: Ledger) -> Instant | None:
    with ledger.read() as books:
        ((state, _),) = books.written_counters()
        return state.seen_at


def heard_at(ledger: Ledger) -> Instant | None:
    with ledger.read() as books:
        return books.counters()["quay-1"].seen_at


def test_a_heartbeat_that_says_nothing_new_is_known_at_once_and_written_now_and_then(
    beat: Spoken, ledger: Ledger, clock: VirtualClock
) -> None:
    beat()
    first = clock.now()
    for number in range(1, 5):
        clock.go_on(1)
        beat(pixels=f"{number:064x}")
        assert (heard_at(ledger), written_at(ledger)) == (clock.now(), first)
    with ledger.read() as books:
        state = books.counter("quay-1")
        assert state is not None
        assert state.seen is not None
        assert state.seen.pixels == f"{4:064x}", "what the desk compares with its own is the youngest frame"
    clock.go_on(1)
    beat()
    assert written_at(ledger) == heard_at(ledger) == first + WRITTEN_EVERY


def test_a_heartbeat_in_between_takes_no_transaction(beat: Spoken, clock: VirtualClock, statements: list[str]) -> None:
    beat()
    beat()
    statements.clear()
    clock.go_on(1)
    beat()
    assert [statement.split()[0] for statement in statements] == ["SELECT"]


def test_who_died_was_alive_when_it_was_last_heard_even_if_that_was_not_written(
    beat: Spoken, ledger: Ledger, clock: VirtualClock
) -> None:
    beat()
    clock.go_on(3)
    beat()
    last = clock.now()
    clock.go_on(30)
    beat(is_online=False)
    assert heard_at(ledger) == written_at(ledger) == last
    with ledger.read() as books:
        told, _ = books.last_told("quay-1")
        assert told is not None
        assert told.told_at == last, "or an older word could raise it from the dead"


def test_an_office_that_starts_again_knows_of_a_counter_what_was_written(
    beat: Spoken, ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    beat()
    clock.go_on(4)
    beat()
    again = Ledger(office_settings.database)
    assert heard_at(again) == clock.now() - timedelta(seconds=4)
    again.close()


def test_a_reading_is_read_again_when_its_table_was_written_and_only_then(
    ledger: Ledger, create: Create, clock: VirtualClock, statements: list[str]
) -> None:
    reading = Reading(ledger, Books.callbacks, tables.callback)
    assert reading.now() == []
    payment = create()
    statements.clear()
    assert reading.now() == []
    assert statements == []
    with ledger.write() as books:
        books.call_back(payment.id, {"state": "paid"})
    assert [body for _, body in reading.now()] == [{"state": "paid"}]


def test_what_was_undone_does_not_stay_in_a_reading(ledger: Ledger, create: Create) -> None:
    payment = create()
    reading = Reading(ledger, Books.callbacks, tables.callback)

    def break_off() -> None:
        with ledger.write() as books:
            books.call_back(payment.id, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert reading.now() == []


def is_synced(books: Books) -> bool:
    connection = books._connection
    if connection.dialect.name == "sqlite":
        return bool(connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2)
    return bool(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on")


def test_only_what_was_promised_to_nobody_is_written_lightly(each_ledger: Ledger) -> None:
    with each_ledger.write() as books:
        assert is_synced(books)
    with each_ledger.write_lightly() as books:
        assert not is_synced(books)
    with pytest.raises(RuntimeError), each_ledger.write_lightly():
        raise RuntimeError
    with each_ledger.write() as books:
        assert is_synced(books)


def test_a_tick_asks_the_ledger_only_when_something_may_have_become_due(
    cashier: Cashier, create: Create, clock: VirtualClock, statements: list[str], till: Till
) -> None:
    payment = create()
    cashier.tick()
    statements.clear()
    clock.go_on(1)
    cashier.tick()
    assert statements == []
    clock.go_on(till.terms.payment_valid_s + till.terms.settle_s)
    cashier.tick()
    assert cashier.payment(payment.id).state is State.EXPIRED


def test_a_tick_asks_again_after_somebody_wrote_and_after_the_clock_was_set_back(
    cashier: Cashier, create: Create, clock: VirtualClock, statements: list[str]
) -> None:
    payment = create()
    cashier.tick()
    cashier.park(payment.id)
    statements.clear()
    cashier.tick()
    assert statements != []
    clock.jump(-60)
    statements.clear()
    cashier.tick()
    assert statements != []
