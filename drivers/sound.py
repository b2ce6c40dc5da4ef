"""The loudspeaker: PCM goes in, air moves. It knows no words and no hours; no other module opens a mixer.

pygame is imported when something is played, and only its mixer is used: the rest of pygame belongs to the display.
"""

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from drivers.errors import SoundError
from drivers.pcm import RATE_HZ, SAMPLE_BYTES

if TYPE_CHECKING:
    import pygame

__all__ = ["RATE_HZ", "MixerSound", "NullSound", "Sound"]

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

BUFFER_SAMPLES = 1024
"""64 ms: the mixer's thread wakes 16 times a second, and nobody hears the delay."""


class Sound(ABC):
    """Something that can be heard. All methods belong to one thread."""

    @abstractmethod
    def play(self, pcm: bytes, volume: float) -> None:
        """Play signed 16-bit little endian mono at `RATE_HZ`, at a volume from 0 to 1, and return at once.

        Whatever was playing ends. Raises `SoundError`.
        """

    @abstractmethod
    def stop(self) -> None:
        """Be silent; where nothing plays it changes nothing."""

    @abstractmethod
    def close(self) -> None:
        """Be silent and let go of the loudspeaker; a second time changes nothing."""


class NullSound(Sound):
    """No loudspeaker is fitted."""

    def play(self, pcm: bytes, volume: float) -> None:
        """There is nothing to hear it from."""

    def stop(self) -> None:
        """There is nothing to stop."""

    def close(self) -> None:
        """There is nothing to let go of."""


class MixerSound(Sound):
    """A sound card, through SDL's mixer; it is opened anew for each piece, so one that was unplugged comes back.

    `device` is an ALSA name such as "plughw:1", or "" for the system's own choice; SDL_AUDIODRIVER and AUDIODEV in the
    environment win over it.
    """

    def __init__(self, device: str = "") -> None:
        self._device = device
        self._channel: pygame.mixer.Channel | None = None
        self._is_closed = False

    def play(self, pcm: bytes, volume: float) -> None:
        """Begin with the first sample. Raises `SoundError` when there is no such card."""
        if self._is_closed:
            raise SoundError("sound: it is closed. Open another")
        if len(pcm) < SAMPLE_BYTES:
            # SDL's mixer ends the whole program over a piece without a sample (seen with pygame-ce 2.5.8).
            self.stop()
            return
        # By its parts: plain `pygame` would bring six megabytes that no loudspeaker needs.
        import pygame.base
        import pygame.mixer

        try:
            if not self.is_playing:
                self._let_go()
            channel = self._channel or self._open()
            channel.play(pygame.mixer.Sound(buffer=pcm))
            channel.set_volume(volume)
        except pygame.base.error as error:
            self._let_go()
            raise SoundError(
                f"sound: device {self._device or 'default'!r} does not play: {error}. Plug the loudspeaker in, see "
                'that "aplay -L" lists it and that the service is in the group audio, or set driver = "none" in [sound]'
            ) from error

    def stop(self) -> None:
        """Break off in the middle of a word."""
        if self._channel is not None:
            self._channel.stop()

    @property
    def is_playing(self) -> bool:
        """Whether something can be heard now."""
        return self._channel is not None and self._channel.get_busy()

    def close(self) -> None:
        """Let go of the card."""
        self._is_closed = True
        self._let_go()

    def _open(self) -> "pygame.mixer.Channel":
        import pygame.mixer

        os.environ.setdefault("SDL_AUDIODRIVER", "alsa")
        if self._device:
            os.environ.setdefault("AUDIODEV", self._device)
        # No change allowed: what the card cannot do, SDL converts, so that one second stays one second.
        pygame.mixer.init(RATE_HZ, -16, 1, BUFFER_SAMPLES, allowedchanges=0)
        self._channel = pygame.mixer.Channel(0)
        return self._channel

    def _let_go(self) -> None:
        if self._channel is not None:
            import pygame.mixer

            pygame.mixer.quit()
            self._channel = None
