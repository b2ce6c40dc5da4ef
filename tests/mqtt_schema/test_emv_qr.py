"""VietQR payloads: the vectors, NAPAS's printed samples, every limit, and any text whatever."""

import json
import operator
import string
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_schema.emv_objects import crc
from mqtt_schema.emv_qr import EmvQr, EmvQrError, decode, encode
from mqtt_schema.errors import ContractError
from mqtt_schema.types import TRANSFER_CAP

HERE = Path(__file__).parent
VECTORS: list[dict[str, Any]] = json.loads((HERE.parent / "vectors" / "emv.json").read_text())
NAPAS: list[dict[str, Any]] = json.loads((HERE / "vectors" / "napas_samples.json").read_text())

ANS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=25)
JOBS = st.fixed_dictionaries(
    {
        "bin": st.text(string.digits, min_size=6, max_size=6),
        "account": st.text(string.digits + string.ascii_letters, min_size=1, max_size=19),
    },
    optional={
        "amount": st.integers(1, TRANSFER_CAP - 1),
        "memo": ANS,
        "service": st.sampled_from(["QRIBFTTA", "QRIBFTTC"]),
        "name": ANS,
        "city": st.text("ABC xyz", min_size=1, max_size=15),
        "mcc": st.text(string.digits, min_size=4, max_size=4),
        "bill": ANS,
        "terminal": ANS,
    },
)


def seal(body: str) -> str:
    """Close a text with its CRC, so that a test reaches the rule behind it."""
    return body + "6304" + crc(body + "6304")


def tlv(tag: str, value: str) -> str:
    return f"{tag}{len(value):02}{value}"


def napas(beneficiary: str, service: str = "") -> str:
    return tlv("38", tlv("00", "A000000727") + tlv("01", beneficiary) + service)


NAPAS_38 = napas("0006970403" + "01040011")


def vietqr(*, poi: str = "010211", account: str = NAPAS_38, rest: str = "53037045802VN") -> str:
    """A small VietQR text, of which a test replaces one part."""
    return seal("000201" + poi + account + rest)


def refused(read: Callable[[], object]) -> EmvQrError:
    with pytest.raises(EmvQrError) as caught:
        read()
    return caught.value


def read(text: str, strict: bool = True) -> EmvQr | EmvQrError:
    """What comes of a text: a code or our own refusal. Anything else that is raised fails the test."""
    try:
        return decode(text, strict)
    except EmvQrError as wrong:
        return wrong


# The shared vectors


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: f"{case['group']}: {case['why'][:50]}")
def test_a_vector_is_read_or_refused_as_it_says(case: dict[str, Any]) -> None:
    for strict, accepted in ((True, case["valid"]), (False, case["lenient_ok"])):
        if accepted:
            assert said_by(decode(case["payload"], strict), case["fields"]) == case["fields"]
        else:
            refused(partial(decode, case["payload"], strict))


def said_by(code: EmvQr, wanted: dict[str, Any]) -> dict[str, Any]:
    """Lay out what was read in the form of the vectors' fields."""
    said: dict[str, Any] = {
        "poi": code.poi,
        "provider": code.provider,
        "currency": code.currency,
        "amount": code.amount,
        "country": code.country,
        "name": code.name,
        "city": code.city,
        "mcc": code.mcc,
        "crc": code.crc,
        "62": {tag: code.additional[tag] for tag in wanted.get("62", {})},
    }
    if "crc_lowercase" in wanted:
        said["crc_lowercase"] = code.crc != code.crc.upper()
    for tag, account in code.merchant_accounts.items():
        if code.provider == "VIETQR" and tag == "38":
            said[tag] = {
                "guid": account["00"],
                "bin": code.bin,
                "account": code.account,
                "service": code.service,
            }
        else:
            said[tag] = {"guid": account["00"], "sub": {key: value for key, value in account.items() if key != "00"}}
    return {key: value for key, value in said.items() if value}


@pytest.mark.parametrize("case", [case for case in VECTORS if case["valid"]], ids=lambda case: case["payload"][-12:])
def test_a_strict_reading_never_carries_flags(case: dict[str, Any]) -> None:
    assert decode(case["payload"]).flags == ()


