"""Pure: what of a payment may leave the office for a counter. Law 91/2025/QH15, article 3: no more than is needed."""

from collections.abc import Iterable

from mqtt_schema.messages import Line

GENERAL_NAME = "Phí, lệ phí theo hồ sơ"
GENERAL_NAME_EN = "Fee as in your file"
GENERAL_CODE = "THEO-HO-SO"
"""Of a sensitive fee the code tells as much as the name."""

_MOST_WORDS = 8
"""Nobody needs a longer mask, and it has to fit into the message."""


def masked(name: str) -> str:
    """Mask a person's name: "Nguyễn Văn An" is "N*** V*** A". Initials only, so that a neighbour learns little.

    No rule prescribes the form of a mask. An empty name stays empty.
    """
    initials = [word[0].upper() for word in name.split()]
    return " ".join([f"{initial}***" for initial in initials[:-1][:_MOST_WORDS]] + initials[-1:])


def discreet(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines as a counter may see them: a sensitive one under a general label. Money and dossier stay."""
    return tuple(_general(line) if line.is_sensitive else line for line in lines)


def _general(line: Line) -> Line:
    hidden = {"fee_code": GENERAL_CODE, "fee_name": GENERAL_NAME, "fee_name_en": GENERAL_NAME_EN}
    return line.model_copy(update=hidden)
