"""The true figures of the clean world, by the counting rules in the sandbox's own code.

Nothing here is shared with the warehouse: rules are those of domain.md section 2 and docs/contracts.md section 5,
written a second time so that the two can disagree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, product
from typing import Any

from sandbox.calendar import FIRST_DAY, LAST_DAY, PERIODS, ends_on, period_of
from sandbox.world import Decision, Post, World

HEADLINE = (
    "pilots_funded",
    "interventions_scaled",
    "new_collaborations",
    "businesses_assisted",
    "jobs_created",
    "event_attendees",
    "resource_levered",
)
# Evidence that verifies, by indicator.
ENOUGH = {
    "pilots_funded": {"signed_agreement"},
    "interventions_scaled": {"funding_letter", "signed_agreement"},
    "new_collaborations": {"signed_agreement", "joint_bid_document"},
    "jobs_created": {"payroll_extract", "signed_follow_up"},
    "event_attendees": {"check_in_export", "signed_sheet"},
    "resource_levered": {"defrayal_evidence", "valuation"},
}
NOT_LEVERAGE = {"programme_grant", "other_accelerator_grant", "own_budget"}
ACTIVITY_STARTS = date(2023, 4, 1)
ZERO = Decimal(0)
FT_HOURS = Decimal(30)
# Posts are counted in contracted hours and divided once, at the end; all else in its own unit.
PER_UNIT = {"jobs_created": FT_HOURS}
ASSISTED_MINUTES, ASSISTED_GBP = 12 * 60, 1000


@dataclass
class Claim:
    """One returned unit: what was claimed, and what it would count if it were the one that counts.

    `key`: its record as docs/contracts.md section 4 names it; `owners`: the organisations on which it hangs.
    """

    indicator: str
    key: str
    owners: tuple[str, ...]
    unit: Any
    body: str | None
    on: date
    claimed: Decimal
    worth: Decimal
    is_right: bool
    is_withdrawn: bool = False
    thing: Any = None
    claimed_on: date | None = None

    def day(self, basis: str) -> date:
        """The day on which it counts as claimed, or as verified: the same but where `claimed_on` says otherwise."""
        return self.claimed_on if basis == "claimed" and self.claimed_on else self.on


def _hours(post: Post) -> Decimal:
    return min(FT_HOURS, Decimal(str(post.hours)))


def _is_inside(day: date) -> bool:
    """Whether the programme's quarters hold the day."""
    return FIRST_DAY <= day <= LAST_DAY


@dataclass(frozen=True)
class Activity:
    """A session or grant of an organisation. `live`: not voided by the register, and not a second telling."""

    claim: str
    ref: str
    owner: str
    body: str | None
    on: date
    order: str
    system: str
    minutes: int = 0
    is_verified: bool = False
    gbp: int = 0
    live: bool = True


