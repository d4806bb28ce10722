"""HubSpot CRM: read whole by list at first, later by search on the modified date, archived records by their own list.

Reference: sources.md section B1. Search is eventually consistent, so a window is read again; it stops at 10,000 rows,
so a long change list is read in steps from the last modified date seen, and within one instant by id (which the search
compares as text). Merged records vanish: their winner names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ingestion.apis.http import MalformedRecord, SourceFailed
from ingestion.apis.json_values import text
from ingestion.instants import parse_instant
from ingestion.persons.pseudonyms import PseudonymKey, email_domain, person_key
from ingestion.reader import Reader, of_each_object

if TYPE_CHECKING:
    import requests

    from ingestion.apis.read import ApiRead

PAGE = 100
SEARCH_PAGE = 200
SEARCH_WALL = 10_000
# Characters of `properties` beyond which a list's address would grow too long: then the batch endpoint is asked.
LONGEST_ADDRESS = 1_500
OBJECTS = ("companies", "contacts", "deals", "meetings")
MERGING = {"companies", "contacts"}
_ASSOCIATED = {"meetings": "companies", "contacts": "companies"}
_GONE = "OBJECT_NOT_FOUND"
Row = dict[str, Any]


def _path(settings: Mapping[str, Any], api: str) -> str:
    """Path of one of the CRM's APIs: numbered versions stand before its name, dated ones behind it."""
    version = str(settings["api_version"])
    if version.startswith("v"):
        return f"crm/{'v4' if api == 'associations' else version}/{api}"
    return f"crm/{api}/{version}"


def probe_path(settings: Mapping[str, Any]) -> str:
    """A cheap request that shows whether the token is accepted."""
    return f"{_path(settings, 'objects')}/companies?limit=1"


def permission_path(settings: Mapping[str, Any], object_name: str) -> str:
    """A cheap request that shows whether the token has the scope of an object."""
    return f"{_path(settings, 'objects')}/{object_name}?limit=1"


def watch(read: ApiRead, response: requests.Response) -> None:
    """Note how much of the day's requests is used. Raises SourceFailed when all are: waiting would not help tonight."""
    allowed, left = (response.headers.get(f"X-HubSpot-RateLimit-Daily{end}", "") for end in ("", "-Remaining"))
    if allowed.isdigit() and left.isdigit():
        read.usage = f"{int(allowed) - int(left)}/{allowed} requests of the day"
    if response.status_code == 429 and _said(response).get("policyName") == "DAILY":
        raise SourceFailed(
            "HubSpot CRM: the account's requests of the day are used up (they return at midnight of its time zone): "
            "nothing more was asked; the next night goes on from what is landed"
        )


