"""The whole of Quầy Thu through thousands of payments and every fault; the other half stands in `test_odd_worlds`."""

import pytest

from tests.simulation.halves import PARTS, play


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_nothing_comes_twice_nothing_is_forged(part: int) -> None:
    play(0, part)
