"""Checks what a machine was told before it believes it: `counter.toml`, the seed, and `office.toml`.

Reads files and changes none. `SettingsError` is for what cannot be; a sentence is for what will not work here.
"""

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from appliance.clips import ClipShelf
from appliance.clock import SystemClock
from appliance.settings import Broker, CounterSettings, OfficeSettings, Sepay, SettingsError, read_counter, read_office
from mqtt_schema import fleet
from mqtt_schema.errors import ContractError, SignatureError
from mqtt_schema.fleet import AllowedBeneficiary, FleetDocument
from mqtt_schema.messages import Beneficiary
from mqtt_schema.signing import SigningKey, read_private, read_public
from mqtt_schema.types import Instant

_ANOTHER = "Ask the owner of the fleet key for another document"
SOON = timedelta(days=30)
"""What ends sooner wants to be renewed now."""


class Hint(str):
    """A sentence about what works today, and maybe not for long, or not as somebody would expect."""

    __slots__ = ()


def check(path: Path) -> list[str]:
    """Check the settings of a counter or an office on the machine where they stand.

    The list holds one sentence, with the next step, for everything that is possible but will not work here: a key or
    certificate that is missing or is another's. It is empty when all is well. Raises `SettingsError` when the file
    itself is wrong.
    """
    if is_office(path):
        return list(_office(read_office(path)))
    return list(_counter(read_counter(path)))


def is_office(path: Path) -> bool:
    """Whether these are the settings of an office; of a file that cannot be read nobody knows, so False."""
    try:
        return "counters" in tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        # The reader of counters says in words what is wrong with it.
        return False


def _counter(settings: CounterSettings) -> Iterator[str]:
    yield from _signing_key(settings.key_file, "counter")
    yield from _public_keys(settings.office_keys, "office_keys")
    yield from _public_keys(settings.fleet_keys, "fleet_keys")
    yield from _broker(settings.broker, settings.counter, "counter")
    if settings.printer.driver == "none":
        yield Hint("printer.driver is none: this counter prints no slips. Name a printer if it should")
    yield from ClipShelf(settings.sound.recordings).faults()


def _office(settings: OfficeSettings) -> Iterator[str]:
    yield from _signing_key(settings.signing_key_file, "office")
    yield from _fleet(settings)
    for counter in settings.counters:
        yield from _public_keys([counter.key], f"counters, {counter.id}")
    yield from _broker(settings.broker, "office", "office")
    for secret in _secrets(settings.sepay):
        yield from _readable(secret, "Copy the secret that SePay shows into it")
    if settings.portal is not None:
        yield from _readable(settings.portal.token_file, "Copy the token of the portal into it")


def _fleet(settings: OfficeSettings) -> Iterator[str]:
    """Whether the counters that follow this document would believe this office, and show its account."""
    path = settings.fleet_document
    if path is None:
        return
    missing = _readable(path, "Copy the document that `quaythu fleet sign` wrote into it")
    yield from missing
    if missing:
        return
    try:
        document = fleet.read_unchecked(path.read_text("utf-8").strip())
        key = read_private(settings.signing_key_file.read_text("utf-8"))
    except ContractError as error:
        yield f"{path} is no fleet document: {error}. Copy the one that `quaythu fleet sign` wrote"
        return
    except (OSError, ValueError):
        return  # what is wrong with the signing key was said before
    now = SystemClock().now()
    if document.site != settings.site:
        said = f"{path} is meant for {document.site}, not {settings.site}: no counter here would follow it"
        yield f"{said}. Copy the one of this site into it"
    yield from _key_window(path, document, key, now)
    yield from _account_window(path, document, settings.beneficiary, now)


def _key_window(path: Path, document: FleetDocument, key: SigningKey, now: Instant) -> Iterator[str]:
    step = f"{_ANOTHER}, or name another key in signing_key_file"
    known = document.key(key.key_id)
    if objection := fleet.objection_to(document, key, now):
        yield f"{path}: {objection}: the counters would refuse every message. {step}"
    elif known is not None and known.not_after - now < SOON:
        said = f"{path}: the key {key.key_id!r} ends on {known.not_after:%Y-%m-%d}: no counter believes it then"
        yield Hint(f"{said}. {step}")


def _account_window(path: Path, document: FleetDocument, account: Beneficiary, now: Instant) -> Iterator[str]:
    windows = [one for one in document.beneficiaries if one.allows(account)]
    until = _covered_until(windows, now)
    if not windows:
        yield f"{path} does not allow the account in [beneficiary]: the counters would refuse every code. {_ANOTHER}"
    elif until == now:
        said = f"{path} allows the account in [beneficiary] at another time only: the counters would refuse every code"
        yield f"{said}. {_ANOTHER}"
    elif until - now < SOON:
        yield Hint(f"{path} allows the account in [beneficiary] until {until:%Y-%m-%d} only. {_ANOTHER}")


def _covered_until(windows: list[AllowedBeneficiary], now: Instant) -> Instant:
    """Until when one follows the other without a gap; `now` when none is valid now."""
    until = now
    for one in sorted(windows, key=lambda one: one.not_before):
        if one.not_before <= until:
            until = max(until, one.not_after)
    return until


def _secrets(sepay: Sepay) -> list[Path]:
    return [path for path in (sepay.hmac_secret_file, sepay.api_key_file) if path is not None]


def _signing_key(path: Path, role: str) -> Iterator[str]:
    next_step = f"Make it: quaythu keys new --id {role}-1 --out {path}"
    missing = list(_readable(path, next_step))
    if missing:
        yield from missing
        return
    try:
        read_private(path.read_text("utf-8"))
    except (SignatureError, ValueError) as error:
        yield f"{path} is no private signing key: {error}. {next_step}, after moving this file away"
    if path.stat().st_mode & 0o007:
        yield f"{path} can be read by everybody on this machine. Close it: chmod 640 {path}"


def _public_keys(keys: list[dict[str, str]], where: str) -> Iterator[str]:
    try:
        read_public(keys)
    except (SignatureError, ValueError) as error:
        yield f"{where}: {error}. Copy the whole line that `quaythu keys new` printed on the other machine"
    if any("d" in key for key in keys):
        yield f"{where}: this is a private key (it has a member d). Make a new pair; give away only the public half"


def _broker(broker: Broker, common_name: str, role: str) -> Iterator[str]:
    next_step = f"Copy it from the site's certificates into /etc/quaythu/{role}/"
    files = [path for path in (broker.ca, broker.certificate, broker.key) if path is not None]
    missing = [sentence for path in files for sentence in _readable(path, next_step)]
    yield from missing
    if broker.certificate is not None and not missing:
        yield from _names(broker.certificate, common_name, next_step)


def _names(certificate: Path, common_name: str, next_step: str) -> Iterator[str]:
    try:
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    except ValueError as error:
        yield f"{certificate} is no certificate in PEM form: {error}. {next_step}"
        return
    found = [str(name.value) for name in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if found != [common_name]:
        owner = " ".join(found) or "nobody"
        yield f"{certificate} belongs to {owner}, not to {common_name}: the broker would refuse it. {next_step}"


def _readable(path: Path, next_step: str) -> list[str]:
    try:
        empty = not path.read_bytes().strip()
    except OSError as error:
        return [f"{path} cannot be read: {error.strerror}. {next_step}"]
    return [f"{path} is empty. {next_step}"] if empty else []


__all__ = ["SettingsError", "check", "is_office"]
