"""A counter's line to its office: key, birth, will and link. Can be laid before the contract's models are imported.

Connecting takes a network's time and importing the rest of the counter a processor's, so they run side by side. What
the broker hands out meanwhile waits in the link, and is settled only once it is committed, as always. Decides nothing.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from appliance.link import Broker, Link
from appliance.logs import Log
from mqtt_schema import jws, last_words

log = Log()


class Seed(Protocol):
    """What of `appliance.settings.CounterSettings` a line needs."""

    @property
    def site(self) -> str:
        """The office."""

    @property
    def counter(self) -> str:
        """The counter, also the client's id."""

    @property
    def key_file(self) -> Path:
        """Its private key."""

    @property
    def state_dir(self) -> Path:
        """Where it remembers when it was born last."""

    @property
    def broker(self) -> Broker:
        """Where to connect."""


class Birth:
    """When the present connection was born, and the broker's word if it dies: a new birth for every connection.

    The office takes an older birth for an older connection's. A machine without a battery may wake up in its past, so
    births are kept, and the next is always younger than the last.
    """

    def __init__(self, seed: Seed, key: jws.SigningKey, now: Callable[[], datetime]) -> None:
        self._seed = seed
        self._key = key
        self._now = now
        self._kept = seed.state_dir / "birth"
        self.at = _younger(now(), _read(self._kept))

    def will(self) -> tuple[str, bytes]:
        """Be born again, and sign the word: topic and bytes."""
        self.at = _younger(self._now(), self.at)
        _keep(self._kept, self.at)
        topic, payload = last_words.will(self._seed.site, self._seed.counter, self.at, uuid4().hex)
        return topic, jws.sign(payload, self._key)


def _younger(now: datetime, last: datetime | None) -> datetime:
    return now if last is None else max(now, last + timedelta(microseconds=1))


def _read(path: Path) -> datetime | None:
    """The last birth that was kept; a file that says no moment says nothing."""
    try:
        last = datetime.fromisoformat(path.read_text("ascii"))
    except (OSError, ValueError):
        return None
    return last if last.tzinfo is not None else None


def _keep(path: Path, at: datetime) -> None:
    """Write the birth down before anybody hears of it. A disk that will not take it must not keep us off the line."""
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="ascii") as file:
            file.write(at.isoformat())
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        log.warning("birth", error=str(error))


@dataclass(frozen=True)
class Line:
    """Over which link, signed by whom, born when."""

    key: jws.SigningKey
    link: Link
    birth: Birth


def lay_line(seed: Seed, now: Callable[[], datetime]) -> Line:
    """Read the key and make the link; `line.link.start()` connects. Raises `SignatureError`, `OSError` for the key."""
    key = jws.read_private(seed.key_file.read_text("utf-8"))
    birth = Birth(seed, key, now)
    heard = last_words.heard(seed.site, seed.counter)
    return Line(key, Link(seed.broker, seed.counter, heard, will=birth.will), birth)
