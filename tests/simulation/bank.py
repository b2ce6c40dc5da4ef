"""The bank, and SePay that notifies: money moves at once, word of it comes late, twice, or not at first."""

import json
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from appliance.office.notification import sepay
from mqtt_schema import emv_qr
from tests.simulation.cast import MORNING, OURS, PROOF
from tests.simulation.office import UnansweredError

if TYPE_CHECKING:
    from tests.simulation.world import World

_VIETNAM = timezone(timedelta(hours=7))
_DRESSES = (
    "MBVCB.3611338974.061790.{}.CT tu 0451000123 toi 0011012345678",
    "{} chuyen tien",
    "ACB;0011012345678;{} GD 123456 261122-08:30:00",
    "{}-0912345678-123456",
    "nop phi {}",
)


@dataclass(frozen=True)
class Transfer:
    """Money that has moved to the office's account."""

    number: int
    amount: int
    memo: str
    at_s: float
    order: int | None

    @property
    def reference(self) -> str:
        """The bank's own reference."""
        return f"FT26326{self.number:06}"


@dataclass
class Bank:
    """Keeps every transfer, and notifies each until the office has answered 200."""

    world: "World"
    transfers: dict[int, Transfer] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set)
    sent: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def pay_code(self, payload: str, order: int, amount: int | None = None) -> None:
        """Somebody scans a code and pays; the whole amount unless told."""
        code = emv_qr.decode(payload)
        if code.account != OURS.account:
            self.world.broken("money went to a thief", f"a citizen paid {code.amount} to {code.account}")
            return
        self.pay(code.memo or "", int(code.amount or 0) if amount is None else amount, order)

    def pay(self, memo: str, amount: int, order: int | None) -> None:
        """Move money, then say so."""
        number = len(self.transfers) + 1
        rng = self.world.stream(f"bank/{number}")
        dressed = rng.choice(_DRESSES).format(memo)
        transfer = Transfer(number, amount, dressed, self.world.now_s, order)
        self.transfers[number] = transfer
        self.world.note("bank", "moves {} đ as transfer {} for order {}", amount, number, order)
        self.world.count("transfers")
        delay_s = rng.uniform(0.3, 4.0) if rng.random() < 0.85 else rng.uniform(4, 100)
        self.world.wanted(delay_s, lambda: self._notify(transfer, 0))
        for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 3))):
            self.world.count("notifications repeated")
            self.world.wanted(delay_s + rng.uniform(0, 120), lambda: self._notify(transfer, 1))

    def _notify(self, transfer: Transfer, tries: int) -> None:
        """Until somebody answers 200; and the answer itself may get lost."""
        rng = self.world.stream(f"bank/{transfer.number}")
        headers, raw = self.word(transfer)
        self.sent.append((headers, raw))
        try:
            status = self.world.office.ask(lambda parts: parts.intake.receive(headers, raw)).status
        except Exception as error:
            self._try_again(transfer, tries, "" if isinstance(error, UnansweredError) else repr(error))
            return
        if status == 200:
            self.accepted.add(transfer.number)
        if status != 200 or (not self.world.is_calm and rng.random() < 0.03):
            self._try_again(transfer, tries, f"answered {status}")

    def _try_again(self, transfer: Transfer, tries: int, why: str) -> None:
        rng = self.world.stream(f"bank/{transfer.number}")
        self.world.note("bank", "will notify transfer {} again {}", transfer.number, why)
        self.world.count("notifications repeated")
        self.world.wanted(min(5 * 2**tries, 60) * rng.uniform(0.8, 1.2), lambda: self._notify(transfer, tries + 1))

    def word(self, transfer: Transfer) -> tuple[dict[str, str], bytes]:
        """A notification as SePay words and signs it."""
        at = MORNING + timedelta(seconds=transfer.at_s)
        body = {
            "id": transfer.number,
            "gateway": "Sacombank",
            "transactionDate": at.astimezone(_VIETNAM).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": OURS.account,
            "subAccount": None,
            "code": None,
            "content": transfer.memo,
            "transferType": "in",
            "description": "",
            "transferAmount": transfer.amount,
            "referenceCode": transfer.reference,
        }
        return self.signed(json.dumps(body).encode(), PROOF.hmac_secret or b"")

    def signed(self, raw: bytes, secret: bytes) -> tuple[dict[str, str], bytes]:
        """Headers and body; signed at this moment."""
        timestamp = str(int((MORNING + timedelta(seconds=self.world.now_s)).timestamp()))
        return {sepay.TIMESTAMP: timestamp, sepay.SIGNATURE: sepay.sign(raw, timestamp, secret)}, raw