def test_only_what_deviates_is_flagged() -> None:
    flagged = {case["why"] for case in VECTORS if case["lenient_ok"] and decode(case["payload"], strict=False).flags}
    lower_case = [case for case in VECTORS if case["lenient_ok"] and case["fields"].get("crc_lowercase")]

    assert flagged == {"59 longer than 25 (31)", "CRC, TLV and limits all hold"}
    assert [decode(case["payload"], strict=False).flags for case in lower_case] == [
        ("63 (CRC): is written in lower case, 79db",)
    ]


# Writing


@pytest.mark.parametrize("sample", NAPAS, ids=lambda sample: sample["section"])
def test_the_printed_samples_come_out_byte_for_byte(sample: dict[str, Any]) -> None:
    assert encode(**sample["arguments"]) == sample["payload"]


@given(JOBS)
def test_what_was_written_is_read_back(job: dict[str, Any]) -> None:
    if sum(len(job.get(key, "")) + 4 for key in ("memo", "bill", "terminal") if key in job) > 99:
        assert refused(lambda: encode(**job)).field == "62"
        return

    code = decode(encode(**job))

    assert code.poi == ("dynamic" if "amount" in job else "static")
    assert (code.provider, code.currency, code.country) == ("VIETQR", "704", "VN")
    assert code.amount == (str(job["amount"]) if "amount" in job else None)
    assert code.service == job.get("service", "QRIBFTTA")
    for key in ("bin", "account", "memo", "name", "city", "mcc"):
        assert getattr(code, key) == job.get(key)
    assert (code.additional.get("01"), code.additional.get("07")) == (job.get("bill"), job.get("terminal"))
    assert code.flags == ()


@given(JOBS.filter(lambda job: len(job) < 6), st.data())
def test_one_changed_character_never_reads_the_same(job: dict[str, Any], data: st.DataObject) -> None:
    payload = encode(**job)
    at = data.draw(st.integers(0, len(payload) - 1))
    other = data.draw(st.characters().filter(lambda character: character != payload[at]))

    assert read(payload[:at] + other + payload[at + 1 :]) != decode(payload)


def test_no_printable_character_of_a_code_can_be_changed_unseen() -> None:
    payload = encode(bin="970403", account="0011012345678", amount=180000, memo="HK7Q4M2X9AF")
    for at in range(len(payload) - 4):
        for other in set(string.printable) - {payload[at]}:
            refused(partial(decode, payload[:at] + other + payload[at + 1 :]))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"bin": "97040"}, "38/01/00", "six digits"),
        ({"bin": "9704O3"}, "38/01/00", "six digits"),
        ({"bin": "٩٧٠٤٠٣"}, "38/01/00", "six digits"),
        ({"account": ""}, "38/01/01", "is empty"),
        ({"account": "1" * 20}, "38/01/01", "20 characters long, at most 19"),
        ({"account": "0011-22"}, "38/01/01", "letters and digits"),
        ({"account": "tài khoản"}, "38/01/01", "printable ASCII"),
        ({"service": "QRPUSH"}, "38/02", "QRIBFTTA or QRIBFTTC"),
        ({"service": ""}, "38/02", "QRIBFTTA or QRIBFTTC"),
        ({"amount": 0}, "54", "more than 0"),
        ({"amount": -1}, "54", "more than 0"),
        ({"amount": TRANSFER_CAP}, "54", "under 500000000"),
        ({"amount": True}, "54", "whole number"),
        ({"amount": 1000.0}, "54", "whole number"),
        ({"amount": "1000"}, "54", "whole number"),
        ({"memo": "X" * 26}, "62/08", "26 characters long, at most 25"),
        ({"memo": ""}, "62/08", "is empty"),
        ({"memo": "lệ phí"}, "62/08", "printable ASCII"),
        ({"memo": "a\nb"}, "62/08", "printable ASCII"),
        ({"memo": "half \ud800"}, "62/08", "printable ASCII"),
        ({"name": "N" * 26}, "59", "at most 25"),
        ({"city": "C" * 16}, "60", "at most 15"),
        ({"mcc": "123"}, "52", "four digits"),
        ({"bill": "B" * 25, "store": "S" * 25, "reference": "R" * 25, "terminal": "T"}, "62", "at most 99"),
    ],
)
def test_a_value_out_of_its_limits_is_never_written(change: dict[str, Any], field: str, words: str) -> None:
    wrong = refused(lambda: encode(**{"bin": "970403", "account": "0011", "memo": "HK7Q4M2X9AF", **change}))

    assert wrong.field == field
    assert words in wrong.wrong
    assert str(wrong).startswith(f"{field} (")


