"""The Eventbrite API v3 of the pretend world: paths, paging, field names and errors as the public contract has them.

Reference: sources.md section A1.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import ServerFaults
from sandbox.options import EARLY_CLOCK
from sandbox.spelling import Spelling
from sandbox.world import Event, Ticket, World

TOKEN = "sandbox-eventbrite-token"
PAGE_SIZE = 50
# Not a real API's row: an attendee that breaks the contract.
BAD_ATTENDEES = 3
Record = dict[str, Any]


def _utc(day: date, hour: int = 9, second: int = 0) -> str:
    return (datetime.combine(day, time(hour), UTC) + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


class EventbriteServer:
    """Serves what stands in `events`, `attendees` and `orders`, by organisation.

    `is_old`: replies as of 2016, without `has_more_items` and `continuation`. `tokens`: accepted ones; taking the last
    away is a token that expired.
    """

    def __init__(self, faults: ServerFaults | None = None, organizations: dict[str, str] | None = None) -> None:
        self.faults = faults or ServerFaults(rate_limits=0)
        self.organizations = organizations or {"11": "Organisation 11"}
        self.events: dict[str, list[Record]] = {identifier: [] for identifier in self.organizations}
        self.attendees: dict[str, list[Record]] = {identifier: [] for identifier in self.organizations}
        self.orders: dict[str, list[Record]] = {identifier: [] for identifier in self.organizations}
        self.is_old = False
        self.page_size = PAGE_SIZE
        self.tokens = {TOKEN}

    def routes(self) -> list[Route]:
        """Paths below `/v3/`."""
        return [
            Route("/users/me/organizations/", self._organizations),
            Route("/organizations/{organization}/events/", self._list_events),
            Route("/organizations/{organization}/attendees/", self._list_attendees),
            Route("/organizations/{organization}/orders/", self._list_orders),
            Route("/{rest:path}", self._not_found),
        ]

    def _refusal(self, request: Request) -> Response | None:
        faults = self.faults
        if "eventbrite" in faults.down:
            return _error(503, "INTERNAL_ERROR", "The service is unavailable.")
        authorization = request.headers.get("authorization", "")
        if not authorization:
            return _error(401, "NO_AUTH", "Authentication not provided.")
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return _error(401, "INVALID_AUTH", "The OAuth token you provided was invalid.")
        if faults.server_errors > 0:
            faults.server_errors -= 1
            return _error(500, "INTERNAL_ERROR", "Unhandled error.")
        if faults.rate_limits > 1:
            faults.rate_limits -= 1
            headers = {"Retry-After": faults.retry_after} if faults.retry_after else {}
            return _error(429, "HIT_RATE_LIMIT", "Your token has reached its rate limit.", headers)
        return None

    async def _not_found(self, request: Request) -> Response:
        return self._refusal(request) or _error(404, "NOT_FOUND", "The path you requested does not exist.")

    async def _organizations(self, request: Request) -> Response:
        records = [
            {"id": identifier, "name": name, "_type": "organization"} for identifier, name in self.organizations.items()
        ]
        return self._refusal(request) or self._page(request, "organizations", records)

    async def _list_events(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        records = self.events.get(request.path_params["organization"])
        if records is None:
            return _error(404, "NOT_FOUND", "The organization you requested does not exist.")
        if "eventbrite" in self.faults.half_empty:
            records = records[: len(records) // 2]
        if "venue" not in request.query_params.get("expand", "").split(","):
            records = [{name: value for name, value in record.items() if name != "venue"} for record in records]
        return self._page(request, "events", records)

    async def _list_attendees(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        records = self.attendees.get(request.path_params["organization"])
        if records is None:
            return _error(404, "NOT_FOUND", "The organization you requested does not exist.")
        records = _changed_since(request, records)
        if "answers" not in request.query_params.get("expand", "").split(","):
            records = [{name: value for name, value in record.items() if name != "answers"} for record in records]
        return self._page(request, "attendees", records)

    async def _list_orders(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        records = self.orders.get(request.path_params["organization"])
        if records is None:
            return _error(404, "NOT_FOUND", "The organization you requested does not exist.")
        if request.query_params.get("status", "active") == "active":
            records = [record for record in records if record["status"] == "placed"]
        return self._page(request, "orders", _changed_since(request, records))

    def _page(self, request: Request, name: str, records: list[Record]) -> Response:
        given = request.query_params.get("continuation")
        size = self.page_size
        try:
            start = json.loads(base64.urlsafe_b64decode(given))["start"] if given else 0
        except (ValueError, KeyError):
            return _error(400, "BAD_CONTINUATION_TOKEN", "The continuation token is invalid.")
        if "page" in request.query_params:
            start = (int(request.query_params["page"]) - 1) * size
        if start > max(0, len(records) - 1):
            return _error(400, "BAD_PAGE", "Page number is out of range.")
        end = start + size
        pagination: Record = {
            "object_count": len(records),
            "page_number": start // size + 1,
            "page_size": size,
            "page_count": max(1, -(-len(records) // size)),
        }
        if self.is_old:
            return reply({"pagination": pagination, name: records[start:end]}, self.faults)
        pagination["has_more_items"] = end < len(records)
        if end < len(records):
            pagination["continuation"] = base64.urlsafe_b64encode(json.dumps({"start": end}).encode()).decode()
        return reply({"pagination": pagination, name: records[start:end]}, self.faults)


class EventbriteApi(EventbriteServer):
    """Serves events, attendees and orders of a world at a stage (`early` or `final`)."""

    def __init__(self, world: World, spelling: Spelling, stage: str, faults: ServerFaults, plant_bad: bool) -> None:
        super().__init__(faults, {body.eventbrite_organization: body.name for body in world.bodies})
        self.bad_ids: list[str] = []
        events = [event for event in world.events if event.platform_id]
        for body in world.bodies:
            own = [event for event in events if event.body is body]
            self.events[body.eventbrite_organization] = [_event(event) for event in own] + [
                _series(event) for event in own if event.series_id
            ]
            rows = [row for event in own for row in _attendees(event, spelling, stage)]
            self.attendees[body.eventbrite_organization] = rows
            self.orders[body.eventbrite_organization] = list(_orders(own))
        if plant_bad:
            self._plant()

    def _plant(self) -> None:
        for number, rows in enumerate(list(self.attendees.values())[:BAD_ATTENDEES]):
            if not rows:
                continue
            bad = {**rows[0], "id": f"12990000{number:02d}"}
            column, value = (("event_id", None), ("created", "last Tuesday"), ("event_id", ""))[number]
            bad[column] = value
            rows.append(bad)
            self.bad_ids.append(bad["id"])


def _changed_since(request: Request, records: list[Record]) -> list[Record]:
    since = request.query_params.get("changed_since")
    return [record for record in records if record["changed"] >= since] if since else records


def reply(body: Record, faults: ServerFaults) -> Response:
    """A JSON reply, cut short when that fault is on."""
    response = JSONResponse(body)
    if faults.truncated > 0:
        faults.truncated -= 1
        content = bytes(response.body)
        return Response(content[: len(content) // 2], media_type="application/json")
    return response


def _error(status: int, code: str, description: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        {"status_code": status, "error": code, "error_description": description}, status_code=status, headers=headers
    )


def _event(event: Event) -> Record:
    status = "canceled" if event.is_cancelled else "completed"
    return {
        "id": event.platform_id,
        "organization_id": event.body.eventbrite_organization,
        "name": {"text": event.title, "html": event.title},
        "status": status,
        "start": {"timezone": "Europe/London", "utc": _utc(event.held_on), "local": f"{event.held_on}T10:00:00"},
        "end": {"timezone": "Europe/London", "utc": _utc(event.held_on, 16), "local": f"{event.held_on}T17:00:00"},
        "created": _utc(event.held_on - timedelta(days=60)),
        "changed": _utc(event.held_on - timedelta(days=2)),
        "online_event": event.mode == "online",
        "venue_id": None if event.mode == "online" else f"5{event.platform_id}",
        "venue": None if event.mode == "online" else {"address": {"postal_code": event.postcode, "country": "GB"}},
        "capacity": 200,
        "is_series": event.series_id is not None,
        "is_series_parent": False,
        "series_id": event.series_id,
    }


def _series(event: Event) -> Record:
    """The record of the series that an event is an occurrence of: nothing took place there."""
    return {**_event(event), "id": event.series_id, "is_series_parent": True, "series_id": None}


def _orders(events: list[Event]) -> Iterator[Record]:
    """One order for each order id of the tickets, under the buyer's name."""
    for event in events:
        first = {ticket.order_id: ticket for ticket in reversed(event.tickets)}
        for ticket in reversed(first.values()):
            yield {
                "id": ticket.order_id,
                "event_id": event.platform_id,
                "name": ticket.person.name,
                "first_name": ticket.person.first_name,
                "last_name": ticket.person.last_name,
                "email": ticket.email,
                "status": "placed",
                "time_remaining": None,
                "created": _utc(ticket.created),
                "changed": _utc(ticket.created),
                "costs": {"gross": {"display": "£0.00", "currency": "GBP", "value": 0, "major_value": "0.00"}},
            }


