"""The quarterly return workbooks as data: what each body writes into which table of which quarter.

Layout, headings and allowed values: docs/contracts.md section 3, written down here a second time on purpose.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sandbox.calendar import PERIODS, ends_on, period_of
from sandbox.counting import draw_for, some
from sandbox.options import Options
from sandbox.references import returned_in
from sandbox.spelling import Spelling, Written
from sandbox.world import Body, World

SHEETS = {
    "Interventions": ("INTERVENTIONS",),
    "Businesses": ("BUSINESSES", "SUPPORT"),
    "Collaborations": ("COLLABORATIONS", "MEMBERS"),
    "Jobs": ("JOBS",),
    "Leverage": ("LEVERAGE",),
    "Events": ("EVENTS",),
    "Forecast": ("FORECAST",),
}
STREAMS = {
    "INTERVENTIONS": "interventions",
    "BUSINESSES": "businesses",
    "SUPPORT": "support_sessions",
    "COLLABORATIONS": "collaborations",
    "MEMBERS": "collaboration_members",
    "JOBS": "jobs",
    "LEVERAGE": "leverage",
    "EVENTS": "events",
    "FORECAST": "forecasts",
}
_ORGANISATION = ("Company number", "Charity number", "Postcode", "Website", "Organisation type", "Cluster tag")
HEADINGS: dict[str, tuple[str, ...]] = {
    "INTERVENTIONS": (
        "Intervention ref",
        "Title",
        "Type",
        "Origin pilot ref",
        "Cluster tag",
        "Agreement signed on",
        "Award (£)",
        "Status",
        "New funding (£)",
        "New funding source",
        "New funding confirmed on",
        "Pilot completed or evaluated",
        "Evidence",
    ),
    "BUSINESSES": ("Business ref", "Business name", *_ORGANISATION, "Size band"),
    "SUPPORT": ("Session ref", "Business ref", "Date", "Hours", "Channel", "Specific to the business", "Evidence"),
    "COLLABORATIONS": (
        "Collaboration ref",
        "Title",
        "Purpose",
        "Kind",
        "Agreement ref",
        "Agreed on",
        "Caused by programme",
        "Status",
        "Evidence",
    ),
    "MEMBERS": ("Collaboration ref", "Member number", "Organisation name", *_ORGANISATION),
    "JOBS": (
        "Post ref",
        "Business name",
        "Company number",
        "Postcode",
        "Contracted hours",
        "Contract",
        "Expected months",
        "Post kind",
        "Started on",
        "Filled",
        "Baseline FTE",
        "Follow-up FTE",
        "Follow-up on",
        "Business status",
        "Status",
        "Evidence",
    ),
    "LEVERAGE": (
        "Source organisation",
        "Company number",
        "Source type",
        "Agreement ref",
        "Tranche",
        "Stage",
        "Kind",
        "Amount (£)",
        "Stage reached on",
        "Agreement signed on",
        "Intervention ref",
        "Status",
        "Evidence",
    ),
    "EVENTS": (
        "Event ref",
        "Platform",
        "Platform event id",
        "Title",
        "Held on",
        "Ends on",
        "Mode",
        "Venue postcode",
        "Attribution",
        "Signed in",
        "Sheet holds",
        "Headcount",
        "Evidence",
    ),
    "FORECAST": ("Indicator", "Period", "Forecast value"),
}
FORECAST_OF = (
    "Pilots funded", "Interventions scaled", "New collaborations", "Businesses assisted", "Jobs created",
    "Event attendees", "Resource levered",
)  # fmt: skip
LABELS = {
    "feasibility_study": "Feasibility study", "pilot": "Pilot", "scaled": "Scaled intervention",
    "live": "Live", "completed": "Completed", "terminated_before_spend": "Terminated before first spend",
    "withdrawn": "Withdrawn", "active": "Active", "public": "Public", "private": "Private",
    "signed_agreement": "Signed agreement", "funding_letter": "Funding letter", "self_report": "Self-report",
    "none": "None", "business": "Business", "university": "University", "public_body": "Public body",
    "third_sector": "Charity or social enterprise", "other": "Other", "in_person": "In person", "online": "Online",
    "phone": "Phone", "written": "Written", "signed_support_log": "Signed support log", "adviser_note": "Adviser note",
    "agreement": "Agreement", "mou": "MoU", "joint_bid": "Joint bid", "joint_plan": "Joint plan",
    "service_purchase": "Service purchase", "joint_bid_document": "Joint bid document", "permanent": "Permanent",
    "fixed_term": "Fixed term", "contractor": "Contractor", "new": "New", "safeguarded": "Safeguarded",
    "delivery_team": "Delivery team", "payroll_extract": "Payroll extract", "signed_follow_up": "Signed follow-up form",
    "programme_grant": "Programme grant", "other_accelerator_grant": "Other accelerator grant",
    "own_budget": "Own budget", "pipeline": "Pipeline", "committed": "Committed", "realised": "Realised",
    "cash": "Cash", "in_kind": "In kind", "loan": "Loan", "equity": "Equity", "defrayal_evidence": "Defrayal evidence",
    "valuation": "Valuation", "wmip_funded": "WMIP funded", "aligned": "Aligned", "hybrid": "Hybrid",
    "check_in_export": "Check-in export", "signed_sheet": "Signed sheet", "headcount_only": "Headcount only",
    "micro": "Micro", "small": "Small", "medium": "Medium", "large": "Large",
}  # fmt: skip
Row = dict[str, Any]


@dataclass
class Workbook:
    """One body's return of one quarter. `bad` marks planted rows that must be refused, by table and position."""

    body: Body
    period: str
    submission: int
    submitted_on: date
    is_late: bool = False
    tables: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in HEADINGS})
    bad: set[tuple[str, int]] = field(default_factory=set)
    repeats_number: bool = False

    @property
    def file_name(self) -> str:
        """Named as people name such files."""
        version = "" if self.submission == 1 else f" v{self.submission} CORRECTED"
        # Sorts after the workbook whose number it repeats.
        version += "_again" if self.repeats_number else ""
        return f"{self.body.code} return {self.period}{version}.xlsx"


