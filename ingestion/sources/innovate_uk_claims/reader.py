"""Innovate UK keeps live claims in a Salesforce organisation: the same reader, other objects (mapping.yaml)."""

from __future__ import annotations

from ingestion.sources.salesforce.reader import permission_path, probe_path, readers, watch

__all__ = ["READERS", "permission_path", "probe_path", "watch"]

READERS = readers(("projects", "participants", "cost_categories", "claims", "profiles"))
