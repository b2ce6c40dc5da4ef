"""Pictures in pieces: put together again they are the same picture, and no piece is a command."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drivers import strips
from drivers.paper import Bitmap
from drivers.strips import Columns, Feed, Piece, Rows


def rebuilt(pieces: list[Piece], width: int) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """The picture that a printer would make of them, by the reference and not by our code."""
    parts = [_rebuilt(piece, width) for piece in pieces]
    return np.concatenate([np.zeros((0, width), np.uint8), *parts])


def _rebuilt(piece: Piece, width: int) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    part = np.zeros((piece.rows, width), np.uint8)
    match piece:
        case Rows(row_bytes=row_bytes, dots=packed, is_doubled=is_doubled):
            dots = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(-1, row_bytes), axis=1)
            wide = dots.repeat(2, 0).repeat(2, 1) if is_doubled else dots
            assert not wide[:, width:].any()
            part[:, : wide.shape[1]] = wide[:, :width]
        case Columns(spans=spans):
            for left, packed in spans:
                dots = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(-1, 3), axis=1).T
                part[:, left : left + dots.shape[1]] = dots
    return part


def bitmap(dots: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> Bitmap:
    return Bitmap(dots.shape[1], dots.shape[0], np.packbits(dots, axis=1).tobytes())


def cost(pieces: list[Piece]) -> int:
    """Bytes, counted by hand: GS v 0 has 8 besides dots, ESC $ with ESC * 9, ESC J 3."""
    total = 0
    for piece in pieces:
        match piece:
            case Feed():
                total += 3
            case Rows(dots=dots):
                total += 8 + len(dots)
            case Columns(spans=spans):
                total += 3 + sum(9 + len(dots) for _, dots in spans)
    return total


@st.composite
def pictures(draw: DrawFn) -> Bitmap:
    """Sparse blots on white, with white rows between them, and now and then a blot of doubled dots."""
    width, height = 8 * draw(st.integers(1, 24)), draw(st.integers(0, 160))
    dots = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(0, 6))):
        top, left = draw(st.integers(0, max(0, height - 1))), draw(st.integers(0, width - 1))
        high, wide = draw(st.integers(1, 70)), draw(st.integers(1, 90))
        blot = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 2, (high, wide), dtype=np.uint8)
        if draw(st.booleans()):
            blot, top, left = blot.repeat(2, 0).repeat(2, 1), top // 2 * 2, left // 2 * 2
        part = dots[top : top + blot.shape[0], left : left + blot.shape[1]]
        part |= blot[: part.shape[0], : part.shape[1]]
    return bitmap(dots)


def extra_dots(picture: Bitmap, pieces: list[Piece]) -> int:
    wanted = np.unpackbits(np.frombuffer(picture.packed, np.uint8).reshape(-1, picture.row_bytes), axis=1)
    made = rebuilt(pieces, picture.width_dots)
    assert made.shape == wanted.shape
    assert (made >= wanted).all()
    return int((made != wanted).sum())


@given(pictures(), st.sampled_from([24, 31, 128]))
def test_the_pieces_are_the_picture(picture: Bitmap, most_rows: int) -> None:
    for cut in (strips.cheapest, strips.plain):
        pieces = list(cut(picture, most_rows))
        commands = sum(len(re.findall(rb"\x10[\x04\x05\x14]", picture.packed)) for _ in range(1))
        # One dot beside the beginning of what would be a command; columns and doubled rows have others than rows.
        assert extra_dots(picture, pieces) <= max(commands, 8)
        assert all(len(p.dots) // p.row_bytes <= most_rows for p in pieces if isinstance(p, Rows))


@given(pictures())
def test_the_cheapest_pieces_cost_no_more_than_plain_ones(picture: Bitmap) -> None:
    assert cost(list(strips.cheapest(picture, 128))) <= cost(list(strips.plain(picture, 128))) + 8


@given(pictures())
@example(Bitmap(16, 1, b"\x10\x04"))
@example(Bitmap(16, 2, b"\x10\x05\x10\x14"))
def test_no_piece_holds_a_command_that_printers_obey_at_once(picture: Bitmap) -> None:
    for cut in (strips.cheapest, strips.plain):
        for piece in cut(picture, 128):
            data = [piece.dots] if isinstance(piece, Rows) else [d for _, d in getattr(piece, "spans", ())]
            assert not any(re.search(rb"\x10[\x04\x05\x14]", one) for one in data)


def test_a_picture_that_is_a_command_gets_one_dot_more() -> None:
    (piece,) = strips.plain(Bitmap(16, 1, b"\x10\x04"), 128)
    assert piece == Rows(2, b"\x18\x04")


def test_a_picture_that_is_a_command_by_rows_goes_by_columns_if_it_can() -> None:
    picture = Bitmap(16, 24, b"\x10\x04" + bytes(46))
    (piece,) = strips.cheapest(picture, 128)
    assert isinstance(piece, Columns)
    assert extra_dots(picture, [piece]) == 0


def test_a_picture_that_is_a_command_either_way_gets_one_dot_more() -> None:
    dots = np.zeros((24, 16), np.uint8)
    dots[0, 3], dots[0, 13] = 1, 1  # 10 04 by rows
    dots[3, 0], dots[13, 0] = 1, 1  # 10 04 by columns
    dots[1:23, 15] = 1
    pieces = list(strips.cheapest(bitmap(dots), 128))
    assert extra_dots(bitmap(dots), pieces) == 1


def test_white_is_fed() -> None:
    assert list(strips.cheapest(Bitmap(8, 30, bytes(30)), 128)) == [Feed(30)]
    assert list(strips.plain(Bitmap(8, 30, bytes(30)), 128)) == [Feed(30)]
    assert list(strips.cheapest(Bitmap(8, 0, b""), 128)) == []


def test_white_at_the_right_of_rows_is_not_sent() -> None:
    assert list(strips.plain(Bitmap(24, 2, b"\x01\0\0" + b"\0\x80\0"), 128)) == [Rows(2, b"\x01\0\0\x80")]


def test_white_between_columns_is_not_sent_unless_it_is_narrow() -> None:
    dots = np.zeros((24, 80), np.uint8)
    dots[:, [0, 5, 40]] = 1
    (piece,) = strips.cheapest(bitmap(dots), 128)
    assert isinstance(piece, Columns)
    assert [(left, len(data)) for left, data in piece.spans] == [(0, 18), (40, 3)]


@pytest.mark.parametrize("top", [0, 7])
def test_dots_in_squares_are_sent_once_and_doubled_by_the_printer(top: int) -> None:
    dots = np.zeros((top + 60, 64), np.uint8)
    dots[top:, 10:50] = np.random.default_rng(1).integers(0, 2, (30, 20), dtype=np.uint8).repeat(2, 0).repeat(2, 1)
    dots[top : top + 2, 10:50] = dots[top + 58 :, 10:50] = 1
    pieces = list(strips.cheapest(bitmap(dots), 128))
    assert isinstance(pieces[-1], Rows)
    assert (pieces[-1].is_doubled, pieces[-1].rows, pieces[-1].row_bytes) == (True, 60, 4)
    assert extra_dots(bitmap(dots), pieces) == 0


def test_no_dot_is_put_beside_the_paper_to_spoil_a_command() -> None:
    """A row that ends in DLE above one that begins with ENQ, on a picture of an odd number of bytes."""
    over, under = bytes(10) + b"\x03", b"\x00\x33" + bytes(9)
    picture = Bitmap(88, 4, over * 2 + under * 2)
    rebuilt(list(strips.cheapest(picture, 24)), 88)
