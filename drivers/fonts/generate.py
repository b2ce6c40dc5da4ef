"""Write metrics.json and letters/ from the fonts beside them. A developer's tool: nothing imports it at run time.

python drivers/fonts/generate.py

The letters are hinted by the FreeType that Pillow brings; another one may set a dot elsewhere, which is why they are
kept. letters/fonts.json says of which fonts they are.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from drivers import letters, typeface
from drivers.letters import Letter
from drivers.paper import CAPITALS_MM
from drivers.profiles import PROFILES
from drivers.typeface import Face

HERE = Path(__file__).parent
LETTERS = HERE / "letters"
FACES = ("Regular", "SemiBold", "ExtraBold")


def measure(path: Path) -> dict[str, Any]:
    """Read what layout needs of one font file; all lengths in font units, characters as hexadecimal code points."""
    font = TTFont(path)
    advances = font["hmtx"].metrics
    return {
        "units_per_em": font["head"].unitsPerEm,
        # hhea's ascent stops below the marks of Ẳ and Ổ; these two hold everything that Windows must not clip.
        "ascent": font["OS/2"].usWinAscent,
        "descent": font["OS/2"].usWinDescent,
        "capital": font["OS/2"].sCapHeight,
        "missing": advances[".notdef"][0],
        "advances": {f"{point:04x}": advances[glyph][0] for point, glyph in sorted(font.getBestCmap().items())},
    }


def rendered() -> str:
    """All faces as the text of metrics.json, one face a line."""
    lines = [
        f"{json.dumps(face)}: {json.dumps(measure(HERE / f'BeVietnamPro-{face}.ttf'), separators=(',', ':'))}"
        for face in FACES
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def sizes() -> list[int]:
    """Dots an em of all letters that the paper's sizes take on the heads that are known."""
    heads = {profile.dots_per_mm for profile in PROFILES.values()}
    return sorted({typeface.size_for_capital(face, mm * head) for face in Face for mm in CAPITALS_MM for head in heads})


def alphabet(face: Face, size: int) -> dict[str, Letter]:
    """Every letter of a face at one size."""
    characters = measure(face.path)["advances"]
    return {character: drawn(character, face, size) for character in (chr(int(point, 16)) for point in characters)}


def drawn(character: str, face: Face, size: int) -> Letter:
    """Draw a letter as it stands in a line.

    Pillow shifts a line by the fraction of a dot by which its outer letters miss the grid, and every letter with it:
    a space before and an H behind hold it to the grid, and letters look the same wherever they stand.
    """
    advance, space = (typeface.width(text, face, size) for text in (character, " "))
    left, top = size, 2 * size
    cell = Image.new("1", (left + advance + 2 * space, top + size), 0)
    pen = ImageDraw.Draw(cell)
    pen.fontmode = "1"
    pen.text((left - space, top), f" {character}  H", fill=1, font=_font(face, size), anchor="ls")
    ink = cell.getbbox()
    if ink is None:
        return Letter((), 0, 0, 0)
    width, step = ink[2] - ink[0], (ink[2] - ink[0] + 7) // 8
    packed = cell.crop(ink).tobytes()
    rows = (packed[at : at + step] for at in range(0, len(packed), step))
    return Letter(
        tuple(int.from_bytes(row, "big") >> 8 * step - width for row in rows), width, ink[0] - left, ink[1] - top
    )


@cache
def _font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    """The basic layout: whole-dot advances, the same on every machine, whatever shaping library it has."""
    return ImageFont.truetype(face.path, size, layout_engine=ImageFont.Layout.BASIC)


def digests() -> dict[str, str]:
    """The SHA-256 of the fonts and of the letters that lie here, by file."""
    files = [*(face.path for face in Face), *sorted(LETTERS.glob("*.bin"))]
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}


if __name__ == "__main__":
    (HERE / "metrics.json").write_text(rendered(), "utf-8")
    LETTERS.mkdir(exist_ok=True)
    for old in LETTERS.glob("*.bin"):
        old.unlink()
    for one in Face:
        for em in sizes():
            (LETTERS / letters.name(one, em)).write_bytes(letters.written(alphabet(one, em)))
    (LETTERS / "digests.json").write_text(json.dumps(digests(), indent=2) + "\n", "utf-8")
