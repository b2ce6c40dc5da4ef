"""Pure: the document by which the owner of a fleet says whom its counters believe. It can be carried, never forged.

It is signed by a fleet key that is kept off every server (`jws`, the same form of signature as messages). What it
lists takes the place of what the counters had: the office's signing keys, the revoked ones, the allowed accounts.
A document is no message and a message no document: each names its type and misses what the other must have.
"""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mqtt_schema import jws
from mqtt_schema.errors import MessageError, SignatureError
from mqtt_schema.messages import Beneficiary
from mqtt_schema.types import AccountNumber, Bin, Instant, SiteId, Text

MAX_CHARS = 12_000
"""As `messages.FleetOrders.document`."""
MAX_CARRIED = 14 * 1024
"""Bytes of a document once it is quoted into a message, and that into its signature: 2 KiB are left for the rest."""

Kind = Literal["job", "result", "cmd"]
"""What an office says: the last word of a topic."""
KeyId = Annotated[str, Field(min_length=1, max_length=64)]


class _Part(BaseModel):
    # Unlike a message, a document is read whole or not at all: what a reader does not know may be what limits.
    # Built when the first one is read: a counter that starts has other things to do.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class _Lasting(_Part):
    """Valid from `not_before` until just before `not_after`; old and new overlap."""

    not_before: Instant
    not_after: Instant

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.not_before >= self.not_after:
            raise ValueError("not_after must come after not_before")
        return self

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether its time has come and is not over."""
        return self.not_before <= moment < self.not_after


class OfficeKey(_Lasting):
    """A public key of the office and what it may say."""

    jwk: dict[str, str]
    says: Annotated[tuple[Kind, ...], Field(min_length=1)] = ("job", "result", "cmd")

    @model_validator(mode="after")
    def _is_a_public_key(self) -> Self:
        if "d" in self.jwk:
            raise ValueError("this is a private key (it has a member d); a document is read by everybody")
        try:
            jws.read_public([self.jwk])
        except SignatureError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def key_id(self) -> str:
        """Under which name it signs."""
        return self.jwk["kid"]


class AllowedBeneficiary(_Lasting):
    """An account, or all virtual accounts that begin with `account_prefix`, whose code may stand on a glass."""

    bin: Bin
    account: AccountNumber | None = None
    account_prefix: AccountNumber | None = None
    account_name: Text
    bank_name: Text | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.account is None) == (self.account_prefix is None):
            raise ValueError("give either account or account_prefix")
        return self

    def allows(self, beneficiary: Beneficiary) -> bool:
        """Whether this is the one that was meant, whatever the time."""
        return (
            (beneficiary.bin, beneficiary.account_name) == (self.bin, self.account_name)
            and self.bank_name in {None, beneficiary.bank_name}
            and self._covers(beneficiary.account)
        )

    def _covers(self, account: str) -> bool:
        if self.account_prefix is not None:
            return account.startswith(self.account_prefix)
        return account == self.account


class FleetDocument(_Part):
    """Whom the counters of one site believe. `serial` rises with every document and never goes back."""

    type: Literal["fleet_document"] = "fleet_document"
    version: Literal[1] = 1
    site: SiteId
    serial: Annotated[int, Field(ge=1, lt=2**31)]
    issued_at: Instant
    keys: Annotated[tuple[OfficeKey, ...], Field(min_length=1, max_length=16)]
    revoked: Annotated[tuple[KeyId, ...], Field(max_length=32)] = ()
    beneficiaries: Annotated[tuple[AllowedBeneficiary, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _every_key_once(self) -> Self:
        ids = [key.key_id for key in self.keys]
        if len(ids) != len(set(ids)):
            raise ValueError("keys: two keys have the same kid")
        if both := set(ids) & set(self.revoked):
            raise ValueError(f"keys: {min(both)!r} is revoked in the same document")
        return self

    def key(self, key_id: str) -> OfficeKey | None:
        """Find a key of the office by its name, or None."""
        return next((key for key in self.keys if key.key_id == key_id), None)


def sign(document: FleetDocument, key: jws.SigningKey) -> str:
    """Sign a document with a fleet key: readable text, for a file and for `FleetOrders`.

    Raises `MessageError` when it is too large for one message.
    """
    if document.key(key.key_id) is not None:
        raise SignatureError(f"the fleet key {key.key_id!r} must not be a key of the office as well")
    text = jws.sign(document.model_dump_json(exclude_none=True).encode(), key).decode()
    if len(text) > MAX_CHARS or _carried(text) > MAX_CARRIED:
        raise MessageError(f"oversized: {_carried(text)} bytes in a message, at most {MAX_CARRIED}. Name fewer keys")
    return text


def _carried(text: str) -> int:
    return len(json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False).encode())


def verify(text: str, keys: jws.VerifyingKeys, site: str) -> FleetDocument:
    """Read a document that one of these fleet keys signed for this site.

    Raises `SignatureError` when none did or it is another site's, `MessageError` when it cannot be read.
    """
    document = read(jws.verify(_raw(text), keys))
    if document.site != site:
        raise SignatureError(f"the fleet document is meant for {document.site}, not {site}")
    return document


def read_unchecked(text: str) -> FleetDocument:
    """Read a document without asking who signed it: for whoever carries it. Raises `SignatureError`, `MessageError`."""
    return read(jws.peek(_raw(text)).payload)


def _raw(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise MessageError("fleet document: half a character") from error


def read(payload: bytes) -> FleetDocument:
    """Read what was signed. Raises `MessageError` naming the first field that is wrong."""
    try:
        return FleetDocument.model_validate_json(payload, strict=True)
    except ValidationError as error:
        raise MessageError(f"fleet document: {_first(error)}") from error


def compose(orders: dict[str, Any]) -> FleetDocument:
    """Make a document of what its author wrote down (TOML). Raises `MessageError` naming every line that is wrong."""
    try:
        return FleetDocument.model_validate(orders)
    except ValidationError as error:
        raise MessageError("\n".join(_all(error))) from error


def _first(error: ValidationError) -> str:
    return _all(error)[0]


def _all(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in one['loc']) or 'document'}: {one['msg']}"
        for one in error.errors(include_url=False, include_input=False)
    ]


def believed(document: FleetDocument, at: datetime | None, past: datetime | None = None) -> jws.VerifyingKeys:
    """Whom this document believes at a moment of trusted time.

    Without trusted time (`at` is None) only those are left out whose time is over for certain: it had ended when the
    document was written, or at a moment that is known to be `past`. Else nobody could ever tell a counter the time.
    """
    certain = max(document.issued_at, past or document.issued_at)
    keys = [key for key in document.keys if (key.not_after > certain if at is None else key.is_valid_at(at))]
    return jws.VerifyingKeys(
        jws.read_public([key.jwk for key in keys]).keys,
        {key.key_id: frozenset(key.says) for key in keys},
        {key.key_id: (key.not_before, key.not_after) for key in keys},
    )


def objection_to(document: FleetDocument, key: jws.SigningKey, at: datetime) -> str | None:
    """Why counters that follow this document would not believe messages that `key` signs now; None when they would."""
    known = document.key(key.key_id)
    if key.key_id in document.revoked:
        return f"the key {key.key_id!r} of this office is revoked"
    if known is None:
        return f"the key {key.key_id!r} of this office is not among those that counters believe"
    if known.jwk["x"] != jws.public_jwk(key)["x"]:
        return f"counters know another key by the name {key.key_id!r}"
    if not known.is_valid_at(at):
        return f"the key {key.key_id!r} is valid from {known.not_before:%Y-%m-%d} until {known.not_after:%Y-%m-%d} only"
    if missing := {"job", "result", "cmd"} - set(known.says):
        return f"the key {key.key_id!r} may not say {', '.join(sorted(missing))}"
    return None
