"""Random slips: whatever stands in them, a printer gets dots and not one command that we did not mean.

`python -m tests.support.fuzz 100000` tries that many, and prints what it found.
"""

import random
import re
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

from appliance.counter import receipt
from drivers import escpos, raster
from drivers.paper import Paper
from drivers.profiles import PROFILES, Profile
from drivers.virtual.print_machine import PrintMachine
from mqtt_schema.messages import FeeKind, Line, Slip
from mqtt_schema.types import Vnd

_REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")
_WIDTHS = ("generic-58", "generic-58-plain", "generic-80", "generic-80-plain", "epson-tm-t88")
_MOST_EXTRA_DOTS = 64
_ALPHABETS = (
    [chr(point) for point in range(0x20)],
    [chr(point) for point in range(0x20, 0x7F)],
    list("aàáảãạăằắẳẵặâầấẩẫậđêôơưẲỘỮỹ"),
    [chr(point) for point in range(0x300, 0x370)],
    list("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad"),
    [chr(point) for point in range(0x5D0, 0x700)],
    [chr(point) for point in range(0x1F300, 0x1F700)],
    list("\x1b@\x1dV\x00\x10\x04\x05\x14\x01\x02\x08\x1bp\x1d(k"),
)


def check(paper: Paper, profile: Profile) -> int:
    """Print and compare with what was drawn; returns how many dots more there are than were drawn."""
    drawing = replace(profile, has_native_qr=False)
    drawn = raster.draw(paper, profile.width_dots, profile.dots_per_mm)
    stream = escpos.encode(paper, drawing)
    assert not _REAL_TIME.search(stream), "a command that printers obey at once"
    machine = PrintMachine(drawing)
    assert machine.take(stream) == len(stream)
    assert machine.say() == (b"" if not profile.has_automatic_status else b"\x10\0\0\0")
    machine.tear_off()
    (piece,) = machine.printouts
    head, rest = piece.picture.packed[: len(drawn.packed)], piece.picture.packed[len(drawn.packed) :]
    assert not any(rest), "something came out after the slip"
    wanted, made = (int.from_bytes(packed, "big") for packed in (drawn.packed, head))
    assert wanted & ~made == 0, "a dot is missing"
    extra = (wanted ^ made).bit_count()
    assert extra <= _MOST_EXTRA_DOTS, f"{extra} dots more than drawn"
    return extra


def check_number(number: int) -> int:
    """Check the random slip of this number; returns as `check`."""
    chance = random.Random(number)
    name = _text(chance, longest=10_000 if number % 500 == 0 else chance.choice((8, 60, 200)))
    line = Line.model_construct(
        dossier=_text(chance, 64),
        fee_code="X",
        fee_name=name,
        fee_name_en=name,
        quantity=1,
        amount=Vnd(1),
        kind=FeeKind.PHI,
    )
    slip = Slip.model_construct(
        office=_text(chance, 60),
        lines=(line,),
        amount=Vnd(1),
        reference="HK3456789AH",
        bank_reference=_text(chance, 60),
        paid_at=datetime(2026, 11, 22, tzinfo=UTC),
        lookup="HK3456789AH",
    )
    paper = receipt.compose(slip, "3", is_bilingual=chance.random() < 0.5, is_copy=chance.random() < 0.2)
    return check(paper, PROFILES[chance.choice(_WIDTHS)])


def _text(chance: random.Random, longest: int) -> str:
    length = chance.randint(1, longest)
    if chance.random() < 0.3:
        return "".join(_any_character(chance) for _ in range(length))
    alphabet = [letter for one in chance.sample(_ALPHABETS, 2) for letter in one]
    return "".join(chance.choices(alphabet, k=length))


def _any_character(chance: random.Random) -> str:
    """Any Unicode character but a half of one."""
    point = chance.randrange(0x110000 - 0x800)
    return chr(point if point < 0xD800 else point + 0x800)


def main(arguments: list[str]) -> None:
    """Check from one number to another, or that many."""
    first, last = (int(one) for one in (arguments if len(arguments) > 1 else ["0", *arguments]))
    start_s, extra = time.monotonic(), 0
    for number in range(first, last):
        try:
            extra += check_number(number)
        except Exception:
            print(f"slip {number}")
            raise
    print(f"{last - first} random slips in {time.monotonic() - start_s:.0f} s: all valid, {extra} dots more than drawn")


if __name__ == "__main__":
    main(sys.argv[1:])
