"""The catalogues of the glass, read from the package: one file a language. It judges no sentence; `texts` does."""

from pathlib import Path
from typing import get_args

from appliance.counter import texts
from appliance.counter.texts import CatalogueError, Texts
from mqtt_schema.messages import Language

HERE = Path(__file__).parent / "counter" / "words"


def read(folder: Path = HERE) -> dict[Language, Texts]:
    """Every language that the glass speaks. Raises `CatalogueError` with the file's name for a bad or missing file."""
    return {language: _read(folder / f"{language}.toml") for language in get_args(Language)}


def _read(path: Path) -> Texts:
    try:
        return texts.parse(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path.name}: {error}") from error
