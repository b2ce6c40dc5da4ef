import pytest

from drivers.errors import SoundError
from drivers.virtual.sound import REMEMBERED, Played, VirtualSound


def test_it_keeps_what_it_played() -> None:
    sound = VirtualSound()
    sound.play(b"one", 0.5)
    sound.play(b"two", 1.0)
    assert list(sound.history) == [Played(1, b"one", 0.5), Played(2, b"two", 1.0)]
    assert sound.playing == Played(2, b"two", 1.0)


def test_it_forgets_the_oldest() -> None:
    sound = VirtualSound()
    for _ in range(REMEMBERED + 1):
        sound.play(b"again", 1.0)
    assert len(sound.history) == REMEMBERED
    assert sound.history[-1].number == REMEMBERED + 1


def test_a_piece_ends_by_itself_or_is_stopped() -> None:
    sound = VirtualSound()
    for end in (sound.fall_silent, sound.stop, sound.close):
        sound.play(b"something", 1.0)
        end()
        assert sound.playing is None
    assert sound.is_closed


def test_without_its_plug_nothing_plays_until_it_is_in_again() -> None:
    sound = VirtualSound()
    sound.play(b"before", 1.0)
    sound.break_down()
    assert sound.playing is None
    with pytest.raises(SoundError, match=r"Call mend\(\)"):
        sound.play(b"lost", 1.0)
    sound.stop()
    sound.mend()
    sound.play(b"after", 1.0)
    assert [played.pcm for played in sound.history] == [b"before", b"after"]
