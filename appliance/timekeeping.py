"""Pure: the office's time as a counter knows it, measured over the link. It asks no clock; moments are handed in.

A question carries a nonce, and only the answer with the nonce of the pending question counts. Between question and
answer lies a round trip: the office's word is from somewhere in it, so its middle is wrong by half of it at most. From
then on the machine's monotonic clock carries the time further, and what is known of it grows worse by its drift.

The machine's wall clock is believed only until the first answer, and nothing is decided on it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

TimeKnown = Literal["known", "asked", "unknown"]
"""Whether the time can be decided on. *Asked*: the answer is on its way, nobody need worry."""

DRIFT = 50e-6
"""How wrong a cheap quartz goes, in seconds a second."""
STEP_S = 1.0
"""A smaller correction backwards is waited out: the time stands still, and no event is older than the one before."""


@dataclass(frozen=True)
class Patience:
    """`tolerance_s`: what is known less exactly than this is not known. An answer that took as long is thrown away.

    `again_s`: so long after a question without a (good) answer comes the next, `every_s` after a good one; but after
    `nudged_s` already when the office says something else: it is there, and has not heard the question. `wait_s`: so
    long after the first question of a connection, or after a doubt, nobody worries yet. `late_s`: so long after an
    answer a word from earlier was only a long time on its way.
    """

    tolerance_s: float = 2.0
    again_s: float = 2.0
    nudged_s: float = 0.5
    every_s: float = 240.0
    wait_s: float = 3.0
    late_s: float = 10.0


@dataclass(frozen=True)
class Anchor:
    """At `at_s` of the monotonic clock it was `at` at the office, give or take `error_s`."""

    at: datetime
    at_s: float
    error_s: float


@dataclass(frozen=True)
class Question:
    """What was asked, and when by the monotonic clock."""

    nonce: str
    asked_s: float


@dataclass(frozen=True)
class Timekeeper:
    """What is known of the time. `base`: the machine's own word at the start, for as long as nobody has answered.

    `floor` is a moment before which no later one may lie.
    """

    base: Anchor
    floor: datetime
    anchor: Anchor | None = None
    question: Question | None = None
    answered_s: float | None = None


def begin(wall: datetime, at_s: float) -> Timekeeper:
    """Know nothing but what the machine says."""
    return Timekeeper(Anchor(wall, at_s, 0.0), wall)


def not_before(keeper: Timekeeper, moment: datetime, at_s: float) -> Timekeeper:
    """The journal ends at `moment`: go on from there at the earliest."""
    if keeper.anchor is not None or moment <= now(keeper, at_s):
        return keeper
    return replace(keeper, base=Anchor(moment, at_s, 0.0), floor=moment)


def now(keeper: Timekeeper, at_s: float) -> datetime:
    """The time, trusted or not; never earlier than it was told before, but for a step (`hear`)."""
    return max(keeper.floor, _estimate(keeper.anchor or keeper.base, at_s))


def uncertainty_s(keeper: Timekeeper, at_s: float) -> float | None:
    """How wrong `now` may be, in seconds; None when nobody has answered yet."""
    return None if keeper.anchor is None else _uncertainty_s(keeper.anchor, at_s)


def is_trusted(keeper: Timekeeper, at_s: float, patience: Patience) -> bool:
    """Whether the time is known well enough to decide on it."""
    wrong_s = uncertainty_s(keeper, at_s)
    return wrong_s is not None and wrong_s <= patience.tolerance_s


def ask(keeper: Timekeeper, nonce: str, at_s: float) -> Timekeeper:
    """A question goes out; the one before it is not waited for any more."""
    return replace(keeper, question=Question(nonce, at_s))


def is_due(keeper: Timekeeper, at_s: float, patience: Patience, *, is_nudged: bool = False) -> bool:
    """Whether to ask (again). `is_nudged`: the office has just said something else."""
    if keeper.question is not None:
        return at_s - keeper.question.asked_s >= (patience.nudged_s if is_nudged else patience.again_s)
    return keeper.answered_s is None or at_s - keeper.answered_s >= patience.every_s


def contradicts(keeper: Timekeeper, issued_at: datetime, at_s: float, patience: Patience) -> bool:
    """Whether the office's word from `issued_at` says that its clock was set since its last answer.

    From later than now: nothing else explains it. From earlier: most were only late, as all are that are played back;
    it is worth a question now and then, not each time.
    """
    if keeper.answered_s is None:
        return False
    ahead_s = (issued_at - now(keeper, at_s)).total_seconds()
    quiet_s = patience.again_s if ahead_s > 0 else patience.late_s
    return abs(ahead_s) > patience.tolerance_s and at_s - keeper.answered_s >= quiet_s


def hear(keeper: Timekeeper, nonce: str, at: datetime, at_s: float, patience: Patience) -> Timekeeper:
    """An answer: the office's `at` for the question with this nonce, arrived at `at_s`.

    Unchanged when nobody waits for it; a slow one answers nothing. The sharper of two measures is kept, unless they
    contradict each other: then the office's clock was set, and the newer one is right.
    """
    question = keeper.question
    if question is None or question.nonce != nonce:
        return keeper
    trip_s = at_s - question.asked_s
    if trip_s > patience.tolerance_s:
        return keeper
    measured = Anchor(at + timedelta(seconds=trip_s / 2), at_s, trip_s / 2)
    heard = replace(keeper, question=None, answered_s=at_s)
    if keeper.anchor is not None and _is_sharper(keeper.anchor, measured):
        return heard
    return _set(heard, measured)


def _is_sharper(old: Anchor, measured: Anchor) -> bool:
    at_s = measured.at_s
    apart_s = abs((_estimate(old, at_s) - measured.at).total_seconds())
    old_s = _uncertainty_s(old, at_s)
    return apart_s <= old_s + measured.error_s and old_s <= measured.error_s


def _set(keeper: Timekeeper, measured: Anchor) -> Timekeeper:
    before = now(keeper, measured.at_s)
    back_s = (before - measured.at).total_seconds()
    return replace(keeper, anchor=measured, floor=measured.at if back_s > STEP_S else before)


def _estimate(anchor: Anchor, at_s: float) -> datetime:
    return anchor.at + timedelta(seconds=at_s - anchor.at_s)


def _uncertainty_s(anchor: Anchor, at_s: float) -> float:
    return anchor.error_s + DRIFT * (at_s - anchor.at_s)
