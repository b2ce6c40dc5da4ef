"""Every place where bytes or words from outside are read: how to read them, what may be raised, and honest samples.

Nothing here judges; `fuzz` does. A decoder that raises anything but what it declares is a finding.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import tomli_w
from pydantic import ValidationError

from appliance import greeting, settings, waking
from appliance.courier import Courier, Delivery, Parcel, Sender
from appliance.demo.case import Case
from appliance.demo.stage import FEES, SITE
from appliance.office import matching, order
from appliance.office.api_models import Dossier
from appliance.office.desk import card_form, form
from appliance.office.notification import sepay
from appliance.office.notification.errors import NotProvenError, NotUnderstoodError
from drivers import printer_status
from drivers.profiles import PROFILES
from drivers.virtual.print_machine import PrintMachine
from mqtt_schema import emv_qr, fleet, jws, messages, reference, signing, topics
from mqtt_schema.emv_objects import crc
from mqtt_schema.errors import MessageError, SignatureError, TopicError
from mqtt_schema.messages import Body, Envelope, Trouble
from mqtt_schema.text import ascii_upper, nfc

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
COUNTER = "quay-01"
HERE = topics.Address(SITE, COUNTER, topics.Leaf.JOB)


@dataclass(frozen=True)
class Decoder:
    """`read` takes anything; `may_raise` is what it says that it raises; `samples` are what it is made for."""

    read: Callable[[bytes], object]
    may_raise: tuple[type[Exception], ...]
    samples: tuple[bytes, ...]
    longest: int = 16 * 1024
    """What stands before it lets nothing longer through."""


def table() -> dict[str, Decoder]:
    """All of them, by name."""
    said = tuple(messages.dump(envelope) for envelope in _envelopes())
    signed = tuple(jws.sign(raw, key()) for raw in said)
    codes = tuple(code.encode() for code in _codes())
    broken = (MessageError, SignatureError)
    return {
        "jws": Decoder(lambda raw: jws.verify(raw, _believed()), broken, signed),
        "jwk": Decoder(lambda raw: signing.read_private(_text(raw)), (SignatureError,), (_private(),)),
        "message": Decoder(messages.load, (MessageError,), said),
        "message in a signature": Decoder(_signed_message, broken, said),
        "topic": Decoder(lambda raw: topics.parse(_text(raw)), (TopicError,), _topics()),
        "fleet document": Decoder(fleet.read, (MessageError,), (_document().model_dump_json().encode(),)),
        "signed fleet document": Decoder(_fleet, broken, (fleet.sign(_document(), _fleet_key()).encode(),)),
        "code, strictly": Decoder(lambda raw: emv_qr.decode(_text(raw)), (emv_qr.EmvQrError,), codes, 4_296),
        "code, leniently": Decoder(
            lambda raw: emv_qr.decode(_text(raw), strict=False), (emv_qr.EmvQrError,), codes, 4_296
        ),
        "code with its checksum made good": Decoder(_healed_code, (emv_qr.EmvQrError,), codes, 4_296),
        "words": Decoder(lambda raw: (nfc(_text(raw)), ascii_upper(_text(raw))), (), _memos(), 256 * 1024),
        "memo": Decoder(lambda raw: matching.candidates(_text(raw), "HK"), (), _memos(), 4_000),
        "reference": Decoder(lambda raw: reference.is_reference(_text(raw)), (), _memos(), 4_000),
        "notification": Decoder(sepay.parse, (NotUnderstoodError,), (_notification(),)),
        "notification's proof": Decoder(_proof, (NotProvenError,), (_proven(),)),
        "printer's answers": Decoder(_ear, (), (b"\x12\x16\x10\x00\x00\x00", printer_status.done("0007") + b"\x00")),
        "printer's status": Decoder(_status, (), (b"\x12\x12\x12\x12",), 64),
        "printer's bytes": Decoder(_print, (), (b"\x1b@\x1dv0\x00\x01\x00\x02\x00\xff\x81\x1dV\x00", b"\x10\x04\x01")),
        "counter's settings": Decoder(_counter_settings, (settings.SettingsError,), (_counter_toml(),)),
        "office's settings": Decoder(_office_settings, (settings.SettingsError,), (_office_toml(),)),
        "early settings": Decoder(_early_settings, (), (_counter_toml(),)),
        "first words": Decoder(lambda raw: waking.display_of(_text(raw)), (), (_counter_toml(),)),
        "order": Decoder(_order, (ValidationError, order.OrderError), (_ordered(),)),
        "dossier": Decoder(
            Dossier.model_validate_json, (ValidationError,), (b'{"number":"H26.1-261122-0001","lines":[{"amount":1}]}',)
        ),
        "dossier number": Decoder(lambda raw: order.is_dossier(_text(raw)), (), (b"H26.1-261122-0001",), 4_000),
        "form": Decoder(_form, (), (_filled(),)),
        "card form": Decoder(
            _card_form, (), (b"vi.heading\0Tin\1vi.body\0M\xe1\xbb\x99t\nHai\1first_day\x002026-11-22",)
        ),
        "figure": Decoder(lambda raw: form.figure(_text(raw)), (), (b"35.000 d", "35.000 đ".encode(), b"1 234"), 1_000),
        "courier": Decoder(_deliver, (), tuple(_delivery(raw) for raw in signed)),
    }


def _text(raw: bytes) -> str:
    """Any bytes as words; what is no UTF-8 becomes what Python's own JSON makes of half a surrogate pair."""
    return raw.decode("utf-8", "surrogateescape")


