"""Sets the stage: keys, settings and processes in one directory, watched over as systemd would. Plays nothing itself.

The processes speak only over MQTT and HTTP, on free ports of loopback.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import tomli_w

from appliance.demo.case import Case
from appliance.errors import ApplianceError
from appliance.logs import Log
from mqtt_schema import signing

log = Log()

SITE = "h26-hoan-kiem"
OFFICE_NAME = "UBND phường Hoàn Kiếm"
START_S = 30.0
RESTART_S = 1.0

BROKER_CONFIG = """id = 0

[router]
id = 0
max_connections = 1010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "v5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 20480
max_inflight_count = 500
dynamic_filters = true
"""
"""What the embedded broker is told: MQTT 5 on one port of loopback."""

FEES: list[dict[str, Any]] = [
    {
        "code": "CT-BS",
        "name": "Chứng thực bản sao từ bản chính",
        "name_en": "Certified copy of an original",
        "kind": "phi",
        "sub_item": "2716",
        "price": 2_000,
    },
    {
        "code": "CT-CK",
        "name": "Chứng thực chữ ký",
        "name_en": "Certification of a signature",
        "kind": "phi",
        "sub_item": "2716",
        "price": 10_000,
    },
    {
        "code": "CT-HD",
        "name": "Chứng thực hợp đồng, giao dịch",
        "name_en": "Certification of a contract",
        "kind": "phi",
        "sub_item": "2716",
        "price": 50_000,
    },
    {
        "code": "HT-TL",
        "name": "Cấp bản sao trích lục hộ tịch",
        "name_en": "Civil status extract",
        "kind": "phi",
        "sub_item": "2716",
        "price": 8_000,
    },
    {
        "code": "HT-HN",
        "name": "Xác nhận tình trạng hôn nhân",
        "name_en": "Certificate of marital status",
        "kind": "le_phi",
        "sub_item": "2771",
        "price": 3_000,
    },
    {
        "code": "HT-KS",
        "name": "Đăng ký khai sinh quá hạn",
        "name_en": "Late birth registration",
        "kind": "le_phi",
        "sub_item": "2771",
        "price": 5_000,
    },
    {
        "code": "DK-HKD",
        "name": "Đăng ký hộ kinh doanh",
        "name_en": "Household business registration",
        "kind": "le_phi",
        "sub_item": "2852",
        "price": 100_000,
    },
    {
        "code": "HT-NCN",
        "name": "Đăng ký nuôi con nuôi trong nước",
        "name_en": "Domestic adoption registration",
        "is_sensitive": True,
        "kind": "le_phi",
        "sub_item": "2771",
        "price": 400_000,
    },
    {"code": "KHAC", "name": "Khoản thu khác", "name_en": "Other fee", "kind": "phi", "sub_item": "4949"},
]
"""A catalogue to play with: real fees, budget codes as of before 2026 (an office sets its own)."""


class StageError(ApplianceError, RuntimeError):
    """A process did not come up; the message names its log."""


@dataclass(frozen=True)
class Ports:
    """Where everybody listens, on 127.0.0.1."""

    broker: int
    office: int
    workbench: int
    bank: int
    portal: int


@dataclass
class Actor:
    """One process: how to start it, and the process that runs now."""

    name: str
    command: list[str]
    log_path: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self.log_path.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **self.environment},
            )

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal and wait for its end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=15)


class Stage:
    """All processes of one demo. A context manager: whatever was started is ended."""

    def __init__(
        self,
        directory: Path,
        case: Case,
        *,
        frame_ancestor: str = "",
        is_window: bool = False,
        payment_valid_s: int = 300,
        size: tuple[int, int] = (1024, 600),
    ) -> None:
        """Write keys and settings into `directory`. Raises `CaseError`."""
        case.check()
        self.directory = directory
        self.case = case
        self.ports = Ports(*free_ports(5))
        self._frame_ancestor = frame_ancestor
        self.is_window = is_window
        self._payment_valid_s = payment_valid_s
        self._size = size
        self._is_stopping = threading.Event()
        self.secret = secrets.token_hex(16)
        self.token = secrets.token_hex(16)
        self._write()
        self.actors = {actor.name: actor for actor in self._cast()}

    @property
    def office_url(self) -> str:
        """Where desk, API and intake are."""
        return f"http://127.0.0.1:{self.ports.office}"

    @property
    def workbench_url(self) -> str:
        """Where the counter's virtual devices are."""
        return f"http://127.0.0.1:{self.ports.workbench}"

    @property
    def bank_url(self) -> str:
        """Where the phone sends a transfer."""
        return f"http://127.0.0.1:{self.ports.bank}"

    @property
    def portal_url(self) -> str:
        """Where a citizen files a dossier."""
        return f"http://127.0.0.1:{self.ports.portal}"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everybody and wait until all answer. Raises `StageError`."""
        for actor in self.actors.values():
            actor.start()
        self.wait_for(self.is_ready, "everybody to answer, and the counter to be ready at the desk")
        threading.Thread(target=self._watch, name="stage", daemon=True).start()

    def stop(self) -> None:
        """End everybody."""
        self._is_stopping.set()
        for actor in reversed(self.actors.values()):
            if actor.is_running and actor.process is not None:
                actor.process.terminate()
        for actor in self.actors.values():
            _end(actor)

    def restart(self, name: str) -> None:
        """Kill one process without mercy and start it again at once."""
        actor = self.actors[name]
        actor.kill()
        actor.start()

    def is_ready(self) -> bool:
        """Whether the office would offer the counter a payment, and everybody answers."""
        return (
            self._counter_is_fresh()
            and _answers(f"{self.workbench_url}/state")
            and _answers(f"{self.bank_url}/health")
            and _answers(f"{self.portal_url}/health")
        )

    def wait_for(self, condition: Callable[[], bool], what: str, timeout_s: float = START_S) -> None:
        """Wait until `condition` holds. Raises `StageError` that says what was waited for, and where the logs are."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise StageError(f"waited {timeout_s:g} s in vain for {what}; see the logs in {self.directory}")
            time.sleep(0.05)

    def _counter_is_fresh(self) -> bool:
        try:
            counters = httpx.get(f"{self.office_url}/api/v1/counters", timeout=2).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return False
        return any(counter["id"] == self.case.counter and not counter["missing"] for counter in counters)

    def _watch(self) -> None:
        """Start again what ended by itself."""
        while not self._is_stopping.wait(RESTART_S):
            for actor in self.actors.values():
                if not actor.is_running and not self._is_stopping.is_set():
                    log.warning("restart", process=actor.name)
                    actor.start()

    def _cast(self) -> list[Actor]:
        python = [sys.executable, "-m", "appliance"]
        me = self.directory
        commands = {
            "broker": [*python, "broker", str(me / "broker.toml")],
            "office": [*python, "office", "--settings", str(me / "office.toml")],
            "counter": [*python, "counter", "--settings", str(me / "counter.toml")],
            "bank": [*python, "bank", "--office", self.office_url, "--port", str(self.ports.bank)],
            "portal": [*python, "portal", "--office", self.office_url, "--port", str(self.ports.portal)],
        }
        secrets_of = {"bank": {"QUAYTHU_SEPAY_SECRET": self.secret}, "portal": {"QUAYTHU_PORTAL_TOKEN": self.token}}
        return [
            Actor(name, command, me / f"{name}.log", secrets_of.get(name, {})) for name, command in commands.items()
        ]

    def _write(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        office_key, counter_key = signing.new_key("office-1"), signing.new_key(self.case.counter)
        for name, text in (
            ("office.jwk", signing.private_jwk(office_key)),
            ("counter.jwk", signing.private_jwk(counter_key)),
            ("sepay.secret", self.secret),
            ("portal.token", self.token),
            ("broker.toml", BROKER_CONFIG.format(port=self.ports.broker)),
            ("office.toml", tomli_w.dumps(self._office(counter_key))),
            ("counter.toml", tomli_w.dumps(self._counter(office_key))),
        ):
            path = self.directory / name
            path.touch(mode=0o600)
            path.write_text(text, "utf-8")

    def _office(self, counter_key: signing.SigningKey) -> dict[str, Any]:
        counter = {"id": self.case.counter, "name": "Quầy số 1", "key": signing.public_jwk(counter_key)}
        return {
            "site": SITE,
            "name": OFFICE_NAME,
            "reference_prefix": "HK",
            "port": self.ports.office,
            "frame_ancestors": [self._frame_ancestor] if self._frame_ancestor else [],
            "database": f"sqlite:///{self.directory / 'ledger.sqlite'}",
            "signing_key_file": str(self.directory / "office.jwk"),
            "payment_valid_s": self._payment_valid_s,
            "broker": self._broker(),
            "beneficiary": self.case.beneficiary.model_dump(),
            "counters": [counter],
            "fees": [{"chapter": "805", **fee} for fee in FEES],
            "sepay": {"hmac_secret_file": str(self.directory / "sepay.secret")},
            "portal": {"url": f"{self.portal_url}/paid", "token_file": str(self.directory / "portal.token")},
        }

    def _counter(self, office_key: signing.SigningKey) -> dict[str, Any]:
        return {
            "site": SITE,
            "counter": self.case.counter,
            "label": "số 1",
            "office": OFFICE_NAME,
            "state_dir": str(self.directory / "counter"),
            "key_file": str(self.directory / "counter.jwk"),
            "workbench_port": self.ports.workbench,
            "office_keys": [signing.public_jwk(office_key)],
            "beneficiaries": [self.case.beneficiary.model_dump()],
            "broker": self._broker(),
            "display": {
                "driver": "window" if self.is_window else "virtual",
                "width": self._size[0],
                "height": self._size[1],
            },
            "printer": {"driver": "virtual", "profile": "generic-80"},
            "panel": {"driver": "virtual"},
            "sound": {"driver": "virtual"},
        }

    def _broker(self) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": self.ports.broker}


def _end(actor: Actor) -> None:
    if actor.process is None:
        return
    try:
        actor.process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        actor.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def free_ports(count: int) -> list[int]:
    """Ask the kernel for ports that nobody uses now; all are held until the last is known, so none comes twice."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()
