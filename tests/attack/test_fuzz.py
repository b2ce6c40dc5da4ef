"""Whatever was interesting is replayed, and a few new inputs are tried. The million: `python -m tests.attack.fuzz`."""

from collections.abc import Callable

import pytest

from mqtt_schema import messages
from tests.attack import fuzz
from tests.attack.decoders import Decoder, table

DECODERS = table()
A_FEW = 150


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_raises_nothing_but_what_it_declares_and_its_work_grows_with_its_input(name: str) -> None:
    decoder = DECODERS[name]
    for raw in (*decoder.samples, *fuzz.corpus(name)):
        fuzz.check(name, decoder, raw, is_counted=True)
    for raw in fuzz.cases(decoder, [*decoder.samples], 5_000_000, A_FEW, name):
        fuzz.check(name, decoder, raw, is_counted=False)


@pytest.mark.parametrize("name", DECODERS)
def test_an_honest_sample_is_read(name: str) -> None:
    decoder = DECODERS[name]
    read = {fuzz.answer(decoder, raw).startswith("read:") for raw in decoder.samples}
    assert True in read


def test_the_same_number_is_the_same_input() -> None:
    decoder = DECODERS["message"]
    some = list(fuzz.cases(decoder, [*decoder.samples], 0, 20, "message"))
    assert some == list(fuzz.cases(decoder, [*decoder.samples], 0, 20, "message"))
    assert len(set(some)) > 15


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in fuzz.CORPUS.glob("*")) < 200_000


def crash(raw: bytes) -> object:
    return raw.decode()


def squares(raw: bytes) -> object:
    return sum(raw.count(byte) for byte in raw for _ in range(0, len(raw), 16))


def loops(raw: bytes) -> object:
    return [len(raw[start:end]) for start in range(len(raw)) for end in range(len(raw))]


@pytest.mark.parametrize(("read", "said"), [(crash, "UnicodeDecodeError"), (squares, "calls"), (loops, "calls")])
def test_a_decoder_that_crashes_or_works_in_squares_is_found(read: Callable[[bytes], object], said: str) -> None:
    with pytest.raises(fuzz.FindingError, match=said):
        fuzz.check("planted", Decoder(read, (), ()), b"\xff" * 3_000, is_counted=True)


def test_a_message_of_the_greatest_length_is_no_time_bomb() -> None:
    decoder = DECODERS["message"]
    for raw in (b"[" * messages.MAX_BYTES, b'{"a":' * 3_000, b'"' + b"\xcc\x81" * 8_000, b"9" * messages.MAX_BYTES):
        fuzz.check("message", decoder, raw[: messages.MAX_BYTES], is_counted=True)
