"""A bank that is played: takes a transfer from the phone and has SePay notify the office, in SePay's form.

Like the provider it repeats a notification that was not answered with 2xx, after 1, 1, 2, 3, 5, 8, 13 minutes; the
length of such a minute is a setting, so that a demo need not wait.
"""

import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Annotated

import httpx
from fastapi import FastAPI
from pydantic import BaseModel, Field

from appliance.logs import Log
from appliance.office.notification import sepay
from mqtt_schema.text import ascii_upper

log = Log()

RETRY_MINUTES = (1, 1, 2, 3, 5, 8, 13)
_VIETNAM = timezone(timedelta(hours=7))


class Transfer(BaseModel):
    """What the citizen's app sends: to whom, how many đồng, with which words."""

    account: Annotated[str, Field(max_length=19)]
    amount: Annotated[int, Field(gt=0)]
    memo: Annotated[str, Field(max_length=200)]
    payer: Annotated[str, Field(max_length=200)] = "NGUYEN VAN AN"


@dataclass
class Bank:
    """Keeps the account's book and notifies. `minute_s`: seconds to a minute of its retry schedule."""

    office_url: str
    secret: bytes
    minute_s: float = 1.0
    notifications: list[dict[str, object]] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(int(time.time() * 1000)))
    _balance: int = 19_077_000

    def take(self, transfer: Transfer) -> dict[str, object]:
        """Book a transfer and notify the office in the background. Answers with what will be notified."""
        self._balance += transfer.amount
        body = self.word(transfer)
        self.notifications.append(body)
        threading.Thread(target=self._deliver, args=(body,), daemon=True).start()
        return body

    def word(self, transfer: Transfer) -> dict[str, object]:
        """A transfer in SePay's form, each with an id of its own."""
        number = next(self._ids)
        reference = f"MBVCB.{number}"
        # A bank's words around the citizen's, as they really come.
        words = ascii_upper(f"{reference}.047334.{transfer.memo}.CT tu 0011000000001 {transfer.payer}")
        return {
            "id": number,
            "gateway": "Vietcombank",
            "transactionDate": datetime.now(_VIETNAM).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": transfer.account,
            "subAccount": None,
            "code": None,
            "content": f"{words} toi {transfer.account}",
            "transferType": "in",
            "description": "",
            "transferAmount": transfer.amount,
            "accumulated": self._balance,
            "referenceCode": reference,
        }

    def _deliver(self, body: dict[str, object]) -> None:
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        for minutes in (*RETRY_MINUTES, None):
            if self._notify(raw):
                return
            if minutes is not None:
                time.sleep(minutes * self.minute_s)
        log.error("given_up", id=body["id"])

    def _notify(self, raw: bytes) -> bool:
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            sepay.TIMESTAMP: timestamp,
            sepay.SIGNATURE: sepay.sign(raw, timestamp, self.secret),
        }
        try:
            answer = httpx.post(f"{self.office_url}/intake/sepay", content=raw, headers=headers, timeout=30)
        except httpx.HTTPError as error:
            log.warning("unreachable", error=str(error))
            return False
        log.info("notified", status=answer.status_code)
        return answer.is_success


def app(bank: Bank) -> FastAPI:
    """The bank's own door, for the phone."""
    server = FastAPI(title="Ngân hàng mô phỏng", docs_url=None, redoc_url=None)

    @server.post("/transfers", status_code=201)
    def transfer(order: Transfer) -> dict[str, object]:
        return bank.take(order)

    @server.get("/health")
    def health() -> dict[str, bool]:
        return {"is_open": True}

    return server
