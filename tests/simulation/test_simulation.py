"""That the watch sees what it is there to see, and that a world can be told again (many worlds: `halves`)."""

from random import Random

import pytest

from tests.simulation.__main__ import one, replay
from tests.simulation.bugs import PLANTED
from tests.simulation.disk import commit_ends
from tests.simulation.halves import SEED
from tests.simulation.plan import draw
from tests.simulation.power import Fuse, PowerLossError
from tests.simulation.shrink import shrink
from tests.simulation.world import run

BUG_WORLDS, BUG_PAYMENTS = 15, 20


def test_desk_and_glass_are_compared_once_everything_is_well_again() -> None:
    """Else nobody would notice that the watch has nothing to look at there."""
    assert one((1, 60)).counts["glasses compared"]


def test_a_storm_is_weathered() -> None:
    verdict = one((SEED, 20), is_stormy=True)
    assert not verdict.is_broken, f"{verdict.invariant}: {verdict.detail}; {replay(verdict, is_stormy=True)}"
    assert verdict.counts["crashes"]


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str) -> None:
    planted = PLANTED[bug]
    for seed in range(1, BUG_WORLDS + 1):
        if run(planted.plan(seed, BUG_PAYMENTS), planted.cast).is_broken:
            return
    pytest.fail(f"{BUG_WORLDS * BUG_PAYMENTS} payments, and nobody saw that it {bug}")


def test_the_same_seed_is_the_same_world_to_the_last_step() -> None:
    plan = draw(3, 15, is_stormy=True)
    assert run(plan).told() == run(plan).told()


def test_a_failing_world_is_shrunk_and_still_fails_alike() -> None:
    planted = PLANTED["books a repeated notification again"]
    whole = run(planted.plan(1, 12), planted.cast)
    small = shrink(whole, lambda plan: run(plan, planted.cast), runs=40)
    assert whole.is_broken
    assert small.invariant == whole.invariant
    assert len(small.plan.orders) <= 2
    assert not small.plan.faults
    assert run(small.plan, planted.cast).told() == small.told()


def test_an_armed_fuse_blows_once_at_the_touch_that_was_meant() -> None:
    fuse = Fuse()
    fuse.arm(2, "commit")
    for where in ("before the commit", "elsewhere"):
        fuse.touch(where)
    with pytest.raises(PowerLossError, match="after the commit"):
        fuse.touch("after the commit")
    fuse.touch("after the commit")


def test_a_log_may_end_after_its_header_and_after_each_commit_only() -> None:
    page, salts = 512, Random(1).randbytes(8)
    header = bytes(8) + page.to_bytes(4, "big") + bytes(4) + salts + bytes(8)

    def frame(commit: int) -> bytes:
        return bytes(4) + commit.to_bytes(4, "big") + salts + bytes(8) + bytes(page)

    log = header + frame(0) + frame(2) + frame(3) + frame(0) + b"torn"
    size = 24 + page
    assert commit_ends(log) == [32, 32 + 2 * size, 32 + 3 * size]
    assert commit_ends(b"") == [0]
