"""Zoom's reports: meetings that were held, who joined them when, and who had registered.

Reference: docs/sources/zoom.md. A meeting keeps its number each time it is held; each time has a UUID, and the number
alone gives the last time only. A participant is a row a join; how long a person was there is for the warehouse to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ingestion.apis.http import MalformedRecord, SourceFailed
from ingestion.apis.json_values import one_line
from ingestion.instants import parse_instant, programme_day
from ingestion.persons.pseudonyms import PseudonymKey, email_domain, participant_key, person_key
from ingestion.reader import Reader

if TYPE_CHECKING:
    from ingestion.apis.read import ApiRead

Row = dict[str, Any]
_PAGE = 300
_MONTH = timedelta(days=30)
_WEBINARS = {5, 6, 9}
_WAITING = "in_waiting_room"
# What Zoom's errors say beside their status.
_EXPIRED_PAGE = 300
_PERSON_IDS = ("id", "participant_user_id", "registrant_id")
# A meeting without registration, one that does not exist any more.
_NO_REGISTRANTS = {3000, 3001}


def event_of(number: str, started_at: str) -> str:
    """What persons without an address are told apart in: the meeting's number and day, as the event of the mart is. A
    host who lost the line began another occurrence of it, with the same people.
    """
    return f"zoom {number} {programme_day(datetime.fromisoformat(started_at))}"


def read_meetings(read: ApiRead) -> Iterator[Row]:
    """Meetings and webinars held since the last read. Grain: an occurrence."""
    if not read.settings["hosts"]:
        raise SourceFailed("Zoom: no host is named; put user ids under sources.zoom.hosts in wmip.yaml")
    first = read.since("meetings", "ended_at")
    earliest = read.clock - timedelta(days=float(read.settings["first_days"]))
    start = max(first or earliest, earliest).date()
    for host in read.settings["hosts"]:
        for since, until in _windows(start, read.clock.date()):
            asked = {"from": since.isoformat(), "to": until.isoformat(), "type": "past"}
            found = _pages(read, f"report/users/{_encoded(str(host))}/meetings", "meetings", asked)
            yield from read.usable("meetings", found, partial(_meeting, host=str(host)))


def read_participants(read: ApiRead) -> Iterator[Row]:
    """Who joined the meetings that are new or were read again. Grain: a join."""
    followed = read.last_versions("meetings", read.ids_to_follow("meetings", "participants"))
    for meeting in sorted(followed, key=lambda row: str(row["id"])):
        path = f"report/{meeting['kind']}s/{_encoded(meeting['id'])}/participants"
        joins = [join for join in _pages(read, path, "participants", {}) if join.get("status") != _WAITING]
        read.listed_whole.setdefault("participants", []).append((meeting["id"],))
        to_row = partial(_join, meeting=meeting, addresses=_addresses(joins), key=read.pseudonym_key)
        yield from read.usable("participants", joins, to_row)


def read_registrants(read: ApiRead) -> Iterator[Row]:
    """Who had registered for those meetings. Grain: a registrant of a meeting."""
    followed = read.last_versions("meetings", read.ids_to_follow("meetings", "registrants"))
    kinds = {row["meeting_id"]: row["kind"] for row in followed}
    for number, kind in sorted(kinds.items()):
        found = _pages(read, f"{kind}s/{number}/registrants", "registrants", {"status": "approved"}, _NO_REGISTRANTS)
        read.listed_whole.setdefault("registrants", []).append((number,))
        yield from read.usable("registrants", found, partial(_registrant, number=number, key=read.pseudonym_key))


def _windows(start: date, end: date) -> Iterator[tuple[date, date]]:
    while start <= end:
        yield start, min(start + _MONTH, end)
        start += _MONTH + timedelta(days=1)


def _pages(
    read: ApiRead, path: str, items: str, asked: Mapping[str, Any], without: set[int] | None = None
) -> list[dict[str, Any]]:
    """A whole list. Its page tokens live a quarter of an hour: with one that has run out the list begins anew, once.

    `without`: codes of Zoom's that mean that there is no such list.
    """
    for attempt in (1, 2):
        listed: list[dict[str, Any]] = []
        token = ""
        while True:
            parameters = {**asked, "page_size": _PAGE, **({"next_page_token": token} if token else {})}
            response = read.client.get(path, params=parameters)
            if response.status_code in (400, 404):
                code = _code(response)
                if without and code in without:
                    return []
                if token and code == _EXPIRED_PAGE and attempt == 1:
                    break
            response.raise_for_status()
            body = response.json()
            listed += body.get(items) or []
            token = body.get("next_page_token") or ""
            if not token:
                _refuse_if_cut_short(path, listed, body.get("total_records"))
                return listed
    raise AssertionError("the second attempt returns or raises")


def _refuse_if_cut_short(path: str, listed: list[dict[str, Any]], total: Any) -> None:
    """Zoom says how many records a list has. What is missing from a list that lacks some was not deleted."""
    if isinstance(total, int) and len(listed) < total:
        kind = path.rpartition("/")[2]
        raise SourceFailed(f"Zoom listed {len(listed)} of {total} {kind}: incomplete; the next night tries again")


def _code(response: Any) -> int | None:
    try:
        found = response.json().get("code")
    except ValueError:
        return None
    return found if isinstance(found, int) else None


def _encoded(identifier: str) -> str:
    """A path's part; a UUID with a slash is encoded twice, as Zoom asks."""
    once = quote(identifier, safe="")
    return quote(once, safe="") if "/" in identifier else once


