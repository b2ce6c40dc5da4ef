"""The pictures: each stays in its square, and no two are the same."""

import pytest

from appliance.counter import pictures
from drivers.scene import GRID, Drawing

PICTURES: dict[str, Drawing] = {name: getattr(pictures, name) for name in dir(pictures) if name.isupper()}
HALF_A_STROKE = 0.75
"""Pictures are drawn 1.5 units heavy."""


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_with_its_strokes_stays_in_its_square(name: str) -> None:
    for stroke in PICTURES[name]:
        for x, y in stroke.points:
            assert HALF_A_STROKE <= x <= GRID - HALF_A_STROKE
            assert HALF_A_STROKE <= y <= GRID - HALF_A_STROKE


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_fills_its_square_in_one_direction_at_least(name: str) -> None:
    points = [point for stroke in PICTURES[name] for point in stroke.points]
    wide = max(x for x, _ in points) - min(x for x, _ in points)
    high = max(y for _, y in points) - min(y for _, y in points)
    assert max(wide, high) >= GRID * 0.55


def test_no_two_pictures_are_the_same() -> None:
    assert len(set(PICTURES.values())) == len(PICTURES)
    assert "TICK" in PICTURES
