"""Pure: a call from a counter, in words and with what a clerk may do about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.office.payment import Payment, Place, State
from appliance.office.records import Call
from mqtt_schema.messages import HelpKind, Language
from mqtt_schema.types import Instant

_WORDS: Mapping[HelpKind, str] = {
    HelpKind.HELP: "có người cần giúp",
    HelpKind.NO_PHONE: "có người không có điện thoại",
    HelpKind.MORE_TIME: "có người cần thêm thời gian",
}

_LANGUAGES: Mapping[Language, str] = {"vi": "", "en": "nói tiếng Anh"}


@dataclass(frozen=True)
class Ringing:
    """One call. `on_behalf` is the way to pay for this person, empty where that is not what they need."""

    id: int
    counter: str
    kind: str
    sentence: str
    detail: str
    called_at: Instant
    payment: str | None
    on_behalf: str


def ringing(call: Call, counter_name: str, payment: Payment | None) -> Ringing:
    """Word a call. `payment` is the one that stood on the glass."""
    return Ringing(
        id=call.id,
        counter=call.counter,
        kind=call.kind.value,
        sentence=f"{counter_name}: {_WORDS[call.kind]}",
        detail=_LANGUAGES[call.language],
        called_at=call.called_at,
        payment=payment.id if payment else None,
        on_behalf=_on_behalf(call, payment) if call.kind is HelpKind.NO_PHONE else "",
    )


def _on_behalf(call: Call, payment: Payment | None) -> str:
    """The payment on the glass if it can still be paid so, else a new one at this counter."""
    if payment is not None and payment.state is State.PENDING and payment.place is not Place.REFUSED:
        return f"/desk/payments/{payment.id}?on_behalf=1"
    return f"/desk?counter={call.counter}&on_behalf=1"
