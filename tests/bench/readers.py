"""Three QR readers of three families, none of them ours: ZBar, ZXing and OpenCV. Each reads grey pixels, or nothing.

ZBar comes as Debian's library (`libzbar0`); no Python package for it is kept up, so what we need of it is here.
"""

import ctypes
import ctypes.util
from collections.abc import Callable

import cv2
import zxingcpp

from .camera import Grey
from .errors import MissingToolError

Reader = Callable[[Grey], str | None]

_GREY = int.from_bytes(b"Y800", "little")
"""ZBar's name for a byte of brightness a pixel (a FourCC)."""
_EVERYTHING, _QR_CODE, _ENABLE = 0, 64, 0
"""ZBAR_NONE, ZBAR_QRCODE and ZBAR_CFG_ENABLE of zbar.h: nothing else on the glass shall be taken for a code."""


def all_readers() -> dict[str, Reader]:
    """Every reader by name. Raises `MissingToolError` when a library is not there."""
    return {"zbar": Zbar().read, "zxing": read_with_zxing, "opencv": OpenCv().read}


def read_with_zxing(pixels: Grey) -> str | None:
    """As its users call it: it tries hard unless told otherwise."""
    read = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return read[0].text if read else None


class OpenCv:
    """OpenCV's own detector and decoder."""

    def __init__(self) -> None:
        self._detector = cv2.QRCodeDetector()

    def read(self, pixels: Grey) -> str | None:
        """The text of the first code, or None."""
        try:
            text, _, _ = self._detector.detectAndDecode(pixels)
        except (cv2.error, UnicodeDecodeError):
            # What it took for a code was none.
            return None
        return text or None


class Zbar:
    """ZBar's image scanner, by its C interface (zbar.h)."""

    def __init__(self) -> None:
        """Find the library. Raises `MissingToolError` with the command that installs it."""
        name = ctypes.util.find_library("zbar")
        if name is None:
            raise MissingToolError("make bench needs ZBar: apt-get install --no-install-recommends libzbar0")
        self._zbar = _declared(ctypes.CDLL(name))
        self._scanner = self._zbar.zbar_image_scanner_create()
        for symbology, is_wanted in ((_EVERYTHING, 0), (_QR_CODE, 1)):
            self._zbar.zbar_image_scanner_set_config(self._scanner, symbology, _ENABLE, is_wanted)

    def read(self, pixels: Grey) -> str | None:
        """The text of the first code, or None."""
        height, width = pixels.shape
        raw = pixels.tobytes()
        image = self._zbar.zbar_image_create()
        try:
            self._zbar.zbar_image_set_format(image, _GREY)
            self._zbar.zbar_image_set_size(image, width, height)
            self._zbar.zbar_image_set_data(image, raw, len(raw), None)
            if self._zbar.zbar_scan_image(self._scanner, image) <= 0:
                return None
            data: bytes = self._zbar.zbar_symbol_get_data(self._zbar.zbar_image_first_symbol(image))
            return data.decode("utf-8", errors="replace")
        finally:
            self._zbar.zbar_image_destroy(image)


def _declared(zbar: ctypes.CDLL) -> ctypes.CDLL:
    """Pointers are wider than the int that ctypes would take them for."""
    pointer, number = ctypes.c_void_p, ctypes.c_ulong
    for name, gives, takes in (
        ("zbar_image_scanner_create", pointer, []),
        ("zbar_image_scanner_set_config", ctypes.c_int, [pointer, ctypes.c_int, ctypes.c_int, ctypes.c_int]),
        ("zbar_image_create", pointer, []),
        ("zbar_image_set_format", None, [pointer, number]),
        ("zbar_image_set_size", None, [pointer, ctypes.c_uint, ctypes.c_uint]),
        ("zbar_image_set_data", None, [pointer, ctypes.c_char_p, number, pointer]),
        ("zbar_scan_image", ctypes.c_int, [pointer, pointer]),
        ("zbar_image_first_symbol", pointer, [pointer]),
        ("zbar_symbol_get_data", ctypes.c_char_p, [pointer]),
        ("zbar_image_destroy", None, [pointer]),
    ):
        function = getattr(zbar, name)
        function.restype, function.argtypes = gives, takes
    return zbar
