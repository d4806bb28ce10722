"""The pages of a site: where each lies, what it is called, which template makes it of what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.pack.wording import WITHHELD
from evaluation.site.bodies import BodyNotes
from evaluation.site.facts import OUTSIDE, FactsOfQuarter
from evaluation.site.figures import SO_FAR, Scope, SiteFigures

_OWN = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
# What a page may load and ask for: its own folder. The query page's worker is a blob and inherits the page's rule, so
# that no query can reach anything but the site.
POLICY = _OWN + "script-src 'self'"
QUERY_POLICY = _OWN + "script-src 'self' blob: 'wasm-unsafe-eval'; connect-src 'self' blob:; worker-src blob:"

FOLDERS = {"partner": "body", "cluster": "cluster", "local_authority": "area"}
KIND_WORDS = {"partner": "Cluster body", "cluster": "Cluster", "local_authority": "Local authority"}


@dataclass(frozen=True)
class Page:
    """One page. `is_alone`: everything is in the one file, so that it can be sent; `context`: what only it is given."""

    path: str
    title: str
    template: str
    is_alone: bool = False
    policy: str = POLICY
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The way from this page to the folder of the site."""
        return "../" * self.path.count("/")


SCORECARD = Page("index.html", "Scorecard", "scorecard.html.j2")
_EVERYWHERE = (
    Page("trends.html", "Trends", "trends.html.j2"),
    Page("places.html", "Bodies and areas", "places.html.j2"),
)
_EVALUATORS = (
    Page("leverage.html", "Leverage", "sections.html.j2", context={"sections": ["leverage"]}),
    Page("network.html", "Network", "sections.html.j2", context={"sections": ["network"]}),
    Page("impact.html", "Net impact", "sections.html.j2", context={"sections": ["impact"]}),
    Page("pilots.html", "Pilots", "sections.html.j2", context={"sections": ["pilots"]}),
)
_PUBLIC = (Page("network.html", "Network", "public_network.html.j2"),)
_BELOW = (
    Page("quality.html", "Data quality", "quality.html.j2"),
    Page("changes.html", "Changes", "changes.html.j2"),
    Page("questions.html", "Ask", "questions.html.j2", policy=QUERY_POLICY),
    Page("dictionary.html", "Dictionary", "dictionary.html.j2"),
    Page("downloads.html", "Downloads", "downloads.html.j2"),
    Page("definitions.html", "Definitions", "definitions.html.j2"),
)


def contents(is_public: bool) -> tuple[Page, ...]:
    """The pages every other page links to, in their order."""
    return (SCORECARD, *_EVERYWHERE, *(_PUBLIC if is_public else _EVALUATORS), *_BELOW)


def file_name(key: str) -> str:
    """A key of the mart as the name of a file."""
    return re.sub(r"[^\w.-]", "_", key)


def scope_path(scope: Scope) -> str:
    """Where the page of a body, cluster or authority lies."""
    return f"{FOLDERS[scope.kind]}/{file_name(scope.key)}.html"


def facts_path(indicator_key: str, time: str) -> str:
    """Where the facts of an indicator lie; those of a year, or of all time, on the page that leads to its quarters."""
    is_quarter = "-Q" in time or time == OUTSIDE
    return f"facts/{indicator_key}/{time}.html" if is_quarter else f"facts/{indicator_key}.html"


def opens_to(figures: SiteFigures, indicator_key: str, time: str = SO_FAR) -> str:
    """What a figure opens to: its facts, or, on the public site, its definition and how it is protected."""
    return f"definitions.html#{indicator_key}" if figures.is_public else facts_path(indicator_key, time)


def scope_pages(figures: SiteFigures, bodies: Mapping[str, BodyNotes]) -> Iterator[Page]:
    """A page for every body, cluster and authority; that of a body can be sent by itself."""
    for scope in figures.scopes:
        if scope.kind in FOLDERS:
            notes = bodies.get(scope.key) if scope.kind == "partner" else None
            yield Page(
                scope_path(scope),
                scope.name,
                "scope.html.j2",
                is_alone=scope.kind == "partner",
                context={"scope": scope, "kind_words": KIND_WORDS[scope.kind], "body": notes},
            )


def facts_pages(figures: SiteFigures, facts: list[FactsOfQuarter]) -> Iterator[Page]:
    """For every indicator a page that leads to its quarters, and the facts of each quarter."""
    for indicator in figures.indicators:
        own = [found for found in facts if found.indicator_key == indicator.key]
        yield Page(
            facts_path(indicator.key, SO_FAR),
            f"Facts of {indicator.name}",
            "facts.html.j2",
            context={
                "indicator": indicator,
                "by_quarter": {found.period_key: found for found in own},
                "is_withheld": figures.cell(figures.whole, indicator.key, SO_FAR).mark == WITHHELD,
            },
        )
        for found in own:
            yield Page(
                facts_path(indicator.key, found.period_key),
                f"Facts of {indicator.name}",
                "facts_of_quarter.html.j2",
                context={"indicator": indicator, "found": found},
            )
