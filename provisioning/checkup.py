"""What a doctor looks at on any machine of ours: settings, certificates, clock, disk, broker. Changes nothing.

The program's own connection stays: a plain broker is spoken to under another name; with one that goes by certificates,
where that name would be the program's, only hands are shaken.
"""

import os
import queue
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from appliance import refusals
from appliance.clock import SystemClock
from appliance.link import Link, Listener
from appliance.settings import Broker
from mqtt_schema.types import Instant
from provisioning import seed

LOW_BYTES, OUT_BYTES = 500 * 2**20, 50 * 2**20
ANSWERS_WITHIN_S = 12.0
HANGS_UP_WITHIN_S = 1.0
"""A broker that does not believe a certificate says so at once; one that does waits for the first word."""
MANY_WAITING = 20
"""More messages than one busy minute makes: nobody takes them."""


class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, and what to do about it (empty when nothing is)."""

    name: str
    level: Level
    sentence: str
    next_step: str = ""

    def __str__(self) -> str:
        """One line for a terminal."""
        said = f"{self.level.value:>7}  {self.name}: {self.sentence}"
        return f"{said}. {self.next_step}" if self.next_step else said


class Machine:
    """What is asked of the machine itself; a test has another one."""

    def now(self) -> Instant:
        """The machine's own time."""
        return SystemClock().now()

    def is_clock_synchronised(self) -> bool | None:
        """Whether a time server has set the clock; None where nobody can tell."""
        timedatectl = shutil.which("timedatectl")
        if timedatectl is None:
            return None
        asked = [timedatectl, "show", "--property=NTPSynchronized", "--value"]
        try:
            said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10).stdout.strip()
        except (OSError, subprocess.TimeoutExpired):
            return None
        return {"yes": True, "no": False}.get(said)

    def free_bytes(self, path: Path) -> int:
        """Room on the disk that holds `path`. Raises `OSError`."""
        return shutil.disk_usage(path).free

    def has_display(self, driver: str) -> bool:
        """Whether there is something to open a display on."""
        if driver == "kmsdrm":
            return any(Path("/dev/dri").glob("card*"))
        return driver == "virtual" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ


def settings_of(path: Path) -> Iterator[Check]:
    """What `quaythu seed check` says."""
    faults = seed.check(path)
    for sentence in faults:
        level = Level.WARNING if isinstance(sentence, seed.Hint) else Level.WRONG
        yield Check("settings", level, sentence)
    if not faults:
        yield Check("settings", Level.OK, f"{path} and all that it names can be read and agree")


def certificates(broker: Broker, now: Instant) -> Iterator[Check]:
    """Their dates; whose they are, the settings' check says."""
    for path in (broker.ca, broker.certificate):
        if path is not None and path.is_file():
            yield _dates(path, now)


def _dates(path: Path, now: Instant) -> Check:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (ValueError, OSError) as error:
        return Check(
            "certificate", Level.WRONG, f"{path} cannot be read: {error}", "Copy it again from the site's certificates"
        )
    return _ends(str(path), certificate, now)


def _ends(path: str, certificate: x509.Certificate, now: Instant) -> Check:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < begins:
        said = f"{path} is valid from {_day(begins)} on, and this machine believes that it is {_day(now)}"
        return Check("certificate", Level.WRONG, said, "Set the clock; if it is right, have the certificate made again")
    if now >= ends:
        said = f"{path} ended on {_day(ends)}"
        return Check("certificate", Level.WRONG, said, "Renew it (docs/installation.md, the certificates of the site)")
    if ends - now < seed.SOON:
        said = f"{path} ends on {_day(ends)}"
        return Check(
            "certificate", Level.WARNING, said, "Renew it now (docs/installation.md, the certificates of the site)"
        )
    return Check("certificate", Level.OK, f"{path} is valid until {_day(ends)}")


def clock(machine: Machine) -> Check:
    """Whether somebody set it."""
    said = f"this machine believes that it is {machine.now():%Y-%m-%d %H:%M:%S} UTC"
    match machine.is_clock_synchronised():
        case True:
            return Check("clock", Level.OK, f"a time server has set it; {said}")
        case False:
            step = "Look at `timedatectl timesync-status` and at the firewall (NTP, UDP 123)"
            return Check("clock", Level.WRONG, f"no time server has set it; {said}", step)
        case None:
            step = "Compare it with another clock; install systemd-timesyncd or chrony"
            return Check("clock", Level.WARNING, f"nobody here can tell whether it was set; {said}", step)