def _said(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _modified(stream: str) -> str:
    return "lastmodifieddate" if stream == "contacts" else "hs_lastmodifieddate"


def _properties(read: ApiRead, stream: str) -> list[str]:
    """What to ask for. Raises SourceFailed when the account does not have it: HubSpot would send nothing, silently."""
    mapping = read.mapping(stream)
    response = read.client.get(f"{_path(read.settings, 'properties')}/{mapping.object}")
    if response.status_code != 403:  # without the scope to look, HubSpot's silence cannot be told from an empty field
        response.raise_for_status()
        known = {str(item["name"]) for item in response.json().get("results", [])}
        missing = [name for name in mapping.fields if name not in known]
        if missing:
            raise SourceFailed(
                f"HubSpot CRM has no property {', '.join(missing)} of {mapping.object} (any more): name the property "
                "that replaces it in mappings/hubspot.yaml, or null; until then the last landed data stays in use"
            )
    return [*mapping.fields, _modified(stream)]


def _listed(read: ApiRead, stream: str, properties: Sequence[str], archived: bool) -> Iterator[Mapping[str, Any]]:
    """All records of a type, live or archived, by the list endpoint."""
    from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

    is_long = len(",".join(properties)) > LONGEST_ADDRESS
    flag = "true" if archived else "false"
    # A short or empty page may still carry `after`.
    paginator = JSONResponseCursorPaginator(cursor_path="paging.next.after", cursor_param="after")
    resource = {
        "name": stream,
        "endpoint": {
            "path": f"{_path(read.settings, 'objects')}/{read.mapping(stream).object}",
            "params": {
                "limit": PAGE,
                "archived": flag,
                "properties": "hs_object_id" if is_long else ",".join(properties),
            },
            "data_selector": "results",
        },
    }
    listed: Iterable[Mapping[str, Any]] = read.resources(paginator, [resource])[stream]
    if not is_long:
        yield from listed
        return
    for ids in _chunks((str(record["id"]) for record in listed), PAGE):
        yield from _batch(read, stream, properties, ids, flag)


def _batch(
    read: ApiRead, stream: str, properties: Sequence[str], ids: Sequence[str], archived: str
) -> Iterator[Mapping[str, Any]]:
    """Records by id, with as many properties as one likes."""
    where = f"{_path(read.settings, 'objects')}/{read.mapping(stream).object}/batch/read"
    body = {"properties": list(properties), "inputs": [{"id": identifier} for identifier in ids]}
    response = read.client.post(f"{where}?archived={archived}", json=body)
    response.raise_for_status()
    answer = response.json()
    # A record that went between the list and this request is not there; anything else that is missing is a fault.
    if any(error.get("category") != _GONE for error in answer.get("errors", [])):
        raise SourceFailed(f"HubSpot CRM gave only some of the {stream} it had listed; the next night reads them again")
    yield from answer.get("results", [])


def _searched(read: ApiRead, stream: str, properties: Sequence[str], since: datetime) -> Iterator[Mapping[str, Any]]:
    """Live records modified since an instant, in steps that stay below the search's wall."""
    modified = _modified(stream)
    start = _milliseconds(since)
    while True:
        filters = [{"propertyName": modified, "operator": "GTE", "value": str(start)}]
        last = yield from _until_the_wall(read, stream, properties, filters, modified)
        if last is None:
            return
        reached = _milliseconds(parse_instant(modified, last.get("updatedAt")))
        if reached > start:
            # From the last instant seen, inclusive: ties at the edge come twice and land once.
            start = reached
            continue
        yield from _of_one_instant(read, stream, properties, start)
        start += 1


def _of_one_instant(read: ApiRead, stream: str, properties: Sequence[str], instant: int) -> Iterator[Mapping[str, Any]]:
    """The records of one instant that holds more than the wall lets through (an import), by id."""
    filters = [{"propertyName": _modified(stream), "operator": "EQ", "value": str(instant)}]
    after: list[dict[str, str]] = []
    while True:
        last = yield from _until_the_wall(read, stream, properties, [*filters, *after], "hs_object_id")
        if last is None:
            return
        after = [{"propertyName": "hs_object_id", "operator": "GT", "value": str(last["id"])}]


def _until_the_wall(
    read: ApiRead, stream: str, properties: Sequence[str], filters: list[dict[str, str]], sort: str
) -> Any:
    """Yields one search's records; returns the last of them when there are more behind the wall, else None."""
    count, after = 0, None
    record: Mapping[str, Any] | None = None
    while True:
        body: dict[str, Any] = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": SEARCH_PAGE,
        }
        if after is not None:
            body["after"] = after
        path = f"{_path(read.settings, 'objects')}/{read.mapping(stream).object}/search"
        response = read.client.post(path, json=body)
        response.raise_for_status()
        page = response.json()
        for record in page.get("results", []):
            count += 1
            yield record
        after = page.get("paging", {}).get("next", {}).get("after")
        if after is None:
            return None
        if count + SEARCH_PAGE > SEARCH_WALL:
            return record


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _read_objects(read: ApiRead, stream: str) -> Iterator[Row]:
    mapping = read.mapping(stream)
    if mapping.object is None:
        return
    properties = _properties(read, stream)
    # A contact shows its company, which may change without the contact's own date.
    every_days = float(read.settings["links_days"]) if stream == "contacts" else None
    since = None if read.must_read_whole(stream, every_days) else read.since(stream, "updated_at")
    if since is None:
        live = _listed(read, stream, properties, archived=False)
        read.whole.add(stream)
    else:
        live = _searched(read, stream, properties, since)
    to_row = partial(_row, stream=stream, columns=mapping.columns, key=read.pseudonym_key)
    losers: list[Row] = []
    for row in read.usable(stream, live, to_row):
        if stream in MERGING:
            losers += _losers(row, stream)
        yield row
    yield from read.usable(stream, _listed(read, stream, properties, archived=True), to_row)
    # Last, so that a loser that is still listed as archived ends as merged.
    yield from losers


