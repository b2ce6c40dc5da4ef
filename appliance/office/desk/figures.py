"""Pure: sums and numbers as the desk sets them."""

from mqtt_schema.money import NARROW_NO_BREAK_SPACE, format_vnd
from mqtt_schema.types import Vnd


def vnd(amount: int) -> str:
    """42.308.000 đ, with a narrow space that never breaks."""
    return format_vnd(Vnd(amount), gap=NARROW_NO_BREAK_SPACE)


def tail(dossier: str) -> str:
    """The last part of a dossier number, enough to tell two on one desk apart."""
    return "…" + dossier.rpartition("-")[2]
