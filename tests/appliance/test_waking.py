"""How a counter wakes up: first its glass, then its line, then the rest; each proven from outside."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from appliance import waking
from appliance.counter import look

ROOT = Path(__file__).parents[2]

_LIGHT = """
import json, sys
from appliance import waking
waking.light(sys.argv[1])
loaded = sorted(sys.modules)
glass = None
if "pygame.display" in sys.modules:
    import pygame.display
    glass = pygame.display.get_surface()
pixels = {}
if glass:
    width, height = glass.get_size()
    for y in range(height):
        for x in range(0, width, 3):
            place = tuple(glass.get_at((x, y)))[:3]
            if place in {waking.PAPER, waking.INK}:
                left, top, right, low, count = pixels.get(str(place), (x, y, x, y, 0))
                pixels[str(place)] = (min(left, x), min(top, y), max(right, x), max(low, y), count + 1)
found = {"size": glass and glass.get_size(), "modules": loaded, "pixels": pixels}
if glass:
    from drivers.display import PygameDisplay
    from drivers.scene import Size
    display = PygameDisplay("window", Size(*glass.get_size()))
    found["is_the_same"] = pygame.display.get_surface() is glass
print(json.dumps(found))
"""


def light(seed: Path, **environment: str) -> dict[str, Any]:
    """Light a glass in a process of its own, on SDL's dummy screen."""
    names = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    ended = subprocess.run(
        [sys.executable, "-c", _LIGHT, str(seed)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**names, "SDL_VIDEODRIVER": "dummy", **environment},
    )
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def seed(directory: Path, **display: object) -> Path:
    path = directory / "counter.toml"
    path.write_text(tomli_w.dumps({"site": "hoan-kiem", "display": {"driver": "window", **display}}), "utf-8")
    return path


def test_the_first_words_stand_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    loaded = set(light(seed(tmp_path))["modules"])

    heavy = {
        "paho",
        "pydantic",
        "typer",
        "rich",
        "segno",
        "cryptography",
        "dataclasses",
        "tomllib",
        "importlib.metadata",
    }
    assert not loaded & heavy
    assert not loaded & {"pygame.mixer", "pygame.imageext", "pygame.sysfont", "drivers.display", "appliance.settings"}


def test_the_window_of_the_first_words_is_the_window_of_the_counter(tmp_path: Path) -> None:
    assert light(seed(tmp_path))["is_the_same"]


SIZES = [(800, 480), (1024, 600), (1920, 1080), (480, 800), (1080, 1920)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_first_words_stand_large_in_the_middle_of_every_glass(tmp_path: Path, width: int, height: int) -> None:
    found = light(seed(tmp_path, width=width, height=height))

    assert found["size"] == [width, height]
    left, top, right, low, _ = found["pixels"][str(waking.INK)]
    assert right - left > width / 3
    assert abs((left + right) / 2 - width / 2) < width / 20
    assert abs((top + low) / 2 - height / 2) < height / 10
    paper = found["pixels"][str(waking.PAPER)]
    assert paper[:2] == [0, 0]
    assert paper[3] == height - 1


def test_on_a_turned_panel_the_words_are_turned_too(tmp_path: Path) -> None:
    found = light(seed(tmp_path, width=480, height=800, rotation=90))

    assert found["size"] == [800, 480]
    left, top, right, low, _ = found["pixels"][str(waking.INK)]
    assert low - top > right - left


def test_without_readable_settings_the_words_still_stand(tmp_path: Path) -> None:
    assert light(tmp_path / "nowhere.toml", DISPLAY=":0")["size"] == [1024, 600]


def test_a_virtual_glass_is_not_lit_by_a_window(tmp_path: Path) -> None:
    assert light(seed(tmp_path, driver="virtual"))["size"] is None


def test_a_glass_that_does_not_open_is_nothing_to_stop_for(tmp_path: Path) -> None:
    assert light(seed(tmp_path), SDL_VIDEODRIVER="of-a-later-version")["size"] is None


def test_the_first_words_wear_the_colours_of_every_screen() -> None:
    assert (waking.PAPER, waking.INK) == (look.PAPER, look.INK)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ([], waking.SEED),
        (["--settings", "a.toml"], "a.toml"),
        (["--settings=a.toml"], "a.toml"),
        (["--help"], None),
        (["--settings"], None),
        (["a.toml"], None),
        (["--settings", "a.toml", "--verbose"], None),
    ],
)
def test_only_a_plain_command_goes_straight_through(arguments: list[str], path: str | None) -> None:
    assert waking.seed_in(arguments) == path


@pytest.mark.parametrize(
    "text",
    [
        '[display]\ndriver = "window"\nwidth = 800\nheight = 480\n\n[printer]\ndriver = "file"\n',
        'site = "a"\n[broker]\nport = 1\n[display] # the glass\nrotation = 90 # turned\n',
        "[display]\ndriver = 'kmsdrm'\n",
        'site = "a"\n',
    ],
)
def test_what_is_read_at_a_glance_is_what_toml_says(text: str) -> None:
    told = tomllib.loads(text).get("display", {})
    assert waking.display_of(text) == {name: str(value) for name, value in told.items()}


def test_giving_memory_back_says_nothing_wherever_it_runs() -> None:
    told = [sys.executable, "-c", "from appliance import waking; waking.give_back()"]
    ended = subprocess.run(told, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")


_ALL = """
import sys
from appliance import waking
waking.leave_out()
from appliance.counter import app
from drivers.display import Canvas
from drivers.qr import modules, modules_at_once
from drivers.scene import Code, Scene, Size
modules("paper")
Canvas.in_memory(Size(99, 99)).paint(Scene(Size(99, 99), (0, 0, 0), (Code(modules_at_once("glass"), 0, 0, 2),)))
"a.vn".encode("idna")  # as every socket does
print(" ".join(name for name, module in sys.modules.items() if "__getattr__" not in vars(module)))
if "more" in sys.argv:
    from importlib.metadata import entry_points, version
    import urllib.request
    print(len(entry_points()) > 0, version("pydantic") > "2", urllib.request.Request("http://a.vn").host)
    print("qu\u1ea7y.vn".encode("idna").decode())
"""


def everything(*more: str) -> list[str]:
    """The modules that a counter's imports, a code on the glass and one on paper leave loaded whole; then `more`."""
    ended = subprocess.run([sys.executable, "-c", _ALL, *more], capture_output=True, text=True, check=True, cwd=ROOT)
    return ended.stdout.splitlines()


def test_what_a_counter_never_uses_is_not_in_its_memory() -> None:
    loaded = set(everything()[-1].split())

    assert {"paho.mqtt.client", "pydantic_core", "segno.encoder", "pygame.surface"} <= loaded
    assert not loaded & {"urllib.request", "importlib.metadata", "stringprep", "importlib.resources"}
    assert not loaded & {"http.client", "email", "email.message", "zipfile", "tempfile"}
    assert not loaded & {"segno.writers", "xml.sax", "pygame.image", "pygame.imageext"}


def test_what_was_left_out_is_there_for_whoever_asks() -> None:
    assert everything("more")[-2:] == ["True True a.vn", "xn--quy-ihz.vn"]
