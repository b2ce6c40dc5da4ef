"""What becomes of slips when something breaks at a given byte: cases, and what came out of them.

`python -m tests.support.faults` tries every per cent of a slip and every band, on every profile, and prints a table.
"""

import queue
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from appliance import logs
from appliance.clock import VirtualClock
from appliance.counter import receipt
from appliance.counter.events import PrintEnded, SlipJob
from appliance.printing import PrintDesk
from drivers import escpos
from drivers.paper import Bitmap
from drivers.profiles import PROFILES, Profile
from drivers.virtual.printer import VirtualPrinter
from mqtt_schema.messages import SlipOutcome
from tests.support.spoken import COUNTER, MORNING, payment, slip

PATIENCE_S = 60.0
BUFFER_BYTES = 4096


class Fault(StrEnum):
    """What breaks."""

    POWER_CUT = "power cut"
    CABLE_PULL = "cable pull"
    PAPER_OUT = "paper out"
    PAPER_OUT_FORGETFUL = "paper out, image forgotten"
    COUNTER_DIES = "counter dies"


class Verdict(StrEnum):
    """What a case came to. The last three must never be."""

    PRINTED_ONCE = "printed once"
    RETRIED = "not printed, retried, printed once"
    ASKED = "possibly printed, a human asked"
    LOST = "SILENTLY LOST"
    TWICE = "SILENTLY TWICE"
    SPOILT = "NEXT SLIP SPOILT"


NEVER = frozenset({Verdict.LOST, Verdict.TWICE, Verdict.SPOILT})


@dataclass(frozen=True)
class Case:
    """A fault at byte (or, for paper, row of dots) `at` of the slip."""

    profile: Profile
    fault: Fault
    at: int
    buffer_bytes: int = BUFFER_BYTES


class Bench:
    """A print desk with a virtual printer."""

    def __init__(self, printer: VirtualPrinter) -> None:
        self._ended: queue.SimpleQueue[PrintEnded] = queue.SimpleQueue()
        self._changed: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._desk = PrintDesk(
            printer, COUNTER, VirtualClock(MORNING), self._ended.put, lambda: self._changed.put(None)
        )
        self._desk.start()
        self._changed.get(timeout=PATIENCE_S)

    def print(self, number: int, *, is_copy: bool = False) -> SlipOutcome:
        """Print and wait for the end."""
        self._desk.print(SlipJob(payment(number), slip(number), is_copy))
        return self._ended.get(timeout=PATIENCE_S).outcome

    def close(self) -> None:
        """End the desk."""
        self._desk.stop()


@cache
def drawn(number: int, profile: Profile) -> Bitmap:
    """How slip `number` looks when nothing goes wrong, but for the white at its end."""
    printer = VirtualPrinter(profile)
    stream = escpos.stream(receipt.compose(slip(number), COUNTER), profile)
    printer.send(b"".join((stream.opening, *stream.bands)))
    return printer.paper


def length(profile: Profile) -> int:
    """Bytes of one slip."""
    return len(escpos.encode(receipt.compose(slip(1), COUNTER), profile))


def band_rows(profile: Profile) -> list[int]:
    """After how many rows of paper each band of a slip begins; found by letting a printer print it."""
    printer, rows = VirtualPrinter(profile), []
    stream = escpos.stream(receipt.compose(slip(1), COUNTER), profile)
    printer.send(stream.opening)
    for band in stream.bands:
        rows.append(printer.paper.height_dots)
        printer.send(band)
    return rows


def judge(case: Case) -> Verdict:
    """Break a slip, mend what broke, do what the session does then, and look at the paper."""
    printer = VirtualPrinter(case.profile, case.buffer_bytes)
    bench = Bench(printer)
    try:
        arm(printer, case)
        outcome = bench.print(1)
        mend(printer, case)
        if case.fault is Fault.COUNTER_DIES:
            bench.close()
            bench = Bench(printer)
            outcome = SlipOutcome.POSSIBLY_PRINTED  # as a journal says that ends in "sending"
        whole = count(printer, 1)
        verdict = _verdict(bench, printer, outcome, whole)
        bench.print(2)
        take_off(printer)
        return Verdict.SPOILT if count(printer, 2) != 1 or _is_spoilt(printer, 2) else verdict
    finally:
        bench.close()


def _verdict(bench: Bench, printer: VirtualPrinter, outcome: SlipOutcome, whole: int) -> Verdict:
    match outcome:
        case SlipOutcome.PRINTED:
            take_off(printer)
            return Verdict.PRINTED_ONCE if count(printer, 1) == 1 else Verdict.LOST
        case SlipOutcome.POSSIBLY_PRINTED:
            return Verdict.ASKED
        case SlipOutcome.NOT_PRINTED:
            if whole or is_inked(printer):
                return Verdict.TWICE
            again = bench.print(1)
            take_off(printer)
            if again is not SlipOutcome.PRINTED:
                return Verdict.LOST
            return Verdict.RETRIED if count(printer, 1) == 1 else Verdict.TWICE


