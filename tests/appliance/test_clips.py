"""The shelf: every clip that came with us, and an office's own recordings in their place."""

from pathlib import Path

import pytest

from appliance.clips import LANGUAGES, PACKAGED, ClipShelf, catalogue, words
from appliance.counter.speech import CHIME, state_clips, vocabulary
from drivers import pcm
from drivers.errors import ClipError
from mqtt_schema.messages import Language

OWN_VOICE = pcm.packed([1000, -1000] * 800)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    for language in LANGUAGES:
        (tmp_path / language).mkdir()
    return tmp_path


def test_everything_that_can_be_said_is_there_and_can_be_played() -> None:
    assert ClipShelf().faults() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clip_is_audible_and_no_speech_is_long(language: Language) -> None:
    shelf = ClipShelf()
    for name in vocabulary(language):
        heard = shelf.pcm(name, language)
        assert 0.15 < pcm.seconds(heard) < 8, name
        assert max(pcm.samples(heard)) > 5000, name


def test_all_that_comes_with_us_is_small() -> None:
    assert sum(path.stat().st_size for path in PACKAGED.rglob("*") if path.is_file()) < 2_000_000


def test_clips_follow_each_other_with_the_pauses_of_writing() -> None:
    shelf = ClipShelf()
    one, other = shelf.pcm("n1", "vi"), shelf.pcm("dong", "vi")
    assert shelf.joined(("n1", ",", "dong", "."), "vi") == one + pcm.silence(0.1) + other + pcm.silence(0.35)


def test_the_chime_is_the_same_in_every_language() -> None:
    assert ClipShelf().pcm(CHIME, "vi") == ClipShelf().pcm(CHIME, "en")


def test_a_clip_that_does_not_exist_leaves_nothing_half_said() -> None:
    with pytest.raises(ClipError, match=r"n13\.wav: No such file .*make-clips, or record it"):
        ClipShelf().joined(("received", "n13", "dong"), "vi")


def test_a_recording_takes_the_place_of_its_clip_and_of_no_other(recordings: Path) -> None:
    (recordings / "vi" / "n1.wav").write_bytes(pcm.write_wav(OWN_VOICE))
    shelf = ClipShelf(recordings)
    assert shelf.pcm("n1", "vi") == OWN_VOICE
    assert shelf.pcm("n2", "vi") == ClipShelf().pcm("n2", "vi")
    assert shelf.pcm("n1", "en") == ClipShelf().pcm("n1", "en")
    assert shelf.faults() == []


def test_a_recording_is_read_once(recordings: Path) -> None:
    path = recordings / "vi" / "n1.wav"
    path.write_bytes(pcm.write_wav(OWN_VOICE))
    shelf = ClipShelf(recordings)
    shelf.pcm("n1", "vi")
    path.unlink()
    assert shelf.pcm("n1", "vi") == OWN_VOICE


def test_a_recording_that_cannot_be_played_gives_way_and_is_named(recordings: Path) -> None:
    (recordings / "vi" / "n1.wav").write_bytes(b"ID3 made with a telephone")
    (recordings / "en" / "hello.wav").write_bytes(pcm.write_wav(OWN_VOICE))
    shelf = ClipShelf(recordings)
    assert shelf.pcm("n1", "vi") == ClipShelf().pcm("n1", "vi")
    wrong, unknown = shelf.faults()
    assert wrong.startswith(f"{recordings / 'vi' / 'n1.wav'}: no WAV file; a clip is a WAV file, mono")
    assert unknown == f"{recordings / 'en' / 'hello.wav'}: nobody asks for it"


def test_a_folder_without_recordings_is_no_fault(tmp_path: Path) -> None:
    assert ClipShelf(tmp_path / "later").faults() == []


def test_what_was_said_can_be_read() -> None:
    assert words(state_clips("paid", 1_050_000, "vi"), "vi") == (
        "♪ Đã nhận một triệu, không trăm năm mươi nghìn đồng. Mời ông bà nhận phiếu."
    )
    assert words(("no such clip",), "en") == "(no such clip)."


@pytest.mark.parametrize("content", [None, b"\xff", b"voice = 1", b"[sentences]\n[numbers]"])
def test_a_catalogue_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "vi.toml").write_bytes(content)
    with pytest.raises(ClipError, match=r"vi\.toml: "):
        catalogue("vi", tmp_path)
