"""Pure: EMV data objects, the bricks of a QR payload: their forms, lengths and checksum. It knows no payment.

Sources, cited by data object ID: "EMV" is EMVCo's QR Code Specification for Payment Systems, Merchant-Presented Mode
1.1; "NAPAS" is its VietQR format v1.0 (09/2021). An object is named by its path of IDs: "62/08" is the purpose within
the additional data, "38/01/00" the BIN within the beneficiary; "payload" is the text as a whole.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mqtt_schema.errors import ContractError

MAX_CHARACTERS = 4296
"""The most that any QR symbol holds (ISO/IEC 18004, version 40-L, alphanumeric)."""

VIETQR_GUID = "A000000727"
"""The scheme id of NAPAS's VietQR (NAPAS ID 38/00)."""


class EmvQrError(ContractError, ValueError):
    """A payload, or a value for one, does not keep to the format: `path` of IDs, and in words what is `wrong`."""

    def __init__(self, path: str, wrong: str) -> None:
        super().__init__(path, wrong)
        self.field = path
        self.wrong = wrong

    def __str__(self) -> str:
        name = form_of(self.field).name
        return f"{self.field} ({name}): {self.wrong}" if name else f"{self.field}: {self.wrong}"


@dataclass(frozen=True)
class Form:
    """What one object must look like: its name, its most characters, its pattern, and that pattern in words."""

    name: str
    longest: int
    pattern: re.Pattern[str]
    wants: str


# EMV's "common character set" (format ANS); only the alternate language may leave it (format S).
_ANS = ("[ -~]*", "printable ASCII")
_UNICODE = (r"[^\x00-\x1f\x7f]*", "text without control characters")
_NUMBER = ("[0-9]+[.]?[0-9]*", "digits with at most one point and no separators")


def _form(name: str, longest: int, pattern: str = _ANS[0], wants: str = _ANS[1]) -> Form:
    return Form(name, longest, re.compile(pattern), wants)


_NAMELESS = _form("", 99)
_SCHEME = _form("scheme id", 32)

FORMS: dict[str, Form] = {
    "00": _form("payload format", 2, "01", "01"),
    "01": _form("point of initiation", 2, "1[12]", "11 (static) or 12 (dynamic)"),
    "38": _form("merchant account", 99),
    "38/01": _form("beneficiary", 99),
    "38/01/00": _form("BIN", 6, "[0-9]{6}", "six digits"),
    "38/01/01": _form("account", 19),
    "38/02": _form("service", 10),
    "52": _form("merchant category", 4, "[0-9]{4}", "four digits"),
    "53": _form("currency", 3, "[0-9]{3}", "three digits"),
    "54": _form("amount", 13, *_NUMBER),
    "55": _form("tip indicator", 2, "0[123]", "01, 02 or 03"),
    "56": _form("fixed fee", 13, *_NUMBER),
    "57": _form("fee percentage", 5, *_NUMBER),
    "58": _form("country", 2, "[A-Z]{2}", "two capital letters"),
    "59": _form("name", 25),
    "60": _form("city", 15),
    "61": _form("postal code", 10),
    "62": _form("additional data", 99),
    "62/01": _form("bill", 25),
    "62/02": _form("mobile", 25),
    "62/03": _form("store", 25),
    "62/04": _form("loyalty", 25),
    "62/05": _form("reference", 25),
    "62/06": _form("customer", 25),
    "62/07": _form("terminal", 25),
    "62/08": _form("memo", 25),
    "62/09": _form("consumer data request", 3, "[AME]*", "letters out of A, M and E"),
    "63": _form("CRC", 4, "[0-9A-Fa-f]{4}", "four hexadecimal digits"),
    "64/00": _form("alternate language", 2, "[A-Za-z]{2}", "two letters"),
    "64/01": _form("alternate name", 25, *_UNICODE),
    "64/02": _form("alternate city", 15, *_UNICODE),
}

_TWO_DIGITS = re.compile("[0-9]{2}")


def is_merchant_account(tag: str) -> bool:
    """Say whether a top-level ID is a template for one scheme's account (EMV IDs 26 to 51)."""
    return len(tag) == 2 and "26" <= tag <= "51"


