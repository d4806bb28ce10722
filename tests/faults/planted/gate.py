"""The gate: its checks, its engine, its verdict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg

from common.home import verdict_file, warehouse_file
from orchestration.assets.release import build_release_asset
from orchestration.configuration import Configuration
from orchestration.resources import Night
from quality import verdicts
from quality.check_outcome import Evaluation
from quality.fingerprint import mart_fingerprint
from tests.faults.fault import Planted, then_night, written
from tests.faults.stage import (
    FIRST,
    NOTHING,
    PUBLISHED,
    TONIGHT,
    Stage,
)
from tests.ingestion.storage import test_damage as damage

_CHECK = """\
checks:
- name: of_this_tenant
  dimension: validity
  severity: {severity}
  table: indicator_fact
  owner: this tenant
  meaning: A check that was planted.
  remedy: Take it out.
  unexpected_rows: {sql}
"""
# Against a check that protects all of the release.
_RELEASE_WIDE = "UPDATE mart.dim_person SET person_key = 'ann@example.org'"
_RAISING = {
    "a column that is not there": "SELECT no_such_column FROM {batch}",
    "a table that is not there": "SELECT 1 FROM {batch}, mart.no_such_table",
    "an error as it runs": "SELECT error(fact_key) FROM {batch}",
    "no SQL": "SELECT FROM WHERE {batch}",
    "a single brace": "SELECT fact_key FROM {batch} WHERE fact_key = '{'",
}
_WRITING = {
    "COPY to a file": "COPY (SELECT 1 FROM {batch}) TO 'OUT'",
    "ATTACH of a file": "ATTACH 'OUT' AS other; SELECT 1 FROM {batch}",
    "CREATE TABLE": "CREATE TABLE mart.planted AS SELECT 1 FROM {batch}",
    "UPDATE": "UPDATE mart.indicator_value SET value = 0; SELECT 1 FROM {batch}",
    "DELETE alone": "DELETE FROM mart.finding",
    "EXPORT DATABASE": "EXPORT DATABASE 'OUT'; SELECT 1 FROM {batch}",
    "SET of a setting": "SET enable_external_access = true; SELECT 1 FROM {batch}",
    "a file read": "SELECT content FROM read_text('/etc/hostname'), {batch}",
    "a second statement": "SELECT 1 FROM {batch} WHERE false; DROP TABLE mart.finding",
}


def faults() -> Iterator[Planted]:
    """Every fault of this place."""
    gate = partial(Planted, place="gate")
    for what, sql in _RAISING.items():
        for severity in ("critical", "warning"):
            yield gate(
                f"raises_{severity}_{what}".replace(" ", "_"),
                what=f"a {severity} check with {what}",
                expected=NOTHING,
                act=partial(_own_check, sql, severity),
                says="of_this_tenant",
            )
    for what, sql in _WRITING.items():
        yield gate(
            f"writes_{what}".replace(" ", "_"),
            what=f"a tenant's check that tries {what}",
            expected=NOTHING,
            act=partial(_writing_check, sql),
            says="of_this_tenant",
            is_quick=what == "COPY to a file",
        )
    for what, content, said in (
        ("without a check in it", "checks: []\n", "no checks in it"),
        ("that is empty", "", "no checks in it"),
        ("that is no YAML", "checks: [", "not valid YAML"),
        ("with a check that says nothing of itself", "checks:\n- name: odd\n", "odd"),
        (
            "with a name of the product's checks",
            _CHECK.replace("of_this_tenant", "each_fact_is_there_once").format(
                severity="warning", sql="SELECT 1 FROM {batch} WHERE false"
            ),
            "defined twice",
        ),
    ):
        yield gate(
            f"suite_{what}".replace(" ", "_"),
            what=f"a suite {what}",
            expected=NOTHING,
            act=partial(then_night, partial(written, "checks/own.yaml", content)),
            says=said,
        )
    yield gate(
        "check_skipped",
        what="the engine leaves one check out",
        expected=NOTHING,
        act=_skipping_engine,
        says="no result came back",
        is_quick=True,
    )
    yield gate(
        "engine_silent",
        what="the engine gives no result at all",
        expected=NOTHING,
        says="no result came back",
        act=partial(_with_engine, lambda _warehouse, _checks: {}),
    )
    yield gate(
        "engine_raises",
        what="the engine itself fails",
        expected=NOTHING,
        says="the engine is broken",
        act=partial(_with_engine, mock.Mock(side_effect=RuntimeError("the engine is broken"))),
    )
    yield gate(
        "nothing_applies", what="no check applies", expected=NOTHING, act=_nothing_applies, says="looked at nothing"
    )
    yield gate(
        "judgements_lie",
        what="kept judgements say that rows against a check are none",
        expected=NOTHING,
        act=_lying_judgements,
        says="person_keys_are_pseudonyms",
        is_quick=True,
    )
    yield gate(
        "judgements_damaged",
        what="the kept judgements cannot be read",
        expected=PUBLISHED,
        act=partial(then_night, partial(written, "verdicts/judgements.json", "{")),
    )
    for name, what, spoil, said in (
        ("missing", "is gone", lambda path, _: path.unlink(), "has not judged this candidate"),
        ("cut", "is cut short", lambda path, text: path.write_text(text[:-20]), "is damaged"),
        ("of_another", "is that of another candidate, renamed", _another_verdict, "is damaged"),
        ("emptied", "has its results taken out", partial(_edited, results=[]), "is damaged"),
        ("by_others", "says that other suites judged", partial(_edited, suites_fingerprint="others"), "is damaged"),
    ):
        yield gate(
            f"verdict_{name}",
            what=f"between gate and release the verdict {what}",
            expected=NOTHING,
            act=partial(_spoilt_verdict, spoil),
            says=said,
            is_quick=name == "of_another",
        )
    yield gate(
        "verdict_turned",
        what="a failed verdict is edited to say passed",
        expected=NOTHING,
        act=_turned_verdict,
        says="is damaged",
        is_quick=True,
    )
    for name, what, sql in (
        ("figure", "a figure is changed", "UPDATE mart.indicator_value SET value = 99"),
        ("row", "a row is added", "INSERT INTO mart.finding BY NAME SELECT 'odd' AS rule"),
        ("table", "a table is dropped", "DROP TABLE mart.finding"),
        ("new_table", "a table comes in", "CREATE TABLE mart.odd AS SELECT 1 AS x"),
        ("column", "a column goes", "ALTER TABLE mart.finding DROP COLUMN message"),
        ("type", "a type changes", "ALTER TABLE mart.finding ALTER COLUMN found_at TYPE VARCHAR"),
    ):
        yield gate(
            f"changed_{name}",
            what=f"between gate and release {what} in the candidate",
            expected=NOTHING,
            act=partial(_between, lambda stage, sql=sql: stage.query(sql)),
            says="has not judged this candidate",
        )
    yield gate(
        "suites_changed",
        what="between gate and release a tenant's suite is added",
        expected=NOTHING,
        says="stale",
        act=partial(
            _between,
            partial(
                written, "checks/own.yaml", _CHECK.format(severity="warning", sql="SELECT 1 FROM {batch} WHERE false")
            ),
        ),
    )
    yield gate(
        "not_evaluated",
        what="the candidate was not evaluated",
        expected=NOTHING,
        says="has not been evaluated",
        act=partial(_between, lambda stage: stage.query("DROP SCHEMA evaluation CASCADE")),
    )
    yield gate(
        "evaluated_another",
        what="the evaluation is of another candidate",
        expected=NOTHING,
        says="made of another candidate",
        act=partial(
            _between,
            lambda stage: stage.query("UPDATE evaluation.evaluation_run SET candidate_fingerprint = 'another'"),
        ),
    )
    yield gate(
        "no_candidate",
        what="there is no candidate",
        expected=NOTHING,
        says="there is no candidate",
        act=partial(_between, lambda stage: warehouse_file(stage.home).unlink()),
    )
    yield gate(
        "candidate_cut",
        what="the candidate's file is cut short",
        expected=NOTHING,
        act=partial(then_night, lambda stage: damage.cut(warehouse_file(stage.home))),
    )
    yield gate(
        "release_alone",
        what="the release asset is materialised alone, without a gate",
        expected=NOTHING,
        act=_release_alone,
        says="has not judged this candidate",
        is_quick=True,
    )
    yield gate(
        "release_after_blocked",
        what="the release asset is materialised alone after its gate blocked",
        expected=NOTHING,
        act=_release_after_blocked,
        says="person_keys_are_pseudonyms",
    )
    yield gate(
        "two_runs",
        what="a second run starts while a night is at work",
        expected=NOTHING,
        act=_two_runs,
        says="another run is writing",
        is_quick=True,
    )
    yield gate(
        "clock_back",
        what="the clock was moved back",
        expected=NOTHING,
        says="but the last night",
        act=lambda stage: stage.night(clock=FIRST - timedelta(days=30)),
    )
    yield gate(
        "clock_back_accepted",
        what="the clock was moved back, and that is right",
        expected=PUBLISHED,
        act=lambda stage: stage.night(clock=FIRST - timedelta(days=30), accept_clock=True),
    )
    yield gate(
        "clock_ahead",
        what="the clock jumped ahead by four hundred days",
        expected=PUBLISHED,
        act=lambda stage: stage.night(clock=FIRST + timedelta(days=400)),
    )


def _own_check(sql: str, severity: str, stage: Stage) -> None:
    written("checks/own.yaml", _CHECK.format(severity=severity, sql=json.dumps(sql)), stage)
    stage.night()


def _writing_check(sql: str, stage: Stage) -> None:
    """The night with a check that writes; raises AssertionError where it did."""
    out, before = stage.home / "planted.out", mart_fingerprint(warehouse_file(stage.home))
    try:
        _own_check(sql.replace("OUT", str(out)), "critical", stage)
    finally:
        assert not out.exists(), "it wrote a file"
        assert mart_fingerprint(warehouse_file(stage.home)) == before, "it changed the candidate"


def _with_engine(engine: Callable[..., Any], stage: Stage) -> None:
    """The night with another engine, which has to judge all anew."""
    (stage.home / "verdicts" / "judgements.json").unlink()
    with ExitStack() as patched:
        patched.enter_context(mock.patch("quality.gate.evaluate", engine))
        patched.enter_context(mock.patch("quality.judged.standing_here", lambda _path, _asked: {}))
        patched.enter_context(mock.patch("quality.judged.keep_here"))
        stage.night()


def _skipping_engine(stage: Stage) -> None:
    passed = Evaluation(True, "no rows against it", 0, [])
    _with_engine(lambda _warehouse, checks: {check.name: passed for check, _ in checks[1:]}, stage)


def _nothing_applies(stage: Stage) -> None:
    """The product's suites stand aside; the one that is left is of a source that is off."""
    only = _CHECK.format(severity="critical", sql="SELECT 1 FROM {batch} WHERE false") + "  requires_source: hubspot\n"
    written("checks/own.yaml", only, stage)
    with mock.patch("quality.suites.suite_paths", list):
        stage.night()


