"""Takes what is withheld out of what is published, by one step whose result is what the verdict is bound to.

The candidate stays as it was judged, in schema `mart`. Tables that hold something withheld, or a figure under a waiver,
stand once more in schema `published_mart`, without it; everything after the gate reads a table there first. Figures
become null and say why; facts, and the posts and tranches that say what counts, go: who adds them up must not get a
figure that is smaller in silence (docs/decisions/0386).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb

from common.sql import quoted
from quality.consequence import Consequence
from quality.fingerprint import SCHEMA, combine, table_fingerprints

PUBLISHED = "published_mart"
# Of what is copied DuckDB would keep as much as the machine has room for; each thread holds a piece of a table.
_BOUNDED: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "128MB", "threads": 2}

_KEPT_BACK = """
    rule_id VARCHAR, indicator_key VARCHAR, partner_key VARCHAR, period_key VARCHAR, breakdown VARCHAR, status VARCHAR,
    reason VARCHAR
"""

# What hits each figure: in its own quarter (`now`), and up to it (`so_far`). A body that is kept back takes with it
# every total in which it would be missed.
_HITS = """
CREATE TEMP TABLE hit AS
WITH hits AS (
    SELECT v.indicator_key, v.period_key, v.scope, v.scope_key, k.status, k.rule_id, k.reason,
        k.period_key IN ('', v.period_key) AS is_now
    FROM mart.indicator_value AS v
    INNER JOIN kept_back AS k
        ON
            k.indicator_key IN ('', v.indicator_key)
            AND k.breakdown IN ('', v.scope)
            AND (k.partner_key = '' OR v.scope <> 'partner' OR v.scope_key = k.partner_key)
            AND (k.period_key = '' OR k.period_key <= v.period_key)
    WHERE v.basis = 'verified'
)
SELECT indicator_key, period_key, scope, scope_key,
    coalesce(bool_or(is_now) FILTER (status = 'withheld'), false) AS now,
    coalesce(bool_or(status = 'withheld'), false) AS so_far,
    CASE WHEN bool_or(status = 'withheld') THEN 'withheld' ELSE 'waived' END AS status,
    string_agg(DISTINCT rule_id, ', ' ORDER BY rule_id) FILTER (status = 'withheld') AS withheld_by,
    string_agg(DISTINCT reason, '; ' ORDER BY reason) FILTER (status = 'withheld') AS withheld_because,
    string_agg(DISTINCT rule_id, ', ' ORDER BY rule_id) FILTER (status = 'waived') AS waived_for,
    string_agg(DISTINCT reason, '; ' ORDER BY reason) FILTER (status = 'waived') AS waived_because
FROM hits
GROUP BY ALL
"""
_SAID = """
    CASE
        WHEN hit.so_far AND {is_missing} THEN 'withheld'
        WHEN t.quality_status = 'available' AND hit.waived_for IS NOT NULL THEN 'waived'
        ELSE t.quality_status
    END AS quality_status,
    CASE
        WHEN hit.so_far AND {is_missing} THEN hit.withheld_because
        WHEN t.quality_status = 'available' AND hit.waived_for IS NOT NULL THEN hit.waived_because
        ELSE t.quality_reason
    END AS quality_reason,
    CASE
        WHEN hit.so_far AND {is_missing} THEN hit.withheld_by
        WHEN t.quality_status = 'available' AND hit.waived_for IS NOT NULL THEN hit.waived_for
        ELSE t.quality_rule_id
    END AS quality_rule_id
"""
# Of the programme as a whole: by indicator and quarter, in the newest quarter, in any.
_OF_PROGRAMME = """
CREATE TEMP TABLE programme_hit AS FROM hit WHERE scope = 'programme';
CREATE TEMP TABLE newest_hit AS
    FROM programme_hit WHERE period_key = (SELECT max(period_key) FROM mart.indicator_value)
