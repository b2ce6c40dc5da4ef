"""Pure: signatures over bytes. Flattened JWS (RFC 7515), alg Ed25519 (RFC 9864), unencoded payload (RFC 7797).

This one profile of JWS is all that is written and all that is read (docs/adr/0008-a-counter-imports-what-it-needs.md).
It knows no message and, as a counter signs its will before anything else, imports no models.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mqtt_schema.errors import MessageError, SignatureError

ALGORITHM: Final = "Ed25519"
MAX_BYTES = 16 * 1024
"""A signed message is at most this long; the embedded broker cuts connections at 20,480 bytes."""


@dataclass(frozen=True)
class SigningKey:
    """A private Ed25519 key and the id under which its public half is known."""

    key_id: str
    key: Ed25519PrivateKey


@dataclass(frozen=True)
class VerifyingKeys:
    """Public Ed25519 keys by key id: who is believed, and, of keys with limits, in what.

    `says`: of which kinds a key may speak (the last word of a topic). `windows`: from when and until when it is valid;
    whoever makes this value has left out the keys whose time it is not.
    """

    keys: Mapping[str, Ed25519PublicKey]
    says: Mapping[str, frozenset[str]] = field(default_factory=dict)
    windows: Mapping[str, tuple[datetime, datetime]] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    """What was signed, and by which key."""

    key_id: str
    payload: bytes


def new_key(key_id: str) -> SigningKey:
    """Make a fresh key pair. Draws from the system's random source."""
    return SigningKey(key_id, Ed25519PrivateKey.generate())


def private_jwk(key: SigningKey) -> str:
    """The whole key as a JSON Web Key (RFC 8037); keep it secret."""
    return json.dumps({**public_jwk(key), "d": _encoded(key.key.private_bytes_raw())})


