"""A glass without a window: real pixels in memory, a finger and a defect as levers, and a mirror for another thread."""

from collections import deque
from threading import Condition

from drivers.display import Canvas, Display, Touch, png_of, refuse_other_size
from drivers.errors import DisplayError
from drivers.scene import Scene, Size

REMEMBERED = 1000
"""So many scenes are kept; a demonstration may stand for weeks."""


class VirtualDisplay(Display):
    """`touch(x, y)`, `hold`, `lift`, `break_down()`, `mend()` and `close_window()` are its levers.

    `history` is what it showed.

    The levers, `png`, `frame` and `wait_for_frame` may be used from any thread.
    """

    def __init__(self, size: Size) -> None:
        self.history: deque[Scene] = deque(maxlen=REMEMBERED)
        self._canvas = Canvas.in_memory(size)
        self._size = size
        self._touches: deque[Touch] = deque()
        self._frame = 0
        self._painted = Condition()
        self._trouble = ""
        self._wants_close = False

    @property
    def size(self) -> Size:
        """Pixels, as it was made."""
        return self._size

    @property
    def wants_close(self) -> bool:
        """Whether `close_window` was called."""
        return self._wants_close

    @property
    def frame(self) -> int:
        """How many scenes it has shown."""
        return self._frame

    def show(self, scene: Scene) -> None:
        """Paint in memory, and wake whoever waits for the frame."""
        refuse_other_size(scene, self._size)
        with self._painted:
            self._refuse_when_broken()
            self._canvas.paint(scene)
            self.history.append(scene)
            self._frame += 1
            self._painted.notify_all()

    def touches(self) -> list[Touch]:
        """What the lever touched."""
        self._refuse_when_broken()
        touched: list[Touch] = []
        while self._touches:
            touched.append(self._touches.popleft())
        return touched

    def digest(self) -> str:
        """Of the newest frame."""
        with self._painted:
            return self._canvas.digest()

    def png(self) -> bytes:
        """The pixels of the newest frame; painting waits only while they are copied."""
        with self._painted:
            pixels = self._canvas.copy()
        return png_of(pixels)

    def wait_for_frame(self, after: int, timeout_s: float) -> int:
        """Wait until `frame` is larger than `after`, at most `timeout_s` seconds, and return what it is then."""
        with self._painted:
            self._painted.wait_for(lambda: self._frame > after, timeout_s)
            return self._frame

    def touch(self, x: int, y: int) -> None:
        """Put a finger on a pixel and take it away again."""
        self.hold(x, y)
        self.lift(x, y)

    def hold(self, x: int, y: int) -> None:
        """Put a finger on a pixel and leave it there."""
        self._touches.append(Touch(x, y))

    def lift(self, x: int, y: int) -> None:
        """Take it away."""
        self._touches.append(Touch(x, y, is_down=False))

    def close_window(self) -> None:
        """Press the cross that its window would have."""
        self._wants_close = True

    def break_down(self) -> None:
        """Pull the cable: nothing can be shown or touched until it is mended."""
        self._trouble = "the virtual cable is pulled. Call mend()"

    def mend(self) -> None:
        """Plug it in again."""
        self._trouble = ""

    def close(self) -> None:
        """Nothing can be shown any more."""
        self._trouble = "it is closed. Open another"

    def _refuse_when_broken(self) -> None:
        if self._trouble:
            raise DisplayError(f"display: {self._trouble}")
