"""The clips beside the counter are what the catalogues say, and espeak-ng makes the same ones again."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.clips import LANGUAGES, PACKAGED
from appliance.errors import ApplianceError
from drivers import pcm
from provisioning import clips

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made_here() -> None:
    """Only the same espeak-ng says the same."""
    if shutil.which(clips.SYNTHESISER) is None:
        pytest.skip("espeak-ng is not installed: sudo apt-get install espeak-ng")
    made_by = json.loads((PACKAGED / clips.MANIFEST).read_text("utf-8"))["by"]
    if clips.version() != made_by:
        pytest.skip(f"the clips were made by {made_by}, and this machine has {clips.version()}")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy that may be spoiled."""
    return Path(shutil.copytree(PACKAGED, tmp_path / "clips"))


def test_every_clip_was_made_from_the_words_of_today() -> None:
    assert clips.outdated(PACKAGED) == []


def test_there_is_no_clip_that_nobody_asks_for() -> None:
    for language in LANGUAGES:
        assert sorted(path.stem for path in (PACKAGED / language).iterdir()) == clips.names(language)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"another voice")])
def test_a_clip_that_somebody_changed_is_named(shipped: Path, spoil: Callable[[Path], None]) -> None:
    spoil(shipped / "vi" / "received.wav")
    assert clips.outdated(shipped) == ["vi/received: not made from these words; run provisioning/make-clips"]


def test_words_that_somebody_changed_are_named(shipped: Path) -> None:
    manifest = json.loads((shipped / clips.MANIFEST).read_text("utf-8"))
    manifest["en/paid_by"] = manifest["en/received"]
    manifest["en/received"] = {**manifest["en/received"], "words": "of yesterday"}
    (shipped / clips.MANIFEST).write_text(json.dumps(manifest), "utf-8")
    assert clips.outdated(shipped) == ["en/received: not made from these words; run provisioning/make-clips"]


@pytest.mark.usefixtures("made_here")
@pytest.mark.parametrize("name", ["received", "n5_after_tens", "dong", "scan_or_ask"])
def test_the_synthesiser_says_the_same_again(name: str) -> None:
    assert clips.synthesise(name, "vi") == (PACKAGED / "vi" / f"{name}.wav").read_bytes()


@pytest.mark.usefixtures("made_here")
def test_only_what_changed_is_made_again_and_to_the_same_bytes(shipped: Path) -> None:
    (shipped / "en" / "n7.wav").unlink()
    (shipped / "en" / "n1000.wav").write_bytes(b"from an older catalogue")
    assert clips.make(shipped) == 1
    assert not (shipped / "en" / "n1000.wav").exists()
    compared = subprocess.run(["diff", "-r", str(PACKAGED), str(shipped)], capture_output=True, text=True, check=False)
    assert compared.stdout == ""


def test_the_chime_is_computed_to_the_same_bytes() -> None:
    assert clips.chime() == (PACKAGED / "chime.wav").read_bytes()


def test_the_chime_begins_and_ends_in_silence_and_never_clips() -> None:
    heard = pcm.samples(pcm.read_wav(clips.chime()))
    assert (heard[0], abs(heard[-1]) < 20) == (0, True)
    assert 5_000 < max(heard) < 25_000


def test_numbers_are_spoken_more_slowly_than_sentences() -> None:
    speed = [int(clips.asked(name, "vi")[3]) for name in ("n5", "take_slip")]
    assert speed == sorted(speed)
    assert speed[0] < speed[1]


def test_silence_around_a_word_is_cut_off_and_its_edges_fade() -> None:
    kept = clips.trimmed([0] * 5_000 + [9_000] * 1_000 + [0] * 5_000, 22_050)
    edge = round(clips.EDGE_S * 22_050)
    assert len(kept) == 1_000 + 2 * edge
    assert (kept[0], kept[-1], max(kept)) == (0, 0, 9_000)
    assert clips.trimmed([3] * 5_000, 22_050) == []


def test_another_rate_keeps_length_and_loudness() -> None:
    heard = clips.resample([8_000] * 22_050, 22_050)
    assert len(heard) == pcm.RATE_HZ
    assert all(abs(sample - 8_000) < 10 for sample in heard[100:-100])


def test_what_the_new_rate_cannot_carry_is_silent() -> None:
    """10 kHz at 22.050 Hz would come back as a whistle at 6 kHz."""
    whistle = [round(8_000 * (-1) ** n) for n in range(22_050)]
    assert max(map(abs, clips.resample(whistle, 22_050)[100:-100])) < 80


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [str(ROOT / "provisioning" / "make-clips"), *arguments]
    return subprocess.run(command, env=environment or None, capture_output=True, text=True, check=False)


def test_the_check_says_that_all_is_well() -> None:
    ran = run("--check")
    assert (ran.returncode, ran.stdout) == (0, "every clip is there and current\n"), ran.stderr


def test_the_check_names_recordings_that_cannot_be_played(tmp_path: Path) -> None:
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / "n1.wav").write_bytes(b"ID3")
    ran = run("--check", "--recordings", str(tmp_path))
    assert ran.returncode == 1
    assert "n1.wav: no WAV file" in ran.stdout


def test_without_the_synthesiser_the_next_step_is_named(tmp_path: Path) -> None:
    for tool in ("dirname", "sh"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    ran = run("--out", str(tmp_path / "out"), PATH=str(tmp_path))
    assert (ran.returncode, ran.stderr) == (
        1,
        "make-clips: espeak-ng is not installed: sudo apt-get install espeak-ng\n",
    )
    assert issubclass(clips.SynthesisError, ApplianceError)
    assert issubclass(clips.SynthesisError, RuntimeError)