def arm(printer: VirtualPrinter, case: Case) -> None:
    match case.fault:
        case Fault.POWER_CUT:
            printer.cut_power_after(case.at)
        case Fault.CABLE_PULL | Fault.COUNTER_DIES:
            printer.pull_cable_after(case.at)
        case Fault.PAPER_OUT:
            printer.run_out_of_paper(case.at)
        case Fault.PAPER_OUT_FORGETFUL:
            printer.forget_images()
            printer.run_out_of_paper(case.at)


def mend(printer: VirtualPrinter, case: Case) -> None:
    match case.fault:
        case Fault.POWER_CUT:
            printer.power_cycle()
        case Fault.CABLE_PULL | Fault.COUNTER_DIES:
            printer.plug_in()
        case Fault.PAPER_OUT | Fault.PAPER_OUT_FORGETFUL:
            printer.load_paper()


def take_off(printer: VirtualPrinter) -> None:
    if not printer.profile.has_cutter:
        printer.tear_off()


def count(printer: VirtualPrinter, number: int) -> int:
    """How often slip `number` came out whole."""
    wanted = drawn(number, printer.profile)
    return sum(_holds(piece, wanted, printer.profile) for piece in _pieces(printer))


def _pieces(printer: VirtualPrinter) -> list[Bitmap]:
    return [*(printout.picture for printout in printer.printouts), printer.paper]


def _holds(piece: Bitmap, wanted: Bitmap, profile: Profile) -> int:
    """How often a piece of paper holds a slip; where nothing cuts, what came before still hangs on it."""
    if profile.has_cutter:
        rest = piece.packed[len(wanted.packed) :]
        return int(piece.packed[: len(wanted.packed)] == wanted.packed and not any(rest))
    return piece.packed.count(wanted.packed)


def is_inked(printer: VirtualPrinter) -> bool:
    return any(any(piece.packed) for piece in _pieces(printer))


def _is_spoilt(printer: VirtualPrinter, number: int) -> bool:
    """Whether the last ink is not that of slip `number`, whole."""
    wanted = drawn(number, printer.profile)
    last = [piece for piece in _pieces(printer) if any(piece.packed)][-1:]
    return not last or not (_holds(last[0], wanted, printer.profile) and _ends_in(last[0], wanted))


def _ends_in(piece: Bitmap, wanted: Bitmap) -> bool:
    return piece.packed.rstrip(b"\x00").endswith(wanted.packed.rstrip(b"\x00"))


def cases(profile: Profile, percent: int = 1) -> Iterator[Case]:
    """A fault at every `percent` of a slip's bytes, and the end of the roll at every band."""
    whole = length(profile) + 64  # and what is asked before and after it
    for fault in (Fault.POWER_CUT, Fault.CABLE_PULL, Fault.COUNTER_DIES):
        for share in range(0, 101, percent):
            yield Case(profile, fault, whole * share // 100)
    rows = band_rows(profile)
    for fault in (Fault.PAPER_OUT, Fault.PAPER_OUT_FORGETFUL):
        for row in (row + more for row in rows[:: max(1, percent // 4)] for more in (0, 1, 13)):
            yield Case(profile, fault, row)


def tally(
    all_cases: Iterator[Case], each: Callable[[Case, Verdict], None] = lambda *_: None
) -> dict[Fault, dict[Verdict, int]]:
    """Judge all and count."""
    table: dict[Fault, dict[Verdict, int]] = {fault: dict.fromkeys(Verdict, 0) for fault in Fault}
    for case in all_cases:
        verdict = judge(case)
        table[case.fault][verdict] += 1
        each(case, verdict)
    return table


def report(profile: Profile, percent: int) -> tuple[str, int]:
    """A table of outcomes for people, and how many cases came out as none ever may."""
    wrong: list[str] = []

    def note(case: Case, verdict: Verdict) -> None:
        if verdict in NEVER:
            wrong.append(f"  {verdict.value}: {case.fault.value} at {case.at}")

    lines = [profile.name]
    for fault, counted in tally(cases(profile, percent), note).items():
        said = ", ".join(f"{verdict.value} {count}" for verdict, count in counted.items() if count or verdict in NEVER)
        lines.append(f"  {fault.value}: {said}")
    return "\n".join(lines + wrong), len(wrong)


def main(arguments: list[str]) -> int:
    """Every profile that was named (or all), a fault at every per cent of a slip, the end of the roll at every band."""
    total = 0
    with logs.kept():
        for name in arguments or PROFILES:
            if PROFILES[name].is_mute:
                print(f"{name}\n  never answers: it is believed, and what it loses nobody knows")
                continue
            table, wrong = report(PROFILES[name], 1)
            print(table, flush=True)
            total += wrong
    return min(total, 1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
