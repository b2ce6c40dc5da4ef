"""Pure: what a clerk, the API or the portal orders, and every reason in words why it cannot be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from appliance.errors import ApplianceError
from appliance.settings import Fee, OfficeSettings
from mqtt_schema.messages import Channel, FeeKind, Line
from mqtt_schema.money import format_vnd
from mqtt_schema.text import nfc
from mqtt_schema.types import TRANSFER_CAP, Vnd

OTHER_FEE = "KHAC"
"""The catalogue's row for a fee that the clerk names freely."""

MAX_LINES = 20
PAYER_TOO_LONG = "Tên dài quá. Hãy viết gọn lại."
PAYER_WANTED = "Cán bộ nộp thay: hãy ghi tên người được nộp thay."
MAX_WORDS_BYTES = 8000
"""All dossiers and names of one payment: they have to fit, with all the rest, into one message to the counter."""
MAX_WORDS = 200

_DOSSIER = re.compile(
    r"(?:[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.)?[A-Y]\d{2}(?:\.[0-9A-Z]+)*-(\d{2})(\d{2})(\d{2})-\d{3,12}",
    re.ASCII,  # a digit here is 0 to 9, in no other script
)


class OrderLine(BaseModel):
    """One fee for one dossier. `amount` in đồng for the whole line.

    The fee is a code of the office's catalogue, or a free name (then `kind` says phí or lệ phí).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dossier: str
    fee_code: str | None = None
    fee_name: str | None = None
    quantity: StrictInt = 1
    amount: StrictInt
    kind: FeeKind | None = None


class Order(BaseModel):
    """A payment to be made at a counter. A total of zero needs a waiver reason.

    `is_on_behalf`: the clerk pays for somebody without a telephone; then `payer` says for whom. `insists`: make it even
    if something is missing at the counter.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    counter: str
    lines: Annotated[list[OrderLine], Field(max_length=100)]
    channel: Channel = Channel.COUNTER
    payer: str | None = None
    is_on_behalf: bool = False
    clerk: str = "Bộ phận Một cửa"
    waiver_reason: str | None = None
    insists: bool = False


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong: `field` as a path ("lines.0.amount"), and a sentence that says what to do."""

    field: str
    sentence: str


class OrderError(ApplianceError, ValueError):
    """An order cannot become a payment."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__("; ".join(f"{complaint.field}: {complaint.sentence}" for complaint in complaints))
        self.complaints = complaints


class NotFreshError(OrderError):
    """Something is missing at the order's counter: a complaint for each part. Whoever insists gets it all the same."""


def check(order: Order, office: OfficeSettings) -> tuple[Line, ...]:
    """Turn an order into a payment's lines. Raises `OrderError` with every complaint at once."""
    complaints = (*_about_order(order, office), *_about_lines(order, office))
    if complaints:
        raise OrderError(complaints)
    lines = tuple(_line(line, office) for line in order.lines)
    if sum(len(f"{line.dossier}{line.fee_name}{line.fee_name_en or ''}".encode()) for line in lines) > MAX_WORDS_BYTES:
        raise OrderError(
            (Complaint("lines", "Tên các khoản thu cộng lại dài quá. Hãy viết gọn hoặc tách thành hai lần."),)
        )
    return lines


def is_dossier(number: str) -> bool:
    """Say whether this is a dossier number with a real date (TT 01/2018/TT-VPCP article 19 and its later forms)."""
    match = _DOSSIER.fullmatch(number)
    if match is None or len(number) > 64:
        return False
    year, month, day = (int(group) for group in match.groups())
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _about_order(order: Order, office: OfficeSettings) -> Iterator[Complaint]:
    if office.counter(order.counter) is None:
        known = ", ".join(counter.id for counter in office.counters)
        yield Complaint("counter", f"Không có quầy này. Hãy chọn một trong: {known}.")
    if not order.lines:
        yield Complaint("lines", "Cần ít nhất một khoản thu.")
    if len(order.lines) > MAX_LINES:
        yield Complaint("lines", f"Một lần thanh toán có nhiều nhất {MAX_LINES} khoản. Hãy tách thành hai lần.")
    for field, words in (("payer", order.payer), ("clerk", order.clerk), ("waiver_reason", order.waiver_reason)):
        if words is not None and len(nfc(words)) > MAX_WORDS:
            yield Complaint(field, f"Dài quá {MAX_WORDS} ký tự. Hãy viết gọn lại.")
    if not nfc(order.clerk):
        yield Complaint("clerk", "Hãy ghi tên cán bộ hoặc bộ phận.")
    if order.is_on_behalf and not nfc(order.payer or ""):
        yield Complaint("payer", PAYER_WANTED)
    yield from _about_total(order)


