"""What every book stands on: one open transaction of the ledger."""

from typing import Any, cast

from sqlalchemy import Connection


class Book:
    """Some tables, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


def new_id(result: Any) -> int:
    """The number that the database gave to the row just written."""
    return cast(int, result.inserted_primary_key[0])
