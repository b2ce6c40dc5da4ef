"""What printers say, against the reference's own bits."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import printer_status
from drivers.printer_status import (
    TROUBLES,
    Answered,
    Changed,
    Condition,
    Done,
    Ear,
    Heard,
    Noise,
    PrinterStatus,
    Reached,
    read_port,
    read_status,
)


def test_a_silent_printer_is_unknown_and_never_ready() -> None:
    assert read_status({}) == printer_status.UNKNOWN
    assert read_status({1: 0x12, 2: 0x12, 4: None}) == printer_status.UNKNOWN


def test_a_printer_that_answers_all_and_complains_of_nothing_is_ready() -> None:
    status = read_status(dict.fromkeys(printer_status.STATUS_QUERIES, 0x12))
    assert status.conditions == {Condition.READY}
    assert status.headline is Condition.READY
    assert status.can_print


@pytest.mark.parametrize(
    ("query", "byte", "condition"),
    [
        (1, 0x1A, Condition.OFFLINE),
        (2, 0x16, Condition.COVER_OPEN),
        (2, 0x32, Condition.PAPER_OUT),
        (2, 0x52, Condition.OFFLINE),
        (4, 0x1E, Condition.PAPER_LOW),
        (4, 0x72, Condition.PAPER_OUT),
    ],
)
def test_the_bits_of_the_reference_mean_what_they_say(query: int, byte: int, condition: Condition) -> None:
    answers: dict[int, int | None] = dict.fromkeys(printer_status.STATUS_QUERIES, 0x12)
    assert read_status(answers | {query: byte}).conditions == {condition}


@pytest.mark.parametrize("byte", [0x00, 0xFF, 0x13, 0x92, 0x02])
def test_noise_on_the_line_is_no_answer(byte: int) -> None:
    assert Condition.UNKNOWN in read_status({1: 0x12, 2: byte, 4: 0x12}).conditions


@given(st.dictionaries(st.sampled_from([1, 2, 3, 4]), st.none() | st.integers(0, 255)))
def test_ready_is_said_only_by_a_printer_that_said_so_three_times(answers: dict[int, int | None]) -> None:
    status = read_status(answers)
    said = [answers.get(query) for query in printer_status.STATUS_QUERIES]
    assert (Condition.READY in status.conditions) == (status.conditions == {Condition.READY})
    if status.headline is Condition.READY:
        assert None not in said
        assert all(byte is not None and byte & 0x93 == 0x12 for byte in said)


@pytest.mark.parametrize("query", printer_status.STATUS_QUERIES)
def test_an_answer_reads_back_as_what_the_printer_meant(query: int) -> None:
    for flags in product([False, True], repeat=4):
        kinds = (Condition.COVER_OPEN, Condition.PAPER_OUT, Condition.OFFLINE, Condition.PAPER_LOW)
        meant = frozenset(kind for kind, is_so in zip(kinds, flags, strict=True) if is_so)
        quiet: dict[int, int | None] = dict.fromkeys(printer_status.STATUS_QUERIES, 0x12)
        heard = read_status(quiet | {query: printer_status.answer(query, meant)}).conditions - {Condition.READY}
        assert heard <= meant | {Condition.OFFLINE}
        assert not heard & TROUBLES or meant & TROUBLES


def test_the_most_pressing_trouble_is_told_first() -> None:
    both = PrinterStatus(frozenset({Condition.PAPER_LOW, Condition.OFFLINE, Condition.COVER_OPEN}))
    assert both.headline is Condition.COVER_OPEN
    assert not both.can_print


def test_low_or_unknown_paper_is_no_reason_not_to_print() -> None:
    assert PrinterStatus(frozenset({Condition.PAPER_LOW, Condition.UNKNOWN})).can_print


def test_an_error_with_a_name_is_told_by_its_name_and_not_as_off_line() -> None:
    said: dict[int, int | None] = {1: 0x1A, 2: 0x52, 3: 0x1A, 4: 0x12}
    assert read_status(said).conditions == {Condition.CUTTER_FAULT}


def test_a_printer_is_asked_only_what_it_knows() -> None:
    assert read_status({1: 0x12, 2: 0x12, 4: 0x12}, (1, 2, 4)).headline is Condition.READY
    assert read_status({1: 0x12, 2: 0x12, 4: 0x12}).headline is Condition.UNKNOWN


@pytest.mark.parametrize("condition", [*TROUBLES, Condition.PAPER_LOW])
def test_a_change_told_by_itself_reads_back_as_what_the_printer_meant(condition: Condition) -> None:
    (heard,) = Ear().hear(printer_status.automatic(frozenset({condition})))
    assert heard == Changed(PrinterStatus(frozenset({condition})))


def test_the_four_bytes_of_a_change_are_those_of_the_reference() -> None:
    assert printer_status.automatic(frozenset()) == b"\x10\0\0\0"
    assert printer_status.automatic(frozenset({Condition.COVER_OPEN})) == b"\x38\0\0\0"
    assert printer_status.automatic(frozenset({Condition.PAPER_OUT})) == b"\x18\0\x0c\0"


def heard_in_pieces(said: bytes, size: int) -> list[Heard]:
    ear = Ear()
    return [one for start in range(0, len(said), size) for one in ear.hear(said[start : start + size])]


@pytest.mark.parametrize("size", range(1, 9))
def test_mixed_words_are_told_apart_in_whatever_pieces_they_come(size: int) -> None:
    said = b"\x12" + printer_status.automatic(frozenset()) + printer_status.done("0042") + b"\x37\x25\0" + b"\x0f\x00"
    assert heard_in_pieces(said, size) == [
        Answered(0x12),
        Changed(PrinterStatus(frozenset({Condition.READY}))),
        Done("0042"),
        Reached(has_paper=False),
        Reached(has_paper=True),
    ]


@pytest.mark.parametrize(
    "said", [b"\xff", b"\x11", b"\x13", b"\x37X", b"\x37\x22\x01\x02\x03\x04\0", b"\x37\x220042\x01", b"\x10\xff\0\0"]
)
def test_noise_is_heard_as_noise(said: bytes) -> None:
    heard = Ear().hear(said)
    assert Noise(said[0]) in heard
    assert not any(isinstance(one, Done | Changed) for one in heard)


def test_what_was_begun_before_the_line_broke_is_forgotten() -> None:
    ear = Ear()
    assert ear.hear(b"\x37\x2200") == []
    ear.forget()
    assert ear.hear(b"\x12") == [Answered(0x12)]


@given(st.binary(max_size=300), st.integers(1, 9))
def test_whatever_comes_back_is_heard_alike_and_never_more_than_was_said(said: bytes, size: int) -> None:
    heard = heard_in_pieces(said, size)
    assert heard == Ear().hear(said)
    assert len(heard) <= len(said)
    for one in heard:
        if isinstance(one, Done):
            assert printer_status.done(one.mark) in said


@pytest.mark.parametrize(
    ("byte", "conditions"),
    [
        (0x18, set()),
        (0x38, {Condition.PAPER_OUT}),
        (0x08, {Condition.OFFLINE}),
        (0x20, {Condition.PAPER_OUT, Condition.OFFLINE}),
    ],
)
def test_the_port_of_a_usb_printer_can_only_complain(byte: int, conditions: set[Condition]) -> None:
    assert read_port(byte) == conditions
