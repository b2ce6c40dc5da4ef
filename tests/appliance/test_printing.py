"""The print desk: one slip at a time, and an honest word about how each ended."""

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.clock import VirtualClock
from appliance.counter import receipt
from appliance.counter.events import PrintEnded, SlipJob
from appliance.counter.receipt import TimeSource
from appliance.course import Ending, turned_away
from appliance.printing import PrintDesk
from drivers import escpos
from drivers.errors import PrinterError
from drivers.paper import Bitmap, Paper
from drivers.paper import Text as PaperText
from drivers.printer import FilePrinter, Printer, SendError
from drivers.printer_status import Condition
from drivers.printer_status import PrinterStatus as Seen
from drivers.profiles import PROFILES, Profile
from drivers.virtual.printer import VirtualPrinter
from mqtt_schema.messages import PrinterStatus, SlipOutcome
from tests.support.spoken import COUNTER, MORNING, payment, slip

PATIENCE_S = 30.0
PROFILE = PROFILES["generic-80"]
MUTE = PROFILES["generic-80-mute"]


class Bench:
    """A print desk, what it said of slips, and what it said of its printer."""

    def __init__(self, printer: Printer | None) -> None:
        self.endings: queue.Queue[PrintEnded] = queue.Queue()
        self.changes: queue.Queue[PrinterStatus] = queue.Queue()
        self.desk = PrintDesk(
            printer, COUNTER, VirtualClock(MORNING), self.endings.put, lambda: self.changes.put(self.desk.status)
        )
        self.desk.start()

    def print(self, number: int = 1, *, is_copy: bool = False) -> PrintEnded:
        """Print a slip and wait for its end."""
        self.desk.print(SlipJob(payment(number), slip(number), is_copy))
        return self.endings.get(timeout=PATIENCE_S)


@pytest.fixture
def open_bench() -> Iterator[Callable[[Printer | None], Bench]]:
    benches: list[Bench] = []

    def opened(printer: Printer | None) -> Bench:
        benches.append(Bench(printer))
        return benches[-1]

    yield opened
    for bench in benches:
        bench.desk.stop()


@pytest.fixture
def printer() -> VirtualPrinter:
    return VirtualPrinter(PROFILE)


@pytest.fixture
def bench(open_bench: Callable[[Printer | None], Bench], printer: VirtualPrinter) -> Bench:
    return open_bench(printer)


def test_a_slip_is_printed_once(bench: Bench, printer: VirtualPrinter) -> None:
    assert bench.print() == PrintEnded(MORNING, payment(1), False, SlipOutcome.PRINTED)
    assert len(printer.slips) == 1
    assert bench.endings.empty()


def test_slips_come_out_in_the_order_in_which_they_were_queued(bench: Bench, printer: VirtualPrinter) -> None:
    for number in (1, 2, 3):
        bench.desk.print(SlipJob(payment(number), slip(number)))
    ended = [bench.endings.get(timeout=PATIENCE_S).payment for _ in range(3)]
    assert ended == [payment(1), payment(2), payment(3)]
    assert len(set(printer.streams)) == 3


def test_a_copy_is_another_piece_of_paper_than_the_slip(bench: Bench, printer: VirtualPrinter) -> None:
    bench.print()
    ended = bench.print(is_copy=True)
    assert (ended.is_copy, ended.outcome) == (True, SlipOutcome.PRINTED)
    assert printer.streams[0] != printer.streams[1]


@pytest.mark.parametrize(
    ("lever", "reason"),
    [
        ("run_out_of_paper", "Máy in hết giấy"),
        ("open_cover", "Nắp máy in đang mở"),
        ("go_offline", "Máy in không trả lời, hãy kiểm tra dây và nguồn"),
        ("jam_cutter", "Dao cắt của máy in bị kẹt"),
        ("overheat", "Đầu in quá nóng, hãy chờ vài phút"),
        ("fall_silent", "Máy in trả lời không rõ, hãy kiểm tra dây và tốc độ đường truyền"),
    ],
)
def test_a_printer_that_cannot_is_not_sent_a_byte(
    bench: Bench, printer: VirtualPrinter, lever: str, reason: str
) -> None:
    getattr(printer, lever)()
    before = printer.received
    ended = bench.print()
    assert (ended.outcome, ended.reason) == (SlipOutcome.NOT_PRINTED, reason)
    assert printer.received == before


