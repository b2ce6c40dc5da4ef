"""Every state of the glass as a picture. QUAYTHU_REDRAW=1 redraws the golden ones: look at each before you commit it.

`make generate` writes the contact sheets of docs/screens.md from the same list of states.
"""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image

from appliance.counter.shown import screen_of
from appliance.counter.state import Paying
from drivers.scene import Picture, Size
from mqtt_schema.messages import ScreenName
from tests.support import gallery
from tests.support.glasses import GLASSES, PAYMENTS, SEVEN_INCHES, SIZES, contrasts, flaws, seen, words
from tests.support.states import BILINGUAL, STATES

GOLDEN = Path(__file__).parents[2] / "golden" / "screens"
LYING, STANDING = Size(1024, 600), Size(480, 800)
TOLERANCE = 24
"""Of 255: another build of FreeType may shade an edge a little differently."""

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.int16]]

every_state = pytest.mark.parametrize("state", STATES)
golden_sizes = pytest.mark.parametrize("size", [LYING, STANDING], ids=lambda size: f"{size.width}x{size.height}")


def pixels(image: Image.Image) -> Pixels:
    """Height × width × RGB."""
    return np.asarray(image.convert("RGB"), np.int16)


def golden_of(state: str, size: Size) -> Path:
    return GOLDEN / f"{state}-{size.width}x{size.height}.png"


# As pictures


@every_state
@golden_sizes
def test_the_screen_looks_as_it_did_when_somebody_looked_at_it(state: str, size: Size) -> None:
    drawn, golden = gallery.drawn(state, size), golden_of(state, size)
    if os.environ.get("QUAYTHU_REDRAW"):
        reduced = drawn.quantize(255, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        reduced.save(golden, optimize=True)
    difference = np.abs(pixels(drawn) - pixels(Image.open(golden)))
    assert difference.max() <= TOLERANCE, "look at the picture; if it is better now, redraw the golden one"


def test_there_is_no_golden_picture_of_a_state_that_is_no_more() -> None:
    known = {golden_of(state, size).name for state in STATES for size in (LYING, STANDING)}
    assert {path.name for path in GOLDEN.iterdir()} == known


@pytest.mark.parametrize("state", [name for name in PAYMENTS if next(seen(PAYMENTS[name]).codes(), None)])
@golden_sizes
def test_two_decoders_read_the_code_off_the_golden_picture(state: str, size: Size) -> None:
    glass = PAYMENTS[state].session.glass
    assert isinstance(glass, Paying)
    image = np.ascontiguousarray(pixels(Image.open(golden_of(state, size)))[:, :, ::-1].astype(np.uint8))
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [glass.request.payload]
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == glass.request.payload


# Every state × language × size of type × size of glass


@every_state
def test_nothing_leaves_any_glass_nothing_overlaps_and_everything_stands_out(state: str) -> None:
    for glass in GLASSES:
        scene = seen(STATES[state], *glass)
        assert not flaws(scene), glass
        assert min(contrasts(scene)) >= 7, glass


@every_state
def test_nothing_is_said_by_colour_alone(state: str) -> None:
    scene = seen(STATES[state])
    assert words(scene)
    if state not in {"asleep", "idle-longest-card"}:
        assert any(isinstance(element, Picture) for element in scene.elements) or list(scene.codes())


@every_state
def test_what_was_chosen_changes_every_screen_that_speaks_one_language(state: str) -> None:
    plain, english, larger = (seen(STATES[state], LYING, *way) for way in (("vi", False), ("en", False), ("vi", True)))
    if state in BILINGUAL:
        assert plain == english == larger
    else:
        assert plain != english
        assert plain != larger or state.startswith(("pin", "locked", "technician"))


@every_state
def test_two_moments_of_one_second_look_alike(state: str) -> None:
    assert seen(STATES[state]) == seen(STATES[state], after_s=0.9)


def test_every_screen_has_a_state_here() -> None:
    assert {screen_of(shown) for shown in STATES.values()} == set(ScreenName)


# The page


def test_the_page_of_all_screens_is_that_of_the_code() -> None:
    assert gallery.PAGE.read_text("utf-8") == gallery.page(), "run `make generate`"


def test_every_state_is_explained() -> None:
    assert list(gallery.MEANINGS) == list(STATES)


def test_every_contact_sheet_is_there_and_no_other() -> None:
    names = {gallery.file_name(size, *way) for size in SIZES for way in gallery.choices(size)}
    assert {path.name for path in gallery.PICTURES.iterdir()} == names
    assert sum(path.stat().st_size for path in gallery.PICTURES.iterdir()) < 3_000_000


def test_larger_text_is_on_the_sheets_of_small_glasses() -> None:
    assert [size for size in SIZES if len(list(gallery.choices(size))) == 4] == SEVEN_INCHES


def test_a_contact_sheet_shows_what_the_program_draws() -> None:
    kept = Image.open(gallery.PICTURES / gallery.file_name(STANDING, "vi", False))
    drawn = gallery.sheet(STANDING, "vi", is_large=False)
    assert kept.size == drawn.size
    assert np.abs(pixels(kept) - pixels(drawn)).mean() < 1, "run `make generate`"
