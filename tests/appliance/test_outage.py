"""A counter that cannot start says so on its glass, until somebody did something about it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.counter.shown import Outage
from appliance.journal import JournalError
from appliance.outage import OutageSign, outage_of
from appliance.settings import SettingsError, read_counter, stamp
from drivers.errors import DisplayError, PrinterError
from drivers.scene import Size
from drivers.virtual.display import VirtualDisplay
from mqtt_schema.errors import SignatureError
from tests.support.broker import PATIENCE_S

Held = tuple[OutageSign, VirtualDisplay, threading.Thread]


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    path = tmp_path / "counter.toml"
    path.write_text("site = 1\n", "utf-8")
    return path


@pytest.fixture
def held(seed: Path) -> Iterator[Held]:
    display = VirtualDisplay(Size(1024, 600))
    sign = OutageSign(display, seed, stamp(seed))
    thread = threading.Thread(target=sign.hold, args=(SettingsError("site: a text is expected\nand more"),))
    thread.start()
    assert display.wait_for_frame(0, PATIENCE_S) == 1
    yield sign, display, thread
    sign.stop()
    thread.join(PATIENCE_S)


def words(display: VirtualDisplay) -> str:
    return " ".join(text.text for text in display.history[-1].texts())


def test_the_glass_names_the_code_and_what_is_wrong(held: Held) -> None:
    _, display, thread = held
    assert "QT-12" in words(display)
    assert "site: a text is expected" in words(display)
    assert "and more" not in words(display)
    assert thread.is_alive()


def test_it_ends_when_the_settings_were_mended(held: Held, seed: Path) -> None:
    seed.write_text("# another text\n", "utf-8")
    held[2].join(PATIENCE_S)
    assert not held[2].is_alive()


def test_a_correction_between_the_reading_and_the_sign_is_not_overlooked(seed: Path) -> None:
    read = stamp(seed)
    seed.write_text("# mended at once\n", "utf-8")
    OutageSign(VirtualDisplay(Size(1024, 600)), seed, read).hold(SettingsError("site"))


def test_it_ends_when_it_is_told_to(held: Held) -> None:
    held[0].stop()
    held[2].join(PATIENCE_S)
    assert not held[2].is_alive()


def test_it_ends_with_its_window(held: Held) -> None:
    held[1].close_window()
    held[2].join(PATIENCE_S)
    assert not held[2].is_alive()


def test_a_seed_that_is_missing_is_another_outage_than_one_that_is_wrong(tmp_path: Path, seed: Path) -> None:
    with pytest.raises(SettingsError) as missing:
        read_counter(tmp_path / "nowhere.toml")
    with pytest.raises(SettingsError) as wrong:
        read_counter(seed)
    assert outage_of(missing.value) is Outage.SEED_MISSING
    assert outage_of(wrong.value) is Outage.SEED_WRONG


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (JournalError("full"), Outage.JOURNAL),
        (PrinterError("no such profile"), Outage.DEVICE),
        (DisplayError("no screen"), Outage.DEVICE),
        (SignatureError("no key"), Outage.SEED_WRONG),
        (PermissionError("key_file"), Outage.SEED_WRONG),
    ],
)
def test_every_error_of_the_start_has_its_outage(error: Exception, outage: Outage) -> None:
    assert outage_of(error) is outage
