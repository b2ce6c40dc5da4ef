"""The switch between devices; a fake is one of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.devices import open_display, open_panel, open_printer, open_sound
from appliance.settings import DisplaySettings, PanelSettings, PrinterSettings, SoundSettings
from drivers.errors import PrinterError
from drivers.panel import NullPanel
from drivers.printer import FilePrinter, Printer, SerialPrinter, TcpPrinter
from drivers.scene import Size
from drivers.sound import MixerSound, NullSound
from drivers.virtual.display import VirtualDisplay
from drivers.virtual.panel import VirtualPanel
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.sound import VirtualSound


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (PrinterSettings(driver="virtual"), VirtualPrinter),
        (PrinterSettings(driver="file", path="/dev/usb/lp0"), FilePrinter),
        (PrinterSettings(driver="tcp", host="192.0.2.20"), TcpPrinter),
        (PrinterSettings(driver="serial", path="/dev/ttyUSB0"), SerialPrinter),
        (PrinterSettings(driver="serial", path="/dev/ttyUSB0", flow="dsrdtr"), SerialPrinter),
    ],
)
def test_a_printer_is_made_without_touching_its_line(settings: PrinterSettings, kind: type[Printer]) -> None:
    printer = open_printer(settings)
    assert type(printer) is kind
    assert printer is not None
    assert printer.profile.name == settings.profile
    printer.close()


def test_no_printer_may_be_fitted() -> None:
    assert open_printer(PrinterSettings(driver="none")) is None


def test_an_unknown_profile_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PrinterError, match=r"'laser' is not known; choose one of .*generic-80"):
        open_printer(PrinterSettings(driver="virtual", profile="laser"))


def test_a_virtual_glass_has_the_size_that_was_told() -> None:
    display = open_display(DisplaySettings(driver="virtual", width=800, height=480))
    assert isinstance(display, VirtualDisplay)
    assert display.size == Size(800, 480)
    display.close()


_OPENS = """
import sys
from appliance.devices import open_display
from appliance.settings import DisplaySettings
display = open_display(DisplaySettings(driver=sys.argv[1], width=800, height=480))
print(type(display).__name__, display.size)
display.close()
"""


def test_a_window_is_a_real_display() -> None:
    """In a process of its own: SDL chooses its driver once, by environment."""
    command = [sys.executable, "-c", _OPENS, "window"]
    ended = subprocess.run(
        command, env={**os.environ, "SDL_VIDEODRIVER": "dummy"}, capture_output=True, text=True, check=False
    )
    assert ended.stdout.startswith("PygameDisplay Size(width=800, height=480)"), ended.stderr


def test_a_glass_that_is_not_there_is_an_error_in_words() -> None:
    if Path("/dev/dri").exists():
        pytest.skip("this machine has a graphics card")
    command = [sys.executable, "-c", _OPENS, "kmsdrm"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stderr.splitlines()[-1].startswith("drivers.errors.DisplayError: ")


def test_panels() -> None:
    assert isinstance(open_panel(PanelSettings(driver="none")), NullPanel)
    assert isinstance(open_panel(PanelSettings(driver="virtual")), VirtualPanel)


def test_loudspeakers() -> None:
    assert isinstance(open_sound(SoundSettings()), NullSound)
    assert isinstance(open_sound(SoundSettings(driver="virtual")), VirtualSound)


def test_a_sound_card_is_not_touched_before_there_is_something_to_hear() -> None:
    sound = open_sound(SoundSettings(driver="alsa", device="plughw:9"))
    assert isinstance(sound, MixerSound)
    sound.close()


_SHINES = """
from appliance.devices import open_panel
from appliance.settings import PanelSettings
open_panel(PanelSettings(driver="gpio", light_pin=17))
"""


def test_pins_that_are_not_there_are_an_error_in_words() -> None:
    """In a process of its own: gpiozero looks for pins once, and warns of everything that it does not find."""
    if Path("/dev/gpiochip0").exists():
        pytest.skip("this machine has pins")
    ended = subprocess.run([sys.executable, "-c", _SHINES], capture_output=True, text=True, check=False)
    assert "drivers.errors.PanelError: panel: light on pin 17" in ended.stderr
