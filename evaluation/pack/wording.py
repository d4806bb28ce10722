"""How the pack puts figures, ratings, statuses and reasons into words. The same words in workbook and report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from evaluation.numbers import number, percent, rounded, signed

if TYPE_CHECKING:
    from evaluation.pack.programme import IndicatorDefinition

NO_TARGET = "no target stated"
NOT_AGREED = "to be agreed"
NOT_AVAILABLE = "x"
WITHHELD = "w"
# What stands in the place of a figure that is not there, by its quality_status.
MARKS = {"not_available": NOT_AVAILABLE, "withheld": WITHHELD}


@dataclass(frozen=True)
class Rating:
    """A rating as a word and a shape, so that colour is never the only signal. `shape` names a shape of the report."""

    word: str
    shape: str
    symbol: str


_RATINGS = {
    "green": Rating("Green", "circle", "●"),
    "amber_green": Rating("Amber/Green", "half", "◐"),
    "amber": Rating("Amber", "triangle", "▲"),
    "amber_red": Rating("Amber/Red", "diamond", "◆"),
    "red": Rating("Red", "square", "■"),
}
_UNRATED = Rating("Not rated", "ring", "○")
_WITHOUT_TARGET = Rating("No target stated", "dash", "-")

STATUS = {
    "verified": "Verified",
    "evidenced": "Evidence below the minimum",
    "claimed": "Claimed, no usable evidence",
    "rejected": "Rejected by the programme office",
    "withdrawn": "Withdrawn",
}
GRADE = {
    "A": "A: third party or primary record",
    "B": "B: signed by the beneficiary",
    "C": "C: self-report",
    "none": "No evidence",
}
REASON = {
    "aligned": "Aligned activity, not the programme's",
    "attribution_not_returned": "No body returned the event as the programme's",
    "possible_duplicate": "Another body returned the same event",
    "unidentified_above_limit": "Too many heads without a name",
    "below_threshold": "Support below the threshold",
    "business_insolvent": "Business insolvent",
    "claimed": "No usable evidence",
    "conditions_not_met": "Conditions of a scaled intervention not met",
    "counted_at_less": "Counted at less than was returned",
    "duplicate": "Counted once already",
    "evidence_below_minimum": "Evidence below the minimum grade",
    "evidenced": "Evidence below the minimum grade",
    "excluded_source": "Programme, accelerator or own money",
    "fewer_than_two_organisations": "Fewer than two organisations",
    "in_the_future": "Dated in the future",
    "no_business_member": "No business among the members",
    "no_employment_increase": "No increase over baseline employment",
    "no_follow_up": "No follow-up of employment yet",
    "no_new_tie": "All members had worked together before",
    "not_a_business": "Not a business",
    "not_caused_by_programme": "Not caused by the programme",
    "not_filled": "Post not filled",
    "not_new_post": "Not a new post",
    "not_permanent": "Not a permanent post",
    "not_programme_funded": "Event not funded by the programme",
    "out_of_area": "Outside the area",
    "outside_programme_period": "Outside the programme's quarters",
    "rejected": "Rejected by the programme office",
    "reported_apart": "Loan or equity, reported apart",
    "secured_before_activity": "Secured before the activity began",
    "service_purchase": "Purchase of a service",
    "withdrawn": "Withdrawn",
    "withheld": "Withheld with its figure",
}
INTERVENTION = {
    "feasibility_study": "Feasibility study",
    "pilot": "Pilot",
    "scaled": "Scaled intervention",
}
STAGE = {
    "live": "Live",
    "completed": "Completed",
    "terminated_before_spend": "Terminated before first spend",
    "withdrawn": "Withdrawn",
}
LEVEL = {
    "local": "Local",
    "regional": "Regional",
    "uk": "United Kingdom",
}
MEASURE = {
    "net_jobs": "Net jobs",
    "gva_present_value": "Gross value added, present value",
    "gva_less_public_cost": "Gross value added less public cost",
    "gva_per_public_pound": "Gross value added per pound of public cost",
}
SWITCH = {
    "switches": "",
    "always_above_cost": "none: GVA stays above the cost",
    "always_below_cost": "none: GVA stays below the cost",
}
GATE = {
    "passed": "Passed",
    "passed_with_warnings": "Passed, with warnings",
    "passed_with_figures_withheld": "Passed, with figures withheld",
}
NETWORK_MEASURE = {
    "mean_degree": "Partners, mean",
    "density": "Density",
    "e_i_index": "E-I index",
    "e_i_index_expected": "E-I by chance",
    "e_i_index_above_expected": "Difference",
    "new_ties": "New pairs",
    "repeated_ties": "Repeated",
    "lapsed_ties": "Lapsed",
    "retention": "Retention",
    "giant_component_share_with_bodies": "Connected, with the bodies",
    "giant_component_share_without_bodies": "Connected, without them",
    "dependence_on_bodies": "Dependence on the bodies",
}
NETWORK_STATUS = {
    "too_few_organisations": "fewer than 10 organisations",
    "no_ties": "no ties",
    "not_defined": "not defined",
    "withheld": "withheld",
}
_NETWORK_COUNTS = {"mean_degree", "new_ties", "repeated_ties", "lapsed_ties"}
_NETWORK_SHARES = {
    "retention",
    "giant_component_share_with_bodies",
    "giant_component_share_without_bodies",
    "dependence_on_bodies",
}
_UNITS = {"count": "", "GBP": "GBP", "FTE": "FTE"}


def spoken(words: Mapping[str, str], key: str) -> str:
    """The words for a key; a key nobody put into words yet is at least readable."""
    return words.get(key, key.replace("_", " ").capitalize())


def stages(keys: str) -> str:
    """The words for one or more stages in one text."""
    return ", ".join(spoken(STAGE, key) for key in keys.split(", "))


def rating(rag: str | None, target_status: str) -> Rating:
    """The rating of an indicator; without a target there is none to give."""
    if target_status == "not_stated":
        return _WITHOUT_TARGET
    return _RATINGS.get(rag or "", _UNRATED)


def unit_words(unit: str) -> str:
    """The unit as it stands behind a figure; empty where the name of the indicator says it all."""
    return _UNITS.get(unit, unit)


def target(indicator: IndicatorDefinition) -> str:
    """The target of an indicator as text; one that was not stated is said to be so."""
    ends = (indicator.target,) if indicator.lower is None else (indicator.lower, indicator.upper)
    said = " to ".join(number(end, indicator.unit) for end in ends if end is not None)
    if not said:
        return NO_TARGET if indicator.target_status == "not_stated" else NOT_AGREED
    return f"about {said}" if indicator.is_approximate else said


def network_value(value: Decimal, measure: str) -> str:
    """A measure of the network as text: counts, whole per cent, or an index with three decimals."""
    if measure in _NETWORK_COUNTS:
        return number(value, "count")
    if measure in _NETWORK_SHARES:
        return signed(value, percent(abs(value)))
    return signed(value, str(rounded(abs(value), 3)))


def quarter(period_key: str) -> str:
    """`2023-24-Q1` as people say it."""
    year, _, name = period_key.rpartition("-")
    return f"{name} {year}"


def day(value: date | None) -> str:
    """A date as text."""
    return "" if value is None else f"{value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """A UTC time as text."""
    return "never" if value is None else f"{value.day} {value:%B %Y, %H:%M} UTC"


def count(number_of: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun."""
    return f"{number_of:,} {singular if number_of == 1 else plural or singular + 's'}"