"""


def _figures(table: str, joined: str, nulled: dict[str, str], is_missing: str = "true", also: str = "") -> str:
    """A table of figures with what is withheld null. `nulled`: column -> when it is; `joined`: the hits of its rows."""
    kept = "CASE WHEN NOT coalesce({when}, false) THEN t.{name} END AS {name}, "
    columns = "".join(kept.format(name=name, when=when) for name, when in nulled.items())
    return f"""
        SELECT t.* REPLACE ({columns}{also}{_SAID.format(is_missing=is_missing)})
        FROM mart.{table} AS t LEFT JOIN {joined}
    """


_CELL = "hit USING (indicator_key, period_key, scope, scope_key)"


def _restatements() -> str:
    """Changes of locked records: what a record was or is, in each cell that is withheld, and the cell's own figures."""
    found, changes = [], []
    for side in ("old", "new"):
        of_body = f"k.partner_key IN ('', coalesce(t.{side}_partner_key, ''))"
        for claimed in ("", "claimed_"):
            of_period = f"k.period_key IN ('', coalesce(t.{side}_{claimed}period_key, ''))"
            found.append(f"bool_or(k.breakdown = '' AND {of_body} AND {of_period}) AS {side}_{claimed}amount")
            changes += [
                (f"{side}_exact_{claimed}quantity", f"found.{side}_{claimed}amount"),
                (f"{side}_{claimed}value", f"found.{side}_{claimed}amount"),
            ]
        for breakdown, column in (("local_authority", "local_authority_code"), ("cluster", "cluster_key")):
            found.append(f"bool_or(k.breakdown = '{breakdown}' AND {of_body}) AS {side}_{breakdown}")
            changes.append((f"{side}_{column}", f"found.{side}_{breakdown}"))
    changes += [("locked_value", "hit.now"), ("known_value", "hit.now")]
    columns = ", ".join(f"CASE WHEN NOT coalesce({when}, false) THEN t.{name} END AS {name}" for name, when in changes)
    return f"""
        WITH found AS (
            SELECT t.restatement_key, {", ".join(found)}
            FROM mart.indicator_restatement AS t
            INNER JOIN kept_back AS k ON k.status = 'withheld' AND k.indicator_key IN ('', t.indicator_key)
            GROUP BY ALL
        )
        SELECT t.* REPLACE ({columns})
        FROM mart.indicator_restatement AS t
        LEFT JOIN found USING (restatement_key)
        LEFT JOIN hit
            ON
                t.indicator_key = hit.indicator_key AND t.restated_period_key = hit.period_key
                AND hit.scope IN ('programme', 'partner')
                AND t.restated_partner_key
                = CASE hit.scope WHEN 'programme' THEN 'PROGRAMME' ELSE hit.scope_key END
    """


