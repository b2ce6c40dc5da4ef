"""`python -m tests.simulation N SEED`: so many payments; ends non-zero as soon as an invariant is broken."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.bugs import PLANTED
from tests.simulation.cast import Cast
from tests.simulation.plan import WORLD, Plan, draw
from tests.simulation.shrink import shrink, told
from tests.simulation.world import Verdict, run


def worlds(payments: int, seed: int) -> list[tuple[int, int]]:
    """The worlds of a run: (seed, payments)."""
    whole, rest = divmod(payments, WORLD)
    sizes = [WORLD] * whole + ([rest] if rest else [])
    return [(seed + number, size) for number, size in enumerate(sizes)]


def one(world: tuple[int, int], *, is_stormy: bool = False) -> Verdict:
    """Run one world; its trace is kept only if it broke."""
    verdict = run(draw(world[0], world[1], is_stormy=is_stormy))
    if not verdict.is_broken:
        verdict.trace.clear()
    return verdict


def several(todo: list[tuple[int, int]], processes: int, *, is_stormy: bool = False) -> Iterator[Verdict]:
    """Run worlds, in other processes if there is more than one."""
    work = partial(one, is_stormy=is_stormy)
    if processes == 1:
        yield from map(work, todo)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(work, todo)


def replay(verdict: Verdict, *, is_stormy: bool) -> str:
    """How to see the same world again."""
    storm = " --storm" if is_stormy else ""
    return f"python -m tests.simulation {len(verdict.plan.orders)} {verdict.plan.seed}{storm}"


def _report(counts: Counter[str], ran: int, took_s: float) -> str:
    rate = counts["payments"] / took_s if took_s else 0.0
    faults = sum(number for what, number in counts.items() if what.startswith("fault: "))
    head = f"{counts['payments']} payments in {ran} worlds, {took_s:.0f} s, {rate:.1f} payments/s, {faults} faults"
    return "\n".join([head, *(f"  {number:>9,}  {what}" for what, number in sorted(counts.items()))])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("payments", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--storm", action="store_true", help="more faults than payments, and a bad network")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--planted", choices=sorted(PLANTED), help="with this bug in the product")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--trace", action="store_true", help="tell the whole course of the world, broken or not")
    asked = parser.parse_args(arguments)
    planted = PLANTED[asked.planted] if asked.planted else None
    cast = planted.cast if planted else Cast()

    def plan(seed: int, size: int) -> Plan:
        return planted.plan(seed, size) if planted else draw(seed, size, is_stormy=asked.storm)

    counts: Counter[str] = Counter()
    began_s, ran = time.monotonic(), 0
    todo = worlds(asked.payments, asked.seed)
    special = asked.planted or asked.trace
    found = (
        (run(plan(seed, size), cast) for seed, size in todo)
        if special
        else several(todo, asked.processes, is_stormy=asked.storm)
    )
    for verdict in found:
        counts.update(verdict.counts)
        ran += 1
        if asked.trace:
            print("\n".join(verdict.told()))
        if verdict.is_broken:
            return _broken(verdict, cast, asked)
        if ran % 50 == 0:
            print(f"{counts['payments']} payments, {time.monotonic() - began_s:.0f} s", flush=True)
    print(_report(counts, ran, time.monotonic() - began_s))
    return 0


def _broken(verdict: Verdict, cast: Cast, asked: argparse.Namespace) -> int:
    print(f"BROKEN in the world of seed {verdict.plan.seed}: {verdict.invariant}: {verdict.detail}")
    print(f"replay: {replay(verdict, is_stormy=asked.storm)}", flush=True)
    if not asked.no_shrink:

        def again(plan: Plan) -> Verdict:
            return run(plan, cast)

        print("shrunk to " + told(shrink(verdict, again)))
        print(f"replay: {replay(verdict, is_stormy=asked.storm)}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
