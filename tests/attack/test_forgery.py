"""Whoever owns the broker and the network may forge, alter and repeat: nothing wrong is shown, paid or printed."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from appliance.demo import phone
from appliance.demo.stage import SITE
from mqtt_schema import emv_qr, reference, signing, topics
from mqtt_schema.messages import (
    Beneficiary,
    Channel,
    Displayed,
    Envelope,
    FeeKind,
    Line,
    Outcome,
    PaymentRequest,
    PaymentResult,
    ReceiptReport,
    Slip,
    SlipOutcome,
)
from mqtt_schema.topics import Leaf
from mqtt_schema.types import Vnd
from tests.attack.conftest import Intruder, Town, quoted

pytestmark = pytest.mark.journey

ROBBER = Beneficiary(bin="970436", account="9999999999", account_name="NGUYEN VAN CUOP", bank_name="Vietcombank")
MEMO = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])


def request(town: Town, beneficiary: Beneficiary | None = None, code_of: Beneficiary | None = None) -> PaymentRequest:
    """A job with this beneficiary, and a code that pays `code_of`."""
    to = beneficiary or town.ground.case.beneficiary
    paid = code_of or to
    line = Line(dossier="H26.1-261122-0001", fee_code="KHAC", fee_name="Lệ phí", amount=Vnd(9000), kind=FeeKind.LE_PHI)
    return PaymentRequest.model_construct(
        type="payment_request",
        payment=uuid4().hex,
        reference=MEMO,
        lines=(line,),
        channel=Channel.COUNTER,
        amount=Vnd(9000),
        beneficiary=to,
        payload=emv_qr.encode(bin=paid.bin, account=paid.account, amount=9000, memo=MEMO),
        starts_at=None,
        expires_at=datetime.now(UTC) + timedelta(minutes=5),
        payer=None,
        is_on_behalf=False,
    )


def job(town: Town) -> str:
    """The topic on which the counter hears of payments."""
    return topics.build(SITE, town.counter, Leaf.JOB)


def now() -> datetime:
    return datetime.now(UTC)


def shows_no_code(town: Town) -> bool:
    try:
        town.scan()
    except phone.NothingToScanError:
        return True
    return False


def test_a_forged_job_is_refused_under_a_strange_name_and_under_the_office_s_own(
    town: Town, as_broker: Intruder
) -> None:
    for key in (signing.new_key("office-of-nobody"), signing.new_key("office-1")):
        forged = signing.sign(town.envelope(request(town), now()), key)
        as_broker.publish(job(town), forged)
        town.wait(lambda: town.has_set_aside("signature"), "the counter to set it aside")
        assert shows_no_code(town)
    town.wait(lambda: town.is_told("signature"), "the office to hear of it")
    town.a_good_payment()


def test_a_forged_result_prints_nothing_and_pays_nothing(town: Town, as_broker: Intruder) -> None:
    payment, slips, booked = town.create(), town.slips(), town.booked()
    forged = signing.sign(town.envelope(paid(payment), now()), signing.new_key("office-1"))
    as_broker.publish(topics.build(SITE, town.counter, Leaf.RESULT), forged)
    town.wait(lambda: town.has_set_aside("signature"), "the counter to set it aside")
    assert phone.read(town.scan()).memo == payment["reference"], "its code still stands there"
    assert (town.slips(), town.booked(), town.payment(payment["id"])["state"]) == (slips, booked, "pending")
    town.pay(payment)


def paid(payment: dict[str, object]) -> PaymentResult:
    """The word that this payment is paid."""
    line = Line(dossier="H26.1-261122-0001", fee_code="KHAC", fee_name="Lệ phí", amount=Vnd(35_000), kind=FeeKind.PHI)
    memo = str(payment["reference"])
    slip = Slip(
        office="UBND phường Hoàn Kiếm",
        lines=(line,),
        amount=Vnd(35_000),
        reference=memo,
        bank_reference="FT0",
        paid_at=now(),
        lookup=memo,
    )
    return PaymentResult(
        payment=str(payment["id"]), outcome=Outcome.PAID, amount=Vnd(35_000), received=Vnd(35_000), slip=slip
    )


@pytest.mark.parametrize("is_job_honest", [True, False], ids=["the code alone is another's", "the whole job is"])
def test_even_with_the_office_s_key_no_other_account_comes_onto_the_glass(
    is_job_honest: bool, town: Town, as_broker: Intruder
) -> None:
    swapped = request(town, code_of=ROBBER) if is_job_honest else request(town, ROBBER)
    as_broker.publish(job(town), signing.sign(town.envelope(swapped, now()), town.key("office")))
    town.wait(lambda: swapped.payment in town.log("office"), "the counter to say that it refused")
    town.wait(lambda: shows_no_code(town), "the glass to stay without a code")
    town.clear()
    town.a_good_payment()


def test_a_job_that_was_altered_after_it_was_signed_is_refused(town: Town, as_broker: Intruder) -> None:
    payment = town.create()
    topic, raw = town.said(payment["id"], "payment_request")
    honest = json.loads(raw)["payload"]
    mine = town.ground.case.beneficiary.account
    altered = quoted(raw, payload=honest.replace(mine, ROBBER.account).replace(payment["id"], uuid4().hex))
    as_broker.publish(topic, altered)
    town.wait(lambda: town.has_set_aside("signature"), "the counter to set it aside")
    assert phone.read(town.scan()).account == mine
    town.pay(payment)
    town.a_good_payment()


def test_what_was_said_before_changes_nothing_when_it_is_said_again(town: Town, as_broker: Intruder) -> None:
    payment = town.a_good_payment()
    slips = town.slips()
    for kind in ("payment_request", "payment_result"):
        topic, raw = town.said(payment["id"], kind)
        as_broker.publish(topic, raw)
        as_broker.publish(topic, raw)
    town.a_good_payment()
    assert town.slips() == slips + 1, "one more slip, and it is the good payment's"


def test_what_was_said_before_changes_nothing_though_its_id_was_forgotten(town: Town, as_broker: Intruder) -> None:
    payment = town.a_good_payment()
    with town.ground.killing:
        counter = town.ground.actors[town.counter]
        counter.kill(15)
        forget_ids(town)
        counter.start()
    town.wait(town.ground.is_ready, "the counter to be back")
    slips = town.slips()
    for kind in ("payment_request", "payment_result"):
        as_broker.publish(*town.said(payment["id"], kind))
    town.a_good_payment()
    assert town.slips() == slips + 1, "one more slip, and it is the good payment's"


def forget_ids(town: Town) -> None:
    """What `Journal.forget_before` does after two days."""
    with closing(sqlite3.connect(town.ground.directory / town.counter / "journal.sqlite")) as db:
        db.execute("DELETE FROM inbox")
        db.commit()


def test_a_notification_that_is_said_again_is_booked_once(town: Town) -> None:
    payment = town.create()
    body = town.pay(payment)
    booked = town.booked()
    town.bank.say(town.http, body)
    town.a_good_payment()
    assert town.booked() == booked + 1, "only the good payment's"


# A counter's certificate in the wrong hands.


def test_a_stolen_certificate_neither_speaks_nor_hears_at_another_counter(town: Town, as_neighbour: Intruder) -> None:
    if town.ground.kind != "mosquitto":
        pytest.skip("mosquitto is not installed here, and the embedded broker has no access rules")
    shown = Displayed(payment=uuid4().hex, amount=Vnd(1), payload="0", painted_at=now())
    raw = signing.sign(town.envelope(shown, now()), town.key(town.counter))
    for leaf in Leaf:
        assert as_neighbour.publish(topics.build(SITE, town.counter, leaf), raw) == "Not authorized"
    for wanted in (f"quaythu/v1/{SITE}/{town.counter}/job", "quaythu/#", "#"):
        as_neighbour.subscribe(wanted)
    town.a_good_payment()
    assert [topic for topic, _ in as_neighbour.heard if town.counter in topic] == []


def test_a_stolen_counter_key_cannot_speak_of_another_counter_s_payment(town: Town, as_broker: Intruder) -> None:
    payment = town.create()
    report = ReceiptReport(payment=payment["id"], outcome=SlipOutcome.PRINTED)
    as_itself = Envelope(id=uuid4().hex, site=SITE, counter=town.neighbour, sequence=0, issued_at=now(), body=report)
    for envelope, where in ((as_itself, town.neighbour), (town.envelope(report, now()), town.counter)):
        raw = signing.sign(envelope, town.key(town.neighbour))
        as_broker.publish(topics.build(SITE, where, Leaf.RECEIPT), raw)
    town.wait(lambda: town.log("office").count("unknown_payment") > 0, "the office to wonder")
    assert town.payment(payment["id"])["slip"] is None
    town.pay(payment)
    town.a_good_payment()
