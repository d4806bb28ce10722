"""Gross to net, GVA and value for money of a mart under assumption sets: all the `evaluation_*` tables.

Without approved assumptions valid on the date a table says what is missing instead of a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from evaluation.appraisal import MEASURES, Appraisal, Measure, appraise
from evaluation.appraisal_rules import rule_in_force
from evaluation.assumptions import Assumption, AssumptionSet, Selection, select
from evaluation.caveats import caveat_rows
from evaluation.discounting import BadDiscountTable, DiscountTable, NoDiscountTable, table_in_force
from evaluation.gross import GrossJobs
from evaluation.numbers import fixed, percent
from evaluation.prices import Deflators, financial_year, in_prices_of
from evaluation.scenarios import SCENARIOS, Scenario, values
from evaluation.schemas import SCHEMAS, to_table
from evaluation.sensitivity import tornado
from evaluation.simulation import DRAWS, SEED, simulate
from evaluation.switching import switching_values
from evaluation.vocabulary import LEVELS, cost_year, meaning, vocabulary

EVIDENCE_RATING = "not_scoreable"
UK = "uk"
MODELLED, DRAFT, MISSING, NOT_DEFINED = "modelled", "modelled_draft", "missing_assumption", "not_defined"
LAID_DOWN = "laid_down"
WITHHELD = "withheld"
ASSURED, NOT_ASSURED = "assured", "not_assured"


@dataclass(frozen=True)
class Assurance:
    """Who looked over one set's evaluation. `assumptions` is the set's hash, or its beginning."""

    assumptions: str
    assurer: str
    assured_on: date


@dataclass(frozen=True)
class Circumstances:
    """On what an evaluation stands besides the mart and the sets. `on` is the release's day."""

    on: date
    candidate_fingerprint: str
    gate_status: str
    approved_only: bool = True
    analyst: str | None = None
    assurances: tuple[Assurance, ...] = ()
    draws: int = DRAWS
    seed: int = SEED


