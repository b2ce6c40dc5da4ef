"""What every display must do, on the real one (off-screen) and on the virtual one alike."""

import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pygame
import pytest
import zxingcpp

from drivers import qr
from drivers.display import Display, PygameDisplay, Rotation, Touch
from drivers.errors import DisplayError, DriverError
from drivers.scene import Anchor, Arc, Code, Fill, Picture, Polyline, Rect, Scene, Size, Text
from drivers.typeface import Face
from drivers.virtual.display import VirtualDisplay

SIZE = Size(400, 300)
PAPER = (247, 245, 240)
INK = (16, 36, 62)
PAYLOAD = "00020101021238540010A00000072701240006970436011000110023450208QRIBFTTA6304ABCD"

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@pytest.fixture(params=["pygame", "virtual"])
def display(request: pytest.FixtureRequest) -> Iterator[Display]:
    made: Display = PygameDisplay("offscreen", SIZE) if request.param == "pygame" else VirtualDisplay(SIZE)
    yield made
    made.close()


@pytest.fixture
def glass() -> Iterator[PygameDisplay]:
    made = PygameDisplay("offscreen", SIZE)
    made.touches()
    yield made
    made.close()


def pixels(display: Display) -> Pixels:
    """Height × width × RGB."""
    decoded = cv2.imdecode(np.frombuffer(display.png(), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded[:, :, ::-1], np.uint8)


def scene(*elements: Fill | Text | Code | Picture) -> Scene:
    return Scene(SIZE, PAPER, elements)


def test_a_display_has_the_size_it_was_given(display: Display) -> None:
    assert display.size == SIZE
    assert pixels(display).shape == (300, 400, 3)


def test_the_background_covers_what_was_there(display: Display) -> None:
    display.show(scene(Fill(Rect(0, 0, 400, 300), INK)))
    assert (pixels(display) == INK).all()
    display.show(scene())
    assert (pixels(display) == PAPER).all()


def test_a_fill_ends_at_its_edges(display: Display) -> None:
    display.show(scene(Fill(Rect(10, 20, 30, 40), INK)))
    inked = (pixels(display) == INK).all(axis=2)
    assert inked[20:60, 10:40].all()
    assert inked.sum() == 30 * 40


def test_round_corners_are_smooth_and_equal(display: Display) -> None:
    display.show(scene(Fill(Rect(10, 10, 100, 60), INK, radius=20)))
    box = pixels(display)[10:70, 10:110]
    assert tuple(box[0, 0]) == PAPER
    assert tuple(box[30, 0]) == tuple(box[0, 50]) == INK
    assert len(np.unique(box[:, :, 0])) > 2, "no shades between ink and paper: the corner is jagged"
    assert (box == box[::-1]).all()
    assert (box == box[:, ::-1]).all()


def test_text_stays_within_the_box_that_the_scene_promises(display: Display) -> None:
    for anchor in Anchor:
        text = Text("Mở ứng dụng Ằg", 200, 150, Face.EXTRABOLD, 24, INK, anchor)
        display.show(scene(text))
        inked = np.argwhere((pixels(display) != PAPER).any(axis=2))
        (top, left), (bottom, right) = inked.min(axis=0), inked.max(axis=0)
        assert inked.size
        assert text.box.y <= top
        assert bottom < text.box.bottom
        assert text.box.x - 1 <= left
        assert right <= text.box.right


def test_a_high_mark_does_not_push_its_line_down(display: Display) -> None:
    for words in ("HO", "HỔ"):
        display.show(scene(Text(words, 50, 150, Face.REGULAR, 40, INK)))
        foot = (pixels(display)[:, 50:75] == INK).all(axis=2).any(axis=1).nonzero()[0].max()
        assert foot == 149, words


def test_decomposed_vietnamese_looks_like_composed(display: Display) -> None:
    display.show(scene(Text("Phường Hoàn Kiếm", 10, 100, Face.REGULAR, 30, INK)))
    composed = pixels(display)
    decomposed = unicodedata.normalize("NFD", "Phường Hoàn Kiếm")
    display.show(scene(Text(decomposed, 10, 100, Face.REGULAR, 30, INK)))
    assert (pixels(display) == composed).all()


def test_a_code_is_pixel_exact_and_two_decoders_read_it(display: Display) -> None:
    matrix = qr.modules(PAYLOAD)
    code = Code(matrix, 20, 10, 6)
    display.show(scene(code))
    seen = pixels(display)
    quiet = np.pad(np.array([list(row) for row in matrix.rows], np.uint8), 4)
    expected = (1 - np.kron(quiet, np.ones((6, 6), np.uint8))) * 255
    box = code.box
    assert (seen[box.y : box.bottom, box.x : box.right] == expected[:, :, None]).all()
    assert [found.text for found in zxingcpp.read_barcodes(seen)] == [PAYLOAD]
    assert cv2.QRCodeDetector().detectAndDecode(seen)[0] == PAYLOAD


def test_a_code_on_white_looks_like_one_that_brings_its_own(display: Display) -> None:
    code = Code(qr.modules(PAYLOAD), 20, 10, 6)
    display.show(scene(code))
    own = display.digest()
    display.show(scene(Fill(code.box, (255, 255, 255)), replace(code, is_on_white=True)))
    assert display.digest() == own


def test_a_picture_is_drawn_with_smooth_strokes_of_one_weight(display: Display) -> None:
    drawing = (Polyline(((2, 12), (22, 12))), Arc((12, 12), 10))
    display.show(scene(Picture(drawing, 0, 0, 240, 10, INK)))
    seen = pixels(display)
    assert tuple(seen[120, 120]) == INK
    assert (seen[:, 120] == INK).all(axis=1).sum() == pytest.approx(30, abs=4), "three strokes of ten pixels"
    assert tuple(seen[60, 120]) == PAPER


def test_a_scene_for_another_size_is_refused_in_words(display: Display) -> None:
    with pytest.raises(DisplayError, match="Compose for the display's size"):
        display.show(Scene(Size(10, 10), PAPER))


def test_nothing_is_touched_until_somebody_touches(display: Display) -> None:
    assert display.touches() == []
    assert not display.wants_close


def test_closing_twice_changes_nothing_and_nothing_can_be_shown_after(display: Display) -> None:
    display.close()
    display.close()
    with pytest.raises(DisplayError):
        display.show(scene())
    with pytest.raises(DisplayError):
        display.touches()


def test_both_displays_paint_the_same_pixels() -> None:
    everything = scene(
        Fill(Rect(5, 5, 300, 200), (255, 255, 255), 16),
        Text("499.999.999 đ", 20, 120, Face.EXTRABOLD, 40, INK),
        Code(qr.modules("HELLO"), 200, 100, 4),
        Picture((Polyline(((4, 13), (10, 19), (20, 6))),), 300, 200, 96, 6, (10, 92, 65)),
    )
    virtual = VirtualDisplay(SIZE)
    virtual.show(everything)
    real = PygameDisplay("offscreen", SIZE)
    real.show(everything)
    same = (pixels(real) == pixels(virtual)).all()
    real.close()
    assert same


def test_a_mouse_touches_with_its_first_button_only(glass: PygameDisplay) -> None:
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(30, 40), button=1, touch=False))
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(31, 41), button=3, touch=False))
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=(30, 40), button=1, touch=False))
    assert glass.touches() == [Touch(30, 40), Touch(30, 40, is_down=False)]
    assert glass.touches() == []


