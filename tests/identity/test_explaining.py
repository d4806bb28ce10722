"""Why two records are one organisation, or are not."""

from __future__ import annotations

import vl_convert

from identity.explaining import explain, score_alone, waterfall
from identity.links import State
from identity.matching import match
from identity.scoring import learnt_start
from tests.identity.mentions import mentions

HERE = {"name": "Ackworth Turbines Ltd", "postcode": "B1 1AA", "source_record_id": "here"}
NEAR = {"name": "ACKWORTH TURBINES", "postcode": "B1 1AB", "source_record_id": "near"}
WRONG = {"name": "Zephyr Hotels", "postcode": "M1 1AA", "company_number": "01234567", "source_record_id": "wrong"}
RIGHT = HERE | {"company_number": "01234567", "source_record_id": "right"}


def test_a_waterfall_adds_up_to_the_probability():
    (said,) = explain(match(mentions([HERE, NEAR])), [("returns", "near")], [("returns", "here")])
    assert (said.state, said.method, said.vetoes) == (State.ACCEPTED, "name_postcode", [])
    assert [(step.name, step.level) for step in said.steps] == [
        ("start", "any two records"),
        ("name", "equal"),
        ("place", "same sector, one letter, or 1 km"),
    ]
    total = said.steps[-1].total
    assert said.steps[0].bits == learnt_start() < -10
    assert abs(sum(step.bits for step in said.steps) - total) < 1e-9
    assert abs(said.probability - 2**total / (1 + 2**total)) < 0.001
    svg = vl_convert.vegalite_to_svg(waterfall(said))
    assert "same sector" in svg
    assert "Ackworth" not in svg


def test_what_holds_two_apart_is_said_first():
    found = explain(match(mentions([RIGHT, WRONG])), [("returns", "right")], [("returns", "wrong")])
    assert [(said.state, said.vetoes) for said in found] == [(State.REVIEW, ["other name and other place"])]


def test_two_that_share_nothing_have_no_explanation():
    assert score_alone(mentions([HERE, WRONG])) == []
