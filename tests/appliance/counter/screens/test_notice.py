"""How a payment ended: what the citizen reads, what becomes of the slip, and what can be touched."""

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import pytest

from appliance.counter import screens
from appliance.counter.look import STEP
from appliance.counter.screens import notice as ending
from appliance.counter.session import STAYS
from appliance.counter.shown import Shown
from appliance.counter.state import NoticeKind, Session, SlipPhase
from drivers.scene import Fill, Picture, Scene, Size
from mqtt_schema.messages import Language
from tests.support.glasses import GLASSES, NOW, SIZES, WORDS, look, seen, words
from tests.support.states import AMOUNT, NOTICES, SLIP, notice

KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
FOR_THE_CLERK: tuple[NoticeKind, ...] = ("underpaid", "overpaid", "late", "refused")
every_glass = pytest.mark.parametrize(("size", "language", "is_large"), GLASSES)


def touches(shown: Shown) -> list[str]:
    return [target.name for target in seen(shown).targets]


def sign(scene: Scene) -> tuple[object, object]:
    """The first picture and the colour it stands on."""
    picture = next(element for element in scene.elements if isinstance(element, Picture))
    panel = next(element for element in scene.elements if isinstance(element, Fill))
    return picture.drawing, panel.colour


# Paid


def test_paid_says_so_names_the_sum_and_the_next_step() -> None:
    said = words(seen(NOTICES["paid-printed"]))
    assert said.startswith("Đã nhận tiền 50.000 đ Mời ông/bà nhận phiếu")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("paid-printing", "Đang in phiếu"),
        ("paid-printed", "Mời ông/bà nhận phiếu"),
        ("paid-waiting", "Phiếu đang chờ giấy, cán bộ sẽ in sau"),
        ("paid-unsure", "Xin nhờ cán bộ xem máy in"),
        ("paid-no-slip", "Cảm ơn ông/bà"),
    ],
)
def test_the_next_step_follows_the_slip(state: str, said: str) -> None:
    assert said in words(seen(NOTICES[state]))
    assert "Đã nhận tiền" in words(seen(NOTICES[state]))


def test_a_slip_that_is_due_is_as_good_as_printing() -> None:
    assert seen(notice("paid", AMOUNT, "due", SLIP)) == seen(notice("paid", AMOUNT, "printing", SLIP))


def test_without_a_printer_no_slip_is_promised() -> None:
    scene = screens.compose(notice("paid", AMOUNT, "due", SLIP), look(has_printer=False), NOW)
    assert words(scene).startswith("Đã nhận tiền 50.000 đ Cảm ơn ông/bà")
    assert "phiếu" not in words(scene)


@every_glass
def test_the_amount_is_the_largest_of_all_words(size: Size, language: Language, is_large: bool) -> None:
    for state, figure in (("paid-printed", "50.000"), ("paid-largest", "499.999.999")):
        texts = list(seen(NOTICES[state], size, language, is_large).texts())
        largest = max(text.size_px for text in texts)
        assert figure in {text.text for text in texts if text.size_px == largest}


@pytest.mark.parametrize("size", SIZES)
def test_the_tick_is_as_high_as_a_hand_can_be_on_this_glass(size: Size) -> None:
    tick = next(element for element in seen(NOTICES["paid-printed"], size).elements if isinstance(element, Picture))
    panel = look(size).style("vi").panel
    assert tick.side_px >= 0.85 * min(panel.width, panel.height)


def test_an_unverified_amount_is_not_shown() -> None:
    assert "đ " not in words(seen(notice("paid"))).removeprefix("Đã nhận tiền")
    assert not any(character.isdigit() for character in words(seen(notice("paid"))))


# Everything else


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "paid"])
def test_only_paid_speaks_of_an_amount(kind: NoticeKind) -> None:
    assert seen(notice(kind, 77_000)) == seen(notice(kind))


@pytest.mark.parametrize("kind", FOR_THE_CLERK)
@pytest.mark.parametrize(
    ("language", "heading", "not_again"),
    [("vi", "Mời ông/bà gặp cán bộ", "Xin đừng chuyển"), ("en", "Please see the clerk", "Please do not")],
)
def test_who_has_to_see_the_clerk_reads_so_and_not_to_pay_again(
    kind: NoticeKind, language: Language, heading: str, not_again: str
) -> None:
    said = words(seen(notice(kind), language=language))
    assert heading in said
    assert not_again in said


