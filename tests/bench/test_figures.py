"""Few numbers, honestly made from many."""

import json

import pytest

from . import figures
from .figures import Row


def test_the_median_is_a_value_that_was_measured() -> None:
    assert figures.percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert figures.percentile([5.0], 0.95) == 5.0


def test_the_95th_percentile_of_twenty_leaves_one_above_it() -> None:
    assert figures.percentile([float(number) for number in range(1, 21)], 0.95) == 19.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        figures.percentile(values, share)


def test_the_ratio_says_how_much_more_theirs_needs() -> None:
    assert Row("start", 0.5, 2.0, "s", "").ratio == 4.0
    assert Row("start", 0.5, None, "s", "").ratio is None
    assert Row("start", 0.0, 2.0, "s", "").ratio is None


def test_rounds_are_pooled_and_each_keeps_its_own_ratio() -> None:
    row = figures.across("paint", "ms", "", [[1.0, 2.0], [3.0, 4.0]], [[4.0, 4.0], [9.0, 9.0]], 0.5)
    assert (row.ours, row.theirs, row.by_round) == (2.0, 4.0, (4.0, 3.0))


def test_one_value_a_round_gives_the_medians() -> None:
    row = figures.middle("start", "s", "", [1.0, 2.0, 9.0], [4.0, 6.0, 9.0])
    assert (row.ours, row.theirs, row.by_round) == (2.0, 6.0, (4.0, 3.0, 1.0))


def test_the_file_has_just_the_agreed_fields() -> None:
    (row,) = json.loads(figures.as_json([Row("slip_bytes", 3.14159, None, "bytes", "một phiếu", (1.0,))]))
    assert row == {
        "name": "slip_bytes",
        "ours": 3.142,
        "theirs": None,
        "ratio": None,
        "unit": "bytes",
        "what": "một phiếu",
    }


def test_the_table_shows_ratios_and_how_far_the_rounds_spread() -> None:
    table = figures.as_table([Row("paint", 2.0, 8.0, "ms", "", (3.5, 4.5)), Row("idle", 1.0, None, "%", "")])
    _, paint, idle = table.splitlines()
    assert paint.split() == ["paint", "2", "8", "ms", "4", "3.5", "to", "4.5"]
    assert idle.split() == ["idle", "1", "-", "%", "-"]
