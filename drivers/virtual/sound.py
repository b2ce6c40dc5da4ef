"""A loudspeaker without a sound card: it keeps what it played, and breaks down when told to."""

from collections import deque
from dataclasses import dataclass

from drivers.errors import SoundError
from drivers.sound import Sound

REMEMBERED = 20
"""So many pieces are kept: ten seconds each are six megabytes."""


@dataclass(frozen=True)
class Played:
    """One piece, whether or not it was heard to its end. `number` counts from 1; volume from 0 to 1."""

    number: int
    pcm: bytes
    volume: float


class VirtualSound(Sound):
    """`break_down()`, `mend()` and `fall_silent()` are its levers; `history` is what it played, the newest at the end.

    It knows no time: what plays goes on until it is stopped, replaced, or falls silent.
    """

    def __init__(self) -> None:
        self.history: deque[Played] = deque(maxlen=REMEMBERED)
        self.playing: Played | None = None
        self.is_closed = False
        self._count = 0
        self._trouble = ""

    def play(self, pcm: bytes, volume: float) -> None:
        """Keep it."""
        self._refuse_when_broken()
        self._count += 1
        self.playing = Played(self._count, pcm, volume)
        self.history.append(self.playing)

    def stop(self) -> None:
        """Break off."""
        self.playing = None

    def fall_silent(self) -> None:
        """Come to the end of what plays."""
        self.playing = None

    def break_down(self) -> None:
        """Pull the plug: nothing can be played until it is mended."""
        self.playing, self._trouble = None, "the virtual plug is pulled. Call mend()"

    def mend(self) -> None:
        """Plug it in again."""
        self._trouble = ""

    def close(self) -> None:
        """Nothing can be played any more."""
        self.playing, self.is_closed = None, True
        self._trouble = "it is closed. Open another"

    def _refuse_when_broken(self) -> None:
        if self._trouble:
            raise SoundError(f"sound: {self._trouble}")