# The tables of figures, each by the query that makes what is published of it.
_TABLES = {
    "indicator_value": _figures(
        "indicator_value",
        _CELL,
        {"value": "hit.now", "exact_value": "hit.now", "cumulative_value": "hit.so_far",
            "exact_cumulative_value": "hit.so_far", "unknown_share": "hit.so_far"},
    ),
    "indicator_value_as_of": _figures(
        "indicator_value_as_of",
        _CELL,
        {"value": "hit.now AND t.known_until IS NULL", "exact_value": "hit.now AND t.known_until IS NULL"},
        "hit.now AND t.known_until IS NULL",
    ),
    "indicator_apportioned": _figures(
        "indicator_apportioned",
        "programme_hit AS hit USING (indicator_key, period_key)",
        dict.fromkeys(("full_value", "apportioned_value", "facts_also_claimed", "facts_without_share"), "hit.now"),
        "hit.now",
    ),
    "supplementary_value": _figures(
        "supplementary_value",
        "programme_hit AS hit ON hit.indicator_key = t.hangs_on_indicator_key AND hit.period_key = t.period_key",
        {"value": "hit.now", "cumulative_value": "hit.so_far"},
    ),
    "indicator_rating": _figures(
        "indicator_rating",
        "newest_hit AS hit USING (indicator_key)",
        dict.fromkeys(("compared_value", "rag", "rag_level"), "hit.so_far"),
        also="CASE WHEN hit.so_far THEN 'withheld' ELSE t.reason END AS reason, ",
    ),
    "indicator_performance": _figures(
        "indicator_performance",
        "newest_hit AS hit USING (indicator_key)",
        dict.fromkeys(("actual_value", "claimed_value", "output_rag", "forecast_rag"), "hit.so_far"),
        # What the programme office set does not rest on the figures.
        also="CASE WHEN hit.so_far THEN t.override_rag ELSE t.rag END AS rag, "
        "CASE WHEN hit.so_far AND t.target_status <> 'not_stated' THEN 'withheld' ELSE t.rag_reason END "
        "AS rag_reason, ",
    ),
    "indicator_restatement": _restatements(),
    # A vintage may be the figure as it is: which one is, no column says.
    "indicator_revision": f"""
        SELECT t.* REPLACE (
            CASE WHEN NOT coalesce(hit.now, false) THEN t.value END AS value,
            CASE WHEN NOT coalesce(hit.now, false) THEN t.exact_value END AS exact_value,
            CASE WHEN NOT coalesce(hit.now, false) THEN t.revision END AS revision
        )
        FROM mart.indicator_revision AS t LEFT JOIN {_CELL}
    """,
    "indicator_confidence": f"""
        SELECT * EXCLUDE (is_hit) REPLACE (
            CASE WHEN NOT is_hit THEN verified_share END AS verified_share,
            CASE WHEN NOT is_hit THEN evidenced_share END AS evidenced_share,
            CASE WHEN NOT is_hit THEN claimed_share END AS claimed_share,
            CASE WHEN NOT is_hit THEN rejected_share END AS rejected_share,
            CASE WHEN NOT is_hit THEN identity_lower_value END AS identity_lower_value,
            CASE WHEN NOT is_hit THEN identity_upper_value END AS identity_upper_value,
            CASE WHEN NOT is_hit THEN identity_share END AS identity_share,
            CASE WHEN NOT is_hit THEN grade END AS grade,
            CASE WHEN is_hit THEN 'withheld' ELSE grade_reason END AS grade_reason
        )
        FROM (
            SELECT t.*, coalesce(CASE t.span WHEN 'quarter' THEN hit.now ELSE hit.so_far END, false) AS is_hit
            FROM mart.indicator_confidence AS t LEFT JOIN {_CELL}
        )
    """,
    "indicator_identity": """
        SELECT t.* REPLACE (
            CASE WHEN NOT coalesce(hit.so_far, false) THEN t.all_different_value END AS all_different_value,
            CASE WHEN NOT coalesce(hit.so_far, false) THEN t.all_same_value END AS all_same_value,
            CASE WHEN NOT coalesce(hit.so_far, false) THEN t.lower_value END AS lower_value,
            CASE WHEN NOT coalesce(hit.so_far, false) THEN t.upper_value END AS upper_value
        )
        FROM mart.indicator_identity AS t LEFT JOIN programme_hit AS hit USING (indicator_key, period_key)
    """,
    "indicator_overlap": """
        SELECT t.* REPLACE (
            CASE WHEN NOT coalesce(hit.now, false) THEN t.value END AS value,
            CASE WHEN NOT coalesce(hit.now, false) THEN t.exact_value END AS exact_value
        )
        FROM mart.indicator_overlap AS t
        LEFT JOIN hit
            ON
                t.indicator_key = hit.indicator_key AND t.period_key = hit.period_key
                AND hit.scope = CASE t.line WHEN 'partner' THEN 'partner' ELSE 'programme' END
                AND (hit.scope = 'programme' OR t.partner_key = hit.scope_key)
    """,
    "supplementary_fact": """
        SELECT t.* FROM mart.supplementary_fact AS t
        ANTI JOIN (
            SELECT s.indicator_code, hit.period_key FROM mart.supplementary_value AS s
            INNER JOIN programme_hit AS hit
                ON hit.indicator_key = s.hangs_on_indicator_key AND hit.period_key = s.period_key AND hit.now
        ) USING (indicator_code, period_key)
    """,
}  # fmt: skip


