"""Fault runs: a source is read while something is wrong, then while nothing is, and must end as if undisturbed.

A source joins by adding a `Subject` to `SUBJECTS`; each fault of `FAULTS` is then tried on it by `test_faults.py`.
Faults of transport stand in `sandbox.transport_faults`; those of content are made here, on the way from any JSON API,
by the source's `Paging`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.catalogue import SOURCES
from ingestion.ingest import SourceReport, ingest_source
from sandbox.loopback import Loopback
from sandbox.options import SANDBOX_CLOCK
from sandbox.transport_faults import (
    App,
    FaultyTransport,
    Message,
    Receive,
    Scope,
    Send,
    TransportFault,
    rate_limited,
    server_error,
)

ATTEMPTS = 3
TOKEN_OF_FAULT = "sandbox-page-token"
CLOCK = SANDBOX_CLOCK
# How a source is read in a fault run: quick to retry, quick to give up.
QUICK: dict[str, Any] = {
    "attempts": ATTEMPTS,
    "backoff_seconds": 0.001,
    "timeout_seconds": 0.3,
    "requests_per_second": 100_000,
    "identical_requests": 3,
}


@dataclass(frozen=True)
class Paging:
    """How an API pages its lists: by a query parameter, and by what a page says of the next.

    `items`: the list in a body, None when the body is no page. `set_next`: writes where the next page is into a body;
    None for the token means the last page.
    """

    parameter: str
    items: Callable[[Any], list[Any] | None]
    set_next: Callable[[Any, str, str | None], None]
    """Given the body, path and query of the request, and the token."""


@dataclass(frozen=True)
class Subject:
    """A source as the fault runs see it.

    `app` makes its API anew. `config` gives what `wmip.yaml` says of it for the address of the server. `secrets` are
    its environment variables, none of which may be seen again; nor may `personal`, the planted values. `paging` is None
    for an API whose lists have no pages that could go wrong.
    """

    name: str
    app: Callable[[], App]
    config: Callable[[str], Mapping[str, Any]]
    secrets: Mapping[str, str]
    personal: Callable[[], frozenset[str]]
    paging: Paging | None = None
    prepare: Callable[[Path], None] = lambda _home: None
    """Puts into a new home what the source needs to find there."""


# What goes wrong with content


@dataclass
class SpoiledPages:
    """An ASGI layer that spoils the pages of a JSON API. `kind` is None while nothing is wrong.

    empty_page: before one list comes a page without items that names a next. stuck_token: a page names itself as next.
    expired_token: the first request that follows a page is refused. half_empty: every list ends within its first page.
    """

    app: App
    paging: Paging | None
    kind: str | None = None
    struck: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or self.kind is None or self.paging is None:
            await self.app(scope, receive, send)
            return
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        follows = query.get(self.paging.parameter)
        if self.kind == "expired_token" and follows and not self.struck:
            self.struck += 1
            await _answer_json(send, 400, {"error": "the paging token has expired"})
            return
        is_ours = follows == TOKEN_OF_FAULT
        if is_ours:
            del query[self.paging.parameter]
            scope = {**scope, "query_string": urlencode(query).encode()}
        start, body = await _answer_of(self.app, scope, receive)
        if start["status"] == 200:
            rest = {name: value for name, value in query.items() if name != self.paging.parameter}
            here = f"{scope['path']}?{urlencode(rest, safe='$,')}"
            body = self._spoil(here, body, is_ours)
        headers = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def _spoil(self, here: str, body: bytes, is_ours: bool) -> bytes:
        assert self.paging is not None
        content = json.loads(body)
        items = self.paging.items(content)
        if items is None:
            return body
        if self.kind == "empty_page" and not is_ours and not self.struck and len(items) > 1:
            self.struck += 1
            items.clear()
            self.paging.set_next(content, here, TOKEN_OF_FAULT)
        elif self.kind == "stuck_token" and len(items) > 1:
            self.struck += 1
            self.paging.set_next(content, here, TOKEN_OF_FAULT)
        elif self.kind == "half_empty" and len(items) > 1:
            self.struck += 1
            del items[len(items) // 2 :]
            self.paging.set_next(content, here, None)
        return json.dumps(content).encode()


async def _answer_of(app: App, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    start: Message = {}
    body = bytearray()

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, collect)
    return start, bytes(body)


async def _answer_json(send: Send, status: int, content: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


# A source on its server


class Door:
    """One server for many runs: what stands behind it is changed between them."""

    def __init__(self) -> None:
        self.behind: App | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        assert self.behind is not None
        await self.behind(scope, receive, send)


@dataclass
class Rig:
    """A source, its API with all layers between, and the home it is read into. `server` serves `door`."""

    subject: Subject
    home: Path
    server: Loopback
    door: Door
    messages: list[str] = field(default_factory=list)
    nights: int = 0

    def __post_init__(self) -> None:
        self.pages = SpoiledPages(self.subject.app(), self.subject.paging)
        self.transport = FaultyTransport(self.pages)
        self.door.behind = self.transport
        self.subject.prepare(self.home)

    def night(self, url: str, clock: datetime | None = None) -> SourceReport:
        """Read the source once; what it said is kept."""
        self.nights += 1
        config = {**QUICK, **self.subject.config(url)}
        report = ingest_source(
            self.subject.name,
            home=self.home,
            config=config,
            clock=clock or CLOCK + timedelta(days=self.nights),
            run_id=f"night{self.nights:02d}",
            environment={**self.subject.secrets, "WMIP_PSEUDONYM_KEY": PSEUDONYM_KEY},
            progress=self.messages.append,
        )
        self.messages += [stream.message for stream in report.streams if stream.message]
        return report

    def clean_night(self, clock: datetime | None = None) -> SourceReport:
        """A night on which nothing goes wrong."""
        self.transport.plant([])
        self.pages.kind = None
        return self.night(self.server.url, clock)

    def interrupted_night(self, faults: list[TransportFault], let_through: int) -> SourceReport:
        """A night on which faults of transport strike after so many requests."""
        self.transport.plant(faults, let_through)
        return self.night(self.server.url)

    def spoiled_night(self, kind: str) -> SourceReport:
        """A night on which pages are spoiled."""
        self.pages.kind, self.pages.struck = kind, 0
        return self.night(self.server.url)


PSEUDONYM_KEY = "pseudonym-key-of-the-fault-runs"


def statuses(report: SourceReport) -> set[str]:
    """What the streams of a night ended as."""
    return {stream.status for stream in report.streams}


def landed(home: Path, source: str) -> dict[str, list[tuple[Any, ...]]]:
    """All landed rows by stream, and those in quarantine, without when and with which load they came."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    folders = [home / "landing" / source / stream.name for stream in SOURCES[source].streams]
    with duckdb.connect() as connection:
        for folder in [*folders, home / "landing" / "quarantine" / "rows"]:
            if folder.is_dir():
                found[folder.name] = connection.execute(
                    f"SELECT * EXCLUDE (_load_id, _loaded_at) FROM read_parquet('{folder}/*.parquet', "
                    "union_by_name = true) ORDER BY ALL"
                ).fetchall()
    return found