@cache
def key() -> jws.SigningKey:
    """The office's key. It is always the same, or a kept input would be another one tomorrow."""
    return _key("office-1", 1)


@cache
def _fleet_key() -> jws.SigningKey:
    return _key("fleet-1", 2)


def _key(name: str, number: int) -> jws.SigningKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return jws.SigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


@cache
def _believed() -> jws.VerifyingKeys:
    return signing.read_public([signing.public_jwk(key())])


def _private() -> bytes:
    return signing.private_jwk(key()).encode()


def _envelopes() -> list[Envelope]:
    to = Case().beneficiary
    memo = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])
    line: dict[str, Any] = {
        "dossier": "H26.1-261122-0001",
        "fee_code": "CT-BS",
        "fee_name": "Chứng thực bản sao",
        "amount": 35_000,
        "kind": "phi",
    }
    payment = "0123456789abcdef" * 2
    slip = {
        "office": "UBND phường Hoàn Kiếm",
        "lines": [line],
        "amount": 35_000,
        "reference": memo,
        "bank_reference": "FT1",
        "paid_at": NOW,
        "lookup": memo,
    }
    request = {
        "type": "payment_request",
        "payment": payment,
        "reference": memo,
        "lines": [line],
        "channel": "counter",
        "amount": 35_000,
        "beneficiary": to.model_dump(),
        "payload": emv_qr.encode(bin=to.bin, account=to.account, amount=35_000, memo=memo),
        "expires_at": NOW + timedelta(minutes=5),
    }
    paid = {"type": "payment_result", "payment": payment, "outcome": "paid", "amount": 35_000, "received": 35_000}
    bodies: list[dict[str, Any]] = [
        request,
        paid | {"slip": slip},
        {"type": "payment_cancellation", "payment": payment},
        {"type": "reprint", "payment": payment, "slip": slip, "asked_by": "Lan"},
        {"type": "ack", "message": payment},
        {"type": "cards", "cards": [_card()]},
        {"type": "counter_status", "is_online": True, "born_at": NOW, "seen": {"screen": "idle", "painted_at": NOW}},
        {"type": "traffic_report", "heard": 1, "missing": [2, 3], "said": 4},
    ]
    return [_envelope(number, body) for number, body in enumerate(bodies, 1)]


def _card() -> dict[str, Any]:
    words = {"heading": "Lừa đảo", "body": ["Không chuyển tiền cho người lạ."]}
    return {"card": "fraud", "kind": "fraud", "vi": words, "first_day": NOW.date()}


def _envelope(number: int, body: dict[str, Any]) -> Envelope:
    return Envelope.model_validate(
        {
            "id": UUID(int=number).hex,
            "site": SITE,
            "counter": COUNTER,
            "sequence": number,
            "issued_at": NOW,
            "body": body,
        }
    )