def make_workbooks(options: Options, world: World, spelling: Spelling) -> list[Workbook]:
    """Every workbook of the programme: one a body and quarter, and the corrected ones."""
    draw = random.Random(f"{options.seed}:workbooks")
    books = {
        (body.code, period): Workbook(body, period, 1, ends_on(period) + timedelta(days=draw.randint(10, 40)))
        for body in world.bodies
        for period in PERIODS
    }
    _fill(options, books, world, spelling)
    _return_without_members(options, books, world)
    _respell_references(options, books)
    made = []
    for book in books.values():
        if draw.random() < options.dirt.late_return:
            book.is_late = True
            book.submitted_on = max(ends_on(book.period) + timedelta(days=75), date(2025, 4, 25))
        if draw.random() < options.dirt.resubmitted:
            made.append(_first_attempt(book, draw))
            book.submission, book.submitted_on = 2, book.submitted_on + timedelta(days=20)
        made.append(book)
    _repeat_rows(options, made)
    for book in made:
        _plant_bad_rows(book, draw, options.dirt.invalid_row)
    _contradict(options, made)
    return made + _numbered_twice(options, made)


def _return_without_members(options: Options, books: dict[tuple[str, str], Workbook], world: World) -> None:
    """Collaborations returned again in the next quarter, without their members."""
    draw = draw_for(options, "members_left_out")
    early = [item for item in world.collaborations if period_of(item.agreed_on) != PERIODS[-1]]
    for item in some(draw, early, options.dirt.members_left_out):
        quarter = PERIODS.index(period_of(item.agreed_on))
        for body, ref in zip(item.bodies, item.refs, strict=True):
            rows = books[body, PERIODS[quarter]].tables["COLLABORATIONS"]
            again = next(row for row in rows if row["Collaboration ref"] == ref)
            books[body, PERIODS[quarter + 1]].tables["COLLABORATIONS"].append(dict(again))


# What is named again and again: the table, and its reference.
RESPELT = (("INTERVENTIONS", "Intervention ref"), ("LEVERAGE", "Agreement ref"), ("SUPPORT", "Business ref"))