def twice(home: Path, source: str) -> list[tuple[Any, ...]]:
    """Keys of the source that were landed more than once with the same data."""
    found: list[tuple[Any, ...]] = []
    with duckdb.connect() as connection:
        for stream in SOURCES[source].streams:
            keys = ", ".join(f'"{name}"' for name in stream.key)
            files = home / "landing" / source / stream.name / "*.parquet"
            found += connection.execute(
                f"SELECT '{stream.name}', {keys}, count(*) FROM read_parquet('{files}', union_by_name = true) "
                f"GROUP BY {keys}, _row_hash HAVING count(*) > 1"
            ).fetchall()
    return found


def leaks(rig: Rig, logged: str) -> list[str]:
    """Where a secret or a planted personal value can be read: in the home's files, in what was said, in the log."""
    values = {*rig.subject.secrets.values(), PSEUDONYM_KEY, *rig.subject.personal()}
    texts = {"log": logged, "messages": "\n".join(rig.messages)}
    with duckdb.connect() as connection:
        for path in rig.home.rglob("*.parquet"):
            rows = connection.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
            texts[str(path.relative_to(rig.home))] = "\n".join(str(cell) for row in rows for cell in row if cell)
    return [f"{where}: {value}" for where, text in texts.items() for value in sorted(values) if value in text]


