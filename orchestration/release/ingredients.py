"""Everything a release is made of, as fingerprints: where one differs from the current release's, a new one is made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.home import public_rules_file
from orchestration.configuration import load_configuration
from quality.gate import Verdict

# Name in the manifest -> what a person calls it.
_CALLED = {
    "figures_fingerprint": "the figures",
    "evaluation_fingerprint": "the evaluation",
    "suites_fingerprint": "the checks of the gate",
    "code_version": "the code (models, disclosure control, evaluation, pack, templates)",
    "public_rules_fingerprint": "the home's public_tables.yaml",
    "settings_fingerprint": "open_data, evaluation, retention, site or releases.keep in wmip.yaml",
}


def ingredients(home: Path, verdict: Verdict, evaluation_fingerprint: str, code_version: str) -> dict[str, str]:
    """What a release made now would be made of, by name. Raises UserError when `wmip.yaml` cannot be read."""
    own_rules = public_rules_file(home)
    configuration = load_configuration(home)
    settings = [configuration.open_data, configuration.evaluation, configuration.retention, configuration.site]
    read = "".join(part.model_dump_json() for part in settings) + str(configuration.releases.keep)
    return {
        "figures_fingerprint": verdict.figures_fingerprint,
        "evaluation_fingerprint": evaluation_fingerprint,
        "suites_fingerprint": verdict.suites_fingerprint,
        "code_version": code_version,
        "public_rules_fingerprint": _sha256(own_rules.read_bytes() if own_rules.exists() else b""),
        "settings_fingerprint": _sha256(read.encode()),
    }


def changed(made_of: Mapping[str, str], manifest: Mapping[str, Any]) -> list[str]:
    """What is not as it was when the release of a manifest was made.

    Of what a manifest does not say nothing is known: older releases hold fewer fingerprints. They were made by other
    code, which every manifest says, so that is no way to be taken for unchanged.
    """
    return [called for name, called in _CALLED.items() if manifest.get(name, made_of[name]) != made_of[name]]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
