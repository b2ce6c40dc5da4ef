"""Seeded mutation of honest samples, into every decoder: nothing but what is declared is raised, and work stays small.

`python -m tests.attack.fuzz 1000000` tries that many and says what it saw; `--keep` writes what was new to `corpus/`,
which the tests replay. A finding prints decoder, case number and input; the same number makes the same input again.
"""

import argparse
import base64
import json
import random
import re
import reprlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.attack.decoders import Decoder, table

CORPUS = Path(__file__).parent / "corpus"
KEPT_BYTES = 2_500
KEPT_EACH = 24

CALLS_AT_LEAST, CALLS_A_BYTE = 4_000, 60
"""So many Python calls may any input cost, and so many more for each of its bytes: no work in squares."""
CPU_AT_LEAST_S, CPU_A_BYTE_S = 0.25, 40e-6
"""Regular expressions and C code make no calls; in a long run the processor's own time is looked at as well."""

_TOKENS = [
    *(b"", b"\0", b"\1", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n", b"\t", b" " * 40, b"\\u0000", b"\\ud800"),
    *(
        b"-1",
        b"0",
        b"00",
        b"1e309",
        b"1e-9",
        b"NaN",
        b"Infinity",
        b"9" * 19,
        b"9" * 400,
        b"9" * 4_400,
        b"0.1",
        b"true",
        b"null",
    ),
    *(b'"', b"'", b"{", b"}", b"[", b"]", b"," * 5, b":", b"{}", b"[]", b'""', b"[" * 300, b'{"a":' * 300),
    *(b"/", b"+", b"#", b"../", b"quaythu/v1", b"A000000727", b"6304", b"5303704", b"99", b"54"),
    *("đ".encode(), "ộ".encode(), "o\u0302\u0323".encode(), b"\xcc\x81" * 60, "\u202e".encode(), "\u200b".encode()),
    *(
        "٣".encode(),
        "²".encode(),
        "１２".encode(),
        "İ".encode(),
        "ß".encode(),
        "\U0001f600".encode(),
        "\u2028".encode(),
    ),
    *(b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b"2026-02-30 25:61:61", b"\x10\x04\x01", b"\x1b@"),
    *(b"\x1dv0\x00\xff\xff\xff\xff", b"\x1d(k\xff\xff", b"lines.999.amount\x001", b"lines.0.amount\x00", b"\n[x]\n"),
]


@dataclass
class Found:
    """What a run saw."""

    cases: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """By decoder: each kind of answer, and the first input that had it."""


class FindingError(AssertionError):
    """A decoder broke its promise."""


def mutated(samples: list[bytes], chance: random.Random, longest: int) -> bytes:
    """Another input: a sample with some things done to it."""
    raw = bytearray(chance.choice(samples))
    for _ in range(1 + int(chance.expovariate(0.6))):
        chance.choice(_DEEDS)(raw, samples, chance)
    return bytes(raw[:longest])


Deed = Callable[[bytearray, list[bytes], random.Random], None]


def _flip(raw: bytearray, _samples: list[bytes], chance: random.Random) -> None:
    if raw:
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)


def _overwrite(raw: bytearray, _samples: list[bytes], chance: random.Random) -> None:
    if raw:
        raw[chance.randrange(len(raw))] = chance.randrange(256)


def _insert(raw: bytearray, _samples: list[bytes], chance: random.Random) -> None:
    place = chance.randint(0, len(raw))
    raw[place:place] = chance.choice(_TOKENS)


def _replace_word(raw: bytearray, _samples: list[bytes], chance: random.Random) -> None:
    """Another word in the place of a whole one: a number, a name, a value in quotes."""
    words = list(re.finditer(rb'"[^"]*"|[0-9]+|\w+', bytes(raw)))
    if words:
        start, end = chance.choice(words).span()
        raw[start:end] = chance.choice(_TOKENS)


def _cut(raw: bytearray, _samples: list[bytes], chance: random.Random) -> None:
    start = chance.randint(0, len(raw))
    del raw[start : start + chance.choice((1, 2, 8, 64, 100_000))]


def _repeat(raw: bytearray, _samples: list[bytes], chance: random.Random) -> None:
    start = chance.randint(0, len(raw))
    piece = raw[start : start + chance.randint(1, 60)]
    raw[start:start] = piece * chance.choice((1, 2, 30, 400, 400, 4_000 if chance.random() < 0.02 else 1))


def _splice(raw: bytearray, samples: list[bytes], chance: random.Random) -> None:
    other = chance.choice(samples)
    raw[chance.randint(0, len(raw)) :] = other[chance.randint(0, len(other)) :]


