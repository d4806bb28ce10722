"""How much of each kind of dirt a programme has: what `sandbox_truth.json` says beside its figures.

How organisations are written down (`SPELT`) is drawn while files and answers are written, and not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sandbox import vocabulary as words
from sandbox.calendar import FIRST_DAY, period_of
from sandbox.counting import EIGHTY_MINUTES, LABELS_OF_MONEY, supported_since
from sandbox.workbooks import RESPELT, Workbook
from sandbox.world import Referenced, Ticket, World

SPELT = ("name_variant", "trading_name", "number_missing", "number_mistyped", "number_unpadded")
WEAK = ("self_report", "none", "adviser_note", "headcount_only")
MONEY_OF = {"business": "private", "public_body": "public", "university": "university", "third_sector": "third_sector"}


def planted(world: World, books: Sequence[Workbook]) -> dict[str, int]:
    """Things of each kind, by the name of its option."""
    return {
        **_of_events(world),
        **_of_support(world),
        **_of_returns(world),
        **_of_references(world, books),
        **_of_workbooks(books),
        "rating_without_effect": len(world.ratings),
    }


def _of_events(world: World) -> dict[str, int]:
    events = world.events
    tickets = [ticket for event in events for ticket in event.tickets]
    own = [ticket for ticket in tickets if not ticket.is_guest]
    return {
        "personal_email": sum(person.email.split("@")[1] in words.PERSONAL_MAIL for person in world.people),
        "registered_twice": sum(count > 1 for event in events for count in _holders(event.tickets).values()),
        "guests_booked": len(tickets) - len(own),
        "scanned_twice": sum(ticket.scans > 1 for ticket in own),
        "no_show": sum(not ticket.is_checked_in for ticket in own),
        "cancelled": sum(ticket.is_cancelled for ticket in own),
        "walk_in": sum(bool(event.platform_id and event.walk_ins) for event in events),
        "edited_later": sum(ticket.is_edited_later for ticket in own),
        "aligned_event": sum(event.attribution != "wmip_funded" for event in events),
        "staff_like_class": sum(ticket.ticket_class != "General admission" for ticket in own),
        "refunded_after": sum(ticket.is_refunded_after for ticket in own),
        "sheet_beside": sum(bool(event.platform_id and event.signed_in) for event in events),
        "event_returned_twice": sum(event.also is not None for event in events),
        "series_parent": sum(event.series_id is not None for event in events),
    }


def _holders(tickets: Sequence[Ticket]) -> Counter[int | str]:
    return Counter(ticket.holder for ticket in tickets)


def _of_support(world: World) -> dict[str, int]:
    merged = {record.ref for record in world.records if record.merged_into}
    grants = [grant for grant in world.grants if grant.organisation]
    return {
        "crm_archived": sum(record.is_archived for record in world.records)
        + sum(session.is_archived for session in world.sessions),
        "crm_merged": len(merged),
        "merge_chain": sum(record.merged_into in merged for record in world.records),
        "uneven_length": sum(session.hours == EIGHTY_MINUTES for session in world.sessions),
        "entered_in_both": sum(session.ref.startswith("S8") for session in world.sessions),
        "on_two_records": sum(session.also is not None for session in world.sessions),
        "outside_programme": sum(session.held_on < FIRST_DAY for session in world.sessions),
        "support_decided": sum(decision.indicator == "businesses_assisted" for decision in world.decisions),
        "generic_advice": sum(session.is_generic for session in world.sessions),
        "out_of_area": sum(organisation.local_authority is None for organisation in world.organisations),
        "grant_elsewhere": sum(grant.postcode is not None for grant in grants),
        "grant_in_other_system": sum(grant.system == "mapped_grants" for grant in grants),
        "award_in_both": sum(grant.is_mapped_too for grant in grants),
        "award_instant": sum(grant.is_instant for grant in grants),
    }


def _of_returns(world: World) -> dict[str, int]:
    twice: list[Any] = [*world.interventions, *world.collaborations, *world.posts, *world.tranches]
    weak: list[Any] = [*twice, *world.sessions, *world.events]
    since = supported_since(world.sessions, world.grants, world.decisions)
    return {
        "returned_twice": sum(len(thing.bodies) > 1 for thing in twice),
        "unverifiable": sum(thing.evidence in WEAK for thing in weak),
        "unsupported_post": sum(
            not post.employer.organisation.is_business
            or since.get(post.employer.organisation.id, post.started_on) > post.started_on
            for post in world.posts
        ),
        "leverage_mislabelled": sum(
            tranche.source_type in LABELS_OF_MONEY and tranche.source_type != MONEY_OF[tranche.source.kind]
            for tranche in world.tranches
        ),
        "funder_number_missing": sum(bool(tranche.without_number) for tranche in world.tranches),
    }


def _of_references(world: World, books: Sequence[Workbook]) -> dict[str, int]:
    reused: list[Referenced] = [*world.records, *world.sessions, *world.events]
    local = sum((item.agreement_ref or "").startswith("MOU-") for item in world.collaborations)
    return {
        "reference_shared": sum(post.written is not None for post in world.posts),
        "reference_reused": sum(thing.written is not None for thing in reused),
        "reference_local": sum(item.written is not None for item in world.interventions) + local,
        "reference_variant": sum(
            row[heading] != row[heading].strip().upper()
            for book in books
            for table, heading in RESPELT
            for row in book.tables[table]
        ),
    }


def _of_workbooks(books: Sequence[Workbook]) -> dict[str, int]:
    sent = [book for book in books if not book.repeats_number]
    return {
        "longer_forecast": sum(len(book.tables["FORECAST"]) > 1 for book in sent),
        "late_return": sum(book.is_late for book in sent),
        "resubmitted": sum(book.submission > 1 for book in sent),
        "number_given_twice": len(books) - len(sent),
        "invalid_row": sum(len(book.bad) for book in sent),
        "row_repeated": sum(
            count - 1
            for book in sent
            for rows in book.tables.values()
            for count in Counter(str(row) for row in rows).values()
        ),
        "members_left_out": sum(
            period_of(row["Agreed on"]) != book.period
            for book in sent
            for place, row in enumerate(book.tables["COLLABORATIONS"])
            if ("COLLABORATIONS", place) not in book.bad
        ),
    }
