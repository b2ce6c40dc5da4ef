"""Rates are counted in pairs, and both pictures carry the same payload."""

import pytest

from drivers.scene import Scene, Size
from drivers.virtual.display import VirtualDisplay
from mqtt_schema.messages import PaymentRequest

from .decode import SIZES, RateRow, Report, Tally, as_text, compare, full_height, ours, payment, pixels
from .readers import read_with_zxing


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("layout", [ours, full_height])
def test_on_every_glass_both_pictures_carry_the_payload(size: Size, layout: object) -> None:
    assert callable(layout)
    display, request = VirtualDisplay(size), payment(3)
    display.show(layout(size, request))
    assert read_with_zxing(pixels(display)) == request.payload


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_theirs_is_as_high_as_the_glass(size: Size) -> None:
    [code] = full_height(size, payment(0)).codes()
    shorter, module_px = min(size.width, size.height), code.module_px
    assert shorter - (code.matrix.size + 8) < code.box.width <= shorter
    assert code.box.width == (code.matrix.size + 8) * module_px


def test_a_picture_beside_itself_is_read_as_often() -> None:
    report = compare(Size(480, 800), full_height, full_height, 3, {"zxing": read_with_zxing})
    assert report.pooled.moments == 3
    assert report.pooled.ours == report.pooled.theirs
    assert report.row().ratio == 1


def test_a_smaller_code_is_read_less_often() -> None:
    def small(size: Size, request: PaymentRequest) -> Scene:
        [code] = full_height(size, request).codes()
        return Scene(size, (255, 255, 255), (type(code)(code.matrix, 100, 100, 3),))

    report = compare(Size(1024, 600), small, full_height, 6, {"zxing": read_with_zxing})
    assert report.pooled.ours < report.pooled.theirs
    assert report.module_px[0] == 3


def test_only_moments_that_tell_them_apart_make_the_error() -> None:
    tally = Tally()
    for is_ours, is_theirs in [(True, True)] * 90 + [(True, False)] * 4 + [(False, False)] * 6:
        tally.add(is_ours, is_theirs)
    assert (tally.ours, tally.theirs, tally.error) == (0.94, 0.9, 0.02)


def test_a_rate_is_the_better_the_higher_it_is() -> None:
    assert RateRow("x", 0.9, 0.6, "", "").ratio == pytest.approx(1.5)
    assert RateRow("x", 0.9, 0, "", "").ratio is None
    report = Report(Size(800, 480), (9, 10), {"one": Tally(3, 1, 0, 0), "two": Tally(2, 0, 1, 1)})
    row = report.row()
    assert (row.name, row.ours, row.theirs) == ("decode_rate_800x480", 0.75, 0.75)
    assert "4 degraded photographs (9 and 10 px" in row.what
    assert "9/10" in as_text("", [report])
