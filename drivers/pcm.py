"""Pure: sound as numbers (16 bits, little endian, one channel, `RATE_HZ`), to and from WAV files. Plays nothing."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from drivers import adpcm
from drivers.errors import ClipError

RATE_HZ = 16_000
"""Telephones of the better kind: everything that makes speech clear, in half the room of music."""
SAMPLE_BYTES = 2

BLOCK_BYTES = 256
"""Of ADPCM: 32 ms a block. Every block is written whole, because some players drop one that is not."""

_PCM, _IMA_ADPCM = 1, 0x11
_WANTED = f"a clip is a WAV file, mono, {RATE_HZ} Hz, 16-bit PCM or 4-bit IMA ADPCM"


@dataclass(frozen=True)
class _Format:
    """The fields of a WAV file's format chunk that matter here."""

    tag: int
    channels: int
    rate_hz: int
    block_bytes: int
    bits: int


def silence(seconds: float) -> bytes:
    """So much of nothing."""
    return bytes(SAMPLE_BYTES * round(seconds * RATE_HZ))


def seconds(pcm: bytes) -> float:
    """How long it takes to play."""
    return len(pcm) / SAMPLE_BYTES / RATE_HZ


def samples(pcm: bytes) -> tuple[int, ...]:
    """The numbers in the bytes."""
    return struct.unpack(f"<{len(pcm) // SAMPLE_BYTES}h", pcm)


def packed(numbers: list[int]) -> bytes:
    """Numbers from -32768 to 32767 as bytes."""
    return struct.pack(f"<{len(numbers)}h", *numbers)


def read_wav(raw: bytes) -> bytes:
    """The PCM of a WAV file. Raises `ClipError` that says what is wrong with the file and what is wanted."""
    chunks = dict(_chunks(raw))
    if "fmt " not in chunks or "data" not in chunks or len(chunks["fmt "]) < 16:
        raise ClipError(f"no WAV file; {_WANTED}")
    said = _Format(*struct.unpack_from("<HHIxxxxHH", chunks["fmt "]))
    if said.channels != 1 or said.rate_hz != RATE_HZ:
        raise ClipError(f"{said.channels} channel(s) at {said.rate_hz} Hz; {_WANTED}")
    match said:
        case _Format(tag=1, bits=16):
            return chunks["data"][: len(chunks["data"]) // SAMPLE_BYTES * SAMPLE_BYTES]
        case _Format(tag=0x11, bits=4) if said.block_bytes > adpcm.HEADER_BYTES:
            decoded = adpcm.decode(chunks["data"], said.block_bytes)
            return packed(decoded[: _sample_count(chunks, len(decoded))])
    raise ClipError(f"encoding {said.tag:#x} with {said.bits} bits; {_WANTED}")


def _sample_count(chunks: dict[str, bytes], decoded: int) -> int:
    """The fact chunk knows whether the last nibble is a sample."""
    fact = chunks.get("fact", b"")
    return min(decoded, int.from_bytes(fact[:4], "little")) if len(fact) >= 4 else decoded


def _chunks(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents; of what is cut off there is what there is."""
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= len(raw):
        name, length = struct.unpack_from("<4sI", raw, at)
        yield name.decode("latin-1"), raw[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def write_wav(pcm: bytes) -> bytes:
    """PCM as a WAV file that anything plays."""
    layout = struct.pack("<HHIIHH", _PCM, 1, RATE_HZ, RATE_HZ * SAMPLE_BYTES, SAMPLE_BYTES, 16)
    return _riff(("fmt ", layout), ("data", pcm))


def write_small_wav(pcm: bytes) -> bytes:
    """PCM as a WAV file of a quarter of the size: IMA ADPCM. What is lost is less than a small loudspeaker loses."""
    per_block = adpcm.samples_in_block(BLOCK_BYTES)
    layout = struct.pack(
        "<HHIIHHHH", _IMA_ADPCM, 1, RATE_HZ, RATE_HZ * BLOCK_BYTES // per_block, BLOCK_BYTES, 4, 2, per_block
    )
    count = struct.pack("<I", len(pcm) // SAMPLE_BYTES)
    blocks = adpcm.encode(samples(pcm), BLOCK_BYTES)
    return _riff(("fmt ", layout), ("fact", count), ("data", blocks + bytes(-len(blocks) % BLOCK_BYTES)))


def _riff(*chunks: tuple[str, bytes]) -> bytes:
    body = b"WAVE" + b"".join(
        struct.pack("<4sI", name.encode("latin-1"), len(content)) + content + bytes(len(content) % 2)
        for name, content in chunks
    )
    return struct.pack("<4sI", b"RIFF", len(body)) + body
