"""`gate/`: what it takes to judge a release again: the rules, the circumstances, what they read beside the mart."""

from __future__ import annotations

import shutil
from dataclasses import asdict

from common.home import make_private
from orchestration.release.context import BuildContext
from orchestration.release.integrity import write_json
from orchestration.release.rejudged import CIRCUMSTANCES, CONSEQUENCES, GATE, SUITES, keep_relations
from quality.suites import gate_suites, suite_paths


def keep_gate(context: BuildContext) -> None:
    """Copy the suites as they judged, and write down the verdict's circumstances."""
    gate = make_private(context.building / GATE)
    suites, products = gate_suites(context.home), set(suite_paths())
    for path in suites:
        # A tenant's suite may be called like one of the product's.
        kept = make_private(gate / SUITES / ("product" if path in products else "tenant"))
        shutil.copyfile(path, kept / path.name)
    write_json(gate / CIRCUMSTANCES, context.verdict.circumstances)
    write_json(gate / CONSEQUENCES, {"consequences": [asdict(one) for one in context.verdict.consequences]})
    keep_relations(context.warehouse, suites, gate)
