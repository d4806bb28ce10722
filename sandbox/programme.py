"""A whole pretend programme: its world, its returns, its truth."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from common.durable import write_text
from sandbox.eventbrite import EventbriteApi
from sandbox.faults import ServerFaults
from sandbox.files import (
    MALFORMED_GRANTS,
    WRONG_TEMPLATE,
    GrantFiles,
    planted,
    write_registers,
    write_workbook,
    write_wrong_workbook,
)
from sandbox.generate import make_world
from sandbox.hubspot import WorldHubspotApi
from sandbox.options import EARLY_CLOCK, Options
from sandbox.planted import planted as planted_dirt
from sandbox.spelling import Spelling
from sandbox.truth import Truth
from sandbox.workbooks import Workbook, make_workbooks
from sandbox.world import World


class Programme:
    """Made by `Programme.generate(options)`; the same options give the same programme, byte for byte."""

    def __init__(self, options: Options, world: World) -> None:
        self.options = options
        self.world = world

    @classmethod
    def generate(cls, options: Options) -> Programme:
        """Generate the clean world of the options."""
        return cls(options, make_world(options))

    def _spelling(self, topic: str) -> Spelling:
        taken = {o.company_number for o in self.world.organisations if o.company_number}
        return Spelling(self.options.dirt, random.Random(f"{self.options.seed}:spelling:{topic}"), taken)

    @cached_property
    def workbooks(self) -> list[Workbook]:
        """All return workbooks, first attempts included."""
        return make_workbooks(self.options, self.world, self._spelling("workbooks"))

    @cached_property
    def grant_files(self) -> GrantFiles:
        """The grants in their three files."""
        return GrantFiles(self.options, self.world, self._spelling("grants"))

    @property
    def has_bad_rows(self) -> bool:
        """Whether rows that must be refused are planted."""
        return self.options.dirt.invalid_row > 0

    def eventbrite(self, stage: str, faults: ServerFaults) -> EventbriteApi:
        """The Eventbrite API of a stage."""
        return EventbriteApi(self.world, self._spelling("eventbrite"), stage, faults, self.has_bad_rows)

    def hubspot(self, stage: str, faults: ServerFaults) -> WorldHubspotApi:
        """The HubSpot API of a stage."""
        spelling = self._spelling("hubspot")
        return WorldHubspotApi(self.world, spelling, stage, faults, self.options.seed, self.has_bad_rows)

    def write_inbox(self, home: Path, stage: str = "final") -> None:
        """Write the file sources below `home/inbox`; at the early stage late and corrected workbooks are missing."""
        returns, grants, registers = (home / "inbox" / kind for kind in ("returns", "grants", "registers"))
        for folder in (returns, grants, registers):
            folder.mkdir(parents=True, exist_ok=True)
        for book in self.workbooks:
            if stage == "early" and (book.is_late or book.submitted_on > EARLY_CLOCK.date()):
                continue
            write_workbook(book, returns, self.options.seed)
        if self.has_bad_rows:
            write_wrong_workbook(returns)
        self.grant_files.write(grants)
        self.grant_files.write_mapping(home / "mappings" / "grants")
        write_registers(registers, self.world)

    def truth(self) -> dict[str, Any]:
        """The true figures and what was planted, for `sandbox_truth.json`."""
        counted = Truth(self.world)
        return {
            "options": {"seed": self.options.seed, "scale": self.options.scale, "dirt": asdict(self.options.dirt)},
            "indicator_value": counted.values(),
            "claim": counted.claims(),
            "planted": planted_dirt(self.world, self.workbooks),
            "organisation": self._organisations(),
            "people": [{"name": p.name, "email": p.email, "phone": p.phone} for p in self.world.people],
            "quarantine": self._quarantine(),
            "refused_file": self._refused_files(),
        }

    def write_truth(self, path: Path) -> None:
        """Write the truth beside the returns."""
        write_text(path, json.dumps(self.truth(), indent=1))

    def _organisations(self) -> list[dict[str, str]]:
        world = self.world
        rows: list[tuple[str, str, str]] = []
        rows += [
            ("eventbrite", ticket.id, ticket.person.organisation.id)
            for event in world.events
            if event.platform_id
            for ticket in event.tickets
        ]
        rows += [("hubspot", r.ref, r.organisation.id) for r in world.records if r.system == "hubspot"]
        listed = {
            (session.body, session.record.identity, session.record.organisation.id)
            for session in world.sessions
            if session.record.system == "returns"
        }
        rows += [("returns", f"{body}:business:{ref}", owner) for body, ref, owner in sorted(listed)]
        rows += [
            ("returns", f"{body}:member:{ref}:{number}", member.id)
            for made in world.collaborations
            for body, ref in zip(made.bodies, made.refs, strict=True)
            for number, member in enumerate(made.members, start=1)
        ]
        for post in world.posts:
            rows += [("returns", f"{body}:job:{post.identity}", post.employer.organisation.id) for body in post.bodies]
        rows += [
            ("returns", f"{body}:leverage:{item.agreement_ref}:{item.tranche}:{stage}", item.source.id)
            for item in world.tranches
            for body in item.bodies
            for stage in item.stages
        ]
        granted = [(grant, grant.organisation.id) for grant in world.grants if grant.organisation is not None]
        rows += [("threesixtygiving", grant.id, owner) for grant, owner in granted if grant.system != "mapped_grants"]
        rows += [("mapped_grants", f"sandbox_council:{grant.id}", owner) for grant, owner in granted if grant.is_mapped]
        names = ("source_system", "source_record_id", "organisation")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _quarantine(self) -> list[dict[str, str]]:
        rows = [entry for book in self.workbooks for entry in planted(book, self.options.seed)]
        rows += self.grant_files.refused
        faults = ServerFaults()
        for source, stream, ids in (
            ("eventbrite", "attendees", self.eventbrite("final", faults).bad_ids),
            ("hubspot", "meetings", self.hubspot("final", faults).bad_ids),
        ):
            rows += [
                {"source": source, "stream": stream, "place": f"{source}/{stream}/{identifier}", "reason": "planted"}
                for identifier in ids
            ]
        return rows

    def _refused_files(self) -> list[dict[str, str]]:
        files = [{"file_name": MALFORMED_GRANTS, "reason": "breaks off"}]
        files += [
            {"file_name": book.file_name, "reason": "its submission number is another workbook's"}
            for book in self.workbooks
            if book.repeats_number
        ]
        if self.has_bad_rows:
            files.append({"file_name": WRONG_TEMPLATE, "reason": "another programme's template"})
        return files
