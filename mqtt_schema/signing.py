"""Pure: who may say what. Messages are signed and verified whole, by the one form of signature that `jws` knows.

The payload stays readable JSON. It names version, type, site and counter; a message is refused anywhere else.
"""

from mqtt_schema import jws, messages, topics
from mqtt_schema.errors import SignatureError
from mqtt_schema.jws import (
    ALGORITHM,
    SigningKey,
    VerifyingKeys,
    new_key,
    private_jwk,
    public_jwk,
    read_private,
    read_public,
    renewed,
)

__all__ = [
    "ALGORITHM",
    "SigningKey",
    "VerifyingKeys",
    "new_key",
    "private_jwk",
    "public_jwk",
    "read_private",
    "read_public",
    "renewed",
    "sign",
    "verify",
]


def sign(envelope: messages.Envelope, key: SigningKey) -> bytes:
    """Sign an envelope: UTF-8 JSON with `protected`, `payload` (readable) and `signature`.

    Raises `MessageError` when the result is over `messages.MAX_BYTES`.
    """
    return jws.sign(messages.dump(envelope), key)


def verify(raw: bytes, keys: VerifyingKeys, address: topics.Address) -> messages.Envelope:
    """Check signature, audience and type of a message that arrived at `address`, and read it.

    Raises `SignatureError` when no believed key signed it, when its key may not say this, or when it was meant for
    another site, counter or topic; `MessageError` when it is oversized or cannot be read.
    """
    opened = jws.open_signed(raw, keys)
    envelope = messages.load(opened.payload)
    if (envelope.site, envelope.counter) != (address.site, address.counter):
        raise SignatureError(f"meant for {envelope.site}/{envelope.counter}, not {address.site}/{address.counter}")
    if not topics.carries(address.leaf, envelope.body):
        raise SignatureError(f"{envelope.body.type} does not travel on {address.leaf.word}")
    _check_limits(opened.key_id, keys, address.leaf, envelope.body)
    return envelope


def _check_limits(key_id: str, keys: VerifyingKeys, leaf: topics.Leaf, body: messages.Frozen) -> None:
    if key_id in keys.says and leaf.word not in keys.says[key_id]:
        raise SignatureError(f"the key {key_id!r} may not say anything on {leaf.word}")
    if isinstance(body, messages.TimeTold) and key_id in keys.windows:
        begin, end = keys.windows[key_id]
        if not begin <= body.at < end:
            # Else a wrong clock at the office would carry a counter into a time in which it believes nobody.
            raise SignatureError(f"the key {key_id!r} tells a time at which it is not valid: {body.at:%Y-%m-%d}")
