"""A Dataverse environment: Entra token, table definitions, OData pages, change tracking, deletions.

Reference: sources.md section B3; shapes as in Microsoft's page on change tracking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TENANT_ID = "00000000-sandbox-tenant"
CLIENT_ID = "sandbox-dataverse-client"
CLIENT_SECRET = "sandbox-dataverse-secret"
VERSION = "v9.2"
_LABEL = "@OData.Community.Display.V1.FormattedValue"
_TABLE = "@Microsoft.Dynamics.CRM.lookuplogicalname"
_REFUSED_WITH_TRACKING = ("$filter", "$orderby", "$expand", "$top")
Record = dict[str, Any]


def stamp(instant: datetime) -> str:
    """An instant as the Web API writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Table:
    """A table: its logical name, its columns (a lookup without `_` and `_value`), its records in order of change."""

    logical_name: str
    columns: tuple[str, ...]
    is_tracked: bool = True
    key: str = ""
    records: dict[str, Record] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    """Id of the record of each change, in order; its position is the version."""

    def __post_init__(self) -> None:
        self.key = self.key or f"{self.logical_name}id"


class DataverseApi:
    """Serves records of tables. Switches: `oldest_token`, version below which delta tokens have expired;
    `busy`, code of a service protection limit to answer the next request with; `elsewhere`, address that the next link
    names instead of this server.
    """

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = dict(tables)
        self.oldest_token = 0
        self.busy: str | None = None
        self.elsewhere: str | None = None
        self._tokens = 0
        self._valid: set[str] = set()

    # What is in it

    def put(self, entity_set: str, identifier: str, changed: datetime, **values: Any) -> None:
        """Add or change a record. `x__label` is what a choice or lookup is shown as, `x__table` what it points to."""
        table = self.tables[entity_set]
        record = table.records.setdefault(identifier, {"createdon": stamp(changed)})
        record |= {**values, "modifiedon": stamp(changed)}
        table.changes.append(identifier)

    def delete(self, entity_set: str, identifier: str) -> None:
        """Delete a record; one that was never there is deleted too, as one is that came and went between two reads."""
        table = self.tables[entity_set]
        table.records.pop(identifier, None)
        table.changes.append(identifier)

    # What it answers

    def app(self) -> Starlette:
        """The environment, and the token endpoint beside it, as an application."""
        data = "/api/data/{version}"
        return Starlette(
            routes=[
                Route(f"/{TENANT_ID}/oauth2/v2.0/token", self._token, methods=["POST"]),
                Route(f"{data}/WhoAmI", self._guarded(self._who_am_i)),
                Route(f"{data}/EntityDefinitions", self._guarded(self._definitions)),
                Route(f"{data}/EntityDefinitions(LogicalName='{{name}}')/Attributes", self._guarded(self._attributes)),
                Route(f"{data}/{{entity_set}}", self._guarded(self._list)),
            ]
        )

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401)
        if form.get("scope") != f"{request.base_url}.default":
            return JSONResponse({"error": "invalid_scope", "error_description": "AADSTS70011"}, 400)
        self._tokens += 1
        token = f"sandbox-dataverse-token-{self._tokens}"
        self._valid.add(token)
        return JSONResponse({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})

    def _guarded(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self._valid:
                return Response(status_code=401, headers={"WWW-Authenticate": "Bearer error=invalid_token"})
            if request.path_params["version"] != VERSION:
                return _error(404, "0x8006088a", "Resource not found for the segment.")
            if self.busy is not None:
                code, self.busy = self.busy, None
                return _error(429, code, "Number of requests exceeded the limit.", {"Retry-After": "1"})
            response: Response = await answer(request)
            response.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] = "5999"
            response.headers["OData-Version"] = "4.0"
            return response

        return guarded

    async def _who_am_i(self, _request: Request) -> Response:
        return JSONResponse({"UserId": "00000000-0000-0000-0000-000000000001"})

    async def _definitions(self, request: Request) -> Response:
        wanted = request.query_params.get("$filter", "").removeprefix("EntitySetName eq ").strip("'")
        found = [
            {
                "LogicalName": table.logical_name,
                "PrimaryIdAttribute": table.key,
                "ChangeTrackingEnabled": table.is_tracked,
                "MetadataId": "00000000-0000-0000-0000-000000000002",
            }
            for name, table in self.tables.items()
            if name == wanted
        ]
        return JSONResponse({"@odata.context": f"{_root(request)}$metadata#EntityDefinitions", "value": found})

    async def _attributes(self, request: Request) -> Response:
        table = next(t for t in self.tables.values() if t.logical_name == request.path_params["name"])
        names = (table.key, "createdon", "modifiedon", *table.columns)
        attributes = [{"LogicalName": name, "AttributeType": "String"} for name in names]
        return JSONResponse({"@odata.context": f"{_root(request)}$metadata#Attributes", "value": attributes})

    async def _list(self, request: Request) -> Response:
        entity_set, query = request.path_params["entity_set"], dict(request.query_params)
        table = self.tables.get(entity_set)
        if table is None:
            return _error(404, "0x80060888", "Resource not found for the segment.")
        columns = query.get("$select", "").split(",")
        known = {table.key, "createdon", "modifiedon", *table.columns, *(f"_{name}_value" for name in table.columns)}
        if not set(columns) <= known:
            return _error(400, "0x0", "Could not find a property.")
        preferences = request.headers.get("prefer", "")
        is_tracking = "odata.track-changes" in preferences or "$deltatoken" in query
        if is_tracking and (not table.is_tracked or any(name in query for name in _REFUSED_WITH_TRACKING)):
            return _error(400, "0x80060888", "The query is not supported with change tracking.")
        since = int(query["$deltatoken"].partition("!")[0]) if "$deltatoken" in query else None
        if since is not None and since < self.oldest_token:
            return _error(400, "0x80044352", "Version stamp associated with the client has expired.")
        rows = _changed(table, since) if is_tracking else _filtered(table, query)
        return self._page(request, table, rows, query, preferences, is_tracking)

    def _page(
        self,
        request: Request,
        table: Table,
        rows: list[tuple[str, Record | None]],
        query: dict[str, str],
        preferences: str,
        is_tracking: bool,
    ) -> Response:
        entity_set, columns = request.path_params["entity_set"], query["$select"].split(",")
        size = int(next((p.split("=")[1] for p in preferences.split(",") if "maxpagesize" in p), "5000"))
        start = int(query.get("$skiptoken", "0"))
        is_annotated = "include-annotations" in preferences
        suffix = "/$delta" if "$deltatoken" in query else ""
        body: Record = {"@odata.context": f"{_root(request)}$metadata#{entity_set}({query['$select']}){suffix}"}
        here = f"{_root(request)}{entity_set}?"
        if start + size < len(rows):
            # The page after this one, and of what: to be used as it stands.
            following = {**query, "$skiptoken": str(start + size)}
            body["@odata.nextLink"] = (self.elsewhere or here) + urlencode(following, safe="$,", quote_via=quote)
        elif is_tracking:
            version = f"{len(table.changes)}!05/01/2024 02:00:00"
            token = {"$select": query["$select"], "$deltatoken": version}
            body["@odata.deltaLink"] = here + urlencode(token, safe="$,", quote_via=quote)
        context = f"{_root(request)}$metadata#{entity_set}/$deletedEntity"
        body["value"] = [
            _shown(table, identifier, record, columns, is_annotated)
            if record is not None
            else {"@odata.context": context, "id": identifier, "reason": "deleted"}
            for identifier, record in rows[start : start + size]
        ]
        return JSONResponse(body)


