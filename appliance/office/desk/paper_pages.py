"""The desk's pages about paper: slips that wait, copies, test slips; and the notifications that came to nothing."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from appliance.office.desk.look import Look
from appliance.office.desk.pages import clerk_of, followed, texts
from appliance.office.desk.paper_view import NOT_OUT, OTHER, REASONS, WHY_NOT_OUT
from appliance.office.desk.shown import Desk
from appliance.office.order import MAX_WORDS
from appliance.office.paper import Ask
from appliance.office.parts import Parts
from appliance.office.payment import Payment
from mqtt_schema.text import nfc

_TOO_LONG = f"Dài quá {MAX_WORDS} ký tự. Hãy viết gọn lại."


class PaperPages:
    """Answers a clerk's browser about paper."""

    def __init__(self, parts: Parts, look: Look) -> None:
        self._paper = parts.paper
        self._cashier = parts.cashier
        self._desk = Desk(parts)
        self._look = look

    async def here(self, request: Request, payment_id: str) -> Response:
        """Print the waiting slip where it waits."""
        return await self._do(request, payment_id, lambda ask, _fields: self._paper.print_here(payment_id, ask))

    async def move(self, request: Request, payment_id: str) -> Response:
        """Print the waiting slip at the counter that the form names."""

        def ask_for(ask: Ask, fields: Mapping[str, str]) -> Payment:
            return self._paper.print_at(payment_id, fields.get("counter", ""), ask)

        return await self._do(request, payment_id, ask_for)

    async def drop(self, request: Request, payment_id: str) -> Response:
        """Nobody wants the waiting slip any more."""
        return await self._do(request, payment_id, lambda ask, _fields: self._paper.drop(payment_id, ask))

    async def confirm(self, request: Request, payment_id: str) -> Response:
        """The slip that was only possibly printed did come out."""
        return await self._do(request, payment_id, lambda ask, _fields: self._paper.confirm(payment_id, ask))

    async def copy(self, request: Request, payment_id: str) -> Response:
        """Print the slip once more; the form says who asks, why, and where."""
        return await run_in_threadpool(self._copy, request, payment_id, await texts(request))

    async def _do(
        self, request: Request, payment_id: str, ask_for: Callable[[Ask, Mapping[str, str]], Payment]
    ) -> Response:
        return await run_in_threadpool(self._carry_out, request, payment_id, await texts(request), ask_for)

    def _carry_out(
        self,
        request: Request,
        payment_id: str,
        fields: Mapping[str, str],
        ask_for: Callable[[Ask, Mapping[str, str]], Payment],
    ) -> Response:
        clerk = clerk_of(request) or self._cashier.payment(payment_id).clerk
        ask_for(Ask(clerk), fields)
        return _back(fields, payment_id)

    def _copy(self, request: Request, payment_id: str, fields: Mapping[str, str]) -> Response:
        typed = {name: nfc(fields.get(name, "")) for name in ("clerk", "why", "other", "counter")}
        if complaints := _wrong(typed):
            shown = self._desk.payment(payment_id)
            page = followed(request, shown, complaints, "copy", typed)
            return self._look.render(request, "payment.html", 422, **self._desk.frame(), **page)
        self._paper.copy(payment_id, Ask(typed["clerk"], _why(typed)), typed["counter"])
        return _back(fields, payment_id)

    def trial(self, request: Request, counter: str) -> Response:
        """Print a test slip; the page stays where it is."""
        self._paper.try_printer(counter, clerk_of(request))
        return self._asked(request)

    def day_end(self, request: Request, counter: str) -> Response:
        """Print the slip of a counter's day; the page stays where it is."""
        self._paper.end_day(counter, clerk_of(request))
        return self._asked(request)

    def _asked(self, request: Request) -> Response:
        if request.headers.get("hx-request"):
            return Response(status_code=204)
        came_from = urlsplit(request.headers.get("referer", "")).path
        is_desk = came_from == "/desk" or came_from.startswith("/desk/")
        return RedirectResponse(came_from if is_desk else "/desk", status_code=303)

    def unread(self, request: Request, on: Annotated[date | None, Query(alias="day")] = None) -> Response:
        """The notifications of a day that came to nothing."""
        return self._look.render(request, "unread.html", **self._desk.frame(), listed=self._desk.unread(on))


def _wrong(typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the order for a copy, by field."""
    complaints = {}
    if not typed["clerk"]:
        complaints["clerk"] = "Hãy ghi tên cán bộ yêu cầu."
    if typed["why"] not in {NOT_OUT, *REASONS}:
        complaints["why"] = "Hãy chọn vì sao cần bản sao."
    if typed["why"] == OTHER and not typed["other"]:
        complaints["other"] = "Hãy ghi lý do."
    return complaints | {name: _TOO_LONG for name in ("clerk", "other") if len(typed[name]) > MAX_WORDS}


def _why(typed: Mapping[str, str]) -> str:
    if typed["why"] == NOT_OUT:
        return WHY_NOT_OUT
    return typed["other"] if typed["why"] == OTHER else REASONS[typed["why"]]


def _back(fields: Mapping[str, str], payment_id: str) -> RedirectResponse:
    where = "/desk/day#slips" if fields.get("back") == "day" else f"/desk/payments/{payment_id}"
    return RedirectResponse(where, status_code=303)


def router(parts: Parts, look: Look) -> APIRouter:
    """The routes about paper."""
    pages = PaperPages(parts, look)
    routes = APIRouter(prefix="/desk", include_in_schema=False)
    routes.add_api_route("/notifications", pages.unread, methods=["GET"], response_model=None)
    for path, change in (
        ("/payments/{payment_id}/slip/here", pages.here),
        ("/payments/{payment_id}/slip/move", pages.move),
        ("/payments/{payment_id}/slip/drop", pages.drop),
        ("/payments/{payment_id}/slip/confirm", pages.confirm),
        ("/payments/{payment_id}/copy", pages.copy),
        ("/counters/{counter}/trial", pages.trial),
        ("/counters/{counter}/day-end", pages.day_end),
    ):
        routes.add_api_route(path, change, methods=["POST"], response_model=None)
    return routes