def test_the_four_reasons_are_told_apart() -> None:
    assert len({words(seen(notice(kind))) for kind in FOR_THE_CLERK}) == 4


@pytest.mark.parametrize("kind", ["expired", "cancelled"])
def test_an_ended_code_is_not_to_be_scanned_and_money_on_its_way_is_told_to_the_clerk(kind: NoticeKind) -> None:
    said = words(seen(notice(kind)))
    assert "đừng quét mã cũ" in said
    assert "xin báo cán bộ" in said


def test_a_waived_fee_needs_no_code() -> None:
    said = words(seen(NOTICES["waived"]))
    assert "Không phải nộp tiền" in said
    assert "không cần quét mã" in said
    assert not list(seen(NOTICES["waived"]).codes())


def test_every_end_has_a_shape_of_its_own() -> None:
    kinds: tuple[NoticeKind, ...] = ("paid", "waived", "expired", "cancelled", "underpaid")
    assert len({sign(seen(notice(kind)))[0] for kind in kinds}) == 5
    assert len({sign(seen(notice(kind))) for kind in FOR_THE_CLERK}) == 1


# What can be touched


def test_every_result_can_be_kept_for_longer_and_left() -> None:
    for kind in KINDS:
        assert {"stay", "done", "language", "larger", "menu"} <= set(touches(notice(kind)))


def test_after_the_last_time_no_more_time_is_offered() -> None:
    assert "stay" in touches(notice("paid", AMOUNT, stays=STAYS - 1))
    assert "stay" not in touches(notice("paid", AMOUNT, stays=STAYS))


def test_one_more_slip_is_offered_once_it_came_out_and_once_only() -> None:
    assert "copy" in touches(NOTICES["paid-printed"])
    assert "copy" not in touches(notice("paid", AMOUNT, "printed", slip=None))
    others: list[SlipPhase] = ["none", "due", "printing", "waiting", "unsure"]
    for phase in others:
        assert "copy" not in touches(notice("paid", AMOUNT, phase, SLIP))


def test_somebody_who_was_called_is_said_and_the_result_still_stands() -> None:
    said = words(seen(NOTICES["paid-help-called"]))
    assert "Đã báo cán bộ" in said
    assert "50.000 đ" in said


# What remains of the citizen


@pytest.mark.parametrize("state", NOTICES)
def test_nothing_of_a_citizen_but_the_sum_stands_on_a_result(state: str) -> None:
    said = words(seen(NOTICES[state]))
    assert not any(word in said for word in ("KHO BẠC", "trích lục", "0012", "1122334455667", SLIP.reference))


@pytest.mark.parametrize("state", NOTICES)
def test_a_result_does_not_change_while_it_stands(state: str) -> None:
    before, after = (list(seen(NOTICES[state], after_s=after_s).texts()) for after_s in (0, 47))
    assert before == after


# How it is set


@every_glass
@pytest.mark.parametrize("state", NOTICES)
def test_what_happened_and_what_to_do_are_high_enough_for_the_standard(
    state: str, size: Size, language: Language, is_large: bool
) -> None:
    """All but the keys, and but for the first sentence where larger text has no room at all."""
    must = look(size).style(language).must
    column = [text for text in seen(NOTICES[state], size, language, is_large).texts() if text.size_px >= must]
    said = " ".join(text.text for text in column)
    texts = WORDS[language].notices
    heads = (texts.paid, texts.see_clerk, texts.waived.heading, texts.expired.heading, texts.cancelled.heading)
    assert any(head in said for head in heads)
    assert len(column) >= 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", NOTICES)
def test_a_screen_has_at_most_three_sizes_of_type_that_one_can_tell_apart(state: str, size: Size) -> None:
    sizes = sorted({text.size_px for text in seen(NOTICES[state], size).texts()})
    assert len(sizes) <= 3
    assert all(larger >= smaller * STEP - 1 for smaller, larger in pairwise(sizes))


@pytest.mark.parametrize("size", SIZES)
def test_larger_text_is_larger(size: Size) -> None:
    for state in ("paid-printed", "waived", "expired"):
        plain, larger = (list(seen(NOTICES[state], size, is_large=is_large).texts()) for is_large in (False, True))
        assert sum(text.size_px for text in larger) > sum(text.size_px for text in plain)


def test_a_screen_without_an_end_is_no_notice() -> None:
    with pytest.raises(ValueError, match="nothing ended on the glass, but idle"):
        ending.compose(replace(NOTICES["waived"], session=Session()), look().style("vi"), NOW)
