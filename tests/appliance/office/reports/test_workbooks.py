"""Both workbooks as an accountant meets them: opened by openpyxl, and opened and recalculated by LibreOffice."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from appliance.office.events import Verdict
from appliance.office.payment import Payment, State
from appliance.office.records import BookedCredit
from appliance.office.reports import reconciliation, tally, treasury
from appliance.office.reports.form import AGREES, DISAGREES, FONT, MONEY, NUMBER
from appliance.office.reports.period import Period
from appliance.settings import OfficeSettings
from mqtt_schema.messages import FeeKind, Line
from mqtt_schema.money import in_words
from mqtt_schema.types import Vnd

DAY = Period(date(2026, 11, 22), date(2026, 11, 22))
MADE_AT = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
Busy = tuple[list[Payment], list[BookedCredit]]
Open = Callable[[bytes], Workbook]

SOFFICE = shutil.which("soffice")
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>"""


def rows(sheet: Any) -> list[list[Any]]:
    """The filled cells of each row."""
    return [[value for value in row if value is not None] for row in sheet.iter_rows(values_only=True)]


def beside(sheet: Any, label: str) -> list[Any]:
    """What stands right of the first cell that says this."""
    for row in rows(sheet):
        if label in row:
            return row[row.index(label) + 1 :]
    raise LookupError(f"nobody says {label!r}")


def words_of(book: Workbook) -> str:
    return "\n".join(str(value) for sheet in book for row in rows(sheet) for value in row)


@pytest.fixture
def treasury_of(busy_day: Busy, office_settings: OfficeSettings) -> bytes:
    return treasury.write(office_settings, DAY, busy_day[0], MADE_AT)


@pytest.fixture
def reconciliation_of(busy_day: Busy, office_settings: OfficeSettings) -> bytes:
    return reconciliation.write(office_settings, DAY, *busy_day, MADE_AT)


def footer_at_right(sheet: Any) -> str:
    return str(sheet.oddFooter.right.text)


# The treasury remittance


def test_the_total_is_the_sum_of_the_lines_and_of_the_paid_payments(treasury_of: bytes, as_shown: Open) -> None:
    (sheet,) = as_shown(treasury_of)
    lines = [row[4] for row in rows(sheet) if row and isinstance(row[0], int)]
    assert sum(lines) == 30000
    assert beside(sheet, "Cộng phí")[1] == 12000
    assert beside(sheet, "Cộng lệ phí")[1] == 18000
    assert beside(sheet, "Tổng cộng (A + B)")[1] == 30000
    assert beside(sheet, "Cộng tiền đã nhận")[0] == 30000
    assert beside(sheet, "Chênh lệch so với bảng kê")[:2] == [0, AGREES]
    assert f"Tổng số tiền bằng chữ: {in_words(30000)}." in words_of(as_shown(treasury_of))


def test_the_waived_payments_are_told(treasury_of: bytes, as_shown: Open) -> None:
    assert "được miễn, giảm toàn bộ trong kỳ: 1." in words_of(as_shown(treasury_of))


def test_a_line_carries_chapter_and_sub_item(treasury_of: bytes, as_shown: Open) -> None:
    (sheet,) = as_shown(treasury_of)
    assert beside(sheet, "Xác nhận tình trạng hôn nhân (HT-XN)")[:5] == [1, 2, 6000, "805", "2771"]


def test_a_forgotten_fee_stands_there_with_empty_codes_and_a_note(
    make_payment: Callable[..., Payment], office_settings: OfficeSettings, as_shown: Open
) -> None:
    old = Line(dossier="H26.1-261122-0001", fee_code="CU-01", fee_name="Phí cũ", amount=Vnd(4000), kind=FeeKind.PHI)
    raw = treasury.write(office_settings, DAY, [make_payment(State.PAID, old)], MADE_AT)
    (sheet,) = as_shown(raw)
    assert beside(sheet, "Phí cũ (CU-01)") == [1, 1, 4000, treasury.NOT_LISTED]
    assert beside(sheet, "Tổng cộng (A + B)")[1] == 4000


