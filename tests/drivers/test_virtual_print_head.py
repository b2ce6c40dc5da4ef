"""The interpreter inside the virtual printer, command by command, against the ESC/POS reference."""

import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.profiles import PROFILES, Profile
from drivers.virtual.print_head import Asked, PrintHead

CUTTER = PROFILES["generic-80"]
HALF_DOTS = PROFILES["epson-180dpi-80"]
DOT = b"\x1dv0\x00\x01\x00\x01\x00\x80"
"""One row, eight dots wide, the leftmost black."""


def fed(stream: bytes, profile: Profile = CUTTER) -> PrintHead:
    head = PrintHead(profile)
    head.feed(stream)
    return head


def dots(head: PrintHead) -> npt.NDArray[np.uint8]:
    paper = head.paper
    packed = np.frombuffer(paper.packed, np.uint8).reshape(paper.height_dots, paper.row_bytes)
    return np.unpackbits(packed, axis=1)


@pytest.mark.parametrize(
    ("stream", "rows"),
    [
        (b"\x1bJ\x07", 7),
        (b"\x1bd\x02", 60),
        (b"\n", 30),
        (b"\x1b3\x0a\n", 10),
        (b"\x1b3\x0a\x1b2\n", 30),
        (b"\x1b@\r\0", 0),
        (b"\x1dv0\0\0\0\xff\xff\n", 30),  # a picture without width, however high
    ],
)
def test_feeds_move_the_paper(stream: bytes, rows: int) -> None:
    head = fed(stream)
    assert head.paper.height_dots == rows
    assert not dots(head).any()


def test_feeds_count_in_the_printers_own_units() -> None:
    assert fed(b"\x1bJ\x14", HALF_DOTS).paper.height_dots == 10
    assert fed(b"\x1b3\x14\n", HALF_DOTS).paper.height_dots == 10


def test_a_raster_image_is_burnt_dot_by_dot() -> None:
    paper = dots(fed(b"\x1dv0\x00\x02\x00\x02\x00\x80\x01\xff\x00"))
    assert np.flatnonzero(paper[0]).tolist() == [0, 15]
    assert np.flatnonzero(paper[1]).tolist() == list(range(8))


def test_raster_wider_than_the_head_is_lost_at_the_right() -> None:
    paper = dots(fed(b"\x1dv0\x00\x4a\x00\x01\x00" + b"\xff" * 74))
    assert paper.shape == (1, 576)
    assert paper.all()


def test_a_bit_image_of_24_pins_stands_in_columns() -> None:
    paper = dots(fed(b"\x1b*\x21\x02\x00" + b"\x80\x00\x01" + b"\x00\x80\x00" + b"\x1bJ\x18"))
    assert paper.shape[0] == 24
    assert np.argwhere(paper).tolist() == [[0, 0], [8, 1], [23, 0]]


def test_a_bit_image_of_single_density_is_twice_as_wide() -> None:
    paper = dots(fed(b"\x1b*\x20\x01\x00\x80\x00\x00\n"))
    assert np.argwhere(paper).tolist() == [[0, 0], [0, 1]]


def test_a_bit_image_of_8_pins_has_dots_three_high() -> None:
    paper = dots(fed(b"\x1b*\x01\x01\x00\x40\n"))
    assert np.argwhere(paper).tolist() == [[3, 0], [4, 0], [5, 0]]


def test_a_position_moves_the_next_column() -> None:
    paper = dots(fed(b"\x1b$\x2c\x01\x1b*\x21\x01\x00\x80\x00\x00\n"))
    assert np.argwhere(paper).tolist() == [[0, 300]]


def test_columns_beyond_the_edge_are_lost() -> None:
    assert not dots(fed(b"\x1b$\x40\x02\x1b*\x21\x01\x00\xff\xff\xff\n")).any()


@pytest.mark.parametrize("stream", [b"A\n", b"\xe1\n", b"\x1b\x7f\n", b"\x1d!\n", b"\x10\x99\n"])
def test_what_the_printer_does_not_know_is_there_for_all_to_see(stream: bytes) -> None:
    assert dots(fed(stream)).sum() > 40


def test_garbage_wraps_at_the_edge_as_text_does() -> None:
    paper = dots(fed(b"x" * 49 + b"\n"))
    assert paper.shape[0] == 60
    assert paper[:, 560:].any()


def test_different_garbage_looks_different() -> None:
    assert (dots(fed(b"A\n")) != dots(fed(b"B\n"))).any()


def test_an_extended_command_is_read_to_its_end_and_ignored() -> None:
    assert fed(b"\x1d(k\x03\x001C\x08" + DOT).paper.height_dots == 1


