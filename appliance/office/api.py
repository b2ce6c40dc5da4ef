"""The office's API, for any program: order a payment, follow it, take it back. Every rule stands in `cashier`."""

import hmac
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, HTTPException, Query, Response

from appliance.office.api_models import (
    ORDER_EXAMPLES,
    CounterAnswer,
    Dossier,
    DossierAnswer,
    Errors,
    Moment,
    PaymentAnswer,
    counter_answer,
    moments,
    payment_answer,
)
from appliance.office.desk import qr
from appliance.office.desk.sight import glass_of
from appliance.office.errors import ConflictError, NotFoundError
from appliance.office.order import Order, check
from appliance.office.paper import Ask
from appliance.office.parts import Parts
from appliance.office.payment import Payment, Place, State
from appliance.office.reports.period import Period
from mqtt_schema.types import Instant

Key = Annotated[
    str,
    Header(
        min_length=1,
        max_length=128,
        description="A string of your own for each order. The same key with the same order gives the same payment.",
        examples=["5d6c2b6e-5f0f-4f5e-9d8f-0a4a7f7f8c11"],
    ),
]


class Api:
    """The requests of `/api/v1`, each one question to the cashier or the ledger."""

    def __init__(self, parts: Parts) -> None:
        self._settings = parts.settings
        self._ledger = parts.ledger
        self._cashier = parts.cashier
        self._paper = parts.paper
        self._clock = parts.clock
        portal = parts.settings.portal
        self._token = portal.token_file.read_text("utf-8").strip() if portal else ""

    def create(
        self,
        order: Annotated[Order, Body(openapi_examples=ORDER_EXAMPLES)],
        response: Response,
        idempotency_key: Key,
    ) -> PaymentAnswer:
        """Order a payment: 201 when this request made it, 200 when the same key had made it before.

        409 with a sentence for each part (`counter.link`, `.screen`, `.clock`, `.printer`) that is missing at the
        counter; the same order with `insists` is made all the same.
        """
        created = self._cashier.create(order, idempotency_key, "api")
        response.status_code = 201 if created.is_new else 200
        return self._answer(created.payment.id)

    def cancel(self, payment_id: str) -> PaymentAnswer:
        """Take a pending payment back; its code leaves the glass."""
        self._cashier.cancel(payment_id)
        return self._answer(payment_id)

    def park(self, payment_id: str) -> PaymentAnswer:
        """Take the code off the glass; it stays valid."""
        self._cashier.park(payment_id)
        return self._answer(payment_id)

    def resume(self, payment_id: str) -> PaymentAnswer:
        """Put a parked code back in its counter's line."""
        self._cashier.resume(payment_id)
        return self._answer(payment_id)

    def check(self, payment_id: str) -> PaymentAnswer:
        """Have the glass say that a clerk is looking for the money in the bank's own application."""
        self._cashier.check_with_bank(payment_id)
        return self._answer(payment_id)

    def copy(
        self,
        payment_id: str,
        clerk: Annotated[str, Query(min_length=1, max_length=200, description="Who asks.")],
        reason: Annotated[str, Query(min_length=1, max_length=200, description="Why once more.")],
        counter: Annotated[str, Query(max_length=48, description="Where; else where the slip was.")] = "",
    ) -> PaymentAnswer:
        """Print the slip once more, marked as a copy. Who asked and why is kept."""
        self._paper.copy(payment_id, Ask(clerk, reason), counter)
        return self._answer(payment_id)

    def payment(self, payment_id: str) -> PaymentAnswer:
        """Look a payment up."""
        return self._answer(payment_id)

    def timeline(self, payment_id: str) -> list[Moment]:
        """List the payment's milestones, oldest first."""
        self._cashier.payment(payment_id)
        return moments(self._cashier.timeline(payment_id))

    def qr(self, payment_id: str) -> Response:
        """Draw the payment's code as a PNG with its quiet zone."""
        return Response(drawn_code(self._cashier.payment(payment_id)), media_type="image/png")

    def payments(
        self,
        first: Annotated[
            date | None, Query(alias="from", description="First day, in Vietnam. Today if absent.")
        ] = None,
        last: Annotated[date | None, Query(alias="to", description="Last day, in Vietnam. Today if absent.")] = None,
    ) -> list[PaymentAnswer]:
        """List the payments that were created or paid on these days, oldest first."""
        period = chosen_period(first, last, self._clock.now())
        with self._ledger.read() as books:
            found = books.payments(period.opens_at, period.closes_at)
            return [payment_answer(payment, books.timeline(payment.id)) for payment in found]

    def counters(self) -> list[CounterAnswer]:
        """List the office's counters, and what was last heard of each."""
        now = self._clock.now()
        with self._ledger.read() as books:
            heard, pending = books.counters(), books.pending()
        return [
            counter_answer(glass_of(self._settings, counter.id, heard, now), pending, now)
            for counter in self._settings.counters
        ]

    def receive_dossier(
        self, dossier: Dossier, response: Response, authorization: Annotated[str, Header()] = ""
    ) -> DossierAnswer:
        """Lay a dossier on the desk: 201 when it is new, 200 when it lies there already. For the portal only."""
        self._prove_portal(authorization)
        self._check_dossier(dossier)
        body = dossier.model_dump(mode="json", exclude={"number"}, exclude_none=True)
        response.status_code = 201 if self._cashier.receive_dossier(dossier.number, body) else 200
        return DossierAnswer(number=dossier.number)

    def _prove_portal(self, authorization: str) -> None:
        if not self._token:
            raise HTTPException(404, "Đơn vị này chưa nối với cổng dịch vụ công.")
        if not hmac.compare_digest(authorization.encode(), f"Bearer {self._token}".encode()):
            raise HTTPException(
                401, "Thiếu hoặc sai mã truy cập của cổng dịch vụ công.", {"WWW-Authenticate": "Bearer"}
            )

    def _check_dossier(self, dossier: Dossier) -> None:
        """A dossier must be one that could be collected as it stands. Raises `OrderError`."""
        check(
            Order(
                counter=self._settings.counters[0].id,
                lines=dossier.order_lines(),
                channel=dossier.channel,
                payer=dossier.payer,
                waiver_reason=dossier.waiver_reason,
            ),
            self._settings,
        )

    def _answer(self, payment_id: str) -> PaymentAnswer:
        """The payment as it stands now: what was asked may have moved it, or others, a step further."""
        return payment_answer(self._cashier.payment(payment_id), self._cashier.timeline(payment_id))


