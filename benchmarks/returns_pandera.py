"""The rules of the Pathfinders contract over one workbook with pandas and pandera, for `benchmarks.returns` to compare.

Runs in an environment of its own (pandas, pandera and openpyxl; the project has none of the last two). Prints JSON:
seconds of processor time of the first and of each further run, peak memory, and the cells that are wrong.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time

import pandas as pd
import pandera.pandas as pa

RATINGS = ["Green", "Amber/Green", "Amber", "Amber/Red", "Red"]
STATUSES = ["Not started", "In progress", "On hold", "Project cancelled", "Project complete"]
SCORES = ["1 - Very Low", "2 - Low", "3 - Medium", "4 - High", "5 - Very High"]
POSTCODES = r"^ *[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}(, *[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2})* *$"
FILLED = pa.Column(object, nullable=False)


def tables_of(sheet: pd.DataFrame, kind: str = "USER") -> dict[str, pd.DataFrame]:
    """Each table between its tags, its cells indexed by row and column of the sheet."""
    spots = {}
    for row, column in zip(
        *sheet.map(lambda c: isinstance(c, str) and c.startswith(f"PF-{kind}")).to_numpy().nonzero(), strict=True
    ):
        spots.setdefault(sheet.iat[row, column], (row, column))
    found = {}
    for tag, (row, column) in spots.items():
        end = spots.get(tag.replace("-START", "-END")) if tag.endswith("-START") else None
        if end:
            right = end[1] + 1 if end[1] > column else sheet.shape[1]
            found[tag[8:-6] if kind == "USER" else tag[11:-6]] = sheet.iloc[row + 1 : end[0], column:right]
    return found


def rows_of(table: pd.DataFrame, heads: int = 1, guidance: int = 0) -> pd.DataFrame:
    """The rows below the headings, by heading; untouched drop-downs are empty."""
    body = table.iloc[heads + guidance :].mask(lambda cells: cells == "Please select an option")
    names = [
        next((str(c).strip() for c in table.iloc[:heads, at] if pd.notna(c)), f"_{at}") for at in range(table.shape[1])
    ]
    body.columns = pd.Index([f"{name}|{at}" if names.count(name) > 1 else name for at, name in enumerate(names)])
    return body


def quarters_of(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """One row for each row and quarter."""
    heads = table.iloc[:3].copy()
    heads.iloc[0] = heads.iloc[0].ffill()
    body = table.iloc[3:].mask(lambda cells: cells == "Please select an option")
    body = body[body.iloc[:, 0].notna()]
    wanted = [
        at
        for at in range(table.shape[1])
        if heads.iat[2, at] in ("Actual", "Forecast")
        or (str(heads.iat[0, at]).startswith("April 20") and heads.iat[1, at] == "Total")
    ]
    long = body.iloc[:, wanted].stack(future_stack=True).rename("amount").reset_index()
    long.columns = ["row", "column", "amount"]
    first = body.iloc[:, : 4 if key == "output" else 1]
    first.columns = ["theme", "name", "unit", "baseline"][: first.shape[1]] if key == "output" else ["type"]
    return long.merge(first, left_on="row", right_index=True)


def checked(name: str, frame: pd.DataFrame, schema: pa.DataFrameSchema, wrong: list[str]) -> None:
    """Validate lazily and collect what is wrong."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        wrong += [
            f"{name}:{case.index}:{case.column}" for case in errors.failure_cases.itertuples() if case.index is not None
        ]


