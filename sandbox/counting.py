"""What makes counting hard: records entered twice, dated before the programme, decided by the register, labelled wrong.

Each kind draws apart from everything else, so that a world without it is otherwise the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from sandbox.calendar import FIRST_DAY, LAST_DAY
from sandbox.options import Options
from sandbox.people import Places
from sandbox.world import BusinessRecord, Decision, Grant, Organisation, Post, Session, Tranche

T = TypeVar("T")
EIGHTY_MINUTES = 1.3333
LABELS_OF_MONEY = ("private", "public", "university", "third_sector")
MID_PROGRAMME = date(2024, 6, 30)
IN_FORCE = date(2025, 12, 31)


def draw_for(options: Options, kind: str) -> random.Random:
    """The chance of one kind of dirt."""
    return random.Random(f"{options.seed}:{kind}")


def some(draw: random.Random, items: Iterable[T], rate: float) -> list[T]:
    """Those that are drawn at the rate; the first one at least, if there is any rate."""
    listed = list(items)
    chosen = [item for item in listed if draw.random() < rate]
    return chosen or (listed[:1] if rate else [])


def complicate_support(options: Options, records: list[BusinessRecord], sessions: list[Session]) -> None:
    """Support as bodies enter it: uneven lengths, two records, two systems, years before the programme."""
    dirt = options.dirt
    draw = draw_for(options, "uneven_length")
    for session in some(draw, sessions, dirt.uneven_length):
        session.hours = EIGHTY_MINUTES
    draw = draw_for(options, "generic_advice")
    remote = [s for s in sessions if s.record.system == "returns" and s.channel in ("online", "written")]
    for session in some(draw, remote, dirt.generic_advice):
        session.is_generic = True
    _merge_in_chains(options, records)
    _keep_twice(options, records, sessions)
    _enter_in_both(options, records, sessions)
    draw = draw_for(options, "before_programme")
    for record in some(draw, [record for record in records if not record.merged_into], dirt.outside_programme):
        of_record = [session for session in sessions if session.record is record]
        if of_record:
            past = FIRST_DAY - timedelta(days=draw.randint(1, 400))
            number = f"S9{len(sessions):05d}"
            sessions.append(replace(of_record[0], ref=number, held_on=past, hours=draw.choice([4.0, 13.0]), also=None))


def _merge_in_chains(options: Options, records: list[BusinessRecord]) -> None:
    draw = draw_for(options, "merge_chain")
    merged = [record for record in records if record.merged_into]
    records += [
        BusinessRecord(f"87{number:06d}", "hubspot", None, record.organisation, merged_into=record.ref)
        for number, record in enumerate(some(draw, merged, options.dirt.merge_chain))
    ]


def _keep_twice(options: Options, records: list[BusinessRecord], sessions: list[Session]) -> None:
    draw = draw_for(options, "on_two_records")
    kept = [r for r in records if r.system == "hubspot" and not r.merged_into and not r.is_archived]
    for number, record in enumerate(some(draw, kept, options.dirt.on_two_records)):
        second = BusinessRecord(f"89{number:06d}", "hubspot", None, record.organisation)
        records.append(second)
        for session in sessions:
            if session.record is record and draw.random() < 0.7:
                session.also = second


def _enter_in_both(options: Options, records: list[BusinessRecord], sessions: list[Session]) -> None:
    draw = draw_for(options, "entered_in_both")
    listed: dict[tuple[str, str], BusinessRecord] = {}
    of_crm = [session for session in sessions if session.record.system == "hubspot" and session.took_place]
    for session in some(draw, of_crm, options.dirt.entered_in_both):
        key = session.body, session.record.organisation.id
        if key not in listed:
            listed[key] = BusinessRecord(
                f"{session.body}-W{len(listed):05d}", "returns", session.body, session.record.organisation
            )
            records.append(listed[key])
        hours = session.hours + draw.choice([0, 0, 0.5])
        sessions.append(replace(session, ref=f"S8{len(sessions):05d}", record=listed[key], hours=hours, also=None))


def decide_support(options: Options, sessions: Sequence[Session]) -> list[Decision]:
    """What the register says of support: rejected, withdrawn, or verified though it is an adviser's note."""
    draw = draw_for(options, "support_decided")
    rate = options.dirt.support_decided
    claims = sorted({(session.body, session.record.ref) for session in sessions})
    noted = sorted({(s.body, s.record.ref) for s in sessions if s.evidence == "adviser_note"})
    decisions = {
        claim: Decision("businesses_assisted", *claim, draw.choice(["rejected", "withdrawn"]), None, MID_PROGRAMME)
        for claim in some(draw, claims, rate)
    }
    for claim in some(draw, noted, rate * 5):
        decisions[claim] = Decision("businesses_assisted", *claim, "verified", "B", MID_PROGRAMME)
    return list(decisions.values())


