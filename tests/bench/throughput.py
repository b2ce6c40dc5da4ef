"""How many payments a second go the whole way, where the time goes, and how often the disks are synced for one.

Everything is real but display, printer and bank: office, counters and the site's mosquitto (TLS, certificates and
persistence as provisioned) as processes. A listener with the broker owner's certificate notes when each message passes;
papers are noted by the printers. One machine has one monotonic clock: moments of different processes compare.
"""

import itertools
import json
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.chaos import audit
from tests.chaos.day import Tickets
from tests.chaos.ground import OWNER, Conquered
from tests.chaos.paper import Paper
from tests.chaos.people import Bank

from .errors import BenchError, MissingToolError
from .figures import Row, percentile

COUNTERS = 4
PATIENCE_S = 60.0
ROUND_TRIPS = 300
_SYNCS = "fsync,fdatasync,sync_file_range,msync,sync,syncfs"
_SYNC_LINE = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*?(\w+)$")
"""A line of `strace -c`: per cent, seconds, microseconds a call, calls, errors perhaps, name."""


@dataclass
class Passage:
    """One payment's way, in monotonic seconds."""

    counter: str
    ordered_s: float = 0
    published_s: float = 0
    displayed_s: float = 0
    notified_s: float = 0
    booked_s: float = 0
    result_s: float = 0
    begun_s: float = 0
    reported_s: float = 0


HOPS = (
    ("order_published", "ordered_s", "published_s", "from the request over HTTP to the signed job at the listener"),
    ("published_displayed", "published_s", "displayed_s", "from the job to the counter's word that it was painted"),
    ("notified_booked", "notified_s", "booked_s", "from the bank's request over HTTP to paid in the ledger"),
    ("booked_result", "booked_s", "result_s", "from the ledger to the signed result at the listener"),
    ("result_slip", "result_s", "begun_s", "from the result to the slip's first bytes at the printer, asked before"),
    ("slip_reported", "begun_s", "reported_s", "from the slip's first bytes, cut included, to the counter's report"),
)
"""Name, from where, to where, and that in words."""

_MOMENTS = {
    "payment_request": "published_s",
    "displayed": "displayed_s",
    "payment_result": "result_s",
    "receipt_report": "reported_s",
}


