"""360Giving's data registry and API as published: a list of datasets with the addresses of their files; grants by
organisation, paged by `next`; no key."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

OPEN = "https://creativecommons.org/licenses/by/4.0/"


def dataset(identifier: str, url: str, **changes: Any) -> dict[str, Any]:
    """A dataset as the registry lists one."""
    return {
        "title": f"Grants of {identifier}",
        "description": "",
        "identifier": identifier,
        "license": OPEN,
        "license_name": "Creative Commons Attribution 4.0 International (CC BY 4.0)",
        "issued": "2018-06-21",
        "modified": "2025-04-27T08:05:23.000+0000",
        "publisher": {
            "name": "A generated trust",
            "website": "http://trust.example/",
            "logo": "https://trust.example/logo.jpg",
            "prefix": "360G-generated",
            "last_published": "2025-04-27",
            "org_id": "GB-CHC-1000000",
        },
        "distribution": [{"downloadURL": url, "accessURL": "", "title": f"Grants of {identifier}"}],
        **changes,
    }


def grant(number: int, **changes: Any) -> dict[str, Any]:
    """A grant in the standard's JSON."""
    return {
        "id": f"360G-generated-{number}",
        "title": f"Grant {number}",
        "description": "A generated grant.",
        "currency": "GBP",
        "amountAwarded": 1000 + number,
        "awardDate": "2024-05-01",
        "recipientOrganization": [{"id": "GB-COH-01234567", "name": "Aston Sensors Ltd", "postalCode": "B7 4BB"}],
        "fundingOrganization": [{"id": "GB-CHC-1000000", "name": "A generated trust"}],
        **changes,
    }


class RegistryApi:
    """Holds what is published: `datasets`, `files` (content and type) by name, `grants` by kind and organisation."""

    def __init__(self) -> None:
        self.datasets: list[dict[str, Any]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.grants: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.asked: list[str] = []

    async def _registry(self, _request: Request) -> JSONResponse:
        return JSONResponse(self.datasets)

    async def _file(self, request: Request) -> Response:
        self.asked.append(request.path_params["name"])
        found = self.files.get(request.path_params["name"])
        return Response(status_code=404) if found is None else Response(found[0], media_type=found[1])

    async def _grants(self, request: Request) -> Response:
        asked = (request.path_params["kind"], request.path_params["org"])
        limit, offset = (int(request.query_params.get(name, most)) for name, most in (("limit", 100), ("offset", 0)))
        known = self.grants.get(asked)
        if known is None:
            return JSONResponse({"detail": "No Org matches the given query."}, 404)
        page = known[offset : offset + limit]
        more = offset + limit < len(known)
        return JSONResponse(
            {
                "count": len(known),
                "next": f"{request.url.replace(query='')}?limit={limit}&offset={offset + limit}" if more else None,
                "previous": None,
                "results": [{"grant_id": found["id"], "data": found} for found in page],
            }
        )

    def app(self) -> Starlette:
        """The registry at /, its publishers' files at /files/, the API at /api/v1/."""
        return Starlette(
            routes=[
                Route("/data.json", self._registry),
                Route("/files/{name}", self._file),
                Route("/api/v1/org/{org}/{kind}/", self._grants),
            ]
        )
