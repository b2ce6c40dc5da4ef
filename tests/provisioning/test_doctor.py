"""The doctor: for everything that can be wrong a sentence and a next step; and nobody is disturbed by his look."""

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from appliance.clock import VirtualClock
from appliance.commands import app as commands
from appliance.counter.state import Session
from appliance.courier import Sender
from appliance.journal import Journal
from appliance.link import Link, Listener
from appliance.office.ledger import Ledger
from appliance.settings import Broker
from mqtt_schema import signing
from mqtt_schema.types import Instant
from provisioning import doctor, evidence
from provisioning.certificates import Folder, make_authority, make_client
from provisioning.checkup import Check, Level, Machine, broker_of, certificates
from tests.support.broker import MOSQUITTO, EmbeddedBroker, SiteBroker
from tests.support.spoken import MORNING, requested

OFFICE_KEY, COUNTER_KEY = signing.new_key("office-1"), signing.new_key("counter-1")
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


@dataclass
class Played(Machine):
    """A machine on which everything is well, until a lever says otherwise."""

    is_set: bool | None = True
    free: int = 10 * 2**30
    display: bool = True
    moment: Instant = field(default=NOW)

    def now(self) -> Instant:
        return self.moment

    def is_clock_synchronised(self) -> bool | None:
        return self.is_set

    def free_bytes(self, path: Path) -> int:
        return self.free

    def has_display(self, driver: str) -> bool:
        return self.display


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    running = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    running.start()
    yield running
    running.kill()


def key(file: Path, of: signing.SigningKey) -> Path:
    file.write_text(signing.private_jwk(of))
    file.chmod(0o640)
    return file


@pytest.fixture
def counter(tmp_path: Path, broker: EmbeddedBroker) -> Path:
    """A counter's seed on a machine where all is well."""
    public = signing.public_jwk(OFFICE_KEY)
    state = tmp_path / "state"
    state.mkdir()
    path = tmp_path / "counter.toml"
    path.write_text(
        f"""
        site = "hoan-kiem"
        counter = "quay-1"
        state_dir = "{state}"
        key_file = "{key(tmp_path / "counter.jwk", COUNTER_KEY)}"
        broker.host = "127.0.0.1"
        broker.port = {broker.port}
        display.driver = "virtual"
        printer.driver = "virtual"
        [[office_keys]]
        kty = "OKP"
        crv = "Ed25519"
        x = "{public["x"]}"
        kid = "office-1"
        [[beneficiaries]]
        bin = "970403"
        account = "0011012345678"
        account_name = "UBND PHUONG HOAN KIEM"
        bank_name = "Sacombank"
        """
    )
    return path


@pytest.fixture
def journal(counter: Path) -> Iterator[Journal]:
    """Its journal, held open as by a counter that runs."""
    sender = Sender("counter", "hoan-kiem", COUNTER_KEY)
    opened = Journal(
        counter.parent / "state" / "journal.sqlite",
        lambda body, sequence: sender.seal(body, "quay-1", sequence, MORNING),
    )
    opened.commit(requested(), [], None, None)
    opened.commit(requested(2, 2, 1), [], None, Session())
    yield opened
    opened.close()


@pytest.fixture
def office(tmp_path: Path, broker: EmbeddedBroker) -> Path:
    secret = tmp_path / "sepay"
    secret.write_text("a secret of this test")
    public = signing.public_jwk(COUNTER_KEY)
    path = tmp_path / "office.toml"
    path.write_text(
        f"""
        site = "hoan-kiem"
        name = "UBND phường Hoàn Kiếm"
        reference_prefix = "HK"
        port = 9
        database = "sqlite:///{tmp_path / "ledger.sqlite"}"
        signing_key_file = "{key(tmp_path / "office.jwk", OFFICE_KEY)}"
        broker.host = "127.0.0.1"
        broker.port = {broker.port}
        sepay.hmac_secret_file = "{secret}"
        [beneficiary]
        bin = "970403"
        account = "0011012345678"
        account_name = "UBND PHUONG HOAN KIEM"
        bank_name = "Sacombank"
        [[counters]]
        id = "quay-1"
        name = "Quầy 1"
        key = {{ kty = "OKP", crv = "Ed25519", x = "{public["x"]}", kid = "counter-1" }}
        [[fees]]
        code = "CT-BS"
        name = "Chứng thực bản sao"
        kind = "phi"
        chapter = "805"
        sub_item = "2716"
        """
    )
    return path


def named(checks: list[Check], name: str) -> list[Check]:
    return [check for check in checks if check.name == name]


def one(checks: list[Check], name: str) -> Check:
    [check] = named(checks, name)
    return check


def wrong(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.level is not Level.OK]


