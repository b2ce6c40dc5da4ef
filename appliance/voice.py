"""The counter's voice: joins clips, minds volume and quiet hours, and never lets a loudspeaker hold up a payment.

It says what it is told to say; what there is to say stands in `counter.speech`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone

from appliance.clips import ClipShelf, words
from appliance.clock import Clock
from appliance.counter.speech import Clips, Utterance
from appliance.logs import Log
from appliance.settings import SoundSettings
from drivers.errors import ClipError, SoundError
from drivers.pcm import silence
from drivers.sound import Sound
from mqtt_schema.messages import Language
from mqtt_schema.types import Instant

log = Log()

VIETNAM = timezone(timedelta(hours=7))
"""Indochina Time; Vietnam has no summer time."""

QUIET_SHARE = 0.4
"""In quiet hours somebody who asks is answered, but not over the whole hall."""

BETWEEN_LANGUAGES_S = 0.5


@dataclass(frozen=True)
class Said:
    """What was said last. `number` counts from 1; `volume` from 0 to 1."""

    number: int
    utterances: tuple[Utterance, ...]
    volume: float

    @property
    def text(self) -> str:
        """In writing, one line a language."""
        return "\n".join(words(utterance.clips, utterance.language) for utterance in self.utterances)


class Voice:
    """Speaks through `sound`. Everything but `said` belongs to one thread."""

    def __init__(self, sound: Sound, settings: SoundSettings, clock: Clock, shelf: ClipShelf | None = None) -> None:
        self._sound = sound
        self._settings = settings
        self._clock = clock
        self._shelf = shelf or ClipShelf(settings.recordings)
        self._said: Said | None = None
        self._is_mute = False
        self._lacking: set[str] = set()

    @property
    def said(self) -> Said | None:
        """What was said last, or None before the first word; from any thread."""
        return self._said

    def say(self, clips: Clips, language: Language, *, is_asked: bool = False) -> None:
        """Say this now, instead of what is being said. `is_asked`: somebody pressed a key to hear it."""
        self.say_all([Utterance(language, clips)], is_asked=is_asked)

    def say_all(self, utterances: Iterable[Utterance], *, is_asked: bool = False) -> None:
        """Say these one after the other, as one piece. One that lacks a clip is left out as a whole."""
        volume = self._volume(is_asked=is_asked)
        spoken = list(self._spoken(utterances)) if volume else []
        if spoken and self._play(silence(BETWEEN_LANGUAGES_S).join(pcm for _, pcm in spoken), volume):
            number = self._said.number + 1 if self._said else 1
            self._said = Said(number, tuple(utterance for utterance, _ in spoken), volume)

    def hush(self) -> None:
        """Break off."""
        self._sound.stop()

    def close(self) -> None:
        """Say nothing any more."""
        self._sound.close()

    def _volume(self, *, is_asked: bool) -> float:
        volume = self._settings.volume / 100
        if not is_quiet(self._clock.now(), self._settings):
            return volume
        return volume * QUIET_SHARE if is_asked else 0.0

    def _spoken(self, utterances: Iterable[Utterance]) -> Iterator[tuple[Utterance, bytes]]:
        for utterance in utterances:
            try:
                pcm = self._shelf.joined(utterance.clips, utterance.language)
            except ClipError as error:
                self._lack(str(error))
            else:
                yield utterance, pcm

    def _play(self, pcm: bytes, volume: float) -> bool:
        try:
            self._sound.play(pcm, volume)
        except SoundError as error:
            self._complain(error)
            return False
        self._is_mute = False
        return True

    def _complain(self, error: SoundError) -> None:
        """Once, until something can be heard again."""
        if not self._is_mute:
            log.error("sound", error=str(error))
        self._is_mute = True

    def _lack(self, fault: str) -> None:
        """Once for each clip: no clip comes back by itself."""
        if fault not in self._lacking:
            log.error("clip", error=fault)
        self._lacking.add(fault)


def is_quiet(now: Instant, settings: SoundSettings) -> bool:
    """Whether it is between `quiet_from` and `quiet_until`, which may lie beyond midnight."""
    start, end = settings.quiet_from, settings.quiet_until
    if start is None or end is None:
        return False
    here = f"{now.astimezone(VIETNAM):%H:%M}"
    return start <= here < end if start <= end else here >= start or here < end
