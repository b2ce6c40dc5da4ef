"""Opens the office's database, and gets the same promises from SQLite and PostgreSQL. Knows no table.

One writes at a time: SQLite takes its lock at BEGIN (BEGIN IMMEDIATE), PostgreSQL an advisory lock first of all.
Without it concurrent read-modify-writes vanish silently, and two rows of the audit would follow the same one. Whoever
reads sees one moment. What was promised to nobody may be committed without waiting for the disk.

What a connection is for is told by its execution options: `writes`, `glances`, `lightly`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

WAIT_S = 30
"""A writer waits so long for the one before it."""

_WRITER = 0x5154
"""The number of the advisory lock; it counts within one database."""


def open_engine(url: str) -> Engine:
    """An engine for this address; nothing is connected yet. Raises what SQLAlchemy raises, and `ImportError`."""
    # An error of the database would carry names into the log with the statement's values.
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    match engine.dialect.name:
        case "sqlite":
            _prepare_sqlite(engine)
        case "postgresql":
            _prepare_postgresql(engine)
    return engine


@contextmanager
def unsynced(connection: Connection) -> Iterator[None]:
    """What is committed meanwhile waits in the log for the next commit that is synced."""
    if connection.dialect.name != "sqlite":
        connection.execution_options(lightly=True)
        yield
        return
    driver: Any = connection.connection.driver_connection
    [before] = driver.execute("PRAGMA synchronous").fetchone()
    driver.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA synchronous={before}")


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={WAIT_S * 1000}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("glances", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes", False) else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writes", False):
            # At READ COMMITTED, the default: what follows the lock sees all that was committed before it was given.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
            if options.get("lightly", False):
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        elif not options.get("glances", False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
