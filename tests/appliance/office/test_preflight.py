from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appliance.office.preflight import CANNOT_PRINT, can_print, complaints, missing
from appliance.office.records import CounterState, unheard
from mqtt_schema.messages import ClockReading, PrinterStatus, ScreenName, Seen

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
IDLE = Seen(screen=ScreenName.IDLE, painted_at=NOON)
WELL = CounterState("quay-1", is_online=True, printer=PrinterStatus.READY, seen_at=NOON, trouble="", seen=IDLE)


def parts(state: CounterState, *, is_heard: bool = True) -> list[str]:
    return [one.part for one in missing(state, "Quầy 1", is_heard=is_heard)]


def test_nothing_is_missing_where_all_is_well() -> None:
    assert parts(WELL) == []
    assert parts(replace(WELL, clock=ClockReading(is_trusted=True))) == []


@pytest.mark.parametrize("state", [WELL, unheard("quay-1"), replace(WELL, seen=None)])
def test_of_a_silent_counter_nothing_else_is_said(state: CounterState) -> None:
    assert parts(state, is_heard=False) == ["link"]


def test_a_dark_glass_shows_no_code() -> None:
    assert parts(replace(WELL, seen=None)) == ["screen"]
    closed = IDLE.model_copy(update={"screen": ScreenName.OUT_OF_SERVICE})
    assert parts(replace(WELL, seen=closed)) == ["screen"]


def test_a_clock_that_is_known_to_be_wrong_is_missing() -> None:
    assert parts(replace(WELL, clock=ClockReading(is_trusted=False))) == ["clock"]


@pytest.mark.parametrize("printer", list(PrinterStatus))
def test_a_printer_is_missing_only_when_it_says_that_it_cannot_print(printer: PrinterStatus) -> None:
    state = replace(WELL, printer=printer)
    able = printer in {PrinterStatus.READY, PrinterStatus.PAPER_LOW, PrinterStatus.UNKNOWN}
    assert can_print(state) is able
    assert parts(state) == ([] if able else ["printer"])


@pytest.mark.parametrize("printer", list(PrinterStatus))
def test_a_printer_that_is_not_fitted_is_not_missed_and_prints_nothing(printer: PrinterStatus) -> None:
    state = replace(WELL, printer=printer, has_printer=False)
    assert parts(state) == []
    assert not can_print(state)


def test_everything_that_is_missing_is_said_at_once_in_words() -> None:
    bad = replace(WELL, printer=PrinterStatus.PAPER_OUT, clock=ClockReading(is_trusted=False), seen=None)
    found = missing(bad, "Quầy số 1", is_heard=True)
    assert [complaint.field for complaint in complaints(found)] == [
        "counter.screen",
        "counter.clock",
        "counter.printer",
    ]
    assert complaints(found)[2].sentence == "Máy in ở Quầy số 1 hết giấy: phiếu sẽ chờ, in sau từ bàn này."
    assert all("Quầy số 1" in one.sentence for one in found)
    assert set(CANNOT_PRINT) < set(PrinterStatus)