def _signed_message(raw: bytes) -> Envelope:
    """Anything at all under a key that is believed: what stands behind the signature has to hold, too."""
    try:
        sealed = jws.sign(raw, key())
    except UnicodeDecodeError:
        return messages.load(raw)
    return signing.verify(sealed, _believed(), HERE)


def _topics() -> tuple[bytes, ...]:
    return tuple(topics.build(SITE, COUNTER, leaf).encode() for leaf in topics.Leaf)


def _document() -> fleet.FleetDocument:
    to = Case().beneficiary
    lasting = {"not_before": NOW, "not_after": NOW + timedelta(days=400)}
    return fleet.FleetDocument.model_validate(
        {
            "site": SITE,
            "serial": 7,
            "issued_at": NOW,
            "keys": [{"jwk": signing.public_jwk(key()), **lasting}],
            "revoked": ["office-0"],
            "beneficiaries": [{"bin": to.bin, "account": to.account, "account_name": to.account_name, **lasting}],
        }
    )


def _fleet(raw: bytes) -> fleet.FleetDocument:
    # A document comes out of a message or a file, both of which are UTF-8: no halves of characters.
    return fleet.verify(raw.decode(errors="replace"), signing.read_public([signing.public_jwk(_fleet_key())]), SITE)


def _codes() -> list[str]:
    to = Case().beneficiary
    memo = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])
    return [
        emv_qr.encode(bin=to.bin, account=to.account, amount=35_000, memo=memo),
        emv_qr.encode(bin=to.bin, account=to.account),
        emv_qr.encode(bin=to.bin, account=to.account, memo=memo, name="UBND", city="HA NOI", mcc="9399", store="1"),
    ]


def _healed_code(raw: bytes) -> object:
    body = _text(raw)[:-4]
    return emv_qr.decode(body + crc(body), strict=False)


def _memos() -> tuple[bytes, ...]:
    memo = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])
    return (memo.encode(), f"MBVCB.36.0617.{memo} chuyển tiền HK HKHKHK".encode(), " ".join(memo).lower().encode())


def _notification() -> bytes:
    return json.dumps(
        {
            "id": 92704,
            "gateway": "Vietcombank",
            "transactionDate": "2026-11-22 08:30:00",
            "accountNumber": "0123499999",
            "subAccount": None,
            "code": None,
            "content": "MBVCB.1.HK2345 chuyển tiền",
            "transferType": "in",
            "description": "",
            "transferAmount": 35_000,
            "accumulated": 1,
            "referenceCode": "FT1",
        },
        ensure_ascii=False,
    ).encode()


_SECRET = b"a secret of this test"


def _proven() -> bytes:
    """Headers and body in one, with zero bytes between."""
    stamp = str(int(NOW.timestamp()))
    return "\0".join((stamp, sepay.sign(b"{}", stamp, _SECRET), "{}")).encode()


def _proof(raw: bytes) -> None:
    stamp, signature, body = (*raw.split(b"\0", 2), b"", b"")[:3]
    # As HTTP servers read headers.
    headers = {sepay.TIMESTAMP: stamp.decode("latin-1"), sepay.SIGNATURE: signature.decode("latin-1")}
    sepay.verify(headers, body, sepay.Proof(hmac_secret=_SECRET), NOW)


def _ear(raw: bytes) -> object:
    """In pieces, as a line brings it."""
    ear = printer_status.Ear()
    return [heard for start in range(0, len(raw), 3) for heard in ear.hear(raw[start : start + 3])]


def _status(raw: bytes) -> object:
    answers = dict(enumerate(raw[:4], 1))
    return printer_status.read_status(answers), [printer_status.read_port(byte) for byte in raw]


def _print(raw: bytes) -> object:
    return PrintMachine(PROFILES["generic-58"]).take(raw)


def _read_toml(raw: bytes, read: Callable[[Path], object]) -> object:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(raw)
        file.flush()
        return read(Path(file.name))


def _counter_settings(raw: bytes) -> object:
    return _read_toml(raw, settings.read_counter)


def _office_settings(raw: bytes) -> object:
    return _read_toml(raw, settings.read_office)


def _early_settings(raw: bytes) -> object:
    return _read_toml(raw, lambda path: greeting.prepare(path, lambda: NOW))


