"""Stands before every request of the office: who may ask, how long, and that nobody ever sees a traceback.

There are no users yet, so a browser on this machine is the only guest: the Host header must name this machine (else a
name that was re-bound to it would do), and what changes something must come from the desk's own pages.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.logs import Log

log = Log()

MAX_BODY_BYTES = 256 * 1024
INTAKE = "/intake/"
_HOSTS = {"127.0.0.1", "localhost", "[::1]"}
_READING = {"GET", "HEAD", "OPTIONS"}
_KEPT_BY_BROWSERS = ("/desk/static/", "/desk/fonts/")

Calm = Callable[[Request, int, str], Response]
"""Answers (request, status, sentence) in the form that the asker understands."""


@dataclass(frozen=True)
class Refusal:
    """Why a request goes no further: an HTTP status and a sentence."""

    status: int
    sentence: str


TOO_LONG = Refusal(413, "Nội dung gửi lên quá dài.")
_STRANGE_HOST = Refusal(400, "Địa chỉ này không phải của bàn làm việc. Hãy mở http://127.0.0.1 trên chính máy này.")
_FOREIGN_PAGE = Refusal(403, "Yêu cầu đến từ một trang khác nên không được thực hiện. Hãy thao tác trên bàn làm việc.")


def objection(request: Request) -> Refusal | None:
    """Say why this request is refused before anybody works on it, or None."""
    if request.url.path.startswith(INTAKE):
        return None  # a gateway brings it, under a name of its own; the signature is its proof
    if _host(request.headers.get("host", "")) not in _HOSTS:
        return _STRANGE_HOST
    if request.method not in _READING and _is_foreign(request):
        return _FOREIGN_PAGE
    length = request.headers.get("content-length", "0")
    return TOO_LONG if length.isdecimal() and int(length) > MAX_BODY_BYTES else None


def _host(header: str) -> str:
    name, colon, port = header.rpartition(":")
    return name.lower() if colon and port.isdecimal() else header.lower()


def _is_foreign(request: Request) -> bool:
    if request.headers.get("authorization", "").startswith("Bearer "):
        return False  # a browser never adds this by itself
    origin = request.headers.get("origin")
    is_own = origin is None or origin.partition("://")[2] == request.headers.get("host")
    return not is_own or request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}


class Guard:
    """ASGI middleware: refuses, limits, adds the security headers, and turns anything unexpected into calm words."""

    def __init__(self, app: ASGIApp, frame_ancestors: Sequence[str], calm: Calm) -> None:
        """`frame_ancestors`: origins whose pages may frame the desk, besides its own."""
        self._app = app
        self._calm = calm
        self._headers = _security_headers(frame_ancestors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answer = _Answer(send, self._headers | _caching(request.url.path))
        refused = objection(request)
        if refused:
            log.warning("refused", status=refused.status, path=request.url.path, reason=refused.sentence)
            await self._calm(request, refused.status, refused.sentence)(scope, receive, answer.send)
            return
        await self._serve(request, receive, answer)

    async def _serve(self, request: Request, receive: Receive, answer: "_Answer") -> None:
        meter = _Meter(receive, limit=MAX_BODY_BYTES)
        try:
            await self._app(request.scope, meter.receive, meter.unless_over(answer.send))
        except Exception:
            if not meter.is_over:
                await self._say(request, answer, _unexpected(request))
        if meter.is_over:
            await self._say(request, answer, TOO_LONG)

    async def _say(self, request: Request, answer: "_Answer", refusal: Refusal) -> None:
        if not answer.is_begun:
            response = self._calm(request, refusal.status, refusal.sentence)
            await response(request.scope, _nothing_more, answer.send)


def _unexpected(request: Request) -> Refusal:
    """Whatever it was: the browser gets a number, the log gets the traceback under the same number."""
    number = secrets.token_hex(4)
    log.exception("unexpected", number=number, path=request.url.path)
    advice = "Hãy xem danh sách trong ngày trước khi làm lại; nếu vẫn lỗi, báo kỹ thuật số"
    return Refusal(500, f"Có lỗi ngoài dự kiến. {advice} {number}.")


def _security_headers(frame_ancestors: Sequence[str]) -> dict[str, str]:
    policy = (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        " ".join(("frame-ancestors 'self'", *frame_ancestors)),
    )
    return {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }


def _caching(path: str) -> dict[str, str]:
    is_kept = path.startswith(_KEPT_BY_BROWSERS)
    return {"cache-control": "no-cache" if is_kept else "no-store"}


class _TooLongError(Exception):
    """The body went on past the limit."""


class _Meter:
    """Counts what is received and stops reading at the limit; what is then answered to half a body is not sent."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    @property
    def is_over(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self.is_over:
            raise _TooLongError
        return message

    def unless_over(self, send: Send) -> Send:
        async def guarded(message: Message) -> None:
            if not self.is_over:
                await send(message)

        return guarded


class _Answer:
    """Adds headers to the answer, and knows whether it has begun."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self._send = send
        self._headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        self.is_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            present = {name.lower() for name, _ in message.get("headers", [])}
            added = [header for header in self._headers if header[0] not in present]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await self._send(message)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}
