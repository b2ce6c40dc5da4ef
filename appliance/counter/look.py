"""Pure: the one visual family of the glass: its colours, and its sizes on one panel. It knows no screen.

Sizes are physical. A `Look` is what one counter's glass is made for and never changes while the counter runs; its
`style(language, is_large)` is everything that a screen needs to draw for one person: texts, type sizes, targets, room.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from appliance.counter.texts import Texts
from drivers import typeface
from drivers.scene import Colour, Rect, Size
from drivers.typeface import Face
from mqtt_schema.messages import Language

INK: Colour = (0x10, 0x24, 0x3E)
PAPER: Colour = (0xF7, 0xF5, 0xF0)
SHADE: Colour = (0xE8, 0xE3, 0xD8)
"""Paper in the shade: rules, the empty part of a bar, a card. Ink reads on it as well."""
WHITE: Colour = (0xFF, 0xFF, 0xFF)
ACCENT: Colour = (0x0B, 0x4F, 0x9E)
"""What can be touched, and nothing else."""
GREEN: Colour = (0x0A, 0x5C, 0x41)
"""Paid, with a tick."""
AMBER: Colour = (0x74, 0x46, 0x00)
"""Please see the clerk, with a hand; please wait, with an hourglass."""
RED: Colour = (0xA3, 0x00, 0x1E)
"""Out of service, with a cross."""

STEP = 1.4
"""Each size of type is at least so many times the next smaller one, or nobody sees that they differ."""

MUST_DEGREES = 0.7
"""How high the capitals of what must be read stand before the eye (EN 301 549, 5.1.4)."""
REST_MM = 3.0
"""How high the capitals of everything else are."""
SMALL_MM = 2.0
"""On a glass of 7 inches: account, bank, memo, dossier. Everything that must be read wins over them."""
TARGET_MM = 15.0
BETWEEN_TARGETS_MM = 2.0
LARGER = 1.3
"""How much *larger text* enlarges everything that is read."""

SHIFT_PX = 3
"""So far at most everything moves right and down, against burn-in; every margin is wider."""
SHIFT_EVERY_S = 60

_PANELS: dict[tuple[int, int], tuple[float, int]] = {
    (800, 480): (7.0, 400),
    (1024, 600): (7.0, 400),
    (1280, 720): (10.1, 500),
    (1280, 800): (10.1, 500),
    (1920, 1080): (15.6, 600),
}
"""Longer by shorter side in pixels: how large such a panel is bought (inches), and from where it is read (mm).

