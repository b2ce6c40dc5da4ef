from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from appliance.clock import VirtualClock
from appliance.office.cashier import Cashier
from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.intake import AGAIN_S, MAX_BODY_BYTES, Intake
from appliance.office.ledger import Ledger
from appliance.office.notification import sepay
from appliance.office.payment import Payment, State
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema.types import Vnd

Create = Callable[..., Payment]
Notify = Callable[..., tuple[dict[str, str], bytes]]


def waiting(ledger: Ledger) -> list[bytes]:
    with ledger.read() as books:
        return [kept.raw for kept in books.notifications_to_book()]


def quarantined(ledger: Ledger) -> int:
    with ledger.read() as books:
        return books.quarantined()


def booked(ledger: Ledger, clock: VirtualClock) -> list[Verdict]:
    with ledger.read() as books:
        return [one.verdict for one in books.credits(clock.now().replace(hour=0), clock.now().replace(hour=23))]


# The door


def test_a_proven_notification_is_kept_before_it_is_answered(
    intake: Intake, notify: Notify, ledger: Ledger, clock: VirtualClock
) -> None:
    headers, raw = notify("chuyen tien", 1000)
    assert intake.receive(headers, raw).status == 200
    assert waiting(ledger) == [raw]
    assert booked(ledger, clock) == []


def test_whoever_books_is_called_when_something_lies_ready(
    ledger: Ledger, cashier: Cashier, proof: sepay.Proof, clock: VirtualClock, notify: Notify
) -> None:
    calls: list[int] = []
    intake = Intake(ledger, cashier, proof, clock, lambda: calls.append(len(waiting(ledger))))
    intake.receive(*notify("chuyen tien", 1000))
    intake.receive({}, b"forged")
    assert calls == [1]


def test_a_bad_signature_is_refused_and_nothing_is_booked(
    intake: Intake, notify: Notify, create: Create, cashier: Cashier, ledger: Ledger, clock: VirtualClock
) -> None:
    payment = create()
    headers, raw = notify(payment.reference, payment.amount)
    answer = intake.receive(headers | {"x-sepay-signature": "sha256=" + "0" * 64}, raw)
    assert (answer.status, "signature" in answer.text) == (401, True)
    intake.book_kept()
    assert (waiting(ledger), booked(ledger, clock), quarantined(ledger)) == ([], [], 1)
    assert cashier.payment(payment.id).state is State.PENDING


def test_an_old_notification_played_again_is_refused(
    intake: Intake, notify: Notify, clock: VirtualClock, ledger: Ledger
) -> None:
    headers, raw = notify("chuyen tien", 1000)
    clock.go_on(301)
    assert intake.receive(headers, raw).status == 401
    assert quarantined(ledger) == 1


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 401), (MAX_BODY_BYTES + 1, 413)])
def test_a_body_over_the_cap_is_not_even_verified(size: int, status: int, intake: Intake, ledger: Ledger) -> None:
    assert intake.receive({}, b"x" * size).status == status
    assert quarantined(ledger) == 1


def test_of_a_refused_body_only_the_beginning_is_kept(intake: Intake, ledger: Ledger) -> None:
    """Nobody can fill the disk: few bytes of each, and few of them (the ledger's part)."""
    intake.receive({}, b"x" * MAX_BODY_BYTES)
    with ledger.engine.connect() as connection:
        assert connection.execute(text("select length(raw) from quarantine")).scalar_one() == 4096


# Booking


def test_a_kept_notification_is_booked_once_and_closed(
    intake: Intake, notify: Notify, create: Create, cashier: Cashier, ledger: Ledger, clock: VirtualClock
) -> None:
    payment = create()
    intake.receive(*notify(payment.reference, payment.amount))
    intake.book_kept()
    intake.book_kept()
    assert (waiting(ledger), booked(ledger, clock)) == ([], [Verdict.MATCHED])
    assert cashier.payment(payment.id).state is State.PAID


def test_the_same_notification_twice_is_booked_once(
    intake: Intake, notify: Notify, create: Create, ledger: Ledger, clock: VirtualClock
) -> None:
    payment = create()
    headers, raw = notify(payment.reference, payment.amount)
    for _ in range(3):
        assert intake.receive(headers, raw).status == 200
    intake.book_kept()
    assert booked(ledger, clock) == [Verdict.MATCHED]
    with ledger.read() as books:
        assert [done.milestone for done in books.timeline(payment.id)].count("paid") == 1


def test_a_crash_between_booking_and_closing_books_once(
    intake: Intake, notify: Notify, create: Create, cashier: Cashier, ledger: Ledger, clock: VirtualClock
) -> None:
    payment = create()
    headers, raw = notify(payment.reference, payment.amount)
    intake.receive(headers, raw)
    credit = sepay.parse(raw)
    assert credit is not None
    cashier.book(credit, clock.now())  # and here the power fails: the notification stays open
    assert waiting(ledger) == [raw]
    intake.book_kept()
    assert (waiting(ledger), booked(ledger, clock)) == ([], [Verdict.MATCHED])


def test_what_was_kept_before_a_crash_is_booked_at_the_next_start(
    intake: Intake,
    notify: Notify,
    create: Create,
    ledger: Ledger,
    cashier: Cashier,
    proof: sepay.Proof,
    clock: VirtualClock,
) -> None:
    payment = create()
    intake.receive(*notify(payment.reference, payment.amount))
    Intake(ledger, cashier, proof, clock).book_kept()
    assert cashier.payment(payment.id).state is State.PAID


