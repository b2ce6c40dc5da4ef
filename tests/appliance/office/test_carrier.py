"""The office carries the fleet's document, tells the time, and does not speak with a key that nobody believes."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from appliance import logs
from appliance.clock import VirtualClock
from appliance.courier import Sender
from appliance.office.carrier import Carrier
from appliance.office.hearing import Hearing
from appliance.office.ledger import Ledger
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema import fleet, jws
from mqtt_schema.errors import SignatureError
from mqtt_schema.messages import Body, CounterInfo, Envelope, FleetOrders, TimeAsked, TimeTold

FLEET = jws.new_key("fleet-1")
Write = Callable[..., OfficeSettings]
Hear = Callable[..., None]


@pytest.fixture
def write(office_settings: OfficeSettings, sender: Sender, clock: VirtualClock, tmp_path: Path) -> Write:
    """Sign a document for this office and name it in its settings."""

    def writing(serial: int = 3, **more: Any) -> OfficeSettings:
        window = {
            "not_before": clock.now() - timedelta(days=1),
            "not_after": clock.now() + timedelta(days=1),
        }
        whose = office_settings.beneficiary.model_dump()
        told: dict[str, Any] = {
            "site": office_settings.site,
            "serial": serial,
            "issued_at": clock.now(),
            "keys": [{"jwk": jws.public_jwk(sender.key), **window}],
            "beneficiaries": [whose | window],
        }
        path = tmp_path / "fleet.json"
        path.write_text(fleet.sign(fleet.compose(told | more), FLEET) + "\n", "utf-8")
        return office_settings.model_copy(update={"fleet_document": path})

    return writing


@pytest.fixture
def hear(ledger: Ledger, till: Till, clock: VirtualClock, sender: Sender) -> Hear:
    """Let a counter of an office with these settings say something."""

    def hearing(settings: OfficeSettings, body: Body, counter: str = "quay-1") -> None:
        carrier = Carrier(settings, sender.key, clock.now())
        envelope = Envelope(
            id=uuid4().hex, site=settings.site, counter=counter, sequence=0, issued_at=clock.now(), body=body
        )
        Hearing(ledger, settings, till, clock, carrier=carrier).take(envelope)

    return hearing


def info(serial: int) -> CounterInfo:
    return CounterInfo(software="1", display="800x480", printer="none", fleet_serial=serial)


def orders(ledger: Ledger, counter: str = "quay-1") -> int:
    with ledger.read() as books:
        return sum(parcel.type == "fleet_orders" for parcel in books.posted() if parcel.counter == counter)


def test_a_counter_that_follows_an_older_document_gets_the_newer_one_once(
    write: Write, hear: Hear, ledger: Ledger, clock: VirtualClock
) -> None:
    settings = write(3)
    for _ in range(3):
        hear(settings, info(2))
    assert orders(ledger) == 1
    assert orders(ledger, "quay-2") == 0


@pytest.mark.parametrize("serial", [3, 4])
def test_a_counter_that_follows_it_or_a_newer_one_gets_nothing(
    write: Write, hear: Hear, ledger: Ledger, serial: int
) -> None:
    hear(write(3), info(serial))
    assert orders(ledger) == 0


def test_an_office_without_a_document_carries_none(office_settings: OfficeSettings, hear: Hear, ledger: Ledger) -> None:
    hear(office_settings, info(0))
    assert orders(ledger) == 0


def test_it_carries_the_document_as_it_was_signed(write: Write, sender: Sender, clock: VirtualClock) -> None:
    settings = write(3)
    posted: list[Body] = []

    class Books:
        def take_back(self, _counter: str, _type: str) -> None:
            """Nothing lay there."""

    class Post:
        def post(self, _books: object, body: Body, _counter: str, _at: object) -> None:
            posted.append(body)

    Carrier(settings, sender.key, clock.now()).brief(Books(), Post(), "quay-1", 0, clock.now())  # type: ignore[arg-type]  # only what it calls
    (carried,) = posted
    assert isinstance(carried, FleetOrders)
    read = fleet.verify(carried.document, jws.read_public([jws.public_jwk(FLEET)]), settings.site)
    assert read.serial == 3


def test_the_office_does_not_start_with_a_revoked_key_and_says_why(
    write: Write, sender: Sender, clock: VirtualClock
) -> None:
    other = jws.new_key("office-2027")
    window = {"not_before": clock.now(), "not_after": clock.now() + timedelta(days=1)}
    settings = write(4, keys=[{"jwk": jws.public_jwk(other), **window}], revoked=[sender.key.key_id])
    with pytest.raises(SignatureError, match=r"'office-2026' of this office is revoked\. Name another key"):
        Carrier(settings, sender.key, clock.now())
    Carrier(settings, other, clock.now())


@pytest.mark.parametrize(
    ("change", "days", "is_said"),
    [({}, (-1, 1), False), ({"account": "1"}, (-1, 1), True), ({}, (-2, 0), True), ({}, (1, 2), True)],
    ids=["ours", "another", "over", "yet to come"],
)
def test_an_account_that_counters_do_not_allow_now_is_said_at_the_start(
    write: Write, sender: Sender, clock: VirtualClock, change: dict[str, str], days: tuple[int, int], is_said: bool
) -> None:
    begins, ends = (clock.now() + timedelta(days=day) for day in days)
    account = write().beneficiary.model_dump() | change
    settings = write(4, beneficiaries=[account | {"not_before": begins, "not_after": ends}])
    with logs.kept() as said:
        Carrier(settings, sender.key, clock.now())
    assert [(one["level"], "no counter would show a code. Ask" in one["error"]) for one in said] == (
        [("error", True)] if is_said else []
    )


def test_a_document_of_another_office_is_said_in_words(write: Write, sender: Sender, clock: VirtualClock) -> None:
    settings = write(4, site="cua-nam")
    with pytest.raises(SignatureError, match="meant for cua-nam, not hoan-kiem"):
        Carrier(settings, sender.key, clock.now())


def test_a_file_that_is_no_document_is_said_in_words(write: Write, sender: Sender, clock: VirtualClock) -> None:
    settings = write()
    assert settings.fleet_document is not None
    settings.fleet_document.write_text("{}", "utf-8")
    with pytest.raises(SignatureError, match="is no fleet document"):
        Carrier(settings, sender.key, clock.now())


def test_the_time_is_told_at_once_with_the_nonce_of_the_question(
    office_settings: OfficeSettings, hear: Hear, clock: VirtualClock, spoken: list[tuple[str, Body]]
) -> None:
    clock.go_on(17)
    hear(office_settings, TimeAsked(nonce="7" * 32), "quay-2")
    assert spoken == [("quay-2", TimeTold(nonce="7" * 32, at=clock.now()))]
