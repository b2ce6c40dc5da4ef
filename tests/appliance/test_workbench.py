"""The workbench: the virtual devices over HTTP, as the demo page and the journeys use them."""

import io
from collections.abc import Callable, Iterator

import httpx
import pytest
from PIL import Image

from appliance.counter.speech import Utterance
from appliance.voice import Said
from appliance.workbench import Devices, Workbench
from drivers.display import Touch
from drivers.panel import Key, Light
from drivers.pcm import read_wav, silence
from drivers.profiles import PROFILES
from drivers.scene import Scene, Size
from drivers.virtual.display import VirtualDisplay
from drivers.virtual.panel import VirtualPanel
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.sound import VirtualSound
from tests.support.broker import free_port

SIZE = Size(800, 480)


@pytest.fixture
def devices() -> Iterator[Devices]:
    display = VirtualDisplay(SIZE)
    yield Devices(display, VirtualPrinter(PROFILES["generic-80"]), VirtualPanel())
    display.close()


@pytest.fixture
def visit() -> Iterator[Callable[[Devices], httpx.Client]]:
    """Serve some devices and return a browser for them; it knocks until somebody opens."""
    opened: list[tuple[Workbench, httpx.Client]] = []

    def come(devices: Devices) -> httpx.Client:
        port = free_port()
        bench = Workbench(devices, port)
        bench.start()
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=6), timeout=30)
        opened.append((bench, client))
        return client

    yield come
    for bench, client in opened:
        client.close()
        bench.stop()


@pytest.fixture
def browser(visit: Callable[[Devices], httpx.Client], devices: Devices) -> httpx.Client:
    return visit(devices)


def test_the_glass_is_served_as_its_pixels(browser: httpx.Client, devices: Devices) -> None:
    assert devices.display is not None
    devices.display.show(Scene(SIZE, (200, 30, 30), ()))
    answer = browser.get("/screen.png")
    assert answer.headers["X-Frame"] == "1"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (800, 480)
    assert picture.convert("RGB").getpixel((400, 240)) == (200, 30, 30)


def test_who_asks_for_a_younger_frame_gets_it(browser: httpx.Client, devices: Devices) -> None:
    assert devices.display is not None
    for red in (10, 20):
        devices.display.show(Scene(SIZE, (red, 0, 0), ()))
    answer = browser.get("/screen.png", params={"after": 1})
    assert answer.headers["X-Frame"] == "2"


def test_a_finger_in_the_browser_is_a_finger_on_the_glass(browser: httpx.Client, devices: Devices) -> None:
    assert devices.display is not None
    assert browser.post("/touch", json={"x": 10, "y": 20}).status_code == 204
    assert devices.display.touches()[0] == Touch(10, 20)
    assert browser.post("/touch", json={"x": "left"}).status_code == 422


def test_before_the_first_slip_there_is_none_to_see(browser: httpx.Client) -> None:
    assert browser.get("/slip.png").status_code == 404
    assert browser.get("/slip.bin").json() == {"detail": "Chưa có phiếu nào được in"}


def test_a_slip_is_served_as_a_picture_and_as_its_bytes(browser: httpx.Client, devices: Devices) -> None:
    assert devices.printer is not None
    stream = b"\x1b@\x1bJ\x30" + b"\x1dv0\x00\x01\x00\x01\x00\xff" + b"\x1dV\x00"
    devices.printer.send(stream)
    assert browser.get("/slip.bin").content == stream
    assert browser.get("/slip.bin", params={"number": 1}).status_code == 404
    assert Image.open(io.BytesIO(browser.get("/slip.png").content)).width > 0


@pytest.mark.parametrize(
    ("lever", "state", "back"),
    [
        ("run_out_of_paper", "paper_out", "load_paper"),
        ("run_low_on_paper", "paper_low", "close_cover"),
        ("open_cover", "cover_open", "close_cover"),
        ("go_offline", "offline", "come_back"),
        ("jam_cutter", "cutter_fault", "free_cutter"),
        ("overheat", "overheated", "cool_down"),
        ("pull_cable", "offline", "plug_in"),
        ("cut_power", "offline", "power_cycle"),
    ],
)
def test_a_lever_in_the_browser_is_a_lever_of_the_printer(
    browser: httpx.Client, lever: str, state: str, back: str
) -> None:
    assert browser.post(f"/printer/{lever}").status_code == 204
    assert browser.get("/state").json()["printer"] == state
    assert browser.post(f"/printer/{back}").status_code == 204
    assert browser.get("/state").json()["printer"] == "ready"


