"""The reconciliation's page of sums, every figure a formula over the lists behind it. Computes nothing."""

from dataclasses import dataclass

from appliance.chain import Row, groups
from appliance.office.reports import tally as names
from appliance.office.reports.fees import KIND_WORDS
from appliance.office.reports.form import Cell, Column, Look, Sheet, agreement, centred, count, money, place, text
from appliance.office.reports.tally import CounterSum, Tally
from mqtt_schema.types import Vnd

COLUMNS = (
    Column("", 5.5),
    Column("", 13),
    Column("", 32),
    Column("", 11),
    Column("", 11),
    Column("", 18),
    Column("", 11),
)
_SIGNERS = (
    ("Người lập báo cáo", "(Ký, họ tên)"),
    ("Phụ trách kế toán", "(Ký, họ tên)"),
    ("Thủ trưởng đơn vị", "(Ký, họ tên, đóng dấu)"),
)


@dataclass(frozen=True)
class Ranges:
    """Where on the lists stands what the page of sums adds up."""

    payment_counter: str
    payment_amount: str
    payment_taken: str
    payment_result: str
    line_place: str
    line_taken: str
    credit_amount: str
    credit_finding: str


def fill(sheet: Sheet, tallied: Tally, ranges: Ranges, sealed: Row | None = None) -> None:
    """Fill the page: credits, paid against matched, payments by result, by counter, by fee; room to sign.

    `sealed` is the last row of the audit in this period: whoever signs the page, signs its head too.
    """
    sheet.heading()
    _about_credits(sheet, tallied, ranges)
    _about_payments(sheet, tallied, ranges)
    _about_counters(sheet, tallied, ranges)
    _about_fees(sheet, tallied, ranges)
    _about_seal(sheet, sealed)
    sheet.signatures(_SIGNERS)
    sheet.finish()


def _about_credits(sheet: Sheet, tallied: Tally, ranges: Ranges) -> None:
    """Every credit has one name, and the names together are all that came."""
    sheet.caption("1. Tiền ngân hàng báo có")
    sheet.table_head(("STT", "Kết quả đối chiếu", "Số giao dịch", "Số tiền", "Ghi chú"), spans=(1, 2, 2, 1, 1))
    first = sheet.row
    for number, finding in enumerate(names.FINDINGS, 1):
        key = sheet.at(1, sheet.row)
        _named(sheet, number, finding, tallied.found(finding), (ranges.credit_finding, key, ranges.credit_amount))
    found = [tallied.found(finding) for finding in names.FINDINGS]
    _total(sheet, "Cộng các kết quả", (sum(n for n, _ in found), sum(a for _, a in found)), first)
    summed = sheet.row - 1
    whole = f"=SUM({ranges.credit_amount})"
    counted = count(len(tallied.credits), f"=COUNT({ranges.credit_amount})")
    _row(sheet, "Tổng ngân hàng báo có", counted, money(tallied.received, whole))
    _gap(sheet, tallied.received - sum(a for _, a in found), sheet.row - 1, summed)
    sheet.skip()
    _about_matches(sheet, tallied, ranges, first)


def _about_matches(sheet: Sheet, tallied: Tally, ranges: Ranges, matched_row: int) -> None:
    """What the paid payments brought is what the matched credits brought, and nothing else."""
    sheet.caption("2. Khoản thu đã nhận đủ tiền so với báo có khớp")
    sheet.table_head(("STT", "Nội dung", "Số lượng", "Số tiền", "Ghi chú"), spans=(1, 2, 2, 1, 1))
    paid = [row for row in tallied.payments if row.taken is not None]
    taken = money(tallied.taken, f"=SUM({ranges.payment_taken})")
    _row(sheet, "Khoản thu đã nhận đủ tiền trong kỳ", count(len(paid), f"=COUNT({ranges.payment_taken})"), taken)
    number, amount = tallied.found(names.MATCHED)
    matched = money(amount, f"={sheet.at(5, matched_row)}")
    _row(sheet, "Báo có khớp khoản thu", count(number, f"={sheet.at(3, matched_row)}"), matched)
    _gap(sheet, tallied.taken - amount, sheet.row - 2, sheet.row - 1)
    sheet.skip()


def _about_payments(sheet: Sheet, tallied: Tally, ranges: Ranges) -> None:
    sheet.caption("3. Kết quả của các khoản thu")
    sheet.table_head(("STT", "Kết quả", "Số khoản", "Số phải thu", "Ghi chú"), spans=(1, 2, 2, 1, 1))
    first = sheet.row
    for number, result in enumerate(names.RESULTS, 1):
        key = sheet.at(1, sheet.row)
        _named(sheet, number, result, tallied.ended(result), (ranges.payment_result, key, ranges.payment_amount))
    amount = sum(row.payment.amount for row in tallied.payments)
    _total(sheet, "Cộng", (len(tallied.payments), amount), first)
    sheet.skip()