def test_a_counter_on_which_all_is_well_while_it_runs(counter: Path, journal: Journal) -> None:
    checks = doctor.examine(counter, Played())
    assert wrong(checks) == []
    assert {"settings", "clock", "disk", "journal", "outbox", "poison", "broker", "display", "printer"} == {
        check.name for check in checks
    }
    journal.commit(requested(3, 3, 2), [], None, None)


def test_settings_that_cannot_be_read_are_all_that_is_said(tmp_path: Path) -> None:
    [check] = doctor.examine(tmp_path / "counter.toml", Played())
    assert check.level is Level.WRONG
    assert "cannot be read" in check.sentence


def test_what_the_seeds_check_says_is_said_here_too(counter: Path, journal: Journal) -> None:
    (counter.parent / "counter.jwk").unlink()
    assert "quaythu keys new" in one(doctor.examine(counter, Played()), "settings").sentence


@pytest.mark.parametrize(
    ("machine", "name", "level", "words"),
    [
        (Played(is_set=False), "clock", Level.WRONG, "no time server has set it"),
        (Played(is_set=None), "clock", Level.WARNING, "nobody here can tell"),
        (Played(free=10 * 2**20), "disk", Level.WRONG, "10 MiB are free"),
        (Played(free=100 * 2**20), "disk", Level.WARNING, "100 MiB are free"),
        (Played(display=False), "display", Level.WRONG, "there is none for the driver virtual"),
    ],
)
def test_what_is_wrong_with_the_machine_comes_with_a_next_step(
    counter: Path, journal: Journal, machine: Machine, name: str, level: Level, words: str
) -> None:
    check = one(doctor.examine(counter, machine), name)
    assert check.level is level
    assert words in check.sentence
    assert check.next_step


def test_a_counter_that_was_never_started_is_no_alarm(counter: Path) -> None:
    check = one(doctor.examine(counter, Played()), "journal")
    assert (check.level, check.next_step) == (Level.WARNING, "Start the counter once")


def test_a_state_directory_that_is_missing_is_said(counter: Path) -> None:
    (counter.parent / "state").rmdir()
    assert "is not there yet" in one(doctor.examine(counter, Played()), "disk").sentence


def test_a_journal_that_somebody_touched_is_wrong_and_must_be_kept(counter: Path, journal: Journal) -> None:
    journal._db.execute("UPDATE chain SET body = '{}' WHERE seq = 1")
    check = named(doctor.examine(counter, Played()), "journal")[0]
    assert check.level is Level.WRONG
    assert "row 1 (2026-11-22T01:30:00+00:00, requested) was altered" in check.sentence
    assert "audit verify" in check.next_step


def test_a_journal_that_cannot_be_read_is_wrong(counter: Path) -> None:
    (counter.parent / "state" / "journal.sqlite").write_bytes(b"no database, whatever its name says" * 100)
    assert one(doctor.examine(counter, Played()), "journal").level is Level.WRONG


def test_a_broker_that_is_not_there_is_said_with_what_to_look_at(counter: Path, journal: Journal) -> None:
    told = counter.read_text()
    counter.write_text(told.replace("broker.port = ", "broker.port = 9 # "))
    check = one(doctor.examine(counter, Played()), "broker")
    assert check.level is Level.WRONG
    assert "look whether the broker runs" in check.sentence


def test_a_printer_whose_device_is_missing_is_said(counter: Path, journal: Journal) -> None:
    told = counter.read_text()
    counter.write_text(told.replace('printer.driver = "virtual"', 'printer.path = "/dev/no-such-printer"'))
    check = one(doctor.examine(counter, Played()), "printer")
    assert check.level is Level.WRONG
    assert "/dev/no-such-printer is not there" in check.sentence


def test_a_printer_is_asked_only_with_leave(counter: Path, journal: Journal) -> None:
    told = counter.read_text()
    tcp = 'printer.driver = "tcp"\nprinter.host = "127.0.0.1"\nprinter.port = 9'
    counter.write_text(told.replace('printer.driver = "virtual"', tcp))
    assert "was not asked" in one(doctor.examine(counter, Played()), "printer").sentence
    assert one(doctor.examine(counter, Played(), asks_printer=True), "printer").level is Level.WRONG


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [(-20_000, Level.WRONG, "is valid from"), (1, Level.OK, "is valid until"), (10_000, Level.WRONG, "ended on")],
)
def test_a_certificates_dates_are_looked_at(tmp_path: Path, days: int, level: Level, words: str) -> None:
    Folder(tmp_path / "site", NOW).fill("hoan-kiem", ["127.0.0.1"], ["quay-01"])
    folder = tmp_path / "site" / "counters" / "quay-01"
    files = {file.suffix: file for file in folder.iterdir()}
    broker = Broker(ca=files[".crt"], certificate=folder / "client.crt", key=folder / "client.key")
    checks = list(certificates(broker, NOW + timedelta(days=days)))
    assert {check.level for check in checks} == {level}
    assert any(words in check.sentence for check in checks)


