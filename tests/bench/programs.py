"""The two programs that are compared: how each is started, and what the kernel says it uses. It knows no message."""

import json
import os
import signal
import site
import subprocess
import sysconfig
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from .errors import BenchError
from .glass import HEIGHT, WIDTH

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# All that a browser does besides showing the page is switched off, as on a well-kept kiosk.
_KIOSK = (
    "--kiosk",
    "--disable-gpu",
    f"--window-size={WIDTH},{HEIGHT}",
    "--window-position=0,0",
    "--force-device-scale-factor=1",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--password-store=basic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-breakpad",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
)


@dataclass
class Program:
    """A program with all its processes. `client_id` is its name at the broker."""

    name: str
    command: list[str]
    client_id: str
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self, display: str) -> float:
        """Start it on a display; returns the monotonic second just before."""
        with self.log.open("ab") as out:
            start_s = time.monotonic()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                env={**os.environ, **self.environment, "DISPLAY": display},
            )
        return start_s

    def stop(self) -> None:
        """End it and everything it started."""
        if self._process is None:
            return
        processes = family(self._process.pid)
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in processes:
            _kill(pid)
        self._process = None

    def pss_mb(self) -> float:
        """Proportional set size of all its processes, in 10^6 bytes."""
        return sum(_pss_kib(pid) for pid in self.processes()) * 1024 / 1e6

    def cpu_s(self) -> float:
        """Processor seconds of all its processes so far."""
        return sum(_ticks(pid) for pid in self.processes()) / _TICKS_PER_S

    def processes(self) -> list[int]:
        """Its living processes. Raises `BenchError` when it ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise BenchError(f"{self.name} is not running; see {self.log}")
        return family(self._process.pid)


def counter(directory: Path, client_id: str) -> Program:
    """Ours: the counter as its unit starts it, with `counter.toml` of `directory`."""
    command = [str(_installed(directory)), "-m", "appliance", "counter", "--settings", str(directory / "counter.toml")]
    return Program("the counter", command, client_id, directory / "counter.log", {"SDL_VIDEODRIVER": "x11"})


def _installed(directory: Path) -> Path:
    """The Python of an environment in which all of ours simply lies on the path, as on a counter.

    The developers' own has hooks that every start pays for and no counter has: the finder of an editable installation
    and coverage's, 12 ms.
    """
    environment = directory / "environment"
    venv.create(environment, symlinks=True)
    packages = sysconfig.get_path("purelib", "venv", {"base": str(environment)})
    paths = [str(Path(__file__).parents[2]), *site.getsitepackages()]
    (Path(packages) / "paths.pth").write_text("\n".join(paths), "utf-8")
    return environment / "bin" / "python"


def kiosk(chromium: str, page: Path, directory: Path, asked: list[tuple[str, str]]) -> Program:
    """Theirs: Chromium with the page, told where the broker is and whom to believe."""
    # Chromium refuses its sandbox to root and to nobody else.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    address = f"{page.resolve().as_uri()}?{urlencode(asked)}"
    profile = directory / "chromium"
    _write_preferences(profile / "Default" / "Preferences")
    command = [chromium, *_KIOSK, *sandbox, f"--user-data-dir={profile}", address]
    return Program("Chromium", command, "kiosk", directory / "chromium.log")


def _write_preferences(path: Path) -> None:
    """No flag and no mark in the page keeps the offer to translate from covering it: only this does."""
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"translate": {"enabled": False}}), "utf-8")


def family(pid: int) -> list[int]:
    """A process and all that descend from it or share its session."""
    seen = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    members = {pid} | {other for other, stat in seen.items() if stat and int(stat[3]) == pid}
    grown = True
    while grown:
        children = {other for other, stat in seen.items() if stat and int(stat[1]) in members}
        grown = not children <= members
        members |= children
    return sorted(members)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third (state) on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ticks(pid: int) -> int:
    stat = _stat(pid)
    return int(stat[11]) + int(stat[12]) if stat else 0


def _pss_kib(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
