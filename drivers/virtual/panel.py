"""A panel without pins: it remembers every light it showed, and its keys are levers."""

from drivers.panel import Key, KeyPressed, Light, Panel


class VirtualPanel(Panel):
    """`light` is what it shows now, `history` what it ever showed; `press(key)` is a finger on one of its keys.

    `plug()` and `unplug()` move an earphone.
    """

    def __init__(self) -> None:
        self.history: list[Light] = []
        self.is_closed = False
        self._has_earphone = False
        self._pressed: KeyPressed | None = None

    @property
    def light(self) -> Light:
        """What shines now."""
        return self.history[-1] if self.history else Light.OFF

    def shine(self, light: Light) -> None:
        """Remember it."""
        self.history.append(light)

    def on_key(self, pressed: KeyPressed | None) -> None:
        """Remember whom to call."""
        self._pressed = pressed

    def press(self, key: Key) -> None:
        """Press a key and let it go."""
        if self._pressed is not None:
            self._pressed(key)

    def plug(self) -> None:
        """Put an earphone into its socket."""
        self._has_earphone = True
        self.press(Key.LISTEN)

    def unplug(self) -> None:
        """Pull the earphone out again."""
        self._has_earphone = False

    @property
    def has_earphone(self) -> bool:
        """Whether one is in."""
        return self._has_earphone

    def close(self) -> None:
        """Put the light out."""
        if not self.is_closed:
            self.shine(Light.OFF)
        self.is_closed = True
        self._pressed = None
