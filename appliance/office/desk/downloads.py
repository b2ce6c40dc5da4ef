"""Hands the office's reports to a browser as files. What stands in them, `reports` decides."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from appliance.office.api import chosen_period
from appliance.office.parts import Parts
from appliance.office.reports import collect
from appliance.office.reports.period import Period

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

First = Annotated[date | None, Query(alias="from")]
Last = Annotated[date | None, Query(alias="to")]


class Downloads:
    """The reports of the days from `from` to `to`; today where none is named."""

    def __init__(self, parts: Parts) -> None:
        self._settings = parts.settings
        self._ledger = parts.ledger
        self._clock = parts.clock

    def reconciliation(self, first: First = None, last: Last = None) -> Response:
        """Each payment, each credit, matched or a named exception."""
        now = self._clock.now()
        period = chosen_period(first, last, now)
        return _file("doi-soat", period, collect.reconciliation_of(self._ledger, self._settings, period, now))

    def treasury(self, first: First = None, last: Last = None) -> Response:
        """What goes to the treasury, by fee."""
        now = self._clock.now()
        period = chosen_period(first, last, now)
        return _file("nop-kho-bac", period, collect.treasury_of(self._ledger, self._settings, period, now))


def _file(name: str, period: Period, content: bytes) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}-{period.stem}.xlsx"'}
    return Response(content, media_type=XLSX, headers=headers)


def router(parts: Parts) -> APIRouter:
    """The reports' routes."""
    downloads = Downloads(parts)
    routes = APIRouter(prefix="/desk/reports", include_in_schema=False)
    routes.add_api_route("/reconciliation.xlsx", downloads.reconciliation, methods=["GET"], response_model=None)
    routes.add_api_route("/treasury.xlsx", downloads.treasury, methods=["GET"], response_model=None)
    return routes