class Listener:
    """Hears everything that passes the broker, and notes when."""

    def __init__(self, ground: Conquered) -> None:
        self._heard: dict[tuple[str, str], float] = {}
        self._changed = threading.Condition()
        self._echoes: queue.SimpleQueue[float] = queue.SimpleQueue()
        own = ground.directory / "certificates" / "counters" / OWNER
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=OWNER, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.tls_set(str(own / "ca.crt"), str(own / "client.crt"), str(own / "client.key"))
        self._client.on_socket_open = _send_at_once
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", ground.ports.broker)
        self._client.subscribe([("quaythu/#", 1), ("bench/echo", 1)])
        self._client.loop_start()

    def close(self) -> None:
        """Hear no more."""
        self._client.disconnect()
        self._client.loop_stop()

    def wait_for(self, kind: str, payment: str) -> float:
        """When this was said of this payment; waits for it. Raises `BenchError`."""
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            while (kind, payment) not in self._heard:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise BenchError(f"nobody said {kind} of payment {payment} within {PATIENCE_S:g} s")
            return self._heard[kind, payment]

    def round_trip_ms(self) -> float:
        """The broker's own: a message of a job's size to ourselves, QoS 1, over the same TLS."""
        sent_s = time.monotonic()
        self._client.publish("bench/echo", b"x" * 1_500, qos=1)
        return (self._echoes.get(timeout=PATIENCE_S) - sent_s) * 1000

    def _hear(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        now = time.monotonic()
        if message.topic == "bench/echo":
            self._echoes.put(now)
            return
        body = json.loads(json.loads(message.payload)["payload"])["body"]
        with self._changed:
            self._heard.setdefault((body["type"], body.get("payment", "")), now)
            self._changed.notify_all()


def _send_at_once(_client: Client, _userdata: Any, opened: Any) -> None:
    """Or the round trip would be 40 ms of waiting for an acknowledgement (Nagle)."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@dataclass
class Desk:
    """Clerk, citizen and bank at one counter, without a moment's rest."""

    ground: Conquered
    counter: str
    tickets: Iterator[int]
    bank: Bank
    listener: Listener
    passages: dict[str, Passage] = field(default_factory=dict)
    error: Exception | None = None

    def serve_all(self) -> None:
        """Serve until there are no tickets."""
        try:
            with httpx.Client(base_url=self.ground.office_url, timeout=PATIENCE_S) as http:
                for number in self.tickets:
                    self._serve(http, number)
        except Exception as error:  # told by whoever waits for us
            self.error = error

    def _serve(self, http: httpx.Client, number: int) -> None:
        passage = Passage(self.counter, ordered_s=time.monotonic())
        made = self._order(http, number)
        self.passages[made["id"]] = passage
        passage.published_s = self.listener.wait_for("payment_request", made["id"])
        passage.displayed_s = self.listener.wait_for("displayed", made["id"])
        passage.notified_s = time.monotonic()
        self.bank.say(http, self.bank.word(made["reference"], made["amount"]))
        passage.result_s = self.listener.wait_for("payment_result", made["id"])
        passage.reported_s = self.listener.wait_for("receipt_report", made["id"])
        self.ground.press(self.counter)

    def _order(self, http: httpx.Client, number: int) -> dict[str, Any]:
        line = {"dossier": f"H26.1-261122-{number:06}", "fee_code": "CT-BS", "amount": 2_000 + 1_000 * (number % 97)}
        order = {"counter": self.counter, "lines": [line]}
        answer = http.post("/api/v1/payments", json=order, headers={"Idempotency-Key": uuid4().hex})
        if answer.status_code != 201:
            raise BenchError(f"the office refused an order: {answer.status_code} {answer.text[:300]}")
        made: dict[str, Any] = answer.json()
        return made


def find_strace() -> str:
    """Where strace is. Raises `MissingToolError`."""
    found = shutil.which("strace")
    if found is None:
        raise MissingToolError("make bench needs strace: apt-get install --no-install-recommends strace")
    return found


def rows(directory: Path, strace: str, payments: int, counted: int) -> list[Row]:
    """Play `payments` at four counters at once, then `counted` more while syncs are counted. Raises `BenchError`."""
    with ExitStack() as stack:
        ground = stack.enter_context(Conquered(directory, "mosquitto", COUNTERS, paper_bytes_per_s=0))
        listener = Listener(ground)
        stack.callback(listener.close)
        numbers = itertools.count(1)
        _play(ground, listener, 2 * COUNTERS, numbers)
        alone_ms = [listener.round_trip_ms() for _ in range(ROUND_TRIPS)]
        start_s = time.monotonic()
        passages = _play(ground, listener, payments, numbers)
        _wait_until_heard(ground)
        took_s = time.monotonic() - start_s
        _fill_in(ground, passages)
        syncs = _counted_syncs(ground, strace, lambda: _play(ground, listener, counted, numbers))
    return [rate_row(payments, took_s), sync_row(syncs, counted), *hop_rows(list(passages.values()), alone_ms)]


def _play(ground: Conquered, listener: Listener, payments: int, numbers: "itertools.count[int]") -> dict[str, Passage]:
    """So many payments as fast as they go; by payment id."""
    first = next(numbers) * 10_000
    tickets, bank = Tickets(payments, first), Bank(ground)
    desks = [Desk(ground, counter, tickets, bank, listener) for counter in ground.counters]
    threads = [threading.Thread(target=desk.serve_all, daemon=True) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if error := next((desk.error for desk in desks if desk.error), None):
        raise BenchError(str(error)) from error
    return {payment: passage for desk in desks for payment, passage in desk.passages.items()}


def _wait_until_heard(ground: Conquered) -> None:
    """Until nobody owes anybody an acknowledgement."""
    ground.wait_for(lambda: audit.read_books(ground.directory / "ledger.sqlite").unheard == 0, "every acknowledgement")


def _fill_in(ground: Conquered, passages: dict[str, Passage]) -> None:
    """What the listener cannot hear: the ledger's own moment, and the printer's."""
    ahead_s = time.time() - time.monotonic()
    with httpx.Client(base_url=ground.office_url, timeout=PATIENCE_S) as http:
        all_found = {name: http.get(f"/api/v1/payments/{name}").raise_for_status().json() for name in passages}
        references = {found["reference"] for found in all_found.values()}
        ground.wait_for(lambda: references <= _papers(ground).keys(), "every slip to be read from its paper")
        papers = _papers(ground)
        for payment, passage in passages.items():
            found = all_found[payment]
            booked = next(moment["at"] for moment in found["timeline"] if moment["milestone"] == "paid")
            passage.booked_s = datetime.fromisoformat(booked).timestamp() - ahead_s
            passage.begun_s = papers[found["reference"]].begun_s


def _papers(ground: Conquered) -> dict[str | None, Paper]:
    return {paper.reference: paper for sheets in ground.papers().values() for paper in sheets}


def _counted_syncs(ground: Conquered, strace: str, play: Callable[[], object]) -> dict[str, int]:
    """How often "office" and "counters" ask for a sync during a play."""
    with ExitStack() as stack:
        counts: dict[str, Callable[[], int]] = {}
        for name in ("office", *ground.counters):
            counts[name] = stack.enter_context(_strace(ground, name, strace))
        play()
        _wait_until_heard(ground)
        counted: dict[str, int] = defaultdict(int)
        for name, count in counts.items():
            counted["office" if name == "office" else "counters"] += count()
    return counted


@contextmanager
def _strace(ground: Conquered, name: str, strace: str) -> Iterator[Callable[[], int]]:
    """Count the syncs of a process; the function that is given ends the count and tells it."""
    actor = ground.actors[name].process
    assert actor is not None
    told = ground.directory / f"{name}.strace"
    command = [strace, "-f", "-c"]
    watching = subprocess.Popen(
        [*command, "-e", f"trace={_SYNCS}", "-o", str(told), "-p", str(actor.pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert watching.stderr is not None
    said = watching.stderr.readline().decode(errors="replace")
    if "attached" not in said:
        raise BenchError(f"strace cannot watch {name}: {said.strip()}")

    def count() -> int:
        if watching.poll() is None:
            watching.send_signal(signal.SIGINT)
            watching.communicate(timeout=PATIENCE_S)
        return syncs_in(told.read_text("utf-8"))

    try:
        yield count
    finally:
        count()


def syncs_in(summary: str) -> int:
    """Add up the calls in a summary of `strace -c`."""
    found = (_SYNC_LINE.match(line) for line in summary.splitlines())
    return sum(int(match[1]) for match in found if match and match[2] in _SYNCS.split(","))


def rate_row(payments: int, took_s: float) -> Row:
    """The sustained rate."""
    return Row(
        "payments_per_second",
        payments / took_s,
        None,
        "1/s",
        f"{payments} payments at {COUNTERS} counters of one office, until the last acknowledgement: order by API, "
        "signed job over mosquitto with TLS, virtual glass, signed notification, ledger, signed result, whole slip at "
        "a virtual printer that takes it at once, report; everybody on this machine",
    )


def sync_row(syncs: dict[str, int], payments: int) -> Row:
    """Syncs for one payment, on both disks."""
    office, counters = syncs["office"] / payments, syncs["counters"] / payments
    return Row(
        "syncs_per_payment",
        office + counters,
        None,
        "syncs",
        f"fsync and fdatasync as strace counts them, over {payments} payments: {office:.1f} by the office, "
        f"{counters:.1f} by the counter, heartbeats of all included",
    )


def hop_rows(passages: Sequence[Passage], alone_ms: Sequence[float]) -> list[Row]:
    """Median and 99th percentile of every hop, beside the broker's own round trips."""
    made = []
    for share, suffix in ((0.5, "p50"), (0.99, "p99")):
        theirs = percentile(alone_ms, share)
        for name, start, end, words in HOPS:
            ours = percentile([(getattr(one, end) - getattr(one, start)) * 1000 for one in passages], share)
            made.append(
                Row(f"hop_{name}_{suffix}", ours, theirs, "ms", f"{words}; theirs: the broker's own round trip")
            )
    return made
