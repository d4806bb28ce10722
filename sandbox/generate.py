"""Generate the clean pretend world: what truly happened, and which bodies returned it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from sandbox import complicated_events, counting, references
from sandbox import vocabulary as words
from sandbox.calendar import FIRST_DAY, LAST_DAY
from sandbox.options import Options
from sandbox.people import Places, make_bodies, make_organisations, make_people
from sandbox.world import (
    HUBSPOT_BODIES,
    Body,
    BusinessRecord,
    Collaboration,
    Decision,
    Employer,
    Event,
    Grant,
    Intervention,
    Organisation,
    Person,
    Post,
    Session,
    Ticket,
    Tranche,
    World,
)

DAYS = (LAST_DAY - FIRST_DAY).days
PILOT_FUND = "WMIP Flexible Innovation Pilot Fund"
BUSINESS_GRANTS = "WMIP Business Innovation Grants"
PROGRAMME_FUNDER = ("GB-LAE-WMCA", "Sandbox Combined Authority")
OTHER_FUNDER = ("GB-CHC-9999999", "Sandbox Benevolent Fund")


def make_world(options: Options) -> World:
    """A whole world; the same options give the same world."""
    bodies = make_bodies()
    organisations = make_organisations(options)
    people = make_people(options, organisations)
    records, sessions = _support(options, organisations)
    counting.complicate_support(options, records, sessions)
    grants, interventions = _pilots(options, bodies, organisations)
    counting.move_grants(options, grants)
    of_support = counting.decide_support(options, sessions)
    collaborations = _collaborations(options, bodies, organisations)
    posts = _posts(options, bodies, organisations)
    counting.place_posts(options, posts, organisations, counting.supported_since(sessions, grants, of_support))
    tranches = _leverage(options, bodies, organisations)
    counting.complicate_leverage(options, tranches)
    events = _events(options, bodies, people)
    complicated_events.complicate_events(options, events, bodies)
    decisions = _decisions(collaborations, posts, tranches) + of_support
    references.reuse_references(options, sessions, posts, events, decisions)
    references.share_local_references(options, interventions, collaborations)
    return World(
        bodies,
        organisations,
        people,
        events,
        records,
        sessions,
        grants,
        interventions,
        collaborations,
        posts,
        tranches,
        decisions,
        counting.ratings_without_effect(options),
    )


def _day(draw: random.Random, first: int = 0, last: int = DAYS) -> date:
    return FIRST_DAY + timedelta(days=draw.randint(first, last))


def _returning(draw: random.Random, options: Options, bodies: list[Body], own: Body, index: int) -> list[str]:
    """The bodies that return one thing: its own, and now and then a second one. The third always has two."""
    second = options.dirt.returned_twice and (index == 3 or draw.random() < options.dirt.returned_twice)
    if not second:
        return [own.code]
    other = draw.choice([body for body in bodies if body is not own])
    return [own.code, other.code]


def _events(options: Options, bodies: list[Body], people: list[Person]) -> list[Event]:
    draw = random.Random(f"{options.seed}:events")
    places = Places(options, draw)
    dirt = options.dirt
    events: list[Event] = []
    tickets = 0
    for index in range(options.count(120, 12)):
        body = bodies[index % len(bodies)]
        on_platform = index % 6 != 5
        attribution = "wmip_funded"
        if dirt.aligned_event and (index == 7 or draw.random() < dirt.aligned_event):
            attribution = draw.choice(["aligned", "other"])
        mode = draw.choice(["in_person", "in_person", "in_person", "online", "hybrid"])
        event = Event(
            ref=f"{body.code}-E{index:04d}",
            body=body,
            title=f"{draw.choice(words.TOPICS)} {draw.choice(words.EVENT_KINDS)} {index}",
            held_on=_day(draw),
            mode=mode,
            postcode=places.inside()[0],
            attribution=attribution,
            is_cancelled=on_platform and bool(dirt.cancelled) and (index == 8 or draw.random() < 0.02),
            evidence="check_in_export",
            platform_id=f"70{index:08d}" if on_platform else None,
        )
        if on_platform:
            size = max(4, int(draw.gauss(93, 25)))
            for _ in range(size):
                tickets = _book(event, draw.choice(people), draw, options, tickets)
            attended = len({t.person.email for t in event.tickets if _came(t)})
            event.walk_ins = int(attended * min(draw.random() * 2 * dirt.walk_in, 0.2))
        else:
            weak = bool(dirt.unverifiable) and (index == 11 or draw.random() < dirt.unverifiable)
            event.evidence = "headcount_only" if weak else "signed_sheet"
            event.signed_in = 0 if weak else draw.randint(10, 60)
            event.walk_ins = draw.randint(15, 40) if weak else int(event.signed_in * 0.2 * draw.random())
        events.append(event)
    _bring_guests(events, options)
    _mark_tickets(events, options)
    return events


def _bring_guests(events: list[Event], options: Options) -> None:
    """Tickets that some booked for others, in the same order. Drawn apart, so that all else stays as it is."""
    draw = random.Random(f"{options.seed}:guests")
    count = 0
    for event in events:
        buyers = [ticket for ticket in event.tickets if ticket.role == "delegate" and not ticket.is_cancelled]
        for buyer in buyers:
            guests = draw.randint(1, 3) if draw.random() < options.dirt.guests_booked else 0
            for _ in range(guests):
                count += 1
                came = draw.random() >= options.dirt.no_show
                guest = replace(buyer, id=f"13{count:08d}", is_checked_in=came, is_edited_later=False, is_guest=True)
                event.tickets.append(guest)


def _mark_tickets(events: list[Event], options: Options) -> None:
    """Classes that only look like staff's, and refunds after the event. Drawn apart: all else stays as it is."""
    draw = random.Random(f"{options.seed}:ticket marks")
    for ticket in (ticket for event in events for ticket in event.tickets):
        like_staff, refunded = draw.random(), draw.random()
        if ticket.role == "delegate" and like_staff < options.dirt.staff_like_class:
            ticket.ticket_class = draw.choice(["Staffordshire delegate", "University staff"])
        ticket.is_refunded_after = _came(ticket) and refunded < options.dirt.refunded_after


