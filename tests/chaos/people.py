"""Clerk, citizen and bank at one counter after another: they order, look, pay and wait. They repeat what got no answer.

A clerk repeats an order under its own key, a bank a notification until it is answered with 2xx, as the real ones do.
"""

import itertools
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import httpx

from appliance.office.notification import sepay
from tests.chaos.errors import ChaosError
from tests.chaos.ground import Ground

PATIENCE_S = 240.0
LOOK_EVERY_S = 0.1
SLIP_S = 45.0
"""So long a clerk waits for a slip before the next citizen; the paper may come later."""
FIRM_S = 8.0
"""A clerk who was refused for so long insists."""
_DOUBLES = 0.15
"""Banks say some things twice."""
_VIETNAM = timezone(timedelta(hours=7))


@dataclass
class Errand:
    """One citizen's payment and when what was seen, in monotonic seconds. 0 is never."""

    counter: str
    payment: str = ""
    reference: str = ""
    amount: int = 0
    provider_ids: list[str] = field(default_factory=list)
    asked_s: float = 0
    created_s: float = 0
    shown_s: float = 0
    notified_s: float = 0
    paid_s: float = 0
    slip_s: float = 0
    taken_back: list[str] = field(default_factory=list)
    """Payments whose code the counter refused to show: the clerk cancelled them and made another."""

    @property
    def moments(self) -> list[float]:
        """When the office heard that the code stood there, and that the slip was out: both took the whole way."""
        return [moment for moment in (self.shown_s, self.slip_s) if moment]


class Bank:
    """Words and signs notifications, and says them until they are heard."""

    def __init__(self, ground: Ground) -> None:
        self._url = f"{ground.office_url}/intake/sepay"
        self._secret = ground.secret.encode()
        self._account = ground.case.beneficiary.account
        self._ids = itertools.count(int(time.time() * 1000))

    def word(self, memo: str, amount: int) -> dict[str, Any]:
        """A transfer in SePay's form."""
        number = next(self._ids)
        return {
            "id": number,
            "gateway": "Vietcombank",
            "transactionDate": datetime.now(_VIETNAM).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": self._account,
            "subAccount": None,
            "code": None,
            "content": f"MBVCB.{number}.047334.{memo}.CT tu 0011000000001",
            "transferType": "in",
            "description": "",
            "transferAmount": amount,
            "accumulated": 19_077_000,
            "referenceCode": f"MBVCB.{number}",
        }

    def say(self, http: httpx.Client, body: dict[str, Any]) -> None:
        """Notify until it is taken. Raises `ChaosError` when it never is."""
        raw = json.dumps(body).encode()
        for _ in _until(PATIENCE_S, f"the office to take notification {body['id']}"):
            stamp = str(int(time.time()))
            proof = {sepay.TIMESTAMP: stamp, sepay.SIGNATURE: sepay.sign(raw, stamp, self._secret)}
            try:
                if http.post(self._url, content=raw, headers=proof).is_success:
                    return
            except httpx.HTTPError:
                continue


