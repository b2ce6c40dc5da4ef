"""Pure: what happens to words at the boundary, once, so that nothing behind it has to wonder."""

import unicodedata

_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}


def nfc(text: str) -> str:
    """Normalise to NFC, fold white space to single spaces, drop control, formatting and unassigned characters.

    Phones and macOS copy decomposed Vietnamese (NFD); fonts and printers want it composed. Bidirectional
    overrides and control bytes have no business on a fee's name.
    """
    spaced = "".join(" " if character.isspace() else character for character in text)
    visible = "".join(c for c in spaced if unicodedata.category(c) not in _INVISIBLE)
    # Composed last: an invisible character may have stood between a letter and its mark.
    return " ".join(unicodedata.normalize("NFC", visible).split())


def ascii_upper(text: str) -> str:
    """Strip diacritics and upper-case: "Phường Hoàn Kiếm" → "PHUONG HOAN KIEM".

    The EMV common character set is printable ASCII. Unicode does not decompose đ, so it is mapped by hand.
    Characters that have no ASCII base letter are dropped.
    """
    decomposed = unicodedata.normalize("NFD", nfc(text).replace("đ", "d").replace("Đ", "D"))
    return " ".join(decomposed.encode("ascii", "ignore").decode("ascii").upper().split())