def _meeting(record: Mapping[str, Any], *, host: str) -> Row:
    if not record.get("uuid") or not record.get("id"):
        raise MalformedRecord("uuid", "missing", "the meeting has no uuid or no id")
    return {
        "id": record["uuid"],
        "meeting_id": str(record["id"]),
        "kind": "webinar" if record.get("type") in _WEBINARS else "meeting",
        "topic": one_line(record.get("topic")),
        "host_id": host,
        "started_at": parse_instant("start_time", record.get("start_time")).isoformat(),
        "ended_at": parse_instant("end_time", record.get("end_time")).isoformat(),
    }


def _zoom_id(record: Mapping[str, Any]) -> str | None:
    """Zoom's id of a person. `user_id` is none: each connection has another."""
    return next((str(record[name]) for name in _PERSON_IDS if record.get(name)), None)


def _addresses(joins: list[dict[str, Any]]) -> dict[str, str]:
    """By Zoom's id of a person the address that one of the joins gives."""
    found = {_zoom_id(join): str(join["user_email"]) for join in reversed(joins) if join.get("user_email")}
    return {identifier: address for identifier, address in found.items() if identifier}


def _is_host(record: Mapping[str, Any], host: str) -> bool:
    given = (record.get(name) for name in ("id", "participant_user_id", "user_email"))
    return host.lower() in {str(value).lower() for value in given if value}


def _join(
    record: Mapping[str, Any], *, meeting: Mapping[str, Any], addresses: Mapping[str, str], key: PseudonymKey
) -> Row:
    joined = parse_instant("join_time", record.get("join_time"))
    left = parse_instant("leave_time", record.get("leave_time"))
    if left < joined:
        raise MalformedRecord("leave_time", "ends_before_start", "leave_time is before join_time")
    identifier = _zoom_id(record)
    address = record.get("user_email") or addresses.get(identifier or "")
    known = person_key(address, key)
    # A guest has no address, and often no id either.
    who = identifier or " ".join(str(record.get("name") or "").lower().split())
    if known is None and not who:
        raise MalformedRecord("user_email", "missing", "the participant has neither address, id nor name")
    return {
        "id": f"{meeting['id']}:{record.get('user_id') or ''}:{joined.isoformat()}:{left.isoformat()}",
        "occurrence_id": meeting["id"],
        "meeting_id": meeting["meeting_id"],
        "person_key": known or participant_key(event_of(meeting["meeting_id"], meeting["started_at"]), who, key),
        "is_identified": "true" if known else "false",
        "email_domain": email_domain(address),
        "role": "host" if _is_host(record, str(meeting["host_id"])) else None,
        "registrant_id": record.get("registrant_id") or None,
        "joined_at": joined.isoformat(),
        "left_at": left.isoformat(),
    }


def _registrant(record: Mapping[str, Any], *, number: str, key: PseudonymKey) -> Row:
    address = record.get("email")
    known = person_key(address, key)
    if not record.get("id") or known is None:
        raise MalformedRecord("email", "missing", "the registrant has no id or no address")
    return {
        "id": f"{number}:{record['id']}",
        "meeting_id": number,
        "person_key": known,
        "email_domain": email_domain(address),
        "organisation_name": one_line(record.get("org")),
        "created_at": parse_instant("create_time", record.get("create_time")).isoformat(),
    }


READER = Reader(streams={"meetings": read_meetings, "participants": read_participants, "registrants": read_registrants})
