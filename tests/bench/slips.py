"""Measures slips: from a paid payment to the printer's bytes, against python-escpos with the same picture."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import escpos.printer
from PIL import Image, ImageOps

from appliance.counter import receipt
from drivers import escpos as ours
from drivers import raster
from drivers.profiles import PROFILES, Profile
from mqtt_schema.messages import Slip

from .figures import Row
from .office import COUNTER, Office

_ROOT = Path(__file__).parents[2]
PROFILE = PROFILES["generic-80"]
NATIVE = PROFILES["generic-80-qr"]
THEIR_PROFILE = "TM-T20II"
"""576 dots. A profile without a width prints a warning for every slip, which takes time."""
_BITS_A_BYTE = 10
"""On a serial line: start, eight, stop."""
_BAUDS = (9_600, 19_200, 115_200)
_PAPER_MM_S = (150, 250)
_FIRST = """
import time
from appliance.counter import receipt
from drivers import escpos
from drivers.profiles import PROFILES, Profile
from mqtt_schema.messages import Slip
slip = Slip.model_validate_json({slip!r})
if {is_warm}:
    escpos.stream(receipt.trial("1", ""), PROFILES[{profile!r}])
start_s = time.perf_counter()
escpos.encode(receipt.compose(slip, "1"), PROFILES[{profile!r}])
print((time.perf_counter() - start_s) * 1000)
"""


def rows(office: Office, slips: int) -> list[Row]:
    """Encode `slips` different slips both ways, in turn."""
    _timed(_our_bytes, slip_of(office))
    _timed(_their_bytes, slip_of(office))
    pairs = [(_timed(_our_bytes, slip_of(office)), _timed(_their_bytes, slip_of(office))) for _ in range(slips)]
    our_ms, their_ms = ([ms for ms, _ in side] for side in zip(*pairs, strict=True))
    one = slip_of(office)
    our_bytes, native_bytes, their_bytes = len(_our_bytes(one)), len(_our_bytes(one, NATIVE)), len(_their_bytes(one))
    return [
        Row(
            "slip_encode",
            statistics.median(our_ms),
            statistics.median(their_ms),
            "ms",
            f"median of {slips} slips of 576 dots: compose, draw and encode; "
            "theirs: python-escpos bitImageRaster of the same drawing",
        ),
        Row(
            "slip_encode_first",
            _first_ms(one, is_warm=True),
            _first_ms(one, is_warm=False),
            "ms",
            "the first slip after a start, a test slip drawn before; theirs: ours without that",
        ),
        Row(
            "slip_bytes",
            our_bytes,
            their_bytes,
            "bytes",
            "one slip of 576 dots on its way to the printer; theirs: python-escpos bitImageRaster of the same picture",
        ),
        Row(
            "slip_bytes_native_qr",
            native_bytes,
            their_bytes,
            "bytes",
            "the same on a printer that draws the code itself; theirs: as before",
        ),
        *(_line_row(baud, our_bytes, their_bytes, _paper_mm(one)) for baud in _BAUDS),
    ]


def _line_row(baud: int, our_bytes: int, their_bytes: int, paper_mm: float) -> Row:
    """How long the line is busy, beside the least that the paper takes."""
    paper = " and ".join(f"{paper_mm / speed:.2f} s at {speed} mm/s" for speed in _PAPER_MM_S)
    return Row(
        f"slip_line_{baud}",
        our_bytes * _BITS_A_BYTE / baud,
        their_bytes * _BITS_A_BYTE / baud,
        "s",
        f"slip_bytes on a serial line of {baud} baud; its {paper_mm:.0f} mm of paper take {paper}",
    )


def _paper_mm(slip: Slip) -> float:
    return ours.stream(receipt.compose(slip, COUNTER), PROFILE).height_dots / PROFILE.dots_per_mm


def _first_ms(slip: Slip, *, is_warm: bool) -> float:
    """In a process of its own, as nothing is drawn there yet; the median of five."""
    program = _FIRST.format(slip=slip.model_dump_json(), is_warm=is_warm, profile=PROFILE.name)
    command = [sys.executable, "-c", program]
    return statistics.median(float(subprocess.check_output(command, cwd=_ROOT)) for _ in range(5))


def _our_bytes(slip: Slip, profile: Profile = PROFILE) -> bytes:
    return ours.encode(receipt.compose(slip, COUNTER, is_copy=False), profile)


def _their_bytes(slip: Slip) -> bytes:
    """The same paper drawn by the same code; python-escpos takes a picture, black on white."""
    drawn = raster.draw(receipt.compose(slip, COUNTER, is_copy=False), PROFILE.width_dots, PROFILE.dots_per_mm)
    ink = Image.frombytes("1", (drawn.width_dots, drawn.height_dots), drawn.packed)
    printer = escpos.printer.Dummy(profile=THEIR_PROFILE)
    printer.image(ImageOps.invert(ink.convert("L")), impl="bitImageRaster", center=False)
    printer.cut(mode="PART")
    return bytes(printer.output)


def _timed(encode: Callable[[Slip], bytes], slip: Slip) -> tuple[float, bytes]:
    start_s = time.perf_counter()
    raw = encode(slip)
    return (time.perf_counter() - start_s) * 1000, raw


def slip_of(office: Office) -> Slip:
    """A slip that no cache has seen."""
    request = office.new_request()
    return Slip(
        office="UBND phường Hoàn Kiếm",
        lines=request.lines,
        amount=request.amount,
        reference=request.reference,
        bank_reference="FT26326094112345",
        paid_at=datetime(2026, 11, 22, 2, 30, tzinfo=UTC),
        lookup=request.reference,
    )
