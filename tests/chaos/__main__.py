"""`make chaos`: real processes, killed and cut off at random while people pay. Non-zero when anything is lost or twice.

    python -m tests.chaos --payments 1000               both brokers, one after the other
    python -m tests.chaos --broker mosquitto --seed 7   the same blows again

As root each counter sits in a network namespace of its own; without, or where the kernel refuses, processes are killed
and nothing else is done, and that is said.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from appliance.demo.stage import StageError
from tests.chaos import day, nets
from tests.chaos.blows import Killer, Saboteur
from tests.chaos.errors import ChaosError, MissingToolError
from tests.chaos.ground import BrokerKind, Ground
from tests.chaos.nets import Nets

BUILD = Path(__file__).parents[2] / "build" / "chaos"
"""Settings, logs, ledgers and papers of the last run: when something went wrong, look there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when nothing was lost, 1 when something was, 2 when a tool is missing."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = _parser().parse_args(given)
    refused = "no namespaces: not wanted" if asked.no_nets else nets.objection()
    if refused is None and not nets.is_inside():
        nets.go_inside(given)
    print(refused or f"each of {asked.counters} counters in a network namespace of its own", flush=True)
    # Whoever ends us wants the processes and the namespaces gone, too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    brokers: list[BrokerKind] = ["embedded", "mosquitto"] if asked.broker == "both" else [asked.broker]
    try:
        return max(_run(broker, asked, has_nets=refused is None) for broker in brokers)
    except MissingToolError as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    except (ChaosError, StageError) as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 1


def _run(broker: BrokerKind, asked: argparse.Namespace, *, has_nets: bool) -> int:
    directory = BUILD / broker
    shutil.rmtree(directory, ignore_errors=True)
    with ExitStack() as stack:
        laid = stack.enter_context(Nets(asked.counters)) if has_nets else None
        ground = stack.enter_context(Ground(directory, broker, asked.counters, laid))
        kinds = (Killer, Saboteur) if has_nets else (Killer,)
        conductors = [kind(ground, asked.seed, (asked.gap, 3 * asked.gap)) for kind in kinds]
        lived = day.live(ground, asked.payments, asked.seed, conductors)
    said = day.table(lived, f"{broker}, seed {asked.seed}")
    (BUILD / f"{broker}.txt").write_text(said + "\n", "utf-8")
    print(said, flush=True)
    return 1 if lived.findings else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--payments", type=int, default=1000, help="how many, with each broker")
    parser.add_argument("--broker", choices=["both", "embedded", "mosquitto"], default="both")
    parser.add_argument("--counters", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument(
        "--gap", type=float, default=2.0, help="seconds between two blows, at least; three times at most"
    )
    parser.add_argument("--no-nets", action="store_true", help="kill processes only")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
