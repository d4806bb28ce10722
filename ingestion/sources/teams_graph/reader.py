"""Attendance reports of Microsoft Teams, asked for through Microsoft Graph.

Reference: docs/sources/teams_graph.md. Graph does not list meetings that were held: the hosts' calendars name them,
each by the address to join at; webinars and town halls are virtual events, which it lists with their sessions. Each
time one was held is a report, which lists persons and when they were there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from ingestion.apis import odata
from ingestion.apis.http import MalformedRecord, SourceFailed
from ingestion.apis.json_values import one_line
from ingestion.findings import WARNING, Finding
from ingestion.instants import parse_instant
from ingestion.persons.pseudonyms import PseudonymKey
from ingestion.reader import Permission, Reader
from ingestion.sources.teams.joins import Session, segment

if TYPE_CHECKING:
    import requests

    from ingestion.apis.read import ApiRead

Row = dict[str, Any]
# Names of invited people stand in an event: they are not asked for.
_CALENDAR = {"$select": "subject,start,end,isOrganizer,onlineMeeting", "$top": "100"}
# So many reports of a meeting are listed, the newest ones.
_MOST_REPORTS = 50
_PRIVATE_THREAD = "19:meeting_"
_VIRTUAL_EVENTS = ("webinars", "townhalls")
# Zones of virtual events are Windows' names: their days are compared with room for any zone, and for a late end.
_ROOM = timedelta(days=2)


def probe_path(settings: Mapping[str, Any]) -> str:
    """A cheap request that shows whether the token is accepted and calendars may be read. Raises SourceFailed."""
    host = _hosts(settings)[0]
    window = "startDateTime=2024-01-01T00:00:00Z&endDateTime=2024-01-01T00:00:01Z"
    return f"users/{host}/calendarView?{window}&$select=start&$top=1"


def permissions(settings: Mapping[str, Any], _objects: Mapping[str, str]) -> list[Permission]:
    """For each host a cheap request that shows whether a policy lets the app look at the host's meetings."""
    nowhere = quote("https://teams.microsoft.com/l/meetup-join/none", safe="")
    paths = {
        f"meetings of {host}": f"users/{host}/onlineMeetings?$filter=JoinWebUrl%20eq%20'{nowhere}'"
        for host in _hosts(settings)
    }
    if settings["virtual_events"]:
        paths |= {f"{kind} of {host}": _organised(kind, host) for host in _hosts(settings) for kind in _VIRTUAL_EVENTS}
    return [Permission(name, path, name, may_be_absent=True) for name, path in paths.items()]


def remedy(response: requests.Response) -> str | None:
    """What to do about a refusal; Graph's own message, which may hold values, is never told."""
    path = unquote(urlsplit(response.url).path)
    if response.status_code == 403 and "/onlineMeetings" in path:
        return (
            "the app may not look at this host's meetings; have an administrator of Teams grant the host an "
            "application access policy that names the app (it takes effect within half an hour), and consent to "
            "OnlineMeetings.Read.All and OnlineMeetingArtifact.Read.All; see docs/sources/teams_graph.md"
        )
    if response.status_code == 403 and "/virtualEvents/" in path:
        return (
            "the app may not see webinars and town halls; consent to VirtualEvent.Read.All and grant the host the "
            "application access policy, or set virtual_events: false under sources.teams_graph in wmip.yaml; see "
            "docs/sources/teams_graph.md"
        )
    if response.status_code == 403:
        return "the app may not read this host's calendar; consent to Calendars.Read; see docs/sources/teams_graph.md"
    if response.status_code == 404 and path.endswith("/calendarView"):
        return (
            "this host is not known or has no mailbox; put the user's object id under sources.teams_graph.hosts in "
            "wmip.yaml, and check base_url"
        )
    return None


def _hosts(settings: Mapping[str, Any]) -> list[str]:
    """The hosts, as parts of a path. An address would stand in logs, and policies do not know it."""
    hosts = [str(host).strip() for host in settings["hosts"]]
    if not hosts or any("@" in host for host in hosts):
        raise SourceFailed(
            "Microsoft Teams (Graph): name hosts by the object id of the user in Entra, not by address, under "
            "sources.teams_graph.hosts in wmip.yaml"
        )
    return [quote(host, safe="") for host in hosts]


