"""The virtual devices of one counter over HTTP, loopback only: look at the glass, touch it, tear paper off.

For the demo page and for journeys through real processes. A counter with real devices never opens it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import uvicorn
from fastapi import FastAPI, HTTPException, Query, Response
from pydantic import BaseModel

from appliance.settings import Port
from drivers.virtual.display import VirtualDisplay
from drivers.virtual.panel import VirtualPanel
from drivers.virtual.printer import VirtualPrinter

PNG = "image/png"


class Touch(BaseModel):
    """A finger on the glass, in pixels of the display."""

    x: int
    y: int


@dataclass(frozen=True)
class Devices:
    """The virtual devices that are there.

    A window's glass is touched by hand and not from here; `picture` gives its pixels, from any thread.
    """

    display: VirtualDisplay | None
    printer: VirtualPrinter | None
    panel: VirtualPanel | None
    picture: Callable[[], bytes] | None = None


class Workbench:
    """Serves `Devices` on a port of loopback, on a thread of its own."""

    def __init__(self, devices: Devices, port: Port) -> None:
        config = uvicorn.Config(
            _app(devices), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="workbench", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(timeout=3)


def _app(devices: Devices) -> FastAPI:
    app = FastAPI(title="Quầy Thu: bàn thử thiết bị", docs_url=None, redoc_url=None)
    if devices.display is not None:
        _serve_glass(app, devices.display)
    elif devices.picture is not None:
        _serve_window(app, devices.picture)
    if devices.printer is not None:
        _serve_paper(app, devices.printer)

    @app.get("/state")
    def state() -> dict[str, object]:
        panel, printer = devices.panel, devices.printer
        return {
            "has_glass": devices.display is not None,
            "frame": devices.display.frame if devices.display else 0,
            "slips": len(printer.slips) if printer else 0,
            "printer": printer.status().headline.value if printer else "offline",
            "light": panel.light.value if panel else "off",
        }

    return app


def _serve_glass(app: FastAPI, display: VirtualDisplay) -> None:
    @app.get("/screen.png")
    def screen(after: Annotated[int, Query()] = -1) -> Response:
        """The live pixels; waits up to ten seconds for a frame younger than `after`."""
        frame = display.wait_for_frame(after, timeout_s=10)
        return Response(display.png(), media_type=PNG, headers={"X-Frame": str(frame), "Cache-Control": "no-store"})

    @app.post("/touch", status_code=204)
    def touch(finger: Touch) -> None:
        display.touch(finger.x, finger.y)


def _serve_window(app: FastAPI, picture: Callable[[], bytes]) -> None:
    @app.get("/screen.png")
    def screen() -> Response:
        """The pixels in the window now."""
        return Response(picture(), media_type=PNG, headers={"Cache-Control": "no-store"})


def _serve_paper(app: FastAPI, printer: VirtualPrinter) -> None:
    levers = {
        "run_out_of_paper": printer.run_out_of_paper,
        "load_paper": printer.load_paper,
        "open_cover": printer.open_cover,
        "close_cover": printer.close_cover,
        "go_offline": printer.go_offline,
        "come_back": printer.come_back,
    }

    @app.get("/slip.png")
    def slip_picture(number: int = -1) -> Response:
        """A picture drawn from the bytes that the printer received."""
        try:
            return Response(printer.png(number), media_type=PNG, headers={"Cache-Control": "no-store"})
        except IndexError as error:
            raise HTTPException(404, "Chưa có phiếu nào được in") from error

    @app.get("/slip.bin")
    def slip_bytes(number: int = -1) -> Response:
        """The bytes of one slip as the printer received them."""
        try:
            return Response(printer.streams[number], media_type="application/octet-stream")
        except IndexError as error:
            raise HTTPException(404, "Chưa có phiếu nào được in") from error

    @app.post("/printer/{lever}", status_code=204)
    def pull(lever: str) -> None:
        if lever not in levers:
            raise HTTPException(404, f"no such lever; there are {', '.join(levers)}")
        levers[lever]()
