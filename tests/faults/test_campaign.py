"""A slice of the fault campaign, and its page. All of it: `make test-faults`."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.campaign import PAGE, page, wrong
from tests.faults.planted import planted
from tests.faults.stage import KEPT_BACK, NOTHING, Theatre, play

FAULTS = planted()


@pytest.fixture(scope="module")
def theatre(tmp_path_factory) -> Theatre:
    return Theatre(tmp_path_factory.mktemp("theatre"))


@pytest.mark.parametrize("fault", [pytest.param(one, id=one.name) for one in FAULTS if one.is_quick])
def test_a_fault_of_the_slice_comes_out_as_it_must(theatre, fault):
    with theatre.stage() as stage:
        assert wrong(fault, play(stage, fault.act)) is None


def test_the_page_says_what_is_planted():
    assert PAGE.read_text(encoding="utf-8") == page(FAULTS), "python -m tests.faults.campaign --write"


def test_the_campaign_is_as_wide_as_was_promised():
    assert len(FAULTS) >= 150
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(count >= 5 for count in Counter(fault.place for fault in FAULTS).values())
    outcomes = Counter(fault.expected for fault in FAULTS)
    assert min(outcomes[NOTHING], outcomes[KEPT_BACK]) > len(FAULTS) / 5
