"""The chain: whatever is done to a row is found, and said in words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import chain
from appliance.chain import GENESIS, Row, Start


def made(count: int, start: Start = Start()) -> list[Row]:  # noqa: B008  # a frozen value
    rows: list[Row] = []
    head = start.head
    for number in range(count):
        seq = start.seq + number
        rows.append(chain.add(head, seq, f"2026-11-22T01:30:{number:02}+00:00", "painted", chain.said({"n": number})))
        head = rows[-1].head
    return rows


def found(rows: list[Row], start: Start = Start(), last: int | None = None) -> list[str]:  # noqa: B008  # a frozen value
    return [finding.sentence for finding in chain.verify(rows, start, last)]


@given(st.integers(0, 20))
def test_an_untouched_chain_is_whole(count: int) -> None:
    assert found(made(count), last=count) == []


CHANGES: dict[str, Callable[[list[Row], int], list[Row]]] = {
    "another body": lambda rows, at: [*rows[:at], replace(rows[at], body='{"n":99}'), *rows[at + 1 :]],
    "another time": lambda rows, at: [*rows[:at], replace(rows[at], at="2026"), *rows[at + 1 :]],
    "another kind": lambda rows, at: [*rows[:at], replace(rows[at], kind="paid"), *rows[at + 1 :]],
    "another head": lambda rows, at: [*rows[:at], replace(rows[at], head="f" * 64), *rows[at + 1 :]],
    "another previous": lambda rows, at: [*rows[:at], replace(rows[at], previous="f" * 64), *rows[at + 1 :]],
    "another number": lambda rows, at: [*rows[:at], replace(rows[at], seq=77), *rows[at + 1 :]],
    "missing": lambda rows, at: [*rows[:at], *rows[at + 1 :]],
    "twice": lambda rows, at: [*rows[: at + 1], rows[at], *rows[at + 1 :]],
    "swapped": lambda rows, at: [*rows[:at], rows[at - 1], *rows[at + 1 :]],
    "renumbered": lambda rows, at: [*rows[:at], *(replace(row, seq=row.seq - 1) for row in rows[at + 1 :])],
    "inserted": lambda rows, at: [
        *rows[:at],
        chain.add(rows[at - 1].head if at else GENESIS, at + 1, "2026", "paid", "{}"),
        *(replace(row, seq=row.seq + 1) for row in rows[at:]),
    ],
}


@pytest.mark.parametrize("change", CHANGES)
@given(st.data())
def test_whatever_is_done_to_a_row_is_found(change: str, data: st.DataObject) -> None:
    rows = made(data.draw(st.integers(2, 12)))
    changed = CHANGES[change](rows, data.draw(st.integers(0, len(rows) - 1)))
    assert found(changed, last=len(rows)), change


@given(st.integers(1, 12), st.integers(1, 11))
def test_rows_cut_off_at_the_end_are_found_by_their_number(count: int, cut: int) -> None:
    rows = made(count)[:-cut]
    assert "missing at the end" in found(rows, last=count)[0]


def test_rows_beyond_the_last_number_were_inserted() -> None:
    assert found(made(4), last=2) == ["rows 3 to 4 are inserted at the end: only 2 were ever written"]


def test_a_finding_says_which_row_and_when() -> None:
    rows = made(4)
    altered = [*rows[:2], replace(rows[2], body="{}"), rows[3]]
    [finding] = chain.verify(altered, Start())
    assert finding.seq == 3
    assert (
        finding.sentence == "row 3 (2026-11-22T01:30:02+00:00, painted) was altered: its head does not fit what it says"
    )
    [missing] = found([rows[0], rows[3]])
    first, after = "row 1 (2026-11-22T01:30:00+00:00, painted)", "row 4 (2026-11-22T01:30:03+00:00, painted)"
    assert missing == f"rows 2 to 3 are missing between {first} and {after}"


def test_who_rewrites_the_chain_to_its_end_is_found_by_a_head_on_paper_only() -> None:
    rows = made(5)
    rewritten, head = rows[:2], rows[1].head
    for row in rows[2:]:
        rewritten.append(chain.add(head, row.seq, row.at, row.kind, '{"forged":true}'))
        head = rewritten[-1].head
    assert found(rewritten, last=5) == []
    [missed] = chain.unknown_heads([rows[4].head], [row.head for row in rewritten])
    assert "no row has the head" in missed.sentence


def test_a_pruned_chain_is_whole_from_its_anchor_and_from_nowhere_else() -> None:
    rows = made(8)
    anchored = Start(5, rows[3].head)
    assert found(rows[4:], anchored, 8) == []
    assert found(rows[4:], Start(), 8)
    assert found(rows[5:], anchored, 8)
    assert "replaced" in found(rows[4:], Start(5, GENESIS), 8)[0]
    assert "its number is not free, or was pruned" in " ".join(found(rows[3:], anchored, 8))


@given(st.text(), st.text(), st.text())
def test_no_part_of_a_row_can_be_moved_into_the_next_one(at: str, kind: str, body: str) -> None:
    assert chain.head_of(GENESIS, 1, at + "a", kind, body) != chain.head_of(GENESIS, 1, at, "a" + kind, body)
    assert chain.head_of(GENESIS, 1, at, kind + "a", body) != chain.head_of(GENESIS, 1, at, kind, "a" + body)


@given(st.text())
def test_a_digest_depends_on_its_salt_and_on_every_letter(personal: str) -> None:
    assert chain.digest("0" * 32, personal) != chain.digest("1" * 32, personal)
    assert chain.digest("0" * 32, personal) != chain.digest("0" * 32, personal + " ")
    assert chain.digest("0" * 31, "0" + personal) != chain.digest("0" * 32, personal)


def test_the_same_facts_are_always_spelt_alike() -> None:
    moment = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    there = moment.astimezone(timezone(timedelta(hours=7)))
    assert chain.said({"b": moment, "a": 1}) == chain.said({"a": 1, "b": there})
    assert chain.said({"day": date(2026, 11, 22), "word": "đ", "other": {1}}) == (
        '{"day":"2026-11-22","other":"{1}","word":"đ"}'
    )


@pytest.mark.parametrize("body", ["", "[]", "3", "{", "[" * 5000])
def test_a_body_that_cannot_be_read_says_nothing(body: str) -> None:
    assert Row(1, "", "", body, GENESIS, GENESIS).facts == {}


def test_half_a_letter_is_a_digest_that_does_not_fit_and_no_crash() -> None:
    assert chain.digest("0" * 32, "\udcff") != chain.digest("0" * 32, "")
    assert len(chain.head_of(GENESIS, 1, "\udcff", "", "")) == 64


def test_a_head_is_written_for_people_in_groups() -> None:
    assert chain.groups("0123456789abcdef") == "0123 4567 89ab cdef"
    assert list(chain.unknown_heads(["0123 4567 89AB cdef"], ["0123456789abcdef" + "0" * 48])) == []
    assert "too short" in next(chain.unknown_heads(["0123"], [])).sentence