@dataclass(frozen=True)
class _Meeting:
    """A meeting of a host's calendar. `scheduled`: the times of it within the window, start and end."""

    host: str
    id: str
    title: str
    is_in_channel: bool
    scheduled: tuple[tuple[datetime, datetime], ...]

    @property
    def reports(self) -> str:
        return _reports(self.host, self.id)

    def distance(self, session: Row) -> timedelta | None:
        """How far a session began from when this meeting was to begin; None when it cannot be a session of it.

        A meeting of a channel gives the reports of all the channel's meetings: its own are those that were held while
        it was scheduled.
        """
        started, ended = (datetime.fromisoformat(session[name]) for name in ("started_at", "ended_at"))
        near = [
            abs(started - begins)
            for begins, ends in self.scheduled
            if not self.is_in_channel or (begins < ended and started < ends)
        ]
        return min(near, default=None)


def read_meetings(read: ApiRead) -> Iterator[Row]:
    """Sessions of the hosts' meetings since the last read. Grain: an attendance report."""
    first = read.since("meetings", "ended_at")
    earliest = read.clock - timedelta(days=float(read.settings["first_days"]))
    since = max(first or earliest, earliest)
    nearest: dict[str, tuple[timedelta, Row]] = {}
    for host in _hosts(read.settings):
        for meeting in _meetings(read, host, since):
            reports = _reports_since(read, meeting, since)
            for row in read.usable("meetings", reports, partial(_session, meeting=meeting)):
                distance = meeting.distance(row)
                if distance is not None and (row["id"] not in nearest or distance < nearest[row["id"]][0]):
                    nearest[row["id"]] = distance, row
        for session in _virtual_sessions(read, host, since) if read.settings["virtual_events"] else ():
            reports = _reports_since(read, session, since)
            for row in read.usable("meetings", reports, partial(_session, meeting=session)):
                nearest.setdefault(row["id"], (timedelta(), row))
    yield from (row for _, row in nearest.values())


def read_segments(read: ApiRead) -> Iterator[Row]:
    """Who was in the sessions that are new or were read again, and when. Grain: a join."""
    for session in read.last_versions("meetings", read.ids_to_follow("meetings", "segments")):
        path = f"{_reports(session['host_id'], session['meeting_id'])}/{quote(session['id'], safe='')}"
        records = _listed(read, f"{path}/attendanceRecords", {}, may_be_gone=True)
        if records is None:
            continue
        # Fewer than were there: some keep out of reports, or the list was cut short. What is missing was not deleted.
        if len(records) >= int(session["participants"] or 0):
            read.listed_whole.setdefault("segments", []).append((session["id"],))
        joins = _joins(session["id"], records)
        yield from read.usable("segments", joins, partial(_segment, session=session, key=read.pseudonym_key))


def _reports(host: str, meeting: str) -> str:
    """Path of a meeting's reports; the id of a virtual event's session is its own path (`_virtual_sessions`)."""
    if meeting.partition("/")[0] in _VIRTUAL_EVENTS:
        return f"solutions/virtualEvents/{meeting}/attendanceReports"
    return f"users/{host}/onlineMeetings/{quote(meeting, safe='')}/attendanceReports"


def _organised(kind: str, host: str) -> str:
    return f"solutions/virtualEvents/{kind}/getByUserIdAndRole(userId='{host}',role='organizer')"


def _virtual_sessions(read: ApiRead, host: str, since: datetime) -> Iterator[_Meeting]:
    """Sessions of the webinars and town halls that a host organised, as far as they may have been held since."""
    for kind in _VIRTUAL_EVENTS:
        for event in _listed(read, _organised(kind, host), {}, may_be_gone=True) or []:
            if event.get("status") == "draft" or not _may_be_of(event, since, read.clock):
                continue
            path = f"{kind}/{quote(event['id'], safe='')}/sessions"
            for session in _listed(read, f"solutions/virtualEvents/{path}", {}, may_be_gone=True) or []:
                if _may_be_of(session, since, read.clock):
                    title = one_line(event.get("displayName") or session.get("subject"))
                    identifier = f"{path}/{quote(session['id'], safe='')}"
                    yield _Meeting(host, identifier, title or event["id"], False, ())


def _may_be_of(event: Mapping[str, Any], since: datetime, until: datetime) -> bool:
    """Whether a virtual event or session may have been held in the time; one without times may have been."""
    starts, ends = (_day_of(event.get(name)) for name in ("startDateTime", "endDateTime"))
    return (ends is None or ends >= (since - _ROOM).date()) and (starts is None or starts <= (until + _ROOM).date())


