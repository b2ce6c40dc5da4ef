import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from fastapi import FastAPI
from httpx import Client
from PIL import Image

from appliance.clock import VirtualClock
from appliance.office.http import Parts, create_app
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment
from mqtt_schema.messages import (
    CounterStatus,
    Displayed,
    PaymentRefused,
    PrinterStatus,
    ReceiptReport,
    ScreenName,
    Seen,
    SlipOutcome,
)

PAYMENTS = "/api/v1/payments"
ORDER: dict[str, Any] = {
    "counter": "quay-1",
    "insists": True,
    "lines": [{"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "quantity": 5, "amount": 10000}],
}
DOSSIER: dict[str, Any] = {
    "number": "H26.1-261122-0101",
    "payer": "Đỗ Thị Mai",
    "lines": [{"fee_code": "HT-TL", "quantity": 2, "amount": 16000}],
}
TOKEN = {"Authorization": "Bearer a token of this test"}


def _order(client: Client, key: str = "key-1", **otherwise: Any) -> Any:
    return client.post(PAYMENTS, json=ORDER | otherwise, headers={"Idempotency-Key": key})


def _wrong(answer: Any) -> dict[str, str]:
    return {one["field"]: one["message"] for one in answer.json()["errors"]}


def test_an_order_becomes_a_payment_with_its_code(client: Client) -> None:
    answer = _order(client)
    made = answer.json()
    assert answer.status_code == 201
    assert (made["state"], made["place"], made["amount"], made["source"]) == ("pending", "offered", 10000, "api")
    assert made["payload"].startswith("000201")
    assert made["reference"] in made["payload"]
    assert made["lines"][0]["fee_name"] == "Chứng thực bản sao từ bản chính"
    assert [done["milestone"] for done in made["timeline"]] == ["created"]


def test_the_same_key_gives_the_same_payment(client: Client) -> None:
    first, again = _order(client), _order(client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


def test_a_key_used_for_another_order_is_a_conflict_in_words(client: Client) -> None:
    _order(client)
    answer = _order(client, payer="Ai khác")
    assert answer.status_code == 409
    assert "Khóa này đã dùng" in _wrong(answer)[""]


def test_an_order_without_a_key_is_told_so(client: Client) -> None:
    answer = client.post(PAYMENTS, json=ORDER)
    assert answer.status_code == 422
    assert "Idempotency-Key" in _wrong(answer)["Idempotency-Key"]


@pytest.mark.parametrize("key", ["", "k" * 129])
def test_a_key_must_be_one_that_can_be_kept(client: Client, key: str) -> None:
    answer = _order(client, key)
    assert answer.status_code == 422
    assert "idempotency-key" in _wrong(answer)


@pytest.mark.parametrize(
    ("otherwise", "field", "words"),
    [
        ({"counter": "quay-9"}, "counter", "quay-1"),
        ({"lines": [ORDER["lines"][0] | {"dossier": "HS 12"}]}, "lines.0.dossier", "Mã hồ sơ"),
        ({"lines": [ORDER["lines"][0] | {"amount": 500_000_000}]}, "lines.0.amount", "vượt mức"),
        ({"lines": [ORDER["lines"][0] | {"amount": 0}]}, "waiver_reason", "lý do"),
        ({"lines": [ORDER["lines"][0] | {"amount": "mười nghìn"}]}, "lines.0.amount", "số nguyên"),
        ({"lines": [{"fee_code": "CT-BS", "amount": 1}]}, "lines.0.dossier", "Thiếu"),
        ({"lines": [ORDER["lines"][0] | {"kind": "x"}]}, "lines.0.kind", "phi"),
        ({"lines": "x"}, "lines", "danh sách"),
        ({"colour": "red"}, "colour", "Không có trường này"),
    ],
)
def test_a_wrong_order_gets_a_sentence_at_the_field(
    client: Client, otherwise: dict[str, Any], field: str, words: str
) -> None:
    answer = _order(client, **otherwise)
    assert answer.status_code == 422
    assert words in _wrong(answer)[field]


def test_a_body_that_is_no_json_is_told_so(client: Client) -> None:
    answer = client.post(PAYMENTS, content=b"{", headers={"Idempotency-Key": "k", "Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "JSON" in _wrong(answer)[""]


def test_a_waived_payment_has_no_code(client: Client) -> None:
    made = _order(client, waiver_reason="Hộ nghèo", lines=[ORDER["lines"][0] | {"amount": 0}]).json()
    assert (made["state"], made["payload"], made["expires_at"]) == ("waived", "", None)
    assert client.get(f"{PAYMENTS}/{made['id']}/qr.png").status_code == 404


def test_the_picture_of_the_code_can_be_scanned(client: Client) -> None:
    made = _order(client).json()
    picture = client.get(f"{PAYMENTS}/{made['id']}/qr.png")
    assert picture.headers["content-type"] == "image/png"
    # Not OpenCV: it cannot read one in a hundred codes, and every payment has another reference.
    with Image.open(io.BytesIO(picture.content)) as seen:
        assert [code.text for code in zxingcpp.read_barcodes(seen)] == [made["payload"]]


def test_a_code_that_a_counter_refused_is_drawn_nowhere(
    client: Client, create: Callable[..., Payment], say: Callable[..., None]
) -> None:
    payment = create()
    say("quay-1", PaymentRefused(payment=payment.id, field="beneficiary"))
    made = client.get(f"{PAYMENTS}/{payment.id}").json()
    assert (made["place"], made["refused_field"]) == ("refused", "beneficiary")
    assert client.get(f"{PAYMENTS}/{payment.id}/qr.png").status_code == 409


def test_a_payment_is_parked_resumed_and_cancelled(client: Client, create: Callable[..., Payment]) -> None:
    at = f"{PAYMENTS}/{create().id}"
    assert client.post(f"{at}/park").json()["place"] == "parked"
    assert client.post(f"{at}/resume").json()["place"] == "offered"
    assert client.post(f"{at}/cancel").json()["state"] == "cancelled"
    refused = client.post(f"{at}/cancel")
    assert refused.status_code == 409
    assert "đã kết thúc" in _wrong(refused)[""]


def test_only_a_paid_payment_has_a_slip_to_copy(
    client: Client, create: Callable[..., Payment], pay: Callable[..., None], be_fresh: Callable[..., None]
) -> None:
    payment = create()
    at = f"{PAYMENTS}/{payment.id}/copy"
    of = {"clerk": "Nguyễn Thị Bình", "reason": "Phiếu rách"}
    assert client.post(at, params=of).status_code == 409
    pay(payment)
    assert client.post(at).status_code == 422, "who and why is always asked"
    assert client.post(at, params=of).status_code == 409, "nothing was heard of the counter"
    be_fresh()
    asked = client.post(at, params=of).json()["timeline"][-1]
    assert (asked["milestone"], asked["words"], asked["counter"]) == (
        "copy_asked",
        "Nguyễn Thị Bình: Phiếu rách",
        "quay-1",
    )


def test_an_order_for_a_counter_that_lacks_something_is_refused_part_by_part(
    client: Client, be_fresh: Callable[..., None]
) -> None:
    silent = _order(client, insists=False)
    assert (silent.status_code, set(_wrong(silent))) == (409, {"counter.link"})
    be_fresh(printer=PrinterStatus.PAPER_OUT, clock={"is_trusted": False}, seen=None)
    lacking = _order(client, insists=False)
    assert lacking.status_code == 409
    assert set(_wrong(lacking)) == {"counter.screen", "counter.clock", "counter.printer"}
    listed = client.get("/api/v1/counters").json()[0]["missing"]
    assert {one["field"]: one["message"] for one in listed} == _wrong(lacking)
    assert _order(client).status_code == 201, "the same key may insist"


def test_who_repeats_an_order_gets_its_payment_though_the_counter_died_since(
    client: Client, be_fresh: Callable[..., None], clock: VirtualClock
) -> None:
    be_fresh()
    made = _order(client, insists=False)
    assert made.status_code == 201
    clock.go_on(60)
    again = _order(client, insists=False)
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert _order(client).json()["id"] == made.json()["id"], "insisting is no other order"


def test_the_timeline_tells_the_way_of_a_payment(
    client: Client,
    create: Callable[..., Payment],
    say: Callable[..., None],
    pay: Callable[..., None],
    clock: VirtualClock,
) -> None:
    payment = create()
    say("quay-1", Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now()))
    pay(payment)
    say("quay-1", ReceiptReport(payment=payment.id, outcome=SlipOutcome.PRINTED))
    told = client.get(f"{PAYMENTS}/{payment.id}/timeline").json()
    assert [done["milestone"] for done in told] == ["created", "displayed", "notified", "paid", "printed"]


@pytest.mark.parametrize("rest", ["", "/timeline", "/qr.png"])
def test_an_unknown_payment_is_not_found_in_words(client: Client, rest: str) -> None:
    answer = client.get(f"{PAYMENTS}/nothing{rest}")
    assert answer.status_code == 404
    assert "Không có khoản thu này" in _wrong(answer)[""]


def test_payments_are_listed_by_vietnamese_days(
    client: Client, create: Callable[..., Payment], clock: VirtualClock
) -> None:
    sunday = create()
    clock.go_on(16 * 3600)  # half past midnight in Vietnam, still Sunday in UTC
    monday = create()
    assert [made["id"] for made in client.get(PAYMENTS).json()] == [monday.id]
    of = {"from": "2026-11-22", "to": "2026-11-23"}
    assert [made["id"] for made in client.get(PAYMENTS, params=of).json()] == [sunday.id, monday.id]
    assert [made["id"] for made in client.get(PAYMENTS, params={"from": "2026-11-22"}).json()] == [sunday.id]


@pytest.mark.parametrize("of", [{"from": "22/11/2026"}, {"from": "2026-11-23", "to": "2026-11-22"}])
def test_days_that_are_no_period_are_refused_in_words(client: Client, of: dict[str, str]) -> None:
    answer = client.get(PAYMENTS, params=of)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"]


def test_counters_say_how_they_are(
    client: Client, create: Callable[..., Payment], say: Callable[..., None], clock: VirtualClock
) -> None:
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now(), printer=PrinterStatus.PAPER_LOW))
    shown = create()
    create()
    say("quay-1", Displayed(payment=shown.id, amount=shown.amount, payload=shown.payload, painted_at=clock.now()))
    first, second = client.get("/api/v1/counters").json()
    assert (first["is_online"], first["printer"], first["showing"], first["waiting"]) == (
        True,
        "paper_low",
        shown.id,
        1,
    )
    assert (second["id"], second["name"], second["is_online"], second["seen_at"]) == ("quay-2", "Quầy 2", False, None)


def test_the_portal_lays_a_dossier_on_the_desk_once(client: Client, ledger: Ledger) -> None:
    first = client.post("/api/v1/dossiers", json=DOSSIER, headers=TOKEN)
    again = client.post("/api/v1/dossiers", json=DOSSIER, headers=TOKEN)
    assert (first.status_code, again.status_code) == (201, 200)
    with ledger.read() as books:
        (sent,) = books.open_dossiers()
    assert (sent["number"], sent["payer"], sent["lines"][0]["amount"]) == ("H26.1-261122-0101", "Đỗ Thị Mai", 16000)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "a token of this test"}])
