"""What holds in every state of a session, whatever happened before."""

from appliance.counter.memory import REMEMBERED
from appliance.counter.session import STAYS
from appliance.counter.slips import SHELF_HOLDS
from appliance.counter.state import Idle, Notice, Paying, Preparing, Session
from mqtt_schema import emv_qr
from mqtt_schema.messages import PaymentRequest
from tests.support.spoken import OURS


def check_session(session: Session) -> None:
    """One payment at a time, one slip at a time, and only codes that are ours. Raises `AssertionError`."""
    here = [asked.payment for asked in session.waiting]
    assert len(set(here)) == len(here), "somebody waits twice"
    assert not (isinstance(session.glass, Idle | Preparing) and here), "somebody waits before a free glass"
    for asked in session.waiting:
        check_code(asked)
    match session.glass:
        case Paying(request=request):
            check_code(request)
            assert request.payment not in here
        case Notice(amount=amount, notice=notice, stays=stays):
            assert amount is None or notice == "paid", "an amount that nobody verified"
            assert stays <= STAYS
    assert sum(job.is_started for job in session.slips) <= 1, "two slips at once"
    originals = [job.payment for job in session.slips if not job.is_copy]
    assert len(set(originals)) == len(originals), "a slip is owed twice"
    check_shelf(session)
    assert len({word.payment for word in session.heard}) == len(session.heard) <= REMEMBERED + SHELF_HOLDS


def check_shelf(session: Session) -> None:
    """Every slip lies there once and nowhere else, and only the last may know its words. Raises `AssertionError`."""
    waiting = [shelved.payment for shelved in session.shelf]
    assert len(set(waiting)) == len(waiting) <= SHELF_HOLDS, "a slip waits twice"
    owed = {job.payment for job in session.slips if not job.is_copy}
    assert not owed & set(waiting), "a slip is due, and waits"
    assert {*waiting, *owed} <= {word.payment for word in session.heard if word.had_slip and word.slip_end is None}
    assert not any(shelved.job for shelved in session.shelf[:-1]), "words that nobody needs any more"
    for shelved in session.shelf:
        if shelved.job is not None:
            assert (shelved.job.payment, shelved.job.is_started) == (shelved.payment, False)
            assert not shelved.job.is_copy, "a copy waits"


def check_code(request: PaymentRequest) -> None:
    """The code says what its job says, and pays nobody but us. Raises `AssertionError`."""
    code = emv_qr.decode(request.payload)
    assert code.amount == str(request.amount)
    assert (code.bin, code.account) == (OURS.bin, OURS.account)
    assert code.memo == request.reference
    assert request.beneficiary == OURS
