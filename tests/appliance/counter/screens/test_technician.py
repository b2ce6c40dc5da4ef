"""The guarded pages: a keypad that tells nobody the PIN, a lock that says how long, and one page that says it all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.counter.front import Front, Manners
from appliance.counter.shown import Health, Shown
from appliance.counter.state import Paying, Session
from drivers.scene import Fill, Size, target_at
from mqtt_schema.messages import Language, PrinterStatus
from tests.support.glasses import GLASSES, NOW, SIZES, WORDS, contrasts, flaws, look, request, seen, words
from tests.support.states import COUNTER, HEALTH, idle

every_glass = pytest.mark.parametrize(("size", "language", "is_large"), GLASSES)
every_size = pytest.mark.parametrize("size", SIZES)
BUTTONS = {"test_slip", "test_sound", "day_end", "out_of_service", "restart", "leave"}


def names(shown: Shown, size: Size = SIZES[0]) -> set[str]:
    return {target.name for target in seen(shown, size).targets}


def pin(typed: str = "", wrong: int = 0) -> Shown:
    return idle(Front(page="pin", typed=typed, wrong=wrong))


def page(health: Health = HEALTH, *, is_out_of_service: bool = False) -> Shown:
    return Shown(Session(is_linked=True), Front(page="technician", is_out_of_service=is_out_of_service), health)


# The gate


@every_size
def test_the_keypad_has_ten_digits_and_two_ways_back(size: Size) -> None:
    assert names(pin(), size) == {*"0123456789", "erase", "leave"}


@every_size
def test_the_digits_stand_as_on_a_telephone(size: Size) -> None:
    places = {target.name: target.rect for target in seen(pin(), size).targets}
    for row in ("123", "456", "789"):
        assert places[row[0]].x < places[row[1]].x < places[row[2]].x
        assert len({places[digit].y for digit in row}) == 1
    assert places["1"].y < places["4"].y < places["7"].y < places["0"].y
    assert places["0"].x == places["8"].x


@every_size
def test_what_is_pressed_is_what_is_written_there(size: Size) -> None:
    scene = seen(pin(), size)
    for text in scene.texts():
        if text.text.isdigit():
            assert target_at(scene, text.x, text.y - text.size_px // 3) == text.text


def test_typed_digits_are_counted_and_never_told() -> None:
    def full(shown: Shown) -> int:
        ink = look().style("vi").must
        dots = [e for e in seen(shown).elements if isinstance(e, Fill) and e.radius and e.rect.height < ink]
        return sum(dot.colour == (0x10, 0x24, 0x3E) for dot in dots)

    assert [full(pin("1" * typed)) for typed in range(6)] == list(range(6))
    assert seen(pin("123")) == seen(pin("987"))


@pytest.mark.parametrize("language", WORDS)
def test_after_a_wrong_pin_the_tries_left_are_said(language: Language) -> None:
    said = [words(seen(pin(wrong=wrong), language=language)) for wrong in range(Manners.pin_tries)]
    texts = WORDS[language].technician
    assert texts.tries_left.format(left=3) in said[2]
    assert texts.last_try in said[4]
    assert not any(character in said[0] for character in "!.")


def test_the_keypad_stays_where_it_is_when_a_pin_was_wrong_on_a_lying_glass() -> None:
    assert seen(pin()).targets[1:] == seen(pin(wrong=1)).targets[1:]


@pytest.mark.parametrize(("left_s", "minutes"), [(300, 5), (290, 5), (61, 2), (60, 1), (1, 1), (0, 1)])
def test_a_locked_gate_says_for_how_many_minutes(left_s: float, minutes: int) -> None:
    shown = idle(Front(page="locked", locked_until=NOW + timedelta(seconds=left_s)))
    assert f"Thử lại sau {minutes} phút." in words(seen(shown))
    assert names(shown) == {"leave", "technician"}


def test_a_lock_without_an_end_says_one_minute() -> None:
    assert "1 phút" in words(seen(idle(Front(page="locked"))))


# The page


@every_glass
def test_everything_that_a_technician_needs_stands_on_one_page(size: Size, language: Language, is_large: bool) -> None:
    scene = seen(page(), size, language, is_large)
    said = words(scene)
    for expected in ("Quầy 3 (hoankiem-01)", "0.1.0", "mqtt.hoankiem.gov.vn:8883", "09:45 23/11/2026", HEALTH.trouble):
        assert expected in said
    assert WORDS[language].states.paper_out in said
    assert {target.name for target in scene.targets} == BUTTONS
    assert not flaws(scene)


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("status", PrinterStatus)
def test_every_state_of_the_printer_is_said_in_words(status: PrinterStatus, language: Language) -> None:
    said = words(seen(page(replace(HEALTH, printer=status)), language=language))
    assert getattr(WORDS[language].states, status) in said


def test_what_is_not_known_is_said_to_be_nothing() -> None:
    said = words(seen(page(Health())))
    assert said.count("không có") == 5
    assert "chưa rõ" in said


def test_the_page_says_whether_the_counter_serves_and_offers_the_other() -> None:
    serving, closed = words(seen(page())), words(seen(page(is_out_of_service=True)))
    assert "Đang phục vụ" in serving
    assert "Ngừng phục vụ" in serving
    assert "Đang ngừng phục vụ" in closed
    assert "Phục vụ lại" in closed


@every_glass
def test_messages_that_were_set_aside_are_counted_on_the_page(size: Size, language: Language, is_large: bool) -> None:
    label = WORDS[language].technician.set_aside
    scene = seen(page(replace(HEALTH, set_aside=37)), size, language, is_large)
    assert label in words(scene)
    assert "37" in words(scene)
    assert not flaws(scene)
    assert label not in words(seen(page(), size, language, is_large)), "none, and nothing is said"


@every_size
def test_the_longest_trouble_and_the_longest_broker_stay_on_the_page(size: Size) -> None:
    health = replace(HEALTH, trouble="signature: no known key signed this " * 9, broker=f"{'mqtt.' * 12}vn:8883")
    for language in WORDS:
        scene = seen(page(health), size, language)
        assert not flaws(scene)
        assert min(contrasts(scene)) >= 7


@pytest.mark.parametrize("state", ["pin", "locked", "technician"])
def test_nothing_of_a_payment_stands_behind_the_gate(state: str) -> None:
    here = replace(COUNTER[state], session=Session(glass=Paying(request()), is_linked=True))
    scene = seen(here)
    assert scene == seen(COUNTER[state])
    assert not list(scene.codes())


@every_glass
def test_a_long_trouble_leaves_no_glass_whatever_else_has_to_be_said(
    size: Size, language: Language, is_large: bool
) -> None:
    trouble = "signature: " + "no key that this counter knows has signed this message of the office " * 4
    health = replace(
        HEALTH, counter="Quầy Tiếp nhận hồ sơ số 12 (hoankiem-12)", set_aside=99, outbox=12_345, trouble=trouble.strip()
    )
    scene = seen(page(health), size, language, is_large)
    assert not flaws(scene)
    assert "signature: no key" in words(scene)
