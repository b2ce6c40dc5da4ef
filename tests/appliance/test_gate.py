"""A counter between a link and its journal: keys that change, a stolen office, a time that nobody told yet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.clock import OfficeTime, VirtualClock
from appliance.counter.events import Painted, Tick
from appliance.counter.shown import Shown, screen_of
from appliance.counter.state import Idle, Notice, Paying, Rules
from appliance.courier import Courier, Sender
from appliance.gate import Gate
from appliance.journal import Journal
from appliance.link import Listener
from appliance.runner import Runner
from appliance.trust import FILE, Trust
from appliance.virtual_link import VirtualLink
from mqtt_schema import fleet, jws, signing, topics
from mqtt_schema.messages import (
    Ack,
    Body,
    Displayed,
    Envelope,
    FleetOrders,
    PaymentCancellation,
    PaymentPreparing,
    PaymentRefused,
    PaymentRequest,
    ReceiptReport,
    ScreenName,
    SlipOutcome,
    SlipWanted,
    TimeAsked,
    TimeTold,
    TrafficReport,
    Trouble,
)
from mqtt_schema.types import Instant
from tests.support.spoken import COUNTER, MORNING, OURS, SITE, THEIRS, payment, request, result, slip

FLEET, COUNTER_KEY = jws.new_key("fleet-1"), jws.new_key(COUNTER)
OLD, NEW = jws.new_key("office-1"), jws.new_key("office-2")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pinned:
    """What the seed says."""

    state_dir: Path
    site: str = SITE
    office_keys: list[dict[str, str]] = field(default_factory=lambda: [jws.public_jwk(OLD)])
    fleet_keys: list[dict[str, str]] = field(default_factory=lambda: [jws.public_jwk(FLEET)])


class Counter:
    """Everything of a counter but its devices. `start` again after `stop`: the disk stays."""

    def __init__(self, pinned: Pinned, office: VirtualClock, wrong_s: float = 0) -> None:
        self.pinned = pinned
        self.office = office
        self.machine = VirtualClock(office.now() + timedelta(seconds=wrong_s))
        self.troubles: list[Trouble] = []
        self.asked: list[TimeAsked] = []
        self.printed: list[str] = []
        """The slips that were begun, by payment; none of them ever ends."""
        self.start()

    def start(self) -> None:
        self.link = VirtualLink(Listener(self._delivered, self._changed))
        self.time = OfficeTime(self.machine)
        self.trust = Trust(self.pinned)
        sender = Sender("counter", SITE, COUNTER_KEY)
        self.journal = Journal(
            self.pinned.state_dir / "journal.sqlite",
            lambda body, sequence: sender.seal(body, COUNTER, sequence, self.time.now()),
        )
        self.runner = Runner(self.journal, Rules(beneficiaries=(OURS,)), lambda job: self.printed.append(job.payment))
        self.followed: list[int] = []
        self.gate = Gate(
            COUNTER, self.time, self.trust, self.runner, self.asked.append, lambda: self.followed.append(1)
        )
        self._courier = Courier(
            sender, self.gate.keys_of, self.link, self.journal, self.gate.take, self._refuse, self.time.now
        )
        self.gate.open(self._courier.receive)
        self.gate.recover()

    def stop(self) -> None:
        self.journal.close()

    def replace_card(self) -> None:
        """Another card, as it was flashed: nothing is left of what this counter knew."""
        self.stop()
        for left in self.pinned.state_dir.iterdir():
            left.unlink()
        self.start()

    def connect(self) -> None:
        """The link comes up, and the office tells the time at once."""
        self.link.come_back()
        self.tell_time()

    def tell_time(self, key: jws.SigningKey = OLD, at: Instant | None = None) -> None:
        self.hear(TimeTold(nonce=self.asked[-1].nonce, at=at or self.office.now()), key)
        self.gate.turn()

    def hear(self, body: Body, key: jws.SigningKey = OLD) -> str:
        parcel = Sender("office", SITE, key).seal(body, COUNTER, next(_NUMBERS), self.office.now())
        self.link.deliver(parcel.topic, parcel.raw)
        self.gate.turn()
        return parcel.message

    def go_on(self, seconds: float) -> None:
        self.office.go_on(seconds)
        self.machine.go_on(seconds)
        self.gate.turn()

    @property
    def session(self) -> Any:
        return self.runner.session

    def screen(self) -> ScreenName:
        return screen_of(Shown(self.session))

    def posted(self, kind: type) -> list[Any]:
        return [body for body in map(_body, (parcel.raw for parcel in self.journal.posted())) if isinstance(body, kind)]

    def acked(self) -> list[str]:
        said = [_body(sent.raw) for sent in self.link.sent]
        return [body.message for body in said if isinstance(body, Ack)]

    def _delivered(self, delivery: Any) -> None:
        self.gate.receive(delivery)

    def _changed(self, is_up: bool) -> None:
        from appliance.counter.events import LinkChanged

        self.runner.step(LinkChanged(self.time.now(), is_up))
        self.gate.connected(is_up=is_up)

    def _refuse(self, _counter: str, trouble: Trouble) -> None:
        self.troubles.append(trouble)


_NUMBERS = iter(range(1, 10**6))


def _body(raw: bytes) -> Any:
    keys = jws.read_public([jws.public_jwk(COUNTER_KEY)])
    address = topics.Address(SITE, COUNTER, topics.Leaf.EVENT)
    for leaf in topics.Leaf:
        try:
            return signing.verify(raw, keys, topics.Address(address.site, address.counter, leaf)).body
        except PermissionError:
            continue
    raise AssertionError(raw)


def document(serial: int = 1, signer: jws.SigningKey = FLEET, **more: Any) -> FleetOrders:
    told: dict[str, Any] = {
        "site": SITE,
        "serial": serial,
        "issued_at": MORNING,
        "keys": [key(OLD), key(NEW)],
        "beneficiaries": [account(OURS)],
    }
    return FleetOrders(document=fleet.sign(fleet.compose(told | more), signer))


def key(signer: jws.SigningKey, begin: float = -30, end: float = 30, **more: Any) -> dict[str, Any]:
    return {
        "jwk": jws.public_jwk(signer),
        "not_before": MORNING + begin * DAY,
        "not_after": MORNING + end * DAY,
        **more,
    }


def account(whose: Any, begin: float = -30, end: float = 30, **more: Any) -> dict[str, Any]:
    told = whose.model_dump() | {"not_before": MORNING + begin * DAY, "not_after": MORNING + end * DAY} | more
    return {name: value for name, value in told.items() if value is not None}


@pytest.fixture
def office() -> VirtualClock:
    return VirtualClock(MORNING)


Make = Callable[..., Counter]


@pytest.fixture
def make(tmp_path: Path, office: VirtualClock) -> Iterator[Make]:
    made: list[Counter] = []

    def making(wrong_s: float = 0, **pinned: Any) -> Counter:
        made.append(Counter(Pinned(tmp_path, **pinned), office, wrong_s))
        return made[-1]

    yield making
    for one in made:
        one.stop()


@pytest.fixture
def counter(make: Make) -> Counter:
    made = make()
    made.connect()
    return made


def soon(number: int, counter: Counter, beneficiary: Any = OURS, expires_s: float = 300) -> PaymentRequest:
    asked = request(number, beneficiary=beneficiary)
    return asked.model_copy(update={"expires_at": counter.office.now() + timedelta(seconds=expires_s)})


# The fleet


def test_a_bank_account_changes_by_a_document_with_overlap_and_without_a_new_seed(counter: Counter) -> None:
    moved = [account(OURS, end=1), account(THEIRS, begin=0)]
    counter.hear(document(beneficiaries=moved))
    counter.hear(soon(1, counter, OURS))
    assert counter.session.glass.request.beneficiary == OURS
    counter.go_on(2 * 86_400)
    counter.link.go_down()
    counter.connect()
    counter.hear(soon(2, counter, THEIRS))
    counter.hear(soon(3, counter, OURS))
    assert [one.field for one in counter.posted(PaymentRefused)] == ["beneficiary"]
    assert {one.payment for one in counter.posted(PaymentRefused)} == {payment(3)}


def test_from_the_first_document_on_the_account_of_the_seed_is_no_better_than_any_other(counter: Counter) -> None:
    counter.hear(document(beneficiaries=[account(THEIRS)]))
    counter.hear(soon(1, counter, OURS))
    assert [one.field for one in counter.posted(PaymentRefused)] == ["beneficiary"]


def test_a_code_whose_account_is_withdrawn_leaves_the_glass_at_once_and_the_clerk_hears_of_it(
    counter: Counter,
) -> None:
    counter.hear(soon(1, counter))
    counter.hear(soon(2, counter))
    assert counter.session.glass.kind == "paying"
    counter.hear(document(beneficiaries=[account(THEIRS)]))
    assert counter.session.glass.notice == "refused"
    assert counter.session.waiting == ()
    told = [(one.payment, one.field) for one in counter.posted(PaymentRefused)]
    assert told == [(payment(1), "beneficiary"), (payment(2), "beneficiary")]


def test_a_code_whose_account_stays_allowed_stays(counter: Counter) -> None:
    counter.hear(soon(1, counter))
    counter.hear(document())
    assert isinstance(counter.session.glass, Paying)
    assert counter.posted(PaymentRefused) == []


def test_with_a_thiefs_key_everything_unpaid_leaves_the_glass(counter: Counter) -> None:
    counter.hear(soon(1, counter))
    counter.hear(document(keys=[key(NEW)], revoked=["office-1"]), NEW)
    assert [one.field for one in counter.posted(PaymentRefused)] == ["signature"]
    counter.hear(soon(1, counter), OLD)
    assert counter.troubles[-1].detail == "nobody here knows the key 'office-1'"
    counter.hear(soon(1, counter), NEW)
    counter.go_on(60)
    assert counter.troubles[1:] == []


def test_keys_rotate_without_a_second_of_refused_messages(counter: Counter) -> None:
    """The old key, both, the new one: at no moment is a message of the office refused."""
    counter.hear(document(keys=[key(OLD, end=2), key(NEW, begin=0)]))
    for hour in range(0, 72, 4):
        speaker = OLD if hour < 24 else NEW
        counter.link.go_down()
        counter.link.come_back()
        counter.tell_time(speaker)
        counter.hear(soon(100 + hour, counter), speaker)
        counter.go_on(4 * 3600)
    assert counter.troubles == []
    assert counter.posted(PaymentRefused) == []
    counter.hear(soon(999, counter), OLD)
    assert counter.troubles[-1].kind == "signature"


@pytest.mark.parametrize("rests", [False, True], ids=["in the middle of a payment", "at rest"])
@pytest.mark.parametrize("starts", [1, 3])
def test_a_key_whose_time_was_over_is_no_more_believed_after_a_restart(
    counter: Counter, rests: bool, starts: int
) -> None:
    """Else whoever has it and answers first could tell a counter the time in which it was good."""
    counter.hear(document(keys=[key(OLD, end=2), key(NEW, begin=1)]))
    counter.go_on(10 * 86_400)
    counter.link.go_down()
    counter.link.come_back()
    counter.tell_time(NEW)
    counter.hear(soon(1, counter), NEW)
    if rests:
        counter.hear(PaymentCancellation(payment=payment(1)), NEW)
        for _ in range(20):
            counter.go_on(60)
            counter.runner.step(Tick(counter.time.now()))
        assert counter.session.is_at_rest
    for _ in range(starts):
        counter.stop()
        counter.start()
    counter.link.come_back()
    counter.tell_time(OLD, at=MORNING + DAY)
    assert counter.troubles[-1].kind == "signature"
    assert counter.session.time != "known"
    counter.tell_time(NEW)
    assert counter.session.time == "known"


def test_a_taken_over_office_cannot_redirect_money_and_cannot_write_a_document(counter: Counter) -> None:
    """Whoever has the office's own key says all that an office may say. It is not enough."""
    counter.hear(document())
    counter.hear(soon(1, counter, THEIRS))
    assert [one.field for one in counter.posted(PaymentRefused)] == ["beneficiary"]
    text = jws.sign(
        fleet.read_unchecked(document(2, beneficiaries=[account(THEIRS)]).document).model_dump_json().encode(), OLD
    ).decode()
    message = counter.hear(FleetOrders(document=text))
    assert [one.kind for one in counter.posted(Trouble)] == ["signature"]
    assert message in counter.acked()
    assert counter.trust.serial == 1
    counter.hear(soon(2, counter, THEIRS))
    assert [one.field for one in counter.posted(PaymentRefused)] == ["beneficiary"] * 2
    assert not isinstance(counter.session.glass, Paying)


