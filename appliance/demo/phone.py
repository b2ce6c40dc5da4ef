"""The citizen's phone: reads the code from pixels with another's decoder, as a bank app would. Knows no office."""

import io

import zxingcpp
from PIL import Image

from appliance.errors import ApplianceError
from mqtt_schema import emv_qr
from mqtt_schema.emv_qr import EmvQr


class NothingToScanError(ApplianceError, LookupError):
    """There is no QR code in the picture."""


def scan(png: bytes) -> str:
    """Read the one QR code in a picture. Raises `NothingToScanError` when there is none, or more than one."""
    with Image.open(io.BytesIO(png)) as picture:
        found = zxingcpp.read_barcodes(
            picture.convert("L"), formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
        )
    texts = {code.text for code in found}
    if len(texts) != 1:
        raise NothingToScanError(f"{len(texts)} QR codes in the picture")
    return texts.pop()


def read(text: str) -> EmvQr:
    """What the app shows before one pays. Raises `EmvQrError` for a code that is none."""
    return emv_qr.decode(text)