def _losers(winner: Row, stream: str) -> list[Row]:
    return [
        {
            "id": loser,
            "merged_into": winner["id"],
            "_source_record": f"hubspot/{stream}/{loser}",
            "_deleted_at": parse_instant("updated_at", winner["updated_at"]),
            "_delete_reason": "merged",
        }
        for loser in (winner["merged_ids"] or "").split(";")
        if loser and loser != winner["id"]
    ]


def _merged(*listed: str | None) -> str | None:
    """Ids merged into a record. Contacts have them with the time of the merge as well: `123:1661707291575;456:…`."""
    ids = [part.partition(":")[0].strip() for text in listed for part in (text or "").split(";")]
    return ";".join(dict.fromkeys(part for part in ids if part)) or None


def _row(record: Mapping[str, Any], *, stream: str, columns: Mapping[str, str], key: PseudonymKey) -> Row:
    given = record.get("properties") or {}
    row: Row = {column: text(column, given.get(name)) for column, name in columns.items()}
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
    if stream in MERGING:
        row["merged_ids"] = _merged(row.get("merged_ids"), row.pop("merged_vids", None))
    if stream == "contacts":
        address = row.pop("email", None)
        row["person_key"], row["email_domain"] = person_key(address, key), email_domain(address)
    if stream == "meetings" and not archived:
        _check_meeting(row)
    return row


def _check_meeting(row: Row) -> None:
    started, ended = (
        parse_instant("started_at", row.get("started_at")),
        parse_instant("ended_at", row.get("ended_at")),
    )
    if ended < started:
        raise MalformedRecord("ended_at", "ends_before_start", "the meeting ends before it starts")


def read_associations(read: ApiRead) -> Iterator[Row]:
    """Which companies records belong to. Grain: a pair of records.

    A link changes without a date of its own, and without that of its records: beside those of changed records the links
    of a share of all others are read every night.
    """
    for from_type, to_type in _ASSOCIATED.items():
        if read.mapping(from_type).object is None or read.mapping(to_type).object is None:
            continue
        due = read.ids_of_tonight(from_type, int(read.settings["links_days"]))
        for ids in _chunks(dict.fromkeys([*read.ids_to_follow(from_type, "associations"), *due]), PAGE):
            yield from _associated(read, from_type, to_type, [{"id": identifier} for identifier in ids])
            read.listed_whole.setdefault("associations", []).extend(
                (from_type, identifier, to_type) for identifier in ids
            )


def _associated(read: ApiRead, from_type: str, to_type: str, inputs: list[dict[str, str]]) -> Iterator[Row]:
    """The pairs of some records; a record with many is asked for again from where its list stopped."""
    of, to = read.mapping(from_type).object, read.mapping(to_type).object
    path = f"{_path(read.settings, 'associations')}/{of}/{to}/batch/read"
    while inputs:
        response = read.client.post(path, json={"inputs": inputs})
        response.raise_for_status()
        inputs = []
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
            after = result.get("paging", {}).get("next", {}).get("after")
            if after is not None:
                inputs.append({"id": from_id, "after": after})


def _chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    pending: list[str] = []
    for identifier in ids:
        pending.append(identifier)
        if len(pending) == size:
            yield pending
            pending = []
    if pending:
        yield pending


READER = Reader(
    streams={
        **{stream: partial(_read_objects, stream=stream) for stream in OBJECTS},
        "associations": read_associations,
    },
    probe=probe_path,
    permissions=of_each_object(permission_path),
    watch=watch,
)
