"""Pairs of organisations that wait for people: what is known of each side, and decisions read back and recorded.

Names stand in what is shown here, also those of persons who trade under their own. So it is for evaluators, within the
home; nothing of it goes into a mart or a release.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from common.home import registry_file, warehouse_file
from identity.decisions import (
    ContradictoryDecisions,
    Decision,
    Record,
    Verdict,
    latest,
    read_decisions,
    record,
)
from ingestion.files.values import BadValue, Column
from ingestion.persons.contact_details import contact_details
from orchestration.errors import UserError
from orchestration.night import only_writer
from orchestration.settings import load_settings

# What a side of a pair is compared by: heading and column of the organisation record.
COMPARED = {
    "Name": "name",
    "Also called": "other_name",
    "Company number": "company_number",
    "Charity number": "charity_number",
    "Postcode": "postcode",
    "Domain": "domain",
    "Type": "organisation_type",
}
# What a row names, and what it decides.
NAMED = {
    "System A": Column("left_system", "System A", required=True),
    "Record A": Column("left_record", "Record A", required=True),
    "System B": Column("right_system", "System B", required=True),
    "Record B": Column("right_record", "Record B", required=True),
}
DECIDED = {
    "Decision": Column("verdict", "Decision", "choice", allowed={verdict.value: verdict.value for verdict in Verdict}),
    "Reason": Column("reason", "Reason", "open_text", required=True),
    "Role": Column("role", "Role", "open_text", required=True),
    "Date": Column("decided_on", "Date", "date", required=True),
}
HEADINGS = (*NAMED, *DECIDED)


@dataclass(frozen=True)
class Side:
    """One organisation of a pair, by the record that ties it to the other."""

    record: Record
    organisation_key: str
    said: Mapping[str, str]
    names: str
    record_count: int


@dataclass(frozen=True)
class Pair:
    """Two organisations that wait. `evidence`: each comparison in words; `looked_at`: who was unsure, and when."""

    left: Side
    right: Side
    method: str
    probability: float | None
    evidence: str
    counted_facts: int
    looked_at: str

    @property
    def records(self) -> tuple[Record, Record]:
        """The records of both sides, in their order."""
        return min(self.left.record, self.right.record), max(self.left.record, self.right.record)

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.left.organisation_key}|{self.right.organisation_key}"


@dataclass
class Outcome:
    """What came of a file of decisions: those that are new, how many were known, what is wrong with which row."""

    recorded: list[Decision] = field(default_factory=list)
    known: int = 0
    undecided: int = 0
    errors: dict[int, list[str]] = field(default_factory=dict)


def waiting(home: Path) -> list[Pair]:
    """The pairs that wait since the last night that counted, those first on which most counted facts hang.

    What was decided since then waits no more. Raises UserError when no night has counted in the home.
    """
    warehouse = warehouse_file(home)
    if not warehouse.exists():
        raise UserError(f"no night has counted in {home} yet; run `wmip run` first")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'organisation_review'").fetchall():
            raise UserError(f"what stands in {warehouse} was counted by an earlier version; run `wmip run` first")
        relation = connection.sql(_PAIRS)
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    decided = {each.pair for each in latest(read_decisions(home)) if each.verdict is not Verdict.UNSURE}
    return [pair for pair in map(_pair, rows) if pair.records not in decided]


def decide(home: Path, rows: Iterable[tuple[int, Mapping[str, Any]]], clock: datetime) -> Outcome:
    """Record what rows decide, numbered as in their file; a row that is wrong is told of and the others stand.

    A row has the headings of HEADINGS; without a decision it is none. Rows that contradict each other, or what was
    decided before, are all refused. For the holder of the writer lock.
    """
    outcome, read = Outcome(), dict[int, Decision]()
    known = _known_records(home)
    for number, row in rows:
        decision, errors = _read(row, known, clock.date())
        if errors:
            outcome.errors[number] = errors
        elif decision is None:
            outcome.undecided += 1
        else:
            read[number] = decision
    _refuse_said_twice(read, outcome)
    while True:
        try:
            outcome.recorded = record(home, list(read.values()), clock)
        except ContradictoryDecisions as contradictory:
            _refuse_contradictory(read, contradictory, outcome)
        else:
            outcome.known = len(read) - len(outcome.recorded)
            return outcome


def decide_pair(home: Path, said: Mapping[str, str]) -> list[str]:
    """Record what a form says of a pair that waits (`pair`, `decision`, `reason`, `role`); what is wrong with it.

    Raises UserError when the pair waits no more, or somebody else writes.
    """
    pair = next((each for each in waiting(home) if each.key == said["pair"]), None)
    if pair is None:
        raise UserError("this pair waits no more: somebody decided, or a night counted anew")
    if not said["decision"]:
        return ["Decision: choose same, different or unsure"]
    clock = load_settings().now()
    named = (*pair.left.record, *pair.right.record)
    row = dict(zip(HEADINGS, (*named, said["decision"], said["reason"], said["role"], clock.date()), strict=True))
    with only_writer(home):
        return [wrong for wrongs in decide(home, [(1, row)], clock).errors.values() for wrong in wrongs]


def _read(row: Mapping[str, Any], known: frozenset[Record], today: date) -> tuple[Decision | None, list[str]]:
    """The decision of a row, None where it has none; and what is wrong with it."""
    said: dict[str, str | None] = {}
    errors: list[str] = []

    def take(columns: Mapping[str, Column]) -> None:
        for heading, column in columns.items():
            try:
                said[column.name] = value = column.read(row[heading])
            except BadValue as wrong:
                errors.append(str(wrong))
            else:
                if value and column.kind == "open_text":
                    errors.extend(
                        f"{heading} holds {found.what}; it is kept for good, so name no person"
                        for found in contact_details(value)[:1]
                    )

    take({"Decision": DECIDED["Decision"]})
    if not errors and said["verdict"] is None:
        return None, []
    take(NAMED | {heading: column for heading, column in DECIDED.items() if heading != "Decision"})
    if errors:
        return None, errors
    one, other = (Record(str(said[f"{side}_system"]), str(said[f"{side}_record"])) for side in ("left", "right"))
    errors += [f"{each} is no record of this home; see bridge_organisation_record" for each in (one, other)
               if each not in known]  # fmt: skip
    if one == other:
        errors.append("both sides are the same record")
    decided_on = date.fromisoformat(str(said["decided_on"]))
    if decided_on > today:
        errors.append(f"Date: {decided_on} is after today, {today}")
    decision = Decision(one, other, Verdict(str(said["verdict"])), str(said["reason"]), str(said["role"]), decided_on)
    return (None, errors) if errors else (decision, [])


def _refuse_said_twice(read: dict[int, Decision], outcome: Outcome) -> None:
    """Of rows of one pair that differ none is taken: only who wrote them knows which is meant."""
    by_pair: dict[tuple[Record, Record], list[int]] = {}
    for number, decision in read.items():
        by_pair.setdefault(decision.pair, []).append(number)
    for numbers in by_pair.values():
        if len({read[number].verdict for number in numbers}) > 1:
            for number in numbers:
                others = ", ".join(str(each) for each in numbers if each != number)
                outcome.errors[number] = [f"row {others} decides otherwise of the same two records"]
                del read[number]


def _refuse_contradictory(read: dict[int, Decision], found: ContradictoryDecisions, outcome: Outcome) -> None:
    for contradiction in found.found:
        pairs = {decision.pair for decision in (contradiction.different, *contradiction.chain)}
        rows = {decision.pair: number for number, decision in read.items()}
        said = contradiction.said({pair: f"row {number}" for pair, number in rows.items()})
        for number in [number for number, decision in read.items() if decision.pair in pairs]:
            outcome.errors.setdefault(number, []).append(f"contradicts what else is decided: {said}")
            del read[number]


def _known_records(home: Path) -> frozenset[Record]:
    path = registry_file(home)
    if not path.exists():
        raise UserError(f"no night has counted in {home} yet; run `wmip run` first")
    table = pq.read_table(path, columns=["source_system", "source_record_id"])
    return frozenset(map(Record, table["source_system"].to_pylist(), table["source_record_id"].to_pylist()))


def evidence_in_words(evidence: str | None) -> str:
    """What matching says of a pair, one line a comparison: `name: equal (+7.2)`, then what forbids."""
    said = json.loads(evidence or "{}")
    lines = [f"{each['name']}: {each['level']} ({each['weight']:+.1f})" for each in said.get("comparisons", ())]
    return "\n".join([*lines, *(f"against: {veto}" for veto in said.get("vetoes", ()))])


def _pair(row: Mapping[str, Any]) -> Pair:
    looked_at = f"{row['looked_at_by_role']}, {row['looked_at_on']}" if row["looked_at_on"] else ""
    return Pair(
        _side(row, "left"),
        _side(row, "right"),
        row["match_method"],
        row["match_probability"],
        evidence_in_words(row["evidence"]),
        row["counted_facts"],
        looked_at,
    )


def _side(row: Mapping[str, Any], side: str) -> Side:
    return Side(
        Record(row[f"{side}_source_system"], row[f"{side}_source_record_id"]),
        row[f"{side}_organisation_key"],
        {column: row[f"{side}_{column}"] or "" for column in COMPARED.values()},
        row[f"{side}_names"] or "",
        row[f"{side}_record_count"],
    )


def _sides_of(side: str) -> str:
    said = ", ".join(f"{side}_record.{column} AS {side}_{column}" for column in COMPARED.values())
    return f"{said}, {side}_all.names AS {side}_names, {side}_all.record_count AS {side}_record_count"


def _joins_of(side: str) -> str:
    return (
        f"LEFT JOIN intermediate.int_organisation__record AS {side}_record "
        f"ON review.{side}_source_system = {side}_record.source_system "
        f"AND review.{side}_source_record_id = {side}_record.source_record_id "
        f"LEFT JOIN organisations AS {side}_all ON review.{side}_organisation_key = {side}_all.organisation_key"
    )


_PAIRS = f"""
WITH organisations AS (
    SELECT bridge.organisation_key, count(*) AS record_count,
        array_to_string(list_sort(list_distinct(list(record.name)))[:6], '; ') AS names
    FROM mart.bridge_organisation_record AS bridge
    INNER JOIN intermediate.int_organisation__record AS record USING (source_system, source_record_id)
    GROUP BY bridge.organisation_key
)
SELECT review.*, {_sides_of("left")}, {_sides_of("right")}
FROM mart.organisation_review AS review
{_joins_of("left")}
{_joins_of("right")}
ORDER BY counted_facts DESC, match_probability DESC, left_organisation_key, right_organisation_key
"""