def drawn_code(payment: Payment) -> bytes:
    """The payment's code as a PNG. Raises `NotFoundError` for a waived one, `ConflictError` for a refused one."""
    if not payment.payload:
        raise NotFoundError("Khoản thu được miễn nên không có mã QR.")
    if payment.state is State.PENDING and payment.place is Place.REFUSED:
        raise ConflictError("Quầy đã từ chối mã này nên không được hiện ở đâu cả. Hãy hủy và tạo lại.")
    return qr.png(payment.payload)


def chosen_period(first: date | None, last: date | None, now: Instant) -> Period:
    """The days asked for: today where none is named, one day where only one is. Raises `PeriodError`."""
    today = Period.of(now).start
    return Period(first or last or today, last or first or today)


def router(parts: Parts) -> APIRouter:
    """The API's routes."""
    api = Api(parts)
    routes = APIRouter(prefix="/api/v1")
    _add(
        routes, "POST", "/payments", api.create, "payments", 409, 422, status=201, also={200: {"model": PaymentAnswer}}
    )
    _add(routes, "GET", "/payments", api.payments, "payments", 422)
    _add(routes, "GET", "/payments/{payment_id}", api.payment, "payments", 404)
    _add(routes, "GET", "/payments/{payment_id}/timeline", api.timeline, "payments", 404)
    _add(routes, "GET", "/payments/{payment_id}/qr.png", api.qr, "payments", 404, 409, also={200: _PNG})
    for word, ask in (
        ("cancel", api.cancel),
        ("park", api.park),
        ("resume", api.resume),
        ("check", api.check),
        ("copy", api.copy),
    ):
        _add(routes, "POST", f"/payments/{{payment_id}}/{word}", ask, "payments", 404, 409, 422)
    _add(routes, "GET", "/counters", api.counters, "counters")
    _add(routes, "POST", "/dossiers", api.receive_dossier, "portal", 401, 404, 422, status=201, also={200: _KNOWN})
    return routes


_PNG: dict[str, Any] = {"content": {"image/png": {}}, "description": "The code, 6 pixels a module."}
_KNOWN: dict[str, Any] = {"model": DossierAnswer, "description": "It lies on the desk already."}


def _add(
    routes: APIRouter,
    method: str,
    path: str,
    ask: Callable[..., Any],
    tag: str,
    *refusals: int,
    status: int = 200,
    also: dict[int | str, dict[str, Any]] | None = None,
) -> None:
    said: dict[int | str, dict[str, Any]] = {refusal: {"model": Errors} for refusal in refusals}
    routes.add_api_route(path, ask, methods=[method], status_code=status, tags=[tag], responses=said | (also or {}))
