"""A counter that calls its broker before its settings are checked: never where they would not allow it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from appliance.greeting import Greeting, prepare
from appliance.settings import read_counter
from mqtt_schema import signing, topics
from mqtt_schema.messages import CounterStatus
from tests.support.spoken import OURS

NOBODY = 9
"""The port of `discard`, on which nobody listens."""

KEY = signing.new_key("quay-1")


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    key = tmp_path / "counter.jwk"
    key.write_text(signing.private_jwk(KEY))
    return {
        "site": "hoan-kiem",
        "counter": "quay-1",
        "key_file": str(key),
        "office_keys": [signing.public_jwk(signing.new_key("office-2026"))],
        "beneficiaries": [OURS.model_dump()],
        "broker": {"host": "127.0.0.1", "port": NOBODY},
    }


def write(directory: Path, told: dict[str, Any]) -> Path:
    path = directory / "counter.toml"
    path.write_text(tomli_w.dumps(told), "utf-8")
    return path


def begin(path: Path) -> Greeting | None:
    return prepare(path, lambda: datetime.now(UTC))


def test_good_settings_agree_with_the_line_that_was_opened_for_them(tmp_path: Path, told: dict[str, Any]) -> None:
    path = write(tmp_path, told)
    greeting = begin(path)
    assert greeting is not None
    assert greeting.agrees_with(read_counter(path))


def test_what_the_settings_leave_out_means_the_same_to_both_readings(tmp_path: Path, told: dict[str, Any]) -> None:
    path = write(tmp_path, {**told, "broker": {}})
    greeting = begin(path)
    assert greeting is not None
    assert greeting.agrees_with(read_counter(path))


@pytest.mark.parametrize("change", [{"site": "ba-dinh"}, {"counter": "quay-2"}, {"broker": {"port": NOBODY + 1}}])
def test_settings_that_say_something_else_do_not_take_the_line_over(
    change: dict[str, Any], tmp_path: Path, told: dict[str, Any]
) -> None:
    greeting = begin(write(tmp_path, told))
    assert greeting is not None
    assert not greeting.agrees_with(read_counter(write(tmp_path, {**told, **change})))


@pytest.mark.parametrize(
    "change",
    [
        {"broker": {"host": "10.0.0.7"}},
        {"broker": {"host": "10.0.0.7", "ca": "ca.pem"}},
        {"broker": {"host": 7}},
        {"broker": {"port": 0}},
        {"broker": {"port": True}},
        {"broker": {"port": "8883"}},
        {"broker": {"keepalive_s": 1}},
        {"broker": {"ca": 7}},
        {"broker": "here"},
        {"site": "Hoàn Kiếm"},
        {"counter": "quay/1"},
        {"counter": 1},
        {"key_file": "/nowhere/counter.jwk"},
        {"key_file": 7},
    ],
    ids=str,
)
def test_nobody_is_called_where_the_settings_would_not_allow_it(
    change: dict[str, Any], tmp_path: Path, told: dict[str, Any]
) -> None:
    assert begin(write(tmp_path, {**told, **change})) is None


@pytest.mark.parametrize("raw", [b"", b"\xff", b"= 1", b'site = "a"', b"site = []\ncounter = {}"])
def test_a_file_that_is_no_seed_calls_nobody(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "counter.toml"
    path.write_bytes(raw)
    assert begin(path) is None
    assert begin(tmp_path / "nowhere.toml") is None


def test_every_connection_has_a_younger_birth_and_a_will_that_the_office_believes(
    tmp_path: Path, told: dict[str, Any]
) -> None:
    greeting = begin(write(tmp_path, told))
    assert greeting is not None
    birth = greeting.line.birth
    before = birth.at
    topic, raw = birth.will()
    believed = signing.read_public([signing.public_jwk(KEY)])
    will = signing.verify(raw, believed, topics.parse(topic)).body
    assert will == CounterStatus(is_online=False, born_at=birth.at)
    assert birth.at > before