def test_lines_that_do_not_reach_their_payment_are_shouted_about(
    make_payment: Callable[..., Payment], office_settings: OfficeSettings, as_shown: Open
) -> None:
    broken = make_payment(State.PAID, amount=Vnd(7000))
    (sheet,) = as_shown(treasury.write(office_settings, DAY, [broken], MADE_AT))
    assert beside(sheet, "Chênh lệch so với bảng kê")[:2] == [-1000, DISAGREES]


def test_an_empty_day_says_so_and_totals_nothing(office_settings: OfficeSettings, as_shown: Open) -> None:
    book = as_shown(treasury.write(office_settings, DAY, [], MADE_AT))
    (sheet,) = book
    assert beside(sheet, "Tổng cộng (A + B)")[:2] == [0, 0]
    assert "Trong kỳ không có khoản phí, lệ phí nào phải nộp." in words_of(book)
    assert "Không đồng." in words_of(book)


# The reconciliation


def test_the_credits_of_all_names_are_all_that_came(reconciliation_of: bytes, as_shown: Open) -> None:
    sheet = as_shown(reconciliation_of)["Tổng hợp"]
    found = [beside(sheet, finding)[:2] for finding in tally.FINDINGS]
    assert sum(amount for _, amount in found) == beside(sheet, "Tổng ngân hàng báo có")[1] == 72345
    assert beside(sheet, "Cộng các kết quả")[:2] == [8, 72345]
    assert beside(sheet, "Khoản thu đã nhận đủ tiền trong kỳ")[:2] == [3, 30000]
    assert beside(sheet, "Báo có khớp khoản thu")[:2] == [3, 30000]
    assert [row[1:] for row in rows(sheet) if "Chênh lệch" in row] == [[0, AGREES]] * 2


def test_a_paid_payment_without_its_credit_is_shouted_about(
    make_payment: Callable[..., Payment], office_settings: OfficeSettings, as_shown: Open
) -> None:
    raw = reconciliation.write(office_settings, DAY, [make_payment(State.PAID)], [], MADE_AT)
    sheet = as_shown(raw)["Tổng hợp"]
    assert [row[1:] for row in rows(sheet) if "Chênh lệch" in row] == [[0, AGREES], [6000, DISAGREES]]


def test_every_payment_every_line_and_every_credit_has_its_row(
    busy_day: Busy, reconciliation_of: bytes, as_shown: Open
) -> None:
    book = as_shown(reconciliation_of)
    payments, credits_ = busy_day
    listed = {name: [row for row in rows(book[name]) if row and isinstance(row[0], int)] for name in book.sheetnames}
    assert [row[1] for row in listed["Khoản thu"]] == [payment.reference for payment in payments]
    assert len(listed["Chi tiết khoản thu"]) == sum(len(payment.lines) for payment in payments)
    assert [row[4] for row in listed["Báo có"]] == [one.credit.bank_reference for one in credits_]
    assert beside(book["Báo có"], "Cộng") == [72345]


def test_moments_are_those_of_a_clock_in_vietnam(reconciliation_of: bytes, as_shown: Open) -> None:
    first = next(row for row in rows(as_shown(reconciliation_of)["Khoản thu"]) if row and row[0] == 1)
    assert first[2] == datetime(2026, 11, 22, 12)  # noqa: DTZ001  # a workbook knows no zones


def test_an_empty_reconciliation_says_so_on_every_sheet(office_settings: OfficeSettings, as_shown: Open) -> None:
    book = as_shown(reconciliation.write(office_settings, DAY, [], [], MADE_AT))
    for name, sentence in (
        ("Tổng hợp", "Trong kỳ chưa thu được khoản nào."),
        ("Khoản thu", "Trong kỳ không có khoản thu nào."),
        ("Chi tiết khoản thu", "Trong kỳ không có khoản thu nào."),
        ("Báo có", "Trong kỳ ngân hàng không báo có khoản nào."),
    ):
        assert [sentence] in rows(book[name])
    assert beside(book["Tổng hợp"], "Tổng ngân hàng báo có")[:2] == [0, 0]


