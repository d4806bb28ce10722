"""The headline sheet: the seven indicators against target and forecast, with rating and reason."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from evaluation.numbers import number
from evaluation.pack import notes, wording
from evaluation.pack.figures import PackFigures
from evaluation.pack.programme import Indicator
from evaluation.pack.sheets.quarters import FIRST_QUARTER
from evaluation.pack.sheets.sheet import Formula, Sheet, Value, marked

NAME = "Headline"
HEADINGS = (
    "Indicator", "Unit", "Verified in the quarter", "Forecast of the quarter (f)", "Variance from forecast",
    "Verified so far", "Target", "Variance from target", "Share of target", "Claimed so far", "Rating", "Output",
    "Forecast", "Reason",
)  # fmt: skip
_THIS, _FORECAST, _SO_FAR, _TARGET, _RATING = 2, 3, 5, 6, 10


def write(sheet: Sheet, figures: PackFigures, by_quarter: Sheet, rows: Mapping[str, int]) -> None:
    """Write the sheet. Figures come by formula from `by_quarter`, where an indicator's row is in `rows`."""
    release = figures.release
    sheet.text(
        f"Release {release.release_id}; data as of {wording.moment(release.data_as_of)}; "
        f"gate: {wording.spoken(wording.GATE, release.gate_status).lower()}; code {release.code_version}",
        bold=True,
    )
    sheet.text(notes.AUDIENCE)
    quarter = figures.reporting_quarter
    sheet.text(
        f"Quarter of this report: {wording.quarter(quarter.key)}"
        if quarter
        else "No quarter of the programme has ended."
    )
    sheet.gap()
    sheet.columns(HEADINGS, freeze=True, figures_from=_THIS, figures_to=_RATING)
    for indicator in figures.headline:
        _line(sheet, figures, indicator, by_quarter, rows[indicator.key])
    sheet.gap()
    sheet.text("Ratings are words and shapes: ● green, ◐ amber/green, ▲ amber, ◆ amber/red, ■ red, ○ not rated.")
    sheet.text(
        "The rating is the worse of output (verified against the profile) and forecast (outturn against the target)."
    )
    for indicator in figures.headline:
        interval = figures.waiting.intervals.get(indicator.key)
        if interval and figures.waiting.pairs:
            least, most, same = (
                number(value, indicator.unit) for value in (interval.lower, interval.upper, interval.all_same)
            )
            sheet.text(
                f"{indicator.code}: {least} to {most} once people have said of "
                f"{wording.count(figures.waiting.pairs, 'pair')} of organisations whether they are one, each decided "
                f"the way that counts fewest or most. As shown all are two; if all are one, {same}."
            )
        overlap = figures.overlaps.get(indicator.key)
        if overlap is not None and overlap.is_few:
            sheet.text(
                f"{indicator.code}: fewer than 5 are counted by several cluster bodies, each of which keeps its "
                "credit; the programme counts each once."
            )
        elif overlap is not None:
            total, several = (number(value, indicator.unit) for value in (overlap.by_bodies, overlap.several))
            sheet.text(
                f"{indicator.code}: the cluster bodies' own counts add up to {total}: {several} of that is counted by "
                "several, each of which keeps its credit; the programme counts it once."
            )
    sheet.text("x: the returns do not carry it. A target that was not stated is never estimated, nor rated against.")


def _line(sheet: Sheet, figures: PackFigures, indicator: Indicator, by_quarter: Sheet, row: int) -> None:
    rating = wording.rating(indicator.rag, indicator.target_status)
    so_far = Formula(
        f"={by_quarter.elsewhere(row, FIRST_QUARTER + len(figures.quarters))}",
        marked(indicator.verified, wording.WITHHELD),
    )
    unit = indicator.unit
    sheet.line(
        [
            f"{indicator.code} {indicator.name}",
            unit,
            *_of_quarter(sheet, figures, indicator, by_quarter, row),
            so_far if figures.quarters else marked(indicator.verified, wording.WITHHELD),
            *_against_target(sheet, indicator),
            marked(indicator.claimed, wording.WITHHELD),
            f"{rating.symbol} {rating.word}",
            _part(indicator.output_rag, indicator),
            _part(indicator.forecast_rag, indicator),
            indicator.rag_reason,
        ],
        [
            "",
            "",
            unit,
            unit,
            unit,
            unit,
            f"about {unit}" if indicator.is_approximate else unit,
            unit,
            "share",
            unit,
            "",
            "",
            "",
            "",
        ],
    )


def _part(rag: str | None, indicator: Indicator) -> str:
    part = wording.rating(rag, indicator.target_status)
    return f"{part.symbol} {part.word}"


def _of_quarter(
    sheet: Sheet, figures: PackFigures, indicator: Indicator, by_quarter: Sheet, row: int
) -> tuple[Value, Value, Value]:
    quarter = figures.reporting_quarter
    if quarter is None:
        return (wording.NOT_AVAILABLE,) * 3
    value = figures.quarter_figures[(indicator.key, quarter.key, "verified")].value
    column = FIRST_QUARTER + [item.key for item in figures.quarters].index(quarter.key)
    forecast = figures.forecasts.get((indicator.key, quarter.key))
    this, expected = sheet.cell(sheet.row, _THIS), sheet.cell(sheet.row, _FORECAST)
    variance = Formula(
        f'=IF(AND(ISNUMBER({this}),ISNUMBER({expected})),{this}-{expected},"{wording.NOT_AVAILABLE}")',
        marked(None if forecast is None or value is None else value - forecast.value),
    )
    in_quarter = Formula(f"={by_quarter.elsewhere(row, column)}", marked(value, wording.WITHHELD))
    return in_quarter, marked(None if forecast is None else forecast.value), variance


def _against_target(sheet: Sheet, indicator: Indicator) -> tuple[Value, Value, Value]:
    so_far, target = sheet.cell(sheet.row, _SO_FAR), sheet.cell(sheet.row, _TARGET)
    none = wording.NOT_AVAILABLE
    difference: Decimal | str = none
    if indicator.target is not None and indicator.verified is not None:
        difference = indicator.verified - indicator.target
    share = None if indicator.target is None else indicator.share_of_target
    return (
        wording.target(indicator) if indicator.target is None else indicator.target,
        Formula(f'=IF(AND(ISNUMBER({so_far}),ISNUMBER({target})),{so_far}-{target},"{none}")', difference),
        Formula(
            f'=IF(AND(ISNUMBER({so_far}),ISNUMBER({target})),{so_far}/{target},"{none}")',
            none if share is None else share,
        ),
    )
