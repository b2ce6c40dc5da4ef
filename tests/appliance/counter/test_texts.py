import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from appliance import catalogue
from appliance.counter import texts
from appliance.counter.texts import CatalogueError
from drivers import typeface
from drivers.typeface import Face

FILES = sorted(catalogue.HERE.glob("*.toml"))
VIETNAMESE = (catalogue.HERE / "vi.toml").read_text("utf-8")


def sentences(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [said for item in value for said in sentences(item)]
    assert is_dataclass(value)
    return [said for known in fields(value) for said in sentences(getattr(value, known.name))]


def refusal(toml_text: str) -> str:
    with pytest.raises(CatalogueError) as refused:
        texts.parse(toml_text)
    return str(refused.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_sentence_is_missing_in_any_language(path: Path) -> None:
    said = sentences(texts.parse(path.read_text("utf-8")))
    assert len(said) > 50
    assert all(sentence == sentence.strip() for sentence in said)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_typeface_has_every_character_of_every_sentence(path: Path) -> None:
    for sentence in sentences(texts.parse(path.read_text("utf-8"))):
        for face in Face:
            assert not typeface.lacks(sentence, face), sentence


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_ways_to_say_the_same_go_from_the_longest_to_the_shortest(path: Path) -> None:
    read = texts.parse(path.read_text("utf-8"))
    foot, menu, code = read.foot, read.menu, read.code
    for ways in (foot.larger, foot.smaller, foot.menu, foot.more_time, menu.called, menu.called_for_time):
        assert list(ways) == sorted(ways, key=len, reverse=True)
    for ways in (code.scan, code.check_name, code.link_lost):
        assert list(ways) == sorted(ways, key=len, reverse=True)


def test_the_languages_say_the_same_things() -> None:
    vietnamese, english = (texts.parse((catalogue.HERE / name).read_text("utf-8")) for name in ("vi.toml", "en.toml"))
    assert vietnamese != english
    assert vietnamese.foot.language == ("English",)
    assert english.foot.language == ("Tiếng Việt",)


def test_a_missing_sentence_is_named() -> None:
    assert refusal(re.sub(r"(?m)^heading = .*\n", "", VIETNAMESE, count=1)) == "menu.heading: missing"


def test_a_missing_group_is_named() -> None:
    assert refusal(VIETNAMESE.replace("[checking]", "[chekcing]")).startswith("chekcing: nothing says this")
    without = re.sub(r"(?ms)^\[checking\].*?(?=^\[)", "", VIETNAMESE)
    assert refusal(without) == "checking: missing"


def test_a_misspelt_entry_is_named() -> None:
    assert refusal(VIETNAMESE.replace("\nbank = ", "\nbnak = ")).startswith("code.bnak: nothing says this")


@pytest.mark.parametrize("instead", ['""', '"  "', "3", "true"])
def test_an_entry_that_says_nothing_is_refused(instead: str) -> None:
    changed = re.sub(r'(?m)^bank = "[^"]*"', f"bank = {instead}", VIETNAMESE)
    assert refusal(changed) == "code.bank: a text in quotes is expected"


@pytest.mark.parametrize("instead", ["Người nộp", "Người nộp {nguoi}", "Người {payer} {payer} {x}"])
def test_a_sentence_keeps_what_is_filled_in(instead: str) -> None:
    changed = re.sub(r'(?m)^payer = "[^"]*"', f'payer = "{instead}"', VIETNAMESE)
    assert refusal(changed) == "code.payer: its braces must be {payer}"


def test_a_sentence_that_is_filled_with_nothing_has_no_braces() -> None:
    changed = re.sub(r'(?m)^bank = "[^"]*"', 'bank = "{bank}"', VIETNAMESE)
    assert refusal(changed) == "code.bank: its braces must be none"


def test_a_brace_that_is_never_closed_is_named() -> None:
    changed = re.sub(r'(?m)^bank = "[^"]*"', 'bank = "Bank {"', VIETNAMESE)
    assert refusal(changed).startswith("code.bank: ")


def test_a_list_has_as_many_sentences_as_there_are_places() -> None:
    changed = re.sub(r'(?m)^weekdays = \[.*"\]', 'weekdays = ["Thứ Hai"]', VIETNAMESE)
    assert refusal(changed) == "idle.weekdays: a list of 7 is expected"


@pytest.mark.parametrize("instead", ["[]", '"Quét mã"'])
def test_an_open_list_has_one_sentence_or_more(instead: str) -> None:
    changed = re.sub(r"(?m)^scan = \[.*\]", f"scan = {instead}", VIETNAMESE)
    assert refusal(changed) == "code.scan: a list of one or more is expected"


def test_a_wrong_sentence_within_a_list_is_counted_out() -> None:
    changed = re.sub(r"(?m)^scan = \[.*\]", 'scan = ["Quét mã", 2]', VIETNAMESE)
    assert refusal(changed) == "code.scan[2]: a text in quotes is expected"


def test_a_group_that_is_no_table_is_named() -> None:
    without = re.sub(r"(?ms)^\[checking\].*?(?=^\[)", "", VIETNAMESE)
    assert refusal('checking = "xin chờ"\n' + without) == "checking: a table [checking] is expected"


def test_what_is_no_toml_is_refused_with_its_line() -> None:
    assert "line 2" in refusal("[foot]\nmenu = Tôi\n")
