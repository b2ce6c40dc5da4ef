"""The printer's language, against the reference's own numbers and a decoder that reads it back."""

import os
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import escpos
from drivers.escpos import Condition, PrinterStatus, read_status
from drivers.paper import PROFILES, Align, Bitmap, Code, Paper, Profile, Row, Rule, Space, Text
from drivers.raster import draw
from drivers.typeface import Face
from drivers.virtual.printer import VirtualPrinter, picture

GOLDEN = Path(__file__).parents[1] / "golden" / "slips"
PAPER = Paper(
    (
        Text("Ủy ban nhân dân phường Hoàn Kiếm", Face.SEMIBOLD, align=Align.CENTRE),
        Text("PHIẾU THỬ MÁY IN", Face.EXTRABOLD, 3.0, Align.CENTRE),
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


def bands(stream: bytes) -> list[tuple[int, int]]:
    """Bytes a row and rows of each GS v 0, read by hand."""
    found, at = [], 0
    while (at := stream.find(b"\x1dv0\x00", at)) >= 0:
        width, rows = stream[at + 4] + 256 * stream[at + 5], stream[at + 6] + 256 * stream[at + 7]
        found.append((width, rows))
        at += 8 + width * rows
    return found


@every_profile
def test_a_stream_is_golden(profile: Profile) -> None:
    golden = GOLDEN / f"test-{profile.name}.bin"
    stream = escpos.encode(PAPER, profile)
    if os.environ.get("QUAYTHU_REDRAW"):
        golden.write_bytes(stream)
        golden.with_suffix(".png").write_bytes(picture(printed(stream, profile), profile))
    assert stream == golden.read_bytes(), "look at the picture; if it is better now, redraw the golden one"
    assert picture(printed(stream, profile), profile) == golden.with_suffix(".png").read_bytes()


@every_profile
def test_what_comes_out_of_the_printer_is_what_was_drawn(profile: Profile) -> None:
    drawn = draw(PAPER, profile.width_dots, profile.dots_per_mm)
    paper = printed(escpos.encode(PAPER, profile), profile)
    assert paper.packed[: len(drawn.packed)] == drawn.packed
    assert not any(paper.packed[len(drawn.packed) :])


@every_profile
def test_no_band_is_higher_than_the_printer_can_take(profile: Profile) -> None:
    found = bands(escpos.encode(Paper((Rule(1000), Space(2), *PAPER.items)), profile))
    assert max(rows for _, rows in found) == profile.max_band_rows == 128
    assert max(width for width, _ in found) == profile.width_dots // 8


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
    stream = escpos.encode(Paper((Space(100), Rule(2))), PROFILES["generic-80"])
    assert (
        stream
        == b"\x1b@" + b"\x1bJ\xff" * 3 + b"\x1bJ\x23" + b"\x1dv0\x00\x48\x00\x02\x00" + b"\xff" * 144 + b"\x1dVB\x00"
    )


def test_a_printer_that_feeds_half_dots_is_told_twice_as_many() -> None:
    stream = escpos.encode(Paper((Space(50),), is_cut=False), PROFILES["epson-180dpi-80"])
    assert stream == b"\x1b@" + b"\x1bJ\xfe" * 2 + b"\x1bJ" + bytes((2 * (354 - 254),))


def test_white_at_the_right_of_a_band_is_not_sent() -> None:
    assert escpos.raster_bit_image([b"\x01\x00\x00", b"\x00\x80\x00"]) == b"\x1dv0\x00\x02\x00\x02\x00\x01\x00\x00\x80"


def test_a_silent_printer_is_unknown_and_never_ready() -> None:
    assert read_status({}) == escpos.UNKNOWN
    assert read_status({1: 0x12, 2: 0x12, 4: None}) == escpos.UNKNOWN


def test_a_printer_that_answers_all_and_complains_of_nothing_is_ready() -> None:
    status = read_status(dict.fromkeys(escpos.STATUS_QUERIES, 0x12))
    assert status.conditions == {Condition.READY}
    assert status.headline is Condition.READY
    assert status.can_print


@pytest.mark.parametrize(
    ("query", "byte", "condition"),
    [
        (1, 0x1A, Condition.OFFLINE),
        (2, 0x16, Condition.COVER_OPEN),
        (2, 0x32, Condition.PAPER_OUT),
        (2, 0x52, Condition.OFFLINE),
        (4, 0x1E, Condition.PAPER_LOW),
        (4, 0x72, Condition.PAPER_OUT),
    ],
)
def test_the_bits_of_the_reference_mean_what_they_say(query: int, byte: int, condition: Condition) -> None:
    answers: dict[int, int | None] = dict.fromkeys(escpos.STATUS_QUERIES, 0x12)
    assert read_status(answers | {query: byte}).conditions == {condition}


@pytest.mark.parametrize("byte", [0x00, 0xFF, 0x13, 0x92, 0x02])
def test_noise_on_the_line_is_no_answer(byte: int) -> None:
    assert Condition.UNKNOWN in read_status({1: 0x12, 2: byte, 4: 0x12}).conditions


@given(st.dictionaries(st.sampled_from([1, 2, 3, 4]), st.none() | st.integers(0, 255)))
def test_ready_is_said_only_by_a_printer_that_said_so_three_times(answers: dict[int, int | None]) -> None:
    status = read_status(answers)
    said = [answers.get(query) for query in escpos.STATUS_QUERIES]
    assert (Condition.READY in status.conditions) == (status.conditions == {Condition.READY})
    if status.headline is Condition.READY:
        assert None not in said
        assert all(byte is not None and byte & 0x93 == 0x12 for byte in said)


@pytest.mark.parametrize("query", escpos.STATUS_QUERIES)
def test_an_answer_reads_back_as_what_the_printer_meant(query: int) -> None:
    for flags in product([False, True], repeat=4):
        kinds = (Condition.COVER_OPEN, Condition.PAPER_OUT, Condition.OFFLINE, Condition.PAPER_LOW)
        meant = frozenset(kind for kind, is_so in zip(kinds, flags, strict=True) if is_so)
        quiet: dict[int, int | None] = dict.fromkeys(escpos.STATUS_QUERIES, 0x12)
        heard = read_status(quiet | {query: escpos.answer(query, meant)}).conditions - {Condition.READY}
        assert heard <= meant


def test_the_most_pressing_trouble_is_told_first() -> None:
    both = PrinterStatus(frozenset({Condition.PAPER_LOW, Condition.OFFLINE, Condition.COVER_OPEN}))
    assert both.headline is Condition.COVER_OPEN
    assert not both.can_print


def test_low_or_unknown_paper_is_no_reason_not_to_print() -> None:
    assert PrinterStatus(frozenset({Condition.PAPER_LOW, Condition.UNKNOWN})).can_print


def test_a_question_is_asked_in_real_time() -> None:
    assert escpos.ask(4) == b"\x10\x04\x04"
