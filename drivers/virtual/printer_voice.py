"""Pure: what a receipt printer answers, and when. It knows neither paper nor line: it is told how the printer is."""

import re

from drivers import printer_status
from drivers.printer_status import Condition
from drivers.profiles import Profile
from drivers.virtual.print_head import Asked

CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8, with all that it needs to be meant."""

_REAL_TIME = re.compile(rb"\x10\x04[\x01-\x04]|" + re.escape(CLEAR), re.DOTALL)
_CLEARED = b"\x37\x25\x00"
_PAPER_IN_TURN = ((Condition.PAPER_OUT, 0x0C), (Condition.PAPER_LOW, 0x03))

Conditions = frozenset[Condition]


class Voice:
    """Hears real-time commands wherever they stand, and collects what there is to say."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._said = bytearray()
        self._tail = b""
        self._is_automatic = False
        self._announced: Conditions | None = None
        self.is_silent = profile.is_mute
        self.lie: Conditions | None = None
        """What it says in place of the truth."""

    def take(self) -> bytes:
        """All that there was to say."""
        said = bytes(self._said)
        self._said.clear()
        return said

    def forget(self) -> None:
        """The power failed."""
        self._said.clear()
        self._tail = b""
        self._is_automatic = False

    def hear(self, piece: bytes, truth: Conditions) -> bool:
        """Obey real-time commands, in the middle of an image too; returns whether the buffer is to be cleared."""
        heard, reached, is_cleared = self._tail + piece, 0, False
        for found in _REAL_TIME.finditer(heard):
            reached = found.end()
            if found[0] != CLEAR:
                self._say(bytes((printer_status.answer(found[0][2], self._shown(truth)),)))
            elif self._profile.can_clear:
                self._say(_CLEARED)
                is_cleared = True
        self._tail = heard[max(reached, len(heard) - len(CLEAR) + 1) :]
        return is_cleared

    def answer(self, asked: Asked, truth: Conditions) -> None:
        """Answer what was asked in its turn."""
        shown = self._shown(truth)
        match asked.command:
            case "GS ( H":
                self._say(printer_status.done(asked.argument.decode("latin-1")))
            case "GS r":
                self._say(bytes((next((byte for condition, byte in _PAPER_IN_TURN if condition in shown), 0),)))
            case _:
                self._is_automatic = asked.argument != b"\x00"
                self._announced = None
                self.tell_change(truth)

    def tell_change(self, truth: Conditions) -> None:
        """Say by itself how things are, if it was asked to and they are otherwise than before."""
        shown = self._shown(truth)
        if self._is_automatic and shown != self._announced:
            self._announced = shown
            self._say(printer_status.automatic(shown))

    def _shown(self, truth: Conditions) -> Conditions:
        return truth if self.lie is None else self.lie

    def _say(self, answer: bytes) -> None:
        if not self.is_silent:
            self._said += answer
