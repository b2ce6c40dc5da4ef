"""The desk's pages about cards: list, write, look at, send, withdraw. What a card may say, `card_form` knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from appliance.office.cards import MOST
from appliance.office.desk import card_form
from appliance.office.desk.look import Look
from appliance.office.desk.pages import NO_COMPLAINTS, texts
from appliance.office.desk.shown import Desk
from appliance.office.errors import ConflictError
from appliance.office.parts import Parts
from appliance.office.reports.period import local
from mqtt_schema.messages import Card


@dataclass(frozen=True)
class Standing:
    """A card, and in words when it stands on glasses."""

    card: Card
    kind: str
    days: str


class CardPages:
    """Answers a clerk's browser about cards."""

    def __init__(self, parts: Parts, look: Look) -> None:
        self._settings = parts.settings
        self._cards = parts.cards
        self._clock = parts.clock
        self._desk = Desk(parts)
        self._look = look

    def list(self, request: Request) -> HTMLResponse:
        """All cards, and which counters have them."""
        return self._page(request, "cards.html", **self._listed())

    def list_part(self, request: Request) -> HTMLResponse:
        """The live part of the list: who has received the cards."""
        return self._look.render(request, "part_cards.html", **self._listed())

    def new(self, request: Request) -> HTMLResponse:
        """An empty form."""
        return self._form(request, card_form.new(uuid4().hex, self._today))

    def change(self, request: Request, card_id: str) -> HTMLResponse:
        """A card as a form."""
        return self._form(request, card_form.of(self._cards.card(card_id)))

    async def check(self, request: Request) -> Response:
        """The card as it will stand; or the form again, with its complaints or as it was."""
        return await run_in_threadpool(self._check, request, await texts(request))

    async def write(self, request: Request) -> Response:
        """Keep the card, send it, and go back to the list."""
        return await run_in_threadpool(self._write, request, await texts(request))

    def withdraw(self, card_id: str) -> Response:
        """Take the card off all glasses."""
        self._cards.withdraw(card_id)
        return _to_list()

    def _check(self, request: Request, fields: Mapping[str, str]) -> Response:
        draft = card_form.read(fields, uuid4().hex)
        if "change" in fields:
            return self._form(request, draft)
        checked = card_form.look_at(draft)
        if checked.card is None:
            return self._form(request, draft, checked.complaints, status=422)
        fields_again = card_form.fields_of(draft)
        return self._page(request, "card_review.html", standing=self._standing(checked.card), fields=fields_again)

    def _write(self, request: Request, fields: Mapping[str, str]) -> Response:
        draft = card_form.read(fields, uuid4().hex)
        checked = card_form.look_at(draft)
        if checked.card is None:
            return self._form(request, draft, checked.complaints, status=422)
        try:
            self._cards.write(checked.card)
        except ConflictError as error:
            return self._form(request, draft, {"card": str(error)}, status=409)
        return _to_list()

    def _listed(self) -> dict[str, Any]:
        rack = self._cards.rack()
        names = {counter.id: counter.name for counter in self._settings.counters}
        return {
            "standings": [self._standing(card) for card in rack.cards],
            "is_full": len(rack.cards) >= MOST,
            "most": MOST,
            "reached": [names[counter] for counter, has in rack.reached.items() if has],
            "awaited": [names[counter] for counter, has in rack.reached.items() if has is False],
        }

    def _standing(self, card: Card) -> Standing:
        return Standing(card, card_form.KINDS[card.kind], card_form.days_words(card, self._today))

    @property
    def _today(self) -> date:
        return local(self._clock.now()).date()

    def _form(
        self,
        request: Request,
        draft: card_form.CardDraft,
        complaints: Mapping[str, str] = NO_COMPLAINTS,
        status: int = 200,
    ) -> HTMLResponse:
        of = {"kinds": card_form.KINDS, "heading_most": card_form.HEADING, "sentence_most": card_form.SENTENCE}
        return self._page(request, "card_form.html", status, draft=draft, complaints=complaints, **of)

    def _page(self, request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        return self._look.render(request, template, status, **self._desk.frame(), **shown)


def _to_list() -> RedirectResponse:
    return RedirectResponse("/desk/cards", status_code=303)


def router(parts: Parts, look: Look) -> APIRouter:
    """The routes of the cards."""
    pages = CardPages(parts, look)
    routes = APIRouter(prefix="/desk", include_in_schema=False)
    for path, read in (
        ("/cards", pages.list),
        ("/cards/new", pages.new),
        ("/cards/{card_id}", pages.change),
        ("/parts/cards", pages.list_part),
    ):
        routes.add_api_route(path, read, methods=["GET"], response_model=None)
    for path, change in (
        ("/cards/check", pages.check),
        ("/cards", pages.write),
        ("/cards/{card_id}/withdraw", pages.withdraw),
    ):
        routes.add_api_route(path, change, methods=["POST"], response_model=None)
    return routes
