"""One office on a real ledger, a clock that stands still, and the voices that speak to it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from appliance.clock import VirtualClock
from appliance.courier import Sender
from appliance.office.calls import Calls
from appliance.office.cards import CardRack
from appliance.office.cashier import Cashier
from appliance.office.desk.changes import Changes
from appliance.office.hearing import Hearing
from appliance.office.http import Parts, create_app
from appliance.office.intake import Intake
from appliance.office.ledger import Ledger
from appliance.office.notification import sepay
from appliance.office.order import Order, OrderLine
from appliance.office.paper import Paper
from appliance.office.payment import Payment
from appliance.office.till import Till
from appliance.settings import CounterEntry, Fee, OfficeSettings, Portal, Sepay
from mqtt_schema import signing
from mqtt_schema.messages import (
    Beneficiary,
    Body,
    CounterStatus,
    Envelope,
    FeeKind,
    PrinterStatus,
    ScreenName,
    Seen,
)
from mqtt_schema.types import Vnd
from tests.support import postgres

MORNING = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
"""Half past eight in Vietnam."""

ACCOUNT = "0011012345678"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MORNING)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real one."""
    binaries = postgres.programs()
    if binaries is None:
        pytest.skip(f"no PostgreSQL here: {postgres.WANTED}")
    with postgres.running(binaries) as url:
        yield url


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: a file, or with --database=postgresql a place in a real one."""
    return _database(request, tmp_path, request.config.getoption("--database"))


def _database(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> str:
    if kind == "postgresql":
        return postgres.fresh(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def office_settings(tmp_path: Path, database: str) -> OfficeSettings:
    """Two counters, four fees of the catalogue and the free one, SePay by HMAC, a portal."""
    secret, token, key = tmp_path / "sepay", tmp_path / "portal", tmp_path / "office.jwk"
    secret.write_text("a secret of this test")
    token.write_text("a token of this test\n")
    key.write_text(signing.private_jwk(signing.new_key("office-2026")))
    fees = (
        ("CT-BS", "Chứng thực bản sao từ bản chính", FeeKind.PHI, "2716", 2000),
        ("CT-CK", "Chứng thực chữ ký", FeeKind.PHI, "2716", 10000),
        ("HT-TL", "Cấp bản sao trích lục hộ tịch", FeeKind.PHI, "2716", 8000),
        ("HT-XN", "Xác nhận tình trạng hôn nhân", FeeKind.LE_PHI, "2771", 3000),
        ("KHAC", "Khoản khác", FeeKind.LE_PHI, "4949", None),
    )
    return OfficeSettings(
        site="hoan-kiem",
        name="UBND phường Hoàn Kiếm",
        reference_prefix="HK",
        frame_ancestors=["http://127.0.0.1:8600"],
        database=database,
        signing_key_file=key,
        beneficiary=Beneficiary(
            bin="970403", account=ACCOUNT, account_name="UBND phường Hoàn Kiếm", bank_name="Sacombank"
        ),
        counters=[
            CounterEntry(id=f"quay-{n}", name=f"Quầy {n}", key=signing.public_jwk(signing.new_key(f"quay-{n}")))
            for n in (1, 2)
        ],
        fees=[
            Fee(
                code=code,
                name=name,
                kind=kind,
                chapter="805",
                sub_item=item,
                price=None if price is None else Vnd(price),
            )
            for code, name, kind, item, price in fees
        ],
        sepay=Sepay(hmac_secret_file=secret),
        portal=Portal(url="http://127.0.0.1:8601/callback", token_file=token),
    )


@pytest.fixture
def ledger(office_settings: OfficeSettings) -> Iterator[Ledger]:
    opened = Ledger(office_settings.database)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """One on each kind of database, for what databases do differently."""
    opened = Ledger(_database(request, tmp_path, request.param))
    yield opened
    opened.close()


@pytest.fixture
def sender(office_settings: OfficeSettings) -> Sender:
    key = signing.read_private(office_settings.signing_key_file.read_text())
    return Sender("office", office_settings.site, key)


@pytest.fixture
def changes() -> Changes:
    return Changes(ping_s=0.2, gap_s=0.001)


@pytest.fixture
def spoken() -> list[tuple[str, Body]]:
    """What was said to counters without being kept: counter and body, in order."""
    return []


@pytest.fixture
def till(office_settings: OfficeSettings, sender: Sender, spoken: list[tuple[str, Body]]) -> Till:
    return Till(office_settings, sender, lambda body, counter: spoken.append((counter, body)))


@pytest.fixture
def cashier(
    ledger: Ledger, office_settings: OfficeSettings, till: Till, clock: VirtualClock, changes: Changes
) -> Cashier:
    return Cashier(ledger, office_settings, till, clock, changes.publish)


@pytest.fixture
def cards(
    ledger: Ledger, office_settings: OfficeSettings, till: Till, clock: VirtualClock, changes: Changes
) -> CardRack:
    return CardRack(ledger, office_settings, till, clock, changes.publish)


@pytest.fixture
def hearing(
    ledger: Ledger, office_settings: OfficeSettings, till: Till, clock: VirtualClock, changes: Changes, cards: CardRack
) -> Hearing:
    return Hearing(ledger, office_settings, till, clock, changes.publish, cards.send_again)


@pytest.fixture
def calls(ledger: Ledger, clock: VirtualClock, changes: Changes) -> Calls:
    return Calls(ledger, clock, changes.publish)


@pytest.fixture
def proof(office_settings: OfficeSettings) -> sepay.Proof:
    assert office_settings.sepay.hmac_secret_file is not None
    return sepay.Proof(hmac_secret=office_settings.sepay.hmac_secret_file.read_bytes().strip())


@pytest.fixture
def paper(ledger: Ledger, office_settings: OfficeSettings, till: Till, clock: VirtualClock, changes: Changes) -> Paper:
    return Paper(ledger, office_settings, till, clock, changes.publish)


@pytest.fixture
def intake(ledger: Ledger, cashier: Cashier, proof: sepay.Proof, clock: VirtualClock) -> Intake:
    return Intake(ledger, cashier, proof, clock)


@pytest.fixture
def parts(
    office_settings: OfficeSettings,
    ledger: Ledger,
    cashier: Cashier,
    calls: Calls,
    cards: CardRack,
    paper: Paper,
    intake: Intake,
    clock: VirtualClock,
    changes: Changes,
) -> Parts:
    return Parts(office_settings, ledger, cashier, calls, cards, paper, intake, clock, changes)


class Inside(httpx.BaseTransport):
    """Brings requests to an application in this process, without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._ask(request))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@pytest.fixture
