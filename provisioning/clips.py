"""Makes the clips of the loudspeaker from their catalogues with espeak-ng, and the chime. A developer's tool.

Two runs give the same bytes: the synthesiser is asked for one clip at a time, and everything after it is arithmetic
with whole numbers. The manifest says from which words and by which synthesiser each file was made.
"""

import argparse
import hashlib
import json
import math
import subprocess
import sys
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

from appliance.clips import LANGUAGES, PACKAGED, ClipShelf
from appliance.clips import catalogue as read_catalogue
from appliance.counter.speech import CHIME, vocabulary
from appliance.errors import ApplianceError
from drivers import pcm
from mqtt_schema.messages import Language

SYNTHESISER = "espeak-ng"
MANIFEST = "manifest.json"

QUIET = 250
"""Less than a hundredth of full scale: the breath before and after a word, which is cut off."""
EDGE_S = 0.008
"""So much is left of it and faded, so that nothing clicks where clips meet."""

TAPS = 16
"""On each side of a sample; beyond that nobody hears a better filter."""
_FIXED_POINT = 1 << 15

CHIME_TONES = ((0.0, 659.26), (0.18, 880.0))
"""E5 and A5, a fourth upwards: heard as an answer, unlike the falling tones of a refusal."""
CHIME_S, CHIME_FADE_S, CHIME_PEAK = 1.1, 0.22, 9000


class SynthesisError(ApplianceError, RuntimeError):
    """The clips cannot be made; the message says why and what to do."""


def version() -> str:
    """The synthesiser's name and version. Raises `SynthesisError`."""
    return f"{SYNTHESISER} {_espeak(['--version']).decode().split(':')[1].split()[0]}"


def asked(name: str, language: Language) -> list[str]:
    """What the synthesiser is asked for: how a clip is to be spoken, and its words."""
    catalogue = read_catalogue(language)
    voice, is_number = catalogue.voice, name in catalogue.numbers
    speed = voice["numbers_per_minute" if is_number else "words_per_minute"]
    manner = ["-v", voice["espeak"], "-s", speed, "-a", voice["amplitude"]]
    return [*map(str, manner), catalogue.words[name]]


def synthesise(name: str, language: Language) -> bytes:
    """One clip as a WAV file. Raises `SynthesisError`."""
    with wave.open(BytesIO(_espeak(["--stdout", *asked(name, language)]))) as spoken:
        rate_hz, frames = spoken.getframerate(), spoken.readframes(1 << 24)
    heard = resample(trimmed(list(pcm.samples(frames)), rate_hz), rate_hz)
    if not heard:
        raise SynthesisError(f"{SYNTHESISER} says nothing for {language}/{name}")
    return pcm.write_small_wav(pcm.packed(heard))


