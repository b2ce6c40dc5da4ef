"""Creates a payment over the office's API, as the desk would, and follows it. Speaks HTTP only."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from appliance.errors import ApplianceError
from mqtt_schema.money import format_vnd
from mqtt_schema.types import Vnd

POLL_S = 1.0
_OF_A_PAYMENT = {"id", "reference", "amount", "counter", "state", "place"}


class PushError(ApplianceError, RuntimeError):
    """The office did not take the order; the message says why, in words."""


@dataclass(frozen=True)
class PushOrder:
    """One line for one counter. `fee` is a code of the catalogue or a free name; `amount` in đồng.

    `is_on_behalf`: the clerk pays for `payer`, who has no telephone. `insists`: even if something is missing there.
    """

    counter: str
    dossier: str
    fee: str
    quantity: int
    amount: int
    payer: str | None
    clerk: str
    waiver: str | None
    is_on_behalf: bool = False
    insists: bool = False


def push_and_wait(
    office: str, order: PushOrder, key: str | None, say: Callable[[str], None], *, is_waiting: bool
) -> str:
    """Create the payment and, if asked, wait for its end; returns its state. Raises `PushError`."""
    with _open(office) as client:
        payment = _create(client, order, key or uuid4().hex)
        amount = format_vnd(Vnd(payment["amount"]))
        say(f"{payment['reference']}  {amount}  {payment['counter']}  {payment['state']} ({payment['place']})")
        while is_waiting and payment["state"] == "pending":
            time.sleep(POLL_S)
            payment = _ask(client, "GET", f"/api/v1/payments/{payment['id']}")
        if is_waiting:
            say(str(payment["state"]))
        return str(payment["state"])


def _open(office: str) -> httpx.Client:
    try:
        return httpx.Client(base_url=office, timeout=10)
    except httpx.InvalidURL as error:
        raise PushError(f"the office at {office} cannot be asked: {error}") from error


def _create(client: httpx.Client, order: PushOrder, key: str) -> dict[str, Any]:
    is_code = order.fee.isascii() and order.fee.upper() == order.fee and " " not in order.fee
    line = {
        "dossier": order.dossier,
        ("fee_code" if is_code else "fee_name"): order.fee,
        "quantity": order.quantity,
        "amount": order.amount,
    }
    body = {
        "counter": order.counter,
        "lines": [line],
        "payer": order.payer,
        "clerk": order.clerk,
        "waiver_reason": order.waiver,
        "is_on_behalf": order.is_on_behalf,
        "insists": order.insists,
    }
    return _ask(client, "POST", "/api/v1/payments", json=body, headers={"Idempotency-Key": key})


def _ask(client: httpx.Client, method: str, path: str, **arguments: Any) -> dict[str, Any]:
    try:
        answer = client.request(method, path, **arguments)
    except httpx.HTTPError as error:
        raise PushError(f"the office at {client.base_url} does not answer: {error}") from error
    if not answer.is_success:
        raise PushError(_words(answer))
    try:
        found: dict[str, Any] = answer.json()
    except ValueError:
        found = {}
    if not isinstance(found, dict) or not set(found) >= _OF_A_PAYMENT:
        raise PushError(f"who answers at {client.base_url} is no office. Name its address with --office")
    return found


_INSIST = "Nothing was created. With --insist it is, without what is missing"


def _words(answer: httpx.Response) -> str:
    try:
        errors = answer.json()["errors"]
        said = [f"{error['field']}: {error['message']}" for error in errors]
        is_missing = answer.status_code == 409 and any(error["field"].startswith("counter.") for error in errors)
        return "\n".join([*said, _INSIST] if is_missing else said)
    except (ValueError, KeyError, TypeError):
        return f"the office answered {answer.status_code}: {answer.text[:300]}"
