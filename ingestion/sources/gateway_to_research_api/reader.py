"""UKRI's Gateway to Research (GtR-2): what the home's searches find, each with its leading organisation and fund.

Reference: docs/sources/gateway_to_research.md. The API tells neither changes nor deletions, so every search is
read whole and nothing is deleted. Links to persons are never followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ingestion.apis.http import MalformedRecord
from ingestion.apis.rotation import is_due
from ingestion.instants import programme_day
from ingestion.reader import Reader

if TYPE_CHECKING:
    from ingestion.apis.read import ApiRead

Row = dict[str, Any]
_FORMAT = {"Accept": "application/vnd.rcuk.gtr.json-v7"}
_PAGE = 100
_LEAD, _FUND = "LEAD_ORG", "FUND"
# What is known of a project by following its links.
_FOLLOWED = (
    "award_pounds",
    "start_date",
    "end_date",
    "lead_organisation_name",
    "lead_postcode",
    "region",
)


def read_projects(read: ApiRead) -> Iterator[Row]:
    """Every project a search finds. Grain: a project; one that two searches find comes once."""
    from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

    follower = _Follower(read)
    seen: set[str] = set()
    for search in read.settings["searches"]:
        pages = read.client.paginate(
            "projects",
            params={**search, "s": _PAGE},
            headers=_FORMAT,
            # Only the last page says that it is one: an empty page in between does not end the list.
            paginator=PageNumberPaginator(
                base_page=1, page_param="p", total_path="totalPages", stop_after_empty_page=False
            ),
            data_selector="project",
        )
        for page in pages:
            found = [project for project in page if project.get("id") not in seen]
            seen.update(str(project.get("id")) for project in found)
            follower.known = {row["id"]: row for row in read.last_versions("projects", [str(p["id"]) for p in found])}
            yield from read.usable("projects", found, follower.row)


@dataclass
class _Follower:
    """Completes projects by their links; asks for nothing twice a night, and for what is landed when it is due."""

    read: ApiRead
    known: dict[str, Row] = field(default_factory=dict)
    _answers: dict[str, Row] = field(default_factory=dict)

    def row(self, project: Mapping[str, Any]) -> Row:
        """A project's row. Raises MalformedRecord."""
        if not project.get("id") or not project.get("title"):
            raise MalformedRecord("title", "missing", "the project has no id or no title")
        row = {
            "id": project["id"],
            "project_reference": _reference(project),
            "title": project["title"],
            "project_category": project.get("grantCategory"),
            "status": project.get("status"),
            "funder_name": project.get("leadFunder"),
            "fund_id": _linked(project, _FUND),
            "lead_organisation_id": _linked(project, _LEAD),
        }
        before = self.known.get(row["id"])
        return {**row, **(self._as_before(row, before) or self._follow(row))}

    def _as_before(self, row: Row, before: Row | None) -> Row | None:
        if before is None or any(row[name] != before[name] for name in ("fund_id", "lead_organisation_id")):
            return None
        if is_due(row["id"], self.read.clock.date(), int(self.read.settings["refresh_days"])):
            return None
        return {name: before[name] for name in _FOLLOWED}

    def _follow(self, row: Row) -> Row:
        fund = self._ask("funds", row["fund_id"])
        organisation = self._ask("organisations", row["lead_organisation_id"])
        addresses = (organisation.get("addresses") or {}).get("address") or [{}]
        amount = (fund.get("valuePounds") or {}).get("amount")
        return {
            "award_pounds": None if amount is None else str(amount),
            "start_date": _day("start", fund.get("start")),
            "end_date": _day("end", fund.get("end")),
            "lead_organisation_name": organisation.get("name"),
            "lead_postcode": addresses[0].get("postCode"),
            "region": addresses[0].get("region"),
        }

    def _ask(self, kind: str, identifier: str | None) -> Row:
        if identifier is None:
            return {}
        path = f"{kind}/{identifier}"
        if path not in self._answers:
            response = self.read.client.get(path, headers=_FORMAT)
            if response.status_code == 404:
                raise MalformedRecord(kind, "dangling_link", f"the project links to {kind} that are not there")
            response.raise_for_status()
            self._answers[path] = response.json()
        return self._answers[path]


def _reference(project: Mapping[str, Any]) -> str | None:
    identifiers = (project.get("identifiers") or {}).get("identifier") or []
    values = [found.get("value") for found in identifiers if str(found.get("type", "")).startswith("RCUK")]
    return values[0] if values else None


def _linked(project: Mapping[str, Any], relation: str) -> str | None:
    links = (project.get("links") or {}).get("link") or []
    found = [link["href"] for link in links if link.get("rel") == relation and link.get("href")]
    return str(found[0]).rstrip("/").rpartition("/")[2] if found else None


def _day(column: str, milliseconds: Any) -> str | None:
    """The day of milliseconds since 1970, which may be before it. Raises MalformedRecord."""
    if milliseconds is None:
        return None
    try:
        return programme_day(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds))).isoformat()
    except (ValueError, OverflowError):
        raise MalformedRecord(column, "not_a_time", f"{column} is not a number of milliseconds") from None


READER = Reader(streams={"projects": read_projects})