@dataclass(frozen=True)
class _Facts:
    """A table of facts: a fact of no figure that stands goes, one that still has a figure loses the part of it that is
    withheld. `verified`, `claimed`: what the columns of these parts become then.
    """

    table: str
    partner_keys: tuple[str, ...]
    verified: dict[str, str]
    claimed: dict[str, str]

    @property
    def query(self) -> str:
        """What is published of it."""
        places = {
            "local_authority_code": "area",
            "cluster_key": "cluster",
            **dict.fromkeys(self.partner_keys, "partner"),
        }
        parts = {"verified": self.verified, "claimed": self.claimed}
        changes = [
            f"CASE WHEN coalesce(found.{part}, false) THEN {to} ELSE t.{name} END AS {name}"
            for part, columns in parts.items()
            for name, to in columns.items()
        ] + [
            f"CASE WHEN NOT coalesce(found.{place}, false) THEN t.{name} END AS {name}"
            for name, place in places.items()
        ]
        of_body = " OR ".join(f"k.partner_key = c.{name}" for name in self.partner_keys)
        cell = ("indicator_key", *self.partner_keys, "period_key", "claimed_period_key")
        # Cells are few, however many facts are in them: what is looked up is no longer than what is withheld.
        return f"""
            WITH found AS (
                SELECT c.*,
                    bool_or(k.breakdown = '' AND k.period_key IN ('', coalesce(c.period_key, ''))) AS verified,
                    bool_or(k.breakdown = '' AND k.period_key IN ('', coalesce(c.claimed_period_key, ''))) AS claimed,
                    bool_or(k.breakdown = 'local_authority') AS area,
                    bool_or(k.breakdown = 'cluster') AS cluster,
                    bool_or(k.breakdown = 'partner') AS partner
                FROM (SELECT DISTINCT {", ".join(cell)} FROM mart.{self.table}) AS c
                INNER JOIN kept_back AS k
                    ON
                        k.status = 'withheld' AND k.indicator_key IN ('', c.indicator_key)
                        AND (k.partner_key = '' OR {of_body})
                GROUP BY ALL
            )
            SELECT t.* REPLACE ({", ".join(changes)})
            FROM mart.{self.table} AS t
            LEFT JOIN found ON {" AND ".join(f"t.{name} IS NOT DISTINCT FROM found.{name}" for name in cell)}
            WHERE NOT (coalesce(found.verified, false) AND coalesce(found.claimed, false))
        """


