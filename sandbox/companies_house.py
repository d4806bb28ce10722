"""Companies House's REST API as published: the key as user, no password, a profile a number, 404 for others."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "sandbox-companies-house-key"


def profile(number: str, **changes: Any) -> dict[str, Any]:
    """A company's profile."""
    address = {"address_line_1": "1 Colmore Row", "care_of": "Planted Person", "postal_code": "B3 2BJ"}
    known = {
        "company_status": "active",
        "type": "ltd",
        "date_of_creation": "2010-05-01",
        "sic_codes": ["62090", "1110"],
    }
    return {
        "company_number": number,
        "company_name": f"COMPANY {number} LIMITED",
        "registered_office_address": address,
        "links": {"officers": f"/company/{number}/officers", "self": f"/company/{number}"},
        **known,
        **changes,
    }


class CompaniesHouseApi:
    """Holds profiles by number; `asked` lists the paths that were asked for."""

    def __init__(self) -> None:
        self.profiles: dict[str, dict[str, Any]] = {"00000006": profile("00000006")}
        self.asked: list[str] = []

    def app(self) -> Starlette:
        """The API as an application."""
        return Starlette(routes=[Route("/{path:path}", self._one)])

    async def _one(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if request.headers.get("authorization") != "Basic " + b64encode(f"{KEY}:".encode()).decode():
            return JSONResponse({"error": "Invalid Authorization", "type": "ch:service"}, 401)
        found = self.profiles.get(request.url.path.removeprefix("/company/"))
        return JSONResponse(found) if found else JSONResponse({"errors": [{"type": "ch:service"}]}, 404)
