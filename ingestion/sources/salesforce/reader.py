"""Salesforce: objects of any kind by SOQL (`queryAll`, so that deleted records are seen), large ones by the Bulk API.

Reference: sources.md section B2. The cursor is SystemModstamp, to the second and with ties; a window is read again.
Which object and fields a stream is read from is data (`ingestion.apis.mapping`), so that another organisation's
application, such as a grant service, is a source with its own declaration and mapping and this reader.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any

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
# Asked for wherever the object has them.
_ALWAYS = (
    "Id",
    "IsDeleted",
    "MasterRecordId",
    "CreatedDate",
    "SystemModstamp",
    "CurrencyIsoCode",
    "IsChild",
    "IsRecurrence",
    "GroupEventType",
)
_CURSOR = "SystemModstamp"
# A group event type: the pattern of a series made in Lightning Experience; one made before it has IsRecurrence.
_SERIES = "3"
_OFFSET = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+)[+]0000")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_JOB_ENDS = {"JobComplete", "Failed", "Aborted"}


def probe_path(settings: Mapping[str, Any]) -> str:
    """A cheap request that shows whether the token is accepted and the version is served."""
    return f"{_service(settings)}/limits"


def permission_path(settings: Mapping[str, Any], object_name: str) -> str:
    """A cheap request that shows whether the user may see an object."""
    return f"{_service(settings)}/sobjects/{object_name}/describe"


def _service(settings: Mapping[str, Any]) -> str:
    return f"services/data/v{settings['api_version']}"


def watch(read: ApiRead, response: requests.Response) -> None:
    """Note the API usage. Raises SourceFailed when the organisation's requests are used up: waiting would not help."""
    usage = response.headers.get("Sforce-Limit-Info")
    if usage:
        read.usage = usage
    if response.status_code == 403 and "REQUEST_LIMIT_EXCEEDED" in _codes(response):
        raise SourceFailed(
            f"{read.declaration.title}: the organisation's API requests of the last 24 hours are used up"
            f"{f' ({usage})' if usage else ''}: nothing more was asked; the next night goes on from what is landed"
        )


def _codes(response: requests.Response | None) -> set[str]:
    """Error codes of an answer; never its messages, which may hold values."""
    try:
        body = response.json() if response is not None else None
    except ValueError:
        return set()
    return {str(item.get("errorCode")) for item in body if isinstance(item, dict)} if isinstance(body, list) else set()


def full_id(identifier: str) -> str:
    """An id with 18 characters; one with 15 differs from another in case alone, which the last three tell apart."""
    if len(identifier) != 15:
        return identifier
    parts = (identifier[at : at + 5] for at in (0, 5, 10))
    return identifier + "".join(
        _SUFFIX[sum(1 << place for place, sign in enumerate(part) if "A" <= sign <= "Z")] for part in parts
    )


@dataclass(frozen=True)
class _Question:
    """What a stream is asked: object and fields, as far as the organisation has them."""

    read: ApiRead
    stream: str
    object: str
    fields: Sequence[str]

    @property
    def url(self) -> str:
        """Where the REST API of this organisation stands: the address that came with the token."""
        address = str(self.read.token_reply.get("instance_url") or self.read.settings["base_url"]).rstrip("/")
        return f"{address}/{_service(self.read.settings)}"

    def soql(self, condition: str | None) -> str:
        where = f" WHERE {condition}" if condition else ""
        return f"SELECT {', '.join(self.fields)} FROM {self.object}{where} ORDER BY {_CURSOR}, Id"