def _respell_references(options: Options, books: dict[tuple[str, str], Workbook]) -> None:
    """References in other case or with blanks, wherever they stand for the second time; first comes the plain form."""
    draw = draw_for(options, "reference_variant")
    seen: set[tuple[str, str, str]] = set()
    for (body, _), book in books.items():
        for table, heading in RESPELT:
            for row in book.tables[table]:
                key = body, table, row[heading]
                if key in seen and draw.random() < options.dirt.reference_variant:
                    row[heading] = draw.choice([row[heading].lower(), f" {row[heading]} ", f"{row[heading]} "])
                seen.add(key)


def _repeat_rows(options: Options, books: list[Workbook]) -> None:
    """Rows that stand twice in a workbook, and say the same."""
    draw = draw_for(options, "row_repeated")
    rows = [(book, table, row) for book in books for table in book.tables for row in book.tables[table]]
    for book, table, row in some(draw, [item for item in rows if item[1] != "FORECAST"], options.dirt.row_repeated):
        book.tables[table].append(dict(row))


def _contradict(options: Options, books: list[Workbook]) -> None:
    """Two rows of one workbook under one reference that do not agree: nobody can tell which is meant."""
    draw = draw_for(options, "contradicted")
    for table, heading, value in CONTRADICTED:
        for book in books:
            good = [row for place, row in enumerate(book.tables[table]) if (table, place) not in book.bad]
            if not good or draw.random() >= options.dirt.invalid_row:
                continue
            one = {**draw.choice(good), HEADINGS[table][0]: f"TWO-{draw.randrange(10**6):06d}"}
            for row in (one, {**one, heading: value}):
                book.tables[table].append(row)
                book.bad.add((table, len(book.tables[table]) - 1))


def _numbered_twice(options: Options, books: list[Workbook]) -> list[Workbook]:
    """Workbooks sent later under the number of one that stands: refused, whatever they say."""
    draw = draw_for(options, "number_given_twice")
    final = [book for book in books if book.submission == 1 and not book.is_late]
    return [
        Workbook(
            book.body,
            book.period,
            book.submission,
            book.submitted_on + timedelta(days=3),
            tables={table: [dict(row) for row in rows[::2]] for table, rows in book.tables.items()},
            repeats_number=True,
        )
        for book in some(draw, final, options.dirt.number_given_twice)
    ]


def _first_attempt(book: Workbook, draw: random.Random) -> Workbook:
    """The return as first sent: rows missing, and hours, amounts and dates of others wrong."""
    first = Workbook(book.body, book.period, 1, book.submitted_on)
    for table, rows in book.tables.items():
        kept = [dict(row) for row in rows if table in ("BUSINESSES", "COLLABORATIONS") or draw.random() > 0.15]
        for row in kept:
            for heading in ("Hours", "Amount (£)", "Headcount"):
                if isinstance(row.get(heading), (int, float)) and draw.random() < 0.3:
                    row[heading] = max(1, round(row[heading] * 0.5))
        first.tables[table] = kept
    return first


def _place(written: Written) -> Row:
    return {
        "Company number": written.company_number,
        "Charity number": written.charity_number,
        "Postcode": written.postcode,
        "Website": written.website,
    }


def _fill(options: Options, books: dict[tuple[str, str], Workbook], world: World, spelling: Spelling) -> None:
    _interventions(books, world)
    _support(books, world, spelling)
    _collaborations(books, world, spelling)
    _jobs(books, world, spelling)
    _leverage(books, world, spelling)
    _events(books, world)
    for (_, period), book in books.items():
        book.tables["FORECAST"].append({"Indicator": "Jobs created", "Period": period, "Forecast value": 5})
    draw = draw_for(options, "longer_forecast")
    for (_, period), book in some(draw, sorted(books.items()), options.dirt.longer_forecast):
        book.tables["FORECAST"] += [
            {"Indicator": indicator, "Period": later, "Forecast value": draw.randint(1, 20)}
            for indicator in FORECAST_OF
            for later in PERIODS[PERIODS.index(period) + 1 :]
        ]