def form_of(path: str) -> Form:
    """Find the form of an object; what the table does not know is printable ASCII of up to 99 characters."""
    if is_merchant_account(path[:2]) and path[2:] == "/00":
        return _SCHEME
    return FORMS.get(path, _NAMELESS)


def faults(path: str, value: str) -> Iterator[EmvQrError]:
    """Say what keeps `value` from being a legal object at `path`: empty, too long, out of its pattern."""
    form = form_of(path)
    if not value:
        yield EmvQrError(path, "is empty")
    elif len(value) > form.longest:
        yield EmvQrError(path, f"is {len(value)} characters long, at most {form.longest} are allowed")
    elif not form.pattern.fullmatch(value):
        yield EmvQrError(path, f"must be {form.wants}, not {value!r}")


def write(path: str, value: str) -> str:
    """Write one object: ID, length of two digits, value (EMV, data organisation). Raises `EmvQrError`; never cuts."""
    for wrong in faults(path, value):
        raise wrong
    return f"{path[-2:]}{len(value):02}{value}"


def take_apart(text: str, parent: str = "") -> dict[str, str]:
    """Read one level: ID of two digits, length of two digits, so many CHARACTERS (EMV, data organisation).

    Raises `EmvQrError` where the text does not come out even, an ID stands twice, or a length is 00; only children of
    62 may be empty, for real ones are, and a lenient reader flags them.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + 4]
        if not _TWO_DIGITS.fullmatch(tag):
            raise EmvQrError(parent or "payload", f"an ID of two digits must follow character {at}, not {tag!r}")
        path = f"{parent}/{tag}" if parent else tag
        if tag in found:
            raise EmvQrError(path, "stands twice")
        found[tag] = _value(path, length, text[at + 4 :])
        at += 4 + len(found[tag])
    return found


def _value(path: str, length: str, rest: str) -> str:
    if not _TWO_DIGITS.fullmatch(length):
        raise EmvQrError(path, f"its length must be two digits, not {length!r}")
    value = rest[: int(length)]
    if len(value) < int(length):
        raise EmvQrError(path, f"claims {int(length)} characters, but only {len(value)} are left")
    if not value and not path.startswith("62/"):
        raise EmvQrError(path, "is empty")
    return value


def leaves(objects: Mapping[str, str], parent: str = "") -> Iterator[tuple[str, str]]:
    """Walk down to the values that hold no objects of their own, each with its path, in the order of the text."""
    for tag, value in objects.items():
        path = f"{parent}/{tag}" if parent else tag
        if _is_template(path, objects):
            yield from leaves(take_apart(value, path), path)
        else:
            yield path, value


def _is_template(path: str, siblings: Mapping[str, str]) -> bool:
    # EMV IDs 26 to 51, 62 and 64; NAPAS 38/01. IDs 65 to 99 follow each scheme's own rules and stay as they are.
    if path == "38/01":
        return siblings.get("00") == VIETQR_GUID
    return path in {"62", "64"} or is_merchant_account(path)


def crc(text: str) -> str:
    """CRC-16/CCITT-FALSE over the UTF-8 bytes, four upper-case hexadecimal digits (EMV ID 63; "123456789" is 29B1).

    Raises `EmvQrError` for text that UTF-8 cannot carry (lone surrogates).
    """
    try:
        return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"
    except UnicodeEncodeError as error:
        raise EmvQrError("payload", "holds half a character (a lone surrogate)") from error


def check_crc(text: str) -> None:
    """Refuse text that does not end in the right checksum (EMV ID 63: last, four hexadecimal digits of any case)."""
    if len(text) > MAX_CHARACTERS:
        raise EmvQrError("payload", f"is {len(text)} characters long; no QR code holds more than {MAX_CHARACTERS}")
    body, stands = text[:-4], text[-4:]
    if not body.endswith("6304") or not FORMS["63"].pattern.fullmatch(stands):
        raise EmvQrError("63", "must stand last, as 6304 and four hexadecimal digits")
    if stands.upper() != (right := crc(body)):
        raise EmvQrError("63", f"is {stands}, but the text before it gives {right}: altered, cut or misread")
