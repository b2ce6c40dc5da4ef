from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.office.desk.paper_view import NOT_OUT, PaperView, paper_view
from appliance.office.desk.sight import Glass
from appliance.office.payment import Payment, State
from appliance.office.records import CounterState, Milestone
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, Line, PrinterStatus, SlipOutcome
from mqtt_schema.types import Vnd

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
PAID = Payment(
    id="1" * 32,
    reference="HK7Q4M2X9AF",
    counter="quay-1",
    clerk="Bình",
    channel=Channel.COUNTER,
    source="desk",
    lines=(Line(dossier="H26.1-261122-0007", fee_code="CT", fee_name="Phí", amount=Vnd(35000), kind=FeeKind.PHI),),
    amount=Vnd(35000),
    beneficiary=Beneficiary(bin="970403", account="0011", account_name="UBND", bank_name="Sacombank"),
    payload="0002",
    created_at=NOW,
    state=State.PAID,
    paid_at=NOW,
    slip_at=NOW,
    slip_counter="quay-1",
    slip_asked=("quay-1",),
)
WAITING = replace(PAID, slip=SlipOutcome.NOT_PRINTED, slip_reason="Hết giấy")
DOUBTFUL = replace(PAID, slip=SlipOutcome.POSSIBLY_PRINTED, slip_reason="Mất điện")
PRINTED = replace(PAID, slip=SlipOutcome.PRINTED)
MOVING = replace(WAITING, slip_to="quay-2", slip_wanted_at=NOW)


def glass(
    number: int,
    printer: PrinterStatus = PrinterStatus.READY,
    *,
    is_heard: bool = True,
    has_printer: bool = True,
) -> Glass:
    state = CounterState(f"quay-{number}", is_online=True, printer=printer, seen_at=NOW, trouble="")
    return Glass(f"Quầy {number}", replace(state, has_printer=has_printer), is_heard)


OUT = glass(1, PrinterStatus.PAPER_OUT)
DEAD = glass(1, is_heard=False)
BOTH = (glass(1), glass(2))


def seen(payment: Payment, glasses: tuple[Glass, ...] = BOTH, seconds: int = 0, *timeline: Milestone) -> PaperView:
    return paper_view(payment, glasses, NOW + timedelta(seconds=seconds), timeline)


def says(view: PaperView) -> str:
    return " ".join(notice.sentence for notice in view.notices)


@pytest.mark.parametrize(
    ("payment", "glasses", "words"),
    [
        (PAID, BOTH, "Đang chờ Quầy 1 in phiếu."),
        (replace(PAID, slip_counter="quay-2"), BOTH, "Phiếu đã chuyển sang Quầy 2, đang chờ in."),
        (PRINTED, BOTH, "Phiếu đã in. Mời người dân nhận phiếu."),
        (replace(PRINTED, slip_counter="quay-2"), BOTH, "Phiếu đã in ở Quầy 2."),
        (replace(PRINTED, is_slip_settled=True, slip_by="Bình"), BOTH, "Phiếu đã in, theo Bình."),
        (replace(WAITING, is_slip_settled=True), BOTH, "Phiếu gốc không in nữa."),
        (DOUBTFUL, BOTH, "Không chắc phiếu đã in ở Quầy 1 (Mất điện)."),
        (replace(DOUBTFUL, slip_reason=""), BOTH, "Không chắc phiếu đã in ở Quầy 1. Hãy nhìn"),
        (WAITING, BOTH, "Phiếu chờ in ở Quầy 1 từ 08:30 (Hết giấy). Máy in ở đó dùng được"),
        (replace(WAITING, slip_at=None), (OUT,), "Phiếu chờ in ở Quầy 1. Máy in hết giấy: xử lý máy in"),
        (WAITING, (glass(1, has_printer=False),), "Quầy này không lắp máy in"),
        (replace(WAITING, is_slip_kept=True), BOTH, "Quầy 1 không chuyển phiếu đi"),
        (replace(WAITING, slip_wanted_at=NOW), BOTH, "Đã yêu cầu Quầy 1 in phiếu lúc 08:30"),
        (MOVING, BOTH, "Đang hỏi Quầy 1 để chuyển phiếu sang Quầy 2…"),
        (replace(MOVING, slip_to="quay-9"), BOTH, "sang quay-9…"),
        (replace(MOVING, slip_to=""), BOTH, "Đang báo Quầy 1 bỏ phiếu này…"),
        (MOVING, (DEAD,), "Quầy 1 đang mất kết nối, phiếu có thể đang in ở đó."),
        (PAID, (DEAD,), "Quầy 1 đang mất kết nối, phiếu có thể đang in ở đó."),
        (WAITING, (DEAD,), "Quầy 1 đang mất kết nối, phiếu chờ ở đó."),
        (WAITING, (), "quay-1 đang mất kết nối"),
    ],
)
def test_the_slip_is_told_of(payment: Payment, glasses: tuple[Glass, ...], words: str) -> None:
    assert words in says(seen(payment, glasses))


