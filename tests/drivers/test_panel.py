"""What every panel must do, on gpiozero's pins (its own mock of them), on the virtual one and on none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from drivers.errors import DriverError, PanelError
from drivers.panel import GpioPanel, Light, NullPanel, Panel
from drivers.virtual.panel import VirtualPanel

LIGHT_PIN, KEY_PIN = 17, 27


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=WatchedPin)
    yield factory
    factory.reset()


@pytest.fixture(params=["gpio", "gpio without pins", "virtual", "none"])
def panel(request: pytest.FixtureRequest, pins: MockFactory) -> Panel:
    match request.param:
        case "gpio":
            return GpioPanel(LIGHT_PIN, KEY_PIN, pins)
        case "gpio without pins":
            return GpioPanel(None, None, pins)
        case "virtual":
            return VirtualPanel()
    return NullPanel()


class WatchedPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin on which one can wait for the second change, without sleeping."""

    def __init__(self, *arguments: Any) -> None:
        self.went_up_again = Event()
        self.ups = 0
        super().__init__(*arguments)

    def _change_state(self, value: bool) -> bool:
        changed = bool(super()._change_state(value))
        self.ups += changed and bool(value)
        if self.ups == 2:
            self.went_up_again.set()
        return changed


@pytest.mark.parametrize("light", Light)
def test_every_light_can_be_shown(panel: Panel, light: Light) -> None:
    panel.shine(light)
    panel.close()


def test_a_key_can_be_listened_to_and_forgotten(panel: Panel) -> None:
    panel.on_key(lambda: None)
    panel.on_key(None)
    panel.close()


def test_closing_twice_changes_nothing(panel: Panel) -> None:
    panel.close()
    panel.close()


def test_the_light_is_steady_while_a_payment_waits(pins: MockFactory) -> None:
    panel = GpioPanel(LIGHT_PIN, None, pins)
    panel.shine(Light.WAITING)
    assert pins.pin(LIGHT_PIN).state
    panel.shine(Light.OFF)
    assert not pins.pin(LIGHT_PIN).state
    panel.close()


def test_trouble_pulses(pins: MockFactory) -> None:
    panel = GpioPanel(LIGHT_PIN, None, pins)
    panel.shine(Light.TROUBLE)
    assert pins.pin(LIGHT_PIN).went_up_again.wait(timeout=10)
    panel.close()


def test_every_press_of_the_key_is_heard(pins: MockFactory) -> None:
    panel = GpioPanel(None, KEY_PIN, pins)
    pressed: list[str] = []
    panel.on_key(lambda: pressed.append("key"))
    for _ in range(2):
        pins.pin(KEY_PIN).drive_low()
        pins.pin(KEY_PIN).drive_high()
    panel.on_key(None)
    pins.pin(KEY_PIN).drive_low()
    panel.close()
    assert pressed == ["key", "key"]


def test_a_pin_that_is_taken_is_said_in_words_and_the_other_is_let_go(pins: MockFactory) -> None:
    with pytest.raises(PanelError, match="light_pin and key_pin in the seed") as caught:
        GpioPanel(LIGHT_PIN, LIGHT_PIN, pins)
    assert caught.value.__cause__ is not None
    GpioPanel(LIGHT_PIN, KEY_PIN, pins).close()


def test_a_panel_error_is_ours_and_the_systems() -> None:
    assert issubclass(PanelError, DriverError)
    assert issubclass(PanelError, OSError)


def test_importing_the_driver_does_not_import_gpiozero() -> None:
    asking = "import drivers.panel, drivers.virtual.panel, sys; print('gpiozero' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    asked = subprocess.run([sys.executable, "-c", asking], env=environment, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"