def validate(path: str, engine: str | None) -> tuple[int, list[str]]:
    """Values read, and what is wrong."""
    sheets = pd.read_excel(path, sheet_name=None, header=None, engine=engine)
    user: dict[str, pd.DataFrame] = {}
    for sheet in (
        "Start",
        "Admin",
        "Progress",
        "Project location",
        "Outputs",
        "Outcomes",
        "Finances",
        "Risks",
        "Sign off",
    ):
        user |= tables_of(sheets[sheet])
    control = tables_of(sheets["Dropdown Values"], "CONTROL") | tables_of(sheets["Project Details"], "CONTROL")
    control |= tables_of(sheets["Bespoke Outputs"], "CONTROL") | tables_of(sheets["Bespoke Outcomes"], "CONTROL")
    body = str(user["ORGANISATION-NAME"].iat[1, 0])
    details = rows_of(control["PROJECT-DETAILS"])
    projects = set(details.loc[details["Local Authority"] == body, "Full name"])
    wrong: list[str] = []
    if sheets["Metadata"].iat[1, 1] != "Pathfinders" or sheets["Metadata"].iat[1, 0] != "2v2":
        return 0, ["Metadata"]
    is_date = pa.Check(lambda cells: pd.to_datetime(cells, errors="coerce", dayfirst=True).notna(), element_wise=False)
    singles = {
        **dict.fromkeys(("FINANCIAL-COMPLETION-DATE", "ACTIVITY-END-DATE", "PRACTICAL-COMPLETION-DATE"), (2, is_date)),
        "CONTACT-EMAIL": (1, pa.Check.str_matches(r"^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$")),
        "CONTACT-TELEPHONE": (
            2,
            pa.Check(lambda cells: cells.astype(str).map(lambda c: 9 <= len(re.sub(r"\D", "", c)) <= 11)),
        ),
        "CURRENT-UNDERSPEND": (3, pa.Check(lambda cells: pd.to_numeric(cells, errors="coerce").notna())),
        **{
            name: (guidance + 1, None)
            for name, guidance in (
                ("CONTACT-NAME", 0),
                ("PORTFOLIO-PROGRESS", 1),
                ("BIG-ISSUES-ACROSS-PORTFOLIO", 1),
                ("UPCOMING-SIGNIFICANT-MILESTONES", 1),
                ("UNCOMMITTED-FUNDING-PLAN", 2),
                ("SUMMARY-OF-CHANGES-BELOW-CHANGE-REQUEST-THRESHOLD", 2),
                ("SIGNATORY-NAME", 0),
                ("SIGNATORY-ROLE", 0),
                ("SIGNATURE-DATE", 1),
            )
        },
    }
    values = 0
    for name, (at, check) in singles.items():
        frame = user[name].iloc[at : at + 1, :1]
        frame.columns = ["answer"]
        checked(name, frame, pa.DataFrameSchema({"answer": pa.Column(object, check, nullable=False)}), wrong)
        values += 1
    one_of = lambda options: pa.Column(object, pa.Check.isin(list(options)), nullable=False)  # noqa: E731
    rags = rows_of(user["PORTFOLIO-RAG-RATINGS"])
    plain = {
        "PORTFOLIO-RAG-RATINGS": (rags[rags["Statement"].notna()], {"RAG rating": one_of(RATINGS)}),
        "PROJECT-PROGRESS": (
            rows_of(user["PROJECT-PROGRESS"]),
            {
                "Project name": one_of(projects),
                "Project status": one_of(STATUSES),
                "Spend RAG rating": one_of(RATINGS),
                "Delivery RAG rating": one_of(RATINGS),
                "Why have you given these ratings? Enter an explanation (100 words max)": FILLED,
            },
        ),
        "PROJECT-LOCATION": (
            rows_of(user["PROJECT-LOCATION"], guidance=1),
            {
                "Project name": one_of(projects),
                "Project full postcode/postcodes (for example, AB1D 2EF)": pa.Column(
                    object, pa.Check.str_matches(POSTCODES), nullable=False
                ),
            },
        ),
        "PROJECT-FINANCE-CHANGES": (
            rows_of(user["PROJECT-FINANCE-CHANGES"]),
            {
                "Project funding moved from": one_of(projects),
                "Project funding moved to": one_of(projects),
                "Amount moved": pa.Column(float, coerce=True, nullable=False),
                "Actual, forecast or cancelled": one_of(["Actual", "Forecast", "Cancelled"]),
            },
        ),
        "RISKS": (
            rows_of(user["RISKS"], guidance=1),
            {
                "Category": one_of(rows_of(control["RISK-CATEGORY"]).iloc[:, 0].dropna()),
                "Mitigations": FILLED,
                **{
                    f"{when}-mitigated {what} score": one_of(SCORES)
                    for when in ("Pre", "Post")
                    for what in ("likelihood", "impact")
                },
            },
        ),
    }
    for name, (frame, columns) in plain.items():
        filled = frame[frame.iloc[:, 0].notna()]
        checked(name, filled, pa.DataFrameSchema(columns), wrong)
        values += len(filled)
    number = pa.Column(object, pa.Check(lambda cells: pd.to_numeric(cells, errors="coerce").notna()), nullable=True)
    for name in ("STANDARD-OUTPUTS", "BESPOKE-OUTPUTS", "STANDARD-OUTCOMES", "BESPOKE-OUTCOMES"):
        listed = rows_of(control[name])
        options = listed[listed["Local Authority"] == body].iloc[:, 1] if "BESPOKE" in name else listed.iloc[:, 0]
        options = options.dropna().str.split().str.join(" ").str.replace(r" *([:/]) *", r"\1", regex=True).str.lower()
        frame = quarters_of(user[name], "output").assign(
            name=lambda rows: (
                rows["name"].str.split().str.join(" ").str.replace(r" *([:/]) *", r"\1", regex=True).str.lower()
            )
        )
        checked(
            name,
            frame,
            pa.DataFrameSchema(
                {"theme": FILLED, "name": one_of(options), "unit": FILLED, "amount": number}, unique=["row", "column"]
            ),
            wrong,
        )
        values += len(frame)
    for name in ("FORECAST-AND-ACTUAL-SPEND-CAPITAL", "FORECAST-AND-ACTUAL-SPEND-REVENUE"):
        frame = quarters_of(user[name], "spend")
        checked(name, frame, pa.DataFrameSchema({"type": FILLED, "amount": number}, unique=["row", "column"]), wrong)
        values += len(frame)
    return values, wrong


if __name__ == "__main__":
    seconds = []
    for _ in range(int(sys.argv[2])):
        before = time.process_time()
        count, found = validate(sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else None)
        seconds.append(time.process_time() - before)
    whole = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "whole": whole.ru_utime + whole.ru_stime,
                "megabytes": whole.ru_maxrss / 1024,
                "values": count,
                "wrong": found,
            }
        )
    )
