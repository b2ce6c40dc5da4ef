"""Couriers that count, with the real memories of both sides: replays, gaps, and sides that lost their memory."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.clock import VirtualClock
from appliance.counter.app import FORGET_AFTER
from appliance.courier import ARRIVING, GAP_S, IN_FLIGHT, LAST_RETRY_S, REPLAY_AFTER, Arrival, Courier, Parcel, Sender
from appliance.delivery import Delivery
from appliance.journal import Journal
from appliance.link import Listener
from appliance.office.app import LedgerMailbox
from appliance.office.ledger import Ledger
from appliance.runner import event_of
from appliance.traffic import MOST_POISON, Traffic
from appliance.virtual_link import Sent, VirtualLink
from mqtt_schema import jws, messages, signing
from mqtt_schema.messages import (
    Body,
    CounterStatus,
    Envelope,
    HelpAsked,
    HelpKind,
    PaymentCancellation,
    PaymentPreparing,
    PaymentRequest,
    TrafficReport,
    TrialWanted,
    Trouble,
)
from tests.support.spoken import COUNTER, MORNING, SITE, payment, request, result

OFFICE_KEY = signing.new_key("office-2026")
COUNTER_KEY = signing.new_key(COUNTER)
JOB = f"quaythu/v1/{SITE}/{COUNTER}/job"
EVENT = f"quaythu/v1/{SITE}/{COUNTER}/event"


class Side:
    """One side on its disk. `taken` is what was handed on, over all its lives."""

    sender: Sender
    courier: Courier

    def __init__(self, folder: Path, clock: VirtualClock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock = clock
        self.taken: list[Envelope] = []
        self.troubles: list[Trouble] = []
        self.arrivals: list[Arrival | None] = []
        self.breaks: Exception | None = None
        self.begin()

    def begin(self) -> None:
        self.link = VirtualLink(Listener(self._delivered, self._changed))
        self.open()
        self.link.come_back()

    def open(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def commit(self, envelope: Envelope) -> None:
        raise NotImplementedError

    def post(self, body: Body) -> None:
        raise NotImplementedError

    def waiting(self) -> list[int]:
        raise NotImplementedError

    def heard(self) -> Traffic:
        raise NotImplementedError

    def take(self, envelope: Envelope) -> None:
        self.arrivals.append(ARRIVING.get())
        if self.breaks is not None:
            raise self.breaks
        self.commit(envelope)
        self.taken.append(envelope)

    def _delivered(self, delivery: Delivery) -> None:
        self.courier.receive(delivery)

    def _changed(self, is_up: bool) -> None:
        if is_up:
            self.courier.forget_flights()
            self.courier.report(COUNTER)

    def backup(self, name: str) -> None:
        """Copy the disk."""
        self.close()
        shutil.copytree(self.folder, self.folder.with_name(f"{self.folder.name}-{name}"))
        self.begin()

    def restore(self, name: str) -> None:
        """Be what we were at that time; None: a disk that is new."""
        self.close()
        shutil.rmtree(self.folder)
        copy = self.folder.with_name(f"{self.folder.name}-{name}")
        shutil.copytree(copy, self.folder) if copy.exists() else self.folder.mkdir()
        self.begin()

    def pump(self) -> list[Sent]:
        self.courier.pump(self.clock.monotonic_s())
        return self.off_the_wire()

    def off_the_wire(self) -> list[Sent]:
        sent = list(self.link.sent)
        self.link.sent.clear()
        return sent

    @property
    def bodies(self) -> list[Body]:
        return [envelope.body for envelope in self.taken]

    def _courier(self, key: signing.SigningKey, memory: LedgerMailbox | Journal) -> Courier:
        believed = signing.read_public([signing.public_jwk(key)])
        return Courier(
            self.sender,
            lambda _counter: believed,
            self.link,
            memory,
            self.take,
            lambda _counter, trouble: self.troubles.append(trouble),
            self.clock.now,
            tally=memory,
        )


class OfficeSide(Side):
    sender = Sender("office", SITE, OFFICE_KEY)

    def open(self) -> None:
        self.ledger = Ledger(f"sqlite:///{self.folder / 'ledger.sqlite'}")
        self.courier = self._courier(COUNTER_KEY, LedgerMailbox(self.ledger))

    def close(self) -> None:
        self.ledger.close()

    def commit(self, envelope: Envelope) -> None:
        with self.ledger.write() as books:
            books.receive(envelope.id, envelope.counter, self.clock.now())

    def post(self, body: Body) -> None:
        with self.ledger.write() as books:
            parcel = self.sender.seal(body, COUNTER, books.next_sequence(COUNTER), self.clock.now())
            books.post(parcel, getattr(body, "payment", None))

    def waiting(self) -> list[int]:
        with self.ledger.read() as books:
            return [parcel.sequence for parcel in books.posted()]

    def heard(self) -> Traffic:
        with self.ledger.read() as books:
            return books.traffic(COUNTER)


class CounterSide(Side):
    sender = Sender("counter", SITE, COUNTER_KEY)

    def open(self) -> None:
        def seal(body: Body, sequence: int) -> Parcel:
            return self.sender.seal(body, COUNTER, sequence, self.clock.now())

        self.journal = Journal(self.folder / "journal.sqlite", seal)
        self.courier = self._courier(OFFICE_KEY, self.journal)

    def close(self) -> None:
        self.journal.close()

    def commit(self, envelope: Envelope) -> None:
        self.journal.commit(event_of(envelope, self.clock.now()), [], envelope.id, None)

    def post(self, body: Body) -> None:
        nothing = PaymentPreparing()
        envelope = Envelope(
            id="0" * 32, site=SITE, counter=COUNTER, sequence=0, issued_at=self.clock.now(), body=nothing
        )
        self.journal.commit(event_of(envelope, self.clock.now()), [body], None, None)

    def waiting(self) -> list[int]:
        return [parcel.sequence for parcel in self.journal.posted()]

    def heard(self) -> Traffic:
        return self.journal.traffic(COUNTER)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[OfficeSide, CounterSide]]:
    clock = VirtualClock(MORNING)
    office, counter = OfficeSide(tmp_path / "office", clock), CounterSide(tmp_path / "counter", clock)
    talk(office, counter)
    yield office, counter
    office.close()
    counter.close()


def carry(sent: list[Sent], to: Side) -> None:
    for one in sent:
        to.link.deliver(one.topic, one.raw)


def talk(one: Side, other: Side) -> None:
    """Let everything that is due travel, until nobody has anything to say."""
    for _ in range(100):
        forth, back = one.pump(), other.pump()
        if not forth + back:
            return
        carry(forth, other)
        carry(back, one)
    pytest.fail("they never stop talking")


def talk_for(seconds: float, one: Side, other: Side) -> None:
    for _ in range(int(seconds / 0.5)):
        talk(one, other)
        one.clock.go_on(0.5)
    talk(one, other)


def help_asked(number: int = 1) -> HelpAsked:
    return HelpAsked(kind=HelpKind.HELP, payment=payment(number))


Pair = tuple[OfficeSide, CounterSide]

# What is too old, or comes twice


def test_what_is_too_old_to_be_believed_bars_nothing_behind_it_and_is_not_let_go(pair: Pair) -> None:
    office, counter = pair
    for side in pair:
        side.link.go_down()
    for number in range(IN_FLIGHT + 20):
        office.post(PaymentCancellation(payment=payment(number)))
        counter.post(help_asked(number))
    office.clock.go_on(REPLAY_AFTER.total_seconds() + 60)
    office.post(PaymentCancellation(payment=payment(900)))
    counter.post(help_asked(900))
    for side in pair:
        side.link.come_back()
    talk_for(60, office, counter)
    assert counter.bodies == [PaymentCancellation(payment=payment(900))]
    assert office.bodies == [help_asked(900)]
    assert len(office.waiting()) == len(counter.waiting()) == IN_FLIGHT + 20


def test_what_is_said_once_is_heard_once_however_often_it_is_played_back(pair: Pair) -> None:
    office, counter = pair
    office.courier.say(TrialWanted(asked_by="Bình"), COUNTER)
    recorded = office.off_the_wire()
    for _ in range(50):
        carry(recorded, counter)
        counter.clock.go_on(0.5)
    assert counter.bodies == [TrialWanted(asked_by="Bình")]


def test_an_office_from_a_backup_of_weeks_ago_says_nothing_that_is_taken_twice(pair: Pair) -> None:
    office, counter = pair
    office.post(result())
    office.backup("sunday")
    talk(office, counter)
    for _ in range(28):
        office.clock.go_on(86_400)
        counter.journal.forget_before(office.clock.now() - FORGET_AFTER)
    office.restore("sunday")
    counter.post(help_asked())
    office.post(request(5))
    talk_for(60, office, counter)
    assert counter.bodies == [result(), request(5)]
    assert office.waiting() == []


# Counting


def test_both_sides_count_what_they_hear_on_the_disk(pair: Pair) -> None:
    office, counter = pair
    for number in (1, 2, 3):
        office.post(request(number))
        counter.post(help_asked(number))
    talk(office, counter)
    assert office.heard() == counter.heard() == Traffic(3)
    for side in pair:
        side.close()
        side.begin()
    assert office.heard() == counter.heard() == Traffic(3)


def test_a_message_and_its_count_are_kept_together_or_not_at_all(pair: Pair) -> None:
    office, counter = pair
    counter.post(help_asked())
    sent = counter.pump()

    def half(envelope: Envelope) -> None:
        with office.ledger.write() as books:
            books.receive(envelope.id, envelope.counter, office.clock.now())
            raise OSError("the disk is full")

    office.commit = half  # type: ignore[method-assign]  # this side's disk, for one message
    with pytest.raises(OSError, match="full"):
        carry(sent, office)
    assert office.heard() == Traffic()
    assert office.off_the_wire() == []
    del office.commit
    carry(sent, office)
    assert office.bodies == [help_asked()]
    assert office.heard() == Traffic(1)


def test_what_arrives_is_known_while_it_is_taken(pair: Pair) -> None:
    office, counter = pair
    counter.courier.say(CounterStatus(is_online=True, born_at=MORNING), COUNTER)
    [sent] = counter.off_the_wire()
    office.link.deliver(sent.topic, sent.raw, is_retained=True)
    [arrival] = office.arrivals
    assert arrival is not None
    assert arrival.is_retained
    assert ARRIVING.get() is None


# Replays


def test_what_is_played_back_after_its_id_was_forgotten_goes_no_further(pair: Pair) -> None:
    office, counter = pair
    office.post(request())
    recorded = office.pump()
    carry(recorded, counter)
    carry(counter.off_the_wire(), office)
    counter.clock.go_on(3 * 86400)
    counter.journal.forget_before(counter.clock.now())
    for _ in range(20):
        carry(recorded, counter)
    assert counter.bodies == [request()]
    said = [signed(sent) for sent in counter.off_the_wire()]
    assert said == [TrafficReport(heard=1, said=0)], "no acknowledgement, and one report, not twenty"
    assert counter.link.unsettled == 0


def test_what_was_said_a_month_ago_is_refused_and_set_aside(pair: Pair) -> None:
    office, counter = pair
    office.post(request())
    recorded = office.pump()
    counter.clock.go_on(31 * 86400)
    carry(recorded, counter)
    assert counter.bodies == []
    assert counter.off_the_wire() == []
    assert "too old" in counter.journal.poison()[0].reason


def test_what_expired_long_ago_is_no_courtesy_any_more(pair: Pair) -> None:
    office, counter = pair
    office.courier.say(PaymentPreparing(), COUNTER)
    recorded = office.off_the_wire()
    carry(recorded, counter)
    counter.clock.go_on(3600)
    carry(recorded, counter)
    assert counter.bodies == [PaymentPreparing()]


# A side that lost its memory


def test_an_office_from_an_old_backup_is_heard_again(pair: Pair) -> None:
    office, counter = pair
    office.post(request(1))
    talk(office, counter)
    office.backup("yesterday")
    for number in (2, 3, 4):
        office.post(request(number))
    talk(office, counter)
    office.restore("yesterday")
    office.post(request(5))
    office.post(result(5))
    talk_for(10, office, counter)
    assert counter.bodies[4:] == [request(5), result(5)]
    assert office.waiting() == []
    assert min(envelope.sequence for envelope in counter.taken[4:]) > 4


def test_an_office_that_said_more_since_its_old_backup_than_it_had_forgotten_is_heard_again(pair: Pair) -> None:
    """Its numbering is not behind any more; only that its words are refused tells it that they are new."""
    office, counter = pair
    office.backup("new")
    office.post(request(1))
    talk(office, counter)
    office.restore("new")
    office.link.go_down()
    office.post(request(2))
    office.post(request(3))
    office.post(request(4))
    office.link.come_back()
    talk_for(10, office, counter)
    assert sorted(body.payment for body in counter.bodies if isinstance(body, PaymentRequest)) == [
        payment(number) for number in (1, 2, 3, 4)
    ]
    assert office.waiting() == []


def test_a_word_that_a_later_one_has_overtaken_is_not_said_again_as_the_last(pair: Pair) -> None:
    office, counter = pair
    office.backup("new")
    office.post(request(1))
    talk(office, counter)
    office.restore("new")
    office.link.go_down()
    office.post(request(2))
    office.post(PaymentCancellation(payment=payment(2)))
    office.link.come_back()
    talk_for(10, office, counter)
    assert counter.bodies == [request(1), PaymentCancellation(payment=payment(2))]
    assert office.waiting() == []


def test_a_counter_with_a_new_card_is_heard(pair: Pair) -> None:
    office, counter = pair
    for number in (1, 2, 3):
        counter.post(help_asked(number))
    talk(office, counter)
    counter.restore("nothing")
    counter.post(help_asked(4))
    talk_for(10, office, counter)
    assert office.bodies == [help_asked(number) for number in (1, 2, 3, 4)]
    assert counter.waiting() == []


def test_a_counter_with_a_new_card_hears_what_is_new(pair: Pair) -> None:
    office, counter = pair
    for number in (1, 2, 3):
        office.post(request(number))
    talk(office, counter)
    counter.restore("nothing")
    office.post(request(4))
    talk(office, counter)
    assert counter.bodies[3:] == [request(4)]
    assert counter.heard() == Traffic(0, frozenset({4}))
    talk_for(GAP_S + 60, office, counter)
    assert counter.heard() == Traffic(4), "nobody says the first three again"


def test_a_lost_acknowledgement_renumbers_nothing(pair: Pair) -> None:
    office, counter = pair
    office.post(request())
    carry(office.pump(), counter)
    counter.off_the_wire()
    for side in pair:
        side.link.go_down()
        side.link.come_back()
    talk_for(3, office, counter)
    assert office.waiting() == []
    office.post(request(2))
    assert office.waiting() == [2]
    assert counter.bodies == [request()]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_whoever_forgets_whatever_and_whenever_the_rest_arrives_once(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A bad network; now and then a side is put back to what it was, or to nothing."""
    chance = random.Random(seed)
    clock = VirtualClock(MORNING)
    folder = tmp_path_factory.mktemp("sides")
    office, counter = OfficeSide(folder / "office", clock), CounterSide(folder / "counter", clock)
    number = 0
    for side in (office, counter):
        side.backup("old")
    for _ in range(60):
        match chance.randrange(12):
            case 0:
                chance.choice((office, counter)).restore("old")
            case 1:
                side = chance.choice((office, counter))
                side.link.go_down()
                side.link.come_back()
            case 2 | 3 | 4:
                number += 1
                office.post(result(number))
                counter.post(help_asked(number))
        _carry_badly(office, counter, chance)
        clock.go_on(0.5)
    # From here on nobody forgets anything.
    begun = number + 1
    for number in range(begun, begun + 5):
        office.post(result(number))
        counter.post(help_asked(number))
        _carry_badly(office, counter, chance)
    # Each side may have forgotten that it acknowledged something: a connection comes back now and then.
    talk_for(3 * LAST_RETRY_S, office, counter)
    assert office.waiting() == counter.waiting() == []
    for side in (office, counter):
        fresh = sorted(number for number in map(_number, side.bodies) if number >= begun)
        assert fresh == list(range(begun, begun + 5))
        side.close()


