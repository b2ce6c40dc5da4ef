"""The virtual devices of one counter over HTTP, loopback only: look, touch, press, listen, tear paper off.

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
from appliance.voice import Said
from drivers.panel import Key
from drivers.pcm import seconds, write_wav
from drivers.virtual.display import VirtualDisplay
from drivers.virtual.panel import VirtualPanel
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.sound import VirtualSound

PNG = "image/png"
WAV = "audio/wav"
_LOST_BYTES = 40


class Touch(BaseModel):
    """A finger on the glass, in pixels of the display."""

    x: int
    y: int


@dataclass(frozen=True)
class Devices:
    """The virtual devices that are there.

    A window's glass is touched by hand and not from here; `picture` gives its pixels, from any thread. `said` gives the
    words of what the loudspeaker played.
    """

    display: VirtualDisplay | None
    printer: VirtualPrinter | None
    panel: VirtualPanel | None
    picture: Callable[[], bytes] | None = None
    sound: VirtualSound | None = None
    said: Callable[[], Said | None] | None = None


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
    if devices.panel is not None:
        _serve_keys(app, devices.panel)
    if devices.sound is not None:
        _serve_sound(app, devices.sound)

    @app.get("/state")
    def state() -> dict[str, object]:
        panel, printer = devices.panel, devices.printer
        return {
            "has_glass": devices.display is not None,
            "frame": devices.display.frame if devices.display else 0,
            "slips": len(printer.slips) if printer else 0,
            "printer": printer.truth.headline.value if printer else "offline",
            "light": panel.light.value if panel else "off",
            "sound": _heard(devices),
        }

    return app


def _heard(devices: Devices) -> dict[str, object] | None:
    """What the loudspeaker played last, or None before its first word."""
    if devices.sound is None or not devices.sound.history:
        return None
    played, said = devices.sound.history[-1], devices.said() if devices.said else None
    return {
        "number": played.number,
        "seconds": round(seconds(played.pcm), 1),
        "volume": round(100 * played.volume),
        "text": said.text if said else "",
    }


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
    levers = _levers(printer)

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
    def pull(lever: str, after: Annotated[int, Query(ge=0)] = 0) -> None:
        """Pull a lever; `after` so many rows of paper or bytes of the line, where a lever can wait."""
        if lever not in levers:
            raise HTTPException(404, f"no such lever; there are {', '.join(levers)}")
        levers[lever](after)


def _levers(printer: VirtualPrinter) -> dict[str, Callable[[int], None]]:
    """What can be done to a printer, by name."""
    waiting: dict[str, Callable[[int], None]] = {
        "run_out_of_paper": printer.run_out_of_paper,
        "pull_cable": printer.pull_cable_after,
        "cut_power": printer.cut_power_after,
        "lose_bytes": lambda after: printer.lose_bytes(after, _LOST_BYTES),
    }
    at_once: dict[str, Callable[[], None]] = {
        "load_paper": printer.load_paper,
        "run_low_on_paper": printer.run_low_on_paper,
        "open_cover": printer.open_cover,
        "close_cover": printer.close_cover,
        "go_offline": printer.go_offline,
        "come_back": printer.come_back,
        "jam_cutter": printer.jam_cutter,
        "free_cutter": printer.free_cutter,
        "overheat": printer.overheat,
        "cool_down": printer.cool_down,
        "plug_in": printer.plug_in,
        "power_cycle": printer.power_cycle,
        "lie": lambda: printer.lie(frozenset()),
        "be_honest": lambda: printer.lie(None),
        "fall_silent": printer.fall_silent,
        "answer_again": lambda: printer.fall_silent(is_silent=False),
    }
    return waiting | {name: _without_waiting(pull) for name, pull in at_once.items()}


def _without_waiting(pull: Callable[[], None]) -> Callable[[int], None]:
    return lambda _after: pull()


def _serve_keys(app: FastAPI, panel: VirtualPanel) -> None:
    @app.post("/panel/{key}", status_code=204)
    def press(key: str) -> None:
        """A finger on a key of the panel, or an earphone in its socket."""
        if key not in set(Key):
            raise HTTPException(404, f"no such key; there are {', '.join(Key)}")
        panel.press(Key(key))


def _serve_sound(app: FastAPI, sound: VirtualSound) -> None:
    @app.get("/sound.wav")
    def heard(number: int | None = None) -> Response:
        """A piece that the loudspeaker played, the newest unless told, as loud as it was recorded."""
        for played in reversed(list(sound.history)):
            if number in {None, played.number}:
                return Response(write_wav(played.pcm), media_type=WAV, headers={"Cache-Control": "no-store"})
        raise HTTPException(404, "Chưa có gì được phát ra loa")
