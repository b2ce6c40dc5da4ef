"""Pure: the reference of a payment, the memo code by which its money is recognised.

Two letters of the office, eight random characters, one check character; all from an alphabet without 0, 1, I and O.
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 11
BODY_LENGTH = LENGTH - 1


def check_character(body: str) -> str:
    """Return the check character of the first ten: (sum of position from 1 × value) mod 31.

    31 is prime, so every single wrong character and every swap of two neighbours changes it.
    Raises `ValueError` for a character outside the alphabet or a wrong length.
    """
    if len(body) != BODY_LENGTH:
        raise ValueError(f"a reference has {BODY_LENGTH} characters before its check character, not {len(body)}")
    return ALPHABET[sum(place * ALPHABET.index(character) for place, character in enumerate(body, 1)) % len(ALPHABET)]


def is_reference(text: str) -> bool:
    """Say whether `text` is a whole reference whose check character holds."""
    if len(text) != LENGTH or any(character not in ALPHABET for character in text):
        return False
    return check_character(text[:BODY_LENGTH]) == text[BODY_LENGTH]


def make(prefix: str, randoms: list[int]) -> str:
    """Build a reference from a two-letter prefix and eight numbers from 0 to 30, drawn by the caller.

    Raises `ValueError` when the prefix or a number does not fit the alphabet.
    """
    if len(prefix) != 2 or len(randoms) != 8 or not all(0 <= number < len(ALPHABET) for number in randoms):
        raise ValueError("a reference is made of a two-letter prefix and eight numbers from 0 to 30")
    body = prefix + "".join(ALPHABET[number] for number in randoms)
    return body + check_character(body)


def _checked(text: str) -> str:
    if not is_reference(text):
        raise ValueError("the check character does not hold")
    return text


Reference = Annotated[str, StringConstraints(pattern=rf"^[{ALPHABET}]{{11}}$"), AfterValidator(_checked)]
"""The memo code of a payment, checked."""