@pytest.mark.parametrize(
    "otherwise", [{"transferType": "out"}, {"transferAmount": 0}, {"transactionDate": "yesterday"}, {"id": None}]
)
def test_what_is_no_credit_is_closed_with_a_reason_and_holds_nobody_up(
    otherwise: dict[str, object], intake: Intake, notify: Notify, create: Create, ledger: Ledger, clock: VirtualClock
) -> None:
    payment = create()
    intake.receive(*notify(payment.reference, payment.amount, **otherwise))
    intake.receive(*notify(payment.reference, payment.amount))
    intake.book_kept()
    assert (waiting(ledger), booked(ledger, clock)) == ([], [Verdict.MATCHED])


@pytest.mark.parametrize("said", ["   ", "F" * 250, "\u202e"])
def test_whatever_the_bank_calls_its_transfer_nobody_is_held_up(
    said: str, intake: Intake, notify: Notify, create: Create, cashier: Cashier, ledger: Ledger
) -> None:
    payment = create()
    intake.receive(*notify(payment.reference, payment.amount, referenceCode=said))
    intake.book_kept()
    assert waiting(ledger) == []
    assert cashier.payment(payment.id).state is State.PAID


def test_another_notification_of_the_same_money_is_not_booked_again(
    intake: Intake, notify: Notify, create: Create, ledger: Ledger, clock: VirtualClock
) -> None:
    payment = create()
    for _ in range(2):
        intake.receive(*notify(payment.reference, payment.amount, referenceCode="FT-THE-SAME"))
    intake.book_kept()
    assert booked(ledger, clock) == [Verdict.MATCHED]


def test_a_credit_has_the_banks_time_not_ours(
    intake: Intake, notify: Notify, ledger: Ledger, clock: VirtualClock
) -> None:
    intake.receive(*notify("chuyen tien", 1000, transactionDate="2026-11-22 08:00:00"))
    intake.book_kept()
    with ledger.read() as books:
        (one,) = books.credits(clock.now().replace(hour=0), clock.now().replace(hour=23))
    credit: Credit = one.credit
    assert (credit.at.hour, credit.at.minute) == (1, 0)
    assert one.booked_at == clock.now()


class StumblingCashier(Cashier):
    """Breaks on one notification, whatever the reason; until somebody mends it."""

    is_mended = False

    def book(self, credit: Credit, received_at: datetime, *others: Any) -> str:
        if credit.amount == Vnd(1) and not self.is_mended:
            raise RuntimeError("something nobody thought of")
        return super().book(credit, received_at, *others)


def test_a_notification_that_breaks_the_booking_holds_up_nobody_and_stays_open(
    ledger: Ledger,
    office_settings: OfficeSettings,
    till: Till,
    proof: sepay.Proof,
    clock: VirtualClock,
    notify: Notify,
) -> None:
    intake = Intake(ledger, StumblingCashier(ledger, office_settings, till, clock), proof, clock)
    breaking, fine = notify("chuyen tien", 1), notify("chuyen tien", 1000)
    intake.receive(*breaking)
    intake.receive(*fine)

    intake.book_kept()

    assert booked(ledger, clock) == [Verdict.UNMATCHED]
    assert waiting(ledger) == [breaking[1]]


def test_what_could_not_be_booked_is_tried_again_by_itself_but_not_at_every_turn(
    ledger: Ledger,
    office_settings: OfficeSettings,
    till: Till,
    proof: sepay.Proof,
    clock: VirtualClock,
    notify: Notify,
) -> None:
    cashier = StumblingCashier(ledger, office_settings, till, clock)
    intake = Intake(ledger, cashier, proof, clock)
    intake.receive(*notify("chuyen tien", 1))
    intake.book_kept()
    cashier.is_mended = True

    clock.go_on(AGAIN_S - 0.1)
    intake.book_again()
    assert booked(ledger, clock) == []
    clock.go_on(0.1)
    intake.book_again()
    assert (booked(ledger, clock), waiting(ledger)) == ([Verdict.UNMATCHED], [])


def test_whoever_has_nothing_to_try_again_does_not_ask_the_ledger(
    intake: Intake, notify: Notify, ledger: Ledger
) -> None:
    intake.book_kept()
    intake.receive(*notify("chuyen tien", 1))
    intake.book_again()
    assert waiting(ledger) != [], "that is for book_kept, which is called when it comes"


def test_a_ledger_that_breaks_the_reading_is_asked_again(
    office_settings: OfficeSettings,
    till: Till,
    cashier: Cashier,
    proof: sepay.Proof,
    clock: VirtualClock,
    notify: Notify,
) -> None:
    ledger = Ledger(office_settings.database)
    intake = Intake(ledger, cashier, proof, clock)
    intake.receive(*notify("chuyen tien", 1000))
    with ledger.engine.begin() as connection:
        connection.execute(text("ALTER TABLE notification RENAME TO elsewhere"))
    with pytest.raises(DBAPIError):
        intake.book_kept()
    with ledger.engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO notification"))

    clock.go_on(AGAIN_S)
    intake.book_again()

    assert (booked(ledger, clock), waiting(ledger)) == ([Verdict.UNMATCHED], [])
    ledger.close()
