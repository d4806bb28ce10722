"""All figures of a pack, read once, so that workbook and report cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import duckdb

from evaluation.pack import programme
from evaluation.pack.assurance import Assurance, read_assurance
from evaluation.pack.breakdown import AREA, BODY, Breakdown, read_breakdown
from evaluation.pack.confidence import Confidence, read_confidence
from evaluation.pack.evidence import Evidence, read_evidence
from evaluation.pack.finance import GrantsOfYear, read_grants
from evaluation.pack.identity import Waiting, read_waiting
from evaluation.pack.impact import Impact, read_impact
from evaluation.pack.leverage import Leverage, read_leverage
from evaluation.pack.milestones import Intervention, read_interventions
from evaluation.pack.network import Network, read_network
from evaluation.pack.overlap import Overlap, read_overlaps
from evaluation.pack.pivot import LongFigure, read_long_figures
from evaluation.pack.programme import Forecast, Indicator, Quarter, QuarterFigure, Release
from evaluation.pack.restatement import Restatements, read_restatements
from evaluation.pack.revision import Triangle, read_triangles

VERIFIED = "verified"
CLAIMED = "claimed"


@dataclass(frozen=True)
class PackFigures:
    """What both products of the pack are written from."""

    release: Release
    indicators: list[Indicator]
    quarters: list[Quarter]
    reporting_quarter: Quarter | None
    quarter_figures: dict[tuple[str, str, str], QuarterFigure]
    forecasts: dict[tuple[str, str], Forecast]
    long_figures: tuple[LongFigure, ...]
    evidence: dict[str, Evidence]
    by_body: Breakdown | None
    by_area: Breakdown | None
    leverage: Leverage
    grants: list[GrantsOfYear]
    interventions: list[Intervention]
    network: Network | None
    impact: Impact | None
    assurance: Assurance
    restatements: Restatements
    confidence: Mapping[str, Confidence]
    waiting: Waiting
    overlaps: dict[str, Overlap]
    triangles: Mapping[str, Triangle]
    source_labels: Mapping[str, str]

    @property
    def headline(self) -> list[Indicator]:
        """The indicators the programme is measured by."""
        return [indicator for indicator in self.indicators if indicator.is_headline]

    @property
    def supplementary(self) -> list[Indicator]:
        """The others."""
        return [indicator for indicator in self.indicators if not indicator.is_headline]


def read_figures(
    mart: duckdb.DuckDBPyConnection,
    public: duckdb.DuckDBPyConnection | None = None,
    previous: duckdb.DuckDBPyConnection | None = None,
    source_labels: Mapping[str, str] = MappingProxyType({}),
) -> PackFigures:
    """Read a release's mart, its public mart if it has one, and the mart of the release before it if there is one.

    `source_labels`: source -> what reports call it.
    """
    release = programme.read_release(mart)
    released_on = release.released_at.date()
    quarters = programme.read_quarters(mart, released_on)
    return PackFigures(
        release=release,
        indicators=programme.read_indicators(mart),
        quarters=quarters,
        reporting_quarter=programme.reporting_quarter(quarters, released_on),
        quarter_figures=programme.read_quarter_figures(mart),
        forecasts=programme.read_forecasts(mart),
        long_figures=read_long_figures(mart, public),
        evidence=read_evidence(mart),
        by_body=None if public is None else read_breakdown(public, *BODY),
        by_area=None if public is None else read_breakdown(public, *AREA),
        leverage=read_leverage(mart),
        grants=read_grants(mart),
        interventions=read_interventions(mart),
        network=read_network(mart),
        impact=read_impact(mart),
        assurance=read_assurance(mart),
        restatements=read_restatements(mart, previous, public),
        confidence=read_confidence(mart),
        waiting=read_waiting(mart),
        overlaps=read_overlaps(mart),
        triangles=read_triangles(mart),
        source_labels=source_labels,
    )
