from drivers.panel import Key, Light
from drivers.virtual.panel import VirtualPanel


def test_it_remembers_every_light() -> None:
    panel = VirtualPanel()
    assert not panel.history
    panel.shine(Light.WAITING)
    panel.shine(Light.PAID)
    assert panel.light is Light.PAID
    assert panel.history == [Light.WAITING, Light.PAID]


def test_it_is_dark_before_anybody_lit_it() -> None:
    assert VirtualPanel().light is Light.OFF


def test_closing_puts_the_light_out_once() -> None:
    panel = VirtualPanel()
    panel.shine(Light.TROUBLE)
    panel.close()
    panel.close()
    assert panel.history == [Light.TROUBLE, Light.OFF]
    assert panel.is_closed


def test_the_lever_presses_a_key() -> None:
    panel = VirtualPanel()
    panel.press(Key.CLERK)
    pressed: list[Key] = []
    panel.on_key(pressed.append)
    panel.press(Key.CLERK)
    panel.press(Key.LISTEN)
    panel.close()
    panel.press(Key.LISTEN)
    assert pressed == [Key.CLERK, Key.LISTEN]


def test_an_earphone_is_a_press_and_stays() -> None:
    panel = VirtualPanel()
    pressed: list[Key] = []
    panel.on_key(pressed.append)
    panel.plug()
    assert (pressed, panel.has_earphone) == ([Key.LISTEN], True)
    panel.unplug()
    assert (pressed, panel.has_earphone) == ([Key.LISTEN], False)
