"""What Prometheus reads: every number is one of the ledger, and no word is about a person."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from appliance.clock import VirtualClock
from appliance.office.cashier import Cashier
from appliance.office.http import Parts, create_app
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment
from appliance.traffic import Poison
from mqtt_schema.messages import ClockReading, PrinterStatus

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def scrape(client: httpx.Client) -> Callable[[], Samples]:
    def read() -> Samples:
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return parsed(answer.text)

    return read


def parsed(page: str) -> Samples:
    families = list(text_string_to_metric_families(page))
    assert all(family.name.startswith("quaythu_") for family in families)
    assert all(family.documentation for family in families)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_an_office_that_just_opened_shows_zeros_and_no_counter(scrape: Callable[[], Samples]) -> None:
    samples = scrape()
    assert value(samples, "quaythu_payments", state="paid") == 0
    assert value(samples, "quaythu_payment_oldest_pending_seconds") == 0
    assert value(samples, "quaythu_counter_online", counter="quay-1") == 0
    assert value(samples, "quaythu_outbox_messages", counter="quay-2") == 0
    assert value(samples, "quaythu_ledger_errors_total") == 0
    assert ("quaythu_counter_heard_seconds", frozenset({("counter", "quay-1")})) not in samples


def test_payments_and_credits_are_counted_by_what_became_of_them(
    scrape: Callable[[], Samples],
    create: Callable[..., Payment],
    pay: Callable[..., None],
    cashier: Cashier,
    clock: VirtualClock,
) -> None:
    paid, cancelled = create(), create(counter="quay-2")
    pay(paid)
    cashier.cancel(cancelled.id)
    create(9_000)
    clock.go_on(42)
    samples = scrape()
    states = {state: value(samples, "quaythu_payments", state=state) for state in ("paid", "cancelled", "pending")}
    assert states == {"paid": 1, "cancelled": 1, "pending": 1}
    assert value(samples, "quaythu_payment_oldest_pending_seconds") == 42
    assert value(samples, "quaythu_credits", verdict="matched") == 1
    assert value(samples, "quaythu_credits_dong", verdict="matched") == 35_000
    assert value(samples, "quaythu_credits", verdict="unmatched") == 0
    assert value(samples, "quaythu_outbox_messages", counter="quay-1") > 0
    assert value(samples, "quaythu_outbox_oldest_seconds", counter="quay-1") == 42
    assert value(samples, "quaythu_audit_rows_total") > 5


def test_each_counters_health_is_shown(
    scrape: Callable[[], Samples], be_fresh: Callable[..., None], clock: VirtualClock
) -> None:
    sure = ClockReading(is_trusted=True, offset_ms=12, uncertainty_ms=35)
    be_fresh("quay-1", printer=PrinterStatus.PAPER_OUT, waiting_slips=3, clock=sure)
    clock.go_on(5)
    samples = scrape()
    assert value(samples, "quaythu_counter_online", counter="quay-1") == 1
    assert value(samples, "quaythu_counter_heard_seconds", counter="quay-1") == 5
    assert value(samples, "quaythu_counter_printer_state", counter="quay-1", state="paper_out") == 1
    assert value(samples, "quaythu_counter_printer_state", counter="quay-1", state="ready") == 0
    assert value(samples, "quaythu_counter_waiting_slips", counter="quay-1") == 3
    assert value(samples, "quaythu_counter_clock_trusted", counter="quay-1") == 1
    assert value(samples, "quaythu_counter_clock_uncertainty_seconds", counter="quay-1") == 0.035
    clock.go_on(60)
    assert value(scrape(), "quaythu_counter_online", counter="quay-1") == 0


def test_what_lies_about_is_counted(scrape: Callable[[], Samples], ledger: Ledger, clock: VirtualClock) -> None:
    with ledger.write() as books:
        books.keep_notification("sepay", b"{}", clock.now())
        books.quarantine("sepay", b"forged", "no signature", clock.now())
        books.set_aside(Poison("quay-9", clock.now(), "malformed", b"x"))
    samples = scrape()
    assert value(samples, "quaythu_notifications_waiting") == 1
    assert value(samples, "quaythu_notifications_refused") == 1
    assert value(samples, "quaythu_poisoned_messages", counter="quay-9") == 1


def test_a_transaction_that_the_database_refuses_is_counted(scrape: Callable[[], Samples], ledger: Ledger) -> None:
    with pytest.raises(DBAPIError), ledger.write() as books:
        books._connection.execute(text("INSERT INTO nothing VALUES (1)"))
    assert value(scrape(), "quaythu_ledger_errors_total") == 1


def test_no_word_about_a_person_is_shown(client: httpx.Client, create: Callable[..., Payment]) -> None:
    payment = create(payer="Trần Văn Ỷ")
    page = client.get("/metrics").text
    for personal in (payment.id, payment.reference, "Trần", payment.lines[0].dossier, payment.clerk):
        assert personal not in page


class Server(uvicorn.Server):
    """uvicorn, but it says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def served(parts: Parts) -> Iterator[str]:
    """The application behind a real socket."""
    server = Server(uvicorn.Config(create_app(parts), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.listens.wait(10)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def test_prometheus_reads_it_over_http(parts: Parts, create: Callable[..., Payment]) -> None:
    create()
    with served(parts) as url:
        answer = httpx.get(f"{url}/metrics", headers={"accept": "text/plain;version=0.0.4"})
    assert value(parsed(answer.text), "quaythu_payments", state="pending") == 1
