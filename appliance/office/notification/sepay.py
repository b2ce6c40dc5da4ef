"""Pure: SePay's notifications. Verified over the raw bytes; an HMAC over time and body, or an API key.

Source: the vendor's webhook documentation (authentication, security, integration), read November 2026.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from appliance.office.credit import Credit
from appliance.office.notification.errors import NotProvenError, NotUnderstoodError
from mqtt_schema.text import nfc
from mqtt_schema.types import Instant, Vnd

PROVIDER = "sepay"
DRIFT = timedelta(minutes=5)
SIGNATURE = "x-sepay-signature"
TIMESTAMP = "x-sepay-timestamp"
_VIETNAM = timezone(timedelta(hours=7))
_FORM = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Proof:
    """How this office's SePay proves itself: exactly one of the two secrets is set."""

    hmac_secret: bytes | None = None
    api_key: bytes | None = None


# A NUL, or a reference made of spaces, is no word of a bank's; and no ledger could keep the first.
_Account = Annotated[str, AfterValidator(nfc), StringConstraints(max_length=64)]
_Code = Annotated[str, AfterValidator(nfc), StringConstraints(max_length=250)]
_Words = Annotated[str, AfterValidator(nfc)]


class _Body(BaseModel):
    """Numbers are strict: in quotes, "12.000" would be read as twelve, and `true` as one đồng."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[int, Field(strict=True, ge=0, lt=2**63)]
    transactionDate: str  # noqa: N815  # the provider's spelling
    accountNumber: _Account  # noqa: N815
    subAccount: _Account | None = None  # noqa: N815
    code: _Code | None = None
    content: Annotated[_Words, Field(max_length=1000)] = ""
    description: Annotated[_Words, Field(max_length=2000)] | None = None
    transferType: Literal["in", "out"]  # noqa: N815
    transferAmount: Annotated[int, Field(strict=True, ge=0, lt=10**13)]  # noqa: N815
    referenceCode: _Code | None = None  # noqa: N815


def verify(headers: Mapping[str, str], raw: bytes, proof: Proof, now: Instant) -> None:
    """Check that SePay sent these bytes. `headers` have lower-case names. Raises `NotProvenError` in words."""
    if proof.api_key is not None:
        if not hmac.compare_digest(_sent(headers, "authorization"), b"Apikey " + proof.api_key):
            raise NotProvenError("the API key is missing or wrong")
        return
    _verify_hmac(headers, raw, proof.hmac_secret or b"", now)


def _verify_hmac(headers: Mapping[str, str], raw: bytes, secret: bytes, now: Instant) -> None:
    if not secret:
        raise NotProvenError("this office has no HMAC secret for SePay")
    timestamp = headers.get(TIMESTAMP, "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise NotProvenError("the timestamp is missing or not a number of seconds")
    expected = sign(raw, timestamp, secret)
    if not hmac.compare_digest(_sent(headers, SIGNATURE), expected.encode()):
        raise NotProvenError("the signature is missing or wrong")
    if abs(now.timestamp() - int(timestamp)) > DRIFT.total_seconds():
        raise NotProvenError("the timestamp is more than five minutes away from this clock")


def _sent(headers: Mapping[str, str], name: str) -> bytes:
    """Give the bytes of a header back: servers read them as Latin-1, and what never was a byte equals nothing."""
    return headers.get(name, "").encode("latin-1", "replace")


def sign(raw: bytes, timestamp: str, secret: bytes) -> str:
    """`sha256=` and the hex HMAC-SHA256 of "{timestamp}.{raw body}". `timestamp` in unix seconds."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()


def parse(raw: bytes) -> Credit | None:
    """Read a proven notification; None for money that went out. Raises `NotUnderstoodError` naming the field."""
    try:
        body = _Body.model_validate_json(raw)
        at = datetime.strptime(body.transactionDate, _FORM).replace(tzinfo=_VIETNAM).astimezone(UTC)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise NotUnderstoodError(f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}") from error
    except (ValueError, OverflowError) as error:
        # The first hours of the year 1 are no year at all in UTC.
        raise NotUnderstoodError("transactionDate: not of the form 2026-11-22 14:02:37") from error
    if body.transferType == "out" or body.transferAmount == 0:
        return None
    return Credit(
        provider=PROVIDER,
        provider_id=str(body.id),
        bank_reference=body.referenceCode or f"{PROVIDER}:{body.id}",
        account=body.accountNumber,
        virtual_account=body.subAccount or None,
        amount=Vnd(body.transferAmount),
        memo=" | ".join(part for part in (body.code, body.content, body.description) if part),
        at=at,
    )
