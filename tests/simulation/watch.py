"""Who watches: after each step, and when all has come to rest. Knows what really happened, and never asks the product.

It reads the ledger's file with a connection of its own, counts the paper, and looks at the glass.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import catalogue
from appliance.audit import verify_counter
from appliance.counter import screens
from appliance.counter.look import Look
from appliance.counter.shown import Shown
from drivers.scene import Size, Text
from mqtt_schema.messages import Body, PaymentRequest, ScreenName
from mqtt_schema.types import Instant
from provisioning.evidence import verify_office
from tests.simulation.cast import COUNTERS, OURS
from tests.simulation.counter import CounterMachine
from tests.simulation.machine import Machine
from tests.simulation.people import DOSSIER, PAYER

if TYPE_CHECKING:
    from tests.simulation.world import World

LATENESS_S = 8.0
"""A code may stand this long after it ended: what a counter may not know of the office's time, and a few turns."""
_WHOLE_EVERY = 12
_SCENE_EVERY = 40

_WRONG_PAYMENTS = """
SELECT p.id, p.state FROM payment p
LEFT JOIN (SELECT payment, count(*) AS n, sum(verdict = 'matched') AS matched, sum(verdict = 'held') AS held,
           sum(CASE WHEN verdict = 'matched' THEN amount ELSE 0 END) AS paid,
           sum(CASE WHEN verdict = 'held' THEN amount ELSE 0 END) AS kept
           FROM credit GROUP BY payment) c ON c.payment = p.id
WHERE (p.state = 'paid' AND (coalesce(c.matched, 0) != 1 OR c.paid != p.amount OR p.received != p.amount))
   OR (p.state != 'paid' AND coalesce(c.matched, 0) != 0)
   OR (p.state IN ('underpaid', 'overpaid') AND (coalesce(c.held, 0) != 1 OR c.kept != p.received))
   OR (p.state = 'underpaid' AND p.received >= p.amount)
   OR (p.state = 'overpaid' AND p.received <= p.amount)
   OR (p.state IN ('pending', 'waived') AND coalesce(c.n, 0) != 0)
LIMIT 1
"""
_UNBALANCED = """
SELECT c.id FROM credit c LEFT JOIN posting s ON s.credit = c.id
GROUP BY c.id
HAVING coalesce(sum(s.amount), 1) != 0 OR sum(CASE WHEN s.account = 'bank' THEN s.amount END) != c.amount
LIMIT 1
"""


