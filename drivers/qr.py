"""Pure: a payload's QR modules. It knows neither pixels nor dots, and never searches for a mask.

ISO/IEC 18004 (7.8) lets the encoder choose among eight masks; every reader undoes whichever was used. Judging all
eight is what makes encoders slow (8-10 ms for a VietQR, under 2 ms without), and buys little on glass or paper.

Two encoders: segno's for paper and for the desk, and zxing-cpp's where a citizen waits for the glass (it takes a
sixteenth of the time; docs/adr/0007-zxing-writes-the-code-on-the-glass.md).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from typing import Any, Literal

from drivers import standin

QUIET_MODULES = 4
"""The white margin that the standard asks for on each side (ISO/IEC 18004, 9.1)."""

Error = Literal["L", "M", "Q", "H"]
_LEVELS: tuple[Error, ...] = ("L", "M", "Q", "H")

_DATA_CODEWORDS: dict[Error, tuple[int, ...]] = {
    "Q": (13, 22, 34, 48, 62, 76, 88, 110, 132, 154),
    "H": (9, 16, 26, 36, 46, 60, 66, 86, 100, 122),
}
"""Bytes for data in versions 1 to 10 (ISO/IEC 18004, table 7): no VietQR is larger."""

_MASK = 3
"""(row + column) mod 3 == 0, diagonals: the one that the standard's penalty picks most often (66 of 120 VietQRs)."""

_DIGITS = re.compile("[0-9]{6,}")
_HEADER_BITS = 13
"""Of a segment, at least; on account of it shorter runs of digits are no segments."""

_DARK = bytes([1]) + bytes(255)
"""From a grey picture, black at 0, to one byte a module, dark at 1."""


@dataclass(frozen=True)
class QrMatrix:
    """`rows` are `size` strings of `size` bytes, 1 for a dark module, without the quiet zone."""

    size: int
    rows: tuple[bytes, ...]


@lru_cache(maxsize=32)
def modules(payload: str, error: Error = "M") -> QrMatrix:
    """Encode `payload` with at least the given error correction: M is enough on glass, Q survives a worn print head.

    Where a higher level fits into the same number of modules, it is taken: it costs nothing.

    Raises `ValueError` when it is empty or too long for any QR code.
    """
    # A counter that prints no code never needs it, and 5 ms of its start are its import. Of the package the encoder
    # alone is taken: the writers bring readers of XML and of the web.
    standin.put("segno")
    import segno.encoder

    encode: Any = segno.encoder.encode
    code = encode(payload, error=error, mask=_MASK, micro=False)
    rows = tuple(bytes(row) for row in code.matrix)
    return QrMatrix(len(rows), rows)


@lru_cache(maxsize=4)
def modules_at_once(payload: str, error: Error = "M") -> QrMatrix:
    """As `modules`, in a twentieth of a millisecond: the same version, level and mask, perhaps in other segments.

    Where zxing-cpp is not installed, it is segno's.
    """
    try:
        import zxingcpp
    except ImportError:
        return modules(payload, error)
    matrix = _written(zxingcpp, payload, error)
    least_bits = _least_bits(payload)
    for level in _LEVELS[_LEVELS.index(error) + 1 :]:
        if least_bits > _room_bits(level, matrix.size):
            break
        better = _written_within(zxingcpp, payload, level, matrix.size)
        if better is None:
            break
        matrix = better
    return matrix


def _written(library: Any, payload: str, error: Error) -> QrMatrix:
    """Raises `ValueError` as the library does: for nothing, and for too much."""
    code = library.create_barcode(payload, library.BarcodeFormat.QRCode, ec_level=error, data_mask=_MASK)
    picture = memoryview(code.to_image(scale=1, add_quiet_zones=False))
    dark = picture.tobytes().translate(_DARK)
    size = isqrt(len(dark))
    return QrMatrix(size, tuple(dark[start : start + size] for start in range(0, size * size, size)))


def _least_bits(payload: str) -> float:
    """No way to write it takes less, whatever its segments: to try costs a tenth of a millisecond, and seldom succeeds.

    Of other characters two take at least 11 bits; of digits three take 10, in a segment of their own with a header.
    """
    runs = [len(run) for run in _DIGITS.findall(payload)]
    numeric = sum(min(length * 5.5, length * 10 / 3 + _HEADER_BITS) for length in runs)
    return numeric + (len(payload) - sum(runs)) * 5.5


def _room_bits(error: Error, size: int) -> float:
    version = (size - 17) // 4
    codewords = _DATA_CODEWORDS.get(error, ())
    return codewords[version - 1] * 8 if version <= len(codewords) else float("inf")


def _written_within(library: Any, payload: str, error: Error, size: int) -> QrMatrix | None:
    try:
        matrix = _written(library, payload, error)
    except ValueError:
        return None
    return matrix if matrix.size == size else None