# The sources


def small_world(most_events: int = 6, most_tickets: int = 45) -> Any:
    """A pretend programme of two cluster bodies: enough for several pages of every list, read in a moment."""
    from sandbox.options import Options
    from sandbox.programme import Programme

    programme = Programme.generate(Options(scale=0.001))
    world = programme.world
    world.bodies = world.bodies[:2]
    for number, event in enumerate(world.events[:most_events]):
        event.body = world.bodies[number % 2]
        event.tickets = event.tickets[:most_tickets]
    world.events = world.events[:most_events]
    world.sessions = [session for session in world.sessions if session.record.system == "hubspot"][:105]
    return programme


@cache
def _programme() -> Any:
    return small_world()


def _people() -> frozenset[str]:
    people = _programme().world.people
    return frozenset(value for p in people for value in (p.name, p.email, p.email.upper(), p.phone))


def _eventbrite() -> App:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from sandbox.faults import ServerFaults

    app: App = Starlette(
        routes=[Mount("/v3", routes=_programme().eventbrite("final", ServerFaults(rate_limits=0)).routes())]
    )
    return app


def _eventbrite_next(body: Any, _path: str, token: str | None) -> None:
    body["pagination"]["has_more_items"] = token is not None
    body["pagination"].pop("continuation", None)
    if token is not None:
        body["pagination"]["continuation"] = token


def _hubspot() -> App:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from sandbox.faults import ServerFaults

    app: App = Starlette(
        routes=[Mount("/crm", routes=_programme().hubspot("final", ServerFaults(rate_limits=0)).routes())]
    )
    return app


def _hubspot_items(body: Any) -> list[Any] | None:
    """Records; neither the list of properties nor a batch, which have no pages."""
    listed: list[Any] = body.get("results", [])
    return listed if "status" not in body and listed and "id" in listed[0] else None


def _hubspot_next(body: Any, here: str, token: str | None) -> None:
    body.pop("paging", None)
    if token is not None:
        body["paging"] = {"next": {"after": token, "link": f"{here}&after={token}"}}


def _crm_people(number: int) -> dict[str, str]:
    return {"name": f"Planted{number} Person{number}", "email": f"planted.person{number}@private.example"}


CRM_PEOPLE = frozenset(value for number in range(9) for value in _crm_people(number).values())


def _salesforce() -> App:
    from sandbox.salesforce import SalesforceApi
    from tests.ingestion.sources.test_salesforce import OBJECTS, identifier

    api = SalesforceApi(OBJECTS)
    api.page_size = 4
    for number in range(9):
        person = _crm_people(number)
        account = identifier("001", number)
        api.add("Account", account, CLOCK, Name=f"Firm {number}", IsDeleted=number == 8)
        api.add("Contact", identifier("003", number), CLOCK, Email=person["email"], LastName=person["name"])
        started = {"StartDateTime": "2024-03-01T10:00:00.000+0000", "DurationInMinutes": 60}
        api.add("Event", identifier("00U", number), CLOCK, AccountId=account, **started)
        api.add("Opportunity", identifier("006", number), CLOCK, AccountId=account, Amount=float(number))
    app: App = api.app()
    return app


def _dataverse() -> App:
    from sandbox.dataverse import DataverseApi
    from tests.ingestion.sources.test_dataverse import tables

    api = DataverseApi(tables())
    for number in range(9):
        person = _crm_people(number)
        api.put("accounts", f"a{number}", CLOCK, name=f"Firm {number}")
        api.put("contacts", f"c{number}", CLOCK, emailaddress1=person["email"], fullname=person["name"])
        started = {"scheduledstart": "2024-03-01T10:00:00Z", "actualdurationminutes": 60}
        api.put("appointments", f"m{number}", CLOCK, _regardingobjectid_value=f"a{number}", **started)
        api.put("opportunities", f"o{number}", CLOCK, estimatedvalue=float(number))
    app: App = api.app()
    return app


def _dataverse_items(body: Any) -> list[Any] | None:
    """Records; neither the definitions of tables nor those of columns, which have no pages."""
    is_definition = any(word in body.get("@odata.context", "") for word in ("#EntityDefinitions", "#Attributes"))
    return None if is_definition else body.get("value")


