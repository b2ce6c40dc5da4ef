from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.counter.blocks import (
    Block,
    Type,
    amount,
    beside,
    centred,
    figures,
    first_fitting,
    fits,
    flatten,
    framed,
    labelled,
    on_panel,
    paragraph,
    picture,
    row,
    rule,
    space,
    spread,
    stack,
    target,
)
from drivers import qr, typeface
from drivers.scene import Anchor, Code, Element, Fill, Picture, Polyline, Rect, Target, Text
from drivers.typeface import Face

INK = (16, 36, 62)
PLAIN = Type(Face.REGULAR, (20,), INK, lines=3)
BOX = Block((Fill(Rect(0, 0, 10, 20), INK),), 10, 20)
SIGN: tuple[Polyline, ...] = (Polyline(((0, 0), (24, 24))),)


def elements(block: Block) -> tuple[Element, ...]:
    return flatten(block).elements


def texts(block: Block) -> list[Text]:
    return [element for element in elements(block) if isinstance(element, Text)]


def lines(block: Block) -> list[str]:
    return [text.text for text in texts(block)]


def test_a_block_takes_everything_in_it_along() -> None:
    matrix = qr.modules("1")
    inner = Block(
        (
            Fill(Rect(1, 2, 3, 4), INK, 5),
            Text("a", 1, 2, Face.REGULAR, 20, INK, Anchor.CENTRE),
            Picture(SIGN, 1, 2, 24, 2, INK),
            Code(matrix, 1, 2, 3),
            Target("menu", Rect(1, 2, 3, 4)),
        ),
        10,
        20,
    )
    painting = flatten(Block((Block((inner.at(100, 200),), 10, 20).at(10, 20),), 10, 20), 1, 2)
    assert painting.elements == (
        Fill(Rect(112, 224, 3, 4), INK, 5),
        Text("a", 112, 224, Face.REGULAR, 20, INK, Anchor.CENTRE),
        Picture(SIGN, 112, 224, 24, 2, INK),
        Code(matrix, 112, 224, 3),
    )
    assert painting.targets == (Target("menu", Rect(112, 224, 3, 4)),)


def test_a_stack_is_as_high_as_its_blocks_and_the_gaps_between_them() -> None:
    stacked = stack((BOX, space(7), BOX), gap=3)
    assert (stacked.width, stacked.height) == (10, 20 + 3 + 7 + 3 + 20)
    assert [element.box.y for element in elements(stacked)] == [0, 33]
    assert stack(()).height == 0


def test_what_is_spread_shares_the_room_that_is_left_up_to_a_limit() -> None:
    assert [element.box.y for element in elements(spread((BOX, BOX, BOX), 70, 100))] == [0, 25, 50]
    assert [element.box.y for element in elements(spread((BOX, BOX, BOX), 70, 2))] == [0, 22, 44]
    assert spread((BOX, BOX), 10, 50).height == 40
    assert spread((BOX,), 100, 50).height == 20


def test_blocks_in_a_row_share_their_middle() -> None:
    pair = beside(BOX, picture(SIGN, 40, INK), 5)
    assert (pair.width, pair.height) == (55, 40)
    assert [(element.box.x, element.box.y) for element in elements(pair)] == [(0, 10), (15, 0)]
    assert (row(()).width, row(()).height) == (0, 0)


def test_a_block_stands_in_the_middle_of_a_wider_one_and_of_a_higher_one() -> None:
    assert elements(centred(BOX, 30))[0].box == Rect(10, 0, 10, 20)
    assert elements(centred(BOX, 30, 40))[0].box == Rect(10, 10, 10, 20)


def test_a_panel_is_larger_than_what_stands_on_it() -> None:
    for inner, panel, box in ((2, (14, 24), (2, 2)), ((3, 1), (16, 22), (3, 1))):
        ground, on_it = elements(on_panel(BOX, (9, 9, 9), 4, inner))
        assert (ground.box.width, ground.box.height) == panel
        assert (on_it.box.x, on_it.box.y) == box


def test_a_rim_goes_all_round() -> None:
    rim, inside = framed(Rect(0, 0, 100, 50), (255, 255, 255), INK, 3, 8)
    assert (rim.colour, inside.rect, inside.radius) == (INK, Rect(3, 3, 94, 44), 5)


def test_a_target_is_as_large_as_its_block() -> None:
    assert flatten(target("menu", BOX), 5, 6).targets == (Target("menu", Rect(5, 6, 10, 20)),)


def test_no_word_is_left_alone_on_the_last_line() -> None:
    text = "3. Nhận phiếu xác nhận"
    assert typeface.wrap(text, Face.REGULAR, 20, 200) == ["3. Nhận phiếu xác", "nhận"]
    assert lines(paragraph(text, PLAIN, 200)) == ["3. Nhận phiếu", "xác nhận"]


