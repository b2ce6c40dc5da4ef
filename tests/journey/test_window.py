"""The counter as a real window, on a virtual screen: `make demo ARGS=--window`."""

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from appliance import catalogue
from appliance.clock import SystemClock
from appliance.counter import screens
from appliance.counter.front import Front
from appliance.counter.look import Look
from appliance.counter.shown import Shown
from appliance.counter.state import Session
from appliance.demo.case import Case
from appliance.demo.once import Play
from appliance.demo.stage import Stage
from appliance.glass import FINGER_S
from drivers.scene import Size
from drivers.virtual.display import VirtualDisplay
from mqtt_schema.types import Instant

pytestmark = pytest.mark.journey


@pytest.fixture
def screen() -> Iterator[str]:
    """An X server without a monitor; its display's name."""
    if shutil.which("Xvfb") is None:
        pytest.skip("this test opens a real window: apt-get install xvfb")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as said:
        number = said.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


def on(screen: str) -> dict[str, str]:
    """Where a program opens its window, whatever other tests told SDL in this process."""
    return {"DISPLAY": screen, "SDL_VIDEODRIVER": "x11"}


def test_the_phone_reads_the_code_from_a_real_window_and_the_payment_is_paid(screen: str, tmp_path: Path) -> None:
    case = Case(source="api")
    stage = Stage(tmp_path / "stage", case, is_window=True)
    stage.actors["counter"].environment.update(on(screen))
    with stage, Play(stage, case, tmp_path, print) as played:
        idle = played.screen()
        payment = played.create()
        code = played.codes(payment, idle)
        played.pay(payment)
        played.slip(payment, idle, played.result(payment, code))


class Hands:
    """Fingers and a keyboard at a window without a window manager, through the X server as real ones."""

    def __init__(self, screen: str) -> None:
        self._environment = {**os.environ, "DISPLAY": screen}
        self._window = self._tool("search", "--sync", "--onlyvisible", "--class", ".").split()[-1]

    def tap(self, x: int, y: int) -> None:
        self._tool("mousemove", "--window", self._window, str(x), str(y), "click", "1")

    def press(self, *keys: str) -> None:
        self._tool("windowfocus", "--sync", self._window, "key", *keys)

    def _tool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self._environment, capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout


class Window:
    """The counter's window on a stage: what must stand there, painted by ourselves, and whether it does."""

    def __init__(self, played: Play, hands: Hands) -> None:
        self._played = played
        self._hands = hands
        self._look = Look.of(Size(1024, 600), "Quầy số 1", catalogue.read())

    def wait_for(self, front: Front, session: Session | None = None) -> None:
        """Wait until the window shows this and nothing else. Clock, card and shift may be some seconds old."""
        shown = Shown(session or Session(is_linked=True), front)

        def stands() -> bool:
            now = SystemClock().now()
            wanted = [self._painted(shown, now - timedelta(seconds=seconds)) for seconds in (0, 10, 20)]
            return _pixels(self._played.screen()) in wanted

        self._played.stage.wait_for(stands, f"the window shows {front}")

    def tap(self, name: str, front: Front, session: Session | None = None) -> None:
        """Touch a target of the screen that stands there, in its middle."""
        shown = Shown(session or Session(is_linked=True), front)
        scene = screens.compose(shown, self._look, SystemClock().now())
        target = next(target for target in scene.targets if target.name == name)
        time.sleep(FINGER_S)  # the way of a finger: what it finds sooner, it did not mean
        self._hands.tap(*target.rect.centre)

    def _painted(self, shown: Shown, now: Instant) -> bytes:
        display = VirtualDisplay(self._look.size)
        display.show(screens.compose(shown, self._look, now))
        return _pixels(display.png())


def _pixels(png: bytes) -> bytes:
    return Image.open(io.BytesIO(png)).convert("RGB").tobytes()


needs_fingers = pytest.mark.skipif(
    shutil.which("xdotool") is None, reason="this test taps and types on a real window: apt-get install xdotool"
)


@needs_fingers
def test_fingers_work_on_a_real_window_and_no_key_leaves_it(screen: str, tmp_path: Path) -> None:
    case = Case(source="api")
    stage = Stage(tmp_path / "stage", case, is_window=True)
    stage.actors["counter"].environment.update(on(screen))
    vietnamese, english = Front(), Front(language="en")
    with stage, Play(stage, case, tmp_path, print) as played:
        hands = Hands(screen)
        window = Window(played, hands)
        window.wait_for(vietnamese)

        window.tap("language", vietnamese)
        window.wait_for(english)
        window.tap("larger", english)
        window.wait_for(replace(english, is_large=True))
        window.tap("larger", replace(english, is_large=True))
        window.tap("menu", english)
        window.wait_for(replace(english, page="menu"))

        hands.press("Escape", "alt+F4", "ctrl+c", "ctrl+q", "super", "alt+Tab", "ctrl+alt+Delete", "F11", "q")
        window.wait_for(replace(english, page="menu"))

        window.tap("back", replace(english, page="menu"))
        window.wait_for(english)
        assert stage.actors["counter"].is_running


@needs_fingers
def test_a_touch_for_help_rings_at_the_desk(screen: str, tmp_path: Path) -> None:
    case = Case(source="api")
    stage = Stage(tmp_path / "stage", case, is_window=True)
    stage.actors["counter"].environment.update(on(screen))
    with stage, Play(stage, case, tmp_path, print) as played:
        window = Window(played, Hands(screen))
        window.wait_for(Front())
        window.tap("menu", Front())
        window.wait_for(Front(page="menu"))
        window.tap("no_phone", Front(page="menu"))
        stage.wait_for(lambda: "không có điện thoại" in played.office.get("/desk/parts/calls").text, "the desk rings")


@needs_fingers
def test_a_counter_that_cannot_start_stays_on_its_glass_until_its_settings_change(screen: str, tmp_path: Path) -> None:
    seed = tmp_path / "counter.toml"
    seed.write_text('site = "hoan-kiem"\n[display]\ndriver = "window"\n', "utf-8")
    command = [sys.executable, "-m", "appliance", "counter", "--settings", str(seed)]
    environment = {**os.environ, **on(screen)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            assert "counter: Field required" in "".join(running.stderr.readline() for _ in range(2))
            Hands(screen).press("Escape", "alt+F4", "ctrl+c")
            assert running.poll() is None
            seed.write_text('site = "hoan-kiem"\n', "utf-8")
            assert running.wait(timeout=30) == 2
        finally:
            running.kill()
