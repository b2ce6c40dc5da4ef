"""Logs: one line a word, each of them JSON, whatever is said."""

import json
from contextlib import redirect_stderr
from datetime import datetime
from io import StringIO
from typing import Any

import pytest

from appliance import logs
from appliance.logs import Log


@pytest.fixture
def log() -> Log:
    logs.set_up("counter")
    return Log()


def last(captured: pytest.CaptureFixture[str]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(captured.readouterr().err.splitlines()[-1])
    return said


def test_a_line_says_who_what_how_bad_and_when(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.warning("link_down", reason="Hết giờ")
    said = last(capsys)
    assert datetime.fromisoformat(said.pop("timestamp")).tzinfo is not None
    assert said == {"process": "counter", "reason": "Hết giờ", "event": "link_down", "level": "warning"}


def test_an_exception_stands_in_one_line_with_its_traceback(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        int("no number")
    except ValueError:
        log.exception("input")
    said = last(capsys)
    assert said["level"] == "error"
    assert said["exception"].startswith("Traceback")
    assert said["exception"].endswith("'no number'")


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", "two\nlines", "\ud800"])
def test_whatever_is_said_is_one_line_of_json(value: object, log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.info("said", value=value)
    assert last(capsys)["event"] == "said"


class Broken(StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_log_that_nobody_can_read_stops_nothing(log: Log) -> None:
    with redirect_stderr(Broken()):
        log.info("said")
