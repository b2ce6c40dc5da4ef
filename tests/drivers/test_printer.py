"""One contract for all printers: virtual, file, TCP on loopback, and serial and USB devices made of a pty."""

import os
import pty
import re
import select
import socket
import struct
import threading
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from drivers import printer_status
from drivers.errors import DriverError, PrinterError
from drivers.printer import FilePrinter, Printer, SendError, SerialPrinter, TcpPrinter
from drivers.printer_status import Condition
from drivers.profiles import PROFILES
from drivers.virtual.printer import VirtualPrinter

PROFILE = PROFILES["generic-80"]
SLIP = bytes(range(256)) * 150
"""As long as a slip, with every byte that a line might swallow."""
ENDLESS = bytes(32 * 1024 * 1024)
"""More than the buffers of any line hold."""
PATIENCE_S = 30


class Device:
    """What stands at the other end of a line: reads all, and answers each DLE EOT n if it knows how."""

    def __init__(self, plug: Callable[[], int], answer: Callable[[int], int] | None = None) -> None:
        """`plug` waits for the line and gives its descriptor; `answer` makes the answer to n."""
        self._plug, self._answer = plug, answer
        self._received = bytearray()
        self._grown = threading.Condition()
        self._stop_end, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        end = self._plug()
        while self._stop_end not in select.select([end, self._stop_end], [], [])[0]:
            piece = os.read(end, 4096)
            if not piece:
                return
            with self._grown:
                self._received += piece
                self._grown.notify_all()
            if self._answer is not None:
                os.write(end, bytes(self._answer(query[0]) for query in re.findall(rb"\x10\x04(.)", piece)))

    def wait_for(self, count: int) -> bytes:
        with self._grown:
            assert self._grown.wait_for(lambda: len(self._received) >= count, PATIENCE_S)
            return bytes(self._received)

    def stop(self) -> None:
        os.write(self._stop, b"x")
        self._thread.join(PATIENCE_S)
        os.close(self._stop)
        os.close(self._stop_end)


class Wire:
    """A serial line made of a pty; `path` is our end's device, `end` the printer's descriptor."""

    def __init__(self) -> None:
        self.end, self._ours = pty.openpty()
        tty.setraw(self._ours)
        self.path = os.ttyname(self._ours)
        self._is_plugged = True

    def pull(self) -> None:
        if self._is_plugged:
            os.close(self._ours)
            os.close(self.end)
        self._is_plugged = False