def _attendees(event: Event, spelling: Spelling, stage: str) -> Iterator[Record]:
    """The tickets of an event; a guest's carries all that the buyer wrote."""
    bought: dict[str, Record] = {}
    for ticket in event.tickets:
        if not ticket.is_guest:
            yield bought.setdefault(ticket.order_id, _attendee(event, ticket, spelling, stage))
            continue
        used = "used" if ticket.is_checked_in else "unused"
        yield {
            **bought[ticket.order_id],
            "id": ticket.id,
            "changed": _utc(event.held_on, 12, int(ticket.id[-3:])),
            "status": "Checked In" if ticket.is_checked_in else "Attending",
            "checked_in": ticket.is_checked_in,
            "barcodes": [{"barcode": f"{ticket.id}01", "status": used, "checkin_type": 0}],
        }


def _attendee(event: Event, ticket: Ticket, spelling: Spelling, stage: str) -> Record:
    person = ticket.person
    # The organisation as this person wrote it: the same text at both stages.
    written = spelling.loosely(person.organisation)
    is_early = stage == "early" and ticket.is_edited_later
    checked_in = ticket.is_checked_in and not is_early
    if ticket.is_edited_later and stage == "final":
        changed = (EARLY_CLOCK + timedelta(days=1, seconds=int(ticket.id[-5:]))).strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        changed = _utc(event.held_on, 12, int(ticket.id[-3:]))
    status = "Not Attending" if ticket.is_cancelled else "Checked In" if checked_in else "Attending"
    barcodes = [{"barcode": f"{ticket.id}01", "status": "used" if checked_in else "unused", "checkin_type": 0}]
    if checked_in and ticket.scans > 1:
        barcodes.append({"barcode": f"{ticket.id}02", "status": "used", "checkin_type": 0})
    return {
        "id": ticket.id,
        "event_id": event.platform_id,
        "order_id": ticket.order_id,
        "ticket_class_id": f"66{event.platform_id}",
        "ticket_class_name": {"staff": "Delivery team", "speaker": "Speaker"}.get(ticket.role, ticket.ticket_class),
        "created": _utc(ticket.created),
        "changed": changed,
        "status": status,
        "checked_in": checked_in,
        "cancelled": ticket.is_cancelled,
        "refunded": ticket.is_refunded_after or (ticket.is_cancelled and ticket.id[-1] in "02468"),
        "quantity": 1,
        "profile": {
            "name": person.name,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": ticket.email,
            "job_title": "Director",
            "cell_phone": person.phone,
            "company": written.name,
            "website": written.website,
        },
        "answers": [
            {
                "question_id": "901",
                "question": "Organisation postcode",
                "type": "text",
                **({"answer": written.postcode} if written.postcode and ticket.id[-1] in "147" else {}),
            }
        ],
        "barcodes": barcodes,
        "costs": {"gross": {"display": "£0.00", "currency": "GBP", "value": 0, "major_value": "0.00"}},
    }
