"""Pure: a counter's will and the topics it hears, spelt out: they are needed before the models are imported.

It says nothing of its own: a test holds every byte against `messages` and `topics`, which are the contract.
"""

import json
from datetime import datetime


def will(site: str, counter: str, born_at: datetime, message: str) -> tuple[str, bytes]:
    """The topic and the envelope (unsigned) of `CounterStatus(is_online=False, born_at=...)`; `born_at` is in UTC."""
    moment = born_at.isoformat().replace("+00:00", "Z")
    envelope = {
        "version": 1,
        "id": message,
        "site": site,
        "counter": counter,
        "sequence": 0,
        "issued_at": moment,
        "body": {
            "type": "counter_status",
            "is_online": False,
            "born_at": moment,
            "printer": "unknown",
            "seen": None,
            "clock": None,
            "waiting_slips": 0,
        },
    }
    return f"quaythu/v1/{site}/{counter}/status", json.dumps(envelope, separators=(",", ":")).encode()


def heard(site: str, counter: str) -> list[str]:
    """The topics of what the office says to this counter."""
    return [f"quaythu/v1/{site}/{counter}/{word}" for word in ("job", "result", "cmd")]
