"""The source APIs of a programme, served over HTTP on loopback."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox import eventbrite, hubspot
from sandbox.faults import ServerFaults
from sandbox.loopback import Loopback
from sandbox.programme import Programme

WMIP_YAML = """\
# Written by the sandbox: its own APIs on loopback.
sources:
  eventbrite: {{enabled: true, base_url: "{eventbrite}", requests_per_second: 1000, backoff_seconds: 0.05}}
  hubspot: {{enabled: true, base_url: "{hubspot}", requests_per_second: 1000, backoff_seconds: 0.05}}
  returns: {{enabled: true}}
  threesixtygiving: {{enabled: true}}
  registers: {{enabled: true}}
open_data:
  publisher: {{name: Sandbox Combined Authority, org_id: GB-LAE-WMCA, grant_prefix: 360G-sandbox}}
  licence:
    name: OGL-UK-3.0
    title: Open Government Licence v3.0
    path: https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/
"""


class SandboxServer(Loopback):
    """Serves Eventbrite below `/v3/` and HubSpot below `/crm/` while the context is open."""

    def __init__(self, programme: Programme, stage: str = "final") -> None:
        self.programme = programme
        self.faults = ServerFaults()
        self._app = Starlette()
        self.switch(stage)
        super().__init__(self._app)

    @property
    def eventbrite_url(self) -> str:
        """Base address of the Eventbrite API."""
        return f"{self.url}v3/"

    @property
    def hubspot_url(self) -> str:
        """Base address of the HubSpot API."""
        return self.url

    def switch(self, stage: str) -> None:
        """Serve the programme as it is at another stage from now on."""
        self._app.router.routes[:] = [
            Mount("/v3", routes=self.programme.eventbrite(stage, self.faults).routes()),
            Mount("/crm", routes=self.programme.hubspot(stage, self.faults).routes()),
        ]

    def configure(self, home: Path, environment: MutableMapping[str, str]) -> None:
        """Point a home at this server and put its tokens and a pseudonym key into the environment."""
        home.mkdir(parents=True, exist_ok=True)
        text = WMIP_YAML.format(eventbrite=self.eventbrite_url, hubspot=self.hubspot_url)
        (home / "wmip.yaml").write_text(text, encoding="utf-8")
        environment["EVENTBRITE_TOKEN"] = eventbrite.TOKEN
        environment["HUBSPOT_TOKEN"] = hubspot.TOKEN
        environment.setdefault("WMIP_PSEUDONYM_KEY", "sandbox-pseudonym-key")
