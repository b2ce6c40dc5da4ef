"""Pure: the new-payment form, between what a clerk typed and an order. Every complaint stands at its field.

A field is named as complaints name it ("lines.0.amount"), so that a sentence finds its place by itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from appliance.office.order import MAX_LINES, OTHER_FEE, Complaint, Order, OrderError, OrderLine, check
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Channel, FeeKind, Line
from mqtt_schema.text import nfc
from mqtt_schema.types import Vnd

_GROUPED = re.compile(r"[0-9]{1,3}(?:[. ][0-9]{3})+")
_CURRENCY = re.compile(r"\s*(?:đ|₫|đồng|vnd|vnđ)\.?$", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_LINE_FIELD = re.compile(r"lines\.([0-9]{1,3})\.[a-z_]+")
_WHOLE = ("token", "counter", "clerk", "channel", "payer", "is_on_behalf", "waiver_reason")
_LONGEST = 1000
"""Characters of one field; anything longer is cut before anybody looks at it, and complained of later."""


@dataclass(frozen=True)
class DraftLine:
    """One line as it was typed."""

    dossier: str = ""
    fee_code: str = ""
    fee_name: str = ""
    kind: str = FeeKind.LE_PHI.value
    quantity: str = "1"
    amount: str = ""


@dataclass(frozen=True)
class Draft:
    """The whole form as it was typed. `token` is the idempotency key of whatever comes of it.

    `is_on_behalf` is a ticked box: any word, or nothing.
    """

    token: str
    counter: str = ""
    clerk: str = ""
    channel: str = Channel.COUNTER.value
    payer: str = ""
    is_on_behalf: str = ""
    waiver_reason: str = ""
    lines: tuple[DraftLine, ...] = (DraftLine(),)


@dataclass(frozen=True)
class Checked:
    """A draft that was looked at: an order and its lines when all is well, else why not, by field."""

    order: Order | None
    lines: tuple[Line, ...] = ()
    complaints: Mapping[str, str] = field(default_factory=dict)


def read(fields: Mapping[str, str], token: str) -> Draft:
    """Read a submitted form; missing fields are empty. `token` serves when the form brought none."""
    places = {int(match[1]) for name in fields if (match := _LINE_FIELD.fullmatch(name))}
    lines = tuple(_read_line(fields, place) for place in sorted(places)[: MAX_LINES + 1])
    names = [name for name in _WHOLE if name != "token"]
    given = {name: fields[name][:_LONGEST].strip() for name in names if name in fields}
    return Draft(token=fields.get("token", "")[:128] or token, lines=lines or (DraftLine(),), **given)


def _read_line(fields: Mapping[str, str], place: int) -> DraftLine:
    names = ("dossier", "fee_code", "fee_name", "kind", "quantity", "amount")
    typed = {name: fields.get(f"lines.{place}.{name}") for name in names}
    line = DraftLine(**{name: value[:_LONGEST].strip() for name, value in typed.items() if value is not None})
    return replace(line, dossier="".join(line.dossier.translate(_DASHES).upper().split()))


def change_lines(draft: Draft, change: str) -> Draft:
    """Do what a line button says: "add" one (for the last line's dossier) or "remove.N"; anything else does nothing."""
    lines = draft.lines
    if change == "add" and len(lines) < MAX_LINES:
        return replace(draft, lines=(*lines, DraftLine(dossier=lines[-1].dossier)))
    word, _, place = change.partition(".")
    if word == "remove" and place.isdecimal() and len(lines) > 1:
        return replace(draft, lines=tuple(line for number, line in enumerate(lines) if number != int(place)))
    return draft


def from_dossier(draft: Draft, dossier: Mapping[str, Any], office: OfficeSettings) -> Draft:
    """Fill the form with what the portal sent, for a clerk to check."""
    number = str(dossier["number"])
    lines = tuple(_portal_line(number, line, office) for line in dossier.get("lines", ()))
    return replace(
        draft,
        channel=str(dossier.get("channel") or Channel.ONLINE.value),
        payer=str(dossier.get("payer") or ""),
        waiver_reason=str(dossier.get("waiver_reason") or ""),
        lines=lines or (DraftLine(dossier=number),),
    )


def _portal_line(number: str, line: Mapping[str, Any], office: OfficeSettings) -> DraftLine:
    name = nfc(str(line.get("fee_name") or ""))
    by_name = next((fee.code for fee in office.fees if fee.name.casefold() == name.casefold()), OTHER_FEE)
    return DraftLine(
        dossier=str(line.get("dossier") or number),
        fee_code=str(line.get("fee_code") or by_name),
        fee_name=name,
        kind=str(line.get("kind") or FeeKind.LE_PHI.value),
        quantity=str(line.get("quantity", 1)),
        amount=str(line.get("amount", "")),
    )


def look_at(draft: Draft, office: OfficeSettings) -> Checked:
    """Turn a draft into an order, or say at each field what is wrong with it."""
    own = {complaint.field: complaint.sentence for complaint in _unreadable(draft, office)}
    order = _order(draft, office)
    try:
        lines = check(order, office)
    except OrderError as error:
        return Checked(None, complaints=_heard(error, own))
    return Checked(None, complaints=own) if own else Checked(order, lines)


def _heard(error: OrderError, own: Mapping[str, str]) -> dict[str, str]:
    """Both kinds of complaint. What could not be read was checked as zero: nobody is to hear about that zero."""
    shadowed = {field.replace("fee_code", "fee_name") for field in own}
    shadowed |= {"waiver_reason"} if own else set()
    return {c.field: c.sentence for c in error.complaints if c.field not in shadowed} | dict(own)


def _unreadable(draft: Draft, office: OfficeSettings) -> Iterator[Complaint]:
    if draft.channel not in set(Channel):
        yield Complaint("channel", "Hãy chọn nơi nộp hồ sơ: tại quầy hoặc trực tuyến.")
    for place, line in enumerate(draft.lines):
        if line.amount and figure(line.amount) is None:
            yield Complaint(f"lines.{place}.amount", "Số tiền chỉ gồm chữ số, ví dụ 35.000.")
        elif _amount(line, office) is None:
            yield Complaint(f"lines.{place}.amount", "Hãy nhập số tiền.")
        if figure(line.quantity) is None:
            yield Complaint(f"lines.{place}.quantity", "Số lượng chỉ gồm chữ số.")
        if line.fee_code == OTHER_FEE and not nfc(line.fee_name):
            yield Complaint(f"lines.{place}.fee_name", "Hãy ghi tên khoản thu.")
        if not line.fee_code and not line.fee_name:
            yield Complaint(f"lines.{place}.fee_code", "Hãy chọn khoản thu.")


def _order(draft: Draft, office: OfficeSettings) -> Order:
    return Order(
        counter=draft.counter,
        clerk=draft.clerk,
        channel=Channel(draft.channel) if draft.channel in set(Channel) else Channel.COUNTER,
        payer=draft.payer or None,
        is_on_behalf=bool(draft.is_on_behalf),
        waiver_reason=draft.waiver_reason or None,
        lines=[_order_line(line, office) for line in draft.lines],
    )


def _order_line(line: DraftLine, office: OfficeSettings) -> OrderLine:
    is_free = line.fee_code in {"", OTHER_FEE}
    return OrderLine(
        dossier=line.dossier,
        fee_code=line.fee_code or None,
        fee_name=line.fee_name if is_free and line.fee_name else None,
        kind=FeeKind(line.kind) if is_free and line.kind in set(FeeKind) else None,
        quantity=_or(figure(line.quantity), 1),
        amount=_or(_amount(line, office), 0),
    )


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number


def _amount(line: DraftLine, office: OfficeSettings) -> int | None:
    """The typed amount, else price times quantity where the catalogue has a price."""
    return figure(line.amount) if line.amount else usual_amount(line, office)


def usual_amount(line: DraftLine, office: OfficeSettings) -> Vnd | None:
    """What the catalogue says this line costs, in đồng, or None when it does not say."""
    fee, pieces = office.fee(line.fee_code), figure(line.quantity)
    return None if fee is None or fee.price is None or pieces is None else Vnd(fee.price * pieces)


def figure(typed: str) -> int | None:
    """Read "35000", "35.000", "35 000" or "35.000 đ"; None for anything that could be taken two ways."""
    bare = _CURRENCY.sub("", nfc(typed))
    if _GROUPED.fullmatch(bare):
        return int(re.sub("[. ]", "", bare))
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= 18 else None


def fields_of(draft: Draft) -> Sequence[tuple[str, str]]:
    """The draft as hidden fields: name and value."""
    of_line = ("dossier", "fee_code", "fee_name", "kind", "quantity", "amount")
    return [(name, getattr(draft, name)) for name in _WHOLE] + [
        (f"lines.{place}.{name}", getattr(line, name)) for place, line in enumerate(draft.lines) for name in of_line
    ]
