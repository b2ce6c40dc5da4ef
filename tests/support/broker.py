"""Brokers on loopback: the embedded one and mosquitto, each a process of its own, and one that is played by hand."""

import shutil
import socket
import struct
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from appliance.demo.stage import BROKER_CONFIG
from appliance.settings import Broker
from provisioning.certificates import Folder

PATIENCE_S = 30.0
_INSTALL = Path(__file__).parents[2] / "provisioning" / "mosquitto" / "install"


MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
"""Where it is installed; None where it is not."""


class RealBroker:
    """`start`, `kill`, `start` again: the port stays the same, and nothing is remembered."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE_S
        while not self._listens():
            if time.monotonic() > deadline or self._ended_within(0.05):
                raise RuntimeError(f"{type(self).__name__} does not start")

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


class EmbeddedBroker(RealBroker):
    """The one that comes with the program."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._config = directory / "broker.toml"
        self._config.write_text(BROKER_CONFIG.format(port=self.port), "utf-8")

    def command(self) -> list[str]:
        return [sys.executable, "-m", "appliance", "broker", str(self._config)]


class Mosquitto(RealBroker):
    """The one of a site, without its certificates; `access` is its access list."""

    def __init__(self, directory: Path, access: str = "") -> None:
        super().__init__()
        self._config = directory / "mosquitto.conf"
        told = f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n"
        if access:
            rules = directory / "access"
            rules.write_text(access, "utf-8")
            rules.chmod(0o600)
            told += f"acl_file {rules}\n"
        # Not as another user, who could not read a folder of pytest's.
        self._config.write_text(told + "user root\n", "utf-8")

    def command(self) -> list[str]:
        assert MOSQUITTO is not None
        return [MOSQUITTO, "-c", str(self._config)]


class SiteBroker(RealBroker):
    """The one of a site as its install script sets it up, certificates and all: only folder and port are others."""

    def __init__(self, directory: Path, counters: list[str]) -> None:
        super().__init__()
        self.certificates = directory / "certificates"
        Folder(self.certificates, datetime.now(UTC)).fill("hoan-kiem", ["127.0.0.1"], counters)
        etc = directory / "etc" / "mosquitto"
        (etc / "conf.d").mkdir(parents=True)
        install = [str(_INSTALL), "hoan-kiem", str(self.certificates), "--root", str(directory)]
        subprocess.run(install, check=True, capture_output=True)
        drop_in = etc / "conf.d" / "quaythu.conf"
        told = drop_in.read_text("utf-8")
        assert "\nlistener 8883\n" in told
        told = told.replace("\nlistener 8883\n", f"\nlistener {self.port} 127.0.0.1\n")
        drop_in.write_text(told.replace("/etc/mosquitto/", f"{etc}/"), "utf-8")
        # Debian's own main file with another log; root, because pytest's folders are closed to others.
        kept = f"persistence true\npersistence_location {directory}/\nlog_dest file {directory}/mosquitto.log\n"
        self._config = etc / "mosquitto.conf"
        self._config.write_text(f"{kept}user root\ninclude_dir {etc}/conf.d\n", "utf-8")

    def command(self) -> list[str]:
        assert MOSQUITTO is not None
        return [MOSQUITTO, "-c", str(self._config)]

    def settings(self, folder: str, **other: Path) -> Broker:
        """How a machine gets there that carries this folder of the certificates."""
        own = self.certificates / folder
        files = {"ca": own / "ca.crt", "certificate": own / "client.crt", "key": own / "client.key"}
        return Broker(host="127.0.0.1", port=self.port, **(files | other))


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
