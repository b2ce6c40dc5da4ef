"""Pure: what a link hands to its listener. It is opened by whoever knows the contract; a link does not."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """Bytes that arrived on a topic. `settle` lets the broker forget them; called once they are dealt with.

    `is_retained`: the broker had kept them, so they were said at some time before we connected.
    """

    topic: str
    raw: bytes
    settle: Callable[[], None]
    is_retained: bool = False
