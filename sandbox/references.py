"""What bodies call things: one reference for two of them at once, one after another, or in two bodies.

Each kind draws apart from everything else. What the programme office decided on keeps its reference.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import combinations
from typing import TypeVar

from sandbox.calendar import PERIODS, period_of
from sandbox.options import Options
from sandbox.people import bare_name
from sandbox.world import Collaboration, Decision, Event, Intervention, Organisation, Post, Referenced, Session

T = TypeVar("T", bound=Referenced)


def returned_in(day: date) -> str:
    """The quarter whose return tells of a day: what lies before the programme is told of in its first."""
    return max(period_of(day), PERIODS[0])


def reuse_references(
    options: Options,
    sessions: Sequence[Session],
    posts: Sequence[Post],
    events: Sequence[Event],
    decisions: Iterable[Decision],
) -> None:
    """One body's reference for two posts, businesses, sessions or events."""
    dirt = options.dirt
    decided = {(decision.body, decision.source_ref) for decision in decisions}
    free = [post for post in posts if len(post.bodies) == 1 and (post.bodies[0], post.ref) not in decided]
    for one, other in _pairs(options, "reference_shared", free, dirt.reference_shared, _are_other_posts):
        _call_alike(one, other, *((returned_in(post.started_on), post.employer.organisation) for post in (one, other)))
    listed = [session for session in sessions if session.record.system == "returns"]
    _reuse_businesses(options, [s for s in listed if (s.body, s.record.ref) not in decided])
    for one_session, other_session in _pairs(
        options,
        "session_reused",
        listed,
        dirt.reference_reused,
        lambda a, b: a.body == b.body and returned_in(a.held_on) != returned_in(b.held_on),
    ):
        other_session.written = one_session.ref
    for one_event, other_event in _pairs(
        options,
        "event_reused",
        [event for event in events if event.also is None],
        dirt.reference_reused,
        lambda a, b: a.body is b.body and period_of(a.held_on) != period_of(b.held_on),
    ):
        other_event.written = one_event.ref


def _reuse_businesses(options: Options, sessions: Sequence[Session]) -> None:
    quarters: dict[str, set[str]] = {}
    records = {session.record.ref: session.record for session in sessions}
    for session in sessions:
        quarters.setdefault(session.record.ref, set()).add(returned_in(session.held_on))
    for one, other in _pairs(
        options,
        "reference_reused",
        list(records.values()),
        options.dirt.reference_reused,
        lambda a, b: (
            a.body == b.body
            and _are_unlike(a.organisation, b.organisation)
            # One workbook cannot name two firms by one reference: it would be refused.
            and not quarters[a.ref] & quarters[b.ref]
        ),
    ):
        _call_alike(one, other, *((min(quarters[record.ref]), record.organisation) for record in (one, other)))


def share_local_references(
    options: Options, interventions: Sequence[Intervention], collaborations: Sequence[Collaboration]
) -> None:
    """P-001 and MOU-1 in two bodies, for pilots and agreements that have nothing to do with each other."""
    rate = options.dirt.reference_local
    origins = {item.origin for item in interventions}
    pilots = [
        item for item in interventions if item.kind != "scaled" and item.ref not in origins and len(item.bodies) == 1
    ]
    pairs = _pairs(options, "pilots_alike", pilots, rate, lambda a, b: a.bodies != b.bodies)
    for number, pair in enumerate(pairs, start=1):
        for item in pair:
            item.written = f"P-{number:03d}"
    draw = random.Random(f"{options.seed}:agreements_alike")
    apart = [
        (one, other)
        for one, other in combinations(collaborations, 2)
        if not set(one.bodies) & set(other.bodies) and {m.id for m in one.members} != {m.id for m in other.members}
    ]
    wanted = max(1, round(len(collaborations) * rate)) if rate else 0
    used: set[int] = set()
    for one, other in draw.sample(apart, len(apart)):
        if len(used) < 2 * wanted and not {id(one), id(other)} & used:
            one.agreement_ref = other.agreement_ref = f"MOU-{1 + len(used) // 2}"
            used |= {id(one), id(other)}


def _pairs(
    options: Options, kind: str, things: Sequence[T], rate: float, fit: Callable[[T, T], bool]
) -> list[tuple[T, T]]:
    """Two by two, each thing once: at the rate, one pair at least if there is any rate and any that fit."""
    draw = random.Random(f"{options.seed}:{kind}")
    wanted = max(1, round(len(things) * rate)) if rate else 0
    shuffled = draw.sample(things, len(things))
    used: set[str] = set()
    pairs: list[tuple[T, T]] = []
    for one in shuffled:
        if len(pairs) == wanted:
            break
        if one.ref in used:
            continue
        other = next((o for o in shuffled if o is not one and o.ref not in used and fit(one, o)), None)
        if other is not None:
            used |= {one.ref, other.ref}
            pairs.append((one, other))
    return pairs


def _are_other_posts(one: Post, other: Post) -> bool:
    return one.bodies == other.bodies and _are_unlike(one.employer.organisation, other.employer.organisation)


def _are_unlike(one: Organisation, other: Organisation) -> bool:
    """Whether nobody could take one for the other by a word of its names."""
    return not _words(one) & _words(other)


def _words(organisation: Organisation) -> set[str]:
    return {*bare_name(organisation.name).split(), *bare_name(organisation.trading_name).split()} - {
        "and",
        "for",
        "the",
    }


def _call_alike(one: T, other: T, *named: tuple[str, Organisation]) -> None:
    """Both under the reference of the one; the later one, of one quarter that later by name, adds its quarter."""
    (when, organisation), (other_when, other_organisation) = named
    other.written = one.ref
    is_later = (when, bare_name(organisation.name)) > (other_when, bare_name(other_organisation.name))
    later, quarter = (one, when) if is_later else (other, other_when)
    later.told_apart = f"{one.ref}~{quarter}"