def test_a_document_counts_after_a_restart_without_an_office(counter: Counter) -> None:
    counter.hear(document(7, keys=[key(NEW)], beneficiaries=[account(THEIRS)], revoked=["office-1"]), NEW)
    assert counter.followed
    counter.stop()
    counter.start()
    assert counter.trust.serial == 7
    assert counter.session.allowed[0].account == THEIRS.account
    assert set(counter.gate.keys_of(COUNTER).keys) == {"office-2"}


def test_an_older_document_never_comes_back(counter: Counter) -> None:
    first, second = document(1, beneficiaries=[account(THEIRS)]), document(2)
    counter.hear(second)
    messages = [counter.hear(first), counter.hear(second), counter.hear(document(2, revoked=["x"]))]
    assert counter.trust.document == fleet.read_unchecked(second.document)
    assert [one.detail for one in counter.posted(Trouble)] == [
        "the fleet document has serial 1, but 2 is followed here",
        "the fleet document has serial 2, but 2 is followed here",
    ]
    assert set(messages) <= set(counter.acked())


def test_a_document_of_another_site_and_a_broken_one_are_refused_in_words(counter: Counter) -> None:
    counter.hear(document(site="cua-nam"))
    counter.hear(FleetOrders(document="{}"))
    counter.hear(FleetOrders(document="nothing"))
    assert [one.kind for one in counter.posted(Trouble)] == ["signature", "signature", "malformed"]
    assert counter.trust.serial == 0


