"""Pure: moments as a clerk in Vietnam reads them off the wall."""

from appliance.office.reports.period import local
from mqtt_schema.types import Instant


def clock_words(at: Instant) -> str:
    """08:31."""
    return f"{local(at):%H:%M}"


def since_words(at: Instant, now: Instant) -> str:
    """08:31, or 08:31 ngày 21/11 for what has waited over night."""
    return clock_words(at) if local(at).date() == local(now).date() else f"{local(at):%H:%M ngày %d/%m}"


def exact_words(at: Instant) -> str:
    """08:31:07 ngày 22/11/2026."""
    return f"{local(at):%H:%M:%S ngày %d/%m/%Y}"
