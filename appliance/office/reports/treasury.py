"""The treasury remittance as a workbook: what was collected by fee, with chapter and sub-item. Computes nothing."""

from collections.abc import Sequence

from appliance.office.payment import Payment
from appliance.office.reports.fees import KIND_WORDS, FeeSum
from appliance.office.reports.form import Column, Form, Sheet, agreement, centred, count, money, place, text
from appliance.office.reports.period import Period
from appliance.office.reports.remittance import Remittance, Source, remit
from appliance.settings import OfficeSettings
from mqtt_schema.messages import FeeKind
from mqtt_schema.money import in_words
from mqtt_schema.types import Instant, Vnd

TITLE = "Bảng kê nộp ngân sách nhà nước"
FORM_NUMBER = "QT-02"
NOT_LISTED = "Chưa có trong danh mục: bổ sung chương, tiểu mục"
COLUMNS = (
    Column("STT", 5.5),
    Column("Nội dung khoản nộp", 34),
    Column("Số hồ sơ", 8),
    Column("Số lượt", 8),
    Column("Số tiền", 17),
    Column("Mã chương", 9),
    Column("Mã tiểu mục", 9),
    Column("Ghi chú", 17),
)
_TIMES, _MONEY = 3, 4
_SIGNERS = (
    ("Người lập bảng", "(Ký, họ tên)"),
    ("Phụ trách kế toán", "(Ký, họ tên)"),
    ("Thủ trưởng đơn vị", "(Ký, họ tên, đóng dấu)"),
)


def write(office: OfficeSettings, period: Period, payments: Sequence[Payment], made_at: Instant) -> bytes:
    """Write the remittance of a period as XLSX; `payments` as the ledger lists them for it."""
    remittance = remit(payments, period, office)
    form = Form(TITLE, FORM_NUMBER, office.name, period, made_at)
    sheet = form.sheet("Bảng kê nộp ngân sách", COLUMNS)
    sheet.heading()
    sheet.table_head(is_repeated=True)
    total_row = _fees(sheet, remittance)
    sheet.skip()
    _words(sheet, remittance)
    _check(sheet, remittance, total_row)
    sheet.signatures(_SIGNERS)
    sheet.finish()
    return form.close()


def _fees(sheet: Sheet, remittance: Remittance) -> int:
    """Write phí and lệ phí, each with its own sum, and the total of both; give the total's row."""
    if not remittance.fees:
        sheet.nothing("Trong kỳ không có khoản phí, lệ phí nào phải nộp.")
    subtotals = []
    number = 1
    for letter, kind in zip("AB", FeeKind, strict=True):
        fees = remittance.of_kind(kind)
        subtotals.append(_kind(sheet, letter, kind, fees, number))
        number += len(fees)
    times, amount = (_plus(sheet, column, subtotals) for column in (_TIMES, _MONEY))
    total_times = sum(fee.times for fee in remittance.fees)
    label = text("Tổng cộng (A + B)", span=3)
    rest = text("", span=3)
    sheet.add(label, count(total_times, times), money(remittance.total, amount), rest, is_total=True)
    return sheet.row - 1


def _kind(sheet: Sheet, letter: str, kind: FeeKind, fees: Sequence[FeeSum], number: int) -> int:
    """Write one kind's rows beneath its sum; give the sum's row."""
    row = sheet.row
    times, amount = sum(fee.times for fee in fees), sum(fee.amount for fee in fees)
    sums = [f"=SUM({sheet.at(c, row + 1)}:{sheet.at(c, row + len(fees))})" if fees else "=0" for c in (_TIMES, _MONEY)]
    label = text(f"Cộng {KIND_WORDS[kind].lower()}", span=2)
    sheet.add(centred(letter), label, count(times, sums[0]), money(amount, sums[1]), text("", span=3), is_total=True)
    for each, fee in enumerate(fees, number):
        _fee(sheet, each, fee)
    return row


def _fee(sheet: Sheet, number: int, fee: FeeSum) -> None:
    sheet.add(
        place(number),
        text(f"{fee.name} ({fee.code})"),
        count(fee.dossiers),
        count(fee.times),
        money(fee.amount),
        centred(fee.chapter),
        centred(fee.sub_item),
        text("" if fee.is_listed else NOT_LISTED),
    )


def _plus(sheet: Sheet, column: int, rows: Sequence[int]) -> str:
    return "=" + "+".join(sheet.at(column, row) for row in rows)


def _words(sheet: Sheet, remittance: Remittance) -> None:
    words = in_words(remittance.total)
    sheet.sentence(f"Tổng số tiền bằng chữ: {words}.", bold=True)
    told = f"Kèm theo {remittance.payments} khoản thanh toán đã nhận đủ tiền của {remittance.dossiers} hồ sơ."
    sheet.sentence(f"{told} Số khoản được miễn, giảm toàn bộ trong kỳ: {remittance.waived}.")


def _check(sheet: Sheet, remittance: Remittance, total_row: int) -> None:
    """Say on which account the money lies, and that the lines reach what was paid."""
    sheet.skip()
    sheet.caption("Đối chiếu với tiền đã nhận")
    sheet.table_head(("Tài khoản đã nhận tiền", "Số tiền", "Ghi chú"), spans=(4, 1, 3))
    first = sheet.row
    for source in remittance.sources:
        sheet.add(text(_account(source), span=4), money(source.amount), text("", span=3))
    received = sheet.sum_above(_MONEY, first)
    sheet.add(text("Cộng tiền đã nhận", span=4), money(remittance.paid, received), text("", span=3), is_total=True)
    off = f"={sheet.at(_MONEY, total_row)}-{sheet.at(_MONEY, sheet.row - 1)}"
    gap = Vnd(remittance.total - remittance.paid)
    verdict = agreement(gap, sheet.at(_MONEY, sheet.row), span=3)
    sheet.add(text("Chênh lệch so với bảng kê", span=4), money(gap, off), verdict, is_total=True)


def _account(source: Source) -> str:
    to = source.beneficiary
    return f"{to.account}, {to.bank_name} ({to.account_name})"
