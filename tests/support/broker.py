"""Brokers on loopback: the embedded one as a process of its own, and one that is played by hand."""

import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from appliance.demo.stage import BROKER_CONFIG

PATIENCE_S = 30.0


class EmbeddedBroker:
    """`start`, `kill`, `start` again: the port stays the same, and nothing is remembered."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._config = directory / "broker.toml"
        self._config.write_text(BROKER_CONFIG.format(port=self.port), "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [sys.executable, "-m", "appliance", "broker", str(self._config)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE_S
        while not self._listens():
            if time.monotonic() > deadline or self._ended_within(0.05):
                raise RuntimeError("the embedded broker does not start")

    def kill(self) -> None:
        """End it without mercy."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _ended_within(self, seconds: float) -> bool:
        assert self._process is not None
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


class PlayedBroker:
    """A broker that is played by hand, packet by packet (MQTT 5, OASIS Standard): `accept`, then say and hear."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(PATIENCE_S)
        self.port = int(self._listening.getsockname()[1])
        self._line: socket.socket | None = None

    def accept(self) -> None:
        self.hang_up()
        self._line = self._listening.accept()[0]
        self._line.settimeout(PATIENCE_S)
        assert self.hear()[0] == 0x10, "CONNECT"

    def welcome(self) -> None:
        """CONNACK, and SUBACK to the first SUBSCRIBE."""
        self.say(b"\x20\x03\x00\x00\x00")
        kind, body = self.hear()
        assert kind == 0x82, "SUBSCRIBE"
        self.say(b"\x90\x04" + body[:2] + b"\x00\x01")

    def publish(self, topic: bytes, payload: bytes, number: int) -> None:
        """PUBLISH with QoS 1."""
        body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", number) + b"\x00" + payload
        self.say(b"\x32" + _varint(len(body)) + body)

    def ping(self) -> tuple[int, bytes]:
        """Hear the next packet that is no ping."""
        while (heard := self.hear())[0] == 0xC0:
            self.say(b"\xd0\x00")
        return heard

    def say(self, packet: bytes) -> None:
        assert self._line is not None
        self._line.sendall(packet)

    def hear(self) -> tuple[int, bytes]:
        kind, length, shift = self._read(1)[0], 0, 0
        while (digit := self._read(1)[0]) & 0x80:
            length, shift = length | (digit & 0x7F) << shift, shift + 7
        return kind, self._read(length | digit << shift)

    def _read(self, count: int) -> bytes:
        assert self._line is not None
        read = b""
        while len(read) < count:
            more = self._line.recv(count - len(read))
            assert more, "the client hung up"
            read += more
        return read

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()

    def close(self) -> None:
        self.hang_up()
        self._listening.close()


def _varint(number: int) -> bytes:
    """A variable byte integer (section 1.5.5)."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
