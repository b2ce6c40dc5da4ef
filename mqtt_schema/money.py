"""Pure: đồng for people, in figures and in words. It adds and rounds nothing.

Words follow the official northern style: "linh" for a missing ten, "nghìn", "mốt", "tư" and "lăm" after "mươi", and
"không trăm" inside every group but the first, so that 1.050.000 cannot be heard as one and a half million.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mqtt_schema.errors import ContractError

NARROW_NO_BREAK_SPACE = "\u202f"
"""For typesetting: keeps figure and đ together."""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


class MoneyError(ContractError, ValueError):
    """Not an amount of money: negative, or not a whole number of đồng."""


@dataclass(frozen=True)
class Wording:
    """Which of the legal variants to write: linh or lẻ, nghìn or ngàn, tư or bốn, đồng or đồng chẵn."""

    missing_ten: str = "linh"
    thousand: str = "nghìn"
    four_after_ten: str = "tư"
    currency: str = "đồng"


OFFICIAL = Wording()


def format_vnd(amount: int, *, gap: str = " ") -> str:
    """42308000 → "42.308.000 đ": dots between thousands, `gap` before the đ. Raises `MoneyError`."""
    return f"{_checked(amount):,}".replace(",", ".") + f"{gap}đ"


def in_words(amount: int, wording: Wording = OFFICIAL) -> str:
    """42308000 → "Bốn mươi hai triệu ba trăm linh tám nghìn đồng". Of any size; raises `MoneyError`."""
    words = [word for group in _groups(_checked(amount), wording) for word in group] or [_DIGITS[0]]
    sentence = " ".join([*words, wording.currency])
    return sentence[0].upper() + sentence[1:]


def _checked(amount: int) -> int:
    # A bool is an int to Python, but never an amount.
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise MoneyError(f"an amount is a whole number of đồng, not {amount!r}")
    if amount < 0:
        raise MoneyError(f"an amount is never negative, but this is {amount}")
    return amount


def _groups(amount: int, wording: Wording) -> Iterator[list[str]]:
    """Say three digits at a time from the left; empty groups are silent, but each nine digits end in their tỷ."""
    figures = f"{amount:,}".split(",")
    spoken = [int(figure) for figure in figures]
    for index, value in enumerate(spoken):
        rank = len(spoken) - 1 - index
        if value:
            yield [*_three(value, index > 0, wording), *("", wording.thousand, "triệu")[rank % 3].split()]
        if rank and rank % 3 == 0 and any(spoken[max(0, index - 2) : index + 1]):
            yield ["tỷ"] * (rank // 3)


def _three(value: int, inside: bool, wording: Wording) -> list[str]:
    """Say 1 to 999; `inside` a number, the hundreds are said even when there are none."""
    hundreds, rest = divmod(value, 100)
    if hundreds or inside:
        return [_DIGITS[hundreds], "trăm", *_two(rest, wording.missing_ten, wording)]
    return _two(rest, "", wording)


def _two(value: int, missing_ten: str, wording: Wording) -> list[str]:
    """Say 0 to 99. `missing_ten` is the word that stands in for a zero before the last digit, or nothing."""
    tens, ones = divmod(value, 10)
    if tens == 0:
        return [*missing_ten.split(), _DIGITS[ones]] if ones else []
    after_ten = {0: "", 5: "lăm"} if tens == 1 else {0: "", 1: "mốt", 4: wording.four_after_ten, 5: "lăm"}
    head = ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    return [*head, *after_ten.get(ones, _DIGITS[ones]).split()]
