"""Whom a fleet's document lets counters believe, and that nobody else can write one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mqtt_schema import fleet, jws, signing, topics
from mqtt_schema import messages as m
from mqtt_schema.errors import MessageError, SignatureError

FLEET, OFFICE, NEXT = jws.new_key("fleet-1"), jws.new_key("office-1"), jws.new_key("office-2")
FLEET_KEYS = jws.read_public([jws.public_jwk(FLEET)])
NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
SITE = "hoan-kiem"
OURS = m.Beneficiary(bin="970403", account="0011012345678", account_name="UBND PHUONG", bank_name="Sacombank")


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def key(signer: jws.SigningKey = OFFICE, begin: int = -10, end: int = 10, **more: Any) -> dict[str, Any]:
    return {"jwk": jws.public_jwk(signer), "not_before": day(begin), "not_after": day(end), **more}


def account(begin: int = -10, end: int = 10, **more: Any) -> dict[str, Any]:
    told = {"bin": OURS.bin, "account": OURS.account, "account_name": OURS.account_name, "not_before": day(begin)}
    return {k: v for k, v in {**told, "not_after": day(end), **more}.items() if v is not None}


def orders(**more: Any) -> dict[str, Any]:
    told = {"site": SITE, "serial": 1, "issued_at": NOON, "keys": [key()], "beneficiaries": [account()]}
    return {**told, **more}


def document(**more: Any) -> fleet.FleetDocument:
    return fleet.compose(orders(**more))


def test_a_document_is_read_as_it_was_signed() -> None:
    written = document(keys=[key(), key(NEXT, 5, 20, says=["job"])], revoked=["office-0"])
    assert fleet.verify(fleet.sign(written, FLEET), FLEET_KEYS, SITE) == written


def test_nobody_but_a_fleet_key_can_write_one() -> None:
    with pytest.raises(SignatureError, match="nobody here knows the key 'office-1'"):
        fleet.verify(jws.sign(document().model_dump_json().encode(), OFFICE).decode(), FLEET_KEYS, SITE)
    impostor = jws.new_key("fleet-1")
    with pytest.raises(SignatureError, match="does not hold"):
        fleet.verify(fleet.sign(document(), impostor), FLEET_KEYS, SITE)


def test_a_changed_account_breaks_the_signature() -> None:
    with pytest.raises(SignatureError, match="does not hold"):
        fleet.verify(fleet.sign(document(), FLEET).replace(OURS.account, "9999999999999"), FLEET_KEYS, SITE)


def test_a_document_of_another_site_is_not_ours() -> None:
    with pytest.raises(SignatureError, match="meant for cua-nam, not hoan-kiem"):
        fleet.verify(fleet.sign(document(site="cua-nam"), FLEET), FLEET_KEYS, SITE)


def test_a_message_is_no_document_even_from_a_fleet_key() -> None:
    envelope = m.Envelope(
        id="0" * 32, site=SITE, counter="quay-1", sequence=1, issued_at=NOON, body=m.TimeTold(nonce="0" * 32, at=NOON)
    )
    with pytest.raises(MessageError, match="fleet document"):
        fleet.verify(signing.sign(envelope, FLEET).decode(), FLEET_KEYS, SITE)


def test_a_document_is_no_message_even_from_a_key_of_the_office() -> None:
    raw = jws.sign(document().model_dump_json().encode(), OFFICE)
    with pytest.raises(MessageError):
        signing.verify(raw, jws.read_public([jws.public_jwk(OFFICE)]), topics.Address(SITE, "quay-1", topics.Leaf.CMD))


def test_the_fleet_key_never_speaks_for_the_office() -> None:
    with pytest.raises(SignatureError, match="must not be a key of the office"):
        fleet.sign(document(keys=[key(FLEET)]), FLEET)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"serial": 0}, "serial"),
        ({"type": "time_told"}, "type"),
        ({"version": 2}, "version"),
        ({"keys": []}, "keys"),
        ({"beneficiaries": []}, "beneficiaries"),
        ({"keys": [key(), key()]}, "two keys have the same kid"),
        ({"keys": [key()], "revoked": ["office-1"]}, "revoked in the same document"),
        ({"keys": [key(begin=1, end=1)]}, "not_after must come after not_before"),
        ({"keys": [key(says=[])]}, "keys.0.says"),
        ({"keys": [key(says=["status"])]}, "keys.0.says"),
        ({"keys": [{**key(), "jwk": json.loads(jws.private_jwk(OFFICE))}]}, "private key"),
        ({"keys": [{**key(), "jwk": {"kty": "RSA"}}]}, "curve Ed25519"),
        ({"beneficiaries": [account(account_prefix="00")]}, "either account or account_prefix"),
        ({"beneficiaries": [account(account=None)]}, "either account or account_prefix"),
        ({"only_on_sundays": True}, "only_on_sundays"),
    ],
)
def test_what_cannot_be_is_refused_by_name(more: dict[str, Any], said: str) -> None:
    with pytest.raises(MessageError, match=said):
        document(**more)


def test_a_reader_refuses_what_it_does_not_know_because_it_may_be_a_limit() -> None:
    payload = {**json.loads(document().model_dump_json()), "only_on_sundays": True}
    with pytest.raises(MessageError, match="only_on_sundays"):
        fleet.verify(jws.sign(json.dumps(payload).encode(), FLEET).decode(), FLEET_KEYS, SITE)


def test_the_largest_document_fits_into_a_message() -> None:
    # Names with marks and quotes are what grows when a document is quoted into a message.
    for count in range(1, 33):
        written = document(beneficiaries=[account(account_name='"Ủy" ' * 10 + f"{number}") for number in range(count)])
        try:
            text = fleet.sign(written, FLEET)
        except MessageError:
            assert count > 8
            return
        envelope = m.Envelope(
            id="f" * 32,
            site=SITE,
            counter="q" * 48,
            sequence=10**9,
            issued_at=NOON,
            body=m.FleetOrders(document=text),
        )
        assert len(signing.sign(envelope, OFFICE)) <= m.MAX_BYTES
    pytest.fail("nothing was too large")


@pytest.mark.parametrize(
    ("change", "is_allowed"),
    [
        ({}, True),
        ({"account": "0011012345679"}, False),
        ({"bin": "970436"}, False),
        ({"account_name": "NGUYEN VAN CUOP"}, False),
        ({"bank_name": "Vietcombank"}, True),
    ],
)
def test_an_account_is_allowed_by_bank_number_and_name(change: dict[str, str], is_allowed: bool) -> None:
    (allowed,) = document().beneficiaries
    assert allowed.allows(OURS.model_copy(update=change)) is is_allowed


def test_a_prefix_allows_the_virtual_accounts_that_begin_with_it() -> None:
    (allowed,) = document(beneficiaries=[account(account=None, account_prefix="00110")]).beneficiaries
    assert allowed.allows(OURS)
    assert not allowed.allows(OURS.model_copy(update={"account": "0012012345678"}))


def test_a_named_bank_must_be_that_bank() -> None:
    (allowed,) = document(beneficiaries=[account(bank_name="Sacombank")]).beneficiaries
    assert allowed.allows(OURS)
    assert not allowed.allows(OURS.model_copy(update={"bank_name": "Sacom Bank"}))


def believed_ids(written: fleet.FleetDocument, at: datetime | None, past: datetime | None = None) -> set[str]:
    return set(fleet.believed(written, at, past).keys)


def test_a_key_counts_within_its_time_and_two_overlap() -> None:
    written = document(keys=[key(OFFICE, -10, 3), key(NEXT, 1, 30)])
    days = {number: believed_ids(written, day(number)) for number in (-11, 0, 1, 2, 3, 29, 30)}
    both = {"office-1", "office-2"}
    assert days == {-11: set(), 0: {"office-1"}, 1: both, 2: both, 3: {"office-2"}, 29: {"office-2"}, 30: set()}


def test_without_a_known_time_only_what_is_over_for_certain_is_left_out() -> None:
    written = document(keys=[key(OFFICE, -10, -1), key(NEXT, 1, 30)])
    assert believed_ids(written, None) == {"office-2"}
    assert believed_ids(written, None, day(31)) == set()
    assert believed_ids(written, None, day(-20)) == {"office-2"}


ADDRESS = {leaf: topics.Address(SITE, "quay-1", leaf) for leaf in topics.Leaf}
TOLD = m.TimeTold(nonce="0" * 32, at=NOON)
PARKED = m.PaymentParking(payment="0" * 32)


def said(body: m.Frozen, signer: jws.SigningKey = OFFICE) -> bytes:
    return signing.sign(
        m.Envelope.model_validate(
            {"id": "0" * 32, "site": SITE, "counter": "quay-1", "sequence": 1, "issued_at": NOON, "body": body}
        ),
        signer,
    )


def test_a_key_says_only_what_it_may() -> None:
    keys = fleet.believed(document(keys=[key(says=["job", "result"])]), NOON)
    assert signing.verify(said(PARKED), keys, ADDRESS[topics.Leaf.JOB]).body == PARKED
    with pytest.raises(SignatureError, match="the key 'office-1' may not say anything on cmd"):
        signing.verify(said(TOLD), keys, ADDRESS[topics.Leaf.CMD])


@pytest.mark.parametrize("off", [-11, 10, 5000])
def test_a_key_cannot_tell_a_time_at_which_it_is_not_valid(off: int) -> None:
    keys = fleet.believed(document(), None)
    with pytest.raises(SignatureError, match="tells a time at which it is not valid"):
        signing.verify(said(TOLD.model_copy(update={"at": day(off)})), keys, ADDRESS[topics.Leaf.CMD])
    assert signing.verify(said(TOLD), keys, ADDRESS[topics.Leaf.CMD]).body == TOLD


@pytest.mark.parametrize(
    ("signer", "more", "objection"),
    [
        (OFFICE, {}, None),
        (NEXT, {}, "not among those"),
        (NEXT, {"revoked": ["office-2"]}, "is revoked"),
        (jws.new_key("office-1"), {}, "another key by the name"),
        (OFFICE, {"keys": [key(begin=-9, end=-1)]}, "valid from 2026-11-13 until 2026-11-21 only"),
        (OFFICE, {"keys": [key(says=["cmd", "result"])]}, "may not say job"),
    ],
)
def test_an_office_learns_why_counters_would_not_believe_it(
    signer: jws.SigningKey, more: dict[str, Any], objection: str | None
) -> None:
    found = fleet.objection_to(document(**more), signer, NOON)
    assert found == objection if objection is None else objection in str(found)


def test_what_waited_while_keys_changed_goes_out_under_the_new_one() -> None:
    old = said(PARKED)
    new = signing.renewed(old, NEXT)
    keys = jws.read_public([jws.public_jwk(NEXT)])
    assert signing.verify(new, keys, ADDRESS[topics.Leaf.JOB]).body == PARKED
    assert signing.renewed(new, NEXT) is new
    assert signing.renewed(old, OFFICE) is old


def test_whoever_only_carries_a_document_can_read_it() -> None:
    assert fleet.read_unchecked(fleet.sign(document(), FLEET)) == document()
    for raw in ("", "[]", "\ud800", '{"protected":"","payload":"{}","signature":""}', "x" * 20_000):
        with pytest.raises((MessageError, SignatureError)):
            fleet.read_unchecked(raw)
