"""Network namespaces, one a counter, and what can be done to the cable between. Touches nothing outside of its own.

The whole run sits in a namespace of its own (`unshare --net`), so no interface of the machine is ever near.
"""

import os
import shutil
import subprocess
import sys
from types import TracebackType
from typing import NoReturn, Self

from tests.chaos.errors import ChaosError

_INSIDE = "QUAYTHU_CHAOS_INSIDE"
_TOOLS = ("unshare", "nsenter", "ip", "nft", "tc")
_PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def objection() -> str | None:
    """Why there can be no namespaces here, in words, or None."""
    if os.geteuid() != 0:
        return "no namespaces: they need root"
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=_PLACES) is None]
    if missing:
        return (
            f"no namespaces: {', '.join(missing)} missing (apt-get install --no-install-recommends iproute2 nftables)"
        )
    try:
        tried = subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True)
    except OSError as error:
        return f"no namespaces: {error}"
    return None if tried.returncode == 0 else "no namespaces: this kernel or container does not let us make any"


def is_inside() -> bool:
    """Whether this process sits in a namespace that was made for it."""
    return _INSIDE in os.environ


def go_inside(arguments: list[str]) -> NoReturn:
    """Become this program once more, in a namespace of its own; the process id, and so its signals, stay the same."""
    command = ["unshare", "--net", sys.executable, "-m", "tests.chaos", *arguments]
    os.execvpe(command[0], command, {**os.environ, _INSIDE: "1"})


class Cable:
    """One counter's namespace and its cable to the office's side. `office` and `counter` are addresses at its ends."""

    def __init__(self, number: int) -> None:
        self.namespace = f"qt-{os.getpid()}-{number}"
        self._near, self._far = f"qtn{number}", f"qtf{number}"
        self.office, self.counter = f"10.77.{number}.1", f"10.77.{number}.2"
        _run("ip", "netns", "add", self.namespace)
        _run("ip", "link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self.namespace)
        _run("ip", "address", "add", f"{self.office}/24", "dev", self._near)
        _run("ip", "link", "set", self._near, "up")
        for words in (
            ("ip", "link", "set", "lo", "up"),
            ("ip", "address", "add", f"{self.counter}/24", "dev", self._far),
            ("ip", "link", "set", self._far, "up"),
            ("nft", "add", "table", "inet", "chaos"),
            ("nft", "add", "chain", "inet", "chaos", "in", "{ type filter hook input priority 0; }"),
            ("nft", "add", "chain", "inet", "chaos", "out", "{ type filter hook output priority 0; }"),
        ):
            _run(*self.inside, *words)

    @property
    def inside(self) -> tuple[str, ...]:
        """What to write before a command so that it runs at the counter's end; the process id stays the same."""
        return ("nsenter", f"--net=/run/netns/{self.namespace}")

    def pull(self) -> None:
        """The cable is out."""
        _run("ip", "link", "set", self._near, "down")

    def plug_in(self) -> None:
        """The cable is back."""
        _run("ip", "link", "set", self._near, "up")

    def drop(self, percent: int) -> None:
        """So many of a hundred packets get lost, each way."""
        for chain, word in (("in", "iifname"), ("out", "oifname")):
            rule = [word, self._far, "numgen", "random", "mod", "100", "<", str(percent), "drop"]
            _run(*self.inside, "nft", "add", "rule", "inet", "chaos", chain, *rule)

    def drop_nothing(self) -> None:
        """Packets arrive again."""
        for chain in ("in", "out"):
            _run(*self.inside, "nft", "flush", "chain", "inet", "chaos", chain)

    def squeeze(self, kbit: int) -> None:
        """No more than so many kilobits a second come through."""
        _run(
            "tc",
            "qdisc",
            "replace",
            "dev",
            self._near,
            "root",
            "tbf",
            "rate",
            f"{kbit}kbit",
            "burst",
            "4kb",
            "latency",
            "300ms",
        )

    def widen(self) -> None:
        """As fast as it was."""
        _run("tc", "qdisc", "del", "dev", self._near, "root")

    def take_away(self) -> None:
        """The namespace goes, and the cable with it."""
        _run("ip", "netns", "del", self.namespace)


class Nets:
    """The cables of all counters. A context manager: what was laid is taken away."""

    def __init__(self, counters: int) -> None:
        self.cables: list[Cable] = []
        _run("ip", "link", "set", "lo", "up")
        try:
            for number in range(counters):
                self.cables.append(Cable(number))
        except BaseException:
            self._take_away()
            raise

    def _take_away(self) -> None:
        for cable in self.cables:
            cable.take_away()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._take_away()


def _run(*words: str) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True, env={**os.environ, "PATH": _PLACES})
    if done.returncode != 0:
        raise ChaosError(f"{' '.join(words)}: {done.stderr.strip()}")
