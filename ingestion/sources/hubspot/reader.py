"""HubSpot CRM: the first load by list, later ones by search on the modified date, archived records by their own list.

Reference: sources.md section B1. Search is eventually consistent, so a window is read again; it stops at 10,000 rows,
so a long change list is read in steps from the last modified date seen. Merged records vanish: their winner names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ingestion.http import MalformedRecord
from ingestion.instants import parse_instant
from ingestion.privacy import email_domain, person_key

if TYPE_CHECKING:
    from ingestion.api import ApiRead

PAGE = 100
SEARCH_PAGE = 200
SEARCH_WALL = 10_000
MERGED = "hs_merged_object_ids"
Row = dict[str, Any]

# Landed column -> HubSpot property. What is not named here is never asked for.
PROPERTIES: dict[str, dict[str, str]] = {
    "companies": {
        "name": "name",
        "domain": "domain",
        "company_number": "company_number",
        "charity_number": "charity_number",
        "zip": "zip",
        "city": "city",
        "numberofemployees": "numberofemployees",
        "organisation_type": "organisation_type",
        "cluster_tag": "cluster_tag",
        "size_band": "size_band",
        "merged_ids": MERGED,
    },
    "contacts": {"email": "email", "company_id": "associatedcompanyid"},
    "deals": {
        "amount": "amount",
        "dealstage": "dealstage",
        "pipeline": "pipeline",
        "closedate": "closedate",
    },
    "meetings": {
        "started_at": "hs_meeting_start_time",
        "ended_at": "hs_meeting_end_time",
        "outcome": "hs_meeting_outcome",
        "partner_code": "wmip_partner_code",
        "channel": "wmip_channel",
        "evidence": "wmip_evidence",
    },
}
_MODIFIED = {"contacts": "lastmodifieddate"}
_ASSOCIATED = {"meetings": "companies", "contacts": "companies"}


def _modified(stream: str) -> str:
    return _MODIFIED.get(stream, "hs_lastmodifieddate")


def _listed(read: ApiRead, stream: str, archived: bool) -> Iterator[Mapping[str, Any]]:
    """All records of a type, live or archived, by the list endpoint."""
    from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

    # A short or empty page may still carry `after`.
    paginator = JSONResponseCursorPaginator(cursor_path="paging.next.after", cursor_param="after")
    resource = {
        "name": stream,
        "endpoint": {
            "path": f"{read.settings['api_path']}/objects/{stream}",
            "params": {
                "limit": PAGE,
                "archived": "true" if archived else "false",
                "properties": ",".join([*PROPERTIES[stream].values(), _modified(stream)]),
            },
            "data_selector": "results",
        },
    }
    yield from read.resources(paginator, [resource])[stream]


def _searched(read: ApiRead, stream: str, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Live records modified since an instant, in steps that stay below the search's wall."""
    modified = _modified(stream)
    start = int(since.timestamp() * 1000)
    while True:
        count, last, after = 0, start, None
        while True:
            body: dict[str, Any] = {
                "filterGroups": [{"filters": [{"propertyName": modified, "operator": "GTE", "value": str(start)}]}],
                "sorts": [{"propertyName": modified, "direction": "ASCENDING"}],
                "properties": [*PROPERTIES[stream].values(), modified],
                "limit": SEARCH_PAGE,
            }
            if after is not None:
                body["after"] = after
            response = read.client.post(f"{read.settings['api_path']}/objects/{stream}/search", json=body)
            response.raise_for_status()
            page = response.json()
            for record in page.get("results", []):
                count += 1
                instant = parse_instant(modified, record.get("updatedAt"))
                last = max(last, int(instant.timestamp() * 1000))
                yield record
            after = page.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return
            if count + SEARCH_PAGE > SEARCH_WALL:
                break
        if last == start:
            raise MalformedRecord(
                modified, "search_wall", f"more than {SEARCH_WALL} {stream} were modified in one instant"
            )
        # From the last instant seen, inclusive: ties at the edge come twice and land once.
        start = last


def _read_objects(read: ApiRead, stream: str) -> Iterator[Row]:
    since = read.since(stream, "updated_at")
    live = _listed(read, stream, archived=False) if since is None else _searched(read, stream, since)
    to_row = partial(_row, stream=stream, key=read.pseudonym_key)
    losers: list[Row] = []
    for row in read.usable(stream, live, to_row):
        losers += _losers(row)
        yield row
    yield from read.usable(stream, _listed(read, stream, archived=True), to_row)
    # Last, so that a loser that is still listed as archived ends as merged.
    yield from losers


def _losers(winner: Row) -> list[Row]:
    merged = [part.strip() for part in (winner.get("merged_ids") or "").split(";") if part.strip()]
    return [
        {
            "id": loser,
            "_source_record": f"hubspot/companies/{loser}",
            "_deleted_at": parse_instant("updated_at", winner["updated_at"]),
            "_delete_reason": "merged",
        }
        for loser in merged
    ]


def _row(record: Mapping[str, Any], *, stream: str, key: str) -> Row:
    given = record.get("properties") or {}
    row: Row = {
        column: None if given.get(name) in (None, "") else str(given[name])
        for column, name in PROPERTIES[stream].items()
    }
    archived = bool(record.get("archived"))
    row.update(
        id=str(record["id"]),
        created_at=record.get("createdAt"),
        updated_at=record.get("updatedAt"),
        archived="true" if archived else "false",
    )
    parse_instant("updated_at", row["updated_at"])
    if archived:
        row["_deleted_at"] = parse_instant("archived_at", record.get("archivedAt") or record.get("updatedAt"))
        row["_delete_reason"] = "archived"
    if stream == "contacts":
        address = row.pop("email")
        row["person_key"], row["email_domain"] = person_key(address, key), email_domain(address)
    if stream == "meetings" and not archived:
        _check_meeting(row)
    return row


def _check_meeting(row: Row) -> None:
    started, ended = (
        parse_instant("started_at", row["started_at"]),
        parse_instant("ended_at", row["ended_at"]),
    )
    if ended < started:
        raise MalformedRecord("ended_at", "ends_before_start", "the meeting ends before it starts")


def read_associations(read: ApiRead) -> Iterator[Row]:
    """Which companies the changed records belong to. Grain: a pair of records."""
    for from_type, to_type in _ASSOCIATED.items():
        for ids in _chunks(read.ids_to_follow(from_type, "associations"), PAGE):
            response = read.client.post(
                f"crm/v4/associations/{from_type}/{to_type}/batch/read",
                json={"inputs": [{"id": identifier} for identifier in ids]},
            )
            response.raise_for_status()
            read.listed_whole.setdefault("associations", []).extend(
                (from_type, identifier, to_type) for identifier in ids
            )
            for result in response.json().get("results", []):
                from_id = str(result["from"]["id"])
                for target in result.get("to", []):
                    to_id = str(target["toObjectId"])
                    yield {
                        "from_type": from_type,
                        "from_id": from_id,
                        "to_type": to_type,
                        "to_id": to_id,
                        "_source_record": f"hubspot/associations/{from_type}/{from_id}/{to_type}/{to_id}",
                    }


def _chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    pending: list[str] = []
    for identifier in ids:
        pending.append(identifier)
        if len(pending) == size:
            yield pending
            pending = []
    if pending:
        yield pending


READERS = {
    **{stream: partial(_read_objects, stream=stream) for stream in PROPERTIES},
    "associations": read_associations,
}
