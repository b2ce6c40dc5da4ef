"""A slip as a picture for people: what lies before whoever tore it off."""

from io import BytesIO

from PIL import Image

from drivers.paper import Bitmap
from drivers.profiles import Profile

_TORN_MM = 4.0
"""White above a slip's first line."""


def picture(slip: Bitmap, profile: Profile) -> bytes:
    """A slip as PNG, as wide as its roll."""
    side = round((profile.paper_mm * profile.dots_per_mm - profile.width_dots) / 2)
    return to_png(slip, side_dots=max(side, 0), top_dots=round(_TORN_MM * profile.dots_per_mm))


def to_png(bitmap: Bitmap, side_dots: int = 0, top_dots: int = 0) -> bytes:
    """A 1-bit PNG, black on white, with white margins at both sides and above."""
    ink = Image.frombytes("1", (bitmap.width_dots, bitmap.height_dots), bitmap.packed)
    sheet = Image.new("1", (bitmap.width_dots + 2 * side_dots, bitmap.height_dots + top_dots), 1)
    sheet.paste(0, (side_dots, top_dots), ink)
    file = BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
