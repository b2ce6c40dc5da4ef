"""Sound as numbers, and the WAV files that hold it; Python's own wave module is the judge of the plain ones."""

import io
import struct
import wave

import pytest

from drivers import pcm
from drivers.errors import ClipError, DriverError

RAMP = pcm.packed(list(range(-3000, 3000, 3)))


def wav(*, channels: int = 1, rate_hz: int = pcm.RATE_HZ, width: int = 2, content: bytes = RAMP) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setframerate(rate_hz)
        file.setsampwidth(width)
        file.writeframes(content)
    return out.getvalue()


def test_a_second_is_as_many_samples_as_the_rate() -> None:
    assert len(pcm.silence(1)) == 32_000
    assert pcm.seconds(pcm.silence(0.25)) == 0.25
    assert pcm.samples(pcm.packed([1, -2])) == (1, -2)


def test_what_is_written_python_reads() -> None:
    with wave.open(io.BytesIO(pcm.write_wav(RAMP))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 16_000, 2)
        assert file.readframes(file.getnframes()) == RAMP


def test_what_python_writes_is_read() -> None:
    assert pcm.read_wav(wav()) == RAMP


@pytest.mark.parametrize("count", [0, 1, 2, 504, 505, 506, 5001])
def test_a_small_file_holds_every_sample_and_not_one_more(count: int) -> None:
    assert len(pcm.read_wav(pcm.write_small_wav(pcm.silence(1)[: 2 * count]))) == 2 * count


def test_a_small_file_is_a_quarter_of_a_large_one() -> None:
    second = pcm.silence(1)
    assert len(pcm.write_small_wav(second)) < 0.27 * len(pcm.write_wav(second))


def test_chunks_that_say_nothing_here_are_passed_over() -> None:
    raw = pcm.write_wav(RAMP)
    noted = raw[:12] + b"LIST" + struct.pack("<I", 3) + b"who\0" + raw[12:]
    assert pcm.read_wav(noted) == RAMP


def test_a_small_file_without_a_count_is_read_to_its_end() -> None:
    raw = pcm.write_small_wav(RAMP)
    at = raw.index(b"fact")
    assert len(pcm.read_wav(raw[:at] + raw[at + 12 :])) >= len(RAMP)


def test_a_file_that_was_cut_off_gives_what_there_is() -> None:
    assert pcm.read_wav(pcm.write_wav(RAMP)[:-101]) == RAMP[:-102]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no WAV file; a clip is a WAV file, mono, 16000 Hz"),
        (b"ID3 and some music", "no WAV file"),
        (pcm.write_wav(RAMP)[:20], "no WAV file"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "no WAV file"),
        (wav(channels=2), "2 channel(s) at 16000 Hz; a clip is"),
        (wav(rate_hz=44_100), "1 channel(s) at 44100 Hz; a clip is"),
        (wav(width=1), "encoding 0x1 with 8 bits; a clip is"),
    ],
)
def test_what_cannot_be_played_is_told_what_is_wanted(raw: bytes, words: str) -> None:
    with pytest.raises(ClipError) as refused:
        pcm.read_wav(raw)
    assert words in str(refused.value)


def test_blocks_without_room_for_a_sample_are_refused() -> None:
    raw = bytearray(pcm.write_small_wav(RAMP))
    raw[32:34] = struct.pack("<H", 4)
    with pytest.raises(ClipError, match="encoding 0x11"):
        pcm.read_wav(bytes(raw))


def test_a_clip_error_is_ours_and_a_value_error() -> None:
    assert issubclass(ClipError, DriverError)
    assert issubclass(ClipError, ValueError)
