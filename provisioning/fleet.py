"""Writes and reads documents of the fleet: the work of whoever keeps the fleet key, on a machine without a network.

Everything is said in words before it is signed: a document reaches every counter of a site, and there is no way back
but the next one.
"""

import json
import os
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from appliance.errors import ApplianceError
from mqtt_schema import fleet, jws
from mqtt_schema.errors import ContractError
from mqtt_schema.fleet import AllowedBeneficiary, FleetDocument, OfficeKey
from mqtt_schema.types import Instant

VIETNAM = timezone(timedelta(hours=7))


class FleetError(ApplianceError, ValueError):
    """The document cannot be written or read; the message says why and what to do."""


def sign(key_file: Path, orders: Path, out: Path, at: Instant) -> list[str]:
    """Sign what `orders` (TOML) says into `out`, and return it in words. `issued_at` is `at` unless it says another.

    A document that is there already is replaced only by one with a higher serial. Raises `FleetError`.
    """
    key = _key(key_file)
    try:
        told = {"issued_at": at, **tomllib.loads(_text(orders))}
    except (ValueError, RecursionError) as error:
        raise FleetError(f"{orders} is not valid TOML: {error}") from error
    try:
        document = fleet.compose(told)
        text = fleet.sign(document, key)
    except ContractError as error:
        raise FleetError(f"{orders} says something that cannot be:\n{error}") from error
    if wrong := list(_objections(document, at)):
        raise FleetError("\n".join([f"{orders} would leave counters without an office:", *wrong]))
    _check_follows(out, document)
    fresh = out.with_suffix(out.suffix + ".new")
    fresh.write_text(text + "\n", "utf-8")
    fresh.replace(out)
    return list(words(document, at))


def show(path: Path, keys: Path | None, at: Instant) -> list[str]:
    """What a document says, in words; first whether one of these keys signed it. Raises `FleetError` if none did.

    `keys` is a counter's seed (its `fleet_keys` count) or a file with one key; None: nobody checks.
    """
    text = _text(path).strip()
    try:
        unchecked = fleet.read_unchecked(text)
        signer = jws.peek(text.encode()).key_id
        if keys is None:
            first = f"Signed, it says, by {signer}. Nobody has checked that: name a seed or a key with --keys"
        else:
            fleet.verify(text, _keys(keys), unchecked.site)
            first = f"Signed by {signer}: checked"
    except ContractError as error:
        raise FleetError(f"{path} is not to be believed: {error}") from error
    return [first, *words(unchecked, at)]


def words(document: FleetDocument, at: Instant) -> Iterator[str]:
    """What a document says, a sentence each."""
    yield f"Document {document.serial} for {document.site}, of {_day(document.issued_at)}"
    for key in document.keys:
        yield f"Key {key.key_id}: may say {', '.join(key.says)}; {_lasts(key, at)}"
    for key_id in document.revoked:
        yield f"Key {key_id}: revoked"
    for one in document.beneficiaries:
        yield f"Account {_account(one)}: {_lasts(one, at)}"


def _account(one: AllowedBeneficiary) -> str:
    number = one.account or f"{one.account_prefix}… (every one that begins so)"
    return f"{number} of {one.account_name} at {one.bank_name or 'bank'} ({one.bin})"


def _lasts(one: OfficeKey | AllowedBeneficiary, at: Instant) -> str:
    said = f"from {_day(one.not_before)} until {_day(one.not_after)}"
    if one.is_valid_at(at):
        return f"{said} (valid now)"
    return f"{said} ({'not yet' if at < one.not_before else 'over'})"


def _day(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M (UTC+7)")


def _objections(document: FleetDocument, at: Instant) -> Iterator[str]:
    if not any(key.is_valid_at(at) for key in document.keys):
        yield "  keys: none of them is valid now. List the one that the office uses today as well"
    if not any(one.is_valid_at(at) for one in document.beneficiaries):
        yield "  beneficiaries: none of them is valid now. List the account that is used today as well"
    if document.issued_at > at:
        yield "  issued_at: lies in the future"


def _check_follows(out: Path, document: FleetDocument) -> None:
    if not out.exists():
        return
    try:
        before = fleet.read_unchecked(_text(out).strip())
    except ContractError as error:
        raise FleetError(f"{out} is there and is no fleet document. Name another file with --out") from error
    if before.site != document.site or before.serial >= document.serial:
        raise FleetError(
            f"{out} is document {before.serial} for {before.site}. Counters follow only a higher serial: "
            f"write serial = {before.serial + 1}, or name another file for another site"
        )


def _key(path: Path) -> jws.SigningKey:
    try:
        return jws.read_private(_text(path))
    except ContractError as error:
        raise FleetError(f"{path} is no fleet key: {error}. Make one: quaythu fleet key new") from error


def _keys(path: Path) -> jws.VerifyingKeys:
    """A seed's `fleet_keys`, or the key in a file."""
    text = _text(path)
    try:
        told = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise FleetError(f"{path} is neither a seed nor a key: {error}") from error
    return jws.read_public(told.get("fleet_keys", []) if "site" in told else [told])


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise FleetError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise FleetError(f"{path} is not in UTF-8") from error


def new_key(key_id: str, out: Path) -> str:
    """Make a key; the private half goes into a new file for its owner only. Returns the public half (JWK).

    Raises `FleetError` when the file is there already: a key is never overwritten.
    """
    key = jws.new_key(key_id)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise FleetError(f"{out} cannot be made: {error.strerror}. A key is never overwritten") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(jws.private_jwk(key) + "\n")
    return json.dumps(jws.public_jwk(key))
