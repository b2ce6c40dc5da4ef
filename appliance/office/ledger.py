"""The office's memory: one transaction for everything that belongs together. Decides nothing.

Nobody else writes meanwhile (`engine`), and every change of a payment is guarded by its version besides.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from contextvars import ContextVar
from itertools import count
from typing import Generic, TypeVar

from sqlalchemy import Connection, Table, UpdateBase, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from appliance.audit import Verdict
from appliance.office import tables
from appliance.office.books.calls import CallBook
from appliance.office.books.cards import CardBook
from appliance.office.books.census import CensusBook
from appliance.office.books.counters import CounterBook
from appliance.office.books.credits import CreditBook
from appliance.office.books.inspection import Inspection
from appliance.office.books.messages import MessageBook
from appliance.office.books.payments import PaymentBook
from appliance.office.books.portal import PortalBook
from appliance.office.books.pulse import Pulses
from appliance.office.books.retention import RetentionBook
from appliance.office.engine import open_engine, unsynced
from appliance.office.errors import LedgerOpenError
from mqtt_schema.types import Instant

T = TypeVar("T")

_LIGHTLY: ContextVar[bool] = ContextVar("lightly", default=False)


class Books(PaymentBook, CreditBook, MessageBook, CounterBook, PortalBook, CallBook, CardBook, CensusBook):
    """The ledger inside one transaction; what each book holds stands in `books`."""


class Reading(Generic[T]):
    """Something read with one question, and read again only when somebody has written to the tables it rests on."""

    def __init__(self, ledger: "Ledger", read: Callable[[Books], T], *on: Table) -> None:
        """Only what this process writes is noticed."""
        self._ledger = ledger
        self._read = read
        self._on = on
        self._kept: tuple[object, T] | None = None

    def now(self) -> T:
        """What the ledger holds. The same object again as long as it is the same."""
        # Asked first: what is written while we read makes us read once more.
        stand = self._ledger.stand(*self._on)
        if self._kept is None or self._kept[0] != stand:
            with self._ledger.glance() as books:
                self._kept = stand, self._read(books)
        return self._kept[1]


class Ledger:
    """Opens transactions on the office's database."""

    def __init__(self, url: str) -> None:
        """Open the database and make its tables if it is new. Raises `LedgerOpenError`."""
        self.errors = 0
        """Write transactions that the database refused or broke, since the start."""
        self.pulses = Pulses()
        self._written: dict[str, int] = {}
        self._numbers = count(1)
        try:
            self.engine = open_engine(url)
            event.listen(self.engine, "before_execute", _note_table)
            tables.metadata.create_all(self.engine)
        except (SQLAlchemyError, ImportError) as error:
            why = str(error).partition("\n")[0]
            raise LedgerOpenError(f"the ledger {_without_password(url)} cannot be opened: {why}") from error

    @contextmanager
    def write(self) -> Iterator[Books]:
        """One transaction, all or nothing; nobody else writes meanwhile."""
        with (
            self._counting_errors(),
            self.engine.connect() as connection,
            self._noting(connection),
            connection.begin(),
        ):
            books = Books(connection, self.pulses)
            yield books
            books.write_audit()

    @contextmanager
    def write_lightly(self) -> Iterator[Books]:
        """As `write`, for what was promised to nobody: it is on the disk with the next `write`, not before this ends.

        A power cut may undo it, after everything that was written before it and together with what came lightly after.
        """
        token = _LIGHTLY.set(True)
        try:
            with self.write() as books:
                yield books
        finally:
            _LIGHTLY.reset(token)

    @contextmanager
    def _noting(self, connection: Connection) -> Iterator[None]:
        """Have this connection write, and `stand` know to which tables; even if it broke: it may be there after all."""
        written: set[str] = set()
        connection.execution_options(writes=True, written=written)
        try:
            with unsynced(connection) if _LIGHTLY.get() else nullcontext():
                yield
        finally:
            for name in written:
                self._written[name] = next(self._numbers)

    def stand(self, *tables: Table) -> tuple[int, ...]:
        """Numbers that are others as soon as something that was written to these tables here is committed."""
        return tuple(self._written.get(table.name, 0) for table in tables)

    @contextmanager
    def _counting_errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError:
            self.errors += 1
            raise

    @contextmanager
    def read(self) -> Iterator[Books]:
        """One consistent view."""
        with self.engine.connect() as connection, connection.begin():
            yield Books(connection, self.pulses)

    @contextmanager
    def glance(self) -> Iterator[Books]:
        """As `read`, for a single question: with no transaction around it, which costs as much as the question."""
        with self.engine.connect() as connection:
            connection.execution_options(glances=True)
            with connection.begin():
                yield Books(connection, self.pulses)

    def inspect(self, heads: Sequence[str] = ()) -> Verdict:
        """Verify the audit and compare it with the ledger, in one consistent view."""
        with self.engine.connect() as connection, connection.begin():
            return Inspection(connection).verify(heads)

    def due_for_purge(self, now: Instant) -> Counter[str]:
        """How many rows of what are past their time."""
        with self.engine.connect() as connection, connection.begin():
            return RetentionBook(connection).due(now)

    def purge(self, now: Instant) -> Counter[str]:
        """Purge what is past its time, some rows a transaction so that nobody waits for long, and say how many."""
        done: Counter[str] = Counter()
        while some := self._purge_some(now):
            done += some
        if self.engine.dialect.name == "sqlite":
            # What was overwritten stands in the file's log until that is emptied; and no transaction may be open.
            with closing(self.engine.raw_connection()) as raw:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return done

    def _purge_some(self, now: Instant) -> Counter[str]:
        with self.engine.connect() as connection, self._noting(connection), connection.begin():
            book = RetentionBook(connection)
            done = book.purge(now)
            book.write_audit()
            return done

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string()
    except ArgumentError:
        return url


def _note_table(connection: Connection, statement: object, *_parameters: object) -> None:
    written = connection.get_execution_options().get("written")
    if written is not None and isinstance(statement, UpdateBase):
        written.add(str(statement.entity_description["name"]))
