"""`receipt.json` and `receipt.html`: what this release stands on, as data and as a page."""

from __future__ import annotations

from orchestration.release.context import BuildContext
from orchestration.release.evidence import evidence
from orchestration.release.integrity import RECEIPT, write_json
from orchestration.release.receipt_page import RECEIPT_PAGE, render
from quality.receipt import build_receipt, rule_versions
from quality.statistics.results import versions
from quality.suites import gate_suites, load_suites


def write_receipt(context: BuildContext) -> None:
    """Write the receipt of the verdict this release stands on."""
    rules = rule_versions(load_suites(gate_suites(context.home))) | versions()
    receipt = build_receipt(context.verdict, release_id=context.release_id, rules=rules, evidence=evidence(context))
    write_json(context.building / RECEIPT, receipt)
    (context.building / RECEIPT_PAGE).write_text(render(receipt), encoding="utf-8")
