"""A counter's line to its office: key, birth, will and link. Can be laid before the contract's models are imported.

Connecting takes a network's time and importing the rest of the counter a processor's, so they run side by side. What
the broker hands out meanwhile waits in the link, and is settled only once it is committed, as always. Decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from appliance.link import Broker, Link
from mqtt_schema import jws, last_words


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
    def broker(self) -> Broker:
        """Where to connect."""


class Birth:
    """When the present connection was born, and the broker's word if it dies: a new birth for every connection."""

    def __init__(self, seed: Seed, key: jws.SigningKey, now: Callable[[], datetime]) -> None:
        self._seed = seed
        self._key = key
        self._now = now
        self.at = now()

    def will(self) -> tuple[str, bytes]:
        """Be born again, and sign the word: topic and bytes."""
        self.at = max(self._now(), self.at + timedelta(microseconds=1))
        topic, payload = last_words.will(self._seed.site, self._seed.counter, self.at, uuid4().hex)
        return topic, jws.sign(payload, self._key)


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