def _dataverse_next(body: Any, here: str, token: str | None) -> None:
    server = body["@odata.context"].partition("/api/")[0]
    body.pop("@odata.nextLink", None)
    body.pop("@odata.deltaLink", None)
    if token is not None:
        body["@odata.nextLink"] = f"{server}{here}&$skiptoken={token}"


def _dataverse_config(url: str) -> dict[str, Any]:
    tenant = "00000000-sandbox-tenant"
    return {
        "base_url": url,
        "tenant_id": tenant,
        "token_url": "{base_url}{tenant_id}/oauth2/v2.0/token",
        "rows_a_page": 4,
    }


def _meet_companies(home: Path) -> None:
    registry = home / "registry"
    registry.mkdir(parents=True)
    keys = pa.table({"organisation_key": [f"company:{number:08}" for number in range(30)]})
    pq.write_table(keys, registry / "organisation_record.parquet")


def _companies_house() -> App:
    from sandbox.companies_house import CompaniesHouseApi, profile

    api = CompaniesHouseApi()
    api.profiles |= {f"{number:08}": profile(f"{number:08}") for number in range(30)}
    app: App = api.app()
    return app


def _gateway_to_research() -> App:
    from sandbox.gateway_to_research import GatewayToResearchApi, fund, organisation, project

    api = GatewayToResearchApi()
    api.organisations = {"ORG-1": organisation("ORG-1", "University of Birmingham")}
    api.funds = {f"FUND-{number}": fund(f"FUND-{number}", 1000.0) for number in range(3)}
    api.projects = [project(number, "ORG-1", f"FUND-{number % 3}") for number in range(105)]
    app: App = api.app()
    return app


def _threesixtygiving() -> App:
    from sandbox.threesixtygiving_registry import RegistryApi, grant

    api = RegistryApi()
    api.grants["grants_made", "GB-CHC-1000000"] = [grant(number) for number in range(30)]
    api.grants["grants_received", "GB-COH-01234567"] = [grant(number) for number in range(9)]
    app: App = api.app()
    return app


def _threesixtygiving_config(url: str) -> dict[str, Any]:
    asked = {"grants_made": ["GB-CHC-1000000"], "grants_received": ["GB-COH-01234567"], "grants_a_page": 4}
    return {"base_url": url, "api_url": f"{url}api/v1/", **asked}


def _tickettailor() -> App:
    from sandbox.tickettailor import TicketTailorApi, check_in, event, order, ticket

    api = TicketTailorApi(page_size=4)
    for number in range(9):
        who = _crm_people(number)
        api.lists["events"].append(event(f"ev_{number}"))
        api.lists["issued_tickets"].append(ticket(f"it_{number}", f"ev_{number}", who["email"], full_name=who["name"]))
        api.lists["check_ins"].append(check_in(f"ci_{number}", f"it_{number}", f"ev_{number}"))
        api.lists["orders"].append(order(f"or_{number}", f"ev_{number}", who["email"]))
    app: App = api.app()
    return app


def _tickettailor_next(body: Any, here: str, token: str | None) -> None:
    body["links"]["next"] = None if token is None else f"{here}&starting_after={token}"


def _zoom() -> App:
    from sandbox.zoom import ZoomApi, join, meeting, registrant

    start, end = "2025-05-01T09:00:00Z", "2025-05-01T10:00:00Z"
    api = ZoomApi(
        meetings={"host": [meeting(f"u{number}==", 800 + number, start, end) for number in range(5)]}, page_size=4
    )
    for number in range(5):
        people = [_crm_people(each) for each in range(9)]
        api.joins[f"u{number}=="] = [
            join(f"{n}", start, end, who["email"], who["name"]) for n, who in enumerate(people)
        ]
        api.registrants[f"{800 + number}"] = [registrant(f"r{n}", who["email"]) for n, who in enumerate(people)]
    app: App = api.app()
    return app


def _zoom_items(body: Any) -> list[Any] | None:
    return next((body[name] for name in ("meetings", "participants", "registrants") if name in body), None)


def _zoom_next(body: Any, _here: str, token: str | None) -> None:
    body["next_page_token"] = token or ""


