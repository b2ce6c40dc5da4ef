"""The glass: a scene becomes pixels, a finger becomes a place. It knows no money, and no other module knows pygame.

pygame is imported when a display is opened, and only what pygame and pygame-ce both have is used.
"""

import hashlib
import io
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast

from drivers import window
from drivers.errors import DisplayError
from drivers.qr import QUIET_MODULES
from drivers.scene import (
    GRID,
    Anchor,
    Code,
    Colour,
    Drawing,
    Element,
    Fill,
    Picture,
    Point,
    Rect,
    Scene,
    Size,
    Text,
)
from drivers.typeface import Face

if TYPE_CHECKING:
    from pygame.event import Event
    from pygame.font import Font
    from pygame.surface import Surface

Mode = Literal["window", "kmsdrm", "offscreen"]
Rotation = Literal[0, 90, 180, 270]
"""By how many degrees, clockwise, the picture is turned on its panel."""

OVERSAMPLING = 4
"""Pictures and round corners are drawn so many times larger and scaled down, because pygame's own edges are jagged."""

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)


@dataclass(frozen=True)
class Touch:
    """A finger or the mouse's first button that came down on a pixel, or went up again there."""

    x: int
    y: int
    is_down: bool = True


class Display(ABC):
    """A glass that shows scenes. All methods belong to the thread that opened it, unless one says otherwise."""

    @property
    @abstractmethod
    def size(self) -> Size:
        """Pixels, width and height."""

    @property
    @abstractmethod
    def wants_close(self) -> bool:
        """Whether somebody closed the window."""

    @abstractmethod
    def show(self, scene: Scene) -> None:
        """Paint a scene: when this returns it is on the glass.

        Raises `DisplayError`, also for a scene that was composed for another size.
        """

    def prepare(self, scene: Scene) -> None:  # noqa: B027  # a display need not
        """Paint, unseen, what the next scene is likely to begin with; then `show` paints only the rest of it.

        Raises `DisplayError` as `show` does.
        """

    @abstractmethod
    def touches(self) -> list[Touch]:
        """What was touched since the last call, oldest first. Call it every frame. Raises `DisplayError`."""

    @abstractmethod
    def digest(self) -> str:
        """The SHA-256 of the pixels that stand on the glass, in hexadecimal digits: equal pixels, equal digest."""

    @abstractmethod
    def png(self) -> bytes:
        """The pixels that stand on the glass, as a PNG file."""

    @abstractmethod
    def close(self) -> None:
        """Let the glass go dark; a second time changes nothing."""


