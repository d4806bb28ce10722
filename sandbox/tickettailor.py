"""Ticket Tailor's API as published: a key as user, pages by the last id seen, seconds since 1970, rates in headers."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "sandbox-tickettailor-key"
_LARGEST = 100
_MAY_9 = 1715245200


def event(identifier: str, start: int = _MAY_9, **changes: Any) -> dict[str, Any]:
    """An event."""
    times = {
        name: {"unix": start + hours * 3600, "iso": "", "timezone": "Europe/London"}
        for name, hours in (("start", 0), ("end", 2))
    }
    venue = {"name": "Town hall", "postal_code": "B1 1BB", "country": "GB"}
    state = {"status": "published", "online_event": "false", "timezone": "Europe/London", "created_at": start - 86400}
    return {
        "object": "event",
        "id": identifier,
        "name": f"Event {identifier}",
        **times,
        "venue": venue,
        **state,
        **changes,
    }


def ticket(identifier: str, event_id: str, email: str, order_id: str = "or_1", **changes: Any) -> dict[str, Any]:
    """A ticket with the name of its holder."""
    who = {"email": email, "first_name": "Planted", "last_name": "Holder", "full_name": "Planted Holder"}
    state = {"status": "valid", "voided_at": None, "created_at": _MAY_9 - 3600, "updated_at": _MAY_9 - 3600}
    known = {
        "event_id": event_id,
        "order_id": order_id,
        "ticket_type_id": "tt_1",
        "description": "Standard",
        "custom_questions": [],
    }
    return {"object": "issued_ticket", "id": identifier, **known, **who, **state, **changes}


def check_in(identifier: str, ticket_id: str, event_id: str, quantity: int = 1) -> dict[str, Any]:
    """A check-in, or with -1 one taken back."""
    times = {"check_in_at": _MAY_9 + 60, "created_at": _MAY_9 + 60}
    return {
        "object": "check_in",
        "id": identifier,
        "issued_ticket_id": ticket_id,
        "event_id": event_id,
        "quantity": quantity,
        **times,
    }


def order(identifier: str, event_id: str, email: str, **changes: Any) -> dict[str, Any]:
    """An order with the details of its buyer."""
    buyer = {
        "email": email,
        "name": "Planted Buyer",
        "phone": "07700 900123",
        "address": {"address_1": "1 Private Road"},
    }
    money = {"currency": {"base_multiplier": 100, "code": "gbp"}, "total": 1050, "refund_amount": 0}
    known = {"event_summary": {"id": event_id, "name": "An event"}, "status": "completed", "created_at": _MAY_9 - 7200}
    return {"object": "order", "id": identifier, "buyer_details": buyer, **known, **money, **changes}


@dataclass
class TicketTailorApi:
    """Holds the lists by the name of their path."""

    lists: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in ("events", "issued_tickets", "check_ins", "orders")}
    )
    page_size: int = _LARGEST

    def app(self) -> Starlette:
        """The API as an application."""
        return Starlette(routes=[Route("/v1/{name}", self._listed)])

    async def _listed(self, request: Request) -> Response:
        name = request.path_params["name"]
        if request.headers.get("authorization") != "Basic " + b64encode(f"{KEY}:".encode()).decode():
            return JSONResponse({"status": 401, "error_code": "UNAUTHORIZED", "message": "Invalid API key"}, 401)
        if name not in self.lists:
            return JSONResponse({"status": 404, "error_code": "NOT_FOUND", "message": "Not found"}, 404)
        listed, after = self.lists[name], request.query_params.get("starting_after")
        limit = min(self.page_size, int(request.query_params.get("limit", "100")))
        ids = [each["id"] for each in listed]
        if after is not None and after not in ids:
            return JSONResponse({"status": 400, "error_code": "VALIDATION_ERROR", "message": "starting_after"}, 400)
        start = 0 if after is None else ids.index(after) + 1
        shown = listed[start : start + limit]
        more = start + limit < len(listed)
        following = f"/v1/{name}?starting_after={shown[-1]['id']}&limit={limit}" if more else None
        headers = {"X-Rate-Limit-Limit": "5000", "X-Rate-Limit-Remaining": "4999", "X-Rate-Limit-Reset": "1800"}
        return JSONResponse({"data": shown, "links": {"next": following, "previous": None}}, headers=headers)
