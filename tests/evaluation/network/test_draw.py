"""Where organisations stand in a picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evaluation.network.draw import lay_out
from tests.conftest import examples


@examples(25)
@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=20), st.data())
def test_everybody_has_a_place_inside_and_keeps_it(groups, data):
    number = st.integers(0, len(groups) - 1)
    ties = (
        data.draw(st.lists(st.tuples(number, number).filter(lambda pair: pair[0] != pair[1]), max_size=20))
        if len(groups) > 1
        else []
    )
    places, labels = lay_out(groups, ties)
    assert len(places) == len(groups)
    assert set(labels) == set(groups)
    assert all(0 <= value <= 1 for place in [*places, *labels.values()] for value in place)
    assert lay_out(groups, ties) == (places, labels)


def test_organisations_stand_by_their_group():
    places, labels = lay_out(["a"] * 4 + ["b"] * 4, [(0, 1), (4, 5)])

    def distance(one, other):
        return ((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5

    assert all(distance(place, labels["a"]) < distance(place, labels["b"]) for place in places[:4])
    assert all(distance(place, labels["b"]) < distance(place, labels["a"]) for place in places[4:])
