"""How often a telephone reads the code on each glass, beside a code as high as the glass and nothing else.

`python -m tests.bench.decode` writes the report a layout; `--masks` compares the eight masks instead.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import cv2
import numpy as np
import segno

from appliance import catalogue
from appliance.counter import screens
from appliance.counter.front import Front
from appliance.counter.look import Look
from appliance.counter.shown import Shown
from appliance.counter.state import Paying, Session
from drivers.qr import QUIET_MODULES, QrMatrix
from drivers.scene import Code, Scene, Size
from drivers.virtual.display import VirtualDisplay
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, Line, PaymentRequest
from mqtt_schema.types import Vnd

from .camera import Grey, moment, photograph
from .figures import Row
from .readers import Reader, all_readers

SIZES = (
    Size(800, 480),
    Size(1024, 600),
    Size(1280, 800),
    Size(1920, 1080),
    Size(480, 800),
    Size(720, 1280),
    Size(1080, 1920),
)
MASKS = range(8)
NOW = datetime(2026, 11, 23, 2, 45, 12, tzinfo=UTC)
WHITE = (255, 255, 255)

Layout = Callable[[Size, PaymentRequest], Scene]
"""What stands on a glass for a payment; exactly one code is on it."""


@dataclass(frozen=True)
class RateRow(Row):
    """A row of which more is better: its ratio is ours divided by theirs."""

    @property
    def ratio(self) -> float | None:
        """Ours divided by theirs: at least 1, ours is read as often."""
        return self.ours / self.theirs if self.theirs else None


@dataclass
class Tally:
    """How often two pictures were read in the same moments: both, only ours, only theirs, neither."""

    both: int = 0
    only_ours: int = 0
    only_theirs: int = 0
    neither: int = 0

    def add(self, is_ours: bool, is_theirs: bool) -> None:
        """Count one moment."""
        self.both += is_ours and is_theirs
        self.only_ours += is_ours and not is_theirs
        self.only_theirs += is_theirs and not is_ours
        self.neither += not (is_ours or is_theirs)

    @property
    def moments(self) -> int:
        """How many were counted."""
        return self.both + self.only_ours + self.only_theirs + self.neither

    @property
    def ours(self) -> float:
        """The share that was read of ours."""
        return (self.both + self.only_ours) / self.moments

    @property
    def theirs(self) -> float:
        """The share that was read of theirs."""
        return (self.both + self.only_theirs) / self.moments

    @property
    def error(self) -> float:
        """One standard error of `ours - theirs`: only moments that tell the two apart count (McNemar)."""
        return math.sqrt(max(1, self.only_ours + self.only_theirs)) / self.moments


@dataclass
class Report:
    """What was found on one glass, by reader."""

    size: Size
    module_px: tuple[int, int]
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def pooled(self) -> Tally:
        """All readers together."""
        all_ = self.tallies.values()
        return Tally(
            *(sum(getattr(one, name) for one in all_) for name in ("both", "only_ours", "only_theirs", "neither"))
        )

    def row(self) -> Row:
        """The row of `build/bench.json`."""
        pooled, (ours, theirs) = self.pooled, self.module_px
        what = (
            f"share read by ZBar, ZXing and OpenCV of {pooled.moments // len(self.tallies)} degraded photographs "
            f"({ours} and {theirs} px a module; ±{pooled.error / max(pooled.theirs, 1e-9):.3f} on the ratio)"
        )
        return RateRow(f"decode_rate_{self.size.width}x{self.size.height}", pooled.ours, pooled.theirs, "", what)


# What stands on the glass


def ours(size: Size, request: PaymentRequest, *, is_large: bool = False) -> Scene:
    """The screen of the counter."""
    shown = Shown(Session(glass=Paying(request), is_linked=True), Front(is_large=is_large))
    return screens.compose(shown, _look(size), NOW)


_LOOKS: dict[Size, Look] = {}


def _look(size: Size) -> Look:
    return _LOOKS.setdefault(size, Look.of(size, "Quầy số 1", catalogue.read()))


def full_height(size: Size, request: PaymentRequest, *, mask: int | None = None) -> Scene:
    """The largest M code of whole pixels a module that the glass holds, quiet zone included, on white; nothing else."""
    code = segno.make_qr(request.payload, error="M", mask=mask)
    matrix = QrMatrix(len(code.matrix), tuple(bytes(row) for row in code.matrix))
    module_px = min(size.width, size.height) // (matrix.size + 2 * QUIET_MODULES)
    side = module_px * (matrix.size + 2 * QUIET_MODULES)
    return Scene(size, WHITE, (Code(matrix, (size.width - side) // 2, (size.height - side) // 2, module_px),))


def payment(number: int) -> PaymentRequest:
    """Payments as they come: short and long accounts, small and large sums."""
    random = Random(number)
    bank = random.choice(["970403", "970415", "970436", "970422"])
    account = "".join(random.choices("0123456789", k=random.choice([10, 13, 16, 19])))
    amount = random.choice([8_000, 35_000, 150_000, 2_350_000])
    memo = reference.make("HK", [random.randrange(31) for _ in range(8)])
    fee = Line(
        dossier=f"H26.1-261122-{number:04}",
        fee_code="CT-BS",
        fee_name="Chứng thực bản sao từ bản chính",
        amount=Vnd(amount),
        kind=FeeKind.PHI,
    )
    return PaymentRequest(
        payment=f"{number:032x}",
        reference=memo,
        lines=(fee,),
        channel=Channel.COUNTER,
        amount=Vnd(amount),
        beneficiary=Beneficiary(bin=bank, account=account, account_name="UBND PHUONG HOAN KIEM", bank_name="Sacombank"),
        payload=emv_qr.encode(bin=bank, account=account, amount=amount, memo=memo),
        expires_at=NOW + timedelta(seconds=272),
    )


# Measuring


def rows(moments: int) -> list[Row]:
    """One row a glass, over so many photographs of each of two pictures. Raises `MissingToolError`."""
    readers = all_readers()
    return [compare(size, ours, full_height, moments, readers).row() for size in SIZES]


def compare(size: Size, our: Layout, their: Layout, moments: int, readers: dict[str, Reader]) -> Report:
    """Photograph two layouts on the same glass in the same moments, and let everybody read."""
    display = VirtualDisplay(size)
    report = Report(size, _modules_px(size, our, their), {name: Tally() for name in readers})
    for number in range(moments):
        request = payment(number)
        frames = [_photographed(display, layout(size, request), number) for layout in (our, their)]
        for name, read in readers.items():
            is_ours, is_theirs = (read(frame) == request.payload for frame in frames)
            report.tallies[name].add(is_ours, is_theirs)
    return report


def _modules_px(size: Size, our: Layout, their: Layout) -> tuple[int, int]:
    first, second = (next(layout(size, payment(0)).codes()).module_px for layout in (our, their))
    return first, second


def _photographed(display: VirtualDisplay, scene: Scene, number: int) -> Grey:
    """A person aims at the code, wherever it stands."""
    display.show(scene)
    box = next(scene.codes()).box
    return photograph(pixels(display), box.centre, moment(number))


def pixels(display: VirtualDisplay) -> Grey:
    """What stands on the glass, as brightness."""
    decoded = cv2.imdecode(np.frombuffer(display.png(), dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(decoded, dtype=np.uint8)


# The report


def as_text(title: str, reports: Iterable[Report]) -> str:
    """A line a glass and reader."""
    lines = [title, f"{'glass':>10} {'px':>7} {'reader':>8} {'ours':>7} {'theirs':>7} {'ratio':>7} {'error':>7}"]
    for report in reports:
        for name, tally in (*report.tallies.items(), ("all", report.pooled)):
            lines.append(_line(report, name, tally))
    return "\n".join(lines) + "\n"


def _line(report: Report, name: str, tally: Tally) -> str:
    glass = f"{report.size.width}x{report.size.height}"
    px = "/".join(map(str, report.module_px))
    theirs = max(tally.theirs, 1e-9)
    return (
        f"{glass:>10} {px:>7} {name:>8} {tally.ours:7.3f} {tally.theirs:7.3f} "
        f"{tally.ours / theirs:7.3f} {tally.error / theirs:7.3f}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report of every layout, or of every mask."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.decode", description=__doc__)
    parser.add_argument("--moments", type=int, default=200, help="photographs of each picture")
    parser.add_argument("--masks", action="store_true", help="compare the masks instead of the layouts")
    parser.add_argument("--large", action="store_true", help="the layouts with larger text")
    asked = parser.parse_args(arguments)
    readers = all_readers()
    if asked.masks:
        for mask in MASKS:
            their = compare(Size(1024, 600), partial(full_height, mask=mask), full_height, asked.moments, readers)
            sys.stdout.write(as_text(f"mask {mask} beside the mask that segno chooses", [their]))
        return 0
    our = partial(ours, is_large=asked.large)
    for size in SIZES:
        sys.stdout.write(as_text("", [compare(size, our, full_height, asked.moments, readers)]))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
