"""Pure: IMA ADPCM, four bits a sample: speech in a quarter of the room, and every sound editor can open it.

Written after the IMA's "Recommended Practices for Enhancing Digital Audio Compatibility", revision 3.00, section 6, in
the blocks that WAV files use (format tag 0x11), one channel. It knows no files and no sound card.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence

HEADER_BYTES = 4
"""A block begins with its first sample and the step that it starts at, so that a lost block harms no other."""

_STEPS = (
    *(7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97),
    *(107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796),
    *(876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428),
    *(4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385),
    *(24623, 27086, 29794, 32767),
)
_INDEX_MOVES = (-1, -1, -1, -1, 2, 4, 6, 8) * 2
_LAST_STEP = len(_STEPS) - 1
_LOUDEST, _LOWEST = 32767, -32768


def _difference(step: int, nibble: int) -> int:
    """How far the sample moves: three bits weigh the step, the fourth is the sign."""
    moved = step >> 3
    for bit, weight in ((4, step), (2, step >> 1), (1, step >> 2)):
        moved += weight if nibble & bit else 0
    return -moved if nibble & 8 else moved


_MOVES = [_difference(step, nibble) for step in _STEPS for nibble in range(16)]
_NEXT = [16 * min(_LAST_STEP, max(0, at + move)) for at in range(len(_STEPS)) for move in _INDEX_MOVES]
"""Both by step and nibble in one number, 16 to a step: the decoder's inner loop is two look-ups."""


def samples_in_block(block_bytes: int) -> int:
    """How many samples a full block holds."""
    return 1 + 2 * (block_bytes - HEADER_BYTES)


def decode(stream: bytes, block_bytes: int) -> list[int]:
    """Samples of 16 bits; the last block may be short, and what is less than a header is left out."""
    samples: list[int] = []
    for start in range(0, len(stream) - HEADER_BYTES + 1, block_bytes):
        samples += _decoded(stream[start : start + block_bytes])
    return samples


def encode(samples: Sequence[int], block_bytes: int) -> bytes:
    """The nearest four bits for each sample; the last block is as short as it may be, its last nibble perhaps spare."""
    encoded, at = bytearray(), 0
    for start in range(0, len(samples), samples_in_block(block_bytes)):
        block, at = _encoded(samples[start : start + samples_in_block(block_bytes)], at)
        encoded += block
    return bytes(encoded)


def _decoded(block: bytes) -> list[int]:
    sample, at = struct.unpack_from("<hB", block)
    state, decoded = 16 * min(at, _LAST_STEP), [sample]
    for byte in block[HEADER_BYTES:]:
        for nibble in (byte & 15, byte >> 4):
            sample += _MOVES[state + nibble]
            state = _NEXT[state + nibble]
            if sample > _LOUDEST:
                sample = _LOUDEST
            elif sample < _LOWEST:
                sample = _LOWEST
            decoded.append(sample)
    return decoded


def _encoded(samples: Sequence[int], at: int) -> tuple[bytes, int]:
    """One block, and the step at which the next one starts."""
    nibbles, state = [], 16 * at
    guess = samples[0]
    for wanted in samples[1:]:
        nibble = _nearest(wanted - guess, _STEPS[state // 16])
        guess = min(_LOUDEST, max(_LOWEST, guess + _MOVES[state + nibble]))
        state = _NEXT[state + nibble]
        nibbles.append(nibble)
    return struct.pack("<hBx", samples[0], at) + bytes(_packed(nibbles)), state // 16


def _nearest(wanted: int, step: int) -> int:
    """The nibble whose three bits, as weights of the step, come up to what is wanted."""
    sign, left, nibble = (8, -wanted, 0) if wanted < 0 else (0, wanted, 0)
    for bit, weight in ((4, step), (2, step >> 1), (1, step >> 2)):
        if left >= weight:
            nibble, left = nibble | bit, left - weight
    return sign | nibble


def _packed(nibbles: Iterable[int]) -> Iterator[int]:
    """Two to a byte, the first one low."""
    pairs = iter(nibbles)
    for low in pairs:
        yield low | next(pairs, 0) << 4