def _number(body: Any) -> int:
    return next(number for number in range(1, 100) if payment(number) == body.payment)


def _carry_badly(office: Side, counter: Side, chance: random.Random) -> None:
    for one, other in ((office, counter), (counter, office)):
        sent = [each for each in one.pump() if chance.random() < 0.6]
        sent += [each for each in sent if chance.random() < 0.2]
        chance.shuffle(sent)
        carry(sent, other)


# Gaps


def test_what_a_report_misses_is_said_at_once(pair: Pair) -> None:
    office, counter = pair
    for number in (1, 2, 3):
        office.post(request(number))
    first, _, third = office.pump()
    carry([first, third], counter)
    carry(counter.off_the_wire(), office)
    assert counter.heard() == Traffic(1, frozenset({3}))
    counter.courier.report(COUNTER)
    [report] = counter.off_the_wire()
    assert signed(report) == TrafficReport(heard=1, missing=(2,), said=0)
    assert office.pump() == [], "its repetition is not due yet"
    carry([report], office)
    carry(office.pump(), counter)
    assert counter.heard() == Traffic(3)


def test_a_gap_that_nobody_fills_is_given_up_and_who_still_comes_takes_another_number(pair: Pair) -> None:
    office, counter = pair
    for number in (1, 2, 3):
        office.post(request(number))
    first, lost, third = office.pump()
    office.link.go_down()
    carry([first, third], counter)
    counter.courier.pump(counter.clock.monotonic_s())
    counter.clock.go_on(GAP_S - 1)
    counter.courier.pump(counter.clock.monotonic_s())
    assert counter.heard() == Traffic(1, frozenset({3}))
    counter.clock.go_on(1)
    counter.courier.pump(counter.clock.monotonic_s())
    assert counter.heard() == Traffic(3)
    carry([lost], counter)
    assert len(counter.taken) == 2
    office.link.come_back()
    talk_for(10, office, counter)
    assert counter.bodies == [request(1), request(3), request(2)]
    assert office.waiting() == []


