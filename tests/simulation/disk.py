"""A disk that forgets what was not synced. It holds one SQLite database, and knows the format of its log.

While the machine has power, SQLite reads and writes real files (in memory, so a sync costs nothing). When power goes,
what was never synced may be gone. Which commits those are follows from the `synchronous` that the product's own
connection had: at FULL (2) every commit is on the disk when it returns; below, the log may be cut at any commit since
the last checkpoint (https://www.sqlite.org/pragma.html#pragma_synchronous and fileformat2.html#the_write_ahead_log).
"""

import shutil
import tempfile
from pathlib import Path
from random import Random

_HEADER = 32
_FRAME = 24
_FULL = 2


def in_memory() -> Path:
    """A new folder where nothing is slow, or the system's own place for such."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="quaythu-", dir=memory if memory.is_dir() else None))


class Disk:
    """`path` is the database's file as long as the power is on; another one after each loss of power."""

    def __init__(self, folder: Path, rng: Random) -> None:
        self._folder = folder
        self._rng = rng
        self._lives = 0
        self.lost_commits = 0
        self._begin()

    def _begin(self) -> None:
        self._here = self._folder / str(self._lives)
        self._here.mkdir(parents=True)
        self.path = self._here / "base.sqlite"
        """The database."""

    def lose_power(self, synchronous: int) -> None:
        """Keep what a disk would hold after the power went, and nothing else."""
        before = self._here
        self._lives += 1
        self._begin()
        for name in ("base.sqlite", "base.sqlite-wal", "birth"):
            if (before / name).exists():
                shutil.copyfile(before / name, self._here / name)
        log = self._here / "base.sqlite-wal"
        if log.exists():
            self._cut(log, synchronous)

    def forget_before(self) -> None:
        """Throw away the files that nobody has open any more."""
        for life in range(self._lives):
            shutil.rmtree(self._folder / str(life), ignore_errors=True)

    def _cut(self, log: Path, synchronous: int) -> None:
        raw = log.read_bytes()
        ends = commit_ends(raw)
        kept = ends[-1]
        if synchronous < _FULL:
            kept = self._rng.choice(ends)
            self.lost_commits += len(ends) - 1 - ends.index(kept)
        torn = self._rng.randbytes(self._rng.randrange(5000)) if self._rng.random() < 0.3 else b""
        log.write_bytes(raw[:kept] + torn)


def commit_ends(raw: bytes) -> list[int]:
    """Where a log may end so that whole transactions stand in it: after its header, and after each commit's frame."""
    ends = [min(_HEADER, len(raw))]
    if len(raw) < _HEADER:
        return ends
    page = int.from_bytes(raw[8:12], "big")
    salts = raw[16:24]
    for start in range(_HEADER, len(raw) - _FRAME - page + 1, _FRAME + page):
        if raw[start + 8 : start + 16] != salts:
            break
        if raw[start + 4 : start + 8] != b"\x00\x00\x00\x00":
            ends.append(start + _FRAME + page)
    return ends
