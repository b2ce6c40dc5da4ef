"""What may go wrong with a device. Knows no device; the message says what broke and what to do next."""


class DriverError(Exception):
    """A device does not do what it should. The message names the device and the technician's next step."""


class DisplayError(DriverError, OSError):
    """The glass cannot be opened, painted or read."""


class PrinterError(DriverError, OSError):
    """The printer cannot be opened, written to or asked."""


class PanelError(DriverError, OSError):
    """The status light or a key cannot be reached."""


class SoundError(DriverError, OSError):
    """The loudspeaker cannot be opened or played on."""


class ClipError(DriverError, ValueError):
    """A piece of speech is missing, or no sound file that can be played here; the message says what is wanted."""
