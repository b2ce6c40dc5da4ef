"""Nobody is paying: how to pay, a dark glass, and two reasons to wait."""

from datetime import timedelta
from itertools import pairwise

import pytest

from appliance.counter import screens
from appliance.counter.front import Front
from appliance.counter.look import STEP
from appliance.counter.shown import Shown
from appliance.counter.state import Session
from drivers.scene import Picture, Size
from mqtt_schema.messages import Language
from tests.support.glasses import GLASSES, NOW, SIZES, WORDS, capital_mm, contrasts, flaws, look, seen, words
from tests.support.glasses import figures as figures_on
from tests.support.states import CARDS, NOBODY
from tests.support.states import idle as nobody

every_glass = pytest.mark.parametrize(("size", "language", "is_large"), GLASSES)
every_size = pytest.mark.parametrize("size", SIZES)


@every_glass
@pytest.mark.parametrize("state", ["idle", "idle-cards", "idle-longest-card"])
def test_the_warning_stands_there_whatever_else_does(
    state: str, size: Size, language: Language, is_large: bool
) -> None:
    texts = WORDS[language].idle
    for after_s in range(0, 200, 20):
        said = words(seen(NOBODY[state], size, language, is_large, after_s))
        for sentence in texts.warning:
            assert sentence.replace("\u00a0", " ") in said


@every_glass
def test_how_to_pay_is_shown_in_three_steps_at_least_every_other_card(
    size: Size, language: Language, is_large: bool
) -> None:
    steps = WORDS[language].idle.steps
    said = [words(seen(NOBODY["idle"], size, language, is_large, after_s)) for after_s in range(0, 140, 20)]
    assert any(all(step in one for step in steps) for one in said)


@every_size
def test_without_larger_text_how_to_pay_never_leaves_the_glass(size: Size) -> None:
    for after_s in range(0, 140, 20):
        said = words(seen(NOBODY["idle"], size, after_s=after_s))
        assert all(step in said for step in WORDS["vi"].idle.steps)
        assert WORDS["vi"].idle.heading in said


def test_without_a_printer_no_slip_is_promised() -> None:
    for front, promise in ((Front(), "phiếu"), (Front(language="en"), "slip")):
        assert promise not in words(screens.compose(nobody(front), look(has_printer=False), NOW)).lower()


def test_idle_tells_the_time_of_vietnam_the_day_and_the_counter() -> None:
    scene = seen(NOBODY["idle"])
    assert "Quầy 3 · Thứ Hai, 23/11/2026" in words(scene)
    assert "09:45" in figures_on(scene)
    assert "Quầy 3 · Monday, 23/11/2026" in words(seen(NOBODY["idle"], language="en"))


def test_a_glass_too_narrow_for_the_day_still_names_the_counter() -> None:
    said = words(seen(NOBODY["idle"], Size(480, 800), "en", is_large=True))
    assert "Quầy 3" in said
    assert "2026" not in said


def test_between_two_cards_and_two_minutes_nothing_changes() -> None:
    assert seen(NOBODY["idle"]) == seen(NOBODY["idle"], after_s=7.9)
    assert seen(NOBODY["idle"]) != seen(NOBODY["idle"], after_s=8)


@every_size
@pytest.mark.parametrize("state", ["idle", "idle-cards"])
def test_a_screen_has_at_most_three_sizes_of_type_that_one_can_tell_apart(state: str, size: Size) -> None:
    sizes = sorted({text.size_px for text in seen(NOBODY[state], size).texts()})
    assert len(sizes) <= 3
    assert all(larger >= smaller * STEP - 0.5 for smaller, larger in pairwise(sizes))


# A dark glass


def test_a_sleeping_glass_says_in_every_language_how_to_wake_it() -> None:
    for language in WORDS:
        said = words(seen(NOBODY["asleep"], language=language))
        assert all(texts.asleep.wake in said for texts in WORDS.values())


@every_size
def test_a_sleeping_glass_is_dark_and_its_clock_wanders_without_leaving_it(size: Size) -> None:
    places = set()
    for minute in range(0, 1500, 7):
        scene = seen(NOBODY["asleep"], size, after_s=60 * minute)
        assert not flaws(scene)
        first = next(scene.texts())
        places.add((first.x, first.y))
    assert sum(scene.background) < 60
    left, top = ({place[axis] for place in places} for axis in (0, 1))
    assert max(left) - min(left) > 0.15 * size.width
    assert max(top) - min(top) > 0.3 * size.height
    assert min(len(left), len(top)) > 40


def test_a_sleeping_glass_stands_still_within_a_minute() -> None:
    assert seen(NOBODY["asleep"]) == seen(NOBODY["asleep"], after_s=47)
    assert seen(NOBODY["asleep"]) != seen(NOBODY["asleep"], after_s=48)


def test_a_sleeping_glass_has_nothing_to_press_but_the_technicians_corner() -> None:
    assert [target.name for target in seen(NOBODY["asleep"]).targets] == ["technician"]


# A wait


def test_without_a_connection_nobody_is_asked_to_pay() -> None:
    said = words(seen(NOBODY["offline"]))
    assert "Quầy chưa nhận được thanh toán" in said
    assert "hỏi cán bộ" in said
    assert "Quét" not in said


def test_while_a_payment_is_prepared_the_next_step_is_said() -> None:
    said = words(seen(NOBODY["preparing"]))
    assert "Cán bộ đang chuẩn bị khoản nộp" in said
    assert "Xin mở sẵn ứng dụng ngân hàng" in said


def test_the_reasons_to_wait_differ_in_shape() -> None:
    signs = [
        next(element.drawing for element in seen(NOBODY[state]).elements if isinstance(element, Picture))
        for state in ("offline", "preparing")
    ]
    assert len(set(signs)) == 2


@every_size
@pytest.mark.parametrize("state", ["offline", "preparing"])
def test_what_a_wait_says_is_high_enough_to_be_read(state: str, size: Size) -> None:
    style = look(size).style("vi")
    said = [text for text in seen(NOBODY[state], size).texts() if text.size_px > style.rest]
    assert len(said) >= 3
    assert all(text.size_px >= style.must for text in said)


# All of them


@pytest.mark.parametrize("state", ["idle", "offline", "preparing"])
def test_language_size_and_help_can_be_touched(state: str) -> None:
    names = {target.name for target in seen(NOBODY[state]).targets}
    assert names == {"language", "larger", "menu", "technician"}


def test_that_somebody_was_called_is_said() -> None:
    assert "Đã báo cán bộ" in words(seen(NOBODY["idle-help-called"]))


def test_the_whole_day_has_its_place() -> None:
    shown = Shown(Session(is_linked=True, cards=CARDS))
    for minute in range(0, 24 * 60, 29):
        scene = seen(shown, after_s=timedelta(minutes=minute).total_seconds())
        assert not flaws(scene)
        assert min(contrasts(scene)) >= 7


@every_size
def test_the_smallest_type_is_three_millimetres_high(size: Size) -> None:
    for state in NOBODY.values():
        assert min(capital_mm(text, size) for text in seen(state, size).texts()) >= 2.95
