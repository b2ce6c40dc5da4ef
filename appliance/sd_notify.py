"""Tells systemd how we are: ready, alive, stopping. Says nothing when nobody listens, and never stops the caller.

The protocol is sd_notify(3): datagrams of `KEY=value` lines to the socket that NOTIFY_SOCKET names.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping


class Notifier:
    """A line to the service manager. Without NOTIFY_SOCKET (a laptop, a test) every call does nothing.

    `watchdog_interval_s`: call `watchdog()` at least this often, half of what systemd allows; None when it does not
    watch. Call it from the loop that does the work: a ping from a thread of its own would only prove the thread.
    """

    def __init__(
        self, environ: Mapping[str, str] = os.environ, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic_s = monotonic_s
        self._pinged_at_s = float("-inf")
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog_interval_s = _interval_s(environ) if self._address else None

    def ready(self) -> None:
        """Say that the service does its work from now on."""
        self._say("READY=1")

    def watchdog(self) -> None:
        """Say that the loop still turns. May be called at every turn: it speaks only when half the interval is over."""
        now_s = self._monotonic_s()
        if self.watchdog_interval_s is None or now_s - self._pinged_at_s < self.watchdog_interval_s / 2:
            return
        self._pinged_at_s = now_s
        self._say("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Put one line into `systemctl status`."""
        self._say("STATUS=" + " ".join(text.split()))

    def stopping(self) -> None:
        """Say that the end is intended."""
        self._say("STOPPING=1")

    def _say(self, line: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line_out:
                line_out.setblocking(False)
                line_out.sendto(line.encode(), self._address)
        except OSError:
            # A deaf manager is its own trouble: the citizen in front of the glass comes first.
            return


def _address(name: str) -> str:
    # A leading @ stands for the NUL of the abstract namespace.
    return "\0" + name[1:] if name.startswith("@") else name


def _interval_s(environ: Mapping[str, str]) -> float | None:
    usec = environ.get("WATCHDOG_USEC", "")
    watched_pid = environ.get("WATCHDOG_PID", "")
    if not usec.isdecimal() or watched_pid not in {"", str(os.getpid())}:
        return None
    return int(usec) / 2_000_000 or None
