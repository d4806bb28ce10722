"""Charts of the report: Vega-Lite turned into SVG in this process, without a browser and without a network.

Every picture has a title and a description for those who do not see it; marks differ by shape and dash, never by colour
alone. The same figures give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from evaluation import numbers
from evaluation.pack import wording
from evaluation.pack.drawn import Picture, drawn_once
from evaluation.pack.impact import Range
from evaluation.pack.leverage import Leverage
from evaluation.pack.programme import IndicatorDefinition, Quarter

INK = "#1c2733"
QUIET = "#4d5b69"
GRID = "#dde3e9"
VERIFIED_COLOUR = "#0b5f6e"
CLAIMED_COLOUR = "#a3541a"
LOST_COLOUR = "#b8bfc7"
TARGET_COLOUR = "#6b2d73"
RANGE_COLOUR = "#9fc4ca"
FONT = "Arial, Helvetica, sans-serif"
_CONFIG = {
    "aria": False,
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "domainColor": QUIET,
        "gridColor": GRID,
        "labelColor": QUIET,
        "labelFontSize": 11,
        "tickColor": QUIET,
        "title": None,
    },
}
_LABELS = {"labelLimit": 0, "labelFontSize": 13, "labelColor": INK, "domain": False, "ticks": False, "labelPadding": 8}
_ROOT = re.compile(r"<svg [^>]*?width=\"(?P<width>[\d.]+)\" height=\"(?P<height>[\d.]+)\"[^>]*?>")


def name_picture(svg: str, name: str, title: str, description: str) -> Markup:
    """Make a bare SVG an image with a name; ids get the picture's name, for many pictures share one page."""
    root = _ROOT.match(svg)
    if root is None:
        raise ValueError(f"chart {name}: the renderer wrote no SVG element with a size")
    # The picture is one image with one text; what the renderer says of its parts would be images without any.
    body = re.sub(r' (?:role|aria-roledescription)="[^"]*"', "", svg[root.end() :])
    for found in sorted(set(re.findall(r'id="([^"]+)"', body)), key=len, reverse=True):
        body = body.replace(f'id="{found}"', f'id="{name}-{found}"').replace(f"url(#{found})", f"url(#{name}-{found})")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {root["width"]} {root["height"]}" '
        f'role="img" aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(description)}</desc>'
    )
    return Markup(head + body)  # noqa: S704 - the renderer escapes what it draws, and we what we add


