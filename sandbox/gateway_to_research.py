"""UKRI's Gateway to Research API as published: paging by `p` and `s`, links by relation, milliseconds, no key."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FORMAT = "application/vnd.rcuk.gtr.json-v7"
_SMALLEST, _LARGEST = 10, 100


def project(number: int, organisation: str, fund: str, **changes: Any) -> dict[str, Any]:
    """A project as the API sends one, its investigator's link included."""
    base = "http://gtr.ukri.org/gtr/api"
    links = [
        {"href": f"{base}/organisations/{organisation}", "rel": "LEAD_ORG", "start": None, "end": None},
        {"href": f"{base}/persons/PERSON-{number}", "rel": "PI_PER", "start": None, "end": None},
        {"href": f"{base}/funds/{fund}", "rel": "FUND", "start": 1704067200000, "end": 1735603200000},
    ]
    return {
        "links": {"link": links},
        "id": f"PROJECT-{number:04}",
        "href": f"{base}/projects/PROJECT-{number:04}",
        "created": 1700000000000,
        "identifiers": {"identifier": [{"value": f"EP/X{number:06}/1", "type": "RCUK"}]},
        "title": f"Project {number}",
        "status": "Active",
        "grantCategory": "Research Grant",
        "leadFunder": "EPSRC",
        "abstractText": "Free text.",
        "leadOrganisationDepartment": "Sch of Engineering",
        **changes,
    }


def organisation(
    identifier: str, name: str, postcode: str = "B15 2TT", region: str = "West Midlands"
) -> dict[str, Any]:
    """An organisation as the API sends one."""
    address = {"id": f"{identifier}-address", "line1": "Edgbaston", "postCode": postcode, "region": region}
    return {"id": identifier, "name": name, "addresses": {"address": [{**address, "type": "MAIN_ADDRESS"}]}}


def fund(identifier: str, pounds: float, start: int = 1704067200000, end: int = 1735603200000) -> dict[str, Any]:
    """A fund as the API sends one."""
    value = {"currencyCode": "GBP", "amount": pounds}
    return {"id": identifier, "start": start, "end": end, "category": "INCOME_ACTUAL", "valuePounds": value}


class GatewayToResearchApi:
    """Holds what the API knows; `asked` lists the paths that were asked for."""

    def __init__(self) -> None:
        self.projects: list[dict[str, Any]] = []
        self.organisations: dict[str, dict[str, Any]] = {}
        self.funds: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def app(self) -> Starlette:
        """The API as an application."""
        return Starlette(
            routes=[
                Route("/projects", self._listed),
                *(Route(f"/{kind}/{{id}}", self._one) for kind in ("organisations", "funds", "persons")),
            ]
        )

    async def _listed(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if request.headers.get("accept") != FORMAT:
            return Response("<projects/>", media_type="application/xml")
        page, size = int(request.query_params.get("p", "1")), int(request.query_params.get("s", "20"))
        if not _SMALLEST <= size <= _LARGEST or page < 1:
            return JSONResponse({"message": "s is 10 to 100, p at least 1"}, 400)
        words = request.query_params.get("q", "").lower()
        found = [item for item in self.projects if words in item["title"].lower()]
        shown = found[(page - 1) * size : page * size]
        total = -(-len(found) // size)
        return JSONResponse(
            {"page": page, "size": size, "totalPages": total, "totalSize": len(found), "project": shown}
        )

    async def _one(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        found = {**self.organisations, **self.funds}.get(request.path_params["id"])
        return JSONResponse(found) if found else JSONResponse({"message": "not found"}, 404)
