"""The one HTTP client of all API sources: throttled, retrying, and mute about credentials.

dlt's session retries with exponential backoff and waits as long as `Retry-After` says. Added here: a body that is cut
short is retried like a dropped connection, requests keep below a source's documented rate, paging that leads in a
circle is noticed, and a failure is put in words that hold neither token nor query.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests
    from dlt.sources.helpers.rest_client.auth import AuthConfigBase

    from ingestion.declaration import Source

ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 120.0
CONNECT_SECONDS = 10.0
TIMEOUT_SECONDS = 60.0
IDENTICAL_REQUESTS = 100


class SourceFailed(Exception):
    """A source could not be read. The message says where, what is wrong, and what to do."""


class MalformedRecord(Exception):
    """A record of an API that cannot be used; carries column, code and plain words."""

    def __init__(self, column_name: str, reason_code: str, message: str) -> None:
        super().__init__(message)
        self.column_name = column_name
        self.reason_code = reason_code


def shown(url: Any) -> str:
    """An address as it may be printed: scheme, host, port and path; never user, password or query.

    Where a password with `@`, `/` or `?` as it is leaves open what is what, nothing of it is shown.
    """
    try:
        parts = urlsplit(str(url or ""))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "its address"
    behind = parts.path + ("" if "@" not in parts.netloc else parts.query + parts.fragment)
    if not parts.hostname or "@" in behind:
        return "its address"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _is_cut_short(response: requests.Response | None, _error: BaseException | None) -> bool:
    """A success whose JSON does not parse: the connection was cut within the body."""
    if response is None or not response.ok:
        return False
    # The body of a download is still to come: reading it here would take it into memory.
    if response.raw is not None and not response.raw.isclosed():
        return False
    if not response.content:
        return False
    if "json" not in response.headers.get("Content-Type", ""):
        return False
    try:
        response.json()
    except ValueError:
        return True
    return False


@dataclass
class CircleGuard:
    """Counts requests that are the same to the last byte: a paging token that comes again leads nowhere for ever."""

    limit: int = IDENTICAL_REQUESTS
    _seen: Counter[bytes] = field(default_factory=Counter)

    def forget(self) -> None:
        """Start to count anew: the same request for another stream is no circle."""
        self._seen.clear()

    def count(self, request: requests.PreparedRequest) -> None:
        """Raises SourceFailed at the request that was made too often."""
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        asked = hashlib.sha256(f"{request.method} {request.url} ".encode() + body).digest()
        self._seen[asked] += 1
        if self._seen[asked] > self.limit:
            raise SourceFailed(
                f"{shown(request.url)} gave the same page again and again "
                f"({self.limit} times): its paging is broken; the next night tries again"
            )


def _watched_adapter(longest_wait: float, watch: Callable[[requests.Response], None] | None) -> Any:
    """An adapter that looks at every answer before it is retried.

    An answer that asks for a longer wait than `longest_wait` seconds ends the read: asking earlier would prolong it.
    """
    from requests.adapters import HTTPAdapter

    class Watched(HTTPAdapter):
        def build_response(self, *given: Any) -> requests.Response:
            response = super().build_response(*given)
            if watch is not None:
                watch(response)
            asked = response.headers.get("Retry-After", "").strip()
            if response.status_code in (429, 503) and asked.isdigit() and int(asked) > longest_wait:
                raise SourceFailed(
                    f"{shown(response.url)} asks to wait {asked} seconds, longer than a night "
                    f"waits ({longest_wait:g}): nothing more was asked; the next night goes on from what is landed"
                )
            return response

    return Watched()


def session(
    settings: Mapping[str, Any],
    guard: CircleGuard | None = None,
    watch: Callable[[requests.Response], None] | None = None,
) -> requests.Session:
    """A requests session with retries and throttling.

    `settings` may give `requests_per_second`, `attempts`, `backoff_seconds`, `timeout_seconds` (of silence) and
    `longest_wait_seconds`. `watch` sees every answer before it is retried; a SourceFailed it raises ends the read.
    """
    from dlt.sources.helpers.requests import Client

    longest_wait = float(settings.get("longest_wait_seconds", LONGEST_WAIT_SECONDS))

    made: requests.Session = Client(
        request_timeout=(CONNECT_SECONDS, float(settings.get("timeout_seconds", TIMEOUT_SECONDS))),
        raise_for_status=False,
        request_max_attempts=int(settings.get("attempts", ATTEMPTS)),
        request_backoff_factor=float(settings.get("backoff_seconds", 1)),
        request_max_retry_delay=longest_wait,
        retry_condition=_is_cut_short,
    ).session
    for scheme in ("http://", "https://"):
        made.mount(scheme, _watched_adapter(longest_wait, watch))
    pause = 1 / float(settings.get("requests_per_second", 10))
    send = made.send
    last = 0.0

    def throttled(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        nonlocal last
        if guard is not None:
            guard.count(request)
        wait = last + pause - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        last = time.monotonic()
        return send(request, **options)

    made.send = throttled  # type: ignore[method-assign]
    return made


def authenticator(
    kind: str | None, secrets: Mapping[str, str], settings: Mapping[str, Any], with_session: requests.Session
) -> AuthConfigBase | None:
    """How requests are signed. `kind` is a declaration's `auth`, `secrets` its roles with their values.

    bearer: `token`. basic: `user` and, if there is one, `password`. client_credentials: `client_id` and `client_secret`
    are changed at the setting `token_url` for a token that is fetched anew when it has run out or is refused. The
    setting `token_request` is sent along, `token_auth: basic` sends the client in the header; `{name}` in address and
    request stands for a secret or another setting.
    """
    from dlt.sources.helpers.rest_client.auth import BearerTokenAuth, HttpBasicAuth

    if kind == "bearer":
        return BearerTokenAuth(secrets["token"])
    if kind == "basic":
        return HttpBasicAuth(secrets["user"], secrets.get("password", ""))
    if kind == "client_credentials":
        return _client_credentials(secrets, settings, with_session)
    return None


def _client_credentials(
    secrets: Mapping[str, str], settings: Mapping[str, Any], with_session: requests.Session
) -> AuthConfigBase:
    from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials

    class RenewingCredentials(OAuth2ClientCredentials):
        """Asks once for a new token when one is refused before its time; the request is then sent again.

        `reply` is what the token endpoint last said, the token included.
        """

        def obtain_token(self) -> None:
            import requests

            try:
                super().obtain_token()
            except requests.HTTPError as error:
                if error.response.status_code not in (400, 401):
                    raise
                raise SourceFailed(
                    f"{shown(self.access_token_url)} refused the client: check its id and secret in the "
                    "environment, and that it may use the client credentials flow"
                ) from None

        def parse_access_token(self, response_json: Any) -> str:
            self.reply = dict(response_json)
            return str(super().parse_access_token(response_json))

        def build_access_token_request(self) -> dict[str, Any]:
            asked: dict[str, Any] = super().build_access_token_request()
            if settings.get("token_auth") == "basic":
                asked["auth"] = (asked["data"].pop("client_id"), asked["data"].pop("client_secret"))
            return asked

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            signed: requests.PreparedRequest = super().__call__(request)
            signed.register_hook("response", self._renew)
            return signed

        def _renew(self, response: requests.Response, **options: Any) -> requests.Response:
            if response.status_code != 401:
                return response
            response.close()
            again = response.request.copy()
            again.deregister_hook("response", self._renew)
            self.obtain_token()
            again.headers["Authorization"] = f"Bearer {self.access_token}"
            return with_session.send(again, **options)

    known = {**settings, **secrets, "base_url": str(settings.get("base_url", "")).rstrip("/") + "/"}
    return RenewingCredentials(
        access_token_url=str(settings["token_url"]).format(**known),
        client_id=secrets["client_id"],
        client_secret=secrets["client_secret"],
        access_token_request_data={
            name: str(value).format(**known) for name, value in settings.get("token_request", {}).items()
        },
        session=with_session,
    )


def failure(declaration: Source, error: Exception) -> SourceFailed:
    """An HTTP or network error in words a person can act on, without credentials or query.

    What to do about a refusal says the reader's `remedy`, where it has one, else this.
    """
    import requests

    title = declaration.title
    response = getattr(error, "response", None)
    request = getattr(error, "request", None)
    where = shown(getattr(response, "url", None) or getattr(request, "url", None))
    if response is not None:
        status = response.status_code
        own = declaration.reader().remedy
        remedy = (own and own(response)) or {
            401: "the token was refused; check the token in the environment",
            403: "the token may not read this; give it the scopes named in docs/sources",
            404: "there is nothing at that address; check base_url, and api_version if it names one, in wmip.yaml",
            410: "this version of the API was retired; name a newer api_version in wmip.yaml",
            429: "the rate limit did not lift; the next night tries again",
        }.get(
            status,
            "the source has a fault of its own; the next night tries again"
            if status >= 500
            else "the source did not accept the request",
        )
        return SourceFailed(f"{title} answered {status} at {where}: {remedy}")
    if isinstance(error, requests.exceptions.SSLError):
        return SourceFailed(f"{title}: the certificate of {where} is not valid; do not go on until it is")
    if isinstance(error, requests.exceptions.Timeout):
        return SourceFailed(f"{title} did not answer in time at {where}; the next night tries again")
    if isinstance(error, requests.exceptions.ConnectionError):
        return SourceFailed(f"{title} cannot be reached at {where}; check base_url in wmip.yaml and the network")
    if isinstance(error, (requests.RequestException, MalformedRecord)):
        return SourceFailed(f"{title} sent something that is not its contract at {where} ({type(error).__name__})")
    return SourceFailed(
        f"{title} was not read because of a fault of this program ({type(error).__name__} at {_innermost(error)}); "
        "report it, the source itself may be well"
    )


def _innermost(error: Exception) -> str:
    """File and line where an error was raised; never its message, which may hold values."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
