"""Files and models that the documentation names are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = [path.parent.name for path in ROOT.glob("*/__init__.py")] + ["bi", "dbt_project", "docs"]
# Names what its reader is to make, and its blocks are run.
LESSON = ROOT / "docs" / "adding-a-source.md"


def _quoted() -> set[tuple[str, str]]:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*/*.md")]
    of_today = [page for page in pages if page not in {LESSON, ROOT / "CHANGELOG.md"}]
    return {
        (str(page.relative_to(ROOT)), quoted)
        for page in of_today
        for quoted in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    }


def test_every_file_that_is_named_is_there():
    path = re.compile(rf"^(?:{'|'.join(ROOMS)})/[\w./-]*$")
    made_by_a_night = "dbt_project/target/"
    named = [(page, word.split("::")[0]) for page, words in _quoted() for word in words.split()]
    named = [(page, word) for page, word in named if path.match(word) and not word.startswith(made_by_a_night)]
    assert len(named) > 100
    assert [(page, word) for page, word in named if not (ROOT / word).exists()] == []


def test_every_model_that_is_named_is_there():
    models = {model.stem for model in (ROOT / "dbt_project" / "models").rglob("*.sql")}
    named = [(page, name) for page, words in _quoted() for name in re.findall(r"\b(?:stg|int)_\w+?__\w+", words)]
    assert len(named) > 10
    assert [(page, name) for page, name in named if name not in models and not name.endswith("_")] == []
