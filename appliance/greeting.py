"""Connects a counter before its settings are checked in full: they are read twice, and the second reading decides.

The first reading takes what a connection needs out of the seed's TOML and refuses whatever it does not know at once: no
guess is made, then nobody is called early. The second, `appliance.settings`, takes the line over if it agrees to the
letter, and hangs up if it does not.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.line import Line, Seed, lay_line
from mqtt_schema.errors import ContractError

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
"""Only there may a broker be spoken to without TLS (`appliance.settings.Broker`)."""

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


@dataclass(frozen=True)
class Broker:
    """As `appliance.settings.Broker`."""

    host: str
    port: int
    ca: Path | None
    certificate: Path | None
    key: Path | None
    keepalive_s: int


@dataclass(frozen=True)
class Greeter:
    """Who calls, and whom."""

    site: str
    counter: str
    key_file: Path
    state_dir: Path
    broker: Broker


@dataclass(frozen=True)
class Greeting:
    """A line that may be connected already, and as whom."""

    greeter: Greeter
    line: Line

    def agrees_with(self, seed: Seed) -> bool:
        """Whether the settings, now that they are checked, say the same."""
        return self.greeter == _greeter(seed)


def prepare(seed: Path, now: Callable[[], datetime]) -> Greeting | None:
    """Lay a line as the seed says, or None where that is not plain; `line.link.start()` begins to connect.

    Never raises for what a file holds.
    """
    try:
        greeter = _read(tomllib.loads(seed.read_text("utf-8")))
        if greeter is None:
            return None
        return Greeting(greeter, lay_line(greeter, now))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ContractError):
        # Whatever it was, the second reading finds it too, and says it in words.
        return None


def _read(told: dict[str, Any]) -> Greeter | None:
    said = told.get("broker", {})
    if not isinstance(said, dict):
        return None
    files = {name: Path(said[name]) for name in ("ca", "certificate", "key") if name in said}
    broker = Broker(
        host=said.get("host", "127.0.0.1"),
        port=said.get("port", 8883),
        ca=files.get("ca"),
        certificate=files.get("certificate"),
        key=files.get("key"),
        keepalive_s=said.get("keepalive_s", 10),
    )
    greeter = Greeter(
        told["site"],
        told["counter"],
        Path(told.get("key_file", "/etc/quaythu/counter.jwk")),
        Path(told.get("state_dir", "/var/lib/quaythu/counter")),
        broker,
    )
    return greeter if _is_plain(greeter) else None


def _is_plain(greeter: Greeter) -> bool:
    """Whether everything is what the settings would allow."""
    broker = greeter.broker
    return (
        all(isinstance(name, str) and _ID.fullmatch(name) for name in (greeter.site, greeter.counter))
        and isinstance(broker.host, str)
        and type(broker.port) is type(broker.keepalive_s) is int
        and 1 <= broker.port <= 65535
        and 2 <= broker.keepalive_s <= 300
        and (broker.host in LOOPBACK if broker.ca is None else None not in {broker.certificate, broker.key})
    )


def _greeter(seed: Seed) -> Greeter:
    broker = seed.broker
    known = Broker(broker.host, broker.port, broker.ca, broker.certificate, broker.key, broker.keepalive_s)
    return Greeter(seed.site, seed.counter, seed.key_file, seed.state_dir, known)