def test_a_finger_counts_once_although_sdl_repeats_it_as_a_mouse(glass: PygameDisplay) -> None:
    pygame.event.post(pygame.event.Event(pygame.FINGERDOWN, x=0.5, y=0.25, touch_id=1, finger_id=1, dx=0, dy=0))
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(200, 75), button=1, touch=True))
    pygame.event.post(pygame.event.Event(pygame.FINGERUP, x=0.5, y=0.25, touch_id=1, finger_id=1, dx=0, dy=0))
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=(200, 75), button=1, touch=True))
    assert glass.touches() == [Touch(200, 75), Touch(200, 75, is_down=False)]


def test_a_finger_on_the_last_edge_is_still_on_the_glass(glass: PygameDisplay) -> None:
    pygame.event.post(pygame.event.Event(pygame.FINGERDOWN, x=1.0, y=1.0, touch_id=1, finger_id=1, dx=0, dy=0))
    assert glass.touches() == [Touch(399, 299)]


@pytest.mark.parametrize(
    ("rotation", "corner"), [(90, (299, 0)), (180, (399, 299)), (270, (0, 399))], ids=["90", "180", "270"]
)
def test_a_turned_picture_is_painted_turned_and_touched_upright(rotation: Rotation, corner: tuple[int, int]) -> None:
    upright = Size(400, 300)
    display = PygameDisplay("offscreen", upright, rotation)
    try:
        display.show(Scene(upright, PAPER, (Fill(Rect(0, 0, 8, 8), INK),)))
        panel = pygame.display.get_surface()
        assert panel is not None
        assert panel.get_size() == ((300, 400) if rotation in {90, 270} else (400, 300))
        assert panel.get_at(corner)[:3] == INK
        across, down = ((edge + 0.5) / side for edge, side in zip(corner, panel.get_size(), strict=True))
        finger: dict[str, Any] = {"touch_id": 1, "finger_id": 1, "dx": 0, "dy": 0}
        pygame.event.post(pygame.event.Event(pygame.FINGERDOWN, x=across, y=down, **finger))
        assert display.touches() == [Touch(0, 0)]
    finally:
        display.close()


