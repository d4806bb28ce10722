"""Pilots and scaled interventions: at which stage each is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows
from evaluation.pack.wording import WITHHELD


@dataclass(frozen=True)
class Intervention:
    """One pilot, feasibility study or scaled intervention, however many bodies returned it.

    `started_on` is the signature of the award, or the confirmation of the new funding. `award_gbp` and
    `new_funding_gbp` are of the body that returned it first. `is_counted` is None where the figure is withheld.
    """

    ref: str
    title: str
    kind: str
    bodies: str
    stage: str
    started_on: date | None
    award_gbp: Decimal | None
    new_funding_gbp: Decimal | None
    is_counted: bool | None

    @property
    def counts(self) -> str:
        """Whether it counts, in a word; the mark where that is withheld."""
        return WITHHELD if self.is_counted is None else "yes" if self.is_counted else "no"


def read_interventions(mart: duckdb.DuckDBPyConnection) -> list[Intervention]:
    """Every intervention, pilots and studies before scaled ones."""
    found = rows(
        mart,
        """
        WITH kept AS (
            SELECT indicator_key = 'interventions_scaled' AS is_scaled, bool_or(value IS NULL) AS is_back
            FROM indicator_value
            WHERE scope = 'programme' AND indicator_key IN ('pilots_funded', 'interventions_scaled')
            GROUP BY indicator_key
        )
        SELECT i.intervention_ref AS ref,
            arg_min(i.title, i.partner_key) AS title,
            arg_min(i.intervention_type, i.partner_key) AS kind,
            string_agg(DISTINCT i.partner_key, ', ' ORDER BY i.partner_key) AS bodies,
            string_agg(DISTINCT i.status, ', ' ORDER BY i.status) AS stage,
            min(coalesce(i.starts_on, i.new_funding_confirmed_on)) AS started_on,
            arg_min(i.award_gbp, i.partner_key) AS award_gbp,
            arg_min(i.new_funding_gbp, i.partner_key) AS new_funding_gbp,
            CASE
                WHEN NOT coalesce(bool_or(k.is_back), false) THEN coalesce(bool_or(f.is_counted), false)
            END AS is_counted
        FROM dim_intervention AS i
        LEFT JOIN kept AS k ON k.is_scaled = (i.intervention_type = 'scaled')
        LEFT JOIN indicator_fact AS f
            ON f.indicator_key IN ('pilots_funded', 'interventions_scaled')
            AND f.source_ref = i.intervention_ref AND f.partner_key = i.partner_key
        GROUP BY i.intervention_ref
        ORDER BY kind = 'scaled', ref
        """,
    )
    return [Intervention(**row) for row in found]
