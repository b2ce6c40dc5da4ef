"""The virtual printer's levers, and the picture it shows."""

import io
import threading

import pytest
import zxingcpp
from PIL import Image

from drivers import escpos, printer_status
from drivers.paper import Code, Paper, Rule, Space
from drivers.printer import SendError
from drivers.printer_status import Condition
from drivers.profiles import PROFILES, Profile
from drivers.raster import draw
from drivers.virtual.printer import VirtualPrinter

PROFILE = PROFILES["generic-80"]
PAPER = Paper((Space(1), Rule(400), Code("HK-2026-7K2M-9XHP"), Space(5)))
SLIP = escpos.encode(PAPER, PROFILE)


@pytest.fixture
def printer() -> VirtualPrinter:
    return VirtualPrinter(PROFILE)


def refused(printer: VirtualPrinter) -> SendError:
    with pytest.raises(SendError) as error:
        printer.send(SLIP)
    return error.value


def test_each_slip_is_kept_as_picture_and_as_bytes(printer: VirtualPrinter) -> None:
    printer.send(SLIP)
    printer.send(SLIP)
    assert printer.slips == (draw(PAPER, 576),) * 2
    assert printer.streams == (SLIP, SLIP)
    assert printer.received == SLIP * 2


def test_a_slip_under_way_hangs_out_of_the_printer(printer: VirtualPrinter) -> None:
    printer.send(SLIP[: len(SLIP) // 2])
    assert printer.slips == ()
    assert 0 < printer.paper.height_dots < draw(PAPER, 576).height_dots


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_a_scanner_reads_the_code_from_the_picture_of_the_paper(profile: Profile) -> None:
    printer = VirtualPrinter(profile)
    printer.send(escpos.encode(PAPER, profile))
    printer.tear_off()
    image = Image.open(io.BytesIO(printer.png()))
    assert image.mode == "1"
    assert image.width == pytest.approx(profile.paper_mm * profile.dots_per_mm, abs=1)
    assert [code.text for code in zxingcpp.read_barcodes(image)] == ["HK-2026-7K2M-9XHP"]


def test_there_is_no_picture_of_a_slip_that_never_came(printer: VirtualPrinter) -> None:
    with pytest.raises(IndexError):
        printer.png()


def test_a_printer_in_order_says_ready(printer: VirtualPrinter) -> None:
    assert printer.status().conditions == {Condition.READY}


def test_without_paper_nothing_is_taken_until_a_roll_is_loaded(printer: VirtualPrinter) -> None:
    printer.run_out_of_paper()
    assert printer.status().headline is Condition.PAPER_OUT
    assert refused(printer).sent_bytes == 0
    assert printer.received == b""
    printer.load_paper()
    printer.send(SLIP)
    assert len(printer.slips) == 1


def test_paper_that_ends_in_mid_slip_leaves_a_scrap_and_no_slip(printer: VirtualPrinter) -> None:
    printer.run_out_of_paper(after_rows=100)
    error = refused(printer)
    assert 0 < error.sent_bytes < len(SLIP)
    assert printer.received == SLIP[: error.sent_bytes]
    assert printer.paper.height_dots == 100
    printer.load_paper()
    assert printer.paper.height_dots == 0
    assert printer.slips == ()


def test_an_open_cover_stops_the_printer(printer: VirtualPrinter) -> None:
    printer.open_cover()
    assert printer.status().headline is Condition.COVER_OPEN
    assert refused(printer).sent_bytes == 0
    printer.close_cover()
    assert printer.status().can_print


def test_an_offline_printer_comes_back(printer: VirtualPrinter) -> None:
    printer.go_offline()
    assert printer.status().headline is Condition.OFFLINE
    assert refused(printer).sent_bytes == 0
    printer.come_back()
    printer.send(SLIP)
    assert printer.slips


def test_low_paper_is_said_and_still_prints(printer: VirtualPrinter) -> None:
    printer.run_low_on_paper()
    assert printer.status().headline is Condition.PAPER_LOW
    printer.send(SLIP)
    printer.open_cover()
    printer.close_cover()
    assert printer.status().headline is Condition.READY


@pytest.mark.parametrize("passed", [0, 1, 7, len(SLIP) - 1])
def test_a_pulled_cable_says_how_many_bytes_went(printer: VirtualPrinter, passed: int) -> None:
    printer.pull_cable_after(passed)
    error = refused(printer)
    assert error.sent_bytes == passed
    assert str(passed) in str(error)
    assert printer.received == SLIP[:passed]
    assert printer.slips == ()
    assert printer.status() == printer_status.OFFLINE


def test_a_slip_that_just_fits_before_the_cable_goes_is_whole(printer: VirtualPrinter) -> None:
    printer.pull_cable_after(len(SLIP))
    printer.send(SLIP)
    assert len(printer.slips) == 1
    assert refused(printer).sent_bytes == 0


def test_hurried_back_without_a_reset_the_printer_goes_on_with_the_broken_image(printer: VirtualPrinter) -> None:
    printer.pull_cable_after(1000)
    refused(printer)
    printer.plug_in()
    printer.send(SLIP)
    assert printer.slips != (draw(PAPER, 576),)


def test_after_power_off_and_on_the_next_slip_is_whole(printer: VirtualPrinter) -> None:
    printer.pull_cable_after(1000)
    refused(printer)
    printer.plug_in()
    printer.power_cycle()
    printer.load_paper()
    printer.send(SLIP)
    assert printer.slips == (draw(PAPER, 576),)


def test_another_thread_can_wait_for_the_next_slip(printer: VirtualPrinter) -> None:
    sender = threading.Thread(target=printer.send, args=(SLIP,))
    sender.start()
    assert printer.wait_for_slips(1, timeout_s=30)
    sender.join()


def test_waiting_for_a_slip_that_does_not_come_ends(printer: VirtualPrinter) -> None:
    assert not printer.wait_for_slips(1, timeout_s=0.001)


@pytest.mark.parametrize(
    ("cause", "cure", "condition"),
    [
        ("jam_cutter", "free_cutter", Condition.CUTTER_FAULT),
        ("overheat", "cool_down", Condition.OVERHEATED),
        ("open_cover", "close_cover", Condition.COVER_OPEN),
    ],
)
def test_trouble_is_said_and_ends(printer: VirtualPrinter, cause: str, cure: str, condition: Condition) -> None:
    getattr(printer, cause)()
    assert printer.status().headline is condition
    assert refused(printer).sent_bytes == 0
    getattr(printer, cure)()
    assert printer.status().headline is Condition.READY


def test_a_printer_whose_power_fails_forgets_what_it_held_and_says_nothing() -> None:
    printer = VirtualPrinter(PROFILE, buffer_bytes=4096)
    printer.open_cover()
    printer.cut_power_after(100)
    with pytest.raises(SendError) as error:
        printer.send(SLIP)
    assert error.value.sent_bytes == 100
    assert printer.status() == printer_status.OFFLINE
    printer.close_cover()
    assert printer.paper.height_dots == 0
    printer.power_cycle()
    printer.send(SLIP)
    assert printer.slips == (draw(PAPER, 576),)


def test_what_waited_in_the_buffer_comes_out_when_the_paper_returns() -> None:
    printer = VirtualPrinter(PROFILE, buffer_bytes=100_000)
    printer.run_out_of_paper(after_rows=100)
    printer.send(SLIP)
    assert not printer.slips
    printer.load_paper()
    assert len(printer.slips) == 1
    assert printer.slips[0] != draw(PAPER, 576)


def test_a_small_buffer_takes_as_much_as_it_holds() -> None:
    printer = VirtualPrinter(PROFILE, buffer_bytes=64)
    printer.open_cover()
    assert refused(printer).sent_bytes == 64


def test_a_hurried_printer_without_flow_control_loses_what_does_not_fit() -> None:
    printer = VirtualPrinter(PROFILE, buffer_bytes=64)
    printer.overrun()
    printer.open_cover()
    printer.send(SLIP)
    printer.close_cover()
    assert printer.paper != draw(PAPER, 576)


def test_lost_bytes_spoil_the_picture(printer: VirtualPrinter) -> None:
    printer.lose_bytes(after=400, count=3)
    for start in range(0, len(SLIP), 64):
        printer.send(SLIP[start : start + 64])
    printer.tear_off()
    assert printer.slips != (draw(PAPER, 576),)


def test_a_printer_that_forgets_its_image_prints_garbage_until_it_is_reset() -> None:
    printer = VirtualPrinter(PROFILE, buffer_bytes=100_000)
    printer.forget_images()
    printer.run_out_of_paper(after_rows=20)
    printer.send(SLIP)
    printer.load_paper()
    printer.tear_off()
    printer.send(escpos.abandon(PROFILE))
    printer.send(SLIP)
    assert printer.slips[-1] == draw(PAPER, 576)


def test_a_liar_says_what_it_was_told_to_say(printer: VirtualPrinter) -> None:
    printer.run_out_of_paper()
    printer.lie(frozenset())
    assert printer.status().headline is Condition.READY
    printer.lie(None)
    assert printer.status().headline is Condition.PAPER_OUT


def test_a_silent_printer_is_unknown(printer: VirtualPrinter) -> None:
    printer.fall_silent()
    assert printer.status() == printer_status.UNKNOWN


def test_changes_are_told_without_asking() -> None:
    printer = VirtualPrinter(PROFILES["epson-tm-t20"])
    printer.send(escpos.AUTOMATIC_STATUS)
    assert printer.glance().headline is Condition.READY
    printer.open_cover()
    assert printer.glance().headline is Condition.COVER_OPEN
    printer.close_cover()
    assert printer.glance().headline is Condition.READY
    printer.pull_cable_after(0)
    assert printer.glance() == printer_status.OFFLINE


def test_a_printer_can_be_made_to_forget_what_it_holds() -> None:
    printer = VirtualPrinter(PROFILES["epson-tm-t20"], buffer_bytes=100_000)
    printer.open_cover()
    printer.send(SLIP)
    printer.clear()
    printer.close_cover()
    assert printer.paper.height_dots == 0
    printer.pull_cable_after(0)
    printer.clear()


def test_a_question_in_the_middle_of_an_image_is_answered_and_becomes_dots(printer: VirtualPrinter) -> None:
    printer.send(b"\x1dv0\0\x03\0\x01\0")
    printer.send(b"\x10\x04\x01")
    assert printer.say() == b"\x12"
    assert printer.paper.packed.startswith(b"\x10\x04\x01")


def test_a_mute_printer_is_not_even_asked() -> None:
    printer = VirtualPrinter(PROFILES["generic-80-mute"])
    assert not printer.carries_answers
    assert printer.status() == printer_status.UNKNOWN == printer.glance()
    printer.send(b"\x10\x04\x01")
    assert printer.say() == b""