def _question(read: ApiRead, stream: str, object_name: str) -> _Question:
    """Describe the object. Raises SourceFailed when a mapped field is not there: Salesforce hides a field that this
    user may not see as if it did not exist.
    """
    mapping = read.mapping(stream)
    plain = _Question(read, stream, object_name, ())
    response = read.client.get(f"{plain.url}/sobjects/{object_name}/describe")
    if response.status_code == 404 and "NOT_FOUND" in _codes(response):
        raise SourceFailed(
            f"{read.declaration.title} has no object {object_name}, or hides it from this user: "
            f"name another in mappings/{read.declaration.name}.yaml, or null"
        )
    response.raise_for_status()
    described = response.json()["fields"]
    known = {field["name"] for field in described} | {f"{field['relationshipName']}." for field in described}
    missing = [name for name in mapping.fields if name not in known and f"{name.partition('.')[0]}." not in known]
    if missing:
        raise SourceFailed(
            f"{read.declaration.title}: {object_name} has no field {', '.join(missing)} (any more), or field-level "
            f"security hides it from this user: grant it, or name its replacement or null in "
            f"mappings/{read.declaration.name}.yaml; until then the last landed data stays in use"
        )
    always = [name for name in _ALWAYS if name in known]
    return _Question(read, stream, object_name, list(dict.fromkeys([*always, *mapping.fields])))


def read_object(read: ApiRead, stream: str) -> Iterator[Row]:
    """One stream's records, changed since the last read or all of them. Grain: a record of the object."""
    mapping = read.mapping(stream)
    if mapping.object is None:
        return
    question = _question(read, stream, mapping.object)
    since = (
        None if read.must_read_whole(stream, float(read.settings["links_days"])) else read.since(stream, "updated_at")
    )
    if since is None:
        read.whole.add(stream)
        records = _everything(question)
    else:
        records = _queried(question, f"{_CURSOR} >= {_instant(since)}")
    has_currency = "currency" in read.declaration.stream(stream).columns
    to_row = partial(_row, columns=mapping.columns, key=read.pseudonym_key, has_currency=has_currency)
    # An event has a copy for each invitee.
    yield from read.usable(stream, ({**r, "id": r["Id"]} for r in records if not _is_true(r.get("IsChild"))), to_row)


def _instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _everything(question: _Question) -> Iterator[Row]:
    limit = int(question.read.settings["bulk_above_rows"])
    counting = f"{question.url}/queryAll"
    response = question.read.client.get(counting, params={"q": f"SELECT COUNT() FROM {question.object}"})
    response.raise_for_status()
    return _by_job(question) if int(response.json()["totalSize"]) > limit else _queried(question, None)


# By query


def _queried(question: _Question, condition: str | None) -> Iterator[Row]:
    """The records of a query, page by page. A paging token that expired is replaced by a query from the last record."""
    import requests

    last: Row | None = None
    while True:
        asked = condition if last is None else _after(last)
        try:
            for record in _pages(question, asked):
                last = record
                yield record
            return
        except requests.HTTPError as error:
            if last is None or "INVALID_QUERY_LOCATOR" not in _codes(error.response):
                raise


def _after(record: Row) -> str:
    """What comes behind a record: SystemModstamp has ties."""
    instant = _instant(parse_instant(_CURSOR, record[_CURSOR]))
    return f"({_CURSOR} > {instant} OR ({_CURSOR} = {instant} AND Id > '{record['Id']}'))"


def _pages(question: _Question, condition: str | None) -> Iterator[Row]:
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

    found, expected = 0, 0
    for page in question.read.client.paginate(
        f"{question.url}/queryAll",
        params={"q": question.soql(condition)},
        # The next address says `/query/`; it keeps the deleted rows all the same.
        paginator=JSONLinkPaginator(next_url_path="nextRecordsUrl"),
        data_selector="records",
    ):
        expected = int(page.response.json()["totalSize"])
        for record in page:
            found += 1
            yield record
    if found != expected:
        raise SourceFailed(
            f"{question.read.declaration.title} gave {found} of {expected} records of {question.object}; "
            "the next night reads them again"
        )


# By job


