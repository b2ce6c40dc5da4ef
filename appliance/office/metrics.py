"""What the office shows to Prometheus at `/metrics` (text format 0.0.4): read from the ledger at each scrape.

The only importer of prometheus_client. Names nobody: no payment, no person, only counters and sums.
"""

from collections.abc import Iterable, Iterator, Mapping

from fastapi.responses import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

import appliance
from appliance.clock import Clock
from appliance.office.events import Verdict
from appliance.office.hearing import RINGS_FOR
from appliance.office.ledger import Books, Ledger
from appliance.office.records import CounterState, unheard
from appliance.office.state import State
from appliance.settings import OfficeSettings
from mqtt_schema.messages import PrinterStatus
from mqtt_schema.types import Instant

Values = Iterable[tuple[list[str], float]]


class Office(Collector):
    """Reads one consistent view of the ledger for each scrape. Safe to call from any thread."""

    def __init__(self, ledger: Ledger, settings: OfficeSettings, clock: Clock) -> None:
        self._ledger = ledger
        self._settings = settings
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """As prometheus_client asks."""
        now = self._clock.now()
        yield InfoMetricFamily("quaythu_build", "The office's software.", {"version": appliance.__version__})
        errors = "Transactions of the ledger that the database refused or broke, since the start."
        yield CounterMetricFamily("quaythu_ledger_errors", errors, self._ledger.errors)
        with self._ledger.read() as books:
            yield from _of_money(books, now)
            yield from self._of_messages(books, now)
            yield from self._of_counters(books, now)
            rows, _head = books.audit_end()
        yield CounterMetricFamily("quaythu_audit_rows", "Rows of the audit's chain.", rows)

    def _of_messages(self, books: Books, now: Instant) -> Iterator[Metric]:
        waiting = books.outbox()
        names = self._counters(waiting)
        depth = (([name], waiting[name].messages if name in waiting else 0) for name in names)
        yield _gauge("quaythu_outbox_messages", "Messages that a counter has not acknowledged.", ["counter"], depth)
        ages = (([name], _age(waiting[name].oldest if name in waiting else None, now)) for name in names)
        yield _gauge("quaythu_outbox_oldest_seconds", "Age of the oldest of them, 0 for none.", ["counter"], ages)
        poisoned = books.poisoned()
        aside = (([name], poisoned.get(name, 0)) for name in self._counters(poisoned))
        yield _gauge("quaythu_poisoned_messages", "Messages of a counter that were set aside.", ["counter"], aside)
        unbooked = "Proven notifications that are kept and not booked yet."
        yield _gauge("quaythu_notifications_waiting", unbooked, [], [([], books.notifications_waiting())])
        refused = "Notifications without proof, or too long; the newest thousand are kept."
        yield _gauge("quaythu_notifications_refused", refused, [], [([], books.quarantined())])
        calls = len(books.unanswered(now - RINGS_FOR))
        yield _gauge("quaythu_calls_ringing", "Calls from counters to which nobody went yet.", [], [([], calls)])

    def _of_counters(self, books: Books, now: Instant) -> Iterator[Metric]:
        heard = books.counters()
        states = [heard.get(name, unheard(name)) for name in self._counters(heard)]
        after_s = self._settings.offline_after_s
        online = (([state.id], float(state.is_heard(now, after_s))) for state in states)
        yield _gauge("quaythu_counter_online", "1 while the counter is heard, 0 when not.", ["counter"], online)
        heard_at = (([state.id], _age(state.seen_at, now)) for state in states if state.seen_at is not None)
        yield _gauge("quaythu_counter_heard_seconds", "Since the counter was last heard.", ["counter"], heard_at)
        printers = "1 for the state in which the counter's printer is, 0 for the others."
        yield _gauge("quaythu_counter_printer_state", printers, ["counter", "state"], _printers(states))
        slips = (([state.id], state.waiting_slips) for state in states)
        yield _gauge("quaythu_counter_waiting_slips", "Slips that wait for paper.", ["counter"], slips)
        trusted = (([state.id], float(state.clock.is_trusted)) for state in states if state.clock is not None)
        yield _gauge("quaythu_counter_clock_trusted", "1 while the counter knows the time.", ["counter"], trusted)
        sure = "How wrong the counter's time may be."
        yield _gauge("quaythu_counter_clock_uncertainty_seconds", sure, ["counter"], _uncertain(states))

    def _counters(self, others: Iterable[str]) -> list[str]:
        """All that the settings name, and whoever else the ledger knows."""
        return sorted({counter.id for counter in self._settings.counters} | set(others))


def _of_money(books: Books, now: Instant) -> Iterator[Metric]:
    states = books.payments_by_state()
    by_state = (([state.value], states.get(state.value, 0)) for state in State)
    yield _gauge("quaythu_payments", "Payments in the ledger.", ["state"], by_state)
    oldest = _age(books.oldest_pending(), now)
    yield _gauge(
        "quaythu_payment_oldest_pending_seconds", "Age of the oldest pending one, 0 for none.", [], [([], oldest)]
    )
    verdicts = _all_verdicts(books.credits_by_verdict())
    number = (([verdict], float(count)) for verdict, (count, _) in verdicts.items())
    yield _gauge("quaythu_credits", "Credits in the ledger.", ["verdict"], number)
    amounts = (([verdict], float(amount)) for verdict, (_, amount) in verdicts.items())
    yield _gauge("quaythu_credits_dong", "Sum of these credits in đồng.", ["verdict"], amounts)


def _all_verdicts(found: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    return {verdict.value: (0, 0) for verdict in Verdict} | dict(found)


def _printers(states: list[CounterState]) -> Values:
    return (([state.id, one.value], float(state.printer is one)) for state in states for one in PrinterStatus)


def _uncertain(states: list[CounterState]) -> Values:
    clocks = ((state.id, state.clock.uncertainty_ms) for state in states if state.clock is not None)
    return (([counter], uncertain_ms / 1000) for counter, uncertain_ms in clocks if uncertain_ms is not None)


def _age(moment: Instant | None, now: Instant) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())


def _gauge(name: str, words: str, labels: list[str], values: Values) -> Metric:
    gauge = GaugeMetricFamily(name, words, labels=labels)
    for of, value in values:
        gauge.add_metric(of, value)
    return gauge


class Page:
    """The page that Prometheus asks for."""

    def __init__(self, ledger: Ledger, settings: OfficeSettings, clock: Clock) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(Office(ledger, settings, clock))

    def show(self) -> Response:
        """All metrics, as they are now."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