def test_a_seed_without_a_fleet_key_believes_no_document(make: Make) -> None:
    counter = make(fleet_keys=[])
    counter.connect()
    counter.hear(document())
    assert counter.trust.serial == 0
    assert counter.posted(Trouble)


def test_a_counter_that_slept_through_the_whole_overlap_is_found_again_by_the_document(counter: Counter) -> None:
    """It knows nobody who speaks to it any more; but the document speaks for itself."""
    counter.hear(document(1, keys=[key(OLD, end=2)]))
    counter.stop()
    counter.office.go_on(20 * 86_400)
    counter.machine.go_on(20 * 86_400)
    counter.start()
    counter.link.come_back()
    counter.tell_time(NEW)
    assert counter.time.known == "asked"
    message = counter.hear(document(3, keys=[key(NEW, begin=5)]), NEW)
    assert message in counter.acked()
    counter.go_on(2)
    counter.tell_time(NEW)
    counter.hear(soon(1, counter), NEW)
    assert isinstance(counter.session.glass, Paying)


def test_a_kept_document_that_was_tampered_with_is_no_way_back_to_the_seed(counter: Counter) -> None:
    counter.hear(document(4))
    counter.stop()
    path = counter.pinned.state_dir / FILE
    path.write_text(path.read_text("utf-8").replace(OURS.account, "9999999999999"), "utf-8")
    counter.start()
    assert "does not hold" in counter.gate.trouble
    assert counter.gate.keys_of(COUNTER).keys == {}
    counter.link.come_back()
    counter.hear(document(4))
    assert counter.gate.trouble == ""
    assert counter.trust.serial == 4


