"""The listening half of sd_notify(3), where systemd's would stand."""

import socket
from pathlib import Path


class Manager:
    """Listens at `address` for what a service says of itself."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """What was said since the last time."""
        lines = []
        while True:
            try:
                lines.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return lines

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def environment(address: Path) -> dict[str, str]:
    """What systemd tells a service that it watches: at every turn a word is due."""
    return {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "2"}
