"""A counter that serves nobody: what a citizen reads, and what a technician says on the telephone."""

import pytest

from appliance.counter.front import Front
from appliance.counter.screens import boot
from appliance.counter.shown import CODES, Boot, Outage, Shown
from appliance.counter.state import Session
from drivers.scene import Picture, Size
from tests.support.glasses import NOW, SIZES, WORDS, capital_mm, flaws, look, seen, words
from tests.support.states import BILINGUAL, COUNTER, idle

every_size = pytest.mark.parametrize("size", SIZES)
STEPS = [Shown(Session(), boot=step, words="K7QF-2M9P") for step in Boot]
OUTAGES = [Shown(Session(), outage=outage, words="counter.toml: line 7") for outage in Outage]


@every_size
@pytest.mark.parametrize("shown", [*STEPS, *OUTAGES], ids=lambda shown: str(shown.boot or shown.outage))
def test_a_citizen_reads_in_both_languages_to_go_elsewhere(shown: Shown, size: Size) -> None:
    scene = seen(shown, size)
    said = words(scene)
    for texts in WORDS.values():
        assert texts.outage.heading in said
        assert texts.outage.instead in said
    style = look(size).style("vi")
    assert min(text.size_px for text in list(scene.texts())[:2]) >= style.must


@every_size
@pytest.mark.parametrize("shown", [*STEPS, *OUTAGES], ids=lambda shown: str(shown.boot or shown.outage))
def test_a_technician_reads_the_code_and_every_step_to_its_end(shown: Shown, size: Size) -> None:
    said = words(seen(shown, size))
    known = shown.boot or shown.outage
    assert known is not None
    assert CODES[known] in said
    assert "…" not in said


@pytest.mark.parametrize("step", Boot)
def test_every_step_of_the_first_boot_is_said_in_both_languages(step: Boot) -> None:
    said = words(seen(Shown(Session(), boot=step)))
    for texts in WORDS.values():
        told = getattr(texts.boot, step)
        assert told.heading in said
        assert all(sentence in said for sentence in told.body)


@pytest.mark.parametrize("outage", Outage)
def test_every_outage_has_a_next_step_in_both_languages(outage: Outage) -> None:
    said = words(seen(Shown(Session(), outage=outage)))
    assert all(getattr(texts.outage, outage) in said for texts in WORDS.values())


@every_size
def test_the_enrolment_code_is_the_largest_thing_to_read(size: Size) -> None:
    scene = seen(COUNTER["boot-enrolling"], size)
    largest = max(scene.texts(), key=lambda text: text.size_px)
    assert largest.text == "K7QF-2M9P"
    assert capital_mm(largest, size) > 1.8 * capital_mm(next(scene.texts()), size)


def test_only_while_enrolling_the_words_are_a_code() -> None:
    sizes = {
        step: max(text.size_px for text in seen(Shown(Session(), boot=step, words="K7QF-2M9P")).texts())
        for step in Boot
    }
    assert all(sizes[Boot.ENROLLING] > size_px for step, size_px in sizes.items() if step is not Boot.ENROLLING)


def test_a_technicians_detail_stands_there_word_for_word() -> None:
    shown = Shown(Session(), outage=Outage.SEED_WRONG, words="counter.toml: line 7")
    assert "counter.toml: line 7" in words(seen(shown))


@every_size
def test_a_detail_that_never_ends_stays_on_the_glass(size: Size) -> None:
    for length in (40, 300, 2000):
        detail = ("/var/lib/quaythu/journal.sqlite: " * 80)[:length]
        assert not flaws(seen(Shown(Session(), outage=Outage.JOURNAL, words=detail), size))
        assert not flaws(seen(Shown(Session(), boot=Boot.ENROLLING, words="W" * min(length, 64)), size))


def test_no_choice_of_anybody_changes_it() -> None:
    for state in BILINGUAL - {"asleep"}:
        plain = seen(COUNTER[state])
        assert plain == seen(COUNTER[state], language="en", is_large=True) == seen(COUNTER[state], after_s=47)


def test_nothing_can_be_touched_but_the_technicians_corner() -> None:
    for state in BILINGUAL - {"asleep"}:
        assert [target.name for target in seen(COUNTER[state]).targets] == ["technician"]


def test_a_closed_counter_has_a_cross_and_a_starting_one_has_none() -> None:
    def signs(shown: Shown) -> list[object]:
        return [element.drawing for element in seen(shown).elements if isinstance(element, Picture)]

    assert signs(COUNTER["out-of-service"]) == [boot.CLOSED.drawing]
    assert signs(COUNTER["out-of-service"]) == signs(COUNTER["outage-device"])
    assert boot.CLOSED.drawing not in signs(COUNTER["boot-starting"])


def test_a_technician_who_closed_the_counter_is_named_as_the_reason() -> None:
    said = words(seen(idle(Front(is_out_of_service=True))))
    assert "QT-15" in said
    assert WORDS["vi"].outage.technician in said


def test_an_unknown_reason_is_still_an_outage() -> None:
    drawn = boot.compose(Shown(Session()), look().style("vi"), NOW)
    assert drawn == boot.compose(Shown(Session(), outage=Outage.TECHNICIAN), look().style("vi"), NOW)