def test_the_power_may_fail_between_the_document_and_the_journal(counter: Counter) -> None:
    counter.hear(soon(1, counter))
    counter.trust.adopt(document(5, beneficiaries=[account(THEIRS)]).document)
    counter.stop()
    counter.start()
    assert counter.session.fleet_serial == 5
    assert [one.field for one in counter.posted(PaymentRefused)] == ["beneficiary"]


def test_a_key_that_may_not_command_is_refused_in_words(counter: Counter) -> None:
    counter.hear(document(keys=[key(OLD), key(NEW, says=["job"])]))
    counter.hear(soon(1, counter), NEW)
    assert isinstance(counter.session.glass, Paying)
    counter.hear(TrafficReport(heard=0, said=0), NEW)
    assert counter.troubles[-1].detail == "the key 'office-2' may not say anything on cmd"


NESTED = b"[" * 5_000


@pytest.mark.parametrize(
    "payload",
    [
        b'{"type":"fleet_orders"}',
        b'["fleet_orders"]',
        b'{"body":"fleet_orders"}',
        b'"fleet_orders" and more',
        b'{"body":{"type":"fleet_orders","document":5}}',
        rb'{"body":{"type":"fleet_orders","document":"\ud800"}}',
        b'{"fleet_orders":' + NESTED,
    ],
)
def test_what_only_looks_like_a_document_is_left_to_the_courier(counter: Counter, payload: bytes) -> None:
    assert counter.trust.glean(jws.sign(payload, OLD)) is None
    assert counter.trust.glean(b"fleet_orders" + NESTED) is None