def _interventions(books: dict[tuple[str, str], Workbook], world: World) -> None:
    for item in world.interventions:
        started = period_of(item.signed_on or item.returned_on or date(2023, 4, 1))
        for body in item.bodies:
            # Listed again in every later quarter; until the last it is still live.
            for period in PERIODS[PERIODS.index(started) :]:
                last = period == PERIODS[-1]
                books[body, period].tables["INTERVENTIONS"].append(
                    {
                        "Intervention ref": item.reference,
                        "Title": item.title,
                        "Type": LABELS[item.kind],
                        "Origin pilot ref": item.origin,
                        "Cluster tag": item.cluster,
                        "Agreement signed on": item.signed_on,
                        "Award (£)": item.award,
                        "Status": LABELS[item.status if last else "live"],
                        "New funding (£)": item.new_funding,
                        "New funding source": LABELS[item.funding_source] if item.funding_source else None,
                        "New funding confirmed on": item.confirmed_on,
                        "Pilot completed or evaluated": "Yes" if item.pilot_completed else "No",
                        "Evidence": LABELS[item.evidence],
                    }
                )


def _support(books: dict[tuple[str, str], Workbook], world: World, spelling: Spelling) -> None:
    listed: set[tuple[str, str, str]] = set()
    known: dict[tuple[str, str], Written] = {}
    for session in world.sessions:
        if session.record.system == "hubspot":
            continue
        period = returned_in(session.held_on)
        book = books[session.body, period]
        record = session.record
        if (session.body, period, record.ref) not in listed:
            listed.add((session.body, period, record.ref))
            organisation = record.organisation
            before = known.get((session.body, record.ref))
            written = spelling.again(organisation, before) if before else spelling.loosely(organisation)
            known[session.body, record.ref] = written
            book.tables["BUSINESSES"].append(
                {
                    "Business ref": record.reference,
                    "Business name": written.name,
                    **_place(written),
                    "Organisation type": LABELS[organisation.kind],
                    "Cluster tag": organisation.cluster,
                    "Size band": LABELS[organisation.size_band],
                }
            )
        book.tables["SUPPORT"].append(
            {
                "Session ref": session.reference,
                "Business ref": record.reference,
                "Date": session.held_on,
                "Hours": session.hours,
                "Channel": LABELS[session.channel],
                "Specific to the business": "No" if session.is_generic else None,
                "Evidence": LABELS[session.evidence],
            }
        )


def _collaborations(books: dict[tuple[str, str], Workbook], world: World, spelling: Spelling) -> None:
    for item in world.collaborations:
        for body, ref in zip(item.bodies, item.refs, strict=True):
            book = books[body, period_of(item.agreed_on)]
            book.tables["COLLABORATIONS"].append(
                {
                    "Collaboration ref": ref,
                    "Title": item.title,
                    "Purpose": item.purpose,
                    "Kind": LABELS[item.kind],
                    "Agreement ref": item.agreement_ref,
                    "Agreed on": item.agreed_on,
                    "Caused by programme": "Yes" if item.caused else "No",
                    "Status": LABELS[item.status],
                    "Evidence": LABELS[item.evidence],
                }
            )
            for number, member in enumerate(item.members, start=1):
                written = spelling.loosely(member)
                book.tables["MEMBERS"].append(
                    {
                        "Collaboration ref": ref,
                        "Member number": number,
                        "Organisation name": written.name,
                        **_place(written),
                        "Organisation type": LABELS[member.kind],
                        "Cluster tag": member.cluster,
                    }
                )


def _jobs(books: dict[tuple[str, str], Workbook], world: World, spelling: Spelling) -> None:
    for post in world.posts:
        for body in post.bodies:
            employer = post.employer
            written = spelling.findably(employer.organisation)
            books[body, returned_in(post.started_on)].tables["JOBS"].append(
                {
                    "Post ref": post.reference,
                    "Business name": written.name,
                    "Company number": written.company_number,
                    "Postcode": written.postcode,
                    "Contracted hours": post.hours,
                    "Contract": LABELS[post.contract],
                    "Expected months": post.months,
                    "Post kind": LABELS[post.kind],
                    "Started on": post.started_on,
                    "Filled": "Yes" if post.is_filled else "No",
                    "Baseline FTE": employer.baseline_fte,
                    "Follow-up FTE": employer.follow_up_fte,
                    "Follow-up on": None if employer.follow_up_fte is None else date(2025, 3, 31),
                    "Business status": "Insolvent" if employer.is_insolvent else "Trading",
                    "Status": LABELS[post.status],
                    "Evidence": LABELS[post.evidence],
                }
            )


