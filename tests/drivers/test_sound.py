"""What every loudspeaker must do: SDL's mixer (on its own dummy card), the virtual one, and none."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from drivers.errors import DriverError, SoundError
from drivers.pcm import silence
from drivers.sound import MixerSound, NullSound, Sound
from drivers.virtual.sound import VirtualSound

LONG = silence(60)


@pytest.fixture(params=[MixerSound, VirtualSound, NullSound])
def sound(request: pytest.FixtureRequest) -> Sound:
    if request.param is MixerSound:
        # SDL reads it when a mixer is opened; no test needs another card.
        os.environ["SDL_AUDIODRIVER"] = "dummy"
    kind: Callable[[], Sound] = request.param
    return kind()


def test_playing_returns_at_once_and_can_be_stopped(sound: Sound) -> None:
    sound.play(LONG, 1.0)
    sound.stop()
    sound.close()


def test_one_piece_interrupts_another(sound: Sound) -> None:
    sound.play(LONG, 0.5)
    sound.play(LONG, 0.0)
    sound.close()


def test_silence_can_be_stopped_and_nothing_can_be_played(sound: Sound) -> None:
    sound.stop()
    for nothing in (b"", b"\0", b"\0\0", b"\0\0\0"):
        sound.play(nothing, 1.0)
    sound.close()


def test_closing_twice_changes_nothing(sound: Sound) -> None:
    sound.close()
    sound.close()


def test_after_closing_it_says_so(sound: Sound) -> None:
    sound.close()
    if isinstance(sound, NullSound):
        sound.play(LONG, 1.0)
        return
    with pytest.raises(SoundError, match="closed"):
        sound.play(LONG, 1.0)


_HEARS = """
from drivers.pcm import silence
from drivers.sound import MixerSound
sound = MixerSound()
print(sound.is_playing)
sound.play(silence(60), 0.5)
print(sound.is_playing)
sound.play(silence(60), 0.5)
sound.stop()
print(sound.is_playing)
sound.play(silence(60), 0.5)
print(sound.is_playing)
sound.close()
print(sound.is_playing)
"""


def run(program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """In a process of its own: SDL chooses its driver by the environment."""
    told = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run([sys.executable, "-c", program], env=told, capture_output=True, text=True, check=False)


def test_the_mixer_plays_until_it_is_stopped_and_plays_again() -> None:
    ran = run(_HEARS, SDL_AUDIODRIVER="dummy")
    assert [line for line in ran.stdout.splitlines() if line in {"True", "False"}] == [
        *("False", "True", "False", "True", "False")
    ], ran.stderr


_FAILS = """
import os
from drivers.errors import SoundError
from drivers.pcm import silence
from drivers.sound import MixerSound
sound = MixerSound("plughw:9")
for driver in ("no such driver", "dummy"):
    os.environ["SDL_AUDIODRIVER"] = driver
    try:
        sound.play(silence(60), 1.0)
    except SoundError as error:
        print(error, "| because of", type(error.__cause__).__name__)
print("playing", sound.is_playing)
"""


def test_a_card_that_is_not_there_is_said_in_words_and_may_come_back() -> None:
    ran = run(_FAILS)
    said = [line for line in ran.stdout.splitlines() if not line.startswith("pygame")]
    assert said[0].startswith("sound: device 'plughw:9' does not play: "), ran.stderr
    assert "aplay -L" in said[0]
    assert "[sound] | because of error" in said[0]
    assert said[1] == "playing True"


def test_importing_the_driver_does_not_import_pygame() -> None:
    asking = "import drivers.sound, drivers.virtual.sound, sys; print('pygame' in sys.modules)"
    assert run(asking).stdout.strip() == "False"


def test_a_sound_error_is_ours_and_the_systems() -> None:
    assert issubclass(SoundError, DriverError)
    assert issubclass(SoundError, OSError)