def test_a_seed_key_that_is_none_is_refused_at_the_start(make: Make) -> None:
    with pytest.raises(PermissionError, match="curve Ed25519"):
        make(fleet_keys=[{"kty": "RSA"}])


def test_on_a_neighbours_topic_nobody_is_believed(counter: Counter) -> None:
    assert counter.gate.keys_of("quay-9").keys == {}


# The time


@pytest.mark.parametrize("wrong_s", [0, 86_400 * 365 * 14, -86_400 * 365, 299])
def test_a_wrong_clock_refuses_no_code_and_shows_none_that_is_over(make: Make, wrong_s: float) -> None:
    counter = make(wrong_s)
    counter.connect()
    counter.hear(soon(1, counter))
    counter.hear(soon(2, counter, expires_s=0))
    assert [(one.payment, one.field) for one in counter.posted(PaymentRefused)] == [(payment(2), "expiry")]
    assert counter.session.glass.request.payment == payment(1)


@pytest.mark.parametrize("jump_s", [10**7, -(10**7)])
def test_a_jumping_clock_neither_expires_nor_revives_a_code(counter: Counter, jump_s: float) -> None:
    counter.hear(soon(1, counter))
    counter.machine.jump(jump_s)
    counter.go_on(299)
    counter.runner.step(_tick(counter))
    assert counter.session.glass.kind == "paying"
    counter.go_on(1)
    counter.machine.jump(-2 * jump_s)
    counter.runner.step(_tick(counter))
    assert counter.session.glass.notice == "expired"


def _tick(counter: Counter) -> Any:
    from appliance.counter.events import Tick

    return Tick(counter.time.now())


def test_what_comes_before_the_time_waits_for_it_and_is_lost_by_nobody(make: Make) -> None:
    counter = make()
    counter.link.come_back()
    counter.hear(soon(1, counter))
    assert counter.session.glass == Idle()
    assert counter.link.unsettled == 1
    assert counter.acked() == []
    counter.tell_time()
    assert isinstance(counter.session.glass, Paying)
    assert counter.link.unsettled == 0
    assert len(counter.acked()) == 1


def test_an_office_that_tells_no_time_hears_that_the_counter_has_no_clock(make: Make) -> None:
    counter = make()
    counter.link.come_back()
    counter.hear(soon(1, counter))
    counter.go_on(3.1)
    assert [one.field for one in counter.posted(PaymentRefused)] == ["clock"]
    counter.go_on(60)
    counter.runner.step(_tick(counter))
    assert counter.screen() is ScreenName.OUT_OF_SERVICE
    counter.tell_time()
    assert counter.screen() is ScreenName.IDLE


def test_after_a_restart_the_code_stands_behind_another_screen_until_the_time_is_known(counter: Counter) -> None:
    counter.hear(soon(1, counter))
    counter.runner.step(Painted(counter.time.now(), payment(1)))
    counter.stop()
    counter.machine.jump(86_400)
    counter.start()
    assert counter.screen() is ScreenName.OFFLINE
    counter.link.come_back()
    assert counter.screen() is ScreenName.PREPARING
    counter.runner.step(_tick(counter))
    assert isinstance(counter.session.glass, Paying)
    counter.tell_time()
    assert counter.screen() is ScreenName.CODE
    assert len(counter.posted(Displayed)) == 1


