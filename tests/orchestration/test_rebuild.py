"""A release made again from what it says it was made of."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.code_version import code_version
from orchestration.dbt_compiled import Compiled, Model
from orchestration.errors import UserError
from orchestration.release import rebuild
from orchestration.release.inputs import INPUTS, as_data, described, makers
from orchestration.release.rebuild import LostInput
from orchestration.release.steps.gate_tables import GATE_TABLES
from tests.conftest import wmip


def test_a_night_made_again_is_the_same_table_by_table(small_release):
    shown = wmip("release", "rebuild", "--home", small_release.path)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    (said,) = [line for line in shown.stdout.splitlines() if "made again" in line]
    # The gate's own tables are made by the release.
    tables = len(small_release.query("SELECT table_name FROM duckdb_tables()")) - len(GATE_TABLES)
    assert f"{tables} of {tables} tables are the same, row for row." in said


def landed(home: Path, name: str, persons: list[str]) -> Path:
    path = home / "landing" / "eventbrite" / "attendees" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"person_key": persons}), path)
    return path


def test_what_is_no_longer_as_it_was_read_is_named_and_the_registry_is_the_releases(tmp_path):
    home, release, copy = tmp_path / "home", tmp_path / "release", tmp_path / "copy"
    paths = [landed(home, name, ["p_1", "p_2"]) for name in ("same.parquet", "rewritten.parquet", "gone.parquet")]
    decided = home / "registry" / "organisation_record.parquet"
    kept = release / "registry" / "organisation_record.parquet"
    for path in (decided, kept):
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table({"key": ["org_1"]}), path)
    files = as_data(described(home, [*paths, decided]))
    landed(home, "rewritten.parquet", ["p_1", "ERASED-1"])
    paths[2].unlink()
    pq.write_table(pa.table({"key": ["org_1", "org_2"]}), decided)

    lost = list(rebuild._lay_out(home, release, files, copy))
    assert [str(one) for one in lost] == [
        "landing/eventbrite/attendees/gone.parquet is no longer there (2 rows)",
        "landing/eventbrite/attendees/rewritten.parquet was rewritten since, 1 of its 2 rows are of erased persons",
    ]
    laid = copy / "landing" / "eventbrite" / "attendees"
    assert {path.name for path in laid.glob("*[!a].parquet")} >= {"same.parquet", "rewritten.parquet"}
    assert not (laid / "gone.parquet").exists()
    assert pq.read_table(copy / "registry" / "organisation_record.parquet").num_rows == 1


def model(name: str, schema: str, reads: tuple[str, ...], sql: str = "") -> Model:
    tags = ("prepare",) if schema == "staging" else ("evaluation",) if schema == "evaluation" else ()
    return Model(f"model.{name}", name, schema, "table", tags, sql, reads)


def test_only_what_is_made_of_a_lost_file_may_differ(tmp_path):
    project = Compiled(
        (
            model("stg_people", "staging", (), "FROM read_parquet('landing/eventbrite/attendees/*.parquet')"),
            model("stg_jobs", "staging", (), "FROM read_parquet('landing/returns/jobs/*.parquet')"),
            model("dim_person", "mart", ("model.stg_people",)),
            model("fct_job", "mart", ("model.stg_jobs",)),
            model("evaluation_result", "evaluation", ()),
        ),
        (),
        tmp_path / "seeds",
    )
    lost = [LostInput("landing/eventbrite/attendees/x.parquet", 2, is_there=False)]
    touched = rebuild._made_of(project, lost)
    assert touched == {"stg_people", "dim_person", "evaluation_result"}
    assert rebuild._made_of(project, []) == set()

    mart, again = tmp_path / "mart.duckdb", tmp_path / "warehouse.duckdb"
    for file, schema, jobs in ((mart, "main", 4), (again, "mart", 5)):
        with duckdb.connect(str(file)) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS mart; CREATE SCHEMA IF NOT EXISTS evaluation")
            connection.execute(f"CREATE TABLE {schema}.dim_person AS SELECT {jobs} AS person")
            connection.execute(f"CREATE TABLE {schema}.fct_job AS FROM range({jobs}) AS t (job)")
            connection.execute(f"CREATE TABLE {schema}.dim_period AS SELECT 1 AS period")
    with duckdb.connect(str(mart)) as connection:
        connection.execute("CREATE TABLE release_info AS SELECT 1 AS x; CREATE TABLE gone AS FROM range(3)")
    same, differing = rebuild._compare(mart, again, touched)
    assert same == ["dim_period"]
    found = {one.table: (one.only_published, one.only_rebuilt, one.is_explained) for one in differing}
    assert found == {"dim_person": (1, 1, True), "fct_job": (0, 1, False), "gone": (3, 0, False)}
    assert not rebuild.Rebuilt("r", same, differing).is_same
    assert rebuild.Rebuilt("r", same, differing[:1]).is_same


def says(**changes: object) -> dict:
    said = {
        "release_id": "2025-07-01.1", "code_version": code_version(), "commit": None, "time_zone": "Europe/London",
        "returns": "", "made_by": makers(),
    }  # fmt: skip
    return {**said, **changes}


def test_another_code_or_place_is_refused_with_what_to_do():
    assert list(rebuild._elsewhere(says(), any_code=False)) == []
    with pytest.raises(UserError, match=r"made by code 0\.0\.1 \(commit abc\).*checkout of that commit"):
        list(rebuild._elsewhere(says(code_version="0.0.1", commit="abc"), any_code=False))
    assert len(list(rebuild._elsewhere(says(code_version="0.0.1"), any_code=True))) == 1
    with pytest.raises(UserError, match="WMIP_TIME_ZONE='America/New_York'"):
        list(rebuild._elsewhere(says(time_zone="America/New_York"), any_code=True))
    (note,) = rebuild._elsewhere(says(made_by={**makers(), "duckdb": "1.4.0"}), any_code=False)
    assert note.startswith("duckdb is ")


def test_a_release_that_does_not_say_what_it_is_made_of_says_so(tmp_path):
    (tmp_path / "releases" / "2025-07-01.1").mkdir(parents=True)
    with pytest.raises(UserError, match=INPUTS):
        rebuild.rebuild(tmp_path, "2025-07-01.1", lambda _doing: None)


def test_inputs_name_code_clock_and_every_file(small_release):
    said = json.loads((small_release.path / "releases" / "current" / INPUTS).read_text())
    assert (said["clock"], said["time_zone"]) == ("2025-05-15T02:00:00+00:00", "Europe/London")
    assert said["code_version"] == code_version()
    assert any(path.startswith("registry/organisation_record") for path in said["files"])
    landed_there = (small_release.path / "landing" / "eventbrite").glob("*/*.parquet")
    assert {str(path.relative_to(small_release.path)) for path in landed_there} <= said["files"].keys()