def test_the_largest_and_smallest_amount_are_written() -> None:
    for amount in (1, TRANSFER_CAP - 1):
        assert decode(encode(bin="970403", account="0011", amount=amount)).amount == str(amount)


# Reading what others wrote


@given(st.text())
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    for strict in (True, False):
        assert str(read(text, strict))


DIGITS_AND_NOISE = st.text(st.sampled_from("0123456789AZz. đ"), max_size=40)


@given(st.lists(st.tuples(st.sampled_from(["01", "26", "38", "54", "62", "64", "99"]), DIGITS_AND_NOISE), max_size=5))
def test_any_sealed_text_is_read_or_refused_in_our_words(objects: list[tuple[str, str]]) -> None:
    text = "000201" + NAPAS_38 + "".join(tlv(tag, value) for tag, value in objects)
    for strict in (True, False):
        assert str(read(seal(text), strict))


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("", "63", "must stand last"),
        ("6304", "63", "must stand last"),
        ("1" * 4297, "payload", "4297 characters"),
        ("\ud8006304ABCD", "payload", "half a character"),
        (vietqr()[:-4] + "XYZW", "63", "four hexadecimal digits"),
        (vietqr()[:-1] + ("0" if vietqr()[-1] != "0" else "1"), "63", "altered"),
        (seal("010211000201" + NAPAS_38 + "53037045802VN"), "00", "must stand first"),
        (seal("000202" + NAPAS_38 + "53037045802VN"), "00", "must be 01"),
        (vietqr(rest="6304ABCD53037045802VN"), "63", "stands twice"),
        (vietqr(rest="53037045802VN9908"), "63", "not inside another value"),
        (seal("0002015303704"), "payload", "nobody to pay"),
        (vietqr(rest="5303704530370458 2VN"), "53", "stands twice"),
        (vietqr(rest="53037045802VN5400"), "54", "is empty"),
        (vietqr(rest="53037045802VN54"), "54", "claims 63"),
        (vietqr(rest="53037045802VN٥٤01"), "payload", "ID of two digits"),
        (vietqr(rest="53037045802VN62٠٤"), "62", "length must be two digits"),
        (vietqr(rest="53037045802VN62040812"), "62/08", "claims 12"),
        (vietqr(rest="53037045802VN6203ABC"), "62", "ID of two digits"),
        (vietqr(rest="53037045802VN540650 000"), "54", "no separators"),
        (vietqr(rest="53037045802VN5404-500"), "54", "no separators"),
        (vietqr(account=tlv("38", tlv("00", "A000000727"))), "38/01/00", "is missing"),
        (vietqr(account=napas("0006970403" + "02040011")), "38/01/02", "does not belong"),
        (vietqr(account=napas("0006970403")), "38/01/01", "is missing"),
        (vietqr(account=napas("000697O403" + "01040011")), "38/01/00", "six digits"),
    ],
)
def test_what_could_mean_two_things_is_refused_even_leniently(text: str, field: str, words: str) -> None:
    for strict in (True, False):
        wrong = refused(partial(decode, text, strict))
        assert (wrong.field, words in wrong.wrong) == (field, True), str(wrong)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (vietqr(poi=""), "01 (point of initiation): is missing"),
        (vietqr(poi="010213"), "01 (point of initiation): must be 11 (static) or 12 (dynamic), not '13'"),
        (vietqr(rest="5802VN"), "53 (currency): is missing"),
        (vietqr(rest="5303704"), "58 (country): is missing"),
        (vietqr(rest="53038405802VN"), "53 (currency): must be 704 (VND), not 840"),
        (vietqr(rest="53037045802US"), "58 (country): must be VN, not US"),
        (vietqr(rest="530370454010" + "5802VN"), "54 (amount): is zero; a code without a fixed amount leaves it out"),
        (vietqr(rest="530370454040.00" + "5802VN"), "54 (amount): is zero"),
        (vietqr(rest="530370454045.50" + "5802VN"), "54 (amount): must be whole đồng, not 5.50"),
        (vietqr(rest="53037045409500000000" + "5802VN"), "54 (amount): must stay under 500000000"),
        (vietqr(rest="53037045414" + "12345678901234" + "5802VN"), "54 (amount): is 14 characters long"),
        (vietqr(rest="53037045802VN" + tlv("62", tlv("08", "X" * 31))), "62/08 (memo): is 31 characters long"),
        (vietqr(rest="53037045802VN" + tlv("62", tlv("08", ""))), "62/08 (memo): is empty"),
        (vietqr(rest="53037045802VN" + tlv("62", tlv("08", "lệ phí"))), "62/08 (memo): must be printable ASCII"),
        (vietqr(rest="53037045802VN" + tlv("62", tlv("09", "XYZ"))), "62/09 (consumer data request): must be letters"),
        (vietqr(rest="53037045802VN" + tlv("90", "tiền")), "90: must be printable ASCII"),
        (vietqr(account=NAPAS_38 + tlv("26", tlv("01", "shop"))), "26/00 (scheme id): is missing"),
        (vietqr(account=NAPAS_38 + tlv("26", tlv("00", "S" * 33))), "26/00 (scheme id): is 33 characters long"),
        (vietqr(account=napas("0006970403" + "0120" + "1" * 20)), "38/01/01 (account): is 20 characters long"),
    ],
)
def test_what_deviates_is_refused_strictly_and_flagged_leniently(text: str, flag: str) -> None:
    assert str(refused(lambda: decode(text))).startswith(flag)
    assert any(found.startswith(flag) for found in decode(text, strict=False).flags)


