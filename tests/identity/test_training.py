"""What is learnt, from what, and that it is the same each time."""

from __future__ import annotations

import json

from identity.training import UNSEEN_M, train
from tests.identity.mentions import mentions

WORDS = ["Ackworth", "Bilston", "Calder", "Darwen", "Erdington", "Fazeley", "Gornal", "Harborne"]
TRADES = ["Turbines", "Castings", "Bakery", "Theatre", "Logistics"]


def _world() -> list[dict[str, str]]:
    """Each firm twice under its number; one of the two without its legal form and with another end of its postcode."""
    firms = [f"{word} {trade}" for word in WORDS for trade in TRADES]
    return [
        {"name": name, "postcode": postcode, "company_number": str(10_000_000 + number)}
        for number, firm in enumerate(firms)
        for name, postcode in ((f"{firm} Ltd", f"B{number + 1} 1AA"), (firm, f"B{number + 1} 1AB"))
    ]


def test_training_writes_a_model_that_says_what_it_was_learnt_from(tmp_path):
    first = train(mentions(_world()), tmp_path)
    model = (tmp_path / "model.json").read_bytes()
    levels = {(comparison, label): (m, u) for comparison, label, m, u, _ in first.levels}
    assert (first.profiles, first.mentions, first.words) == (80, {"returns": 80}, len(WORDS) + len(TRADES))
    assert levels["name", "equal"][0] == 1.0
    assert levels["place", "same sector, one letter, or 1 km"][0] == 1.0
    # No pair showed it: a floor, never nothing.
    assert levels["name", "initials"][0] == UNSEEN_M
    assert "| name | equal | 1.0000 |" in first.report()
    assert "linker_uid" not in json.loads(model)
    train(mentions(_world()), tmp_path)
    assert (tmp_path / "model.json").read_bytes() == model
