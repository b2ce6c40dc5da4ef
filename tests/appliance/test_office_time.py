"""The clock of a counter, driven by a machine whose own clock does as it likes."""

from datetime import UTC, datetime, timedelta

from appliance.clock import OfficeTime, VirtualClock
from mqtt_schema.messages import TimeTold

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


class Pair:
    """A machine that is wrong by some seconds, and its office's time on top."""

    def __init__(self, wrong_s: float) -> None:
        self.office = VirtualClock(NOON)
        self.machine = VirtualClock(NOON + timedelta(seconds=wrong_s))
        self.time = OfficeTime(self.machine)

    def go_on(self, seconds: float) -> None:
        self.office.go_on(seconds)
        self.machine.go_on(seconds)

    def ask(self, there_s: float = 0.0, back_s: float = 0.0) -> float:
        asked = self.time.ask()
        self.go_on(there_s)
        told = TimeTold(nonce=asked.nonce, at=self.office.now())
        self.go_on(back_s)
        return self.time.hear(told)


def test_the_offices_time_is_kept_whatever_the_machines_clock_does() -> None:
    pair = Pair(wrong_s=3600)
    assert pair.ask(0.01, 0.01) == -3600
    for jump_s in (86_400, -(10**8), 17):
        pair.machine.jump(jump_s)
        pair.go_on(60)
        assert pair.time.now() == pair.office.now()
        assert pair.time.known == "known"


def test_the_office_is_told_how_wrong_the_machine_is() -> None:
    pair = Pair(wrong_s=-90)
    assert pair.time.reading.model_dump() == {"is_trusted": False, "offset_ms": None, "uncertainty_ms": None}
    pair.ask(0.02, 0.02)
    assert pair.time.reading.model_dump() == {"is_trusted": True, "offset_ms": 90_000, "uncertainty_ms": 21}
    pair.machine.jump(30)
    assert pair.time.reading.offset_ms == 60_000


def known(pair: Pair) -> str:
    return pair.time.known


def test_nobody_worries_in_the_first_seconds_of_a_connection() -> None:
    pair = Pair(wrong_s=0)
    pair.go_on(1000)
    assert known(pair) == "asked"
    pair.time.connected()
    pair.go_on(3)
    assert known(pair) == "asked"
    pair.go_on(0.1)
    assert known(pair) == "unknown"
    assert pair.time.trusted_now is None
    pair.ask()
    assert known(pair) == "known"
    assert pair.time.trusted_now == pair.office.now()


def test_trust_is_lost_after_hours_without_an_answer_but_what_is_past_stays_past() -> None:
    pair = Pair(wrong_s=0)
    assert pair.time.certain_past is None
    pair.time.connected()
    pair.ask(0.01, 0.01)
    heard = pair.time.certain_past
    assert heard == NOON + timedelta(seconds=0.01)
    pair.go_on(12 * 3600)
    assert pair.time.known == "unknown"
    assert not pair.time.is_trusted
    assert pair.time.certain_past == heard


def test_each_question_bears_another_nonce() -> None:
    pair = Pair(wrong_s=0)
    first, second = pair.time.ask(), pair.time.ask()
    assert first.nonce != second.nonce
    assert pair.time.hear(TimeTold(nonce=first.nonce, at=NOON)) == 0
    assert not pair.time.is_trusted


def test_it_asks_when_it_is_due() -> None:
    pair = Pair(wrong_s=0)
    assert pair.time.is_due()
    pair.ask()
    assert not pair.time.is_due(is_nudged=True)
    pair.go_on(240)
    assert pair.time.is_due()


def test_a_journal_that_ends_later_is_gone_on_from() -> None:
    pair = Pair(wrong_s=-3600)
    pair.time.go_on_from(NOON)
    assert pair.time.now() == NOON