class Listener:
    """A network printer's port."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self.server.getsockname()
        self.connection: socket.socket | None = None

    def accept(self) -> int:
        self.connection, _ = self.server.accept()
        return self.connection.fileno()

    def close(self) -> None:
        for one in (self.connection, self.server):
            if one is not None:
                one.close()

    def printer(self, stall_s: float = PATIENCE_S, answer_s: float = PATIENCE_S) -> TcpPrinter:
        return TcpPrinter(PROFILE, *self.address, stall_s=stall_s, answer_s=answer_s)


@pytest.fixture
def wire() -> Iterator[Wire]:
    one = Wire()
    yield one
    one.pull()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


def serial(wire: Wire, stall_s: float = PATIENCE_S, answer_s: float = PATIENCE_S) -> SerialPrinter:
    return SerialPrinter(PROFILE, wire.path, stall_s=stall_s, answer_s=answer_s)


def usb(wire: Wire, stall_s: float = PATIENCE_S, answer_s: float = PATIENCE_S) -> FilePrinter:
    return FilePrinter(PROFILE, Path(wire.path), stall_s=stall_s, answer_s=answer_s)


Received = Callable[[int], bytes]
"""Waits for so many bytes and gives all that arrived."""


@pytest.fixture(params=["virtual", "file", "tcp", "serial", "usb"])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, wire: Wire, listener: Listener
) -> Iterator[tuple[Printer, Received]]:
    """A printer of each kind, and what stands at its other end."""
    match request.param:
        case "virtual":
            virtual = VirtualPrinter(PROFILE)
            yield virtual, lambda _: virtual.received
        case "file":
            path = tmp_path / "slip.bin"
            with FilePrinter(PROFILE, path) as file:
                yield file, lambda _: path.read_bytes()
        case kind:
            plug, printer = {
                "tcp": (listener.accept, listener.printer()),
                "serial": (lambda: wire.end, serial(wire)),
                "usb": (lambda: wire.end, usb(wire)),
            }[kind]
            device = Device(plug)
            with printer:
                yield printer, device.wait_for
            device.stop()


def test_a_slip_arrives_whole_and_nothing_else_does(pair: tuple[Printer, Received]) -> None:
    printer, received = pair
    printer.send(SLIP)
    assert received(len(SLIP)) == SLIP


def test_slips_arrive_one_after_the_other(pair: tuple[Printer, Received]) -> None:
    printer, received = pair
    printer.send(SLIP)
    printer.send(b"")
    printer.send(b"next")
    assert received(len(SLIP) + 4) == SLIP + b"next"


def test_closing_twice_is_no_error(pair: tuple[Printer, Received]) -> None:
    printer, _ = pair
    printer.send(b"slip")
    printer.close()
    printer.close()


@dataclass(frozen=True)
class Line:
    """A line that can be asked and can break: how the printer plugs in at its end, and how ours is made."""

    plug: Callable[[], int]
    make: Callable[[float, float], Printer]

    def printer(self, stall_s: float = PATIENCE_S, answer_s: float = PATIENCE_S) -> Printer:
        return self.make(stall_s, answer_s)


@pytest.fixture(params=["tcp", "serial", "usb"])
def line(request: pytest.FixtureRequest, wire: Wire, listener: Listener) -> Line:
    match request.param:
        case "tcp":
            return Line(listener.accept, listener.printer)
        case "serial":
            return Line(lambda: wire.end, partial(serial, wire))
        case _:
            return Line(lambda: wire.end, partial(usb, wire))


@pytest.mark.parametrize(
    "condition", [Condition.PAPER_LOW, Condition.PAPER_OUT, Condition.COVER_OPEN, Condition.OFFLINE, Condition.READY]
)
def test_a_printer_that_answers_is_believed(line: Line, condition: Condition) -> None:
    device = Device(line.plug, lambda query: printer_status.answer(query, frozenset({condition})))
    with line.printer() as printer:
        assert printer.status().headline is condition
        assert printer.status().headline is condition
    device.stop()


def test_a_printer_that_answers_noise_is_unknown(line: Line) -> None:
    device = Device(line.plug, lambda _: 0xFF)
    with line.printer() as printer:
        assert printer.status().headline is Condition.UNKNOWN
    device.stop()


def test_a_silent_printer_is_unknown_and_asked_only_once(line: Line) -> None:
    device = Device(line.plug)
    with line.printer(PATIENCE_S, 0.01) as printer:
        assert printer.status() == printer_status.UNKNOWN
        assert device.wait_for(3) == b"\x10\x04\x01"
    device.stop()


def test_what_was_said_before_anyone_asked_is_no_answer(wire: Wire) -> None:
    device = Device(lambda: wire.end, lambda _: 0x12)
    with serial(wire) as printer:
        printer.send(b"slip")
        os.write(wire.end, b"\xff")
        assert printer.status().headline is Condition.READY
    device.stop()


def test_a_printer_that_takes_nothing_more_is_given_up(line: Line) -> None:
    plugged = threading.Thread(target=line.plug, daemon=True)
    plugged.start()
    with line.printer(0.05) as printer, pytest.raises(SendError, match=r"took no byte|stood still") as error:
        printer.send(ENDLESS)
    plugged.join(PATIENCE_S)
    assert 0 < error.value.sent_bytes < len(ENDLESS)
    assert "look at the paper" in str(error.value)
    assert isinstance(error.value.__cause__, TimeoutError)


def test_a_slip_stuck_behind_unread_questions_was_certainly_not_sent(listener: Listener) -> None:
    """A printer that is busy or out of paper takes nothing, not even a question; the slip behind it can be retried."""
    listener.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    with listener.printer(stall_s=0.05, answer_s=0) as printer:
        assert printer.status() == printer_status.UNKNOWN
        listener.accept()
        for _ in range(3000):
            printer.status()
        with pytest.raises(SendError, match="nothing was sent") as error:
            printer.send(b"slip")
    assert error.value.sent_bytes == 0


def reads_until_reset(connection: socket.socket) -> bool:
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return False


def test_what_a_connection_still_held_does_not_come_out_later(listener: Listener) -> None:
    plugged = threading.Thread(target=listener.accept, daemon=True)
    plugged.start()
    with listener.printer(stall_s=0.05) as printer, pytest.raises(SendError):
        printer.send(ENDLESS)
    plugged.join(PATIENCE_S)
    assert listener.connection is not None
    assert reads_until_reset(listener.connection)


def test_after_it_was_given_up_a_line_opens_again(wire: Wire) -> None:
    with serial(wire, stall_s=0.05) as printer:
        with pytest.raises(SendError):
            printer.send(ENDLESS)
        # A pty counts what its other end has not read as delivered: only a real line throws it away.
        while select.select([wire.end], [], [], 0)[0]:
            os.read(wire.end, 65536)
        device = Device(lambda: wire.end)
        printer.send(SLIP)
        assert device.wait_for(len(SLIP)) == SLIP
        device.stop()


@pytest.mark.parametrize("make", [serial, usb])
def test_a_cable_pulled_in_mid_slip_says_how_much_went(wire: Wire, make: Callable[[Wire], Printer]) -> None:
    def read_and_pull() -> None:
        os.read(wire.end, 1000)
        wire.pull()

    thread = threading.Thread(target=read_and_pull)
    thread.start()
    with make(wire) as printer, pytest.raises(SendError) as error:
        printer.send(ENDLESS)
    thread.join(PATIENCE_S)
    assert 0 < error.value.sent_bytes < len(ENDLESS)


def test_a_connection_reset_in_mid_slip_says_how_much_went(listener: Listener) -> None:
    def read_and_reset() -> None:
        os.read(listener.accept(), 1000)
        assert listener.connection is not None
        listener.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        listener.connection.close()

    thread = threading.Thread(target=read_and_reset)
    thread.start()
    with listener.printer() as printer, pytest.raises(SendError) as error:
        printer.send(ENDLESS)
    thread.join(PATIENCE_S)
    assert 0 < error.value.sent_bytes < len(ENDLESS)


def test_a_line_that_went_away_is_offline_when_asked(wire: Wire) -> None:
    with serial(wire) as printer:
        printer.send(b"slip")
        wire.pull()
        assert printer.status() == printer_status.OFFLINE


def nobody_there() -> TcpPrinter:
    listener = Listener()
    listener.close()
    return TcpPrinter(PROFILE, *listener.address)


@pytest.mark.parametrize(
    "printer",
    [
        nobody_there(),
        SerialPrinter(PROFILE, "/dev/quaythu-not-plugged-in"),
        FilePrinter(PROFILE, Path("/dev/usb/quaythu-not-plugged-in")),
    ],
    ids=["tcp", "serial", "usb"],
)
def test_a_printer_that_is_not_there_got_certainly_nothing_and_is_offline(printer: Printer) -> None:
    with pytest.raises(SendError, match="nothing was sent; check") as error:
        printer.send(SLIP)
    assert error.value.sent_bytes == 0
    assert printer.status() == printer_status.OFFLINE


def test_no_plain_file_is_left_where_a_device_should_be() -> None:
    missing = Path("/dev/quaythu-not-plugged-in")
    with pytest.raises(SendError):
        FilePrinter(PROFILE, missing).send(SLIP)
    assert not missing.exists()


def test_a_plain_file_is_never_asked(tmp_path: Path) -> None:
    path = tmp_path / "slip.bin"
    path.write_bytes(b"before")
    with FilePrinter(PROFILE, path) as printer:
        assert printer.status() == printer_status.UNKNOWN
        printer.send(b" after")
    assert path.read_bytes() == b"before after"


def test_dsr_flow_control_on_a_line_without_that_wire_is_refused_before_the_first_byte(wire: Wire) -> None:
    with SerialPrinter(PROFILE, wire.path, dsrdtr=True) as printer, pytest.raises(SendError) as error:
        printer.send(SLIP)
    assert error.value.sent_bytes == 0


def test_an_error_of_the_line_is_ours_and_the_systems() -> None:
    assert issubclass(SendError, PrinterError)
    assert issubclass(SendError, DriverError)
    assert issubclass(SendError, OSError)


def test_a_line_without_flow_control_is_not_hurried(wire: Wire) -> None:
    """Ten thousand bytes at a million a second: the pace is kept, and nothing is lost on the way."""
    patient = replace(PROFILE, pace_bytes_per_s=1_000_000, chunk_bytes=100)
    device = Device(lambda: wire.end)
    with SerialPrinter(patient, wire.path) as printer:
        start_s = time.monotonic()
        printer.send(SLIP[:10_000])
        assert time.monotonic() - start_s >= 0.01
        assert device.wait_for(10_000) == SLIP[:10_000]
    device.stop()


def test_a_device_that_was_once_there_is_never_replaced_by_a_plain_file(wire: Wire, tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.symlink_to(wire.path)
    with FilePrinter(PROFILE, port) as printer:
        assert printer.carries_answers
        printer.send(b"slip")
        wire.pull()
        port.unlink()
        with pytest.raises(SendError):
            printer.send(b"slip")
    assert not port.is_file()


def test_a_line_that_is_told_to_wait_waits(wire: Wire) -> None:
    with SerialPrinter(PROFILE, wire.path, xonxoff=True, stall_s=0.05) as printer:
        printer.send(b"slip")
        os.write(wire.end, b"\x13")
        while True:
            try:
                printer.send(b"slip")
            except SendError as error:
                assert isinstance(error.__cause__, OSError)  # noqa: PT017  which of many sends it is nobody knows
                break


def test_an_answer_to_another_question_is_not_the_last_word(wire: Wire) -> None:
    device = Device(lambda: wire.end, lambda _: 0x12)
    with serial(wire, answer_s=PATIENCE_S) as printer:
        printer.send(b"slip")
        os.write(wire.end, printer_status.done("0041") + b"\0")
        assert printer.wait_until_done("0042", PATIENCE_S).is_done
    device.stop()


def test_the_last_word_of_an_earlier_slip_is_not_that_of_this_one(wire: Wire) -> None:
    with SerialPrinter(PROFILES["epson-tm-t20"], wire.path) as printer:
        printer.send(b"slip")
        os.write(wire.end, printer_status.done("0041"))
        assert not printer.wait_until_done("0042", 0.05).is_done
        os.write(wire.end, printer_status.done("0042"))
        assert printer.wait_until_done("0042", PATIENCE_S).is_done


def test_what_was_said_in_its_turn_before_this_slip_does_not_end_it(wire: Wire) -> None:
    device = Device(lambda: wire.end, lambda _: 0x12)
    with serial(wire) as printer:
        printer.send(b"slip")
        os.write(wire.end, b"\0")
        assert printer.status().headline is Condition.READY
        assert not printer.wait_until_done("0042", 0.05).is_done
    device.stop()