A 7-inch counter stands within reach; the larger ones are read from further away, because people step back from them.
"""

_DIAGONALS_PX: tuple[tuple[int, tuple[float, int]], ...] = ((1250, (7.0, 400)), (1700, (10.1, 500)))
_LARGEST = (15.6, 600)


@dataclass(frozen=True)
class Look:
    """What one counter's glass is made for. `has_printer`: whether a slip may be promised.

    `counter` is what people call it. `diagonal_inch` is that of the picture, `viewing_mm` from eye to glass.
    """

    size: Size
    counter: str
    words: Mapping[Language, Texts]
    has_printer: bool
    diagonal_inch: float
    viewing_mm: int

    @classmethod
    def of(
        cls,
        size: Size,
        counter: str,
        words: Mapping[Language, Texts],
        *,
        has_printer: bool = True,
        diagonal_inch: float | None = None,
        viewing_mm: int | None = None,
    ) -> "Look":
        """Fill in, from the pixels, what nobody measured."""
        inches, distance_mm = _panel(size)
        return cls(size, counter, words, has_printer, diagonal_inch or inches, viewing_mm or distance_mm)

    def style(self, language: Language, is_large: bool = False) -> "Style":
        """How everything is set for one person. The same arguments give the same object."""
        return self._styles[language, is_large]

    @cached_property
    def _styles(self) -> dict[tuple[Language, bool], "Style"]:
        return {
            (language, is_large): Style(self, language, is_large)
            for language in self.words
            for is_large in (False, True)
        }


def _panel(size: Size) -> tuple[float, int]:
    longer, shorter = max(size.width, size.height), min(size.width, size.height)
    if known := _PANELS.get((longer, shorter)):
        return known
    diagonal_px = math.hypot(longer, shorter)
    return next((panel for at_most, panel in _DIAGONALS_PX if diagonal_px <= at_most), _LARGEST)


@dataclass(frozen=True, eq=False)
class Style:
    """One language and one size of type on one glass. Equal only to itself, so that it is a cheap key of a cache.

    All lengths are pixels. Three sizes of type: `must` (instruction, state, countdown), `rest`, and the `amounts`
    above them; `small` is for what a glass of 7 inches has no better room for, elsewhere it is `rest`.
    """

    look: Look
    language: Language
    is_large: bool

    @cached_property
    def texts(self) -> Texts:
        """Every sentence of the language."""
        return self.look.words[self.language]

    @cached_property
    def px_per_mm(self) -> float:
        """How fine the glass is."""
        return math.hypot(self.look.size.width, self.look.size.height) / (self.look.diagonal_inch * 25.4)

    def mm(self, length_mm: float) -> int:
        """Pixels of a length on the glass, never less than the length."""
        return max(1, math.ceil(length_mm * self.px_per_mm))

    @cached_property
    def unit(self) -> int:
        """An eighth of the reference grid: gaps are multiples of it. 8 px on 1024 by 600."""
        return max(6, round(self.shorter * 8 / 600))

    @cached_property
    def shorter(self) -> int:
        """The shorter side of the glass."""
        return min(self.look.size.width, self.look.size.height)

    @property
    def is_portrait(self) -> bool:
        """Whether the glass stands."""
        return self.look.size.is_portrait

    @cached_property
    def must(self) -> int:
        """Type for what must be read; on a large glass as large as its width suggests."""
        high_mm = 2 * self.look.viewing_mm * math.tan(math.radians(MUST_DEGREES / 2))
        return self._enlarged(max(self._type(high_mm), self.shorter // 16))

    @cached_property
    def rest(self) -> int:
        """Type for everything else that is read."""
        high = max(self._type(REST_MM), self.shorter // 28)
        return min(self._enlarged(high), int(self.must / STEP))

    @cached_property
    def yielding(self) -> tuple[int, ...]:
        """Type for what gives way to a large code: that of the rest, or plain text's where larger text has no room."""
        return tuple(dict.fromkeys((self.rest, self.look.style(self.language).rest)))

    @cached_property
    def small(self) -> int:
        """Type for account, bank, memo and dossier."""
        if not self.is_narrow:
            return self.rest
        return min(self._enlarged(self._type(SMALL_MM)), int(self.rest / STEP))

    @cached_property
    def amounts(self) -> tuple[int, ...]:
        """Sizes for amounts, the largest first: as large as the figures allow, never below what must be read."""
        return tuple(range(round(self.must * STEP * STEP), self.must - 1, -1))

    @cached_property
    def headings(self) -> tuple[int, ...]:
        """Sizes for what happened, the largest first."""
        return (math.ceil(self.must * STEP), self.must)

    @cached_property
    def is_narrow(self) -> bool:
        """Whether this is a glass of 7 inches or so, on which only code, amount, name and next step are large."""
        return self.look.diagonal_inch < 9

    @cached_property
    def target(self) -> int:
        """The least side of anything that is touched."""
        return self.mm(TARGET_MM)

    @cached_property
    def between(self) -> int:
        """The least distance of two targets."""
        return self.mm(BETWEEN_TARGETS_MM)

    @cached_property
    def stroke(self) -> int:
        """The weight of a picture beside words: that of the words."""
        return max(2, round(self.rest / 9))

    @cached_property
    def radius(self) -> int:
        """How round the corners of panels and keys are."""
        return 2 * self.unit

    @cached_property
    def whole(self) -> Rect:
        """All that can be painted wherever the picture is shifted to; for panels that run to the edges."""
        return Rect(0, 0, self.look.size.width - SHIFT_PX, self.look.size.height - SHIFT_PX)

    @cached_property
    def glass(self) -> Rect:
        """All of it but the outer margin."""
        return self.whole.inset(max(SHIFT_PX, self.unit))

    @cached_property
    def panel(self) -> Rect:
        """Where a sign stands when there is no code: the left of the glass, or its top when it stands."""
        whole = self.whole
        if self.is_portrait:
            return Rect(0, 0, whole.width, whole.height * 34 // 100)
        return Rect(0, 0, whole.width * 36 // 100, whole.height)

    @cached_property
    def column(self) -> Rect:
        """Where the words stand beside or below a sign, the foot among them."""
        return self.beside(self.panel)

    def beside(self, panel: Rect) -> Rect:
        """The room that a panel at the left or at the top leaves for words."""
        glass, gap = self.glass, 2 * self.unit
        if self.is_portrait:
            return Rect(glass.x, panel.bottom + gap, glass.width, glass.bottom - panel.bottom - gap)
        left = panel.right + gap
        return Rect(left, glass.y, glass.right - left, glass.height)

    def _type(self, capital_mm: float) -> int:
        return typeface.size_for_capital(Face.REGULAR, capital_mm * self.px_per_mm)

    def _enlarged(self, size_px: int) -> int:
        return math.ceil(size_px * LARGER) if self.is_large else size_px


def shift_at(second: int) -> tuple[int, int]:
    """How far right and down everything stands in this second: to the right and back once while it goes down by one."""
    minute = second // SHIFT_EVERY_S
    return _to_and_fro(minute), _to_and_fro(minute // (2 * SHIFT_PX))


def _to_and_fro(step: int) -> int:
    phase = step % (2 * SHIFT_PX)
    return phase if phase <= SHIFT_PX else 2 * SHIFT_PX - phase