def render(chart: Any, name: str, title: str, description: str) -> Picture:
    """A chart as SVG with a name and a text alternative."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg(chart.configure(**_CONFIG).to_dict())
    return Picture(name_picture(svg, name, title, description))


@drawn_once
def trend(
    indicator: IndicatorDefinition,
    quarters: Sequence[Quarter],
    cumulative: Mapping[tuple[str, str, str], Decimal | None],
) -> Picture:
    """Cumulative verified and claimed figures by quarter, and the target as a line where one was stated.

    `cumulative`: by indicator, quarter and basis. A figure that is not there is a gap in its line, never a zero.
    """
    import altair as alt

    def figure(quarter: Quarter, basis: str) -> Decimal | None:
        return cumulative.get((indicator.key, quarter.key, basis))

    data = [
        {
            "quarter": quarter.key[2:].replace("-Q", " Q"),
            "basis": basis,
            "value": None if (value := figure(quarter, basis)) is None else float(value),
        }
        for quarter in quarters
        for basis in ("claimed", "verified")
    ]
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X(
            "quarter:O",
            axis=alt.Axis(
                labelAngle=0,
                labelExpr="substring(datum.label, 6, 8) == 'Q1' ? [substring(datum.label, 6, 8), "
                "substring(datum.label, 0, 5)] : substring(datum.label, 6, 8)",
                grid=False,
            ),
        ),
        y=alt.Y(
            "value:Q",
            scale=alt.Scale(zero=True, nice=True),
            axis=alt.Axis(tickCount=4, labelExpr=_amount_label(indicator.unit), domain=False, ticks=False),
        ),
    )
    colour = alt.Color(
        "basis:N",
        legend=None,
        scale=alt.Scale(domain=["verified", "claimed"], range=[VERIFIED_COLOUR, CLAIMED_COLOUR]),
    )
    dash = alt.StrokeDash(
        "basis:N", legend=None, scale=alt.Scale(domain=["verified", "claimed"], range=[[1, 0], [5, 3]])
    )
    shape = alt.Shape(
        "basis:N", legend=None, scale=alt.Scale(domain=["verified", "claimed"], range=["circle", "square"])
    )
    layers: list[Any] = [
        base.mark_line(strokeWidth=2.5, invalid="break-paths-filter-domains").encode(color=colour, strokeDash=dash),
        base.mark_point(filled=True, size=42, opacity=1, invalid="filter").encode(color=colour, shape=shape),
    ]
    if indicator.to_reach is not None:
        layers += _target_line(indicator.to_reach, indicator)
    chart = alt.layer(*layers).properties(width=280, height=130)
    said = [
        f"{basis} {numbers.number(value, indicator.unit)} by {wording.quarter(last.key)}"
        for basis in ("verified", "claimed")
        for last in [next((quarter for quarter in reversed(quarters) if figure(quarter, basis) is not None), None)]
        if last is not None and (value := figure(last, basis)) is not None
    ]
    goal = wording.target(indicator)
    return render(
        chart,
        f"trend-{indicator.key}",
        f"{indicator.name}: cumulative by quarter",
        f"Line chart. {', '.join(said).capitalize() or 'No figure is shown'}; target: {goal}. "
        "The figures are in the table below it.",
    )


def _amount_label(unit: str) -> str:
    """Vega's expression for the labels of an axis of figures."""
    if unit == "GBP":
        return "'£' + replace(format(datum.value, '~s'), 'M', 'm')"
    return "format(datum.value, ',~f')"


def _target_line(target: Decimal, indicator: IndicatorDefinition) -> list[Any]:
    import altair as alt

    data = alt.Data(
        values=[
            {
                "value": float(target),
                "label": f"target {wording.target(indicator)}",
            }
        ]
    )
    base = alt.Chart(data).encode(y="value:Q")
    return [
        base.mark_rule(color=TARGET_COLOUR, strokeDash=[2, 3], strokeWidth=2),
        base.mark_text(align="left", baseline="bottom", dy=-3, fontSize=11, color=TARGET_COLOUR).encode(
            x=alt.value(2), text="label:N"
        ),
    ]


@drawn_once
def waterfall(leverage: Leverage, *, narrow: bool) -> Picture:
    """From the money that was returned as realised to what counts, reason by reason.

    `narrow` has each label above its bar, for a phone.
    """
    import altair as alt

    bars = _bars(leverage)
    base = alt.Chart(alt.Data(values=bars)).encode(
        y=alt.Y("label:N", sort=[bar["label"] for bar in bars], axis=None if narrow else _LABELS)
    )
    colour = alt.Color(
        "kind:N",
        legend=None,
        scale=alt.Scale(domain=["claimed", "lost", "verified"], range=[CLAIMED_COLOUR, LOST_COLOUR, VERIFIED_COLOUR]),
    )
    scale = alt.Scale(domain=[0, float(leverage.claimed) * (1 if narrow else 1.18) or 1], nice=False)
    down = 8 if narrow else 0
    layers = [
        base.mark_bar(height=16, stroke=INK, strokeWidth=0.6, yOffset=down).encode(
            x=alt.X("from:Q", scale=scale, axis=None), x2="to:Q", color=colour
        )
    ]
    if narrow:
        layers += [
            base.mark_text(align="left", dy=-10, fontSize=13, color=INK).encode(x=alt.value(0), text="label:N"),
            base.mark_text(align="right", dy=-10, fontSize=13, color=INK).encode(x=alt.value(296), text="text:N"),
        ]
    else:
        layers.append(base.mark_text(align="left", dx=6, fontSize=13, color=INK).encode(x="right:Q", text="text:N"))
    chart = alt.layer(*layers).properties(width=296 if narrow else 470, height=alt.Step(46 if narrow else 30))
    lost = "; ".join(
        f"{wording.spoken(wording.REASON, s.reason)} {numbers.number(s.amount, 'GBP')}" for s in leverage.steps
    )
    return render(
        chart,
        f"waterfall-{'narrow' if narrow else 'wide'}",
        "Resource levered: from what was returned to what counts",
        f"Waterfall. Returned as realised {numbers.number(leverage.claimed, 'GBP')}. Not counted: {lost or 'nothing'}. "
        f"Verified {numbers.number(leverage.realised, 'GBP')}.",
    )