def test_cards_that_were_taken_back_leave_a_gap_that_holds_up_nobody(pair: Pair) -> None:
    office, counter = pair
    office.post(request(1))
    with office.ledger.write() as books:
        books.take_back(COUNTER, "payment_request")
    office.post(request(2))
    talk(office, counter)
    assert counter.bodies == [request(2)]
    talk_for(GAP_S + 30, office, counter)
    assert counter.heard() == Traffic(2)


# What cannot be used


def test_rubbish_is_set_aside_once_a_minute_and_counted(pair: Pair) -> None:
    office, counter = pair
    for number in range(500):
        counter.link.deliver(JOB, b"rubbish %d" % number)
        office.link.deliver(EVENT, b"rubbish %d" % number)
    assert [poison.raw for poison in counter.journal.poison()] == [b"rubbish 0"]
    count, why = counter.journal.poisoned()
    assert (count, why.split(":")[0]) == (1, counter.troubles[0].kind)
    with office.ledger.read() as books:
        [poison] = books.poison()
    assert (poison.counter, poison.raw) == (COUNTER, b"rubbish 0")
    assert len(counter.troubles) == len(office.troubles) == 1
    counter.clock.go_on(61)
    counter.link.deliver(JOB, b"rubbish again")
    assert "(and 499 more before)" in counter.troubles[-1].detail
    assert counter.journal.poisoned()[0] == 2
    assert counter.link.unsettled == 0