def _lying_judgements(stage: Stage) -> None:
    stage.query(_RELEASE_WIDE)
    stage.judge()
    path = stage.home / "verdicts" / "judgements.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    for said in kept.values():
        said["evaluation"] |= {"passed": True, "failing_rows": 0, "failing_keys": [], "observed": "no rows against it"}
    path.write_text(json.dumps(kept), encoding="utf-8")
    stage.night()


def _between(act: Callable[[Stage], object], stage: Stage) -> None:
    """Something happens once the gate passed tonight's candidate, and before the release step asks for the verdict."""
    with stage.opened():
        assert stage.judge().passed
        act(stage)
        stage.publish()


def _verdict_of(stage: Stage) -> Path:
    return verdict_file(stage.home, mart_fingerprint(warehouse_file(stage.home)))


def _spoilt_verdict(spoil: Callable[[Path, str], object], stage: Stage) -> None:
    def act(stage: Stage) -> None:
        path = _verdict_of(stage)
        spoil(path, path.read_text(encoding="utf-8"))

    _between(act, stage)


def _edited(path: Path, text: str, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(text), **changes}), encoding="utf-8")


def _another_verdict(path: Path, _text: str) -> None:
    other = next(
        found for found in path.parent.glob("*.json") if found not in {path, path.with_name("judgements.json")}
    )
    shutil.copyfile(other, path)


def _turned_verdict(stage: Stage) -> None:
    stage.query(_RELEASE_WIDE)
    with stage.opened():
        verdict = stage.judge()
        assert not verdict.passed
        path = verdicts.path_of(stage.home, verdict.candidate_fingerprint)
        said = json.loads(path.read_text(encoding="utf-8"))
        for result in said["results"]:
            result["outcome"] = "passed"
        path.write_text(json.dumps(said), encoding="utf-8")
        stage.publish()


def _materialise_release(stage: Stage) -> None:
    night = Night(stage.home, TONIGHT, "alone", Configuration(), {}, lambda *_said: None)
    with dg.build_asset_context(resources={"night": night}) as context:
        build_release_asset(set())(context)


def _release_alone(stage: Stage) -> None:
    _materialise_release(stage)


def _release_after_blocked(stage: Stage) -> None:
    stage.query(_RELEASE_WIDE)
    stage.judge()
    _materialise_release(stage)


def _two_runs(stage: Stage) -> None:
    with stage.opened():
        stage.night()