def public_jwk(key: SigningKey) -> dict[str, str]:
    """The public half as a JSON Web Key: kty, crv, x, kid."""
    x = _encoded(key.key.public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": ALGORITHM, "x": x, "kid": key.key_id}


def read_private(text: str) -> SigningKey:
    """Read what `private_jwk` wrote. Raises `SignatureError` when it is not a private Ed25519 key with a kid."""
    try:
        jwk = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignatureError("a key must be a JSON Web Key; this is not JSON") from error
    key_id, public = _read(jwk)
    if "d" not in jwk:
        raise SignatureError("this is a public key; signing takes a private one")
    try:
        key = Ed25519PrivateKey.from_private_bytes(_decoded(jwk["d"]))
    except (ValueError, TypeError) as error:
        raise SignatureError(f"key {key_id} cannot be read") from error
    if key.public_key() != public:
        raise SignatureError(f"key {key_id} cannot be read: its halves are of two keys")
    return SigningKey(key_id, key)


def read_public(jwks: list[dict[str, str]]) -> VerifyingKeys:
    """Read public keys. Raises `SignatureError` when one is not an Ed25519 key with a kid."""
    return VerifyingKeys(dict(_read(jwk) for jwk in jwks))


def _read(jwk: object) -> tuple[str, Ed25519PublicKey]:
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", ALGORITHM) or not jwk.get("kid"):
        raise SignatureError("a key must be of the curve Ed25519 and carry its kid")
    try:
        return str(jwk["kid"]), Ed25519PublicKey.from_public_bytes(_decoded(jwk["x"]))
    except (ValueError, TypeError, KeyError) as error:
        raise SignatureError(f"key {jwk['kid']} cannot be read") from error


def sign(payload: bytes, key: SigningKey) -> bytes:
    """Sign UTF-8 text: JSON with `protected`, `payload` (readable) and `signature`.

    Raises `MessageError` when the result is over `MAX_BYTES`.
    """
    protected = _header(key.key_id)
    signature = _encoded(key.key.sign(_signing_input(protected, payload)))
    flattened = {"protected": protected, "payload": payload.decode(), "signature": signature}
    raw = json.dumps(flattened, ensure_ascii=False, separators=(",", ":")).encode()
    if len(raw) > MAX_BYTES:
        raise MessageError(f"oversized: {len(raw)} bytes, at most {MAX_BYTES}")
    return raw


def renewed(raw: bytes, key: SigningKey) -> bytes:
    """The same words under this key: what waited while keys changed would be refused under the old one.

    Only for what is our own, and was signed here. Raises `SignatureError` and `MessageError` for anything else.
    """
    if raw.startswith(b'{"protected":"' + _header(key.key_id).encode() + b'"'):
        return raw
    return sign(peek(raw).payload, key)


def verify(raw: bytes, keys: VerifyingKeys) -> bytes:
    """The payload of a flattened JWS that one of these keys signed. Raises as `open_signed`."""
    return open_signed(raw, keys).payload


def peek(raw: bytes) -> Opened:
    """What a flattened JWS says and who says to have signed it. Nobody has checked it! Raises as `open_signed`."""
    if len(raw) > MAX_BYTES:
        raise MessageError(f"oversized: {len(raw)} bytes, at most {MAX_BYTES}")
    protected, text, _ = _parts(raw)
    try:
        return Opened(_key_id(protected), text.encode())
    except ValueError as error:
        raise SignatureError("the signature does not hold") from error


def open_signed(raw: bytes, keys: VerifyingKeys) -> Opened:
    """Open a flattened JWS that one of these keys signed.

    Raises `SignatureError` when none did, `MessageError` when it is oversized or no JSON.
    """
    if len(raw) > MAX_BYTES:
        raise MessageError(f"oversized: {len(raw)} bytes, at most {MAX_BYTES}")
    protected, text, signature = _parts(raw)
    key_id = _key_id(protected)
    if key_id not in keys.keys:
        raise SignatureError(f"nobody here knows the key {key_id[:64]!r}")
    try:
        payload = text.encode()
        keys.keys[key_id].verify(_decoded(signature), _signing_input(protected, payload))
    except (InvalidSignature, ValueError) as error:
        raise SignatureError("the signature does not hold") from error
    return Opened(key_id, payload)


def _parts(raw: bytes) -> tuple[str, str, str]:
    try:
        outer = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MessageError("not JSON") from error
    if not isinstance(outer, dict) or set(outer) != {"protected", "payload", "signature"}:
        raise SignatureError("not a flattened JWS with protected, payload and signature")
    if not all(isinstance(part, str) for part in outer.values()):
        raise SignatureError("protected, payload and signature must be strings")
    return outer["protected"], outer["payload"], outer["signature"]


def _signing_input(protected: str, payload: bytes) -> bytes:
    """What is signed: the header as it was written, a dot, the payload as it is (RFC 7797, 3)."""
    return protected.encode() + b"." + payload


@lru_cache(maxsize=8)
def _header(key_id: str) -> str:
    """The protected header of all that this key signs."""
    header = {"alg": ALGORITHM, "kid": key_id, "b64": False, "crit": ["b64"]}
    return _encoded(json.dumps(header, separators=(",", ":")).encode())


@lru_cache(maxsize=8)
def _key_id(protected: str) -> str:
    """Who says to have signed. Raises `SignatureError` for every header but ours, whatever else JWS would allow."""
    try:
        header = json.loads(_decoded(protected))
    except (ValueError, RecursionError) as error:
        raise SignatureError("the signature does not hold: its header cannot be read") from error
    if not isinstance(header, dict) or set(header) != {"alg", "kid", "b64", "crit"}:
        raise SignatureError("the signature does not hold: its header must be alg, kid, b64 and crit")
    if header["b64"] is not False or header["crit"] != ["b64"]:
        raise SignatureError("the payload must be unencoded (RFC 7797)")
    if header["alg"] != ALGORITHM or not isinstance(header["kid"], str):
        raise SignatureError(f"the signature does not hold: it must be {ALGORITHM}, by a key with a name")
    return header["kid"]


def _encoded(raw: bytes) -> str:
    """Base64url without padding (RFC 7515, 2)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Undo `_encoded`. Raises `ValueError` for any other spelling of the same bytes: there is one, and no second."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encoded(raw) != text:
        raise ValueError("not base64url without padding")
    return raw
