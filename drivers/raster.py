"""Pure: `Paper` to dots. It knows no printer command, and no grey.

Text is laid out by `drivers.typeface`, whose widths agree with what is drawn here to the dot, so nothing runs over the
edge. A block has room for the two marks of Ẳ above and for the dot of Ộ below. A block of letters is one number with
a bit for each dot: the rightmost dot of its last row is the lowest.
"""

import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import assert_never

from drivers import letters, qr, typeface
from drivers.errors import DriverError
from drivers.paper import CAPITALS_MM, SMALL_MM, Align, Bitmap, Code, Item, Paper, Row, Rule, Space, Text
from drivers.typeface import Face

_PITCH_EM = 1.36
"""From line to line of a paragraph. Closer than the tallest marks would ask for: they seldom meet a dot from above."""
_GAP_EM = 0.8
"""The least white between a label and its value on one line."""
_VALUE_SHARE = 0.4
"""A value that would wrap in less than this share of the width stands below its label instead."""
_LEAST_MODULE_DOTS = 3
_DIGITS = bytes.maketrans(b"\0\1", b"01")
_WEAR: tuple[qr.Error, ...] = ("Q", "M", "L")
"""Error correction, the one for worn heads first; a long payload gets what there is room for."""


class PaperError(DriverError, ValueError):
    """Something cannot be printed on paper this narrow."""


@dataclass(frozen=True)
class _Block:
    """A piece of the paper, from edge to edge; `packed` as of a `Bitmap`."""

    height_dots: int
    packed: bytes


@dataclass(frozen=True)
class _Line:
    """A line of text in its block: where its baseline begins, in dots from the block's top left corner."""

    text: str
    face: Face
    size: int
    left: int
    baseline: int

    @property
    def bottom(self) -> int:
        """Where the room ends that its letters need below the baseline."""
        return self.baseline + typeface.line_height(self.face, self.size) - typeface.ascent(self.face, self.size)


def draw(paper: Paper, width_dots: int, dots_per_mm: float = 8.0) -> Bitmap:
    """Draw all of `paper`, the white at its ends too. `width_dots` is a multiple of 8.

    Raises `PaperError` for a code that has no room on paper this narrow.
    """
    blocks = [block for item in paper.items for block in _lay_out(item, width_dots, dots_per_mm)]
    return Bitmap(width_dots, sum(block.height_dots for block in blocks), b"".join(block.packed for block in blocks))


