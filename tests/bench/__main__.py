"""`make bench`: the counter beside a Chromium kiosk, and its slips beside python-escpos, in one run.

Prints a table and writes build/bench.json. How it is measured, and what the rows mean: docs/benchmarks.md.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from . import decode, figures, ink, page, programs, slips, throughput, tools
from .errors import BenchError, MissingToolError
from .figures import Row
from .glass import Glass
from .office import COUNTER, KIOSK, Broker, Office, kiosk_asks
from .readers import all_readers
from .rounds import Contender, Referee, Round

BUILD = Path(__file__).parents[2] / "build" / "bench"
"""Packages, logs, journal, profile and pictures of the last run: when something went wrong, look there."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int = 5
    payments: int = 60
    idle_s: float = 20.0
    slips: int = 100
    photographs: int = 40
    passages: int = 200
    counted: int = 40


SHORT = Plan(rounds=1, payments=10, idle_s=5.0, slips=10, photographs=2, passages=12, counted=4)
"""Enough to see that everything still runs; too little for a claim."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write. Returns 2 when a tool is missing, 1 when something could not be measured."""
    asked = _parser().parse_args(arguments)
    try:
        rows = run(SHORT if asked.short else Plan(), asked.mask, is_checking=not asked.trusting)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2 if isinstance(error, MissingToolError) else 1
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(figures.as_json(rows), "utf-8")
    print(figures.as_table(rows), end="")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="one round of ten payments: to see that it runs")
    parser.add_argument("--out", type=Path, default=BUILD.with_suffix(".json"), help="where the figures go")
    parser.add_argument("--mask", default="3", help='mask of the page\'s code, 0 to 7, or "search" for its own choice')
    parser.add_argument("--trusting", action="store_true", help="let the page show codes without checking signatures")
    return parser


def run(plan: Plan, mask: str, *, is_checking: bool) -> list[Row]:
    """Everything, in order. Raises `BenchError`."""
    all_readers()
    found, strace = tools.find_all(), throughput.find_strace()
    built = page.build(found["npm"], BUILD / "kiosk")
    directory = _fresh(BUILD / "run")
    with ExitStack() as stack:
        broker = stack.enter_context(Broker(found["mosquitto"], directory))
        printer = stack.enter_context(closing(ink.Printer()))
        office = stack.enter_context(closing(Office(directory, broker, printer.address)))
        asks = kiosk_asks(office, broker, mask, is_checking=is_checking)
        pair = (
            Contender(
                programs.counter(directory, COUNTER),
                stack.enter_context(Glass(found["Xvfb"], directory / "ours")),
                COUNTER,
            ),
            Contender(
                programs.kiosk(found["chromium"], built, directory, asks),
                stack.enter_context(Glass(found["Xvfb"], directory / "theirs")),
                KIOSK,
            ),
        )
        referee = Referee(office, broker)
        found_rows = [
            *_compare(referee, pair, plan),
            *slips.rows(office, plan.slips),
            *ink.rows(office, referee, pair[0], printer, plan.slips // 5),
        ]
    found_rows += throughput.rows(_fresh(BUILD / "throughput"), strace, plan.passages, plan.counted)
    # Last, and with both programs gone: reading photographs takes all that the machine has.
    return [*found_rows, *decode.rows(plan.photographs)]


def _fresh(directory: Path) -> Path:
    """An empty directory on a real disk: the counter syncs every commit, which a file system in memory would hide."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def _compare(referee: Referee, pair: tuple[Contender, Contender], plan: Plan) -> list[Row]:
    for contender in pair:
        referee.warm_up(contender)
    played = [_play(referee, pair, number, plan) for number in range(plan.rounds)]
    idle = [referee.idle_cpu(contender, plan.idle_s) for contender in pair]
    return [*_rows([ours for ours, _ in played], [theirs for _, theirs in played]), _idle_row(idle, plan)]


def _play(referee: Referee, pair: tuple[Contender, Contender], number: int, plan: Plan) -> tuple[Round, Round]:
    """Both in turn; who begins alternates, so that a machine that slows down slows both."""
    start_s = time.monotonic()
    order = pair if number % 2 == 0 else pair[::-1]
    played = {contender.counter: referee.play(contender, plan.payments) for contender in order}
    print(f"round {number + 1} of {plan.rounds}: {time.monotonic() - start_s:.0f} s", file=sys.stderr)
    return played[COUNTER], played[KIOSK]


def _rows(ours: list[Round], theirs: list[Round]) -> list[Row]:
    painted = "from just before the publish to the last pixel of the code's screen, all checks included"
    our_pixels, their_pixels = [one.pixels_ms for one in ours], [one.pixels_ms for one in theirs]
    return [
        figures.across("publish_to_pixels_p50", "ms", f"median {painted}", our_pixels, their_pixels, 0.5),
        figures.across("publish_to_pixels_p95", "ms", f"95th percentile {painted}", our_pixels, their_pixels, 0.95),
        figures.middle(
            "start_to_first_frame",
            "s",
            "from the start of the process to a first screen with words",
            [one.first_frame_s for one in ours],
            [one.first_frame_s for one in theirs],
        ),
        figures.middle(
            "start_to_subscribed",
            "s",
            "from the start of the process to the subscription at the broker",
            [one.subscribed_s for one in ours],
            [one.subscribed_s for one in theirs],
        ),
        figures.middle(
            "memory_pss",
            "MB",
            "proportional set size of all processes after a round of payments",
            [one.pss_mb for one in ours],
            [one.pss_mb for one in theirs],
        ),
    ]


def _idle_row(idle: list[float], plan: Plan) -> Row:
    what = f"processor time of all processes over {plan.idle_s:g} s in which nobody pays"
    return Row("idle_cpu", idle[0], idle[1], "% of a core", what)


if __name__ == "__main__":
    raise SystemExit(main())
