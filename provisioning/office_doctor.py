"""Looks at an office on its own machine and says in words what is wrong and what to do. Changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import httpx

from appliance.office.errors import LedgerOpenError
from appliance.office.ledger import Books, Ledger
from appliance.settings import OfficeSettings
from mqtt_schema import topics
from mqtt_schema.types import Instant
from provisioning.checkup import Check, Level, Machine, broker_of, certificates, clock, disk, set_aside, settings_of

OLD_S = 300.0
"""Longer than any counter is away for a restart."""


def look(path: Path, settings: OfficeSettings, machine: Machine) -> Iterator[Check]:
    """Everything, in the order in which a technician would go."""
    yield from settings_of(path)
    yield from certificates(settings.broker, machine.now())
    yield clock(machine)
    if settings.database.startswith("sqlite:///"):
        yield disk(Path(settings.database.removeprefix("sqlite:///")).parent, machine)
    yield from _ledger(settings, machine.now())
    heard = topics.subscriptions("office", settings.site)
    yield from broker_of(settings.broker, f"office-{settings.site}-doctor", heard, machine.now())
    yield _desk(settings)


def _ledger(settings: OfficeSettings, now: Instant) -> Iterator[Check]:
    path = Path(settings.database.removeprefix("sqlite:///"))
    if settings.database.startswith("sqlite:///") and not path.is_file():
        yield Check("ledger", Level.WARNING, f"{path} is not there yet", "Start the office once")
        return
    try:
        ledger = Ledger(settings.database)
    except LedgerOpenError as error:
        step = "Look whether the database runs, and at database in the settings"
        yield Check("ledger", Level.WRONG, str(error), step)
        return
    try:
        yield from _audited(ledger)
        with ledger.read() as books:
            yield from _traffic(books, settings, now)
        yield _due(ledger, now)
    finally:
        ledger.close()


def _audited(ledger: Ledger) -> Iterator[Check]:
    verdict = ledger.inspect()
    for finding in verdict.findings[:3]:
        step = "Keep the database as it is; `quaythu audit verify --settings …` says all of it"
        yield Check("ledger", Level.WRONG, finding.sentence, step)
    if verdict.is_whole:
        yield Check("ledger", Level.OK, f"whole, and it agrees with its audit: {verdict.summary}")


def _traffic(books: Books, settings: OfficeSettings, now: Instant) -> Iterator[Check]:
    for name, waiting in sorted(books.outbox().items()):
        old_s = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
        if old_s > OLD_S:
            said = f"{waiting.messages} messages to {name} wait, the oldest for {old_s / 60:.0f} minutes"
            yield Check("outbox", Level.WARNING, said, "Look whether that counter runs and reaches the broker")
    heard = books.counters()
    for counter in settings.counters:
        state = heard.get(counter.id)
        if state is None or not state.is_heard(now, settings.offline_after_s):
            step = f"Look at it, or run `quaythu doctor` there; `journalctl -u quaythu-counter` on {counter.id}"
            yield Check("counter", Level.WARNING, f"{counter.name} ({counter.id}) is not heard", step)
        elif state.trouble:
            step = "Run `quaythu doctor` there"
            yield Check("counter", Level.WARNING, f"{counter.name} ({counter.id}) says: {state.trouble}", step)
        else:
            yield Check(
                "counter", Level.OK, f"{counter.name} ({counter.id}) is heard; its printer: {state.printer.value}"
            )
    yield set_aside(sum(books.poisoned().values()))
    waiting_notes = books.notifications_waiting()
    if waiting_notes:
        said = f"{waiting_notes} notifications of the bank are kept and not booked"
        yield Check("notifications", Level.WARNING, said, "Look at the office's log; they are booked when it starts")


def _due(ledger: Ledger, now: Instant) -> Check:
    due = sum(ledger.due_for_purge(now).values())
    if due:
        said = f"{due} rows hold what is past its time"
        return Check("retention", Level.WARNING, said, "Look at it with `quaythu retention purge`, then say --yes")
    return Check("retention", Level.OK, "nothing is past its time")


def _desk(settings: OfficeSettings) -> Check:
    url = f"http://{'[::1]' if ':' in settings.host else settings.host}:{settings.port}/desk"
    step = "Look whether the office runs: `systemctl status quaythu-office`, `journalctl -u quaythu-office`"
    try:
        status = httpx.get(url, timeout=5, follow_redirects=True).status_code
    except httpx.HTTPError as error:
        return Check("desk", Level.WRONG, f"{url} does not answer: {error}", step)
    if status != 200:
        return Check("desk", Level.WRONG, f"{url} answers with status {status}", step)
    return Check("desk", Level.OK, f"{url} answers")
