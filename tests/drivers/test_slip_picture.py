"""A slip's picture: black on white, as wide as its roll."""

import io

import numpy as np
from PIL import Image

from drivers.paper import Paper, Rule
from drivers.profiles import PROFILES
from drivers.raster import draw
from drivers.virtual.slip_picture import picture, to_png


def test_the_picture_has_two_colours_and_white_margins() -> None:
    image = Image.open(io.BytesIO(to_png(draw(Paper((Rule(2),)), 384), side_dots=40, top_dots=32)))
    assert image.mode == "1"
    assert image.size == (464, 34)
    pixels = np.asarray(image)
    assert not pixels[32:, 40:424].any()
    assert pixels.sum() == 464 * 34 - 384 * 2


def test_a_slip_is_as_wide_as_its_roll() -> None:
    profile = PROFILES["generic-58"]
    assert Image.open(io.BytesIO(picture(draw(Paper((Rule(2),)), 384), profile))).size == (464, 34)
