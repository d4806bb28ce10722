"""Microsoft Graph as far as attendance reports go: Entra token, calendars, online meetings, reports, records.

Shapes as on Microsoft's pages on calendarView, onlineMeeting, meetingAttendanceReport and attendanceRecord (v1.0).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TENANT_ID = "00000000-sandbox-tenant"
CLIENT_ID = "sandbox-graph-client"
CLIENT_SECRET = "sandbox-graph-secret"
HOST = "16664f75-11dc-4870-bec6-38c1aaa81431"
_MOST_REPORTS = 50
Record = dict[str, Any]


def interval(start: str, end: str, seconds: int = 60) -> Record:
    """When a person was there, with the seven digits that Graph writes."""
    start, end = (f"{instant.rstrip('Z')}.{digits}Z" for instant, digits in ((start, "6027225"), (end, "7702391")))
    return {"joinDateTime": start, "leaveDateTime": end, "durationInSeconds": seconds}


def record(email: str | None, *intervals: Record, name: str = "Planted Person", **changes: Any) -> Record:
    """An attendance record: a person, and the intervals of presence."""
    identity = {"@odata.type": "#microsoft.graph.communicationsUserIdentity", "id": None, "tenantId": None}
    total = sum(each["durationInSeconds"] for each in intervals)
    return {
        "id": f"of {name}",
        "emailAddress": email,
        "totalAttendanceInSeconds": total,
        "role": "Attendee",
        "registrantId": None,
        "identity": {**identity, "displayName": name},
        "attendanceIntervals": list(intervals),
        **changes,
    }


@dataclass
class Meeting:
    """An online meeting with its reports: id -> (start, end, records). A channel's reports are those of its thread."""

    id: str
    subject: str
    thread: str = "19:meeting_sandbox@thread.v2"
    organizer: str = HOST
    reports: dict[str, tuple[str, str, list[Record]]] = field(default_factory=dict)

    @property
    def join_url(self) -> str:
        """The address to join at, encoded as Teams does it."""
        context = quote(f'{{"Tid":"{TENANT_ID}","Oid":"{self.organizer}"}}', safe="")
        thread = quote(f"{self.thread}/{self.id}", safe="")
        return f"https://teams.microsoft.com/l/meetup-join/{thread}/0?context={context}"


@dataclass
class VirtualEvent:
    """A webinar or town hall with its sessions: id -> (start, end, reports), reports as a meeting's."""

    id: str
    name: str
    kind: str = "webinars"
    organizer: str = HOST
    status: str = "published"
    sessions: dict[str, tuple[str, str, dict[str, tuple[str, str, list[Record]]]]] = field(default_factory=dict)