def _root(request: Request) -> str:
    return f"{request.base_url}api/data/{VERSION}/"


def _changed(table: Table, since: int | None) -> list[tuple[str, Record | None]]:
    """New and changed records first, then the deleted; without a token all there is, as new."""
    if since is None:
        return list(table.records.items())
    touched = list(dict.fromkeys(table.changes[since:]))
    there = [(identifier, table.records[identifier]) for identifier in touched if identifier in table.records]
    return [*there, *((identifier, None) for identifier in touched if identifier not in table.records)]


def _filtered(table: Table, query: Mapping[str, str]) -> list[tuple[str, Record | None]]:
    floor = query.get("$filter", "").removeprefix("modifiedon ge ")
    found = [i for i, record in table.records.items() if record["modifiedon"] >= floor]
    if "$orderby" in query:
        found.sort(key=lambda identifier: (table.records[identifier]["modifiedon"], identifier))
    return [(identifier, table.records[identifier]) for identifier in found]


def _shown(table: Table, identifier: str, record: Record, columns: list[str], is_annotated: bool) -> Record:
    shown: Record = {"@odata.etag": f'W/"{table.changes.index(identifier) + 1}"'}
    for column in columns:
        if column == table.key:
            continue
        shown[column] = record.get(column)
        for ending, annotation in (("label", _LABEL), ("table", _TABLE)):
            if is_annotated and record.get(f"{column}__{ending}") is not None:
                shown[f"{column}{annotation}"] = record[f"{column}__{ending}"]
    return {**shown, table.key: identifier}


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
