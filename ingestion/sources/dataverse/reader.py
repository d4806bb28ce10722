"""Dynamics 365 (Dataverse): tables by change tracking where it is on, else by the date of the last change.

Reference: sources.md section B3. The first read gives everything and a delta token; later ones what changed or was
deleted since that token. Where the token is kept: docs/decisions/0066. When it has expired everything is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ingestion.apis import odata
from ingestion.apis.http import SourceFailed
from ingestion.apis.json_values import text
from ingestion.crm import check_activity
from ingestion.instants import parse_instant
from ingestion.persons.pseudonyms import PseudonymKey, email_domain, person_key
from ingestion.reader import Reader, of_each_object

if TYPE_CHECKING:
    import requests

    from ingestion.apis.read import ApiRead

Row = dict[str, Any]
TABLES = ("accounts", "contacts", "activities", "opportunities")
_LABEL = "@OData.Community.Display.V1.FormattedValue"
_TABLE = "@Microsoft.Dynamics.CRM.lookuplogicalname"
_ANNOTATIONS = {"label": _LABEL, "table": _TABLE}
_WHEN = ("createdon", "modifiedon")
# Asked for wherever the table has it: whether an appointment is the record of a series (1), an occurrence or neither.
_INSTANCE = "instancetypecode"
_SERIES = "1"
_LIMITS = {
    "0x80072322": "requests in five minutes",
    "0x80072321": "execution time in five minutes",
    "0x80072326": "requests at the same time",
}


def probe_path(settings: Mapping[str, Any]) -> str:
    """A cheap request that shows whether the token is accepted and the version is served."""
    return f"{_service(settings)}/WhoAmI"


def permission_path(settings: Mapping[str, Any], object_name: str) -> str:
    """A cheap request that shows whether the user may read a table."""
    return f"{_service(settings)}/{object_name}?$select=modifiedon&$top=1"


def _service(settings: Mapping[str, Any]) -> str:
    return f"api/data/{settings['api_version']}"


def watch(read: ApiRead, response: requests.Response) -> None:
    """Note what is left of the service protection limits."""
    left = response.headers.get("x-ms-ratelimit-burst-remaining-xrm-requests")
    if left:
        read.usage = f"{left} requests left in five minutes"
    if response.status_code == 429:
        limit = _LIMITS.get(_code(response))
        if limit:
            read.usage = f"the limit of {limit} was reached"


def _code(response: requests.Response | None) -> str:
    """Error code of an answer; never its message, which may hold values."""
    try:
        body = response.json() if response is not None else None
    except ValueError:
        return ""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")).lower() if isinstance(error, dict) else ""


@dataclass(frozen=True)
class _Table:
    """A table as this environment has it."""

    read: ApiRead
    stream: str
    entity_set: str
    key: str
    is_tracked: bool
    extra: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"{_service(self.read.settings)}/{self.entity_set}"

    @property
    def columns(self) -> list[str]:
        """Columns to select; what a choice or lookup is shown as comes with it."""
        mapped = {name.partition("#")[0] for name in self.read.mapping(self.stream).fields}
        return sorted({self.key, *_WHEN, *mapped, *self.extra})


def _table(read: ApiRead, stream: str, entity_set: str) -> _Table:
    """Look the table up. Raises SourceFailed when it, or a mapped column, is not there."""
    where = f"mappings/{read.declaration.name}.yaml"
    listed = read.client.get(
        f"{_service(read.settings)}/EntityDefinitions",
        params={
            "$select": "LogicalName,PrimaryIdAttribute,ChangeTrackingEnabled",
            "$filter": f"EntitySetName eq '{entity_set}'",
        },
    )
    listed.raise_for_status()
    found = listed.json()["value"]
    if not found:
        raise SourceFailed(f"{read.declaration.title} has no table {entity_set}: name another in {where}, or null")
    definition = found[0]
    is_tracked = bool(definition["ChangeTrackingEnabled"])
    table = _Table(read, stream, entity_set, definition["PrimaryIdAttribute"], is_tracked)
    described = read.client.get(
        f"{_service(read.settings)}/EntityDefinitions(LogicalName='{definition['LogicalName']}')/Attributes",
        params={"$select": "LogicalName,AttributeType"},
    )
    described.raise_for_status()
    known = {attribute["LogicalName"] for attribute in described.json()["value"]}
    known |= {f"_{name}_value" for name in known}
    missing = [name for name in table.columns if name not in known]
    if missing:
        raise SourceFailed(
            f"{read.declaration.title}: {entity_set} has no column {', '.join(missing)} (any more): name its "
            f"replacement or null in {where}; until then the last landed data stays in use"
        )
    return replace(table, extra=(_INSTANCE,)) if _INSTANCE in known else table


def read_table(read: ApiRead, stream: str) -> Iterator[Row]:
    """One stream's records: changed and deleted ones, or all of them. Grain: a record of the table."""
    mapping = read.mapping(stream)
    if mapping.object is None:
        return
    table = _table(read, stream, mapping.object)
    records = _tracked(table) if table.is_tracked else _by_date(table)
    deleted: list[str] = []
    to_row = partial(_row, columns=mapping.columns, key=read.pseudonym_key)
    yield from read.usable(stream, _without_deleted(table, records, deleted), to_row)
    # New and changed records come before the deletions. One that was never seen came and went between two reads.
    for row in read.last_versions(stream, deleted):
        yield {**row, "_deleted_at": read.clock, "_delete_reason": "deleted"}


