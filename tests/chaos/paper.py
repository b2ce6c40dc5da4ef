"""A receipt printer as a process of its own, on TCP: its paper outlives whoever printed it. Judges nothing.

`python -m tests.chaos.paper PORT FILE BYTES_PER_S` (0: as fast as the line). Each paper becomes a line of JSON in FILE:
when its first bytes came and when it was cut (monotonic seconds), and the reference that its code bears, if any.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.demo import phone
from drivers.profiles import PROFILES
from drivers.virtual.ends import TcpEnd
from drivers.virtual.print_machine import PrintMachine
from drivers.virtual.slip_picture import picture

PROFILE = PROFILES["generic-80"]
_QUESTION_BYTES = 16
"""Questions for the status are shorter than this, pieces of a slip are longer."""


@dataclass(frozen=True)
class Paper:
    """One piece of paper that left the printer. `reference` is None where no whole code is on it."""

    begun_s: float
    cut_s: float
    reference: str | None


class Tray(PrintMachine):
    """A printer that notes when each paper began and when it was cut."""

    def __init__(self) -> None:
        super().__init__(PROFILE)
        self._begun_s: float | None = None
        self.times: list[tuple[float, float]] = []

    def take(self, stream: bytes) -> int:
        """As any printer; and look at the clock."""
        now = time.monotonic()
        if self._begun_s is None and len(stream) > _QUESTION_BYTES:
            self._begun_s = now
        taken = super().take(stream)
        while len(self.times) < len(self.printouts):
            self.times.append((self._begun_s or now, time.monotonic()))
            self._begun_s = None
        return taken

    def sheet(self, number: int) -> Paper:
        """The paper of this number, read as a person with a telephone would."""
        begun_s, cut_s = self.times[number]
        slip = self.printouts[number].picture
        if not any(slip.packed):
            return Paper(begun_s, cut_s, None)
        try:
            return Paper(begun_s, cut_s, phone.scan(picture(slip, self.profile)))
        except phone.NothingToScanError:
            return Paper(begun_s, cut_s, None)


def read(path: Path) -> list[Paper]:
    """What a printer wrote down so far."""
    if not path.exists():
        return []
    return [Paper(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def main(port: int, path: Path, bytes_per_s: float) -> None:
    """Print until the process is ended."""
    tray = Tray()
    written = 0
    with TcpEnd(tray, port, bytes_per_s=bytes_per_s or None), path.open("a", encoding="utf-8") as out:
        while True:
            time.sleep(0.02)
            while written < len(tray.times):
                out.write(json.dumps(asdict(tray.sheet(written))) + "\n")
                out.flush()
                written += 1


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