def test_a_certificate_that_ends_soon_is_a_warning(tmp_path: Path) -> None:
    issued = make_client(make_authority("hoan-kiem", NOW), "quay-01", NOW)
    from cryptography.hazmat.primitives.serialization import Encoding

    file = tmp_path / "client.crt"
    file.write_bytes(issued.certificate.public_bytes(Encoding.PEM))
    soon = issued.certificate.not_valid_after_utc - timedelta(days=10)
    [check] = certificates(Broker(ca=file, certificate=tmp_path / "none", key=file), soon)
    assert check.level is Level.WARNING
    file.write_text("no certificate")
    [check] = certificates(Broker(ca=file, certificate=tmp_path / "none", key=file), soon)
    assert check.level is Level.WRONG


# A broker that goes by certificates

PATIENCE_S = 10.0
DURING = datetime.now(UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteBroker]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed here: apt-get install mosquitto makes this test run")
    running = SiteBroker(tmp_path_factory.mktemp("site"), ["quay-1"])
    running.start()
    yield running
    running.kill()


def by_certificate(counter: Path, broker: Broker) -> Path:
    """The same counter, at a broker that wants certificates."""
    files = "".join(f'broker.{name} = "{getattr(broker, name)}"\n' for name in ("ca", "certificate", "key"))
    told = counter.read_text().replace("broker.port = ", f"{files}broker.port = {broker.port} # ")
    counter.write_text(told)
    return counter


def test_the_program_stays_connected_while_the_doctor_looks(counter: Path, journal: Journal, site: SiteBroker) -> None:
    """The broker takes the name in the certificate for the client's: a second client would throw the first one out."""
    broker = site.settings("counters/quay-1")
    told: queue.SimpleQueue[bool | str] = queue.SimpleQueue()
    listener = Listener(lambda _delivery: None, told.put, told.put)
    program = Link(broker, "quay-1", ["quaythu/v1/hoan-kiem/quay-1/cmd"], listener)
    program.start()
    try:
        assert told.get(timeout=PATIENCE_S) is True
        checks = doctor.examine(by_certificate(counter, broker), Played(moment=DURING))
        assert program.publish("quaythu/v1/hoan-kiem/quay-1/event", b"x", message="still here")
        assert told.get(timeout=PATIENCE_S) == "still here"
    finally:
        program.stop()
    assert wrong(checks) == []
    assert "believe each other's certificates" in one(checks, "broker").sentence


def test_a_broker_is_spoken_to_when_the_program_does_not_run(counter: Path, journal: Journal, site: SiteBroker) -> None:
    path = by_certificate(counter, site.settings("counters/quay-1"))
    shaken, spoken = named(doctor.examine(path, Played(moment=DURING), asks_printer=True), "broker")
    assert (shaken.level, spoken.level) == (Level.OK, Level.OK)
    assert "takes our connection and our subscriptions" in spoken.sentence


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [(100, Level.OK, "until"), (10, Level.WARNING, "ends on"), (-1, Level.WRONG, "ended on")],
)
def test_the_brokers_own_certificate_is_looked_at(site: SiteBroker, days: int, level: Level, words: str) -> None:
    served = x509.load_pem_x509_certificate((site.certificates / "broker" / "broker.crt").read_bytes())
    moment = served.not_valid_after_utc - timedelta(days=days)
    check = one(list(broker_of(site.settings("counters/quay-1"), "quay-1-doctor", [], moment)), "certificate")
    assert check.level is level
    assert check.sentence.startswith(f"the broker's certificate (127.0.0.1:{site.port}) ")
    assert words in check.sentence
    assert bool(check.next_step) is (level is not Level.OK)


@pytest.mark.parametrize(("whose", "words"), [("ours", "unknown ca"), ("the broker's", "certificate verify failed")])
@pytest.mark.parametrize("is_alone", [False, True])
def test_a_certificate_that_nobody_believes_is_said_in_words(
    site: SiteBroker, tmp_path: Path, whose: str, words: str, is_alone: bool
) -> None:
    Folder(tmp_path, DURING).fill("hoan-kiem", ["127.0.0.1"], ["quay-1"])
    foreign = tmp_path / "counters" / "quay-1"
    ours = {"certificate": foreign / "client.crt", "key": foreign / "client.key"}
    broker = site.settings("counters/quay-1", **(ours if whose == "ours" else {"ca": foreign / "ca.crt"}))
    [check] = broker_of(broker, "quay-1-doctor", [], DURING, is_alone=is_alone)
    assert check.level is Level.WRONG
    assert words in check.sentence
    assert "Look at the clock, the certificate's dates and the CA file" in check.sentence