def _about_counters(sheet: Sheet, tallied: Tally, ranges: Ranges) -> None:
    sheet.caption("4. Tiền đã thu theo quầy")
    sheet.table_head(("STT", "Mã quầy", "Tên quầy", "Số khoản", "Đã thu", "Số tiền", "Ghi chú"))
    first = sheet.row
    for number, counter in enumerate(tallied.by_counter, 1):
        _counter(sheet, number, counter, ranges)
    sums = (sum(c.payments for c in tallied.by_counter), sum(c.paid for c in tallied.by_counter), tallied.taken)
    formulas = [sheet.sum_above(column, first) for column in (3, 4, 5)]
    cells = (count(sums[0], formulas[0]), count(sums[1], formulas[1]), money(sums[2], formulas[2]))
    sheet.add(text("Cộng", span=3), *cells, text(""), is_total=True)
    sheet.skip()


def _counter(sheet: Sheet, number: int, counter: CounterSum, ranges: Ranges) -> None:
    # EXACT, not COUNTIF: to a spreadsheet's criteria counters "1" and "01" are the same.
    mine = f"EXACT({ranges.payment_counter},{sheet.at(1, sheet.row)})*1"
    sheet.add(
        place(number),
        centred(counter.id),
        text(counter.name or "Không còn trong danh sách quầy"),
        count(counter.payments, f"=SUMPRODUCT({mine})"),
        count(counter.paid, f"=SUMPRODUCT({mine},ISNUMBER({ranges.payment_taken})*1)"),
        money(counter.taken, f"=SUMPRODUCT({mine},{ranges.payment_taken})"),
        text(""),
    )


def _about_fees(sheet: Sheet, tallied: Tally, ranges: Ranges) -> None:
    sheet.caption("5. Tiền đã thu theo khoản thu")
    sheet.table_head(("Mục", "Mã", "Nội dung", "Loại", "Số lượt", "Số tiền", "Số hồ sơ"))
    first = sheet.row
    for number, fee in enumerate(tallied.by_fee, 1):
        key = sheet.at(0, sheet.row)
        times = count(fee.times, f"=COUNTIF({ranges.line_place},{key})")
        amount = money(fee.amount, f"=SUMIF({ranges.line_place},{key},{ranges.line_taken})")
        kind = centred(KIND_WORDS[fee.kind])
        sheet.add(place(number), centred(fee.code), text(fee.name), kind, times, amount, count(fee.dossiers))
    if not tallied.by_fee:
        sheet.nothing("Trong kỳ chưa thu được khoản nào.")
    times_sum, amount_sum = (sheet.sum_above(column, first) for column in (4, 5))
    times_total = count(sum(fee.times for fee in tallied.by_fee), times_sum)
    amount_total = money(sum(fee.amount for fee in tallied.by_fee), amount_sum)
    sheet.add(text("Cộng", span=4), times_total, amount_total, text(""), is_total=True)


def _about_seal(sheet: Sheet, sealed: Row | None) -> None:
    """The head of the audit's chain (`quaythu audit verify --head`)."""
    if sealed is not None:
        sheet.skip()
        sheet.caption("6. Mã niêm phong sổ của cơ quan")
        sheet.sentence(f"Đến dòng {sealed.seq}: {groups(sealed.head)}")


def _named(sheet: Sheet, number: int, name: str, sums: tuple[int, Vnd], where: tuple[str, str, str]) -> None:
    """One row of a table of names: counted and added up by the name that stands in this very row."""
    of_names, key, of_amounts = where
    counted = Cell(sums[0], Look.COUNT, f"=COUNTIF({of_names},{key})", span=2)
    amount = money(sums[1], f"=SUMIF({of_names},{key},{of_amounts})")
    sheet.add(place(number), text(name, span=2), counted, amount, text(""))


def _row(sheet: Sheet, name: str, number: Cell, amount: Cell) -> None:
    wide = Cell(number.value, number.look, number.formula, span=2)
    sheet.add(text(""), text(name, span=2), wide, amount, text(""), is_total=True)


def _total(sheet: Sheet, name: str, sums: tuple[int, int], first: int) -> None:
    number, amount = (sheet.sum_above(column, first) for column in (3, 5))
    _row(sheet, name, count(sums[0], number), money(sums[1], amount))


def _gap(sheet: Sheet, gap: int, minuend: int, subtrahend: int) -> None:
    off = money(gap, f"={sheet.at(5, minuend)}-{sheet.at(5, subtrahend)}")
    verdict = agreement(gap, sheet.at(5, sheet.row))
    sheet.add(text(""), text("Chênh lệch", span=2), Cell(None, Look.COUNT, span=2), off, verdict, is_total=True)
