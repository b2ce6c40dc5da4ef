"""Pure: rows of the report, and how many numbers become one. It measures nothing."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 4
"""Significant figures in table and file: the machine gives no more."""


@dataclass(frozen=True)
class Row:
    """One figure of ours beside theirs, both taken in the same run. `theirs` is None where nothing is comparable.

    `by_round` holds the ratios of the single rounds, for the table alone: how far the figure can be trusted.
    """

    name: str
    ours: float
    theirs: float | None
    unit: str
    what: str
    by_round: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        """Theirs divided by ours: over 1, ours needs less. None when there is nothing to divide."""
        return None if self.theirs is None or not self.ours else self.theirs / self.ours


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not pass. Raises `ValueError` without any."""
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs values, and a share over 0 and up to 1")
    return sorted(values)[math.ceil(share * len(values)) - 1]


def across(
    name: str, unit: str, what: str, ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]], share: float
) -> Row:
    """A row from paired rounds: the percentile over all rounds together, and the ratio of every single round."""
    pairs = [(percentile(our, share), percentile(their, share)) for our, their in zip(ours, theirs, strict=True)]
    pooled = [percentile([value for values in side for value in values], share) for side in (ours, theirs)]
    return Row(name, pooled[0], pooled[1], unit, what, tuple(their / our for our, their in pairs if our))


def middle(name: str, unit: str, what: str, ours: Sequence[float], theirs: Sequence[float]) -> Row:
    """A row from one value a round: the medians, and the ratio of every single round."""
    by_round = tuple(their / our for our, their in zip(ours, theirs, strict=True) if our)
    return Row(name, statistics.median(ours), statistics.median(theirs), unit, what, by_round)


def as_json(rows: Sequence[Row]) -> str:
    """The file for other programs: a list of name, ours, theirs, ratio, unit, what."""
    listed = [
        {
            "name": row.name,
            "ours": _rounded(row.ours),
            "theirs": _rounded(row.theirs),
            "ratio": _rounded(row.ratio),
            "unit": row.unit,
            "what": row.what,
        }
        for row in rows
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def as_table(rows: Sequence[Row]) -> str:
    """The table for people."""
    cells = [("row", "ours", "theirs", "unit", "ratio", "rounds")]
    cells += [
        (row.name, _said(row.ours), _said(row.theirs), row.unit, _said(row.ratio), _spread(row.by_round))
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(_line(line, widths) for line in cells) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Names and units to the left, figures to the right."""
    aligned = (
        cell.ljust(width) if column in {0, 3} else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()


def _spread(ratios: Sequence[float]) -> str:
    return f"{_said(min(ratios))} to {_said(max(ratios))}" if len(ratios) > 1 else ""


def _said(value: float | None) -> str:
    return "-" if value is None else f"{_rounded(value):g}"


def _rounded(value: float | None) -> float | None:
    if value is None or value == 0 or not math.isfinite(value):
        return value
    return round(value, max(0, _SHOWN - 1 - math.floor(math.log10(abs(value)))))
