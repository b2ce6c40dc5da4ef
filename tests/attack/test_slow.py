"""Slow loris: hundreds of guests who never finish their first word. The others are served."""

import resource
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.attack.conftest import Town

pytestmark = pytest.mark.journey

FILES = 1_024
"""So many a service may have open where nobody says otherwise."""
GUESTS = 1_500
AT_THE_BROKER = 300


@contextmanager
def guests(port: int, count: int, words: bytes) -> Iterator[list[socket.socket]]:
    """So many connections, each of which has said the same few words and nothing more."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            try:
                one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=2))
                one.sendall(words)
            except OSError:
                continue  # shown out at the door, which is what we are here to see
            opened.append(one)
        yield opened


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"POST /intake/sepay HTTP/1.1\r\nHost: x\r\nX-",
        b"POST /intake/sepay HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n{",
    ],
    ids=["silence", "half a header", "half a body"],
)
def test_guests_at_the_intake_who_never_finish_keep_nobody_out(words: bytes, town: Town) -> None:
    office = town.ground.actors["office"].process
    assert office is not None
    resource.prlimit(office.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
    with guests(town.ground.ports.office, GUESTS, words):
        town.a_good_payment()
    town.a_good_payment()


def test_guests_at_the_broker_who_never_finish_keep_nobody_out(town: Town) -> None:
    # CONNECT of MQTT 5, cut off in the middle of its length.
    with guests(town.ground.ports.broker, AT_THE_BROKER, b"\x10\xff\x01\x00\x04MQ"):
        before = town.log(town.counter).count('"link_up"')
        town.ground.actors[town.counter].kill()
        town.ground.actors[town.counter].start()
        town.wait(lambda: town.ground.is_ready() and is_back(town, before), "the counter to get in again")
        town.a_good_payment()


def is_back(town: Town, before: int) -> bool:
    """Whether the counter has its line again."""
    return town.log(town.counter).count('"link_up"') > before


def test_guests_with_a_certificate_who_say_nothing_keep_nobody_out(town: Town) -> None:
    if town.ground.kind != "mosquitto":
        pytest.skip("mosquitto is not installed here: without it there is no TLS")
    own: Path = town.ground.directory / "certificates" / "counters" / town.neighbour
    context = ssl.create_default_context(cafile=str(own / "ca.crt"))
    context.load_cert_chain(own / "client.crt", own / "client.key")
    with ExitStack() as stack:
        for _ in range(AT_THE_BROKER // 3):
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", town.ground.ports.broker), timeout=5))
            stack.enter_context(context.wrap_socket(plain, server_hostname="127.0.0.1"))
        town.a_good_payment()
