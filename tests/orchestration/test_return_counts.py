"""What a return will count for by itself, held against what a whole night counted of the same returns."""

from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest

from ingestion.files.limits import Limits
from ingestion.sources.returns.answer import look_at
from orchestration.rehearsal import Figure
from orchestration.return_counts import (
    counts_as_json,
    estimate,
    exact,
    of_the_quarter,
    quarter_before,
    reasons_said,
)
from tests.ingestion.sources.test_returns import BUSINESS, EVENT, POST, SESSION, TRANCHE, _write

LOG = {**SESSION, "Evidence": "Signed support log", "Channel": "In person"}
FIRM = {"Business name": "Firm Ltd", "Company number": 1234567}


def answer_to(path):
    return next(look_at(path, path.parent / "nohome", {}, None, Limits()))


def counted(tmp_path, **tables):
    return {one.indicator_key: one for one in estimate(answer_to(_write(tmp_path / "r.xlsx", rows=tables)))}


def test_a_business_counts_from_twelve_hours_on_signed_logs(tmp_path):
    sessions = [{**LOG, "Hours": 11}, {**LOG, "Session ref": "S2", "Date": "02/05/2023", "Hours": 1}]
    of = counted(tmp_path, BUSINESSES=[BUSINESS], SUPPORT=sessions)["businesses_assisted"]
    assert (of.claimed, of.verified, of.not_counted) == (1, 1, {})
    sessions[1]["Evidence"] = "Adviser note"
    of = counted(tmp_path, BUSINESSES=[BUSINESS], SUPPORT=sessions)["businesses_assisted"]
    assert (of.claimed, of.verified, of.not_counted) == (1, 0, {"below_threshold": (1, Decimal(1))})


def test_posts_count_up_to_the_rise_of_employment_in_order_of_start(tmp_path):
    post = {**POST, **FIRM, "Contracted hours": 37.5, "Evidence": "Payroll extract", "Baseline FTE": 10}
    posts = [
        {**post, "Follow-up FTE": 11.5, "Follow-up on": "30/06/2023"},
        {**post, "Post ref": "P2", "Started on": "02/06/2023", "Follow-up FTE": 11.5, "Follow-up on": "30/06/2023"},
        {**post, "Post ref": "P3", "Started on": "03/06/2023", "Follow-up FTE": 11.5, "Follow-up on": "30/06/2023"},
        {**post, "Post ref": "P4", "Contract": "Fixed term", "Follow-up FTE": 11.5, "Follow-up on": "30/06/2023"},
    ]
    of = counted(tmp_path, JOBS=posts)["jobs_created"]
    assert (of.claimed, of.verified) == (4, Decimal("1.5"))
    assert of.not_counted == {"not_permanent": (1, Decimal(1)), "no_employment_increase": (1, Decimal(1))}
    assert "only permanent posts" in reasons_said(of)


def test_names_of_a_sheet_count_and_too_many_heads_without_one_do_not(tmp_path):
    sheet = {**EVENT, "Platform": "None", "Platform event id": None, "Evidence": "Signed sheet"}
    of = counted(tmp_path, EVENTS=[{**sheet, "Signed in": 30, "Headcount": 40}])["event_attendees"]
    assert (of.claimed, of.verified, of.not_counted) == (40, 40, {})
    of = counted(tmp_path, EVENTS=[{**sheet, "Signed in": 29, "Headcount": 40}])["event_attendees"]
    assert (of.claimed, of.verified) == (40, 29)
    assert of.not_counted == {"unidentified_above_limit": (1, Decimal(11))}
    of = counted(tmp_path, EVENTS=[{**sheet, "Signed in": 30, "Headcount": 40, "Attribution": "Aligned"}])
    assert (of["event_attendees"].claimed, of["event_attendees"].verified) == (0, 0)


def test_only_realised_money_from_outside_is_leverage(tmp_path):
    realised = {**TRANCHE, "Stage": "Realised", "Evidence": "Defrayal evidence", "Amount (£)": 1000}
    rows = [
        realised,
        {**realised, "Tranche": 2, "Kind": "Loan"},
        {**realised, "Tranche": 3, "Source type": "Own budget"},
        {**realised, "Tranche": 4, "Evidence": "Signed agreement"},
        {**realised, "Tranche": 5, "Status": "Withdrawn"},
        {**realised, "Tranche": 6, "Stage": "Committed"},
    ]
    of = counted(tmp_path, LEVERAGE=rows)["resource_levered"]
    assert (of.claimed, of.verified) == (4000, 1000)
    assert set(of.not_counted) == {"reported_apart", "excluded_source", "evidence_below_minimum", "withdrawn"}


def test_what_is_of_another_quarter_counts_there_and_a_repeated_row_once(tmp_path):
    realised = {**TRANCHE, "Stage": "Realised", "Evidence": "Defrayal evidence", "Amount (£)": 1000}
    rows = [realised, realised, {**realised, "Tranche": 2, "Stage reached on": "31/03/2023"}]
    of = counted(tmp_path, LEVERAGE=rows)["resource_levered"]
    assert (of.claimed, of.verified, of.not_counted) == (1000, 1000, {"another_quarter": (1, Decimal(1000))})


