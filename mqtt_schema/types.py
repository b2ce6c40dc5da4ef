"""Pure: the units of the contract. A value's unit lives in its type, never in a comment."""

from datetime import UTC, datetime
from typing import Annotated, NewType

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from mqtt_schema.text import nfc

Vnd = NewType("Vnd", int)
"""A whole number of đồng (ISO 4217 VND has no decimals)."""

TRANSFER_CAP = Vnd(500_000_000)
"""A NAPAS247 transfer stays under this amount (NAPAS, VietQR format v1.0, 09/2021)."""

Amount = Annotated[Vnd, Field(ge=0, lt=10**13)]
"""Đồng, zero allowed: a waived line costs nothing."""

PayableAmount = Annotated[Vnd, Field(gt=0, lt=TRANSFER_CAP)]
"""Đồng that one transfer can carry."""

CounterId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$")]
"""A counter, unique over all sites; also the CN of its certificate. No dots: some brokers rewrite them."""

SiteId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$")]
"""An office, in the form that topics can carry."""

PaymentId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
MessageId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""Random (version 4) UUIDs without dashes."""

Bin = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
"""The six digits under which NAPAS knows an acquiring bank."""

AccountNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,19}$")]
"""An account or virtual account as the QR carries it (VietQR 38/01/01, at most 19 characters)."""


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        # The first and the last day of the calendar, in a zone that pushes them over its edge.
        raise ValueError("is outside the calendar") from error


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A moment, always with its zone, kept in UTC."""

Text = Annotated[str, AfterValidator(nfc), StringConstraints(min_length=1, max_length=200)]
"""Words for people: Unicode normalised to NFC, without control or bidirectional formatting characters."""
