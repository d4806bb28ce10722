"""Is a source ready to be read: credentials there, address answering, token accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.catalogue import SOURCES
from ingestion.mapping import InvalidMapping, load_mapping


@dataclass(frozen=True)
class Probe:
    """One thing looked at, whether it is right, and what was found or what to do."""

    name: str
    passed: bool
    message: str


def probe_source(name: str, config: Mapping[str, Any], environment: Mapping[str, str], home: Path) -> list[Probe]:
    """Look at one enabled source. Sends one request to an API source."""
    declaration = SOURCES[name]
    settings = {**declaration.settings, **config}
    if declaration.kind == "files":
        try:
            declaration.reader().open_reader(home)
        except InvalidMapping as error:
            return [Probe("mapping", False, str(error))]
        return [Probe("inbox", True, f"files dropped in inbox/{declaration.inbox}")]
    probes = [
        Probe(
            "credentials",
            bool(environment.get(variable)),
            f"{variable} is set" if environment.get(variable) else f"set the environment variable {variable}",
        )
        for variable in declaration.variables
    ]
    if not all(probe.passed for probe in probes):
        return probes
    import requests

    from ingestion.http import SourceFailed, authenticator, failure, session

    if declaration.is_mapped:
        try:
            load_mapping(declaration, home)
        except SourceFailed as error:
            return [*probes, Probe("mapping", False, str(error))]
        probes.append(Probe("mapping", True, f"mappings/{name}.yaml and what is shipped"))
    asking = session({**settings, "attempts": 1})
    secrets = {role: environment[variable] for role, variable in declaration.secrets.items()}
    probe_path = getattr(declaration.reader(), "probe_path", None)
    path = str(declaration.probe).format(**settings) if probe_path is None else probe_path(settings)
    try:
        response = asking.get(
            settings["base_url"].rstrip("/") + "/" + path,
            auth=authenticator(declaration.auth, secrets, settings, asking),
        )
        response.raise_for_status()
    except SourceFailed as error:
        return [*probes, Probe("connection", False, str(error))]
    except requests.RequestException as error:
        return [*probes, Probe("connection", False, str(failure(declaration.title, error)))]
    return [*probes, Probe("connection", True, f"{declaration.title} accepts the token")]