class Truth:
    """Counts a world. `values()` lists the cells, programme and partner scope, both bases."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.decisions: dict[tuple[str, str, str], Decision] = {
            (item.indicator, item.body, item.source_ref): item for item in world.decisions
        }
        self.cells: dict[tuple[str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
        self._claims: list[dict[str, Any]] = []
        self._count(self._first_of_each(self._pilots()))
        self._count(self._first_of_each(self._scaled()))
        self._count(self._first_of_each(self._attendances()))
        self._count(self._first_of_each(self._leverage()))
        self._count(self._capped(self._jobs()))
        self._count(self._novel(self._collaborations()))
        self._count(self._assisted())

    def values(self) -> list[dict[str, Any]]:
        """Dense: every headline indicator, quarter, scope key and basis."""
        scopes = [("programme", "programme"), *(("partner", body.code) for body in self.world.bodies)]
        return [
            {
                "indicator_key": indicator,
                "period_key": period,
                "scope": scope,
                "scope_key": key,
                "basis": basis,
                "value": self._value(indicator, self.cells[indicator, period, key, basis]),
            }
            for indicator in HEADLINE
            for period in PERIODS
            for scope, key in scopes
            for basis in ("verified", "claimed")
        ]

    def claims(self) -> list[dict[str, Any]]:
        """The claims of which the cells of indicators that hang on organisations are made, each with what it counts."""
        return self._claims

    @staticmethod
    def _value(indicator: str, exact: Decimal) -> float:
        value = exact / PER_UNIT.get(indicator, Decimal(1))
        return float(value.quantize(Decimal("0.0001"), ROUND_HALF_UP))

    def _add(self, claim: Claim, basis: str, amount: Decimal) -> None:
        period = period_of(claim.day(basis))
        for key in ("programme", claim.body):
            if key is not None:
                self.cells[claim.indicator, period, key, basis] += amount

    def _count(self, claims: Iterable[tuple[Claim, Decimal]]) -> None:
        for claim, counted in claims:
            claimed = ZERO if claim.is_withdrawn else claim.claimed
            for basis, amount in (("claimed", claimed), ("verified", counted)):
                if amount:
                    self._add(claim, basis, amount)
            if claim.owners:
                self._claims.append(
                    {
                        "indicator_key": claim.indicator,
                        "claim": claim.key,
                        "organisations": list(claim.owners),
                        "period_key": period_of(claim.on),
                        "claimed_period_key": period_of(claim.day("claimed")),
                        "partner_code": claim.body,
                        "claimed": self._value(claim.indicator, claimed),
                        "verified": self._value(claim.indicator, counted),
                    }
                )

    def _decided(self, indicator: str, body: str, ref: str, evidence: str) -> tuple[bool, bool]:
        """Whether a claim is verified, and whether the register withdrew it."""
        item = self.decisions.get((indicator, body, ref))
        if item is None:
            return evidence in ENOUGH[indicator], False
        return item.decision == "verified", item.decision == "withdrawn"

    @staticmethod
    def _first_of_each(claims: Iterable[Claim]) -> Iterable[tuple[Claim, Decimal]]:
        """Of the claims of a unit the first right one counts by date, then body; in the programme and outside apart."""
        units: dict[Any, list[Claim]] = defaultdict(list)
        for claim in claims:
            units[claim.unit, _is_inside(claim.on)].append(claim)
        for group in units.values():
            right = sorted((c for c in group if c.is_right), key=lambda c: (c.on, c.body or "~"))
            for claim in group:
                yield claim, claim.worth if right and claim is right[0] else ZERO

    def _pilots(self) -> Iterable[Claim]:
        for item in self.world.interventions:
            if item.kind == "scaled":
                continue
            for body in item.bodies:
                verified, withdrawn = self._decided("pilots_funded", body, item.ref, item.evidence)
                withdrawn = withdrawn or item.status in ("withdrawn", "terminated_before_spend")
                assert item.signed_on is not None
                yield Claim(
                    "pilots_funded",
                    f"{body}:{item.identity}",
                    (),
                    item.ref,
                    body,
                    item.signed_on,
                    Decimal(1),
                    Decimal(1),
                    verified and not withdrawn,
                    withdrawn,
                )

    def _scaled(self) -> Iterable[Claim]:
        for item in self.world.interventions:
            if item.kind != "scaled":
                continue
            for body in item.bodies:
                verified, withdrawn = self._decided("interventions_scaled", body, item.ref, item.evidence)
                met = bool(item.confirmed_on and (item.new_funding or 0) > 0 and item.pilot_completed)
                on = item.confirmed_on or ends_on(PERIODS[-1])
                yield Claim(
                    "interventions_scaled",
                    f"{body}:{item.ref}",
                    (),
                    item.origin,
                    body,
                    on,
                    Decimal(1),
                    Decimal(1),
                    verified and met and not withdrawn,
                    withdrawn,
                )

    def _attendances(self) -> Iterable[Claim]:
        for event in self.world.events:
            funded = event.attribution == "wmip_funded"
            verified = event.evidence in ENOUGH["event_attendees"] and funded and not event.is_cancelled
            one = Decimal(1)
            for ticket in event.tickets:
                if ticket.is_checked_in and not ticket.is_cancelled and ticket.role != "staff":
                    yield Claim(
                        "event_attendees",
                        ticket.id,
                        (),
                        (event.ref, ticket.holder),
                        event.body.code,
                        event.held_on,
                        one if funded else ZERO,
                        one,
                        verified,
                        event.is_cancelled,
                    )
            # Off the platforms a second body's row claims them once more.
            bodies = [event.body] if event.platform_id or event.also is None else [event.body, event.also]
            for body, (unit, heads) in product(bodies, (("signed", event.only_signed), ("heads", event.walk_ins))):
                if heads:
                    amount = Decimal(heads)
                    yield Claim(
                        "event_attendees",
                        f"{event.ref}:{unit}",
                        (),
                        (event.ref, unit),
                        body.code,
                        event.held_on,
                        amount if funded else ZERO,
                        amount,
                        verified,
                        event.is_cancelled,
                    )

    def _leverage(self) -> Iterable[Claim]:
        for item in self.world.tranches:
            if "realised" not in item.stages:
                continue
            amount = Decimal(str(item.amount))
            allowed = (
                item.source_type not in NOT_LEVERAGE
                and item.kind not in ("loan", "equity")
                and item.signed_on >= ACTIVITY_STARTS
            )
            for body in item.bodies:
                ref = f"{item.agreement_ref}:{item.tranche}"
                verified, withdrawn = self._decided("resource_levered", body, ref, item.evidence)
                withdrawn = withdrawn or item.status == "withdrawn"
                yield Claim(
                    "resource_levered",
                    f"{body}:{ref}",
                    (item.source.id,),
                    (item.source.id, ref),
                    body,
                    item.reached_on("realised", body),
                    amount,
                    amount,
                    verified and allowed and not withdrawn,
                    withdrawn,
                )

    def _jobs(self) -> Iterable[Claim]:
        since: dict[str, date] = {}
        for activity in self._activities():
            if activity.live:
                since[activity.owner] = min(activity.on, since.get(activity.owner, activity.on))
        for post in self.world.posts:
            employer = post.employer
            supported = since.get(employer.organisation.id)
            eligible = (
                post.kind == "new"
                and post.contract == "permanent"
                and (post.months is None or post.months >= 12)
                and post.is_filled
                and not employer.is_insolvent
                and employer.organisation.is_business
                and supported is not None
                and supported <= post.started_on
                and employer.organisation.local_authority is not None
                and employer.follow_up_fte is not None
            )
            for body in post.bodies:
                verified, withdrawn = self._decided("jobs_created", body, post.ref, post.evidence)
                withdrawn = withdrawn or post.status == "withdrawn"
                yield Claim(
                    "jobs_created",
                    f"{body}:{post.identity}",
                    (employer.organisation.id,),
                    (employer.organisation.id, post.reference),
                    body,
                    post.started_on,
                    _hours(post),
                    _hours(post),
                    verified and eligible and not withdrawn,
                    withdrawn,
                    post,
                )

    def _capped(self, claims: Iterable[Claim]) -> Iterable[tuple[Claim, Decimal]]:
        """No business counts more than its employment rose; posts take their share in order of start."""
        chosen = list(self._first_of_each(claims))
        left: dict[str, Decimal] = {}
        counted = sorted(
            ((c, worth) for c, worth in chosen if worth and _is_inside(c.on)),
            key=lambda item: (item[0].on, item[0].thing.reference, item[0].body),
        )
        share: dict[int, Decimal] = {}
        for claim, worth in counted:
            employer = claim.thing.employer
            rise = max(ZERO, Decimal(str(employer.follow_up_fte)) - Decimal(str(employer.baseline_fte))) * FT_HOURS
            key = employer.organisation.id
            left.setdefault(key, rise)
            share[id(claim)] = min(worth, left[key])
            left[key] -= share[id(claim)]
        for claim, _ in chosen:
            yield claim, share.get(id(claim), ZERO)

    def _collaborations(self) -> Iterable[Claim]:
        for item in self.world.collaborations:
            distinct = {member.id for member in item.members}
            good = (
                item.kind != "service_purchase"
                and item.caused
                and len(distinct) >= 2
                and any(member.is_business for member in item.members)
            )
            for body, ref in zip(item.bodies, item.refs, strict=True):
                verified, withdrawn = self._decided("new_collaborations", body, ref, item.evidence)
                withdrawn = withdrawn or item.status == "withdrawn"
                yield Claim(
                    "new_collaborations",
                    f"{body}:{ref}",
                    tuple(sorted(distinct)),
                    item.refs[0],
                    body,
                    item.agreed_on,
                    Decimal(1),
                    Decimal(1),
                    verified and good and not withdrawn,
                    withdrawn,
                    item,
                )

    def _novel(self, claims: Iterable[Claim]) -> Iterable[tuple[Claim, Decimal]]:
        """Only what brings a pair together that had no qualifying tie in the 36 months before."""
        last_tie: dict[tuple[str, str], date] = {}
        for claim, worth in sorted(self._first_of_each(claims), key=lambda item: item[0].on):
            if not worth:
                yield claim, ZERO
                continue
            is_new = False
            for pair in combinations(sorted({member.id for member in claim.thing.members}), 2):
                before = last_tie.get(pair)
                # 36 months are longer than the programme: any earlier tie is within them.
                is_new = is_new or before is None
                last_tie[pair] = claim.on
            yield claim, worth if is_new else ZERO

    def _activities(self) -> Iterable[Activity]:
        """Sessions and programme grants; those that void or repeat others are told apart elsewhere."""
        for session in self.world.sessions:
            if not session.took_place:
                continue
            for record in (session.record, session.also):
                if record is None:
                    continue
                decision = self.decisions.get(("businesses_assisted", session.body, record.ref))
                says = decision.decision if decision else None
                by_register = decision is not None and says == "verified" and session.held_on <= decision.decided_on
                in_return = record.system == "returns"
                yield Activity(
                    f"{session.body}:business:{record.identity}"
                    if in_return
                    else f"{record.system}:{session.body}:{record.ref}",
                    record.ref,
                    record.organisation.id,
                    session.body,
                    session.held_on,
                    session.ref,
                    record.system,
                    session.minutes,
                    (session.evidence == "signed_support_log" or by_register) and not session.is_generic,
                    live=says not in ("rejected", "withdrawn"),
                )
        for grant in self.world.grants:
            if grant.is_programme and grant.organisation is not None:
                owner = grant.organisation.id
                recipient = grant.organisation.public_id
                if grant.system == "mapped_grants":
                    recipient = f"sandbox_council:{grant.organisation.company_number}"
                key = f"{grant.system}:{recipient}"
                yield Activity(key, "", owner, None, grant.awarded_on, grant.id, grant.system, gbp=grant.amount)

    def _adding(self, activities: list[Activity]) -> list[Activity]:
        """Of an organisation's activities those that add up: each session once, and of a day one system of a body."""
        told: dict[tuple[str, str], Activity] = {}
        for item in activities:
            if item.live:
                told.setdefault((item.system, item.order), item)
        days: dict[tuple[str | None, date], dict[str, list[Activity]]] = defaultdict(lambda: defaultdict(list))
        for item in told.values():
            days[item.body, item.on][item.system].append(item)
        kept = []
        for systems in days.values():
            best = max(
                sorted(systems),
                key=lambda name: (
                    sum(item.gbp for item in systems[name]),
                    sum(item.minutes for item in systems[name] if item.is_verified),
                    sum(item.minutes for item in systems[name]),
                    name == "returns",
                ),
            )
            kept += [item for item in systems[best] if item.is_verified or item.gbp]
        return kept

    def _assisted(self) -> Iterable[tuple[Claim, Decimal]]:
        """Each claimed on its first day within the programme, verified on the day that makes the business assisted."""
        of_owner: dict[str, list[Activity]] = defaultdict(list)
        of_claim: dict[str, list[Activity]] = defaultdict(list)
        for activity in self._activities():
            of_owner[activity.owner].append(activity)
            of_claim[activity.claim].append(activity)
        claims: dict[str, Claim] = {}
        for key, items in of_claim.items():
            first = min([item.on for item in items if _is_inside(item.on)] or [item.on for item in items])
            decision = self.decisions.get(("businesses_assisted", items[0].body or "", items[0].ref))
            withdrawn = decision is not None and decision.decision == "withdrawn"
            claims[key] = Claim(
                "businesses_assisted",
                key,
                (items[0].owner,),
                items[0].owner,
                items[0].body,
                first,
                Decimal(1),
                Decimal(1),
                False,
                withdrawn,
            )
        organisations = {organisation.id: organisation for organisation in self.world.organisations}
        for owner, items in of_owner.items():
            organisation = organisations[owner]
            if not organisation.is_business or organisation.local_authority is None:
                continue
            minutes = gbp = 0
            inside = [item for item in self._adding(items) if _is_inside(item.on)]
            for item in sorted(inside, key=lambda item: (item.on, item.body or "~", item.system, item.order)):
                minutes, gbp = minutes + item.minutes, gbp + item.gbp
                if minutes >= ASSISTED_MINUTES or gbp >= ASSISTED_GBP:
                    claim = claims[item.claim]
                    claim.is_right, claim.on, claim.claimed_on = True, item.on, claim.on
                    break
        for claim in claims.values():
            yield claim, claim.worth if claim.is_right else ZERO
