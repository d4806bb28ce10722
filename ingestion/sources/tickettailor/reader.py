"""Ticket Tailor: events, tickets, check-ins and orders, each listed whole every night, as the API tells no changes.

Reference: docs/sources/tickettailor.md. Times are seconds since 1970, money is minor units. A check-in is a record of
its own: the ticket says nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ingestion.apis.booking_questions import Questions, load_questions
from ingestion.apis.http import MalformedRecord
from ingestion.persons.pseudonyms import PseudonymKey, email_domain, person_key
from ingestion.reader import Reader

if TYPE_CHECKING:
    from ingestion.apis.read import ApiRead

Row = dict[str, Any]
_PAGE = 100


def _listed(read: ApiRead, stream: str, to_row: Callable[[Mapping[str, Any]], Row]) -> Iterator[Row]:
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

    resource = {"name": stream, "endpoint": {"path": stream, "params": {"limit": _PAGE}, "data_selector": "data"}}
    records = read.resources(JSONLinkPaginator(next_url_path="links.next"), [resource])[stream]
    yield from read.usable(stream, records, to_row)


def read_events(read: ApiRead) -> Iterator[Row]:
    """Every event of the box office. Grain: an event."""
    yield from _listed(read, "events", _event)


def read_issued_tickets(read: ApiRead) -> Iterator[Row]:
    """Every ticket, voided ones too. Grain: a ticket."""
    questions = load_questions(read.home, read.declaration.name)
    yield from _listed(read, "issued_tickets", partial(_ticket, key=read.pseudonym_key, questions=questions))


def read_check_ins(read: ApiRead) -> Iterator[Row]:
    """Every check-in. Grain: a check-in."""
    yield from _listed(read, "check_ins", _check_in)


def read_orders(read: ApiRead) -> Iterator[Row]:
    """Every order. Grain: an order."""
    yield from _listed(read, "orders", partial(_order, key=read.pseudonym_key))


def _instant(column: str, seconds: Any, *, required: bool = False) -> str | None:
    """ISO 8601 of seconds since 1970. Raises MalformedRecord."""
    if seconds in (None, ""):
        if required:
            raise MalformedRecord(column, "missing", f"{column} is empty")
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise MalformedRecord(column, "not_a_time", f"{column} is not a number of seconds") from None


def _named(record: Mapping[str, Any], *names: str) -> Row:
    if not record.get("id"):
        raise MalformedRecord("id", "missing", "the record has no id")
    return {name: record.get(name) for name in names}


def _event(event: Mapping[str, Any]) -> Row:
    start, end = event.get("start") or {}, event.get("end") or {}
    return {
        **_named(event, "id", "event_series_id", "name", "status", "timezone", "online_event"),
        "start_at": _instant("start", start.get("unix"), required=True),
        "end_at": _instant("end", end.get("unix")),
        "venue_postcode": (event.get("venue") or {}).get("postal_code"),
        "created_at": _instant("created_at", event.get("created_at")),
    }


def _ticket(ticket: Mapping[str, Any], *, key: PseudonymKey, questions: Questions) -> Row:
    row = _named(ticket, "id", "event_id", "order_id", "ticket_type_id", "status")
    if not row["event_id"]:
        raise MalformedRecord("event_id", "missing", "the ticket names no event")
    asked = ticket.get("custom_questions") or []
    answers = (("", str(answer.get("question") or ""), answer.get("answer")) for answer in asked)
    return {
        **row,
        "ticket_type": ticket.get("description"),
        "voided_at": _instant("voided_at", ticket.get("voided_at")),
        "created_at": _instant("created_at", ticket.get("created_at"), required=True),
        "updated_at": _instant("updated_at", ticket.get("updated_at")),
        "person_key": person_key(ticket.get("email"), key),
        "email_domain": email_domain(ticket.get("email")),
        **questions.kept(row["event_id"], answers),
    }


def _check_in(check_in: Mapping[str, Any]) -> Row:
    row = _named(check_in, "id", "issued_ticket_id", "event_id")
    if not row["issued_ticket_id"]:
        raise MalformedRecord("issued_ticket_id", "missing", "the check-in names no ticket")
    quantity = check_in.get("quantity", 1)
    if not isinstance(quantity, int):
        raise MalformedRecord("quantity", "not_a_number", "quantity is not a whole number")
    return {
        **row,
        "quantity": str(quantity),
        "check_in_at": _instant("check_in_at", check_in.get("check_in_at")),
        "created_at": _instant("created_at", check_in.get("created_at")),
    }


def _order(order: Mapping[str, Any], *, key: PseudonymKey) -> Row:
    currency = order.get("currency")
    return {
        **_named(order, "id", "status"),
        "event_id": (order.get("event_summary") or {}).get("event_id") or (order.get("event_summary") or {}).get("id"),
        "currency": currency.get("code") if isinstance(currency, Mapping) else currency,
        "total_minor": order.get("total"),
        "refunded_minor": order.get("refund_amount"),
        "person_key": person_key((order.get("buyer_details") or {}).get("email"), key),
        "created_at": _instant("created_at", order.get("created_at"), required=True),
    }


READER = Reader(
    streams={
        "events": read_events,
        "issued_tickets": read_issued_tickets,
        "check_ins": read_check_ins,
        "orders": read_orders,
    }
)
