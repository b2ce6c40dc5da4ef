"""What can be touched on every screen."""

import pytest

from appliance.counter.blocks import Block, flatten
from appliance.counter.screens import foot
from appliance.counter.shown import Shown
from appliance.counter.state import Help, Session
from drivers.scene import Picture, Rect, Size, Text
from mqtt_schema.messages import HelpKind, Language
from tests.support.glasses import GLASSES, NOW, SIZES, WORDS, look, overlaps

FREE = Shown(Session(is_linked=True))
every_glass = pytest.mark.parametrize(
    ("size", "language", "is_large"),
    GLASSES,
    ids=[f"{size.width}x{size.height}-{language}-{'large' if large else 'plain'}" for size, language, large in GLASSES],
)


def called(kind: HelpKind) -> Shown:
    return Shown(Session(is_linked=True, help=Help(kind, NOW)))


def names(block: Block) -> list[str]:
    return [target.name for target in flatten(block).targets]


def said(block: Block) -> str:
    return " ".join(element.text for element in flatten(block).elements if isinstance(element, Text))


@every_glass
@pytest.mark.parametrize("with_time", [False, True])
def test_three_or_four_touches_fill_the_column_and_each_has_a_picture_and_words(
    size: Size, language: Language, is_large: bool, with_time: bool
) -> None:
    style = look(size).style(language, is_large)
    painting = flatten(foot.foot(style, FREE, style.column.width, with_time=with_time))
    assert {"language", "menu"} <= {target.name for target in painting.targets}
    for target in painting.targets:
        inside = [e for e in painting.elements if isinstance(e, Text | Picture) and overlaps(target.rect, e.box)]
        assert any(isinstance(element, Text) for element in inside)
        assert any(isinstance(element, Picture) for element in inside)
        assert all(target.rect.x <= e.box.x and e.box.right <= target.rect.right for e in inside)


def test_the_language_key_speaks_the_other_language() -> None:
    for language, other in (("vi", "English"), ("en", "Tiếng Việt")):
        style = look().style("vi" if language == "vi" else "en")
        assert other in said(foot.foot(style, FREE, style.column.width))


def test_larger_text_says_what_it_will_do() -> None:
    plain, large = look().style("en"), look().style("en", True)
    assert "Larger" in said(foot.foot(plain, FREE, plain.column.width))
    assert "Smaller" in said(foot.foot(large, FREE, large.column.width))


def test_the_longest_words_that_have_room_are_taken() -> None:
    style = look().style("vi")
    assert "Tôi cần giúp" in said(foot.foot(style, FREE, 900))
    narrow = said(foot.foot(style, FREE, 400))
    assert "Cần giúp" in narrow
    assert "Tôi" not in narrow


def test_more_time_takes_the_place_of_the_larger_text_where_four_have_no_room() -> None:
    style = look().style("vi")
    assert names(foot.foot(style, FREE, 900, with_time=True)) == ["language", "larger", "more_time", "menu"]
    assert names(foot.foot(style, FREE, 450, with_time=True)) == ["language", "more_time", "menu"]
    assert names(foot.foot(style, FREE, 450)) == ["language", "larger", "menu"]


def test_without_room_all_share_it_alike() -> None:
    style = look().style("vi")
    widths = {target.rect.width for target in flatten(foot.foot(style, FREE, 340)).targets}
    assert len(widths) == 1


@every_glass
@pytest.mark.parametrize("kind", list(HelpKind))
def test_that_somebody_was_called_is_said_in_full_and_only_the_language_can_be_touched(
    kind: HelpKind, size: Size, language: Language, is_large: bool
) -> None:
    style = look(size).style(language, is_large)
    block = foot.foot(style, called(kind), style.column.width)
    assert names(block) == ["language"]
    menu = WORDS[language].menu
    ways = menu.called_for_time if kind is HelpKind.MORE_TIME else menu.called
    assert any(way in said(block) for way in ways)
    assert block.height == foot.height(style)


@every_glass
def test_without_a_link_nobody_is_said_to_have_been_called(size: Size, language: Language, is_large: bool) -> None:
    style = look(size).style(language, is_large)
    for kind in HelpKind:
        block = foot.foot(style, Shown(Session(help=Help(kind, NOW))), style.column.width)
        assert names(block) == ["language"]
        assert any(way in said(block) for way in WORDS[language].menu.unheard)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")
def test_the_technicians_corner_is_top_right_and_touches_no_other_target(size: Size) -> None:
    style = look(size).style("vi")
    corner = foot.corner(style)
    assert corner.name == "technician"
    assert style.whole.encloses(corner.rect)
    assert corner.rect == Rect(style.whole.right - style.target, 0, style.target, style.target)


def test_a_key_takes_the_largest_words_that_have_room() -> None:
    style = look().style("vi")
    for size, size_px in (((900, 120), style.must), ((300, 100), style.rest)):
        block = foot.key(style, "help", (), "Tôi không có điện thoại", size, sizes=(style.must, style.rest))
        assert {e.size_px for e in flatten(block).elements if isinstance(e, Text)} == {size_px}
        assert foot.has_room(style, "Tôi không có điện thoại", size, size_px)
    assert not foot.has_room(style, "Tôi không có điện thoại", (300, 100), style.must)


def test_a_key_without_room_is_set_all_the_same() -> None:
    style = look().style("vi")
    assert names(foot.key(style, "help", (), "Tôi không có điện thoại", (100, 60))) == ["help"]