def _by_job(question: _Question) -> Iterator[Row]:
    """All records through the Bulk API 2.0: a job, polled until it is done, its results by locator."""
    client, settings, title = question.read.client, question.read.settings, question.read.declaration.title
    body = {"operation": "queryAll", "query": question.soql(None).partition(" ORDER BY ")[0]}
    response = client.post(f"{question.url}/jobs/query", json=body)
    response.raise_for_status()
    job = f"{question.url}/jobs/query/{response.json()['id']}"
    deadline = time.monotonic() + 60 * float(settings["bulk_wait_minutes"])
    state = response.json()["state"]
    while state not in _JOB_ENDS:
        if time.monotonic() > deadline:
            raise SourceFailed(
                f"{title}: the bulk job for {question.object} was not done in time; the next night asks anew"
            )
        time.sleep(float(settings["bulk_poll_seconds"]))
        response = client.get(job)
        response.raise_for_status()
        state = response.json()["state"]
    if state != "JobComplete":
        raise SourceFailed(f"{title}: the bulk job for {question.object} ended as {state}; the next night asks anew")
    yield from _results(question, job)


def _results(question: _Question, job: str) -> Iterator[Row]:
    parameters = {"maxRecords": str(question.read.settings["bulk_rows_a_page"])}
    while True:
        response = question.read.client.get(f"{job}/results", params=parameters)
        response.raise_for_status()
        response.encoding = "utf-8"
        rows = list(csv.DictReader(StringIO(response.text, newline="")))
        if any(None in row or None in row.values() for row in rows):
            raise SourceFailed(
                f"{question.read.declaration.title} gave a page of {question.object} with rows of another width than "
                "its headings; the next night reads it again"
            )
        announced = response.headers.get("Sforce-NumberOfRecords", "")
        if announced.isdigit() and int(announced) != len(rows):
            raise SourceFailed(
                f"{question.read.declaration.title} gave {len(rows)} of {announced} records of a page of "
                f"{question.object}; the next night reads them again"
            )
        yield from rows
        locator = response.headers.get("Sforce-Locator", "null")
        if locator == "null":  # the word, not its absence alone
            return
        parameters["locator"] = locator


# Rows


def _value(record: Mapping[str, Any], name: str) -> str | None:
    """A field as text, or a field of the record it refers to; null when it is blank."""
    value: Any = record.get(name)
    if value is None and "." in name:
        value = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    plain = text(name, value)
    offset = _OFFSET.fullmatch(plain or "")
    return f"{offset[1]}Z" if offset else plain


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _row(record: Mapping[str, Any], *, columns: Mapping[str, str], key: PseudonymKey, has_currency: bool) -> Row:
    row: Row = {column: _value(record, name) for column, name in columns.items()}
    row.update(id=record["Id"], created_at=_value(record, "CreatedDate"), updated_at=_value(record, _CURSOR))
    changed = parse_instant("updated_at", row["updated_at"])
    row["merged_into"] = _value(record, "MasterRecordId")
    if has_currency and row.get("currency") is None:
        row["currency"] = _value(record, "CurrencyIsoCode")
    for column, value in row.items():
        if value and (column == "id" or column.endswith("_id") or column == "merged_into"):
            row[column] = full_id(value)
    if _is_true(record.get("IsDeleted")):
        row["_deleted_at"] = changed
        row["_delete_reason"] = "merged" if row["merged_into"] else "deleted"
    elif _is_true(record.get("IsRecurrence")) or record.get("GroupEventType") == _SERIES:
        # The calendar's record of a series: its occurrences are records of their own.
        row["_deleted_at"], row["_delete_reason"] = changed, "series"
    if "email" in columns:
        address = row.pop("email")
        row["person_key"], row["email_domain"] = person_key(address, key), email_domain(address)
    if "minutes" in columns or "hours" in columns:
        check_activity(row)
    return row


def reader_of(streams: Iterable[str]) -> Reader:
    """The reader of a source that is a Salesforce organisation."""
    return Reader(
        streams={stream: partial(read_object, stream=stream) for stream in streams},
        probe=probe_path,
        permissions=of_each_object(permission_path),
        watch=watch,
    )


READER = reader_of(("accounts", "contacts", "activities", "opportunities"))
