"""A real desk on a loopback port, and Debian's Chromium to use it."""

import importlib.util
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from appliance.office.http import Parts, create_app

# The office of these tests is the one that the office's own tests use.
_SHARED = Path(__file__).parents[1] / "appliance" / "office" / "conftest.py"
_spec = importlib.util.spec_from_file_location("office_fixtures", _SHARED)
assert _spec is not None
assert _spec.loader is not None
_office = importlib.util.module_from_spec(_spec)
sys.modules["office_fixtures"] = _office
_spec.loader.exec_module(_office)
clock, changes, office_settings = _office.clock, _office.changes, _office.office_settings
database, postgresql = _office.database, _office.postgresql
ledger, sender, cashier, proof, intake = (
    _office.ledger,
    _office.sender,
    _office.cashier,
    _office.proof,
    _office.intake,
)
spoken, till, cards, hearing, calls = _office.spoken, _office.till, _office.cards, _office.hearing, _office.calls
parts, make_order, create = _office.parts, _office.make_order, _office.create
say, notify, pay = _office.say, _office.notify, _office.pay
paper, be_fresh = _office.paper, _office.be_fresh


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ends with its module: while it lives, no other event loop runs in this thread."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def desk(parts: Parts) -> Iterator[str]:
    """The desk's address while it is served. Its streams end before the server does."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(parts), log_level="warning", timeout_graceful_shutdown=1, ws="none")
        server = uvicorn.Server(config)
        served = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        served.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        parts.changes.close()
        server.should_exit = True
        served.join(timeout=10)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of on its console."""
    return []


@pytest.fixture
def page(chromium: Browser, desk: str, complaints: list[str]) -> Iterator[Page]:
    """A fresh browser window of a clerk's screen, on the desk."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
    opened = context.new_page()
    opened.on("console", _listen(complaints))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{desk}/desk")
    yield opened
    context.close()


def _listen(complaints: list[str]) -> Callable[[ConsoleMessage], None]:
    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    return listen