def test_with_new_paper_the_next_slip_prints(bench: Bench, printer: VirtualPrinter) -> None:
    printer.run_out_of_paper()
    bench.print()
    printer.load_paper()
    assert bench.print(2).outcome is SlipOutcome.PRINTED
    assert len(printer.slips) == 1


def test_paper_that_ends_in_the_middle_leaves_the_question_to_a_human(bench: Bench, printer: VirtualPrinter) -> None:
    bench.print()
    printer.run_out_of_paper(after_rows=100)
    ended = bench.print(2)
    assert ended.outcome is SlipOutcome.POSSIBLY_PRINTED
    assert "hãy xem giấy" in ended.reason


def test_a_cable_that_comes_off_in_the_middle_leaves_the_question_to_a_human(
    bench: Bench, printer: VirtualPrinter
) -> None:
    bench.print()
    printer.pull_cable_after(200)
    ended = bench.print()
    assert (ended.outcome, ended.reason) == (
        SlipOutcome.POSSIBLY_PRINTED,
        "Máy in dừng giữa chừng, hãy xem giấy",
    )
    assert len(printer.slips) == 1


def test_a_cable_that_is_off_prints_nothing_and_says_so(bench: Bench, printer: VirtualPrinter) -> None:
    printer.pull_cable_after(0)
    ended = bench.print()
    assert (ended.outcome, ended.reason) == (
        SlipOutcome.NOT_PRINTED,
        "Máy in không trả lời, hãy kiểm tra dây và nguồn",
    )


def test_a_counter_without_a_printer_says_so(open_bench: Callable[[Printer | None], Bench]) -> None:
    bench = open_bench(None)
    assert bench.desk.status is PrinterStatus.OFFLINE
    ended = bench.print()
    assert (ended.outcome, ended.reason) == (SlipOutcome.NOT_PRINTED, "Quầy này không có máy in")


def test_a_change_of_the_printer_is_passed_on_once(bench: Bench, printer: VirtualPrinter) -> None:
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.READY
    printer.run_low_on_paper()
    bench.print()
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.PAPER_LOW
    bench.print(2)
    printer.run_out_of_paper()
    bench.print(3)
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.PAPER_OUT


def test_a_slip_that_was_turned_away_says_at_once_how_the_printer_is(bench: Bench, printer: VirtualPrinter) -> None:
    """However short the trouble was: whoever waits for paper hears when it is over."""
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.READY
    printer.run_out_of_paper()
    bench.print()
    printer.load_paper()
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.PAPER_OUT
    assert not bench.desk.is_ready
    assert bench.print(2).outcome is SlipOutcome.PRINTED
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.READY
    assert bench.desk.is_ready


def test_paper_that_came_back_is_noticed_by_itself(bench: Bench, printer: VirtualPrinter) -> None:
    """Within seconds, while nothing is printed."""
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.READY
    printer.run_out_of_paper()
    bench.print()
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.PAPER_OUT
    printer.load_paper()
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.READY


def test_a_printer_that_never_answers_is_unknown_and_ready(open_bench: Callable[[Printer | None], Bench]) -> None:
    bench = open_bench(Mute(MUTE))
    assert bench.changes.get(timeout=PATIENCE_S) is PrinterStatus.UNKNOWN
    assert bench.desk.is_ready


def test_a_printer_that_is_low_on_paper_still_prints(bench: Bench, printer: VirtualPrinter) -> None:
    printer.run_low_on_paper()
    assert bench.print().outcome is SlipOutcome.PRINTED


