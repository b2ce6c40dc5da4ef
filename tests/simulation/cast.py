"""Who plays: the product's own classes, put together as its two programs do. Nobody else here calls their constructors.

Each part may be played by another class (`Cast`): that is how `bugs` proves that the watch can see. All that is added
to the real classes here is that they touch their machine's fuse, and that the watch overhears them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event

from appliance.clock import Clock, OfficeTime
from appliance.counter.events import Painted, SlipJob
from appliance.counter.state import Rules, Session
from appliance.courier import Courier, Parcel, Sender
from appliance.delivery import Delivery
from appliance.gate import Gate
from appliance.journal import Journal
from appliance.line import Birth
from appliance.link import Broker, Listener
from appliance.office.app import LedgerMailbox
from appliance.office.cards import CardRack
from appliance.office.cashier import Cashier
from appliance.office.hearing import Hearing
from appliance.office.intake import Intake
from appliance.office.ledger import Books, Ledger
from appliance.office.notification import sepay
from appliance.office.paper import Paper
from appliance.office.till import Till
from appliance.runner import Runner
from appliance.settings import Broker as Settled
from appliance.settings import CounterEntry, Fee, OfficeSettings, Sepay
from appliance.trust import Trust
from appliance.virtual_link import VirtualLink
from mqtt_schema import signing
from mqtt_schema.messages import Beneficiary, Body, FeeKind, Page, Trouble
from mqtt_schema.types import Instant
from tests.simulation.power import Fuse

SITE = "hoan-kiem"
COUNTERS = ("quay-1", "quay-2", "quay-3")
MORNING = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
OURS = Beneficiary(bin="970403", account="0011012345678", account_name="UBND PHUONG HOAN KIEM", bank_name="Sacombank")
PROOF = sepay.Proof(hmac_secret=b"a secret between this bank and this office")
RULES = Rules(beneficiaries=(OURS,))
VALID_S = 60
SETTLE_S = 30


@cache
def key_of(name: str) -> signing.SigningKey:
    """The key of the office or of a counter: one for a whole process, as making and reading them takes time."""
    return signing.new_key(name)


@cache
def office_settings() -> OfficeSettings:
    """Three counters, two fees; codes live for a minute, so that many days fit into one."""
    fees = (("CT-BS", "Chứng thực bản sao", FeeKind.PHI, "2716"), ("KHAC", "Khoản khác", FeeKind.LE_PHI, "4949"))
    return OfficeSettings(
        site=SITE,
        name="UBND phường Hoàn Kiếm",
        reference_prefix="HK",
        signing_key_file=Path("unused"),
        beneficiary=OURS,
        counters=[
            CounterEntry(id=name, name=f"Quầy {name[-1]}", key=signing.public_jwk(key_of(name))) for name in COUNTERS
        ],
        fees=[Fee(code=code, name=name, kind=kind, chapter="805", sub_item=item) for code, name, kind, item in fees],
        sepay=Sepay(hmac_secret_file=Path("unused")),
        payment_valid_s=VALID_S,
        settle_s=SETTLE_S,
        offline_after_s=600,
    )


class FusedLink(VirtualLink):
    """The shipped link without a broker, on a machine that may die while it publishes."""

    def __init__(self, listener: Listener, fuse: Fuse) -> None:
        super().__init__(listener)
        self._fuse = fuse

    def publish(self, topic: str, raw: bytes, *, is_retained: bool = False, message: str = "") -> bool:
        self._fuse.touch("before a publish")
        is_taken = super().publish(topic, raw, is_retained=is_retained, message=message)
        self._fuse.touch("after a publish")
        return is_taken


@dataclass(frozen=True)
class OverheardSender(Sender):
    """A sender whose sealing the watch overhears: what was promised to whom, and until when."""

    overhear: Callable[[Body, str, Instant], None] = lambda _body, _counter, _at: None

    def seal(self, body: Body, counter: str, sequence: int, at: Instant) -> Parcel:
        self.overhear(body, counter, at)
        return super().seal(body, counter, sequence, at)


class FusedJournal(Journal):
    """The counter's memory, on a machine that may die before, within and after each commit."""

    fuse: Fuse
    acknowledged: Callable[[str], None]

    def commit(self, *arguments: Any, **named: Any) -> None:
        self.fuse.touch("before the journal's commit")
        super().commit(*arguments, **named)
        self.fuse.touch("after the journal's commit")

    def acknowledge(self, message: str, counter: str) -> None:
        self.acknowledged(message)
        self.fuse.touch("before the journal forgets a message")
        super().acknowledge(message, counter)
        self.fuse.touch("after the journal forgot a message")

    def pragma(self, words: str) -> int:
        """Ask or set what SQLite knows of this connection."""
        row = self._db.execute(f"PRAGMA {words}").fetchone()
        return int(row[0]) if row else 0


class FusedLedger(Ledger):
    """The office's memory, on a machine that may die before every statement and around each commit."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(f"sqlite:///{path}")
        self._fuse = fuse
        event.listen(self.engine, "before_cursor_execute", lambda *_: fuse.touch("before a statement"))

    @contextmanager
    def write(self) -> Iterator[Books]:
        with super().write() as books:
            yield books
            self._fuse.touch("before the ledger's commit")
        self._fuse.touch("after the ledger's commit")

    def pragma(self, words: str) -> int:
        """Ask or set what SQLite knows of the pool's only connection (one thread: there is only one)."""
        with self.engine.connect() as connection:
            row = connection.exec_driver_sql(f"PRAGMA {words}").fetchone()
        return int(row[0]) if row else 0


