"""Eventbrite API v3: events by full list, attendees by `changed_since`.

Reference: sources.md section A1. Events have no cursor: all are listed and compared. Attendees are read from the newest
landed change on, less a window, because rows can become visible late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ingestion.http import MalformedRecord
from ingestion.instants import parse_instant
from ingestion.privacy import email_domain, person_key

if TYPE_CHECKING:
    from dlt.extract import DltResource

    from ingestion.api import ApiRead

# The texts of built-in and custom questions whose answers are kept, and as what.
QUESTIONS = {
    "organisation postcode": "organisation_postcode",
    "organization postcode": "organisation_postcode",
}
_SCANNED = "used"
Row = dict[str, Any]


def _paginator() -> Any:
    from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

    class ContinuationPaginator(JSONResponseCursorPaginator):
        """Follows `continuation`; where an old reply has none, counts pages up to `page_count`."""

        def __init__(self) -> None:
            super().__init__(cursor_path="pagination.continuation", cursor_param="continuation")
            self._page: int | None = None

        def update_state(self, response: Any, data: list[Any] | None = None) -> None:
            page = response.json().get("pagination") or {}
            self._page = None
            if page.get("has_more_items") is False:
                self._has_next_page = False
                return
            super().update_state(response, data)
            if not self._has_next_page and page.get("page_number", 0) < page.get("page_count", 0):
                self._page, self._has_next_page = page["page_number"] + 1, True

        def update_request(self, request: Any) -> None:
            if self._page is None:
                super().update_request(request)
            else:
                request.params = {**(request.params or {}), "page": self._page}

    return ContinuationPaginator()


def _resources(read: ApiRead, changed_since: datetime | None) -> dict[str, DltResource]:
    attendee_params: dict[str, Any] = {"expand": "answers"}
    if changed_since is not None:
        attendee_params["changed_since"] = changed_since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return read.resources(
        _paginator(),
        [
            {
                "name": "organizations",
                "endpoint": {"path": "users/me/organizations/", "data_selector": "organizations"},
            },
            {
                "name": "events",
                "endpoint": {
                    "path": "organizations/{resources.organizations.id}/events/",
                    "params": {"expand": "venue", "status": "all"},
                    "data_selector": "events",
                },
            },
            {
                "name": "attendees",
                "endpoint": {
                    "path": "organizations/{resources.organizations.id}/attendees/",
                    "params": attendee_params,
                    "data_selector": "attendees",
                },
            },
        ],
    )


def read_events(read: ApiRead) -> Iterator[Row]:
    """Every event of every organisation the token sees. Grain: an event."""
    yield from read.usable("events", _resources(read, None)["events"], _event)


def read_attendees(read: ApiRead) -> Iterator[Row]:
    """Tickets changed since the newest landed change, less the window. Grain: a ticket."""
    resource = _resources(read, read.since("attendees", "changed"))["attendees"]
    yield from read.usable("attendees", resource, partial(_attendee, key=read.pseudonym_key))


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _event(event: Mapping[str, Any]) -> Row:
    start, end = event.get("start") or {}, event.get("end") or {}
    parse_instant("start", start.get("utc"))
    venue = (event.get("venue") or {}).get("address") or {}
    return {
        **{
            name: _text(event.get(name))
            for name in (
                "id",
                "organization_id",
                "status",
                "created",
                "changed",
                "online_event",
                "capacity",
                "is_series",
                "series_id",
            )
        },
        "name": _text((event.get("name") or {}).get("text")),
        "start_utc": _text(start.get("utc")),
        "end_utc": _text(end.get("utc")),
        "timezone": _text(start.get("timezone")),
        "venue_postcode": _text(venue.get("postal_code")),
    }


def _attendee(attendee: Mapping[str, Any], *, key: str) -> Row:
    if not attendee.get("event_id"):
        raise MalformedRecord("event_id", "missing", "the attendee names no event")
    for name in ("created", "changed"):
        parse_instant(name, attendee.get(name))
    profile = attendee.get("profile") or {}
    answers: Row = {}
    for answer in attendee.get("answers") or []:
        column = QUESTIONS.get(str(answer.get("question", "")).strip().lower())
        if column and isinstance(answer.get("answer"), str):
            answers[column] = _text(answer["answer"].strip())
    return {
        **{
            name: _text(attendee.get(name))
            for name in (
                "id",
                "event_id",
                "order_id",
                "ticket_class_id",
                "ticket_class_name",
                "created",
                "changed",
                "status",
                "checked_in",
                "cancelled",
                "refunded",
            )
        },
        "scan_count": str(sum(1 for barcode in attendee.get("barcodes") or [] if barcode.get("status") == _SCANNED)),
        "person_key": person_key(profile.get("email"), key),
        "email_domain": email_domain(profile.get("email")),
        "organisation_name": _text((profile.get("company") or "").strip()),
        "organisation_website": _text(profile.get("website")),
        **answers,
    }


READERS = {"events": read_events, "attendees": read_attendees}
