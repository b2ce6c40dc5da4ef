"""How a counter wakes up: lights its glass, calls its office, and only then imports the rest of itself.

The order is the whole point, so this module imports almost nothing at its top. Composition only; no rule stands here.
"""

import gc
import os
import sys

from drivers import standin

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost 3 ms before the first frame
    from pathlib import Path

    from appliance.counter.app import Counter, Hands
    from appliance.greeting import Greeting
    from appliance.line import Line
    from appliance.outage import Stamp
    from appliance.settings import CounterSettings
    from appliance.workbench import Workbench
    from drivers.display import Display
    from drivers.window import Mode

SEED = "/etc/quaythu/counter.toml"

WORDS = ("Quầy Thu", "đang khởi động")
PAPER, INK = (0xF7, 0xF5, 0xF0), (0x10, 0x24, 0x3E)
"""As in `appliance.counter.look`, which a test compares; importing it costs as much as this whole frame."""

GIL_S = 0.0005
"""So soon the network's thread gets its turn while the main one imports; Python's own 5 ms come ten times in a row."""

MOST_GARBAGE = 50_000
"""New objects after which the machine looks by itself which are needed no more: `gc.set_threshold`."""


class Refused(SystemExit):
    """The command cannot be carried out: a sentence on standard error, exit code 2."""

    def __init__(self, sentence: str) -> None:
        print(sentence, file=sys.stderr)
        super().__init__(2)


def seed_in(arguments: list[str]) -> str | None:
    """The settings file that a plain `counter` command names; None where somebody who reads more has to look."""
    match arguments:
        case []:
            return SEED
        case ["--settings", path]:
            return path
        case [joined] if joined.startswith("--settings="):
            return joined.removeprefix("--settings=")
    return None


def light(seed: str) -> None:
    """Put the first words on the glass, knowing no more of the settings than how large it is; never raises.

    Settings that cannot be read, or a glass that does not open, are found again and said in words by who comes after.
    """
    told = _told(seed)
    driver = _driver(told)
    if driver not in {"window", "kmsdrm"}:
        return
    try:
        _paint("window" if driver == "window" else "kmsdrm", told)
    except Exception:  # pygame's own error can only be named once pygame is there
        return


def _told(seed: str) -> dict[str, str]:
    try:
        with open(seed, encoding="utf-8") as file:  # noqa: PTH123  # pathlib costs 5 ms here
            return display_of(file.read())
    except (OSError, ValueError):
        return {}


def _driver(told: dict[str, str]) -> str:
    return told.get("driver") or ("window" if os.environ.get("DISPLAY") else "kmsdrm")


def _paint(mode: "Mode", told: dict[str, str]) -> None:
    from drivers import window

    rotation = int(told.get("rotation", 0))
    size = (0, 0) if mode == "kmsdrm" else (int(told.get("width", 1024)), int(told.get("height", 600)))
    glass = window.open_window(mode, *(size[::-1] if rotation in {90, 270} else size), INK)
    window.paint_words(glass, WORDS, PAPER, INK, rotation)


def display_of(text: str) -> dict[str, str]:
    """What stands under `[display]`, read line by line; a TOML reader that knows all of TOML costs 8 ms.

    What it gets wrong is put right by `appliance.settings` a tenth of a second later.
    """
    told: dict[str, str] = {}
    is_here = False
    for line in text.splitlines():
        said = line.partition("#")[0].strip()
        if said.startswith("["):
            is_here = said == "[display]"
        elif is_here and "=" in said:
            name, _, value = said.partition("=")
            told[name.strip()] = value.strip().strip("\"'")
    return told


def run(seed: str) -> None:
    """Run the counter of this seed until it is told to stop. Raises `Refused`."""
    # Nothing of what is imported now is ever garbage: looking for it again and again costs a tenth of the start.
    gc.disable()
    sys.setswitchinterval(GIL_S)
    give_back()
    leave_out()
    from datetime import UTC, datetime
    from pathlib import Path

    from appliance import logs
    from appliance.greeting import prepare

    logs.set_up("counter")
    greeting = prepare(Path(seed), lambda: datetime.now(UTC))
    if greeting is not None:
        greeting.line.link.start()
    _run(Path(seed), greeting)


