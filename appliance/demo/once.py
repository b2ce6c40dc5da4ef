"""Plays one payment without a person, the way people would do it, and believes only what it can see.

The clerk works on the real desk page (or the API, or after the portal), the phone reads the code from the pixels of the
citizen's screen, the bank notifies in SePay's form. Each of the six steps is checked on what it left behind.
"""

import io
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
from PIL import Image, ImageChops

from appliance.demo import phone
from appliance.demo.browser import read_form
from appliance.demo.case import Case
from appliance.demo.stage import Stage
from appliance.errors import ApplianceError
from mqtt_schema.money import format_vnd
from mqtt_schema.types import Vnd

STEP_S = 20.0
LEFT = (
    "screen-idle.png",
    "screen-qr.png",
    "screen-paid.png",
    "desk-qr.png",
    "slip.bin",
    "slip.png",
    "reconciliation.xlsx",
    "treasury.xlsx",
    "timeline.jsonl",
)
"""What a play leaves behind."""
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class PlayError(ApplianceError, AssertionError):
    """A step did not truly happen; the message says which and what was seen instead."""


class Play:
    """One payment on a stage. Writes what it sees into `out`. A context manager: it holds connections open."""

    def __init__(self, stage: Stage, case: Case, out: Path, say: Callable[[str], None]) -> None:
        self.stage = stage
        self.case = case
        self.out = out
        self.say = say
        self.office = httpx.Client(base_url=stage.office_url, timeout=15, follow_redirects=False)
        self.glass = httpx.Client(base_url=stage.workbench_url, timeout=15)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.office.close()
        self.glass.close()

    def run(self) -> None:
        """Play all six steps. Raises `PlayError`, `StageError`, or the HTTP library's error."""
        idle = self._keep("screen-idle.png", self.screen())
        self.say("1  Công dân đến quầy")
        payment = self.create()
        self.say(f"2-3  Cán bộ tạo mã {payment['reference']} cho {format_vnd(Vnd(self.case.amount))}")
        if self.case.amount == 0:
            raise PlayError("a waived payment has no code to scan; choose an --amount over 0")
        qr = self.codes(payment, idle)
        self.pay(payment)
        paid = self.result(payment, qr)
        self.slip(payment, idle, paid)
        self.reports(payment)
        self.timeline(payment)

    # Steps 2 and 3: the clerk

    def create(self) -> dict[str, Any]:
        """Have a clerk create the payment, by the way that the case names."""
        before = {payment["id"] for payment in self._payments()}
        match self.case.source:
            case "desk":
                self._create_at_desk(self._form("/desk"))
            case "api":
                self._create_over_api()
            case "portal":
                self._create_from_portal()
        created = [payment for payment in self._payments() if payment["id"] not in before]
        if len(created) != 1:
            raise PlayError(f"{len(created)} payments were created, expected one")
        return created[0]

    def _create_at_desk(self, fields: dict[str, str]) -> None:
        """Fill the form, look at the review, press create: what a browser without scripts would send."""
        filled = fields | {
            "counter": self.case.counter,
            "clerk": "Trần Thị Lan",
            "payer": self.case.payer,
            "lines.0.dossier": self.case.dossier,
            "lines.0.fee_code": "",
            "lines.0.fee_name": self.case.fee,
            "lines.0.quantity": "1",
            "lines.0.amount": str(self.case.amount),
        }
        review = self._submit("/desk/check", filled)
        answer = self.office.post("/desk/payments", data=read_form(review).fields)
        if answer.status_code != 303:
            raise PlayError(f"the desk did not create the payment: {answer.status_code} {_words(answer)}")

    def _form(self, path: str) -> dict[str, str]:
        return read_form(self.office.get(path).raise_for_status().text).fields

    def _submit(self, path: str, fields: dict[str, str]) -> str:
        answer = self.office.post(path, data=fields)
        if not answer.is_success:
            raise PlayError(f"the desk refused the form: {answer.status_code} {_words(answer)}")
        return answer.text

    def _create_over_api(self) -> None:
        line = {"dossier": self.case.dossier, "fee_name": self.case.fee, "quantity": 1, "amount": self.case.amount}
        body = {"counter": self.case.counter, "lines": [line], "payer": self.case.payer}
        answer = self.office.post("/api/v1/payments", json=body, headers={"Idempotency-Key": uuid4().hex})
        if answer.status_code != 201:
            raise PlayError(f"the API did not create the payment: {answer.status_code} {answer.text}")

    def _create_from_portal(self) -> None:
        line = {"dossier": self.case.dossier, "fee_name": self.case.fee, "quantity": 1, "amount": self.case.amount}
        dossier = {"number": self.case.dossier, "payer": self.case.payer, "lines": [line]}
        filed = httpx.post(f"{self.stage.portal_url}/dossiers", json=dossier, timeout=15)
        if filed.status_code != 201:
            raise PlayError(f"the portal could not send the dossier: {filed.status_code} {filed.text}")
        self._create_at_desk(self._form(f"/desk?dossier={self.case.dossier}"))

    # Step 4: the code on both screens

    def codes(self, payment: dict[str, Any], idle: bytes) -> bytes:
        """Wait for the code, and read it from both screens."""
        self._wait(lambda: self.payment(payment)["place"] == "shown", "the counter to show the code")
        qr = self._keep("screen-qr.png", self.screen())
        at_desk = self.office.get(f"/desk/payments/{payment['id']}/qr.png").raise_for_status().content
        self._keep("desk-qr.png", at_desk)
        glass_text, desk_text = phone.scan(qr), phone.scan(at_desk)
        if glass_text != desk_text:
            raise PlayError("the citizen's screen and the desk show different codes")
        self._check_code(glass_text, payment)
        if not _differ(idle, qr):
            raise PlayError("the screen did not change when the code came")
        self.say("4  Mã hiện trên cả hai màn hình")
        return qr

    def _check_code(self, text: str, payment: dict[str, Any]) -> None:
        code = phone.read(text)
        seen = (code.bin, code.account, code.amount, code.memo)
        ordered = (self.case.bin, self.case.account.upper(), str(self.case.amount), payment["reference"])
        if seen != ordered or text != text.upper():
            raise PlayError(f"the code says {seen}, ordered was {ordered}")

    # Step 5: the phone

    def pay(self, payment: dict[str, Any]) -> None:
        """Scan what stands on the glass, transfer it, and wait until the office knows."""
        self.transfer()
        self._wait(lambda: self.payment(payment)["state"] == "paid", "the payment to be paid")

    def transfer(self) -> None:
        """Scan what stands on the glass and transfer it."""
        code = phone.read(phone.scan(self.screen()))
        amount = Vnd(int(code.amount or 0))
        transfer = {"account": code.account, "amount": amount, "memo": code.memo, "payer": self.case.payer}
        httpx.post(f"{self.stage.bank_url}/transfers", json=transfer, timeout=15).raise_for_status()
        self.say(f"5  Điện thoại quét mã trên màn hình và chuyển {format_vnd(amount)}")

    # Step 6: both screens, the slip, the reports

    def result(self, payment: dict[str, Any], qr: bytes) -> bytes:
        """Wait for the result on both screens, and at the portal if it asked."""
        self._wait(lambda: self.payment(payment)["state"] == "paid", "the payment to be paid")
        self._wait(self._shows_no_code, "the citizen's screen to show the result")
        paid = self._keep("screen-paid.png", self.screen())
        if not _differ(qr, paid):
            raise PlayError("the screen did not change when the money came")
        page = self.office.get(f"/desk/payments/{payment['id']}").raise_for_status().text
        if "Đã nhận tiền" not in page:
            raise PlayError("the desk does not say that the money came")
        if self.case.source == "portal":
            self._wait(self._portal_heard, "the portal to hear that it is paid")
        return paid

    def _portal_heard(self) -> bool:
        state = httpx.get(f"{self.stage.portal_url}/dossiers/{self.case.dossier}", timeout=15).json()
        return bool(state["state"] == "paid")

    def _shows_no_code(self) -> bool:
        try:
            phone.scan(self.screen())
        except phone.NothingToScanError:
            return True
        return False

    def slip(self, payment: dict[str, Any], idle: bytes, paid: bytes) -> None:
        """Wait for the slip: one, with the lookup code on it."""
        self._wait(lambda: self.payment(payment)["slip"] == "printed", "the slip to be printed")
        if not _differ(idle, paid):
            raise PlayError("the result looks like the idle screen")
        self._keep("slip.bin", self.glass.get("/slip.bin").raise_for_status().content)
        picture = self._keep("slip.png", self.glass.get("/slip.png").raise_for_status().content)
        if phone.scan(picture) != payment["reference"]:
            raise PlayError("the code on the slip is not the payment's lookup reference")
        slips = self.glass.get("/state").json()["slips"]
        if slips != 1:
            raise PlayError(f"{slips} slips were printed, expected one")
        self.say("6  Đã nhận tiền trên cả hai màn hình, phiếu đã in")

    def reports(self, payment: dict[str, Any]) -> None:
        """Both reports contain the payment already."""
        for name in ("reconciliation", "treasury"):
            answer = self.office.get(f"/desk/reports/{name}.xlsx").raise_for_status()
            self._keep(f"{name}.xlsx", answer.content)
        found = self.payment(payment)
        if found["received"] != self.case.amount:
            raise PlayError("the ledger holds another amount")
        _check_workbook(self.out / "reconciliation.xlsx", payment["reference"])
        _check_workbook(self.out / "treasury.xlsx", self.case.amount)
        self.say("   Báo cáo đối soát và nộp ngân sách đã có khoản này")

    def timeline(self, payment: dict[str, Any]) -> None:
        """The six milestones, each with its time."""
        wanted = ["created", "published", "displayed", "notified", "paid", "printed"]
        milestones = self.office.get(f"/api/v1/payments/{payment['id']}/timeline").raise_for_status().json()
        at = {entry["milestone"]: entry["at"] for entry in reversed(milestones)}
        if missing := [name for name in wanted if name not in at]:
            raise PlayError(f"the timeline lacks {', '.join(missing)}")
        lines = [json.dumps({"event": name, "at": at[name], "payment": payment["id"]}) for name in wanted]
        (self.out / "timeline.jsonl").write_text("\n".join(lines) + "\n", "utf-8")

    # What can be seen

    def screen(self) -> bytes:
        """What the citizen sees now."""
        return self.glass.get("/screen.png").raise_for_status().content

    def _payments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.office.get("/api/v1/payments").raise_for_status().json()
        return found

    def payment(self, payment: dict[str, Any]) -> dict[str, Any]:
        """What the office says of the payment now."""
        found: dict[str, Any] = self.office.get(f"/api/v1/payments/{payment['id']}").raise_for_status().json()
        return found

    def _keep(self, name: str, content: bytes) -> bytes:
        if name.endswith(".png") and not content.startswith(_PNG_SIGNATURE):
            raise PlayError(f"{name} is no picture")
        if not content:
            raise PlayError(f"{name} is empty")
        (self.out / name).write_bytes(content)
        return content

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        self.stage.wait_for(condition, what, STEP_S)


