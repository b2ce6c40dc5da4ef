"""Structured logging for a process: one JSON object a line on standard error. Knows no file and no network.

The library that did this before took as long to import as a counter's first frame takes to paint, four times over
(docs/adr/0008-a-counter-imports-what-it-needs.md).
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

Level = Literal["info", "warning", "error"]

_process = [""]
_keepers: list[list[dict[str, Any]]] = []
_writing = threading.Lock()


class Log:
    """Where a module writes. What is said about an event goes beside it by name; what JSON cannot say, as its repr."""

    def info(self, event: str, **about: Any) -> None:
        """Say what happened."""
        _write("info", event, about)

    def warning(self, event: str, **about: Any) -> None:
        """Say what should not have happened, and was dealt with."""
        _write("warning", event, about)

    def error(self, event: str, **about: Any) -> None:
        """Say what somebody has to look at."""
        _write("error", event, about)

    def exception(self, event: str, **about: Any) -> None:
        """An error with the traceback of the exception that is being handled."""
        import traceback

        _write("error", event, about | {"exception": traceback.format_exc().rstrip()})


def set_up(process: str) -> None:
    """From now on every line bears the name of this process."""
    _process[:] = [process]


@contextmanager
def kept() -> Iterator[list[dict[str, Any]]]:
    """Keep what is logged meanwhile, from any thread, instead of writing it: for tests, and for tables of many runs."""
    entries: list[dict[str, Any]] = []
    _keepers.append(entries)
    try:
        yield entries
    finally:
        _keepers.remove(entries)


def _write(level: Level, event: str, about: dict[str, Any]) -> None:
    entry = {"process": _process[0], **about, "event": event, "level": level, "timestamp": _now()}
    if _keepers:
        _keepers[-1].append(entry)
        return
    line = json.dumps(entry, ensure_ascii=False, default=repr) + "\n"
    with _writing:
        try:
            sys.stderr.write(line.encode(errors="backslashreplace").decode())
            sys.stderr.flush()
        except (OSError, ValueError):
            # Nobody reads any more, or it was closed: a log that cannot be written stops no payment.
            return


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
