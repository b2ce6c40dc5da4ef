"""Measures slips: from a paid payment to the printer's bytes, against python-escpos with the same picture."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import escpos.printer
from PIL import Image, ImageOps

from appliance.counter import receipt
from drivers import escpos as ours
from drivers import raster
from drivers.paper import PROFILES
from mqtt_schema.messages import Slip

from .figures import Row
from .office import COUNTER, Office

PROFILE = PROFILES["generic-80"]
_THEIR_PROFILE = "TM-T20II"
"""576 dots. A profile without a width prints a warning for every slip, which takes time."""


def rows(office: Office, slips: int) -> list[Row]:
    """Encode `slips` different slips both ways, in turn."""
    _timed(_our_bytes, _slip(office))
    _timed(_their_bytes, _slip(office))
    pairs = [(_timed(_our_bytes, _slip(office)), _timed(_their_bytes, _slip(office))) for _ in range(slips)]
    our_ms, their_ms = ([ms for ms, _ in side] for side in zip(*pairs, strict=True))
    one = _slip(office)
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
            "slip_bytes",
            len(_our_bytes(one)),
            len(_their_bytes(one)),
            "bytes",
            "one slip of 576 dots on its way to the printer; theirs: python-escpos bitImageRaster of the same picture",
        ),
    ]


def _our_bytes(slip: Slip) -> bytes:
    return ours.encode(receipt.compose(slip, COUNTER, is_copy=False), PROFILE)


def _their_bytes(slip: Slip) -> bytes:
    """The same paper drawn by the same code; python-escpos takes a picture, black on white."""
    drawn = raster.draw(receipt.compose(slip, COUNTER, is_copy=False), PROFILE.width_dots, PROFILE.dots_per_mm)
    ink = Image.frombytes("1", (drawn.width_dots, drawn.height_dots), drawn.packed)
    printer = escpos.printer.Dummy(profile=_THEIR_PROFILE)
    printer.image(ImageOps.invert(ink.convert("L")), impl="bitImageRaster", center=False)
    printer.cut(mode="PART")
    return bytes(printer.output)


def _timed(encode: Callable[[Slip], bytes], slip: Slip) -> tuple[float, bytes]:
    start_s = time.perf_counter()
    raw = encode(slip)
    return (time.perf_counter() - start_s) * 1000, raw


def _slip(office: Office) -> Slip:
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
