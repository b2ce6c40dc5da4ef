"""Guests who never finish are shown out, and the others are served meanwhile."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from appliance.office import patience
from appliance.office.patience import PatientHttp

PATIENCE_S = 10.0


class Hasty(PatientHttp):
    """The same, for people who test."""

    whole_within_s = 0.2
    most_connections = 20


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def slow(_request: Request) -> PlainTextResponse:
    await asyncio.sleep(3 * Hasty.whole_within_s)
    return PlainTextResponse("at last")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    app = Starlette(routes=[Route("/", echo, methods=["GET", "POST"]), Route("/slow", slow)])
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, http=Hasty, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        yield int(door.getsockname()[1])
        server.should_exit = True
        thread.join(PATIENCE_S)


def guest(port: int, words: bytes) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    one.sendall(words)
    return one


def is_shown_out(one: socket.socket) -> bool:
    """Whether the other side ends the connection, after what it had still to say; waits for it."""
    try:
        while one.recv(1000):
            pass
    except ConnectionResetError:
        return True
    return True


WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "words",
    [b"", b"GET / HTTP/1.1\r\nX-", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123"],
    ids=["silence", "half a header", "half a body"],
)
def test_whoever_does_not_finish_is_shown_out(words: bytes, port: int) -> None:
    with guest(port, words) as one:
        assert is_shown_out(one)


def test_whoever_was_served_and_then_does_not_finish_is_shown_out_too(port: int) -> None:
    with guest(port, WHOLE) as one:
        assert one.recv(1000).startswith(b"HTTP/1.1 200")
        one.sendall(b"GET / HTTP/1.1\r\nX-")
        assert is_shown_out(one)


def test_a_slow_answer_is_nobody_s_fault_but_ours(port: int) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/slow", timeout=PATIENCE_S).text == "at last"


def test_when_it_is_crowded_the_longest_who_has_not_finished_goes_and_the_newcomer_is_served(port: int) -> None:
    crowd = [guest(port, b"GET / HTTP/1.1\r\nX-") for _ in range(3 * Hasty.most_connections)]
    assert httpx.post(f"http://127.0.0.1:{port}/", content=b"123", timeout=PATIENCE_S).text == "3"
    assert all(is_shown_out(one) for one in crowd)
    for one in crowd:
        one.close()


def test_the_office_has_more_files_than_guests() -> None:
    assert patience.MOST_CONNECTIONS < 1024 / 2