def _counter_toml() -> bytes:
    seed = {
        "site": SITE,
        "counter": COUNTER,
        "office_keys": [signing.public_jwk(key())],
        "beneficiaries": [Case().beneficiary.model_dump()],
        "broker": {"host": "127.0.0.1", "port": 1883},
        "display": {"driver": "window", "width": 800, "height": 480},
        "printer": {"driver": "serial", "baud": 9600},
    }
    return tomli_w.dumps(seed).encode()


@cache
def office() -> settings.OfficeSettings:
    """An office, for whatever is checked against one."""
    return settings.OfficeSettings.model_validate(_office_words())


def _office_words() -> dict[str, Any]:
    return {
        "site": SITE,
        "name": "UBND phường Hoàn Kiếm",
        "reference_prefix": "HK",
        "beneficiary": Case().beneficiary.model_dump(),
        "counters": [{"id": COUNTER, "name": "Quầy 1", "key": signing.public_jwk(key())}],
        "fees": [{"chapter": "805", **fee} for fee in FEES],
        "sepay": {"api_key_file": "sepay.key"},
    }


def _office_toml() -> bytes:
    return tomli_w.dumps(_office_words()).encode()


def _ordered() -> bytes:
    line = {"dossier": "H26.1-261122-0001", "fee_code": "KHAC", "fee_name": "Lệ phí", "amount": 9_000, "quantity": 2}
    return json.dumps({"counter": COUNTER, "lines": [line], "payer": "Trần Văn An"}, ensure_ascii=False).encode()


def _order(raw: bytes) -> object:
    return order.check(order.Order.model_validate_json(raw), office())


def _fields(raw: bytes) -> Mapping[str, str]:
    """A submitted form: names and values with zero bytes between, fields with ones."""
    pairs = (field.partition("\0") for field in _text(raw).split("\1"))
    return {name: value for name, _, value in pairs}


def _filled() -> bytes:
    fields = {
        "counter": COUNTER,
        "channel": "counter",
        "payer": "Trần Văn An",
        "lines.0.dossier": "H26.1-261122-0001",
        "lines.0.fee_code": "KHAC",
        "lines.0.fee_name": "Lệ phí",
        "lines.0.amount": "35.000 đ",
        "lines.0.quantity": "2",
    }
    return "\1".join(f"{name}\0{value}" for name, value in fields.items()).encode()


def _form(raw: bytes) -> object:
    draft = form.read(_fields(raw), "token")
    return form.look_at(form.change_lines(draft, "add"), office()), form.fields_of(draft)


def _card_form(raw: bytes) -> object:
    return card_form.look_at(card_form.read(_fields(raw), "card"))


class _Link:
    """A link that takes everything."""

    is_up = True

    def publish(self, topic: str, raw: bytes, *, is_retained: bool = False, message: str = "") -> bool:
        """Gone."""
        return True


class _Mailbox:
    """A memory that remembers nothing."""

    def posted(self) -> list[Parcel]:
        """Nothing."""
        return []

    def has_received(self, message: str) -> bool:
        """Never."""
        return False

    def acknowledge(self, message: str, counter: str) -> None:
        """Very well."""


def _delivery(raw: bytes) -> bytes:
    return topics.build(SITE, COUNTER, topics.Leaf.JOB).encode() + b"\0" + raw


class Said(str):
    """Words that are no quotation: the fuzzer tells kinds of answers apart by them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _deliver(raw: bytes) -> object:
    """To a counter's courier, which promises to raise for nothing that a message says."""
    topic, _, said = raw.partition(b"\0")
    heard: list[Body | Trouble] = []
    sender = Sender("counter", SITE, _key(COUNTER, 3))
    courier = Courier(
        sender,
        lambda _counter: _believed(),
        _Link(),
        _Mailbox(),
        lambda envelope: heard.append(envelope.body),
        lambda _counter, trouble: heard.append(trouble),
        lambda: NOW,
    )
    settled: list[bool] = []
    # The library refuses a topic that is no UTF-8 before anybody sees it.
    courier.receive(Delivery(topic.decode(errors="replace"), said, lambda: settled.append(True)))
    if not settled:
        raise AssertionError("the broker was never told that this was dealt with, and would send it for ever")
    return Said(" ".join(one.detail if isinstance(one, Trouble) else one.type for one in heard))
