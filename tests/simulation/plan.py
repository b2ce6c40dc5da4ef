"""Pure: what will happen in one world, drawn from a seed before it begins, so that parts can be taken away again."""

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

PayHabit = Literal["exact", "short", "over", "double", "parts", "late", "never", "unknown memo"]
ClerkHabit = Literal[
    "cancel",
    "park",
    "on behalf",
    "copy",
    "check",
    "resume at once",
    "print here",
    "print elsewhere",
    "drop the slip",
    "insist",
]
TouchHabit = Literal["help", "no phone", "more time", "copy", "stay", "dismiss"]
FaultKind = Literal[
    "power",
    "partition",
    "broker restart",
    "clock",
    "disk full",
    "paper out",
    "printer dies",
    "printer lies",
    "replay",
    "forged result",
    "forged request",
    "swapped account",
    "garbage",
    "wrong topic",
    "forged notice",
    "altered notice",
    "replayed notice",
]

Places = tuple[str, ...]
COUNTERS_ONLY: Places = ("0", "1", "2")
ANYWHERE: Places = ("office", *COUNTERS_ONLY)

WORLD = 100
"""So many payments make one world; a longer run is several worlds, each from a seed of its own."""

_PAYS: tuple[tuple[PayHabit, float], ...] = (
    ("exact", 70),
    ("short", 4),
    ("over", 4),
    ("double", 5),
    ("parts", 2),
    ("late", 4),
    ("never", 8),
    ("unknown memo", 3),
)
_FAULTS: tuple[tuple[FaultKind, float], ...] = (
    ("power", 30),
    ("partition", 10),
    ("broker restart", 5),
    ("clock", 6),
    ("disk full", 5),
    ("paper out", 8),
    ("printer dies", 4),
    ("printer lies", 3),
    ("replay", 8),
    ("forged result", 3),
    ("forged request", 3),
    ("swapped account", 4),
    ("garbage", 2),
    ("wrong topic", 3),
    ("forged notice", 2),
    ("altered notice", 2),
    ("replayed notice", 2),
)


@dataclass(frozen=True)
class Order:
    """One payment that somebody orders, and what people then do. Seconds count from the world's beginning, or from the
    moment at which the code was first seen.
    """

    number: int
    at_s: float
    counter: int
    amount: int
    pays: PayHabit
    pays_after_s: float
    is_on_behalf: bool = False
    is_waived: bool = False
    is_ordered_twice: bool = False
    clerk: tuple[tuple[ClerkHabit, float], ...] = ()
    touches: tuple[tuple[TouchHabit, float], ...] = ()


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `where`: "office" or a counter's number; `size` means what the kind makes of it."""

    number: int
    at_s: float
    kind: FaultKind
    where: str
    size: float


@dataclass(frozen=True)
class Noise:
    """How the network treats each message: probabilities to be lost, doubled, or on its way for up to 90 seconds."""

    lost: float
    doubled: float
    slow: float

    @property
    def is_silent(self) -> bool:
        """Whether nothing happens to any message."""
        return self == SILENCE


SILENCE = Noise(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Plan:
    """Everything that is not the product's own doing. Same plan, same world, to the last step."""

    seed: int
    orders: tuple[Order, ...]
    faults: tuple[Fault, ...]
    noise: Noise

    @property
    def ends_s(self) -> float:
        """When the last planned thing begins."""
        return max((*(order.at_s for order in self.orders), *(fault.at_s for fault in self.faults)), default=0.0)


def draw(
    seed: int, payments: int, *, is_stormy: bool = False, only: tuple[FaultKind, ...] = (), at: Places = ANYWHERE
) -> Plan:
    """The plan of one world. How calm or noisy or hostile it is comes from the seed as well, unless it shall storm.

    `only`: a storm of these faults and no others, in these places.
    """
    rng = Random(f"plan/{seed}")
    pace_s = rng.choice((8.0, 15.0, 30.0))
    orders = tuple(_orders(rng, payments, pace_s))
    per_payment = rng.choice((0.0, 0.1, 0.3, 0.6))
    noise = _noise(rng)
    if is_stormy or only:
        per_payment, noise = 1.5, Noise(0.1, 0.1, 0.03)
    faults = tuple(_faults(rng, round(payments * per_payment), orders[-1].at_s + 30.0, only, at))
    return Plan(seed, orders, faults, noise)


def _noise(rng: Random) -> Noise:
    light, heavy, lossy = Noise(0.02, 0.02, 0.02), Noise(0.1, 0.1, 0.05), Noise(0.3, 0.05, 0.02)
    return rng.choices((SILENCE, light, heavy, lossy), (4, 4, 2, 1))[0]


def _orders(rng: Random, payments: int, pace_s: float) -> list[Order]:
    at_s, orders = 5.0, []
    for number in range(1, payments + 1):
        at_s += rng.expovariate(1 / pace_s)
        orders.append(_order(rng, number, at_s))
    return orders


def _order(rng: Random, number: int, at_s: float) -> Order:
    habits, weights = zip(*_PAYS, strict=True)
    order = Order(
        number=number,
        at_s=round(at_s, 3),
        counter=rng.randrange(3),
        amount=1000 * rng.randint(1, 900) + rng.choice((0, 0, 500)),
        pays=rng.choices(habits, weights)[0],
        pays_after_s=round(rng.uniform(2, 25), 3),
        is_on_behalf=rng.random() < 0.05,
        is_ordered_twice=rng.random() < 0.05,
        clerk=_clerk(rng),
        touches=_touches(rng),
    )
    return replace(order, amount=0, is_waived=True, is_on_behalf=False) if rng.random() < 0.03 else order


def _clerk(rng: Random) -> tuple[tuple[ClerkHabit, float], ...]:
    if rng.random() > 0.25:
        return ()
    kinds: tuple[ClerkHabit, ...] = (
        *("cancel", "park", "on behalf", "copy", "copy", "check", "resume at once"),
        *("print here", "print elsewhere", "print elsewhere", "drop the slip", "insist"),
    )
    return tuple((rng.choice(kinds), round(rng.uniform(0.5, 80), 3)) for _ in range(rng.choice((1, 1, 2))))


def _touches(rng: Random) -> tuple[tuple[TouchHabit, float], ...]:
    if rng.random() > 0.25:
        return ()
    kinds: tuple[TouchHabit, ...] = ("help", "no phone", "more time", "copy", "copy", "stay", "dismiss")
    return tuple((rng.choice(kinds), round(rng.uniform(0.5, 40), 3)) for _ in range(rng.choice((1, 2, 3))))


def _faults(rng: Random, count: int, until_s: float, only: tuple[FaultKind, ...], at: Places) -> list[Fault]:
    kinds, weights = zip(*(row for row in _FAULTS if not only or row[0] in only), strict=True)
    drawn = [
        Fault(number, round(rng.uniform(5, until_s), 3), kind, rng.choice(at), rng.random())
        for number, kind in enumerate(rng.choices(kinds, weights, k=count), 1)
    ]
    return sorted(drawn, key=lambda fault: fault.at_s)
