"""Pure: who may say what. Flattened JWS (RFC 7515), alg Ed25519 (RFC 9864), unencoded payload (RFC 7797).

The payload stays readable JSON. It names version, type, site and counter; a message is refused anywhere else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey

from mqtt_schema import messages, topics
from mqtt_schema.errors import MessageError, SignatureError

ALGORITHM: Final = "Ed25519"


@dataclass(frozen=True)
class SigningKey:
    """A private Ed25519 key and the id under which its public half is known."""

    key_id: str
    key: OKPKey


@dataclass(frozen=True)
class VerifyingKeys:
    """Public Ed25519 keys by key id: who is believed."""

    keys: Mapping[str, OKPKey]


def new_key(key_id: str) -> SigningKey:
    """Make a fresh key pair. Draws from the system's random source."""
    return SigningKey(key_id, OKPKey.generate_key(ALGORITHM, {"kid": key_id}))


def private_jwk(key: SigningKey) -> str:
    """The whole key as a JSON Web Key (RFC 8037); keep it secret."""
    return json.dumps({**key.key.as_dict(private=True), "kid": key.key_id})


def public_jwk(key: SigningKey) -> dict[str, str]:
    """The public half as a JSON Web Key: kty, crv, x, kid."""
    return {name: str(key.key.as_dict(private=False)[name]) for name in ("kty", "crv", "x")} | {"kid": key.key_id}


def read_private(text: str) -> SigningKey:
    """Read what `private_jwk` wrote. Raises `SignatureError` when it is not a private Ed25519 key with a kid."""
    try:
        jwk = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignatureError("a key must be a JSON Web Key; this is not JSON") from error
    key = _read(jwk)
    if not key.is_private:
        raise SignatureError("this is a public key; signing takes a private one")
    return SigningKey(str(key.kid), key)


def read_public(jwks: list[dict[str, str]]) -> VerifyingKeys:
    """Read public keys. Raises `SignatureError` when one is not an Ed25519 key with a kid."""
    keys = [_read(jwk) for jwk in jwks]
    return VerifyingKeys({str(key.kid): key for key in keys})


def _read(jwk: object) -> OKPKey:
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", ALGORITHM) or not jwk.get("kid"):
        raise SignatureError("a key must be of the curve Ed25519 and carry its kid")
    try:
        # `dict` because joserfc completes the value that it is given.
        return OKPKey.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError) as error:
        raise SignatureError(f"key {jwk['kid']} cannot be read") from error


def sign(envelope: messages.Envelope, key: SigningKey) -> bytes:
    """Sign an envelope: UTF-8 JSON with `protected`, `payload` (readable) and `signature`.

    Raises `MessageError` when the result is over `messages.MAX_BYTES`.
    """
    header = {"alg": ALGORITHM, "kid": key.key_id, "b64": False, "crit": ["b64"]}
    signed = jws.serialize_json({"protected": header}, messages.dump(envelope), key.key, algorithms=[ALGORITHM])
    raw = json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()
    if len(raw) > messages.MAX_BYTES:
        raise MessageError(f"oversized: {len(raw)} bytes, at most {messages.MAX_BYTES}")
    return raw


def verify(raw: bytes, keys: VerifyingKeys, address: topics.Address) -> messages.Envelope:
    """Check signature, audience and type of a message that arrived at `address`, and read it.

    Raises `SignatureError` when no believed key signed it, or when it was meant for another site, counter or topic;
    `MessageError` when it is oversized or cannot be read.
    """
    if len(raw) > messages.MAX_BYTES:
        raise MessageError(f"oversized: {len(raw)} bytes, at most {messages.MAX_BYTES}")
    envelope = messages.load(_signed_payload(raw, keys))
    if (envelope.site, envelope.counter) != (address.site, address.counter):
        raise SignatureError(f"meant for {envelope.site}/{envelope.counter}, not {address.site}/{address.counter}")
    if not topics.carries(address.leaf, envelope.body):
        raise SignatureError(f"{envelope.body.type} does not travel on {address.leaf.word}")
    return envelope


def _signed_payload(raw: bytes, keys: VerifyingKeys) -> bytes:
    def believed(signed: GuestProtocol) -> OKPKey:
        key_id = str(signed.headers().get("kid"))
        if key_id not in keys.keys:
            raise SignatureError(f"nobody here knows the key {key_id[:64]!r}")
        return keys.keys[key_id]

    flattened = _flattened(raw)
    try:
        signed = jws.deserialize_json(flattened, believed, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        # joserfc takes the header for a mapping of the right types, but a stranger's may be any JSON. 1.8 stumbles with
        # ValueError and TypeError; the others stand here because at this door no release may stumble unseen.
        raise SignatureError("the signature does not hold") from error
    if signed.headers().get("b64") is not False or signed.payload is None:
        raise SignatureError("the payload must be unencoded (RFC 7797)")
    return signed.payload


def _flattened(raw: bytes) -> jws.FlattenedJSONSerialization:
    try:
        outer = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MessageError("not JSON") from error
    if not isinstance(outer, dict) or set(outer) != {"protected", "payload", "signature"}:
        raise SignatureError("not a flattened JWS with protected, payload and signature")
    if not all(isinstance(part, str) for part in outer.values()):
        raise SignatureError("protected, payload and signature must be strings")
    return {"protected": outer["protected"], "payload": outer["payload"], "signature": outer["signature"]}