class BrokenError(BaseException):
    """An invariant does not hold. No part of the product may catch it."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


@dataclass
class Watch:
    """Raises `BrokenError` as soon as something is wrong."""

    world: "World"
    steps: int = 0
    last_request: PaymentRequest | None = None
    _promises: dict[tuple[str, Instant], float] = field(default_factory=dict)
    _ends_s: dict[str, float] = field(default_factory=dict)
    _db: sqlite3.Connection | None = None
    _path: Path | None = None
    _version: int = -1
    _changes: int = 0
    _last_credit: int = 0
    _booked: set[int] = field(default_factory=set)
    _frames: int = 0
    _look: Look = field(default_factory=lambda: Look.of(Size(800, 480), "Quầy 1", catalogue.read()))

    def _broken(self, invariant: str, detail: str) -> None:
        raise BrokenError(invariant, detail)

    # After each step

    def look_at(self, machine: Machine) -> None:
        """Something happened on this machine."""
        self.steps += 1
        for name, end_s in self._ends_s.items():
            if self.world.now_s > end_s + self.world.office.clock.span_s and self.world.counters[name].is_on:
                self._broken(
                    "an expired code is on a glass", f"{name} still shows {self.world.counters[name].frame.payment}"
                )
        if machine is self.world.office and self._has_changed():
            self._look_at_new_credits()
            self._changes += 1
            if self._changes % _WHOLE_EVERY == 0:
                self._look_at_books()

    def promised(self, body: Body, counter: str, at: Instant) -> None:
        """The office seals a request: from now on its code may stand on that glass, until the time that it names."""
        if isinstance(body, PaymentRequest):
            lives_s = (body.expires_at - at).total_seconds()
            key = body.payment, body.expires_at
            self._promises[key] = max(self._promises.get(key, 0.0), self.world.now_s + lives_s)
            self.last_request = body

    def painted(self, counter: CounterMachine) -> None:
        """Another frame stands on a glass."""
        frame = counter.frame
        self._ends_s.pop(counter.name, None)
        if frame.request is not None and frame.screen in {ScreenName.CODE, ScreenName.ON_BEHALF}:
            self._look_at_code(counter, frame.request, frame.code)
        if frame.screen is ScreenName.PAID:
            self._look_at_paid(counter)
        self._frames += 1
        if self._frames % _SCENE_EVERY == 0:
            self._look_at_words(counter)

    def _look_at_code(self, counter: CounterMachine, request: PaymentRequest, code: str | None) -> None:
        row = self._payment(request.payment)
        if row is None:
            self._broken("a code that nobody ordered", f"{counter.name} shows {request.payment}")
            return
        shown = (request.amount, request.payload, counter.name, request.reference, request.beneficiary)
        if shown != (row["amount"], row["payload"], row["counter"], row["reference"], OURS):
            self._broken("a wrong code is on a glass", f"{counter.name} shows {request.payment} with {request.payload}")
        end_s = self._promises.get((request.payment, request.expires_at))
        if end_s is None:
            self._broken("a code that nobody promised", f"{counter.name} shows {request.payment}")
            return
        if code is not None:
            self._ends_s[counter.name] = end_s + LATENESS_S
        self.world.people.see(request)

    def _look_at_paid(self, counter: CounterMachine) -> None:
        frame = counter.frame
        row = self._payment(frame.payment or "")
        if row is None or row["state"] != "paid" or row["amount"] != frame.amount:
            state = row["state"] if row else "unknown"
            self._broken("paid on the glass, not in the ledger", f"{counter.name}: {frame.payment} is {state}")

    def _look_at_words(self, counter: CounterMachine) -> None:
        """The real scene: a payer's name is nowhere, a dossier only where its payment is."""
        session = counter.session
        if session is None:
            return
        scene = screens.compose(Shown(session), self._look, counter.clock.unfused())
        words = " ".join(element.text for element in scene.elements if isinstance(element, Text))
        if PAYER.strip() in words:
            self._broken("a name is on the glass", words)
        if counter.frame.payment is None and (DOSSIER in words or "HK" in words.split()):
            self._broken("somebody's dossier is on a free glass", words)
        self.world.count("scenes read")

    def inked(self, payment: str, *, is_copy: bool) -> None:
        """A whole slip came out of a printer."""
        originals = sum(counter.printer.originals[payment] for counter in self.world.counters.values())
        copies = sum(counter.printer.copies[payment] for counter in self.world.counters.values())
        self.world.count("slips on paper")
        if not is_copy and originals > 1:
            self._broken("a slip came out twice", f"{originals} originals of {payment}")
        if is_copy and copies > self.world.people.copies_asked.get(payment, 0):
            self._broken("a copy that nobody asked for", f"{copies} copies of {payment}")
        row = self._payment(payment)
        if row is None or row["state"] != "paid":
            self._broken("a slip without a payment", f"{payment} is {row['state'] if row else 'unknown'}")

    def acknowledged(self, counter: CounterMachine, message: str) -> None:
        """A counter hears that the office has its message: then it stands in the ledger."""
        if not self.rows("SELECT 1 FROM inbox WHERE message = ?", message):
            self._broken("a message is lost", f"{counter.name} may forget {message}, the office does not know it")

    # The ledger's file

    def _open(self) -> sqlite3.Connection:
        path = self.world.office.disk.path
        if self._db is None or path is not self._path:
            self.close()
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._path, self._version, self._last_credit = path, -1, 0
            self._booked.clear()
        return self._db

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _has_changed(self) -> bool:
        office = self.world.office
        if not office.is_on or (self._path is not office.disk.path and not office.disk.path.exists()):
            return False
        version = self._open().execute("PRAGMA data_version").fetchone()[0]
        is_new, self._version = version != self._version, version
        return bool(is_new)

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Ask the ledger's file."""
        return self._open().execute(query, values).fetchall()

    def _payment(self, payment: str) -> sqlite3.Row | None:
        found = self.rows("SELECT * FROM payment WHERE id = ?", payment)
        return found[0] if found else None

    def _look_at_new_credits(self) -> None:
        rows = self.rows("SELECT id, provider_id, amount FROM credit WHERE id > ? ORDER BY id", self._last_credit)
        for row in rows:
            self._last_credit = row["id"]
            number = _number(row["provider_id"])
            transfer = self.world.bank.transfers.get(number)
            if transfer is None or transfer.amount != row["amount"]:
                self._broken("booked money that never came", f"credit {row['provider_id']} over {row['amount']}")
            if number in self._booked:
                self._broken("booked twice", f"transfer {row['provider_id']}")
            self._booked.add(number)

    def _look_at_books(self) -> None:
        for row in self.rows(_WRONG_PAYMENTS):
            self._broken("a payment and its credits disagree", f"{row['id']} is {row['state']}")
        for row in self.rows(_UNBALANCED):
            self._broken("the ledger does not balance", f"credit {row['id']}")

    # When faults have stopped and some time has passed

    def compared(self) -> dict[str, str]:
        """Of each payment that the desk believes to stand on a glass: in which words glass and desk disagree, or ""."""
        asked = "SELECT * FROM payment WHERE state = 'pending' AND place IN ('offered', 'shown')"
        return {row["id"]: self._disagreement(row) for row in self.rows(asked) if self._is_fresh(row["id"])}

    def _disagreement(self, row: sqlite3.Row) -> str:
        counter = self.world.counters[row["counter"]]
        session = counter.session
        waits = session is not None and any(request.payment == row["id"] for request in session.waiting)
        stands = counter.frame.payment == row["id"]
        if not stands and not waits:
            return f"{row['id']} is {row['place']}, {counter.name} shows {counter.frame.screen.value}"
        if stands and row["place"] != "shown":
            return f"{row['id']} is shown, the desk says {row['place']}"
        return ""

    def _is_fresh(self, payment: str) -> bool:
        """Whether its code lives for a while yet, by everybody's clock."""
        ends = [end_s for (of, _), end_s in self._promises.items() if of == payment]
        return bool(ends) and max(ends) > self.world.now_s + LATENESS_S + self.world.office.clock.span_s

    def rest(self) -> None:
        """Everything has come to its end; nothing is lost, nothing is left over."""
        self._look_at_books()
        self._look_at_orders()
        self._look_at_money()
        self._look_at_paper()
        self._look_at_traffic()
        self._look_at_evidence()
        for counter in self.world.counters.values():
            self._look_at_idle(counter)

    def _look_at_orders(self) -> None:
        known = {row["id"] for row in self.rows("SELECT id FROM payment")}
        for number, payment in self.world.people.payments.items():
            if payment not in known:
                self._broken("a payment is lost", f"order {number} was answered with {payment}")
        if len(known) != len(self.world.people.orders):
            self._broken("ordered twice", f"{len(self.world.people.orders)} orders, {len(known)} payments")
        for row in self.rows("SELECT id, place FROM payment WHERE state = 'pending'"):
            self._broken("a payment never ends", f"{row['id']} is still pending, {row['place']}")

    def _look_at_money(self) -> None:
        bank = self.world.bank
        verdicts = {_number(row["provider_id"]): row for row in self.rows("SELECT * FROM credit")}
        for number, transfer in bank.transfers.items():
            row = verdicts.get(number)
            if number not in bank.accepted:
                self._broken("money was never taken in", f"transfer {number} was never answered 200")
            elif row is None:
                self._broken("money is lost", f"transfer {number} was answered 200 and is not in the ledger")
            elif ("tien com trua" in transfer.memo) != (row["verdict"] == "unmatched"):
                self._broken("money without its payment", f"transfer {number} ({transfer.memo}) is {row['verdict']}")
        for row in self.rows("SELECT id FROM notification WHERE NOT is_booked"):
            self._broken("money is lost", f"notification {row['id']} is kept and not booked")

    def _look_at_paper(self) -> None:
        for row in self.rows("SELECT id, slip, slip_to, slip_counter FROM payment WHERE state = 'paid'"):
            originals = sum(counter.printer.originals[row["id"]] for counter in self.world.counters.values())
            if row["slip"] is None:
                self._broken("a slip is silently lost", f"nobody knows of {row['id']}; on paper {originals}")
            if row["slip_to"] is not None:
                self._broken(
                    "a slip is under way for ever", f"{row['id']} from {row['slip_counter']} to {row['slip_to']}"
                )
            if row["slip"] == "printed" and originals != 1:
                self._broken("a slip is silently lost", f"{row['id']} is reported printed; on paper {originals}")
            if row["slip"] == "not_printed" and originals:
                self._broken("a slip is silently twice", f"{row['id']} waits to be printed, and is on paper")

    def _look_at_traffic(self) -> None:
        waiting = self.rows("SELECT counter, type, count(*) AS n FROM outbox WHERE NOT is_acknowledged GROUP BY 1, 2")
        for row in waiting:
            self._broken("an outbox is never empty", f"{row['n']} {row['type']} for {row['counter']}")
        for name in COUNTERS:
            self._look_at_inbox(self.world.counters[name])
            if left := self.world.counters[name].outbox:
                self._broken("an outbox is never empty", f"{left} from {name}")

    def _look_at_inbox(self, counter: CounterMachine) -> None:
        """What the office took off its outbox, this counter has committed, or a later word on the same payment."""
        with closing(sqlite3.connect(counter.disk.path)) as journal:
            known = {message for (message,) in journal.execute("SELECT message FROM inbox")}
        taken_off = self.rows(
            "SELECT message, type, payment, sequence FROM outbox WHERE counter = ? AND is_acknowledged "
            "ORDER BY sequence",
            counter.name,
        )
        last = {row["payment"]: row["sequence"] for row in taken_off if row["message"] in known}
        for row in taken_off:
            is_overtaken = row["payment"] is not None and row["sequence"] < last.get(row["payment"], 0)
            if row["message"] not in known and not is_overtaken:
                self._broken(
                    "a message is lost", f"{counter.name} has acknowledged a {row['type']} and does not know it"
                )

    def _look_at_evidence(self) -> None:
        """As `quaythu audit verify` looks: what happened is written down in chains that nobody has touched."""
        chains = {"the office": verify_office(f"sqlite:///{self.world.office.disk.path}")}
        chains |= {name: verify_counter(self.world.counters[name].disk.path) for name in COUNTERS}
        for name, verdict in chains.items():
            if not verdict.is_whole:
                self._broken("the evidence is not whole", f"{name}: {verdict.sentences[0]}")

    def _look_at_idle(self, counter: CounterMachine) -> None:
        session = counter.session
        if session is None or not session.is_at_rest:
            self._broken("a counter never comes to rest", f"{counter.name}: {session}")
        self._look_at_words(counter)
        seen = self.rows("SELECT json_extract(seen, '$.screen') AS screen FROM counter WHERE id = ?", counter.name)
        if not seen or seen[0]["screen"] != counter.frame.screen.value:
            told = seen[0]["screen"] if seen else "nothing"
            self._broken(
                "desk and counter disagree", f"{counter.name} shows {counter.frame.screen.value}, the desk {told}"
            )


def _number(provider_id: str) -> int:
    """Which transfer a credit is about."""
    return int(provider_id.partition("-")[0])
