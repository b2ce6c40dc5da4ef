"""`make demo`: one address, and behind it a page on which a payment can be made by hand."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.journey

PATIENCE_S = 30.0
ORDER = {"counter": "quay-01", "lines": [{"dossier": "H26.1-261122-0001", "fee_code": "CT-CK", "amount": 10_000}]}


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """What the demo says on the terminal beside its address."""
    return tmp_path / "said"


@pytest.fixture
def demo(said: Path) -> Iterator["subprocess.Popen[str]"]:
    """The demo as a person starts it, and ends it."""
    command = [sys.executable, "-m", "appliance", "demo", "--port", "0"]
    with said.open("w") as terminal:
        started = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, text=True
        )
    yield started
    started.send_signal(signal.SIGINT)
    started.wait(timeout=PATIENCE_S)
    assert started.stdout is not None
    started.stdout.close()


@pytest.fixture
def page(demo: "subprocess.Popen[str]") -> Iterator[httpx.Client]:
    """It prints its address as its first line."""
    assert demo.stdout is not None
    with httpx.Client(base_url=demo.stdout.readline().split()[-1], timeout=20) as client:
        yield client


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_page_shows_all_four_and_the_phone_pays_what_the_glass_shows(page: httpx.Client) -> None:
    shown = page.get("/").raise_for_status().text
    desk = re.search(r'<iframe src="(http://127\.0\.0\.1:\d+)/desk"', shown)
    assert desk is not None
    answer = httpx.get(f"{desk[1]}/desk")
    assert str(page.base_url).rstrip("/") in answer.headers["Content-Security-Policy"], "the desk may not be framed"
    assert page.get("/static/page.js").is_success
    assert page.get("/fonts/BeVietnamPro-Regular.ttf").is_success

    nothing = page.post("/phone/scan")
    assert (nothing.status_code, nothing.json()["detail"]) == (404, "Không thấy mã QR trên màn hình")
    assert page.post("/phone/pay").status_code == 409

    created = httpx.post(f"{desk[1]}/api/v1/payments", json=ORDER, headers={"Idempotency-Key": "by hand"})
    until(lambda: page.post("/phone/scan").is_success)
    assert page.post("/phone/scan").json()["amount"] == "10.000 đ"
    assert page.post("/phone/pay").status_code == 204

    until(lambda: bool(page.get("/state").json()["slips"]))
    assert page.get("/slip.png").content.startswith(b"\x89PNG")
    found = httpx.get(f"{desk[1]}/api/v1/payments/{created.json()['id']}").json()
    assert (found["state"], found["received"]) == ("paid", 10_000)


def test_touches_levers_and_the_portal_are_passed_on(page: httpx.Client) -> None:
    assert page.post("/touch", json={"x": 5, "y": 5}).status_code == 204
    assert page.post("/printer/run_out_of_paper").status_code == 204
    assert page.get("/state").json()["printer"] == "paper_out"
    assert page.post("/printer/set_on_fire").status_code == 404
    assert page.post("/portal/dossier").status_code == 204


def test_who_presses_the_listening_key_hears_the_glass_and_the_loudspeaker_can_be_heard(page: httpx.Client) -> None:
    assert page.post("/panel/listen").status_code == 204
    until(lambda: page.get("/state").json()["sound"] is not None)
    sound = page.get("/state").json()["sound"]
    assert sound["text"].startswith("Xin chào.")
    heard = page.get("/sound.wav", params={"number": sound["number"]})
    assert (heard.headers["Content-Type"], heard.content[:4]) == ("audio/wav", b"RIFF")
    assert page.post("/panel/clerk").status_code == 204
    assert page.post("/panel/doorbell").status_code == 404


def test_ctrl_c_ends_quietly_while_a_page_waits_for_the_next_picture(
    page: httpx.Client, demo: "subprocess.Popen[str]", said: Path
) -> None:
    with socket.create_connection((page.base_url.host, page.base_url.port or 80), timeout=PATIENCE_S) as waiting:
        waiting.sendall(b"GET /screen.png?after=1000000 HTTP/1.1\r\nHost: demo\r\n\r\n")
        assert page.get("/state").is_success, "by then it has heard of the other one, too"
        demo.send_signal(signal.SIGINT)
        assert waiting.recv(1000).startswith(b"HTTP/1.1 5"), "there is none"
    demo.wait(timeout=PATIENCE_S)
    assert said.read_text() == ""
