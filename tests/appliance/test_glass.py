"""The glass of a counter: when it paints, what it says is seen, and what a finger does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance import catalogue
from appliance.counter.events import HelpTouched
from appliance.counter.front import Manners
from appliance.counter.look import Look
from appliance.counter.shown import Health
from appliance.counter.state import Paying, Session
from appliance.glass import Glass
from drivers.scene import Scene, Size
from drivers.virtual.display import VirtualDisplay
from drivers.virtual.panel import VirtualPanel
from mqtt_schema.messages import ScreenName
from mqtt_schema.types import Instant
from tests.support.spoken import MORNING, at, request

SIZE = Size(1024, 600)
IDLE = Session(is_linked=True)
PAYING = replace(IDLE, glass=Paying(request()))


@pytest.fixture
def display() -> VirtualDisplay:
    return VirtualDisplay(SIZE)


@pytest.fixture
def glass(display: VirtualDisplay) -> Glass:
    return Glass(display, Look.of(SIZE, "3", catalogue.read()), Manners(), Health)


def tap(display: VirtualDisplay, name: str) -> None:
    target = next(target for target in display.history[-1].targets if target.name == name)
    display.touch(*target.rect.centre)


def test_the_same_state_at_the_same_moment_is_painted_once(glass: Glass, display: VirtualDisplay) -> None:
    assert glass.show(IDLE, MORNING)
    assert not glass.show(IDLE, MORNING + timedelta(milliseconds=900))
    assert display.frame == 1


def test_a_countdown_is_painted_every_second_and_an_idle_glass_is_not(glass: Glass, display: VirtualDisplay) -> None:
    for second in range(5):
        glass.show(PAYING, at(second))
    assert display.frame == 5
    glass.show(IDLE, at(5))
    idle = display.frame
    for second in range(6, 10):
        glass.show(IDLE, at(second))
    assert display.frame == idle


class Foreseeing(VirtualDisplay):
    """Keeps what it was asked to paint ahead."""

    def __init__(self, size: Size) -> None:
        super().__init__(size)
        self.prepared: list[Scene] = []

    def prepare(self, scene: Scene) -> None:
        self.prepared.append(scene)


def test_the_next_code_is_painted_ahead_once_and_never_while_somebody_pays() -> None:
    display = Foreseeing(SIZE)
    glass = Glass(display, Look.of(SIZE, "3", catalogue.read()), Manners(), Health)
    glass.show(PAYING, MORNING)
    glass.prepare(MORNING)
    assert not display.prepared
    code = display.history[-1]
    glass.show(IDLE, MORNING)
    for _ in range(3):
        glass.prepare(MORNING)
    (ahead,) = display.prepared
    assert 0 < len(ahead.elements) < len(code.elements)
    assert code.elements[: len(ahead.elements)] == ahead.elements
    glass.prepare(at(61))  # everything has moved by a pixel
    assert len(display.prepared) == 2


def test_what_is_seen_names_the_payment_and_the_amount_and_the_pixels(glass: Glass, display: VirtualDisplay) -> None:
    assert glass.show(PAYING, MORNING)
    assert glass.seen is not None
    assert (glass.seen.screen, glass.seen.payment, glass.seen.amount) == (
        ScreenName.CODE,
        request().payment,
        request().amount,
    )
    assert glass.seen.pixels == display.digest()
    first = glass.seen
    assert not glass.show(PAYING, at(1)), "the same screen, a second later, is no other screen"
    assert glass.seen is first


@pytest.mark.parametrize("target", ["language", "larger", "menu"])
def test_what_is_seen_after_a_touch_are_the_pixels_of_then(glass: Glass, display: VirtualDisplay, target: str) -> None:
    glass.show(PAYING, MORNING)
    tap(display, target)
    glass.touches(at(0))
    assert glass.show(PAYING, at(1))
    assert glass.seen is not None
    assert (glass.seen.pixels, glass.seen.painted_at) == (display.digest(), at(1))


def test_what_is_seen_after_the_link_was_lost_are_the_pixels_of_then(glass: Glass, display: VirtualDisplay) -> None:
    glass.show(PAYING, MORNING)
    assert glass.show(replace(PAYING, is_linked=False), at(1))
    assert glass.seen is not None
    assert glass.seen.pixels == display.digest()


def test_a_broken_display_is_seen_by_nobody_and_painted_anew_within_a_second(
    glass: Glass, display: VirtualDisplay
) -> None:
    glass.show(IDLE, MORNING)
    display.break_down()
    assert not glass.show(PAYING, at(0.1))
    assert glass.is_blind
    assert glass.seen is None
    assert glass.touches(at(0.2)) == []
    display.mend()
    glass.show(PAYING, at(0.5))
    assert glass.show(PAYING, at(1.1))
    assert not glass.is_blind


def test_a_touch_changes_the_language_and_the_next_person_finds_vietnamese(
    glass: Glass, display: VirtualDisplay
) -> None:
    glass.show(PAYING, MORNING)
    tap(display, "language")
    glass.touches(at(1))
    glass.show(PAYING, at(1))
    assert "Scan" in " ".join(text.text for text in display.history[-1].texts())
    glass.show(IDLE, at(2))
    assert glass.front.language == "vi"


def test_a_touch_that_asks_for_a_human_is_handed_on(glass: Glass, display: VirtualDisplay) -> None:
    glass.show(PAYING, MORNING)
    tap(display, "menu")
    glass.touches(at(1))
    glass.show(PAYING, at(1))
    tap(display, "no_phone")
    answers = glass.touches(at(2))
    assert [type(event) for answer in answers for event in answer.events] == [HelpTouched]


def test_a_target_that_slid_under_a_finger_on_its_way_is_not_what_it_meant(
    glass: Glass, display: VirtualDisplay
) -> None:
    glass.show(PAYING, MORNING)
    tap(display, "menu")
    glass.touches(at(1))
    glass.show(PAYING, at(1))
    opened = next(target for target in display.history[-1].targets if target.name == "back")
    pages = []
    for second in (1.2, 1.4):
        display.touch(*opened.rect.centre)
        glass.touches(at(second))
        pages.append(glass.front.page)
    assert pages == ["menu", "none"]


def test_what_could_be_touched_there_before_may_be_touched_at_once(glass: Glass, display: VirtualDisplay) -> None:
    glass.show(PAYING, MORNING)
    tap(display, "language")
    glass.touches(at(1))
    glass.show(PAYING, at(1))
    tap(display, "language")
    glass.touches(at(1.1))
    assert glass.front.language == "vi"


def test_a_finger_that_is_lifted_in_time_opens_no_gate(display: VirtualDisplay) -> None:
    glass = Glass(display, Look.of(SIZE, "3", catalogue.read()), Manners(), Health)
    glass.show(IDLE, MORNING)
    corner = next(target for target in display.history[-1].targets if target.name == "technician")
    display.hold(*corner.rect.centre)
    glass.touches(at(1))
    assert glass.front.held_since is not None
    display.lift(*corner.rect.centre)
    glass.touches(at(2))
    assert glass.front.held_since is None


def test_health_is_asked_only_while_a_technician_looks(display: VirtualDisplay) -> None:
    asked: list[Instant] = []

    def health() -> Health:
        asked.append(MORNING)
        return Health(software="1")

    glass = Glass(display, Look.of(SIZE, "3", catalogue.read()), Manners(), health)
    glass.show(IDLE, MORNING)
    assert asked == []
    glass.front = replace(glass.front, page="technician", touched_at=MORNING)
    glass.show(IDLE, at(10))
    assert asked == [MORNING]


def test_who_presses_the_raised_key_wakes_the_glass_and_is_remembered(glass: Glass) -> None:
    glass.front = replace(glass.front, is_asleep=True)
    glass.listen(MORNING)
    assert glass.front.is_listening
    assert not glass.front.is_asleep


def test_whoever_wears_an_earphone_listens_until_it_is_pulled_out(display: VirtualDisplay) -> None:
    panel = VirtualPanel()
    glass = Glass(
        display, Look.of(SIZE, "3", catalogue.read()), Manners(), Health, has_earphone=lambda: panel.has_earphone
    )
    panel.plug()
    glass.listen(MORNING)
    glass.show(PAYING, at(1))
    glass.show(IDLE, at(2))
    glass.show(IDLE, at(500))
    assert glass.front.is_listening
    panel.unplug()
    glass.show(IDLE, at(501))
    assert not glass.front.is_listening
