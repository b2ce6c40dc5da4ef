import math
from itertools import pairwise

import pytest

from appliance.counter import look as looks
from appliance.counter.look import (
    ACCENT,
    AMBER,
    GREEN,
    INK,
    PAPER,
    RED,
    SHADE,
    SHIFT_PX,
    STEP,
    WHITE,
    Look,
    Style,
    shift_at,
)
from drivers import typeface
from drivers.scene import Colour, Rect, Size
from drivers.typeface import Face
from tests.support.glasses import SEVEN_INCHES, SIZES, WORDS, look, luminance

every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")


def plain(size: Size) -> Style:
    return look(size).style("vi")


def capital_mm(size_px: int, style: Style) -> float:
    return min(typeface.capital_height(face, size_px) for face in Face) / style.px_per_mm


@pytest.mark.parametrize(
    ("size", "inches", "distance_mm"),
    [
        (Size(800, 480), 7.0, 400),
        (Size(480, 800), 7.0, 400),
        (Size(1024, 600), 7.0, 400),
        (Size(800, 600), 7.0, 400),
        (Size(1280, 800), 10.1, 500),
        (Size(720, 1280), 10.1, 500),
        (Size(1366, 768), 10.1, 500),
        (Size(1920, 1080), 15.6, 600),
        (Size(1080, 1920), 15.6, 600),
        (Size(3840, 2160), 15.6, 600),
    ],
)
def test_a_panel_that_nobody_measured_is_taken_for_the_usual_one(size: Size, inches: float, distance_mm: int) -> None:
    made = look(size)
    assert (made.diagonal_inch, made.viewing_mm) == (inches, distance_mm)


def test_what_was_measured_counts() -> None:
    made = Look.of(Size(1920, 1080), "3", WORDS, diagonal_inch=21.5, viewing_mm=700)
    assert (made.diagonal_inch, made.viewing_mm) == (21.5, 700)
    assert made.style("vi").px_per_mm == pytest.approx(math.hypot(1920, 1080) / (21.5 * 25.4))


def test_the_same_person_finds_the_same_style() -> None:
    made = look()
    assert made.style("vi") is made.style("vi")
    assert len({made.style(language, is_large) for language in WORDS for is_large in (False, True)}) == 4
    assert made.style("en").texts is WORDS["en"]


@every_size
def test_what_must_be_read_is_seven_tenths_of_a_degree_high(size: Size) -> None:
    style = plain(size)
    seen = 2 * math.degrees(math.atan(capital_mm(style.must, style) / 2 / style.look.viewing_mm))
    assert seen >= 0.7 - 0.01


@every_size
def test_the_rest_is_three_millimetres_high_and_small_type_two_on_seven_inches_only(size: Size) -> None:
    style = plain(size)
    assert capital_mm(style.rest, style) >= 3 - 0.05
    assert capital_mm(style.small, style) >= (2 if size in SEVEN_INCHES else 3) - 0.05


@every_size
@pytest.mark.parametrize("is_large", [False, True])
def test_one_can_tell_the_sizes_apart(size: Size, is_large: bool) -> None:
    style = look(size).style("vi", is_large)
    sizes = [style.amounts[0], style.must, style.rest]
    assert all(larger >= smaller * STEP for larger, smaller in pairwise(sizes))
    assert style.small in {style.rest, min(style.small, int(style.rest / STEP))}
    assert style.amounts[-1] == style.headings[-1] == style.must


@every_size
def test_larger_text_is_larger_by_a_third_and_targets_stay_as_they_were(size: Size) -> None:
    style, larger = plain(size), look(size).style("vi", True)
    for before, after in ((style.must, larger.must), (style.rest, larger.rest)):
        assert after == pytest.approx(before * 1.3, rel=0.04)
    assert (larger.target, larger.between) == (style.target, style.between)


@every_size
def test_targets_are_fifteen_millimetres_wide_and_two_apart(size: Size) -> None:
    style = plain(size)
    assert style.target / style.px_per_mm >= 15
    assert style.between / style.px_per_mm >= 2


@every_size
def test_words_and_panels_keep_out_of_each_others_way_and_on_the_glass(size: Size) -> None:
    style = plain(size)
    shifted = Rect(0, 0, size.width - SHIFT_PX, size.height - SHIFT_PX)
    assert style.whole == shifted
    assert style.whole.encloses(style.glass)
    assert style.glass.encloses(style.column)
    assert not style.column.contains(*style.panel.centre)
    if size.is_portrait:
        assert style.panel.bottom < style.column.y
    else:
        assert style.panel.right < style.column.x


def test_the_picture_moves_by_one_pixel_a_minute_and_reaches_every_place() -> None:
    places = [shift_at(60 * minute) for minute in range(100)]
    assert set(places) == {(x, y) for x in range(SHIFT_PX + 1) for y in range(SHIFT_PX + 1)}
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) <= 2 for a, b in pairwise(places))
    assert shift_at(119) == shift_at(60) != shift_at(120)


@pytest.mark.parametrize("ground", [PAPER, SHADE, WHITE])
def test_ink_reads_on_every_ground(ground: Colour) -> None:
    assert contrast(INK, ground) >= 7


@pytest.mark.parametrize("colour", [ACCENT, GREEN, AMBER, RED, INK])
def test_every_colour_reads_on_paper_and_white_reads_on_it(colour: Colour) -> None:
    assert contrast(colour, PAPER) >= 7
    assert contrast(WHITE, colour) >= 7


def contrast(one: Colour, other: Colour) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_larger_a_glass_the_further_away_people_stand() -> None:
    distances = [look(size).viewing_mm for size in (Size(800, 480), Size(1280, 800), Size(1920, 1080))]
    assert distances == sorted(distances)
    assert looks.SHIFT_EVERY_S == 60