def trimmed(samples: list[int], rate_hz: int) -> list[int]:
    """Without the silence at both ends, which are faded; nothing when all is silence."""
    loud = [at for at, sample in enumerate(samples) if abs(sample) > QUIET]
    if not loud:
        return []
    edge = round(EDGE_S * rate_hz)
    kept = samples[max(0, loud[0] - edge) : loud[-1] + 1 + edge]
    for at in range(min(edge, len(kept) // 2)):
        kept[at] = kept[at] * at // edge
        kept[-1 - at] = kept[-1 - at] * at // edge
    return kept


def resample(samples: list[int], rate_hz: int) -> list[int]:
    """To the rate of clips, through a windowed sinc (Blackman) that keeps out what the new rate cannot carry."""
    common = math.gcd(pcm.RATE_HZ, rate_hz)
    up, down = pcm.RATE_HZ // common, rate_hz // common
    phases = [_phase(phase / up, min(1.0, up / down)) for phase in range(up)]
    padded = [0] * TAPS + samples + [0] * TAPS
    resampled = []
    for number in range(len(samples) * up // down):
        at, phase = divmod(number * down, up)
        near = padded[at + 1 : at + 1 + 2 * TAPS]
        total = sum(map(int.__mul__, near, phases[phase]))
        resampled.append(max(-32768, min(32767, (total + _FIXED_POINT // 2) // _FIXED_POINT)))
    return resampled


def _phase(offset: float, cutoff: float) -> list[int]:
    """The weights of the samples around a place that lies `offset` behind one of them; their sum is one."""
    weights = [_windowed(tap - offset, cutoff) for tap in range(1 - TAPS, TAPS + 1)]
    return [round(_FIXED_POINT * weight / sum(weights)) for weight in weights]


def _windowed(distance: float, cutoff: float) -> float:
    angle = math.pi * distance / TAPS
    window = 0.42 + 0.5 * math.cos(angle) + 0.08 * math.cos(2 * angle)
    turn = math.pi * cutoff * distance
    return cutoff * window * (math.sin(turn) / turn if turn else 1.0)


def chime() -> bytes:
    """Two soft tones as a WAV file, not compressed: a pure tone hides nothing."""
    return pcm.write_wav(pcm.packed([_chime_at(n / pcm.RATE_HZ) for n in range(round(CHIME_S * pcm.RATE_HZ))]))


def _chime_at(moment_s: float) -> int:
    struck = [_tone(moment_s - start_s, hertz) for start_s, hertz in CHIME_TONES if moment_s >= start_s]
    return round(CHIME_PEAK * min(1.0, (CHIME_S - moment_s) / 0.05) * sum(struck))


def _tone(since_s: float, hertz: float) -> float:
    """A bar that is struck with felt: 10 ms until it is loud, one overtone, and it dies away."""
    turn = 2 * math.pi * hertz * since_s
    loud = min(1.0, since_s / 0.01) * math.exp(-since_s / CHIME_FADE_S)
    return loud * (math.sin(turn) + 0.15 * math.sin(2 * turn))


def made_from(name: str, language: Language) -> str:
    """What a clip was made from, as a short name: its words and its voice."""
    return _digest("\n".join(asked(name, language)).encode())


def names(language: Language) -> list[str]:
    """The clips of a language that the catalogue has to have, in order."""
    return sorted(vocabulary(language) - {CHIME})


def make(out: Path) -> int:
    """Make the clips whose words, voice or file changed, and say how many those were. Raises `SynthesisError`."""
    by, old, new = version(), _manifest(out), {}
    made = 0
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{CHIME}.wav").write_bytes(chime())
    for language in LANGUAGES:
        (out / language).mkdir(exist_ok=True)
        for name in names(language):
            key, path = f"{language}/{name}", out / language / f"{name}.wav"
            words = made_from(name, language)
            if old.get(key) != _entry(words, path) or old.get("by") != by:
                path.write_bytes(synthesise(name, language))
                made += 1
            new[key] = _entry(words, path)
        _sweep(out / language, names(language))
    (out / MANIFEST).write_text(json.dumps({"by": by, **new}, indent=1, sort_keys=True) + "\n", "utf-8")
    return made


def outdated(folder: Path) -> list[str]:
    """Every clip that was not made from the words of today, or that somebody changed since, in words."""
    manifest = _manifest(folder)
    faults = []
    for language in LANGUAGES:
        for name in names(language):
            now = _entry(made_from(name, language), folder / language / f"{name}.wav")
            if manifest.get(f"{language}/{name}") != now:
                faults.append(f"{language}/{name}: not made from these words; run provisioning/make-clips")
    return faults


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _entry(words: str, path: Path) -> dict[str, str]:
    return {"words": words, "file": _digest(path.read_bytes()) if path.exists() else ""}


def _sweep(folder: Path, wanted: list[str]) -> None:
    for path in folder.glob("*.wav"):
        if path.stem not in wanted:
            path.unlink()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _espeak(arguments: list[str]) -> bytes:
    try:
        return subprocess.run([SYNTHESISER, *arguments], capture_output=True, check=True).stdout
    except FileNotFoundError as error:
        raise SynthesisError(f"{SYNTHESISER} is not installed: sudo apt-get install {SYNTHESISER}") from error
    except subprocess.CalledProcessError as error:
        raise SynthesisError(f"{SYNTHESISER} ended with {error.returncode}: {error.stderr.decode()}") from error


def main() -> int:
    """Read the command line; 0 when all is well."""
    parser = argparse.ArgumentParser(prog="provisioning/make-clips", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PACKAGED, help="where the clips go (default: the source tree)")
    parser.add_argument("--check", action="store_true", help="make nothing; say what is missing, wrong or outdated")
    parser.add_argument("--recordings", type=Path, help="with --check: an office's own recordings, in vi/ and en/")
    told = parser.parse_args()
    if told.check:
        faults = [*ClipShelf(told.recordings).faults(), *outdated(told.out)]
        print("\n".join(faults) or "every clip is there and current")
        return 1 if faults else 0
    try:
        print(f"{make(told.out)} clips made in {told.out}")
    except ApplianceError as error:
        print(f"make-clips: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
