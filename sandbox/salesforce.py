"""A Salesforce organisation: token, describe, SOQL with its paging, the Bulk API 2.0, deletions and merges.

Reference: sources.md section B2; shapes as in the recorded bodies of restforce and CumulusCI. It serves the records it
is given and answers the queries a reader of changes asks; it is no SOQL engine.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT_ID = "sandbox-salesforce-client"
CLIENT_SECRET = "sandbox-salesforce-secret"
VERSIONS = ("60.0", "66.0")
_SYSTEM = {
    "Id": "id",
    "IsDeleted": "boolean",
    "CreatedDate": "datetime",
    "SystemModstamp": "datetime",
}
_MERGEABLE = ("Account", "Contact", "Lead")
_QUERY = re.compile(
    r"SELECT (?P<fields>.+?) FROM (?P<object>\w+)(?: WHERE (?P<condition>.+?))?(?: ORDER BY SystemModstamp, Id)?"
)
_SINCE = re.compile(r"SystemModstamp >= (\S+)")
_AFTER = re.compile(r"\(SystemModstamp > (\S+) OR \(SystemModstamp = \1 AND Id > '(\w+)'\)\)")
Record = dict[str, Any]


def stamp(instant: datetime) -> str:
    """An instant as the REST API writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class SalesforceApi:
    """Serves records of objects whose fields are given as name -> type (`reference:Other` for a lookup).

    Switches: `page_size`; `expired_locators`, pages still to be refused; `limit_reached`; `hidden` fields
    (`Object.Field`); `polls`, how often a bulk job is not done yet.
    """

    def __init__(self, objects: Mapping[str, Mapping[str, str]]) -> None:
        self._fields = {
            name: {**_SYSTEM, **({"MasterRecordId": "reference"} if name in _MERGEABLE else {}), **fields}
            for name, fields in objects.items()
        }
        self._records: dict[str, list[Record]] = {name: [] for name in objects}
        self.page_size = 2000
        self.expired_locators = 0
        self.limit_reached = False
        self.hidden: set[str] = set()
        self.polls = 1
        self.usage = 17
        self.instance_url: str | None = None
        self._tokens = 0
        self._valid: set[str] = set()
        self._locators: dict[str, tuple[str, list[str], list[Record], int]] = {}
        self._jobs: dict[str, Record] = {}

    # What is in it

    def add(self, name: str, identifier: str, changed: datetime, **fields: Any) -> Record:
        """Add a record; it may be changed while it is served."""
        record = {
            "Id": identifier,
            "IsDeleted": False,
            "CreatedDate": stamp(changed),
            "SystemModstamp": stamp(changed),
            **dict.fromkeys(self._fields[name].keys() - _SYSTEM.keys()),
            **fields,
        }
        self._records[name].append(record)
        return record

    def purge(self, name: str, identifier: str) -> None:
        """Let a record leave the recycle bin."""
        self._records[name] = [record for record in self._records[name] if record["Id"] != identifier]

    # What it answers

    def app(self) -> Starlette:
        """The organisation as an application."""
        data = "/services/data/v{version}"
        return Starlette(
            routes=[
                Route("/services/oauth2/token", self._token, methods=["POST"]),
                Route(f"{data}/limits", self._guarded(self._limits)),
                Route(f"{data}/sobjects/{{name}}/describe", self._guarded(self._describe)),
                Route(f"{data}/queryAll", self._guarded(self._query)),
                Route(f"{data}/query/{{locator}}", self._guarded(self._next)),
                Route(f"{data}/jobs/query", self._guarded(self._create_job), methods=["POST"]),
                Route(f"{data}/jobs/query/{{job}}", self._guarded(self._job)),
                Route(f"{data}/jobs/query/{{job}}/results", self._guarded(self._results)),
            ]
        )

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type", "error_description": "not supported"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        self._tokens += 1
        token = f"00D!sandbox-salesforce-token-{self._tokens}"
        self._valid.add(token)
        address = self.instance_url or str(request.base_url)
        # No `expires_in`: how long a session lives is a setting of the organisation.
        return JSONResponse(
            {
                "access_token": token,
                "signature": "sandbox",
                "instance_url": address.rstrip("/"),
                "id": f"{address}id/00D000000000001EAA/005000000000001AAA",
                "token_type": "Bearer",
                "issued_at": "1714528800000",
            }
        )

    def _guarded(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self._valid:
                return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
            if request.path_params["version"] not in VERSIONS:
                return _error(410, "UNSUPPORTED_API_VERSION", "The requested version was retired.")
            if self.limit_reached:
                return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            self.usage += 1
            response: Response = await answer(request)
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.usage}/15000"
            return response

        return guarded

    async def _limits(self, _request: Request) -> Response:
        return JSONResponse({"DailyApiRequests": {"Max": 15000, "Remaining": 15000 - self.usage}})

    async def _describe(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._fields:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        fields = [_described(field, kind) for field, kind in self._visible(name).items()]
        return JSONResponse({"name": name, "label": name, "queryable": True, "replicateable": True, "fields": fields})

    def _visible(self, name: str) -> dict[str, str]:
        return {field: kind for field, kind in self._fields[name].items() if f"{name}.{field}" not in self.hidden}

    def _selected(self, soql: str) -> tuple[str, list[str], list[Record]] | Response:
        """Object, fields and records of a query, or the refusal of one."""
        parsed = _QUERY.fullmatch(soql)
        if parsed is None:
            return _error(400, "MALFORMED_QUERY", "unexpected token")
        name, condition = parsed["object"], parsed["condition"] or ""
        if name not in self._fields:
            return _error(400, "INVALID_TYPE", "sObject type is not supported.")
        fields = parsed["fields"].split(", ")
        visible = self._visible(name)
        roots = {kind.partition(":")[2] for kind in visible.values() if ":" in kind}
        for field in fields:
            if field not in visible and field.partition(".")[0] not in roots and field != "COUNT()":
                return _error(400, "INVALID_FIELD", "No such column on entity.")
        records = sorted(self._records[name], key=lambda record: (record["SystemModstamp"], record["Id"]))
        since, after = _SINCE.fullmatch(condition), _AFTER.fullmatch(condition)
        if since:
            records = [r for r in records if r["SystemModstamp"][:19] >= since[1][:19]]
        elif after:
            floor = (after[1][:19], after[2])
            records = [r for r in records if (r["SystemModstamp"][:19], r["Id"]) > floor]
        elif condition:
            return _error(400, "MALFORMED_QUERY", "a condition this server does not know")
        return name, fields, records

    async def _query(self, request: Request) -> Response:
        selected = self._selected(request.query_params.get("q", ""))
        if isinstance(selected, Response):
            return selected
        name, fields, records = selected
        if fields == ["COUNT()"]:
            return JSONResponse({"totalSize": len(records), "done": True, "records": []})
        return self._page(request, name, fields, records, 0)

    async def _next(self, request: Request) -> Response:
        known = self._locators.get(request.path_params["locator"])
        if known is None or self.expired_locators > 0:
            self.expired_locators = max(0, self.expired_locators - 1)
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, *known)

    def _page(self, request: Request, name: str, fields: list[str], records: list[Record], start: int) -> Response:
        version = request.path_params["version"]
        end = start + self.page_size
        body: Record = {"totalSize": len(records), "done": end >= len(records)}
        if end < len(records):
            locator = f"01g000000000001AAA-{len(self._locators)}-{end}"
            self._locators[locator] = (name, fields, records, end)
            body["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator}"
        body["records"] = [_shown(name, record, fields, version) for record in records[start:end]]
        return JSONResponse(body)

    async def _create_job(self, request: Request) -> Response:
        body = await request.json()
        selected = self._selected(body["query"])
        if isinstance(selected, Response):
            return selected
        identifier = f"7500000000000{len(self._jobs):02d}AAA"
        job = {"id": identifier, "operation": body["operation"], "object": selected[0], "state": "UploadComplete"}
        self._jobs[identifier] = {**job, "polls": self.polls, "selected": selected}
        return JSONResponse({**job, "apiVersion": 66.0, "columnDelimiter": "COMMA", "lineEnding": "LF"})

    async def _job(self, request: Request) -> Response:
        job = self._jobs[request.path_params["job"]]
        job["polls"] -= 1
        state = "InProgress" if job["polls"] >= 0 else job.get("ends_as", "JobComplete")
        return JSONResponse({"id": job["id"], "operation": job["operation"], "object": job["object"], "state": state})

    async def _results(self, request: Request) -> Response:
        _, fields, records = self._jobs[request.path_params["job"]]["selected"]
        start = int(request.query_params.get("locator") or 0)
        end = start + int(request.query_params["maxRecords"])
        text = StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(fields)
        shown = records[start:end]
        writer.writerows([_cell(record.get(field)) for field in fields] for record in shown)
        # The word `null` where there is no more.
        headers = {
            "Sforce-Locator": str(end) if end < len(records) else "null",
            "Sforce-NumberOfRecords": str(len(shown)),
        }
        return Response(text.getvalue(), media_type="text/csv; charset=UTF-8", headers=headers)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("+0000", "Z")


def _shown(name: str, record: Record, fields: list[str], version: str) -> Record:
    url = f"/services/data/v{version}/sobjects/{name}/{record['Id']}"
    shown: Record = {"attributes": {"type": name, "url": url}}
    for field in fields:
        parent, dot, of_parent = field.partition(".")
        if not dot:
            shown[field] = record.get(field)
        elif record.get(field) is None:
            shown.setdefault(parent, None)
        else:
            attributes = {"type": parent, "url": f"/services/data/v{version}/sobjects/{parent}/a"}
            shown.setdefault(parent, {"attributes": attributes})[of_parent] = record[field]
    return shown


def _described(name: str, kind: str) -> Record:
    base, _, relation = kind.partition(":")
    return {
        "name": name,
        "label": name,
        "type": base,
        "length": 18 if base in ("id", "reference") else 255,
        "custom": name.endswith("__c"),
        "nillable": name != "Id",
        "calculated": False,
        "deprecatedAndHidden": False,
        "picklistValues": [],
        "referenceTo": [relation] if relation else [],
        "relationshipName": relation or None,
    }


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse([{"message": message, "errorCode": code}], status)
