"""The look that all reports share: an A4 sheet with heading, tables that add up, and room to sign. Knows no payment.

Written in memory. Text is always written as text, whatever it begins with, so that no name, memo or reason can become
a formula; what was added up is a real formula and carries its value, so that every program shows the same figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from itertools import accumulate
from textwrap import wrap
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from appliance.office.reports.period import Period, day_words, local
from mqtt_schema.types import Instant

FONT = "Times New Roman"
"""On every office machine here, and the one that the rules on documents name (ND 30/2020/NĐ-CP)."""

# With the points of Vietnam (42A), also where the program speaks another language. The room at the right is in the
# format, `_)`, and not an indent: LibreOffice 7.4 forgets the indent of a number that stands behind a number.
NUMBER = "[$-42A]#,##0_)"
MONEY = '[$-42A]#,##0 "đ"_)'
INK = "#10243E"
_FIRST_YEAR = 1900
AGREES, DISAGREES = "Khớp", "LỆCH, phải kiểm tra"
MARGIN_IN = 20 / 25.4
_A4 = 9
_LINE_PT = 14
_ROOM_PT = 3
_MOST_LINES = 28
"""No spreadsheet has rows of more than 409 points."""
_RULE = {"border": 1, "border_color": "#8A94A3"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Look(StrEnum):
    """How a cell is set."""

    TEXT = "text"
    CENTRED = "centred"
    COUNT = "count"
    PLACE = "place"
    MONEY = "money"
    MOMENT = "moment"


_LOOKS: Mapping[Look, Mapping[str, Any]] = {
    Look.TEXT: {"align": "left", "indent": 1, "text_wrap": True},
    Look.CENTRED: {"align": "center", "text_wrap": True},
    Look.COUNT: {"align": "right", "num_format": NUMBER},
    Look.PLACE: {"align": "center", "num_format": "0"},
    Look.MONEY: {"align": "right", "num_format": MONEY},
    Look.MOMENT: {"align": "center", "num_format": "dd/mm/yyyy hh:mm"},
}


@dataclass(frozen=True)
class Cell:
    """One cell: its value (None leaves it empty), its look, and the formula that gives the value, if one does."""

    value: str | int | datetime | None
    look: Look
    formula: str = ""
    span: int = 1


def text(words: str, span: int = 1) -> Cell:
    """Words at the left, over `span` columns."""
    return Cell(words, Look.TEXT, span=span)


def agreement(gap: int, address: str, span: int = 1) -> Cell:
    """Say in one word whether the difference at `address` is nothing."""
    words = AGREES if gap == 0 else DISAGREES
    return Cell(words, Look.TEXT, f'=IF({address}=0,"{AGREES}","{DISAGREES}")', span)


def centred(words: str) -> Cell:
    """A code or a short word."""
    return Cell(words, Look.CENTRED)


def count(number: int | None, formula: str = "") -> Cell:
    """A whole number of things."""
    return Cell(number, Look.COUNT, formula)


def place(number: int | None) -> Cell:
    """A row's place in its table, from 1."""
    return Cell(number, Look.PLACE)


def money(amount: int | None, formula: str = "") -> Cell:
    """An amount in đồng."""
    return Cell(amount, Look.MONEY, formula)


def moment(at: Instant | None) -> Cell:
    """A moment, as a clock in Vietnam showed it; a workbook knows no zones, and no time before 1900."""
    if at and local(at).year < _FIRST_YEAR:
        return Cell(f"{day_words(local(at).date())} {local(at):%H:%M}", Look.MOMENT)
    return Cell(local(at).replace(tzinfo=None, microsecond=0) if at else None, Look.MOMENT)


@dataclass(frozen=True)
class Column:
    """A column's heading and width, in characters."""

    title: str
    width: float


