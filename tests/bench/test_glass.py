"""The eye on the framebuffer."""

import struct

from .glass import shape


def test_the_pixels_begin_after_the_header_and_the_colour_map() -> None:
    words = [0] * 25
    words[0], words[5], words[12], words[19] = 160, 600, 4096, 256
    assert shape(struct.pack(">25I", *words)) == (160 + 256 * 12, 1024, 600)