def _came(ticket: Ticket) -> bool:
    return ticket.is_checked_in and not ticket.is_cancelled and ticket.role != "staff"


def _book(event: Event, person: Person, draw: random.Random, options: Options, count: int) -> int:
    """Book a person once, or now and then twice; returns the new number of tickets."""
    dirt = options.dirt
    if any(ticket.person is person for ticket in event.tickets):
        return count
    copies = 2 if draw.random() < dirt.registered_twice else 1
    role = draw.choices(["delegate", "speaker", "staff"], [94, 4, 2])[0]
    came = draw.random() >= dirt.no_show
    for copy in range(copies):
        count += 1
        is_cancelled = copy == 0 and draw.random() < dirt.cancelled
        event.tickets.append(
            Ticket(
                id=f"12{count:08d}",
                order_id=f"33{count:08d}",
                person=person,
                email=person.email if copy == 0 else _other_spelling(person.email, draw),
                role=role,
                is_cancelled=is_cancelled,
                is_checked_in=came and not is_cancelled and (copy == 0 or draw.random() < 0.6),
                scans=2 if draw.random() < dirt.scanned_twice else 1,
                created=event.held_on - timedelta(days=draw.randint(1, 40)),
                is_edited_later=draw.random() < dirt.edited_later,
            )
        )
    return count


def _other_spelling(email: str, draw: random.Random) -> str:
    local, _, domain = email.partition("@")
    return draw.choice([email.upper(), email.title(), f"{local}+events@{domain}", f" {email} "])


