"""`quaythu push`, against an office that is played: what it asks, and what it says of every answer."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from appliance.push import PushError, PushOrder, push_and_wait
from tests.support.broker import free_port

PAYMENT = {
    "id": "0" * 32,
    "reference": "HK7Q4M2X9AF",
    "amount": 35_000,
    "counter": "quay-1",
    "state": "pending",
    "place": "counter",
}
ORDER = PushOrder("quay-1", "H26.1-261122-0007", "CT-BS", 5, 35_000, "Nguyễn Văn An", "Nguyễn Thị Bình", None)


@dataclass
class Played:
    """What the office will answer, one after the other (the last for ever), and what it was asked."""

    url: str
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[tuple[str, str, Any, str | None]] = field(default_factory=list)

    def will_say(self, status: int, body: object) -> None:
        self.answers.append((status, body if isinstance(body, bytes) else json.dumps(body).encode()))

    def answer(self) -> tuple[int, bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def office() -> Iterator[Played]:
    played = Played("")

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            played.asked.append(("POST", self.path, body, self.headers["Idempotency-Key"]))
            self._reply()

        def do_GET(self) -> None:  # the library's name
            played.asked.append(("GET", self.path, None, None))
            self._reply()

        def _reply(self) -> None:
            status, body = played.answer()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    played.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield played
    server.shutdown()
    thread.join()
    server.server_close()


def push(
    office: Played, order: PushOrder = ORDER, key: str | None = None, *, wait: bool = False
) -> tuple[str, list[str]]:
    said: list[str] = []
    return push_and_wait(office.url, order, key, said.append, is_waiting=wait), said


def test_a_payment_is_asked_for_as_the_desk_would(office: Played) -> None:
    office.will_say(201, PAYMENT)
    state, said = push(office, key="k1")
    assert (state, said) == ("pending", ["HK7Q4M2X9AF  35.000 đ  quay-1  pending (counter)"])
    [(method, path, body, key)] = office.asked
    assert (method, path, key) == ("POST", "/api/v1/payments", "k1")
    assert body == {
        "counter": "quay-1",
        "lines": [{"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "quantity": 5, "amount": 35_000}],
        "payer": "Nguyễn Văn An",
        "clerk": "Nguyễn Thị Bình",
        "waiver_reason": None,
        "is_on_behalf": False,
        "insists": False,
    }


def test_who_is_told_what_is_missing_is_told_how_to_insist(office: Played) -> None:
    office.will_say(409, {"errors": [{"field": "counter.printer", "message": "Máy in ở Quầy 1 hết giấy."}]})
    with pytest.raises(PushError) as refused:
        push(office)
    assert str(refused.value).splitlines() == [
        "counter.printer: Máy in ở Quầy 1 hết giấy.",
        "Nothing was created. With --insist it is, without what is missing",
    ]


def test_another_conflict_is_not_to_be_insisted_on(office: Played) -> None:
    office.will_say(409, {"errors": [{"field": "", "message": "Khóa này đã dùng cho một lệnh thu khác."}]})
    with pytest.raises(PushError) as refused:
        push(office)
    assert "--insist" not in str(refused.value)


def test_who_insists_says_so_to_the_office(office: Played) -> None:
    office.will_say(201, PAYMENT)
    push(office, replace(ORDER, insists=True))
    assert office.asked[0][2]["insists"] is True


def test_every_push_has_a_key_of_its_own_unless_one_is_given(office: Played) -> None:
    office.will_say(201, PAYMENT)
    push(office)
    push(office)
    keys = {key for _, _, _, key in office.asked}
    assert len(keys) == 2
    assert None not in keys


@pytest.mark.parametrize(
    ("fee", "name"),
    [
        ("CT-BS", "fee_code"),
        ("Chứng thực bản sao", "fee_name"),
        ("PHI KHAC", "fee_name"),
        ("ct-bs", "fee_name"),
        ("PHÍ", "fee_name"),
    ],
)
def test_a_fee_is_a_code_or_a_name(office: Played, fee: str, name: str) -> None:
    office.will_say(201, PAYMENT)
    push(office, PushOrder("quay-1", "H26.1-261122-0007", fee, 1, 2000, None, "Bình", None))
    assert office.asked[0][2]["lines"][0][name] == fee


def test_who_waits_hears_how_it_ended(office: Played) -> None:
    office.will_say(201, PAYMENT)
    office.will_say(200, {**PAYMENT, "state": "paid"})
    state, said = push(office, wait=True)
    assert (state, said[-1]) == ("paid", "paid")
    assert office.asked[1][:2] == ("GET", f"/api/v1/payments/{PAYMENT['id']}")


def test_who_waits_for_a_waived_payment_waits_for_nothing(office: Played) -> None:
    office.will_say(201, {**PAYMENT, "state": "waived", "amount": 0})
    state, said = push(office, wait=True)
    assert (state, len(said), len(office.asked)) == ("waived", 2, 1)


def test_a_refused_order_is_said_field_by_field(office: Played) -> None:
    errors = [
        {"field": "lines.0.dossier", "message": "Số hồ sơ không đúng"},
        {"field": "counter", "message": "Không có quầy này"},
    ]
    office.will_say(422, {"errors": errors})
    with pytest.raises(PushError, match=r"lines\.0\.dossier: Số hồ sơ không đúng\ncounter: Không có quầy này"):
        push(office)


@pytest.mark.parametrize("body", [b"<h1>Bad gateway</h1>", b"{}", b"[]", b'{"errors": 3}', b'{"errors": [{}]}'])
def test_an_answer_in_no_words_of_ours_is_shown_as_it_came(office: Played, body: bytes) -> None:
    office.will_say(502, body)
    with pytest.raises(PushError, match="the office answered 502"):
        push(office)


@pytest.mark.parametrize("body", [b"<h1>It works!</h1>", b"{}", b"[]"])
def test_an_address_that_is_no_office_is_said_in_words(office: Played, body: bytes) -> None:
    office.will_say(200, body)
    with pytest.raises(PushError, match="is no office"):
        push(office)


@pytest.mark.parametrize(
    "url", [lambda: f"http://127.0.0.1:{free_port()}", lambda: "ftp://office", lambda: "http://[::"]
)
def test_an_office_that_does_not_answer_is_said_in_words(url: Callable[[], str]) -> None:
    with pytest.raises(PushError, match="the office at"):
        push_and_wait(url(), ORDER, None, print, is_waiting=False)
