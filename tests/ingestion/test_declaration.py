"""A declaration says what it means, or is refused with file, line and what was probably meant."""

from __future__ import annotations

import pytest

from ingestion.catalogue import SOURCES
from ingestion.declaration import InvalidDeclaration, load_declaration

API = """\
title: Things
kind: api
owner: somebody
settings:
  base_url: https://things.example/
  links_days: 7
  hosts: []
streams:
- name: things
  description: "Things. Grain: a thing."
  key: [id]
  columns: [id, changed]
"""


@pytest.fixture
def declared(tmp_path):
    def declared(text):
        folder = tmp_path / "things"
        folder.mkdir(exist_ok=True)
        (folder / "declaration.yaml").write_text(text)
        return load_declaration(folder)

    return declared


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("owner:", "ower:", "things/declaration.yaml line 3: ower: unknown; did you mean owner?"),
        ("  key: [id]", "  keys: [id]", "line 11: streams.1.keys: unknown; did you mean key?"),
        ("  key: [id]", "  key: [idd]", "unknown column idd; did you mean id?"),
        ("  key: [id]", "  key: [id]\n  cursor: chnged", "unknown column chnged; did you mean changed?"),
        (
            "  key: [id]",
            "  key: [id]\n  texts: {id: opentext}",
            "kind of text opentext; did you mean open_text?",
        ),
        ("kind: api", "kind: app", "line 2: kind: "),
        ("kind: api", "kind: files", "inbox"),
        (
            "kind: api",
            "kind: api\nprovides: [event]",
            "line 3: provides: unknown what the mart gets event;",
        ),
        ("  base_url: https://things.example/\n", "", "settings.base_url"),
        ("  links_days: 7", "  shrink_gaurd: 0.8", "settings.shrink_gaurd: did you mean shrink_guard?"),
        ("  links_days: 7", "  shrink_guard: lots", "line 6: settings.shrink_guard: "),
        ("  links_days: 7", "  lookback_hours: -1", "line 6: settings.lookback_hours: "),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(declared, written, instead, said):
    assert declared(API).streams[0].key == ("id",)
    with pytest.raises(InvalidDeclaration) as refused:
        declared(API.replace(written, instead))
    assert said in str(refused.value)


def test_a_declared_setting_is_of_the_kind_of_its_default(declared):
    model = declared(API).settings_model
    assert model(links_days=14, hosts=["a"]).model_dump(exclude_unset=True) == {"links_days": 14, "hosts": ["a"]}
    for wrong in ({"links_days": "often"}, {"hosts": "a"}, {"links_days": -1}, {"link_days": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            model(**wrong)


def test_no_setting_of_a_source_is_of_no_kind():
    for source in SOURCES.values():
        unset = [name for name, value in source.settings.items() if value is None and name != "date_order"]
        assert not unset, source.name
