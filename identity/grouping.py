"""Groups of profiles that no veto runs through, and that one weak link does not join.

Where nothing contradicts, a group is what accepted links connect. Where something does (two registered companies, two
charities, a decision, a weak link between strong groups, a bare name that two groups bear), that group alone is made
again link by link, strongest first, and what would contradict is cut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from identity.links import State, arrays, connected

# Ranks of links, in the order in which groups are made. Doubtful is a shared number of two names with nothing else in
# common: it joins what the other links made of each side, unless that speaks against it.
DECIDED, IDENTIFIED, STRONG, WEAK, DOUBTFUL = range(5)
# Bits of a link that needs no score.
GIVEN_WEIGHT = 100.0
_CUT = pa.schema([("left_id", pa.int64()), ("right_id", pa.int64()), ("state", pa.string()), ("veto", pa.string())])


class Edge(NamedTuple):
    """An accepted link. Groups are made by rank and weight, then by bare names, then by doubtful numbers."""

    is_bare: bool
    rank: int
    lightness: float
    left: int
    right: int


@dataclass
class _Group:
    members: list[int]
    companies: set[str]
    charities: set[str]
    # What it can be told from another by, its values of each kind: `company`, `charity`, `place`, `domain`.
    known_by: dict[str, set[str]] = field(default_factory=dict)
    # Its domains that at most two groups share.
    own_domains: set[str] = field(default_factory=set)
    apart: set[int] = field(default_factory=set)

    @property
    def is_strong(self) -> bool:
        return len(self.members) > 1 or bool(self.companies or self.charities)


def _are_of_two(one: _Group, other: _Group) -> bool:
    """Whether two groups by other names that share a number have another place, or another domain where a place is not
    stated: then the number stands in a wrong row.
    """
    places, other_places = ({place[:-2] for place in each.known_by.get("place", ())} for each in (one, other))
    if places & other_places:
        return False
    if one.own_domains & other.own_domains:
        return False
    return bool((places and other_places) or (one.own_domains and other.own_domains))


def _register(number: str) -> str:
    return number.rstrip("0123456789")


def _veto(one: _Group, other: _Group) -> str | None:
    """What forbids that two groups are one."""
    if one.apart & set(other.members) or other.apart & set(one.members):
        return "decision"
    if one.companies and other.companies:
        return None if one.companies & other.companies else "company_number"
    registers = {_register(number) for number in one.charities} & {_register(number) for number in other.charities}
    if registers and not one.charities & other.charities:
        return "charity_number"
    return None


def regroup(groups: dict[int, _Group], edges: Iterable[Edge]) -> dict[tuple[int, int], tuple[State, str]]:
    """Join `groups` (by profile) along edges; what of the edges had to be cut, and why. `groups` is changed."""
    cut: dict[tuple[int, int], tuple[State, str]] = {}
    ordered = sorted(edges)
    neighbours = defaultdict(set)
    for edge in ordered:
        neighbours[edge.left].add(edge.right)
        neighbours[edge.right].add(edge.left)
    for edge in ordered:
        if not edge.is_bare and edge.rank != DOUBTFUL:
            _join(groups, edge, neighbours, cut)
    bare = [edge for edge in ordered if edge.is_bare]
    several = _of_several(groups, bare)
    for edge, is_of_several in zip(bare, several, strict=True):
        if is_of_several and groups[edge.left] is not groups[edge.right]:
            cut[edge.left, edge.right] = (State.REVIEW, "name of several organisations")
        else:
            _join(groups, edge, neighbours, cut)
    for edge in ordered:
        if edge.rank == DOUBTFUL:
            _join(groups, edge, neighbours, cut)
    return cut


def _of_several(groups: Mapping[int, _Group], bare: Iterable[Edge]) -> list[bool]:
    """Of each link by a bare name, whether two groups bear it that are told apart by a number, a place or a domain.

    A group of which nothing but names is known bears the name of its neighbours. What is known by more speaks for
    itself: that it has a second name that others bear too says nothing of its first.
    """
    ends = [(groups[edge.left], groups[edge.right]) for edge in bare]
    is_named_alone = [not (one.known_by and other.known_by) for one, other in ends]
    known = _bearers([pair for pair, alone in zip(ends, is_named_alone, strict=True) if not alone], through_known=True)
    named = _bearers([pair for pair, alone in zip(ends, is_named_alone, strict=True) if alone], through_known=False)
    told_apart: dict[int, bool] = {}
    said = []
    for (one, other), alone in zip(ends, is_named_alone, strict=True):
        bearers = named[id(other if one.known_by else one)] if alone else known[id(one)]
        said.append(told_apart.setdefault(id(bearers), _are_told_apart(bearers)))
    return said


def _bearers(ends: Iterable[tuple[_Group, _Group]], *, through_known: bool) -> dict[int, list[_Group]]:
    """Of each group (by `id`) those that bear one name with it; a group that is known passes it on only if so asked."""
    borne: dict[int, list[_Group]] = {}
    waiting = []
    for pair in ends:
        if not through_known and (pair[0].known_by or pair[1].known_by):
            waiting.append(pair)
            continue
        one, other = (borne.setdefault(id(end), [end]) for end in pair)
        if one is not other:
            one += other
            borne.update((id(group), one) for group in other)
    for one_end, other_end in waiting:
        named, bearer = (other_end, one_end) if one_end.known_by else (one_end, other_end)
        bearers = borne.setdefault(id(named), [named])
        if not any(bearer is each for each in bearers):
            bearers.append(bearer)
    return borne


def _are_told_apart(bearers: Iterable[_Group]) -> bool:
    """Whether two of them are known by something of one kind, and have nothing of it in common."""
    by_kind: dict[str, list[set[str]]] = defaultdict(list)
    for group in bearers:
        for kind, values in group.known_by.items():
            by_kind[kind].append(values)
    return any(not set.intersection(*sets) for sets in by_kind.values())


def _join(
    groups: dict[int, _Group],
    edge: Edge,
    neighbours: Mapping[int, set[int]],
    cut: dict[tuple[int, int], tuple[State, str]],
) -> None:
    one, other = groups[edge.left], groups[edge.right]
    if one is other:
        return
    veto = _veto(one, other) if edge.rank > DECIDED else None
    if veto is not None:
        # Another number than the one they share: people see which is wrong.
        is_asked = veto == "charity_number" or (veto == "company_number" and edge.rank in {IDENTIFIED, DOUBTFUL})
        cut[edge.left, edge.right] = (State.REVIEW if is_asked else State.VETOED, veto)
    elif edge.rank == DOUBTFUL and _are_of_two(one, other):
        cut[edge.left, edge.right] = (State.REVIEW, "other name and other place")
    elif edge.rank == WEAK and one.is_strong and other.is_strong and _links(one, other, neighbours) == 1:
        cut[edge.left, edge.right] = (State.WEAK, "one weak link between groups")
    else:
        one.members += other.members
        one.companies |= other.companies
        one.charities |= other.charities
        for kind, values in other.known_by.items():
            one.known_by.setdefault(kind, set()).update(values)
        one.own_domains |= other.own_domains
        one.apart |= other.apart
        for member in other.members:
            groups[member] = one


def _links(one: _Group, other: _Group, neighbours: Mapping[int, set[int]]) -> int:
    few, many = sorted((one.members, other.members), key=len)
    return sum(len(neighbours[member] & set(many)) for member in few)


def group(connection: duckdb.DuckDBPyConnection) -> None:
    """Cut accepted links of table `judged` that contradict a group; table `grouped`: the component of each profile.

    Needs `profiles`, `registered`, `given` (links that were not scored) and `apart` (profiles that people hold apart).
    """
    accepted = f"SELECT left_id, right_id, rank, is_bare, match_weight FROM judged WHERE state = '{State.ACCEPTED}'"
    edges = arrays(connection, f"{accepted} UNION ALL SELECT left_id, right_id, rank, false, {GIVEN_WEIGHT} FROM given")
    cut = regroup(*_hard_groups(connection, edges))
    rows = [
        {"left_id": left, "right_id": right, "state": state, "veto": veto}
        for (left, right), (state, veto) in cut.items()
    ]
    connection.register("cut", pa.Table.from_pylist(rows, schema=_CUT))
    connection.execute("""
        UPDATE judged SET state = cut.state, vetoes = list_append(vetoes, cut.veto),
            evidence = json_merge_patch(evidence, json_object('vetoes', list_append(vetoes, cut.veto)))
        FROM cut WHERE judged.left_id = cut.left_id AND judged.right_id = cut.right_id
    """)
    joined = arrays(
        connection,
        f"SELECT left_id, right_id FROM judged WHERE state = '{State.ACCEPTED}' "
        "UNION ALL SELECT left_id, right_id FROM given ANTI JOIN cut USING (left_id, right_id)",
    )
    count = _profiles(connection)
    found = connected(count, joined["left_id"], joined["right_id"])
    connection.register("_grouped", {"unique_id": np.arange(count), "component": found})
    connection.execute("CREATE OR REPLACE TEMP TABLE grouped AS FROM _grouped")


def _profiles(connection: duckdb.DuckDBPyConnection) -> int:
    return int(arrays(connection, "SELECT count(*) AS profiles FROM profiles")["profiles"][0])


def _hard_groups(
    connection: duckdb.DuckDBPyConnection, edges: Mapping[str, np.ndarray]
) -> tuple[dict[int, _Group], list[Edge]]:
    """The profiles of groups in which something contradicts, each by itself, and the links between them."""
    count = _profiles(connection)
    left, right = edges["left_id"], edges["right_id"]
    named = ~edges["is_bare"].astype(bool)
    strong, certain = named & (edges["rank"] < WEAK), named & (edges["rank"] < DOUBTFUL)
    connection.register(
        "_components",
        {
            "unique_id": np.arange(count),
            "whole": connected(count, left, right),
            "without_bare": connected(count, left[named], right[named]),
            "without_weak": connected(count, left[strong], right[strong]),
            "without_doubtful": connected(count, left[certain], right[certain]),
        },
    )
    members = connection.execute("""
        WITH placed AS (
            SELECT profiles.unique_id, whole, without_bare, without_doubtful, is_name_alone, charity_number,
                if(count(DISTINCT without_doubtful) OVER (PARTITION BY domain) <= 2, domain, NULL) AS own_domain,
                {company: company_number, charity: charity_number, domain: domain,
                    place: if(registered_number IS NULL, postcode, NULL)} AS known_by,
                if(
                    count(*) OVER (PARTITION BY without_weak) > 1
                    OR coalesce(company_number, charity_number) IS NOT NULL, without_weak, NULL
                ) AS strong_group,
                if(company_number IN (FROM registered), company_number, NULL) AS company_number,
                coalesce(lists.others, []) AS apart
            FROM profiles INNER JOIN _components USING (unique_id)
            LEFT JOIN (
                SELECT left_id AS unique_id, list(right_id) AS others FROM apart GROUP BY left_id
            ) AS lists USING (unique_id)
        ),
        hard AS (
            SELECT whole FROM placed GROUP BY whole
            HAVING count(*) > 1 AND (
                count(DISTINCT company_number) > 1 OR count(DISTINCT charity_number) > 1 OR max(len(apart)) > 0
                OR count(DISTINCT without_bare) FILTER (NOT is_name_alone) > 1
                OR count(DISTINCT strong_group) > 1
                -- Links by a bare name are left out of it too: those have a line of their own.
                OR count(DISTINCT without_doubtful) > count(DISTINCT without_bare)
            )
        )
        SELECT unique_id, company_number, charity_number, known_by, own_domain, apart
        FROM placed WHERE whole IN (FROM hard) ORDER BY unique_id
    """).fetchall()
    groups = {
        profile: _Group(
            [profile],
            {company} - {None},
            {charity} - {None},
            {kind: {value} for kind, value in known_by.items() if value is not None},
            {own_domain} - {None},
            set(apart),
        )
        for profile, company, charity, known_by, own_domain, apart in members
    }
    inside = np.isin(left, np.array(list(groups), dtype=np.int64))
    of_them = (edges[name][inside].tolist() for name in ("left_id", "right_id", "rank", "is_bare", "match_weight"))
    return groups, [
        Edge(bool(is_bare), rank, -weight, one, other)
        for one, other, rank, is_bare, weight in zip(*of_them, strict=True)
    ]
