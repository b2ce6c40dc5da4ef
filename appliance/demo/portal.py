"""A public-service portal that is played: sends a dossier to the office, and hears that it is paid."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, Header, HTTPException


@dataclass
class Portal:
    """Knows its dossiers. `token` authorises both ways."""

    office_url: str
    token: str
    paid: dict[str, dict[str, Any]] = field(default_factory=dict)

    def send(self, dossier: dict[str, Any]) -> None:
        """Send a dossier to the office. Raises `httpx.HTTPStatusError` when the office refuses it."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.office_url}/api/v1/dossiers", json=dossier, headers=headers, timeout=10)
        answer.raise_for_status()

    def hear(self, said: dict[str, Any]) -> None:
        """Note what the office says of a payment, by dossier."""
        for number in said.get("dossiers", []):
            self.paid[number] = said


def app(portal: Portal) -> FastAPI:
    """The portal's own door: for the citizen who files a dossier, and for the office that says *paid*."""
    server = FastAPI(title="Cổng dịch vụ công mô phỏng", docs_url=None, redoc_url=None)

    @server.post("/dossiers", status_code=201)
    def file(dossier: dict[str, Any]) -> dict[str, str]:
        try:
            portal.send(dossier)
        except httpx.HTTPStatusError as error:
            raise HTTPException(error.response.status_code, error.response.text) from error
        return {"number": str(dossier.get("number", ""))}

    @server.get("/dossiers/{number}")
    def state(number: str) -> dict[str, Any]:
        return portal.paid.get(number, {"state": "waiting"})

    @server.post("/paid", status_code=204)
    def paid(said: dict[str, Any], authorization: str = Header("")) -> None:
        if authorization != f"Bearer {portal.token}":
            raise HTTPException(401, "the token is missing or wrong")
        portal.hear(said)

    @server.get("/health")
    def health() -> dict[str, bool]:
        return {"is_open": True}

    return server
