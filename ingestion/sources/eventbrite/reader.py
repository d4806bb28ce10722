"""Eventbrite API v3: events by full list, attendees and orders by `changed_since`.

Reference: sources.md section A1. Events have no cursor: all are listed and compared. Attendees and orders are read from
the newest landed change on, less a window, because rows can become visible late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ingestion.apis.booking_questions import Questions, load_questions
from ingestion.apis.http import MalformedRecord, SourceFailed
from ingestion.apis.json_values import one_line
from ingestion.instants import parse_instant
from ingestion.persons.pseudonyms import PseudonymKey, email_domain, person_key
from ingestion.reader import Reader

if TYPE_CHECKING:
    from dlt.extract import DltResource

    from ingestion.apis.read import ApiRead

_SCANNED = "used"
Row = dict[str, Any]


def _paginator(least_share: float) -> Any:
    from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

    class ContinuationPaginator(JSONResponseCursorPaginator):
        """Follows `continuation`; where an old reply has none, counts pages up to `page_count`.

        A list that ends long before the number of objects it announced (`object_count`) is none: half of it would be
        taken for all.
        """

        def __init__(self) -> None:
            super().__init__(cursor_path="pagination.continuation", cursor_param="continuation")
            self._page: int | None = None
            self._listed = 0

        def init_request(self, request: Any) -> None:
            super().init_request(request)
            self._page, self._listed, self._has_next_page = None, 0, True

        def update_state(self, response: Any, data: list[Any] | None = None) -> None:
            page = response.json().get("pagination") or {}
            self._page = None
            self._listed += len(data or [])
            if page.get("has_more_items") is False:
                self._has_next_page = False
            else:
                super().update_state(response, data)
                if not self._has_next_page and page.get("page_number", 0) < page.get("page_count", 0):
                    self._page, self._has_next_page = page["page_number"] + 1, True
            announced = page.get("object_count")
            if not self._has_next_page and announced and self._listed < least_share * announced:
                raise SourceFailed(
                    f"Eventbrite listed {self._listed} of {announced} objects: refused as incomplete, "
                    "the last good data stays in use"
                )

        def update_request(self, request: Any) -> None:
            if self._page is None:
                super().update_request(request)
            else:
                request.params = {**(request.params or {}), "page": self._page}

    return ContinuationPaginator()


def _resources(read: ApiRead, name: str, params: dict[str, Any]) -> DltResource:
    """One list of every organisation that the token sees."""
    made = read.resources(
        _paginator(float(read.settings["shrink_guard"])),
        [
            {
                "name": "organizations",
                "endpoint": {"path": "users/me/organizations/", "data_selector": "organizations"},
            },
            {
                "name": name,
                "endpoint": {
                    "path": f"organizations/{{resources.organizations.id}}/{name}/",
                    "params": params,
                    "data_selector": name,
                },
            },
        ],
    )
    return made[name]


def _changed_since(since: datetime | None) -> dict[str, str]:
    return {} if since is None else {"changed_since": since.strftime("%Y-%m-%dT%H:%M:%SZ")}


def read_events(read: ApiRead) -> Iterator[Row]:
    """Every event of every organisation the token sees. Grain: an event."""
    listed = _resources(read, "events", {"expand": "venue", "status": "all"})
    yield from read.usable("events", listed, _event)


def read_attendees(read: ApiRead) -> Iterator[Row]:
    """Tickets changed since the newest landed change, less the window. Grain: a ticket."""
    params = {"expand": "answers", **_changed_since(read.since("attendees", "changed"))}
    to_row = partial(_attendee, key=read.pseudonym_key, questions=load_questions(read.home, read.declaration.name))
    yield from read.usable("attendees", _resources(read, "attendees", params), to_row)


def read_orders(read: ApiRead) -> Iterator[Row]:
    """Orders in every state changed since the newest landed change, less the window. Grain: an order."""
    params = {"status": "both", **_changed_since(read.since("orders", "changed"))}
    yield from read.usable("orders", _resources(read, "orders", params), partial(_order, key=read.pseudonym_key))


def _check(record: Mapping[str, Any]) -> None:
    if not record.get("id"):
        raise MalformedRecord("id", "missing", "the record has no id")
    for name in ("created", "changed"):
        parse_instant(name, record.get(name))


def _event(event: Mapping[str, Any]) -> Row:
    _check(event)
    start, end = event.get("start") or {}, event.get("end") or {}
    parse_instant("start", start.get("utc"))
    venue = (event.get("venue") or {}).get("address") or {}
    return {
        **{
            name: event.get(name)
            for name in (
                "id",
                "organization_id",
                "status",
                "created",
                "changed",
                "online_event",
                "venue_id",
                "capacity",
                "is_series",
                "is_series_parent",
                "series_id",
            )
        },
        "name": (event.get("name") or {}).get("text"),
        "start_utc": start.get("utc"),
        "end_utc": end.get("utc"),
        "timezone": start.get("timezone"),
        "venue_postcode": venue.get("postal_code"),
    }


def _attendee(attendee: Mapping[str, Any], *, key: PseudonymKey, questions: Questions) -> Row:
    if not attendee.get("event_id"):
        raise MalformedRecord("event_id", "missing", "the attendee names no event")
    _check(attendee)
    profile = attendee.get("profile") or {}
    # What the form's own question says of the organisation stands before the profile's field.
    said = {
        "organisation_name": one_line(profile.get("company")),
        "organisation_website": one_line(profile.get("website")),
        **questions.kept(
            str(attendee["event_id"]),
            (
                (str(answer.get("question_id")), str(answer.get("question") or ""), answer.get("answer"))
                for answer in attendee.get("answers") or []
            ),
        ),
    }
    return {
        **{
            name: attendee.get(name)
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
        **said,
    }


def _order(order: Mapping[str, Any], *, key: PseudonymKey) -> Row:
    if not order.get("event_id"):
        raise MalformedRecord("event_id", "missing", "the order names no event")
    _check(order)
    gross = (order.get("costs") or {}).get("gross") or {}
    return {
        **{name: order.get(name) for name in ("id", "event_id", "status", "created", "changed")},
        "person_key": person_key(order.get("email"), key),
        "currency": gross.get("currency"),
        # Minor units (pence), as the API gives them.
        "gross_minor": gross.get("value"),
    }


READER = Reader(streams={"events": read_events, "attendees": read_attendees, "orders": read_orders})