def _support(options: Options, organisations: list[Organisation]) -> tuple[list[BusinessRecord], list[Session]]:
    draw = random.Random(f"{options.seed}:support")
    dirt = options.dirt
    supported = [o for o in organisations if o.is_business][: options.count(640, 40)]
    supported += [o for o in organisations if o.kind == "third_sector"][: options.count(8, 1)]
    codes = [f"CB{number:02d}" for number in range(1, 12)]
    records: dict[tuple[str | None, str], BusinessRecord] = {}
    sessions: list[Session] = []
    for index, organisation in enumerate(supported):
        own = codes[index % len(codes)]
        helpers = [own] if draw.random() > 0.12 else [own, draw.choice([c for c in codes if c != own])]
        # Most reach twelve hours; a fifth stay below.
        wanted = draw.choice([6.0, 9.0, 11.5]) if index % 5 == 4 else draw.choice([12.0, 13.5, 16.0, 21.0, 33.0])
        given, day = 0.0, draw.randint(0, DAYS - 200)
        while given < wanted:
            hours = min(draw.choice([1.5, 2.0, 3.0, 4.0]), wanted - given)
            given += hours
            day = min(day + draw.randint(3, 30), DAYS)
            body = draw.choice(helpers)
            record = _record(records, organisation, body)
            evidence = "signed_support_log"
            if draw.random() < dirt.unverifiable / 2:
                evidence = draw.choice(["adviser_note", "none"])
            sessions.append(
                Session(
                    ref=f"S{len(sessions):06d}",
                    body=body,
                    record=record,
                    held_on=FIRST_DAY + timedelta(days=day),
                    hours=hours,
                    channel=draw.choice(["in_person", "online", "phone", "written"]),
                    evidence=evidence,
                    is_completed=draw.random() > 0.02 or record.system == "returns",
                    is_archived=record.system == "hubspot" and draw.random() < dirt.crm_archived,
                )
            )
    listed = list(records.values())
    for record in [r for r in listed if r.system == "hubspot"]:
        if draw.random() < dirt.crm_archived:
            record.is_archived = True
        elif draw.random() < dirt.crm_merged:
            listed.append(
                BusinessRecord(f"88{len(listed):06d}", "hubspot", None, record.organisation, merged_into=record.ref)
            )
    return listed, sessions


def _record(
    records: dict[tuple[str | None, str], BusinessRecord], organisation: Organisation, body: str
) -> BusinessRecord:
    """The entry of a business in a body's list, or the one company in the CRM the first bodies share."""
    system = "hubspot" if body in HUBSPOT_BODIES else "returns"
    key = (None if system == "hubspot" else body, organisation.id)
    if key not in records:
        ref = f"77{len(records):06d}" if system == "hubspot" else f"{body}-B{len(records):05d}"
        records[key] = BusinessRecord(ref, system, key[0], organisation)
    return records[key]


def _pilots(
    options: Options, bodies: list[Body], organisations: list[Organisation]
) -> tuple[list[Grant], list[Intervention]]:
    draw = random.Random(f"{options.seed}:pilots")
    businesses = [o for o in organisations if o.is_business]
    universities = [o for o in organisations if o.kind == "university"]
    grants: list[Grant] = []
    interventions: list[Intervention] = []
    pilots = options.count(15, 6)
    for index in range(pilots + 2):
        body = bodies[index % len(bodies)]
        signed = _day(draw, 0, DAYS - 150)
        award = draw.randrange(20_000, 90_000, 500)
        # Beyond the pilots that count: one that ended before its first spend, one without a signed agreement.
        status = "terminated_before_spend" if index == pilots else draw.choice(["live", "completed"])
        evidence = "self_report" if index == pilots + 1 else "signed_agreement"
        if not options.dirt.unverifiable and index >= pilots:
            break
        ref = f"WMIP2-P{index + 1:03d}"
        interventions.append(
            Intervention(
                ref=ref,
                bodies=_returning(draw, options, bodies, body, index),
                title=f"Pilot {index + 1} in {draw.choice(words.TOPICS).lower()}",
                kind="feasibility_study" if index % 3 == 1 else "pilot",
                cluster=body.cluster,
                status=status,
                evidence=evidence,
                signed_on=signed,
                award=award,
            )
        )
        lead = draw.choice(universities) if index % 4 == 2 else draw.choice(businesses)
        if status != "terminated_before_spend":
            grants.append(
                Grant(
                    f"360G-sandbox-{ref}",
                    f"Pilot award {index + 1}",
                    PILOT_FUND,
                    award,
                    signed,
                    lead,
                    *PROGRAMME_FUNDER,
                    True,
                )
            )
    scaled = options.count(5, 3)
    for index in range(scaled + 1):
        body = bodies[(index * 3) % len(bodies)]
        met = index < scaled
        if not met and not options.dirt.unverifiable:
            break
        confirmed = _day(draw, 200, DAYS)
        interventions.append(
            Intervention(
                ref=f"WMIP-S{index + 1:03d}",
                bodies=_returning(draw, options, bodies, body, index),
                title=f"Scaling up {index + 1}",
                kind="scaled",
                cluster=body.cluster,
                status="live",
                evidence="funding_letter",
                origin=f"WMIP1-P{index + 1:03d}" if index % 2 else f"WMIP2-P{index + 1:03d}",
                new_funding=draw.randrange(50_000, 400_000, 1000),
                funding_source=draw.choice(["public", "private"]),
                confirmed_on=confirmed,
                pilot_completed=met,
                returned_on=confirmed,
            )
        )
    for index in range(options.count(60, 6)):
        grants.append(
            Grant(
                f"360G-sandbox-BIG{index:04d}",
                f"Innovation grant {index}",
                BUSINESS_GRANTS,
                draw.choice([500, 1000, 2500, 5000, 9000]),
                _day(draw),
                draw.choice(businesses),
                *PROGRAMME_FUNDER,
                True,
            )
        )
    others = [o for o in organisations if o.kind in ("third_sector", "business")]
    for index in range(options.count(90, 9)):
        grants.append(
            Grant(
                f"360G-sandboxother-{index:05d}",
                f"Community grant {index}",
                "Community strength",
                draw.randrange(500, 40_000, 50),
                _day(draw),
                None if index % 15 == 4 else draw.choice(others),
                *OTHER_FUNDER,
                False,
            )
        )
    return grants, interventions


