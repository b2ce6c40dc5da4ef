"""`python -m appliance counter`, unchanged, but that the clerk's key of its panel hangs on a socket. Decides nothing.

The shipped workbench would do, but it stays shut for a counter whose printer is a real line, and the paper has to
survive the counter. `python -m tests.chaos.keyed SOCKET counter --settings FILE`.
"""

import socket
import sys
import threading
from pathlib import Path

from appliance import __main__ as program
from appliance import devices
from appliance.settings import PanelSettings
from drivers.panel import Key, Panel
from drivers.virtual.panel import VirtualPanel


def press(path: Path) -> None:
    """Press the clerk's key of the counter that listens there; a counter that is dead hears nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as finger:
        try:
            finger.sendto(b"!", str(path))
        except OSError:
            return


def _listen(path: Path, panel: VirtualPanel) -> None:
    path.unlink(missing_ok=True)
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(path))
    while ear.recv(16):
        panel.press(Key.CLERK)


def main() -> None:
    """Run the counter with a key that hears."""
    path = Path(sys.argv.pop(1))

    def open_panel(settings: PanelSettings) -> Panel:
        panel = VirtualPanel()
        threading.Thread(target=_listen, args=(path, panel), name="key", daemon=True).start()
        return panel

    devices.open_panel = open_panel
    program.main()


if __name__ == "__main__":
    main()
