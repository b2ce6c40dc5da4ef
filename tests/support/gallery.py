"""Draws every state of the glass in every language, size of type and size of panel, and writes `docs/screens.md`.

`python -m tests.support.gallery` writes; the tests call `page` and `sheet` and compare.
"""

import io
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from appliance.counter.look import ACCENT, AMBER, GREEN, INK, PAPER, RED, SHADE, WHITE
from appliance.counter.screens.idle import DIM, NIGHT
from drivers.scene import Colour, Size
from drivers.typeface import Face
from drivers.virtual.display import VirtualDisplay
from mqtt_schema.messages import Language
from tests.support.glasses import PAYMENTS, SEVEN_INCHES, SIZES, look, seen
from tests.support.states import COUNTER, NOBODY, NOTICES, STATES

HERE = Path(__file__).parents[2] / "docs"
PAGE, PICTURES = HERE / "screens.md", HERE / "pictures" / "screens"

GROUPS = {
    "Nobody is paying": NOBODY,
    "A payment on the glass": PAYMENTS,
    "A payment has ended": NOTICES,
    "The counter itself": COUNTER,
}

MEANINGS = {
    "idle": "How to pay in three pictures, the standing warning, one card at a time, the counter and the time.",
    "idle-cards": "The same with the office's cards of today.",
    "idle-longest-card": "The longest card that the contract allows: without room beside the rest, they take turns.",
    "idle-help-called": "Somebody touched *I need help*; the clerk's desk rings.",
    "idle-help-unheard": "The same while the link is lost: no desk rings, so the glass says whom to ask.",
    "idle-menu": "The ways to ask for a human.",
    "asleep": "A quarter of an hour without a touch: dark, the clock moves once a minute. A touch or payment wakes it.",
    "offline": "No connection, and nobody is paying.",
    "preparing": "The clerk is checking the dossier.",
    "code": "The code, the amount, what it is for, and to whom.",
    "code-long": "The longest names that are sensible: amount, name and next step win.",
    "code-payer": "Where the office wants it, the payer's masked name.",
    "last-minute": "Said in words, not by alarm.",
    "link-lost": "The connection is lost, the code is still valid.",
    "link-lost-long": "The same with the longest names.",
    "help-called": "Somebody was called while a code stands.",
    "time-called": "The clerk was asked for more time.",
    "menu": "The ways to ask for a human, beside the code.",
    "menu-link-lost": "The same without a connection.",
    "on-behalf": "The clerk pays for somebody without a telephone.",
    "on-behalf-long": "The same with the longest names.",
    "on-behalf-called": "The same after a call.",
    "checking": "The clerk asks the bank: no code, or somebody would pay twice.",
    "checking-long": "The same with the longest names.",
    "paid-printing": "The money is there, the slip is being printed.",
    "paid-printed": "The slip is out; one more can be touched.",
    "paid-largest": "The largest amount that can be transferred at once.",
    "paid-waiting": "The printer has no paper.",
    "paid-unsure": "Nobody knows whether paper came out.",
    "paid-uncopied": "One more slip was asked for and did not come out.",
    "paid-no-slip": "A counter without a printer.",
    "paid-last-stay": "No more slip and no more time.",
    "paid-help-called": "Somebody was called after a payment.",
    "waived": "Nothing is to be paid.",
    "expired": "The code's time is over.",
    "cancelled": "The clerk took the payment back.",
    "underpaid": "Too little arrived.",
    "overpaid": "Too much arrived.",
    "late": "The money came after the code had expired.",
    "refused": "The counter would not show a code that it could not verify.",
    "see-clerk-called": "Somebody was called meanwhile.",
    "boot-starting": "The program starts.",
    "boot-network": "First boot: looking for the network.",
    "boot-clock": "First boot: waiting for the right time.",
    "boot-enrolling": "First boot: the code to read to the office.",
    "boot-enrolled": "First boot: done.",
    "boot-refused": "First boot: the office said no.",
    "outage-seed-missing": "No settings.",
    "outage-seed-wrong": "Wrong settings.",
    "outage-journal": "The journal cannot be opened.",
    "outage-device": "A device cannot be opened.",
    "outage-technician": "Closed by a technician.",
    "out-of-service": "The same, as the technician's page does it.",
    "pin": "A technician pressed the corner for three seconds.",
    "pin-wrong": "After two wrong PINs.",
    "pin-last-try": "One try left.",
    "locked": "After five wrong PINs.",
    "technician": "What a technician sees and can do.",
    "technician-closed": "The same of a closed counter of which nothing is known.",
}

LANGUAGES: dict[Language, str] = {"vi": "Vietnamese", "en": "English"}
HIGH_PX, GAP_PX, CAPTION_PX = 138, 8, 14
"""A screen on a contact sheet is so high when it lies; one that stands is two fifths higher."""


