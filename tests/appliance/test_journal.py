"""The journal: what is written together stays together, whatever the power does."""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance import chronicle
from appliance.counter import session as core
from appliance.counter.events import Event, Painted, Requested, Resulted, Tick
from appliance.counter.state import Heard, Session
from appliance.courier import Parcel, Sender
from appliance.journal import Journal, JournalError
from appliance.traffic import Poison
from mqtt_schema import signing, topics
from mqtt_schema.messages import Body, Displayed, PaymentRefused, Trouble
from tests.support.spoken import COUNTER, MORNING, RULES, SITE, at, forged, payment, request, result

KEY = signing.new_key(COUNTER)
SENDER = Sender("counter", SITE, KEY)

REQUESTED = Requested(at(0), 1, at(0), request())
PAINTED = Painted(at(0.1), payment(1))


def seal(body: Body, sequence: int) -> Parcel:
    return SENDER.seal(body, COUNTER, sequence, MORNING)


def displayed(number: int = 1) -> Displayed:
    asked = request(number)
    return Displayed(payment=asked.payment, amount=asked.amount, payload=asked.payload, painted_at=at(0))


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Callable[[], Journal]]:
    """Open the journal, as if the program had just been killed: what was open before is not closed first."""
    opened: list[Journal] = []

    def again() -> Journal:
        opened.append(Journal(tmp_path / "state" / "journal.sqlite", seal))
        return opened[-1]

    yield again
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(reopen: Callable[[], Journal]) -> Journal:
    return reopen()


def test_a_new_counter_remembers_nothing(journal: Journal) -> None:
    assert journal.recover() == (Session(), [])
    assert journal.posted() == []
    assert not journal.has_received("0" * 32)


def test_what_happened_is_remembered_in_its_order(journal: Journal, reopen: Callable[[], Journal]) -> None:
    happened: list[Event] = [REQUESTED, PAINTED, Resulted(at(5), 2, result()), Tick(at(30))]
    for event in happened:
        journal.commit(event, [], None, None)
    assert reopen().recover() == (Session(), happened)


def test_event_message_and_words_are_kept_together(journal: Journal, reopen: Callable[[], Journal]) -> None:
    journal.commit(REQUESTED, [displayed(1), displayed(2)], "a" * 32, None)
    again = reopen()
    assert again.recover()[1] == [REQUESTED]
    assert again.has_received("a" * 32)
    assert [parcel.sequence for parcel in again.posted()] == [1, 2]


def test_a_posted_parcel_is_sealed_once_and_never_changes(journal: Journal, reopen: Callable[[], Journal]) -> None:
    journal.commit(REQUESTED, [displayed()], None, None)
    [parcel] = journal.posted()
    assert reopen().posted() == [parcel]
    envelope = signing.verify(parcel.raw, signing.read_public([signing.public_jwk(KEY)]), topics.parse(parcel.topic))
    assert (envelope.id, envelope.sequence, envelope.body) == (parcel.message, 1, displayed())


def test_a_rest_is_where_recovery_begins(journal: Journal, reopen: Callable[[], Journal]) -> None:
    rest = core.step(Session(), Tick(at(0)), RULES).session
    journal.commit(REQUESTED, [], None, None)
    journal.commit(PAINTED, [], None, rest)
    journal.commit(Tick(at(50)), [], None, None)
    assert reopen().recover() == (rest, [Tick(at(50))])


def test_what_belongs_together_is_written_together_and_in_order(journal: Journal) -> None:
    journal.commit(REQUESTED, [displayed()], "a" * 32, None, PAINTED)
    assert journal.recover() == (Session(), [REQUESTED, PAINTED])


def test_of_several_rests_the_last_one_counts(journal: Journal) -> None:
    for number in range(3):
        journal.commit(Tick(at(number)), [], None, Session(is_linked=number == 2))
    assert journal.recover() == (Session(is_linked=True), [])


def test_a_forged_request_in_the_journal_never_keeps_a_counter_from_starting(
    journal: Journal, reopen: Callable[[], Journal]
) -> None:
    event = Requested(at(0), 1, at(0), forged("amount"))
    journal.commit(event, [PaymentRefused(payment=payment(1), field="amount")], None, None)
    assert reopen().recover() == (Session(), [event])


# Sequences


def test_sequences_only_grow_even_when_everything_was_acknowledged(
    journal: Journal, reopen: Callable[[], Journal]
) -> None:
    sequences = []
    for number in range(1, 6):
        again = reopen() if number % 2 else journal
        again.commit(PAINTED, [displayed(number)], None, None)
        [parcel] = again.posted()
        sequences.append(parcel.sequence)
        again.acknowledge(parcel.message, COUNTER)
    assert sequences == [1, 2, 3, 4, 5]


