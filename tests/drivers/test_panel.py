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
from drivers.panel import GpioPanel, Key, Light, NullPanel, Panel, Pins
from drivers.virtual.panel import VirtualPanel

LIGHT_PIN, CLERK_PIN, LISTEN_PIN = 17, 27, 22


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=WatchedPin)
    yield factory
    factory.reset()


@pytest.fixture(params=["gpio", "gpio without pins", "virtual", "none"])
def panel(request: pytest.FixtureRequest, pins: MockFactory) -> Panel:
    match request.param:
        case "gpio":
            return GpioPanel(Pins(LIGHT_PIN, CLERK_PIN, LISTEN_PIN), pins)
        case "gpio without pins":
            return GpioPanel(Pins(), pins)
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


def test_keys_can_be_listened_to_and_forgotten(panel: Panel) -> None:
    panel.on_key(lambda _key: None)
    panel.on_key(None)
    panel.close()


def test_closing_twice_changes_nothing(panel: Panel) -> None:
    panel.close()
    panel.close()


def test_the_light_is_steady_while_a_payment_waits(pins: MockFactory) -> None:
    panel = GpioPanel(Pins(LIGHT_PIN), pins)
    panel.shine(Light.WAITING)
    assert pins.pin(LIGHT_PIN).state
    panel.shine(Light.OFF)
    assert not pins.pin(LIGHT_PIN).state
    panel.close()


def test_trouble_pulses(pins: MockFactory) -> None:
    panel = GpioPanel(Pins(LIGHT_PIN), pins)
    panel.shine(Light.TROUBLE)
    assert pins.pin(LIGHT_PIN).went_up_again.wait(timeout=10)
    panel.close()


def push(pins: MockFactory, pin: int) -> None:
    pins.pin(pin).drive_low()
    pins.pin(pin).drive_high()


def test_every_press_is_heard_and_which_key_it_was(pins: MockFactory) -> None:
    panel = GpioPanel(Pins(clerk=CLERK_PIN, listen=LISTEN_PIN), pins)
    pressed: list[Key] = []
    panel.on_key(pressed.append)
    for pin in (CLERK_PIN, LISTEN_PIN, CLERK_PIN):
        push(pins, pin)
    panel.on_key(None)
    push(pins, CLERK_PIN)
    push(pins, LISTEN_PIN)
    panel.close()
    assert pressed == [Key.CLERK, Key.LISTEN, Key.CLERK]


def test_an_earphone_in_its_socket_is_one_press_of_the_listening_key(pins: MockFactory) -> None:
    panel = GpioPanel(Pins(listen=LISTEN_PIN), pins)
    pressed: list[Key] = []
    panel.on_key(pressed.append)
    pins.pin(LISTEN_PIN).drive_low()
    assert pressed == [Key.LISTEN]
    pins.pin(LISTEN_PIN).drive_high()
    panel.close()
    assert pressed == [Key.LISTEN]


@pytest.mark.parametrize("opens", [False, True], ids=["closes", "opens"])
def test_the_socket_says_whether_an_earphone_is_in_it(pins: MockFactory, opens: bool) -> None:
    panel = GpioPanel(Pins(listen=LISTEN_PIN, listen_opens=opens), pins)
    contact = pins.pin(LISTEN_PIN)
    for is_closed in (True, False):
        contact.drive_low() if is_closed else contact.drive_high()
        assert panel.has_earphone is (is_closed is not opens)
    panel.close()
    assert not panel.has_earphone


def test_without_a_socket_there_is_no_earphone(pins: MockFactory) -> None:
    panel = GpioPanel(Pins(clerk=CLERK_PIN), pins)
    assert not panel.has_earphone
    assert not NullPanel().has_earphone
    panel.close()


def test_a_socket_whose_contact_opens_for_the_earphone_is_one_too(pins: MockFactory) -> None:
    panel = GpioPanel(Pins(listen=LISTEN_PIN, listen_opens=True), pins)
    pins.pin(LISTEN_PIN).drive_low()
    pressed: list[Key] = []
    panel.on_key(pressed.append)
    pins.pin(LISTEN_PIN).drive_high()
    assert pressed == [Key.LISTEN]
    pins.pin(LISTEN_PIN).drive_low()
    panel.on_key(None)
    pins.pin(LISTEN_PIN).drive_high()
    panel.close()
    assert pressed == [Key.LISTEN]


def test_a_pin_that_is_taken_is_said_in_words_and_the_others_are_let_go(pins: MockFactory) -> None:
    with pytest.raises(PanelError, match="light_pin, key_pin and listen_pin in the seed") as caught:
        GpioPanel(Pins(LIGHT_PIN, CLERK_PIN, CLERK_PIN), pins)
    assert caught.value.__cause__ is not None
    GpioPanel(Pins(LIGHT_PIN, CLERK_PIN, LISTEN_PIN), pins).close()


def test_a_panel_error_is_ours_and_the_systems() -> None:
    assert issubclass(PanelError, DriverError)
    assert issubclass(PanelError, OSError)


def test_importing_the_driver_does_not_import_gpiozero() -> None:
    asking = "import drivers.panel, drivers.virtual.panel, sys; print('gpiozero' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    asked = subprocess.run([sys.executable, "-c", asking], env=environment, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"
