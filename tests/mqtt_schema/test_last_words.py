"""A will that is spelt out by hand is, byte for byte, what the models would have said."""

from datetime import UTC, datetime

import pytest

from mqtt_schema import last_words, messages, topics
from mqtt_schema.messages import CounterStatus, Envelope

ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "born_at", [datetime(2026, 11, 22, 7, 30, 5, 120, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)]
)
def test_the_will_is_what_the_contract_says(born_at: datetime) -> None:
    body = CounterStatus(is_online=False, born_at=born_at)
    envelope = Envelope(id=ID, site="hoan-kiem", counter="quay-1", sequence=0, issued_at=born_at, body=body)
    leaf = topics.route(body, "counter").leaf

    assert last_words.will("hoan-kiem", "quay-1", born_at, ID) == (
        topics.build("hoan-kiem", "quay-1", leaf),
        messages.dump(envelope),
    )


def test_a_counter_hears_what_the_contract_says() -> None:
    assert last_words.heard("hoan-kiem", "quay-1") == topics.subscriptions("counter", "hoan-kiem", "quay-1")
