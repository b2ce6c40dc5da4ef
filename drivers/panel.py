"""A status light and two keys, beside glass and paper. It knows pins, but neither money nor messages."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
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


class Key(StrEnum):
    """Who pressed: the clerk, or somebody who wants to hear what stands on the glass.

    *Listen* is a raised key that fingers find; an earphone that is plugged in counts as a press of it.
    """

    CLERK = "clerk"
    LISTEN = "listen"


PULSE_S = {Light.PAID: 1.0, Light.TROUBLE: 0.25}
"""Seconds on and seconds off."""

KeyPressed = Callable[[Key], None]
"""Called on a thread of the panel's own for each press: it should put the press on a queue and return."""


@dataclass(frozen=True)
class Pins:
    """BCM numbers; None where nothing is fitted. All keys close to ground, except an earphone socket that opens."""

    light: int | None = None
    clerk: int | None = None
    listen: int | None = None
    listen_opens: bool = False


class Panel(ABC):
    """A status light, the clerk's key and the listening key."""

    @abstractmethod
    def shine(self, light: Light) -> None:
        """Show `light` from now on. Raises `PanelError`."""

    @abstractmethod
    def on_key(self, pressed: KeyPressed | None) -> None:
        """Call `pressed` for every press of a key from now on; None forgets it."""

    @property
    @abstractmethod
    def has_earphone(self) -> bool:
        """Whether an earphone is in its socket now, or the raised key is held down."""

    @abstractmethod
    def close(self) -> None:
        """Put the light out and let go of the pins; a second time changes nothing."""


class NullPanel(Panel):
    """No panel is fitted."""

    def shine(self, light: Light) -> None:
        """There is no light."""

    def on_key(self, pressed: KeyPressed | None) -> None:
        """There are no keys."""

    @property
    def has_earphone(self) -> bool:
        """There is no socket."""
        return False

    def close(self) -> None:
        """There is nothing to let go of."""


class GpioPanel(Panel):
    """A light and keys on GPIO pins; any may be missing.

    `pin_factory` is gpiozero's choice unless given. Raises `PanelError` when a pin does not exist, is taken, or this
    machine has none.
    """

    def __init__(self, pins: Pins, pin_factory: Any = None) -> None:
        self._light: Any = None
        self._keys: dict[Key, Any] = {}
        self._listen_opens = pins.listen_opens
        from gpiozero import LED, Button, GPIOZeroError

        try:
            if pins.light is not None:
                self._light = LED(pins.light, pin_factory=pin_factory)
            for key, pin in ((Key.CLERK, pins.clerk), (Key.LISTEN, pins.listen)):
                if pin is not None:
                    self._keys[key] = Button(pin, bounce_time=BOUNCE_S, pin_factory=pin_factory)
        except (GPIOZeroError, OSError) as error:
            self.close()
            raise PanelError(
                f"panel: light on pin {pins.light}, key on pin {pins.clerk}, listening key on pin {pins.listen}: "
                f'{error}. Check light_pin, key_pin and listen_pin in the seed, or set driver = "none"'
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
        for key, button in self._keys.items():
            told = None if pressed is None else partial(pressed, key)
            if key is Key.LISTEN and self._listen_opens:
                button.when_released = told
            else:
                button.when_pressed = told

    @property
    def has_earphone(self) -> bool:
        """What the listening pin says; without one, False."""
        button = self._keys.get(Key.LISTEN)
        return button is not None and bool(button.is_pressed) is not self._listen_opens

    def close(self) -> None:
        """Let go of all pins."""
        for device in (self._light, *self._keys.values()):
            if device is not None:
                device.close()
        self._light, self._keys = None, {}