@dataclass(frozen=True)
class Cast:
    """Which class plays which part."""

    journal: type[FusedJournal] = FusedJournal
    runner: type[Runner] = Runner
    counter_courier: type[Courier] = Courier
    office_courier: type[Courier] = Courier
    ledger: type[FusedLedger] = FusedLedger
    till: type[Till] = Till
    cashier: type[Cashier] = Cashier
    hearing: type[Hearing] = Hearing
    intake: type[Intake] = Intake
    office_time: type[OfficeTime] = OfficeTime
    gate: type[Gate] = Gate
    birth: type[Birth] = Birth
    rules: Rules = RULES
    proof: sepay.Proof = PROOF


@dataclass(frozen=True)
class CounterParts:
    """What a running counter consists of."""

    journal: FusedJournal
    runner: Runner
    courier: Courier
    link: FusedLink
    birth: Birth
    clock: OfficeTime
    gate: Gate


@dataclass(frozen=True)
class OfficeParts:
    """What a running office consists of."""

    ledger: FusedLedger
    cashier: Cashier
    hearing: Hearing
    intake: Intake
    cards: CardRack
    paper: Paper
    courier: Courier
    link: FusedLink


@dataclass(frozen=True)
class _Seed:
    """What of a counter's settings its birth and its trust need."""

    counter: str
    state_dir: Path
    office_keys: list[dict[str, str]]
    fleet_keys: list[dict[str, str]]
    broker: Broker
    site: str = SITE
    key_file: Path = Path("unused")


@dataclass(frozen=True)
class CounterCalls:
    """What a counter's parts call back."""

    delivered: Callable[[Delivery], None]
    changed: Callable[[bool], None]
    introduce: Callable[[], None]
    print_slip: Callable[[SlipJob], None]
    print_trial: Callable[[Page], None]
    show: Callable[[Session], Painted | None]
    refuse: Callable[[str, Trouble], None]
    acknowledged: Callable[[str], None]


def make_counter(cast: Cast, name: str, path: Path, machine: Clock, fuse: Fuse, calls: CounterCalls) -> CounterParts:
    """Put a counter together as `appliance.counter.app` does; `machine` is its own clock."""
    key = key_of(name)
    sender = Sender("counter", SITE, key)
    clock = cast.office_time(machine)
    seed = _Seed(name, path.parent, [signing.public_jwk(key_of("office"))], [], Settled())

    def seal(body: Body, sequence: int) -> Parcel:
        fuse.touch("while the journal writes")
        return sender.seal(body, name, sequence, clock.now())

    journal = cast.journal(path, seal)
    journal.fuse, journal.acknowledged = fuse, calls.acknowledged
    runner = cast.runner(journal, cast.rules, calls.print_slip, calls.show, calls.print_trial)
    link = FusedLink(Listener(calls.delivered, calls.changed), fuse)
    gate = cast.gate(name, clock, Trust(seed), runner, lambda asked: courier.say(asked, name), calls.introduce)
    courier = cast.counter_courier(
        sender, gate.keys_of, link, journal, gate.take, calls.refuse, clock.now, tally=journal
    )
    gate.open(courier.receive)
    return CounterParts(journal, runner, courier, link, cast.birth(seed, key, machine.now), clock, gate)


@dataclass(frozen=True)
class OfficeCalls:
    """What an office's parts call back."""

    delivered: Callable[[Delivery], None]
    changed: Callable[[bool], None]
    published: Callable[[str], None]
    stirred: Callable[[], None]
    say: Callable[[Body, str], None]
    met: Callable[[str], None]
    kept: Callable[[], None]
    sealed: Callable[[Body, str, Instant], None]


def make_office(cast: Cast, path: Path, clock: Clock, fuse: Fuse, calls: OfficeCalls) -> OfficeParts:
    """Put an office together as `appliance.office.app` does."""
    settings = office_settings()
    ledger = cast.ledger(path, fuse)
    sender = OverheardSender("office", SITE, key_of("office"), calls.sealed)
    till = cast.till(settings, sender, calls.say)
    shared = (ledger, settings, till, clock, calls.stirred)
    cashier, cards, paper = cast.cashier(*shared), CardRack(*shared), Paper(*shared)
    hearing = cast.hearing(*shared, met=calls.met)
    intake = cast.intake(ledger, cashier, cast.proof, clock, calls.kept)
    link = FusedLink(Listener(calls.delivered, calls.changed, calls.published), fuse)
    nobody, mailbox = signing.read_public([]), LedgerMailbox(ledger)
    courier = cast.office_courier(
        sender,
        lambda counter: _believed(counter) if counter in COUNTERS else nobody,
        link,
        mailbox,
        hearing.take,
        hearing.refuse,
        clock.now,
        tally=mailbox,
    )
    return OfficeParts(ledger, cashier, hearing, intake, cards, paper, courier, link)


@cache
def _believed(name: str) -> signing.VerifyingKeys:
    return signing.read_public([signing.public_jwk(key_of(name))])