def evaluate(
    gross: GrossJobs, sets: Sequence[AssumptionSet], circumstances: Circumstances, deflators: Deflators | None = None
) -> dict[str, pa.Table]:
    """Every evaluation table, one set after the other; with no set, rows that say so under the set `none`."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    for assumptions in sets or [AssumptionSet("none", ())]:
        _SetEvaluation(gross, assumptions, circumstances, deflators or Deflators()).write(rows)
    return {name: to_table(name, found) for name, found in rows.items()}


@dataclass
class _LevelEvaluation:
    """What one set gives at one spatial level."""

    level: str
    selection: Selection
    # Why a name cannot be used although the register has it, and names between which a year's cost is missing.
    gaps: dict[str, str] = field(default_factory=dict)
    # What takes the register's money to prices of the base year, where it is stated in those of another.
    price_factor: Decimal | None = None
    appraisals: dict[Scenario, Appraisal] = field(default_factory=dict)
    # Of the jobs from which everything is made.
    are_jobs_withheld: bool = False

    @property
    def used(self) -> dict[str, Assumption]:
        """The rows that can be used, their money in prices of the base year."""
        rows = {name: row for name, row in self.selection.used.items() if name not in self.gaps}
        base = _year(self.selection, "pv_base_year")
        if self.price_factor is None or base is None:
            return rows
        return {name: in_prices_of(base, row, self.price_factor) for name, row in rows.items()}

    def missing(self, measure: Measure) -> dict[str, str]:
        """Why a measure cannot be made: reason by name."""
        if self.are_jobs_withheld:
            return {"jobs_created": "is withheld: a check of the gate failed that protects it (quality_consequence)"}
        names = {name for name in measure.needs if self.level not in vocabulary()[name].not_at}
        found = self.selection.missing(names)
        if any(cost_year(name) is not None for name in names):
            names |= {name for name in self.gaps if cost_year(name) is not None}
        return {**found, **{name: self.gaps[name] for name in names if name in self.gaps}}


class _SetEvaluation:
    def __init__(
        self, gross: GrossJobs, assumptions: AssumptionSet, circumstances: Circumstances, deflators: Deflators
    ) -> None:
        self.gross = gross
        self.set = assumptions
        self.circumstances = circumstances
        self.deflators = deflators
        self.table, self.no_table = _discount_table(circumstances.on)
        self.assurance_status, self.assurer, self.assurance_reason = _assurance(assumptions, circumstances)
        self.levels = [self._evaluate_level(level) for level in LEVELS]

    def write(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        """Add this set's rows to every table."""
        results = [row for level in self.levels for row in self._results(level)]
        rows["evaluation_result"] += _beside_the_uk(results)
        for level in self.levels:
            rows["evaluation_year"] += self._years(level)
            rows["evaluation_sensitivity"] += self._sensitivities(level)
            rows["evaluation_switching_value"] += self._switching_values(level)
            rows["evaluation_simulation"] += self._simulations(level)
            rows["evaluation_caveat"] += caveat_rows(self.set.key, level.level, list(MEASURES), self._facts(level))
        rows["evaluation_assumption"] += self._assumptions()
        rows["evaluation_run"].append(self._run(results))

    def _evaluate_level(self, level: str) -> _LevelEvaluation:
        chosen = select(self.set, level, self.circumstances.on, approved_only=self.circumstances.approved_only)
        found = _LevelEvaluation(level, chosen, are_jobs_withheld=self.gross.is_withheld)
        found.gaps |= _cost_gaps(chosen)
        base, first = _year(chosen, "pv_base_year"), self.gross.first_year
        if base is not None and first is not None and base > first:
            found.gaps["pv_base_year"] = (
                f"is {base}, but jobs were created in {financial_year(first)} already; take that year or one before"
            )
        found.price_factor, gaps = _prices(chosen, self.circumstances.on, self.deflators)
        found.gaps |= gaps
        if self.table is None:
            found.gaps["pv_base_year"] = self.no_table
        for scenario in SCENARIOS:
            found.appraisals[scenario] = self._appraise(found, scenario)
        return found

    def _appraise(self, level: _LevelEvaluation, scenario: Scenario) -> Appraisal:
        table = self.table or DiscountTable("none", date.min, "", ())
        # Without rates no cost is shown by year: those of later years have no present value.
        chosen = {
            name: value
            for name, value in values(level.used, scenario).items()
            if self.table is not None or cost_year(name) is None
        }
        return appraise(self._jobs(level), chosen, table, applies_multiplier=level.level != UK)

    def _gross(self, fte: float) -> float | None:
        """What is made of a part of the quarters stands nowhere for the whole."""
        return None if self.gross.is_withheld else fte

    def _jobs(self, level: _LevelEvaluation) -> dict[int, float]:
        base = level.used.get("pv_base_year")
        return self.gross.by_offset(None if base is None else int(base.value))

    def _labels(self, level: _LevelEvaluation) -> dict[str, Any]:
        return {
            "assumption_set": self.set.key,
            "assumption_set_version": self.set.version,
            "assumption_set_sha256": self.set.sha256,
            "spatial_level": level.level,
            "evidence_rating": EVIDENCE_RATING,
            "assurance_status": self.assurance_status,
            "price_base": _named_year(level.used, "price_base_year"),
            "status": MODELLED if self.circumstances.approved_only else DRAFT,
        }

    def _results(self, level: _LevelEvaluation) -> list[dict[str, Any]]:
        rows = []
        for scenario in SCENARIOS:
            appraisal = level.appraisals[scenario]
            for measure in MEASURES.values():
                missing = level.missing(measure)
                labels = self._labels(level)
                value = None if missing else appraisal.measures.get(measure.key)
                if missing:
                    labels["status"] = MISSING
                elif value is None:
                    labels["status"] = NOT_DEFINED
                rows.append(
                    {
                        **labels,
                        "scenario": scenario,
                        "measure": measure.key,
                        "unit": measure.unit,
                        "gross_verified_fte": self._gross(self.gross.verified_fte),
                        "modelled_value": value,
                        "missing": "; ".join(f"{name} {reason}" for name, reason in missing.items()) or None,
                        "form": appraisal.form,
                        "price_base": labels["price_base"] if "GBP" in measure.unit else "not_applicable",
                        "pv_base": _named_year(level.used, "pv_base_year"),
                        "discount_table": self.table.key if self.table else None,
                    }
                )
        return rows

    def _years(self, level: _LevelEvaluation) -> list[dict[str, Any]]:
        if level.missing(MEASURES["gva_less_public_cost"]):
            return []
        base = _year(level.selection, "pv_base_year") or 0
        return [
            {
                **self._labels(level),
                "scenario": scenario,
                "year": year.year,
                "financial_year": financial_year(base + year.year),
                "discount_factor": year.discount_factor,
                "modelled_net_fte": year.net_jobs,
                "modelled_gva_gbp": year.gva,
                "modelled_gva_present_value_gbp": year.gva_present_value,
                "programme_cost_gbp": year.cost,
                "programme_cost_present_value_gbp": year.cost_present_value,
            }
            for scenario in SCENARIOS
            for year in level.appraisals[scenario].years
        ]

    def _sensitivities(self, level: _LevelEvaluation) -> list[dict[str, Any]]:
        if level.missing(MEASURES["net_jobs"]) or self.table is None:
            return []
        bars = tornado(
            self._jobs(level),
            level.used,
            self.table,
            applies_multiplier=level.level != UK,
            on=self.circumstances.on,
            own_shortfall=self.gross.forecast_error.shortfall if self.gross.forecast_error else None,
        )
        return [
            {
                **self._labels(level),
                "measure": bar.measure,
                "unit": MEASURES[bar.measure].unit,
                "assumption_name": bar.name,
                "swing_rank": bar.rank,
                "tested_low": bar.low,
                "tested_high": bar.high,
                "modelled_at_low": bar.at_low,
                "modelled_central": bar.central,
                "modelled_at_high": bar.at_high,
                "modelled_swing": bar.swing,
                "is_required": bar.is_required,
            }
            for bar in bars
            if not level.missing(MEASURES[bar.measure])
        ]

    def _switching_values(self, level: _LevelEvaluation) -> list[dict[str, Any]]:
        if level.missing(MEASURES["gva_less_public_cost"]) or self.table is None:
            return []
        switches = switching_values(self._jobs(level), level.used, self.table, applies_multiplier=level.level != UK)
        return [
            {
                **self._labels(level),
                "assumption_name": switch.name,
                "unit": level.used[switch.name].unit,
                "central_value": switch.central,
                "switching_value": switch.value,
                "relative_change": switch.relative_change,
                "is_within_range": switch.is_within_range,
                "outcome": switch.outcome,
            }
            for switch in switches
        ]

    def _simulations(self, level: _LevelEvaluation) -> list[dict[str, Any]]:
        if level.missing(MEASURES["net_jobs"]) or self.table is None:
            return []
        statistics = simulate(
            self._jobs(level),
            level.used,
            self.table,
            applies_multiplier=level.level != UK,
            draws=self.circumstances.draws,
            seed=self.circumstances.seed,
        )
        return [
            {
                **self._labels(level),
                "measure": statistic.measure,
                "unit": MEASURES[statistic.measure].unit,
                "draws": statistic.draws,
                "statistic": statistic.name,
                "modelled_value": statistic.value,
                "modelled_standard_error": statistic.standard_error,
                "seed": self.circumstances.seed,
                "is_final": statistic.is_final,
            }
            for statistic in statistics
            if not level.missing(MEASURES[statistic.measure])
        ]

    def _facts(self, level: _LevelEvaluation) -> dict[str, str]:
        gross = self.gross
        deadweight = level.used.get("deadweight")
        share = percent(gross.verified_fte / gross.claimed_fte) if gross.claimed_fte else "nothing was claimed"
        return {
            "spatial_level": level.level,
            "verified_fte": WITHHELD if gross.is_withheld else fixed(gross.verified_fte, 2),
            "claimed_fte": WITHHELD if gross.is_withheld else fixed(gross.claimed_fte, 2),
            "verified_share": WITHHELD if gross.is_withheld else share,
            "deadweight_source": "no usable assumption" if deadweight is None else deadweight.source,
            "posts": WITHHELD if gross.is_withheld else f"{gross.posts:,}",
            "businesses": WITHHELD if gross.is_withheld else f"{gross.businesses:,}",
            "without_follow_up": WITHHELD if gross.is_withheld else f"{gross.posts_without_follow_up:,}",
            "price_base": (_named_year(level.used, "price_base_year") or "no stated year") + self._converted(level),
            "pv_base": _named_year(level.used, "pv_base_year") or "no stated year",
            "discount_table": self.table.key if self.table else "none",
            "discount_source": self.table.source if self.table else self.no_table,
            "optimism": self._optimism(),
            "uk_net_jobs": self._uk_net_jobs(),
            "uk_displacement": self._uk_displacement(level),
        }

    def _converted(self, level: _LevelEvaluation) -> str:
        stated = _year(level.selection, "price_base_year")
        if level.price_factor is None or stated is None:
            return ""
        return (
            f" (stated in those of {financial_year(stated)} and converted at {fixed(level.price_factor, 4)} by HM "
            f"Treasury's GDP deflators of {self.deflators.edition})"
        )

    def _uk_net_jobs(self) -> str:
        (uk,) = (level for level in self.levels if level.level == UK)
        central = uk.appraisals.get("central")
        jobs = None if central is None else central.measures.get("net_jobs")
        if jobs is None:
            return f"it is missing, for want of {', '.join(sorted(uk.missing(MEASURES['net_jobs'])))}"
        return f"{fixed(jobs, 1)} net jobs in the central case"

    def _uk_displacement(self, level: _LevelEvaluation) -> str:
        row = level.used.get("displacement")
        if row is None:
            return "displacement is not stated"
        if row.signed_off_by is not None:
            return f"displacement is {row.value.normalize():f} by an exception signed off by {row.signed_off_by}"
        return f"displacement is {row.value.normalize():f}: {row.rationale} ({row.source})"

    def _optimism(self) -> str:
        error = self.gross.forecast_error
        if error is None:
            return "generic haircuts, since there are too few forecasts of its own to compare"
        return f"its own forecast errors: jobs stayed {error.shortfall:.0%} behind over {error.quarters} quarters"

    def _horizon(self) -> dict[str, Any]:
        """How many years after year 0 the streams run, and why where that is longer than the standard."""

        def last_year(level: _LevelEvaluation) -> int:
            return max((year.year for year in level.appraisals["central"].years), default=0)

        level = max(self.levels, key=last_year)
        years = last_year(level)
        rule = rule_in_force("standard_horizon", self.circumstances.on)
        if rule is None or rule.horizon is None or years <= rule.horizon:
            return {"horizon_years": years, "horizon_flag": None}
        persistence = level.used.get("persistence_years")
        if persistence is None:
            reason = "the years of the stated costs"
        elif persistence.value > rule.horizon:
            reason = persistence.rationale
        else:
            reason = f"jobs are created or costs stated after year 0; a job lasts {persistence.value:f} years"
        return {"horizon_years": years, "horizon_flag": f"{rule.text} ({rule.source}); reason for {years}: {reason}"}

    def _assumptions(self) -> list[dict[str, Any]]:
        labels = {
            "assumption_set": self.set.key,
            "assumption_set_version": self.set.version,
            "assumption_set_sha256": self.set.sha256,
        }
        rows = [{**labels, **row.model_dump(), **self._standing(row)} for row in self.set.rows]
        for level in self.levels:
            names = {name for measure in MEASURES.values() for name in measure.needs}
            for name, reason in level.selection.missing(
                {n for n in names if level.level not in vocabulary()[n].not_at}
            ).items():
                known = vocabulary()[name]
                rows.append(
                    {
                        **labels,
                        "id": f"missing-{name}-{level.level}",
                        "name": name,
                        "unit": known.unit,
                        "spatial_level": level.level,
                        "rationale": known.description,
                        "status": "missing",
                        "problem": reason,
                    }
                )
        rows += [
            {**labels, **level.selection.used[name].model_dump(), "status": LAID_DOWN}
            for level in self.levels
            for name in sorted(level.selection.laid_down)
        ]
        rows += [
            {
                **labels,
                "id": f"row-{problem.row}-{problem.column}",
                "name": problem.column,
                "status": "invalid",
                "problem": str(problem),
            }
            for problem in self.set.problems
        ]
        return rows

    def _standing(self, row: Assumption) -> dict[str, Any]:
        on = self.circumstances.on
        overdue = row.review_by is not None and row.review_by < on
        levels = [level.level for level in self.levels if level.selection.used.get(row.name) == row]
        if levels:
            return {"status": "used", "problem": None, "is_review_overdue": overdue}
        problem = row.standing(on) if self.circumstances.approved_only else row.dated(on)
        return {
            "status": "not_usable" if problem else "superseded",
            "problem": problem or "another row of this name goes before it",
            "is_review_overdue": overdue,
        }

    def _run(self, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "assumption_set": self.set.key,
            "assumption_set_version": self.set.version,
            "assumption_set_sha256": self.set.sha256,
            "evaluated_on": self.circumstances.on,
            "candidate_fingerprint": self.circumstances.candidate_fingerprint,
            "gate_status": self.circumstances.gate_status,
            "gross_verified_fte": self._gross(self.gross.verified_fte),
            "gross_claimed_fte": self._gross(self.gross.claimed_fte),
            "modelled_rows": sum(row["status"] in (MODELLED, DRAFT) for row in results),
            "missing_rows": sum(row["status"] == MISSING for row in results),
            "problems": "; ".join(str(problem) for problem in self.set.problems) or None,
            "discount_table": self.table.key if self.table else None,
            "discount_source": self.table.source if self.table else None,
            **self._horizon(),
            "simulation_draws": self.circumstances.draws,
            "simulation_seed": self.circumstances.seed,
            "analyst": self.circumstances.analyst,
            "assurer": self.assurer,
            "assurance_status": self.assurance_status,
            "assurance_reason": self.assurance_reason,
        }