def test_a_whole_amount_may_end_in_a_point() -> None:
    assert decode(vietqr(rest="5303704540650000." + "5802VN")).amount == "50000."


def test_lower_case_letters_of_an_account_are_legal_but_mentioned() -> None:
    code = encode(bin="970403", account="vqrq1")

    assert decode(code).account == "vqrq1"
    assert decode(code, strict=False).flags == ("38/01/01 (account): holds lower-case letters, vqrq1",)


def test_objects_may_stand_in_any_order_between_the_first_and_the_last() -> None:
    shuffled = tlv("38", tlv("02", "QRIBFTTA") + tlv("01", "01040011" + "0006970403") + tlv("00", "A000000727"))

    code = decode(seal("0002015802VN" + shuffled + "5303704" + "010211"))

    assert (code.bin, code.account, code.service) == ("970403", "0011", "QRIBFTTA")


def test_a_wallets_second_account_stands_beside_the_first() -> None:
    momo = tlv("26", tlv("00", "vn.momo") + tlv("01", "shop 7"))

    code = decode(vietqr(account=momo + NAPAS_38))

    assert code.provider == "VIETQR"
    assert {tag: dict(values) for tag, values in code.merchant_accounts.items()} == {
        "26": {"00": "vn.momo", "01": "shop 7"},
        "38": {"00": "A000000727", "01/00": "970403", "01/01": "0011"},
    }


def test_a_scheme_without_a_template_is_kept_as_it_stands() -> None:
    code = decode(seal("00020102" + "16" + "4" * 16 + "52045411" + "5303840" + "5802US" + tlv("64", "0002ZH0102北京")))

    assert (code.provider, code.bin, code.account, code.service, code.poi) == (None, None, None, None, None)
    assert dict(code.others) == {"02": "4" * 16, "64/00": "ZH", "64/01": "北京"}


def test_another_scheme_may_use_the_same_id_for_its_own_service() -> None:
    code = decode(vietqr(account=tlv("38", tlv("00", "other.scheme") + tlv("02", "shop"))))

    assert (code.provider, code.bin, code.service) == (None, None, None)


def test_a_decoded_code_is_a_value() -> None:
    code = decode(NAPAS[0]["payload"])

    assert hash(code) == hash(decode(NAPAS[0]["payload"]))
    with pytest.raises(TypeError):
        operator.setitem(cast(dict[str, str], code.additional), "08", "x")


def test_the_error_is_ours_and_a_value_error() -> None:
    assert issubclass(EmvQrError, ContractError)
    assert issubclass(EmvQrError, ValueError)
    assert str(EmvQrError("payload", "is unreadable")) == "payload: is unreadable"


def test_the_checksum_is_the_published_one() -> None:
    assert crc("123456789") == "29B1"
