import pytest

from drivers import qr
from drivers.scene import (
    Anchor,
    Arc,
    Code,
    Fill,
    Picture,
    Polyline,
    Rect,
    Scene,
    Size,
    Target,
    Text,
    target_at,
)
from drivers.typeface import Face

INK = (16, 36, 62)
PAPER = (247, 245, 240)


def test_scenes_of_the_same_things_are_equal() -> None:
    one, other = (Scene(Size(80, 60), PAPER, (Fill(Rect(0, 0, 8, 8), INK),)) for _ in range(2))
    assert one == other
    assert one != Scene(Size(80, 60), PAPER)


def test_a_touch_finds_its_target_and_edges_belong_to_the_inside() -> None:
    scene = Scene(Size(100, 60), PAPER, (), (Target("help", Rect(10, 10, 20, 20)),))
    assert target_at(scene, 10, 10) == "help"
    assert target_at(scene, 29, 29) == "help"
    assert target_at(scene, 30, 29) is None
    assert target_at(scene, 29, 30) is None
    assert target_at(scene, 9, 10) is None


def test_of_two_targets_the_upper_one_is_touched() -> None:
    scene = Scene(Size(99, 99), PAPER, (), (Target("page", Rect(0, 0, 99, 99)), Target("key", Rect(9, 9, 9, 9))))
    assert target_at(scene, 10, 10) == "key"
    assert target_at(scene, 50, 50) == "page"


def test_a_rectangle_knows_its_edges() -> None:
    rect = Rect(10, 20, 30, 40)
    assert (rect.right, rect.bottom, rect.centre) == (40, 60, (25, 40))
    assert rect.inset(5) == Rect(15, 25, 20, 30)
    assert rect.encloses(rect.inset(5))
    assert not rect.inset(5).encloses(rect)


def test_a_size_is_portrait_when_it_stands() -> None:
    assert Size(480, 800).is_portrait
    assert not Size(800, 480).is_portrait


def test_a_code_counts_its_quiet_zone_as_its_own() -> None:
    matrix = qr.modules("HELLO")
    assert Code(matrix, 5, 6, 3).box == Rect(5, 6, (matrix.size + 8) * 3, (matrix.size + 8) * 3)


@pytest.mark.parametrize(("anchor", "left"), [(Anchor.LEFT, 100), (Anchor.CENTRE, 91), (Anchor.RIGHT, 81)])
def test_a_text_stands_where_its_anchor_says(anchor: Anchor, left: int) -> None:
    box = Text("mã", 100, 50, Face.REGULAR, 12, INK, anchor).box
    assert (box.x, box.y, box.width) == (left, 35, 19)


def test_fills_and_pictures_say_what_they_cover() -> None:
    assert Fill(Rect(1, 2, 3, 4), INK).box == Rect(1, 2, 3, 4)
    assert Picture((Polyline(((0, 0), (24, 24))),), 1, 2, 48, 4, INK).box == Rect(1, 2, 48, 48)


def test_an_arc_runs_clockwise_from_three_o_clock() -> None:
    points = Arc((12, 12), 10, 0, 90).points
    assert points[0] == pytest.approx((22, 12))
    assert points[-1] == pytest.approx((12, 22))
    assert len(points) == 31


def test_an_arc_of_no_length_is_a_dot() -> None:
    assert all(point == pytest.approx((12, 22)) for point in Arc((12, 12), 10, 90, 90).points)


def test_texts_and_codes_can_be_read_off_a_scene() -> None:
    text = Text("mã", 100, 50, Face.REGULAR, 12, INK)
    code = Code(qr.modules("HELLO"), 0, 0, 2)
    scene = Scene(Size(100, 60), PAPER, (Fill(Rect(0, 0, 9, 9), INK), text, code))
    assert (list(scene.texts()), list(scene.codes())) == ([text], [code])
