"""Pure: the text inside a VietQR code, written strictly, read strictly or leniently. It judges form, never trust.

Clauses are cited as in `emv_objects`: "EMV" and "NAPAS" with the data object's ID, NAPAS 6.1 for its printed samples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType
from typing import Literal

from mqtt_schema.emv_objects import (
    FORMS,
    VIETQR_GUID,
    EmvQrError,
    check_crc,
    crc,
    faults,
    is_merchant_account,
    leaves,
    take_apart,
    write,
)
from mqtt_schema.types import TRANSFER_CAP

__all__ = ["EmvQr", "EmvQrError", "decode", "encode"]

VNPAY_GUID = "A000000775"
CURRENCY_VND = "704"
COUNTRY_VIETNAM = "VN"
SERVICES = ("QRIBFTTA", "QRIBFTTC")
"""Fast transfer to an account, or to a card (NAPAS ID 38/02)."""

Poi = Literal["static", "dynamic"]
_POI: dict[str, Poi] = {"11": "static", "12": "dynamic"}


@dataclass(frozen=True)
class EmvQr:
    """What a code says. A value is None when the code does not say it; texts stand as written.

    `bin`, `account` and `service` belong to VietQR alone. `amount` is the decimal text of ID 54, in units of `currency`
    (ISO 4217, numeric). `memo` is 62/08. `additional` holds the children of 62 by ID; `merchant_accounts` the
    templates 26 to 51, each with its values by the path beneath it ("00", "01/00"); `others` everything else by path.
    `flags` names what deviates, each as "path (name): words"; it is always empty after a strict reading.
    """

    poi: Poi | None
    provider: Literal["VIETQR", "VNPAY"] | None
    bin: str | None
    account: str | None
    service: str | None
    amount: str | None
    currency: str | None
    country: str | None
    name: str | None
    city: str | None
    mcc: str | None
    memo: str | None
    crc: str
    additional: Mapping[str, str] = field(hash=False)
    merchant_accounts: Mapping[str, Mapping[str, str]] = field(hash=False)
    others: Mapping[str, str] = field(hash=False)
    flags: tuple[str, ...] = ()


def decode(text: str, strict: bool = True) -> EmvQr:
    """Read the text of a code.

    Both ways refuse what cannot be trusted to mean one thing: a wrong CRC, lengths that do not come out even, an ID
    that stands twice, an amount that is no number, a beneficiary that is not exactly BIN and account. Strictly, every
    other departure from the format is refused as well; leniently it is read as it stands and named in `flags`. A CRC
    in lower case is legal to read, so only the lenient reading mentions it.

    Raises `EmvQrError`, whatever the text.
    """
    check_crc(text)
    top = take_apart(text)
    _check_frame(top)
    values = dict(leaves(top))
    _check_beneficiary(values)
    _check_amount(values)
    code = _gather(values)
    deviations = list(_deviations(values, code))
    if not strict:
        return replace(code, flags=tuple(str(wrong) for wrong in chain(deviations, _habits(code))))
    for wrong in deviations:
        raise wrong
    return code


def _check_frame(top: dict[str, str]) -> None:
    """EMV: ID 00 stands first and is 01, 63 stands last, at least one merchant account (02 to 51) between them."""
    if next(iter(top)) != "00":
        raise EmvQrError("00", "must stand first")
    if top["00"] != "01":
        raise EmvQrError("00", f"must be 01, not {top['00']}: a format of another age")
    if next(reversed(top)) != "63":
        raise EmvQrError("63", "must stand last, not inside another value")
    if not any("02" <= tag <= "51" for tag in top):
        raise EmvQrError("payload", "names no merchant account (IDs 02 to 51): there is nobody to pay")


def _check_beneficiary(values: Mapping[str, str]) -> None:
    """NAPAS ID 38/01: a BIN and an account, and nothing else, or the money's way would be guesswork."""
    if values.get("38/00") != VIETQR_GUID:
        return
    for path in values:
        if path.startswith("38/01/") and path not in {"38/01/00", "38/01/01"}:
            raise EmvQrError(path, "does not belong into the beneficiary, which is a BIN (00) and an account (01)")
    for path in ("38/01/00", "38/01/01"):
        if path not in values:
            raise EmvQrError(path, "is missing")
    for wrong in faults("38/01/00", values["38/01/00"]):
        raise wrong


def _check_amount(values: Mapping[str, str]) -> None:
    """EMV ID 54: a number, if it is there. A number that is too long still means one thing."""
    if "54" in values and not FORMS["54"].pattern.fullmatch(values["54"]):
        raise EmvQrError("54", f"must be {FORMS['54'].wants}, not {values['54']!r}")


def _gather(values: Mapping[str, str]) -> EmvQr:
    """Put the values into their places."""
    return EmvQr(
        poi=_POI.get(values.get("01", "")),
        provider=_provider(values),
        bin=values.get("38/01/00"),
        account=values.get("38/01/01"),
        service=values.get("38/02") if "38/01/00" in values else None,
        amount=values.get("54"),
        currency=values.get("53"),
        country=values.get("58"),
        name=values.get("59"),
        city=values.get("60"),
        mcc=values.get("52"),
        memo=values.get("62/08"),
        crc=values["63"],
        additional=_beneath("62", values),
        merchant_accounts=_merchant_accounts(values),
        others=MappingProxyType({tag: value for tag, value in values.items() if tag[:2] not in _PLACED}),
    )


# Where `_gather` has put the rest; 26 to 51 are `merchant_accounts`.
_PLACED = {"00", "01", "52", "53", "54", "58", "59", "60", "62", "63"} | {str(tag) for tag in range(26, 52)}


