"""The page of organisations that wait: for evaluators on this machine, never for bodies."""

from __future__ import annotations

from identity.decisions import read_decisions
from tests.orchestration.returns_page.conftest import Visitor
from tests.orchestration.test_organisation_review import leave_pairs


def test_a_pair_is_shown_side_by_side_and_decided(home, serve):
    leave_pairs(home)
    visitor = Visitor(serve())
    page = visitor.ask("GET", "/organisations")
    assert page.status == 200
    assert "<td>Anvil Ltd</td><td>=Anvil (Midlands)</td>" in page.text
    assert "name: alike (+7.2); place: elsewhere (-2.5); against: charity_number" in page.text
    wrong = visitor.send("/organisations", pair="o1|o2", decision="same", reason="", role="ann@firm.example")
    assert wrong.status == 422
    assert "Reason" in wrong.text
    assert "Role holds an e-mail address" in wrong.text
    done = visitor.send("/organisations", pair="o1|o2", decision="same", reason="one board", role="evaluator")
    assert (done.status, done.headers["location"]) == (303, "/organisations")
    (decision,) = read_decisions(home)
    assert (decision.verdict, decision.reason, decision.role) == ("same", "one board", "evaluator")
    assert "=Anvil (Midlands)" not in visitor.ask("GET", "/organisations").text
    again = visitor.send("/organisations", pair="o1|o2", decision="same", reason="one board", role="evaluator")
    assert again.status == 409


def test_a_body_that_signs_in_sees_no_organisations_of_others(home, serve, tokens):
    leave_pairs(home)
    visitor = Visitor(serve(signs_in=True))
    assert visitor.ask("GET", "/organisations").status == 404
    visitor.sign_in(tokens["CB01"])
    found = visitor.ask("GET", "/organisations")
    assert found.status == 404
    assert "Anvil" not in found.text
    assert "/organisations" not in visitor.ask("GET", "/").text


def test_before_a_night_the_page_says_what_to_do(serve):
    found = Visitor(serve()).ask("GET", "/organisations")
    assert found.status == 409
    assert "wmip run" in found.text
