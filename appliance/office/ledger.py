"""The office's memory: one transaction for everything that belongs together. Decides nothing.

SQLite takes its write lock at BEGIN (BEGIN IMMEDIATE); without that, concurrent read-modify-writes vanish silently.
Every change of a payment is guarded by its version besides.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from appliance.office import tables
from appliance.office.books.calls import CallBook
from appliance.office.books.cards import CardBook
from appliance.office.books.counters import CounterBook
from appliance.office.books.credits import CreditBook
from appliance.office.books.messages import MessageBook
from appliance.office.books.payments import PaymentBook
from appliance.office.books.portal import PortalBook
from appliance.office.errors import LedgerOpenError


class Books(PaymentBook, CreditBook, MessageBook, CounterBook, PortalBook, CallBook, CardBook):
    """The ledger inside one transaction; what each book holds stands in `books`."""


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
    def write(self) -> Iterator[Books]:
        """One transaction, all or nothing; nobody else writes meanwhile (SQLite)."""
        with self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield Books(connection)

    @contextmanager
    def read(self) -> Iterator[Books]:
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
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
