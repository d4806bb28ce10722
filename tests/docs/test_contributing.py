"""The walk from a cell to a figure names files that are there, in an order one can follow in ten steps."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = {path.stem: path for path in (ROOT / "dbt_project" / "models").rglob("*.sql")}
UNIONS = (ROOT / "dbt_project" / "macros" / "union_members.sql").read_text(encoding="utf-8")


def _walk() -> tuple[list[str], str]:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, walk = page.split("## From a workbook's cell")
    walk = walk.split("\n## ")[0]
    return re.findall(r"^\d+\. `([^`]+)`", walk, re.MULTILINE), walk


@cache
def _made_of(model: str) -> frozenset[str]:
    """All models that a model reads, directly or through others."""
    text = MODELS[model].read_text(encoding="utf-8") if model in MODELS else ""
    reads = set(re.findall(r"ref\('(\w+)'\)", text))
    for prefix in re.findall(r"union_members\('(\w+)'\)", text):
        (members,) = re.findall(rf"'{prefix}': \[(.*?)\]", UNIONS, re.DOTALL)
        reads |= set(re.findall(r"\w+", members))
    return frozenset(reads.union(*map(_made_of, reads)))


def test_the_walk_names_ten_files_that_are_there():
    steps, _ = _walk()
    assert len(steps) == 10
    assert [path for path in steps if not (ROOT / path).is_file()] == []


def test_each_model_of_the_walk_is_made_of_the_one_before_and_none_between_is_left_out():
    steps, walk = _walk()
    models = [Path(path).stem for path in steps if path.endswith(".sql")]
    assert [after for before, after in pairwise(models) if before not in _made_of(after)] == []
    claimed, figure = models[1], models[-1]
    between = {model for model in _made_of(figure) if claimed in _made_of(model) and not model.startswith("int_lock__")}
    assert len(between) > len(models) - 3
    assert sorted(model for model in between if not re.search(rf"\b{model}\b", walk)) == []


def test_links_of_the_pages_at_the_root_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
        assert [link for link in links if not (ROOT / link).exists()] == [], name
