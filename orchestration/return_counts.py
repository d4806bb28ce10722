"""What a return will count for: what it claims, what of that is verified, and why not the rest.

An estimate from the workbook alone, at once: by its own evidence and conditions, with the grades and limits of the
seeds that the models count by. It knows neither the register nor other bodies, earlier quarters and platforms, which
only the night knows: `wmip returns check --rehearse` counts by the models themselves, and is exact. A test holds the
estimate against the facts of a night: it claims the same, and verifies nothing less unless the register decided.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.home import release_folder
from common.sql import literal
from evaluation.numbers import number, rounded
from ingestion.declaration import OWN_TEMPLATE
from ingestion.sources.returns.answer import Answer
from ingestion.sources.returns.references import reference_key
from ingestion.sources.returns.rules import quarter_days
from orchestration.release import store

if TYPE_CHECKING:
    from orchestration.rehearsal import Figure

SEEDS = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds"
TO_DO = {
    "another_quarter": "its day is in another quarter, in which it counts",
    "business_insolvent": "the business is insolvent",
    "below_threshold": "its support does not reach the threshold yet; later sessions add to it",
    "conditions_not_met": "it needs new funding, the day that confirmed it, and a pilot completed or evaluated",
    "duplicate": "the same counts on another record; give it a reference and title of its own if it is another",
    "evidence_below_minimum": "send better evidence, or have the register verify it",
    "excluded_source": "money of this source is no leverage",
    "fewer_than_two_organisations": "list at least two organisations under MEMBERS",
    "in_the_future": "its day has not come yet; correct the date if it is a slip",
    "no_business_member": "list a business under MEMBERS",
    "no_employment_increase": "employment at the firm rose by less than its posts; correct baseline or follow-up FTE",
    "no_follow_up": "give the follow-up FTE once it is known",
    "no_new_tie": "all its members worked together in the 36 months before",
    "not_a_business": "it is returned as something else than a business; correct the organisation type if it is one",
    "not_caused_by_programme": "the return says that the programme did not cause it",
    "not_filled": "the post is vacant",
    "not_new_post": "only new posts count",
    "not_permanent": "only permanent posts of at least 12 months count",
    "not_programme_funded": "the event is not the programme's own",
    "not_supported_before": "no session or grant on or before its start is known; return the support first",
    "out_of_area": "it is outside the area; give the postcode of the site that was supported if that is inside",
    "outside_programme_period": "its date lies outside the programme; correct it if it is a slip",
    "possible_duplicate": "another body returned an event of this title, day and venue; give it another title if it is "
    "another one",
    "rejected": "the register rejected it",
    "reported_apart": "loans and equity are reported apart",
    "generic_advice": "online or written advice counts only where it is specific to the business; if it is, say Yes",
    "same_day_in_another_system": "the CRM has as much for this firm and day; nothing to do if it is the same session",
    "same_session": "the session is counted on another record of the firm",
    "secured_before_activity": "the agreement was signed before the body's activity began",
    "service_purchase": "buying a service is no collaboration",
    "unidentified_above_limit": "too many heads have no name; send the signed sheet",
    "withdrawn": "it is withdrawn, in the return or by the register",
}
"""What a reason not to count means for who returned it, and what to do."""
WITHDRAWN, WEAK, ELSEWHEN = "withdrawn", "evidence_below_minimum", "another_quarter"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """What one row claims of an indicator, in its exact unit (jobs: contracted hours), and on which day."""

    indicator_key: str
    quantity: Decimal
    evidence: str | None
    row: Row
    on: str
    reason: str | None = None


@dataclass
class Counted:
    """An indicator's figures of one return, in its unit. `not_counted`: rows and quantity by reason.

    `before_*`: of the body's quarter before, in the release that readers use; `forecast`: the body's own, of this
    quarter. None where it is not known.
    """

    indicator_key: str
    name: str
    unit: str
    claimed: Decimal = Decimal(0)
    verified: Decimal = Decimal(0)
    not_counted: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    before_claimed: Decimal | None = None
    before_verified: Decimal | None = None
    forecast: Decimal | None = None


def estimate(answer: Answer, home: Path | None = None) -> list[Counted]:
    """What a return will count for in its quarter, a row a headline indicator; `home` for the quarter before.

    Nothing for the return of another programme, which counts for none of our indicators.
    """
    if answer.template != OWN_TEMPLATE:
        return []
    found = {
        row["indicator_key"]: Counted(row["indicator_key"], row["name"], row["unit"])
        for row in _seed("indicator")
        if row["is_headline"] == "true"
    }
    for claim, allowed in _settled(of_the_quarter(answer)):
        counted = found[claim.indicator_key]
        per_unit = _limit("ft_hours") if claim.indicator_key == "jobs_created" else Decimal(1)
        if claim.reason not in (WITHDRAWN, ELSEWHEN):
            counted.claimed += claim.quantity / per_unit
        counted.verified += allowed / per_unit
        if claim.reason is not None:
            rows, quantity = counted.not_counted.get(claim.reason, (0, Decimal(0)))
            counted.not_counted[claim.reason] = rows + 1, quantity + claim.quantity / per_unit
    for row in answer.rows.get("forecasts", ()):
        if row["forecast_period_key"] == answer.cover.get("period_key") and row["indicator_key"] in found:
            found[row["indicator_key"]].forecast = Decimal(row["forecast_value"])
    if home is not None:
        _add_quarter_before(found, answer, home)
    return list(found.values())


def exact(answer: Answer, figures: Iterable[Figure], home: Path) -> list[Counted]:
    """What a return counts for as a rehearsed night counted it, beside the quarter before and the forecast."""
    counted = {one.indicator_key: one for one in estimate(answer, home)}
    for one in counted.values():
        one.claimed, one.verified, one.not_counted = Decimal(0), Decimal(0), {}
    for figure in figures:
        if figure.indicator_key in counted:
            of = counted[figure.indicator_key]
            of.claimed, of.verified, of.not_counted = figure.claimed, figure.verified, dict(figure.not_counted)
    return list(counted.values())


def of_the_quarter(answer: Answer) -> Iterator[Claim]:
    """The claims of a return; a row that repeats another is none, and what is of another quarter counts there."""
    repeated = {finding.place for finding in answer.findings if finding.reason_code == "row_repeated"}
    rows = {
        stream: [row for row in found if f"{answer.file_name}#{row['sheet']}!{row['row_number']}" not in repeated]
        for stream, found in answer.rows.items()
    }
    first, last = map(str, quarter_days(answer.cover["period_key"]))
    for claim in claims(rows):
        yield claim if first <= (claim.on or last) <= last else replace(claim, reason=ELSEWHEN)


def claims(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[Claim]:
    """What every row of a return claims, and why it would not count whatever its evidence."""
    yield from map(_intervention, rows.get("interventions", ()))
    yield from _assisted(rows)
    yield from _collaborations(rows)
    yield from map(_job, rows.get("jobs", ()))
    yield from (_leverage(row) for row in rows.get("leverage", ()) if row["stage"] == "realised")
    for row in rows.get("events", ()):
        yield from _event(row)


def _settled(found: Iterable[Claim]) -> Iterator[tuple[Claim, Decimal]]:
    """Each claim with its final reason, and how much of it is verified."""
    grades = {(row["indicator_key"], row["evidence"]): row["evidence_grade"] for row in _seed("evidence_rule")}
    least = {row["indicator_key"]: row["minimum_evidence_grade"] for row in _seed("indicator")}
    posts: dict[str, list[Claim]] = defaultdict(list)
    for claim in found:
        reason = claim.reason
        if reason is None and grades.get((claim.indicator_key, str(claim.evidence)), "Z") > least[claim.indicator_key]:
            reason = WEAK
        settled = replace(claim, reason=reason)
        if claim.indicator_key == "jobs_created" and reason is None:
            posts[_employer(claim.row)].append(settled)
        else:
            yield settled, Decimal(0) if reason else claim.quantity
    for of_one in posts.values():
        yield from _capped(sorted(of_one, key=lambda post: (post.row["started_on"], post.row["post_ref"])))


def _capped(posts: list[Claim]) -> Iterator[tuple[Claim, Decimal]]:
    """No firm counts more new posts than its employment rose; they take their share in order of start."""
    rise = Decimal(posts[-1].row["follow_up_fte"]) - Decimal(posts[0].row["baseline_fte"])
    left = max(rise, Decimal(0)) * _limit("ft_hours")
    for post in posts:
        allowed = min(left, post.quantity)
        left -= allowed
        reason = None if allowed else "no_employment_increase"
        yield replace(post, reason=reason), allowed


def _intervention(row: Row) -> Claim:
    reason = WITHDRAWN if row["status"] in ("withdrawn", "terminated_before_spend") else None
    if row["intervention_type"] != "scaled":
        return Claim("pilots_funded", Decimal(1), row["evidence"], row, row["agreement_signed_on"], reason)
    is_open = (
        row["new_funding_confirmed_on"] is None
        or Decimal(row["new_funding_gbp"] or 0) <= (_limit("min_scale_gbp") or 0)
        or row["pilot_completed"] != "yes"
    )
    reason = reason or ("conditions_not_met" if is_open else None)
    on = row["new_funding_confirmed_on"] or ""
    return Claim("interventions_scaled", Decimal(1), row["evidence"], row, on, reason)


def _assisted(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[Claim]:
    sessions: dict[str, list[Row]] = defaultdict(list)
    for session in rows.get("support_sessions", ()):
        sessions[reference_key(session["business_ref"])].append(session)
    grades = {row["evidence"]: row["evidence_grade"] for row in _seed("evidence_rule") if row["indicator_key"] == _H4}
    for business in rows.get("businesses", ()):
        held = sessions.get(reference_key(business["business_ref"]))
        if not held:
            continue
        counting = [session for session in held if not _is_generic(session)]
        minutes = sum(
            rounded(Decimal(session["support_hours"]) * 60, 0)
            for session in counting
            if grades.get(session["evidence"], "Z") <= "B"
        )
        reason = None
        if business["organisation_type"] != "business":
            reason = "not_a_business"
        elif minutes < _limit("assisted_hours") * 60:
            reason = "below_threshold"
        yield Claim(_H4, Decimal(1), "signed_support_log", business, max(s["supported_on"] for s in held), reason)


_H4 = "businesses_assisted"


def _is_generic(session: Row) -> bool:
    """Online and written advice counts only where it is specific to the business."""
    return session["channel"] in ("online", "written") and session["specific_advice"] == "no"


def _collaborations(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[Claim]:
    members: dict[str, list[Row]] = defaultdict(list)
    for member in rows.get("collaboration_members", ()):
        members[reference_key(member["collaboration_ref"])].append(member)
    for row in rows.get("collaborations", ()):
        listed = members.get(reference_key(row["collaboration_ref"]), [])
        reason = None
        if row["status"] == "withdrawn":
            reason = WITHDRAWN
        elif row["kind"] == "service_purchase":
            reason = "service_purchase"
        elif row["caused_by_programme"] != "yes":
            reason = "not_caused_by_programme"
        elif len({_member(member) for member in listed}) < _limit("collaboration_minimum_members"):
            reason = "fewer_than_two_organisations"
        elif not any(member["organisation_type"] == "business" for member in listed):
            reason = "no_business_member"
        yield Claim("new_collaborations", Decimal(1), row["evidence"], row, row["agreed_on"], reason)


def _member(row: Row) -> str:
    return str(row["company_number"] or row["charity_number"] or "").lstrip("0") or reference_key(
        row["organisation_name"]
    )


def _employer(row: Row) -> str:
    return str(row["company_number"] or "").replace(" ", "").lstrip("0") or reference_key(row["business_name"])


def _job(row: Row) -> Claim:
    least = _limit("permanent_months")
    reasons = {
        WITHDRAWN: row["status"] == "withdrawn",
        "not_new_post": row["post_kind"] != "new",
        "not_permanent": row["contract"] != "permanent" or Decimal(row["expected_months"] or least) < least,
        "not_filled": row["filled"] != "yes",
        "business_insolvent": row["business_status"] == "insolvent",
        "no_follow_up": row["follow_up_fte"] is None,
    }
    hours = min(_limit("ft_hours"), Decimal(row["contracted_hours"]))
    reason = next((one for one, holds in reasons.items() if holds), None)
    return Claim("jobs_created", hours, row["evidence"], row, row["started_on"], reason)


def _leverage(row: Row) -> Claim:
    excluded = {seed["source_type"] for seed in _seed("excluded_leverage_source")}
    reasons = {
        WITHDRAWN: row["status"] == "withdrawn",
        "excluded_source": row["source_type"] in excluded,
        "reported_apart": row["kind"] in ("loan", "equity"),
    }
    reason = next((one for one, holds in reasons.items() if holds), None)
    return Claim("resource_levered", Decimal(row["amount_gbp"]), row["evidence"], row, row["stage_reached_on"], reason)


def _event(row: Row) -> Iterator[Claim]:
    """Names and heads of an event off the platforms; who came to one on a platform is told by the platform."""
    if row["platform"] != "none":
        return
    names = Decimal(row["signed_in"] or 0)
    heads = max(Decimal(row["headcount"] or 0) - names, Decimal(0))
    is_ours = row["attribution"] == "wmip_funded"
    reason = None if is_ours else "not_programme_funded"
    is_above = heads > _limit("unidentified_share_limit") * (names + heads)
    for quantity, why in ((names, reason), (heads, reason or ("unidentified_above_limit" if is_above else None))):
        if quantity:
            claimed = quantity if is_ours else Decimal(0)
            yield Claim("event_attendees", claimed, row["evidence"], row, row["held_on"], why)


@cache
def _seed(name: str) -> tuple[dict[str, str], ...]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


@cache
def _limit(name: str) -> Decimal:
    """A parameter's newest edition; zero while the programme has set none."""
    editions = sorted((row["valid_from"], row["value"]) for row in _seed("parameter") if row["parameter"] == name)
    return Decimal(editions[-1][1] or 0)


