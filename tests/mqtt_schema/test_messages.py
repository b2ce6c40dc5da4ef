"""Messages: every type survives the road, a code never disagrees with its job, and a reader never crashes."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mqtt_schema import emv_qr, topics
from mqtt_schema import messages as m
from mqtt_schema.errors import ContractError, MessageError

Envelopes = Mapping[type[m.Frozen], m.Envelope]
EVERY_TYPE = list(dict.fromkeys(row.body for row in topics.TABLE))


def as_json(envelope: m.Envelope) -> Any:
    return json.loads(m.dump(envelope))


def put(document: Any, path: str, value: object) -> bytes:
    """Write `value` at a dotted path of a message."""
    *way, last = path.split(".")
    place = document
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return json.dumps(document).encode()


def refusal(raw: bytes) -> str:
    with pytest.raises(MessageError) as caught:
        m.load(raw)
    return str(caught.value)


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_message_of_every_type_arrives_as_it_was_sent(kind: type[m.Frozen], envelopes: Envelopes) -> None:
    assert m.load(m.dump(envelopes[kind])) == envelopes[kind]


WORDS = st.text(min_size=1, max_size=30).filter(lambda text: any(character.isalpha() for character in text))
LINES = st.builds(
    m.Line,
    dossier=st.just("H26.1-261122-0007"),
    fee_code=st.from_regex(r"[A-Z0-9-]{1,32}", fullmatch=True),
    fee_name=WORDS,
    quantity=st.integers(1, 9999),
    amount=st.integers(0, 20_000_000),
    kind=st.sampled_from(m.FeeKind),
)


@given(st.lists(LINES, min_size=1, max_size=20).filter(lambda lines: sum(line.amount for line in lines) > 0))
def test_any_lines_survive_the_road(envelopes: Envelopes, lines: list[m.Line]) -> None:
    request = envelopes[m.PaymentRequest].body
    assert isinstance(request, m.PaymentRequest)
    total = sum(line.amount for line in lines)
    payload = emv_qr.encode(bin="970403", account="0011012345678", amount=total, memo=request.reference)
    built = m.PaymentRequest.model_validate(
        {**request.model_dump(), "lines": lines, "amount": total, "payload": payload}
    )
    envelope = envelopes[m.PaymentRequest].model_copy(update={"body": built})

    assert m.load(m.dump(envelope)) == envelope


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_what_a_newer_writer_adds_is_ignored(kind: type[m.Frozen], envelopes: Envelopes) -> None:
    document = as_json(envelopes[kind])
    document["added"] = document["body"]["added"] = {"by": "a newer version"}

    assert m.load(json.dumps(document).encode()) == envelopes[kind]


@pytest.mark.parametrize(
    ("kind", "path", "value", "said"),
    [
        (m.Ack, "version", 2, "version"),
        (m.Ack, "version", "1", "version"),
        (m.Ack, "id", "not-an-id", "id"),
        (m.Ack, "id", 7, "id"),
        (m.Ack, "counter", "counter.1", "counter"),
        (m.Ack, "site", None, "site"),
        (m.Ack, "sequence", -1, "sequence"),
        (m.Ack, "sequence", "1", "sequence"),
        (m.Ack, "issued_at", "2026-11-22T08:30:00", "issued_at"),
        (m.Ack, "issued_at", 1795330957, "issued_at"),
        (m.Ack, "issued_at", "9999-12-31T23:59:59-12:00", "issued_at"),
        (m.Ack, "body.type", "greeting", "body"),
        (m.Ack, "body", [], "body"),
        (m.PaymentRequest, "body.amount", "15000", "body.payment_request.amount"),
        (m.PaymentRequest, "body.amount", True, "body.payment_request.amount"),
        (m.PaymentRequest, "body.amount", 15000.0, "body.payment_request.amount"),
        (m.PaymentRequest, "body.amount", 10**400, "body.payment_request.amount"),
        (m.PaymentRequest, "body.amount", 500_000_000, "body.payment_request.amount"),
        (m.PaymentRequest, "body.lines", [], "body.payment_request.lines"),
        (m.PaymentRequest, "body.lines.0.kind", "tax", "body.payment_request.lines.0.kind"),
        (m.PaymentRequest, "body.lines.1.fee_name", "\u202e", "body.payment_request.lines.1.fee_name"),
        (m.PaymentRequest, "body.payload", "0" * 513, "body.payment_request.payload"),
        (m.PaymentRequest, "body.reference", "HK7Q4M2X9AG", "body.payment_request.reference"),
        (m.PaymentRequest, "body.beneficiary.bin", "97040", "body.payment_request.beneficiary.bin"),
        (m.CounterStatus, "body.is_online", "yes", "body.counter_status.is_online"),
        (m.PaymentRefused, "body.field", "mood", "body.payment_refused.field"),
        (m.PaymentResult, "body.slip", None, "body.payment_result"),
        (m.PaymentResult, "body.outcome", "late", "body.payment_result"),
    ],
)
def test_the_wrong_field_is_named(
    kind: type[m.Frozen], path: str, value: object, said: str, envelopes: Envelopes
) -> None:
    assert refusal(put(as_json(envelopes[kind]), path, value)).startswith(said + ": ")


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"version":1}', b"[" * 9000, b"1" * 9000])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    assert refusal(raw)


def test_an_oversized_message_is_not_even_read() -> None:
    assert refusal(b" " * (m.MAX_BYTES + 1)) == "oversized: 16385 bytes, at most 16384"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert refusal(raw)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "body", "lines"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(EVERY_TYPE), st.data())
def test_any_value_in_any_field_is_read_or_refused(
    envelopes: Envelopes, kind: type[m.Frozen], data: st.DataObject
) -> None:
    document = as_json(envelopes[kind])
    place = document if data.draw(st.booleans()) else document["body"]
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(ANY_JSON)
    raw = json.dumps(document).encode()
    try:
        assert isinstance(m.load(raw), m.Envelope)
    except MessageError:
        return


# A code and its job


def other_payload(**change: Any) -> str:
    written: dict[str, Any] = {"bin": "970403", "account": "0011012345678", "amount": 15000, "memo": "HK7Q4M2X9AF"}
    return emv_qr.encode(**{**written, **change})


DISAGREEMENTS: list[tuple[str, Callable[[], str], str]] = [
    ("crc", lambda: other_payload()[:-1] + "?", "crc"),
    ("another bank", lambda: other_payload(bin="970436"), "beneficiary"),
    ("another account", lambda: other_payload(account="0011012345679"), "beneficiary"),
    ("another amount", lambda: other_payload(amount=150000), "amount"),
    ("no amount", lambda: other_payload(amount=None), "amount"),
    ("another reference", lambda: other_payload(memo="HK7Q4M2X9AG"), "reference"),
    ("a reference glued to words", lambda: other_payload(memo="HK7Q4M2X9AFLE PHI"), "reference"),
    ("no memo", lambda: other_payload(memo=None), "reference"),
]


@pytest.mark.parametrize(
    ("payload", "field"),
    [(payload, field) for _, payload, field in DISAGREEMENTS],
    ids=[name for name, _, _ in DISAGREEMENTS],
)
def test_a_code_that_disagrees_with_its_job_is_never_built_but_can_be_read(
    payload: Callable[[], str], field: str, envelopes: Envelopes, request_of_two_lines: m.PaymentRequest
) -> None:
    changed = {**request_of_two_lines.model_dump(), "payload": payload()}

    with pytest.raises(ValidationError, match=f"{field}: the code's payload disagrees with the job"):
        m.PaymentRequest.model_validate(changed)

    read = m.load(put(as_json(envelopes[m.PaymentRequest]), "body.payload", payload())).body
    assert isinstance(read, m.PaymentRequest)
    assert m.disagreement(read) == field


def test_lines_that_do_not_add_up_are_never_built(request_of_two_lines: m.PaymentRequest) -> None:
    one_line = {**request_of_two_lines.model_dump(), "lines": request_of_two_lines.lines[:1]}

    with pytest.raises(ValidationError, match="amount: the code's payload disagrees"):
        m.PaymentRequest.model_validate(one_line)


def test_a_code_that_agrees_disagrees_in_nothing(request_of_two_lines: m.PaymentRequest) -> None:
    assert m.disagreement(request_of_two_lines) is None


# What a result may say


@pytest.mark.parametrize("outcome", [outcome for outcome in m.Outcome if outcome is not m.Outcome.PAID])
def test_only_a_paid_result_carries_a_slip(outcome: m.Outcome, bodies: Mapping[type[m.Frozen], m.Frozen]) -> None:
    paid = bodies[m.PaymentResult].model_dump()

    assert m.PaymentResult.model_validate({**paid, "outcome": outcome, "slip": None}).slip is None
    with pytest.raises(ValidationError, match="a paid result carries one, no other does"):
        m.PaymentResult.model_validate({**paid, "outcome": outcome})


def test_a_message_is_a_value(bodies: Mapping[type[m.Frozen], m.Frozen]) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(bodies[m.PaymentRequest], "amount", 1)  # noqa: B010 -- mypy would not let us try


def test_the_error_is_ours_and_a_value_error() -> None:
    assert issubclass(MessageError, ContractError)
    assert issubclass(MessageError, ValueError)