def _leverage(books: dict[tuple[str, str], Workbook], world: World, spelling: Spelling) -> None:
    kinds = {"private": "Private", "public": "Public", "university": "University", "third_sector": "Third sector"}
    for item in world.tranches:
        for body in item.bodies:
            for stage in item.stages:
                reached = item.reached_on(stage, body)
                written = spelling.as_funder(item.source)
                books[body, returned_in(reached)].tables["LEVERAGE"].append(
                    {
                        "Source organisation": written.name,
                        "Company number": None if body in item.without_number else written.company_number,
                        "Source type": kinds.get(item.source_type) or LABELS[item.source_type],
                        "Agreement ref": item.agreement_ref,
                        "Tranche": item.tranche,
                        "Stage": LABELS[stage],
                        "Kind": LABELS[item.kind],
                        "Amount (£)": item.amount,
                        "Stage reached on": reached,
                        "Agreement signed on": item.signed_on,
                        "Intervention ref": None,
                        "Status": LABELS[item.status],
                        "Evidence": LABELS[item.evidence if stage == "realised" else "signed_agreement"],
                    }
                )


def _events(books: dict[tuple[str, str], Workbook], world: World) -> None:
    for event in world.events:
        row = {
            "Event ref": event.reference,
            "Platform": "Eventbrite" if event.platform_id else "None",
            "Platform event id": event.platform_id,
            "Title": event.title,
            "Held on": event.held_on,
            "Ends on": event.held_on,
            "Mode": LABELS[event.mode],
            "Venue postcode": event.postcode,
            "Attribution": LABELS[event.attribution],
            "Signed in": event.signed_in if event.signed_in or not event.platform_id else None,
            "Sheet holds": "Walk-ins" if event.sheet_holds_walk_ins else None,
            "Headcount": event.named + event.only_signed + event.walk_ins,
            "Evidence": LABELS[event.evidence],
        }
        books[event.body.code, period_of(event.held_on)].tables["EVENTS"].append(row)
        if event.also is not None:
            told = {**row, "Event ref": f"{event.also.code}-X{event.ref}", "Title": event.title.upper()}
            books[event.also.code, period_of(event.held_on)].tables["EVENTS"].append(told)


# What makes a second row contradict the first: table, heading, the value put there.
CONTRADICTED: tuple[tuple[str, str, Any], ...] = (
    ("SUPPORT", "Hours", 0.75),
    ("BUSINESSES", "Business name", "Somebody Else Limited"),
    ("INTERVENTIONS", "Title", "Another pilot"),
    ("EVENTS", "Title", "Another event"),
)
# What makes a good row bad: table, heading, the value put there.
SPOILS: tuple[tuple[str, str, Any], ...] = (
    ("SUPPORT", "Hours", "tbc"),
    ("SUPPORT", "Hours", 0),
    ("SUPPORT", "Business ref", "NO-SUCH-BUSINESS"),
    ("SUPPORT", "Date", "31/02/2024"),
    ("LEVERAGE", "Amount (£)", -5000),
    ("LEVERAGE", "Amount (£)", "about 20k"),
    ("LEVERAGE", "Stage", "Promised"),
    ("JOBS", "Contracted hours", "full time"),
    ("JOBS", "Started on", "next spring"),
    ("JOBS", "Baseline FTE", None),
    ("COLLABORATIONS", "Agreed on", "to be agreed"),
    ("EVENTS", "Held on", None),
    ("EVENTS", "Attribution", "Partly"),
    ("INTERVENTIONS", "Type", "Idea"),
    ("BUSINESSES", "Organisation type", "Please select an option"),
)


def _plant_bad_rows(book: Workbook, draw: random.Random, rate: float) -> None:
    """Add rows that break the contract, beside the good ones: copies of good rows under new references, spoiled."""
    for table, heading, value in SPOILS:
        rows = book.tables[table]
        good = [row for position, row in enumerate(rows) if (table, position) not in book.bad]
        if not good or draw.random() >= rate * 8:
            continue
        spoiled = {**draw.choice(good), heading: value}
        reference = HEADINGS[table][0] if table != "LEVERAGE" else "Agreement ref"
        if heading != reference:
            spoiled[reference] = f"BAD-{draw.randrange(10**6):06d}"
        rows.append(spoiled)
        book.bad.add((table, len(rows) - 1))
