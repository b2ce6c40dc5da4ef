from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.display import Touch
from drivers.errors import DisplayError
from drivers.scene import Scene, Size
from drivers.virtual.display import VirtualDisplay

SIZE = Size(40, 30)
LIGHT = Scene(SIZE, (255, 255, 255))
DARK = Scene(SIZE, (0, 0, 0))


def test_it_keeps_what_it_showed_and_counts() -> None:
    display = VirtualDisplay(SIZE)
    display.show(LIGHT)
    display.show(DARK)
    assert list(display.history) == [LIGHT, DARK]
    assert display.frame == 2


def test_the_lever_is_a_finger() -> None:
    display = VirtualDisplay(SIZE)
    display.touch(3, 4)
    display.hold(5, 6)
    assert display.touches() == [Touch(3, 4), Touch(3, 4, is_down=False), Touch(5, 6)]
    display.lift(5, 6)
    assert display.touches() == [Touch(5, 6, is_down=False)]
    assert display.touches() == []


def test_a_broken_one_shows_nothing_until_it_is_mended() -> None:
    display = VirtualDisplay(SIZE)
    display.break_down()
    with pytest.raises(DisplayError, match="cable"):
        display.show(LIGHT)
    assert display.frame == 0
    display.mend()
    display.show(LIGHT)
    assert display.frame == 1


def test_the_window_can_be_closed() -> None:
    display = VirtualDisplay(SIZE)
    display.close_window()
    assert display.wants_close


def test_another_thread_can_wait_for_the_next_frame() -> None:
    display = VirtualDisplay(SIZE)
    with ThreadPoolExecutor() as pool:
        seen = pool.submit(display.wait_for_frame, 0, 20.0)
        display.show(LIGHT)
        assert seen.result(timeout=5) == 1


def test_waiting_ends_even_when_nothing_is_shown() -> None:
    assert VirtualDisplay(SIZE).wait_for_frame(0, timeout_s=0.0) == 0


def test_a_frame_that_was_shown_already_needs_no_waiting() -> None:
    display = VirtualDisplay(SIZE)
    display.show(LIGHT)
    assert display.wait_for_frame(0, timeout_s=0.0) == 1


def test_two_can_live_in_one_process() -> None:
    one, other = VirtualDisplay(SIZE), VirtualDisplay(SIZE)
    one.show(LIGHT)
    other.show(DARK)
    assert one.png() != other.png()
