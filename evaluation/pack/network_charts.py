"""Pictures of the network: who is tied to whom, without names, and the measures over time.

Groups differ by shape, by whether the shape is filled, by colour and by a letter beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from markupsafe import Markup

from evaluation.network.draw import lay_out
from evaluation.pack import wording
from evaluation.pack.charts import CLAIMED_COLOUR, INK, TARGET_COLOUR, VERIFIED_COLOUR, name_picture, render
from evaluation.pack.drawn import Picture, drawn_once
from evaluation.pack.network import Network, NetworkQuarter, Shape

# Outlines about the point 0 0, about 10 across.
_OUTLINES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "M-4 -4h8v8h-8z",
    "M0 -5.2L4.9 3.8H-4.9z",
    "M0 -5.6L5.6 0 0 5.6 -5.6 0z",
    "M-1.7 -5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
    "M0 5.2L4.9 -3.8H-4.9z",
    "M-2.6 -4.6h5.2L5.2 0 2.6 4.6h-5.2L-5.2 0z",
)
_COLOURS = (VERIFIED_COLOUR, CLAIMED_COLOUR, TARGET_COLOUR, "#1f4e9c", "#8a1c3c", "#3f6212", "#4a4a4a")
_ACROSS_COLOUR = "#8a97a5"


@dataclass(frozen=True)
class Group:
    """A group of the picture and how it is told from the others."""

    letter: str
    name: str
    organisations: int
    outline: str
    colour: str
    is_filled: bool


@dataclass(frozen=True)
class Series:
    """A line of a chart: a measure and its words."""

    measure: str
    words: str


@dataclass(frozen=True)
class Course:
    """A measure, or a few that belong together, over the quarters."""

    heading: str
    explanation: str
    picture: Picture


def groups_of(shape: Shape) -> list[Group]:
    """The groups in the order of the picture."""
    kinds = len(_OUTLINES)
    return [
        Group(
            letter=ascii_uppercase[number],
            name=name,
            organisations=organisations,
            outline=_OUTLINES[number % kinds],
            # A hollow shape has the colour of another filled one, so that no two are alike in both.
            colour=_COLOURS[(number + 2 * (number // kinds)) % kinds],
            is_filled=number < kinds,
        )
        for number, (name, organisations) in enumerate(Counter(shape.groups).items())
    ]


@drawn_once
def network_picture(shape: Shape, quarter: NetworkQuarter, *, narrow: bool) -> Picture:
    """Each organisation as a shape near the letter of its group, each tie as a line. Nobody is named."""
    groups = {group.name: group for group in groups_of(shape)}
    places, labels = lay_out(shape.groups, shape.ties)
    side, margin = (320, 16) if narrow else (640, 22)
    scale = (0.7 if narrow else 1.2) if len(places) <= 150 else (0.5 if narrow else 0.9)

    def at(place: tuple[float, float]) -> tuple[str, str]:
        x, y = (f"{margin + value * (side - 2 * margin):.1f}" for value in place)
        return x, y

    def lines(across: bool) -> str:
        return "".join(
            "M{} {}L{} {}".format(*at(places[one]), *at(places[other]))
            for one, other in shape.ties
            if (shape.groups[one] != shape.groups[other]) == across
        )

    body = [
        f'<path d="{lines(across=True)}" fill="none" stroke="{_ACROSS_COLOUR}" stroke-width="0.8"/>',
        f'<path d="{lines(across=False)}" fill="none" stroke="{INK}" stroke-width="1.6"/>',
    ]
    for place, name in zip(places, shape.groups, strict=True):
        x, y = at(place)
        body.append(f'<g transform="translate({x} {y}) scale({scale})">{outline(groups[name])}</g>')
    for name, place in labels.items():
        x, y = at(place)
        body.append(
            f'<text x="{x}" y="{y}" text-anchor="middle" dominant-baseline="central" font-family="Arial, sans-serif" '
            f'font-weight="bold" font-size="{14 if narrow else 18}" fill="{INK}">{groups[name].letter}</text>'
        )
    across = sum(shape.groups[one] != shape.groups[other] for one, other in shape.ties)
    sizes = "; ".join(f"{group.letter} {group.name}: {group.organisations}" for group in groups.values())
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}">{"".join(body)}</svg>'
    return Picture(
        name_picture(
            svg,
            f"network-{'narrow' if narrow else 'wide'}",
            f"Who worked with whom to the end of {wording.quarter(quarter.period_key)}",
            f"Network diagram without names. {wording.count(len(places), 'organisation')}, "
            f"{wording.count(len(shape.ties), 'pair')} tied: {across} between groups, "
            f"{len(shape.ties) - across} within one. Organisations by group: {sizes}.",
        )
    )


def outline(group: Group) -> Markup:
    """The shape of a group about the point 0 0."""
    fill = group.colour if group.is_filled else "#ffffff"
    return Markup('<path d="{}" fill="{}" stroke="{}" stroke-width="{}"/>').format(
        group.outline, fill, group.colour if not group.is_filled else "#ffffff", 2 if not group.is_filled else 0.8
    )


_COURSES = (
    (
        "degree",
        "Partners of an organisation",
        "With how many others an organisation worked, on average (mean degree).",
        (Series("mean_degree", "mean degree"),),
    ),
    (
        "density",
        "Density",
        """Of all pairs there could be, the share that worked together. It falls as the network grows, so read it with
        the number of partners.""",
        (Series("density", "density"),),
    ),
    (
        "mixing",
        "Across clusters, against chance",
        """The E-I index: 1 when every tie is between clusters, \N{MINUS SIGN}1 when every tie stays within one. Chance
        is what it would be if partners were found without regard to cluster. Below it, clusters keep more to
        themselves.""",
        (Series("e_i_index", "found"), Series("e_i_index_expected", "by chance")),
    ),
    (
        "novelty",
        "New, repeated and lapsed ties",
        """Pairs with a qualifying agreement in the quarter that had none, or had one, in the months looked back on; and
        pairs of the window without one in its last months.""",
        (Series("new_ties", "new"), Series("repeated_ties", "repeated"), Series("lapsed_ties", "lapsed")),
    ),
    (
        "dependence",
        "Dependence on the cluster bodies",
        """The share of organisations in the largest connected part: with the cluster bodies as brokers, and with the
        bodies taken away. The gap is what hangs on the bodies.""",
        (
            Series("giant_component_share_with_bodies", "with the bodies"),
            Series("giant_component_share_without_bodies", "without them"),
        ),
    ),
)


def courses(network: Network) -> list[Course]:
    """The measures over time, each with how to read it; one that was never defined is left out."""
    return [
        Course(heading, explanation, _lines(name, heading, series, network.quarters))
        for name, heading, explanation, series in _COURSES
        if any(quarter.value(line.measure) is not None for quarter in network.quarters for line in series)
    ]


@drawn_once
def _lines(name: str, heading: str, series: Sequence[Series], quarters: Sequence[NetworkQuarter]) -> Picture:
    """A line a measure; a quarter without a value is a gap, never a zero."""
    import altair as alt

    data = [
        {
            "quarter": quarter.period_key[2:].replace("-Q", " Q"),
            "measure": line.words,
            "value": None if (value := quarter.value(line.measure)) is None else float(value),
        }
        for quarter in quarters
        for line in series
    ]
    words = [line.words for line in series]
    legend = (
        alt.Legend(orient="top", title=None, labelFontSize=12, labelColor=INK, symbolSize=60) if words[1:] else None
    )
    colour = alt.Color(
        "measure:N",
        legend=legend,
        scale=alt.Scale(domain=words, range=[VERIFIED_COLOUR, CLAIMED_COLOUR, TARGET_COLOUR]),
    )
    dash = alt.StrokeDash("measure:N", legend=legend, scale=alt.Scale(domain=words, range=[[1, 0], [5, 3], [2, 2]]))
    mark = alt.Shape(
        "measure:N", legend=legend, scale=alt.Scale(domain=words, range=["circle", "square", "triangle-up"])
    )
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
            "value:Q", scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(tickCount=4, domain=False, ticks=False)
        ),
    )
    chart = alt.layer(
        base.mark_line(strokeWidth=2.5, invalid="break-paths-filter-domains").encode(color=colour, strokeDash=dash),
        base.mark_point(filled=True, size=46, opacity=1, invalid="filter").encode(color=colour, shape=mark),
    ).properties(width=280, height=130)
    latest = quarters[-1]
    said = "; ".join(
        f"{line.words} {wording.network_value(value, line.measure)}"
        for line in series
        if (value := latest.value(line.measure)) is not None
    )
    said = said or "no value"
    return render(
        chart,
        f"network-{name}",
        f"{heading}: by quarter",
        f"Line chart. By {wording.quarter(latest.period_key)}: {said}. The figures are in the table below.",
    )
