"""Finds the clips that speech names: an office's own recording where there is one, else the one that came with us.

It reads files, once each, and plays nothing.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from appliance.counter.speech import CHIME, PAUSES_S, Clips, vocabulary
from drivers import pcm
from drivers.errors import ClipError
from mqtt_schema.messages import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)

PACKAGED = Path(__file__).parent / "counter" / "clips"
"""Catalogues, clips and manifest as they are installed."""


@dataclass(frozen=True)
class Catalogue:
    """One language: the synthesiser's voice, and what each clip says."""

    voice: dict[str, str | int]
    sentences: dict[str, str]
    numbers: dict[str, str]

    @property
    def words(self) -> dict[str, str]:
        """Clip to words."""
        return self.sentences | self.numbers


class ClipShelf:
    """Clips as PCM, and what they say. `recordings` is a folder with `vi` and `en` in it, or None."""

    def __init__(self, recordings: Path | None = None) -> None:
        self._recordings = recordings
        self._read: dict[tuple[str, Language], bytes] = {}

    def pcm(self, name: str, language: Language) -> bytes:
        """One clip, or one pause. A recording that cannot be used gives way. Raises `ClipError`."""
        if name in PAUSES_S:
            return pcm.silence(PAUSES_S[name])
        if (name, language) not in self._read:
            self._read[name, language] = self._recorded(name, language) or _read(PACKAGED / _file(name, language))
        return self._read[name, language]

    def joined(self, clips: Iterable[str], language: Language) -> bytes:
        """One clip after the other. Raises `ClipError` when one is missing: an amount without a word is another one."""
        return b"".join(self.pcm(name, language) for name in clips)

    def faults(self) -> list[str]:
        """Every clip that is missing, cannot be played here, or that nobody will ever ask for, in words."""
        return [fault for language in LANGUAGES for fault in (*_missing(language), *self._bad_recordings(language))]

    def _recorded(self, name: str, language: Language) -> bytes:
        if self._recordings is None:
            return b""
        try:
            return _read(self._recordings / _file(name, language))
        except ClipError:
            return b""  # `faults` says so; a citizen would rather hear the other voice than none.

    def _bad_recordings(self, language: Language) -> list[str]:
        folder = self._recordings / language if self._recordings else None
        if folder is None or not folder.is_dir():
            return []
        known = {f"{name}.wav" for name in vocabulary(language) - {CHIME}}
        unknown = [f"{path}: nobody asks for it" for path in sorted(folder.iterdir()) if path.name not in known]
        return [*unknown, *_unplayable(folder / name for name in sorted(known) if (folder / name).exists())]


def words(clips: Clips, language: Language) -> str:
    """What these clips say, written down; a chime is a note, a clip without words its name in brackets."""
    said = {CHIME: "♪"} | catalogue(language).words
    text = ""
    for clip in clips:
        if clip in PAUSES_S:
            text = text if text.endswith("♪") else text.rstrip(".,:") + clip
        else:
            text += " " + said.get(clip, f"({clip})")
    return text.strip(" .") + "."


@cache
def catalogue(language: Language, folder: Path = PACKAGED) -> Catalogue:
    """What the clips of a language say. Raises `ClipError` when its file cannot be read or lacks a part."""
    path = folder / f"{language}.toml"
    try:
        return Catalogue(**tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ClipError(f"{path}: {error}") from error


def _missing(language: Language) -> list[str]:
    """What came with us has to be whole."""
    return _unplayable(PACKAGED / _file(name, language) for name in sorted(vocabulary(language)))


def _unplayable(paths: Iterable[Path]) -> list[str]:
    faults = []
    for path in paths:
        try:
            _read(path)
        except ClipError as error:
            faults.append(str(error))
    return faults


def _file(name: str, language: Language) -> str:
    return f"{name}.wav" if name == CHIME else f"{language}/{name}.wav"


def _read(path: Path) -> bytes:
    try:
        return pcm.read_wav(path.read_bytes())
    except OSError as error:
        raise ClipError(f"{path}: {error.strerror}; make it with provisioning/make-clips, or record it") from error
    except ClipError as error:
        raise ClipError(f"{path}: {error}") from error
