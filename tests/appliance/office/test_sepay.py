"""SePay at the door: what it must prove, how its words become a credit, and that nothing it sends surprises us."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.office.matching import candidates
from appliance.office.notification import sepay
from appliance.office.notification.errors import NotificationError, NotProvenError, NotUnderstoodError
from appliance.office.notification.sepay import Proof, parse, sign, verify

VECTORS = Path(__file__).parents[2] / "vectors" / "webhooks.json"
VECTOR: dict[str, str] = json.loads(VECTORS.read_text("utf-8"))["sepay"]
RAW = VECTOR["raw_body"].encode()
TIMESTAMP = VECTOR["X-SePay-Timestamp"]
SENT_AT = datetime.fromtimestamp(int(TIMESTAMP), UTC)
SECRET = Proof(hmac_secret=VECTOR["secret"].encode())
KEY = Proof(api_key=b"a key of this test")
HEADERS = {"x-sepay-timestamp": TIMESTAMP, "x-sepay-signature": VECTOR["X-SePay-Signature"]}


def a_body(**otherwise: object) -> bytes:
    body: dict[str, Any] = json.loads(RAW)
    kept = {name: value for name, value in (body | otherwise).items() if value is not ...}
    return json.dumps(kept).encode()


# Proof by HMAC


def test_the_vendors_form_of_signature_is_ours() -> None:
    assert sign(RAW, TIMESTAMP, VECTOR["secret"].encode()) == VECTOR["X-SePay-Signature"]
    verify(HEADERS, RAW, SECRET, SENT_AT)


def test_the_signature_is_an_hmac_over_time_and_raw_body() -> None:
    ours = hmac.new(b"test-secret", f"{TIMESTAMP}.".encode() + RAW, hashlib.sha256).hexdigest()
    assert VECTOR["X-SePay-Signature"] == f"sha256={ours}"


def test_the_same_values_in_other_bytes_are_not_proven() -> None:
    with pytest.raises(NotProvenError):
        verify(HEADERS, json.dumps(json.loads(RAW)).encode(), SECRET, SENT_AT)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_of_drift_are_forgiven(seconds: int) -> None:
    verify(HEADERS, RAW, SECRET, SENT_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_more_drift_is_an_old_notification_played_again(seconds: int) -> None:
    with pytest.raises(NotProvenError, match="five minutes"):
        verify(HEADERS, RAW, SECRET, SENT_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "timestamp"),
        ({"x-sepay-signature": VECTOR["X-SePay-Signature"]}, "timestamp"),
        ({**HEADERS, "x-sepay-timestamp": ""}, "timestamp"),
        ({**HEADERS, "x-sepay-timestamp": "-1"}, "timestamp"),
        ({**HEADERS, "x-sepay-timestamp": "1e9"}, "timestamp"),
        ({**HEADERS, "x-sepay-timestamp": "١٧٩٥٣٣٠٩٥٧"}, "timestamp"),
        ({**HEADERS, "x-sepay-timestamp": "9" * 13}, "timestamp"),
        ({"x-sepay-timestamp": TIMESTAMP}, "signature"),
        ({**HEADERS, "x-sepay-signature": ""}, "signature"),
        ({**HEADERS, "x-sepay-signature": VECTOR["X-SePay-Signature"].removeprefix("sha256=")}, "signature"),
        ({**HEADERS, "x-sepay-signature": VECTOR["X-SePay-Signature"][:-1] + "0"}, "signature"),
        ({**HEADERS, "x-sepay-signature": "sha256=ỗ"}, "signature"),
        ({**HEADERS, "x-sepay-signature": "sha256=\xff\xfe"}, "signature"),
        ({**HEADERS, "x-sepay-signature": "sha256=\ud800"}, "signature"),
        ({**HEADERS, "x-sepay-timestamp": str(int(TIMESTAMP) + 1)}, "signature"),
    ],
)
def test_a_notification_without_the_right_proof_is_not_believed(headers: dict[str, str], words: str) -> None:
    with pytest.raises(NotProvenError, match=words) as refused:
        verify(headers, RAW, SECRET, SENT_AT)
    assert isinstance(refused.value, PermissionError)
    assert isinstance(refused.value, NotificationError)


def test_a_body_altered_by_one_character_is_not_proven() -> None:
    altered = RAW.replace(b'"transferAmount":12000', b'"transferAmount":12001')
    assert altered != RAW
    with pytest.raises(NotProvenError, match="signature"):
        verify(HEADERS, altered, SECRET, SENT_AT)


def test_a_notification_signed_with_another_secret_is_not_believed() -> None:
    with pytest.raises(NotProvenError, match="signature"):
        verify(HEADERS, RAW, Proof(hmac_secret=b"another"), SENT_AT)


@pytest.mark.parametrize("proof", [Proof(), Proof(hmac_secret=b"")])
def test_an_office_without_a_secret_believes_nobody(proof: Proof) -> None:
    """Not even whoever signs with the empty secret."""
    forged = {"x-sepay-timestamp": TIMESTAMP, "x-sepay-signature": sign(RAW, TIMESTAMP, b"")}
    with pytest.raises(NotProvenError, match="no HMAC secret"):
        verify(forged, RAW, proof, SENT_AT)


# Proof by API key


def test_the_api_key_proves_the_sender() -> None:
    verify({"authorization": "Apikey a key of this test"}, RAW, KEY, SENT_AT)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Apikey "},
        {"authorization": "Apikey another"},
        {"authorization": "apikey a key of this test"},
        {"authorization": "Bearer a key of this test"},
        {"authorization": "Apikey a key of this test "},
        {"authorization": "Apikey ỗ"},
        {"authorization": "Apikey \xff\xfe"},
        {"authorization": "Apikey \ud800"},
        HEADERS,
    ],
)
def test_anything_else_in_place_of_the_key_does_not(headers: dict[str, str]) -> None:
    with pytest.raises(NotProvenError, match="API key"):
        verify(headers, RAW, KEY, SENT_AT)


def test_a_key_beyond_ascii_is_compared_as_the_bytes_that_came() -> None:
    key = "khóa của phường".encode()
    as_a_server_reads_it = (b"Apikey " + key).decode("latin-1")
    verify({"authorization": as_a_server_reads_it}, RAW, Proof(api_key=key), SENT_AT)


# What a notification says


def test_a_notification_becomes_a_credit() -> None:
    credit = parse(RAW)
    assert credit is not None
    assert (credit.provider, credit.provider_id, credit.bank_reference) == ("sepay", "92704", "MBVCB.3278907687")
    assert (credit.account, credit.virtual_account, credit.amount) == ("0123499999", None, 12000)
    assert credit.at == datetime(2026, 11, 22, 7, 2, 37, tzinfo=UTC)
    assert candidates(credit.memo, "HK") == (VECTOR["reference"],)


@pytest.mark.parametrize("field", ["code", "content", "description"])
def test_the_reference_is_found_wherever_the_provider_puts_it(field: str) -> None:
    empty: dict[str, object] = {"code": None, "content": "chuyen tien", "description": None}
    credit = parse(a_body(**empty | {field: "nop tien HK7Q4M2X9AF"}))
    assert credit is not None
    assert candidates(credit.memo, "HK") == ("HK7Q4M2X9AF",)


def test_money_that_went_out_is_no_credit() -> None:
    assert parse(a_body(transferType="out")) is None


def test_no_money_is_no_credit() -> None:
    assert parse(a_body(transferAmount=0)) is None


def test_a_sub_account_is_kept() -> None:
    credit = parse(a_body(subAccount="VQRQ0001"))
    assert credit is not None
    assert credit.virtual_account == "VQRQ0001"


def test_an_empty_sub_account_is_none() -> None:
    credit = parse(a_body(subAccount=""))
    assert credit is not None
    assert credit.virtual_account is None


def test_the_banks_time_is_vietnams_and_kept_in_utc() -> None:
    credit = parse(a_body(transactionDate="2026-11-22 00:30:00"))
    assert credit is not None
    assert (credit.at, credit.at.tzinfo) == (datetime(2026, 11, 21, 17, 30, tzinfo=UTC), UTC)


def test_what_no_ledger_could_keep_is_taken_out_of_the_words() -> None:
    credit = parse(a_body(code=None, content="HK7Q4M2\0X9AF", referenceCode="FT\x001", accountNumber="01\x002"))
    assert credit is not None
    assert (credit.memo, credit.bank_reference, credit.account) == ("HK7Q4M2X9AF", "FT1", "012")


@pytest.mark.parametrize("said", [None, "", "   ", "\u200b", ...])
def test_a_transfer_without_a_bank_reference_is_known_by_the_providers_id(said: object) -> None:
    credit = parse(a_body(referenceCode=said))
    assert credit is not None
    assert credit.bank_reference == "sepay:92704"


def test_a_field_that_the_provider_adds_one_day_is_no_trouble() -> None:
    assert parse(a_body(newField={"a": [1]})) == parse(RAW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": None}, "id"),
        ({"id": -1}, "id"),
        ({"id": ...}, "id"),
        ({"id": True}, "id"),
        ({"id": "92704"}, "id"),
        ({"id": 2**63}, "id"),
        ({"transferAmount": "a lot"}, "transferAmount"),
        ({"transferAmount": "12000"}, "transferAmount"),
        ({"transferAmount": "12.000"}, "transferAmount"),
        ({"transferAmount": True}, "transferAmount"),
        ({"transferAmount": None}, "transferAmount"),
        ({"transferAmount": -1}, "transferAmount"),
        ({"transferAmount": 0.5}, "transferAmount"),
        ({"transferAmount": 10**13}, "transferAmount"),
        ({"transferType": "sideways"}, "transferType"),
        ({"accountNumber": 5}, "accountNumber"),
        ({"accountNumber": "1" * 65}, "accountNumber"),
        ({"content": "x" * 1001}, "content"),
        ({"transactionDate": "22/11/2026 14:02"}, "transactionDate"),
        ({"transactionDate": "2026-02-30 14:02:37"}, "transactionDate"),
        ({"transactionDate": "2026-11-22T14:02:37"}, "transactionDate"),
        ({"transactionDate": "0001-01-01 00:00:00"}, "transactionDate"),
        ({"transactionDate": 1795330957}, "transactionDate"),
        ({"transactionDate": ...}, "transactionDate"),
    ],
)
def test_a_notification_out_of_form_names_the_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(NotUnderstoodError, match=f"^{field}: ") as refused:
        parse(a_body(**wrong))
    assert isinstance(refused.value, ValueError)
    assert refused.value.__cause__ is not None


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b"null", b"\xff\xfe", b'{"id": 1'])
def test_what_is_no_notification_at_all_is_not_understood(raw: bytes) -> None:
    with pytest.raises(NotUnderstoodError):
        parse(raw)


def test_what_a_payer_wrote_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(NotUnderstoodError) as refused:
        parse(a_body(transferType="NGUYEN VAN A 0912345678"))
    assert "0912345678" not in str(refused.value)


# Whatever is sent

HEADER = st.binary(max_size=80).map(lambda sent: sent.decode("latin-1")) | st.text() | st.just(TIMESTAMP)
SENT = st.dictionaries(st.sampled_from(["authorization", sepay.TIMESTAMP, sepay.SIGNATURE]), HEADER)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
FIELDS = st.dictionaries(st.sampled_from(sorted(json.loads(RAW))), ANYTHING)


@given(headers=SENT, raw=st.binary(max_size=200), proof=st.sampled_from([SECRET, KEY, Proof()]))
def test_whatever_a_stranger_sends_he_is_not_believed(headers: dict[str, str], raw: bytes, proof: Proof) -> None:
    with pytest.raises(NotProvenError):
        verify(headers, raw, proof, SENT_AT)


@given(raw=st.binary(max_size=200), seconds=st.integers(0, 10**11), secret=st.binary(min_size=1, max_size=40))
def test_whatever_is_signed_with_our_secret_in_time_is_proven(raw: bytes, seconds: int, secret: bytes) -> None:
    signed = {sepay.TIMESTAMP: str(seconds), sepay.SIGNATURE: sign(raw, str(seconds), secret)}
    verify(signed, raw, Proof(hmac_secret=secret), datetime.fromtimestamp(seconds, UTC))


@given(otherwise=FIELDS)
def test_whatever_stands_in_its_fields_a_notification_is_a_credit_or_not_understood(otherwise: dict[str, Any]) -> None:
    try:
        credit = parse(a_body(**otherwise))
    except NotUnderstoodError:
        return
    assert credit is None or (credit.amount > 0 and credit.at.tzinfo is UTC and credit.bank_reference)


@given(st.datetimes())
def test_any_moment_of_the_calendar_is_kept_in_utc_or_refused(moment: datetime) -> None:
    try:
        credit = parse(a_body(transactionDate=moment.strftime("%Y-%m-%d %H:%M:%S")))
    except NotUnderstoodError:
        return
    assert credit is not None
    assert credit.at.utcoffset() == timedelta(0)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_stumble(raw: bytes) -> None:
    with pytest.raises(NotUnderstoodError):
        parse(raw)


def test_the_headers_are_those_of_the_vendors_page() -> None:
    assert (sepay.TIMESTAMP, sepay.SIGNATURE) == ("x-sepay-timestamp", "x-sepay-signature")
