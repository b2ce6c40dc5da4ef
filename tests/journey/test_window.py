"""The counter as a real window, on a virtual screen: `make demo ARGS=--window`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.demo.case import Case
from appliance.demo.once import Play
from appliance.demo.stage import Stage

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


def test_the_phone_reads_the_code_from_a_real_window_and_the_payment_is_paid(screen: str, tmp_path: Path) -> None:
    case = Case(source="api")
    stage = Stage(tmp_path / "stage", case, is_window=True)
    stage.actors["counter"].environment["DISPLAY"] = screen
    with stage, Play(stage, case, tmp_path, print) as played:
        idle = played.screen()
        payment = played.create()
        code = played.codes(payment, idle)
        played.pay(payment)
        played.slip(payment, idle, played.result(payment, code))
