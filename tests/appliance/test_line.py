"""A counter's line: every connection is born later than the one before, whatever the machine's clock says."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.line import Birth
from appliance.link import Broker
from appliance.settings import Broker as NamedBroker
from mqtt_schema import jws

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
KEY = jws.new_key("quay-1")


@dataclass(frozen=True)
class Seed:
    state_dir: Path
    site: str = "hoan-kiem"
    counter: str = "quay-1"
    key_file: Path = Path("unused")
    broker: Broker = field(default_factory=NamedBroker)


def test_each_connection_is_born_after_the_one_before_even_within_one_moment(tmp_path: Path) -> None:
    birth = Birth(Seed(tmp_path), KEY, lambda: NOON)
    births = []
    for _ in range(3):
        birth.will()
        births.append(birth.at)
    assert births == sorted(set(births))


def test_a_machine_that_wakes_up_in_its_past_is_still_born_later(tmp_path: Path) -> None:
    before = Birth(Seed(tmp_path), KEY, lambda: NOON)
    before.will()
    after = Birth(Seed(tmp_path), KEY, lambda: NOON - timedelta(days=400))
    after.will()
    assert after.at > before.at


def test_a_birth_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    for rubbish in (b"", b"yesterday", b"2026-11-22T05:00:00", b"\xff\xfe"):
        (tmp_path / "birth").write_bytes(rubbish)
        assert Birth(Seed(tmp_path), KEY, lambda: NOON).at == NOON


def test_a_disk_that_will_not_take_a_birth_keeps_nobody_off_the_line(tmp_path: Path) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where a folder should be")
    birth = Birth(Seed(in_the_way), KEY, lambda: NOON)
    topic, _ = birth.will()
    assert topic == "quaythu/v1/hoan-kiem/quay-1/status"