def browse() -> Callable[[FastAPI], httpx.Client]:
    """Open a browser on this machine for an application: follows redirects, keeps cookies."""
    return lambda app: httpx.Client(transport=Inside(app), base_url="http://127.0.0.1:8700", follow_redirects=True)


@pytest.fixture
def client(parts: Parts, browse: Callable[[FastAPI], httpx.Client]) -> Iterator[httpx.Client]:
    with browse(create_app(parts)) as opened:
        yield opened


@pytest.fixture
def make_order() -> Callable[..., Order]:
    """Build an order of one line for quay-1; name any field of `Order` to have it otherwise.

    It insists: most tests are about something else than whether the counter was heard.
    """

    def make(amount: int = 35000, **otherwise: object) -> Order:
        line = OrderLine(dossier="H26.1-261122-0007", fee_code="KHAC", fee_name="Lệ phí cấp bản sao", amount=amount)
        return Order.model_validate(
            {"counter": "quay-1", "lines": [line], "clerk": "Nguyễn Thị Bình", "insists": True, **otherwise}
        )

    return make


@pytest.fixture
def create(cashier: Cashier, make_order: Callable[..., Order]) -> Callable[..., Payment]:
    """Create a payment as the desk does; same arguments as `make_order`."""

    def make(amount: int = 35000, **otherwise: object) -> Payment:
        return cashier.create(make_order(amount, **otherwise), uuid4().hex, "desk").payment

    return make


@pytest.fixture
def be_fresh(say: Callable[..., None], clock: VirtualClock) -> Callable[..., None]:
    """Let a counter say that all is well there, or name any field of its status to have it otherwise."""

    def speak(counter: str = "quay-1", **otherwise: object) -> None:
        now = clock.now()
        idle = Seen(screen=ScreenName.IDLE, painted_at=now)
        well = {"is_online": True, "born_at": now, "printer": PrinterStatus.READY, "seen": idle}
        say(counter, CounterStatus.model_validate(well | otherwise))

    return speak


@pytest.fixture
def say(hearing: Hearing, office_settings: OfficeSettings, clock: VirtualClock) -> Callable[[str, Body], None]:
    """Let a counter say something to the office: `say("quay-1", Displayed(...))`."""
    numbers = count(1)

    def speak(counter: str, body: Body) -> None:
        envelope = Envelope(
            id=uuid4().hex,
            site=office_settings.site,
            counter=counter,
            sequence=next(numbers),
            issued_at=clock.now(),
            body=body,
        )
        hearing.take(envelope)

    return speak


@pytest.fixture
def notify(proof: sepay.Proof, clock: VirtualClock) -> Callable[..., tuple[dict[str, str], bytes]]:
    """Word and sign a notification of SePay: headers (lower case) and raw body."""
    numbers = count(92704)

    def word(memo: str, amount: int, **otherwise: object) -> tuple[dict[str, str], bytes]:
        number = next(numbers)
        body = {
            "id": number,
            "gateway": "Sacombank",
            "transactionDate": "2026-11-22 08:30:00",
            "accountNumber": ACCOUNT,
            "subAccount": None,
            "code": None,
            "content": f"MBVCB.3611338974.061790.{memo} chuyen tien",
            "transferType": "in",
            "description": "",
            "transferAmount": amount,
            "accumulated": 19077000,
            "referenceCode": f"FT26326{number}",
        } | otherwise
        raw = json.dumps(body).encode()
        timestamp = str(int(clock.now().timestamp()))
        signature = sepay.sign(raw, timestamp, proof.hmac_secret or b"")
        return {"x-sepay-timestamp": timestamp, "x-sepay-signature": signature}, raw

    return word


@pytest.fixture
def pay(intake: Intake, notify: Callable[..., tuple[dict[str, str], bytes]]) -> Callable[..., None]:
    """Let the bank notify money for a payment, and book it: the whole amount, or another one."""

    def send(payment: Payment, amount: int | None = None, **otherwise: object) -> None:
        headers, raw = notify(payment.reference, payment.amount if amount is None else amount, **otherwise)
        assert intake.receive(headers, raw).status == 200
        intake.book_kept()

    return send
