"""The office's HTTP side, put together: the desk, the API, the intake's door, and what is said when all is not well."""

from collections.abc import Sequence
from functools import partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from appliance.logs import Log
from appliance.office import api, api_models, metrics, wording
from appliance.office.desk import card_pages, downloads, pages, paper_pages
from appliance.office.desk.look import FONTS, HERE, Look
from appliance.office.errors import ConflictError, NotFoundError
from appliance.office.guard import INTAKE, Guard
from appliance.office.intake import MAX_BODY_BYTES, Answer, Intake
from appliance.office.order import Complaint, NotFreshError, OrderError
from appliance.office.parts import Parts
from appliance.office.reports.period import ReportError

__all__ = ["Parts", "create_app"]

log = Log()

_FONT_NAMES = {f"BeVietnamPro-{weight}.ttf" for weight in ("Regular", "SemiBold", "ExtraBold")}
_ABOUT = """
Order a payment at one of the office's counters, follow it, take it back. Amounts are whole đồng; moments are UTC.
Whatever is refused is answered as `{"errors": [{"field", "message"}]}` with sentences for people, in Vietnamese.
"""


def create_app(parts: Parts) -> FastAPI:
    """The whole HTTP side of one office. Reads the portal's token file; raises `OSError` when it is not there."""
    app = FastAPI(title="Quầy Thu", description=_ABOUT, version="1", docs_url=None, redoc_url=None)
    look = Look(parts.settings)
    speech = Speech(look)
    app.add_middleware(Guard, frame_ancestors=parts.settings.frame_ancestors, calm=speech.say)
    app.include_router(api.router(parts))
    app.include_router(downloads.router(parts))
    app.include_router(card_pages.router(parts, look))
    app.include_router(paper_pages.router(parts, look))
    app.include_router(pages.router(parts, look))
    app.add_api_route("/", _to_desk, include_in_schema=False)
    shown = metrics.Page(parts.ledger, parts.settings, parts.clock).show
    app.add_api_route("/metrics", shown, include_in_schema=False, response_model=None)
    app.add_api_route("/docs", partial(_docs, look), include_in_schema=False)
    app.add_api_route("/desk/fonts/{name}", _font, include_in_schema=False)
    app.add_api_route(f"{INTAKE}sepay", Door(parts.intake).sepay, methods=["POST"], include_in_schema=False)
    app.mount("/desk/static", StaticFiles(directory=HERE / "static"), name="static")
    speech.teach(app)
    return app


def _to_desk() -> RedirectResponse:
    return RedirectResponse("/desk")


def _docs(look: Look, request: Request) -> Response:
    return look.render(request, "docs.html")


def _font(name: str) -> FileResponse:
    if name not in _FONT_NAMES:
        raise HTTPException(404)
    return FileResponse(FONTS / name, media_type="font/ttf")


class Door:
    """Where banks and providers knock. Answers only after what they brought is committed."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def sepay(self, request: Request) -> JSONResponse:
        """Take in one notification of SePay; a body over the cap is not read to its end."""
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > MAX_BODY_BYTES:
            return _to_provider(Answer(413, f"the body is longer than {MAX_BODY_BYTES} bytes"))
        raw = await _read_up_to(request, MAX_BODY_BYTES)
        return _to_provider(await run_in_threadpool(self._intake.receive, dict(request.headers), raw))


async def _read_up_to(request: Request, cap: int) -> bytes:
    """The body; of a longer one, only so much that it is seen to be longer."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > cap:
            return raw[: cap + 1]
    return raw


def _to_provider(answer: Answer) -> JSONResponse:
    if answer.status == 200:
        return JSONResponse({"success": True})
    return JSONResponse({"success": False, "message": answer.text}, answer.status)


class Speech:
    """Says what is wrong: to programs as `{"errors": …}`, to people as a page with a sentence and a way on."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def say(self, request: Request, status: int, sentence: str) -> Response:
        """Say one sentence that is about no field."""
        return self._answer(request, status, [Complaint("", sentence)])

    def teach(self, app: FastAPI) -> None:
        """Have the application say all of its refusals this way."""
        app.add_exception_handler(RequestValidationError, self._on_form)
        app.add_exception_handler(OrderError, self._on_order)
        app.add_exception_handler(HTTPException, self._on_http)
        for error, status in ((ConflictError, 409), (NotFoundError, 404), (ReportError, 422)):
            app.add_exception_handler(error, partial(self._on_words, status))

    def _on_form(self, request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        return self._answer(request, 422, wording.complaints(found))

    def _on_order(self, request: Request, error: Exception) -> Response:
        status = 409 if isinstance(error, NotFreshError) else 422
        return self._answer(request, status, error.complaints if isinstance(error, OrderError) else [])

    def _on_words(self, status: int, request: Request, error: Exception) -> Response:
        return self.say(request, status, str(error))

    def _on_http(self, request: Request, error: Exception) -> Response:
        refused = error if isinstance(error, HTTPException) else HTTPException(500)
        sentence = _REASONS.get(refused.detail, refused.detail)
        response = self.say(request, refused.status_code, sentence)
        response.headers.update(refused.headers or {})
        return response

    def _answer(self, request: Request, status: int, complaints: Sequence[Complaint]) -> Response:
        if not request.url.path.startswith("/desk"):
            return JSONResponse(api_models.errors(complaints).model_dump(), status)
        return self._look.render(request, "wrong.html", status, complaints=complaints)


_REASONS = {
    "Not Found": "Không có trang này. Hãy quay lại bàn làm việc.",
    "Method Not Allowed": "Địa chỉ này không nhận cách gửi đó.",
    "There was an error parsing the body": "Nội dung gửi lên không đọc được.",
}
