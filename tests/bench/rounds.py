"""Measures one program for one round: start it, send it payments, weigh it, end it. The same steps for both."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mqtt_schema.messages import PaymentParking, PaymentRefused, Trouble

from .errors import BenchError
from .glass import Glass
from .office import Broker, Office
from .programs import Program

GAP_S = (0.08, 0.13)
"""Between two payments, at random, so that nobody's timer falls into step with ours."""
SETTLING_S = 1.0


@dataclass(frozen=True)
class Contender:
    """A program, its glass, and the counter as which it is addressed."""

    program: Program
    glass: Glass
    counter: str


@dataclass(frozen=True)
class Round:
    """What one round gave. Seconds from the start of the program; milliseconds from publish to pixels; 10^6 bytes."""

    first_frame_s: float
    subscribed_s: float
    pixels_ms: tuple[float, ...]
    pss_mb: float


class Referee:
    """Lets both play by the same rules."""

    def __init__(self, office: Office, broker: Broker) -> None:
        self._office = office
        self._broker = broker
        self._random = random.Random(7)

    def warm_up(self, contender: Contender) -> None:
        """One start and three payments that count for nothing: byte code, caches, profile; and what moves is learnt."""
        self._start(contender)
        try:
            request = self._office.new_request()
            before = contender.glass.look()
            self._office.send(request, contender.counter)
            contender.glass.wait_for_change(before, f"{contender.program.name} to paint its first code")
            contender.glass.learn_what_moves()
            contender.glass.save_picture()
            self._park(contender, request.payment)
            for _ in range(2):
                self._pay(contender)
        finally:
            self._stop(contender)

    def play(self, contender: Contender, payments: int) -> Round:
        """One whole round."""
        first_frame_s, subscribed_s = self._start(contender)
        try:
            pixels = tuple(self._pay(contender) for _ in range(payments))
            return Round(first_frame_s, subscribed_s, pixels, contender.program.pss_mb())
        finally:
            self._stop(contender)

    def idle_cpu(self, contender: Contender, seconds: float) -> float:
        """Per cent of one core over `seconds` in which nobody pays, a few seconds after the start."""
        with self.running(contender):
            time.sleep(3 * SETTLING_S)
            start_s, used_s = time.monotonic(), contender.program.cpu_s()
            time.sleep(seconds)
            return 100 * (contender.program.cpu_s() - used_s) / (time.monotonic() - start_s)

    @contextmanager
    def running(self, contender: Contender) -> Iterator[None]:
        """Started, subscribed and settled; ended afterwards."""
        self._start(contender)
        try:
            yield
        finally:
            self._stop(contender)

    def _start(self, contender: Contender) -> tuple[float, float]:
        contender.glass.wait_until_dark()
        start_s = contender.program.start(contender.glass.name)
        try:
            frame_s = contender.glass.wait_for_frame()
            subscribed_s = self._broker.wait_for_subscription(contender.program.client_id, start_s)
            time.sleep(SETTLING_S)
            self._office.settle()
        except BaseException:
            contender.program.stop()
            raise
        return frame_s - start_s, subscribed_s - start_s

    def _stop(self, contender: Contender) -> None:
        contender.program.stop()
        self._office.settle()

    def _pay(self, contender: Contender) -> float:
        """Milliseconds from just before the publish to the last pixel of a code that reads as it should."""
        time.sleep(self._random.uniform(*GAP_S))
        request = self._office.new_request()
        before = contender.glass.look()
        sent_s = self._office.send(request, contender.counter)
        painted_s, _ = contender.glass.wait_for_change(before, f"{contender.program.name} to paint a code")
        read = contender.glass.code()
        if read != request.payload:
            raise BenchError(f"{contender.program.name} shows {read!r} instead of {request.payload!r}")
        self._park(contender, request.payment)
        return (painted_s - sent_s) * 1000

    def _park(self, contender: Contender, payment: str) -> None:
        before = contender.glass.look()
        self._office.send(PaymentParking(payment=payment), contender.counter)
        contender.glass.wait_for_change(before, f"{contender.program.name} to take the code away")
        for body in self._office.settle():
            if isinstance(body, Trouble | PaymentRefused):
                raise BenchError(f"{contender.program.name} would not: {body!r}")