class Canvas:
    """Paints scenes on a pygame surface: a window's, or one of its own in memory. Not safe for two threads at once."""

    def __init__(self, surface: "Surface") -> None:
        window.take_pygame()
        import pygame.font

        pygame.font.init()
        self.surface = surface
        self._font = lru_cache(maxsize=64)(_font)
        # Two screens of words. Each is up to a hundred kilobytes, so a long memory of them is most of a counter's.
        self._words = lru_cache(maxsize=48)(self._render)
        self._pictures = lru_cache(maxsize=64)(_draw_picture)
        self._corners = lru_cache(maxsize=64)(_draw_corner)
        self._small = lru_cache(maxsize=4)(_one_pixel_a_module)
        self._painted: Scene | None = None
        self._ahead: Scene | None = None

    @classmethod
    def in_memory(cls, size: Size) -> "Canvas":
        """A canvas that no window shows."""
        window.take_pygame()
        import pygame.surface

        return cls(pygame.surface.Surface((size.width, size.height), depth=32))

    def paint(self, scene: Scene) -> None:
        """Paint everything, from the background up; what was painted ahead is not painted again."""
        ahead, self._ahead, self._painted = self._ahead, None, scene
        if ahead is not None and _begins_with(scene, ahead):
            for element in scene.elements[len(ahead.elements) :]:
                self._paint(element)
        else:
            self._paint_all(scene)

    def paint_ahead(self, scene: Scene) -> None:
        """Paint what the next scene is likely to begin with; `copy` and `digest` are still of the last one."""
        self._paint_all(scene)
        self._ahead = scene

    def settle(self) -> None:
        """Bring back the last scene, if another was painted ahead."""
        if self._ahead is not None and self._painted is not None:
            self.paint(self._painted)

    def _paint_all(self, scene: Scene) -> None:
        """No background where the first element covers it anyway."""
        first = scene.elements[0] if scene.elements else None
        covered = first.rect if isinstance(first, Fill) and not first.radius else Rect(0, 0, 0, 0)
        for part in _around(covered, Rect(0, 0, scene.size.width, scene.size.height)):
            self.surface.fill(scene.background, part)
        for element in scene.elements:
            self._paint(element)

    def copy(self) -> "Surface":
        """The pixels of the last scene."""
        self.settle()
        return self.surface.copy()

    def digest(self) -> str:
        """The SHA-256 of the pixels of the last scene."""
        self.settle()
        # Straight from the surface: a copy of all pixels would cost as much again, and stay in the heap.
        pixels = cast("memoryview", self.surface.get_buffer())  # it is as good as one, says pygame, but not its stubs
        return hashlib.sha256(pixels).hexdigest()

    def _paint(self, element: Element) -> None:
        match element:
            case Fill():
                self._fill(element)
            case Text():
                self._write(element)
            case Code():
                self._code(element)
            case Picture():
                drawn = self._pictures(element.drawing, element.side_px, element.stroke_px, element.colour)
                self.surface.blit(drawn, (element.x, element.y))

    def _fill(self, fill: Fill) -> None:
        radius = min(fill.radius, fill.rect.width // 2, fill.rect.height // 2)
        for part in _cross(fill.rect, radius):
            self.surface.fill(fill.colour, (part.x, part.y, part.width, part.height))
        if radius:
            for corner, place in enumerate(_corner_places(fill.rect, radius)):
                self.surface.blit(self._corners(radius, fill.colour, corner), place)

    def _write(self, text: Text) -> None:
        words, width, rise = self._words(text.text, text.face, text.size_px, text.colour)
        x = text.x
        if text.anchor is not Anchor.LEFT:
            x -= width if text.anchor is Anchor.RIGHT else width // 2
        self.surface.blit(words, (x, text.y - rise))

    def _render(self, text: str, face: Face, size_px: int, colour: Colour) -> "tuple[Surface, int, int]":
        """The words, how wide they are, and how far above the baseline they begin."""
        font = self._font(face, size_px)
        words = font.render(text, True, colour)
        return words, words.get_width(), _baseline(words, font)

    def _code(self, code: Code) -> None:
        """One pixel a module in the surface's own format, scaled by a whole number straight onto its place."""
        import pygame.transform

        box, side = code.box, code.matrix.size
        small = self._small(side)
        small.get_buffer().write(bytes(small.get_pitch() - side).join(code.matrix.rows))
        quiet_px, width = QUIET_MODULES * code.module_px, side * code.module_px
        inner = Rect(code.x + quiet_px, code.y + quiet_px, width, width)
        if not code.is_on_white:
            for part in _around(inner, box):
                self.surface.fill(WHITE, part)
        place = self.surface.subsurface((inner.x, inner.y, width, width))
        pygame.transform.scale(small.convert(self.surface), (width, width), place)


class PygameDisplay(Display):
    """A real glass: a desktop window, the whole screen without a desktop (KMSDRM), or SDL's dummy screen.

    `size` is that of the scenes, and may be None on KMSDRM: the screen's own. With `rotation` they are painted upright
    in memory and turned on the way to the glass. One process can hold one of these.
    """

    def __init__(self, mode: Mode, size: Size | None = None, rotation: Rotation = 0) -> None:
        window.take_pygame()
        import pygame.base

        panel = _turned(size or (Size(0, 0) if mode == "kmsdrm" else Size(1024, 600)), rotation)
        try:
            glass = window.open_window(mode, panel.width, panel.height, BLACK)
        except pygame.base.error as error:
            raise DisplayError(f"display ({mode}): {error}. {_ADVICE[mode]}") from error
        self._glass = glass
        self._rotation = rotation
        self._size = _turned(Size(*glass.get_size()), rotation)
        self._canvas = Canvas.in_memory(self._size) if rotation else Canvas(glass)
        self._wants_close = False

    @property
    def size(self) -> Size:
        """Pixels, as the screen or the window gave them."""
        return self._size

    @property
    def wants_close(self) -> bool:
        """Whether the window's cross was pressed."""
        return self._wants_close

    def show(self, scene: Scene) -> None:
        """Paint and flip."""
        import pygame.base
        import pygame.display
        import pygame.transform

        refuse_other_size(scene, self.size)
        try:
            self._canvas.paint(scene)
            if self._rotation:
                self._glass.blit(pygame.transform.rotate(self._canvas.surface, -self._rotation), (0, 0))
            pygame.display.flip()
        except pygame.base.error as error:
            raise DisplayError(f"display: {error}. Restart the counter; then look at the cable") from error

    def prepare(self, scene: Scene) -> None:
        """Paint into the window's own pixels: nobody sees them before the next flip."""
        import pygame.base

        refuse_other_size(scene, self.size)
        try:
            self._canvas.paint_ahead(scene)
        except pygame.base.error as error:
            raise DisplayError(f"display: {error}. Restart the counter; then look at the cable") from error

    def touches(self) -> list[Touch]:
        """Read SDL's queue; a window that was uncovered gets its pixels back."""
        import pygame.base
        import pygame.event

        try:
            return list(self._read(pygame.event.get()))
        except pygame.base.error as error:
            raise DisplayError(f"display: {error}. Restart the counter; then look at the touch cable") from error

    def _read(self, events: list["Event"]) -> Iterator[Touch]:
        import pygame.constants
        import pygame.display

        for event in events:
            if event.type == pygame.constants.QUIT:
                self._wants_close = True
            elif event.type == pygame.constants.VIDEOEXPOSE:
                self._canvas.settle()
                pygame.display.flip()
            elif event.type in {pygame.constants.FINGERDOWN, pygame.constants.FINGERUP}:
                yield self._touch(event.x, event.y, is_down=event.type == pygame.constants.FINGERDOWN)
            elif event.type in {pygame.constants.MOUSEBUTTONDOWN, pygame.constants.MOUSEBUTTONUP} and _is_a_click(
                event
            ):
                width, height = self._glass.get_size()
                x, y = event.pos
                yield self._touch(
                    (x + 0.5) / width, (y + 0.5) / height, is_down=event.type == pygame.constants.MOUSEBUTTONDOWN
                )

    def _touch(self, across: float, down: float, *, is_down: bool) -> Touch:
        """SDL gives a finger's place as fractions of the panel as it was built, 1.0 being just outside."""
        x, y = _upright(across, down, self._rotation)
        width, height = self._size.width, self._size.height
        return Touch(min(int(x * width), width - 1), min(int(y * height), height - 1), is_down)

    def digest(self) -> str:
        """Of the scene's pixels, before any rotation."""
        return self._canvas.digest()

    def png(self) -> bytes:
        """The window's pixels."""
        return png_of(self._canvas.copy())

    def close(self) -> None:
        """Give the screen back."""
        import pygame.display

        pygame.display.quit()


def refuse_other_size(scene: Scene, size: Size) -> None:
    """Raise `DisplayError` when a scene was composed for another glass."""
    if scene.size != size:
        raise DisplayError(
            f"display: it has {size}, the scene was made for {scene.size}. Compose for the display's size"
        )


def png_of(surface: "Surface") -> bytes:
    """Encode pixels as a PNG file."""
    import pygame.image

    file = io.BytesIO()
    pygame.image.save(surface, file, "glass.png")
    return file.getvalue()


_ADVICE: dict[Mode, str] = {
    "window": 'Is there a desktop (DISPLAY)? Without one set driver = "kmsdrm" or "virtual"',
    "kmsdrm": "Is the screen plugged in, does /dev/dri exist, and is this user in the groups video and render?",
    "offscreen": "SDL's dummy driver is missing: install the pygame-ce wheel",
}


def _turned(size: Size, rotation: Rotation) -> Size:
    return Size(size.height, size.width) if rotation in {90, 270} else size


def _upright(across: float, down: float, rotation: Rotation) -> tuple[float, float]:
    """Where on the scene a place of the panel lies; all are fractions of the whole."""
    match rotation:
        case 0:
            return across, down
        case 90:
            return down, 1 - across
        case 180:
            return 1 - across, 1 - down
        case 270:
            return 1 - down, across


def _is_a_click(event: "Event") -> bool:
    """The first button, and not SDL's repetition of a finger as a mouse: that one was already counted."""
    return event.button == 1 and not getattr(event, "touch", False)


def _font(face: Face, size_px: int) -> "Font":
    import pygame.font

    return pygame.font.Font(str(face.path), size_px)


def _baseline(words: "Surface", font: "Font") -> int:
    """How far down in rendered words their baseline is.

    A letter that rises above the font's ascent (Ẳ, Ổ) makes SDL_ttf's surface higher, and all of it at the top.
    """
    return words.get_height() - font.get_height() + font.get_ascent()


def _one_pixel_a_module(side: int) -> "Surface":
    """White where a byte is 0, black where it is 1.

    Not by pygame.image: it brings the readers of every kind of picture, a megabyte that nothing else here needs.
    """
    import pygame.surface

    small = pygame.surface.Surface((side, side), depth=8)
    small.set_palette([WHITE, BLACK])
    return small


def _begins_with(scene: Scene, first: Scene) -> bool:
    return scene.background == first.background and scene.elements[: len(first.elements)] == first.elements


def _around(inner: Rect, outer: Rect) -> Iterator[tuple[int, int, int, int]]:
    """What an area has beside one that lies within it: above, below, left and right; x, y, width, height of each."""
    yield outer.x, outer.y, outer.width, inner.y - outer.y
    yield outer.x, inner.bottom, outer.width, outer.bottom - inner.bottom
    yield outer.x, inner.y, inner.x - outer.x, inner.height
    yield inner.right, inner.y, outer.right - inner.right, inner.height


def _cross(rect: Rect, radius: int) -> tuple[Rect, Rect, Rect]:
    """A rectangle without its corners: a full-height middle and the two sides."""
    side = Rect(rect.x, rect.y + radius, radius, rect.height - 2 * radius)
    return (
        Rect(rect.x + radius, rect.y, rect.width - 2 * radius, rect.height),
        side,
        Rect(rect.right - radius, side.y, radius, side.height),
    )


def _corner_places(rect: Rect, radius: int) -> tuple[Point, ...]:
    right, low = rect.right - radius, rect.bottom - radius
    return (rect.x, rect.y), (right, rect.y), (rect.x, low), (right, low)


def _draw_corner(radius: int, colour: Colour, corner: int) -> "Surface":
    """A quarter of a disc: corner 0 top left, 1 top right, 2 bottom left, 3 bottom right."""
    import pygame.draw

    large = _blank(radius, colour)
    reach = radius * OVERSAMPLING
    pygame.draw.circle(large, (*colour, 255), (reach * (1 - corner % 2), reach * (1 - corner // 2)), reach)
    return _scaled_down(large, radius)


def _draw_picture(drawing: Drawing, side_px: int, stroke_px: int, colour: Colour) -> "Surface":
    large = _blank(side_px, colour)
    for stroke in drawing:
        unit = side_px * OVERSAMPLING / GRID
        _draw_stroke(large, [(x * unit, y * unit) for x, y in stroke.points], stroke_px * OVERSAMPLING, colour)
    return _scaled_down(large, side_px)


def _draw_stroke(surface: "Surface", points: list[Point], thickness: int, colour: Colour) -> None:
    """A broad line is a chain of rectangles with a disc at every joint: pygame's own broad lines have slanted ends."""
    import pygame.draw

    for x, y in points:
        pygame.draw.circle(surface, (*colour, 255), (x, y), thickness / 2)
    for (x, y), (to_x, to_y) in itertools.pairwise(points):
        length = math.hypot(to_x - x, to_y - y) or 1.0
        dx, dy = (to_y - y) / length * thickness / 2, (x - to_x) / length * thickness / 2
        band = [(x + dx, y + dy), (to_x + dx, to_y + dy), (to_x - dx, to_y - dy), (x - dx, y - dy)]
        pygame.draw.polygon(surface, (*colour, 255), band)


def _blank(side_px: int, colour: Colour) -> "Surface":
    """Transparent, but of the right colour, so that scaling down brings no dark fringe."""
    import pygame.constants
    import pygame.surface

    side = side_px * OVERSAMPLING
    surface = pygame.surface.Surface((side, side), flags=pygame.constants.SRCALPHA, depth=32)
    surface.fill((*colour, 0))
    return surface


def _scaled_down(large: "Surface", side_px: int) -> "Surface":
    import pygame.transform

    return pygame.transform.smoothscale(large, (side_px, side_px))