_FACTS = (
    _Facts(
        table="indicator_fact",
        partner_keys=("partner_key",),
        verified={
            "quantity": "NULL", "exact_quantity": "NULL", "is_counted": "false", "not_counted_reason": "'withheld'"
        },
        claimed={"claimed_quantity": "NULL", "exact_claimed_quantity": "NULL"},
    ),
    _Facts(
        table="indicator_fact_locked",
        partner_keys=("partner_key", "locked_partner_key"),
        verified={"exact_quantity": "NULL", "holds_verified": "false"},
        claimed={"exact_claimed_quantity": "NULL", "holds_claimed": "false"},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class _Records:
    """A table of records of which what was made says what they count. `indicators`: SQL of those a record counts in;
    `day` or `quarter`, and `body`: SQL of what says its quarter and body, where it has them; `of`: the table that says
    it, where that is another. Those of what is withheld go; where `nulled` names columns they stay without these.
    """

    table: str
    key: str
    indicators: str
    day: str = ""
    body: str = ""
    quarter: str = ""
    of: str = ""
    where: str = "true"
    nulled: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """What is published of it."""
        tests = ["k.status = 'withheld'", "k.breakdown = ''", f"k.indicator_key IN ('', {self.indicators})"]
        tests += [f"k.partner_key IN ('', {self.body})"] if self.body else []
        quarter = self.quarter or ("p.period_key" if self.day else "")
        tests += [f"k.period_key IN ('', coalesce({quarter}, ''))"] if quarter else []
        period = f"LEFT JOIN mart.dim_period AS p ON {self.day} BETWEEN p.starts_on AND p.ends_on" if self.day else ""
        hit = f"""
            SELECT t.{self.key} FROM mart.{self.of or self.table} AS t {period}
            SEMI JOIN kept_back AS k ON {" AND ".join(tests)}
            WHERE {self.where}
        """
        if not self.nulled:
            return f"SELECT t.* FROM mart.{self.table} AS t ANTI JOIN ({hit}) USING ({self.key})"
        columns = ", ".join(f"CASE WHEN hit.{self.key} IS NULL THEN t.{name} END AS {name}" for name in self.nulled)
        return f"""
            SELECT t.* REPLACE ({columns})
            FROM mart.{self.table} AS t LEFT JOIN (SELECT DISTINCT * FROM ({hit})) AS hit USING ({self.key})
        """


# Who came to an event counts in each of these.
_OF_EVENTS = "'event_attendees', 'event_registrations', 'unique_people', 'unique_organisations'"
_RECORDS = (
    _Records("fct_job", "job_key", "'jobs_created'", "t.started_on", "t.partner_key"),
    _Records(
        "fct_leverage",
        "leverage_key",
        "CASE t.stage WHEN 'committed' THEN 'resource_committed' ELSE 'resource_levered' END",
        "t.stage_reached_on",
        "t.partner_key",
    ),
    _Records(
        "fct_event",
        "event_key",
        _OF_EVENTS,
        "t.starts_on",
        "t.partner_key",
        nulled=(
            "registered_count", "attended_identified", "signed_in", "unidentified_headcount", "total_attendances",
            "no_show_rate",
        ),
    ),
    _Records("fct_event_attendance", "event_key", _OF_EVENTS, "t.starts_on", "t.partner_key", of="fct_event"),
    # Hours of an organisation make no figure without the rule of what is enough.
    _Records(
        "reconciliation",
        "reconciliation_key",
        "'event_attendees'",
        body="t.partner_key",
        quarter="t.period_key",
        where="t.measure = 'attendances'",
        nulled=("returned_quantity", "held_quantity", "gap", "tolerance"),
    ),
    # Of all bodies so far: in which quarter an organisation's support was enough is not said.
    _Records("support_intensity", "organisation_key", "t.counts_in"),
)  # fmt: skip


# By table, the query that makes what is published of it.
_QUERIES = _TABLES | {table.table: table.query for table in (*_FACTS, *_RECORDS)}
HOLDING_FIGURES = frozenset(_QUERIES)
"""The tables of which something may be withheld."""


def withhold(warehouse: Path, consequences: Sequence[Consequence]) -> None:
    """Write schema `published_mart` of a candidate anew, without what is withheld; none without consequences."""
    with duckdb.connect(str(warehouse), config=_BOUNDED) as connection:
        connection.execute(f"SET TimeZone = 'UTC'; DROP SCHEMA IF EXISTS {PUBLISHED} CASCADE")
        if not consequences:
            return
        connection.execute(f"CREATE SCHEMA {PUBLISHED}; CREATE TEMP TABLE kept_back ({_KEPT_BACK})")
        connection.executemany(
            "INSERT INTO kept_back VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (one.rule_id, *astuple(one.scope), one.status, one.reason) for one in consequences
            ],
        )  # fmt: skip
        connection.execute(f"{_HITS}; {_OF_PROGRAMME}")
        there = {
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = ?", [SCHEMA]
            ).fetchall()
        }
        for table in sorted(_QUERIES.keys() & there):
            connection.execute(f"CREATE TABLE {PUBLISHED}.{quoted(table)} AS {_QUERIES[table]}")


def read_published(connection: duckdb.DuckDBPyConnection) -> None:
    """Let tables without a prefix be those of the mart as they are published."""
    found = connection.execute("SELECT 1 FROM duckdb_schemas() WHERE schema_name = ?", [PUBLISHED]).fetchone()
    connection.execute(f"SET search_path = '{f'{PUBLISHED},' if found else ''}{SCHEMA}'")


def published_fingerprints(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Fingerprint of each table as it is published: of schema `published_mart` where it stands there."""
    return table_fingerprints(connection) | table_fingerprints(connection, PUBLISHED)


def published_fingerprint(warehouse: Path) -> str:
    """Content fingerprint of what is published of a candidate."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return combine(published_fingerprints(connection))