def quarter_before(period_key: str) -> str:
    """The financial quarter before one such as 2024-25-Q1."""
    year, quarter = int(period_key[:4]), int(period_key[-1])
    year, quarter = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
    return f"{year}-{(year + 1) % 100:02d}-Q{quarter}"


def _add_quarter_before(found: Mapping[str, Counted], answer: Answer, home: Path) -> None:
    """The body's figures of the quarter before, from the release that readers use; nothing without one."""
    release = store.current_release(home)
    if release is None:
        return
    import duckdb

    with duckdb.connect(str(release_folder(home, release) / "mart.duckdb"), read_only=True) as mart:
        # Not as parameters: for these DuckDB imports pandas, which takes longer than all the rest.
        figures = mart.execute(
            "SELECT indicator_key, basis, value FROM indicator_value WHERE scope = 'partner' "
            f"AND scope_key = {literal(answer.cover['partner_code'])} "
            f"AND period_key = {literal(quarter_before(answer.cover['period_key']))}"
        ).fetchall()
    for indicator, basis, value in figures:
        # One that is withheld is not known.
        if indicator in found and value is not None:
            setattr(found[indicator], f"before_{basis}", Decimal(value))


def reasons_said(counted: Counted) -> str:
    """What will not count, and why, in words."""
    return "; ".join(
        f"{number(quantity, counted.unit)} in {rows} row{'s' * (rows > 1)}: "
        f"{TO_DO.get(reason, reason.replace('_', ' '))}"
        for reason, (rows, quantity) in sorted(counted.not_counted.items())
    )


def counts_as_json(counts: Iterable[Counted]) -> list[dict[str, Any]]:
    """The figures as plain data; numbers as text, as they are exact."""

    def text(value: Decimal | None) -> str | None:
        return None if value is None else f"{value:f}"

    return [
        {
            "indicator": one.indicator_key,
            "unit": one.unit,
            "claimed": text(one.claimed),
            "verified": text(one.verified),
            "quarter_before": {"claimed": text(one.before_claimed), "verified": text(one.before_verified)},
            "forecast": text(one.forecast),
            "not_counted": [
                {"reason": reason, "rows": rows, "quantity": text(quantity)}
                for reason, (rows, quantity) in sorted(one.not_counted.items())
            ],
        }
        for one in counts
    ]
