"""Too long, too deep, of the wrong kind, altered: refused in words, logged, nothing booked, and the service goes on."""

import json
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from appliance.demo.stage import SITE
from appliance.office.notification import sepay
from mqtt_schema import jws, topics
from mqtt_schema.topics import Leaf
from tests.attack.conftest import Intruder, Town

pytestmark = pytest.mark.journey

DEEP = b"[" * 7_000
DEEP_OBJECT = b'{"a":' * 3_000 + b"1" + b"}" * 3_000


def job(town: Town) -> str:
    return topics.build(SITE, town.counter, Leaf.JOB)


def event(town: Town) -> str:
    return topics.build(SITE, town.counter, Leaf.EVENT)


def signed(town: Town, text: bytes) -> bytes:
    """Anything at all under the office's own, stolen key."""
    return jws.sign(text, town.key("office"))


def a_request(**wrong: object) -> bytes:
    """A job in which something has the wrong type, as JSON."""
    body: dict[str, object] = {"type": "payment_cancellation", "payment": uuid4().hex}
    envelope: dict[str, Any] = {
        "version": 1,
        "id": uuid4().hex,
        "site": SITE,
        "counter": "quay-01",
        "sequence": 0,
        "issued_at": datetime.now(UTC).isoformat(),
        "body": body,
    }
    for name, value in wrong.items():
        (body if name in body else envelope)[name] = value
    return json.dumps(envelope).encode()


NONSENSE = {
    "nothing": b"",
    "no JSON": b"\xff\xfe\x00",
    "half a message": b'{"protected":"e30","payload":"',
    "deep arrays": DEEP,
    "deep objects": DEEP_OBJECT,
    "a number": b"1" * 5_000,
    "too long": b"x" * 17_000,
}


def test_nonsense_on_the_line_is_refused_on_both_sides(town: Town, as_broker: Intruder) -> None:
    for raw in NONSENSE.values():
        as_broker.publish(job(town), raw)
        as_broker.publish(event(town), raw)
    for kind in ("malformed", "oversized"):
        town.wait(partial(town.has_set_aside, kind), f"the counter to set aside what is {kind}")
        town.wait(partial(town.has_set_aside, kind, at_office=True), f"the office to set aside what is {kind}")
    assert '"refused"' in town.log("office")
    town.a_good_payment()


WRONG: dict[str, dict[str, object]] = {
    "a payment that is a number": {"payment": 7},
    "a type that nobody knows": {"type": "payment_gift"},
    "no body at all": {"body": None},
    "a sequence in quotes": {"sequence": "1"},
    "a sequence that is true": {"sequence": True},
    "a version of the future": {"version": 2},
    "a moment without a zone": {"issued_at": "2026-11-22T08:30:00"},
    "an id with a path in it": {"id": "../../etc/passwd"},
    "another counter": {"counter": "quay-02"},
    "another site": {"site": "cua-nam"},
}


def test_a_signed_message_of_the_wrong_kind_is_refused(town: Town, as_broker: Intruder) -> None:
    for wrong in WRONG.values():
        as_broker.publish(job(town), signed(town, a_request(**wrong)))
    for kind in ("malformed", "signature"):
        town.wait(partial(town.has_set_aside, kind), f"the counter to set aside what is {kind}")
    town.a_good_payment()


def test_a_signed_message_that_is_deep_is_refused(town: Town, as_broker: Intruder) -> None:
    as_broker.publish(job(town), signed(town, b'{"body":' + b"[" * 6_000 + b"]" * 6_000 + b"}"))
    town.wait(lambda: town.has_set_aside("malformed"), "the counter to set it aside")
    town.a_good_payment()


def test_more_than_a_broker_carries_never_arrives(town: Town, as_broker: Intruder) -> None:
    as_broker._client.publish(job(town), b"x" * 40_000, qos=1)
    assert as_broker.answer().startswith("out:")
    town.a_good_payment()


# Notifications.


def proven(town: Town, raw: bytes, at_s: float | None = None) -> dict[str, str]:
    """The headers of whoever knows the secret."""
    stamp = str(int(time.time() if at_s is None else at_s))
    return {sepay.TIMESTAMP: stamp, sepay.SIGNATURE: sepay.sign(raw, stamp, town.ground.secret.encode())}


def notified(town: Town, raw: bytes, headers: dict[str, str]) -> int:
    return town.http.post("/intake/sepay", content=raw, headers=headers).status_code


def test_a_notification_without_proof_or_with_an_old_one_or_with_another_body_is_refused(town: Town) -> None:
    payment, booked, quarantined = town.create(), town.booked(), town.quarantined()
    raw = json.dumps(town.bank.word(payment["reference"], payment["amount"])).encode()
    richer = json.dumps(town.bank.word(payment["reference"], payment["amount"] * 10)).encode()
    wrong = proven(town, raw) | {sepay.SIGNATURE: "sha256=" + "0" * 64}
    assert notified(town, raw, {}) == 401
    assert notified(town, raw, wrong) == 401
    assert notified(town, richer, proven(town, raw)) == 401
    assert notified(town, raw + b" ", proven(town, raw)) == 401
    assert notified(town, raw, proven(town, raw, time.time() - 301)) == 401
    assert notified(town, raw, proven(town, raw, time.time() + 301)) == 401
    assert town.quarantined() == quarantined + 6
    assert town.log("office").count('"notification_refused"') >= 6
    assert (town.booked(), town.payment(payment["id"])["state"]) == (booked, "pending")
    town.pay(payment)
    assert town.booked() == booked + 1


ODD = {
    "no JSON": b"\xff\xff",
    "deep": DEEP,
    "deep objects": DEEP_OBJECT,
    "an amount in quotes": b'{"transferAmount": "35000"}',
    "an amount that is true": b'{"transferAmount": true}',
    "an amount without end": b'{"transferAmount": 1' + b"0" * 5_000 + b"}",
    "a list": b"[1, 2]",
    "a NUL": b'{"content": "\\u0000"}',
}


def test_a_proven_notification_that_makes_no_sense_is_kept_closed_and_not_booked(town: Town) -> None:
    booked = town.booked()
    for name, wrong in ODD.items():
        mark = uuid4().hex
        raw = wrong[:-1] + f', "mark": "{mark}"'.encode() + b"}" if wrong.endswith(b"}") else wrong + mark.encode()
        assert notified(town, raw, proven(town, raw)) == 200
        town.wait(partial(is_closed, town, mark), f"a notification with {name} to be closed")
    town.a_good_payment()
    assert town.booked() == booked + 1


def is_closed(town: Town, mark: str) -> bool:
    return town.closed(mark).startswith("not understood")


def test_a_notification_that_is_too_long_is_not_read_to_its_end(town: Town) -> None:
    raw = b" " * 70_000
    assert notified(town, raw, proven(town, raw)) == 413
    assert town.http.post("/intake/sepay", content=iter([raw] * 40)).status_code == 413
    town.a_good_payment()


def test_an_order_that_makes_no_sense_is_refused_in_words(town: Town) -> None:
    for raw in (DEEP, DEEP_OBJECT, b'{"counter": 7}', b'{"counter": "quay-01", "lines": "all"}', b"\x00"):
        headers = {"Idempotency-Key": uuid4().hex, "content-type": "application/json"}
        answer = town.http.post("/api/v1/payments", content=raw, headers=headers)
        assert answer.status_code in {400, 422}, answer.text
        assert answer.json()["errors"]
    town.a_good_payment()
