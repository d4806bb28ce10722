"""Writes the site of one release into a folder. The same marts give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from common.sql import literal
from evaluation.disclosure.public_mart import STORAGE_VERSION
from evaluation.pack import charts, notes, wording
from evaluation.pack.assurance import read_checks, read_dimensions
from evaluation.pack.figures import read_figures
from evaluation.pack.report import TEMPLATES as REPORT_TEMPLATES
from evaluation.pack.report import environment, report_context
from evaluation.site import pages
from evaluation.site.bodies import read_bodies
from evaluation.site.changes import ReleaseChanges
from evaluation.site.dictionary import read_dictionary
from evaluation.site.engine import ENGINE, copy_engine
from evaluation.site.facts import OUTSIDE, read_facts
from evaluation.site.figures import (
    SO_FAR,
    SiteFigures,
    as_script,
    read_evaluators,
    read_public,
    read_public_cumulative,
    read_public_network,
    written,
)
from evaluation.site.pages import Page
from evaluation.site.questions import answerable, read_questions

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = ("site.js", "query.js", "table_files.js")
DATA = "data"
# Colours of the pictures -> the variables of the style that stand for them in the dark.
_DARK = {
    charts.INK: "ink",
    charts.QUIET: "quiet",
    charts.GRID: "line",
    charts.VERIFIED_COLOUR: "verified",
    charts.CLAIMED_COLOUR: "claimed",
    charts.TARGET_COLOUR: "target",
}
EARLIER_FILE = "earlier.duckdb"


@dataclass(frozen=True)
class Download:
    """A file that readers may take with them, by its place in the site."""

    path: str
    file: Path
    what: str


@dataclass(frozen=True)
class Parts:
    """What both sites are built with beside their mart.

    `mart_file` is what the query page asks; of `earlier_file` it gets the figures, as `earlier.indicator_value`.
    `place` puts a file of the release into the site: a copy, or a link to it.
    """

    mart_file: Path
    earlier_file: Path | None
    downloads: Sequence[Download]
    changes: Sequence[ReleaseChanges]
    place: Callable[[Path, Path], object]
    engine: Path = ENGINE


def build_evaluators_site(
    mart: duckdb.DuckDBPyConnection,
    folder: Path,
    parts: Parts,
    *,
    public: duckdb.DuckDBPyConnection | None,
    previous: duckdb.DuckDBPyConnection | None,
    source_labels: Mapping[str, str],
) -> list[Path]:
    """The site for named evaluators: every figure opens to its facts. Returns the pages."""
    report = read_figures(mart, public, previous, source_labels)
    figures = read_evaluators(mart)
    facts = list(read_facts(mart))
    made = [*pages.contents(is_public=False), *pages.scope_pages(figures, read_bodies(mart))]
    made += pages.facts_pages(figures, facts)
    context = {**report_context(report), **_context(mart, figures, parts), "assurance": report.assurance}
    context["cumulative"] = {key: figure.cumulative for key, figure in report.quarter_figures.items()}
    return _write(folder, figures, made, context, parts)


def build_public_site(public: duckdb.DuckDBPyConnection, folder: Path, parts: Parts) -> list[Path]:
    """The site for everyone, of the public mart: there is nothing else it could show. Returns the pages."""
    figures = read_public(public)
    made = [*pages.contents(is_public=True), *pages.scope_pages(figures, {})]
    context = _context(public, figures, parts)
    cumulative = read_public_cumulative(public)
    context |= {
        "words": wording,
        "cumulative": cumulative,
        "trends": {key.key: charts.trend(key, figures.quarters, cumulative) for key in figures.headline},
        "network_quarters": read_public_network(public),
        "network_columns": wording.NETWORK_MEASURE.items(),
        "network_cautions": notes.NETWORK,
        "shorthand": notes.SHORTHAND,
    }
    return _write(folder, figures, made, context, parts)


def _context(mart: duckdb.DuckDBPyConnection, figures: SiteFigures, parts: Parts) -> dict[str, Any]:
    questions = read_questions()
    mart.execute("SET TimeZone = 'UTC'")
    return {
        "figures": figures,
        "release": figures.release,
        "is_public": figures.is_public,
        "contents": pages.contents(figures.is_public),
        "tables": read_dictionary(mart),
        "questions": questions,
        "answerable": {question.number for question in questions if answerable(mart, question)},
        "needs_earlier": {question.number for question in questions if "earlier." in question.query},
        "has_earlier": parts.earlier_file is not None,
        "changes": parts.changes,
        "downloads": [(item, item.file.stat().st_size) for item in parts.downloads],
        "dimensions": read_dimensions(mart),
        "checks": read_checks(mart),
        "units": {indicator.key: indicator for indicator in figures.indicators},
        "scope_names": {(scope.kind, scope.key): scope.name for scope in figures.scopes},
        "headline": figures.headline,
        "supplementary": [indicator for indicator in figures.indicators if not indicator.is_headline],
        "whole": figures.whole,
        "outside": OUTSIDE,
        "so_far": SO_FAR,
    }


def _write(folder: Path, figures: SiteFigures, made: list[Page], context: dict[str, Any], parts: Parts) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    has_engine = copy_engine(folder, parts.engine)
    style = _style()
    (folder / "site.css").write_text(style, encoding="utf-8")
    for name in SCRIPTS:
        (folder / name).write_text((TEMPLATES / name).read_text(encoding="utf-8"), encoding="utf-8")
    script = json.dumps(as_script(figures), ensure_ascii=False, separators=(",", ":"))
    (folder / "figures.js").write_text(f"window.wmipFigures={script};\n", encoding="utf-8")
    data = folder / DATA
    data.mkdir(exist_ok=True)
    mart_path = f"{DATA}/{parts.mart_file.name}"
    parts.place(parts.mart_file, folder / mart_path)
    if parts.earlier_file is not None:
        _write_earlier(parts.earlier_file, data / EARLIER_FILE)
    for item in parts.downloads:
        (folder / item.path).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / item.path).exists():
            parts.place(item.file, folder / item.path)
    jinja = environment(TEMPLATES)
    jinja.filters.update(
        written=written,
        scope_path=pages.scope_path,
        opens_to=lambda key, time=SO_FAR: pages.opens_to(figures, key, time),
        facts_path=pages.facts_path,
        time_words=time_words,
    )
    written_pages = []
    for page in made:
        text = jinja.get_template(page.template).render(
            {**context, "page": page, "root": page.root, "has_engine": has_engine, "mart_path": mart_path}
            | {"css": Markup(style), **page.context}  # noqa: S704 - our own file
        )
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written_pages.append(path)
    return written_pages


def _write_earlier(mart_file: Path, target: Path) -> None:
    """The figures of an earlier release, which a question of the cookbook compares with."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {literal(mart_file)} AS whole (READ_ONLY)")
        connection.execute(f"ATTACH {literal(target)} AS earlier (STORAGE_VERSION '{STORAGE_VERSION}')")
        for table in ("indicator_value", "release_info"):
            connection.execute(f"CREATE TABLE earlier.{table} AS FROM whole.{table}")


def time_words(time: str) -> str:
    """A quarter, a financial year, or all time, as people say it."""
    if time == SO_FAR:
        return "so far"
    if time == OUTSIDE:
        return "outside the programme's quarters"
    return wording.quarter(time) if "-Q" in time else time


def _style() -> str:
    """The report's style, what the site adds, and the colours of the pictures in the dark."""
    report, own = (
        (folder / name).read_text(encoding="utf-8")
        for folder, name in ((REPORT_TEMPLATES, "report.css"), (TEMPLATES, "site.css"))
    )
    dark = "".join(
        f'  .chart [{attribute}="{colour}"] {{ {attribute}: var(--{name}); }}\n'
        for colour, name in _DARK.items()
        for attribute in ("fill", "stroke")
    )
    return f"{report}\n{own}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"