def test_nobody_else_lays_dossiers_on_the_desk(client: Client, ledger: Ledger, headers: dict[str, str]) -> None:
    answer = client.post("/api/v1/dossiers", json=DOSSIER, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    with ledger.read() as books:
        assert not books.open_dossiers()


def test_an_office_without_a_portal_takes_no_dossiers(parts: Parts, browse: Callable[[FastAPI], Client]) -> None:
    alone = replace(parts, settings=parts.settings.model_copy(update={"portal": None}))
    answer = browse(create_app(alone)).post("/api/v1/dossiers", json=DOSSIER, headers={"Authorization": "Bearer "})
    assert answer.status_code == 404
    assert "cổng dịch vụ công" in _wrong(answer)[""]


def test_a_dossier_that_could_not_be_collected_is_refused_at_the_field(client: Client) -> None:
    wrong = DOSSIER | {"lines": [{"fee_code": "XX", "amount": 16000}]}
    answer = client.post("/api/v1/dossiers", json=wrong, headers=TOKEN)
    assert answer.status_code == 422
    assert "danh mục" in _wrong(answer)["lines.0.fee_code"]


def test_the_api_describes_itself(client: Client) -> None:
    said = client.get("/openapi.json").json()
    create = said["paths"]["/api/v1/payments"]["post"]
    assert {"200", "201", "409", "422"} <= set(create["responses"])
    assert create["requestBody"]["content"]["application/json"]["examples"]
    assert not any(path.startswith(("/desk", "/intake")) for path in said["paths"])


def test_a_counter_says_what_its_citizen_sees(
    client: Client, create: Callable[..., Payment], say: Callable[..., None], clock: VirtualClock
) -> None:
    payment = create()
    say("quay-1", Displayed(payment=payment.id, amount=payment.amount, payload=payment.payload, painted_at=clock.now()))
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now(), seen=_seen(payment, clock)))
    first = client.get("/api/v1/counters").json()[0]
    assert (first["sees"], first["warning"]) == ("Người dân đang thấy 35.000\u202fđ", "")
    assert (first["seen"]["screen"], first["seen"]["payment"]) == ("code", payment.id)
    clock.go_on(15)
    silent = client.get("/api/v1/counters").json()[0]
    assert (silent["is_online"], silent["seen"]) == (False, None)
    assert "Không nghe tin" in silent["warning"]


def _seen(payment: Payment, clock: VirtualClock) -> Seen:
    return Seen(screen=ScreenName.CODE, payment=payment.id, amount=payment.amount, painted_at=clock.now())


def test_a_program_pays_on_behalf_and_asks_the_bank(
    client: Client, create: Callable[..., Payment], say: Callable[..., None], clock: VirtualClock
) -> None:
    assert "payer" in _wrong(_order(client, is_on_behalf=True))
    made = _order(client, is_on_behalf=True, payer="Trần Văn An").json()
    assert (made["is_on_behalf"], made["payer"]) == (True, "Trần Văn An")
    assert client.post(f"{PAYMENTS}/{made['id']}/check").status_code == 409
    say("quay-1", Displayed(payment=made["id"], amount=made["amount"], payload="", painted_at=clock.now()))
    assert client.post(f"{PAYMENTS}/{made['id']}/check").json()["timeline"][-1]["milestone"] == "checking"