def _provider(values: Mapping[str, str]) -> Literal["VIETQR", "VNPAY"] | None:
    """VietQR announces itself in 38/00 (NAPAS), VNPAY in 26/00; a code that says both is paid as VietQR."""
    if values.get("38/00") == VIETQR_GUID:
        return "VIETQR"
    return "VNPAY" if values.get("26/00") == VNPAY_GUID else None


def _merchant_accounts(values: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    tags = dict.fromkeys(path[:2] for path in values if is_merchant_account(path[:2]))
    return MappingProxyType({tag: _beneath(tag, values) for tag in tags})


def _beneath(template: str, values: Mapping[str, str]) -> Mapping[str, str]:
    prefix = template + "/"
    found = {path.removeprefix(prefix): value for path, value in values.items() if path.startswith(prefix)}
    return MappingProxyType(found)


def _deviations(values: Mapping[str, str], code: EmvQr) -> Iterator[EmvQrError]:
    """Say where a readable code departs from the format, value by value and then as a whole."""
    for path, value in values.items():
        yield from faults(path, value)
    for tag, account in code.merchant_accounts.items():
        if "00" not in account:
            yield EmvQrError(f"{tag}/00", "is missing")
    # EMV: 53 and 58 are mandatory; NAPAS: so is 01.
    for path in ("01", "53", "58") if code.provider == "VIETQR" else ("53", "58"):
        if path not in values:
            yield EmvQrError(path, "is missing")
    if code.amount is not None and not code.amount.strip("0."):
        yield EmvQrError("54", "is zero; a code without a fixed amount leaves it out")
    if code.provider == "VIETQR":
        yield from _vietqr_deviations(code)


def _vietqr_deviations(code: EmvQr) -> Iterator[EmvQrError]:
    """NAPAS: ID 53 is 704, 58 is VN, 54 is whole đồng under the cap of one transfer."""
    if code.currency not in {CURRENCY_VND, None}:
        yield EmvQrError("53", f"must be {CURRENCY_VND} (VND), not {code.currency}")
    if code.country not in {COUNTRY_VIETNAM, None}:
        yield EmvQrError("58", f"must be {COUNTRY_VIETNAM}, not {code.country}")
    whole, _, decimals = (code.amount or "1").partition(".")
    if decimals:
        yield EmvQrError("54", f"must be whole đồng, not {code.amount}")
    if int(whole) >= TRANSFER_CAP:
        yield EmvQrError("54", f"must stay under {TRANSFER_CAP}, the most that one transfer carries")


def _habits(code: EmvQr) -> Iterator[EmvQrError]:
    """Legal to read, but not as NAPAS writes it; some apps compare letter by letter."""
    if code.crc != code.crc.upper():
        yield EmvQrError("63", f"is written in lower case, {code.crc}")
    if code.account is not None and code.account != code.account.upper():
        yield EmvQrError("38/01/01", f"holds lower-case letters, {code.account}")


def encode(
    *,
    bin: str,  # noqa: A002 -- the banks' own word, and the name by which callers know it
    account: str,
    amount: int | None = None,
    memo: str | None = None,
    service: str = "QRIBFTTA",
    name: str | None = None,
    city: str | None = None,
    mcc: str | None = None,
    bill: str | None = None,
    store: str | None = None,
    reference: str | None = None,
    terminal: str | None = None,
) -> str:
    """Write the text of a VietQR code, in the order of NAPAS's samples (6.1): dynamic with an amount, else static.

    `bin` is six digits, `account` up to 19 ASCII letters and digits, `amount` whole đồng from 1 to under the transfer
    cap. `memo` (62/08), `bill` (62/01), `store`, `reference` and `terminal` are printable ASCII of up to 25 characters
    each, 99 together with their IDs; `name` up to 25, `city` up to 15, `mcc` four digits. Letters stand as given: who
    wants the smaller all-upper-case symbol passes upper case. Nothing is ever cut.

    Raises `EmvQrError` naming the first value that does not fit.
    """
    additional = {"62/01": bill, "62/03": store, "62/05": reference, "62/07": terminal, "62/08": memo}
    objects = {
        "00": "01",
        "01": "11" if amount is None else "12",
        "38": _merchant_account(bin, account, service),
        "52": mcc,
        "53": CURRENCY_VND,
        "54": None if amount is None else _amount_text(amount),
        "58": COUNTRY_VIETNAM,
        "59": name,
        "60": city,
        "62": _write_all(additional) or None,
    }
    body = _write_all(objects) + "6304"
    return body + crc(body)


def _write_all(objects: Mapping[str, str | None]) -> str:
    return "".join(write(path, value) for path, value in objects.items() if value is not None)


def _merchant_account(acquirer: str, account: str, service: str) -> str:
    """NAPAS ID 38: the scheme, the beneficiary, the service."""
    beneficiary = _write_all({"38/01/00": acquirer, "38/01/01": account})
    if not account.isalnum():
        raise EmvQrError("38/01/01", f"must be letters and digits, not {account!r}")
    if service not in SERVICES:
        raise EmvQrError("38/02", f"must be {' or '.join(SERVICES)}, not {service!r}")
    return _write_all({"38/00": VIETQR_GUID, "38/01": beneficiary, "38/02": service})


def _amount_text(amount: int) -> str:
    """NAPAS ID 54, and its cap for one transfer. A bool is no amount, though Python counts it among the integers."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise EmvQrError("54", f"must be a whole number of đồng, not {amount!r}")
    if not 0 < amount < TRANSFER_CAP:
        raise EmvQrError("54", f"must be more than 0 and under {TRANSFER_CAP} đồng, not {amount}")
    return str(amount)
