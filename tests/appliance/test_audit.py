"""A counter's journal: whole after any day, and whatever is done to a row of it is found."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance import audit, chronicle
from appliance.chronicle import Chronicle, ChronicleError
from appliance.counter import events, facts
from appliance.counter.events import Event, Restarted, Tick, Unusable
from appliance.counter.state import Session
from appliance.courier import Parcel, Sender
from appliance.journal import Journal
from mqtt_schema import signing
from mqtt_schema.messages import Body, Trouble
from tests.support.spoken import (
    COUNTER,
    MORNING,
    SITE,
    at,
    begun,
    copy_asked,
    ended,
    payment,
    released,
    requested,
    resulted,
    wanted,
)

SENDER = Sender("counter", SITE, signing.new_key(COUNTER))
PERSONAL = ("H26.1-261122-0007", "Chứng thực bản sao", "Nguyễn Thị Bình", "FT26326092704")


def seal(body: Body, sequence: int) -> Parcel:
    return SENDER.seal(body, COUNTER, sequence, MORNING)


def serve(journal: Journal, number: int, seconds: float = 0) -> None:
    """One citizen, from the request to the rest."""
    happened: list[Event] = [
        requested(number, 10 * number, seconds),
        resulted(number, 10 * number + 1, seconds + 5),
        begun(number, seconds=seconds + 6),
        ended(number, seconds=seconds + 8),
    ]
    for event in happened:
        journal.commit(event, [], None, None)
    journal.commit(Tick(at(seconds + 30)), [], None, Session())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path, seal)
    yield opened
    opened.close()


@pytest.fixture
def a_day(journal: Journal) -> Journal:
    """Two citizens, a forgetting in between, and a third who still stands there."""
    serve(journal, 1)
    journal.forget_before(at(50))
    serve(journal, 2, 100)
    journal.commit(requested(3, 30, 200), [], None, None)
    return journal


Forge = Callable[..., None]


@pytest.fixture
def forge(path: Path) -> Forge:
    def run(sql: str, *values: object) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(sql, values)

    return run


def found(path: Path, *heads: str) -> list[str]:
    return [finding.sentence for finding in audit.verify_counter(path, heads).findings]


def test_a_new_journal_is_whole(journal: Journal, path: Path) -> None:
    assert audit.verify_counter(path).sentences == ["no row was ever written", "the chain is whole"]


def test_a_day_is_whole_while_the_counter_runs_and_after_it_ended(a_day: Journal, path: Path) -> None:
    assert found(path) == []
    a_day.close()
    assert found(path) == []
    assert audit.verify_counter(path).summary.startswith("14 rows, 1 (2026-11-22T01:30:00+00:00) to 14")


def test_looking_changes_nothing(a_day: Journal, path: Path) -> None:
    before = path.read_bytes()
    found(path)
    assert path.read_bytes() == before


def test_no_word_about_a_person_stands_in_the_chain(a_day: Journal, path: Path) -> None:
    for event in (copy_asked(1), wanted(1), released(1), Unusable(at(1), Trouble(kind="malformed", detail="Bình"))):
        a_day.commit(event, [], None, None)
    with chronicle.looking(path) as looked:
        everything = "".join(row.body for row in looked.rows())
    assert not [word for word in (*PERSONAL, "Bình") if word in everything]
    assert payment(1) in everything


def test_what_may_stand_in_the_chain_is_a_field_of_some_event() -> None:
    of_events = {field.name for kind in vars(events).values() if hasattr(kind, "kind") for field in fields(kind)}
    assert of_events >= facts.MAY_STAND
    assert {"reason", "asked_by", "request", "result", "reprint", "wanted", "trouble", "cards"}.isdisjoint(
        facts.MAY_STAND
    )


# What somebody may do to it


@pytest.mark.parametrize("column", ["at", "kind", "body", "previous", "head"])
def test_every_column_of_every_row_is_covered(a_day: Journal, path: Path, forge: Forge, column: str) -> None:
    for seq in range(1, 15):
        forge(f"UPDATE chain SET {column} = {column} || 'x' WHERE seq = ?", seq)
        assert any(f"row {seq} " in said for said in found(path)), seq
        forge(f"UPDATE chain SET {column} = substr({column}, 1, length({column}) - 1) WHERE seq = ?", seq)
    assert found(path) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_letter_of_any_row_that_is_changed_is_found(
    a_day: Journal, path: Path, forge: Forge, data: st.DataObject
) -> None:
    table, column = data.draw(
        st.sampled_from(
            [("chain", name) for name in ("at", "kind", "body", "previous", "head")]
            + [("particulars", "salt"), ("particulars", "text")]
        )
    )
    with closing(sqlite3.connect(path)) as db:
        values = dict(db.execute(f"SELECT seq, {column} FROM {table}").fetchall())
    seq = data.draw(st.sampled_from(sorted(values)))
    raw = bytearray(values[seq].encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    forge(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE seq = ?", bytes(raw), seq)
    assert found(path)
    forge(f"UPDATE {table} SET {column} = ? WHERE seq = ?", values[seq], seq)
    assert found(path) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_row_that_is_missing_swapped_or_doubled_is_found(
    a_day: Journal, path: Path, forge: Forge, data: st.DataObject
) -> None:
    with closing(sqlite3.connect(path)) as db:
        whole = db.execute("SELECT * FROM chain").fetchall()
    one, other = (data.draw(st.integers(1, 14)) for _ in range(2))
    match data.draw(st.sampled_from(["delete", "swap", "double"])):
        case "swap" if one != other:
            forge("UPDATE chain SET seq = -1 WHERE seq = ?", one)
            forge("UPDATE chain SET seq = ? WHERE seq = ?", one, other)
            forge("UPDATE chain SET seq = ? WHERE seq = -1", other)
        case "double":
            forge("INSERT INTO chain SELECT 15, at, kind, body, previous, head FROM chain WHERE seq = ?", one)
        case _:
            forge("DELETE FROM chain WHERE seq = ?", one)
    assert found(path)
    forge("DELETE FROM chain")
    for row in whole:
        forge("INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?)", *row)
    forge("UPDATE sqlite_sequence SET seq = 14 WHERE name = 'chain'")
    assert found(path) == []


def test_rows_cut_off_at_the_end_are_found_also_after_the_counter_went_on(
    a_day: Journal, path: Path, forge: Forge
) -> None:
    _seq, head = a_day.head()
    forge("DELETE FROM chain WHERE seq > 9")
    assert any("rows 10 to 14 are missing at the end" in said for said in found(path))
    serve(a_day, 4, 300)
    assert any("rows 10 to 14 are missing between" in said for said in found(path))
    forge("DELETE FROM chain WHERE seq > 9")
    forge("DELETE FROM particulars WHERE seq > 9")
    forge("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'chain'")
    assert found(path) == [], "whoever is so thorough is found by the paper"
    assert any("no row has the head" in said for said in found(path, head[:20]))


def test_a_chain_that_was_emptied_is_found(a_day: Journal, path: Path, forge: Forge) -> None:
    forge("DELETE FROM chain")
    assert any("rows 1 to 14 are missing at the end" in said for said in found(path))


def test_rows_cut_off_at_the_beginning_are_no_pruning(a_day: Journal, path: Path, forge: Forge) -> None:
    forge("DELETE FROM chain WHERE seq < 6")
    assert any("rows 1 to 5 are missing between the beginning and row 6" in said for said in found(path))


def test_personal_words_that_vanish_without_a_purge_are_found(a_day: Journal, path: Path, forge: Forge) -> None:
    forge("DELETE FROM particulars WHERE seq = 14")
    assert found(path) == [
        "row 14 (2026-11-22T01:33:20+00:00, requested): what is personal about it is gone, and no purge says why"
    ]


def test_personal_words_that_nobody_bound_or_that_were_purged_are_found(
    a_day: Journal, path: Path, forge: Forge
) -> None:
    forge("INSERT INTO particulars VALUES (99, '00', 'x')")
    forge("INSERT INTO particulars VALUES (1, '00', 'x')")
    said = " ".join(found(path))
    assert "row 99: something personal was inserted" in said
    assert "row 1 (2026-11-22T01:30:00+00:00, requested): what is personal about it was altered" in said


def test_a_damaged_file_is_said_in_words(a_day: Journal, path: Path) -> None:
    a_day.close()
    raw = bytearray(path.read_bytes())
    raw[4096:8192] = b"\xff" * 4096
    path.write_bytes(raw)
    with pytest.raises(ChronicleError, match="cannot be read"):
        found(path)


def test_where_there_is_no_journal_the_words_say_so(tmp_path: Path) -> None:
    with pytest.raises(ChronicleError, match="there is no journal"):
        audit.verify_counter(tmp_path / "journal.sqlite")


def test_a_file_that_is_no_journal_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no database, whatever its name says" * 100)
    with pytest.raises(ChronicleError, match="cannot be read"):
        audit.verify_counter(tmp_path / "x")


# Forgetting


def test_what_was_purged_is_gone_from_the_file_and_its_log(a_day: Journal, path: Path) -> None:
    a_day.commit(Tick(at(400)), [], None, Session())
    a_day.forget_before(at(500))
    for file in path.parent.iterdir():
        raw = file.read_bytes()
        assert not [word for word in PERSONAL if word.encode() in raw], file.name
    assert found(path) == []


def test_recovery_needs_nothing_from_before_the_rest(a_day: Journal, path: Path) -> None:
    a_day.forget_before(at(500))
    assert a_day.recover() == (Session(), [requested(3, 30, 200)])
    assert found(path) == []


def test_forgetting_when_there_is_nothing_to_forget_writes_no_row(a_day: Journal) -> None:
    a_day.forget_before(at(500))
    before = a_day.head()
    a_day.forget_before(at(500))
    assert a_day.head() == before


def test_a_pruned_chain_verifies_from_its_anchor(journal: Journal, path: Path, forge: Forge) -> None:
    day_s = 86_400.0
    for number in range(1, 21):
        serve(journal, number, number * 10 * day_s)
        journal.forget_before(at(number * 10 * day_s))
    now = at(200 * day_s)
    whole = journal.head()[0]
    journal.prune(now)
    journal.prune(now)
    with chronicle.looking(path) as looked:
        kept = list(looked.rows())
    assert kept[0].kind == "rest"
    assert now - chronicle.KEPT - timedelta(days=11) <= at(100 * day_s - 11 * day_s)
    assert [row.kind for row in kept].count("pruned") == 1
    assert len(kept) < whole
    assert found(path) == []
    forge("DELETE FROM chain WHERE seq = ?", kept[0].seq)
    assert any("missing between the beginning" in said for said in found(path))


def test_whoever_prunes_before_it_is_due_is_found_even_if_the_chain_says_so(journal: Journal, path: Path) -> None:
    for number in (1, 2):
        serve(journal, number, number * 1000)
    with chronicle.looking(path) as looked:
        rest = [row for row in looked.rows() if row.kind == "rest"][-1]
    with closing(sqlite3.connect(path)) as forged, forged:
        forged.execute("DELETE FROM chain WHERE seq < ?", (rest.seq,))
        forged.execute("DELETE FROM particulars WHERE seq < ?", (rest.seq,))
        Chronicle(forged).add("pruned", at(3000).isoformat(), {"before": rest.seq, "head": rest.previous})
    assert any("was not due yet" in said for said in found(path))


def test_a_chain_may_be_pruned_again_and_again(journal: Journal, path: Path) -> None:
    day_s = 86_400.0
    for number in range(1, 61):
        serve(journal, number, number * 10 * day_s)
        journal.forget_before(at(number * 10 * day_s))
        journal.prune(at(number * 10 * day_s))
        assert found(path) == [], number
    with chronicle.looking(path) as looked:
        assert len(list(looked.rows())) < 120


def test_a_young_or_restless_chain_is_not_pruned(journal: Journal, path: Path) -> None:
    journal.prune(at(0))
    journal.commit(Restarted(at(0)), [], None, None)
    journal.prune(at(400 * 86_400))
    assert journal.head()[0] == 1
    serve(journal, 1)
    journal.prune(at(50 * 86_400))
    assert found(path) == []
    assert journal.head()[0] == 7