def _collaborations(options: Options, bodies: list[Body], organisations: list[Organisation]) -> list[Collaboration]:
    draw = random.Random(f"{options.seed}:collaborations")
    dirt = options.dirt
    businesses = [o for o in organisations if o.is_business]
    others = [o for o in organisations if not o.is_business]
    made: list[Collaboration] = []
    total = options.count(68, 10)
    for index in range(total):
        body = bodies[index % len(bodies)]
        odd = bool(dirt.unverifiable)
        # The same partners again for another purpose: a collaboration, but no new tie.
        again = odd and index % 17 == 9 and made
        members = (
            list(made[-1].members) if again else draw.sample(businesses, draw.randint(1, 3)) + draw.sample(others, 1)
        )
        if odd and index % 23 == 7:
            members = draw.sample(others, min(2, len(others)))
        # A day of its own each: which of two comes first is never a matter of luck.
        agreed = FIRST_DAY + timedelta(days=int(index * DAYS / total))
        returned_by = _returning(draw, options, bodies, body, index)
        made.append(
            Collaboration(
                bodies=returned_by,
                refs=[f"{code}-C{index:04d}" for code in returned_by],
                title=f"Joint work {index} on {draw.choice(words.TOPICS).lower()}",
                purpose=f"{draw.choice(words.TOPICS)} development {index}",
                kind="service_purchase" if odd and index % 19 == 5 else draw.choice(["agreement", "mou", "joint_bid"]),
                agreement_ref=f"AGR-{index:04d}",
                agreed_on=agreed,
                caused=not (odd and index % 29 == 6),
                status="withdrawn" if odd and index % 31 == 8 else "active",
                evidence="self_report"
                if draw.random() < dirt.unverifiable
                else draw.choice(["signed_agreement", "joint_bid_document"]),
                members=members,
            )
        )
    return made


def _posts(options: Options, bodies: list[Body], organisations: list[Organisation]) -> list[Post]:
    draw = random.Random(f"{options.seed}:posts")
    dirt = options.dirt
    odd = bool(dirt.unverifiable)
    businesses = [o for o in organisations if o.is_business]
    posts: list[Post] = []
    for index in range(options.count(60, 12)):
        case = index % 12 if odd else 0
        employer = Employer(businesses[index * 3 % len(businesses)], draw.randrange(10, 600) / 10, None, case == 5)
        body = bodies[index % len(bodies)]
        number = 1 if case == 5 else draw.randint(1, 3)
        for place in range(number):
            started = _day(draw)
            contract, months, kind, filled = "permanent", draw.choice([None, 12, 24]), "new", True
            if case == 8 and place == 0:
                contract, months, kind, filled = draw.choice(
                    [
                        ("fixed_term", 6, "new", True),
                        ("contractor", None, "new", True),
                        ("permanent", None, "safeguarded", True),
                        ("permanent", None, "delivery_team", True),
                        ("permanent", 6, "new", True),
                        ("permanent", None, "new", False),
                    ]
                )
            posts.append(
                Post(
                    ref=f"POST-{len(posts):05d}",
                    bodies=_returning(draw, options, bodies, body, len(posts))
                    if case != 7
                    else [body.code, bodies[(index + 1) % 11].code],
                    employer=employer,
                    hours=draw.choice([37.5, 37.5, 30.0, 25.0, 22.5, 20.0, 20.0]),
                    contract=contract,
                    months=months,
                    kind=kind,
                    started_on=started,
                    is_filled=filled,
                    status="withdrawn" if case == 10 and place == 0 else "active",
                    evidence=draw.choice(["self_report", "none"])
                    if case == 9
                    else draw.choice(["payroll_extract", "signed_follow_up"]),
                )
            )
        total = sum(min(1.0, post.hours / 30) for post in posts[-number:])
        rise = total * 0.5 if case == 4 else total + draw.choice([0, 0.5, 2])
        if case == 11:
            rise = -1.0
        employer.follow_up_fte = None if case == 6 else round(max(employer.baseline_fte + rise, 0), 2)
    return posts


