"""What every API reader is given: settings, token, where to continue, and where records that cannot be used go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.catalogue import SourceDeclaration
from ingestion.findings import Finding
from ingestion.http import IDENTICAL_REQUESTS, CircleGuard, MalformedRecord, authenticator, session
from ingestion.landing import ids_landed_after, latest_instant
from ingestion.read_log import last_good_read

if TYPE_CHECKING:
    from dlt.extract import DltResource
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import BasePaginator

Row = dict[str, Any]


@dataclass
class ApiRead:
    """One night's read of one API source."""

    declaration: SourceDeclaration
    home: Path
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    pseudonym_key: str
    clock: datetime
    findings: list[Finding] = field(default_factory=list)
    listed_whole: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """Per stream the groups (values of its `listed_whole_by` columns) that were read whole tonight."""
    _seen: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def guard(self) -> CircleGuard:
        """What notices that a source's paging leads in a circle."""
        return CircleGuard(int(self.settings.get("identical_requests", IDENTICAL_REQUESTS)))

    @cached_property
    def _session(self) -> Any:
        return session(self.settings, self.guard)

    @cached_property
    def _auth(self) -> Any:
        return authenticator(self.declaration.auth, self.secrets, self.settings, self._session)

    @cached_property
    def client(self) -> RESTClient:
        """The source's client: its address, its authentication, throttled and retrying."""
        from dlt.sources.helpers.rest_client import RESTClient

        return RESTClient(base_url=self.settings["base_url"], auth=self._auth, session=self._session)

    def resources(self, paginator: BasePaginator, resources: list[Any]) -> dict[str, DltResource]:
        """dlt's declarative resources (`rest_api`) on the source's client, by name."""
        from dlt.sources.rest_api import rest_api_resources

        made = rest_api_resources(
            {
                "client": {
                    "base_url": self.settings["base_url"],
                    "auth": self._auth,
                    "session": self._session,
                    "paginator": paginator,
                },
                "resources": resources,
            }
        )
        return {resource.name: resource for resource in made}

    def since(self, stream: str, column: str) -> datetime | None:
        """The instant to read a stream from: the newest landed one less the window, never after the clock.

        None when nothing is landed: the first read is a full one.
        """
        newest = latest_instant(self.home, self.declaration.name, self.declaration.stream(stream), column)
        if newest is None:
            return None
        return min(newest, self.clock) - timedelta(hours=float(self.settings["lookback_hours"]))

    def usable(
        self, stream: str, records: Iterable[Mapping[str, Any]], to_row: Callable[[Mapping[str, Any]], Row]
    ) -> Iterator[Row]:
        """The rows of the records that can be used; the others become findings with their place."""
        seen = self._seen.setdefault(stream, [])
        for record in records:
            place = f"{self.declaration.name}/{stream}/{record.get('id')}"
            try:
                row = to_row(record)
            except MalformedRecord as bad:
                self.findings.append(
                    Finding(
                        source=self.declaration.name,
                        stream=stream,
                        place=place,
                        column_name=bad.column_name,
                        reason_code=bad.reason_code,
                        message=str(bad),
                    )
                )
                continue
            seen.append(row["id"])
            yield {**row, "_source_record": place}

    def ids_to_follow(self, stream: str, follower: str) -> list[str]:
        """Ids of the records of `stream` whose `follower` stream must be read: those read tonight, and those landed
        since the follower was last read without failure. In order, each once.
        """
        missed = ids_landed_after(
            self.home,
            self.declaration.name,
            self.declaration.stream(stream),
            last_good_read(self.home, self.declaration.name, follower),
        )
        return list(dict.fromkeys([*self._seen.get(stream, []), *missed]))
