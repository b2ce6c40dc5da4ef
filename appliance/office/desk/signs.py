"""Pure: the forms in which the desk says anything: chips, notices, headlines.

A tone is one of ink, blue, green, amber, red; a shape is the name of a drawing in `icons.html`. No meaning stands in a
tone alone: every one has its shape and its word.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """A state in one or two words."""

    word: str
    shape: str
    tone: str


@dataclass(frozen=True)
class Notice:
    """Something to know besides the state, in a sentence that says what to do."""

    sentence: str
    shape: str
    tone: str


@dataclass(frozen=True)
class Status:
    """How a payment stands: the large words, and one sentence beneath."""

    headline: str
    sentence: str
    shape: str
    tone: str