def test_money_that_came_late_or_twice_is_told_beside_its_payment(
    make_payment: Callable[..., Payment],
    make_credit: Callable[..., BookedCredit],
    office_settings: OfficeSettings,
    as_shown: Open,
) -> None:
    gone = make_payment(State.CANCELLED)
    credits_ = [make_credit(6000, Verdict.LATE, gone), make_credit(42000, Verdict.LATE, gone)]
    sheet = as_shown(reconciliation.write(office_settings, DAY, [gone], credits_, MADE_AT))["Khoản thu"]
    (row,) = [row for row in rows(sheet) if row and row[0] == 1]
    assert row[-1] == "Tiền đến muộn: 6.000 đ; Tiền đến muộn: 42.000 đ"


def test_a_bank_that_says_an_impossible_year_stops_no_report(
    make_credit: Callable[..., BookedCredit], office_settings: OfficeSettings, as_shown: Open
) -> None:
    odd = make_credit(1000, Verdict.UNMATCHED)
    odd = replace(odd, credit=replace(odd.credit, at=datetime(1754, 7, 28, 23, 5, tzinfo=UTC)))
    sheet = as_shown(reconciliation.write(office_settings, DAY, [], [odd], MADE_AT))["Báo có"]
    (row,) = [row for row in rows(sheet) if row and row[0] == 1]
    assert row[2] == "29/07/1754 06:05"


# Both


def totals_of(sheet: Any) -> list[Any]:
    """All numbers in rows of sums: set bold, in the look of amounts or counts."""
    cells = [cell for row in sheet.iter_rows() for cell in row]
    return [
        cell for cell in cells if cell.font.bold and cell.number_format in {MONEY, NUMBER} and cell.value is not None
    ]


@pytest.mark.parametrize("is_empty", [False, True], ids=["busy", "empty"])
def test_every_sum_is_a_formula_and_carries_its_figure(
    is_empty: bool, busy_day: Busy, office_settings: OfficeSettings, as_written: Open, as_shown: Open
) -> None:
    payments, credits_ = ([], []) if is_empty else busy_day
    made = (
        treasury.write(office_settings, DAY, payments, MADE_AT),
        reconciliation.write(office_settings, DAY, payments, credits_, MADE_AT),
    )
    for raw in made:
        written, shown = as_written(raw), as_shown(raw)
        for name in written.sheetnames:
            sums = totals_of(written[name])
            assert sums
            assert {cell.data_type for cell in sums} == {"f"}
            figures = [shown[name][cell.coordinate].value for cell in sums]
            assert {type(figure) for figure in figures} == {int}
            assert is_empty is not any(figures)


@pytest.fixture(params=["treasury_of", "reconciliation_of"])
def workbook(request: pytest.FixtureRequest) -> bytes:
    raw: bytes = request.getfixturevalue(request.param)
    return raw


def test_no_text_becomes_a_formula(workbook: bytes, as_written: Open, as_shown: Open) -> None:
    """A fee's name, a waiver's reason and a memo begin like formulas here; only our own sums may be formulas."""
    ours = re.compile(r"=(SUM|SUMIF|SUMPRODUCT|COUNT|COUNTIF|IF)\(|=0$|=\$?[A-Z]+\$?\d+([-+]\$?[A-Z]+\$?\d+)?$")
    formulas = [
        cell for sheet in as_written(workbook) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]
    assert formulas
    assert all(ours.match(str(cell.value)) for cell in formulas)
    assert "=1+1" in words_of(as_shown(workbook))
    texts = [cell for sheet in as_shown(workbook) for row in sheet.iter_rows() for cell in row]
    risky = [cell for cell in texts if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))]
    assert risky
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in risky)


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")'])
def test_a_reason_that_looks_like_a_formula_stays_text(
    start: str, make_payment: Callable[..., Payment], office_settings: OfficeSettings, as_written: Open
) -> None:
    payment = make_payment(State.WAIVED, waiver_reason=start, clerk=start, bank_reference=start)
    office = office_settings.model_copy(update={"name": start})
    book = as_written(reconciliation.write(office, DAY, [payment], [], MADE_AT))
    cells = [cell for row in book["Khoản thu"].iter_rows() for cell in row if cell.value == start]
    assert len(cells) == 4
    assert {cell.data_type for cell in cells} == {"s"}