def _beside_the_uk(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each figure with that of the United Kingdom beside it (HM Treasury Green Book 2026, 7.19)."""
    uk = {(row["scenario"], row["measure"]): row for row in rows if row["spatial_level"] == UK}
    return [
        {
            **row,
            "uk_modelled_value": uk[row["scenario"], row["measure"]]["modelled_value"],
            "uk_status": uk[row["scenario"], row["measure"]]["status"],
        }
        for row in rows
    ]


def _prices(selection: Selection, on: date, deflators: Deflators) -> tuple[Decimal | None, dict[str, str]]:
    """Money in prices of another year than that to which it is discounted: converted by deflators of both years, else
    refused, never mixed. None: nothing to convert.
    """
    rule = rule_in_force("same_base_years", on)
    stated, base = _year(selection, "price_base_year"), _year(selection, "pv_base_year")
    if rule is None or stated is None or base is None or stated == base:
        return None, {}
    factor = deflators.factor(stated, base)
    if factor is not None:
        return factor, {}
    return None, {
        "price_base_year": f"is {financial_year(stated)}, but values are discounted to {financial_year(base)}: "
        f"{rule.text} ({rule.source}), and {deflators.known()}; put HM Treasury's newest GDP deflators into "
        f"inbox/reference, or state all money in prices of {financial_year(base)}"
    }


def _discount_table(on: date) -> tuple[DiscountTable | None, str]:
    try:
        return table_in_force(on), ""
    except (NoDiscountTable, BadDiscountTable) as problem:
        return None, f"cannot be used: {problem}"


def _assurance(assumptions: AssumptionSet, circumstances: Circumstances) -> tuple[str, str | None, str]:
    """Assured only: gate passed, approved assumptions, an assurer named for exactly this set who is not the analyst."""
    if circumstances.gate_status == "blocked":
        return NOT_ASSURED, None, "the gate did not pass"
    if not circumstances.approved_only or not assumptions.rows:
        return NOT_ASSURED, None, "no approved assumption set"
    named = [a for a in circumstances.assurances if assumptions.sha256.startswith(a.assumptions.lower())]
    if not named:
        return NOT_ASSURED, None, "nobody is named who assured this assumption set"
    assurance = named[-1]
    if assurance.assured_on > circumstances.on:
        return NOT_ASSURED, assurance.assurer, f"assured only from {assurance.assured_on}"
    if circumstances.analyst is None:
        return NOT_ASSURED, assurance.assurer, "no analyst is named, from whom the assurer must differ"
    if assurance.assurer.strip().lower() == circumstances.analyst.strip().lower():
        return NOT_ASSURED, assurance.assurer, "the assurer is the analyst"
    return ASSURED, assurance.assurer, f"assured on {assurance.assured_on}"


def _cost_gaps(selection: Selection) -> dict[str, str]:
    """Years between the stated costs that state none: nothing is taken for zero."""
    stated = {year for name in selection.used if (year := cost_year(name)) is not None}
    return {
        f"programme_cost_year_{year}": selection.unusable.get(
            f"programme_cost_year_{year}", "is not in the register; write 0 if nothing was spent"
        )
        for year in range(max(stated, default=-1) + 1)
        if year not in stated
    }


def _year(selection: Selection, name: str) -> int | None:
    row = selection.used.get(name)
    return None if row is None else int(row.value)


def _named_year(used: Mapping[str, Assumption], name: str) -> str | None:
    row = used.get(name)
    return None if row is None or meaning(name) is None else financial_year(int(row.value))
