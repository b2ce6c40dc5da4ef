"""Makes the certificates of one site: its authority, its broker, its office, each counter. Never overwrites one.

Three profiles (RFC 5280), strict enough for Python 3.13: an authority that may only sign, a server that may only serve,
a client that may only call. The common name of a client is its MQTT user name, so it decides what the client may say.
Enrolment (a later chapter) issues by the same profiles from a request; here the keys are made in one place and carried.
"""

import argparse
import ipaddress
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import TypeAdapter, ValidationError

from appliance.errors import ApplianceError
from mqtt_schema.types import CounterId

OFFICE = "office"
AUTHORITY_DAYS = 3650
LEAF_DAYS = 825
CLOCK_SLACK = timedelta(days=1)
"""A counter without a clock of its own may start a little in the past."""


class CertificateError(ApplianceError, ValueError):
    """A certificate cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Issued:
    """A certificate and the private key to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_authority(site: str, now: datetime) -> Issued:
    """Make the site's own authority: it signs leaves, and nothing below it may sign."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Quay Thu {site}")
    builder = _begin(name, name, key, now, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
    )
    return Issued(builder.sign(key, SHA256()), key)


def make_server(authority: Issued, names: list[str], now: datetime) -> Issued:
    """Make a broker's certificate for the host names and IP addresses under which it is called, at least one."""
    if not names:
        raise CertificateError("A broker needs at least one name or address: --broker 192.0.2.10")
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    return _leaf(authority, names[0], ExtendedKeyUsageOID.SERVER_AUTH, now, alternatives)


def make_client(authority: Issued, common_name: str, now: datetime) -> Issued:
    """Make a client's certificate. `common_name` is "office" or a counter's id; it becomes the MQTT user name."""
    return _leaf(authority, common_name, ExtendedKeyUsageOID.CLIENT_AUTH, now, None)


def check_counter_id(text: str) -> str:
    """Return the id of a counter unchanged. Raises `CertificateError` when it is none, or would pass for the office."""
    if text == OFFICE:
        raise CertificateError('A counter cannot be called "office": the broker would let it speak as the office.')
    try:
        return TypeAdapter(CounterId).validate_python(text)
    except ValidationError as error:
        raise CertificateError(f'"{text}" is no id of a counter: small letters, digits and "-" only.') from error


def _leaf(
    authority: Issued,
    common_name: str,
    usage: x509.ObjectIdentifier,
    now: datetime,
    alternatives: x509.SubjectAlternativeName | None,
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _begin(_name(common_name), authority.certificate.subject, key, now, LEAF_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    if alternatives is not None:
        builder = builder.add_extension(alternatives, critical=False)
    return Issued(builder.sign(authority.key, SHA256()), key)


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - CLOCK_SLACK).not_valid_after(now + timedelta(days=days))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


class Folder:
    """The site's certificates on disk. What exists stays as it is."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self._now = now

    def fill(self, site: str, broker_names: list[str], counters: list[str]) -> list[Path]:
        """Make whatever is missing; list the certificates that are new. Raises `CertificateError`, `OSError`."""
        for counter in counters:
            check_counter_id(counter)
        authority = self._authority(site)
        made = [self._broker(authority, broker_names), self._client(authority, OFFICE, Path(OFFICE))]
        made += [self._client(authority, counter, Path("counters") / counter) for counter in counters]
        return [path for path in made if path is not None]

    def _authority(self, site: str) -> Issued:
        certificate, key = self._path / "authority" / "ca.crt", self._path / "authority" / "ca.key"
        if not certificate.exists():
            _write(self._path / "authority", "ca", make_authority(site, self._now))
        private = load_pem_private_key(key.read_bytes(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise CertificateError(f"{key} is no key that this program made. Name another directory.")
        return Issued(x509.load_pem_x509_certificate(certificate.read_bytes()), private)

    def _broker(self, authority: Issued, names: list[str]) -> Path | None:
        folder = self._path / "broker"
        if (folder / "broker.crt").exists():
            return None
        return _write(folder, "broker", make_server(authority, names, self._now), authority.certificate)

    def _client(self, authority: Issued, common_name: str, where: Path) -> Path | None:
        folder = self._path / where
        if (folder / "client.crt").exists():
            return None
        return _write(folder, "client", make_client(authority, common_name, self._now), authority.certificate)


def _write(folder: Path, stem: str, issued: Issued, authority: x509.Certificate | None = None) -> Path:
    """One folder holds all that one machine needs, so that it can be carried as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(folder / f"{stem}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    if authority is not None:
        (folder / "ca.crt").write_bytes(authority.public_bytes(Encoding.PEM))
    certificate = folder / f"{stem}.crt"
    certificate.write_bytes(issued.certificate.public_bytes(Encoding.PEM))
    return certificate


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="provisioning/certificates",
        description="Makes the certificates of one site. What exists in DIR is never overwritten; run it again to add.",
        epilog="Keep DIR/authority on a machine that is not on the network: whoever has it can be any counter.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--site", required=True, help="the office as topics name it: phuong-hoan-kiem")
    parser.add_argument("--broker", action="append", default=[], metavar="NAME", help="host name or IP address; repeat")
    parser.add_argument("--counter", action="append", default=[], metavar="ID", help="a counter; repeat")
    given = parser.parse_args(arguments)
    try:
        made = Folder(given.directory, datetime.now(UTC)).fill(given.site, given.broker, given.counter)
    except (CertificateError, OSError) as error:
        print(f"certificates: {error}", file=sys.stderr)
        return 1
    for path in made:
        print(f"made {path}")
    if not made:
        print("everything was there already; nothing was made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