def test_words_that_had_to_be_shortened_keep_all_the_width() -> None:
    style = Type(Face.REGULAR, (20,), INK, lines=2)
    said = lines(paragraph("Phí thẩm định cấp giấy phép xây dựng nhà ở riêng lẻ tại đô thị", style, 200))
    assert len(said) == 2
    assert said[-1].endswith("…")
    assert typeface.width(said[0], Face.REGULAR, 20) > 150


def test_a_no_break_space_holds() -> None:
    assert lines(paragraph("ứng\u00a0dụng ngân\u00a0hàng", PLAIN, 130)) == ["ứng\u00a0dụng", "ngân\u00a0hàng"]


@given(st.text(alphabet="ẳọgĐ m", min_size=1, max_size=80), st.integers(20, 400), st.integers(1, 4))
def test_whatever_is_set_stays_within_its_width_and_its_lines(text: str, width: int, most: int) -> None:
    style = Type(Face.SEMIBOLD, (12, 18), INK, lines=most)
    block = paragraph(text, style, width)
    assert len(texts(block)) <= most
    assert all(line.box.width <= width for line in texts(block))
    said = " ".join(lines(block))
    if fits(text, style, width):
        assert said.split() == text.split()


def test_words_take_the_largest_size_that_has_room() -> None:
    style = Type(Face.REGULAR, (10, 20), INK)
    (text,) = texts(paragraph("mã", style, 300))
    assert text.size_px == 20
    (text,) = texts(paragraph("Quét mã để nộp tiền", style, 150))
    assert (text.text, text.size_px) == ("Quét mã để nộp tiền", 10)


def test_of_several_ways_to_say_something_the_first_that_fits_is_taken() -> None:
    ways = ("Kiểm tra ứng dụng hiện đúng tên", "Kiểm tra tên", "Tên")
    style = Type(Face.REGULAR, (20,), INK)
    assert [first_fitting(ways, style, width) for width in (900, 150, 1)] == list(ways)


def test_a_paragraph_can_stand_left_in_the_middle_or_right() -> None:
    for anchor, x in ((Anchor.LEFT, 0), (Anchor.CENTRE, 150), (Anchor.RIGHT, 300)):
        (text,) = texts(paragraph("mã", Type(Face.REGULAR, (20,), INK, anchor=anchor), 300))
        assert text.x == x


def test_lines_stand_below_each_other_and_within_the_block() -> None:
    block = paragraph("một hai ba bốn năm sáu bảy tám chín mười", PLAIN, 150)
    assert all(upper.y < lower.y for upper, lower in pairwise(texts(block)))
    assert texts(block)[-1].y < block.height


def test_a_label_and_its_value_share_a_baseline() -> None:
    first, second = texts(labelled("Tài khoản", "1122", (PLAIN, PLAIN), (100, 200)))
    assert (first.y, second.x) == (second.y, 100)


def test_a_rule_goes_from_edge_to_edge() -> None:
    assert elements(rule(300, 2, INK))[0].box == Rect(0, 0, 300, 2)


def test_figures_stand_still_while_they_change() -> None:
    blocks = [figures(said, Face.SEMIBOLD, 28, INK) for said in ("1:11", "4:08")]
    places = [[text.x for text in texts(block)] for block in blocks]
    assert places[0] == places[1]
    assert blocks[0].width == blocks[1].width


def test_an_amount_is_as_large_as_the_width_allows_and_never_below_the_smallest_size() -> None:
    sizes = (40, 48, 56)
    for width, size_px in ((1000, 56), (400, 48), (10, 40)):
        assert {text.size_px for text in texts(amount("99.999.999", "đ", sizes, INK, width))} == {size_px}


@pytest.mark.parametrize("figure", ["1.000", "50.000", "499.999.999"])
@given(width=st.integers(100, 1200))
def test_no_larger_size_would_have_had_room_for_an_amount(figure: str, width: int) -> None:
    block = amount(figure, "đ", tuple(range(20, 121)), INK, width)
    (size_px,) = {text.size_px for text in texts(block)}
    larger = amount(figure, "đ", (min(120, size_px + 1),), INK, width)
    assert size_px in {20, 120} or (block.width <= width < larger.width)


def test_the_unit_stands_a_thin_space_behind_its_figure() -> None:
    figure, unit = (text.box for text in texts(amount("50.000", "đ", (50,), INK, 900)))
    assert unit.x - figure.right == 9


def test_a_small_picture_can_borrow_the_weight_of_a_large_one() -> None:
    strokes = []
    for stroke_px in (None, 6):
        (element,) = elements(picture((), 24, INK, stroke_px))
        assert isinstance(element, Picture)
        strokes.append(element.stroke_px)
    assert strokes == [2, 6]
