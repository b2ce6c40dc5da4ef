"""Draws the two state machines by running them, and writes the diagrams into `docs/payment-lifecycle.md`.

`python docs/lifecycle.py` writes; the tests call `drawn` and compare. Nothing here is imported at run time.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from appliance.counter import events as seen
from appliance.counter import session as counter
from appliance.office import events as asked
from appliance.office import payment as office
from appliance.office.credit import Credit
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import (
    Beneficiary,
    Channel,
    FeeKind,
    Line,
    Outcome,
    PaymentRequest,
    PaymentResult,
    Slip,
    SlipOutcome,
)
from mqtt_schema.types import Vnd

PAGE = Path(__file__).parent / "payment-lifecycle.md"
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
MEMO = reference.make("HK", [0] * 8)
AMOUNT = Vnd(12_000)
TO = Beneficiary(bin="970436", account="0123499999", account_name="UBND PHUONG HOAN KIEM", bank_name="Vietcombank")
LINE = Line(dossier="H26.1-261122-0001", fee_code="CT-BS", fee_name="Chứng thực", amount=AMOUNT, kind=FeeKind.PHI)
CODE = emv_qr.encode(bin=TO.bin, account=TO.account, amount=AMOUNT, memo=MEMO)
TERMS = office.Terms("UBND phường", payment_valid_s=300, settle_s=60)
RULES = counter.Rules(beneficiaries=(TO,))

State = TypeVar("State")
Edge = tuple[str, str, str]
"""From, to, because of."""


def drawn(page: str) -> str:
    """The page with both diagrams as the code draws them today."""
    page = _between(page, "payment", _diagram(_payment_edges()))
    return _between(page, "session", _diagram(_session_edges()))


def _between(page: str, name: str, diagram: str) -> str:
    before, rest = page.split(f"<!-- {name} -->\n", 1)
    _, after = rest.split(f"<!-- end of {name} -->", 1)
    return f"{before}<!-- {name} -->\n```mermaid\n{diagram}```\n<!-- end of {name} -->{after}"


def _diagram(edges: set[Edge]) -> str:
    merged: dict[tuple[str, str], set[str]] = {}
    for start, end, because in edges:
        merged.setdefault((start, end), set()).add(because)
    lines = [f"    {start} --> {end}: {', '.join(sorted(why))}" for (start, end), why in sorted(merged.items())]
    return "\n".join(["stateDiagram-v2", *lines]) + "\n"


def _walk(
    starts: Iterable[State],
    moves: Callable[[State], Iterable[tuple[str, State]]],
    name: Callable[[State], str],
) -> set[Edge]:
    """Follow every move from every state until no new state turns up."""
    edges: set[Edge] = set()
    reached: list[State] = []
    to_do = list(starts)
    while to_do:
        state = to_do.pop()
        if state in reached:
            continue
        reached.append(state)
        for because, after in moves(state):
            to_do.append(after)
            if name(after) != name(state):
                edges.add((name(state), name(after), because))
    return edges


# The payment of the office


def _payment_edges() -> set[Edge]:
    payment = office.Payment(
        id="0" * 32,
        reference=MEMO,
        counter="quay-01",
        clerk="Lan",
        channel=Channel.COUNTER,
        source="desk",
        lines=(LINE,),
        amount=AMOUNT,
        beneficiary=TO,
        payload=CODE,
        created_at=NOON,
    )
    free = replace(payment, lines=(LINE.model_copy(update={"amount": 0}),), amount=Vnd(0), waiver_reason="hộ nghèo")
    opened = [office.open_payment(each).payment for each in (payment, free)]
    begun = {("[*]", _payment_name(each), "created") for each in opened}
    return begun | _walk(opened, _payment_moves, _payment_name)


def _payment_name(payment: office.Payment) -> str:
    is_pending = payment.state is office.State.PENDING
    return f"{payment.state.value}_{payment.place.value}" if is_pending else payment.state.value


def _payment_moves(payment: office.Payment) -> Iterable[tuple[str, office.Payment]]:
    events: list[tuple[str, asked.Event]] = [
        ("offered", asked.Offered(NOON)),
        ("shown", asked.Shown(NOON)),
        ("refused by counter", asked.RefusedByCounter(NOON, "amount")),
        ("park", asked.ParkAsked(NOON)),
        ("resume", asked.ResumeAsked(NOON)),
        ("cancel", asked.CancelAsked(NOON)),
        ("check with the bank", asked.CheckAsked(NOON)),
        ("more time", asked.MoreTimeAsked(NOON)),
        ("on behalf", asked.OnBehalfAsked(NOON, "An")),
        ("credit", asked.CreditArrived(NOON, _credit(AMOUNT))),
        ("smaller credit", asked.CreditArrived(NOON, _credit(Vnd(AMOUNT - 1)))),
        ("larger credit", asked.CreditArrived(NOON, _credit(Vnd(AMOUNT + 1)))),
        ("slip", asked.SlipReported(NOON, SlipOutcome.PRINTED, False, "")),
        ("copy", asked.CopyAsked(NOON, "Lan")),
        ("time", asked.Tick(LATER)),
    ]
    return [(because, office.step(payment, event, TERMS).payment) for because, event in events]


def _credit(amount: Vnd) -> Credit:
    return Credit("sepay", "1", "MBVCB.1", TO.account, None, amount, MEMO, NOON)


# The session of the counter


def _session_edges() -> set[Edge]:
    return {("[*]", "idle", "start")} | _walk([counter.Session()], _session_moves, _session_name)


def _session_name(session: counter.Session) -> str:
    match session.glass:
        case counter.Notice(notice=notice):
            return notice
        case glass:
            return glass.kind


def _session_moves(session: counter.Session) -> Iterable[tuple[str, counter.Session]]:
    request = PaymentRequest(
        payment="0" * 32,
        reference=MEMO,
        lines=(LINE,),
        channel=Channel.COUNTER,
        amount=AMOUNT,
        beneficiary=TO,
        payload=CODE,
        expires_at=NOON + timedelta(minutes=5),
    )
    forged = request.model_copy(update={"amount": Vnd(1)})
    slip = Slip(
        office="UBND phường",
        lines=(LINE,),
        amount=AMOUNT,
        reference=MEMO,
        bank_reference=None,
        paid_at=NOON,
        lookup=MEMO,
    )
    paid = PaymentResult(payment=request.payment, outcome=Outcome.PAID, amount=AMOUNT, received=AMOUNT, slip=slip)
    short = PaymentResult(payment=request.payment, outcome=Outcome.UNDERPAID, amount=AMOUNT, received=Vnd(1))
    later = max((word.sequence for word in session.heard), default=0) + 1
    events: list[tuple[str, seen.Event]] = [
        ("request", seen.Requested(NOON, later, NOON, request)),
        ("request that disagrees", seen.Requested(NOON, later, NOON, forged)),
        ("cancelled by clerk", seen.CancelledByClerk(NOON, later, request.payment)),
        ("parked by clerk", seen.ParkedByClerk(NOON, later, request.payment)),
        ("paid", seen.Resulted(NOON, later, paid)),
        ("underpaid, overpaid or late", seen.Resulted(NOON, later, short)),
        ("time", seen.Tick(LATER)),
        ("time", seen.Tick(LATER + timedelta(hours=1))),
    ]
    return [(because, _timeless(counter.step(session, event, RULES).session)) for because, event in events]


def _timeless(session: counter.Session) -> counter.Session:
    """The same state whatever the numbers of its messages were, or there would be no end of new states."""
    return replace(session, heard=tuple(replace(word, sequence=0) for word in session.heard), slips=())


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