def test_what_is_not_paid_has_no_slip() -> None:
    assert seen(replace(PAID, paid_at=None)) == PaperView()


def test_a_slip_that_is_on_its_way_asks_nothing_of_a_clerk() -> None:
    for payment in (
        PAID,
        MOVING,
        replace(WAITING, slip_wanted_at=NOW, slip_to=""),
        replace(WAITING, slip_wanted_at=NOW),
    ):
        assert not seen(payment).can_act
        assert seen(payment).main == ""


def test_a_waiting_slip_is_printed_here_when_the_printer_can_and_elsewhere_where_one_can() -> None:
    ready = seen(WAITING)
    assert (ready.can_print_here, ready.can_drop, ready.can_copy, ready.main) == (True, True, False, "here")
    assert [choice.name for choice in ready.elsewhere] == ["Quầy 2"]
    out = seen(WAITING, (OUT, glass(2), glass(3, PrinterStatus.OVERHEATED), glass(4, is_heard=False)))
    assert (out.can_print_here, out.main) == (False, "move")
    assert [choice.counter for choice in out.elsewhere] == ["quay-2"]
    nowhere = seen(WAITING, (OUT,))
    assert (nowhere.can_drop, nowhere.main) == (True, "")


def test_a_dead_counters_slip_becomes_a_copy_and_never_an_original_elsewhere() -> None:
    for payment in (PAID, WAITING, MOVING):
        view = seen(payment, (DEAD, glass(2)))
        assert view.elsewhere == ()
        assert not view.can_print_here
        assert view.can_copy
        assert [choice.counter for choice in view.copy_at] == ["quay-2"]
    assert seen(PAID, (DEAD,)).copy_at == ()


def test_a_doubt_asks_a_human() -> None:
    view = seen(DOUBTFUL)
    assert (view.asks, view.main, view.can_copy) == (True, "confirm", True)
    assert next(iter(view.reasons)) == NOT_OUT
    assert not seen(replace(DOUBTFUL, is_slip_settled=True)).asks


def test_a_copy_is_offered_where_the_slip_was_first() -> None:
    view = seen(replace(PRINTED, slip_counter="quay-2"))
    assert [choice.counter for choice in view.copy_at] == ["quay-2", "quay-1"]
    assert NOT_OUT not in view.reasons


@pytest.mark.parametrize("payment", [PAID, MOVING, replace(WAITING, slip_wanted_at=NOW)])
def test_a_counter_that_leaves_a_question_open_does_not_hold_a_clerk_up_for_ever(payment: Payment) -> None:
    assert not seen(payment, BOTH, 59).can_act
    assert seen(payment, BOTH, 60).can_copy
    assert seen(replace(WAITING, is_slip_kept=True)).can_copy
    assert not seen(replace(PAID, slip_at=None), BOTH, 999).can_copy


@pytest.mark.parametrize(
    ("milestone", "words"),
    [
        ("copy_asked", "Đã yêu cầu bản sao ở Quầy 2 (Bình: Phiếu rách)."),
        ("copy_printed", "Bản sao đã in ở Quầy 2 (Bình: Phiếu rách)."),
        ("copy_not_printed", "Bản sao chưa in được ở Quầy 2"),
        ("copy_possibly_printed", "Không chắc bản sao đã in"),
    ],
)
def test_the_last_copy_is_told_of(milestone: str, words: str) -> None:
    first = Milestone("copy_asked", NOW)
    last = Milestone(milestone, NOW, "Bình: Phiếu rách", "quay-2")
    assert words in says(seen(PRINTED, BOTH, 0, first, last, Milestone("printed", NOW)))
    assert "Đã yêu cầu bản sao." in says(seen(PRINTED, BOTH, 0, first))
