"""The glass: a scene becomes pixels, a finger becomes a place. It knows no money, and no other module knows pygame.

pygame is imported when a display is opened, and only what pygame and pygame-ce both have is used.
"""

import io
import itertools
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from drivers.errors import DisplayError
from drivers.qr import QUIET_MODULES, QrMatrix
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
    import pygame

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

Mode = Literal["window", "kmsdrm", "offscreen"]

OVERSAMPLING = 4
"""Pictures and round corners are drawn so many times larger and scaled down, because pygame's own edges are jagged."""

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)


@dataclass(frozen=True)
class Touch:
    """A finger or a click at a pixel."""

    x: int
    y: int


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

    @abstractmethod
    def touches(self) -> list[Touch]:
        """What was touched since the last call, oldest first. Call it every frame. Raises `DisplayError`."""

    @abstractmethod
    def png(self) -> bytes:
        """The pixels that stand on the glass, as a PNG file."""

    @abstractmethod
    def close(self) -> None:
        """Let the glass go dark; a second time changes nothing."""


class Canvas:
    """Paints scenes on a pygame surface: a window's, or one of its own in memory. Not safe for two threads at once."""

    def __init__(self, surface: "pygame.Surface") -> None:
        import pygame.font

        pygame.font.init()
        self.surface = surface
        self._font = lru_cache(maxsize=64)(_font)
        self._words = lru_cache(maxsize=256)(self._render)
        self._pictures = lru_cache(maxsize=64)(_draw_picture)
        self._corners = lru_cache(maxsize=64)(_draw_corner)

    @classmethod
    def in_memory(cls, size: Size) -> "Canvas":
        """A canvas that no window shows."""
        import pygame

        return cls(pygame.Surface((size.width, size.height), depth=32))

    def paint(self, scene: Scene) -> None:
        """Paint everything, from the background up."""
        self.surface.fill(scene.background)
        for element in scene.elements:
            self._paint(element)

    def copy(self) -> "pygame.Surface":
        """The pixels as they are now."""
        return self.surface.copy()

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
        words = self._words(text.text, text.face, text.size_px, text.colour)
        shift = {Anchor.LEFT: 0, Anchor.CENTRE: words.get_width() // 2, Anchor.RIGHT: words.get_width()}[text.anchor]
        self.surface.blit(words, (text.x - shift, text.y - _baseline(words, self._font(text.face, text.size_px))))

    def _render(self, text: str, face: Face, size_px: int, colour: Colour) -> "pygame.Surface":
        return self._font(face, size_px).render(text, True, colour)

    def _code(self, code: Code) -> None:
        box = code.box
        quiet_px = QUIET_MODULES * code.module_px
        self.surface.fill(WHITE, (box.x, box.y, box.width, box.height))
        self.surface.blit(_code_surface(code.matrix, code.module_px), (code.x + quiet_px, code.y + quiet_px))


class PygameDisplay(Display):
    """A real glass: a desktop window, the whole screen without a desktop (KMSDRM), or SDL's dummy screen.

    `size` may be None on KMSDRM: the screen's own. One process can hold one of these.
    """

    def __init__(self, mode: Mode, size: Size | None = None) -> None:
        os.environ.update(_environment(mode))
        import pygame.display

        try:
            pygame.display.init()
            surface = _open(mode, size)
        except pygame.error as error:
            raise DisplayError(f"display ({mode}): {error}. {_ADVICE[mode]}") from error
        self._canvas = Canvas(surface)
        self._size = Size(*surface.get_size())
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
        import pygame

        refuse_other_size(scene, self.size)
        try:
            self._canvas.paint(scene)
            pygame.display.flip()
        except pygame.error as error:
            raise DisplayError(f"display: {error}. Restart the counter; then look at the cable") from error

    def touches(self) -> list[Touch]:
        """Read SDL's queue; a window that was uncovered gets its pixels back."""
        import pygame

        try:
            return list(self._read(pygame.event.get()))
        except pygame.error as error:
            raise DisplayError(f"display: {error}. Restart the counter; then look at the touch cable") from error

    def _read(self, events: list["pygame.event.Event"]) -> Iterator[Touch]:
        import pygame

        for event in events:
            if event.type == pygame.QUIT:
                self._wants_close = True
            elif event.type == pygame.VIDEOEXPOSE:
                pygame.display.flip()
            elif event.type == pygame.FINGERDOWN:
                yield _finger(event.x, event.y, self.size)
            elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1 and not _is_from_a_finger(event):
                yield Touch(*event.pos)

    def png(self) -> bytes:
        """The window's pixels."""
        return png_of(self._canvas.copy())

    def close(self) -> None:
        """Give the screen back."""
        import pygame

        pygame.display.quit()


def refuse_other_size(scene: Scene, size: Size) -> None:
    """Raise `DisplayError` when a scene was composed for another glass."""
    if scene.size != size:
        raise DisplayError(
            f"display: it has {size}, the scene was made for {scene.size}. Compose for the display's size"
        )


def png_of(surface: "pygame.Surface") -> bytes:
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


def _environment(mode: Mode) -> dict[str, str]:
    """What SDL must be told before it starts.

    X11: SDL's accelerated frame buffer takes 121 instead of 28 MB and ten times the time. KMSDRM: the default renderer
    stays black.
    """
    match mode:
        case "window":
            return {"SDL_FRAMEBUFFER_ACCELERATION": "0"}
        case "kmsdrm":
            gles = "opengles2"
            return {"SDL_VIDEODRIVER": mode, "SDL_RENDER_DRIVER": gles, "SDL_FRAMEBUFFER_ACCELERATION": gles}
        case "offscreen":
            return {"SDL_VIDEODRIVER": "dummy"}


def _open(mode: Mode, size: Size | None) -> "pygame.Surface":
    import pygame.display
    import pygame.mouse

    if mode == "kmsdrm":
        pygame.mouse.set_visible(False)
        return pygame.display.set_mode((size.width, size.height) if size else (0, 0), pygame.FULLSCREEN)
    pygame.display.set_caption("Quầy Thu")
    size = size or Size(1024, 600)
    return pygame.display.set_mode((size.width, size.height))


def _finger(x: float, y: float, size: Size) -> Touch:
    """SDL gives a finger's place as fractions of the glass, 1.0 being just outside."""
    return Touch(min(int(x * size.width), size.width - 1), min(int(y * size.height), size.height - 1))


def _is_from_a_finger(event: "pygame.event.Event") -> bool:
    """SDL repeats every finger as a mouse; that one was already counted."""
    return bool(getattr(event, "touch", False))


def _font(face: Face, size_px: int) -> "pygame.font.Font":
    import pygame.font

    return pygame.font.Font(str(face.path), size_px)


def _baseline(words: "pygame.Surface", font: "pygame.font.Font") -> int:
    """How far down in rendered words their baseline is.

    A letter that rises above the font's ascent (Ẳ, Ổ) makes SDL_ttf's surface higher, and all of it at the top.
    """
    return words.get_height() - font.get_height() + font.get_ascent()


@lru_cache(maxsize=4)
def _code_surface(matrix: QrMatrix, module_px: int) -> "pygame.Surface":
    """One byte a module, scaled by a whole number: a tenth of a millisecond, and the same pixels as drawn squares."""
    import pygame.image
    import pygame.transform

    small = pygame.image.frombuffer(b"".join(matrix.rows), (matrix.size, matrix.size), "P")
    small.set_palette([WHITE, BLACK])
    side = matrix.size * module_px
    return pygame.transform.scale(small, (side, side))


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


def _draw_corner(radius: int, colour: Colour, corner: int) -> "pygame.Surface":
    """A quarter of a disc: corner 0 top left, 1 top right, 2 bottom left, 3 bottom right."""
    import pygame.draw

    large = _blank(radius, colour)
    reach = radius * OVERSAMPLING
    pygame.draw.circle(large, (*colour, 255), (reach * (1 - corner % 2), reach * (1 - corner // 2)), reach)
    return _scaled_down(large, radius)


def _draw_picture(drawing: Drawing, side_px: int, stroke_px: int, colour: Colour) -> "pygame.Surface":
    large = _blank(side_px, colour)
    for stroke in drawing:
        unit = side_px * OVERSAMPLING / GRID
        _draw_stroke(large, [(x * unit, y * unit) for x, y in stroke.points], stroke_px * OVERSAMPLING, colour)
    return _scaled_down(large, side_px)


def _draw_stroke(surface: "pygame.Surface", points: list[Point], thickness: int, colour: Colour) -> None:
    """A broad line is a chain of rectangles with a disc at every joint: pygame's own broad lines have slanted ends."""
    import pygame.draw

    for x, y in points:
        pygame.draw.circle(surface, (*colour, 255), (x, y), thickness / 2)
    for (x, y), (to_x, to_y) in itertools.pairwise(points):
        length = math.hypot(to_x - x, to_y - y) or 1.0
        dx, dy = (to_y - y) / length * thickness / 2, (x - to_x) / length * thickness / 2
        band = [(x + dx, y + dy), (to_x + dx, to_y + dy), (to_x - dx, to_y - dy), (x - dx, y - dy)]
        pygame.draw.polygon(surface, (*colour, 255), band)


def _blank(side_px: int, colour: Colour) -> "pygame.Surface":
    """Transparent, but of the right colour, so that scaling down brings no dark fringe."""
    import pygame

    side = side_px * OVERSAMPLING
    surface = pygame.Surface((side, side), flags=pygame.SRCALPHA, depth=32)
    surface.fill((*colour, 0))
    return surface


def _scaled_down(large: "pygame.Surface", side_px: int) -> "pygame.Surface":
    import pygame.transform

    return pygame.transform.smoothscale(large, (side_px, side_px))