def test_after_a_long_night_without_power_the_code_is_over_when_the_time_is_known(counter: Counter) -> None:
    counter.hear(soon(1, counter))
    counter.stop()
    counter.office.go_on(36_000)  # the machine's clock stood still with it
    counter.start()
    counter.connect()
    assert counter.session.glass.notice == "expired"


def test_a_journal_never_goes_back_though_the_machine_woke_up_in_another_year(counter: Counter) -> None:
    counter.hear(soon(1, counter))
    before = counter.time.now()
    counter.stop()
    counter.machine.jump(-86_400 * 300)
    counter.start()
    assert counter.time.now() >= before


def test_an_answer_to_another_question_is_played_back_in_vain(counter: Counter) -> None:
    old = counter.asked[-1]
    counter.link.go_down()
    counter.link.come_back()
    counter.hear(TimeTold(nonce=old.nonce, at=MORNING - DAY))
    assert counter.time.now() == counter.office.now()


def test_it_asks_again_every_few_minutes_and_sooner_without_an_answer(make: Make) -> None:
    counter = make()
    counter.link.come_back()
    counter.go_on(2)
    counter.go_on(2)
    assert len(counter.asked) == 3
    counter.tell_time()
    counter.go_on(200)
    assert len(counter.asked) == 3
    counter.go_on(40)
    assert len(counter.asked) == 4


def test_an_office_that_comes_late_is_asked_as_soon_as_it_says_anything(make: Make) -> None:
    counter = make()
    counter.link.come_back()
    counter.go_on(3.1)
    asked = len(counter.asked)
    counter.hear(PaymentPreparing())
    assert len(counter.asked) == asked
    counter.go_on(0.5)
    counter.hear(PaymentPreparing())
    assert len(counter.asked) == asked + 1


def test_a_slip_that_the_card_before_may_have_printed_is_not_printed_again_and_the_desk_hears_why(
    counter: Counter,
) -> None:
    """The acknowledgement was lost with the old card, so the office says the result once more."""
    said = Sender("office", SITE, OLD).seal(result(1), COUNTER, next(_NUMBERS), counter.office.now())
    counter.link.deliver(said.topic, said.raw)
    assert counter.printed == [payment(1)]
    counter.link.go_down()
    counter.go_on(600)
    counter.replace_card()
    counter.connect()
    counter.link.deliver(said.topic, said.raw)
    assert counter.printed == [payment(1)]
    [told] = counter.posted(ReceiptReport)
    assert (told.payment, told.outcome) == (payment(1), SlipOutcome.POSSIBLY_PRINTED)
    assert told.reason == "Thẻ nhớ của quầy mới thay, phiếu có thể đã in trước đó, hãy xem giấy"
    assert counter.acked()[-1] == said.message
    counter.go_on(1)
    counter.hear(SlipWanted(payment=payment(1), slip=slip(1), asked_by="Bình"))
    assert counter.printed == [payment(1)], "not even when it is wanted: a human has to look first"
    counter.hear(result(2))
    assert counter.printed == [payment(1), payment(2)]


def test_a_result_that_was_late_is_printed_by_the_card_that_was_there_all_the_time(counter: Counter) -> None:
    counter.go_on(60)
    said = Sender("office", SITE, OLD).seal(result(1), COUNTER, next(_NUMBERS), counter.office.now())
    counter.link.go_down()
    counter.go_on(600)
    counter.stop()
    counter.start()
    counter.connect()
    counter.link.deliver(said.topic, said.raw)
    assert counter.printed == [payment(1)]