# An office


def test_an_office_that_does_not_run_is_said(office: Path) -> None:
    checks = doctor.examine(office, Played())
    assert one(checks, "desk").level is Level.WRONG
    assert "systemctl status quaythu-office" in one(checks, "desk").next_step
    assert one(checks, "ledger").next_step == "Start the office once"
    assert one(checks, "broker").level is Level.OK


def test_an_offices_ledger_and_counters_are_looked_at(office: Path) -> None:
    ledger = Ledger(f"sqlite:///{office.parent / 'ledger.sqlite'}")
    with ledger.write() as books:
        books.keep_notification("sepay", b"{}", NOW - timedelta(days=1200))
        books.quarantine("sepay", b"x", "no proof", NOW - timedelta(days=200))
    checks = doctor.examine(office, Played())
    assert one(checks, "ledger").level is Level.OK
    assert "Quầy 1 (quay-1) is not heard" in one(checks, "counter").sentence
    assert one(checks, "notifications").level is Level.WARNING
    assert "1 rows hold what is past its time" in one(checks, "retention").sentence
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE notification SET detail = 'x'")
        connection.commit()
    ledger.close()
    assert one(doctor.examine(office, Played()), "ledger").level is Level.WRONG


# The commands


@pytest.fixture
def quaythu() -> Callable[..., tuple[int, str]]:
    def run(*words: object) -> tuple[int, str]:
        ended = CliRunner().invoke(commands, [str(word) for word in words])
        return ended.exit_code, ended.output

    return run


Run = Callable[..., tuple[int, str]]


def test_the_doctor_ends_with_1_when_something_is_wrong(quaythu: Run, counter: Path, journal: Journal) -> None:
    (counter.parent / "counter.jwk").unlink()
    code, said = quaythu("doctor", "--settings", counter)
    assert code == 1
    assert "  wrong  settings: " in said
    assert "     ok  journal: whole: 3 rows" in said


def test_a_journal_is_verified_by_command(quaythu: Run, counter: Path, journal: Journal) -> None:
    state = counter.parent / "state"
    code, said = quaythu("audit", "verify", "--counter", state)
    assert (code, said.splitlines()[-1]) == (0, "the chain is whole")
    assert quaythu("audit", "verify", "--settings", counter)[0] == 0
    assert quaythu("audit", "verify", "--counter", state, "--head", journal.head()[1][:16])[0] == 0
    code, said = quaythu("audit", "verify", "--counter", state, "--head", "f" * 64)
    assert code == 1
    assert "no row has the head" in said


def test_an_altered_journal_ends_the_command_with_1(quaythu: Run, counter: Path, journal: Journal) -> None:
    journal._db.execute("DELETE FROM chain WHERE seq = 2")
    code, said = quaythu("audit", "verify", "--counter", counter.parent / "state")
    assert code == 1
    assert "row 2 is missing between" in said


@pytest.mark.parametrize("words", [("audit", "verify"), ("doctor",), ("audit", "verify", "--counter", "/nowhere")])
def test_what_cannot_be_looked_at_is_said_in_words(quaythu: Run, words: tuple[str, ...]) -> None:
    code, _ = quaythu(*words)
    assert code == 2


def test_an_offices_ledger_is_verified_by_command(quaythu: Run, office: Path) -> None:
    url = f"sqlite:///{office.parent / 'ledger.sqlite'}"
    assert quaythu("audit", "verify", "--office", url)[0] == 2
    assert not (office.parent / "ledger.sqlite").exists()
    Ledger(url).close()
    assert quaythu("audit", "verify", "--office", url)[0] == 0
    assert quaythu("audit", "verify", "--settings", office)[0] == 0


def test_a_purge_says_what_it_would_do_and_does_it_only_when_that_is_meant(office: Path, quaythu: Run) -> None:
    ledger = Ledger(f"sqlite:///{office.parent / 'ledger.sqlite'}")
    with ledger.write() as books:
        books.quarantine("sepay", b"x", "no proof", NOW - timedelta(days=200))
    clock = VirtualClock(NOW)
    dry = evidence.purge(office, is_meant=False, clock=clock)
    assert dry == ["1 refused notifications", "nothing was changed; say --yes to purge this"]
    assert evidence.purge(office, is_meant=True, clock=clock) == ["1 refused notifications", "purged"]
    assert evidence.purge(office, is_meant=True, clock=clock) == ["nothing is past its time"]
    ledger.close()
    code, said = quaythu("retention", "purge", "--settings", office)
    assert (code, said.strip()) == (0, "nothing is past its time")
