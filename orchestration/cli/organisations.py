"""`wmip organisations …`: why records are one organisation, and what the matcher learns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from common.home import registry_file, warehouse_file
from orchestration.cli.options import Home, console, file_to_write, folder_to_write, resolve_home
from orchestration.cli.organisation_review import app
from orchestration.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

    from identity.explaining import Explanation, Record

MODEL = Path(__file__).resolve().parents[2] / "identity" / "model"
# Links shown of one question.
MOST = 5
_WIDTH = 30


@app.command()
def explain(
    one: Annotated[str, typer.Argument(help="An organisation key (org_…) or a record (hubspot:77000014).")],
    other: Annotated[str, typer.Argument(help="The other one.")],
    output: Annotated[
        Path | None, typer.Option("--output", help="Draw the waterfall of the first link into this .svg file.")
    ] = None,
    home: Home = None,
) -> None:
    """Say what speaks for and against two organisations or records being one: method, probability, evidence, vetoes.

    Examples:

        wmip organisations explain org_2f31b8cc90aa4f27 org_90aa4f272f31b8cc

        wmip organisations explain hubspot:77000014 returns:CB02:business:BUS-0007 --output waterfall.svg
    """
    from identity.decisions import as_table, in_force, read_decisions
    from identity.explaining import explain as explained
    from identity.explaining import score_alone
    from identity.links import DECISION_SCHEMA
    from identity.matching import match
    from identity.organisation_keys import read_records, read_registers

    folder = resolve_home(home)
    warehouse = warehouse_file(folder)
    if not warehouse.exists():
        raise UserError(f"no night has counted in {folder} yet; run `wmip run` first")
    target = None if output is None else file_to_write(output)
    mentions = read_records(warehouse)
    sides = [_records(folder, mentions, each) for each in (one, other)]
    if sides[0] == sides[1]:
        raise UserError(
            f"{one} and {other} are the same {'record' if len(sides[0]) == 1 else 'organisation'}: give two. Why the "
            "records of one organisation are one is told by two of them, as bridge_organisation_record lists them"
        )
    decisions = as_table(in_force(read_decisions(folder))).select(DECISION_SCHEMA.names)
    found = explained(match(mentions, read_registers(warehouse), decisions), *sides)
    if not found and all(len(side) == 1 for side in sides):
        found = score_alone(_only(mentions, sides[0] | sides[1]))
        if found:
            console.print("Nothing joins the two in the home. By themselves they would be:")
    if not found:
        console.print(
            "Nothing that the matcher compares by is shared: no identifier, no name or rare words of one place."
        )
        return
    for explanation in found[:MOST]:
        _show(explanation)
    if len(found) > MOST:
        console.print(f"… and {len(found) - MOST} more links between the two.")
    if target is not None:
        _draw(found[0], target)


@app.command()
def train(
    output: Annotated[
        Path, typer.Option("--output", help="Folder for the model; default the one nights read.")
    ] = MODEL,
    report: Annotated[Path | None, typer.Option("--report", help="Write what was learnt to this .md file.")] = None,
    home: Home = None,
) -> None:
    """Learn what names and places are worth from the home's records that have identifiers. Nights never do this.

    The model lies under version control: look at the change, run `make bench-identity`, then commit it.

    Examples:

        wmip organisations train --output /tmp/model --report /tmp/model.md
    """
    from identity.organisation_keys import read_records, read_registers
    from identity.training import train as learn

    folder = resolve_home(home)
    if not warehouse_file(folder).exists():
        raise UserError(f"no night has counted in {folder} yet; run `wmip run` first")
    written = None if report is None else file_to_write(report)
    target = folder_to_write(folder, output)
    target.mkdir(parents=True, exist_ok=True)
    warehouse = warehouse_file(folder)
    learnt = learn(read_records(warehouse), target, read_registers(warehouse).places)
    if written is not None:
        written.write_text(learnt.report(), encoding="utf-8")
    console.print(
        f"Learnt from {learnt.profiles:,} different mentions; {learnt.words:,} words known. Model in {target}."
    )


def _records(home: Path, mentions: pa.Table, named: str) -> set[Record]:
    """The records that a key, or `system:record`, names. Raises UserError when there are none."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = registry_file(home)
    if named.startswith("org_") and path.exists():
        registry = pq.read_table(path, columns=["organisation_key", "source_system", "source_record_id"])
        kept = registry.filter(pc.field("organisation_key") == named)
    else:
        system, _, record = named.partition(":")
        kept = mentions.filter((pc.field("source_system") == system) & (pc.field("source_record_id") == record))
    found = set(zip(kept.column("source_system").to_pylist(), kept.column("source_record_id").to_pylist(), strict=True))
    if not found:
        raise UserError(
            f"{named} names no organisation here; give a key of dim_organisation (org_…), or a record as "
            "bridge_organisation_record has it, source_system:source_record_id"
        )
    return found


def _only(mentions: pa.Table, records: set[Record]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(
        [row for row in mentions.to_pylist() if (row["source_system"], row["source_record_id"]) in records],
        schema=mentions.schema,
    )


def _show(explanation: Explanation) -> None:
    left, right = (":".join(record) for record in (explanation.left, explanation.right))
    chance = "" if explanation.probability is None else f", probability {explanation.probability:.4f}"
    console.print(f"{left} and {right}: {explanation.state} by {explanation.method}{chance}", markup=False)
    if explanation.vetoes:
        console.print(f"  held apart by: {', '.join(explanation.vetoes)}", markup=False)
    if not explanation.steps:
        console.print("  they say the same in all that is compared, or were joined without a score")
        return
    table = Table("compared", "came out", "bits", "sum", "", box=None)
    furthest = max(abs(step.total) for step in explanation.steps) or 1
    for step in explanation.steps:
        bar = "█" * max(1, round(_WIDTH * abs(step.bits) / furthest)) if step.bits else ""
        colour = "blue" if step.bits >= 0 else "red"
        table.add_row(step.name, step.level, f"{step.bits:+.1f}", f"{step.total:+.1f}", f"[{colour}]{bar}[/{colour}]")
    console.print(table)


def _draw(explanation: Explanation, target: Path) -> None:
    if not explanation.steps:
        raise UserError("the link was made without a score: there is no waterfall to draw")
    import vl_convert

    from identity.explaining import waterfall

    target.write_text(vl_convert.vegalite_to_svg(waterfall(explanation)), encoding="utf-8")
    console.print(f"The waterfall is in {target}.")
