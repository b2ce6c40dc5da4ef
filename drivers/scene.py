"""Pure: what a display can show, as one value. It knows no money and no device; two equal scenes are the same picture.

Lengths are pixels from the top left corner. Elements are painted in order, later ones over earlier ones.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from drivers import typeface
from drivers.qr import QUIET_MODULES, QrMatrix
from drivers.typeface import Face

Colour = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""


@dataclass(frozen=True)
class Size:
    """How large a picture is, in pixels."""

    width: int
    height: int

    @property
    def is_portrait(self) -> bool:
        """Whether it is higher than wide."""
        return self.height > self.width


@dataclass(frozen=True)
class Rect:
    """A rectangle whose right and bottom edges are the first pixels outside."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column outside."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row outside."""
        return self.y + self.height

    @property
    def centre(self) -> tuple[int, int]:
        """The pixel in the middle."""
        return self.x + self.width // 2, self.y + self.height // 2

    def inset(self, by: int) -> "Rect":
        """Shrink by so many pixels on every side."""
        return Rect(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def contains(self, x: int, y: int) -> bool:
        """Whether a pixel lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def encloses(self, other: "Rect") -> bool:
        """Whether another rectangle lies wholly inside."""
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom


class Anchor(StrEnum):
    """Which point of a line of text stands at its x."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True)
class Fill:
    """A plain area, its corners rounded by `radius` pixels."""

    rect: Rect
    colour: Colour
    radius: int = 0

    @property
    def box(self) -> Rect:
        """The area it paints."""
        return self.rect


@dataclass(frozen=True)
class Text:
    """One line of text; `y` is its baseline, `size_px` the em."""

    text: str
    x: int
    y: int
    face: Face
    size_px: int
    colour: Colour
    anchor: Anchor = Anchor.LEFT

    @property
    def box(self) -> Rect:
        """The area it may paint, marks and descenders included."""
        width = typeface.width(self.text, self.face, self.size_px)
        left = {Anchor.LEFT: self.x, Anchor.CENTRE: self.x - width // 2, Anchor.RIGHT: self.x - width}[self.anchor]
        above = typeface.ascent(self.face, self.size_px)
        return Rect(left, self.y - above, width, typeface.line_height(self.face, self.size_px))


@dataclass(frozen=True)
class Code:
    """A QR code, black on its own white square; `x` and `y` are the corner of the quiet zone.

    `is_on_white`: whoever composed it has laid white below all of it, so its margin need not be painted.
    """

    matrix: QrMatrix
    x: int
    y: int
    module_px: int
    is_on_white: bool = False

    @property
    def modules(self) -> int:
        """How many modules it is across, quiet zone included."""
        return self.matrix.size + 2 * QUIET_MODULES

    @property
    def box(self) -> Rect:
        """The white square, quiet zone included."""
        side = self.modules * self.module_px
        return Rect(self.x, self.y, side, side)


Point = tuple[float, float]


@dataclass(frozen=True)
class Polyline:
    """Straight strokes from point to point, with round ends and joints."""

    points: tuple[Point, ...]


@dataclass(frozen=True)
class Arc:
    """A part of a circle; degrees run clockwise from three o'clock. From 0 to 360 it is the whole circle."""

    centre: Point
    radius: float
    from_degrees: float = 0
    to_degrees: float = 360

    @property
    def points(self) -> tuple[Point, ...]:
        """The arc as short straight strokes, three degrees each."""
        span = self.to_degrees - self.from_degrees
        steps = max(1, math.ceil(abs(span) / 3))
        angles = (math.radians(self.from_degrees + span * step / steps) for step in range(steps + 1))
        x, y = self.centre
        return tuple((x + self.radius * math.cos(angle), y + self.radius * math.sin(angle)) for angle in angles)


Stroke = Polyline | Arc
Drawing = tuple[Stroke, ...]
"""Strokes on a square of `GRID` by `GRID` units, whatever size it is shown at."""

GRID = 24


@dataclass(frozen=True)
class Picture:
    """A drawing in one stroke weight, in a square of `side_px`."""

    drawing: Drawing
    x: int
    y: int
    side_px: int
    stroke_px: int
    colour: Colour

    @property
    def box(self) -> Rect:
        """The square it stands in."""
        return Rect(self.x, self.y, self.side_px, self.side_px)


Element = Fill | Text | Code | Picture


@dataclass(frozen=True)
class Target:
    """A place that can be touched, by name."""

    name: str
    rect: Rect


@dataclass(frozen=True)
class Scene:
    """Everything on the glass at one moment."""

    size: Size
    background: Colour
    elements: tuple[Element, ...] = ()
    targets: tuple[Target, ...] = ()

    def texts(self) -> Iterator[Text]:
        """The lines of text, in order of painting."""
        return (element for element in self.elements if isinstance(element, Text))

    def codes(self) -> Iterator[Code]:
        """The QR codes, in order of painting."""
        return (element for element in self.elements if isinstance(element, Code))


def target_at(scene: Scene, x: int, y: int) -> str | None:
    """The name of what was touched there, or None; of two that overlap, the later one is on top."""
    return next((target.name for target in reversed(scene.targets) if target.rect.contains(x, y)), None)
