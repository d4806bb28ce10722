"""Is a source ready to be read: credentials, reach, permissions, clock, version; and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.home import inbox_folder
from ingestion.apis.http import SourceFailed, authenticator, failure, session
from ingestion.apis.mapping import InvalidMapping, StreamMapping, load_mapping
from ingestion.catalogue import SOURCES
from ingestion.declaration import Source
from ingestion.files.inbox import FileRead
from ingestion.reader import Reader

if TYPE_CHECKING:
    import requests

LARGEST_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Probe:
    """One thing looked at, whether it is right, and what was found or what to do."""

    name: str
    passed: bool
    message: str


def probe_source(
    name: str, config: Mapping[str, Any], environment: Mapping[str, str], home: Path, now: datetime
) -> list[Probe]:
    """Look at one enabled source at an instant. Sends an API source one request, and one for each
    permission its reader can ask about.
    """
    declaration = SOURCES[name]
    settings = {**declaration.settings, **config}
    probes = [
        Probe(
            "credentials",
            bool(environment.get(variable)),
            f"{variable} is set" if environment.get(variable) else f"set the environment variable {variable}",
        )
        for variable in declaration.variables
    ]
    if declaration.kind == "files":
        return [*probes, _inbox(declaration, home)]
    if not all(probe.passed for probe in probes):
        return probes
    mapping: Mapping[str, StreamMapping] = {}
    if declaration.is_mapped:
        try:
            mapping = load_mapping(declaration, home)
        except SourceFailed as error:
            return [*probes, Probe("mapping", False, str(error))]
        probes.append(Probe("mapping", True, f"mappings/{name}.yaml and what is shipped"))
    secrets = {role: environment[variable] for role, variable in declaration.secrets.items()}
    return [*probes, *_asked(declaration, settings, secrets, mapping, now)]


def _inbox(declaration: Source, home: Path) -> Probe:
    try:
        declaration.reader().opened(FileRead(home))
    except InvalidMapping as error:
        return Probe("mapping", False, str(error))
    folder = inbox_folder(home, str(declaration.inbox))
    if folder.exists():
        try:
            next(folder.iterdir(), None)
        except OSError as error:
            return Probe("inbox", False, f"{folder} cannot be read ({error.strerror}); give the night's user the right")
    return Probe("inbox", True, f"files dropped in inbox/{declaration.inbox}")


def _asked(
    declaration: Source,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    mapping: Mapping[str, StreamMapping],
    now: datetime,
) -> Iterator[Probe]:
    import requests

    reader = declaration.reader()
    asking = session({**settings, "attempts": 1})
    signature = authenticator(declaration.auth, secrets, settings, asking)

    def ask(path: str, may_be_absent: bool = False) -> requests.Response | Probe:
        try:
            response = asking.get(settings["base_url"].rstrip("/") + "/" + path, auth=signature)
            if not (may_be_absent and response.status_code == 404):
                response.raise_for_status()
        except SourceFailed as error:
            return Probe("connection", False, str(error))
        except requests.RequestException as error:
            return Probe("connection", False, str(failure(declaration, error)))
        return response

    try:
        path = reader.probe(settings) if reader.probe else str(declaration.probe).format(**settings)
    except SourceFailed as error:
        yield Probe("settings", False, str(error))
        return
    except (KeyError, IndexError):
        yield Probe(
            "settings", False, f"set what {declaration.probe} needs under sources.{declaration.name} in wmip.yaml"
        )
        return
    answer = ask(path)
    if isinstance(answer, Probe):
        yield answer
        return
    yield Probe("connection", True, f"{declaration.title} accepts the {'token' if declaration.auth else 'request'}")
    yield _clock(answer, now)
    version = settings.get("api_version", declaration.api_version)
    if version is not None:
        yield Probe("version", True, f"{version} is served; it is pinned and recorded with each read")
        yield from _ends(declaration, str(version), now)
    yield from _permissions(reader, settings, mapping, ask)


def _ends(declaration: Source, version: str, now: datetime) -> Iterator[Probe]:
    """What the publisher stops that the version in use needs. What goes by something else (a kind of token) is told and
    never fails: whether it is in use the source alone knows, and it has just taken the token.
    """
    for end in declaration.as_read.ends if declaration.as_read else ():
        if not end.versions or version in end.versions:
            over = end.is_past(now.date())
            said = f"{end.what} {'ended' if over else 'ends'} {end.until}: {end.instead}"
            yield Probe("end of life", not (over and end.versions), said)


def _permissions(
    reader: Reader,
    settings: Mapping[str, Any],
    mapping: Mapping[str, StreamMapping],
    ask: Callable[..., requests.Response | Probe],
) -> Iterator[Probe]:
    """What a reader asks to see whether more than reaching it is allowed."""
    objects = {stream: known.object for stream, known in mapping.items() if known.object is not None}
    for permission in reader.permissions(settings, objects) if reader.permissions else ():
        answer = ask(permission.path, may_be_absent=permission.may_be_absent)
        if isinstance(answer, Probe):
            yield Probe(f"permission {permission.name}", False, answer.message)
        else:
            yield Probe(f"permission {permission.name}", True, f"{permission.what} may be read")


def _clock(answer: requests.Response, now: datetime) -> Probe:
    """Cursors are instants of the source's clock, windows of ours: they must agree better than a window is long."""
    said = answer.headers.get("Date")
    if said is None:
        return Probe("clock", True, "the source does not tell the time")
    skew = abs(parsedate_to_datetime(said) - now)
    if skew <= LARGEST_SKEW:
        return Probe("clock", True, "agrees with the source's")
    return Probe(
        "clock",
        False,
        f"this machine's clock is {skew.total_seconds() / 60:.0f} minutes off the source's; set it by NTP",
    )