class Mute(Printer):
    """A printer that never answers: it may well print."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.sent = 0

    def send(self, stream: bytes) -> None:
        self.sent += 1

    def close(self) -> None:
        pass

    def _post(self, question: bytes) -> None:
        pytest.fail("nobody asks a mute printer")

    def _listen(self, timeout_s: float) -> bytes:
        pytest.fail("nobody listens to a mute printer")


def test_a_printer_that_says_nothing_of_itself_is_believed(open_bench: Callable[[Printer | None], Bench]) -> None:
    mute = Mute(MUTE)
    assert open_bench(mute).print().outcome is SlipOutcome.PRINTED
    assert mute.sent > 1


class Cursed(Mute):
    """A printer whose driver breaks its promises: it raises what it never should, now here, now there."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.breaks = ""

    def send(self, stream: bytes) -> None:
        if self.breaks == "send":
            raise ZeroDivisionError("a bug in a driver")
        super().send(stream)

    def status(self) -> Seen:
        if self.breaks == "status":
            raise PrinterError("a bug in another driver")
        return super().status()


@pytest.mark.parametrize("place", ["send", "status"])
def test_whatever_a_driver_raises_a_human_is_asked_and_the_next_slip_prints(
    open_bench: Callable[[Printer | None], Bench], place: str
) -> None:
    cursed = Cursed(MUTE)
    bench = open_bench(cursed)
    assert bench.print(1).outcome is SlipOutcome.PRINTED
    cursed.breaks = place
    for number in (2, 3):
        ended = bench.print(number)
        assert ended.outcome is SlipOutcome.POSSIBLY_PRINTED
        assert "kỹ thuật viên" in ended.reason
    cursed.breaks = ""
    assert bench.print(4).outcome is SlipOutcome.PRINTED


class Unplugged(Mute):
    """A printer whose cable is off from the first byte on, and that does not know it."""

    def send(self, stream: bytes) -> None:
        raise SendError("printer /dev/usb/lp0: nothing was sent", 0)


def test_a_slip_of_which_certainly_no_byte_left_is_simply_not_printed(
    open_bench: Callable[[Printer | None], Bench],
) -> None:
    ended = open_bench(Unplugged(MUTE)).print()
    assert (ended.outcome, ended.reason) == (
        SlipOutcome.NOT_PRINTED,
        "Máy in không trả lời, hãy kiểm tra dây và nguồn",
    )


def test_paper_that_is_out_right_after_the_last_byte_leaves_the_question_to_a_human(
    bench: Bench, printer: VirtualPrinter
) -> None:
    bench.print()
    printer.run_out_of_paper(after_rows=printer.slips[0].height_dots)
    ended = bench.print(2)
    assert ended.outcome is SlipOutcome.POSSIBLY_PRINTED
    assert ended.reason.startswith("Máy in hết giấy")


def test_the_slip_at_hand_is_finished_before_the_desk_closes(printer: VirtualPrinter) -> None:
    bench = Bench(printer)
    bench.desk.print(SlipJob(payment(1), slip()))
    bench.desk.stop()
    assert bench.endings.get_nowait().outcome is SlipOutcome.PRINTED


