"""The cards that idle glasses show. Decides nothing."""

from sqlalchemy import delete, insert, select

from appliance.office import tables
from appliance.office.books.book import Book
from mqtt_schema.messages import Card, CardKind, CardText
from mqtt_schema.types import Instant


class CardBook(Book):
    """Cards, those that begin first before the others."""

    def cards(self) -> list[Card]:
        """List all cards."""
        by = tables.card.c
        rows = self._connection.execute(select(tables.card).order_by(by.first_day, by.written_at, by.id))
        return [
            Card(
                card=row.id,
                kind=CardKind(row.kind),
                vi=CardText.model_validate(row.vi),
                en=None if row.en is None else CardText.model_validate(row.en),
                first_day=row.first_day,
                last_day=row.last_day,
            )
            for row in rows
        ]

    def write_card(self, card: Card, at: Instant) -> None:
        """Keep a card, in place of the one that bore its id."""
        self.withdraw_card(card.card)
        values = card.model_dump(mode="json", include={"vi", "en"})
        if card.en is None:
            del values["en"]
        days = {"first_day": card.first_day, "last_day": card.last_day}
        row = {"id": card.card, "kind": card.kind.value, "written_at": at, **values, **days}
        self._connection.execute(insert(tables.card).values(**row))

    def withdraw_card(self, card_id: str) -> None:
        """Forget a card."""
        self._connection.execute(delete(tables.card).where(tables.card.c.id == card_id))
