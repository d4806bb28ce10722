"""Ties between organisations, read from a mart. Classes of ties are kept apart and never added.

`formal`: two members of an agreement that qualified as a collaboration, whether or not it was a new one.
`project`: two organisations whose resource was verified for the same intervention.
`event`: two organisations with somebody at the same event of the programme; an event of k organisations gives each of
its pairs a weight of 1 / (k - 1). Co-attendance is a chance to meet, so it is never part of a headline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

FORMAL = "formal"
PROJECT = "project"
EVENT = "event"
# Formal ties, with the bodies that brokered the agreements as nodes of their own.
BROKERED = "brokered"

# The indicators whose records make the ties of a class: with any of them the class is withheld.
HANGS_ON = {
    FORMAL: ("new_collaborations",),
    BROKERED: ("new_collaborations",),
    PROJECT: ("resource_committed", "resource_levered"),
    EVENT: ("event_attendees",),
}

# Whose membership of the network is not that of an organisation: the key of a cluster body's node.
BODY_PREFIX = "partner:"

_TIES = """
CREATE OR REPLACE TEMP TABLE formal_tie AS
WITH agreement AS (
    SELECT substr(fact_key, length('new_collaborations:') + 1) AS collaboration_key, partner_key, achieved_on
    FROM indicator_fact
    WHERE
        indicator_key = 'new_collaborations'
        AND status = 'verified'
        AND (is_counted OR not_counted_reason = 'no_new_tie')
)

SELECT
    agreement.collaboration_key AS source_key, one.organisation_key AS one_key, other.organisation_key AS other_key,
    agreement.achieved_on AS tied_on, 1.0::DOUBLE AS weight
FROM agreement
INNER JOIN fct_collaboration_member AS one USING (collaboration_key)
INNER JOIN fct_collaboration_member AS other
    ON agreement.collaboration_key = other.collaboration_key AND one.organisation_key < other.organisation_key;

CREATE OR REPLACE TEMP TABLE brokered_tie AS
SELECT source_key, one_key, other_key, tied_on, weight FROM formal_tie
UNION ALL
SELECT
    collaboration.collaboration_key, coalesce(host.organisation_key, 'partner:' || collaboration.partner_key),
    member.organisation_key, fact.achieved_on, 1.0
FROM indicator_fact AS fact
INNER JOIN dim_collaboration AS collaboration
    ON fact.fact_key = 'new_collaborations:' || collaboration.collaboration_key
INNER JOIN fct_collaboration_member AS member USING (collaboration_key)
LEFT JOIN host ON collaboration.partner_key = host.partner_key
WHERE
    fact.status = 'verified'
    AND (fact.is_counted OR fact.not_counted_reason = 'no_new_tie')
    AND collaboration.partner_key IS NOT NULL
    AND member.organisation_key IS DISTINCT FROM host.organisation_key;

CREATE OR REPLACE TEMP TABLE project_tie AS
WITH share AS (
    SELECT intervention_ref, organisation_key, min(stage_reached_on) AS joined_on
    FROM fct_leverage
    WHERE intervention_ref IS NOT NULL AND organisation_key IS NOT NULL AND is_counted AND status = 'verified'
    GROUP BY intervention_ref, organisation_key
)

SELECT
    one.intervention_ref AS source_key, one.organisation_key AS one_key, other.organisation_key AS other_key,
    greatest(one.joined_on, other.joined_on) AS tied_on, 1.0::DOUBLE AS weight
FROM share AS one
INNER JOIN share AS other
    ON one.intervention_ref = other.intervention_ref AND one.organisation_key < other.organisation_key;

CREATE OR REPLACE TEMP TABLE event_presence AS
SELECT DISTINCT attendance.event_key, attendance.organisation_key, event.starts_on AS tied_on
FROM fct_event_attendance AS attendance
INNER JOIN dim_event AS event USING (event_key)
WHERE
    attendance.is_attended AND attendance.organisation_key IS NOT NULL
    AND event.attribution = 'wmip_funded' AND NOT event.is_cancelled AND event.starts_on IS NOT NULL;