def test_a_printer_that_lies_or_is_silent_is_seen_through(browser: httpx.Client, devices: Devices) -> None:
    assert devices.printer is not None
    browser.post("/printer/run_out_of_paper")
    browser.post("/printer/lie")
    assert devices.printer.status().headline == "ready"
    assert browser.get("/state").json()["printer"] == "paper_out"
    browser.post("/printer/be_honest")
    assert devices.printer.status().headline == "paper_out"
    browser.post("/printer/fall_silent")
    assert devices.printer.status().headline == "unknown"
    browser.post("/printer/answer_again")
    assert devices.printer.status().headline == "paper_out"


def test_a_lever_can_wait_until_a_slip_is_half_out(browser: httpx.Client, devices: Devices) -> None:
    assert devices.printer is not None
    browser.post("/printer/run_out_of_paper", params={"after": 20})
    browser.post("/printer/lose_bytes", params={"after": 3})
    assert browser.get("/state").json()["printer"] == "ready"
    devices.printer.send(b"\x1bJ" + bytes(41) + b"\x1bJ\x40")
    assert browser.get("/state").json()["printer"] == "paper_out"


def test_who_looks_on_takes_no_answer_away_from_the_counter(browser: httpx.Client, devices: Devices) -> None:
    assert devices.printer is not None
    devices.printer.interrupt(b"\x10\x04\x01")
    browser.get("/state")
    assert devices.printer.say(), "the workbench heard what the counter had asked for"


def test_a_lever_that_is_not_there_is_answered_with_those_that_are(browser: httpx.Client) -> None:
    answer = browser.post("/printer/explode")
    assert answer.status_code == 404
    assert "run_out_of_paper" in answer.json()["detail"]


def test_the_state_tells_everything_at_a_glance(browser: httpx.Client, devices: Devices) -> None:
    assert devices.panel is not None
    devices.panel.shine(Light.PAID)
    assert browser.get("/state").json() == {
        "has_glass": True,
        "frame": 0,
        "slips": 0,
        "printer": "ready",
        "light": "paid",
        "sound": None,
    }


def test_devices_that_are_real_are_left_out(visit: Callable[[Devices], httpx.Client]) -> None:
    browser = visit(Devices(None, None, None))
    assert browser.get("/state").json() == {
        "has_glass": False,
        "frame": 0,
        "slips": 0,
        "printer": "offline",
        "light": "off",
        "sound": None,
    }
    assert browser.get("/screen.png").status_code == 404
    assert browser.get("/slip.png").status_code == 404


def test_nothing_of_a_page_is_kept_by_the_browser(browser: httpx.Client) -> None:
    assert browser.get("/screen.png").headers["Cache-Control"] == "no-store"


def test_a_window_is_served_as_the_picture_that_its_counter_takes(visit: Callable[[Devices], httpx.Client]) -> None:
    browser = visit(Devices(None, None, None, picture=lambda: b"the window's pixels"))
    assert browser.get("/screen.png").content == b"the window's pixels"
    assert browser.post("/touch", json={"x": 1, "y": 1}).status_code == 404


def test_a_finger_in_the_browser_presses_the_keys_of_the_panel(browser: httpx.Client, devices: Devices) -> None:
    assert devices.panel is not None
    pressed: list[Key] = []
    devices.panel.on_key(pressed.append)
    for key in Key:
        assert browser.post(f"/panel/{key}").status_code == 204
    assert pressed == [Key.CLERK, Key.LISTEN]
    answer = browser.post("/panel/doorbell")
    assert (answer.status_code, answer.json()["detail"]) == (404, "no such key; there are clerk, listen")


def test_what_the_loudspeaker_played_can_be_read_and_heard(visit: Callable[[Devices], httpx.Client]) -> None:
    sound = VirtualSound()
    said = Said(2, (Utterance("vi", ("received", "n5", "dong")),), 0.7)
    browser = visit(Devices(None, None, None, sound=sound, said=lambda: said))
    assert browser.get("/sound.wav").json() == {"detail": "Chưa có gì được phát ra loa"}
    assert browser.get("/state").json()["sound"] is None

    sound.play(silence(1), 1.0)
    sound.play(silence(2.5), 0.7)
    heard = {"number": 2, "seconds": 2.5, "volume": 70, "text": "Đã nhận năm đồng."}
    assert browser.get("/state").json()["sound"] == heard
    assert read_wav(browser.get("/sound.wav").content) == silence(2.5)
    first = browser.get("/sound.wav", params={"number": 1})
    assert (first.headers["Content-Type"], read_wav(first.content)) == ("audio/wav", silence(1))
    assert browser.get("/sound.wav", params={"number": 3}).status_code == 404


def test_a_sound_without_words_is_heard_all_the_same(visit: Callable[[Devices], httpx.Client]) -> None:
    sound = VirtualSound()
    sound.play(silence(1), 1.0)
    assert visit(Devices(None, None, None, sound=sound)).get("/state").json()["sound"]["text"] == ""
