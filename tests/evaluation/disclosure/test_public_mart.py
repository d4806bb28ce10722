"""The public tables of a small mart: marks row by row, ratings of what is public, what is remembered of releases."""

from __future__ import annotations

import pytest

from evaluation.disclosure.memory import MEMORY, recall, superseded
from tests.evaluation.disclosure.marts import publish, read

Q1, Q2, Q3 = (f"2023-24-Q{number}" for number in (1, 2, 3))
FIRST = {Q1: {"b1": 40, "b2": 20, "b3": 30}, Q2: {"b1": 15, "b2": 25, "b3": 35}, Q3: {"b1": 12, "b2": 12, "b3": 12}}
# Ten more of one body in the second quarter: a change that is safe.
SECOND = {**FIRST, Q2: {"b1": 15, "b2": 35, "b3": 35}}


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    first, _ = publish(home, "first", FIRST)
    second, said = publish(home, "second", SECOND, first / MEMORY)
    return first, second, said


def marked(folder, column: str, status: str) -> set[tuple]:
    return set(
        read(folder, f"SELECT scope_key, period_key FROM indicator_value WHERE {status} = 'r' AND {column} IS NOT NULL")
    )


def test_only_rows_whose_own_figure_changed_are_marked(two_releases):
    first, second, said = two_releases
    assert said.indicators["event_attendees"]["revised"] == [Q2]
    assert read(first, "SELECT count(*) FROM indicator_value WHERE status = 'r' OR cumulative_status = 'r'") == [(0,)]
    moved = ("b2", "auto", "programme")
    assert marked(second, "value", "status") == {(key, Q2) for key in moved}
    assert marked(second, "cumulative_value", "cumulative_status") == {(key, q) for key in moved for q in (Q2, Q3)}


def test_a_mark_stays_when_nothing_changes_any_more(two_releases, tmp_path):
    _, second, _ = two_releases
    third, _ = publish(tmp_path, "third", SECOND, second / MEMORY)
    rows = "SELECT * FROM indicator_value ORDER BY ALL"
    assert read(third, rows) == read(second, rows)


def test_a_release_from_before_figures_were_remembered_is_compared_too(two_releases, tmp_path):
    _, second, _ = two_releases
    old, _ = publish(tmp_path, "old", FIRST)
    (old / MEMORY / "figures.parquet").unlink()
    newer, _ = publish(tmp_path, "newer", SECOND, old / MEMORY)
    assert marked(newer, "value", "status") == marked(second, "value", "status")


def test_a_rating_is_that_of_the_public_figure(tmp_path):
    """201 are public and rated; 60 of which 12 wait for the next quarter are not, whatever evaluators know."""
    query = "SELECT actual_value, rag, rag_reason FROM indicator_performance"
    rated, _ = publish(tmp_path, "rated", FIRST)
    assert read(rated, query) == [(201, "green", "target reached")], "the office's words are not public"
    otherwise, _ = publish(tmp_path, "otherwise", FIRST, rag="amber_red")
    assert read(otherwise, query) == [(201, None, "target reached; its rating rests on figures that are not public")]
    not_rated, _ = publish(tmp_path, "not_rated", {Q1: {"b1": 20, "b2": 20, "b3": 20}, Q2: {"b1": 6}})
    assert read(not_rated, query) == [(60, None, "target stated; the public figure has not reached it")]


def test_small_steps_past_a_dropped_release_are_held(tmp_path):
    """55 were shown between 40 and 43; whoever kept the 40 must not learn that three came late."""

    def heads(number: int):
        return {Q1: {"b1": number, "b2": 20, "b3": 30}}

    oldest, _ = publish(tmp_path, "oldest", heads(40))
    middle, said = publish(tmp_path, "middle", heads(55), oldest / MEMORY)
    assert said.indicators["event_attendees"]["revised"] == [Q1]
    _, said = publish(tmp_path, "remembered", heads(43), middle / MEMORY, oldest / MEMORY)
    assert said.indicators["event_attendees"]["held"] == [Q1]
    _, said = publish(tmp_path, "forgotten", heads(43), middle / MEMORY)
    assert said.indicators["event_attendees"]["held"] == [], "this is what remembering is for"


def test_a_release_is_forgotten_once_a_newer_one_says_all_it_said(tmp_path):
    short = {Q1: FIRST[Q1]}
    oldest, _ = publish(tmp_path, "oldest", short)
    longer, _ = publish(tmp_path, "longer", FIRST, oldest / MEMORY)
    revised, _ = publish(tmp_path, "revised", SECOND, longer / MEMORY, oldest / MEMORY)
    found = [recall(folder / MEMORY) for folder in (revised, longer, oldest)]
    assert superseded(found) == []
    same, _ = publish(tmp_path, "same", FIRST)
    found = [recall(folder / MEMORY) for folder in (revised, same, longer)]
    assert superseded(found) == [2]
