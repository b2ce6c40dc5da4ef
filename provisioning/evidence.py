"""Opens what `quaythu audit` and `quaythu retention` work on. Decides nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.audit import Verdict, verify_counter
from appliance.clock import Clock, SystemClock
from appliance.office.errors import LedgerOpenError
from appliance.settings import read_counter, read_office
from provisioning.seed import is_office

if TYPE_CHECKING:  # a counter has none of the office's libraries
    from appliance.office.ledger import Ledger

_FILE = "sqlite:///"


def verify(settings: Path, heads: Sequence[str] = ()) -> Verdict:
    """Verify the counter or the office of these settings.

    Raises `SettingsError`, `ChronicleError`, `LedgerOpenError`.
    """
    if is_office(settings):
        return verify_office(read_office(settings).database, heads)
    return verify_counter(read_counter(settings).state_dir / "journal.sqlite", heads)


def verify_office(url: str, heads: Sequence[str] = ()) -> Verdict:
    """Verify an office's database. Raises `LedgerOpenError`."""
    with _opened(url) as ledger:
        return ledger.inspect(heads)


def purge(settings: Path, *, is_meant: bool, clock: Clock | None = None) -> list[str]:
    """Say what of an office is past its time; purge it if that is meant. Raises `SettingsError`, `LedgerOpenError`."""
    now = (clock or SystemClock()).now()
    with _opened(read_office(settings).database) as ledger:
        rows = ledger.purge(now) if is_meant else ledger.due_for_purge(now)
    if not rows:
        return ["nothing is past its time"]
    said = [f"{number} {words}" for words, number in sorted(rows.items())]
    return [*said, "purged" if is_meant else "nothing was changed; say --yes to purge this"]


@contextmanager
def _opened(url: str) -> "Iterator[Ledger]":
    """A ledger that is there: nobody wants a new one from this."""
    if url.startswith(_FILE) and not Path(url.removeprefix(_FILE)).is_file():
        raise LedgerOpenError(
            f"{url.removeprefix(_FILE)}: there is no ledger. Compare it with database in the settings"
        )
    from appliance.office.ledger import Ledger

    ledger = Ledger(url)
    try:
        yield ledger
    finally:
        ledger.close()
