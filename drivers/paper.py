"""Pure: what a printer can print. It knows neither how wide a line gets nor any command.

A `Paper` is the same for every printer: lengths are millimetres, and whoever draws it fits it to a `Profile`.
Letters are measured by the height of a capital H, because that is what an eye and a regulation measure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from drivers.typeface import Face

SMALL_MM = 2.0
"""Nothing on paper is smaller than this."""
PLAIN_MM = 2.4
"""A capital H of ordinary text."""
CAPITALS_MM = (SMALL_MM, PLAIN_MM, 2.8, 3.2, 3.6, 4.2, 2 * PLAIN_MM)
"""The heights of a capital H in which there are letters for paper."""


class Align(StrEnum):
    """Where a line stands between the edges."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True)
class Text:
    """A paragraph. One that does not wrap shrinks, down to `SMALL_MM`, until it stands on one line.

    `capital_mm` is one of `CAPITALS_MM`; anything else raises `ValueError`.
    """

    text: str
    face: Face = Face.REGULAR
    capital_mm: float = PLAIN_MM
    align: Align = Align.LEFT
    wraps: bool = True
    is_fixed: bool = False
    """The same on every slip, so that it may be kept once it has been drawn. Never what a citizen brought."""

    def __post_init__(self) -> None:
        _check(self.capital_mm)


@dataclass(frozen=True)
class Row:
    """A label at the left and its value at the right, on one line if they fit; the value wraps at the right.

    `gloss` says the label in another language: below it, in the smallest letters. `capital_mm` as of a text.
    """

    label: str
    value: str
    capital_mm: float = PLAIN_MM
    value_face: Face = Face.SEMIBOLD
    gloss: str = ""
    is_fixed: bool = False
    """As of a text."""

    def __post_init__(self) -> None:
        _check(self.capital_mm)


def _check(capital_mm: float) -> None:
    if capital_mm not in CAPITALS_MM:
        raise ValueError(f"capital_mm: {capital_mm}, one of {CAPITALS_MM}")


@dataclass(frozen=True)
class Rule:
    """A line from edge to edge, at least two dots thick: thinner ones break up on worn heads."""

    thickness_dots: int = 2

    def __post_init__(self) -> None:
        if self.thickness_dots < 2:
            raise ValueError(f"thickness_dots: {self.thickness_dots}, at least 2")


@dataclass(frozen=True)
class Space:
    """White, from edge to edge."""

    height_mm: float


@dataclass(frozen=True)
class Code:
    """A QR code in the middle, with its quiet zone; `width_mm` without it, or wider if its modules got too fine."""

    payload: str
    width_mm: float = 25.0


Item = Text | Row | Rule | Space | Code


@dataclass(frozen=True)
class Paper:
    """What comes out of the printer, top to bottom, and whether it is cut off there."""

    items: tuple[Item, ...]
    is_cut: bool = True


@dataclass(frozen=True)
class Bitmap:
    """Black and white dots. `width_dots` is a multiple of 8.

    `packed` holds the rows from the top, each `row_bytes` long, the leftmost dot in the highest bit, 1 = ink.
    """

    width_dots: int
    height_dots: int
    packed: bytes

    def __post_init__(self) -> None:
        if self.width_dots % 8 or len(self.packed) != self.row_bytes * self.height_dots:
            raise ValueError(f"packed: {len(self.packed)} bytes for {self.width_dots} x {self.height_dots} dots")

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.width_dots // 8

    def rows(self) -> Iterator[bytes]:
        """The rows from the top."""
        step = self.row_bytes
        return (self.packed[start : start + step] for start in range(0, len(self.packed), step))
