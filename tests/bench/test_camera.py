"""The camera's bad moments are the same for everybody, and bad in the ways that were meant."""

from dataclasses import replace

import numpy as np

from .camera import FRAME, Grey, Moment, moment, photograph

GOOD = Moment(
    degrees=0,
    tilt_x=0,
    tilt_y=0,
    share=1,
    off_x=0,
    off_y=0,
    blur_px=0.3,
    glare=0,
    glare_x=0,
    glare_y=0,
    glare_size=0.1,
    grid=0,
    contrast=1,
    level=0,
    noise=0,
    seed=1,
)
GLASS: Grey = np.full((720, 1280), 200, dtype=np.uint8)
GLASS[:, :640] = 40
AIM = (640, 360)


def test_the_same_seed_is_the_same_moment_and_the_same_photograph() -> None:
    assert moment(5) == moment(5) != moment(6)
    assert (photograph(GLASS, AIM, moment(5)) == photograph(GLASS, AIM, moment(5))).all()


def test_a_good_moment_shows_the_glass_as_it_is() -> None:
    seen = photograph(GLASS, AIM, GOOD)
    assert seen.shape == FRAME[::-1]
    assert abs(seen.astype(int) - GLASS)[:, (np.arange(1280) < 630) | (np.arange(1280) > 650)].max() <= 1


def test_a_turned_camera_sees_a_turned_glass() -> None:
    seen = photograph(GLASS, AIM, replace(GOOD, degrees=90))
    assert (seen[:300, 400:880] != seen[420:, 400:880]).all(), "what stood at the left stands above or below"


def test_beside_the_glass_there_is_the_counter() -> None:
    far = photograph(GLASS, AIM, replace(GOOD, share=0.5))
    assert far[10, 10] == far[-10, -10] == 110


def test_every_trouble_leaves_its_mark() -> None:
    good = photograph(GLASS, AIM, GOOD).astype(int)

    def differs(**trouble: float) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        return np.asarray(photograph(GLASS, AIM, replace(GOOD, **trouble)).astype(int) - good)  # type: ignore[arg-type]

    assert differs(glare=55)[360, 640] > 40
    assert differs(glare=55)[10, 10] == 0
    assert np.ptp(differs(contrast=0.2, level=0.1) + good) < 0.25 * np.ptp(good)
    assert differs(noise=10).std() > 5
    assert differs(grid=0.5, share=0.9)[300:420, 700:1100].std() > 3, "moiré"
    assert abs(differs(blur_px=5)[360, 636]) > 10
    assert abs(differs(tilt_y=0.5, off_x=0.3)[0] - differs(tilt_y=0.5, off_x=0.3)[-1]).max() > 50


def test_no_moment_is_beyond_what_was_promised() -> None:
    for at in map(moment, range(300)):
        assert abs(at.degrees) <= 20
        assert 0 < at.share < 1
        assert 0 <= at.level + at.contrast <= 1
