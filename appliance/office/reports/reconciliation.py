"""The reconciliation as a workbook: a page of sums, then every payment, every line, every credit. Computes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.office.payment import Payment
from appliance.office.reports import tally as names
from appliance.office.reports.fees import KIND_WORDS
from appliance.office.reports.form import Cell, Column, Form, Sheet, agreement, centred, count, moment, money, text
from appliance.office.reports.period import Period
from appliance.office.reports.tally import Booked, CounterSum, Tally, tally
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Channel
from mqtt_schema.text import nfc
from mqtt_schema.types import Instant, Vnd

TITLE = "Báo cáo đối chiếu thu phí, lệ phí"
FORM_NUMBER = "QT-01"
CHANNEL_WORDS: Mapping[Channel, str] = {Channel.COUNTER: "Tại quầy", Channel.ONLINE: "Trực tuyến"}

SUMMARY = (
    Column("", 5.5),
    Column("", 13),
    Column("", 32),
    Column("", 11),
    Column("", 11),
    Column("", 18),
    Column("", 11),
)
PAYMENTS = (
    Column("STT", 5.5),
    Column("Mã tham chiếu", 15.5),
    Column("Tạo lúc", 16),
    Column("Quầy", 9),
    Column("Cán bộ", 15),
    Column("Kênh", 9),
    Column("Hồ sơ", 21),
    Column("Phải thu", 14),
    Column("Ngân hàng báo có", 14),
    Column("Thu trong kỳ", 14),
    Column("Kết quả", 15),
    Column("Nhận lúc", 16),
    Column("Số giao dịch ngân hàng", 19),
    Column("Ghi chú", 18),
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
_SIGNERS = (
    ("Người lập báo cáo", "(Ký, họ tên)"),
    ("Phụ trách kế toán", "(Ký, họ tên)"),
    ("Thủ trưởng đơn vị", "(Ký, họ tên, đóng dấu)"),
)


@dataclass(frozen=True)
class _Ranges:
    """Where on the other sheets stands what the page of sums adds up."""

    payment_counter: str
    payment_amount: str
    payment_taken: str
    payment_result: str
    line_place: str
    line_taken: str
    credit_amount: str
    credit_finding: str


def write(
    office: OfficeSettings, period: Period, payments: Sequence[Payment], booked: Sequence[Booked], made_at: Instant
) -> bytes:
    """Write the reconciliation of a period as XLSX; payments and credits as the ledger lists them for it.

    Payments from elsewhere may be among them and lend their references to credits; they are not listed.
    """
    tallied = tally(payments, booked, period, office)
    form = Form(TITLE, FORM_NUMBER, office.name, period, made_at)
    first = form.sheet("Tổng hợp", SUMMARY)
    of_payments = _payments(form.sheet("Khoản thu", PAYMENTS, is_wide=True), tallied)
    of_lines = _lines(form.sheet("Chi tiết khoản thu", LINES, is_wide=True), tallied)
    of_credits = _credits(form.sheet("Báo có", CREDITS, is_wide=True), tallied)
    _summary(first, tallied, _Ranges(*of_payments, *of_lines, *of_credits))
    return form.close()


# The lists


def _begin(sheet: Sheet, title: str) -> int:
    sheet.heading(title)
    sheet.table_head(is_repeated=True)
    sheet.freeze()
    return sheet.row


def _sum_below(sheet: Sheet, column: int, first: int) -> str:
    return f"=SUM({sheet.at(column, first)}:{sheet.at(column, sheet.row - 1)})"


def _payments(sheet: Sheet, tallied: Tally) -> tuple[str, ...]:
    first = _begin(sheet, "Danh sách khoản thu")
    for place, row in enumerate(tallied.payments, 1):
        sheet.add(count(place), *_payment(row.payment), *_took(row))
    if not tallied.payments:
        sheet.nothing("Trong kỳ không có khoản thu nào.")
    amounts = [Vnd(sum(row.payment.amount for row in tallied.payments))]
    amounts += [Vnd(sum(row.payment.received for row in tallied.payments)), tallied.taken]
    totals = [money(amount, _sum_below(sheet, column, first)) for column, amount in enumerate(amounts, 7)]
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
        text(payment.waiver_reason or ""),
    )


def _lines(sheet: Sheet, tallied: Tally) -> tuple[str, ...]:
    first = _begin(sheet, "Chi tiết khoản thu theo hồ sơ")
    for place, row in enumerate(tallied.lines, 1):
        sheet.add(count(place), *_line(row))
    if not tallied.lines:
        sheet.nothing("Trong kỳ không có khoản thu nào.")
    ordered = Vnd(sum(row.line.amount for row in tallied.lines))
    taken = Vnd(sum(row.taken or 0 for row in tallied.lines))
    last = sheet.row - 1
    sheet.add(
        text("Cộng", span=7),
        money(ordered, _sum_below(sheet, 7, first)),
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
        count(row.place),
        money(row.taken),
        text(row.result),
    )


def _credits(sheet: Sheet, tallied: Tally) -> tuple[str, ...]:
    first = _begin(sheet, "Danh sách báo có của ngân hàng")
    for place, row in enumerate(tallied.credits, 1):
        sheet.add(count(place), *_credit(row))
    if not tallied.credits:
        sheet.nothing("Trong kỳ ngân hàng không báo có khoản nào.")
    last = sheet.row - 1
    total = money(tallied.received, _sum_below(sheet, 6, first))
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


# The page of sums


def _summary(sheet: Sheet, tallied: Tally, ranges: _Ranges) -> None:
    sheet.heading()
    _about_credits(sheet, tallied, ranges)
    _about_payments(sheet, tallied, ranges)
    _about_counters(sheet, tallied, ranges)
    _about_fees(sheet, tallied, ranges)
    sheet.signatures(_SIGNERS)
    sheet.finish()


def _about_credits(sheet: Sheet, tallied: Tally, ranges: _Ranges) -> None:
    """Every credit has one name, and the names together are all that came."""
    sheet.caption("1. Tiền ngân hàng báo có")
    sheet.table_head(("STT", "Kết quả đối chiếu", "Số giao dịch", "Số tiền", "Ghi chú"), spans=(1, 2, 2, 1, 1))
    first = sheet.row
    for place, finding in enumerate(names.FINDINGS, 1):
        number, amount = tallied.found(finding)
        key = sheet.at(1, sheet.row)
        _named(sheet, place, finding, (number, amount), (ranges.credit_finding, key, ranges.credit_amount))
    found = [tallied.found(finding) for finding in names.FINDINGS]
    _total(sheet, "Cộng các kết quả", (sum(n for n, _ in found), sum(a for _, a in found)), first)
    summed = sheet.row - 1
    whole = f"=SUM({ranges.credit_amount})"
    counted = count(len(tallied.credits), f"=COUNT({ranges.credit_amount})")
    _row(sheet, "Tổng ngân hàng báo có", counted, money(tallied.received, whole))
    _gap(sheet, tallied.received - sum(a for _, a in found), sheet.row - 1, summed)
    sheet.skip()
    sheet.caption("2. Khoản thu đã nhận đủ tiền so với báo có khớp")
    sheet.table_head(("STT", "Nội dung", "Số lượng", "Số tiền", "Ghi chú"), spans=(1, 2, 2, 1, 1))
    paid = [row for row in tallied.payments if row.taken is not None]
    taken = money(tallied.taken, f"=SUM({ranges.payment_taken})")
    _row(sheet, "Khoản thu đã nhận đủ tiền trong kỳ", count(len(paid), f"=COUNT({ranges.payment_taken})"), taken)
    number, amount = tallied.found(names.MATCHED)
    matched = money(amount, f"={sheet.at(5, first)}")
    _row(sheet, "Báo có khớp khoản thu", count(number, f"={sheet.at(3, first)}"), matched)
    _gap(sheet, tallied.taken - amount, sheet.row - 2, sheet.row - 1)
    sheet.skip()


def _about_payments(sheet: Sheet, tallied: Tally, ranges: _Ranges) -> None:
    sheet.caption("3. Kết quả của các khoản thu")
    sheet.table_head(("STT", "Kết quả", "Số khoản", "Số phải thu", "Ghi chú"), spans=(1, 2, 2, 1, 1))
    first = sheet.row
    for place, result in enumerate(names.RESULTS, 1):
        key = sheet.at(1, sheet.row)
        _named(sheet, place, result, tallied.ended(result), (ranges.payment_result, key, ranges.payment_amount))
    amount = sum(row.payment.amount for row in tallied.payments)
    _total(sheet, "Cộng", (len(tallied.payments), amount), first)
    sheet.skip()


def _about_counters(sheet: Sheet, tallied: Tally, ranges: _Ranges) -> None:
    sheet.caption("4. Tiền đã thu theo quầy")
    sheet.table_head(("STT", "Mã quầy", "Tên quầy", "Số khoản", "Đã thu", "Số tiền", "Ghi chú"))
    first = sheet.row
    for place, counter in enumerate(tallied.by_counter, 1):
        _counter(sheet, place, counter, ranges)
    sums = (sum(c.payments for c in tallied.by_counter), sum(c.paid for c in tallied.by_counter), tallied.taken)
    formulas = [_sum_below(sheet, column, first) for column in (3, 4, 5)]
    cells = (count(sums[0], formulas[0]), count(sums[1], formulas[1]), money(sums[2], formulas[2]))
    sheet.add(text("Cộng", span=3), *cells, text(""), is_total=True)
    sheet.skip()


def _counter(sheet: Sheet, place: int, counter: CounterSum, ranges: _Ranges) -> None:
    # EXACT, not COUNTIF: to a spreadsheet's criteria counters "1" and "01" are the same.
    mine = f"EXACT({ranges.payment_counter},{sheet.at(1, sheet.row)})*1"
    sheet.add(
        count(place),
        centred(counter.id),
        text(counter.name or "Không còn trong danh sách quầy"),
        count(counter.payments, f"=SUMPRODUCT({mine})"),
        count(counter.paid, f"=SUMPRODUCT({mine},ISNUMBER({ranges.payment_taken})*1)"),
        money(counter.taken, f"=SUMPRODUCT({mine},{ranges.payment_taken})"),
        text(""),
    )


def _about_fees(sheet: Sheet, tallied: Tally, ranges: _Ranges) -> None:
    sheet.caption("5. Tiền đã thu theo khoản thu")
    sheet.table_head(("Mục", "Mã", "Nội dung", "Loại", "Số lượt", "Số tiền", "Số hồ sơ"))
    first = sheet.row
    for place, fee in enumerate(tallied.by_fee, 1):
        key = sheet.at(0, sheet.row)
        times = count(fee.times, f"=COUNTIF({ranges.line_place},{key})")
        amount = money(fee.amount, f"=SUMIF({ranges.line_place},{key},{ranges.line_taken})")
        kind = centred(KIND_WORDS[fee.kind])
        sheet.add(count(place), centred(fee.code), text(fee.name), kind, times, amount, count(fee.dossiers))
    if not tallied.by_fee:
        sheet.nothing("Trong kỳ chưa thu được khoản nào.")
    times_sum, amount_sum = (_sum_below(sheet, column, first) for column in (4, 5))
    times_total = count(sum(fee.times for fee in tallied.by_fee), times_sum)
    amount_total = money(sum(fee.amount for fee in tallied.by_fee), amount_sum)
    sheet.add(text("Cộng", span=4), times_total, amount_total, text(""), is_total=True)


def _named(sheet: Sheet, place: int, name: str, sums: tuple[int, Vnd], where: tuple[str, str, str]) -> None:
    """One row of a table of names: counted and added up by the name that stands in this very row."""
    of_names, key, of_amounts = where
    number = Cell(sums[0], count(0).look, f"=COUNTIF({of_names},{key})", span=2)
    amount = money(sums[1], f"=SUMIF({of_names},{key},{of_amounts})")
    sheet.add(count(place), text(name, span=2), number, amount, text(""))


def _row(sheet: Sheet, name: str, number: Cell, amount: Cell) -> None:
    wide = Cell(number.value, number.look, number.formula, span=2)
    sheet.add(text(""), text(name, span=2), wide, amount, text(""), is_total=True)


def _total(sheet: Sheet, name: str, sums: tuple[int, int], first: int) -> None:
    number, amount = (_sum_below(sheet, column, first) for column in (3, 5))
    _row(sheet, name, count(sums[0], number), money(sums[1], amount))


def _gap(sheet: Sheet, gap: int, minuend: int, subtrahend: int) -> None:
    off = money(gap, f"={sheet.at(5, minuend)}-{sheet.at(5, subtrahend)}")
    verdict = agreement(gap, sheet.at(5, sheet.row))
    sheet.add(text(""), text("Chênh lệch", span=2), Cell(None, count(0).look, span=2), off, verdict, is_total=True)
