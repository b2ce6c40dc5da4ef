"""Opens the devices that the settings name; a fake is just another one of them. The only place that chooses.

Fakes are imported where they are asked for: a counter with real devices has no room to spare for them.
"""

from pathlib import Path

from appliance.settings import DisplaySettings, PanelSettings, PrinterSettings, SoundSettings
from drivers.display import Display, PygameDisplay
from drivers.errors import PrinterError
from drivers.panel import GpioPanel, NullPanel, Panel, Pins
from drivers.printer import FilePrinter, Printer, SerialPrinter, TcpPrinter
from drivers.profiles import PROFILES, Profile
from drivers.scene import Size
from drivers.sound import MixerSound, NullSound, Sound


def open_display(settings: DisplaySettings) -> Display:
    """Open the glass. Raises `DisplayError` that says what to do."""
    size = Size(settings.width, settings.height)
    match settings.driver:
        case "virtual":
            from drivers.virtual.display import VirtualDisplay

            return VirtualDisplay(size)
        case "window":
            return PygameDisplay("window", size, settings.rotation)
        case "kmsdrm":
            return PygameDisplay("kmsdrm", rotation=settings.rotation)


def open_printer(settings: PrinterSettings) -> Printer | None:
    """Make the printer; it opens its line by itself when something is to be printed. Raises `PrinterError`."""
    profile = _profile(settings.profile)
    match settings.driver:
        case "none":
            return None
        case "virtual":
            from drivers.virtual.printer import VirtualPrinter

            return VirtualPrinter(profile)
        case "tcp":
            return TcpPrinter(profile, settings.host, settings.port)
        case "file":
            return FilePrinter(profile, Path(settings.path))
        case "serial":
            return SerialPrinter(
                profile,
                settings.path,
                settings.baud,
                rtscts=settings.flow == "rtscts",
                dsrdtr=settings.flow == "dsrdtr",
                xonxoff=settings.flow == "xonxoff",
            )


def open_panel(settings: PanelSettings) -> Panel:
    """Open the panel. Raises `PanelError` that says what to do."""
    match settings.driver:
        case "none":
            return NullPanel()
        case "virtual":
            from drivers.virtual.panel import VirtualPanel

            return VirtualPanel()
        case "gpio":
            listen_opens = settings.listen_contact == "opens"
            return GpioPanel(Pins(settings.light_pin, settings.key_pin, settings.listen_pin, listen_opens))


def open_sound(settings: SoundSettings) -> Sound:
    """Make the loudspeaker; it opens its card by itself when something is to be heard."""
    match settings.driver:
        case "none":
            return NullSound()
        case "virtual":
            from drivers.virtual.sound import VirtualSound

            return VirtualSound()
        case "alsa":
            return MixerSound(settings.device)


def _profile(name: str) -> Profile:
    if name not in PROFILES:
        raise PrinterError(f"printer profile {name!r} is not known; choose one of {', '.join(PROFILES)}")
    return PROFILES[name]