@dataclass
class GraphApi:
    """Holds calendars (host -> meeting, start, end of each event) and meetings by id.

    `policies`: hosts whose meetings the app may look at. `calendars_allowed`, `virtual_allowed`: whether it may read
    calendars, and virtual events. `expired`: requests to be refused for their token. `page_size`: the most records of a
    page. `elsewhere`: server that next links name instead of this one.
    """

    calendars: dict[str, list[tuple[Meeting, str, str]]] = field(default_factory=lambda: {HOST: []})
    meetings: dict[str, Meeting] = field(default_factory=dict)
    policies: set[str] = field(default_factory=lambda: {HOST})
    virtual_events: list[VirtualEvent] = field(default_factory=list)
    calendars_allowed: bool = True
    virtual_allowed: bool = True
    page_size: int = 10
    expired: int = 0
    elsewhere: str | None = None
    asked: list[str] = field(default_factory=list)
    _tokens: int = 0

    def hold(self, meeting: Meeting, *times: tuple[str, str], host: str = HOST) -> Meeting:
        """Put a meeting into a host's calendar, once a time (start, end)."""
        self.meetings[meeting.id] = meeting
        self.calendars.setdefault(host, []).extend((meeting, *each) for each in times)
        return meeting

    def app(self) -> Starlette:
        """The API, and the token endpoint beside it, as an application."""
        token = Route(f"/{TENANT_ID}/oauth2/v2.0/token", self._token, methods=["POST"])
        virtual = Route("/v1.0/solutions/virtualEvents/{path:path}", self._answer_virtual)
        return Starlette(routes=[token, virtual, Route("/v1.0/users/{path:path}", self._answer)])

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401)
        if form.get("scope") != "https://graph.microsoft.com/.default":
            return JSONResponse({"error": "invalid_scope", "error_description": "AADSTS70011"}, 400)
        self._tokens += 1
        token = f"sandbox-graph-token-{self._tokens}"
        return JSONResponse({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})

    def _unauthorised(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer sandbox-graph-token-{self._tokens}" or self.expired:
            self.expired = max(0, self.expired - 1)
            return _error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        return None

    async def _answer_virtual(self, request: Request) -> Response:
        refusal = self._unauthorised(request)
        if refusal is not None:
            return refusal
        raw = request.scope["raw_path"].decode().partition("?")[0].removeprefix("/v1.0/solutions/virtualEvents/")
        self.asked.append(raw)
        if not self.virtual_allowed:
            return _error(403, "Forbidden", "The application lacks the permission VirtualEvent.Read.All.")
        found = self._found_virtual([unquote(part) for part in raw.split("/")])
        return found if isinstance(found, Response) else self._page(request, found)

    def _found_virtual(self, parts: list[str]) -> list[Record] | Response:
        kind, rest = parts[0], parts[1:]
        known = {each.id: each for each in self.virtual_events if each.kind == kind}
        if rest[0].startswith("getByUserIdAndRole("):
            return [_virtual(each) for each in known.values() if f"userId='{each.organizer}'" in rest[0]]
        match rest:
            case [identifier, "sessions"] if identifier in known:
                sessions = known[identifier].sessions.items()
                return [
                    {"id": session, "subject": known[identifier].name, "startDateTime": start, "endDateTime": end}
                    for session, (start, end, _) in sessions
                ]
            case [identifier, "sessions", session, "attendanceReports"] if identifier in known:
                return [_report(name, *each) for name, each in known[identifier].sessions[session][2].items()]
            case [identifier, "sessions", session, "attendanceReports", report, "attendanceRecords"]:
                return known[identifier].sessions[session][2][report][2]
        return _error(404, "NotFound", "The resource could not be found.")

    async def _answer(self, request: Request) -> Response:
        refusal = self._unauthorised(request)
        if refusal is not None:
            return refusal
        raw = request.scope["raw_path"].decode().partition("?")[0].removeprefix("/v1.0/users/")
        self.asked.append(raw)
        host, *parts = [unquote(part) for part in raw.split("/")]
        if parts[:1] == ["onlineMeetings"] and host not in self.policies:
            return _error(403, "Forbidden", f"No application access policy found for this app {CLIENT_ID} on the user.")
        found = self._found(host, parts, request)
        return found if isinstance(found, Response) else self._page(request, found)

    def _found(self, host: str, parts: list[str], request: Request) -> list[Record] | Response:
        query = request.query_params
        match parts:
            case ["calendarView"] if not self.calendars_allowed:
                return _error(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
            case ["calendarView"] if host in self.calendars:
                since, until = query["startDateTime"], query["endDateTime"]
                fields = query.get("$select", "").split(",")
                held = [each for each in self.calendars[host] if each[1] < until and since < each[2]]
                return [_event(meeting, start, end, host, fields) for meeting, start, end in held]
            case ["onlineMeetings"]:
                wanted = query.get("$filter", "").removeprefix("JoinWebUrl eq ").strip("'")
                known = [meeting for meeting in self.meetings.values() if meeting.join_url == wanted]
                return [_online(meeting) for meeting in known] or _error(404, "NotFound", "Meeting not found.")
            case ["onlineMeetings", identifier, "attendanceReports"] if identifier in self.meetings:
                return self._reports(self.meetings[identifier])
            case ["onlineMeetings", identifier, "attendanceReports", report, "attendanceRecords"]:
                meeting = self.meetings.get(identifier)
                for each in self._of_thread(meeting) if meeting else []:
                    if report in each.reports:
                        return each.reports[report][2]
        return _error(404, "NotFound", "The resource could not be found.")

    def _of_thread(self, meeting: Meeting) -> list[Meeting]:
        if meeting.thread.startswith("19:meeting_"):
            return [meeting]
        return [each for each in self.meetings.values() if each.thread == meeting.thread]

    def _reports(self, meeting: Meeting) -> list[Record]:
        listed = [
            _report(identifier, start, end, records)
            for each in self._of_thread(meeting)
            for identifier, (start, end, records) in each.reports.items()
        ]
        return sorted(listed, key=lambda report: str(report["meetingStartDateTime"]), reverse=True)[:_MOST_REPORTS]

    def _page(self, request: Request, found: list[Record]) -> Response:
        query = dict(request.query_params)
        start = int(query.get("$skiptoken", "0"))
        end = start + min(self.page_size, int(query.get("$top", "1000")))
        root = str(request.base_url)
        body: Record = {"@odata.context": f"{root}v1.0/$metadata#{request.path_params['path']}"}
        if end < len(found):
            following = urlencode({**query, "$skiptoken": str(end)}, safe="$,", quote_via=quote)
            here = request.scope["raw_path"].decode().partition("?")[0].lstrip("/")
            body["@odata.nextLink"] = f"{self.elsewhere or root}{here}?{following}"
        return JSONResponse({**body, "value": found[start:end]})


def _event(meeting: Meeting, start: str, end: str, host: str, fields: list[str]) -> Record:
    """An event of a calendar with the fields that were selected; times in UTC, without a sign of it."""
    in_channel = not meeting.thread.startswith("19:meeting_")
    organizer = {"emailAddress": {"name": "Planted Host", "address": "planted.host@private.example"}}
    event = {
        "subject": meeting.subject,
        "start": {"dateTime": f"{start.rstrip('Z')}.0000000", "timeZone": "UTC"},
        "end": {"dateTime": f"{end.rstrip('Z')}.0000000", "timeZone": "UTC"},
        "isOrganizer": meeting.organizer == host and not in_channel,
        "isOnlineMeeting": True,
        "organizer": organizer,
        "onlineMeeting": {"joinUrl": meeting.join_url},
    }
    return {"@odata.etag": 'W/"1"', "id": f"event {meeting.id} {start}", **{n: event[n] for n in fields if n in event}}


def _online(meeting: Meeting) -> Record:
    organizer = {"upn": "planted.host@private.example", "identity": {"user": {"id": meeting.organizer}}}
    return {
        "id": meeting.id,
        "subject": meeting.subject,
        "joinWebUrl": meeting.join_url,
        "chatInfo": {"threadId": meeting.thread, "messageId": "0", "replyChainMessageId": None},
        "participants": {"organizer": organizer, "attendees": []},
    }


def _report(identifier: str, start: str, end: str, records: list[Record]) -> Record:
    return {
        "id": identifier,
        "totalParticipantCount": len(records),
        "meetingStartDateTime": start,
        "meetingEndDateTime": end,
        "attendanceRecords": [],
    }


def _virtual(event: VirtualEvent) -> Record:
    """A webinar or town hall as it is listed; its times in a zone of Windows."""
    times = [(start, end) for start, end, _ in event.sessions.values()]
    zone = {"timeZone": "Pacific Standard Time"}
    return {
        "@odata.type": f"#microsoft.graph.virtualEvent{'Webinar' if event.kind == 'webinars' else 'Townhall'}",
        "id": event.id,
        "status": event.status,
        "displayName": event.name,
        "startDateTime": {"dateTime": min(start for start, _ in times).rstrip("Z"), **zone},
        "endDateTime": {"dateTime": max(end for _, end in times).rstrip("Z"), **zone},
        "createdBy": {"user": {"id": event.organizer, "displayName": "Planted Host"}},
    }


def _error(status: int, code: str, message: str) -> Response:
    inner = {"date": "2024-05-01T02:00:00", "request-id": "sandbox", "client-request-id": "sandbox"}
    return JSONResponse({"error": {"code": code, "message": message, "innerError": inner}}, status)
