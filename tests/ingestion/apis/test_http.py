"""The one HTTP client: tokens that run out, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingestion.apis.http import authenticator, session, shown
from sandbox.loopback import Loopback

SECRETS = {"client_id": "id-1", "client_secret": "very-secret", "account_id": "account-7"}


@dataclass
class TokenServer:
    """Gives tokens, each good for so many requests."""

    uses: int = 2
    given: int = 0
    left: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        self.asked.append({**form, "authorization": request.headers.get("authorization", "")})
        self.given += 1
        self.left = self.uses
        return JSONResponse({"access_token": f"token-{self.given}", "expires_in": 3600})

    async def thing(self, request: Request) -> Response:
        if self.left <= 0 or request.headers.get("authorization") != f"Bearer token-{self.given}":
            return JSONResponse({"error": "token expired"}, status_code=401)
        self.left -= 1
        return JSONResponse({"ok": True})

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/token", self.token, methods=["POST"]), Route("/thing", self.thing)])


def _get(server: Loopback, times: int, **settings: object) -> list[int]:
    asking = session({"requests_per_second": 10_000, "attempts": 1})
    auth = authenticator(
        "client_credentials", SECRETS, {"token_url": f"{server.url}token", **settings}, with_session=asking
    )
    return [asking.get(f"{server.url}thing", auth=auth).status_code for _ in range(times)]


def test_a_token_refused_before_its_time_is_had_anew_and_the_request_sent_again() -> None:
    tokens = TokenServer(uses=2)
    with Loopback(tokens.app()) as server:
        assert _get(server, 5) == [200] * 5
    assert tokens.given == 3


def test_a_token_refused_at_once_ends_the_request() -> None:
    tokens = TokenServer(uses=0)
    with Loopback(tokens.app()) as server:
        assert _get(server, 1) == [401]
    assert tokens.given == 2, "asked once more, not for ever"


@pytest.mark.parametrize("in_header", [True, False])
def test_the_client_goes_in_the_header_or_in_the_body(in_header: bool) -> None:
    tokens = TokenServer()
    more = {"token_auth": "basic"} if in_header else {}
    request = {"grant_type": "account_credentials", "account_id": "{account_id}"}
    with Loopback(tokens.app()) as server:
        _get(server, 1, token_request=request, **more)
    (asked,) = tokens.asked
    assert asked["grant_type"] == "account_credentials"
    assert asked["account_id"] == "account-7"
    assert asked["authorization"].startswith("Basic ") is in_header
    assert ("client_secret" in asked) is not in_header


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("https://api.example.org/v3/events?token=s3cret", "https://api.example.org/v3/events"),
        ("https://api.example.org:8443/v3?q=a@b.example", "https://api.example.org:8443/v3"),
        ("https://user:s3cret@api.example.org/v3", "https://api.example.org/v3"),
        ("https://user:p@s3cret@api.example.org/v3", "https://api.example.org/v3"),
        ("https://user:s3cret/x@api.example.org/v3", "its address"),
        ("https://user:8/s3cret@api.example.org/v3", "its address"),
        ("https://user:p@s3cret/x@api.example.org/v3", "its address"),
        ("https://user:p@s3cret?x@api.example.org/v3", "its address"),
        ("https://user:s3cret", "its address"),
        (None, "its address"),
    ],
)
def test_of_an_address_nothing_secret_is_shown(url, printed):
    assert shown(url) == printed