class Form:
    """One workbook in the making."""

    def __init__(self, title: str, number: str, office: str, period: Period, made_at: Instant) -> None:
        """`number` is the form's own, printed at the top right of each sheet."""
        self._out = BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        self._book = Workbook(self._out, options)
        self._book.set_properties({"title": f"{title}. {period.words}", "author": office, "created": made_at})
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}
        self.title, self.number, self.office = title, number, office
        self.period, self.made_at = period, made_at

    def sheet(self, name: str, columns: Sequence[Column], *, is_wide: bool = False) -> "Sheet":
        """Begin a sheet. `is_wide`: printed across the long side."""
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(_A4)
        (sheet.set_landscape if is_wide else sheet.set_portrait)()
        sheet.set_margins(left=MARGIN_IN, right=MARGIN_IN, top=MARGIN_IN, bottom=MARGIN_IN)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.hide_gridlines(2)
        made = f"{local(self.made_at):%H:%M} {day_words(local(self.made_at).date())}"
        font = f'&"{FONT},Regular"&9'
        sheet.set_footer(f"&L{font}Lập lúc {made}&R{font}Trang &P/&N", {"margin": 10 / 25.4})
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
        return Sheet(self, sheet, name, columns)

    def format(self, **looks: object) -> Any:
        """Find or make a format; XlsxWriter wants one object for each."""
        whole = {"font_name": FONT, "font_size": 11, "font_color": INK, "valign": "vcenter"} | looks
        key = tuple(sorted(whole.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(whole)
        return self._formats[key]

    def close(self) -> bytes:
        """Finish the workbook and give its bytes."""
        self._book.close()
        return self._out.getvalue()


class Sheet:
    """One sheet, filled from top to bottom."""

    def __init__(self, form: Form, sheet: Any, name: str, columns: Sequence[Column]) -> None:
        self._form = form
        self._sheet = sheet
        self._name = name
        self._columns = columns
        self.row = 0

    # Heading and words

    def heading(self, title: str = "") -> None:
        """Office at the left, the form's number at the right, the title and the period beneath."""
        half = len(self._columns) // 2
        form = self._form
        self._merge(0, half, form.office, form.format(bold=True, text_wrap=True))
        self._merge(half, len(self._columns), f"Mẫu {form.number}", form.format(align="right"))
        self._next(self._height([text(form.office, span=half)]))
        self.skip()
        self._across(title or form.title, 26, bold=True, font_size=16, align="center")
        self._across(form.period.words, 18, italic=True, align="center", font_size=12)
        self.skip()

    def caption(self, words: str) -> None:
        """Name the table beneath."""
        self._across(words, 20, bold=True, font_size=12)

    def sentence(self, words: str, **looks: object) -> None:
        """One sentence over the whole width."""
        height = self._height([text(words, span=len(self._columns))])
        self._across(words, height, text_wrap=True, **looks)

    def skip(self, height: float = 8) -> None:
        """Leave room."""
        self._next(height)

    # Tables

    def table_head(self, titles: Sequence[str] = (), spans: Sequence[int] = (), *, is_repeated: bool = False) -> None:
        """Write the columns' titles, or others; `is_repeated` puts them on every printed page."""
        look = self._form.format(bold=True, align="center", text_wrap=True, bg_color="#E9EDF3", **_RULE)
        if is_repeated:
            self._sheet.repeat_rows(self.row)
        at = 0
        cells = [text(title) for title in titles or [column.title for column in self._columns]]
        cells = [replace(cell, span=span) for cell, span in zip(cells, spans or [1] * len(cells), strict=True)]
        for cell in cells:
            self._merge(at, at + cell.span, str(cell.value), look)
            at += cell.span
        self._next(self._height(cells) + 3)

    def add(self, *cells: Cell, is_total: bool = False) -> None:
        """Write one row of a table."""
        at = 0
        for cell in cells:
            self._write(at, cell, is_total=is_total)
            at += cell.span
        self._next(self._height(cells))

    def nothing(self, words: str) -> None:
        """Stand in for a table without rows."""
        self._across(words, 22, italic=True, align="center", **_RULE)

    def at(self, column: int, row: int) -> str:
        """Address a cell of this sheet, for formulas in it."""
        return str(xl_rowcol_to_cell(row, column))

    def span(self, column: int, first_row: int, last_row: int) -> str:
        """Address cells one above the other, for formulas on any sheet."""
        return f"'{self._name}'!{xl_range_abs(first_row, column, last_row, column)}"

    def sum_above(self, column: int, first_row: int) -> str:
        """The formula that adds up a column from `first_row` down to the row above this one."""
        return f"=SUM({self.at(column, first_row)}:{self.at(column, self.row - 1)})"

    def freeze(self) -> None:
        """Keep everything above in sight while scrolling."""
        self._sheet.freeze_panes(self.row, 0)

    # The end

    def signatures(self, roles: Sequence[tuple[str, str]]) -> None:
        """Date, and for each role its title, how it signs, and room to do so."""
        day = local(self._form.made_at)
        self.skip()
        self._across(f"Ngày {day.day:02} tháng {day.month:02} năm {day.year}", 20, italic=True, align="right")
        edges = self._edges(len(roles))
        for line, look in ((0, {"bold": True}), (1, {"italic": True, "font_size": 10})):
            for index, role in enumerate(roles):
                self._merge(edges[index], edges[index + 1], role[line], self._form.format(align="center", **look))
            self._next(18)
        self.skip(72)

    def finish(self) -> None:
        """Codes are text on purpose: no program need point at them as numbers that are not numbers."""
        self._sheet.ignore_errors({"number_stored_as_text": xl_range_abs(0, 0, self.row, len(self._columns))})
        self._sheet.print_area(0, 0, max(0, self.row - 1), len(self._columns) - 1)

    # The mechanism

    def _edges(self, parts: int) -> list[int]:
        """Find the columns that come nearest to parting the sheet's width evenly."""
        lefts = [0.0, *accumulate(column.width for column in self._columns)]
        return [_nearest(lefts, lefts[-1] * part / parts) for part in range(parts + 1)]

    def _across(self, words: str, height: float, **looks: object) -> None:
        self._merge(0, len(self._columns), words, self._form.format(**looks))
        self._next(height)

    def _merge(self, first: int, after: int, words: str, look: Any) -> None:
        if after - first > 1:
            self._sheet.merge_range(self.row, first, self.row, after - 1, "", look)
        self._sheet.write_string(self.row, first, words, look)

    def _write(self, column: int, cell: Cell, *, is_total: bool) -> None:
        look = self._look(cell, is_total=is_total)
        if cell.span > 1:
            self._sheet.merge_range(self.row, column, self.row, column + cell.span - 1, "", look)
        match cell:
            case Cell(value=None | ""):
                self._sheet.write_blank(self.row, column, None, look)
            case Cell(formula=formula, value=value) if formula:
                self._sheet.write_formula(self.row, column, formula, look, value)
            case Cell(value=str() as words):
                self._sheet.write_string(self.row, column, words, look)
            case Cell(value=datetime() as when):
                self._sheet.write_datetime(self.row, column, when, look)
            case _:
                self._sheet.write_number(self.row, column, cell.value, look)

    def _look(self, cell: Cell, *, is_total: bool) -> Any:
        looks = dict(_LOOKS[cell.look]) | _RULE
        if is_total:
            looks |= {"bold": True}
        if isinstance(cell.value, str) and cell.value.startswith(_FORMULA_STARTS):
            # Stays text even when somebody edits the cell and presses enter.
            looks |= {"quote_prefix": True}
        return self._form.format(**looks)

    def _height(self, cells: Sequence[Cell]) -> float:
        """Room for the longest words of a row, in points: not every program makes it by itself."""
        lines, at = 1, 0
        for cell in cells:
            width = sum(column.width for column in self._columns[at : at + cell.span])
            if isinstance(cell.value, str):
                lines = max(lines, _lines(cell.value, width))
            at += cell.span
        return min(lines, _MOST_LINES) * _LINE_PT + _ROOM_PT

    def _next(self, height: float) -> None:
        self._sheet.set_row(self.row, height)
        self.row += 1


def _lines(words: str, width: float) -> int:
    """Guess how many lines the words fill in a column so wide; small letters are narrower than the digits it counts."""
    small = sum(character.islower() or character in " .,:;'()" for character in words)
    average = 1 - 0.22 * small / max(1, len(words))
    return len(wrap(words, max(1, int((width - 1.5) / average))))


def _nearest(lefts: Sequence[float], goal: float) -> int:
    return min(range(len(lefts)), key=lambda edge: abs(lefts[edge] - goal))
