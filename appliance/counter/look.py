"""Pure: the one visual family of the glass: its colours, its sizes, its grid. It knows no screen.

Numbers are those of a glass of 1024 by 600 pixels (7 inches); every other glass scales them.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from appliance.counter.texts import VIETNAMESE, Texts
from drivers.scene import Colour, Rect, Size

INK: Colour = (0x10, 0x24, 0x3E)
PAPER: Colour = (0xF7, 0xF5, 0xF0)
SHADE: Colour = (0xE8, 0xE3, 0xD8)
"""Paper in the shade: rules, the empty part of a bar, a card. Ink reads on it as well."""
WHITE: Colour = (0xFF, 0xFF, 0xFF)
GREEN: Colour = (0x0A, 0x5C, 0x41)
"""Paid, with a tick."""
AMBER: Colour = (0x74, 0x46, 0x00)
"""Please see the clerk, with a hand; please wait, with an hourglass."""

STEP = 1.4
"""Each size of type is at least so many times the next smaller one, or nobody sees that they differ."""

CODE_SHARE_LYING = 0.56
CODE_SHARE_STANDING = 0.5
"""The code takes at most this share of the longer side; the words need the rest."""


@dataclass(frozen=True)
class Look:
    """What one counter's screens are made for. `has_printer`: whether a slip may be promised."""

    size: Size
    counter: str
    has_printer: bool = True
    texts: Texts = VIETNAMESE

    def px(self, reference_px: float) -> int:
        """Scale a length of the reference glass to this one."""
        longer, shorter = max(self.size.width, self.size.height), min(self.size.width, self.size.height)
        return max(1, round(reference_px * min(longer / 1024, shorter / 600)))

    @cached_property
    def small(self) -> int:
        """Type for the rest: on 7 inches a capital is over 2 mm high."""
        return self.px(20)

    @cached_property
    def middle(self) -> int:
        """Type for what to do."""
        return math.ceil(self.small * STEP)

    @cached_property
    def heading(self) -> int:
        """Type for what happened."""
        return math.ceil(self.middle * STEP)

    @cached_property
    def amounts(self) -> tuple[int, ...]:
        """Type for amounts: as large as the figures allow, never below a heading."""
        return tuple(range(self.heading, math.ceil(self.heading * STEP) + 1))

    @cached_property
    def glass(self) -> Rect:
        """All of it but the outer margin."""
        return Rect(0, 0, self.size.width, self.size.height).inset(self.px(24))

    @cached_property
    def panel(self) -> Rect:
        """The square of the code, or of the sign that takes its place: left, or on top when the glass stands."""
        if self.size.is_portrait:
            side = min(self.glass.width, int(self.size.height * CODE_SHARE_STANDING))
            return Rect(self.glass.centre[0] - side // 2, self.glass.y, side, side)
        side = min(self.glass.height, int(self.size.width * CODE_SHARE_LYING))
        return Rect(self.glass.x, self.glass.centre[1] - side // 2, side, side)

    @cached_property
    def column(self) -> Rect:
        """Where the words stand: right of the panel, or below it."""
        if self.size.is_portrait:
            top = self.panel.bottom + self.px(20)
            return Rect(self.glass.x, top, self.glass.width, self.glass.bottom - top)
        left = self.panel.right + self.px(32)
        return Rect(left, self.glass.y, self.glass.right - left, self.glass.height)
