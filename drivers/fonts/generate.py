"""Write metrics.json from the fonts beside it. A developer's tool (it needs fontTools); nothing imports it at run time.

python drivers/fonts/generate.py
"""

import json
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
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


if __name__ == "__main__":
    (HERE / "metrics.json").write_text(rendered(), "utf-8")