def _about_total(order: Order) -> Iterator[Complaint]:
    total = sum(line.amount for line in order.lines)
    reason = nfc(order.waiver_reason or "")
    if order.lines and total == 0 and not reason:
        yield Complaint("waiver_reason", "Số tiền bằng 0: hãy ghi lý do miễn, giảm hoặc nhập lại số tiền.")
    if total > 0 and reason:
        yield Complaint("waiver_reason", "Lý do miễn chỉ dùng khi tổng số tiền bằng 0. Hãy xóa lý do hoặc sửa số tiền.")
    if total >= TRANSFER_CAP and all(0 <= line.amount < TRANSFER_CAP for line in order.lines):
        yield Complaint("lines", f"Tổng số tiền {_vnd(total)} vượt mức: {_CAP_SENTENCE}")


_CAP_SENTENCE = f"một lần chuyển khoản phải dưới {format_vnd(TRANSFER_CAP)}."


def _vnd(amount: int) -> str:
    return format_vnd(Vnd(amount)) if amount >= 0 else f"{amount} đ"


def _about_lines(order: Order, office: OfficeSettings) -> Iterator[Complaint]:
    for place, line in enumerate(order.lines):
        for field, sentence in _about_line(line, office):
            yield Complaint(f"lines.{place}.{field}", sentence)


def _about_line(line: OrderLine, office: OfficeSettings) -> Iterator[tuple[str, str]]:
    if not is_dossier(nfc(line.dossier)):
        yield "dossier", "Mã hồ sơ không đúng. Ví dụ đúng: H26.1-261122-0001 (mã cơ quan, ngày nhận, số thứ tự)."
    if line.amount < 0:
        yield "amount", "Số tiền không thể âm. Hãy nhập lại."
    if line.amount >= TRANSFER_CAP:
        yield "amount", f"Số tiền {_vnd(line.amount)} vượt mức: {_CAP_SENTENCE}"
    if not 1 <= line.quantity <= 9999:
        yield "quantity", "Số lượng phải từ 1 đến 9999."
    yield from _about_fee(line, office)


def _about_fee(line: OrderLine, office: OfficeSettings) -> Iterator[tuple[str, str]]:
    name = nfc(line.fee_name or "")
    if len(name) > MAX_WORDS:
        yield "fee_name", f"Tên khoản thu dài quá {MAX_WORDS} ký tự. Hãy viết gọn lại."
    if line.fee_code and office.fee(line.fee_code) is None:
        yield "fee_code", "Không có mã khoản thu này trong danh mục. Hãy chọn lại."
    if not line.fee_code and not name:
        yield "fee_name", "Hãy chọn hoặc ghi tên khoản thu."
    elif not line.fee_code and _by_name(name, office) is None and office.fee(OTHER_FEE) is None:
        yield "fee_name", "Khoản thu này không có trong danh mục của đơn vị. Hãy chọn trong danh mục."


def _by_name(name: str, office: OfficeSettings) -> Fee | None:
    return next((fee for fee in office.fees if fee.name.casefold() == name.casefold()), None)


def _line(line: OrderLine, office: OfficeSettings) -> Line:
    name = nfc(line.fee_name or "")
    fee = office.fee(line.fee_code) if line.fee_code else _by_name(name, office) or office.fee(OTHER_FEE)
    if fee is None:
        raise OrderError((Complaint("fee_code", "Không có mã khoản thu này trong danh mục."),))
    is_other = fee.code == OTHER_FEE
    is_named_freely = is_other and bool(name)
    return Line(
        dossier=nfc(line.dossier),
        fee_code=fee.code,
        fee_name=name if is_named_freely else fee.name,
        # What a clerk wrote has no English name; the catalogue's would be that of something else.
        fee_name_en=None if is_named_freely and name != fee.name else fee.name_en,
        quantity=line.quantity,
        amount=Vnd(line.amount),
        kind=line.kind if is_other and line.kind else fee.kind,
        is_sensitive=fee.is_sensitive,
    )
