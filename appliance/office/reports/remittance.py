"""Pure: what the office owes the treasury for a period, by fee. Only what was really and exactly paid."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.office.payment import Payment, State
from appliance.office.reports.fees import FeeSum, fee_sums, is_collected
from appliance.office.reports.period import Period
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Beneficiary, FeeKind
from mqtt_schema.types import Vnd


@dataclass(frozen=True)
class Source:
    """An account on which the money lies, and how much of it (đồng)."""

    beneficiary: Beneficiary
    amount: Vnd


@dataclass(frozen=True)
class Remittance:
    """What goes to the treasury. `paid` is the sum of the paid payments, which the lines must reach; in đồng."""

    fees: tuple[FeeSum, ...]
    payments: int
    dossiers: int
    waived: int
    paid: Vnd
    sources: tuple[Source, ...]

    def of_kind(self, kind: FeeKind) -> tuple[FeeSum, ...]:
        """Pick the phí, or the lệ phí."""
        return tuple(fee for fee in self.fees if fee.kind is kind)

    @property
    def total(self) -> Vnd:
        """The sum of all lines."""
        return Vnd(sum(fee.amount for fee in self.fees))


def remit(payments: Sequence[Payment], period: Period, office: OfficeSettings) -> Remittance:
    """Gather what was collected in the period; of the other payments only the waived ones are counted."""
    collected = [payment for payment in payments if is_collected(payment, period)]
    waived = [p for p in payments if p.state is State.WAIVED and period.contains(p.created_at)]
    return Remittance(
        fees=fee_sums(collected, office),
        payments=len(collected),
        dossiers=len({line.dossier for payment in collected for line in payment.lines}),
        waived=len(waived),
        paid=Vnd(sum(payment.amount for payment in collected)),
        sources=_sources(collected, office),
    )


def _sources(collected: Sequence[Payment], office: OfficeSettings) -> tuple[Source, ...]:
    sums: dict[tuple[str, str], Source] = {}
    for payment in collected:
        to = payment.beneficiary
        known = sums.get((to.bin, to.account), Source(to, Vnd(0)))
        sums[to.bin, to.account] = Source(known.beneficiary, Vnd(known.amount + payment.amount))
    return tuple(sums.values()) or (Source(office.beneficiary, Vnd(0)),)
