"""A decoder that nobody here wrote reads our bytes: emupos draws the same ink, and answers as our parser expects.

It needs Python 3.13 and lives in an environment of its own: `build/emupos`, or where QUAYTHU_EMUPOS points. It knows
ESC J in whole dots only, and reads over process ids: for those there is the virtual printer.
"""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from appliance.counter import receipt
from drivers import escpos, printer_status
from drivers.paper import Code, Paper
from drivers.printer_status import Answered, Changed, Condition, Ear, Reached
from drivers.profiles import PROFILES, Profile
from drivers.raster import draw
from tests.support.spoken import slip

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / "build" / "emupos"
SKIPPED = (
    "no emupos, which needs Python 3.13 or newer: python3.13 -m venv build/emupos && "
    "build/emupos/bin/pip install emupos==0.4.0, or set QUAYTHU_EMUPOS to a Python that has it"
)
_DECODES = """
import base64, json, sys
from emupos.config import PrinterProfile
from emupos.printer.printer import Printer, PrinterFault
font = {"width": 12, "height": 24}
for line in sys.stdin:
    asked = json.loads(line)
    profile = PrinterProfile.model_validate({
        "type": "printer", "name": "test", "dpi": asked["dpi"], "width_dots": asked["width_dots"],
        "font_a": font, "font_b": font, "code_pages": {0: "PC437"}, "default_code_page": 0,
        "drawer_sensor_open_level": "high",
    })
    printer = Printer("p", profile, sensor_open_level="high", job_idle_timeout_ms=1000)
    printer.open_connection("c", 0)
    for fault in asked["faults"]:
        printer.set_fault(PrinterFault(fault), True, 0)
    out = printer.receive("c", bytes.fromhex(asked["stream"]), 0) + printer.close_connection("c", 0)
    print(json.dumps({
        "pngs": [base64.b64encode(receipt.png).decode() for receipt in out.receipts],
        "said": b"".join(write.data for write in out.writes).hex(),
        "unknown": [event.data for event in out.events if "unknown" in event.type.value],
    }), flush=True)
"""

pytestmark = pytest.mark.journey
every_profile = pytest.mark.parametrize("name", [name for name, p in PROFILES.items() if not p.is_mute])


@dataclass(frozen=True)
class Decoded:
    """What emupos made of a stream."""

    pngs: tuple[bytes, ...]
    said: bytes
    unknown: list[object]


def python() -> str:
    """A Python that has emupos; skips the test if there is none."""
    for candidate in (os.environ.get("QUAYTHU_EMUPOS", ""), str(ENVIRONMENT / "bin" / "python"), sys.executable):
        if candidate and shutil.which(candidate):
            asked = subprocess.run([candidate, "-c", "import emupos"], capture_output=True, check=False)
            if asked.returncode == 0:
                return candidate
    pytest.skip(SKIPPED)


Decoder = Callable[..., Decoded]


