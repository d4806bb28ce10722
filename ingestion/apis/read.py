"""What every API reader is given: settings, token, where to continue, and where records that cannot be used go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from common.home import stream_folder
from ingestion.apis.http import IDENTICAL_REQUESTS, CircleGuard, MalformedRecord, authenticator, session
from ingestion.apis.json_values import text
from ingestion.apis.mapping import StreamMapping, load_mapping
from ingestion.declaration import Source
from ingestion.drift import CHANGED, DriftWatch
from ingestion.findings import Finding
from ingestion.persons.pseudonyms import PseudonymKey
from ingestion.storage.landing import ids_landed_after, last_versions, latest_instant
from ingestion.storage.read_log import last_continuation, last_good_read, last_read_as, last_whole_read

if TYPE_CHECKING:
    from dlt.extract import DltResource
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import BasePaginator

Row = dict[str, Any]


@dataclass
class ApiRead:
    """One night's read of one API source."""

    declaration: Source
    home: Path
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    pseudonym_key: PseudonymKey
    clock: datetime
    findings: list[Finding] = field(default_factory=list)
    listed_whole: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """Per stream the groups (values of its `listed_whole_by` columns) that were read whole tonight."""
    whole: set[str] = field(default_factory=set)
    """Streams without a full list of every night that were nevertheless read whole tonight."""
    continuations: dict[str, str] = field(default_factory=dict)
    """Per stream where the source says that the next read continues, when only the source can read that."""
    usage: str | None = None
    """What the source last said of the requests used, of those allowed."""
    watches: dict[str, DriftWatch] = field(default_factory=dict)
    """Per stream what its records of tonight say of the source's drift."""
    _seen: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def guard(self) -> CircleGuard:
        """What notices that a source's paging leads in a circle."""
        return CircleGuard(int(self.settings.get("identical_requests", IDENTICAL_REQUESTS)))

    @cached_property
    def _session(self) -> Any:
        watch = self.declaration.reader().watch
        return session(self.settings, self.guard, None if watch is None else partial(watch, self))

    def close(self) -> None:
        """Close the connections that are still open."""
        if "_session" in self.__dict__:
            self._session.close()

    @cached_property
    def _auth(self) -> Any:
        return authenticator(self.declaration.auth, self.secrets, self.settings, self._session)

    @cached_property
    def client(self) -> RESTClient:
        """The source's client: its address, its authentication, throttled and retrying."""
        from dlt.sources.helpers.rest_client import RESTClient

        return RESTClient(base_url=self.settings["base_url"], auth=self._auth, session=self._session)

    @property
    def token_reply(self) -> Mapping[str, Any]:
        """What the token endpoint said beside the token (`instance_url`); for the authentication client_credentials."""
        if self._auth.access_token is None or self._auth.is_token_expired():
            self._auth.obtain_token()
        reply: Mapping[str, Any] = self._auth.reply
        return reply

    @cached_property
    def _mapping(self) -> Mapping[str, StreamMapping]:
        return load_mapping(self.declaration, self.home)

    def mapping(self, stream: str) -> StreamMapping:
        """Where this tenant keeps a stream's records. Raises InvalidMapping."""
        return self._mapping[stream]

    def read_as(self, stream: str) -> str | None:
        """Fingerprint of what a mapped stream is asked for; None for a stream without a mapping."""
        if not self.declaration.is_mapped or stream not in self._mapping:
            return None
        return self.mapping(stream).fingerprint(str(self.settings.get("api_version")))

    def must_read_whole(self, stream: str, every_days: float | None = None) -> bool:
        """Whether changes alone would not do.

        Nothing is landed; something else is asked for than last time (its old records would lack it); the last read is
        longer ago than the source keeps its deletions (setting `deletions_kept_days`); the last whole read is longer
        ago than `every_days`; or the settings say `read_whole`.
        """
        name = self.declaration.name
        last = last_good_read(self.home, name, stream)
        if last is None or self.settings.get("read_whole"):
            return True
        before = last_read_as(self.home, name, stream)
        if before is not None and before != self.read_as(stream):
            return True
        kept = self.settings.get("deletions_kept_days")
        if kept is not None and self.clock - last > timedelta(days=float(kept)):
            return True
        if every_days is not None:
            listed = last_whole_read(self.home, name, stream)
            return listed is None or self.clock - listed > timedelta(days=every_days)
        return False

    def continue_from(self, stream: str) -> str | None:
        """What `continuations` held when the stream was last read well; None when the landing is an older one than it
        was said of (restored from a backup): then it would skip what is missing there.
        """
        found = last_continuation(self.home, self.declaration.name, stream)
        if found is None:
            return None
        token, through = found
        is_ours = through is not None and (stream_folder(self.home, self.declaration.name, stream) / through).exists()
        return token if is_ours else None

    def last_versions(self, stream: str, ids: Sequence[str]) -> list[Row]:
        """The landed data of those of the ids that are known and not deleted."""
        return last_versions(self.home, self.declaration.name, self.declaration.stream(stream), ids)

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
        """The instant to read a stream from: the newest landed one less the window.

        One that a record bears from after the last good read (a wrong clock, a date in the future) is no mark of what
        was read: behind it stands all that changed between the two. None when nothing is landed: the first read is a
        full one.
        """
        name = self.declaration.name
        last = last_good_read(self.home, name, stream)
        until = self.clock if last is None else min(last, self.clock)
        newest = latest_instant(self.home, name, self.declaration.stream(stream), column, until)
        if newest is None:
            return None
        return newest - timedelta(hours=float(self.settings["lookback_hours"]))

    def usable(
        self, stream: str, records: Iterable[Mapping[str, Any]], to_row: Callable[[Mapping[str, Any]], Row]
    ) -> Iterator[Row]:
        """The rows of the records that can be used; the others become findings with their place."""
        seen = self._seen.setdefault(stream, [])
        declared = self.declaration.stream(stream)
        watch = self.watches.setdefault(stream, DriftWatch(declared))
        for record in records:
            extra = watch.record(record)
            place = f"{self.declaration.name}/{stream}/{record.get('id')}"
            try:
                row = to_row(record)
                row |= {name: text(name, row[name]) for name in declared.columns if name in row}
            except MalformedRecord as bad:
                if bad.reason_code == CHANGED:
                    watch.changed(bad.column_name)
                self.findings.append(
                    Finding(
                        source=self.declaration.name,
                        stream=stream,
                        place=place,
                        column_name=bad.column_name,
                        reason_code=bad.reason_code,
                        message=str(bad),
                        key=None if record.get("id") is None else place,
                    )
                )
                continue
            seen.append(row["id"])
            watch.row(row)
            yield {**row, "_source_record": place, "_extra": extra}

    def ids_to_follow(self, stream: str, follower: str) -> list[str]:
        """Ids of the records of `stream` whose `follower` stream must be read: those read tonight, and those landed
        since the follower was last read without failure. In order, each once.
        """
        last = last_good_read(self.home, self.declaration.name, follower)
        missed = ids_landed_after(self.home, self.declaration.name, self.declaration.stream(stream), last)
        return list(dict.fromkeys([*self._seen.get(stream, []), *missed]))

    def ids_of_tonight(self, stream: str, every_days: int) -> list[str]:
        """Ids of the live records of `stream` whose turn it is; each has one in every so many days. In order."""
        turn = self.clock.toordinal() % every_days
        known = ids_landed_after(self.home, self.declaration.name, self.declaration.stream(stream), None)
        return [identifier for identifier in known if crc32(identifier.encode()) % every_days == turn]
