"""When a night is quiet, and when its evaluation says what that of the night before said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from common.home import evaluation_folder, warehouse_file
from ingestion.storage.office import PUBLISHED_FIGURE, REGISTERS, append
from orchestration import code_version
from orchestration.assets import quiet
from orchestration.configuration import AssuranceConfiguration, Configuration, load_configuration
from orchestration.dbt_build import Refreshed
from orchestration.dbt_compiled import Model
from orchestration.evaluators import READS_BESIDE_THE_MART, RUN, NightFacts, run_evaluators, says_the_same
from orchestration.night import NightRecord, write_record
from orchestration.resources import Night, left_behind
from quality import verdicts
from quality.gate import CheckResult, Verdict

CLOCK = datetime(2025, 5, 16, 2, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def night(tmp_path):
    warehouse_file(tmp_path).write_bytes(b"as it was left")
    tonight = Night(tmp_path, CLOCK, "tonight", Configuration(), {}, lambda _stage, _message: None)
    tonight.update_record(number=2)
    return tonight


def the_night_before(night, **more):
    record = NightRecord("before", "2025-05-15T02:00:00+00:00", outcome="published", number=1, left=left_behind(night))
    write_record(night.home, replace(record, **more))


def why_built(night):
    """Why a night is built, found out before anything is looked at in its warehouse."""
    if quiet._what_differs(night, quiet._night_before(night)):
        assert not quiet.stands(night, {})
    return quiet._what_differs(night, quiet._night_before(night))


def test_nothing_says_that_a_night_with_everything_as_it_was_left_has_to_be_built(night):
    the_night_before(night)
    assert why_built(night) == ""


@pytest.mark.parametrize("outcome", ["blocked", "failed", "stopped", "started", "damaged"])
def test_after_a_night_that_did_not_go_well_the_next_is_built(night, outcome):
    the_night_before(night, outcome=outcome)
    assert why_built(night) == "there is no night before it that went well"


def test_the_first_night_and_one_that_was_asked_for_are_built(night):
    assert why_built(night) == "there is no night before it that went well"
    the_night_before(night)
    assert why_built(replace(night, full=True)) == "it was asked for"


@pytest.mark.parametrize("named", quiet._NAMED)
def test_what_is_not_as_it_was_left_is_named_in_the_record(night, named):
    the_night_before(night, left={**left_behind(night), named: "another"})
    assert why_built(night) == f"not as the night before left it: {quiet._NAMED[named]}"
    assert quiet.all_records(night.home)[-1].built_because == why_built(night)


@pytest.mark.parametrize("register", REGISTERS)
def test_what_people_decided_is_a_reason_to_build_and_what_a_release_said_is_none(night, register):
    the_night_before(night)
    append(night.home, register, [dict.fromkeys(REGISTERS[register])], CLOCK)
    assert why_built(night) == (
        "" if register == PUBLISHED_FIGURE else "not as the night before left it: what was landed and decided"
    )


def test_a_night_before_they_were_written_down_left_nothing_that_could_stand(night):
    the_night_before(night, left={})
    assert why_built(night).startswith("not as the night before left it")


@pytest.mark.parametrize("harm", ["edited", "taken away", "laid beside"])
def test_tables_of_the_evaluation_that_somebody_altered_are_not_built_upon(night, harm):
    table = evaluation_folder(night.home) / "evaluation_result" / "evaluation_result.parquet"
    table.parent.mkdir(parents=True)
    table.write_bytes(b"as it was left")
    the_night_before(night)
    assert why_built(night) == ""
    if harm == "edited":
        table.write_bytes(b"another figure")
    elif harm == "taken away":
        table.unlink()
    else:
        table.with_name("more.parquet").write_bytes(b"more")
    assert why_built(night) == "not as the night before left it: the tables of the evaluation"


def test_another_version_of_a_library_is_another_night(monkeypatch):
    found = code_version.libraries.__wrapped__()
    monkeypatch.setattr(code_version, "version", lambda name: "0.0.1" if name == "splink" else version(name))
    assert code_version.libraries.__wrapped__() != found
    monkeypatch.setattr(code_version, "version", version)
    assert code_version.libraries.__wrapped__() == found


@pytest.mark.parametrize(
    ("published_before", "stands"), [("the same", True), ("with other figures withheld", False), (None, False)]
)
def test_an_evaluation_stands_only_where_the_same_figures_are_published(night, monkeypatch, published_before, stands):
    the_night_before(night, candidate_fingerprint="a")
    if published_before:
        verdicts.save(night.home, Verdict("a", published_before, "suites", CLOCK))
    passed = CheckResult("one", "", "critical", "", "passed", "", 1, 0, [], "", "", "", CLOCK)
    # The candidate may be the one of the night before, whose verdict this takes the place of.
    verdict = Verdict("a", "the same", "suites", CLOCK, [passed])

    def judged(night, _hangs_on):
        verdicts.save(night.home, verdict)
        return verdict

    done = []
    for name, instead in {
        "_refreshed": lambda _night, _steps: Refreshed(0, 0, 0, 0),
        "judge": judged,
        "says_the_same": lambda *_: True,
        "of_another_night": lambda *_: done.append("that of the night before"),
        "evaluated": lambda *_: {},
        "keep_tables": lambda *_: done.append("anew"),
        "publish_candidate": lambda _night: None,
        "load_release": lambda _night: None,
    }.items():
        monkeypatch.setattr(quiet, name, instead)
    assert quiet.stands(night, {})
    assert done == ["that of the night before" if stands else "anew"]


@pytest.mark.parametrize(
    ("where", "may"),
    [
        ("mart.source_freshness", True),
        ("mart.indicator_value", False),
        ("mart.waiver", False),
        ("staging.stg_runs__night", True),
        ("staging.stg_registers__assumptions", False),
        ("seed.parameter", False),
        ("intermediate.int_organisation__record", False),
    ],
)
def test_a_night_is_quiet_while_only_what_tells_of_nights_comes_out_otherwise(where, may):
    schema, name = where.split(".")
    assert quiet._may_differ(Model(f"model.wmip.{name}", name, schema, "table", (), "", ())) is may


def test_what_evaluators_read_beside_the_mart_is_declared():
    sources = [*(ROOT / "evaluation").rglob("*.py"), ROOT / "orchestration" / "evaluators.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    beside = re.findall(r"\b(?:seed|staging|intermediate)\.([a-z_]+)", text)
    assert set(beside) == READS_BESIDE_THE_MART


def test_days_between_which_an_evaluation_says_the_same(small_release):
    warehouse = warehouse_file(small_release.path)
    configuration = load_configuration(small_release.path).evaluation

    def on(day):
        return NightFacts(day, "candidate", status, configuration)

    def evaluated(day):
        tables = run_evaluators(warehouse, on(day), lambda _message: None)
        return {name: table for name, table in tables.items() if name != RUN}

    status = small_release.query("SELECT DISTINCT gate_status FROM evaluation_run")[0][0]
    first = date(2025, 5, 15)
    last = max(day for day in (first + timedelta(n) for n in range(60)) if says_the_same(warehouse, on(day), first))
    assert last < date(2025, 6, 30), "a quarter ends on that day"
    assert evaluated(last) == evaluated(first)
    # The network is that of the quarters that ended by the day.
    ends = date(2025, 3, 31)
    assert evaluated(ends) != evaluated(ends - timedelta(days=1))
    assert not says_the_same(warehouse, on(ends), ends - timedelta(days=1))
    assert not says_the_same(warehouse, on(ends - timedelta(days=1)), ends), "a clock that was put right"
    assert not says_the_same(warehouse, replace(on(last), gate_status="another"), first)
    assured = AssuranceConfiguration(assumptions="0" * 12, assurer="a role", assured_on=last)
    assert not says_the_same(
        warehouse, replace(on(last), configuration=configuration.model_copy(update={"assurances": [assured]})), first
    )
