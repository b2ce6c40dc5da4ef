import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from httpx import Client

from appliance import logs
from appliance.office.http import Parts, create_app
from appliance.office.intake import MAX_BODY_BYTES, Intake
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment, State

Notify = Callable[..., tuple[dict[str, str], bytes]]
HOME = "http://127.0.0.1:8700"


def test_the_first_page_is_the_desk(client: Client) -> None:
    answer = client.get("/")
    assert str(answer.url) == f"{HOME}/desk"
    assert "Khoản thu mới" in answer.text


# The intake's door


def test_a_notification_is_kept_before_it_is_answered(
    client: Client, create: Callable[..., Payment], notify: Notify, intake: Intake, ledger: Ledger
) -> None:
    payment = create()
    headers, raw = notify(payment.reference, payment.amount)
    answer = client.post("/intake/sepay", content=raw, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    with ledger.read() as books:
        assert [kept.raw for kept in books.notifications_to_book()] == [raw]
    intake.book_kept()
    with ledger.read() as books:
        booked = books.payment(payment.id)
    assert booked is not None
    assert booked.state is State.PAID


def test_a_notification_without_proof_is_refused_and_set_aside(client: Client, notify: Notify, ledger: Ledger) -> None:
    headers, raw = notify("HK", 1000)
    answer = client.post("/intake/sepay", content=raw + b" ", headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (401, False)
    with ledger.read() as books:
        assert books.quarantined() == 1
        assert not books.notifications_to_book()


def test_a_notification_that_says_it_is_too_long_is_not_read(parts: Parts) -> None:
    answer = _post_raw(create_app(parts), [b"x"] * 3, {"content-length": str(MAX_BODY_BYTES + 1)})
    assert (answer["status"], answer["read"]) == (413, 0)


def test_a_notification_that_turns_out_too_long_is_not_read_to_its_end(parts: Parts, ledger: Ledger) -> None:
    chunk = b"x" * 16384
    answer = _post_raw(create_app(parts), [chunk] * 100, {})
    assert (answer["status"], answer["read"]) == (413, 5)
    with ledger.read() as books:
        assert books.quarantined() == 1


def test_a_gateway_may_bring_notifications_under_a_name_of_its_own(client: Client, notify: Notify) -> None:
    headers, raw = notify("HK", 1000)
    answer = client.post("/intake/sepay", content=raw, headers=headers | {"host": "pay.example.vn"})
    assert answer.status_code == 200


# The guard


@pytest.mark.parametrize("host", ["quaythu.example.vn", "10.0.0.7:8700", "", "127.0.0.1.example.vn"])
def test_a_name_that_was_bound_to_this_machine_is_refused(client: Client, host: str) -> None:
    answer = client.get("/desk", headers={"host": host})
    assert answer.status_code == 400
    assert "http://127.0.0.1" in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8700", "[::1]:8700", "[::1]", "127.0.0.1"])
def test_this_machine_goes_by_all_its_own_names(client: Client, host: str) -> None:
    assert client.get("/desk", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/desk/payments/{}/cancel", "/api/v1/payments/{}/cancel"])
def test_another_page_cannot_change_anything(
    client: Client, create: Callable[..., Payment], ledger: Ledger, path: str, headers: dict[str, str]
) -> None:
    payment = create()
    answer = client.post(path.format(payment.id), headers=headers)
    assert answer.status_code == 403
    assert "trang khác" in answer.text
    with ledger.read() as books:
        assert books.pending()[0].id == payment.id


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": HOME, "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "http://portal.example", "authorization": "Bearer x"},
        {},
    ],
)
def test_its_own_pages_and_programs_can(
    client: Client, create: Callable[..., Payment], headers: dict[str, str]
) -> None:
    assert client.post(f"/api/v1/payments/{create().id}/cancel", headers=headers).status_code == 200


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    for path in ("/desk", "/nowhere", "/api/v1/counters", "/desk/static/desk.css", "/docs"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert policy.endswith("frame-ancestors 'self' http://127.0.0.1:8600")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_what_names_people_is_not_kept_by_browsers(client: Client) -> None:
    assert client.get("/desk").headers["cache-control"] == "no-store"
    assert client.get("/desk/static/desk.css").headers["cache-control"] == "no-cache"


def test_a_form_of_any_length_is_not_read(client: Client) -> None:
    answer = client.post("/desk/check", data={"payer": "x" * 300_000})
    assert answer.status_code == 413
    assert "quá dài" in answer.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/v1/payments", "application/json"), ("/desk/check", FORM := "application/x-www-form-urlencoded")],
)
def test_a_body_that_goes_on_for_ever_is_cut_off(parts: Parts, path: str, kind: str) -> None:
    headers = {"content-type": kind, "host": "127.0.0.1", "idempotency-key": "k"}
    answer = _post_raw(create_app(parts), [b"x" * 16384] * 100, headers, path)
    assert (answer["status"], answer["read"]) == (413, 17)


