"""The report: one HTML page with everything in it, that opens from disk and loads nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from evaluation import numbers
from evaluation.pack import charts, network_charts, notes, revision, wording
from evaluation.pack.breakdown import Breakdown, ShownFigure
from evaluation.pack.drawn import Picture
from evaluation.pack.figures import PackFigures
from evaluation.pack.impact import GVA
from evaluation.pack.milestones import Intervention
from evaluation.pack.programme import Indicator
from evaluation.trace.links import link_of

TEMPLATES = Path(__file__).parent / "templates"
CONTENTS = (
    ("scorecard", "Scorecard"),
    ("quarters", "By quarter"),
    ("bodies", "By cluster body"),
    ("areas", "By local authority"),
    ("leverage", "Resource levered"),
    ("pilots", "Pilots"),
    ("network", "Network"),
    ("impact", "Net impact"),
    ("quality", "Data quality"),
    ("restatements", "Restatements"),
    ("notes", "Notes"),
)


def environment(*folders: Path) -> Any:
    """Jinja with the words and the rounding of the pack as filters; templates of `folders` come before the pack's."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        number=_or_withheld(numbers.number),
        network_value=wording.network_value,
        outline=network_charts.outline,
        short_number=_or_withheld(numbers.short_number),
        unit_words=wording.unit_words,
        quarter=wording.quarter,
        moment=wording.moment,
        day=wording.day,
        percent=numbers.percent,
        count=wording.count,
        spoken=wording.spoken,
        stages=wording.stages,
        target=wording.target,
        rating=lambda indicator: wording.rating(indicator.rag, indicator.target_status),
        whole=lambda value: f"{value:,}",
        exact=lambda value: f"{numbers.whole(value):,f}",
        four=lambda value: f"{numbers.whole(numbers.rounded(value, 4)):,f}",
        opens=lambda source, root: root + link if root and (link := link_of(source)) else None,
        bar=_bar,
        range_label=charts.range_label,
        bar_of_target=lambda share: _width(share),
    )
    return made


def _or_withheld(write: Callable[..., str]) -> Callable[..., str]:
    """A filter that writes a figure, or the mark of one that is withheld."""

    def written(value: Decimal | None, *more: Any, **how: Any) -> str:
        return wording.WITHHELD if value is None else write(value, *more, **how)

    return written


def _width(share: Decimal) -> Decimal:
    """A fraction as the width of a bar, in per cent with one decimal, never beyond its frame."""
    return numbers.rounded(min(max(share, Decimal(0)), Decimal(1)) * 100, 1)


def _bar(cut: Breakdown, indicator_key: str, item: ShownFigure | None) -> Decimal | None:
    """How wide the bar under a figure is, against the largest of its column."""
    if item is None or item.value is None:
        return None
    largest = max(
        (shown.value for (_, key), shown in cut.figures.items() if key == indicator_key and shown.value is not None),
        default=Decimal(0),
    )
    return _width(item.value / largest) if largest > 0 else Decimal(0)


def _summary(headline: list[Indicator]) -> str:
    with_target = [indicator for indicator in headline if indicator.has_target]
    rated = Counter(
        wording.rating(indicator.rag, indicator.target_status).word for indicator in headline if indicator.rag
    )
    ratings = ", ".join(f"{number} {word}" for word, number in sorted(rated.items()))
    stated = wording.count(len(with_target), "has a stated target", "have a stated target")
    return (
        f"Of the {len(headline)} headline indicators {stated}; "
        + (f"rated: {ratings}." if rated else "none is rated yet.")
        + " Where no target was stated none is assumed."
    )


def _by_kind(interventions: list[Intervention], stages: list[str]) -> list[tuple[str, dict[str, int], int | str]]:
    found = []
    for kind in sorted({item.kind for item in interventions}, key=lambda kind: (kind == "scaled", kind)):
        of_kind = [item for item in interventions if item.kind == kind]
        by_stage = {stage: sum(item.stage == stage for item in of_kind) for stage in stages}
        # Where it is withheld which of them count, so is how many.
        counts = [item.is_counted for item in of_kind if item.is_counted is not None]
        found.append((kind, by_stage, sum(counts) if len(counts) == len(of_kind) else wording.WITHHELD))
    return found


