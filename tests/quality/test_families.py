"""A family of a suite is written once and stands for one whole check for each of its cases."""

from __future__ import annotations

import pytest
import yaml

from quality.gate import run_gate
from quality.suites import InvalidSuite, load_suites
from tests.quality.test_gate import CLOCK

FAMILY = {
    "name": "no_negative_{column}_in_{table}",
    "for_each": [
        {"table": "fct_job", "column": "fte", "key": "job_key", "owner": "bodies"},
        {"table": "fct_empty", "column": "fte", "key": "job_key", "owner": "advisers", "requires": "support"},
    ],
    "dimension": "validity",
    "severity": "critical",
    "meaning": "No {column} of {table} is negative.",
    "remedy": "Mend it.",
    "unexpected_rows": "SELECT {key} FROM {batch} WHERE {column} < 0 AND regexp_matches({key}, '[a-z]{{1}}')",
}


@pytest.fixture
def family(tmp_path):
    """Writes a suite of this one family, with what is changed in it or in each of its cases."""

    def write(*, each: dict | None = None, **changed):
        cases = [{**case, **(each or {})} for case in FAMILY["for_each"]]
        path = tmp_path / "own.yaml"
        path.write_text(yaml.safe_dump({"checks": [{**FAMILY, "for_each": cases, **changed}]}), encoding="utf-8")
        return path

    return write


def test_every_case_is_a_check_of_its_own(family):
    job, support = load_suites([family()])
    assert (job.name, support.name) == ("no_negative_fte_in_fct_job", "no_negative_fte_in_fct_empty")
    assert (job.table, job.owner, job.requires) == ("fct_job", "bodies", None)
    assert (support.owner, support.requires) == ("advisers", "support")
    assert job.meaning == "No fte of fct_job is negative."
    assert job.unexpected_rows == "SELECT job_key FROM {batch} WHERE fte < 0 AND regexp_matches(job_key, '[a-z]{{1}}')"
    assert support.meaning == "No fte of fct_empty is negative."


def test_each_check_of_a_family_has_its_own_outcome(family, candidate):
    verdict = run_gate(candidate, suites=[family(may_be_empty=True)], enabled_sources=("returns",), clock=CLOCK)
    assert [(result.check_name, result.outcome, result.failing_keys) for result in verdict.results] == [
        ("no_negative_fte_in_fct_job", "failed", ["c"]),
        ("no_negative_fte_in_fct_empty", "passed", []),
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"meaning": "No {colum} is negative."}, "case 1 of for_each: colum stands in braces and is not given"),
        ({"each": {"requries": "events"}}, "case 1 of for_each: requries is no field of a check"),
        ({"each": {"batch": "dim_person"}}, "case 1 of for_each: batch is no field of a check"),
        ({"owner": "all"}, "case 1 of for_each: owner stands in the family as well"),
        ({"for_each": []}, "for_each lists what differs"),
        ({"for_each": ["fct_job"]}, "for_each lists what differs"),
        ({"each": {"table": "Not a table"}}, "check no_negative_fte_in_Not a table: name"),
    ],
)
def test_a_family_that_does_not_say_each_check_whole_is_refused_with_its_place(family, changed, said):
    with pytest.raises(InvalidSuite, match=r"own\.yaml line 2: ") as raised:
        load_suites([family(**changed)])
    assert said in str(raised.value)


def test_two_cases_of_one_name_are_refused(family):
    with pytest.raises(InvalidSuite, match="defined twice"):
        load_suites([family(name="no_negative")])