def give_back() -> None:
    """Have memory that was let go of given back, 4 of 42 MB: glibc would keep it (mallopt of malloc.h).

    Once a picture of the whole glass was freed, it would keep everything smaller, and that for every thread.
    Other C libraries have neither the habit nor the switch.
    """
    import ctypes

    trim_threshold, arena_max = -1, -8
    if set_option := getattr(ctypes.CDLL(None), "mallopt", None):
        set_option(trim_threshold, 128 * 1024)
        set_option(arena_max, 1)


def leave_out() -> None:
    """Keep from the memory what libraries import for occasions that a counter never has, 4 of 39 MB.

    paho would look for a proxy in the environment; pydantic for plugins among everything that is installed; sockets
    take every host's name for an international one, which needs tables only where it is.
    """
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    standin.put("urllib.request")
    standin.put("importlib.metadata", "entry_points")
    standin.put("stringprep")


def _run(seed: "Path", greeting: "Greeting | None") -> None:
    from appliance.errors import ApplianceError
    from appliance.settings import read_counter, stamp
    from drivers.errors import DriverError
    from mqtt_schema.errors import ContractError

    read = stamp(seed)
    try:
        told = read_counter(seed)
        _turn(told, _line(told, greeting))
    except (ApplianceError, DriverError, ContractError, OSError) as error:
        print(f"quaythu counter: {error}", file=sys.stderr)
        _hold_sign(seed, read, error)
        raise SystemExit(2) from error


def _hold_sign(seed: "Path", read: "Stamp", error: Exception) -> None:
    """A person at the glass reads why, instead of seeing nothing; without any glass the words on standard error do."""
    import signal

    from appliance.outage import OutageSign
    from drivers.errors import DisplayError

    display = _any_display(str(seed))
    if display is None:
        return
    sign = OutageSign(display, seed, read)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: sign.stop())
    try:
        sign.hold(error)
    except DisplayError:
        return
    finally:
        display.close()


def _any_display(seed: str) -> "Display | None":
    """The glass of the settings, as far as they can be read; None when there is no real one."""
    from appliance.devices import open_display
    from appliance.settings import DisplaySettings
    from drivers.errors import DisplayError

    told = _told(seed)
    try:
        settings = DisplaySettings.model_validate({**told, "driver": _driver(told)})
        return None if settings.driver == "virtual" else open_display(settings)
    except (ValueError, DisplayError):
        # Not even the lines of the display can be believed, or it is not there.
        return None


def _line(told: "CounterSettings", greeting: "Greeting | None") -> "Line | None":
    """The line that was opened early, if it goes where the settings say."""
    if greeting is None:
        return None
    if greeting.agrees_with(told):
        return greeting.line
    greeting.line.link.stop()
    return None


def _turn(told: "CounterSettings", line: "Line | None") -> None:
    from appliance.counter import app

    hands = _hands(told)
    counter = app.Counter(told, hands, line=line)
    workbench = _workbench(told, hands, counter)
    gc.collect()
    gc.freeze()
    # The counter tidies up when nobody waits; by itself the machine does so only if that moment never comes.
    gc.set_threshold(MOST_GARBAGE)
    gc.enable()
    app.run(counter, *([workbench] if workbench else []))


def _hands(told: "CounterSettings") -> "Hands":
    from appliance.counter.app import Hands
    from appliance.devices import open_display, open_panel, open_printer, open_sound

    printer, panel, sound = open_printer(told.printer), open_panel(told.panel), open_sound(told.sound)
    return Hands(open_display(told.display), printer, panel, sound)


def _workbench(told: "CounterSettings", hands: "Hands", counter: "Counter") -> "Workbench | None":
    if told.workbench_port is None:
        return None
    from appliance.workbench import Devices, Workbench
    from drivers.virtual.display import VirtualDisplay
    from drivers.virtual.panel import VirtualPanel
    from drivers.virtual.printer import VirtualPrinter
    from drivers.virtual.sound import VirtualSound

    display, printer, panel, sound = hands.display, hands.printer, hands.panel, hands.sound
    devices = Devices(
        display if isinstance(display, VirtualDisplay) else None,
        printer if isinstance(printer, VirtualPrinter) else None,
        panel if isinstance(panel, VirtualPanel) else None,
        counter.picture,
        sound if isinstance(sound, VirtualSound) else None,
        lambda: counter.said,
    )
    return Workbench(devices, told.workbench_port)
