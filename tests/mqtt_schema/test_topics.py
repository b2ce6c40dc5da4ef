"""Topics: who speaks where, and that nobody hears a message twice."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_schema import topics
from mqtt_schema.errors import ContractError, TopicError
from mqtt_schema.messages import Ack, CounterBody, Frozen, OfficeBody, PaymentRequest
from mqtt_schema.topics import TABLE, Address, Leaf, Route, Sender


def types_of(union: object) -> set[type[Frozen]]:
    return set(get_args(union))


@pytest.mark.parametrize(("sender", "union"), [("office", OfficeBody), ("counter", CounterBody)])
def test_every_type_has_a_road_and_every_road_a_type(sender: Sender, union: object) -> None:
    assert {row.body for row in TABLE if row.leaf.sender == sender} == types_of(union)


def test_a_sender_says_a_type_on_one_topic_only() -> None:
    roads = [(row.body, row.leaf.sender) for row in TABLE]

    assert len(roads) == len(set(roads))


def test_only_what_a_counter_is_stays_with_the_broker() -> None:
    assert {leaf for leaf in Leaf if leaf.retained} == {Leaf.STATUS, Leaf.INFO}
    assert not any(row.awaits_ack for row in TABLE if row.leaf.retained)


def test_an_acknowledgement_is_never_acknowledged() -> None:
    assert [row.awaits_ack for row in TABLE if row.body is Ack] == [False, False]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.leaf.sender} {row.body.__name__}")
def test_a_message_is_sent_by_its_row_and_arrives_there(row: Route, bodies: dict[type[Frozen], Frozen]) -> None:
    assert topics.route(bodies[row.body], row.leaf.sender) is row
    assert topics.carries(row.leaf, bodies[row.body])


def test_a_counter_never_asks_for_money(bodies: dict[type[Frozen], Frozen]) -> None:
    with pytest.raises(TopicError, match="counter never sends PaymentRequest"):
        topics.route(bodies[PaymentRequest], "counter")
    assert not topics.carries(Leaf.EVENT, bodies[PaymentRequest])


@pytest.mark.parametrize("leaf", Leaf)
def test_a_topic_is_taken_apart_as_it_was_built(leaf: Leaf) -> None:
    topic = topics.build("hoan-kiem", "counter-1", leaf)

    assert topic == f"quaythu/v1/hoan-kiem/counter-1/{leaf.word}"
    assert topics.parse(topic) == Address("hoan-kiem", "counter-1", leaf)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "quaythu/v1/hoan-kiem/counter-1",
        "quaythu/v1/hoan-kiem/counter-1/job/more",
        "quaythu/v2/hoan-kiem/counter-1/job",
        "other/v1/hoan-kiem/counter-1/job",
        "quaythu/v1/hoan-kiem/counter-1/jobs",
    ],
)
def test_any_other_topic_is_refused(topic: str) -> None:
    with pytest.raises(TopicError, match="not a topic of the contract"):
        topics.parse(topic)


@given(st.text(st.sampled_from("quaythv1/job+#\x00")))
def test_no_text_breaks_the_reader_of_topics(text: str) -> None:
    try:
        address = topics.parse(text)
    except TopicError:
        return
    assert topics.build(address.site, address.counter, address.leaf) == text


def test_a_counter_hears_the_office_on_exact_topics() -> None:
    assert topics.subscriptions("counter", "hoan-kiem", "counter-1") == [
        "quaythu/v1/hoan-kiem/counter-1/job",
        "quaythu/v1/hoan-kiem/counter-1/result",
        "quaythu/v1/hoan-kiem/counter-1/cmd",
    ]


def test_the_office_hears_all_its_counters_once() -> None:
    heard = topics.subscriptions("office", "hoan-kiem")

    assert heard == [f"quaythu/v1/hoan-kiem/+/{word}" for word in ("ack", "event", "receipt", "status", "info")]


def test_the_error_is_ours_and_a_lookup_error() -> None:
    assert issubclass(TopicError, ContractError)
    assert issubclass(TopicError, LookupError)
