from datetime import UTC, datetime, timedelta

from appliance.office.presence import Told, alive_at, told
from mqtt_schema.messages import ClockReading, CounterStatus

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
BORN = NOON - timedelta(hours=1)
OFFLINE_S = 15


def word(told_s: float, came_s: float, born_at: datetime = BORN) -> Told:
    return Told(born_at, NOON + timedelta(seconds=told_s), NOON + timedelta(seconds=came_s))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_young_word_is_a_sign_of_life() -> None:
    assert alive_at(word(0, 2), None, None, OFFLINE_S) == at(2)
    assert alive_at(word(2, 0), None, None, OFFLINE_S) == at(0), "a clock that is a little fast"


def test_an_old_word_that_a_broker_kept_counts_from_when_it_was_said() -> None:
    assert alive_at(word(-600, 0), None, None, OFFLINE_S) == at(-600)
    assert alive_at(word(-16, 0), None, None, OFFLINE_S) == at(-16)


def test_a_first_word_from_the_future_proves_nothing_yet() -> None:
    assert alive_at(word(3600, 0), None, None, OFFLINE_S) == at(-OFFLINE_S)


def test_a_counter_with_a_wrong_clock_is_alive_from_its_second_word_on() -> None:
    for wrong_s in (-3600, 3600):
        first = word(wrong_s, 0)
        second = word(wrong_s + 5, 5.2)
        assert alive_at(second, first, at(-15), OFFLINE_S) == at(5.2)


def test_an_old_word_handed_out_again_proves_nothing() -> None:
    first = word(-600, 0)
    again = word(-600, 3)
    assert alive_at(again, first, at(-600), OFFLINE_S) == at(-600)


def test_what_a_counter_said_while_nobody_listened_does_not_revive_it() -> None:
    before = word(-3600, -3600)
    kept = word(-1800, 0)
    assert alive_at(kept, before, at(-3600), OFFLINE_S) == at(-3600)


def test_another_connection_has_to_prove_itself_anew() -> None:
    assert alive_at(word(-600, 0), word(-1200, -600, BORN - timedelta(days=1)), at(-600), OFFLINE_S) == at(-600)


def test_a_counter_that_knows_how_wrong_its_clock_is_is_believed_at_once() -> None:
    status = CounterStatus(is_online=True, born_at=BORN, clock=ClockReading(is_trusted=True, offset_ms=3_600_000))
    heard = told(status, NOON, NOON)
    assert heard.delay == timedelta(0)
    assert alive_at(heard, None, None, OFFLINE_S) == NOON
    for clock in (None, ClockReading(is_trusted=False)):
        unknown = told(status.model_copy(update={"clock": clock}), NOON, NOON)
        assert unknown.told_at == NOON