def _day_of(stamp: Any) -> date | None:
    text = stamp.get("dateTime") if isinstance(stamp, Mapping) else stamp
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _meetings(read: ApiRead, host: str, since: datetime) -> Iterator[_Meeting]:
    """The online meetings that a host organised, by their calendar; a series is one meeting."""
    asked = {"startDateTime": _stamp(since), "endDateTime": _stamp(read.clock), **_CALENDAR}
    events: dict[str, list[Row]] = {}
    for event in _listed(read, f"users/{host}/calendarView", asked) or []:
        address = (event.get("onlineMeeting") or {}).get("joinUrl")
        # A channel's meeting is organised by the channel: that the host made it, only the address tells.
        if address and (event.get("isOrganizer") or host.lower() in address.lower()):
            events.setdefault(address, []).append(event)
    for address, times in sorted(events.items()):
        quoted = address.replace("'", "''")
        asked = {"$filter": f"JoinWebUrl eq '{quoted}'"}
        for found in _listed(read, f"users/{host}/onlineMeetings", asked, may_be_gone=True) or []:
            thread = (found.get("chatInfo") or {}).get("threadId") or _PRIVATE_THREAD
            title = one_line(found.get("subject") or times[0].get("subject"))
            yield _Meeting(
                host,
                found["id"],
                title or found["id"],
                not thread.startswith(_PRIVATE_THREAD),
                tuple((_scheduled(event, "start"), _scheduled(event, "end")) for event in times),
            )


def _reports_since(read: ApiRead, meeting: _Meeting, since: datetime) -> list[Row]:
    """The reports of a meeting that ended since; that older ones were cut off is told."""
    found = _listed(read, meeting.reports, {}, may_be_gone=True) or []
    # As text: a report without an end is for the row to refuse.
    recent = [report for report in found if str(report.get("meetingEndDateTime") or "9")[:19] >= _stamp(since)[:19]]
    if len(found) == len(recent) == _MOST_REPORTS:
        read.findings.append(
            Finding(
                source=read.declaration.name,
                stream="meetings",
                place=f"{read.declaration.name}/meetings/{meeting.id}",
                column_name="id",
                reason_code="list_cut_off",
                message=f"Graph lists the {_MOST_REPORTS} newest reports of a meeting, and all of them are of the time "
                f"since {since:%d/%m/%Y}: older ones cannot be had; download their reports in Teams",
                severity=WARNING,
            )
        )
    return recent


def _listed(
    read: ApiRead, path: str, asked: Mapping[str, str], may_be_gone: bool = False
) -> list[dict[str, Any]] | None:
    """A whole list; None for one that is not there (any more)."""
    import requests

    try:
        return [record for page in odata.pages(read, path, asked) for record in page]
    except requests.HTTPError as error:
        if may_be_gone and error.response.status_code == 404:
            return None
        raise


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _scheduled(event: Mapping[str, Any], name: str) -> datetime:
    """A time of a calendar; in UTC unless another zone is asked for."""
    return parse_instant(name, (event.get(name) or {}).get("dateTime"))


def _session(report: Mapping[str, Any], *, meeting: _Meeting) -> Row:
    if not report.get("id"):
        raise MalformedRecord("id", "missing", "the report has no id")
    return {
        "id": report["id"],
        "meeting_id": meeting.id,
        "host_id": meeting.host,
        "title": meeting.title,
        "started_at": parse_instant("meetingStartDateTime", report.get("meetingStartDateTime")).isoformat(),
        "ended_at": parse_instant("meetingEndDateTime", report.get("meetingEndDateTime")).isoformat(),
        "participants": str(int(report.get("totalParticipantCount") or 0)),
    }


def _joins(report: str, records: list[dict[str, Any]]) -> Iterator[Row]:
    """A record an interval, with what is said of the person. Who was there without one has a record to be refused."""
    for number, record in enumerate(records, start=1):
        was_there = record.get("totalAttendanceInSeconds")
        for interval in record.get("attendanceIntervals") or ([{}] if was_there else []):
            # Graph's own id of a record is the person's.
            yield {**record, **interval, "id": f"{report}/{number}"}


def _segment(join: Mapping[str, Any], *, session: Row, key: PseudonymKey) -> Row:
    joined = parse_instant("joinDateTime", join.get("joinDateTime"))
    left = parse_instant("leaveDateTime", join.get("leaveDateTime"))
    if left < joined:
        raise MalformedRecord("leaveDateTime", "ends_before_start", "leaveDateTime is before joinDateTime")
    identity = join.get("identity") or {}
    address, name = join.get("emailAddress"), identity.get("displayName") or identity.get("id")
    if not address and not name:
        raise MalformedRecord("identity", "missing", "the participant has neither address, name nor id")
    row = segment(
        Session(session["id"], session["title"], session["started_at"]),
        address=address,
        name=str(name or address),
        role=join.get("role"),
        joined=joined.isoformat(),
        left=left.isoformat(),
        key=key,
    )
    return {"id": row.pop("segment_id"), "report_id": session["id"], **row}


READER = Reader(
    streams={"meetings": read_meetings, "segments": read_segments},
    probe=probe_path,
    permissions=permissions,
    remedy=remedy,
)
