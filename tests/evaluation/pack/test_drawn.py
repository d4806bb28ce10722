"""Pictures of the release before stand where they would be drawn of the same, and nowhere else."""

from __future__ import annotations

import json

import pytest
from markupsafe import Markup

from evaluation.pack import drawn
from evaluation.pack.build import REPORT, build_pack
from evaluation.pack.drawn import Picture, drawn_once, kept_in
from tests.evaluation.pack.conftest import LABELS


@pytest.fixture
def drawing():
    """A picture of what it is given, and all that were drawn."""
    made = []

    @drawn_once
    def draw(figure, *, narrow=False):
        made.append((figure, narrow))
        return Picture(Markup("<svg>{} {}</svg>").format(figure, narrow))

    draw.made = made
    return draw


def test_a_picture_is_drawn_again_only_of_something_else(drawing, tmp_path):
    file, seen = tmp_path / "pictures.json", []
    for figures in ((1, 2), (2, 3), (2, 3)):
        with kept_in(file):
            seen.append([drawing(figure).svg for figure in figures])
    assert seen == [[f"<svg>{figure} False</svg>" for figure in figures] for figures in ((1, 2), (2, 3), (2, 3))]
    assert drawing.made == [(1, False), (2, False), (3, False)]
    assert len(json.loads(file.read_text().partition("\n")[2])) == 2, "what is in no picture of tonight goes"
    with kept_in(file):
        drawing(2, narrow=True)
    assert drawing.made[3:] == [(2, True)]


def test_without_a_file_each_is_drawn(drawing):
    for _ in range(2):
        with kept_in(None):
            drawing(1)
        drawing(1)
    assert len(drawing.made) == 4


@pytest.mark.parametrize("harm", ["edited", "cut", "not text"])
def test_a_file_that_was_altered_is_not_built_upon(drawing, tmp_path, harm):
    file = tmp_path / "pictures.json"
    with kept_in(file):
        before = drawing(1)
    whole = file.read_bytes()
    file.write_bytes({"edited": whole.replace(b"<svg>1", b"<svg>9"), "cut": whole[:-9], "not text": b"\xff"}[harm])
    with kept_in(file):
        assert drawing(1) == before
    assert len(drawing.made) == 2
    assert file.read_bytes() == whole


def test_other_code_or_libraries_draw_anew(drawing, tmp_path, monkeypatch):
    file = tmp_path / "pictures.json"
    for makers in ("these", "others"):
        monkeypatch.setattr(drawn, "_makers", lambda makers=makers: makers)
        with kept_in(file):
            drawing(1)
    assert len(drawing.made) == 2


def test_the_report_with_kept_pictures_is_the_one_with_drawn_ones(marts, tmp_path, monkeypatch):
    pages, file = [], tmp_path / "pictures.json"
    for pictures in (None, file, file):
        if file.exists():
            # All of them stand in the file by then.
            monkeypatch.setattr("evaluation.pack.charts.render", None)
        build_pack(
            marts.mart,
            tmp_path / "pack",
            public=marts.public,
            previous=marts.previous,
            source_labels=LABELS,
            pictures=pictures,
        )
        pages.append((tmp_path / "pack" / REPORT).read_bytes())
    assert pages[0].count(b"<svg") > 10
    assert pages[0] == pages[1] == pages[2]