def _bars(leverage: Leverage) -> list[dict[str, Any]]:
    bars = [_bar("Returned as realised", "claimed", Decimal(0), leverage.claimed, leverage.claimed)]
    left = leverage.claimed
    for step in leverage.steps:
        bars.append(_bar(wording.spoken(wording.REASON, step.reason), "lost", left + step.amount, left, step.amount))
        left += step.amount
    return [*bars, _bar("Verified: what counts", "verified", Decimal(0), leverage.realised, leverage.realised)]


def _bar(label: str, kind: str, start: Decimal, end: Decimal, amount: Decimal) -> dict[str, Any]:
    return {
        "label": label,
        "kind": kind,
        "from": float(start),
        "to": float(end),
        "right": float(max(start, end)),
        "text": numbers.short_number(amount, "GBP"),
    }


@drawn_once
def ranges(of_measure: Sequence[Range], *, narrow: bool) -> Picture:
    """Low to high of one modelled measure as a line, the central case as a mark upon it; one line a level and set."""
    import altair as alt

    unit = of_measure[0].unit
    bars: list[dict[str, Any]] = [
        {
            "label": range_label(item),
            "low": float(item.low),
            "central": float(item.central),
            "high": float(item.high),
            "text": f"{numbers.short_number(item.low, unit)} to {numbers.short_number(item.high, unit)}, "
            f"central {numbers.short_number(item.central, unit)}",
        }
        for item in of_measure
    ]
    base = alt.Chart(alt.Data(values=bars)).encode(
        y=alt.Y("label:N", sort=[bar["label"] for bar in bars], axis=None if narrow else _LABELS)
    )
    axis = alt.Axis(tickCount=4, labelExpr=_amount_label(unit), labelFontSize=12)
    down = 12 if narrow else 7
    above = -8
    chart = alt.layer(
        base.mark_rule(strokeWidth=7, color=RANGE_COLOUR, strokeCap="round", yOffset=down).encode(
            x=alt.X("low:Q", scale=alt.Scale(zero=True), axis=axis), x2="high:Q"
        ),
        base.mark_point(
            shape="diamond", size=130, filled=True, opacity=1, color=VERIFIED_COLOUR, stroke="#ffffff", yOffset=down
        ).encode(x="central:Q"),
        base.mark_text(align="left", dy=above, fontSize=12 if narrow else 13, color=INK).encode(
            x=alt.value(0), text=alt.Text("title:N" if narrow else "text:N")
        ),
    ).transform_calculate(title="datum.label + ': ' + datum.text")
    chart = chart.properties(width=296 if narrow else 520, height=alt.Step(54 if narrow else 44))
    return render(
        chart,
        f"range-{of_measure[0].measure}-{'narrow' if narrow else 'wide'}",
        f"{wording.spoken(wording.MEASURE, of_measure[0].measure)}: range of the scenarios, modelled",
        "Range chart. " + "; ".join(f"{bar['label']}: {bar['text']}" for bar in bars) + ".",
    )


def range_label(item: Range) -> str:
    """Where and under which assumptions a modelled figure holds."""
    level = wording.spoken(wording.LEVEL, item.spatial_level)
    return level if item.assumption_set == "programme" else f"{level} ({item.assumption_set})"
