"""A technician always gets the next step."""

import socket
import ssl

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from appliance import refusals


@pytest.mark.parametrize("reason", sorted(refusals._NEXT))
def test_every_refusal_that_is_explained_is_one_of_the_standard(reason: int) -> None:
    names = ReasonCode(PacketTypes.DISCONNECT).names
    assert reason in names
    assert reason >= 0x80


def test_a_refusal_says_what_was_refused_why_and_what_next() -> None:
    said = refusals.in_words("we may not hear a/b", 0x87, "Not authorized")
    assert said.startswith("we may not hear a/b: Not authorized (0x87): not allowed. Compare")
    assert refusals.in_words("x", 0xFF, "Odd").endswith("look at the broker's own log")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "whether the broker runs"),
        (TimeoutError("timed out"), "network cable"),
        (ssl.SSLCertVerificationError("certificate has expired"), "Look at the clock"),
        (socket.gaierror(-2, "Name or service not known"), "DNS server"),
        (FileNotFoundError(2, "No such file", "client.key"), "the files' owner"),
    ],
)
def test_why_no_connection_came_about_is_followed_by_what_to_look_at(error: Exception, hint: str) -> None:
    said = refusals.unreachable("broker:8883", error)
    assert said.startswith("no connection to broker:8883: ")
    assert hint in said
