"""What the gate withholds is in no public row, and does not teach anybody anything when it comes back."""

from __future__ import annotations

from evaluation.disclosure.memory import MEMORY, recall
from tests.evaluation.disclosure.marts import publish, read

Q1, Q2, Q3 = (f"2023-24-Q{number}" for number in (1, 2, 3))
WHOLE = {Q1: {"b1": 40, "b2": 20, "b3": 30}, Q2: {"b1": 15, "b2": 25, "b3": 35}, Q3: {"b1": 12, "b2": 12, "b3": 12}}
# The gate keeps back what b2 did in the second quarter: its facts are not in the release.
LESS = {**WHOLE, Q2: {"b1": 15, "b3": 35}}
BACK = [("programme", Q2), ("partner", Q2), ("cluster", Q2)]


def shown(folder, key: str) -> list[tuple]:
    """Value and mark of each quarter, and of what has been so far."""
    return read(
        folder,
        "SELECT value::INTEGER, status, cumulative_value::INTEGER, cumulative_status FROM indicator_value "
        f"WHERE scope_key = '{key}' ORDER BY period_key",
    )


def test_a_quarter_that_was_public_is_withheld_with_its_running_sums_and_year_and_comes_back_as_it_was(tmp_path):
    first, _ = publish(tmp_path, "first", WHOLE)
    second, said = publish(tmp_path, "second", LESS, first / MEMORY, withheld=BACK)
    for key, quarters in (("programme", (90, 36)), ("b1", (40, 12)), ("b2", (20, 12)), ("auto", (60, 24))):
        before, after = quarters
        assert shown(second, key) == [
            (before, None, before, None), (None, "w", None, "w"), (after, None, None, "w")
        ], key  # fmt: skip
    assert read(second, "SELECT DISTINCT value, status FROM indicator_year") == [(None, "w")]
    # What people know of it is remembered, not the rest that is left.
    assert (said.indicators["event_attendees"]["held"], said.indicators["event_attendees"]["waiting"]) == ([], [])
    known = recall(second / MEMORY).edition("event_attendees").cells
    assert sum(row["amount"] for row in known.rows_of(Q2)) == 75
    third, said = publish(tmp_path, "third", WHOLE, second / MEMORY, first / MEMORY)
    assert read(third, "FROM indicator_value ORDER BY ALL") == read(first, "FROM indicator_value ORDER BY ALL")
    assert said.indicators["event_attendees"]["revised"] == []


def test_a_quarter_that_never_was_public_waits_with_those_after_it_and_was_not_said(tmp_path):
    first, said = publish(tmp_path, "first", LESS, withheld=BACK)
    assert shown(first, "programme") == [(90, None, 90, None), (None, "w", None, "w"), (None, "x", None, "w")]
    assert said.indicators["event_attendees"]["waiting"] == [Q2, Q3]
    edition = recall(first / MEMORY).edition("event_attendees")
    assert (edition.periods, edition.cells.rows_of(Q2), edition.cells.rows_of(Q3)) == ({Q1}, [], [])
    second, said = publish(tmp_path, "second", WHOLE, first / MEMORY)
    assert shown(second, "programme") == [(90, None, 90, None), (75, None, 165, None), (36, None, 201, None)]
    assert (said.indicators["event_attendees"]["held"], said.indicators["event_attendees"]["revised"]) == ([], [])


def test_a_breakdown_is_withheld_alone(tmp_path):
    first, _ = publish(tmp_path, "first", WHOLE)
    second, _ = publish(tmp_path, "second", WHOLE, first / MEMORY, withheld=[("cluster", Q2)])
    assert shown(second, "auto")[1] == (None, "w", None, "w")
    assert shown(second, "programme") == shown(first, "programme")
    assert shown(second, "b2") == shown(first, "b2")
