"""Zoom's report API as published: server-to-server tokens of one hour, paging tokens, UUIDs encoded twice."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT_ID = "sandbox-zoom-client"
CLIENT_SECRET = "sandbox-zoom-secret"
ACCOUNT_ID = "sandbox-zoom-account"


def meeting(uuid: str, number: int, start: str, end: str, **changes: Any) -> dict[str, Any]:
    """A meeting of the report, its host's name and address included."""
    host = {"user_name": "Planted Host", "user_email": "planted.host@private.example"}
    times = {"start_time": start, "end_time": end, "duration": 60, "total_minutes": 60, "participants_count": 1}
    return {"uuid": uuid, "id": number, "type": 2, "topic": f"Topic {number}", **host, **times, **changes}


def join(
    user_id: str, start: str, end: str, email: str = "", name: str = "Planted Person", **changes: Any
) -> dict[str, Any]:
    """A participant of the report: one join."""
    who = {"id": "", "user_id": user_id, "name": name, "user_email": email}
    return {**who, "join_time": start, "leave_time": end, "duration": 60, "status": "in_meeting", **changes}


def registrant(identifier: str, email: str, created: str = "2024-04-01T09:00:00Z", **changes: Any) -> dict[str, Any]:
    """A registrant."""
    who = {"email": email, "first_name": "Planted", "last_name": "Registrant", "org": ""}
    return {"id": identifier, **who, "create_time": created, "status": "approved", **changes}


@dataclass
class ZoomApi:
    """Holds meetings by host, joins by UUID and registrants by number.

    `expired_pages`: page tokens still to be refused; `expired_tokens`: requests to be refused for their access token.
    """

    meetings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    joins: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    registrants: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    page_size: int = 300
    expired_pages: int = 0
    expired_tokens: int = 0
    asked: list[str] = field(default_factory=list)
    _tokens: int = 0

    def app(self) -> Starlette:
        """The API as an application."""
        routes = [Route("/oauth/token", self._token, methods=["POST"])]
        return Starlette(routes=[*routes, Route("/v2/{path:path}", self._listed)])

    async def _token(self, request: Request) -> Response:
        expected = "Basic " + b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = dict(parse_qsl((await request.body()).decode()))
        if request.headers.get("authorization") != expected:
            return JSONResponse({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400)
        if form.get("grant_type") != "account_credentials" or form.get("account_id") != ACCOUNT_ID:
            return JSONResponse({"reason": "Bad request", "error": "invalid_request"}, 400)
        self._tokens += 1
        token = f"sandbox-zoom-token-{self._tokens}"
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": 3599, "scope": "report:read"})

    async def _listed(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer sandbox-zoom-token-{self._tokens}" or self.expired_tokens:
            self.expired_tokens = max(0, self.expired_tokens - 1)
            return JSONResponse({"code": 124, "message": "Invalid access token."}, 401)
        # As it was sent: a server that decodes once tells a UUID that was encoded twice.
        raw = request.scope["raw_path"].decode().partition("?")[0].removeprefix("/v2/")
        self.asked.append(raw)
        parts = [unquote(part) for part in raw.split("/")]
        query = request.query_params
        match parts:
            case ["report", "users", host, "meetings"] if host in self.meetings:
                since, until = query.get("from", ""), query.get("to", "9999")
                found = [each for each in self.meetings[host] if since <= each["end_time"][:10] <= until]
                return self._page(request, "meetings", found)
            case ["report", "meetings" | "webinars", identifier, "participants"]:
                uuid = unquote(identifier) if "%" in identifier else identifier
                if ("/" in uuid and "%" not in identifier) or uuid not in self.joins:
                    return JSONResponse({"code": 3001, "message": f"Meeting does not exist: {identifier}."}, 404)
                return self._page(request, "participants", self.joins[uuid])
            case ["meetings" | "webinars", number, "registrants"]:
                if number not in self.registrants:
                    return JSONResponse({"code": 3000, "message": "Registration has not been enabled."}, 400)
                return self._page(request, "registrants", self.registrants[number])
        return JSONResponse({"code": 1001, "message": "User does not exist."}, 404)

    def _page(self, request: Request, items: str, found: list[dict[str, Any]]) -> Response:
        token = request.query_params.get("next_page_token", "")
        if token and self.expired_pages:
            self.expired_pages -= 1
            return JSONResponse({"code": 300, "message": "The next page token is invalid or expired."}, 400)
        start = int(token or 0)
        end = start + min(self.page_size, int(request.query_params.get("page_size", "30")))
        following = str(end) if end < len(found) else ""
        return JSONResponse(
            {
                "page_size": end - start,
                "total_records": len(found),
                "next_page_token": following,
                items: found[start:end],
            }
        )
