"""Makes a failing plan small: takes orders, faults and noise away as long as the same invariant stays broken."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.simulation.plan import SILENCE, Order, Plan
from tests.simulation.world import Verdict

T = TypeVar("T")

Run = Callable[[Plan], Verdict]


def shrink(verdict: Verdict, run: Run, runs: int = 150) -> Verdict:
    """The smallest failing world that was found within so many runs."""
    search = _Search(verdict, run, runs)
    search.try_plan(replace(verdict.plan, noise=SILENCE))
    while search.is_going_on:
        size = _size(search.best.plan)
        search.without("faults", search.best.plan.faults)
        search.without("orders", search.best.plan.orders)
        search.simpler()
        if _size(search.best.plan) == size:
            break
    return search.best


def _size(plan: Plan) -> int:
    return len(plan.faults) + sum(1 + len(order.clerk) + len(order.touches) for order in plan.orders)


class _Search:
    def __init__(self, verdict: Verdict, run: Run, runs: int) -> None:
        self.best = verdict
        self._run = run
        self._left = runs

    @property
    def is_going_on(self) -> bool:
        return self._left > 0

    def try_plan(self, plan: Plan) -> bool:
        """Keep a smaller plan if it breaks the same invariant."""
        if not plan.orders or not self.is_going_on:
            return False
        self._left -= 1
        verdict = self._run(plan)
        if verdict.invariant != self.best.invariant:
            return False
        self.best = verdict
        return True

    def without(self, field: str, items: Sequence[T]) -> None:
        """Take away halves, then quarters, and so on down to single ones."""
        chunk = max(1, len(items) // 2)
        while chunk:
            start = 0
            while start < len(items):
                fewer = (*items[:start], *items[start + chunk :])
                if self.try_plan(replace(self.best.plan, **{field: fewer})):  # type: ignore[arg-type]  # a field's name
                    items = fewer
                else:
                    start += chunk
            chunk //= 2

    def simpler(self) -> None:
        """Let people do less."""
        for order in self.best.plan.orders:
            for simple in (
                replace(order, clerk=()),
                replace(order, touches=()),
                replace(order, is_ordered_twice=False),
            ):
                if simple != order:
                    self.try_plan(self._with(order, simple))

    def _with(self, order: Order, other: Order) -> Plan:
        known = {one.number: one for one in self.best.plan.orders}
        current = known[order.number]
        changed = {
            name: getattr(other, name)
            for name in ("clerk", "touches", "is_ordered_twice")
            if getattr(other, name) != getattr(order, name)
        }
        merged = replace(current, **changed)
        orders = tuple(merged if one.number == order.number else one for one in self.best.plan.orders)
        return replace(self.best.plan, orders=orders)


def told(verdict: Verdict) -> str:
    """A failing world in words: what was planned, and what came of it."""
    plan = verdict.plan
    lines = [f"{len(plan.orders)} orders, {len(plan.faults)} faults, {plan.noise}"]
    lines += [f"  order {one.number}: at {one.at_s} s for counter {one.counter + 1}, {one}" for one in plan.orders]
    lines += [
        f"  fault {one.number}: {one.kind} at {one.at_s} s, {one.where}, size {one.size:.3f}" for one in plan.faults
    ]
    return "\n".join([*lines, *verdict.told(), f"BROKEN: {verdict.invariant}: {verdict.detail}"])
