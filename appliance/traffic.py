"""Pure: which of a peer's messages were heard, by their sequence. Remembers nothing by itself.

Sequences begin at 1; 0 is what nobody counts.
"""

from dataclasses import dataclass
from itertools import islice

from mqtt_schema.messages import TrafficReport
from mqtt_schema.types import Instant

MOST_BEYOND = 1000
"""So many may be heard behind a gap; then it is given up."""

MOST_MISSING = 100
"""So many are told in a report (`TrafficReport.missing`)."""

MOST_POISON = 50
MOST_POISON_BYTES = 16 * 1024


@dataclass(frozen=True)
class Traffic:
    """All up to `heard` arrived or was given up, and `beyond` of what lies behind the first gap."""

    heard: int = 0
    beyond: frozenset[int] = frozenset()

    @property
    def highest(self) -> int:
        """The highest sequence that arrived."""
        return max(self.beyond, default=self.heard)

    def has(self, sequence: int) -> bool:
        """Whether the message with this sequence arrived, or was given up."""
        return sequence <= self.heard or sequence in self.beyond

    def hearing(self, sequence: int) -> "Traffic":
        """With this one heard; a gap that grows too wide behind it is given up."""
        if self.has(sequence):
            return self
        grown = _closed(self.heard, self.beyond | {sequence})
        return grown.giving_up() if len(grown.beyond) > MOST_BEYOND else grown

    def giving_up(self) -> "Traffic":
        """Without the first gap: whoever still comes with one of its sequences has to take another one."""
        return _closed(min(self.beyond) - 1, self.beyond) if self.beyond else self

    @property
    def missing(self) -> tuple[int, ...]:
        """The first of those that did not arrive although later ones did."""
        absent = (number for number in range(self.heard + 1, self.highest) if number not in self.beyond)
        return tuple(islice(absent, MOST_MISSING))


def _closed(heard: int, beyond: frozenset[int]) -> Traffic:
    while heard + 1 in beyond:
        heard += 1
    return Traffic(heard, frozenset(number for number in beyond if number > heard))


def highest_told(report: TrafficReport) -> int:
    """The highest sequence of which a report speaks."""
    return max((report.heard, *report.missing))


def says_heard(report: TrafficReport, sequence: int) -> bool:
    """Whether a report says for sure that this one arrived."""
    return sequence <= highest_told(report) and sequence not in report.missing


@dataclass(frozen=True)
class Poison:
    """A message that could not be read or taken, set aside: `raw` are its first bytes, `reason` is for a technician."""

    counter: str
    at: Instant
    reason: str
    raw: bytes
