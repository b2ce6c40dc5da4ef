"""One slip's course: what was said before, on the way and at the end decides what is said of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.counter import receipt
from appliance.course import BROKE_OFF, NO_LAST_WORD, PRINTED, Course, Ending
from drivers import escpos
from drivers.escpos import Stream
from drivers.printer import FilePrinter, Printer, SerialPrinter, TcpPrinter
from drivers.printer_status import Condition
from drivers.profiles import PROFILES, Profile
from drivers.virtual.ends import PtyEnd, TcpEnd
from drivers.virtual.print_machine import PrintMachine
from drivers.virtual.printer import VirtualPrinter
from mqtt_schema.messages import SlipOutcome
from tests.support import faults
from tests.support.faults import Case, Fault, Verdict
from tests.support.spoken import COUNTER, slip

PATIENCE_S = 30.0
GENERIC, EPSON = PROFILES["generic-80"], PROFILES["epson-tm-t20"]
both = pytest.mark.parametrize("profile", [GENERIC, EPSON], ids=lambda profile: profile.name)


def stream(profile: Profile, number: int = 1) -> Stream:
    return escpos.stream(receipt.compose(slip(number), COUNTER), profile)


def started(printer: Printer) -> Course:
    course = Course(printer)
    course.look()
    return course


@both
def test_a_slip_is_printed_when_the_printer_says_that_it_is_done(profile: Profile) -> None:
    printer = VirtualPrinter(profile)
    assert started(printer).run(stream(profile)) is PRINTED
    assert len(printer.slips) == 1


def test_a_process_id_proves_the_cut_even_if_the_roll_ends_with_it() -> None:
    printer = VirtualPrinter(EPSON)
    course = started(printer)
    printer.run_out_of_paper(after_rows=stream(EPSON).height_dots + 1)
    assert course.run(stream(EPSON)) is PRINTED
    printer.load_paper()
    assert course.run(stream(EPSON)) is PRINTED


@both
def test_a_printer_that_falls_silent_at_the_end_is_not_believed(profile: Profile) -> None:
    class FallingSilent(VirtualPrinter):
        def send(self, stream: bytes) -> None:
            if stream.startswith(b"\x1dV") and len(self.slips) == 0:
                self.fall_silent()
            super().send(stream)

    silent = FallingSilent(profile)
    course = started(silent)
    assert course.run(stream(profile)) == Ending(SlipOutcome.POSSIBLY_PRINTED, NO_LAST_WORD)
    assert len(silent.slips) == 1
    silent.fall_silent(is_silent=False)
    assert course.run(stream(profile, 2)) is PRINTED


@both
@pytest.mark.parametrize("lie", [Condition.PAPER_OUT, Condition.COVER_OPEN, Condition.OFFLINE])
def test_a_printer_that_complains_without_a_cause_gets_nothing(profile: Profile, lie: Condition) -> None:
    printer = VirtualPrinter(profile)
    course = started(printer)
    printer.lie(frozenset({lie}))
    assert course.run(stream(profile)).outcome is SlipOutcome.NOT_PRINTED
    printer.lie(None)
    assert course.run(stream(profile)) is PRINTED
    assert len(printer.slips) == 1


@both
def test_a_printer_that_claims_to_be_well_is_believed_only_with_its_last_word(profile: Profile) -> None:
    printer = VirtualPrinter(profile, buffer_bytes=100_000)
    course = started(printer)
    printer.lie(frozenset())
    printer.run_out_of_paper(after_rows=200)
    assert course.run(stream(profile)) == Ending(SlipOutcome.POSSIBLY_PRINTED, NO_LAST_WORD)


@both
def test_trouble_on_the_way_stops_the_slip_and_what_was_stored_does_not_come_out_later(profile: Profile) -> None:
    printer = VirtualPrinter(profile, buffer_bytes=100_000)
    course = started(printer)
    printer.run_out_of_paper(after_rows=300)
    ending = course.run(stream(profile))
    assert ending.outcome is SlipOutcome.POSSIBLY_PRINTED
    assert ending.reason.startswith("Máy in hết giấy khi đang in")
    assert len(printer.received) < 2 * escpos.most_image_bytes(profile)
    printer.load_paper()
    assert course.run(stream(profile, 2)) is PRINTED
    printer.come_back()
    assert printer.slips[-1].packed.startswith(faults.drawn(2, profile).packed)


@both
def test_while_idle_the_rest_of_a_broken_slip_is_cut_off_as_soon_as_paper_is_there(profile: Profile) -> None:
    printer = VirtualPrinter(profile)
    course = started(printer)
    printer.pull_cable_after(5000)
    assert course.run(stream(profile)).outcome is SlipOutcome.POSSIBLY_PRINTED
    printer.plug_in()
    course.look()
    assert printer.paper.height_dots == 0
    before = printer.received
    course.look()
    assert printer.received == before


def test_a_cable_that_comes_off_before_the_first_ink_printed_nothing() -> None:
    printer = VirtualPrinter(GENERIC)
    course = started(printer)
    printer.pull_cable_after(5)
    assert course.run(stream(GENERIC)).outcome is SlipOutcome.NOT_PRINTED


@pytest.mark.parametrize("inked_bytes", [1, 200])
def test_a_cable_that_comes_off_with_the_first_ink_leaves_the_question_to_a_human(inked_bytes: int) -> None:
    printer = VirtualPrinter(EPSON)
    course = started(printer)
    questions = 3 * len(EPSON.status_queries)
    printer.pull_cable_after(questions + len(stream(EPSON).opening) + inked_bytes)
    assert course.run(stream(EPSON)) == Ending(SlipOutcome.POSSIBLY_PRINTED, BROKE_OFF)


def test_a_cable_that_comes_off_at_the_end_leaves_the_question_to_a_human() -> None:
    printer = VirtualPrinter(GENERIC)
    course = started(printer)
    whole = stream(GENERIC)
    questions = 3 * 4 * (len(whole.bands) + 1)
    printer.pull_cable_after(len(whole.raw) + questions - 1)
    ending = course.run(whole)
    assert ending.outcome is SlipOutcome.POSSIBLY_PRINTED
    assert ending.reason in {
        BROKE_OFF,
        f"{'Máy in không trả lời, hãy kiểm tra dây và nguồn'} khi vừa in xong, hãy xem giấy",
    }


def test_a_single_lost_answer_is_asked_for_again() -> None:
    class Forgetful(VirtualPrinter):
        forgets = 0

        def _listen(self, timeout_s: float) -> bytes:
            said = super()._listen(timeout_s)
            self.forgets -= 1
            return said if self.forgets < 0 else b""

    printer = Forgetful(GENERIC)
    course = started(printer)
    printer.forgets = 2
    assert course.run(stream(GENERIC)) is PRINTED


@pytest.mark.parametrize("name", ["generic-80", "generic-58", "epson-tm-t20"])
def test_nothing_is_ever_silently_lost_or_printed_twice(name: str) -> None:
    """The whole of it, at every per cent and on every profile: `python -m tests.support.faults`."""
    table, wrong = faults.report(PROFILES[name], 20)
    assert not wrong, table


@both
def test_the_judge_would_notice_a_printer_that_lies_about_its_end(profile: Profile) -> None:
    assert faults.judge(Case(profile, Fault.CABLE_PULL, 0)) is Verdict.RETRIED
    assert faults.judge(Case(profile, Fault.CABLE_PULL, faults.length(profile) // 2)) is Verdict.ASKED
    assert faults.judge(Case(profile, Fault.CABLE_PULL, 10**6)) is Verdict.PRINTED_ONCE


# The same over real lines.

Lines = Callable[[PrintMachine], Printer]


@pytest.fixture(params=["serial", "xonxoff", "usb", "tcp"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lines]:
    opened: list[Printer | PtyEnd | TcpEnd] = []

    def plugged(machine: PrintMachine) -> Printer:
        printer, end = _line(request.param, machine, tmp_path / "port")
        opened.extend((printer, end))
        return printer

    yield plugged
    for one in opened:
        one.close()


def _line(kind: str, machine: PrintMachine, path: Path) -> tuple[Printer, PtyEnd | TcpEnd]:
    if kind == "tcp":
        tcp = TcpEnd(machine)
        return TcpPrinter(machine.profile, *tcp.address, stall_s=PATIENCE_S, answer_s=PATIENCE_S), tcp
    end = PtyEnd(machine, path, xonxoff=kind == "xonxoff")
    if kind == "usb":
        return FilePrinter(machine.profile, path, stall_s=PATIENCE_S, answer_s=PATIENCE_S), end
    return SerialPrinter(
        machine.profile, str(path), xonxoff=kind == "xonxoff", stall_s=PATIENCE_S, answer_s=PATIENCE_S
    ), end


@both
def test_over_a_real_line_a_slip_is_printed_and_confirmed(line: Lines, profile: Profile) -> None:
    machine = PrintMachine(profile, buffer_bytes=512)
    course = started(line(machine))
    for number in (1, 2):
        assert course.run(stream(profile, number)) is PRINTED
    assert [one.packed for one in machine.slips] == [faults.drawn(number, profile).packed for number in (1, 2)]


@both
def test_over_a_real_line_paper_that_ends_is_noticed_and_the_next_slip_is_whole(line: Lines, profile: Profile) -> None:
    machine = PrintMachine(profile, buffer_bytes=64_000)
    course = started(line(machine))
    machine.run_out_of_paper(after_rows=300)
    ending = course.run(stream(profile))
    assert ending.outcome is SlipOutcome.POSSIBLY_PRINTED
    assert ending.reason.startswith("Máy in hết giấy")
    machine.load_paper()
    assert course.run(stream(profile, 2)) is PRINTED
    assert machine.slips[-1].packed == faults.drawn(2, profile).packed


@both
def test_over_a_real_line_a_pulled_cable_is_noticed_and_the_next_slip_is_whole(line: Lines, profile: Profile) -> None:
    machine = PrintMachine(profile, buffer_bytes=512)
    course = started(line(machine))
    machine.pull_cable_after(6000)
    assert course.run(stream(profile)).outcome is SlipOutcome.POSSIBLY_PRINTED
    assert course.run(stream(profile)).outcome is SlipOutcome.NOT_PRINTED
    machine.plug_in()
    ending = course.run(stream(profile, 2))
    while ending.outcome is SlipOutcome.NOT_PRINTED:  # the line is plugged in by another thread
        ending = course.run(stream(profile, 2))
    assert ending is PRINTED
    assert machine.slips[-1].packed == faults.drawn(2, profile).packed


@pytest.mark.parametrize("buffer_bytes", [16, 4096])
def test_a_slow_line_and_a_small_buffer_only_take_longer(tmp_path: Path, buffer_bytes: int) -> None:
    machine = PrintMachine(GENERIC, buffer_bytes)
    with (
        PtyEnd(machine, tmp_path / "port", piece_bytes=16, bytes_per_s=1_000_000) as end,
        SerialPrinter(GENERIC, str(end.path), stall_s=PATIENCE_S, answer_s=PATIENCE_S) as printer,
    ):
        assert started(printer).run(stream(GENERIC)) is PRINTED
    assert machine.slips[0].packed == faults.drawn(1, GENERIC).packed
