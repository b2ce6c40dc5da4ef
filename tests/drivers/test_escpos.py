"""The printer's language, against the reference's own numbers and a decoder that reads it back."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from drivers import escpos
from drivers.paper import Align, Bitmap, Code, Paper, Row, Rule, Space, Text
from drivers.profiles import PROFILES, Profile
from drivers.raster import draw
from drivers.strips import Rows
from drivers.typeface import Face
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.slip_picture import picture

GOLDEN_PROFILES = (
    "generic-58",
    "generic-58-cutter",
    "generic-80",
    "generic-80-plain",
    "epson-180dpi-80",
    "epson-tm-t20",
)
GOLDEN = Path(__file__).parents[1] / "golden" / "slips"
PAPER = Paper(
    (
        Text("Ủy ban nhân dân phường Hoàn Kiếm", Face.SEMIBOLD, align=Align.CENTRE),
        Text("PHIẾU THỬ MÁY IN", Face.EXTRABOLD, 2.8, Align.CENTRE),
        Space(1),
        Rule(3),
        Row("Tiếng Việt", "ẮẶẾỘỮỲ ắặếộữỳ đĐ"),
        Row("Một dòng dài", "xuống dòng ở bên phải, không chữ nào bị cắt"),
        Text("42.308.000\u202fđ", Face.EXTRABOLD, 4.8, Align.CENTRE, wraps=False),
        Code("HK-2026-7K2M-9XHP"),
        Space(5),
    )
)
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)


def printed(stream: bytes, profile: Profile) -> Bitmap:
    printer = VirtualPrinter(profile)
    printer.send(stream)
    printer.tear_off()
    (slip,) = printer.slips
    return slip


def images(stream: bytes) -> list[tuple[int, int]]:
    """Bytes a row and rows of each GS v 0, read by hand."""
    found, at = [], 0
    while (at := stream.find(b"\x1dv0", at)) >= 0:
        width, rows = stream[at + 4] + 256 * stream[at + 5], stream[at + 6] + 256 * stream[at + 7]
        found.append((width, rows))
        at += 8 + width * rows
    return found


@pytest.mark.parametrize("name", GOLDEN_PROFILES)
def test_a_stream_is_golden(name: str) -> None:
    profile = PROFILES[name]
    golden = GOLDEN / f"test-{profile.name}.bin"
    stream = escpos.encode(PAPER, profile)
    if os.environ.get("QUAYTHU_REDRAW"):
        golden.write_bytes(stream)
        golden.with_suffix(".png").write_bytes(picture(printed(stream, profile), profile))
    assert stream == golden.read_bytes(), "look at the picture; if it is better now, redraw the golden one"
    assert picture(printed(stream, profile), profile) == golden.with_suffix(".png").read_bytes()


@every_profile
def test_what_comes_out_of_the_printer_is_what_was_drawn(profile: Profile) -> None:
    drawing = replace(profile, has_native_qr=False)
    drawn = draw(PAPER, profile.width_dots, profile.dots_per_mm)
    paper = printed(escpos.encode(PAPER, drawing), drawing)
    assert paper.packed[: len(drawn.packed)] == drawn.packed
    assert not any(paper.packed[len(drawn.packed) :])


@every_profile
def test_no_image_is_higher_than_the_printer_can_take(profile: Profile) -> None:
    found = images(escpos.encode(Paper((Rule(1000), Space(2), *PAPER.items)), profile))
    assert max(rows for _, rows in found) == profile.max_band_rows == 128
    assert max(width for width, _ in found) == profile.width_dots // 8


@every_profile
def test_between_two_pieces_of_a_slip_the_printer_waits_for_a_command(profile: Profile) -> None:
    stream = escpos.stream(PAPER, profile)
    printer = VirtualPrinter(profile)
    for piece in (stream.opening, *stream.bands):
        printer.send(piece)
        before = printer.paper.height_dots
        printer.send(b"\x1bJ\0")
        assert printer.paper.height_dots == before
    assert printer.paper.height_dots == stream.height_dots
    assert max(map(len, stream.bands)) <= escpos.most_image_bytes(profile)
    assert b"".join((stream.opening, *stream.bands, stream.ending)) == stream.raw == escpos.encode(PAPER, profile)


@every_profile
def test_the_opening_leaves_no_ink(profile: Profile) -> None:
    printer = VirtualPrinter(profile)
    printer.send(escpos.stream(Paper((Space(3), Rule(2))), profile).opening)
    assert printer.paper.height_dots == round(3 * profile.dots_per_mm)
    assert not any(printer.paper.packed)


def test_the_cheapest_stream_is_little_more_than_half_of_plain_bands() -> None:
    cheap, plain, native = (
        len(escpos.encode(PAPER, PROFILES[name])) for name in ("generic-80", "generic-80-plain", "generic-80-qr")
    )
    assert 1.8 * cheap < plain
    assert native < cheap - 500


def test_what_stands_on_every_slip_is_the_same_drawn_once_or_anew() -> None:
    kept = Paper(tuple(replace(i, is_fixed=True) if isinstance(i, Text | Row) else i for i in PAPER.items))
    profile = PROFILES["generic-80"]
    streams = [escpos.encode(kept, profile) for _ in range(2)]
    assert streams[0] == streams[1]
    assert printed(streams[0], profile) == printed(escpos.encode(PAPER, profile), profile)


def test_a_printer_that_draws_codes_is_given_the_words_and_not_the_dots() -> None:
    stream = escpos.encode(Paper((Code("HK-2026-7K2M-9XHP", 20),)), PROFILES["generic-80-qr"])
    assert b"\x1d(k\x04\x001A2\0" + b"\x1d(k\x03\x001C\x06" + b"\x1d(k\x03\x001E2" in stream
    assert b"\x1d(k\x14\x001P0HK-2026-7K2M-9XHP" + b"\x1d(k\x03\x001Q0" + b"\x1ba\0" in stream


@pytest.mark.parametrize("payload", ["Ế", "a\n", "\x10\x05\x02"])
def test_what_a_printer_could_read_otherwise_is_drawn_by_us(payload: str) -> None:
    assert b"\x1d(k" not in escpos.encode(Paper((Code(payload),)), PROFILES["generic-80-qr"])


def test_a_slip_begins_with_initialize_and_ends_with_a_cut() -> None:
    stream = escpos.encode(PAPER, PROFILES["generic-80"])
    assert stream.startswith(b"\x1b@")
    assert stream.endswith(b"\x1dVB\x00")


def test_without_a_cutter_the_last_line_is_fed_past_the_tear_bar() -> None:
    stream = escpos.encode(PAPER, PROFILES["generic-58"])
    assert stream.endswith(b"\x1bJ" + bytes((96,)))
    assert b"\x1dV" not in stream


def test_paper_that_is_not_cut_goes_on() -> None:
    assert escpos.encode(Paper((Space(1),), is_cut=False), PROFILES["generic-80"]) == b"\x1b@\x1bJ\x08"


def test_white_is_fed_and_not_sent() -> None:
    stream = escpos.encode(Paper((Space(100), Rule(3))), PROFILES["generic-80"])
    image = b"\x1dv0\x00\x48\x00\x03\x00" + b"\xff" * 216
    assert stream == b"\x1b@" + b"\x1bJ\xff" * 3 + b"\x1bJ\x23" + image + b"\x1dVB\x00"


def test_a_printer_that_feeds_half_dots_is_told_twice_as_many() -> None:
    stream = escpos.encode(Paper((Space(50),), is_cut=False), PROFILES["epson-180dpi-80"])
    assert stream == b"\x1b@" + b"\x1bJ\xfe" * 2 + b"\x1bJ" + bytes((2 * (354 - 254),))


def test_rows_can_be_doubled_by_the_printer() -> None:
    assert escpos.raster_bit_image(Rows(2, b"\x01\x00\x00\x80")) == b"\x1dv0\x00\x02\x00\x02\x00\x01\x00\x00\x80"
    assert escpos.raster_bit_image(Rows(1, b"\x80", is_doubled=True)) == b"\x1dv0\x03\x01\x00\x01\x00\x80"


def test_a_printer_is_asked_for_its_last_word_as_it_can_say_it() -> None:
    assert escpos.ask_whether_done("0042", PROFILES["epson-tm-t20"]) == b"\x1d(H\x06\x00000042"
    assert escpos.ask_whether_done("0042", PROFILES["generic-80"]) == b"\x1dr\x01"
    assert escpos.ask_whether_done("0042", PROFILES["generic-80-mute"]) == b""


def test_a_printer_that_tells_changes_is_asked_to() -> None:
    assert escpos.stream(Paper(()), PROFILES["epson-tm-t20"]).opening == b"\x1b@\x1da\x0e"


@every_profile
@pytest.mark.parametrize("share", range(0, 100, 9))
def test_whatever_broke_off_is_cut_off_and_the_next_slip_is_whole(profile: Profile, share: int) -> None:
    stream = escpos.encode(PAPER, profile)
    printer = VirtualPrinter(profile)
    printer.send(stream[: len(stream) * share // 100])
    printer.send(escpos.abandon(profile))
    printer.tear_off()
    printer.send(stream)
    printer.tear_off()
    assert printer.slips[-1] == printed(stream, profile)


def test_a_question_is_asked_in_real_time() -> None:
    assert escpos.ask(4) == b"\x10\x04\x04"
