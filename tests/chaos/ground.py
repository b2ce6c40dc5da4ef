"""The ground on which chaos happens: one broker, one office, some counters, each with a printer that outlives it.

The demo's stage with other actors: real processes, `python -m appliance ...`, started again only when told to.
"""

import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import tomli_w

from appliance.demo.case import Case
from appliance.demo.stage import BROKER_CONFIG, SITE, Actor, Stage, free_ports
from mqtt_schema import signing
from provisioning.certificates import Folder
from tests.chaos import keyed, wire
from tests.chaos.errors import MissingToolError
from tests.chaos.nets import Cable, Nets
from tests.chaos.paper import Paper, read

BrokerKind = Literal["embedded", "mosquitto"]

PATIENCE_S = 120.0
_PROVISIONING = Path(__file__).parents[2] / "provisioning" / "mosquitto"
_WIRE_PORT = 1883
_PRINTER_PORT = 9100
"""Inside a counter's own namespace nobody else has them."""


class Ground(Stage):
    """Everybody who takes part. Nobody watches over them: who was killed stays dead until `actors[name].start()`."""

    def __init__(
        self,
        directory: Path,
        broker: BrokerKind = "embedded",
        counters: int = 1,
        nets: Nets | None = None,
        *,
        paper_bytes_per_s: float = 40_000,
        is_keyed: bool = True,
        has_workbench: bool = False,
        payment_valid_s: int = 900,
    ) -> None:
        """`paper_bytes_per_s`: how fast the printers take a slip, 0 at once; `nets` puts each counter at the end of a
        cable of its own. `has_workbench`: the first counter's devices, printer and all, are the shipped virtual ones
        and can be looked at. Raises `MissingToolError` where mosquitto is wanted and missing.
        """
        self.kind = broker
        self.counters = [f"quay-{number:02}" for number in range(1, counters + 1)]
        self.cables: list[Cable | None] = list(nets.cables) if nets else [None] * counters
        self._paper_bytes_per_s = paper_bytes_per_s
        self._is_keyed = is_keyed
        self._has_workbench = has_workbench
        self.killing = threading.Lock()
        """Whoever kills somebody, or starts him again, holds this."""
        self._printer_ports = [_PRINTER_PORT] * counters if nets else free_ports(counters)
        super().__init__(directory.absolute(), Case(counter=self.counters[0]), payment_valid_s=payment_valid_s)

    # What people do.

    def press(self, counter: str) -> None:
        """Press the clerk's key: the result leaves the glass."""
        keyed.press(self.directory / f"{counter}.key")

    def delay(self, counter: str, milliseconds: int) -> None:
        """Make this counter's wire so late."""
        wire.delay(self.directory / f"{counter}.wire", milliseconds)

    def papers(self) -> dict[str, list[Paper]]:
        """What came out of each counter's printer."""
        return {counter: read(self.directory / f"{counter}.papers") for counter in self.counters}

    def cable(self, counter: str) -> Cable | None:
        """The cable of this counter, where it has one."""
        return self.cables[self.counters.index(counter)]

    # The stage's own questions, answered for other actors.

    def wait_for(self, condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
        """As the stage, with the patience of somebody on a busy machine."""
        super().wait_for(condition, what, timeout_s)

    def is_ready(self) -> bool:
        """Whether the office hears every counter, and misses nothing at any."""
        try:
            heard = httpx.get(f"{self.office_url}/api/v1/counters", timeout=2).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return False
        return all(counter["is_online"] and not counter.get("missing") for counter in heard)

    def _watch(self) -> None:
        """Nobody."""

    def _cast(self) -> list[Actor]:
        office = [sys.executable, "-m", "appliance", "office", "--settings", str(self.directory / "office.toml")]
        cast = [self._actor("broker", self._broker_command()), self._actor("office", office)]
        for number, counter in enumerate(self.counters):
            cast += self._counters_things(number, counter)
        return cast

    def _counters_things(self, number: int, counter: str) -> list[Actor]:
        cable, port = self.cables[number], self._printer_ports[number]
        inside = list(cable.inside) if cable else []
        python = [*inside, sys.executable, "-m"]
        papers = [str(port), str(self.directory / f"{counter}.papers"), str(self._paper_bytes_per_s)]
        things = [self._actor(f"paper {counter}", [*python, "tests.chaos.paper", *papers])]
        if cable:
            ends = [str(_WIRE_PORT), f"{cable.office}:{self.ports.broker}", str(self.directory / f"{counter}.wire")]
            things.append(self._actor(f"wire {counter}", [*python, "tests.chaos.wire", *ends]))
        key = ["tests.chaos.keyed", str(self.directory / f"{counter}.key")] if self._is_keyed else ["appliance"]
        settings = ["counter", "--settings", str(self.directory / f"{counter}.toml")]
        return [*things, self._actor(counter, [*python, *key, *settings])]

    def _actor(self, name: str, command: list[str]) -> Actor:
        return Actor(name, command, self.directory / f"{name.replace(' ', '-')}.log")

    # What they are told.

    def _write(self) -> None:
        super()._write()
        self._write_broker()
        office = tomllib.loads((self.directory / "office.toml").read_text("utf-8"))
        seed = tomllib.loads((self.directory / "counter.toml").read_text("utf-8"))
        office.pop("portal", None)
        office["counters"] = [self._one_counter(number, seed) for number in range(len(self.counters))]
        office["broker"] = self._way("office", self.ports.broker)
        (self.directory / "office.toml").write_text(tomli_w.dumps(office), "utf-8")

    def _one_counter(self, number: int, seed: dict[str, Any]) -> dict[str, Any]:
        """Write the seed of one more counter; returns its entry in the office's settings."""
        counter = self.counters[number]
        key, key_file = signing.new_key(counter), self.directory / f"{counter}.jwk"
        key_file.touch(mode=0o600)
        key_file.write_text(signing.private_jwk(key), "utf-8")
        port = _WIRE_PORT if self.cables[number] else self.ports.broker
        own = seed | {
            "counter": counter,
            "label": f"số {number + 1}",
            "state_dir": str(self.directory / counter),
            "key_file": str(key_file),
            "broker": self._way(f"counters/{counter}", port),
            "sound": {"driver": "none"},
        }
        if number or not self._has_workbench:
            own.pop("workbench_port", None)
            tcp = {"driver": "tcp", "host": "127.0.0.1", "port": self._printer_ports[number]}
            own["printer"] = tcp | {"profile": "generic-80"}
        (self.directory / f"{counter}.toml").write_text(tomli_w.dumps(own), "utf-8")
        return {"id": counter, "name": f"Quầy số {number + 1}", "key": signing.public_jwk(key)}

    def _way(self, who: str, port: int) -> dict[str, Any]:
        """To the broker; with a certificate where it asks for one. A short keepalive, or a dead cable is not seen."""
        way: dict[str, Any] = {"host": "127.0.0.1", "port": port, "keepalive_s": 5}
        if self.kind == "embedded":
            return way
        own = self.directory / "certificates" / who
        return way | {"ca": str(own / "ca.crt"), "certificate": str(own / "client.crt"), "key": str(own / "client.key")}

    # The broker.

    @property
    def _listens_on(self) -> str:
        """All addresses only where there is no address but ours: in the run's own namespace."""
        return "0.0.0.0" if any(self.cables) else "127.0.0.1"

    def _broker_command(self) -> list[str]:
        if self.kind == "embedded":
            return [sys.executable, "-m", "appliance", "broker", str(self.directory / "broker.toml")]
        return [_mosquitto(), "-c", str(self.directory / "etc" / "mosquitto" / "mosquitto.conf")]

    def _write_broker(self) -> None:
        if self.kind == "embedded":
            text = BROKER_CONFIG.format(port=self.ports.broker).replace("127.0.0.1:", f"{self._listens_on}:")
            (self.directory / "broker.toml").write_text(text, "utf-8")
            return
        _mosquitto()
        Folder(self.directory / "certificates", datetime.now(UTC)).fill(SITE, ["127.0.0.1"], self.counters)
        etc = self.directory / "etc" / "mosquitto"
        (etc / "conf.d").mkdir(parents=True)
        folders = (str(self.directory / "certificates"), "--root", str(self.directory))
        install = [str(_PROVISIONING / "install"), SITE, *folders]
        subprocess.run(install, check=True, capture_output=True)
        drop_in = etc / "conf.d" / "quaythu.conf"
        listener = f"\nlistener {self.ports.broker} {self._listens_on}\n"
        text = drop_in.read_text("utf-8").replace("\nlistener 8883\n", listener)
        drop_in.write_text(text.replace("/etc/mosquitto/", f"{etc}/"), "utf-8")
        # Debian's own main file, less the log file.
        kept = f"persistence true\npersistence_location {self.directory}/\n"
        main = f"{kept}user root\nlog_dest stderr\ninclude_dir {etc}/conf.d\n"
        (etc / "mosquitto.conf").write_text(main, "utf-8")


OWNER = "owner"


class Conquered(Ground):
    """A ground whose broker has an owner: under this name somebody may say and hear everything."""

    def _write_broker(self) -> None:
        super()._write_broker()
        if self.kind == "embedded":
            return
        Folder(self.directory / "certificates", datetime.now(UTC)).fill(SITE, ["127.0.0.1"], [OWNER])
        with (self.directory / "etc" / "mosquitto" / "quaythu" / "acl").open("a", encoding="utf-8") as acl:
            acl.write(f"\nuser {OWNER}\ntopic readwrite #\n")


def _mosquitto() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        raise MissingToolError("mosquitto is missing: apt-get install --no-install-recommends mosquitto")
    return found