def _lay_out(item: Item, width: int, dots_per_mm: float) -> tuple[_Block, ...]:
    match item:
        case Text():
            return (_text(item, width, dots_per_mm),)
        case Row():
            return (_row(item, width, dots_per_mm),)
        case Rule(thickness_dots=thickness):
            return (_Block(thickness, b"\xff" * (thickness * width // 8)),)
        case Space(height_mm=height):
            return (_white(round(height * dots_per_mm), width),)
        case Code():
            return _code(item, width, dots_per_mm)
        case _:
            assert_never(item)


def _white(height: int, width: int) -> _Block:
    return _Block(height, bytes(height * width // 8))


def _text(item: Text, width: int, dots_per_mm: float) -> _Block:
    words = _printable(item.text, item.face)
    size = typeface.size_for_capital(item.face, item.capital_mm * dots_per_mm)
    if not item.wraps:
        capitals = (capital_mm for capital_mm in CAPITALS_MM if capital_mm <= item.capital_mm)
        sizes = [typeface.size_for_capital(item.face, capital_mm * dots_per_mm) for capital_mm in capitals]
        size, fitting = typeface.fit(words, item.face, sizes, width, 1)
        lines = _measured(fitting, item.face, size)
    elif item.align is Align.LEFT:
        lines = _wrapped(words, item.face, size, width)
    else:
        lines = _balanced(words, item.face, size, width)
    return _written(_column(lines, item.face, size, width, item.align), width)


_Measured = list[tuple[str, int]]
"""Lines, and how wide each is in dots: measuring is a quarter of drawing, so it is done once."""


def _measured(lines: list[str], face: Face, size: int) -> _Measured:
    return [(line, typeface.width(line, face, size)) for line in lines]


def _wrapped(words: str, face: Face, size: int, width: int) -> _Measured:
    """As `typeface.wrap`, but most texts are one line, and to see that costs less than to look for breaks."""
    whole = typeface.width(words, face, size)
    if whole <= width and "  " not in words and words == words.strip(" "):
        return [(words, whole)] if words else []
    return _measured(typeface.wrap(words, face, size, width), face, size)


def _balanced(words: str, face: Face, size: int, width: int) -> _Measured:
    """Wrap into no more lines than it takes, all about as long: no lonely last word under a heading."""
    lines = _wrapped(words, face, size, width)
    narrow, wide = width // max(len(lines), 1), width
    while len(lines) > 1 and wide - narrow > size // 2:
        middle = (narrow + wide) // 2
        tried = _wrapped(words, face, size, middle)
        if len(tried) > len(lines):
            narrow = middle
        else:
            wide, lines = middle, tried
    return lines


def _row(item: Row, width: int, dots_per_mm: float) -> _Block:
    size = typeface.size_for_capital(Face.REGULAR, item.capital_mm * dots_per_mm)
    value = _printable(item.value, item.value_face)
    labels = _wrapped(_printable(item.label, Face.REGULAR), Face.REGULAR, size, width)
    beside = width - sum(line_width for _, line_width in labels) - round(_GAP_EM * size)
    values = _wrapped(value, item.value_face, size, beside)
    is_beside = _is_decent(values, value, item.value_face, size, beside, width) and (len(values) < 2 or not item.gloss)
    if not is_beside:
        values = _wrapped(value, item.value_face, size, width)
    left = _column(labels, Face.REGULAR, size, width, Align.LEFT)
    right = _column(values, item.value_face, size, width, Align.RIGHT)
    gloss = _below(_gloss(item.gloss, width, dots_per_mm), left)
    if not is_beside and _meet(gloss, right):
        return _written([*left, *gloss, *(replace(line, baseline=gloss[0].baseline) for line in right)], width)
    if not is_beside:
        return _written([*left, *gloss, *_below(right, gloss or left)], width)
    return _written([*left, *right, *gloss], width)


def _meet(gloss: list[_Line], values: list[_Line]) -> bool:
    """Whether one line of a value finds room at the right of one line of gloss."""
    if len(gloss) != 1 or len(values) != 1:
        return False
    one, value = gloss[0], values[0]
    return typeface.width(one.text, one.face, one.size) + round(_GAP_EM * value.size) <= value.left


def _gloss(text: str, width: int, dots_per_mm: float) -> list[_Line]:
    size = typeface.size_for_capital(Face.REGULAR, SMALL_MM * dots_per_mm)
    words = _printable(text, Face.REGULAR)
    return _column(_wrapped(words, Face.REGULAR, size, width), Face.REGULAR, size, width, Align.LEFT)


def _below(lines: list[_Line], above: list[_Line]) -> list[_Line]:
    """Move `lines` below those above, as far as the next line of a paragraph would be."""
    if not lines or not above:
        return lines
    shift = above[-1].baseline + round(_PITCH_EM * lines[0].size) - lines[0].baseline
    return [replace(line, baseline=line.baseline + shift) for line in lines]


def _is_decent(values: _Measured, value: str, face: Face, size: int, beside: int, width: int) -> bool:
    """Whether `value` may stand in the `beside` dots at its label's right: whole, or wrapped in a decent column."""
    if len(values) == 1 and values[0][1] <= beside:
        return True
    widest = max(typeface.width(word, face, size) for word in value.split(" "))
    return beside >= _VALUE_SHARE * width and widest <= beside


def _column(lines: _Measured, face: Face, size: int, width: int, align: Align) -> list[_Line]:
    """Place `lines` one below the other, from the top of the block."""
    return [
        _Line(line, face, size, _left(line_width, width, align), _baseline(number, face, size))
        for number, (line, line_width) in enumerate(lines)
    ]


def _left(line_width: int, width: int, align: Align) -> int:
    free = width - line_width
    return {Align.LEFT: 0, Align.CENTRE: free // 2, Align.RIGHT: free}[align]


def _baseline(number: int, face: Face, size: int) -> int:
    return typeface.ascent(face, size) + round(number * _PITCH_EM * size)


def _written(lines: list[_Line], width: int) -> _Block:
    height = max((line.bottom for line in lines), default=0)
    ink = 0
    for line in lines:
        ink |= _write(line, width, (height - line.baseline) * width)
    return _Block(height, ink.to_bytes(height * width // 8, "big"))


def _code(item: Code, width: int, dots_per_mm: float) -> tuple[_Block, ...]:
    fitted = fit_code(item, width, dots_per_mm)
    module, side = fitted.module_dots, fitted.side_dots
    # From an even dot on, as printers may double dots for us.
    right = width - side - (width - side) // 4 * 2
    rows = (row.translate(_DIGITS).decode().replace("0", "0" * module) for row in fitted.matrix.rows)
    dots = (int(row.replace("1", "1" * module), 2) << right for row in rows)
    packed = b"".join(row.to_bytes(width // 8, "big") * module for row in dots)
    quiet = _white(fitted.quiet_dots, width)
    return quiet, _Block(side, packed), quiet


@dataclass(frozen=True)
class FittedCode:
    """A QR code whose place is settled."""

    matrix: qr.QrMatrix
    error: qr.Error
    """How much wear it was made to suffer, at least."""
    module_dots: int

    @property
    def side_dots(self) -> int:
        """Without the quiet zone."""
        return self.matrix.size * self.module_dots

    @property
    def quiet_dots(self) -> int:
        """The quiet zone, on each side."""
        return qr.QUIET_MODULES * self.module_dots


def fit_code(item: Code, width_dots: int, dots_per_mm: float = 8.0) -> FittedCode:
    """Find how large a code is on paper this wide: of even modules, if it may, which printers can double.

    Raises `PaperError` for a code that has no room.
    """
    matrix, error = _matrix(item.payload, width_dots // _LEAST_MODULE_DOTS)
    wanted = 2 * round(item.width_mm * dots_per_mm / matrix.size / 2)
    most = width_dots // (matrix.size + 2 * qr.QUIET_MODULES)
    return FittedCode(matrix, error, min(max(wanted, _LEAST_MODULE_DOTS), most))


def _matrix(payload: str, most_modules: int) -> tuple[qr.QrMatrix, qr.Error]:
    """The code that suffers most wear of those that find room with their quiet zone."""
    for error in _WEAR:
        with suppress(ValueError):  # too long for any code of this level
            matrix = qr.modules(payload, error)
            if matrix.size + 2 * qr.QUIET_MODULES <= most_modules:
                return matrix, error
    raise PaperError(f"code of {len(payload)} characters: no room for it in {most_modules} modules")


def _printable(text: str, face: Face) -> str:
    """NFC, every kind of space a plain one, and a question mark for what the face cannot draw: never a silent gap.

    No-break spaces stay, so that a figure and its đ keep together; the narrow one is drawn as the ordinary one.
    """
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text).replace("\u202f", "\u00a0").replace("\u2009", "\u00a0")
    if not (lacking := typeface.lacks(composed, face)):
        return composed
    # Once more: without the mark between them, V and a dot below become one letter, which the face may lack.
    return _printable("".join(_substitute(c) if c in lacking else c for c in composed), face)


def _substitute(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Mn"} else "?"


def _write(line: _Line, width: int, below: int) -> int:
    """Write a line into a block; `below` is how many of the block's dots lie below its baseline.

    Advances are whole dots, so letters can be stamped. A letter that leans out of its advance (j, at the left) is
    pushed back where it would lean over the edge.
    """
    ink, pen, end = 0, line.left, below + width
    for stamp in map(_stamps(line.face, line.size, width).__getitem__, line.text):
        if stamp.ink:
            left = pen + stamp.left_dots
            if not 0 <= left <= stamp.most_left:
                left = max(0, min(left, stamp.most_left))
            ink |= stamp.ink << end - left - stamp.reach
        pen += stamp.advance_dots
    return ink


@dataclass(frozen=True)
class _Stamp:
    """A letter ready for blocks of one width, as a number like theirs."""

    ink: int
    reach: int
    """How many dots its last one comes after the pen's, which stands on the baseline: rows down, then to the right."""
    left_dots: int
    most_left: int
    """Further right it would lean over the edge."""
    advance_dots: int


class _Stamps(dict[str, _Stamp]):
    """The letters that were wanted so far. There are as many as letters, and no citizen in them."""

    def __init__(self, face: Face, size: int, width: int) -> None:
        super().__init__()
        self._face = face
        self._size = size
        self._width = width

    def __missing__(self, character: str) -> _Stamp:
        self[character] = _stamp(character, self._face, self._size, self._width)
        return self[character]


@cache
def _stamps(face: Face, size: int, width: int) -> _Stamps:
    return _Stamps(face, size, width)


def _stamp(character: str, face: Face, size: int, width: int) -> _Stamp:
    """Hinting pushes a letter or two a dot out of the room of their line (Ẳ, ş): they go back by that dot."""
    letter = letters.alphabet(face, size).letter(character)
    ink, height = 0, len(letter.rows)
    for row in letter.rows:
        ink = ink << width | row
    above = typeface.ascent(face, size)
    below = typeface.line_height(face, size) - above
    bottom = max(min(letter.top_dots + height, below), height - above)
    return _Stamp(
        ink,
        bottom * width + letter.width_dots,
        letter.left_dots,
        width - letter.width_dots,
        typeface.width(character, face, size),
    )
