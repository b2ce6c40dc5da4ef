"""The desk's pages: enter, check, create, follow. Plain forms that work by themselves; the live parts come by htmx.

The form's token is the idempotency key, so a double click or a reload makes no second payment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from appliance.office.api import drawn_code
from appliance.office.cashier import Cashier
from appliance.office.desk import form
from appliance.office.desk.look import Look
from appliance.office.desk.shown import Desk, PaymentPage
from appliance.office.order import MAX_WORDS, PAYER_TOO_LONG, PAYER_WANTED, NotFreshError, Order
from appliance.office.parts import Parts
from mqtt_schema.messages import HelpKind, Line
from mqtt_schema.text import nfc

R = TypeVar("R", bound=Response)

NO_COMPLAINTS: Mapping[str, str] = {}
_YEAR_S = 365 * 24 * 3600
_REMEMBERED = ("clerk", "counter")


class Pages:
    """Answers a clerk's browser. Reads through `Desk`, asks the cashier, renders by `Look`."""

    def __init__(self, parts: Parts, look: Look) -> None:
        self._settings = parts.settings
        self._cashier: Cashier = parts.cashier
        self._changes = parts.changes
        self._calls = parts.calls
        self._desk = Desk(parts)
        self._look = look

    # Enter, check, create

    def new(self, request: Request, dossier: str = "", counter: str = "", on_behalf: str = "") -> HTMLResponse:
        """An empty form, or one filled from a dossier of the portal, or for somebody without a telephone."""
        remembered = {name: unquote(request.cookies[name]) for name in _REMEMBERED if name in request.cookies}
        asked = {"is_on_behalf": on_behalf} | ({"counter": counter} if self._settings.counter(counter) else {})
        draft = form.read({"counter": self._settings.counters[0].id} | remembered | asked, uuid4().hex)
        sent = self._desk.dossier(dossier) if dossier else None
        return self._form(request, form.from_dossier(draft, sent, self._settings) if sent else draft, {})

    async def check(self, request: Request) -> Response:
        """The review; or the form again with its complaints, one line more or less, or as it was."""
        return await run_in_threadpool(self._check, request, await texts(request))

    async def create(self, request: Request) -> Response:
        """Make the payment and go to it."""
        return await run_in_threadpool(self._create, request, await texts(request))

    def _check(self, request: Request, fields: Mapping[str, str]) -> Response:
        draft = form.read(fields, uuid4().hex)
        if change := fields.get("change"):
            return self._form(request, form.change_lines(draft, change), {})
        checked = form.look_at(draft, self._settings)
        if checked.order is None:
            return self._form(request, draft, checked.complaints, status=422)
        self._cashier.prepare(checked.order.counter)
        return _remember(self._review(request, draft, checked.order, checked.lines), draft)

    def _create(self, request: Request, fields: Mapping[str, str]) -> Response:
        draft = form.read(fields, uuid4().hex)
        checked = form.look_at(draft, self._settings)
        if checked.order is None:
            return self._form(request, draft, checked.complaints, status=422)
        source = "portal" if self._desk.is_from_portal(checked.lines) else "desk"
        told = {part for part in fields.get("insists", "").split(",") if part}
        lacks = {missing.part for missing in self._cashier.missing(checked.order.counter)}
        # Who insists has read what is missing; of what went missing since then nobody has told them.
        order = checked.order.model_copy(update={"insists": bool(told) and lacks <= told})
        try:
            created = self._cashier.create(order, draft.token, source)
        except NotFreshError:
            return _remember(self._review(request, draft, checked.order, checked.lines, status=409), draft)
        return _remember(_to_payment(created.payment.id), draft)

    def _review(
        self, request: Request, draft: form.Draft, order: Order, lines: Sequence[Line], status: int = 200
    ) -> HTMLResponse:
        review = self._desk.review(draft, order, lines)
        return self._page(request, "review.html", status, review=review, fields=form.fields_of(draft))

    def _form(
        self, request: Request, draft: form.Draft, complaints: Mapping[str, str], status: int = 200
    ) -> HTMLResponse:
        usual = [form.usual_amount(line, self._settings) for line in draft.lines]
        filled = replace(
            draft,
            lines=tuple(
                replace(line, amount=line.amount or ("" if price is None else str(price)))
                for line, price in zip(draft.lines, usual, strict=True)
            ),
        )
        return self._page(request, "form.html", status, draft=filled, complaints=complaints)

    # Follow

    def payment(self, request: Request, payment_id: str, on_behalf: str = "", copy: str = "") -> HTMLResponse:
        """One payment, live. `on_behalf` opens the question for whom the clerk pays, `copy` that about a copy."""
        return self._payment(request, payment_id, asks="on_behalf" if on_behalf else "copy" if copy else "")

    def payment_part(self, request: Request, payment_id: str) -> HTMLResponse:
        """The live part of a payment's page."""
        return self._part(request, "part_payment.html", **followed(request, self._desk.payment(payment_id)))

    def _payment(
        self,
        request: Request,
        payment_id: str,
        complaints: Mapping[str, str] = NO_COMPLAINTS,
        *,
        asks: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        shown = self._desk.payment(payment_id)
        return self._page(request, "payment.html", status, **followed(request, shown, complaints, asks))

    def qr(self, payment_id: str) -> Response:
        """The code as a PNG."""
        return Response(drawn_code(self._cashier.payment(payment_id)), media_type="image/png")

    def cancel(self, payment_id: str) -> Response:
        """Take the payment back."""
        return _to_payment(self._cashier.cancel(payment_id).id)

    def park(self, payment_id: str) -> Response:
        """Take the code off the glass."""
        return _to_payment(self._cashier.park(payment_id).id)

    def resume(self, payment_id: str) -> Response:
        """Put a parked code back in line."""
        return _to_payment(self._cashier.resume(payment_id).id)

    def check_with_bank(self, payment_id: str) -> Response:
        """Have the glass wait while the clerk looks into the bank's application."""
        return _to_payment(self._cashier.check_with_bank(payment_id).id)

    async def pay_on_behalf(self, request: Request, payment_id: str) -> Response:
        """The clerk pays for somebody whose name the form brings."""
        return await run_in_threadpool(self._pay_on_behalf, request, payment_id, await texts(request))

    def _pay_on_behalf(self, request: Request, payment_id: str, fields: Mapping[str, str]) -> Response:
        payer = nfc(fields.get("payer", ""))
        if not payer or len(payer) > MAX_WORDS:
            wrong = {"payer": PAYER_TOO_LONG if payer else PAYER_WANTED}
            return self._payment(request, payment_id, wrong, asks="on_behalf", status=422)
        return _to_payment(self._cashier.pay_on_behalf(payment_id, payer).id)

    def insist(self, request: Request, payment_id: str) -> Response:
        """Have the code shown although something is missing at its counter."""
        clerk = clerk_of(request) or self._cashier.payment(payment_id).clerk
        return _to_payment(self._cashier.insist(payment_id, clerk).id)

    # The day

    def day(
        self, request: Request, counter: str = "", on: Annotated[date | None, Query(alias="day")] = None
    ) -> HTMLResponse:
        """All payments of a day, and the credits that need somebody."""
        return self._page(request, "day.html", listed=self._desk.day(counter, on))

    def day_part(
        self, request: Request, counter: str = "", on: Annotated[date | None, Query(alias="day")] = None
    ) -> HTMLResponse:
        """The live part of the day's page."""
        return self._part(request, "part_day.html", listed=self._desk.day(counter, on), strip=self._desk.strip())

    def aside_part(self, request: Request) -> HTMLResponse:
        """The live column beside every page."""
        return self._part(request, "part_aside.html", aside=self._desk.aside())

    def strip_part(self, request: Request) -> HTMLResponse:
        """The live strip of counters."""
        return self._part(request, "part_strip.html", strip=self._desk.strip())

    def calls_part(self, request: Request) -> HTMLResponse:
        """The live banner of who needs a human."""
        return self._part(request, "part_calls.html", calls=self._desk.calls())

    def answer(self, request: Request, counter: str, kind: HelpKind) -> Response:
        """A clerk goes to that counter: the call ends on every desk, and this one stays on its page."""
        self._calls.answer(counter, kind, clerk_of(request))
        if request.headers.get("hx-request"):
            return Response(status_code=204)
        came_from = urlsplit(request.headers.get("referer", ""))
        is_desk = came_from.path == "/desk" or came_from.path.startswith("/desk/")
        return RedirectResponse(came_from.path if is_desk else "/desk", status_code=303)

    async def events(self) -> StreamingResponse:
        """Server-sent events: "changed" whenever anything has."""
        return StreamingResponse(
            self._changes.stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    def _page(self, request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        return self._look.render(request, template, status, **self._desk.frame(), **shown)

    def _part(self, request: Request, template: str, **shown: Any) -> HTMLResponse:
        return self._look.render(request, template, **shown)


async def texts(request: Request) -> dict[str, str]:
    """Take the text fields; a file has no business here."""
    async with request.form() as submitted:
        return {name: value for name, value in submitted.items() if isinstance(value, str)}


def clerk_of(request: Request) -> str:
    """The clerk whom this browser remembers, or nothing."""
    return unquote(request.cookies.get("clerk", ""))


def followed(
    request: Request,
    shown: PaymentPage,
    complaints: Mapping[str, str] = NO_COMPLAINTS,
    asks: str = "",
    typed: Mapping[str, str] = NO_COMPLAINTS,
) -> dict[str, Any]:
    """What a payment's page is made of. `asks` is the question that stands open, `typed` what was answered so far."""
    blank = {"clerk": clerk_of(request) or shown.payment.clerk, "why": "", "other": "", "counter": ""}
    return {"shown": shown, "complaints": complaints, "asks": asks, "typed": blank | dict(typed)}


def _to_payment(payment_id: str) -> RedirectResponse:
    return RedirectResponse(f"/desk/payments/{payment_id}", status_code=303)


def _remember(response: R, draft: form.Draft) -> R:
    for name in _REMEMBERED:
        value = quote(getattr(draft, name))
        response.set_cookie(name, value, max_age=_YEAR_S, path="/desk", httponly=True, samesite="strict")
    return response


def router(parts: Parts, look: Look) -> APIRouter:
    """The desk's routes."""
    pages = Pages(parts, look)
    routes = APIRouter(prefix="/desk", include_in_schema=False)
    for path, read in (
        ("", pages.new),
        ("/events", pages.events),
        ("/day", pages.day),
        ("/payments/{payment_id}", pages.payment),
        ("/payments/{payment_id}/qr.png", pages.qr),
        ("/parts/payments/{payment_id}", pages.payment_part),
        ("/parts/day", pages.day_part),
        ("/parts/aside", pages.aside_part),
        ("/parts/strip", pages.strip_part),
        ("/parts/calls", pages.calls_part),
    ):
        routes.add_api_route(path, read, methods=["GET"], response_model=None)
    for path, change in (
        ("/check", pages.check),
        ("/payments", pages.create),
        ("/payments/{payment_id}/cancel", pages.cancel),
        ("/payments/{payment_id}/park", pages.park),
        ("/payments/{payment_id}/resume", pages.resume),
        ("/payments/{payment_id}/check", pages.check_with_bank),
        ("/payments/{payment_id}/on-behalf", pages.pay_on_behalf),
        ("/payments/{payment_id}/insist", pages.insist),
        ("/calls/{counter}/{kind}/answer", pages.answer),
    ):
        routes.add_api_route(path, change, methods=["POST"], response_model=None)
    return routes
