"""The reconciliation as a workbook: a page of sums, then every payment, every line, every credit. Computes nothing."""

from collections.abc import Iterator, Mapping, Sequence

from appliance.chain import Row
from appliance.office.events import Verdict
from appliance.office.payment import Payment
from appliance.office.records import BookedCredit
from appliance.office.reports import summary
from appliance.office.reports import tally as names
from appliance.office.reports.fees import KIND_WORDS
from appliance.office.reports.form import (
    Cell,
    Column,
    Form,
    Sheet,
    centred,
    count,
    moment,
    money,
    place,
    text,
)
from appliance.office.reports.period import Period
from appliance.office.reports.tally import Tally, tally
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Channel
from mqtt_schema.money import format_vnd
from mqtt_schema.text import nfc
from mqtt_schema.types import Instant, Vnd

TITLE = "Báo cáo đối chiếu thu phí, lệ phí"
FORM_NUMBER = "QT-01"
_ASIDE_WORDS = {Verdict.LATE: "Tiền đến muộn", Verdict.SURPLUS: "Chuyển thêm"}
CHANNEL_WORDS: Mapping[Channel, str] = {Channel.COUNTER: "Tại quầy", Channel.ONLINE: "Trực tuyến"}

PAYMENTS = (
    Column("STT", 5.5),
    Column("Mã tham chiếu", 15.5),
    Column("Tạo lúc", 16),
    Column("Quầy", 9),
    Column("Cán bộ", 17),
    Column("Kênh", 9),
    Column("Hồ sơ", 24),
    Column("Phải thu", 14),
    Column("Ghi nhận", 14),
    Column("Thu trong kỳ", 14),
    Column("Kết quả", 15),
    Column("Nhận lúc", 16),
    Column("Số giao dịch ngân hàng", 19),
    Column("Ghi chú", 22),
)
LINES = (
    Column("STT", 5.5),
    Column("Mã tham chiếu", 15.5),
    Column("Hồ sơ", 22),
    Column("Mã khoản thu", 11),
    Column("Nội dung", 34),
    Column("Loại", 8),
    Column("Số lượng", 8),
    Column("Số tiền", 14),
    Column("Mục", 6),
    Column("Thu trong kỳ", 14),
    Column("Kết quả", 15),
)
CREDITS = (
    Column("STT", 5.5),
    Column("Ghi sổ lúc", 16),
    Column("Ngân hàng báo lúc", 16),
    Column("Tài khoản", 17),
    Column("Số giao dịch ngân hàng", 19),
    Column("Nội dung chuyển khoản", 40),
    Column("Số tiền", 14),
    Column("Kết quả", 19),
    Column("Mã tham chiếu", 15.5),
)


def write(
    office: OfficeSettings,
    period: Period,
    payments: Sequence[Payment],
    booked: Sequence[BookedCredit],
    made_at: Instant,
    sealed: Row | None = None,
) -> bytes:
    """Write the reconciliation of a period as XLSX; payments and credits as the ledger lists them for it.

    `sealed` is the last row of the audit in this period.

    Payments from elsewhere may be among them and lend their references to credits; they are not listed.
    """
    tallied = tally(payments, booked, period, office)
    form = Form(TITLE, FORM_NUMBER, office.name, period, made_at)
    first = form.sheet("Tổng hợp", summary.COLUMNS)
    of_payments = _payments(form.sheet("Khoản thu", PAYMENTS, is_wide=True), tallied)
    of_lines = _lines(form.sheet("Chi tiết khoản thu", LINES, is_wide=True), tallied)
    of_credits = _credits(form.sheet("Báo có", CREDITS, is_wide=True), tallied)
    summary.fill(first, tallied, summary.Ranges(*of_payments, *of_lines, *of_credits), sealed)
    return form.close()


# The lists


def _begin(sheet: Sheet, title: str) -> int:
    sheet.heading(title)
    sheet.table_head(is_repeated=True)
    sheet.freeze()
    return sheet.row


