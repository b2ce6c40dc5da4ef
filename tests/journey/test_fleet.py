"""A fleet with its own key: real office, real counter, real broker. Keys and the bank account change under way."""

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import tomli_w

from appliance.demo.case import Case
from appliance.demo.stage import SITE, Stage
from appliance.push import PushError, PushOrder, push_and_wait
from mqtt_schema import fleet, jws
from mqtt_schema.jws import SigningKey, new_key, private_jwk, public_jwk

pytestmark = pytest.mark.journey

FLEET, NEXT = new_key("fleet-1"), new_key("office-2")
CASE = Case(
    counter="quay-01",
    fee="Chứng thực bản sao từ bản chính",
    amount=12_000,
    dossier="H26.1-261122-0001",
    payer="Nguyễn Văn An",
    bin="970436",
    account="0123499999",
    account_name="UBND PHUONG HOAN KIEM",
    source="api",
)


class Town:
    """A stage whose counter pins a fleet key and whose office carries documents."""

    def __init__(self, directory: Path) -> None:
        self.stage = Stage(directory, CASE)
        self.old = jws.read_private((directory / "office.jwk").read_text("utf-8"))
        (directory / "office-2.jwk").write_text(private_jwk(NEXT))
        self._document = directory / "fleet.json"
        self._change("counter", fleet_keys=[public_jwk(FLEET)])

    def follow(self, serial: int, keys: list[SigningKey], revoked: tuple[str, ...] = ()) -> None:
        """Put another document beside the office."""
        now = datetime.now(UTC)
        window = {"not_before": now - timedelta(days=1), "not_after": now + timedelta(days=1)}
        told: dict[str, Any] = {
            "site": SITE,
            "serial": serial,
            "issued_at": now,
            "keys": [{"jwk": public_jwk(key), **window} for key in keys],
            "revoked": revoked,
            "beneficiaries": [CASE.beneficiary.model_dump() | window],
        }
        self._document.write_text(fleet.sign(fleet.compose(told), FLEET), "utf-8")
        self._change("office", fleet_document=str(self._document))

    def speak_with(self, name: str) -> None:
        """Name another signing key at the office."""
        self._change("office", signing_key_file=str(self.stage.directory / name))

    def restart_office(self) -> None:
        self.stage.restart("office")
        self.stage.wait_for(self.stage.is_ready, "the office to come back")

    def kept_serial(self) -> int:
        path = self.stage.directory / "counter" / "fleet.json"
        return fleet.read_unchecked(path.read_text("utf-8")).serial if path.exists() else 0

    def shows(self, number: int) -> None:
        """A payment is made, and its code stands on the glass."""
        order = PushOrder(CASE.counter, CASE.dossier, CASE.fee, 1, CASE.amount, None, "Lan", None)
        self.stage.wait_for(lambda: self._is_made(order, f"journey-{number}"), "the office to take a payment")
        self.stage.wait_for(lambda: self._glass() == "code", "a code on the glass")

    def _is_made(self, order: PushOrder, key: str) -> bool:
        try:
            push_and_wait(self.stage.office_url, order, key, lambda _said: None, is_waiting=False)
        except PushError:
            return False  # not before the counter is ready
        return True

    def _glass(self) -> str:
        (counter,) = httpx.get(f"{self.stage.office_url}/api/v1/counters").json()
        return str((counter.get("seen") or {}).get("screen"))

    def _change(self, role: str, **told: Any) -> None:
        path = self.stage.directory / f"{role}.toml"
        path.write_text(tomli_w.dumps(tomllib.loads(path.read_text("utf-8")) | told), "utf-8")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path / "stage")
    made.follow(1, [made.old])
    with made.stage:
        yield made


def test_a_key_is_rotated_while_the_counter_never_refuses_a_word(town: Town) -> None:
    town.stage.wait_for(lambda: town.kept_serial() == 1, "the first document")
    town.follow(2, [town.old, NEXT])
    town.restart_office()
    town.stage.wait_for(lambda: town.kept_serial() == 2, "the document with both keys")
    town.speak_with("office-2.jwk")
    town.restart_office()
    town.shows(1)
    town.follow(3, [NEXT], revoked=(town.old.key_id,))
    town.restart_office()
    town.stage.wait_for(lambda: town.kept_serial() == 3, "the document without the old key")
    log = (town.stage.directory / "office.log").read_text("utf-8")
    assert not [line for line in log.splitlines() if "signature" in line or '"refused"' in line]
    said = [json.loads(line) for line in (town.stage.directory / "counter.log").read_text("utf-8").splitlines()]
    assert [line["serial"] for line in said if line.get("event") == "fleet"] == [1, 2, 3]
