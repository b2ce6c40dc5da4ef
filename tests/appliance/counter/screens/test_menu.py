"""The ways to ask for a human, alone on the glass and beside a code."""

import pytest

from appliance.counter.front import Front
from appliance.counter.shown import Shown
from appliance.counter.state import Idle, Preparing, Session
from drivers.scene import Scene, Size
from mqtt_schema.messages import Language
from tests.support.glasses import (
    GLASSES,
    NOW,
    PAYMENTS,
    WORDS,
    contrasts,
    flaws,
    long_request,
    look,
    paying,
    request,
    seen,
    words,
)

ALONE = Shown(Session(glass=Idle(), is_linked=True), Front(page="menu"))
every_glass = pytest.mark.parametrize(
    ("size", "language", "is_large"),
    GLASSES,
    ids=[f"{size.width}x{size.height}-{language}-{'large' if large else 'plain'}" for size, language, large in GLASSES],
)


def names(scene: Scene) -> list[str]:
    return [target.name for target in scene.targets]


@every_glass
def test_without_a_code_there_are_two_choices_and_a_way_back(size: Size, language: Language, is_large: bool) -> None:
    scene = seen(ALONE, size, language, is_large)
    assert names(scene) == ["help", "no_phone", "back"]
    texts = WORDS[language].menu
    for expected in (texts.heading, texts.help, texts.no_phone, texts.back):
        assert expected in words(scene)
    assert not flaws(scene)
    assert min(contrasts(scene)) >= 7


@every_glass
def test_beside_a_code_more_time_is_among_them(size: Size, language: Language, is_large: bool) -> None:
    scene = seen(paying(long_request(), "menu"), size, language, is_large)
    assert names(scene) == ["help", "no_phone", "more_time", "back"]
    texts = WORDS[language].menu
    for expected in (texts.help, texts.no_phone, texts.more_time, texts.back):
        assert expected in words(scene)
    assert "4:32" in "".join(text.text for text in scene.texts() if len(text.text) == 1)


@pytest.mark.parametrize("state", ["on-behalf", "checking"])
def test_where_no_code_can_expire_no_time_is_offered(state: str) -> None:
    shown = PAYMENTS[state]
    scene = seen(Shown(shown.session, Front(page="menu")))
    assert "more_time" not in names(scene)


def test_over_every_other_screen_the_menu_is_the_same() -> None:
    preparing = Shown(Session(glass=Preparing(NOW), is_linked=True), Front(page="menu"))
    assert seen(preparing) == seen(ALONE) == seen(Shown(Session(), Front(page="menu")))


def test_the_menus_words_are_as_large_as_what_must_be_read_where_it_has_the_glass_alone() -> None:
    sizes = {text.size_px for text in seen(ALONE).texts()}
    assert sizes == {look().style("vi").must}


def test_the_menu_of_one_payment_is_not_that_of_another() -> None:
    assert "50.000" in words(seen(paying(request(), "menu")))
    assert "20.000" in words(seen(paying(request(20_000), "menu")))