def _swap_words(raw: bytearray, _samples: list[bytes], chance: random.Random) -> None:
    words = list(re.finditer(rb'"[^"]*"|[0-9]+|\w+', bytes(raw)))
    if len(words) > 1:
        one, other = sorted(chance.sample(words, 2), key=lambda word: word.start())
        raw[other.start() : other.end()], raw[one.start() : one.end()] = one[0], other[0]


_DEEDS: list[Deed] = [_flip, _overwrite, _cut, _repeat, _splice, _swap_words, *[_insert, _replace_word] * 2]


def answer(decoder: Decoder, raw: bytes) -> str:
    """The kind of answer, in a few words. Whatever was not declared goes up."""
    try:
        read = decoder.read(raw)
    except decoder.may_raise as error:
        return f"{type(error).__name__}: {_kind(str(error).rpartition('.toml')[2])}"
    return f"read: {_kind(str(read) if isinstance(read, str) else reprlib.repr(read))}"


def _kind(words: str) -> str:
    """Without what was quoted, numbers, and how often something is repeated."""
    bare = re.sub(r"'[^']*'?|\"[^\"]*\"?|\d+|[^ -~]+", "_", " ".join(words.split()))
    return re.sub(r"(\W*_)+", "_", bare)[:60]


def calls(decoder: Decoder, raw: bytes) -> int:
    """How many calls of functions this input costs: work, counted and not timed."""
    count = 0

    def seen(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        answer(decoder, raw)
    finally:
        sys.setprofile(None)
    return count


def check(name: str, decoder: Decoder, raw: bytes, *, is_counted: bool, is_timed: bool = False) -> str:
    """Let a decoder read this; returns the kind of its answer. Raises `FindingError`."""
    start_s = time.thread_time()
    try:
        said = answer(decoder, raw)
    except Exception as error:
        raise FindingError(f"{name}: {type(error).__name__}: {error} for {raw[:300]!r}") from error
    took_s = time.thread_time() - start_s
    if is_timed and took_s > CPU_AT_LEAST_S + CPU_A_BYTE_S * len(raw):
        raise FindingError(f"{name}: {took_s:.2f} s of processor for {len(raw)} bytes: {raw[:300]!r}")
    if is_counted and (cost := calls(decoder, raw)) > CALLS_AT_LEAST + CALLS_A_BYTE * len(raw):
        raise FindingError(f"{name}: {cost} calls for {len(raw)} bytes: {raw[:300]!r}")
    return said


def corpus(name: str) -> list[bytes]:
    """What was found interesting before."""
    path = CORPUS / f"{name.replace(' ', '-')}.jsonl"
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return [base64.b64decode(json.loads(line)["raw"]) for line in lines]


def keep(found: Found) -> None:
    """Write the shortest of what was new down."""
    CORPUS.mkdir(exist_ok=True)
    for name, outcomes in found.outcomes.items():
        short = sorted((len(raw), why, raw) for why, raw in outcomes.items() if len(raw) <= KEPT_BYTES)[:KEPT_EACH]
        lines = [json.dumps({"why": why, "raw": base64.b64encode(raw).decode()}) for _, why, raw in short]
        (CORPUS / f"{name.replace(' ', '-')}.jsonl").write_text("".join(f"{line}\n" for line in lines), "ascii")


def cases(decoder: Decoder, samples: list[bytes], first: int, count: int, name: str) -> Iterator[bytes]:
    """The inputs number `first` and following of a decoder; each number is always the same input."""
    for number in range(first, first + count):
        yield mutated(samples, random.Random(f"{name} {number}"), decoder.longest)


def run(total: int, first: int = 0, *, is_timed: bool = True) -> Found:
    """Try `total` inputs, shared out evenly. Raises `FindingError`."""
    found, decoders = Found(), table()
    each = -(-total // len(decoders))
    for name, decoder in decoders.items():
        samples = [*decoder.samples, *corpus(name)]
        seen = found.outcomes.setdefault(name, {})
        for number, raw in enumerate(cases(decoder, samples, first, each, name)):
            said = check(name, decoder, raw, is_counted=number % 200 == 0, is_timed=is_timed)
            found.cases[name] += 1
            if said not in seen or len(raw) < len(seen[said]):
                seen[said] = raw
    return found


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 when a decoder broke its promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("cases", type=int)
    parser.add_argument("--first", type=int, default=0, help="number of the first case of each decoder")
    parser.add_argument("--keep", action="store_true", help="write what was new to the corpus")
    asked = parser.parse_args(arguments)
    start_s = time.monotonic()
    try:
        found = run(asked.cases, asked.first)
    except FindingError as error:
        print(f"FOUND {error}", file=sys.stderr)
        return 1
    for name, count in found.cases.items():
        print(f"{name:34} {count:8} cases, {len(found.outcomes[name]):4} kinds of answer")
    print(f"{found.cases.total()} cases in {time.monotonic() - start_s:.0f} s: nothing but what is declared")
    if asked.keep:
        keep(found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
