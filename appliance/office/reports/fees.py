"""Pure: what was collected, by fee. Budget codes come from the office's catalogue, never from here."""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.office.order import OTHER_FEE
from appliance.office.payment import Payment, State
from appliance.office.reports.period import Period
from appliance.settings import Fee, OfficeSettings
from mqtt_schema.messages import FeeKind, Line
from mqtt_schema.types import Vnd

COLLECTED = frozenset({State.PAID, State.PAID_LATE})
"""Whoever pays late has paid; who pays too little or too much has not, until a clerk decides."""

KIND_WORDS = {FeeKind.PHI: "Phí", FeeKind.LE_PHI: "Lệ phí"}

FeeKey = tuple[FeeKind, str, str]
"""What is added up together: kind, code, and the name where the code alone does not say what it is."""


@dataclass(frozen=True)
class FeeSum:
    """All that was collected of one fee.

    `chapter` and `sub_item` are empty when today's catalogue does not know the code (`is_listed` is false). `dossiers`
    counts distinct dossiers, `times` the lines; `amount` in đồng.
    """

    key: FeeKey
    code: str
    name: str
    kind: FeeKind
    chapter: str
    sub_item: str
    is_listed: bool
    dossiers: int
    times: int
    amount: Vnd


def is_collected(payment: Payment, period: Period) -> bool:
    """Say whether this payment's money was collected in the period."""
    return payment.state in COLLECTED and period.contains(payment.paid_at)


def fee_key(line: Line, office: OfficeSettings) -> FeeKey:
    """Say under which fee a line is added up; free and forgotten fees go by their name as well."""
    is_clear = line.fee_code != OTHER_FEE and office.fee(line.fee_code) is not None
    return line.kind, line.fee_code, "" if is_clear else line.fee_name


def fee_sums(collected: Iterable[Payment], office: OfficeSettings) -> tuple[FeeSum, ...]:
    """Add up the lines of collected payments by fee: phí before lệ phí, then in the catalogue's order.

    The free fees follow, then what the catalogue does not know any more.
    """
    groups: dict[FeeKey, list[Line]] = {}
    for payment in collected:
        for line in payment.lines:
            groups.setdefault(fee_key(line, office), []).append(line)
    ranks = {fee.code: rank for rank, fee in enumerate(office.fees)}
    return tuple(_fee_sum(key, groups[key], office) for key in sorted(groups, key=lambda key: _rank(key, ranks)))


def _rank(key: FeeKey, ranks: dict[str, int]) -> tuple[bool, bool, bool, int, str, str]:
    kind, code, name = key
    return kind is not FeeKind.PHI, code not in ranks, code == OTHER_FEE, ranks.get(code, 0), code, name


def _fee_sum(key: FeeKey, lines: list[Line], office: OfficeSettings) -> FeeSum:
    kind, code, name = key
    fee: Fee | None = office.fee(code)
    return FeeSum(
        key=key,
        code=code,
        name=name or (fee.name if fee else code),
        kind=kind,
        chapter=fee.chapter if fee else "",
        sub_item=fee.sub_item if fee else "",
        is_listed=fee is not None,
        dossiers=len({line.dossier for line in lines}),
        times=len(lines),
        amount=Vnd(sum(line.amount for line in lines)),
    )