def _leverage(options: Options, bodies: list[Body], organisations: list[Organisation]) -> list[Tranche]:
    draw = random.Random(f"{options.seed}:leverage")
    odd = bool(options.dirt.unverifiable)
    pools = {
        "private": [o for o in organisations if o.is_business and o.company_number],
        "public": [o for o in organisations if o.kind == "public_body"],
        "university": [o for o in organisations if o.kind == "university"],
        "third_sector": [o for o in organisations if o.kind == "third_sector"],
    }
    tranches: list[Tranche] = []
    for index in range(options.count(165, 20)):
        body = bodies[index % len(bodies)]
        case = index % 20 if odd else 0
        source_type = draw.choice(["private", "private", "private", "public", "university", "third_sector"])
        source = draw.choice(pools[source_type] or pools["private"])
        signed = _day(draw, 0, DAYS - 60)
        reached = signed + timedelta(days=draw.randint(10, 60))
        stages = {"pipeline": signed, "committed": signed, "realised": min(reached, LAST_DAY)}
        if case == 3:
            stages = {"pipeline": signed}
        elif case in (4, 9):
            stages = {"committed": signed}
        elif index % 2:
            stages = {"committed": signed, "realised": min(reached, LAST_DAY)}
        if case == 6:
            signed = FIRST_DAY - timedelta(days=draw.randint(5, 300))
        special = {7: "programme_grant", 8: "other_accelerator_grant", 11: "own_budget"}.get(case)
        amount = draw.randrange(4_000, 390_000) + draw.choice([0, 0, 0.5, 0.25])
        tranches.append(
            Tranche(
                agreement_ref=f"LEV-{index:05d}",
                tranche=str(1 + index % 3),
                bodies=_returning(draw, options, bodies, body, index),
                source=source,
                source_type=special or source_type,
                kind={12: "loan", 13: "equity"}.get(case, draw.choice(["cash", "cash", "in_kind"])),
                amount=amount,
                signed_on=signed,
                stages=stages,
                evidence={14: "self_report", 15: "signed_agreement", 16: "none"}.get(
                    case, draw.choice(["defrayal_evidence", "valuation"])
                ),
                status="withdrawn" if case == 17 else "active",
            )
        )
    return tranches


def _decisions(collaborations: list[Collaboration], posts: list[Post], tranches: list[Tranche]) -> list[Decision]:
    """A few decisions of the programme office: claims rejected that looked right, claims verified that did not."""
    decided = date(2025, 4, 30)
    decisions: list[Decision] = []

    def decide(indicator: str, body: str, ref: str, decision: str, grade: str | None = None) -> None:
        decisions.append(Decision(indicator, body, ref, decision, grade, decided))

    weak_posts = [post for post in posts if post.evidence in ("self_report", "none") and post.status == "active"]
    for post in weak_posts[:1]:
        decide("jobs_created", post.bodies[0], post.ref, "verified", "B")
    for post in [post for post in posts if post.evidence == "payroll_extract"][4:5]:
        decide("jobs_created", post.bodies[0], post.ref, "rejected")
    realised = [tranche for tranche in tranches if "realised" in tranche.stages]
    for tranche in [t for t in realised if t.evidence == "signed_agreement"][:1]:
        decide("resource_levered", tranche.bodies[0], f"{tranche.agreement_ref}:{tranche.tranche}", "verified")
    for tranche in [t for t in realised if t.evidence == "defrayal_evidence"][2:3]:
        decide("resource_levered", tranche.bodies[0], f"{tranche.agreement_ref}:{tranche.tranche}", "rejected")
    for made in [c for c in collaborations if c.evidence == "signed_agreement"][2:3]:
        decide("new_collaborations", made.bodies[0], made.refs[0], "rejected")
    return decisions