def _mixed(one: Colour, other: Colour, part: float = 0.5) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


PALETTE: tuple[Colour, ...] = (
    *(INK, PAPER, SHADE, WHITE, ACCENT, GREEN, AMBER, RED, NIGHT, DIM),
    *(_mixed(INK, PAPER, 1 / 3), _mixed(INK, PAPER, 2 / 3)),
    *(_mixed(colour, WHITE) for colour in (ACCENT, GREEN, AMBER, RED)),
)
"""The colours of the glass and what lies between them: sixteen, so that a pixel takes half a byte."""

INTRODUCTION = (
    "# Every screen",
    "",
    "Drawn by the program from sample data (`make generate`); nobody edits this page. Below are contact sheets of all",
    "states for every glass; a state's name leads to its picture at 1024 × 600, pixel by pixel. Tests prove of each",
    "state in every language, size of type and size of glass that nothing overlaps or leaves the glass, and that",
    "whatever can be touched is at least 15 mm large.",
)
FULL_SIZE = "../tests/golden/screens"
"""Where whole pictures stand: the tests compare with them."""


def page() -> str:
    """The text of the page."""
    lines = [*INTRODUCTION, ""]
    for title, states in GROUPS.items():
        lines += [f"## {title}", "", "| state | what it is |", "|---|---|"]
        lines += [f"| [{name}]({FULL_SIZE}/{name}-1024x600.png) | {MEANINGS[name]} |" for name in states]
        lines.append("")
    for size in SIZES:
        lines += _sheets_of(size)
    return "\n".join(lines)


def _sheets_of(size: Size) -> list[str]:
    of = look(size)
    lines = [f"## {_called(size)}", "", f"{of.diagonal_inch:g} inches, read from {of.viewing_mm} mm.", ""]
    for language, is_large in choices(size):
        name = file_name(size, language, is_large)
        title = f"{LANGUAGES[language]}, {'larger' if is_large else 'plain'} text"
        lines += [
            f"**{title}**",
            "",
            f"[![{_called(size)}, {title}](pictures/screens/{name})](pictures/screens/{name})",
            "",
        ]
    return lines


def _called(size: Size) -> str:
    return f"{size.width} × {size.height}"


def choices(size: Size) -> Iterable[tuple[Language, bool]]:
    """Both languages; larger text only where it is tight."""
    return product(LANGUAGES, (False, True) if size in SEVEN_INCHES else (False,))


def file_name(size: Size, language: Language, is_large: bool) -> str:
    """The sheet's file."""
    return f"{size.width}x{size.height}-{language}{'-large' if is_large else ''}.png"


def sheet(size: Size, language: Language, *, is_large: bool, states: Iterable[str] = STATES) -> Image.Image:
    """All states on one picture, each with its name."""
    named = list(states)
    high = HIGH_PX * 7 // 5 if size.is_portrait else HIGH_PX
    wide = round(high * size.width / size.height)
    columns = 14 if size.is_portrait else 8
    rows = -(-len(named) // columns)
    step_x, step_y = wide + GAP_PX, high + CAPTION_PX + GAP_PX
    whole = Image.new("RGB", (columns * step_x + GAP_PX, rows * step_y + GAP_PX), "white")
    pen, font = ImageDraw.Draw(whole), ImageFont.truetype(str(Face.REGULAR.path), 11)
    for place, name in enumerate(named):
        x, y = GAP_PX + place % columns * step_x, GAP_PX + place // columns * step_y
        small = drawn(name, size, language, is_large=is_large).resize((wide, high), Image.Resampling.LANCZOS)
        whole.paste(small, (x, y))
        pen.rectangle((x - 1, y - 1, x + wide, y + high), outline="#B9B4A8")
        pen.text((x, y + high + 1), name, fill="#10243E", font=font)
    return whole.quantize(palette=_palette(), dither=Image.Dither.NONE)


def _palette() -> Image.Image:
    image = Image.new("P", (1, 1))
    image.putpalette([part for colour in PALETTE for part in colour])
    return image


def drawn(name: str, size: Size, language: Language = "vi", *, is_large: bool = False) -> Image.Image:
    """The pixels of one state."""
    display = VirtualDisplay(size)
    display.show(seen(STATES[name], size, language, is_large))
    return Image.open(io.BytesIO(display.png())).convert("RGB")


def write() -> None:
    """The page and all its pictures; what is no longer on it goes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    for size in SIZES:
        for language, is_large in choices(size):
            name = file_name(size, language, is_large)
            sheet(size, language, is_large=is_large).save(PICTURES / name, optimize=True)
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