@pytest.mark.parametrize(("cut", "rows"), [(b"\x1dV\x00", 1), (b"\x1dV1", 1), (b"\x1dVB\x00", 1), (b"\x1dVA\x05", 6)])
def test_a_cut_ends_a_slip(cut: bytes, rows: int) -> None:
    head = fed(DOT + cut + DOT)
    assert [printout.picture.height_dots for printout in head.printouts] == [rows]
    assert head.printouts[0].stream == DOT + cut
    assert head.paper.height_dots == 1


def test_a_cut_without_paper_before_it_makes_no_slip() -> None:
    assert fed(b"\x1dV\x00").printouts == []


def test_a_printer_without_a_cutter_does_not_cut() -> None:
    head = fed(DOT + b"\x1dV\x00", PROFILES["generic-58"])
    assert head.printouts == []
    head.tear()
    assert len(head.printouts) == 1


def test_what_is_asked_in_its_turn_is_kept_for_whoever_answers() -> None:
    head = fed(DOT + b"\x1dr\x01\x1da\x0e\x1d(H\x06\x00000042" + DOT, PROFILES["epson-tm-t20"])
    assert head.asked == [Asked("GS r", b"\x01"), Asked("GS a", b"\x0e"), Asked("GS ( H", b"0042")]


def test_a_printer_without_process_ids_reads_over_them() -> None:
    head = fed(b"\x1d(H\x06\x00000042" + DOT)
    assert (head.asked, head.paper.height_dots) == ([], 1)


@pytest.mark.parametrize("asked", [b"\x10\x04\x01", b"\x10\x05\x02", b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"])
def test_what_was_obeyed_on_arrival_leaves_nothing_on_paper(asked: bytes) -> None:
    assert fed(asked + DOT).paper.height_dots == 1


def test_raster_can_be_doubled_either_way() -> None:
    for mode, shape in enumerate([(1, 1), (1, 2), (2, 1), (2, 2)]):
        paper = dots(fed(b"\x1dv0" + bytes((mode,)) + b"\x01\x00\x01\x00\x80"))
        assert (paper.shape[0], int(paper[0].sum())) == shape


def test_a_printer_that_can_draws_a_code_in_the_middle() -> None:
    commands = b"".join(
        b"\x1d(k" + len(one).to_bytes(2, "little") + one
        for one in (b"1A2\x00", b"1C\x06", b"1E2", b"1P0HK-2026-7K2M-9XHP", b"1Q0")
    )
    paper = dots(fed(b"\x1ba\x01" + commands, PROFILES["epson-tm-t20"]))
    columns = np.flatnonzero(paper.any(axis=0))
    assert abs(columns[0] - (575 - columns[-1])) <= 1
    image = Image.fromarray(np.pad(~paper.astype(bool), 40, constant_values=True))
    assert [code.text for code in zxingcpp.read_barcodes(image)] == ["HK-2026-7K2M-9XHP"]
    assert fed(commands).paper.height_dots == 0


@pytest.mark.parametrize(
    "commands", [b"\x1d(k\x03\x001Q0", b"\x1d(k\x02\x001C", b"\x1d(k\x02\x001E", b"\x1d(k\xff\x1f1P0" + b"A" * 8188]
)
def test_a_code_that_cannot_be_drawn_is_none(commands: bytes) -> None:
    assert fed(commands + b"\x1d(k\x03\x001Q0", PROFILES["epson-tm-t20"]).paper.height_dots == 0


def test_an_image_that_broke_off_eats_the_beginning_of_the_next_slip() -> None:
    head = fed(b"\x1dv0\x00\x01\x00\x04\x00\x80")
    head.feed(b"\x1b@" + DOT)
    assert head.paper.height_dots == 4
    assert dots(head)[1:3].any()


def test_power_off_and_on_forgets_what_broke_off_and_keeps_the_paper() -> None:
    head = fed(b"\x1dv0\x00\x01\x00\x04\x00\x80")
    head.power_cycle()
    head.feed(b"\x1b@" + DOT)
    assert dots(head)[:, 0].tolist() == [1, 1]


def test_at_the_end_of_the_roll_the_head_stands_and_takes_nothing_more() -> None:
    head = PrintHead(CUTTER)
    head.paper_rows = 3
    stream = b"\x1bJ\x02" + DOT + DOT
    assert head.feed(stream) == len(stream) - len(DOT)
    assert head.paper.height_dots == 3
    assert head.paper_rows == 0
    assert head.feed(DOT) == 0


def test_a_head_that_forgets_its_image_takes_the_rest_for_letters() -> None:
    head = fed(b"\x1dv0\x00\x01\x00\x04\x00\x80")
    head.forget_command()
    head.feed(b"AAA\n")
    assert dots(head)[1:].sum() > 100


@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_in_any_pieces_make_the_same_paper(stream: bytes, cut: int) -> None:
    pieces = PrintHead(CUTTER)
    pieces.feed(stream[:cut])
    pieces.feed(stream[cut:])
    whole = fed(stream)
    assert pieces.paper == whole.paper
    assert pieces.printouts == whole.printouts