def _payments(sheet: Sheet, tallied: Tally) -> tuple[str, ...]:
    first = _begin(sheet, "Danh sách khoản thu")
    for number, row in enumerate(tallied.payments, 1):
        sheet.add(place(number), *_payment(row.payment), *_took(row))
    if not tallied.payments:
        sheet.nothing("Trong kỳ không có khoản thu nào.")
    amounts = [Vnd(sum(row.payment.amount for row in tallied.payments))]
    amounts += [Vnd(sum(row.payment.received for row in tallied.payments)), tallied.taken]
    totals = [money(amount, sheet.sum_above(column, first)) for column, amount in enumerate(amounts, 7)]
    last = sheet.row - 1
    sheet.add(text("Cộng", span=7), *totals, text("", span=4), is_total=True)
    sheet.finish()
    return tuple(sheet.span(column, first, last) for column in (3, 7, 9, 10))


def _payment(payment: Payment) -> tuple[Cell, ...]:
    return (
        centred(payment.reference),
        moment(payment.created_at),
        centred(payment.counter),
        text(payment.clerk),
        centred(CHANNEL_WORDS[payment.channel]),
        text(", ".join(dict.fromkeys(line.dossier for line in payment.lines))),
        money(payment.amount),
        money(payment.received),
    )


def _took(row: names.PaymentRow) -> tuple[Cell, ...]:
    payment = row.payment
    return (
        money(row.taken),
        text(row.result),
        moment(payment.paid_at),
        text(payment.bank_reference or ""),
        text("; ".join((*_aside(row), *([payment.waiver_reason] if payment.waiver_reason else ())))),
    )


def _aside(row: names.PaymentRow) -> Iterator[str]:
    for one in row.aside:
        yield f"{_ASIDE_WORDS[one.verdict]}: {format_vnd(one.credit.amount)}"


def _lines(sheet: Sheet, tallied: Tally) -> tuple[str, ...]:
    first = _begin(sheet, "Chi tiết khoản thu theo hồ sơ")
    for number, row in enumerate(tallied.lines, 1):
        sheet.add(place(number), *_line(row))
    if not tallied.lines:
        sheet.nothing("Trong kỳ không có khoản thu nào.")
    ordered = Vnd(sum(row.line.amount for row in tallied.lines))
    taken = Vnd(sum(row.taken or 0 for row in tallied.lines))
    last = sheet.row - 1
    sheet.add(
        text("Cộng", span=7),
        money(ordered, sheet.sum_above(7, first)),
        text(""),
        money(taken, f"=SUM({sheet.at(9, first)}:{sheet.at(9, last)})"),
        text(""),
        is_total=True,
    )
    sheet.finish()
    return tuple(sheet.span(column, first, last) for column in (8, 9))


def _line(row: names.LineRow) -> tuple[Cell, ...]:
    return (
        centred(row.payment.reference),
        text(row.line.dossier),
        centred(row.line.fee_code),
        text(row.line.fee_name),
        centred(KIND_WORDS[row.line.kind]),
        count(row.line.quantity),
        money(row.line.amount),
        place(row.place),
        money(row.taken),
        text(row.result),
    )


def _credits(sheet: Sheet, tallied: Tally) -> tuple[str, ...]:
    first = _begin(sheet, "Danh sách báo có của ngân hàng")
    for number, row in enumerate(tallied.credits, 1):
        sheet.add(place(number), *_credit(row))
    if not tallied.credits:
        sheet.nothing("Trong kỳ ngân hàng không báo có khoản nào.")
    last = sheet.row - 1
    total = money(tallied.received, sheet.sum_above(6, first))
    sheet.add(text("Cộng", span=6), total, text("", span=2), is_total=True)
    sheet.finish()
    return tuple(sheet.span(column, first, last) for column in (6, 7))


def _credit(row: names.CreditRow) -> tuple[Cell, ...]:
    credit = row.booked.credit
    return (
        moment(row.booked.booked_at),
        moment(credit.at),
        text(" / ".join(account for account in (credit.account, credit.virtual_account) if account)),
        text(credit.bank_reference),
        text(nfc(credit.memo)),
        money(credit.amount),
        text(row.finding),
        centred(row.reference),
    )
