"""The things of the pretend world as they truly are, and who returned them. Plain records, no dirt, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

HUBSPOT_BODIES = ("CB01", "CB02", "CB03", "CB04", "CB05")


@dataclass
class Referenced:
    """What a body has a reference for. `ref` is ours and unique; `written` is the body's where it uses another, and
    `told_apart` what docs/contracts.md section 4 makes of that where it names several things.
    """

    ref: str
    written: str | None = field(default=None, kw_only=True)
    told_apart: str | None = field(default=None, kw_only=True)

    @property
    def reference(self) -> str:
        """As the body writes it."""
        return self.written or self.ref

    @property
    def identity(self) -> str:
        """As its record is identified."""
        return self.told_apart or self.reference


@dataclass
class Organisation:
    """One real organisation. `local_authority` is None outside the area."""

    id: str
    name: str
    trading_name: str
    kind: str
    company_number: str | None
    charity_number: str | None
    postcode: str
    local_authority: str | None
    domain: str
    cluster: str
    size_band: str

    @property
    def is_business(self) -> bool:
        """Whether it can be assisted."""
        return self.kind == "business"

    @property
    def public_id(self) -> str:
        """Its identifier in published grants."""
        if self.company_number:
            return f"GB-COH-{self.company_number}"
        return f"GB-CHC-{self.charity_number}" if self.charity_number else f"360G-sandbox-{self.id}"


@dataclass
class Person:
    """One pretend person: the data that must never be seen again."""

    first_name: str
    last_name: str
    email: str
    phone: str
    organisation: Organisation

    @property
    def name(self) -> str:
        """Full name."""
        return f"{self.first_name} {self.last_name}"


@dataclass
class Body:
    """A cluster body of the programme."""

    code: str
    name: str
    cluster: str
    eventbrite_organization: str


@dataclass
class Ticket:
    """One ticket of a person for an event. Two tickets of a person at an event are one attendance.

    `is_guest`: somebody else holds it, whose name nobody knows; `person` bought it.
    """

    id: str
    order_id: str
    person: Person
    email: str
    role: str
    is_cancelled: bool
    is_checked_in: bool
    scans: int
    created: date
    is_edited_later: bool
    is_guest: bool = False
    ticket_class: str = "General admission"
    is_refunded_after: bool = False

    @property
    def holder(self) -> int | str:
        """Who comes with it."""
        return self.id if self.is_guest else id(self.person)


@dataclass
class Event(Referenced):
    """An event. `walk_ins` came without a name; `signed_in` are the names on its signed sheet, of everybody or, with
    `sheet_holds_walk_ins`, of those alone whom the platform does not know. `also`: a second body that returns it.
    """

    body: Body
    title: str
    held_on: date
    mode: str
    postcode: str
    attribution: str
    is_cancelled: bool
    evidence: str
    platform_id: str | None
    tickets: list[Ticket] = field(default_factory=list)
    walk_ins: int = 0
    signed_in: int = 0
    sheet_holds_walk_ins: bool = False
    also: Body | None = None
    series_id: str | None = None

    @property
    def named(self) -> int:
        """Persons whom the platform knows to have come."""
        return len({t.holder for t in self.tickets if t.is_checked_in and not t.is_cancelled and t.role != "staff"})

    @property
    def only_signed(self) -> int:
        """Names of the sheet beyond those persons."""
        return self.signed_in if self.sheet_holds_walk_ins else max(0, self.signed_in - self.named)


@dataclass
class BusinessRecord(Referenced):
    """One entry of a business in a body's own list or in the CRM; a firm can have several."""

    system: str
    body: str | None
    organisation: Organisation
    merged_into: str | None = None
    is_archived: bool = False


@dataclass
class Session(Referenced):
    """One support session with a business. `also`: a second record of the business it is tied to."""

    body: str
    record: BusinessRecord
    held_on: date
    hours: float
    channel: str
    evidence: str
    is_completed: bool = True
    is_archived: bool = False
    also: BusinessRecord | None = None
    is_generic: bool = False

    @property
    def minutes(self) -> int:
        """Its length, to the minute."""
        return round(self.hours * 60)

    @property
    def took_place(self) -> bool:
        """Whether it was held and is still on record."""
        return self.is_completed and not self.is_archived


@dataclass
class Grant:
    """A grant award in the grants files; `organisation` is None for a grant to a person.

    `postcode`: where the funder has the organisation, if not at its own address. `system`: whose files tell of it;
    `is_mapped_too`: the mapped system's do so too.
    """

    id: str
    title: str
    programme: str
    amount: int
    awarded_on: date
    organisation: Organisation | None
    funder_id: str
    funder_name: str
    is_programme: bool
    postcode: str | None = None
    system: str = "threesixtygiving"
    is_instant: bool = False
    is_mapped_too: bool = False

    @property
    def is_mapped(self) -> bool:
        """Whether the mapped system tells of it, alone or beside another."""
        return self.system == "mapped_grants" or self.is_mapped_too


@dataclass
class Intervention(Referenced):
    """A pilot, study or scaled intervention, as each of `bodies` returns it."""

    bodies: list[str]
    title: str
    kind: str
    cluster: str
    status: str
    evidence: str
    signed_on: date | None = None
    award: int | None = None
    origin: str | None = None
    new_funding: int | None = None
    funding_source: str | None = None
    confirmed_on: date | None = None
    pilot_completed: bool = False
    returned_on: date | None = None


@dataclass
class Collaboration:
    """A collaboration, returned by each of `bodies` under a reference of its own."""

    bodies: list[str]
    refs: list[str]
    title: str
    purpose: str
    kind: str
    agreement_ref: str | None
    agreed_on: date
    caused: bool
    status: str
    evidence: str
    members: list[Organisation]


@dataclass
class Employer:
    """A business with posts: its employment before and after support."""

    organisation: Organisation
    baseline_fte: float
    follow_up_fte: float | None
    is_insolvent: bool


@dataclass
class Post(Referenced):
    """A post, returned by each of `bodies`."""

    bodies: list[str]
    employer: Employer
    hours: float
    contract: str
    months: int | None
    kind: str
    started_on: date
    is_filled: bool
    status: str
    evidence: str


@dataclass
class Tranche:
    """A tranche of leverage with the dates its stages were reached, returned by each of `bodies`.

    `realised_as_told`: bodies that give another date; `without_number`: those that leave out the source's number.
    """

    agreement_ref: str
    tranche: str
    bodies: list[str]
    source: Organisation
    source_type: str
    kind: str
    amount: float
    signed_on: date
    stages: dict[str, date]
    evidence: str
    status: str
    realised_as_told: dict[str, date] = field(default_factory=dict)
    without_number: set[str] = field(default_factory=set)

    def reached_on(self, stage: str, body: str) -> date:
        """When the stage was reached, as the body has it."""
        return self.realised_as_told.get(body, self.stages[stage]) if stage == "realised" else self.stages[stage]


@dataclass
class Decision:
    """What the programme office entered in the verification register."""

    indicator: str
    body: str
    source_ref: str
    decision: str
    grade: str | None
    decided_on: date


@dataclass
class World:
    """Everything there is."""

    bodies: list[Body]
    organisations: list[Organisation]
    people: list[Person]
    events: list[Event]
    records: list[BusinessRecord]
    sessions: list[Session]
    grants: list[Grant]
    interventions: list[Intervention]
    collaborations: list[Collaboration]
    posts: list[Post]
    tranches: list[Tranche]
    decisions: list[Decision]
    ratings: list[tuple[str, date]]
    """Ratings the office set: indicator and last day in force."""
