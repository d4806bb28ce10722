"""What people decided of two records: the same organisation, different ones, or not to be said.

An append-only register (`registry/organisation_decision`). The last word on a pair holds, over every model and rule,
now and after any training. Decisions that cannot all be true are refused when they are made; where a home holds such
all the same (registers that were put together by hand), all `same` and `different` of that group are set aside, so that
the pairs wait for people again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from common import registers

if TYPE_CHECKING:
    import pyarrow as pa

REGISTER = "organisation_decision"
COLUMNS: registers.Columns = {
    # Counts the decisions of a home, 1 being the first: of two on one pair the greater number holds.
    "decision_number": "integer",
    "left_source_system": "text",
    "left_source_record_id": "text",
    "right_source_system": "text",
    "right_source_record_id": "text",
    "decision": "text",
    "reason": "text",
    "decided_by_role": "text",
    "decided_on": "date",
    "recorded_at": registers.INSTANT,
}


class Verdict(StrEnum):
    """What can be decided of two records."""

    SAME = "same"
    DIFFERENT = "different"
    # Looked at, and not to be told from what there is: the pair goes on waiting, and says that it was looked at.
    UNSURE = "unsure"


class Record(NamedTuple):
    """A source record that names an organisation, as `bridge_organisation_record` has it."""

    source_system: str
    source_record_id: str

    def __str__(self) -> str:
        return f"{self.source_system} {self.source_record_id}"


@dataclass(frozen=True)
class Decision:
    """One decision about two records; their order means nothing. A role decides, never a person."""

    left: Record
    right: Record
    verdict: Verdict
    reason: str
    role: str
    decided_on: date
    # Given when it is recorded.
    number: int | None = None

    @property
    def pair(self) -> tuple[Record, Record]:
        """The records in their order."""
        return min(self.left, self.right), max(self.left, self.right)

    def says_the_same_as(self, other: Decision) -> bool:
        """Whether both are one decision, told twice."""
        return self.pair == other.pair and (self.verdict, self.reason, self.role, self.decided_on) == (
            other.verdict,
            other.reason,
            other.role,
            other.decided_on,
        )

    def __str__(self) -> str:
        sign = {Verdict.SAME: "=", Verdict.DIFFERENT: "≠", Verdict.UNSURE: "?"}[self.verdict]
        return f"{self.left} {sign} {self.right}"


@dataclass(frozen=True)
class Contradiction:
    """Two records that are decided to be different, and the decisions by which they are the same."""

    different: Decision
    chain: tuple[Decision, ...]

    def said(self, sources: Mapping[tuple[Record, Record], str] | None = None) -> str:
        """The contradiction in words; a decision is named by what `sources` has for its pair, else by its number."""
        different, *chain = (
            f"{each} ({(sources or {}).get(each.pair, f'decision {each.number}')})"
            for each in (self.different, *self.chain)
        )
        return f"{different}, but {', '.join(chain)}"

    def __str__(self) -> str:
        return self.said()


class ContradictoryDecisions(Exception):
    """Decisions that cannot all be true."""

    def __init__(self, found: Sequence[Contradiction]) -> None:
        super().__init__("; ".join(map(str, found)))
        self.found = found


def read_decisions(home: Path) -> list[Decision]:
    """Every decision ever made, in the order they were recorded."""
    rows = registers.read(home, REGISTER, COLUMNS).to_pylist()
    return sorted((_decision(row) for row in rows), key=lambda decision: decision.number or 0)


def latest(decisions: Iterable[Decision]) -> list[Decision]:
    """The last word on every pair, of decisions in the order they were made."""
    return list({decision.pair: decision for decision in decisions}.values())


def contradictions(decisions: Iterable[Decision]) -> list[Contradiction]:
    """What cannot all be true of the last words: two records that are different, and the same by way of others."""
    import networkx as nx

    words = latest(decisions)
    different = [decision for decision in words if decision.verdict is Verdict.DIFFERENT]
    if not different:
        return []
    graph: nx.Graph[Record] = nx.Graph()
    graph.add_edges_from((*decision.pair, {"by": decision}) for decision in words if decision.verdict is Verdict.SAME)
    found = []
    for decision in different:
        one, other = decision.pair
        if one in graph and other in graph and nx.has_path(graph, one, other):
            path = nx.shortest_path(graph, one, other)
            steps = pairwise(path)
            found.append(Contradiction(decision, tuple(graph.edges[step]["by"] for step in steps)))
    return found


def in_force(decisions: Sequence[Decision]) -> list[Decision]:
    """The last words that matching obeys: `same` joins, `different` forbids, `unsure` only says that somebody looked.

    Of records that contradictory decisions hang together none is joined or kept apart by decision.
    """
    import networkx as nx

    words = latest(decisions)
    found = contradictions(words)
    if not found:
        return words
    graph: nx.Graph[Record] = nx.Graph()
    graph.add_edges_from(decision.pair for decision in words if decision.verdict is Verdict.SAME)
    torn = {
        record for contradiction in found for record in nx.node_connected_component(graph, contradiction.different.left)
    }
    return [decision for decision in words if decision.verdict is Verdict.UNSURE or torn.isdisjoint(decision.pair)]


def as_table(decisions: Iterable[Decision]) -> pa.Table:
    """Decisions as matching takes them (`identity.links.DECISION_SCHEMA`), with the number of each. Grain: pair."""
    import pyarrow as pa

    columns = [column for column in COLUMNS if column not in {"reason", "decided_by_role", "decided_on", "recorded_at"}]
    schema = registers.schema({column: COLUMNS[column] for column in columns})
    return pa.Table.from_pylist([_row(decision, None) for decision in decisions], schema)


def record(home: Path, made: Sequence[Decision], at: datetime) -> list[Decision]:
    """Write decisions down; those that were new, numbered. What the last word says already is not written again.

    Only the holder of the writer lock records. Raises ContradictoryDecisions, and then nothing is written.
    """
    before = read_decisions(home)
    words = {decision.pair: decision for decision in latest(before)}
    new: list[Decision] = []
    number = max((decision.number or 0 for decision in before), default=0)
    for decision in made:
        last = words.get(decision.pair)
        if last is not None and decision.says_the_same_as(last):
            continue
        number += 1
        numbered = Decision(
            *decision.pair, decision.verdict, decision.reason, decision.role, decision.decided_on, number
        )
        words[decision.pair] = numbered
        new.append(numbered)
    touched = {record for decision in new for record in decision.pair}
    found = [
        contradiction
        for contradiction in contradictions(words.values())
        if any(not touched.isdisjoint(decision.pair) for decision in (contradiction.different, *contradiction.chain))
    ]
    if found:
        raise ContradictoryDecisions(found)
    registers.append(home, REGISTER, COLUMNS, [_row(decision, at) for decision in new], at)
    return new


def _row(decision: Decision, at: datetime | None) -> dict[str, Any]:
    left, right = decision.pair
    return {
        "decision_number": decision.number,
        "left_source_system": left.source_system,
        "left_source_record_id": left.source_record_id,
        "right_source_system": right.source_system,
        "right_source_record_id": right.source_record_id,
        "decision": decision.verdict.value,
        "reason": decision.reason,
        "decided_by_role": decision.role,
        "decided_on": decision.decided_on,
        "recorded_at": at.replace(tzinfo=None, microsecond=0) if at else None,
    }


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(
        Record(row["left_source_system"], row["left_source_record_id"]),
        Record(row["right_source_system"], row["right_source_record_id"]),
        Verdict(row["decision"]),
        row["reason"],
        row["decided_by_role"],
        row["decided_on"],
        row["decision_number"],
    )