def test_every_amount_is_a_number_in_dong(workbook: bytes, as_shown: Open) -> None:
    amounts = [
        cell
        for sheet in as_shown(workbook)
        for row in sheet.iter_rows()
        for cell in row
        if cell.number_format == MONEY and cell.value is not None
    ]
    assert len(amounts) > 5
    assert {type(cell.value) for cell in amounts} == {int}


def test_vietnamese_keeps_all_its_marks(workbook: bytes, as_shown: Open) -> None:
    assert "Sao lục ghi chú: ẵ ỗ ỳ Đ" in words_of(as_shown(workbook))


def test_sheets_are_a4_with_margins_of_20_mm_one_page_wide_and_numbered(workbook: bytes, as_written: Open) -> None:
    for sheet in as_written(workbook):
        assert sheet.page_setup.paperSize == 9
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        margins = sheet.page_margins
        assert {round(edge * 25.4) for edge in (margins.left, margins.right, margins.top, margins.bottom)} == {20}
        assert "Trang &P/&N" in footer_at_right(sheet)
        assert sheet["A1"].font.name == FONT


def test_long_lists_repeat_their_heading_on_every_page(workbook: bytes, as_written: Open) -> None:
    lists = [sheet for sheet in as_written(workbook) if sheet.title != "Tổng hợp"]
    assert all(sheet.print_title_rows for sheet in lists)


def test_there_is_room_to_sign(workbook: bytes, as_shown: Open) -> None:
    words = words_of(as_shown(workbook))
    assert "Ngày 22 tháng 11 năm 2026" in words
    assert "Phụ trách kế toán" in words
    assert "(Ký, họ tên, đóng dấu)" in words


def test_the_same_day_makes_the_same_bytes(busy_day: Busy, office_settings: OfficeSettings) -> None:
    first, second = (treasury.write(office_settings, DAY, busy_day[0], MADE_AT) for _ in range(2))
    assert first == second


def test_an_office_with_a_very_long_name_still_has_its_report(
    busy_day: Busy, office_settings: OfficeSettings, as_shown: Open
) -> None:
    office = office_settings.model_copy(update={"name": "Ủy ban nhân dân phường Hoàn Kiếm & " * 5})
    assert office.name in words_of(as_shown(treasury.write(office, DAY, busy_day[0], MADE_AT)))


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed; nobody else recalculates here")
@pytest.mark.journey
@pytest.mark.parametrize("is_empty", [False, True], ids=["busy", "empty"])
def test_libreoffice_recalculates_every_figure_to_what_stands_there(
    is_empty: bool, busy_day: Busy, office_settings: OfficeSettings, tmp_path: Path, as_shown: Open
) -> None:
    payments, credits_ = ([], []) if is_empty else busy_day
    made = {
        "treasury": treasury.write(office_settings, DAY, payments, MADE_AT),
        "reconciliation": reconciliation.write(office_settings, DAY, payments, credits_, MADE_AT),
    }
    for name, raw in made.items():
        (tmp_path / f"{name}.xlsx").write_bytes(raw)
    recalculate(tmp_path, sorted(made))
    for name, raw in made.items():
        theirs = load_workbook(tmp_path / "out" / f"{name}.xlsx", data_only=True)
        ours = as_shown(raw)
        assert theirs.sheetnames == ours.sheetnames
        for sheet in ours.sheetnames:
            assert rows_with_values(theirs[sheet]) == rows_with_values(ours[sheet])


def rows_with_values(sheet: Any) -> list[list[Any]]:
    return [row for row in rows(sheet) if row]


def recalculate(folder: Path, names: list[str]) -> None:
    """Let LibreOffice open the workbooks, add everything up by itself, and save what it found into `out`."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    files = [str(folder / f"{name}.xlsx") for name in names]
    command = [str(SOFFICE), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", str(folder / "out"), *files], check=True, capture_output=True, timeout=120)
