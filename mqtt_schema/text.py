"""Pure: what happens to words at the boundary, once, so that nothing behind it has to wonder."""

import unicodedata
from collections.abc import Iterator

_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}
_MOST_MARKS = 30
"""So many marks may stand on one letter (UAX #15, stream-safe text); putting more in order costs their square."""
_SHORT = 1000
"""Characters; in fewer there is nothing to gain."""


def nfc(text: str) -> str:
    """Normalise to NFC, fold white space to single spaces, drop control, formatting and unassigned characters.

    Phones and macOS copy decomposed Vietnamese (NFD); fonts and printers want it composed. Bidirectional
    overrides and control bytes have no business on a fee's name.
    """
    visible = text if text.isprintable() else _visible(text)
    if len(visible) > _SHORT:
        visible = "".join(_with_few_marks(visible))
    # Composed last: an invisible character may have stood between a letter and its mark.
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _visible(text: str) -> str:
    """What of a text that is not all printable (`str.isprintable`: no other white space than spaces) can be seen."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    return "".join(c for c in spaced if unicodedata.category(c) not in _INVISIBLE)


def _with_few_marks(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            yield character


def ascii_upper(text: str) -> str:
    """Strip diacritics and upper-case: "Phường Hoàn Kiếm" → "PHUONG HOAN KIEM".

    The EMV common character set is printable ASCII. Unicode does not decompose đ, so it is mapped by hand.
    Characters that have no ASCII base letter are dropped.
    """
    decomposed = unicodedata.normalize("NFD", nfc(text).replace("đ", "d").replace("Đ", "D"))
    return " ".join(decomposed.encode("ascii", "ignore").decode("ascii").upper().split())
