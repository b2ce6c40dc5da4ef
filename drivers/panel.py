"""The clerk's side of the box: a status light and one key. It knows pins, but neither money nor messages."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from drivers.errors import PanelError

BOUNCE_S = 0.05
"""A key's contacts chatter for some milliseconds; what follows within this time is the same press."""


class Light(StrEnum):
    """What the clerk sees from across the desk, by rhythm and not by colour.

    Off; steady while a payment waits; slow pulses when it is paid; quick pulses when somebody is needed.
    """

    OFF = "off"
    WAITING = "waiting"
    PAID = "paid"
    TROUBLE = "trouble"


PULSE_S = {Light.PAID: 1.0, Light.TROUBLE: 0.25}
"""Seconds on and seconds off."""

KeyPressed = Callable[[], None]
"""Called on a thread of the panel's own for each press: it should put the press on a queue and return."""


class Panel(ABC):
    """A status light and the clerk's key."""

    @abstractmethod
    def shine(self, light: Light) -> None:
        """Show `light` from now on. Raises `PanelError`."""

    @abstractmethod
    def on_key(self, pressed: KeyPressed | None) -> None:
        """Call `pressed` for every press of the key from now on; None forgets it."""

    @abstractmethod
    def close(self) -> None:
        """Put the light out and let go of the pins; a second time changes nothing."""


class NullPanel(Panel):
    """No panel is fitted."""

    def shine(self, light: Light) -> None:
        """There is no light."""

    def on_key(self, pressed: KeyPressed | None) -> None:
        """There is no key."""

    def close(self) -> None:
        """There is nothing to let go of."""


class GpioPanel(Panel):
    """A light and a key on GPIO pins (BCM numbers); either may be missing.

    The key closes to ground. `pin_factory` is gpiozero's choice unless given. Raises `PanelError` when a pin does not
    exist, is taken, or this machine has none.
    """

    def __init__(self, light_pin: int | None, key_pin: int | None, pin_factory: Any = None) -> None:
        self._light: Any = None
        self._key: Any = None
        from gpiozero import LED, Button, GPIOZeroError

        try:
            if light_pin is not None:
                self._light = LED(light_pin, pin_factory=pin_factory)
            if key_pin is not None:
                self._key = Button(key_pin, bounce_time=BOUNCE_S, pin_factory=pin_factory)
        except (GPIOZeroError, OSError) as error:
            self.close()
            raise PanelError(
                f"panel: light on pin {light_pin}, key on pin {key_pin}: {error}. "
                'Check light_pin and key_pin in the seed, or set driver = "none"'
            ) from error

    def shine(self, light: Light) -> None:
        """Switch or pulse the light."""
        if self._light is None:
            return
        if light in PULSE_S:
            self._light.blink(PULSE_S[light], PULSE_S[light])
        elif light is Light.OFF:
            self._light.off()
        else:
            self._light.on()

    def on_key(self, pressed: KeyPressed | None) -> None:
        """Hand every press to `pressed`."""
        if self._key is not None:
            self._key.when_pressed = pressed

    def close(self) -> None:
        """Let go of both pins."""
        for device in (self._light, self._key):
            if device is not None:
                device.close()
        self._light = self._key = None
