"""Every kind of dirt is made at its default rate, is counted, and can be left out."""

from __future__ import annotations

from dataclasses import fields

import pytest

from sandbox.options import Dirt, Options
from sandbox.planted import SPELT
from sandbox.programme import Programme

KINDS = {item.name for item in fields(Dirt)} - set(SPELT)


@pytest.fixture(scope="module")
def planted():
    return Programme.generate(Options(seed=1)).truth()["planted"]


def test_every_kind_of_dirt_is_made_and_counted(planted):
    assert planted.keys() == KINDS
    assert [kind for kind, count in planted.items() if count == 0] == []


def test_doubled_dirt_is_more_of_each_kind(planted):
    doubled = Programme.generate(Options(seed=1, dirt=Dirt().times(2))).truth()["planted"]
    # Of fewer who come fewer bring somebody; where a kind is rare, chance may leave it as it is.
    assert [kind for kind in KINDS - {"walk_in"} if doubled[kind] < planted[kind]] == []
    assert sum(doubled[kind] > planted[kind] for kind in KINDS) > len(KINDS) * 0.8


def test_a_clean_world_has_none_of_it():
    clean = Programme.generate(Options(seed=1, scale=0.2, dirt=Dirt.none())).truth()["planted"]
    # An employer may be short of support by nature.
    assert {kind for kind, count in clean.items() if count} <= {"unsupported_post"}