def test_the_exact_figures_take_the_place_of_the_estimate(tmp_path):
    answer = answer_to(_write(tmp_path / "r.xlsx", rows={"LEVERAGE": [{**TRANCHE, "Stage": "Realised"}]}))
    night = Figure("resource_levered", Decimal(7), Decimal(5), {"duplicate": (1, Decimal(2))})
    counts = {one.indicator_key: one for one in exact(answer, [night], tmp_path / "nohome")}
    of = counts["resource_levered"]
    assert (of.claimed, of.verified, of.not_counted) == (7, 5, {"duplicate": (1, Decimal(2))})
    assert counts["pilots_funded"].claimed == 0
    assert of.before_verified is None


def test_the_return_of_another_programme_counts_for_none_of_our_indicators(tmp_path):
    answer = answer_to(_write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS]}))
    assert len(estimate(answer)) == 7
    assert estimate(replace(answer, template="PATHFINDERS")) == []


def test_figures_are_kept_exact(tmp_path):
    assert [quarter_before(of) for of in ("2024-25-Q1", "2024-25-Q4", "2099-00-Q1")] == [
        "2023-24-Q4", "2024-25-Q3", "2098-99-Q4",
    ]  # fmt: skip
    told = counts_as_json(counted(tmp_path, EVENTS=[]).values())
    assert next((one["indicator"], one["claimed"], one["forecast"]) for one in told) == ("pilots_funded", "0", None)


REFERENCES = {
    "pilots_funded": lambda row: row["intervention_ref"],
    "interventions_scaled": lambda row: row["intervention_ref"],
    "new_collaborations": lambda row: row["collaboration_ref"],
    "jobs_created": lambda row: row["post_ref"],
    "resource_levered": lambda row: f"{row['agreement_ref']}:{row['tranche']}",
}


@pytest.fixture(scope="module")
def compared(small_release):
    """Of every body's current return and indicator: what the estimate claims and verifies, and what the night did with
    the same references in the same quarter; and whether the register decided on one of them.
    """
    home = small_release.path
    found = []
    with duckdb.connect(str((home / "releases" / "current" / "mart.duckdb").resolve()), read_only=True) as mart:
        current = set(mart.execute("SELECT file_name FROM return_expected WHERE is_received").fetchall())
        decided = mart.execute(
            "SELECT DISTINCT partner_code, source_ref FROM read_parquet($files)",
            {"files": str(home / "landing" / "registers" / "verification" / "2*.parquet")},
        ).fetchall()
        for path in sorted((home / "inbox" / "returns").glob("*.xlsx")):
            answer = next(look_at(path, home / "nohome", {}, None, Limits()))
            if answer.refused is not None or (path.name,) not in current:
                continue
            body, quarter = answer.cover["partner_code"], answer.cover["period_key"]
            claims = [one for one in of_the_quarter(answer) if one.reason != "another_quarter"]
            for counted in estimate(answer):
                if counted.indicator_key not in REFERENCES:
                    continue
                refer = REFERENCES[counted.indicator_key]
                refs = [refer(one.row) for one in claims if one.indicator_key == counted.indicator_key]
                claimed, verified = mart.execute(
                    "SELECT coalesce(sum(claimed_quantity) FILTER (WHERE status <> 'withdrawn'), 0), "
                    "coalesce(sum(quantity) FILTER (WHERE is_counted AND status = 'verified'), 0) FROM indicator_fact "
                    "WHERE indicator_key = $indicator AND partner_key = $body AND claimed_period_key = $quarter "
                    "AND source_ref IN (SELECT unnest($refs))",
                    {"indicator": counted.indicator_key, "body": body, "quarter": quarter, "refs": refs},
                ).fetchone()
                is_decided = any((body, ref) in decided for ref in refs)
                found.append((counted, claimed, verified, is_decided))
    return found


@pytest.mark.long
@pytest.mark.xdist_group("small_release")
def test_the_estimate_claims_what_the_night_claims(compared):
    differing = [one for one in compared if abs(one[0].claimed - one[1]) > Decimal("0.001")]
    assert sum(one[0].claimed > 0 for one in compared) > 20, "there is something to compare"
    # What a later quarter withdrew or called by another reference no workbook alone can know.
    assert len(differing) <= 0.01 * len(compared), [(one[0].indicator_key, one[0].claimed, one[1]) for one in differing]


@pytest.mark.long
@pytest.mark.xdist_group("small_release")
def test_the_night_verifies_no_more_than_the_estimate_unless_the_register_decided(compared):
    beyond = [one for one in compared if one[2] > one[0].verified + Decimal("0.001")]
    assert all(is_decided for *_, is_decided in beyond)
    assert sum(verified > 0 for _, _, verified, _ in compared) > 10
