"""The counter's voice: volume, quiet hours, and a loudspeaker that may break without anybody waiting for it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance import logs
from appliance.clips import ClipShelf
from appliance.clock import VirtualClock
from appliance.counter.speech import Utterance, announcement
from appliance.settings import SoundSettings
from appliance.voice import BETWEEN_LANGUAGES_S, Voice, is_quiet
from drivers.pcm import silence, write_wav
from drivers.virtual.sound import VirtualSound

MIDNIGHT = datetime(2026, 11, 21, 17, tzinfo=UTC)
"""In Vietnam, the 22nd begins."""
WORDS = ("received", "n5", "thousand", "dong")


@pytest.fixture
def sound() -> VirtualSound:
    return VirtualSound()


def voice(sound: VirtualSound, hours: float = 10, **told: object) -> Voice:
    """A voice at so many hours after midnight."""
    return Voice(sound, SoundSettings.model_validate(told), VirtualClock(MIDNIGHT + timedelta(hours=hours)))


def test_clips_are_played_as_one_piece_at_the_volume_of_the_settings(sound: VirtualSound) -> None:
    speaking = voice(sound, volume=40)
    speaking.say(WORDS, "vi")
    assert [(played.pcm, played.volume) for played in sound.history] == [(ClipShelf().joined(WORDS, "vi"), 0.4)]
    assert speaking.said is not None
    assert (speaking.said.number, speaking.said.volume) == (1, 0.4)
    assert speaking.said.text == "Đã nhận năm nghìn đồng."


def test_two_languages_are_one_piece_with_a_pause_between_them(sound: VirtualSound) -> None:
    speaking = voice(sound)
    spoken = announcement(5_000, "vi", ("vi", "en"))
    speaking.say_all(spoken)
    first, second = (ClipShelf().joined(utterance.clips, utterance.language) for utterance in spoken)
    assert sound.history[-1].pcm == first + silence(BETWEEN_LANGUAGES_S) + second
    assert speaking.said is not None
    assert speaking.said.text.splitlines() == [
        "♪ Đã nhận năm nghìn đồng. Mời ông bà nhận phiếu.",
        "Received five thousand dong.",
    ]


def test_hushing_breaks_off_and_closing_ends_it(sound: VirtualSound) -> None:
    speaking = voice(sound)
    speaking.say(WORDS, "vi")
    speaking.hush()
    assert sound.playing is None
    speaking.close()
    assert sound.is_closed


def test_before_the_first_word_nothing_was_said(sound: VirtualSound) -> None:
    speaking = voice(sound, volume=0)
    speaking.say(WORDS, "vi")
    speaking.say((), "vi")
    assert speaking.said is None
    assert not sound.history


@pytest.mark.parametrize(
    ("start", "end", "hour", "quiet"),
    [
        ("18:00", "07:30", 17.99, False),
        ("18:00", "07:30", 18, True),
        ("18:00", "07:30", 0, True),
        ("18:00", "07:30", 7.49, True),
        ("18:00", "07:30", 7.5, False),
        ("11:30", "13:00", 12, True),
        ("11:30", "13:00", 13, False),
        ("11:30", "13:00", 11, False),
        ("12:00", "12:00", 12, False),
    ],
)
def test_quiet_hours_begin_and_end_by_the_clock_of_vietnam(start: str, end: str, hour: float, quiet: bool) -> None:
    told = SoundSettings(quiet_from=start, quiet_until=end)
    assert is_quiet(MIDNIGHT + timedelta(hours=hour), told) is quiet


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert not is_quiet(MIDNIGHT, SoundSettings())


def test_in_quiet_hours_only_who_asks_is_answered_and_softly(sound: VirtualSound) -> None:
    speaking = voice(sound, hours=23, volume=50, quiet_from="18:00", quiet_until="07:00")
    speaking.say(WORDS, "vi")
    assert not sound.history
    speaking.say(WORDS, "vi", is_asked=True)
    assert [played.volume for played in sound.history] == [pytest.approx(0.2)]


def test_by_day_who_asks_hears_it_as_loud_as_everybody(sound: VirtualSound) -> None:
    voice(sound, volume=50).say(WORDS, "vi", is_asked=True)
    assert sound.history[-1].volume == 0.5


def test_a_broken_loudspeaker_is_logged_once_and_holds_up_nobody(sound: VirtualSound) -> None:
    speaking = voice(sound)
    sound.break_down()
    with logs.kept() as entries:
        speaking.say(WORDS, "vi")
        speaking.say(WORDS, "vi")
        speaking.hush()
    assert [entry["event"] for entry in entries] == ["sound"]
    assert not sound.history
    sound.mend()
    speaking.say(WORDS, "vi")
    assert speaking.said is not None
    assert speaking.said.number == 1
    sound.break_down()
    with logs.kept() as entries:
        speaking.say(WORDS, "vi")
    assert len(entries) == 1, "a new trouble is a new line"


def test_an_amount_that_lacks_a_word_is_not_said_at_all(sound: VirtualSound) -> None:
    speaking = voice(sound)
    with logs.kept() as entries:
        for _ in range(2):
            speaking.say_all(
                [Utterance("vi", ("received", "n13", "dong")), Utterance("en", ("received", "n13", "dong"))]
            )
    assert sound.history[-1].pcm == ClipShelf().joined(("received", "n13", "dong"), "en")
    assert [entry["event"] for entry in entries] == ["clip"]
    assert speaking.said is not None
    assert speaking.said.text == "Received thirteen dong."


def test_an_offices_own_recordings_are_used(sound: VirtualSound, tmp_path: Path) -> None:
    recorded = ClipShelf().pcm("n1", "en")
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / "n5.wav").write_bytes(write_wav(recorded))
    voice(sound, recordings=str(tmp_path)).say(("n5",), "vi")
    assert sound.history[-1].pcm == recorded
