"""Whom a counter believes: the keys and accounts of its seed, or those of the newest document of its fleet.

The document lies beside the journal in a file of its own, which is replaced whole. It speaks for itself: whoever
carries it, it is read, because a counter that was away while the office changed its keys knows no office any more.
Decides nothing about payments.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.logs import Log
from mqtt_schema import fleet, jws
from mqtt_schema.errors import ContractError, SignatureError
from mqtt_schema.fleet import FleetDocument
from mqtt_schema.types import Instant

log = Log()

FILE = "fleet.json"
_NOBODY = jws.VerifyingKeys({})


class Pinned(Protocol):
    """What of `appliance.settings.CounterSettings` is believed from the start."""

    @property
    def site(self) -> str:
        """The office."""

    @property
    def office_keys(self) -> list[dict[str, str]]:
        """Whose messages are believed until the first document comes."""

    @property
    def fleet_keys(self) -> list[dict[str, str]]:
        """Whose documents are believed; none, and no document is."""

    @property
    def state_dir(self) -> Path:
        """Where the document is kept."""


@dataclass(frozen=True)
class Adoption:
    """A document that is followed from now on. `revoked`: keys of the office that were believed until now."""

    document: FleetDocument
    revoked: frozenset[str]


class Trust:
    """Whom one counter believes. One thread changes it."""

    def __init__(self, pinned: Pinned) -> None:
        """Read the document that was kept. Raises `SignatureError` when a key of the seed is none.

        A kept document that cannot be believed is no way back to the seed: nobody is believed then but the next one.
        """
        self._site = pinned.site
        self._seed = jws.read_public(pinned.office_keys)
        self._fleet = jws.read_public(pinned.fleet_keys)
        self._path = pinned.state_dir / FILE
        self.trouble = ""
        self._document = self._read()

    @property
    def document(self) -> FleetDocument | None:
        """The document that is followed, or None."""
        return self._document

    @property
    def serial(self) -> int:
        """Its serial; 0 where the seed is followed."""
        return self._document.serial if self._document else 0

    def keys(self, at: Instant | None, past: Instant | None = None) -> jws.VerifyingKeys:
        """Whom to believe at this moment of trusted time; None: see `fleet.believed`."""
        if self.trouble:
            return _NOBODY
        return self._seed if self._document is None else fleet.believed(self._document, at, past)

    def adopt(self, text: str) -> Adoption | None:
        """Follow a document from now on, and after every start; None when it is followed already.

        It is on the disk when this returns. Raises `SignatureError` when it is not for us to follow: unsigned, another
        site's, older; `MessageError` when it cannot be read; `OSError` when it cannot be kept, and is not followed.
        """
        document = fleet.verify(text, self._fleet, self._site)
        if document == self._document:
            return None
        if document.serial <= self.serial:
            raise SignatureError(f"the fleet document has serial {document.serial}, but {self.serial} is followed here")
        revoked = frozenset(document.revoked) & frozenset(self._known())
        self._keep(text)
        self._document, self.trouble = document, ""
        log.info("fleet", serial=document.serial, keys=[key.key_id for key in document.keys], revoked=sorted(revoked))
        return Adoption(document, revoked)

    def glean(self, raw: bytes) -> Adoption | None:
        """Adopt the document in a message, whoever signed that; None when there is none to adopt. Never raises for it.

        What is wrong with it is said when the message itself is taken, by somebody who is believed.
        """
        if b"fleet_orders" not in raw:
            return None
        try:
            return self.adopt(_carried(raw))
        except (ContractError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def _known(self) -> Mapping[str, object]:
        if self._document is None:
            return self._seed.keys
        return {key.key_id: key for key in self._document.keys}

    def _read(self) -> FleetDocument | None:
        try:
            return fleet.verify(self._path.read_text("utf-8"), self._fleet, self._site)
        except FileNotFoundError:
            return None
        except (ContractError, OSError, ValueError) as error:
            self.trouble = f"fleet document {self._path}: {error}"
            log.warning("fleet", error=self.trouble)
            return None

    def _keep(self, text: str) -> None:
        """Replace the file whole, and be sure of it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _carried(raw: bytes) -> str:
    """The document in a message that nobody has verified."""
    document = json.loads(jws.peek(raw).payload)["body"]["document"]
    if not isinstance(document, str):
        raise TypeError("a document is text")
    return document
