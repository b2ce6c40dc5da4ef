"""Somebody who owns the broker, and somebody on the internet: replays, forges, alters. Has no key that is believed."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from mqtt_schema import emv_qr, signing, topics
from mqtt_schema.messages import Beneficiary, Body, Envelope, Outcome, PaymentRequest, PaymentResult, Slip
from mqtt_schema.types import Instant
from tests.simulation.cast import COUNTERS, MORNING, OURS, SITE
from tests.simulation.office import UnansweredError
from tests.simulation.plan import Fault

if TYPE_CHECKING:
    from tests.simulation.world import World

THIEF = Beneficiary(bin="970436", account="9999999999", account_name="NGUYEN VAN CUOP", bank_name="Vietcombank")
_STOLEN = signing.new_key("thief")
_PRETENDED = replace(_STOLEN, key_id="office")


@dataclass
class Attacker:
    """`strike` does what a fault of the plan says."""

    world: "World"

    def strike(self, fault: Fault) -> None:
        """One attack."""
        match fault.kind:
            case "replay":
                self._replay(fault)
            case "forged result" | "forged request":
                self._forge(fault)
            case "swapped account":
                self._swap(fault)
            case "wrong topic":
                self._redirect(fault)
            case "garbage":
                junk = (b"", b"{}", b"\xff" * 40, b"[" * 20000, b'{"protected":1,"payload":2,"signature":3}')
                self._inject(self._topic(fault, topics.Leaf.JOB), junk[int(fault.size * len(junk))])
            case "forged notice" | "altered notice" | "replayed notice":
                self._notify(fault)

    def _inject(self, topic: str, raw: bytes) -> None:
        self.world.network.inject(topic, raw)

    def _topic(self, fault: Fault, leaf: topics.Leaf) -> str:
        return topics.build(SITE, _counter(fault), leaf)

    def _replay(self, fault: Fault) -> None:
        """Everything of a while, again, in any order."""
        recorded = self.world.network.recorded
        rng = self.world.stream(f"attack/{fault.number}")
        start = int(fault.size * len(recorded))
        chosen = recorded[start : start + 12]
        rng.shuffle(chosen)
        for topic, raw in chosen:
            self._inject(topic, raw)

    def _redirect(self, fault: Fault) -> None:
        """What was meant for one counter, to another; or on another topic of the same."""
        recorded = self.world.network.recorded
        if not recorded:
            return
        topic, raw = recorded[int(fault.size * len(recorded))]
        leaf = topics.parse(topic).leaf
        wrong = topics.Leaf.RESULT if leaf is topics.Leaf.JOB else topics.Leaf.JOB
        for counter in COUNTERS:
            self._inject(topics.build(SITE, counter, leaf), raw)
        self._inject(self._topic(fault, wrong), raw)

    def _forge(self, fault: Fault) -> None:
        """*Paid*, or another account, in the office's name but not by its key."""
        request = self._victim(fault)
        if request is None:
            return
        at = MORNING + timedelta(seconds=self.world.now_s)
        is_result = fault.kind == "forged result"
        body, leaf = (_paid(request, at), topics.Leaf.RESULT) if is_result else (_robbed(request, at), topics.Leaf.JOB)
        counter = _counter(fault)
        envelope = Envelope(id=uuid4().hex, site=SITE, counter=counter, sequence=10_000, issued_at=at, body=body)
        for key in (_STOLEN, _PRETENDED):
            self._inject(topics.build(SITE, counter, leaf), signing.sign(envelope, key))

    def _victim(self, fault: Fault) -> PaymentRequest | None:
        return self.world.counters[_counter(fault)].frame.request or self.world.watch.last_request

    def _swap(self, fault: Fault) -> None:
        """A real job on its way, with the thief's account put into it wherever the office's stood."""
        jobs = [
            (topic, raw)
            for topic, raw in self.world.network.recorded[-60:]
            if topic.endswith("/job") and OURS.account.encode() in raw
        ]
        if jobs:
            topic, raw = jobs[int(fault.size * len(jobs))]
            self._inject(topic, raw.replace(OURS.account.encode(), THIEF.account.encode()))

    def _notify(self, fault: Fault) -> None:
        """*Money came*, to the office's door."""
        bank = self.world.bank
        if not bank.sent:
            return
        headers, raw = bank.sent[int(fault.size * len(bank.sent))]
        if fault.kind == "altered notice":
            raw = raw.replace(b'"transferAmount": ', b'"transferAmount": 9')
        elif fault.kind == "forged notice":
            body = {**json.loads(raw), "id": 900_000 + fault.number, "referenceCode": f"FORGED{fault.number}"}
            headers, raw = bank.signed(json.dumps(body).encode(), b"not the secret")
        try:
            status = self.world.office.ask(lambda parts: parts.intake.receive(headers, raw)).status
        except UnansweredError:
            return
        except Exception as error:
            self.world.note("attacker", "hears of an error: {}", repr(error))
            return
        if fault.kind != "replayed notice" and status == 200:
            self.world.broken("a forged notification was taken", f"{fault.kind} was answered 200")


def _counter(fault: Fault) -> str:
    return COUNTERS[int(fault.where)] if fault.where != "office" else COUNTERS[fault.number % len(COUNTERS)]


def _robbed(request: PaymentRequest, at: Instant) -> Body:
    payload = emv_qr.encode(bin=THIEF.bin, account=THIEF.account, amount=request.amount, memo=request.reference)
    changes = {"beneficiary": THIEF, "payload": payload, "expires_at": at + timedelta(seconds=300)}
    return request.model_copy(update=changes)


def _paid(request: PaymentRequest, at: Instant) -> Body:
    slip = Slip(
        office="x",
        lines=request.lines,
        amount=request.amount,
        reference=request.reference,
        bank_reference=None,
        paid_at=at,
        lookup="x",
    )
    return PaymentResult(
        payment=request.payment, outcome=Outcome.PAID, amount=request.amount, received=request.amount, slip=slip
    )
