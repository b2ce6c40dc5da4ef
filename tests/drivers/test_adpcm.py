"""IMA ADPCM: what comes back is what went in, as nearly as four bits can say it."""

import math
import os
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import adpcm, pcm

SPEECH_LIKE = [round(9000 * math.sin(n / 9) * math.sin(n / 700)) for n in range(6000)]


_SDL_HEARS = """
import io, sys
import pygame
pygame.mixer.init(16000, -16, 1, 1024, allowedchanges=0)
sys.stdout.buffer.write(pygame.mixer.Sound(io.BytesIO(sys.stdin.buffer.read())).get_raw())
"""


def noise_db(wanted: list[int], heard: list[int]) -> float:
    error = sum((one - other) ** 2 for one, other in zip(wanted, heard, strict=True))
    return 10 * math.log10(sum(one * one for one in wanted) / error)


def test_what_comes_back_is_close_to_what_went_in() -> None:
    heard = adpcm.decode(adpcm.encode(SPEECH_LIKE, 1024), 1024)
    assert noise_db(SPEECH_LIKE, heard[: len(SPEECH_LIKE)]) > 25


def test_two_samples_take_a_byte_and_a_block_its_header() -> None:
    assert adpcm.samples_in_block(256) == 505
    assert len(adpcm.encode([0] * 505, 256)) == 256
    assert len(adpcm.encode([0] * 506, 256)) == 256 + adpcm.HEADER_BYTES


def test_a_block_that_was_written_by_hand_is_read_by_the_book() -> None:
    """Step 16 at index 8; nibble 4 is 16 + 16/8, then index 10 (step 19), nibble 15 is -(19 + 9 + 4 + 2)."""
    block = struct.pack("<hBx", 1000, 8) + bytes([0xF4])
    assert adpcm.decode(block, 1024) == [1000, 1018, 1018 - 34]


def test_a_decoder_that_nobody_here_wrote_hears_the_same() -> None:
    """SDL's, in a process of its own, because SDL chooses its driver by the environment."""
    loud = [*SPEECH_LIKE, *(round(30_000 * math.sin(n / 3) * (n % 900 > 450)) for n in range(6000))]
    small = pcm.write_small_wav(pcm.packed(loud))
    hearing = [sys.executable, "-c", _SDL_HEARS]
    environment = {**os.environ, "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    heard = subprocess.run(hearing, input=small, env=environment, capture_output=True, check=True).stdout
    assert heard[: 2 * len(loud)] == pcm.read_wav(small)


def test_each_block_stands_alone() -> None:
    encoded = adpcm.encode(SPEECH_LIKE, 256)
    assert adpcm.decode(encoded, 256)[505:1010] == adpcm.decode(encoded[256:512], 256)


def test_a_step_that_does_not_exist_is_the_largest_one() -> None:
    assert adpcm.decode(struct.pack("<hBx", 0, 255) + b"\x00", 1024) == [0, 32767 >> 3, (32767 >> 3) + (29794 >> 3)]


@pytest.mark.parametrize(("start", "nibbles", "limit"), [(32000, 0x77, 32767), (-32000, 0xFF, -32768)])
def test_nothing_is_louder_than_sixteen_bits(start: int, nibbles: int, limit: int) -> None:
    assert adpcm.decode(struct.pack("<hBx", start, 88) + bytes([nibbles]), 1024)[1:] == [limit, limit]


def test_less_than_a_header_is_silence() -> None:
    assert adpcm.decode(b"", 1024) == []
    assert adpcm.decode(b"\x00\x00\x00", 1024) == []


@given(st.lists(st.integers(-32768, 32767), max_size=600), st.sampled_from([32, 256, 1024]))
def test_any_sound_comes_back_as_long_as_it_was(samples: list[int], block_bytes: int) -> None:
    heard = adpcm.decode(adpcm.encode(samples, block_bytes), block_bytes)
    assert len(samples) <= len(heard) <= len(samples) + 1
    assert all(-32768 <= sample <= 32767 for sample in heard)
