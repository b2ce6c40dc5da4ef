"""Keeps a counter that cannot start from being a black screen: says on the glass what is wrong and what to do.

Ends when the settings changed, when the window is closed, or when it is told to. Serves nobody and repairs nothing.
"""

import threading
from pathlib import Path

from appliance import catalogue
from appliance.clock import Clock, SystemClock
from appliance.counter import screens
from appliance.counter.look import Look
from appliance.counter.shown import Outage, Shown
from appliance.counter.state import Session
from appliance.journal import JournalError
from appliance.sd_notify import Notifier
from appliance.settings import SettingsError, stamp
from drivers.display import Display
from drivers.errors import DriverError

Stamp = tuple[int, int] | None

LOOK_EVERY_S = 0.5
"""How often the settings are looked at; well within the watchdog's patience."""


def outage_of(error: Exception) -> Outage:
    """Which outage an error of the start is."""
    match error:
        case SettingsError(__cause__=FileNotFoundError()):
            return Outage.SEED_MISSING
        case JournalError():
            return Outage.JOURNAL
        case DriverError():
            return Outage.DEVICE
    return Outage.SEED_WRONG


class OutageSign:
    """The sign on one display. `stop` ends it from any thread or signal handler."""

    def __init__(
        self,
        display: Display,
        seed: Path,
        read: Stamp,
        notifier: Notifier | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`read`: the stamp of the settings when they were read, so that no correction is overlooked."""
        self._display = display
        self._seed = seed
        self._read = read
        self._notifier = notifier or Notifier()
        self._clock = clock or SystemClock()
        self._is_over = threading.Event()

    def stop(self) -> None:
        """End after the present turn."""
        self._is_over.set()

    def hold(self, error: Exception) -> None:
        """Stand there until something changes. Raises `DisplayError` when the glass cannot show it."""
        self._show(error)
        # Not serving, but alive: systemd shall not take the one sentence away that helps.
        self._notifier.ready()
        self._notifier.status(str(error))
        while not self._is_over.wait(LOOK_EVERY_S):
            self._display.touches()
            self._notifier.watchdog()
            if self._display.wants_close or stamp(self._seed) != self._read:
                return

    def _show(self, error: Exception) -> None:
        look = Look.of(self._display.size, "", catalogue.read())
        first, *_ = str(error).splitlines() or [""]
        shown = Shown(Session(), outage=outage_of(error), words=first)
        self._display.show(screens.compose(shown, look, self._clock.now()))
