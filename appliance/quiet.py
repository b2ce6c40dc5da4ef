"""Pure: says something once a minute for each kind, and counts the rest. Rubbish fills no disk."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import timedelta

from mqtt_schema.types import Instant

EVERY = timedelta(minutes=1)

MOST_KINDS = 1000
"""Somebody may invent kinds, too; then all of them are forgotten and begin anew."""


@dataclass
class _Last:
    at: Instant
    unsaid: int = 0


@dataclass
class Quiet:
    """What was said lately."""

    _last: dict[Hashable, _Last] = field(default_factory=dict)

    def let_through(self, kind: Hashable, at: Instant) -> int | None:
        """How many of this kind were kept back before this one, which may be said; None when it may not."""
        last = self._last.get(kind)
        # A clock that was put back must not keep us silent for days.
        if last is not None and timedelta(0) <= at - last.at < EVERY:
            last.unsaid += 1
            return None
        if len(self._last) >= MOST_KINDS:
            self._last.clear()
        self._last[kind] = _Last(at)
        return last.unsaid if last else 0