def render_report(figures: PackFigures, trace_root: str | None = None) -> str:
    """The page as text. The same figures give the same text. `trace_root`: where the pages lie that figures open to."""
    context = report_context(figures) | {"trace_root": trace_root}
    text: str = environment().get_template("report.html.j2").render(context)
    return text


def report_context(figures: PackFigures) -> dict[str, Any]:
    """What the templates in `sections/` are given, for the report and for the site of the release."""
    stages = sorted({item.stage for item in figures.interventions})
    restated = {
        (change.indicator_key, change.period_key) for change in figures.restatements.changes if change.was_closed
    }
    return {
        "css": _css(),
        "trace_root": None,
        "words": wording,
        "source_labels": figures.source_labels,
        "no_target": wording.NO_TARGET,
        "contents": CONTENTS,
        "audience": notes.AUDIENCE,
        "caveats": notes.CAVEATS,
        "shorthand": notes.SHORTHAND,
        "release": figures.release,
        "summary": _summary(figures.headline),
        "indicators": figures.indicators,
        "headline": figures.headline,
        "supplementary": figures.supplementary,
        "by_key": {indicator.key: indicator for indicator in figures.indicators},
        "quarters": figures.quarters,
        "reporting_quarter": figures.reporting_quarter,
        "quarter_figures": figures.quarter_figures,
        "forecasts": figures.forecasts,
        "evidence": figures.evidence,
        "kept_back": figures.assurance.kept_back,
        "trends": _trends(figures),
        "by_body": figures.by_body,
        "by_area": figures.by_area,
        "leverage": figures.leverage,
        "waterfall_wide": charts.waterfall(figures.leverage, narrow=False),
        "waterfall_narrow": charts.waterfall(figures.leverage, narrow=True),
        "stages": stages,
        "interventions": figures.interventions,
        "interventions_by_kind": _by_kind(figures.interventions, stages),
        "network": figures.network,
        "network_cautions": notes.NETWORK,
        "network_columns": wording.NETWORK_MEASURE.items(),
        **_network(figures),
        "impact": figures.impact,
        "gva_wide": _gva(figures, narrow=False),
        "gva_narrow": _gva(figures, narrow=True),
        "assurance": figures.assurance,
        "restatements": figures.restatements,
        "confidence": figures.confidence,
        "waiting": figures.waiting,
        "overlaps": figures.overlaps,
        "triangles": figures.triangles,
        "revisions": _revisions(figures),
        "restated": restated,
        "restated_note": "Figures marked r were restated since the release before." if restated else "",
    }


def _network(figures: PackFigures) -> dict[str, Any]:
    """The pictures of the network; none of who is tied to whom where there are too few to be shown."""
    network = figures.network
    if network is None or network.last is None:
        return {"network_wide": None, "network_narrow": None, "network_groups": [], "network_courses": []}
    shape = network.shape
    return {
        "network_wide": shape and network_charts.network_picture(shape, network.last, narrow=False),
        "network_narrow": shape and network_charts.network_picture(shape, network.last, narrow=True),
        "network_groups": network_charts.groups_of(shape) if shape else [],
        "network_courses": network_charts.courses(network),
    }


def _gva(figures: PackFigures, *, narrow: bool) -> Picture | None:
    of_gva = [item for item in figures.impact.ranges if item.measure == GVA] if figures.impact else []
    return charts.ranges(of_gva, narrow=narrow) if of_gva else None


def _revisions(figures: PackFigures) -> dict[str, Picture]:
    """A picture of each headline indicator's triangle, once a figure was known at two times."""
    return {
        indicator.key: revision.picture(indicator, triangle)
        for indicator in figures.headline
        if (triangle := figures.triangles.get(indicator.key)) and len(triangle.vintages) > 1 and triangle.says_anything
    }


def _css() -> Any:
    from markupsafe import Markup

    return Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _trends(figures: PackFigures) -> dict[str, Picture]:
    if not figures.quarters:
        return {}
    cumulative = {key: figure.cumulative for key, figure in figures.quarter_figures.items()}
    return {indicator.key: charts.trend(indicator, figures.quarters, cumulative) for indicator in figures.headline}
