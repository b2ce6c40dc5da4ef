"""Signatures: only whom we believe, only here, only what belongs on this topic."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import OKPKey

from mqtt_schema import jws as own_jws
from mqtt_schema import messages as m
from mqtt_schema import signing, topics
from mqtt_schema.errors import ContractError, MessageError, SignatureError
from mqtt_schema.topics import Address, Leaf, Route

Envelopes = Mapping[type[m.Frozen], m.Envelope]
HERE = Address("hoan-kiem", "counter-1", Leaf.JOB)


@pytest.fixture(scope="session")
def signed(envelopes: Envelopes, office_key: signing.SigningKey) -> bytes:
    return signing.sign(envelopes[m.PaymentRequest], office_key)


def b64(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def refusal(raw: bytes, keys: signing.VerifyingKeys, address: Address = HERE) -> str:
    with pytest.raises(SignatureError) as caught:
        signing.verify(raw, keys, address)
    return str(caught.value)


def changed(raw: bytes, **parts: object) -> bytes:
    return json.dumps({**json.loads(raw), **parts}).encode()


# The road


@pytest.mark.parametrize("row", topics.TABLE, ids=lambda row: f"{row.leaf.word} {row.body.__name__}")
def test_a_message_of_every_type_is_believed_where_it_belongs(
    row: Route, envelopes: Envelopes, office_key: signing.SigningKey, believed: signing.VerifyingKeys
) -> None:
    envelope = envelopes[row.body]
    address = topics.parse(topics.build(envelope.site, envelope.counter, row.leaf))

    assert signing.verify(signing.sign(envelope, office_key), believed, address) == envelope


def test_the_body_stays_readable_on_the_wire(signed: bytes, envelopes: Envelopes) -> None:
    outer = json.loads(signed)

    assert outer["payload"].encode() == m.dump(envelopes[m.PaymentRequest])
    assert json.loads(base64.urlsafe_b64decode(outer["protected"] + "==")) == {
        "alg": "Ed25519",
        "kid": "office-2026",
        "b64": False,
        "crit": ["b64"],
    }


def test_a_message_as_long_as_the_contract_allows_is_believed(
    envelopes: Envelopes, office_key: signing.SigningKey, believed: signing.VerifyingKeys
) -> None:
    def displayed(length: int) -> m.Envelope:
        body = envelopes[m.Displayed].body.model_copy(update={"payload": "0" * length})
        return envelopes[m.Displayed].model_copy(update={"body": body})

    rest = len(signing.sign(displayed(0), office_key))
    longest = signing.sign(displayed(m.MAX_BYTES - rest), office_key)

    assert len(longest) == m.MAX_BYTES
    assert signing.verify(longest, believed, Address("hoan-kiem", "counter-1", Leaf.EVENT))
    with pytest.raises(MessageError, match="oversized"):
        signing.sign(displayed(m.MAX_BYTES - rest + 1), office_key)


# Meant for someone else


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (Address("hoan-kiem", "counter-2", Leaf.JOB), "meant for hoan-kiem/counter-1, not hoan-kiem/counter-2"),
        (Address("cua-nam", "counter-1", Leaf.JOB), "meant for hoan-kiem/counter-1, not cua-nam/counter-1"),
        (Address("hoan-kiem", "counter-1", Leaf.RESULT), "payment_request does not travel on result"),
        (Address("hoan-kiem", "counter-1", Leaf.EVENT), "payment_request does not travel on event"),
    ],
)
def test_a_message_for_another_place_is_refused(
    address: Address, said: str, signed: bytes, believed: signing.VerifyingKeys
) -> None:
    assert refusal(signed, believed, address) == said


# Not from whom we believe


def test_a_stranger_is_not_believed(envelopes: Envelopes, believed: signing.VerifyingKeys) -> None:
    stranger = signing.sign(envelopes[m.PaymentRequest], signing.new_key("office-2030"))

    assert refusal(stranger, believed) == "nobody here knows the key 'office-2030'"


def test_a_stranger_under_a_known_name_is_not_believed(envelopes: Envelopes, believed: signing.VerifyingKeys) -> None:
    impostor = signing.sign(envelopes[m.PaymentRequest], signing.new_key("office-2026"))

    assert refusal(impostor, believed) == "the signature does not hold"


def test_one_altered_character_of_the_body_is_seen(signed: bytes, believed: signing.VerifyingKeys) -> None:
    payload = json.loads(signed)["payload"]

    assert refusal(changed(signed, payload=payload.replace("15000", "16000", 1)), believed)
    assert refusal(changed(signed, payload=payload + " "), believed)


@given(st.data())
def test_no_altered_byte_is_believed(signed: bytes, believed: signing.VerifyingKeys, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != signed[at]))
    altered = signed[:at] + bytes([other]) + signed[at + 1 :]
    try:
        read = signing.verify(altered, believed, HERE)
    except ContractError:
        return
    # A space for a line feed between the members, or spare bits at the end of a base64 text: the same message.
    assert read == signing.verify(signed, believed, HERE)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": "office-2026", "b64": False, "crit": ["b64"]},
        {"alg": "HS256", "kid": "office-2026", "b64": False, "crit": ["b64"]},
        {"alg": "EdDSA", "kid": "office-2026", "b64": False, "crit": ["b64"]},
        {"alg": ["Ed25519"], "kid": "office-2026", "b64": False, "crit": ["b64"]},
        {"kid": "office-2026", "b64": False, "crit": ["b64"]},
        {"alg": "Ed25519", "b64": False, "crit": ["b64"]},
        {"alg": "Ed25519", "kid": ["office-2026"], "b64": False, "crit": ["b64"]},
        {"alg": "Ed25519", "kid": "office-2026", "b64": False},
        {"alg": "Ed25519", "kid": "office-2026", "b64": "no", "crit": ["b64"]},
        {"alg": "Ed25519", "kid": "office-2026", "b64": False, "crit": ["b64", "exp"], "exp": 1},
        {"alg": "Ed25519", "kid": "office-2026", "b64": False, "crit": ["b64"], "more": 1},
        [["alg", "Ed25519"]],
        "header",
        7,
        None,
        [],
        {},
    ],
)
def test_another_header_is_refused(header: object, signed: bytes, believed: signing.VerifyingKeys) -> None:
    assert refusal(changed(signed, protected=b64(header)), believed)


def test_an_encoded_payload_is_refused_though_its_signature_holds(
    envelopes: Envelopes, office_key: signing.SigningKey, believed: signing.VerifyingKeys
) -> None:
    member: Any = {"protected": {"alg": "Ed25519", "kid": office_key.key_id}}
    encoded = jws.serialize_json(
        member, m.dump(envelopes[m.PaymentRequest]), strangers_own(office_key), algorithms=[signing.ALGORITHM]
    )

    assert "must be alg, kid, b64 and crit" in refusal(json.dumps(encoded).encode(), believed)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "Ed25519", "kid": "office-2026", "b64": True, "crit": ["b64"]},
        {"alg": "Ed25519", "kid": "office-2026", "b64": False, "crit": []},
        {"alg": "Ed25519", "kid": "office-2026", "b64": False, "crit": ["b64", "exp"]},
        {"alg": "Ed25519", "kid": "office-2026", "b64": False, "crit": ["b64"], "jku": "https://example.org"},
        {"alg": "EdDSA", "kid": "office-2026", "b64": False, "crit": ["b64"]},
        {"alg": "none", "kid": "office-2026", "b64": False, "crit": ["b64"]},
        {"alg": "Ed25519", "kid": 7, "b64": False, "crit": ["b64"]},
    ],
)
def test_no_other_header_is_believed_though_our_own_key_signed_it(
    header: dict[str, Any], signed: bytes, office_key: signing.SigningKey, believed: signing.VerifyingKeys
) -> None:
    payload = json.loads(signed)["payload"]
    signature = office_key.key.sign(f"{b64(header)}.{payload}".encode())

    assert refusal(changed(signed, protected=b64(header), signature=b64(signature)), believed)


def test_a_signature_has_one_spelling(signed: bytes, believed: signing.VerifyingKeys) -> None:
    signature = json.loads(signed)["signature"]
    assert len(signature) == 86
    unused_bits = "BCDEFGHIJKLMNOP" if signature[-1] == "A" else chr(ord(signature[-1]) + 1)

    for other in (signature + "==", " " + signature, signature[:-1] + unused_bits[0]):
        assert refusal(changed(signed, signature=other), believed) == "the signature does not hold"


# A library that knows all of JOSE says the same


def strangers_own(key: signing.SigningKey) -> OKPKey:
    return OKPKey.import_key(json.loads(signing.private_jwk(key)))


@pytest.mark.parametrize("row", topics.TABLE, ids=lambda row: f"{row.leaf.word} {row.body.__name__}")
def test_what_we_sign_another_library_believes(
    row: Route, envelopes: Envelopes, office_key: signing.SigningKey
) -> None:
    outer: jws.FlattenedJSONSerialization = json.loads(signing.sign(envelopes[row.body], office_key))
    altered: jws.FlattenedJSONSerialization = {**outer, "payload": outer["payload"] + " "}
    read = jws.deserialize_json(outer, strangers_own(office_key), algorithms=[signing.ALGORITHM])

    assert read.payload == m.dump(envelopes[row.body])
    with pytest.raises(BadSignatureError):
        jws.deserialize_json(altered, strangers_own(office_key), algorithms=[signing.ALGORITHM])


def test_what_another_library_signs_we_believe(
    envelopes: Envelopes, office_key: signing.SigningKey, believed: signing.VerifyingKeys
) -> None:
    member: Any = {"protected": {"alg": "Ed25519", "kid": office_key.key_id, "b64": False, "crit": ["b64"]}}
    envelope = envelopes[m.PaymentRequest]
    outer = jws.serialize_json(member, m.dump(envelope), strangers_own(office_key), algorithms=["Ed25519"])

    assert signing.verify(json.dumps(outer).encode(), believed, HERE) == envelope


def test_a_key_of_another_library_is_ours_too(envelopes: Envelopes) -> None:
    made = OKPKey.generate_key("Ed25519", {"kid": "office-9"})
    key = signing.read_private(json.dumps({**made.as_dict(private=True), "kid": "office-9"}))
    believed = signing.read_public([{name: str(value) for name, value in made.as_dict(private=False).items()}])
    signed = signing.sign(envelopes[m.PaymentRequest], key)

    assert signing.verify(signed, believed, HERE) == envelopes[m.PaymentRequest]


def test_the_halves_of_two_keys_are_no_key(office_key: signing.SigningKey) -> None:
    other = json.loads(signing.private_jwk(signing.new_key("office-2026")))
    mixed = {**json.loads(signing.private_jwk(office_key)), "d": other["d"]}
    with pytest.raises(SignatureError, match="halves are of two keys"):
        signing.read_private(json.dumps(mixed))


@pytest.mark.parametrize("d", ["", "short", 7, None])
def test_a_private_half_that_cannot_be_read_does_not_sign(d: object, office_key: signing.SigningKey) -> None:
    with pytest.raises(SignatureError, match="cannot be read"):
        signing.read_private(json.dumps({**json.loads(signing.private_jwk(office_key)), "d": d}))


def test_both_modules_mean_the_same_length() -> None:
    assert own_jws.MAX_BYTES == m.MAX_BYTES


# Not even a message


@pytest.mark.parametrize(
    "outer",
    [
        [],
        "text",
        7,
        None,
        {},
        {"protected": "", "payload": ""},
        {"protected": "", "payload": "", "signature": "", "header": {"kid": "office-2026"}},
        {"protected": "", "payload": "", "signatures": []},
    ],
)
def test_another_form_of_json_is_refused(outer: object, believed: signing.VerifyingKeys) -> None:
    assert refusal(json.dumps(outer).encode(), believed).startswith("not a flattened JWS")


@pytest.mark.parametrize("part", ["protected", "payload", "signature"])
@pytest.mark.parametrize("value", [None, 7, [], {}])
def test_a_part_that_is_no_text_is_refused(
    part: str, value: object, signed: bytes, believed: signing.VerifyingKeys
) -> None:
    assert refusal(changed(signed, **{part: value}), believed).endswith("must be strings")


@pytest.mark.parametrize("part", ["protected", "payload", "signature"])
@pytest.mark.parametrize("value", ["", "đ", "\ud800", "=", "A" * 5000, b64(b"[" * 3000)])
def test_a_part_that_is_nonsense_is_refused(
    part: str, value: str, signed: bytes, believed: signing.VerifyingKeys
) -> None:
    assert refusal(changed(signed, **{part: value}), believed)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\xfd", b"[" * 16_000, b'{"a":' * 3000, b"1" * 16_000])
def test_what_is_no_json_is_refused(raw: bytes, believed: signing.VerifyingKeys) -> None:
    with pytest.raises(ContractError):
        signing.verify(raw, believed, HERE)


def test_an_oversized_message_is_not_even_read(believed: signing.VerifyingKeys) -> None:
    with pytest.raises(MessageError, match="oversized: 16385 bytes"):
        signing.verify(b" " * (m.MAX_BYTES + 1), believed, HERE)


def test_a_signed_body_that_is_no_message_is_refused_as_one(
    office_key: signing.SigningKey, believed: signing.VerifyingKeys
) -> None:
    member: Any = {"protected": {"alg": "Ed25519", "kid": office_key.key_id, "b64": False, "crit": ["b64"]}}
    nonsense = jws.serialize_json(member, b'{"version":2}', strangers_own(office_key), algorithms=[signing.ALGORITHM])

    with pytest.raises(MessageError, match="version"):
        signing.verify(json.dumps(nonsense).encode(), believed, HERE)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["alg", "kid", "b64", "crit", "protected", "payload", "signature"]), inner)
    ),
    max_leaves=8,
)


@given(st.binary(max_size=300) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_but_our_own_errors(believed: signing.VerifyingKeys, raw: bytes) -> None:
    with pytest.raises(ContractError):
        signing.verify(raw, believed, HERE)


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["Ed25519", "none", "HS256"]) | ANY_JSON,
        "kid": st.just("office-2026") | ANY_JSON,
        "b64": st.booleans() | ANY_JSON,
        "crit": st.just(["b64"]) | ANY_JSON,
    },
)


@given(HEADERS | ANY_JSON, st.text(max_size=20) | st.just("{}"), st.binary(max_size=64))
def test_no_forged_parts_raise_anything_but_our_own_errors(
    believed: signing.VerifyingKeys, header: object, payload: str, signature: bytes
) -> None:
    forged = {"protected": b64(header), "payload": payload, "signature": b64(signature)}
    with pytest.raises(ContractError):
        signing.verify(json.dumps(forged).encode(), believed, HERE)


# Keys


def test_a_key_is_read_as_it_was_written(office_key: signing.SigningKey, envelopes: Envelopes) -> None:
    again = signing.read_private(signing.private_jwk(office_key))

    assert again.key_id == office_key.key_id
    assert signing.public_jwk(again) == signing.public_jwk(office_key)
    assert signing.sign(envelopes[m.Ack], again) == signing.sign(envelopes[m.Ack], office_key)


def test_a_public_key_tells_nothing_secret(office_key: signing.SigningKey) -> None:
    assert set(signing.public_jwk(office_key)) == {"kty", "crv", "x", "kid"}


def test_a_public_key_does_not_sign(office_key: signing.SigningKey) -> None:
    with pytest.raises(SignatureError, match="signing takes a private one"):
        signing.read_private(json.dumps(signing.public_jwk(office_key)))


@pytest.mark.parametrize(
    "change", [{"crv": "X25519"}, {"kid": ""}, {"x": "short"}, {"x": 7}, {"x": None}, {"kty": "RSA"}]
)
def test_another_kind_of_key_is_not_believed(change: dict[str, Any], office_key: signing.SigningKey) -> None:
    with pytest.raises(SignatureError):
        signing.read_public([{**signing.public_jwk(office_key), **change}])


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "7", "null", "{}", "[" * 9000])
def test_what_is_no_key_does_not_sign(text: str) -> None:
    with pytest.raises(SignatureError):
        signing.read_private(text)


def test_the_error_is_ours_and_a_permission_error() -> None:
    assert issubclass(SignatureError, ContractError)
    assert issubclass(SignatureError, PermissionError)