def test_only_the_newest_are_kept_and_not_all_of_a_large_one(pair: Pair) -> None:
    office, counter = pair
    for number in range(MOST_POISON + 3):
        for side, topic in ((office, EVENT), (counter, JOB)):
            side.link.deliver(topic, b"%02d" % number + b"x" * 20_000)
        counter.clock.go_on(61)
    with office.ledger.read() as books:
        for kept in (books.poison(), counter.journal.poison()):
            assert len(kept) == MOST_POISON
            assert kept[0].raw[:2] == b"%02d" % (MOST_POISON + 2)
            assert len(kept[0].raw) == 16 * 1024
            assert "oversized" in kept[0].reason


def test_a_message_that_breaks_us_is_set_aside_unacknowledged_and_comes_again(pair: Pair) -> None:
    """A result that our own mistake cannot take is not lost: the next version takes it."""
    office, counter = pair
    office.post(result())
    counter.breaks = KeyError("a mistake of ours")
    talk_for(5 * LAST_RETRY_S, office, counter)
    assert counter.bodies == []
    assert office.waiting() == [1]
    assert counter.link.unsettled == 0, "or the broker would hand out nothing else after a while"
    assert "a mistake of ours" in counter.journal.poison()[0].reason
    assert messages.load(jws.peek(counter.journal.poison()[0].raw).payload).body == result()
    assert 0 < len(counter.troubles) <= 4
    counter.breaks = None
    talk_for(LAST_RETRY_S, office, counter)
    assert counter.bodies == [result()]
    assert office.waiting() == []


def test_a_journal_of_an_older_version_opens(tmp_path: Path) -> None:
    counter = CounterSide(tmp_path / "counter", VirtualClock(MORNING))
    counter.post(help_asked())
    counter.close()
    with closing(sqlite3.connect(counter.folder / "journal.sqlite")) as db:
        db.executescript("DROP TABLE traffic; DROP TABLE set_aside;")
    counter.begin()
    assert counter.heard() == Traffic()
    assert counter.waiting() == [1]
    counter.close()


def signed(sent: Sent) -> Body:
    return messages.load(jws.peek(sent.raw).payload).body
