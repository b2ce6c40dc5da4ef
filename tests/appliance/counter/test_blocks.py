from appliance.counter.blocks import Block, Type, amount, beside, figures, labelled, paragraph, picture, space, stack
from drivers import typeface
from drivers.scene import Anchor, Fill, Picture, Polyline, Rect, Text
from drivers.typeface import Face

INK = (16, 36, 62)
PLAIN = Type(Face.REGULAR, (20,), INK, lines=3)
BOX = Block((Fill(Rect(0, 0, 10, 20), INK),), 10, 20)


def lines(block: Block) -> list[str]:
    return [element.text for element in block.elements if isinstance(element, Text)]


def test_a_block_moves_with_everything_in_it() -> None:
    (fill, text) = Block((*BOX.elements, Text("a", 1, 2, Face.REGULAR, 20, INK)), 10, 20).at(100, 200)
    assert isinstance(fill, Fill)
    assert isinstance(text, Text)
    assert (fill.rect, text.x, text.y) == (Rect(100, 200, 10, 20), 101, 202)


def test_a_stack_is_as_high_as_its_blocks_and_the_gaps_between_them() -> None:
    stacked = stack((BOX, space(7), BOX), gap=3)
    assert (stacked.width, stacked.height) == (10, 20 + 3 + 7 + 3 + 20)
    assert [element.box.y for element in stacked.elements] == [0, 33]
    assert stack(()).height == 0


def test_two_blocks_beside_each_other_share_their_middle() -> None:
    row = beside(BOX, picture((Polyline(((0, 0), (24, 24))),), 40, INK), 5)
    assert (row.width, row.height) == (55, 40)
    assert [(element.box.x, element.box.y) for element in row.elements] == [(0, 10), (15, 0)]


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


def test_a_paragraph_can_stand_left_in_the_middle_or_right() -> None:
    for anchor, x in ((Anchor.LEFT, 0), (Anchor.CENTRE, 150), (Anchor.RIGHT, 300)):
        (text,) = paragraph("mã", Type(Face.REGULAR, (20,), INK, anchor=anchor), 300).elements
        assert isinstance(text, Text)
        assert text.x == x


def test_a_label_and_its_value_share_a_baseline() -> None:
    first, second = labelled("Tài khoản", "1122", (PLAIN, PLAIN), (100, 200)).elements
    assert isinstance(first, Text)
    assert isinstance(second, Text)
    assert (first.y, second.x) == (second.y, 100)


def test_figures_stand_still_while_they_change() -> None:
    blocks = [figures(said, Face.SEMIBOLD, 28, INK) for said in ("1:11", "4:08")]
    places = [[element.x for element in block.elements if isinstance(element, Text)] for block in blocks]
    assert places[0] == places[1]
    assert blocks[0].width == blocks[1].width


def test_an_amount_is_as_large_as_the_width_allows_and_never_below_the_smallest_size() -> None:
    sizes = (40, 48, 56)
    for width, size_px in ((1000, 56), (400, 48), (10, 40)):
        block = amount("99.999.999", "đ", sizes, INK, width)
        assert {element.size_px for element in block.elements if isinstance(element, Text)} == {size_px}


def test_the_unit_stands_a_thin_space_behind_its_figure() -> None:
    figure, unit = (element.box for element in amount("50.000", "đ", (50,), INK, 900).elements)
    assert unit.x - figure.right == 9


def test_a_small_picture_can_borrow_the_weight_of_a_large_one() -> None:
    strokes = []
    for stroke_px in (None, 6):
        (element,) = picture((), 24, INK, stroke_px).elements
        assert isinstance(element, Picture)
        strokes.append(element.stroke_px)
    assert strokes == [2, 6]
