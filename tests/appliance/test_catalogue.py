import shutil
from pathlib import Path

import pytest

from appliance import catalogue
from appliance.counter.texts import CatalogueError


def test_every_language_is_read_from_its_file() -> None:
    words = catalogue.read()
    assert sorted(words) == ["en", "vi"]
    assert words["vi"].foot.language == ("English",)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    shutil.copy(catalogue.HERE / "vi.toml", tmp_path)
    with pytest.raises(CatalogueError, match=r"^en\.toml: "):
        catalogue.read(tmp_path)


def test_a_wrong_entry_is_named_with_its_file(tmp_path: Path) -> None:
    for path in catalogue.HERE.glob("*.toml"):
        shutil.copy(path, tmp_path)
    broken = tmp_path / "en.toml"
    broken.write_text(broken.read_text("utf-8").replace("[foot]", "[feet]"), "utf-8")
    with pytest.raises(CatalogueError, match=r"^en\.toml: feet: ") as refused:
        catalogue.read(tmp_path)
    assert isinstance(refused.value.__cause__, CatalogueError)


def test_a_file_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    for path in catalogue.HERE.glob("*.toml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "vi.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CatalogueError, match=r"^vi\.toml: "):
        catalogue.read(tmp_path)
