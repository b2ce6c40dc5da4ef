"""The eye on the framebuffer."""

import struct

import numpy as np

from .glass import at_rest, shape


def test_the_pixels_begin_after_the_header_and_the_colour_map() -> None:
    words = [0] * 25
    words[0], words[5], words[12], words[19] = 160, 600, 4096, 256
    assert shape(struct.pack(">25I", *words)) == (160 + 256 * 12, 1024, 600)


def test_a_countdown_and_what_stands_beside_it_are_not_looked_at() -> None:
    moved = np.zeros((75, 256), dtype=np.bool_)
    moved[60, 200:210] = True
    steady = at_rest(moved)
    assert steady is not None
    assert not steady[60, 195:215].any()
    assert steady[:45].all()


def test_a_picture_that_is_shifted_as_a_whole_tells_nothing_about_its_countdown() -> None:
    moved = np.zeros((75, 256), dtype=np.bool_)
    moved[2, 3] = moved[70, 250] = True
    assert at_rest(moved) is None