class Counter:
    """The people at one counter, on a thread of their own."""

    def __init__(
        self, ground: Ground, counter: str, tickets: "Iterator[int]", bank: Bank, seed: int, think_s: float = 2.0
    ) -> None:
        """`think_s`: so long a citizen takes to scan and pay, at most."""
        self.errands: list[Errand] = []
        self.error: Exception | None = None
        self._ground = ground
        self._counter = counter
        self._tickets = tickets
        self._bank = bank
        self._think_s = think_s
        self._random = random.Random(f"{seed} {counter}")
        self._http = httpx.Client(base_url=ground.office_url, timeout=10)
        self._thread = threading.Thread(target=self._serve_all, name=counter, daemon=True)

    def start(self) -> None:
        """Open the counter."""
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether somebody is still being served."""
        return self._thread.is_alive()

    def _serve_all(self) -> None:
        try:
            for number in self._tickets:
                self._serve(number)
        except Exception as error:  # the conductor hears of it
            self.error = error
        finally:
            self._http.close()

    def _serve(self, number: int) -> None:
        errand = Errand(self._counter, amount=2_000 + 1_000 * (number % 97), asked_s=time.monotonic())
        self.errands.append(errand)
        self._create(errand, number)
        while not self._is_shown(errand):
            self._take_back(errand)
            self._create(errand, number)
        time.sleep(self._random.uniform(0, self._think_s))
        self._pay(errand)
        self._see(errand, "paid_s", lambda found: found["state"] == "paid", PATIENCE_S)
        self._see(errand, "slip_s", lambda found: found["slip"] is not None, SLIP_S)
        self._ground.press(self._counter)

    def _is_shown(self, errand: Errand) -> bool:
        """Wait for the code; False when the counter will not show it."""
        self._see(errand, "shown_s", lambda found: found["place"] in {"shown", "refused"}, PATIENCE_S)
        found = None
        while found is None:
            found = self._look(errand.payment)
        return bool(found["place"] != "refused")

    def _take_back(self, errand: Errand) -> None:
        """As a clerk does when the desk says that the counter refused."""
        errand.taken_back.append(errand.payment)
        for _ in _until(PATIENCE_S, f"the office to cancel {errand.payment}"):
            try:
                answer = self._http.post(f"/api/v1/payments/{errand.payment}/cancel")
            except httpx.HTTPError:
                continue
            if answer.status_code in {200, 409}:  # or it was heard, and its answer was not
                return

    def _create(self, errand: Errand, number: int) -> None:
        line = {
            "dossier": f"H26.1-261122-{number:06}",
            "fee_code": "KHAC",
            "fee_name": "Lệ phí",
            "amount": errand.amount,
        }
        order: dict[str, Any] = {"counter": self._counter, "lines": [line]}
        key, since_s = uuid4().hex, time.monotonic()
        for _ in _until(PATIENCE_S, f"the office to create a payment at {self._counter}"):
            try:
                answer = self._http.post("/api/v1/payments", json=order, headers={"Idempotency-Key": key})
            except httpx.HTTPError:
                continue
            if answer.is_success:
                made = answer.json()
                errand.payment, errand.reference, errand.created_s = made["id"], made["reference"], time.monotonic()
                return
            if answer.status_code < 500 and time.monotonic() - since_s > FIRM_S:
                # Refused in words, so nothing was made: another order, under another key.
                order, key = order | {"insists": True}, uuid4().hex

    def _see(self, errand: Errand, moment: str, is_so: Any, patience_s: float) -> None:
        """Look at the payment until it is so; who waits for paper in vain goes on, anybody else does not."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            found = self._look(errand.payment)
            if found is not None and is_so(found):
                setattr(errand, moment, time.monotonic())
                return
            if found is not None and moment == "shown_s" and found["state"] != "pending":
                return
            time.sleep(LOOK_EVERY_S)
        if moment != "slip_s":
            raise ChaosError(f"{errand.payment} at {self._counter}: {moment} did not come within {patience_s:g} s")

    def _look(self, payment: str) -> dict[str, Any] | None:
        try:
            answer = self._http.get(f"/api/v1/payments/{payment}")
        except httpx.HTTPError:
            return None
        found: dict[str, Any] | None = answer.json() if answer.is_success else None
        return found

    def _pay(self, errand: Errand) -> None:
        body = self._bank.word(errand.reference, errand.amount)
        errand.provider_ids.append(str(body["id"]))
        self._bank.say(self._http, body)
        errand.notified_s = time.monotonic()
        if self._random.random() < _DOUBLES:
            self._bank.say(self._http, body)


def _until(patience_s: float, what: str) -> Iterator[None]:
    """Try again and again. Raises `ChaosError` when the patience is over."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        yield
        time.sleep(LOOK_EVERY_S)
    raise ChaosError(f"waited {patience_s:g} s in vain for {what}")