@pytest.fixture(scope="module")
def decoded() -> Iterator[Decoder]:
    """One emupos for all tests, a fresh printer for each stream."""
    with subprocess.Popen(
        [python(), "-c", _DECODES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as program:

        def decode(stream: bytes, profile: Profile, faults: tuple[str, ...] = ()) -> Decoded:
            assert program.stdin is not None
            assert program.stdout is not None
            dpi = round(profile.dots_per_mm * 25.4)
            asked = {"width_dots": profile.width_dots, "dpi": dpi, "stream": stream.hex(), "faults": faults}
            print(json.dumps(asked), file=program.stdin, flush=True)
            answer = json.loads(program.stdout.readline())
            pngs = tuple(base64.b64decode(png) for png in answer["pngs"])
            return Decoded(pngs, bytes.fromhex(answer["said"]), answer["unknown"])

        yield decode


def ink(png: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    return ~np.asarray(Image.open(io.BytesIO(png)).convert("1"))


def drawn(paper: Paper, profile: Profile) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """Our own picture, without the white at its end: emupos keeps none."""
    picture = draw(paper, profile.width_dots, profile.dots_per_mm)
    packed = np.frombuffer(picture.packed, np.uint8).reshape(picture.height_dots, picture.row_bytes)
    dots = np.unpackbits(packed, axis=1).astype(bool)
    return dots[: np.flatnonzero(dots.any(axis=1))[-1] + 1]


def in_whole_dots(name: str) -> Profile:
    return replace(PROFILES[name], feed_units_per_dot=1)


@every_profile
@pytest.mark.parametrize("is_bilingual", [False, True])
def test_a_decoder_that_we_did_not_write_draws_the_same_ink(decoded: Decoder, name: str, is_bilingual: bool) -> None:
    profile = replace(in_whole_dots(name), has_native_qr=False)
    paper = receipt.compose(slip(1), "3", is_bilingual=is_bilingual)
    found = decoded(escpos.encode(paper, profile), profile)
    made = [ink(png) for png in found.pngs]
    assert len(made) == 1
    wanted = drawn(paper, profile)
    assert (made[0][: len(wanted)] == wanted).all()
    assert not made[0][len(wanted) :].any()
    assert not found.unknown


@pytest.mark.parametrize("name", ["generic-80-qr", "epson-tm-t20", "epson-tm-t88"])
def test_with_a_code_that_the_printer_draws_everything_else_is_the_same_ink(decoded: Decoder, name: str) -> None:
    profile = in_whole_dots(name)
    paper = receipt.compose(slip(1), "3")
    (png,) = decoded(escpos.encode(paper, profile), profile).pngs
    made, wanted = ink(png), drawn(paper, profile)
    rows = [draw(Paper(paper.items[:i]), profile.width_dots, profile.dots_per_mm).height_dots for i in _code(paper)]
    assert (made[: rows[0]] == wanted[: rows[0]]).all()
    assert (made[rows[1] : len(wanted)] == wanted[rows[1] :]).all()
    assert not made[len(wanted) :].any()


def _code(paper: Paper) -> tuple[int, int]:
    (at,) = (number for number, item in enumerate(paper.items) if isinstance(item, Code))
    return at, at + 1


@every_profile
def test_zbar_reads_the_code_from_what_it_drew(decoded: Decoder, name: str, tmp_path: Path) -> None:
    if not shutil.which("zbarimg"):
        pytest.skip("no zbarimg: apt-get install zbar-tools")
    profile = in_whole_dots(name)
    found = decoded(escpos.encode(receipt.compose(slip(1), "3"), profile), profile)
    picture = tmp_path / "slip.png"
    Image.fromarray(np.pad(~ink(found.pngs[0]), 40, constant_values=True)).save(picture)
    read = subprocess.run(["zbarimg", "-q", "--raw", picture], capture_output=True, text=True, check=False)
    assert read.stdout.split() == [slip(1).lookup]


@pytest.mark.parametrize(
    ("faults", "condition"),
    [
        ((), Condition.READY),
        (("paper-near-end",), Condition.PAPER_LOW),
        (("paper-out",), Condition.PAPER_OUT),
        (("cover-open",), Condition.COVER_OPEN),
        (("offline",), Condition.OFFLINE),
    ],
)
def test_its_answers_are_read_as_it_meant_them(decoded: Decoder, faults: tuple[str, ...], condition: Condition) -> None:
    profile = PROFILES["generic-80"]
    questions = b"".join(map(escpos.ask, printer_status.STATUS_QUERIES))
    heard = Ear().hear(decoded(questions, profile, faults).said)
    answers = [one.byte for one in heard if isinstance(one, Answered)]
    status = printer_status.read_status(dict(zip(printer_status.STATUS_QUERIES, answers, strict=True)))
    assert status.headline is condition


def test_its_automatic_status_and_its_last_word_are_understood(decoded: Decoder) -> None:
    profile = PROFILES["generic-80"]
    heard = Ear().hear(decoded(escpos.AUTOMATIC_STATUS + escpos.STATUS_IN_TURN, profile).said)
    assert [type(one) for one in heard] == [Changed, Reached]
    assert all(one.status.headline is Condition.READY for one in heard if isinstance(one, Changed))