def _without_deleted(table: _Table, records: Iterator[Row], deleted: list[str]) -> Iterator[Row]:
    for record in records:
        if str(record.get("@odata.context", "")).endswith("/$deletedEntity"):
            deleted.append(str(record["id"]))
        else:
            yield {**record, "id": str(record[table.key])}


def _tracked(table: _Table) -> Iterator[Row]:
    """The changes since the last delta token, or everything where there is none or it has expired."""
    import requests

    read = table.read
    must = read.must_read_whole(table.stream, float(read.settings["links_days"]))
    token = None if must else read.continue_from(table.stream)
    if token is not None:
        pages = _pages(table, token, None)
        try:
            first = next(pages)
        except requests.HTTPError as error:
            # Expired (after seven days, unless the environment says otherwise), or no longer understood.
            if error.response.status_code not in (400, 404, 410):
                raise
        else:
            yield from first
            for page in pages:
                yield from page
            return
    read.whole.add(table.stream)
    # Change tracking refuses $filter, $orderby, $expand and $top.
    for page in _pages(table, table.address, {"$select": ",".join(table.columns)}, "odata.track-changes"):
        yield from page


def _by_date(table: _Table) -> Iterator[Row]:
    """Without change tracking: what changed since the last read; everything, every so many days, to see deletions."""
    read = table.read
    since: datetime | None = None
    if not read.must_read_whole(table.stream, float(read.settings["whole_every_days"])):
        since = read.since(table.stream, "updated_at")
    parameters = {"$select": ",".join(table.columns), "$orderby": f"modifiedon,{table.key}"}
    if since is not None:
        parameters["$filter"] = f"modifiedon ge {since.strftime('%Y-%m-%dT%H:%M:%SZ')}"
    else:
        read.whole.add(table.stream)
    for page in _pages(table, table.address, parameters):
        yield from page


def _pages(
    table: _Table, address: str, parameters: Mapping[str, str] | None, preference: str | None = None
) -> Iterator[list[Row]]:
    """Pages of records; the delta token of the last one is noted. Addresses that come with a page are used verbatim."""
    read = table.read
    size = f"odata.maxpagesize={read.settings['rows_a_page']}"
    preferences = [size, 'odata.include-annotations="*"', *([preference] if preference else [])]
    headers = {
        "Accept": "application/json",
        "OData-Version": "4.0",
        "OData-MaxVersion": "4.0",
        "Prefer": ",".join(preferences),
    }
    last: Mapping[str, Any] = {}
    for page in odata.pages(read, address, parameters, headers):
        last = page.response.json()
        yield list(page)
    if table.is_tracked:
        if "@odata.deltaLink" not in last:
            raise SourceFailed(
                f"{read.declaration.title}: the list of {table.entity_set} ended without a delta token; "
                "the next night reads it again"
            )
        read.continuations[table.stream] = str(last["@odata.deltaLink"])


def _value(record: Mapping[str, Any], name: str) -> str | None:
    """A column as text, or what it is shown as, or the table it points to; null when it is blank."""
    column, _, wanted = name.partition("#")
    return text(name, record.get(f"{column}{_ANNOTATIONS[wanted]}" if wanted else column))


def _row(record: Mapping[str, Any], *, columns: Mapping[str, str], key: PseudonymKey) -> Row:
    row: Row = {column: _value(record, name) for column, name in columns.items()}
    row.update(id=record["id"], created_at=_value(record, "createdon"), updated_at=_value(record, "modifiedon"))
    changed = parse_instant("updated_at", row["updated_at"])
    # A customer is an account or a contact.
    if row.pop("account_table", "account") not in ("account", None):
        row["account_id"] = None
    # The loser of a merge is deactivated, not deleted.
    if row.pop("merged", None) == "true":
        row["_deleted_at"], row["_delete_reason"] = changed, "merged"
    else:
        row["merged_into"] = None
        if str(record.get(_INSTANCE)) == _SERIES:
            # Its occurrences are appointments of their own.
            row["_deleted_at"], row["_delete_reason"] = changed, "series"
    if "email" in columns:
        address = row.pop("email")
        row["person_key"], row["email_domain"] = person_key(address, key), email_domain(address)
    if "minutes" in columns or "hours" in columns:
        check_activity(row)
    return row


READER = Reader(
    streams={stream: partial(read_table, stream=stream) for stream in TABLES},
    probe=probe_path,
    permissions=of_each_object(permission_path),
    watch=watch,
)
