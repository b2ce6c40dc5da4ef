"""Pure: what of an event stands in the counter's chain for everybody to read. Nothing that is personal, ever.

A list of what may, not of what may not: a field that is new tomorrow stays out until somebody has thought about it.
What is left out (fee names, dossiers, who asked, all words) is bound to the chain by a salted digest.
"""

from collections.abc import Mapping
from typing import Any

from appliance.counter.events import CopyAsked, Event, Requested, Resulted, Unusable, WantedByClerk
from appliance.counter.state import Session

MAY_STAND = frozenset(
    (
        "payment",
        "sequence",
        "is_copy",
        "outcome",
        "pixels",
        "time",
        "step_s",
        "serial",
        "is_key_revoked",
        "help",
        "known_at",
    )
)
"""Fields of events that say nothing of a person: numbers, digests and words of our own."""


def of_event(event: Event) -> dict[str, Any]:
    """What the chain says of an event, besides its kind and time."""
    plain: dict[str, Any] = {name: value for name, value in vars(event).items() if name in MAY_STAND}
    return {**plain, **_within(event)}


def _within(event: Event) -> Mapping[str, Any]:
    match event:
        case Requested(request=request):
            to = request.beneficiary
            money = {"amount": request.amount, "bin": to.bin, "account": to.account}
            return {"payment": request.payment, "reference": request.reference, **money}
        case Resulted(result=result):
            money = {"amount": result.amount, "received": result.received}
            return {"payment": result.payment, "outcome": result.outcome, **money}
        case CopyAsked(reprint=asked) | WantedByClerk(wanted=asked):
            return {"payment": asked.payment, "amount": asked.slip.amount}
        case Unusable(trouble=trouble):
            return {"trouble": trouble.kind}
    return {}


def of_rest(session: Session) -> dict[str, Any]:
    """What the chain says of a checkpoint."""
    return {"waiting_slips": len(session.shelf), "fleet_serial": session.fleet_serial}
