"""The HubSpot CRM v3 API of the pretend world: lists, search with its wall, associations, archived records, merges.

Reference: sources.md section B1.
"""

from __future__ import annotations

import operator
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.eventbrite import reply
from sandbox.faults import ServerFaults
from sandbox.options import EARLY_CLOCK
from sandbox.spelling import Spelling
from sandbox.world import BusinessRecord, Session, World

TOKEN = "sandbox-hubspot-token"
SEARCH_WALL = 10_000
DATED_VERSIONS = ("2026-03", "2026-09")
# Properties every account has, whether or not a record has a value.
STANDARD = {
    "companies": ("hs_merged_object_ids",),
    "contacts": ("hs_merged_object_ids", "hs_calculated_merged_vids"),
    "deals": ("hs_merged_object_ids",),
    "meetings": (),
}
TYPES = ("companies", "contacts", "deals", "meetings")
Record = dict[str, Any]


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), UTC)


class HubspotApi:
    """Serves the records it was given. Switches: `wall`, rows after which a search stops; `most_associated`,
    associations of a record in one answer.
    """

    def __init__(self, faults: ServerFaults) -> None:
        self.faults = faults
        self.wall = SEARCH_WALL
        self.most_associated = 500
        self._objects: dict[str, list[Record]] = {name: [] for name in TYPES}
        self._linked: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))

    def add(
        self, kind: str, identifier: str, properties: Record, created: datetime, changed: datetime, archived: bool
    ) -> Record:
        """Add a record; it may be changed while it is served."""
        modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        record: Record = {
            "id": identifier,
            "properties": {
                **properties,
                "hs_object_id": identifier,
                modified: _iso(changed),
                "createdate": _iso(created),
            },
            "createdAt": _iso(created),
            "updatedAt": _iso(changed),
            "archived": archived,
        }
        if archived:
            record["archivedAt"] = _iso(EARLY_CLOCK + timedelta(days=2))
        self._objects[kind].append(record)
        return record

    def remove(self, kind: str, identifier: str) -> None:
        """Let a record vanish, as the loser of a merge does."""
        self._objects[kind] = [record for record in self._objects[kind] if record["id"] != identifier]

    def link(self, kind: str, identifier: str, target_kind: str, target: str) -> None:
        """Associate two records."""
        self._linked[kind, target_kind][identifier].append(target)

    def routes(self) -> list[Route]:
        """Paths below `/crm/`."""
        # Numbered versions stand before an API's name, dated ones behind it.
        objects, associations, properties = (
            [f"/{number}/{api}", *(f"/{api}/{dated}" for dated in DATED_VERSIONS)]
            for number, api in (("v3", "objects"), ("v4", "associations"), ("v3", "properties"))
        )
        return [
            *(Route(f"{path}/{{kind}}", self._list) for path in objects),
            *(Route(f"{path}/{{kind}}/search", self._search, methods=["POST"]) for path in objects),
            *(Route(f"{path}/{{kind}}/batch/read", self._batch, methods=["POST"]) for path in objects),
            *(
                Route(f"{path}/{{kind}}/{{target}}/batch/read", self._associations, methods=["POST"])
                for path in associations
            ),
            *(Route(f"{path}/{{kind}}", self._properties) for path in properties),
            Route("/{rest:path}", self._unknown, methods=["GET", "POST"]),
        ]

    def _refusal(self, request: Request) -> Response | None:
        faults = self.faults
        if "hubspot" in faults.down:
            return _error(503, "Service unavailable", "SERVICE_UNAVAILABLE")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "Authentication credentials not found.", "INVALID_AUTHENTICATION")
        if faults.server_errors > 0:
            faults.server_errors -= 1
            return _error(500, "internal error", "INTERNAL_ERROR")
        if faults.rate_limits > 0:
            faults.rate_limits -= 1
            body = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
            headers = {"Retry-After": faults.retry_after} if faults.retry_after else {}
            return _error(429, "You have reached your ten_secondly_rolling limit.", "RATE_LIMITS", body, headers)
        kind = request.path_params.get("kind")
        if kind is not None and kind not in TYPES:
            return _error(404, f"Unable to infer object type from: {kind}", "OBJECT_NOT_FOUND")
        return None

    async def _unknown(self, request: Request) -> Response:
        return self._refusal(request) or _error(404, "resource not found", "OBJECT_NOT_FOUND")

    def _shown(self, record: Record, properties: list[str]) -> Record:
        always = ("hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate")
        wanted = {name: record["properties"].get(name) for name in properties}
        wanted.update({name: record["properties"][name] for name in always if name in record["properties"]})
        return {**record, "properties": wanted}

    async def _list(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        query = request.query_params
        limit = int(query.get("limit", "10"))
        if limit > 100:
            return _error(400, "limit must be at most 100", "VALIDATION_ERROR")
        archived = query.get("archived", "false") == "true"
        records = [r for r in self._objects[request.path_params["kind"]] if r["archived"] == archived]
        if "hubspot" in self.faults.half_empty:
            records = records[: len(records) // 2]
        start = int(query.get("after", "0"))
        properties = [name for name in query.get("properties", "").split(",") if name]
        body: Record = {"results": [self._shown(r, properties) for r in records[start : start + limit]]}
        if start + limit < len(records):
            body["paging"] = {
                "next": {"after": str(start + limit), "link": f"{request.url.path}?after={start + limit}"}
            }
        return self._answer(body)

    async def _batch(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        body = await request.json()
        if len(body["inputs"]) > 100:
            return _error(400, "at most 100 inputs", "VALIDATION_ERROR")
        archived = request.query_params.get("archived", "false") == "true"
        known = {r["id"]: r for r in self._objects[request.path_params["kind"]] if r["archived"] == archived}
        asked = [item["id"] for item in body["inputs"]]
        answer: Record = {
            "status": "COMPLETE",
            "results": [self._shown(known[i], body["properties"]) for i in asked if i in known],
            "startedAt": _iso(EARLY_CLOCK),
            "completedAt": _iso(EARLY_CLOCK),
        }
        missing = [identifier for identifier in asked if identifier not in known]
        if missing:
            error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects."}
            answer |= {"numErrors": 1, "errors": [{**error, "context": {"ids": missing}}]}
        return self._answer(answer)

    async def _search(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        body = await request.json()
        limit, start = int(body.get("limit", 10)), int(body.get("after") or 0)
        if limit > 200 or start + limit > self.wall:
            return _error(400, f"search returns at most {self.wall} rows, {limit} at a time", "VALIDATION_ERROR")
        if len(body.get("sorts", [])) > 1:
            return _error(400, "only one sort is allowed", "VALIDATION_ERROR")
        records = [r for r in self._objects[request.path_params["kind"]] if not r["archived"]]
        for group in body.get("filterGroups", []):
            for rule in group["filters"]:
                matches = _MATCHES.get(rule["operator"])
                if matches is None:
                    return _error(400, f"operator {rule['operator']} is not served here", "VALIDATION_ERROR")
                records = [r for r in records if matches(_comparable(r, rule["propertyName"]), _sought(rule))]
        for order in body.get("sorts", []):
            name = order["propertyName"]
            records = sorted(records, key=lambda r: (_comparable(r, name), r["id"]))
        found: Record = {
            "total": len(records),
            "results": [self._shown(r, body.get("properties", [])) for r in records[start : start + limit]],
        }
        if start + limit < len(records):
            found["paging"] = {"next": {"after": str(start + limit)}}
        return self._answer(found, is_search=True)

    async def _associations(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        links = self._linked[request.path_params["kind"], request.path_params["target"]]
        body = await request.json()
        results = []
        for item in body.get("inputs", []):
            if item["id"] not in links:
                continue
            start = int(item.get("after", 0))
            listed = links[item["id"]][start : start + self.most_associated]
            kinds = [{"category": "HUBSPOT_DEFINED", "typeId": 188, "label": None}]
            result: Record = {
                "from": {"id": item["id"]},
                "to": [{"toObjectId": int(target), "associationTypes": kinds} for target in listed],
            }
            if start + self.most_associated < len(links[item["id"]]):
                result["paging"] = {"next": {"after": str(start + self.most_associated), "link": str(request.url)}}
            results.append(result)
        return self._answer({"status": "COMPLETE", "results": results})

    async def _properties(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        kind = request.path_params["kind"]
        listed = self._objects[kind]
        names = sorted({*(name for record in listed for name in record["properties"]), *STANDARD[kind]})
        return self._answer(
            {"results": [{"name": n, "label": n, "type": "string", "fieldType": "text"} for n in names]}
        )

    def _answer(self, body: Record, is_search: bool = False) -> Response:
        response = reply(body, self.faults)
        response.headers["X-HubSpot-RateLimit-Daily"] = "250000"
        response.headers["X-HubSpot-RateLimit-Daily-Remaining"] = "249000"
        if not is_search:
            response.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
            response.headers["X-HubSpot-RateLimit-Max"] = "190"
            response.headers["X-HubSpot-RateLimit-Remaining"] = "180"
        return response


class WorldHubspotApi(HubspotApi):
    """Serves the CRM of a world at a stage (`early` or `final`)."""

    def __init__(
        self, world: World, spelling: Spelling, stage: str, faults: ServerFaults, seed: int, plant_bad: bool
    ) -> None:
        super().__init__(faults)
        self.bad_ids: list[str] = []
        self._stage = stage
        draw = random.Random(f"{seed}:crm")
        records = [record for record in world.records if record.system == "hubspot"]
        losers: dict[str, list[str]] = defaultdict(list)
        winners = {record.ref: record.merged_into for record in records}
        for record in records:
            winner = record.merged_into
            while winner is not None:
                losers[winner].append(record.ref)
                winner = winners[winner]
        for record in records:
            self._company(record, losers, spelling)
        for number, session in enumerate(s for s in world.sessions if s.record.system == "hubspot"):
            self._meeting(number, session, losers)
        companies = [record.ref for record in records if not record.merged_into]
        for number, person in enumerate(world.people[: len(companies)]):
            self._contact(number, person, companies[number], draw)
        if plant_bad and self._objects["meetings"]:
            self._plant()
        for listed in self._objects.values():
            listed.sort(key=lambda item: item["id"])

    def _company(self, record: BusinessRecord, losers: dict[str, list[str]], spelling: Spelling) -> None:
        # Every stage draws alike, so that the same company is written the same way.
        written = spelling.loosely(record.organisation)
        if record.merged_into and self._stage == "final":
            return
        organisation = record.organisation
        merged = losers.get(record.ref, []) if self._stage == "final" else []
        # A ref is a large number: all of it in minutes led into the year 2169.
        created = datetime(2023, 5, 1, 9, tzinfo=UTC) + timedelta(minutes=int(record.ref[-5:]))
        self.add(
            "companies",
            record.ref,
            {
                "name": written.name,
                "domain": organisation.domain if written.website else None,
                "phone": None,
                "company_number": written.company_number,
                "charity_number": written.charity_number,
                "zip": written.postcode,
                "city": "Birmingham",
                "numberofemployees": None,
                "organisation_type": organisation.kind,
                "cluster_tag": organisation.cluster,
                "size_band": organisation.size_band,
                "hs_merged_object_ids": ";".join(merged) or None,
            },
            created,
            EARLY_CLOCK + timedelta(days=1) if merged else created,
            record.is_archived and self._stage == "final",
        )

    def _meeting(self, number: int, session: Session, losers: dict[str, list[str]]) -> None:
        started = _at(session.held_on, 10)
        company = session.record.ref
        if self._stage == "early" and losers.get(company) and number % 2:
            company = losers[company][0]
        identifier = f"55{number:07d}"
        self.add(
            "meetings",
            identifier,
            {
                "hs_meeting_title": f"Call with {session.record.organisation.trading_name}",
                "hs_timestamp": _iso(started),
                "hs_meeting_start_time": _iso(started),
                "hs_meeting_end_time": _iso(started + timedelta(hours=session.hours)),
                "hs_meeting_outcome": "COMPLETED" if session.is_completed else "NO_SHOW",
                "wmip_partner_code": session.body,
                "wmip_channel": session.channel,
                "wmip_evidence": session.evidence,
            },
            started,
            started + timedelta(hours=session.hours, seconds=number % 5),
            session.is_archived and self._stage == "final",
        )
        self.link("meetings", identifier, "companies", company)
        if session.also is not None:
            self.link("meetings", identifier, "companies", session.also.ref)

    def _contact(self, number: int, person: Any, company: str, draw: random.Random) -> None:
        created = datetime(2023, 6, 1, 9, tzinfo=UTC) + timedelta(minutes=number)
        identifier = f"44{number:07d}"
        self.add(
            "contacts",
            identifier,
            {
                "email": person.email,
                "firstname": person.first_name,
                "lastname": person.last_name,
                "phone": person.phone,
                "jobtitle": "Director",
                "associatedcompanyid": company,
            },
            created,
            created,
            False,
        )
        self.link("contacts", identifier, "companies", company)
        if number % 5 == 0:
            self.add(
                "deals",
                f"33{number:07d}",
                {
                    "dealname": f"Deal with {person.name}",
                    "amount": str(draw.randrange(1000, 90_000)),
                    "dealstage": "closedwon",
                    "pipeline": "default",
                    "closedate": "2024-05-01",
                },
                created,
                created,
                False,
            )

    def _plant(self) -> None:
        first = self._objects["meetings"][0]
        changes: tuple[Record, ...] = (
            {"hs_meeting_start_time": "soon"},
            {"hs_meeting_end_time": "2020-01-01T00:00:00.000Z"},
            {"hs_meeting_start_time": None},
        )
        for number, change in enumerate(changes):
            identifier = f"559999990{number}"
            self._objects["meetings"].append(
                {**first, "id": identifier, "archived": False, "properties": {**first["properties"], **change}}
            )
            self.bad_ids.append(identifier)


def _comparable(record: Record, name: str) -> str:
    """A property as the search compares it: ids too are text there."""
    return str(record["properties"].get(name) or "")


def _sought(rule: Record) -> str:
    if rule["propertyName"] == "hs_object_id":
        return str(rule["value"])
    instant = datetime.fromtimestamp(int(rule["value"]) / 1000, UTC)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "GTE": operator.ge,
    "GT": operator.gt,
    "EQ": operator.eq,
}


def _error(
    status: int, message: str, category: str, more: Record | None = None, headers: dict[str, str] | None = None
) -> Response:
    body = {"status": "error", "message": message, "correlationId": "sandbox", "category": category, **(more or {})}
    return JSONResponse(body, status_code=status, headers=headers)
