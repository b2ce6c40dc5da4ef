"""The worlds that the tests play, in two halves, as each process of `make test` takes whole files.

`QUAYTHU_SIMULATED` says how many payments (10,000 unless told), `QUAYTHU_SEED` from which seed.
"""

import os
from collections import Counter

from tests.simulation.__main__ import one, replay, worlds

PAYMENTS = int(os.environ.get("QUAYTHU_SIMULATED", "10000"))
SEED = int(os.environ.get("QUAYTHU_SEED", "1"))
PARTS = 10
"""A half is so many tests."""


def play(half: int, part: int) -> None:
    """Play a part of the even (0) or odd (1) worlds; in all of them everything that must hold has to."""
    todo = worlds(PAYMENTS, SEED)[half::2][part::PARTS]
    counts: Counter[str] = Counter()
    for world in todo:
        verdict = one(world)
        assert not verdict.is_broken, f"{verdict.invariant}: {verdict.detail}; {replay(verdict, is_stormy=False)}"
        counts.update(verdict.counts)
    assert counts["payments"] == sum(size for _, size in todo)
