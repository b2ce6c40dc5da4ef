"""Pure: a payment's code as a PNG, the same modules that the citizen's glass shows."""

import io

import segno

_MASK = 3  # a given mask, the glass's own (see drivers.qr): judging all eight is most of an encoder's time
_QUIET_MODULES = 4
_PIXELS_PER_MODULE = 6


def png(payload: str) -> bytes:
    """Draw `payload`: level M, 6 pixels a module, 4 modules of quiet zone, black on white.

    Raises `ValueError` when it is empty or too long for any QR code.
    """
    drawn = io.BytesIO()
    code = segno.make_qr(payload, error="M", mask=_MASK)
    code.save(drawn, kind="png", scale=_PIXELS_PER_MODULE, border=_QUIET_MODULES)
    return drawn.getvalue()
