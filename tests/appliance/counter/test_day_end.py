"""The day-end slip: what this counter saw, counted once, and a head that can be read with a telephone and by eye."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from appliance import chain
from appliance.chain import GENESIS, Row
from appliance.counter import day_end, facts
from appliance.counter.day_end import DayEnd
from appliance.counter.events import Event
from appliance.counter.receipt import TimeSource
from appliance.courier import Sender
from appliance.journal import Journal
from drivers import escpos
from drivers.paper import Paper
from drivers.profiles import PROFILES
from drivers.virtual.printer import VirtualPrinter
from mqtt_schema import signing
from mqtt_schema.messages import Outcome, SlipOutcome
from mqtt_schema.types import Vnd
from tests.support.spoken import COUNTER, MORNING, SITE, at, begun, ended, requested, resulted

HEAD = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
EVENING = datetime(2026, 11, 22, 10, 5, 12, tzinfo=UTC)
FULL = DayEnd(date(2026, 11, 22), EVENING, 47, Vnd(3_218_000), 45, 2, 1, 1, 20_417, HEAD, "0.1.0")
EMPTY = DayEnd(date(2026, 11, 22), EVENING, 0, Vnd(0), 0, 0, 0, 0, 0, GENESIS, "0.1.0")


def rows(*happened: Event) -> list[Row]:
    return [
        chain.add(GENESIS, seq, event.at.isoformat(), event.kind, chain.said(facts.of_event(event)))
        for seq, event in enumerate(happened, 1)
    ]


def counted(*happened: Event) -> DayEnd:
    return day_end.count(rows(*happened), EVENING, 0, (7, HEAD), "0.1.0")


def words(paper: Paper) -> str:
    said = (" ".join(str(value) for value in vars(item).values()) for item in paper.items)
    return " | ".join(said).replace("\u00a0", " ").replace("\u202f", " ")


def test_what_was_paid_is_counted_once_however_often_it_was_told() -> None:
    day = counted(resulted(1), resulted(1, 10, 2), resulted(2, amount=12_000), resulted(3, outcome=Outcome.UNDERPAID))
    assert (day.payments, day.amount) == (2, 47_000)


def test_the_last_word_on_a_slip_counts_and_copies_are_counted_apart() -> None:
    day = counted(
        ended(1, SlipOutcome.NOT_PRINTED),
        ended(1),
        ended(2, SlipOutcome.POSSIBLY_PRINTED),
        ended(3, SlipOutcome.NOT_PRINTED),
        ended(1, is_copy=True),
        ended(1, SlipOutcome.NOT_PRINTED, is_copy=True),
    )
    assert (day.printed, day.unsure, day.copies) == (1, 1, 1)


def test_a_day_is_vietnams_day() -> None:
    begin, end = day_end.bounds(date(2026, 11, 22))
    assert (begin, end - begin) == (datetime(2026, 11, 21, 17, tzinfo=UTC), timedelta(days=1))
    assert day_end.day_of(begin) == date(2026, 11, 22)
    assert day_end.day_of(begin - timedelta(seconds=1)) == date(2026, 11, 21)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    sender = Sender("counter", SITE, signing.new_key(COUNTER))
    opened = Journal(tmp_path / "j", lambda body, sequence: sender.seal(body, COUNTER, sequence, MORNING))
    yield opened
    opened.close()


def test_the_day_is_counted_from_the_journal_also_after_its_citizens_were_forgotten(journal: Journal) -> None:
    yesterday = resulted(9, seconds=-86_400)
    for event in (yesterday, requested(1), resulted(1, 2, 5), begun(1), ended(1)):
        journal.commit(event, [], None, None)
    journal.forget_before(at(0))
    found = journal.between(*day_end.bounds(date(2026, 11, 22)), *day_end.KINDS)
    day = day_end.count(found, EVENING, 0, journal.head(), "0.1.0")
    assert (day.payments, day.amount, day.printed, day.seq) == (1, 35_000, 1, 5)


@pytest.mark.parametrize("profile", ["generic-58", "generic-80", "epson-180dpi-80"])
@pytest.mark.parametrize("day", [FULL, EMPTY])
def test_the_head_can_be_read_from_the_paper_with_a_telephone(profile: str, day: DayEnd) -> None:
    printer = VirtualPrinter(PROFILES[profile])
    printer.send(escpos.encode(day_end.compose(day, "số 1", "quay-01"), PROFILES[profile]))
    printer.tear_off()
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(printer.png())))
    assert found.text == f"QT1:QUAY-01:20261122:{day.seq}:{day.head.upper()}"


def test_the_slip_says_the_day_the_sums_the_head_and_the_software() -> None:
    said = words(day_end.compose(FULL, "số 1", "quay-01"))
    for expected in ("PHIẾU CUỐI NGÀY", "22/11/2026", "Quầy số 1 (quay-01)", "47", "3.218.000 đ", "20417", "0.1.0"):
        assert expected in said
    assert "2d71  1642  b726  b044" in said
    assert "17:05:12" in said
    for rare in (day_end.UNSURE, day_end.WAITING, day_end.COPIES):
        assert rare in said
        assert rare not in words(day_end.compose(EMPTY, "số 1", "quay-01"))


def test_the_slip_begins_with_the_office_if_the_counter_was_told_its_name() -> None:
    told, untold = (day_end.compose(FULL, "số 1", "quay-01", office=name) for name in ("UBND phường Hoàn Kiếm", ""))
    assert words(told).startswith("UBND phường Hoàn Kiếm")
    assert words(untold).startswith(day_end.TITLE)


def test_the_head_as_it_is_printed_is_one_that_the_audit_takes() -> None:
    printed = "  ".join(HEAD[place : place + 4] for place in range(0, 64, 4))
    assert list(chain.unknown_heads([printed], [HEAD])) == []


def test_without_a_clock_to_trust_the_slip_gives_no_time_and_no_day() -> None:
    said = words(day_end.compose(FULL, "số 1", "quay-01", time_source=TimeSource.NONE))
    assert day_end.NO_TIME in said
    assert "22/11/2026" not in said


def test_the_slip_can_be_taken_for_no_payments() -> None:
    said = words(day_end.compose(FULL, "số 1", "quay-01"))
    assert "BIÊN LAI" not in said.upper()
    assert "XÁC NHẬN THANH TOÁN" not in said