def _zoom_config(url: str) -> dict[str, Any]:
    token = {"token_url": f"{url}oauth/token", "account_id": "sandbox-zoom-account"}
    return {"base_url": f"{url}v2/", **token, "hosts": ["host"]}


def _teams_graph() -> App:
    from sandbox.teams_graph import GraphApi, Meeting, interval, record

    start, end = "2025-05-01T09:00:00Z", "2025-05-01T10:00:00Z"
    api = GraphApi(page_size=2)
    for number in range(3):
        people = [_crm_people(each) for each in range(5)]
        records = [record(who["email"], interval(start, end), name=who["name"]) for who in people]
        reports = {f"report-{number}": (start, end, records)}
        api.hold(Meeting(f"meeting-{number}", f"Meeting {number}", reports=reports), (start, end))
    app: App = api.app()
    return app


def _teams_graph_next(body: Any, here: str, token: str | None) -> None:
    server = body["@odata.context"].partition("v1.0/")[0]
    body.pop("@odata.nextLink", None)
    if token is not None:
        body["@odata.nextLink"] = f"{server}{here.lstrip('/')}&$skiptoken={token}"


def _teams_graph_config(url: str) -> dict[str, Any]:
    from sandbox.teams_graph import HOST, TENANT_ID

    token = {"token_url": f"{url}{TENANT_ID}/oauth2/v2.0/token", "tenant_id": TENANT_ID}
    return {"base_url": f"{url}v1.0/", **token, "hosts": [HOST]}


SUBJECTS: dict[str, Subject] = {
    subject.name: subject
    for subject in (
        Subject(
            "eventbrite",
            _eventbrite,
            lambda url: {"base_url": f"{url}v3/"},
            {"EVENTBRITE_TOKEN": "sandbox-eventbrite-token"},
            _people,
            Paging(
                "continuation",
                lambda body: body.get("attendees") or body.get("orders") or body.get("events"),
                _eventbrite_next,
            ),
        ),
        Subject(
            "hubspot",
            _hubspot,
            lambda url: {"base_url": url},
            {"HUBSPOT_TOKEN": "sandbox-hubspot-token"},
            _people,
            Paging("after", _hubspot_items, _hubspot_next),
        ),
        # Its next page is an address, not a parameter: test_salesforce.py has the faults of its paging.
        Subject(
            "salesforce",
            _salesforce,
            lambda url: {"base_url": url},
            {
                "SALESFORCE_CLIENT_ID": "sandbox-salesforce-client",
                "SALESFORCE_CLIENT_SECRET": "sandbox-salesforce-secret",
            },
            lambda: CRM_PEOPLE,
        ),
        Subject(
            "dataverse",
            _dataverse,
            _dataverse_config,
            {"DATAVERSE_CLIENT_ID": "sandbox-dataverse-client", "DATAVERSE_CLIENT_SECRET": "sandbox-dataverse-secret"},
            lambda: CRM_PEOPLE,
            Paging("$skiptoken", _dataverse_items, _dataverse_next),
        ),
        Subject(
            "zoom",
            _zoom,
            _zoom_config,
            {"ZOOM_CLIENT_ID": "sandbox-zoom-client", "ZOOM_CLIENT_SECRET": "sandbox-zoom-secret"},
            lambda: CRM_PEOPLE,
            Paging("next_page_token", _zoom_items, _zoom_next),
        ),
        Subject(
            "teams_graph",
            _teams_graph,
            _teams_graph_config,
            {"TEAMS_GRAPH_CLIENT_ID": "sandbox-graph-client", "TEAMS_GRAPH_CLIENT_SECRET": "sandbox-graph-secret"},
            lambda: CRM_PEOPLE,
            Paging("$skiptoken", lambda body: body.get("value"), _teams_graph_next),
        ),
        Subject(
            "tickettailor",
            _tickettailor,
            lambda url: {"base_url": f"{url}v1/"},
            {"TICKET_TAILOR_KEY": "sandbox-tickettailor-key"},
            lambda: CRM_PEOPLE,
            Paging("starting_after", lambda body: body.get("data"), _tickettailor_next),
        ),
        # One question a company: no pages.
        Subject(
            "companies_house_lookup",
            _companies_house,
            lambda url: {"base_url": url},
            {"COMPANIES_HOUSE_KEY": "sandbox-companies-house-key"},
            lambda: frozenset({"Planted Person"}),
            prepare=_meet_companies,
        ),
        # Its next page is an address with an offset: there is no token that could go wrong.
        Subject(
            "threesixtygiving_registry",
            _threesixtygiving,
            _threesixtygiving_config,
            {},
            frozenset,
        ),
        # Its pages are numbered: there is no token that could go wrong.
        Subject(
            "gateway_to_research_api",
            _gateway_to_research,
            lambda url: {"base_url": url, "searches": [{"q": "project"}]},
            {},
            lambda: frozenset({"PERSON-1"}),
        ),
    )
}