def disk(folder: Path, machine: Machine) -> Check:
    """Whether there is room, and leave to write."""
    if not folder.is_dir():
        step = "Start the program once, or create it for the service's user"
        return Check("disk", Level.WARNING, f"{folder} is not there yet", step)
    if not os.access(folder, os.W_OK):
        said = f"{folder} cannot be written by this user"
        return Check("disk", Level.WRONG, said, "Look at its owner (`ls -ld`), or run this as the service's user")
    free = machine.free_bytes(folder)
    said = f"{free // 2**20} MiB are free for {folder}"
    if free < OUT_BYTES:
        return Check(
            "disk", Level.WRONG, said, "Make room: `df -h`, `journalctl --vacuum-size=100M`. Never delete the journal"
        )
    if free < LOW_BYTES:
        return Check("disk", Level.WARNING, said, "Make room soon: `df -h`, `journalctl --vacuum-size=100M`")
    return Check("disk", Level.OK, said)


def broker_of(
    broker: Broker, client_id: str, subscriptions: list[str], now: Instant, *, is_alone: bool = False
) -> Iterator[Check]:
    """As far as the program's own connection stays; when the program does not run (`is_alone`), all the way."""
    if broker.ca is not None:
        shaken = list(_handshake(broker, now))
        yield from shaken
        # A site's broker takes the certificate's name for the client's: it would hang up on the program for us.
        if not is_alone or shaken[0].level is not Level.OK:
            return
    yield _conversation(broker, client_id, subscriptions)


def _conversation(broker: Broker, client_id: str, subscriptions: list[str]) -> Check:
    """TCP, TLS, CONNECT, SUBSCRIBE, and away again."""
    ups: queue.SimpleQueue[bool] = queue.SimpleQueue()
    link = Link(broker, client_id, subscriptions, Listener(lambda _delivery: None, ups.put))
    where = f"{broker.host}:{broker.port}"
    link.start()
    try:
        while not ups.get(timeout=ANSWERS_WITHIN_S):
            pass  # it was up and went again: the next word counts
    except queue.Empty:
        # What troubles a link comes with its next step.
        step = "" if link.trouble else "Look whether the broker runs, and at its own log"
        return Check("broker", Level.WRONG, link.trouble or f"{where} does not answer", step)
    finally:
        link.stop()
    return Check("broker", Level.OK, f"{where} takes our connection and our subscriptions")


def _handshake(broker: Broker, now: Instant) -> Iterator[Check]:
    """TCP, TLS, and away again without a word; and how long the broker's own certificate lasts."""
    where = f"{broker.host}:{broker.port}"
    try:
        served = _served(broker)
    except OSError as error:
        yield Check("broker", Level.WRONG, refusals.unreachable(where, error))
        return
    yield Check("broker", Level.OK, f"{where} and we believe each other's certificates; nothing was said")
    yield _ends(f"the broker's certificate ({where})", served, now)


def _served(broker: Broker) -> x509.Certificate:
    """The certificate that the broker shows us. Raises `OSError`, as `ssl.SSLError` is, when hands are not shaken."""
    # As the link's library does it, no stricter: what the program connects to is no fault.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str(broker.ca))
    context.load_cert_chain(str(broker.certificate), str(broker.key))
    with (
        socket.create_connection((broker.host, broker.port), timeout=ANSWERS_WITHIN_S) as plain,
        context.wrap_socket(plain, server_hostname=broker.host) as opened,
    ):
        opened.settimeout(HANGS_UP_WITHIN_S)
        # With TLS 1.3 a client hears that it is not believed only when it listens.
        with suppress(TimeoutError):
            if not opened.recv(1):
                raise ssl.SSLError(ssl.SSL_ERROR_EOF, "the broker hung up after the handshake")
        return x509.load_der_x509_certificate(opened.getpeercert(binary_form=True) or b"")


def unacknowledged(name: str, messages: int) -> Check:
    """How much the other side has not acknowledged."""
    if messages > MANY_WAITING:
        said = f"{messages} messages were not acknowledged by the other side"
        return Check(name, Level.WARNING, said, "Look whether the other side runs and knows our key")
    return Check(name, Level.OK, f"{messages} messages wait to be acknowledged")


def set_aside(messages: int) -> Check:
    """How much could not be used."""
    if messages:
        said = f"{messages} messages could not be used and were set aside"
        return Check(
            "poison", Level.WARNING, said, "Look at the newest reason in the log; if it is a key, compare both seeds"
        )
    return Check("poison", Level.OK, "no message was set aside")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
