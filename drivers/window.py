"""The one window or screen of a process, lit with a few words before anything else is imported. It knows no scene.

Whoever switches a device on must see within a blink that it lives. So this module imports almost nothing, takes of
pygame only the parts that paint, and keeps SDL from what costs ten times its own start: launching a session bus,
reading the tables of compose keys, and unpacking an icon.
"""

import os

from drivers import standin

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost 3 ms
    from typing import Literal

    from pygame.surface import Surface

    Mode = Literal["window", "kmsdrm", "offscreen"]

Rgb = tuple[int, int, int]

FONTS = os.path.join(os.path.dirname(__file__), "fonts")  # noqa: PTH118, PTH120  # pathlib costs 5 ms here
WIDEST = 0.8
"""The share of the glass's width that the longest line takes at most."""

_ICON_PX = 32


def open_window(mode: "Mode", width: int, height: int, ink: Rgb) -> "Surface":
    """Open the window, or the whole screen, or give back the one that is open; pixels of the panel as it was built.

    0 by 0 asks for the screen's own size. Raises `pygame.error`.
    """
    take_pygame()
    import pygame.display

    is_open = pygame.display.get_init() and pygame.display.get_surface()
    if is_open and (width, height) in {(0, 0), is_open.get_size()}:
        return is_open
    os.environ.update(_demands(mode))
    for name, value in _WISHES.items():
        os.environ.setdefault(name, value)
    pygame.display.init()
    _set_icon(ink)
    if mode == "kmsdrm":
        return _open_screen(width, height)
    pygame.display.set_caption("Quầy Thu")
    return pygame.display.set_mode((width, height))


def _open_screen(width: int, height: int) -> "Surface":
    import pygame.constants
    import pygame.display
    import pygame.mouse

    pygame.mouse.set_visible(False)
    return pygame.display.set_mode((width, height), pygame.constants.FULLSCREEN)


def _set_icon(ink: Rgb) -> None:
    """Without one of ours, pygame unpacks its own: 10 ms, and every image library that it has."""
    import pygame.display
    import pygame.surface

    icon = pygame.surface.Surface((_ICON_PX, _ICON_PX))
    icon.fill(ink)
    pygame.display.set_icon(icon)


def _demands(mode: "Mode") -> dict[str, str]:
    """What SDL must be told before it starts.

    X11: SDL's accelerated frame buffer takes 121 instead of 28 MB and ten times the time. KMSDRM: the default renderer
    stays black.
    """
    if mode == "window":
        return {"SDL_FRAMEBUFFER_ACCELERATION": "0"}
    if mode == "kmsdrm":
        gles = "opengles2"
        return {"SDL_VIDEODRIVER": mode, "SDL_RENDER_DRIVER": gles, "SDL_FRAMEBUFFER_ACCELERATION": gles}
    return {"SDL_VIDEODRIVER": "dummy"}


_WISHES = {
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    # SDL would have a session bus launched, for a screen saver that a counter does not have: 15 ms and a process.
    "DBUS_SESSION_BUS_ADDRESS": "disabled:",
    # Nobody types on a counter: no tables of compose keys, 8 ms.
    "XCOMPOSEFILE": "/dev/null",
}
"""What SDL and Xlib are told unless the desktop has said otherwise."""


def paint_words(glass: "Surface", lines: tuple[str, str], paper: Rgb, ink: Rgb, rotation: int = 0) -> None:
    """Paint a large line and a smaller one below it in the middle of the glass, turned clockwise by so many degrees."""
    take_pygame()
    import pygame.display

    turned = glass if rotation == 0 else _blank(glass, is_across=rotation in {90, 270})
    turned.fill(paper)
    _write(turned, lines, ink)
    if rotation:
        import pygame.transform

        glass.blit(pygame.transform.rotate(turned, -rotation), (0, 0))
    pygame.display.flip()


def _blank(glass: "Surface", *, is_across: bool) -> "Surface":
    from pygame.surface import Surface

    width, height = glass.get_size()
    return Surface((height, width) if is_across else (width, height), depth=32)


def _write(surface: "Surface", lines: tuple[str, str], ink: Rgb) -> None:
    import pygame.font

    pygame.font.init()
    width, height = surface.get_size()
    size = max(16, min(width // 9, height // 6))
    words = [_set(lines[0], "ExtraBold", size, width, ink), _set(lines[1], "SemiBold", size // 2, width, ink)]
    top = (height - sum(line.get_height() for line in words)) // 2
    for line in words:
        surface.blit(line, ((width - line.get_width()) // 2, top))
        top += line.get_height()


def _set(words: str, face: str, size_px: int, width_px: int, ink: Rgb) -> "Surface":
    """One line, smaller where it would not fit."""
    import pygame.font

    path = f"{FONTS}/BeVietnamPro-{face}.ttf"
    font = pygame.font.Font(path, size_px)
    wide = font.size(words)[0]
    if wide > WIDEST * width_px:
        font = pygame.font.Font(path, max(1, int(size_px * WIDEST * width_px / wide)))
    return font.render(words, True, ink)


def take_pygame() -> None:
    """Let `import pygame.part` load that part alone.

    pygame's own `__init__` imports all parts, the mixer and the image readers with their twenty libraries among them:
    25 ms and 6 MB.
    """
    standin.put("pygame")