# The faults


@dataclass(frozen=True)
class Fault:
    """A fault in a source's way. `strike` reads one night with it; `night_ends` is what that night may end as."""

    name: str
    strike: Callable[[Rig, int], SourceReport]
    night_ends: str
    """well: the fault is overcome the same night. failed: the night says so. either."""
    needs_pages: bool = False
    after_a_good_night: bool = False
    waits: float | None = None
    """Seconds the reader must have been willing to wait."""


def _transport(*faults: TransportFault) -> Callable[[Rig, int], SourceReport]:
    # Half way through: some lists are landed by then, one is under way.
    return lambda rig, requests: rig.interrupted_night(list(faults), requests // 2)


def _pages(kind: str) -> Callable[[Rig, int], SourceReport]:
    return lambda rig, _requests: rig.spoiled_night(kind)


def _bad_certificate(rig: Rig, _requests: int) -> SourceReport:
    certificate, key = _own_certificate(rig.home.parent)
    with Loopback(rig.transport, certificate, key) as server:
        return rig.night(server.url)


def _own_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that nobody vouches for, and its key, as PEM files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def _skewed(offset: timedelta) -> Callable[[Rig, int], SourceReport]:
    return lambda rig, _requests: rig.night(rig.server.url, CLOCK + offset)


def _always(fault: TransportFault) -> list[TransportFault]:
    return [fault] * 200


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("429_with_retry_after", _transport(rate_limited("7")), "well", waits=7),
        Fault("429_without_retry_after", _transport(rate_limited(None)), "well"),
        Fault("429_that_does_not_lift", _transport(*_always(rate_limited(None))), "failed"),
        Fault("500_burst", _transport(server_error(), server_error(503)), "well"),
        Fault("500_for_the_whole_night", _transport(*_always(server_error())), "failed"),
        Fault("time_out", _transport(TransportFault("hang", seconds=0.4)), "well"),
        Fault("dropped_within_the_body", _transport(TransportFault("drop")), "well"),
        Fault("dropped_again_and_again", _transport(*_always(TransportFault("drop"))), "failed"),
        Fault("truncated_json", _transport(TransportFault("truncate")), "well"),
        Fault("truncated_again_and_again", _transport(*_always(TransportFault("truncate"))), "failed"),
        Fault("garbled_json", _transport(TransportFault("garble")), "well"),
        Fault("garbled_again_and_again", _transport(*_always(TransportFault("garble"))), "failed"),
        Fault("slow_drip", _transport(TransportFault("drip", seconds=0.2)), "well"),
        # A token that can be had anew is had anew; another one ends the night.
        Fault("token_expires_mid_run", _transport(server_error(401)), "either"),
        Fault("token_refused_from_mid_run_on", _transport(*_always(server_error(401))), "failed"),
        Fault("empty_page_with_a_next_token", _pages("empty_page"), "well", needs_pages=True),
        Fault("repeated_page_token", _pages("stuck_token"), "failed", needs_pages=True),
        Fault("expired_page_token", _pages("expired_token"), "failed", needs_pages=True),
        Fault("half_empty_list", _pages("half_empty"), "either", needs_pages=True, after_a_good_night=True),
        Fault("certificate_nobody_vouches_for", _bad_certificate, "failed"),
        Fault("clock_a_day_slow", _skewed(timedelta(days=-1)), "well"),
        Fault("clock_a_month_fast", _skewed(timedelta(days=30)), "well"),
    )
}
