"""`wmip nights`, and the nights as rows for the mart."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from orchestration.night import NightRecord, write_record
from orchestration.night_log import keep_ended
from orchestration.resources import StageTimes
from tests.conftest import wmip

STAGES = [{"stage": "Reading returns", "seconds": 12.5}, {"stage": "Publishing", "seconds": 2.0}]


@pytest.fixture
def home(tmp_path):
    nights = [
        NightRecord("20250515T020000Z", "2025-05-15T02:00:00+00:00", outcome="published", release_id="2025-05-15.1",
                    number=1, stages=STAGES, started_at="2025-05-15T02:00:01+00:00",
                    ended_at="2025-05-15T02:00:21+00:00", serving="2025-05-15.1"),
        NightRecord("20250516T020000Z", "2025-05-16T02:00:00+00:00", outcome="blocked", number=2,
                    message="1 of 129 checks keep it.\n\ndetails", gate={"blocked_by": ["fetches_are_complete"]},
                    not_read={"eventbrite": "far fewer events than before"}, returns_late=["CB07:2024-25-Q4"],
                    serving="2025-05-15.1",
                    alerts=[{"alert": "night_ended", "scope": "blocked", "is_raised": True, "is_told": True,
                             "reason": "1 of 129 checks keep it."}]),
        NightRecord("20250517T020000Z", "2025-05-17T02:00:00+00:00", number=3),
    ]  # fmt: skip
    for night in nights:
        write_record(tmp_path, night)
    return tmp_path


def test_a_release_without_all_its_figures_does_not_pass_for_a_whole_one(home):
    gate = {"withheld": ["returned: partner:CB01 period:2024-25-Q4"]}
    write_record(home, NightRecord("20250518T020000Z", "2025-05-18T02:00:00+00:00", outcome="published", number=4,
                                   release_id="2025-05-18.1", gate=gate))  # fmt: skip
    shown = wmip("nights", "--home", home).stdout
    assert shown.count("withheld:") == 1
    assert "withheld: returned: partner:CB01 period:2024-25-Q4" in " ".join(shown.replace("│", " ").split())
    (*_, last) = json.loads(wmip("nights", "--home", home, "--format", "json").stdout)
    assert last["withheld"] == gate["withheld"][0]


def test_every_night_is_listed_with_why_and_what_serves(home):
    shown = wmip("nights", "--home", home).stdout
    for part in (
        "published",
        "20 s",
        "Reading returns 12 s",
        "blocked by fetches_are_complete",
        "not read: eventbrite",
        "returns late: CB07:2024-25-Q4",
        "unfinished",
    ):
        assert part in shown, part
    assert "Nothing has been published yet." in shown
    (home / "releases" / "2025-05-15.1").mkdir(parents=True)
    (home / "releases" / "2025-05-15.1" / "manifest.json").write_text("{}")
    (home / "releases" / "current").symlink_to("2025-05-15.1")
    shown = wmip("nights", "--home", home).stdout
    assert "Release 2025-05-15.1, the last good one, keeps serving since 2025-05-15." in shown
    assert "Nights since it was published: 2, of which 2 ended without a release." in shown


def test_a_part_of_a_night_that_ended_is_none_that_was_killed(tmp_path):
    part = NightRecord("20250518T020000Z", "2025-05-18T02:00:00+00:00", number=1, ended_at="2025-05-18T02:01:00+00:00")
    assert part.without_outcome == "a part of a night was run, and ended"
    assert replace(part, ended_at="").without_outcome == "it left no outcome: at work, or killed"
    assert replace(part, outcome="blocked").without_outcome == ""
    write_record(tmp_path, part)
    keep_ended(tmp_path)
    (night,) = pq.read_table(tmp_path / "runs" / part.run_id / "night" / "log.parquet").to_pylist()
    assert (night["outcome"], night["reason"]) == ("unfinished", part.without_outcome)


def test_one_night_is_shown_in_full_by_its_number_or_run(home):
    for name in ("2", "20250516T020000Z"):
        shown = wmip("nights", name, "--home", home).stdout
        for part in ("far fewer events than before", "night_ended", "details"):
            assert part in shown, part
    wrong = wmip("nights", "20250515T020000", "--home", home)
    assert (wrong.returncode, "20250515T020000Z" in wrong.stderr) == (2, True)
    assert "no night was opened" in wmip("nights", "--home", home / "empty").stderr


def test_nights_come_as_data(home):
    rows = list(csv.DictReader(io.StringIO(wmip("nights", "--home", home, "--format", "csv").stdout)))
    assert [row["outcome"] for row in rows] == ["published", "blocked", "unfinished"]
    assert (rows[0]["reading_returns_seconds"], rows[1]["reading_returns_seconds"]) == ("12.5", "")
    (last,) = json.loads(wmip("nights", "--home", home, "--format", "json", "--last", "1").stdout)
    assert last["night_number"] == 3


def test_each_night_becomes_rows_once_and_what_was_said_stays(home):
    keep_ended(home)
    folder = home / "runs" / "20250516T020000Z"
    (night,) = pq.read_table(folder / "night" / "log.parquet").to_pylist()
    assert (night["outcome"], night["blocked_by"], night["reason"]) == (
        "blocked", "fetches_are_complete", "1 of 129 checks keep it.",
    )  # fmt: skip
    assert pq.read_table(folder / "night_alert" / "log.parquet").num_rows == 1
    (killed,) = pq.read_table(home / "runs" / "20250517T020000Z" / "night" / "log.parquet").to_pylist()
    assert (killed["outcome"], killed["ended_at"]) == ("unfinished", None)
    stages = pq.read_table(home / "runs" / "20250515T020000Z" / "night_stage" / "log.parquet").to_pylist()
    assert [(stage["position"], stage["stage"]) for stage in stages] == [(1, "Reading returns"), (2, "Publishing")]
    before = (folder / "night" / "log.parquet").stat().st_mtime_ns
    keep_ended(home)
    assert (folder / "night" / "log.parquet").stat().st_mtime_ns == before


def test_stages_are_measured_in_their_order_and_told_on(monkeypatch):
    now = iter([0.0, 3.0, 3.0, 4.0, 4.0, 9.0])
    monkeypatch.setattr("orchestration.resources.time.monotonic", lambda: next(now))
    told = []
    stages = StageTimes(lambda stage, message: told.append((stage, message)))
    for stage, message in (("Reading", "a"), ("Reading", "b"), ("Checking", "c"), ("Reading", "d")):
        stages(stage, message)
    assert stages.measured() == [{"stage": "Reading", "seconds": 8.0}, {"stage": "Checking", "seconds": 1.0}]
    assert told[1] == ("Reading", "b")
