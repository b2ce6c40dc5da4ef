"""A screen without a monitor, and an eye on it that belongs to neither program: Xvfb's framebuffer, mapped.

The eye knows no window, no toolkit and no browser. It sees pixels, and the moment at which they last changed.
"""

import mmap
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from .errors import BenchError

WIDTH, HEIGHT = 1024, 600

Pixels = NDArray[np.uint32]
Mask = NDArray[np.bool_]

_COLUMNS, _ROWS = 4, 8
"""One pixel in so many is looked at: a module of the code is over 8 pixels wide, and looking must cost little."""
_POLL_S = 0.0002
_RGB = np.uint32(0xFFFFFF)
_PAPER, _INK = 0xF7F5F0, 0x10243E
"""The colours of both programs' first screen."""
_WORDS = 40
"""So many of the looked-at pixels in pure ink are words; an empty window has none."""
_STILL_S = 0.06
"""A picture that has not changed for so long is finished."""
_MARGIN = 10
"""Looked-at pixels around what moves by itself: a wider figure may stand there next."""
_MOST = 0.5
"""A countdown leaves at least so much of the picture in peace."""

_HEADER_WORDS = 25
_HEADER_SIZE, _FILE_HEIGHT, _BYTES_PER_LINE, _COLOURS = 0, 5, 12, 19
_COLOUR_BYTES = 12
"""XWDFileHeader of X11/XWDFile.h: 25 big-endian words, then a name, then the colour map of 12 bytes each."""


class Glass:
    """One Xvfb of 1024 by 600. A context manager: it ends what it started."""

    def __init__(self, xvfb: str, directory: Path) -> None:
        """Start it; its framebuffer lies in `directory`. Raises `BenchError` when it does not come up."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._said, said = os.pipe()
        self._server = subprocess.Popen(
            [
                *(xvfb, "-displayfd", str(said), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(directory)),
                *("-nolisten", "tcp", "-noreset", "-nocursor"),
            ],
            pass_fds=[said],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(directory / "xvfb.log").open("wb"),
        )
        os.close(said)
        self.name = self._display_name(directory)
        self.pixels = _map(directory / "Xvfb_screen0")
        self._looked_at = self.pixels[_ROWS // 2 :: _ROWS, _COLUMNS // 2 :: _COLUMNS]
        self._steady: Mask = np.ones(self._looked_at.shape, dtype=np.bool_)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.wait(timeout=10)

    def _display_name(self, directory: Path) -> str:
        with os.fdopen(self._said, "rb") as said:
            number = said.readline().strip().decode()
        if not number:
            raise BenchError(f"Xvfb did not come up; see {directory / 'xvfb.log'}")
        return f":{number}"

    def look(self) -> Pixels:
        """What the looked-at pixels are now."""
        return self._looked_at & _RGB

    def shows_a_frame(self) -> bool:
        """Whether a first screen stands there: paper in all four corners, and words in ink."""
        now = self.look()
        corners = (now[0, 0], now[0, -1], now[-1, 0], now[-1, -1])
        return all(corner == _PAPER for corner in corners) and int((now == _INK).sum()) >= _WORDS

    def wait_for_frame(self, timeout_s: float = 60) -> float:
        """The monotonic second at which the first screen stood. Raises `BenchError` when none comes."""
        return _wait(self.shows_a_frame, "a first screen", timeout_s)

    def wait_until_dark(self, timeout_s: float = 10) -> None:
        """Wait until no window is left. Raises `BenchError` when one stays."""
        _wait(lambda: not self.look().any(), "an empty screen", timeout_s)

    def wait_for_change(self, before: Pixels, what: str, timeout_s: float = 10) -> tuple[float, Pixels]:
        """The monotonic second of the last change that makes `before` into a finished picture, and that picture.

        What moves by itself does not count. Raises `BenchError` naming `what` when nothing changes.
        """
        start = changed_s = time.monotonic()
        last = before
        while True:
            now_s, now = time.monotonic(), self.look()
            if ((now != last) & self._steady).any():
                changed_s, last = now_s, now
            elif last is not before and now_s - changed_s >= _STILL_S:
                return changed_s, last
            if now_s - start > timeout_s:
                raise BenchError(f"waited {timeout_s:g} s in vain for {what}")
            time.sleep(_POLL_S)

    def learn_what_moves(self, seconds: float = 2.2) -> None:
        """Watch a screen that is told nothing: what moves on it is its countdown, and is not looked at any more.

        Where all of it moved it was shifted against burn-in, which happens once a minute: it is watched again.
        """
        steady = None
        while steady is None:
            steady = at_rest(self._moved_within(seconds))
        self._steady = steady

    def _moved_within(self, seconds: float) -> Mask:
        first = self.look()
        moved = np.zeros(first.shape, dtype=np.bool_)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            moved |= self.look() != first
            time.sleep(0.02)
        return moved

    def code(self) -> str | None:
        """What a reader that neither program uses reads from the screen, or None."""
        grey = (self.pixels & 0xFF).astype(np.uint8)
        read = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
        return read[0].text if read else None

    def save_picture(self) -> None:
        """Put what stands on the glass beside its framebuffer, for a person to judge."""
        channels = [(self.pixels >> shift & 0xFF).astype(np.uint8) for shift in (16, 8, 0)]
        Image.fromarray(np.stack(channels, axis=-1)).save(self._directory / "code.png")


def _wait(condition: Callable[[], bool], what: str, timeout_s: float) -> float:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"waited {timeout_s:g} s in vain for {what}")
        time.sleep(0.001)
    return time.monotonic()


def at_rest(moved: Mask) -> Mask | None:
    """All but the rectangle around what moved; None where that is most of the picture."""
    steady = ~_around(moved)
    return steady if steady.mean() >= _MOST else None


def _around(moved: Mask) -> Mask:
    """The rectangle around what moved, and a margin."""
    marked = np.zeros_like(moved)
    rows, columns = np.nonzero(moved)
    if rows.size:
        top, left = max(0, int(rows.min()) - _MARGIN), max(0, int(columns.min()) - _MARGIN)
        marked[top : int(rows.max()) + _MARGIN, left : int(columns.max()) + _MARGIN] = True
    return marked


def _map(path: Path) -> Pixels:
    """Xvfb's framebuffer as rows of 0x00RRGGBB. Raises `BenchError` when it has another shape."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start, width, height = shape(mapped[: _HEADER_WORDS * 4])
    if height != HEIGHT or width < WIDTH:
        raise BenchError(f"Xvfb's framebuffer is {width}x{height}, not {WIDTH}x{HEIGHT}")
    pixels = np.frombuffer(mapped, dtype="<u4", offset=start, count=width * height)
    return pixels.reshape(height, width)[:, :WIDTH]


def shape(header: bytes) -> tuple[int, int, int]:
    """Where the pixels begin, how many stand in a line of the file, and how many lines there are."""
    words = np.frombuffer(header, dtype=">u4")
    start = int(words[_HEADER_SIZE]) + int(words[_COLOURS]) * _COLOUR_BYTES
    return start, int(words[_BYTES_PER_LINE]) // 4, int(words[_FILE_HEIGHT])
