"""What strace says is counted, and each hop is one."""

import pytest

from . import throughput
from .throughput import HOPS, Passage, syncs_in

SUMMARY = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 98.10    0.035071         121       288           fdatasync
  1.90    0.000680          68        10         2 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.035751         119       298         2 total
"""


def test_the_syncs_of_a_summary_are_added_up_without_its_total() -> None:
    assert syncs_in(SUMMARY) == 298


@pytest.mark.parametrize("summary", ["", "strace: nothing\n"])
def test_who_synced_nothing_has_no_lines(summary: str) -> None:
    assert syncs_in(summary) == 0


def test_every_payment_gives_each_hop_its_time_and_the_broker_stands_beside_it() -> None:
    moments = {name: float(number) for number, name in enumerate(Passage.__dataclass_fields__) if name != "counter"}
    rows = throughput.hop_rows([Passage("quay-01", **moments)], [0.5])
    assert {row.name for row in rows} == {f"hop_{name}_{share}" for name, *_ in HOPS for share in ("p50", "p99")}
    assert all(row.ours == 1_000 and row.theirs == 0.5 for row in rows)


def test_the_rate_is_payments_by_seconds_and_the_syncs_are_told_apart() -> None:
    assert throughput.rate_row(30, 10).ours == 3
    row = throughput.sync_row({"office": 20, "counters": 10}, 5)
    assert row.ours == 6
    assert "4.0 by the office, 2.0 by the counter" in row.what
