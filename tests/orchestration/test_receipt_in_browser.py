"""The receipt in a real browser, from disk, with the network cut: at a desk and on a phone."""

from __future__ import annotations

import json
import shutil

import pytest

from orchestration.release.receipt_page import render

pytestmark = pytest.mark.browser

SIZES = [{"width": 1280, "height": 900}, {"width": 360, "height": 740}]


def check(name: str, outcome: str) -> dict:
    return {
        "check": name, "rule_version": "0123456789ab", "dimension": "validity", "severity": "warning",
        "table": "indicator_fact", "rows_checked": 12345, "outcome": outcome, "observed": "2 rows against it",
        "failing_rows": 2, "meaning": "Every figure is what it must be, whoever says it.", "owner": "office",
        "remedy": "Ask the body.",
    }  # fmt: skip


RECEIPT = {
    "release_id": "2025-07-01.2", "gate_status": "passed_with_warnings", "candidate_fingerprint": "c" * 64,
    "suites_fingerprint": "d" * 64, "checked_at": "2025-07-01T02:00:00+00:00", "outcomes": {"passed": 1, "failed": 1},
    "waivers": [{"check_name": "late", "scope_key": "CB01:2024-25-Q1", "reason": "a merger of two bodies",
                 "approved_by_role": "programme manager", "expires_on": "2025-09-30"}],
    "withheld": [{"scope": "indicator:jobs_created partner:CB01", "rule": "odd", "reason": "its rows do not add up"}],
    "waived": [], "material_restatements": [], "made_by": {"code_version": "0.1.0+0123456789ab", "commit": "a" * 40},
    "inputs": [{"stream": f"landing/returns/{name}", "loads": 12, "rows": 123456, "newest_load": "20250701T020000Z",
                "fingerprint": "f" * 64} for name in ("jobs", "collaboration_members")],
    "tables": [{"table": "evaluation_network_measure", "rows": 9, "fingerprint": "e" * 64, "is_judged": False}],
    "assurance": [{"assumption_set": "programme", "analyst": "lead", "assurer": "head of research",
                   "assurance_status": "assured", "assurance_reason": "assured on 2025-06-01"}],
    "changes": {"previous_release": "2025-06-30.1", "because": ["the figures"], "not_compared": None,
                "indicators": [{"indicator_key": "businesses_assisted", "figures": 12, "verified_by": "3.00",
                                "claimed_by": "0"}]},
    "checks": [check("odd", "failed"), check("even", "passed")],
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_the_page_fits_opens_and_loads_nothing(tmp_path, size):
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium found; install one (apt-get install chromium) or run `make test-browser`"
    path = tmp_path / "receipt.html"
    path.write_text(render(json.loads(json.dumps(RECEIPT))), encoding="utf-8")
    said, asked = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport=size, offline=True).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        unboxed = "[...document.querySelectorAll('table')].filter(t => !t.closest('.scroll')).length"
        assert page.evaluate(unboxed) == 0
        assert page.get_by_role("heading", name="What does not hold").is_visible()
        assert page.get_by_text("indicator:jobs_created partner:CB01").is_visible()
        anchors = page.evaluate("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
        browser.close()
    assert anchors, "every entry of the contents leads somewhere"
    assert (said, len(asked)) == ([], 1)
