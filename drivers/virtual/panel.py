"""A panel without pins: it remembers every light it showed, and its key is a lever."""

from drivers.panel import KeyPressed, Light, Panel


class VirtualPanel(Panel):
    """`light` is what it shows now, `history` what it ever showed; `press_key()` is the clerk's finger."""

    def __init__(self) -> None:
        self.history: list[Light] = []
        self.is_closed = False
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

    def press_key(self) -> None:
        """Press the key and let it go."""
        if self._pressed is not None:
            self._pressed()

    def close(self) -> None:
        """Put the light out."""
        if not self.is_closed:
            self.shine(Light.OFF)
        self.is_closed = True
        self._pressed = None