"""

# Cluster bodies that are organisations of the register themselves, known by their name.
_HOSTS = """
CREATE OR REPLACE TEMP TABLE host AS
SELECT partner.partner_key, min(organisation.organisation_key) AS organisation_key
FROM dim_partner AS partner
INNER JOIN dim_organisation AS organisation ON lower(trim(partner.name)) = lower(trim(organisation.name))
GROUP BY partner.partner_key
"""

_EVENT_TIES = """
CREATE OR REPLACE TEMP TABLE event_tie AS
WITH present AS (
    SELECT *, count(*) OVER (PARTITION BY event_key) AS organisations
    FROM event_presence
    WHERE tied_on > $starts AND tied_on <= $ends
)

SELECT
    one.event_key AS source_key, one.organisation_key AS one_key, other.organisation_key AS other_key, one.tied_on,
    1.0 / (one.organisations - 1) AS weight
FROM present AS one
INNER JOIN present AS other ON one.event_key = other.event_key AND one.organisation_key < other.organisation_key
"""

_EDGES = """
SELECT
    least(one_key, other_key) AS one_key, greatest(one_key, other_key) AS other_key, sum(weight) AS weight,
    count(*) AS ties, min(tied_on) AS first_tied_on, max(tied_on) AS last_tied_on
FROM {table}
WHERE tied_on > $starts AND tied_on <= $ends
GROUP BY ALL
ORDER BY ALL
"""


_WITHHELD = """
SELECT value.indicator_key, period.starts_on, period.ends_on
FROM indicator_value AS value INNER JOIN dim_period AS period USING (period_key)
WHERE value.scope = 'programme' AND value.basis = 'verified' AND value.value IS NULL
    AND value.quality_status = 'withheld'
"""


@dataclass(frozen=True)
class Window:
    """The time whose ties make the network of a quarter: after `starts` up to and with `ends`."""

    period_key: str
    quarter_starts: date
    starts: date
    ends: date


@dataclass(frozen=True)
class Edge:
    """All ties of a pair in a window. `weight` adds those of its ties."""

    one_key: str
    other_key: str
    weight: float
    ties: int
    first_tied_on: date
    last_tied_on: date


def prepare(mart: duckdb.DuckDBPyConnection) -> None:
    """Read the ties of a mart into temporary tables of its connection."""
    mart.execute(_HOSTS)
    mart.execute(_TIES)


def windows(mart: duckdb.DuckDBPyConnection, months: int, on: date) -> list[Window]:
    """One window for every quarter of the programme that has ended by `on`."""
    rows = mart.execute(
        "SELECT period_key, starts_on, CAST(ends_on - to_months(CAST(? AS INTEGER)) AS DATE), ends_on "
        "FROM dim_period WHERE is_programme_period AND ends_on <= ? ORDER BY period_key",
        [months, on],
    ).fetchall()
    return [Window(*row) for row in rows]


def edges(mart: duckdb.DuckDBPyConnection, tie_class: str, window: Window) -> list[Edge]:
    """The edges of a window, in order of their keys. `prepare` comes first."""
    bounds = {"starts": window.starts, "ends": window.ends}
    if tie_class == EVENT:
        read_event_ties(mart, window)
    return [Edge(*row) for row in mart.execute(_EDGES.format(table=f"{tie_class}_tie"), bounds).fetchall()]


def read_event_ties(mart: duckdb.DuckDBPyConnection, window: Window) -> None:
    """Read the event ties of a window into the temporary table `event_tie`. `prepare` comes first."""
    mart.execute(_EVENT_TIES, {"starts": window.starts, "ends": window.ends})


def withheld_quarters(mart: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[date, date]]]:
    """First and last day of the quarters of which ties are not there, by class: the gate withholds their records."""
    found = mart.execute(_WITHHELD).fetchall()
    return {
        tie_class: [(starts_on, ends_on) for indicator_key, starts_on, ends_on in found if indicator_key in indicators]
        for tie_class, indicators in HANGS_ON.items()
    }


def hosts(mart: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The node of every cluster body, by node key: the organisation it is, or a node of its own."""
    rows = mart.execute(
        "SELECT coalesce(host.organisation_key, 'partner:' || partner.partner_key), partner.partner_key "
        "FROM dim_partner AS partner LEFT JOIN host USING (partner_key) ORDER BY 1"
    ).fetchall()
    return dict(rows)
