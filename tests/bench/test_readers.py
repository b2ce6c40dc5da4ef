"""All three readers read, and say so honestly when they cannot."""

import ctypes.util

import numpy as np
import pytest
import segno

from .camera import Grey
from .errors import MissingToolError
from .readers import all_readers


def picture(text: str) -> Grey:
    matrix = np.array(segno.make_qr(text, error="M").matrix, dtype=np.uint8)
    bordered = np.pad(255 * (1 - matrix), 4, constant_values=255)
    return np.ascontiguousarray(np.kron(bordered, np.ones((6, 6), dtype=np.uint8)), dtype=np.uint8)


def test_every_reader_reads_a_clean_code_again_and_again() -> None:
    if ctypes.util.find_library("zbar") is None:
        with pytest.raises(MissingToolError, match="libzbar0"):
            all_readers()
        pytest.skip("no ZBar on this machine")
    for read in all_readers().values():
        for text in ("000201010212", "HK32222222Q"):
            assert read(picture(text)) == text


def test_where_there_is_no_code_nothing_is_read() -> None:
    if ctypes.util.find_library("zbar") is None:
        pytest.skip("no ZBar on this machine")
    noise = np.random.default_rng(1).integers(0, 255, (300, 400)).astype(np.uint8)
    for read in all_readers().values():
        assert read(noise) is None
        assert read(np.full((200, 300), 255, dtype=np.uint8)) is None