@pytest.mark.parametrize("set_s", [60, 600, -60, -250])
def test_an_office_whose_clock_is_set_is_asked_before_its_word_is_held_against_the_old_time(
    counter: Counter, set_s: float
) -> None:
    counter.go_on(30)
    counter.office.jump(set_s)
    message = counter.hear(soon(1, counter))
    assert len(counter.asked) == 2
    assert counter.session.glass == Idle()
    assert (counter.link.unsettled, counter.acked()) == (1, [])
    counter.go_on(0.1)
    counter.tell_time()
    assert counter.session.glass.request.payment == payment(1)
    assert counter.time.now() == counter.office.now() + timedelta(seconds=0.05)
    assert (counter.link.unsettled, counter.acked()) == (0, [message])
    assert counter.posted(PaymentRefused) == []
    assert len(counter.asked) == 2


def test_what_comes_behind_a_word_that_waits_for_the_time_does_not_overtake_it(counter: Counter) -> None:
    counter.go_on(30)
    counter.office.jump(60)
    counter.hear(soon(1, counter))
    counter.hear(PaymentCancellation(payment=payment(1)))
    assert len(counter.asked) == 2
    counter.tell_time()
    assert isinstance(counter.session.glass, Notice)
    assert counter.session.glass.notice == "cancelled"


def test_an_office_that_does_not_answer_a_doubt_is_waited_for_once(counter: Counter) -> None:
    counter.go_on(30)
    counter.office.jump(60)
    first = counter.hear(soon(1, counter))
    counter.go_on(2.9)
    assert counter.acked() == []
    counter.go_on(0.2)
    second = counter.hear(soon(2, counter))
    assert counter.acked() == [first, second]
    assert counter.session.glass.kind == "paying"
    counter.tell_time()
    assert abs(counter.time.now() - counter.office.now()) < timedelta(seconds=1)


def test_an_old_word_that_is_played_back_does_not_make_it_ask_for_ever(counter: Counter) -> None:
    """Only what nobody counts can be played back at all, and that for a few minutes."""
    old = Sender("office", SITE, OLD).seal(PaymentPreparing(), COUNTER, 0, counter.office.now())
    counter.go_on(30)
    asked = len(counter.asked)
    for _ in range(100):
        counter.link.deliver(old.topic, old.raw)
        counter.gate.turn()
        if counter.time.is_doubted:
            counter.tell_time()
        counter.go_on(0.1)
    assert len(counter.asked) == asked + 1
    assert counter.link.unsettled == 0


def test_a_word_that_was_late_after_an_answer_is_no_reason_to_ask(counter: Counter) -> None:
    late = Sender("office", SITE, OLD).seal(soon(1, counter), COUNTER, next(_NUMBERS), counter.office.now())
    counter.go_on(9)
    counter.link.deliver(late.topic, late.raw)
    assert len(counter.asked) == 1
    assert isinstance(counter.session.glass, Paying)


def test_what_waited_for_the_time_on_a_lost_connection_comes_again_by_itself(make: Make) -> None:
    counter = make()
    counter.link.come_back()
    counter.hear(soon(1, counter))
    counter.link.go_down()
    counter.connect()
    assert counter.session.glass == Idle()
    counter.hear(soon(1, counter))
    assert isinstance(counter.session.glass, Paying)


def test_trust_is_lost_after_a_day_without_the_office_and_a_result_still_shows(counter: Counter) -> None:
    counter.link.go_down()
    counter.go_on(86_400)
    assert counter.session.time == "unknown"
    assert counter.screen() is ScreenName.OFFLINE


def test_a_clock_that_is_put_right_takes_nothing_from_a_result_that_is_being_read(make: Make) -> None:
    counter = make(wrong_s=-3600)
    counter.link.come_back()
    counter.go_on(4)
    counter.hear(soon(1, counter, THEIRS))
    shown = counter.session.glass
    counter.tell_time()
    assert counter.session.glass.until - shown.until == timedelta(hours=1)


def test_the_envelopes_bear_the_offices_time(make: Make) -> None:
    counter = make(wrong_s=86_400)
    counter.connect()
    counter.hear(soon(1, counter, THEIRS))
    (parcel,) = counter.journal.posted()
    envelope: Envelope = signing.verify(
        parcel.raw, jws.read_public([jws.public_jwk(COUNTER_KEY)]), topics.parse(parcel.topic)
    )
    assert envelope.issued_at == counter.office.now()