# When something is wrong


@pytest.fixture
def broken(parts: Parts, browse: Callable[[FastAPI], Client]) -> Iterator[Client]:
    """An office with two pages that break."""
    app = create_app(parts)

    def break_down() -> None:
        raise RuntimeError("the secret inside")

    app.add_api_route("/desk/broken", break_down)
    app.add_api_route("/api/broken", break_down)
    with browse(app) as opened:
        yield opened


def test_an_unexpected_error_is_a_calm_page_with_a_number_that_is_in_the_log(broken: Client) -> None:
    with logs.kept() as logged:
        answer = broken.get("/desk/broken")
    (entry,) = logged
    assert answer.status_code == 500
    assert entry["number"] in answer.text
    assert entry["exception"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_an_unexpected_error_is_calm_for_programs_too(broken: Client) -> None:
    answer = broken.get("/api/broken")
    assert answer.status_code == 500
    assert "báo kỹ thuật số" in answer.json()["errors"][0]["message"]


def test_an_answer_that_breaks_off_is_only_logged(parts: Parts) -> None:
    app = create_app(parts)

    async def half() -> AsyncIterator[bytes]:
        yield b"{}"
        raise RuntimeError("in the middle")

    app.add_api_route("/half", lambda: StreamingResponse(half()), methods=["POST"])
    with logs.kept() as logged:
        answer = _post_raw(app, [b""], {"host": "127.0.0.1"}, "/half")
    assert (answer["status"], answer["body"], len(logged)) == (200, b"{}", 1)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/desk/nowhere", 404), ("GET", "/desk/payments/nothing", 404), ("PUT", "/desk/check", 405)],
)
def test_a_clerk_gets_a_page_with_a_way_on(client: Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert "Chưa làm được" in answer.text
    assert 'href="/desk"' in answer.text
    assert "Not Found" not in answer.text


def test_only_the_desks_fonts_are_served(client: Client) -> None:
    assert client.get("/desk/fonts/BeVietnamPro-Regular.ttf").headers["content-type"] == "font/ttf"
    assert client.get("/desk/fonts/generate.py").status_code == 404


def test_the_api_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/docs").text
    assert "http" not in page
    for path in ("/desk/static/swagger-ui.css", "/desk/static/swagger-ui-bundle.js", "/desk/static/docs.js"):
        assert path in page
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("name", ["reconciliation", "treasury"])
def test_reports_come_as_workbooks(client: Client, create: Callable[..., Payment], name: str) -> None:
    create()
    answer = client.get(f"/desk/reports/{name}.xlsx")
    assert answer.content.startswith(b"PK")
    assert "2026-11-22.xlsx" in answer.headers["content-disposition"]
    month = client.get(f"/desk/reports/{name}.xlsx?from=2026-11-01&to=2026-11-30")
    assert "2026-11-01_2026-11-30.xlsx" in month.headers["content-disposition"]


def test_a_report_of_no_period_is_refused_in_words(client: Client) -> None:
    answer = client.get("/desk/reports/treasury.xlsx?from=2026-11-30&to=2026-11-01")
    assert answer.status_code == 422
    assert "Ngày cuối kỳ đứng trước" in answer.text


def _post_raw(
    app: FastAPI, chunks: list[bytes], headers: dict[str, str], path: str = "/intake/sepay"
) -> dict[str, Any]:
    """Post without a client between: how many chunks were read, and what was answered."""
    answer: dict[str, Any] = {"read": 0, "body": b""}
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        answer["read"] += 1
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        answer["status"] = message.get("status", answer.get("status"))
        answer["body"] += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 8700),
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(app(scope, receive, send))
    return answer