def test_an_acknowledged_parcel_is_gone_and_the_others_stay(journal: Journal) -> None:
    journal.commit(PAINTED, [displayed(1), displayed(2), displayed(3)], None, None)
    first, second, third = journal.posted()
    journal.acknowledge(second.message, COUNTER)
    journal.acknowledge(second.message, COUNTER)
    journal.acknowledge(first.message, "quay-2")
    journal.acknowledge("0" * 32, COUNTER)
    assert journal.posted() == [first, third]


# Forgetting


def test_old_message_ids_are_forgotten_and_young_ones_kept(journal: Journal) -> None:
    journal.commit(Tick(at(0)), [], "a" * 32, None)
    journal.commit(Tick(at(100)), [], "b" * 32, None)
    journal.forget_before(at(100))
    assert not journal.has_received("a" * 32)
    assert journal.has_received("b" * 32)


def test_without_a_time_to_trust_no_id_is_forgotten_but_whom_we_served_is(journal: Journal) -> None:
    journal.commit(REQUESTED, [], "a" * 32, None)
    journal.commit(Tick(at(400)), [], None, Session())
    journal.forget_before(None)
    assert journal.has_received("a" * 32)
    assert journal.recover() == (Session(), [])


def test_what_was_set_aside_goes_after_ninety_days(journal: Journal) -> None:
    day_s = 86_400
    for number in (0, 30):
        journal.set_aside(Poison(COUNTER, at(number * day_s), "malformed", b"Tran Van Y"))
    journal.prune(at(100 * day_s))
    assert [poison.at for poison in journal.poison()] == [at(30 * day_s)]


def test_nothing_of_a_citizen_stays_in_the_journal_after_the_rest(
    journal: Journal, tmp_path: Path, reopen: Callable[[], Journal]
) -> None:
    rest = Session(heard=(Heard(payment(1), 2),))
    journal.commit(REQUESTED, [], None, None)
    journal.commit(Tick(at(400)), [], None, rest)
    journal.commit(Tick(at(500)), [], None, None)
    journal.forget_before(at(400))
    assert reopen().recover() == (rest, [Tick(at(500))])
    kept = sqlite3.connect(tmp_path / "state" / "journal.sqlite")
    bodies = [body for (body,) in kept.execute("SELECT text FROM particulars")]
    kept.close()
    assert not any(request().lines[0].dossier in body for body in bodies)


def test_forgetting_without_a_rest_forgets_no_event(journal: Journal) -> None:
    journal.commit(REQUESTED, [displayed()], "a" * 32, None)
    journal.forget_before(at(10**6))
    assert journal.recover()[1] == [REQUESTED]
    assert len(journal.posted()) == 1


def test_what_happens_after_forgetting_still_comes_after(journal: Journal) -> None:
    journal.commit(Tick(at(1)), [], None, Session())
    journal.forget_before(at(1))
    journal.commit(REQUESTED, [], None, None)
    assert journal.recover() == (Session(), [REQUESTED])


# When writing goes wrong


def test_all_or_nothing_when_a_word_cannot_be_sealed(journal: Journal, reopen: Callable[[], Journal]) -> None:
    too_long = displayed().model_copy(update={"payload": "x" * 20_000})
    with pytest.raises(ValueError, match="oversized"):
        journal.commit(REQUESTED, [displayed(), too_long], "a" * 32, Session())
    again = reopen()
    assert again.recover() == (Session(), [])
    assert again.posted() == []
    assert not again.has_received("a" * 32)
    journal.commit(REQUESTED, [displayed()], "a" * 32, None)
    assert [parcel.sequence for parcel in journal.posted()] == [1]


def test_the_same_message_is_not_kept_twice(journal: Journal) -> None:
    journal.commit(REQUESTED, [], "a" * 32, None)
    with pytest.raises(JournalError, match=r"journal\.sqlite"):
        journal.commit(REQUESTED, [displayed()], "a" * 32, None)
    assert journal.recover()[1] == [REQUESTED]
    assert journal.posted() == []


@contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_in_words_and_everything_works_again_when_there_is_room(
    journal: Journal, reopen: Callable[[], Journal], tmp_path: Path
) -> None:
    journal.commit(REQUESTED, [displayed(1)], None, None)
    size = max(path.stat().st_size for path in (tmp_path / "state").iterdir())
    with full_disk(size):
        for _ in range(3):
            with pytest.raises(JournalError, match=r"journal\.sqlite cannot be written"):
                journal.commit(PAINTED, [displayed(number) for number in range(2, 40)], "b" * 32, None)
    assert not journal.has_received("b" * 32)
    journal.commit(PAINTED, [displayed(2)], "b" * 32, None)
    again = reopen()
    assert again.recover()[1] == [REQUESTED, PAINTED]
    assert [parcel.sequence for parcel in again.posted()] == [1, 2]


_WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from appliance.counter.events import Tick
from appliance.journal import Journal
from mqtt_schema.messages import Trouble
from tests.support.spoken import at
from tests.appliance.test_journal import seal

journal = Journal(Path(sys.argv[1]), seal)
number = 0
while True:
    trouble = Trouble(kind="malformed", detail=str(number))
    journal.commit(Tick(at(number)), [trouble, trouble], f"{number:032x}", None)
    print(number, flush=True)
    number += 1
"""


def test_a_kill_at_any_moment_leaves_whole_events_and_none_that_was_promised_is_missing(
    tmp_path: Path, reopen: Callable[[], Journal]
) -> None:
    path = tmp_path / "state" / "journal.sqlite"
    for patience in (3, 17, 40):
        path.unlink(missing_ok=True)
        promised = _write_until_killed(path, patience)
        journal = reopen()
        events = journal.recover()[1]
        assert len(events) in {promised + 1, promised + 2}, "the one under way may have made it, whole"
        assert [event.at for event in events] == [at(number) for number in range(len(events))]
        assert [parcel.sequence for parcel in journal.posted()] == list(range(1, 2 * len(events) + 1))
        assert all(journal.has_received(f"{number:032x}") for number in range(len(events)))
        assert not journal.has_received(f"{len(events):032x}")
        journal.close()
        for left in path.parent.iterdir():
            left.unlink()


def _write_until_killed(path: Path, lines: int) -> int:
    """Let another process write, kill it after so many promises, and return the last number that it promised."""
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as writer:
        assert writer.stdout is not None
        for _ in range(lines):
            writer.stdout.readline()
        writer.kill()
        rest = writer.stdout.read().split()
    return int(rest[-1]) if rest else lines - 1


# Opening


def test_a_directory_that_is_a_file_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a directory")
    with pytest.raises(JournalError, match=r"the journal .*journal\.sqlite cannot be opened"):
        Journal(tmp_path / "state" / "journal.sqlite", seal)


def test_a_file_that_is_no_journal_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(JournalError, match="cannot be opened: file is not a database"):
        Journal(tmp_path / "journal.sqlite", seal)


def test_what_cannot_be_read_any_more_is_said_in_words(
    journal: Journal, tmp_path: Path, reopen: Callable[[], Journal]
) -> None:
    journal.commit(REQUESTED, [], None, None)
    spoilt = sqlite3.connect(tmp_path / "state" / "journal.sqlite")
    spoilt.execute("""UPDATE particulars SET text = '{"kind": "of a later version"}'""")
    spoilt.commit()
    spoilt.close()
    with pytest.raises(JournalError, match=r"journal\.sqlite cannot be read: it holds what another version wrote"):
        reopen().recover()


def test_a_journal_from_before_there_was_a_chain_is_not_taken_for_an_empty_one(
    journal: Journal, tmp_path: Path
) -> None:
    older = sqlite3.connect(tmp_path / "state" / "journal.sqlite")
    older.execute("CREATE TABLE journal (id INTEGER PRIMARY KEY, kind TEXT, body TEXT)")
    older.close()
    with pytest.raises(JournalError, match="it holds what another version wrote"):
        journal.recover()


def test_an_audit_that_reads_just_now_keeps_no_citizen_waiting(journal: Journal, tmp_path: Path) -> None:
    journal.commit(REQUESTED, [], None, Session())
    with chronicle.looking(tmp_path / "state" / "journal.sqlite") as looked:
        assert len(list(looked.rows())) == 2
        journal.forget_before(at(500))
        journal.commit(PAINTED, [], None, None)
        assert len(list(looked.rows())) == 2
    assert journal.head()[0] == 4


def test_the_journal_is_written_ahead(journal: Journal, tmp_path: Path) -> None:
    journal.commit(Tick(at(0)), [Trouble(kind="malformed", detail="x")], None, None)
    looked = sqlite3.connect(tmp_path / "state" / "journal.sqlite")
    assert looked.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    looked.close()
