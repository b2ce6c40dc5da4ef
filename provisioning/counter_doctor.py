"""Looks at a counter on its own machine and says in words what is wrong and what to do. Changes nothing.

The journal is only read. The printer is asked only with leave: two programs would steal each other's answers.
"""

from collections.abc import Iterator
from pathlib import Path

from appliance import audit, chronicle
from appliance.chronicle import ChronicleError
from appliance.devices import open_printer
from appliance.settings import CounterSettings
from drivers.errors import PrinterError
from mqtt_schema import last_words
from provisioning.checkup import (
    Check,
    Level,
    Machine,
    broker_of,
    certificates,
    clock,
    disk,
    set_aside,
    settings_of,
    unacknowledged,
)


def look(path: Path, settings: CounterSettings, machine: Machine, *, asks_printer: bool) -> Iterator[Check]:
    """Everything, in the order in which a technician would go."""
    yield from settings_of(path)
    yield from certificates(settings.broker, machine.now())
    yield clock(machine)
    yield disk(settings.state_dir, machine)
    journal = settings.state_dir / "journal.sqlite"
    yield from _journal(journal)
    heard = last_words.heard(settings.site, settings.counter)
    name = f"{settings.counter}-doctor"
    yield from broker_of(settings.broker, name, heard, machine.now(), is_alone=asks_printer)
    yield _display(settings, machine)
    yield _printer(settings, asks=asks_printer)


def _journal(path: Path) -> Iterator[Check]:
    if not path.is_file():
        yield Check("journal", Level.WARNING, f"{path} is not there yet", "Start the counter once")
        return
    try:
        verdict = audit.verify_counter(path)
        with chronicle.looking(path) as looked:
            waiting, aside = looked.outbox(), looked.set_aside()
    except ChronicleError as error:
        step = "Keep the file, stop the counter, and ask whoever keeps its journals"
        yield Check("journal", Level.WRONG, str(error), step)
        return
    for finding in verdict.findings[:3]:
        step = f"Keep the file and its copies; `quaythu audit verify --counter {path.parent}` says all of it"
        yield Check("journal", Level.WRONG, finding.sentence, step)
    if verdict.is_whole:
        yield Check("journal", Level.OK, f"whole: {verdict.summary}")
    yield unacknowledged("outbox", waiting)
    yield set_aside(aside)


def _display(settings: CounterSettings, machine: Machine) -> Check:
    driver = settings.display.driver
    if machine.has_display(driver):
        return Check("display", Level.OK, f"there is one for the driver {driver}")
    step = "Look at the cable and at display.driver; on the device it is kmsdrm (/dev/dri/card*)"
    return Check("display", Level.WRONG, f"there is none for the driver {driver}", step)


def _printer(settings: CounterSettings, *, asks: bool) -> Check:
    told = settings.printer
    if told.driver in {"none", "virtual"}:
        return Check("printer", Level.OK, f"the driver is {told.driver}; nothing is fitted here")
    if told.driver in {"file", "serial"} and not Path(told.path).exists():
        return Check(
            "printer",
            Level.WRONG,
            f"{told.path} is not there",
            "Look at the printer's power and cable (`lsusb`, `dmesg`)",
        )
    if not asks:
        said = "it was not asked: a running counter would miss its answers"
        return Check("printer", Level.OK, said, "To ask it, stop the counter and say --ask-printer")
    try:
        printer = open_printer(told)
        if printer is None:
            return Check("printer", Level.OK, "none is fitted")
        with printer:
            status = printer.status()
    except PrinterError as error:
        return Check("printer", Level.WRONG, str(error), "Look at its power, cable and settings")
    if not status.is_known and printer.carries_answers:
        step = "Look at power, cable, baud and flow; a printer that never answers needs a profile that says so (…-mute)"
        return Check("printer", Level.WRONG, "it does not answer", step)
    if not status.can_print:
        return Check("printer", Level.WRONG, f"it says: {status.headline.value}", "Put it right, then look again")
    return Check("printer", Level.OK, f"it says: {status.headline.value}")
