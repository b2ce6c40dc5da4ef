"""Pure: how much room words take in Be Vietnam Pro, and where their lines break. It draws nothing.

FreeType rounds the advance of every hinted glyph to whole pixels; widths are therefore summed in whole pixels too, and
agree with the drawing to the pixel: on the slip always, on the glass but for kerning, which only ever makes a line a
little narrower. The one thing read is the generated `fonts/metrics.json`.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

ELLIPSIS = "…"

FONTS = Path(__file__).with_name("fonts")


class Face(StrEnum):
    """The three weights. The value is the part of the file's name that differs."""

    REGULAR = "Regular"
    SEMIBOLD = "SemiBold"
    EXTRABOLD = "ExtraBold"

    @property
    def path(self) -> Path:
        """The font's file, for whoever draws."""
        return FONTS / f"BeVietnamPro-{self.value}.ttf"


@dataclass(frozen=True)
class _Metrics:
    """One face in font units."""

    units_per_em: int
    ascent: int
    descent: int
    capital: int
    missing: int
    advances: dict[str, int]

    def px(self, units: int, size_px: int) -> int:
        """Scale as FreeType does: to 1/64 of a pixel, then to the nearest whole one."""
        return (round(units * size_px * 64 / self.units_per_em) + 32) // 64


@cache
def _faces() -> dict[Face, _Metrics]:
    raw = json.loads((FONTS / "metrics.json").read_text("utf-8"))
    return {face: _read(raw[face.value]) for face in Face}


def _read(raw: dict[str, int | dict[str, int]]) -> _Metrics:
    advances = raw["advances"]
    numbers = {name: value for name, value in raw.items() if isinstance(value, int)}
    characters = {chr(int(point, 16)): units for point, units in advances.items()} if isinstance(advances, dict) else {}
    return _Metrics(advances=characters, **numbers)


def ascent(face: Face, size_px: int) -> int:
    """Pixels from the baseline to the top of the highest letter with its marks: Ẳ rises to 1.23 em."""
    metrics = _faces()[face]
    return metrics.px(metrics.ascent, size_px)


def line_height(face: Face, size_px: int) -> int:
    """Pixels from one baseline to the next when lines stand as close as their marks allow."""
    metrics = _faces()[face]
    return metrics.px(metrics.ascent + metrics.descent, size_px)


def capital_height(face: Face, size_px: int) -> int:
    """Pixels from the baseline to the top of a capital H."""
    metrics = _faces()[face]
    return metrics.px(metrics.capital, size_px)


def size_for_capital(face: Face, height_px: float) -> int:
    """The smallest size in pixels at which a capital H is at least `height_px` high."""
    metrics = _faces()[face]
    return max(1, -int(-height_px * metrics.units_per_em // metrics.capital))


class _Advances(dict[str, int]):
    """Advances of one face at one size in whole pixels, by character: looked up once, then found."""

    def __init__(self, face: Face, size_px: int) -> None:
        super().__init__()
        self._metrics = _faces()[face]
        self._size_px = size_px

    def __missing__(self, character: str) -> int:
        metrics = self._metrics
        units = 0 if unicodedata.combining(character) else metrics.advances.get(character, metrics.missing)
        self[character] = metrics.px(units, self._size_px)
        return self[character]


@lru_cache(maxsize=512)
def _advances(face: Face, size_px: int) -> _Advances:
    return _Advances(face, size_px)


@lru_cache(maxsize=256)
def width(text: str, face: Face, size_px: int) -> int:
    """How many pixels one line takes; `size_px` is the em. Text in NFD counts as the NFC it will be drawn as."""
    return sum(map(_advances(face, size_px).__getitem__, unicodedata.normalize("NFC", text)))


def lacks(text: str, face: Face) -> frozenset[str]:
    """The characters of `text` (in NFC) for which the face has no glyph."""
    known = _faces()[face].advances
    return frozenset(character for character in unicodedata.normalize("NFC", text) if character not in known)


def wrap(text: str, face: Face, size_px: int, width_px: float) -> list[str]:
    """Break `text` (made NFC) at spaces into lines of at most `width_px`; a word that is wider is broken by force.

    No-break spaces hold. A line keeps at least one character, however narrow the column; empty text is no line.
    """
    lines: list[str] = []
    for word in unicodedata.normalize("NFC", text).split(" "):
        if not word:
            continue
        if lines and width(f"{lines[-1]} {word}", face, size_px) <= width_px:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.extend(_pieces(word, face, size_px, width_px))
    return lines


def _pieces(word: str, face: Face, size_px: int, width_px: float) -> list[str]:
    pieces = [""]
    used = 0
    advances = _advances(face, size_px)
    for character in word:
        step = advances[character]
        if pieces[-1] and used + step > width_px:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += step
    return pieces


def fit(text: str, face: Face, sizes: Sequence[int], width_px: float, lines: int) -> tuple[int, list[str]]:
    """Choose the largest of `sizes` (pixels) at which `text` stands in at most `lines` lines of `width_px`.

    A size at which a word would have to be broken counts as too large. When not even the smallest will do, the text is
    broken by force at that size, and if it still overflows its last line ends in an ellipsis: nothing is ever clipped.
    Raises `ValueError` without any size or line.
    """
    if not sizes or lines < 1:
        raise ValueError("fit: at least one size and one line")
    for size in sorted(sizes, reverse=True):
        broken = wrap(text, face, size, width_px)
        if len(broken) <= lines and _words_are_whole(text, face, size, width_px):
            return size, broken
    smallest = min(sizes)
    broken = wrap(text, face, smallest, width_px)
    return smallest, broken if len(broken) <= lines else _shortened(broken, face, smallest, width_px, lines)


def _words_are_whole(text: str, face: Face, size_px: int, width_px: float) -> bool:
    return all(width(word, face, size_px) <= width_px for word in text.split(" "))


def _shortened(broken: list[str], face: Face, size_px: int, width_px: float, lines: int) -> list[str]:
    last = broken[lines - 1]
    while last and width(last + ELLIPSIS, face, size_px) > width_px:
        last = last[:-1]
    return [*broken[: lines - 1], last.rstrip(" .,;:") + ELLIPSIS]
