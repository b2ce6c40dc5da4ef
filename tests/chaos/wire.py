"""A piece of wire with a delay in it: TCP in, TCP out, each piece late by what was last asked for. Reads nothing.

This kernel has no netem, so the delay is made here. `python -m tests.chaos.wire PORT HOST:PORT SOCKET`; the socket
takes datagrams with milliseconds.
"""

import random
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

PIECE_BYTES = 64 * 1024


class Wire:
    """Carries every connection on, through `delay_s`."""

    def __init__(self, port: int, to: tuple[str, int]) -> None:
        self.delay_s = 0.0
        self._to = to
        self._door = socket.create_server(("127.0.0.1", port))

    def serve(self) -> None:
        """Take connections until the process is ended."""
        while True:
            here, _ = self._door.accept()
            threading.Thread(target=self._carry, args=(here,), daemon=True).start()

    def _carry(self, here: socket.socket) -> None:
        try:
            there = socket.create_connection(self._to, timeout=5)
        except OSError:
            here.close()
            return
        there.settimeout(None)
        for end in (here, there):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, target in ((here, there), (there, here)):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                if self.delay_s:
                    time.sleep(self.delay_s * random.uniform(0.5, 1.5))
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def delay(path: Path, milliseconds: int) -> None:
    """Ask the wire whose socket this is to be so late from now on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as teller, suppress(OSError):
        teller.sendto(str(milliseconds).encode(), str(path))


def main(port: int, host: str, to_port: int, control: Path) -> None:
    """Carry until the process is ended."""
    wire = Wire(port, (host, to_port))
    threading.Thread(target=wire.serve, daemon=True).start()
    control.unlink(missing_ok=True)
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(control))
    while told := ear.recv(16):
        wire.delay_s = int(told) / 1000


if __name__ == "__main__":
    _host, _, _port = sys.argv[2].rpartition(":")
    main(int(sys.argv[1]), _host, int(_port), Path(sys.argv[3]))