def supported_since(
    sessions: Iterable[Session], grants: Iterable[Grant], decisions: Iterable[Decision]
) -> dict[str, date]:
    """The first day on which each organisation was supported: a session that was not voided, or a programme grant."""
    void = {(item.body, item.source_ref) for item in decisions if item.decision in ("rejected", "withdrawn")}
    days = [
        (record.organisation.id, session.held_on)
        for session in sessions
        for record in (session.record, session.also)
        if session.took_place and record is not None and (session.body, record.ref) not in void
    ]
    days += [(grant.organisation.id, grant.awarded_on) for grant in grants if grant.is_programme and grant.organisation]
    since: dict[str, date] = {}
    for owner, day in days:
        since[owner] = min(since.get(owner, day), day)
    return since


def place_posts(options: Options, posts: list[Post], organisations: list[Organisation], since: dict[str, date]) -> None:
    """Posts follow support, but for some: of employers that are no business, or were supported only later."""
    draw = draw_for(options, "unsupported_post")
    universities = [organisation for organisation in organisations if organisation.kind == "university"]
    employers = list({id(post.employer): post.employer for post in posts}.values())
    unsupported = some(draw, employers[1:], options.dirt.unsupported_post)
    for employer in unsupported[::2]:
        employer.organisation = draw.choice(universities)
    too_early = {id(employer) for employer in unsupported[1::2]}
    for post in posts:
        first = since.get(post.employer.organisation.id)
        if first is None:
            continue
        if id(post.employer) in too_early:
            post.started_on = max(first - timedelta(days=1), FIRST_DAY)
        elif post.started_on < first:
            post.started_on = min(first + timedelta(days=draw.choice([0, 10, 40])), LAST_DAY)
    _start_before_programme(options, posts)


def _start_before_programme(options: Options, posts: list[Post]) -> None:
    """Of employers with several posts, one that started before the programme."""
    draw = draw_for(options, "post_before_programme")
    several: dict[int, list[Post]] = {}
    for post in posts:
        several.setdefault(id(post.employer), []).append(post)
    groups = [group for group in several.values() if len(group) > 1]
    for group in some(draw, groups, options.dirt.outside_programme):
        group[0].started_on = FIRST_DAY - timedelta(days=draw.randint(1, 60))


def complicate_leverage(options: Options, tranches: list[Tranche]) -> None:
    """Wrong labels, sources without their number, and a tranche on both sides of the programme's first day."""
    dirt = options.dirt
    draw = draw_for(options, "leverage_mislabelled")
    plain = [tranche for tranche in tranches if tranche.source_type in LABELS_OF_MONEY]
    for tranche in some(draw, plain, dirt.leverage_mislabelled):
        tranche.source_type = draw.choice([label for label in LABELS_OF_MONEY if label != tranche.source_type])
    twice = [tranche for tranche in tranches if len(tranche.bodies) > 1]
    draw = draw_for(options, "funder_number_missing")
    for tranche in some(draw, [t for t in twice if t.source.company_number], dirt.funder_number_missing):
        tranche.without_number.add(tranche.bodies[1])
    draw = draw_for(options, "tranche_before_programme")
    for tranche in some(draw, [t for t in twice if "realised" in t.stages], dirt.outside_programme):
        tranche.signed_on = tranche.stages["realised"] = FIRST_DAY
        tranche.realised_as_told[tranche.bodies[1]] = FIRST_DAY - timedelta(days=1)


def move_grants(options: Options, grants: list[Grant]) -> None:
    """Grants of others that have the organisation outside the area; of the programme, in another system's files."""
    draw = draw_for(options, "grant_elsewhere")
    places = Places(options, draw)
    others = [grant for grant in grants if not grant.is_programme and grant.organisation]
    for grant in some(draw, others, options.dirt.grant_elsewhere):
        grant.postcode = places.outside()
    draw = draw_for(options, "grant_in_other_system")
    own = [g for g in grants if g.is_programme and g.organisation is not None and g.organisation.company_number]
    for grant in some(draw, own, options.dirt.grant_in_other_system):
        grant.system = "mapped_grants"
    draw = draw_for(options, "award_in_both")
    published = [g for g in grants if g.system == "threesixtygiving"]
    numbered = [g for g in published if g.organisation is not None and g.organisation.company_number]
    for grant in some(draw, numbered, options.dirt.award_in_both):
        grant.is_mapped_too = True
    draw = draw_for(options, "award_instant")
    for grant in some(draw, [g for g in grants if g.system == "threesixtygiving"], options.dirt.award_instant):
        grant.is_instant = True


def ratings_without_effect(options: Options) -> list[tuple[str, date]]:
    """Ratings that change nothing: of indicators with a target they have expired, the others have none to rate."""
    draw = draw_for(options, "rating_without_effect")
    rated = [
        *((indicator, LAST_DAY) for indicator in ("pilots_funded", "interventions_scaled", "event_attendees")),
        *((indicator, IN_FORCE) for indicator in ("new_collaborations", "jobs_created", "resource_levered")),
    ]
    return some(draw, rated, options.dirt.rating_without_effect)
