"""What an idle glass tells people: the office's cards on their days, or the counter's own."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from appliance.counter import pictures
from appliance.counter.screens import cards
from appliance.counter.shown import Shown
from appliance.counter.state import Session
from drivers.scene import Picture, Scene, Size
from drivers.typeface import ELLIPSIS
from mqtt_schema.messages import Card, CardKind, CardText
from tests.support.glasses import GLASSES, SIZES, WORDS, flaws, look, seen, words
from tests.support.states import CARDS, LONGEST_CARDS, LONGEST_SENTENCE, card, idle

ROOMY = Size(1920, 1080)
MINUTE = range(0, 180, 20)


def headings(told: tuple[Card, ...], size: Size = ROOMY) -> list[str]:
    """Which of the cards stands there, every twenty seconds."""
    shown = idle(cards=told)
    all_said = [words(seen(shown, size, after_s=after_s)) for after_s in MINUTE]
    return [next((one.vi.heading for one in told if one.vi.heading in said), "") for said in all_said]


def drawings(scene: Scene) -> list[object]:
    return [element.drawing for element in scene.elements if isinstance(element, Picture)]


def test_cards_take_turns_every_twenty_seconds() -> None:
    first, second = (one.vi.heading for one in CARDS)
    turns = headings(CARDS)
    assert set(turns) == {first, second}
    assert all(one != other for one, other in pairwise(turns))


def test_a_card_stands_from_its_first_day_to_its_last_both_included() -> None:
    one = card(CardKind.NOTICE, "Nghỉ lễ", "Quầy nghỉ.")
    days = replace_days(one, date(2026, 11, 23), date(2026, 11, 24))
    on = [cards.valid_on((days,), date(2026, 11, day)) for day in (22, 23, 24, 25)]
    assert on == [(), (days,), (days,), ()]
    endless = days.model_copy(update={"last_day": None})
    assert cards.valid_on((endless,), date(2030, 1, 1)) == (endless,)


def replace_days(one: Card, first: date, last: date) -> Card:
    return one.model_copy(update={"first_day": first, "last_day": last})


def test_the_day_is_that_of_vietnam() -> None:
    """23:59 in Hanoi is 16:59 UTC: the day changes seven hours before that of UTC."""
    tomorrow = replace_days(CARDS[0], date(2026, 11, 24), date(2026, 11, 24))
    to_midnight_s = (timedelta(hours=24) - timedelta(hours=9, minutes=45, seconds=12)).total_seconds()
    shown = idle(cards=(tomorrow,))
    assert tomorrow.vi.heading not in words(seen(shown, ROOMY, after_s=to_midnight_s - 1))
    assert tomorrow.vi.heading in words(seen(shown, ROOMY, after_s=to_midnight_s))


def test_without_cards_of_the_office_the_counter_has_its_own() -> None:
    own = WORDS["vi"].cards
    said = " ".join(words(seen(idle(), ROOMY, after_s=after_s)) for after_s in MINUTE)
    assert all(one.heading in said for one in (own.fraud, own.fire, own.paying))
    past = (replace_days(CARDS[0], date(2026, 1, 1), date(2026, 1, 2)),)
    assert seen(idle(cards=past)) == seen(idle())


def test_a_card_that_nobody_translated_stands_there_in_vietnamese() -> None:
    said = [words(seen(idle(cards=CARDS), ROOMY, "en", after_s=after_s)) for after_s in MINUTE]
    assert any("National Day" in one for one in said)
    assert any("Cảnh giác với mã QR lạ" in one for one in said)
    assert not any("Nghỉ lễ" in one for one in said)


@pytest.mark.parametrize(
    ("kind", "drawing"),
    [
        (CardKind.FRAUD, pictures.SHIELD),
        (CardKind.FIRE, pictures.FLAME),
        (CardKind.PAYING, pictures.PHONE),
        (CardKind.NOTICE, pictures.SHEET),
    ],
)
def test_every_kind_has_a_picture_of_its_own(kind: CardKind, drawing: object) -> None:
    plain = drawings(seen(idle(cards=(card(CardKind.NOTICE, "Tin", "Tin."),))))
    (story,) = cards.stories(look().style("vi"), (card(kind, "Tin", "Tin."),))
    assert story.drawing == drawing
    assert pictures.SHEET in plain


@pytest.mark.parametrize(("size", "language", "is_large"), GLASSES)
def test_the_longest_card_is_told_to_its_last_word(size: Size, language: str, is_large: bool) -> None:
    shown = idle(cards=LONGEST_CARDS)
    for after_s in range(0, 100, 20):
        scene = seen(shown, size, "vi" if language == "vi" else "en", is_large, after_s)
        assert not flaws(scene)
        assert not any(text.text.endswith(ELLIPSIS) for text in scene.texts())
    told = " ".join(words(seen(shown, size, is_large=is_large, after_s=after_s)) for after_s in range(0, 100, 20))
    assert LONGEST_SENTENCE in told


def test_eight_cards_of_every_length_have_their_place() -> None:
    told = tuple(
        Card(
            card=f"card-{number}",
            kind=CardKind.NOTICE,
            vi=CardText(heading="Tin " * (number + 1), body=("Một hai ba bốn " * number + "năm.",) * (1 + number % 3)),
            first_day=date(2026, 1, 1),
        )
        for number in range(8)
    )
    for size in SIZES:
        for after_s in range(0, 500, 20):
            assert not flaws(seen(idle(cards=told), size, after_s=after_s))


def test_a_new_deck_of_cards_is_seen_at_once() -> None:
    before, after = Shown(Session(is_linked=True)), idle(cards=LONGEST_CARDS)
    assert seen(before) != seen(after)
    assert seen(replace(before, session=after.session)) == seen(after)