class Endless(Mute):
    """A printer that takes a slip and never gives the thread back, until it is let go."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.has_begun, self.may_end, self.is_closed = threading.Event(), threading.Event(), False

    def send(self, stream: bytes) -> None:
        self.has_begun.set()
        self.may_end.wait(PATIENCE_S)

    def close(self) -> None:
        self.is_closed = True


def test_a_slip_that_takes_too_long_is_left_to_the_journal_and_not_torn_off() -> None:
    printer = Endless(MUTE)
    endings: queue.Queue[PrintEnded] = queue.Queue()
    desk = PrintDesk(printer, COUNTER, VirtualClock(MORNING), endings.put, stop_s=0.05)
    desk.start()
    desk.print(SlipJob(payment(1), slip()))
    assert printer.has_begun.wait(PATIENCE_S)
    desk.stop()
    assert endings.empty()
    assert not printer.is_closed, "its line is not pulled from under it"
    printer.may_end.set()
    assert endings.get(timeout=PATIENCE_S).outcome is SlipOutcome.PRINTED
    desk.stop()
    assert printer.is_closed


def test_a_copy_says_on_paper_who_asked_for_it(bench: Bench, printer: VirtualPrinter) -> None:
    heights = []
    for who in ("", "Nguyễn Thị Bình"):
        bench.desk.print(SlipJob(payment(1), slip(), is_copy=True, asked_by=who, reason=who and "Công dân làm mất"))
        assert bench.endings.get(timeout=PATIENCE_S).outcome is SlipOutcome.PRINTED
        heights.append(printer.slips[-1].height_dots)
    assert heights[1] > heights[0]


def test_a_test_slip_can_be_printed_at_any_time(bench: Bench, printer: VirtualPrinter) -> None:
    ended: queue.Queue[Ending] = queue.Queue()
    bench.desk.print_trial(ended.put)
    assert ended.get(timeout=PATIENCE_S).outcome is SlipOutcome.PRINTED
    assert len(printer.slips) == 1
    printer.open_cover()
    bench.desk.print_trial(ended.put)
    assert ended.get(timeout=PATIENCE_S) == turned_away(Condition.COVER_OPEN)
    assert bench.endings.empty()


def test_a_page_that_is_no_slip_of_a_payment_is_printed_too(bench: Bench, printer: VirtualPrinter) -> None:
    ended: queue.Queue[Ending] = queue.Queue()
    bench.desk.print_page(Paper((PaperText("x"),)), ended.put)
    bench.desk.print_trial(ended.put)
    assert [ended.get(timeout=PATIENCE_S).outcome for _ in range(2)] == [SlipOutcome.PRINTED] * 2
    page, trial = printer.slips
    assert page.height_dots < trial.height_dots
    assert bench.endings.empty()


def test_a_test_slip_without_a_printer_is_answered_too(open_bench: Callable[[Printer | None], Bench]) -> None:
    ended: queue.Queue[Ending] = queue.Queue()
    open_bench(None).desk.print_trial(ended.put)
    assert ended.get(timeout=PATIENCE_S).outcome is SlipOutcome.NOT_PRINTED


def paper_of(**wishes: Any) -> Bitmap:
    printer, endings = VirtualPrinter(PROFILE), queue.Queue[PrintEnded]()
    desk = PrintDesk(printer, COUNTER, VirtualClock(MORNING), endings.put, **wishes)
    desk.start()
    desk.print(SlipJob(payment(1), slip()))
    assert endings.get(timeout=PATIENCE_S).outcome is SlipOutcome.PRINTED
    desk.stop()
    return printer.slips[0]


def test_slips_can_be_in_both_languages_and_without_a_time_nobody_trusts() -> None:
    usual, both, timeless = (
        paper_of(),
        paper_of(is_bilingual=lambda: True),
        paper_of(time_source=lambda: TimeSource.NONE),
    )
    assert both.height_dots > usual.height_dots
    assert timeless != usual


def test_a_slip_that_has_no_room_on_the_paper_is_not_printed_and_says_so(bench: Bench, printer: VirtualPrinter) -> None:
    endless = slip().model_copy(update={"lookup": "Ế" * 3000})
    bench.desk.print(SlipJob(payment(1), endless))
    ended = bench.endings.get(timeout=PATIENCE_S)
    assert (ended.outcome, ended.reason) == (
        SlipOutcome.NOT_PRINTED,
        "Phiếu không vừa khổ giấy, kỹ thuật viên xem nhật ký",
    )
    assert bench.print(2).outcome is SlipOutcome.PRINTED


def test_in_a_plain_file_slips_stand_one_after_the_other(
    open_bench: Callable[[Printer | None], Bench], tmp_path: Path
) -> None:
    path = tmp_path / "slips.bin"
    bench = open_bench(FilePrinter(PROFILE, path))
    for number in (1, 2):
        assert bench.print(number).outcome is SlipOutcome.PRINTED
    streams = [escpos.encode(receipt.compose(slip(number), COUNTER), PROFILE) for number in (1, 2)]
    assert path.read_bytes() == b"".join(streams)


class Unlucky(VirtualPrinter):
    """Its cable goes with the first zero that shall clear it away."""

    def send(self, stream: bytes) -> None:
        if b"\0" * 1000 in stream:
            self.pull_cable_after(100)
        super().send(stream)


def test_a_printer_that_cannot_be_cleared_gets_no_slip(open_bench: Callable[[Printer | None], Bench]) -> None:
    unlucky = Unlucky(PROFILE)
    bench = open_bench(unlucky)
    assert bench.print().outcome is SlipOutcome.NOT_PRINTED
    unlucky.plug_in()
    assert bench.print().outcome is SlipOutcome.NOT_PRINTED
    assert not unlucky.slips