def play(case: Case, out: Path, say: Callable[[str], None]) -> int:
    """Play one payment and leave its traces in `out`; 0 only if all six steps truly happened."""
    case.check()
    _sweep(out)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quaythu-") as directory:
        stage = Stage(Path(directory), case)
        try:
            with stage, Play(stage, case, out, say) as played:
                played.run()
        except (PlayError, RuntimeError, LookupError, ValueError, httpx.HTTPError) as error:
            say(f"Không thành: {error}")
            _keep_logs(Path(directory), out)
            return 1
    say(f"Xong sau {time.monotonic() - began:.1f} giây; xem {out}")
    return 0


def _sweep(out: Path) -> None:
    """Take away what an earlier play left, so that nothing old is taken for new."""
    out.mkdir(parents=True, exist_ok=True)
    for old in (*(out / name for name in LEFT), *out.glob("*.log")):
        old.unlink(missing_ok=True)


def _keep_logs(directory: Path, out: Path) -> None:
    for log in directory.glob("*.log"):
        (out / log.name).write_bytes(log.read_bytes())


def _words(answer: httpx.Response) -> str:
    return "; ".join(read_form(answer.text).complaints)


def _differ(one: bytes, other: bytes) -> bool:
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        return ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getbbox() is not None


def _check_workbook(path: Path, wanted: str | int) -> None:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    book.close()
    if wanted not in cells:
        raise PlayError(f"{path.name} does not contain {wanted}")
