"""The letters that lie ready: all that any printer's slips take, and those of the fonts beside them."""

import json

import pytest

from drivers import letters, typeface
from drivers.errors import DriverError
from drivers.fonts import generate
from drivers.letters import Alphabet, Letter, LettersError, alphabet, written
from drivers.paper import CAPITALS_MM
from drivers.profiles import PROFILES, Profile
from drivers.typeface import Face


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("face", Face)
def test_every_printer_finds_its_letters_in_every_size(profile: Profile, face: Face) -> None:
    for capital_mm in CAPITALS_MM:
        size = typeface.size_for_capital(face, capital_mm * profile.dots_per_mm)
        assert len(alphabet(face, size).letter("H").rows) == pytest.approx(capital_mm * profile.dots_per_mm, abs=1.5)


def test_fonts_and_letters_are_as_they_were_when_the_letters_were_drawn() -> None:
    """Two letters that change places would pass every other test."""
    assert json.loads((generate.LETTERS / "digests.json").read_text()) == generate.digests(), (
        "fonts or letters changed: run python drivers/fonts/generate.py"
    )
    assert sorted(file.name for file in generate.LETTERS.glob("*.bin")) == sorted(
        letters.name(face, size) for face in Face for size in generate.sizes()
    )


@pytest.mark.parametrize("face", Face)
def test_another_freetype_would_draw_them_much_alike(face: Face) -> None:
    for character in "aĂậỆgjđ7%—":
        kept, now = alphabet(face, 26).letter(character), generate.drawn(character, face, 26)
        ink = sum(row.bit_count() for row in kept.rows)
        assert abs(kept.width_dots - now.width_dots) <= 1
        assert abs(len(kept.rows) - len(now.rows)) <= 1
        assert sum(row.bit_count() for row in now.rows) == pytest.approx(ink, rel=0.1, abs=4)


def test_letters_come_out_as_they_were_written() -> None:
    some = {
        "A": Letter((0b10, 0b11), 2, -1, -2),
        " ": Letter((), 0, 0, 0),
        "ế": Letter((0b1_0000_0001,), 9, 0, 3),
    }
    kept = Alphabet(written(some))
    assert {character: kept.letter(character) for character in some} == some


@pytest.mark.parametrize("character", ["\x00", "B", "😀"])
def test_a_letter_that_the_face_lacks_is_refused(character: str) -> None:
    with pytest.raises(LettersError, match="lacks"):
        Alphabet(written({"A": Letter((1,), 1, 0, 0)})).letter(character)


def test_a_size_that_nobody_drew_is_refused_with_the_command_that_draws_it() -> None:
    with pytest.raises(LettersError, match=r"generate\.py") as refused:
        alphabet(Face.REGULAR, 1)
    assert isinstance(refused.value, DriverError)
    assert isinstance(refused.value, LookupError)