def test_equal_pixels_have_equal_digests_and_others_have_not(display: Display) -> None:
    display.show(scene())
    empty = display.digest()
    display.show(scene(Fill(Rect(0, 0, 1, 1), INK)))
    assert display.digest() != empty
    display.show(scene())
    assert display.digest() == empty


PANEL, RULE = Fill(Rect(0, 0, 100, 300), (255, 255, 255)), Fill(Rect(120, 40, 200, 10), INK, 5)
NAME = Text("Kho bạc", 120, 90, Face.REGULAR, 24, INK)


def test_what_was_painted_ahead_changes_no_pixel_of_the_scene_that_follows(glass: PygameDisplay) -> None:
    for following in (scene(PANEL, RULE, NAME), scene(RULE, PANEL, NAME), scene(NAME), Scene(SIZE, INK, (PANEL, RULE))):
        glass.show(following)
        plain = glass.digest()
        glass.show(scene(NAME))
        glass.prepare(scene(PANEL, RULE))
        glass.show(following)
        assert glass.digest() == plain


def test_nobody_sees_what_is_painted_ahead(glass: PygameDisplay) -> None:
    glass.show(scene(NAME))
    stands = glass.digest()
    for look in (glass.digest, glass.png):
        glass.prepare(scene(PANEL, RULE))
        look()
        assert glass.digest() == stands
    glass.prepare(scene(PANEL, RULE))
    pygame.event.post(pygame.event.Event(pygame.VIDEOEXPOSE))
    assert glass.touches() == []
    window = pygame.display.get_surface()
    assert window is not None
    assert window.get_at((150, 150))[:3] == PAPER


def test_no_key_does_anything(glass: PygameDisplay) -> None:
    for key, mod in ((pygame.K_F4, pygame.KMOD_ALT), (pygame.K_ESCAPE, 0), (pygame.K_c, pygame.KMOD_CTRL)):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod, unicode=""))
    assert glass.touches() == []
    assert not glass.wants_close


def test_the_windows_cross_asks_to_close(glass: PygameDisplay) -> None:
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert glass.touches() == []
    assert glass.wants_close


def test_an_uncovered_window_is_painted_again_without_a_touch(glass: PygameDisplay) -> None:
    pygame.event.post(pygame.event.Event(pygame.VIDEOEXPOSE))
    assert glass.touches() == []


def test_a_display_that_cannot_be_opened_says_what_to_do() -> None:
    opening = "from drivers.display import PygameDisplay\nPygameDisplay('window')"
    environment = {**os.environ, "SDL_VIDEODRIVER": "no-such-driver", "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", opening], env=environment, capture_output=True, text=True, check=False
    )
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("drivers.errors.DisplayError: display (window):")
    assert "DISPLAY" in last


def test_kmsdrm_without_a_screen_says_what_to_look_at() -> None:
    opening = "from drivers.display import PygameDisplay\nPygameDisplay('kmsdrm')"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", opening], env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode == 0:
        pytest.skip("this machine has a screen without a desktop")
    assert "/dev/dri" in ended.stderr.strip().splitlines()[-1]


def test_a_window_opens_with_the_size_it_was_given() -> None:
    opening = (
        "from drivers.display import PygameDisplay\nfrom drivers.scene import Size\n"
        "d = PygameDisplay('window', Size(320, 240)); print(d.size); d.close()"
    )
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy", "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", opening], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "Size(width=320, height=240)"


def test_importing_the_driver_does_not_import_pygame() -> None:
    asking = "import drivers.display, drivers.virtual.display, sys; print('pygame' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    asked = subprocess.run([sys.executable, "-c", asking], env=environment, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"


def test_a_display_error_is_ours_and_the_systems() -> None:
    assert issubclass(DisplayError, DriverError)
    assert issubclass(DisplayError, OSError)
