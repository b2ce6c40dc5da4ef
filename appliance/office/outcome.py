"""Pure: what one event makes of a payment: its next state, and what is to be done about it."""

from dataclasses import dataclass, replace

from appliance.office.events import Effect, Report
from appliance.office.state import Payment


@dataclass(frozen=True)
class Step:
    """The next state, and what is to be done."""

    payment: Payment
    effects: tuple[Effect, ...] = ()

    @property
    def objection(self) -> str | None:
        """Why nothing happened, in words, or None."""
        return next((effect.text for effect in self.effects if isinstance(effect, Report)), None)


def objected(payment: Payment, text: str) -> Step:
    """Leave the payment as it is, and say why."""
    return Step(payment, (Report(text),))


def moved(payment: Payment, *effects: Effect, **changes: object) -> Step:
    """Change these fields, and have this done."""
    return Step(replace(payment, **changes), effects)  # type: ignore[arg-type]  # the callers name real fields
