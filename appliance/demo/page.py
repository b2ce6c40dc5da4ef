"""The demo's one page: desk, glass, paper and phone side by side. Passes on what is done to them; decides nothing."""

import asyncio
import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from appliance.demo import phone
from appliance.demo.case import Case
from appliance.demo.stage import Stage, StageError, free_ports
from mqtt_schema.emv_qr import EmvQr, EmvQrError
from mqtt_schema.money import format_vnd
from mqtt_schema.types import Vnd

_HERE = Path(__file__).parent
_GONE = 503


@dataclass
class Pane:
    """What the page needs of the stage. `scanned` is what the phone holds between scanning and paying."""

    stage: Stage
    scanned: dict[str, EmvQr] = field(default_factory=dict)

    def screen(self, after: int) -> httpx.Response:
        """The glass's pixels, as soon as they are younger than frame `after`."""
        return _get(f"{self.stage.workbench_url}/screen.png", after=after)

    def scan(self) -> dict[str, str]:
        """Point the phone at the glass. What a bank app would show, as words."""
        try:
            code = phone.read(phone.scan(self.screen(-1).content))
        except phone.NothingToScanError as error:
            raise HTTPException(404, "Không thấy mã QR trên màn hình") from error
        except EmvQrError as error:
            raise HTTPException(422, f"Mã này không phải mã thanh toán: {error}") from error
        self.scanned["code"] = code
        return {
            "bank": code.bin or "",
            "account": code.account or "",
            "amount": format_vnd(Vnd(int(code.amount or 0))),
            "memo": code.memo or "",
        }

    def pay(self) -> None:
        """Pay what was scanned."""
        code = self.scanned.pop("code", None)
        if code is None:
            raise HTTPException(409, "Hãy quét mã trước")
        transfer = {
            "account": code.account,
            "amount": int(code.amount or 0),
            "memo": code.memo or "",
            "payer": self.stage.case.payer,
        }
        _post(f"{self.stage.bank_url}/transfers", transfer)

    def file_dossier(self) -> None:
        """File the case's dossier at the portal, as a citizen would at home."""
        case = self.stage.case
        line = {"dossier": case.dossier, "fee_name": case.fee, "quantity": 1, "amount": case.amount}
        dossier = {"number": case.dossier, "payer": case.payer, "lines": [line]}
        _post(f"{self.stage.portal_url}/dossiers", dossier)


def app(stage: Stage) -> FastAPI:
    """The page's server."""
    server = FastAPI(title="Quầy Thu: trình diễn", docs_url=None, redoc_url=None)
    server.mount("/static", StaticFiles(directory=_HERE / "static"))
    server.mount("/fonts", StaticFiles(directory=str(resources.files("drivers") / "fonts")))
    templates = Jinja2Templates(_HERE / "templates")
    pane = Pane(stage)

    @server.get("/", response_class=HTMLResponse)
    def page(request: Request) -> HTMLResponse:
        seen = {"desk_url": f"{stage.office_url}/desk", "is_window": stage.is_window, "case": stage.case}
        return templates.TemplateResponse(request, "page.html", seen)

    @server.get("/screen.png")
    def screen(after: Annotated[int, Query()] = -1) -> Response:
        return _passed_on(pane.screen(after))

    @server.get("/slip.png")
    def slip() -> Response:
        return _passed_on(_get(f"{stage.workbench_url}/slip.png"))

    @server.get("/state")
    def state() -> Any:
        return _get(f"{stage.workbench_url}/state").json()

    @server.post("/touch", status_code=204)
    def touch(finger: dict[str, int]) -> None:
        _post(f"{stage.workbench_url}/touch", finger)

    @server.get("/sound.wav")
    def sound(number: Annotated[int, Query()]) -> Response:
        return _passed_on(_get(f"{stage.workbench_url}/sound.wav", number=number))

    @server.post("/printer/{lever}", status_code=204)
    def lever(lever: str, after: Annotated[int, Query(ge=0)] = 0) -> None:
        _post(f"{stage.workbench_url}/printer/{lever}?after={after}", {})

    @server.post("/panel/{key}", status_code=204)
    def key(key: str) -> None:
        _post(f"{stage.workbench_url}/panel/{key}", {})

    server.post("/phone/scan")(pane.scan)
    server.post("/phone/pay", status_code=204)(pane.pay)
    server.post("/portal/dossier", status_code=204)(pane.file_dossier)
    return server


class _Server(uvicorn.Server):
    """uvicorn, but it says when it listens (whoever reads an address goes there at once), and ends others first."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None], ends: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens
        self._ends = ends

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As in uvicorn; then say so."""
        await super().startup(sockets)
        if self.started:
            self._listens()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As in uvicorn, but a page that waits for the next picture of the glass is told first that there is none."""
        await asyncio.to_thread(self._ends)
        await super().shutdown(sockets)


def serve(case: Case, port: int, say: Callable[[str], None], *, is_window: bool) -> None:
    """Set the stage, print the one address, and serve until Ctrl+C. Raises `StageError`."""
    port = port or free_ports(1)[0]
    address = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quaythu-")))
        stage = stack.enter_context(Stage(directory, case, frame_ancestor=address, is_window=is_window))
        config = uvicorn.Config(app(stage), port=port, log_level="warning", timeout_graceful_shutdown=1)
        server = _Server(config, lambda: say(f"Quầy Thu: {address}/"), stage.stop)
        try:
            server.run()
        except SystemExit as error:  # uvicorn's way to say that the port is taken
            raise StageError(f"port {port} is taken; choose another with --port, or 0 for any free one") from error


def _get(url: str, **query: int) -> httpx.Response:
    try:
        return httpx.get(url, params=query, timeout=15)
    except httpx.HTTPError as error:
        raise HTTPException(_GONE, "Quầy đang khởi động lại") from error


def _post(url: str, body: dict[str, Any]) -> None:
    try:
        answer = httpx.post(url, json=body, timeout=15)
    except httpx.HTTPError as error:
        raise HTTPException(_GONE, "Thiết bị đang khởi động lại") from error
    if not answer.is_success:
        raise HTTPException(answer.status_code, answer.text)


def _passed_on(answer: httpx.Response) -> Response:
    kept = {name: answer.headers[name] for name in ("x-frame", "cache-control") if name in answer.headers}
    return Response(answer.content, answer.status_code, kept, media_type=answer.headers.get("content-type"))
