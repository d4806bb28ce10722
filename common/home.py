"""Every path below a home (docs/contracts.md, section 1), and the folders that only the home's account can look into.

Whoever writes there does so under umask 077 (`orchestration.access`); what is the product's own is made private
besides, so that no umask opens it. What people put there keeps the modes they gave it.
"""

from __future__ import annotations

from pathlib import Path

BEFORE_ALL_RUNS = "00000000T000000Z"
"""The run under which a log has its columns before there was one."""

# What nobody but the product writes.
OURS = (
    ".writer.lock",
    "dagster",
    "evaluation",
    "identity",
    "landing",
    "originals",
    "pictures.json",
    "privacy",
    "registry",
    "releases",
    "return_tokens.yaml",
    "runs",
    "spark",
    "spool",
    "verdicts",
    "warehouse.duckdb",
    "warehouse.duckdb.before",
)
# What people drop or write for the product to read.
THEIRS = ("inbox", "mappings", "checks")


def make_private(folder: Path) -> Path:
    """A folder of ours, with those on the way to it that are not there; nobody else can look into any of them."""
    for each in (*reversed(folder.parents), folder):
        if not each.is_dir():
            each.mkdir(mode=0o700, exist_ok=True)
    return folder


def settings_file(home: Path) -> Path:
    """What is on, and how."""
    return home / "wmip.yaml"


def return_tokens_file(home: Path) -> Path:
    """The hash of each body's token for the page of the returns."""
    return home / "return_tokens.yaml"


def public_rules_file(home: Path) -> Path:
    """The tenant's own rules of the public view."""
    return home / "public_tables.yaml"


def inbox_folder(home: Path, kind: str = "") -> Path:
    """Where people drop files; of one kind, or of all."""
    return home / "inbox" / kind


def mappings_folder(home: Path, of: str = "") -> Path:
    """What the tenant's systems call things; below it those of grant systems."""
    return home / "mappings" / of


def checks_folder(home: Path) -> Path:
    """The tenant's own suites of the gate."""
    return home / "checks"


def judgements_file(home: Path) -> Path:
    """What the gate's engine said of each check, and of what."""
    return home / "verdicts" / "judgements.json"


def pictures_file(home: Path) -> Path:
    """The pictures of the newest release's report, by what they were drawn of."""
    return home / "pictures.json"


def lock_file(home: Path) -> Path:
    """Held by the one process that writes."""
    return home / ".writer.lock"


def original_file(home: Path, sha256: str) -> Path:
    """The verbatim copy of a file that was handled."""
    return originals_folder(home) / sha256


def originals_folder(home: Path) -> Path:
    """The verbatim copies of all files that were handled."""
    return home / "originals"


def spool_folder(home: Path, name: str = "") -> Path:
    """Rows on their way into the landing; holds nothing between two nights."""
    return home / "spool" / name


def landing_folder(home: Path) -> Path:
    """Everything that was ever read, append-only."""
    return home / "landing"


def stream_folder(home: Path, source: str, stream: str) -> Path:
    """The loads of one stream."""
    return landing_folder(home) / source / stream


def registry_folder(home: Path) -> Path:
    """What was decided: organisation keys, and what the programme office says of returns."""
    return home / "registry"


def registry_file(home: Path) -> Path:
    """The key of every organisation record; below a release's folder, the copy it was made with."""
    return registry_folder(home) / "organisation_record.parquet"


def scores_file(home: Path) -> Path:
    """What the matcher said of pairs in earlier nights, so that it need not say it again; made anew when it is gone."""
    return home / "identity" / "scores.parquet"


def links_file(home: Path) -> Path:
    """What matching said of records in the last night; made anew by the next."""
    return registry_folder(home) / "organisation_link.parquet"


def register_folder(home: Path, register: str) -> Path:
    """One register of what was decided, append-only."""
    return registry_folder(home) / register


def runs_folder(home: Path) -> Path:
    """What the nights did."""
    return home / "runs"


def run_folder(home: Path, run_id: str) -> Path:
    """What one night did."""
    return runs_folder(home) / run_id


def warehouse_file(home: Path) -> Path:
    """The candidate."""
    return home / "warehouse.duckdb"


def earlier_warehouse_file(home: Path) -> Path:
    """The candidate of the night before, kept until tonight's stands."""
    return home / "warehouse.duckdb.before"


def verdict_file(home: Path, candidate_fingerprint: str) -> Path:
    """What the gate said of a candidate."""
    return home / "verdicts" / f"{candidate_fingerprint}.json"


def evaluation_folder(home: Path) -> Path:
    """What was made of the candidate that passed."""
    return home / "evaluation"


def releases_folder(home: Path) -> Path:
    """All releases, and the link to the current one."""
    return home / "releases"


def release_folder(home: Path, release_id: str) -> Path:
    """One release."""
    return releases_folder(home) / release_id


def privacy_folder(home: Path) -> Path:
    """Who was erased, and which key is used."""
    return home / "privacy"


def dagster_folder(home: Path) -> Path:
    """Dagster's own storage."""
    return home / "dagster"
