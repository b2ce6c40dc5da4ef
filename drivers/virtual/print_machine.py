"""A whole receipt printer without a printer, but for its line: paper, cover, buffer, power, answers, and their levers.

It sees bytes only. Where printers differ in what they do wrong, the levers say which kind this one is.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drivers.paper import Bitmap
from drivers.printer_status import OFFLINE, TROUBLES, Condition, PrinterStatus
from drivers.profiles import Profile
from drivers.virtual.print_head import PrintHead, Printout
from drivers.virtual.printer_voice import CLEAR, Voice
from drivers.virtual.slip_picture import picture


@dataclass
class _Limit:
    """What happens when so many more bytes have passed."""

    left_bytes: int
    is_power: bool


class PrintMachine:
    """A printer with levers. Every method may be called from any thread."""

    def __init__(self, profile: Profile, buffer_bytes: int = 0) -> None:
        """`buffer_bytes`: what it takes while it cannot print. Real ones have 4 KB and more."""
        self.profile = profile
        self._changed = threading.Condition(threading.RLock())
        self._head = PrintHead(profile)
        self._buffer_bytes = buffer_bytes
        self._buffer = bytearray()
        self._received = bytearray()
        self._voice = Voice(profile)
        self._limit: _Limit | None = None
        self._is_powered = True
        self._is_plugged = True
        self._troubles: set[Condition] = set()
        self._lost: tuple[int, int] = (0, 0)
        self._forgets_images = False
        self._overruns = False

    # The line's side.

    def take(self, stream: bytes) -> int:
        """Bytes arrive; returns how many it took, or lost. 0 means that it wants to be asked again later."""
        with self._moving():
            if not self.is_reachable:
                return 0
            # What clears the buffer does so before what follows it is stored.
            cleared = stream.find(CLEAR)
            piece = stream if cleared < 0 else stream[: cleared + len(CLEAR)]
            taken = self._store(piece if self._limit is None else piece[: self._limit.left_bytes])
            self._overhear(stream[:taken])
            self._work()
            self._count(taken)
            return taken

    def interrupt(self, question: bytes) -> None:
        """A question arrives in front of all that waits: real-time commands are obeyed even by a busy printer."""
        with self._moving():
            if self.is_reachable:
                self._overhear(question)
                self._count(len(question))

    def say(self) -> bytes:
        """What it has to say since it was last asked."""
        with self._changed:
            return self._voice.take()

    @property
    def is_reachable(self) -> bool:
        """Whether there is power and a cable."""
        with self._changed:
            return self._is_powered and self._is_plugged

    @property
    def can_print(self) -> bool:
        """Whether paper would come out."""
        with self._changed:
            return self._is_powered and not self._conditions() & TROUBLES

    @property
    def truth(self) -> PrinterStatus:
        """How it is, whatever it says, and without a word over the line: who looks on must not take its answers."""
        with self._changed:
            if not self.is_reachable:
                return OFFLINE
            return PrinterStatus(self._conditions() or frozenset({Condition.READY}))

    # The levers.

    def run_out_of_paper(self, after_rows: int = 0) -> None:
        """The roll ends when `after_rows` more rows of dots have been fed."""
        with self._moving():
            self._head.paper_rows = after_rows

    def load_paper(self) -> None:
        """A new roll. What hung out of the printer is a scrap; what waits in the buffer comes out now."""
        with self._moving():
            self._head.paper_rows = None
            self._head.tear(is_scrap=True)
            self._work()

    def run_low_on_paper(self) -> None:
        """The sensor sees the last turns of the roll, until the cover opens for a new one."""
        self._set(Condition.PAPER_LOW, is_so=True)

    def open_cover(self) -> None:
        """Somebody opens the cover."""
        self._set(Condition.COVER_OPEN, is_so=True)

    def close_cover(self) -> None:
        """The cover is closed again, with a fresh roll if the old one was low."""
        self._set(Condition.COVER_OPEN, is_so=False)
        self._set(Condition.PAPER_LOW, is_so=False)

    def go_offline(self) -> None:
        """The printer takes nothing, and says so."""
        self._set(Condition.OFFLINE, is_so=True)

    def come_back(self) -> None:
        """The printer takes bytes again."""
        self._set(Condition.OFFLINE, is_so=False)

    def jam_cutter(self) -> None:
        """The knife is stuck."""
        self._set(Condition.CUTTER_FAULT, is_so=True)

    def free_cutter(self) -> None:
        """The knife moves again."""
        self._set(Condition.CUTTER_FAULT, is_so=False)

    def overheat(self) -> None:
        """The head is too hot and rests."""
        self._set(Condition.OVERHEATED, is_so=True)

    def cool_down(self) -> None:
        """The head may go on."""
        self._set(Condition.OVERHEATED, is_so=False)

    def pull_cable_after(self, n_bytes: int) -> None:
        """The cable comes off when `n_bytes` more have passed."""
        with self._moving():
            self._limit = _Limit(n_bytes, is_power=False)
            self._count(0)

    def plug_in(self) -> None:
        """The cable is back; the printer still waits for the rest of what it was reading."""
        with self._moving():
            self._is_plugged, self._limit = True, None

    def cut_power_after(self, n_bytes: int) -> None:
        """Its power fails when `n_bytes` more have passed."""
        with self._moving():
            self._limit = _Limit(n_bytes, is_power=True)
            self._count(0)

    def power_cycle(self) -> None:
        """Off and on: what it held and an unfinished command are forgotten, the paper stays."""
        with self._moving():
            self._forget()
            self._is_powered = True
            if self._limit is not None and self._limit.is_power:
                self._limit = None

    def tear_off(self) -> None:
        """Somebody tears the slip off by hand: the end of a slip where no cutter is."""
        with self._moving():
            self._head.tear()

    def lie(self, conditions: frozenset[Condition] | None) -> None:
        """Say this instead of the truth; None is the truth again."""
        with self._moving():
            self._voice.lie = conditions

    def fall_silent(self, is_silent: bool = True) -> None:
        """Answer nothing any more, and print on."""
        with self._moving():
            self._voice.is_silent = is_silent or self.profile.is_mute

    def lose_bytes(self, after: int, count: int) -> None:
        """`count` bytes get lost on the line when `after` more have passed."""
        with self._moving():
            self._lost = (after, count)

    def forget_images(self) -> None:
        """Be one of those that forget at the end of the roll that they were in an image: the rest comes as letters."""
        self._forgets_images = True

    def overrun(self) -> None:
        """Be one of those that lose what does not fit into their buffer, on a line without flow control."""
        self._overruns = True

    # What it printed.

    @property
    def received(self) -> bytes:
        """Every byte that came over the line, but for questions."""
        with self._changed:
            return bytes(self._received)

    @property
    def slips(self) -> tuple[Bitmap, ...]:
        """What was cut or torn off with ink on it, the oldest first; scraps are not slips."""
        with self._changed:
            return tuple(printout.picture for printout in self._slips())

    @property
    def streams(self) -> tuple[bytes, ...]:
        """The bytes of each of `slips`."""
        with self._changed:
            return tuple(printout.stream for printout in self._slips())

    @property
    def printouts(self) -> tuple[Printout, ...]:
        """All that left it, scraps and white paper too."""
        with self._changed:
            return tuple(self._head.printouts)

    @property
    def paper(self) -> Bitmap:
        """What hangs out of the printer now."""
        with self._changed:
            return self._head.paper

    def png(self, slip: int = -1) -> bytes:
        """A picture of one of `slips`, with the paper's white margins. Raises `IndexError` if there is none."""
        return picture(self.slips[slip], self.profile)

    def wait_for_slips(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` slips have come out; False if they did not within `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._slips()) >= count, timeout_s)

    def wait_for_ink(self, count: int, timeout_s: float) -> bool:
        """Wait until slip number `count` has its first ink; False if it has none within `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._begun() >= count, timeout_s)

    # Inside.

    @contextmanager
    def _moving(self) -> Iterator[None]:
        with self._changed:
            try:
                yield
            finally:
                if self.is_reachable:
                    self._voice.tell_change(self._conditions())
                self._changed.notify_all()

    def _set(self, trouble: Condition, *, is_so: bool) -> None:
        with self._moving():
            (self._troubles.add if is_so else self._troubles.discard)(trouble)
            self._work()

    def _store(self, piece: bytes) -> int:
        """Put bytes into the buffer and print what can be; what then does not fit was not taken, or is lost."""
        self._buffer += self._without_lost(piece)
        before = len(self._received)
        self._received += piece
        self._work()
        excess = len(self._buffer) - self._buffer_bytes
        if excess <= 0:
            return len(piece)
        del self._buffer[-excess:]
        if self._overruns:
            return len(piece)
        del self._received[before + len(piece) - excess :]
        return len(piece) - excess

    def _without_lost(self, piece: bytes) -> bytes:
        after, count = self._lost
        if not count:
            return piece
        kept = piece[:after] + piece[after + count :]
        self._lost = (max(0, after - len(piece)), count - (len(piece) - len(kept)))
        return kept

    def _work(self) -> None:
        """Print what waits, as far as it goes."""
        while self._buffer and self.can_print:
            taken = self._head.feed(bytes(self._buffer))
            del self._buffer[:taken]
            self._answer_in_turn()
            if self._head.paper_rows == 0 and self._forgets_images:
                self._head.forget_command()

    def _answer_in_turn(self) -> None:
        asked, self._head.asked = self._head.asked, []
        for one in asked:
            self._voice.answer(one, self._conditions())

    def _overhear(self, piece: bytes) -> None:
        if self._voice.hear(piece, self._conditions()):
            self._buffer.clear()
            self._head.power_cycle()

    def _count(self, passed: int) -> None:
        if self._limit is None:
            return
        self._limit.left_bytes -= passed
        if self._limit.left_bytes <= 0 and self._limit.is_power:
            self._forget()
            self._is_powered = False
        elif self._limit.left_bytes <= 0:
            self._is_plugged = False
            self._voice.take()

    def _forget(self) -> None:
        self._buffer.clear()
        self._voice.forget()
        self._head.power_cycle()

    def _conditions(self) -> frozenset[Condition]:
        out = {Condition.PAPER_OUT} if self._head.paper_rows == 0 else set()
        return frozenset(self._troubles | out)

    def _begun(self) -> int:
        return len(self._slips()) + any(self._head.paper.packed)

    def _slips(self) -> list[Printout]:
        return [one for one in self._head.printouts if not one.is_scrap and any(one.picture.packed)]
