"""Pure: what a telephone's camera makes of a glass: seen askew, from too far, out of focus, through glare, in the dark.

One seed is one moment before one counter. The same moment can be photographed twice, once with each of two pictures on
the same glass, so that only the pictures differ.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

FRAME = (1280, 720)
"""What scanners of banking apps look at: width and height of a preview frame, in pixels."""
BESIDE = 110
"""How bright the counter is on which the glass stands, of 255."""


@dataclass(frozen=True)
class Moment:
    """One way to hold a telephone, one light, one camera. Lengths in shares of the glass's shorter side.

    `share`: of the frame's height that the glass's shorter side takes. `tilt_x`, `tilt_y`: how much nearer one edge is.
    `grid`: how dark the gaps between the panel's pixels are. `contrast` and `level` of 255.
    """

    degrees: float
    tilt_x: float
    tilt_y: float
    share: float
    off_x: float
    off_y: float
    blur_px: float
    glare: float
    glare_x: float
    glare_y: float
    glare_size: float
    grid: float
    contrast: float
    level: float
    noise: float
    seed: int


def moment(seed: int) -> Moment:
    """The moment of a seed. Every kind of trouble is there in two of three moments, each as bad as it likes."""
    random = np.random.default_rng(seed)

    def sometimes(low: float, high: float, otherwise: float) -> float:
        value, is_there = random.uniform(low, high), random.random() < 2 / 3
        return float(value) if is_there else otherwise

    contrast = sometimes(0.15, 0.8, 0.9)
    return Moment(
        degrees=sometimes(-20, 20, 0),
        tilt_x=sometimes(-0.35, 0.35, 0),
        tilt_y=sometimes(-0.35, 0.35, 0),
        share=float(random.uniform(0.22, 0.95)),
        off_x=float(random.uniform(-0.05, 0.05)),
        off_y=float(random.uniform(-0.05, 0.05)),
        blur_px=sometimes(0.5, 2.6, 0.4),
        glare=sometimes(60, 260, 0),
        glare_x=float(random.uniform(-0.6, 0.6)),
        glare_y=float(random.uniform(-0.6, 0.6)),
        glare_size=float(random.uniform(0.05, 0.3)),
        grid=sometimes(0.1, 0.6, 0),
        contrast=contrast,
        level=float(random.uniform(0, 1 - contrast)),
        noise=sometimes(2, 16, 1),
        seed=seed,
    )


def photograph(glass: Grey, aim: tuple[float, float], at: Moment) -> Grey:
    """The frame that a camera aimed at a pixel of the glass takes at a moment. Beside the glass it is grey."""
    shorter = min(glass.shape)
    right, down = _directions(at)
    x, y = aim[0] + right * shorter, aim[1] + down * shorter
    seen = _blurred(_sampled(glass, x, y, at) * _gaps(glass, x, y, at), at.blur_px)
    lamp = at.glare * np.exp(-((right - at.glare_x) ** 2 + (down - at.glare_y) ** 2) / (2 * at.glare_size**2))
    grain = np.random.default_rng(at.seed).standard_normal(seen.shape, dtype=np.float32)
    return np.clip(seen * at.contrast + 255 * at.level + lamp + at.noise * grain, 0, 255).astype(np.uint8)


def _directions(at: Moment) -> tuple[Floats, Floats]:
    """For every pixel of the frame, how far right and down of the aim it looks, in shorter sides of the glass."""
    width, height = FRAME
    u, v = np.meshgrid(
        (np.arange(width, dtype=np.float32) - width / 2) / height - np.float32(at.off_x),
        (np.arange(height, dtype=np.float32) - height / 2) / height - np.float32(at.off_y),
    )
    scale = np.float32(1 / at.share) / (1 + np.float32(at.tilt_x) * u + np.float32(at.tilt_y) * v)
    cosine, sine = np.float32(math.cos(math.radians(at.degrees))), np.float32(math.sin(math.radians(at.degrees)))
    right, down = (u * cosine + v * sine) * scale, (v * cosine - u * sine) * scale
    return right.astype(np.float32), down.astype(np.float32)


def _sampled(glass: Grey, x: Floats, y: Floats, at: Moment) -> Floats:
    """The glass where the camera looks. What is finer than a pixel of the camera is gone."""
    panel_px = min(glass.shape) / (at.share * FRAME[1])
    smooth = _blurred(glass.astype(np.float32), max(0.3, 0.4 * panel_px))
    seen = cv2.remap(smooth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(BESIDE,))
    return np.asarray(seen, dtype=np.float32)


def _gaps(glass: Grey, x: Floats, y: Floats, at: Moment) -> Floats:
    """The dark gaps between the panel's pixels beat against the camera's own: moiré."""
    height, width = glass.shape
    turn = np.float32(2 * math.pi)
    dark = np.float32(at.grid / 4) * (2 - np.cos(turn * x) - np.cos(turn * y))
    return np.where((x >= 0) & (x < width) & (y >= 0) & (y < height), 1 - dark, np.float32(1))


def _blurred(picture: Floats, sigma_px: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), dtype=np.float32)
