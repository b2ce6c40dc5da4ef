"""Pure: what an idle glass tells people: a warning that always stands, and cards in turn. It knows no payment."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from appliance.counter import pictures
from appliance.counter.blocks import Block, Type, beside, centred, on_panel, paragraph, picture, row, stack
from appliance.counter.look import INK, SHADE, WHITE, Style
from appliance.counter.screens.sign import must_sizes
from appliance.counter.texts import Said
from drivers.scene import Drawing, Fill, Rect, Size
from drivers.typeface import Face
from mqtt_schema.messages import Card, CardKind

_DRAWINGS: dict[CardKind, Drawing] = {
    CardKind.FRAUD: pictures.SHIELD,
    CardKind.FIRE: pictures.FLAME,
    CardKind.PAYING: pictures.PHONE,
    CardKind.NOTICE: pictures.SHEET,
}


PICTURE_LYING, PICTURE_STANDING = 44, 30
"""How large the picture of a card is that stands alone, in hundredths of the room's shorter side."""


@dataclass(frozen=True)
class Story:
    """A card's picture and its words in the language of the glass."""

    drawing: Drawing
    said: Said


def valid_on(cards: tuple[Card, ...], day: date) -> tuple[Card, ...]:
    """Those that the office wants shown on a day of Vietnam."""
    return tuple(card for card in cards if card.first_day <= day and (card.last_day is None or day <= card.last_day))


def stories(style: Style, cards: tuple[Card, ...]) -> tuple[Story, ...]:
    """The office's cards, in Vietnamese where nobody translated them; the counter's own when there are none."""
    if not cards:
        own = style.texts.cards
        return (
            Story(pictures.SHIELD, own.fraud),
            Story(pictures.FLAME, own.fire),
            Story(pictures.PHONE, own.paying),
        )
    return tuple(Story(_DRAWINGS[card.kind], _said(card, style)) for card in cards)


def _said(card: Card, style: Style) -> Said:
    text = card.en if style.language == "en" and card.en is not None else card.vi
    return Said(text.heading, text.body)


@lru_cache(maxsize=32)
def warning(style: Style, width: int) -> Block:
    """What is true every day, on ink."""
    inner, side = style.unit, round(style.rest * 2)
    type_ = Type(Face.SEMIBOLD, (style.rest,), WHITE, 4)
    free = width - side - 3 * inner
    words = stack([paragraph(said, type_, free) for said in style.texts.idle.warning])
    return on_panel(beside(picture(pictures.SHIELD, side, WHITE), words, inner), INK, style.radius, (inner, inner))


def panels(style: Style, stories: tuple[Story, ...], size: Size) -> tuple[Block, ...]:
    """Every card on panels of one size, in the largest type that all have room in; none at all if there is none."""
    told = _told(style, stories, style.must, size) or _told(style, stories, style.rest, size)
    return tuple(_on_panel(one, style, size) for one in told)


def _told(style: Style, stories: tuple[Story, ...], size_px: int, size: Size) -> list[Block]:
    """Every card in one type, a sentence at a time where it has to be; nothing if one has no room even so."""
    told: list[Block] = []
    for story in stories:
        whole = _card(style, story, story.said.body, size_px, size.width)
        split = [_card(style, story, (sentence,), size_px, size.width) for sentence in story.said.body]
        told += [whole] if whole.height <= size.height else split
    return told if all(one.height <= size.height for one in told) else []


def _card(style: Style, story: Story, body: tuple[str, ...], size_px: int, width: int) -> Block:
    """Its picture beside its heading, its sentences below; with the margins of the panel on which it will stand."""
    inner, side = 2 * style.unit, round(size_px * 2.4)
    free = width - 2 * inner
    bold, plain = Type(Face.SEMIBOLD, (size_px,), INK, 4), Type(Face.REGULAR, (size_px,), INK, 12)
    heading = beside(picture(story.drawing, side, INK), paragraph(story.said.heading, bold, free - side - inner), inner)
    told = stack((heading, *(paragraph(sentence, plain, free) for sentence in body)), style.unit)
    return centred(told, width, told.height + 2 * style.unit)


def _on_panel(told: Block, style: Style, size: Size) -> Block:
    """What a card says in the middle of a panel of one size, whichever card it is: nothing jumps from card to card."""
    panel = Fill(Rect(0, 0, size.width, size.height), SHADE, style.radius)
    return Block((panel, centred(told, size.width, size.height).at(0, 0)), size.width, size.height)


def alone(style: Style, story: Story, size: Size) -> tuple[Block, ...]:
    """A card that has the glass to itself: a large picture, and words as large as they can be."""
    inner = 2 * style.unit
    side = min(size.width, size.height) * (PICTURE_STANDING if style.is_portrait else PICTURE_LYING) // 100
    free = Size(size.width - side - 3 * inner, size.height - 2 * inner)
    if style.is_portrait:
        free = Size(size.width - 2 * inner, size.height - side - 3 * inner)
    told = _largest(story, style, free)
    sign = centred(picture(story.drawing, side, INK), free.width if style.is_portrait else side)
    put = stack if style.is_portrait else row
    return tuple(_on_panel(put((sign, one), inner), style, size) for one in told)


def _largest(story: Story, style: Style, size: Size) -> list[Block]:
    """All sentences together, or one by one, in the largest type that has room."""
    together, one_by_one = (story.said.body,), tuple((sentence,) for sentence in story.said.body)
    ways = [(size_px, way) for size_px in (*must_sizes(style), style.rest) for way in (together, one_by_one)]
    told: list[Block] = []
    for size_px, way in ways:
        told = [_telling(story.said.heading, body, style, size_px, size.width) for body in way]
        if all(one.height <= size.height for one in told):
            break
    return told


def _telling(heading: str, body: tuple[str, ...], style: Style, size_px: int, width: int) -> Block:
    bold, plain = Type(Face.SEMIBOLD, (size_px,), INK, 4), Type(Face.REGULAR, (size_px,), INK, 12)
    return stack((paragraph(heading, bold, width), *(paragraph(line, plain, width) for line in body)), style.unit)
