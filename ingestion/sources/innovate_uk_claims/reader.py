"""Innovate UK keeps live claims in a Salesforce organisation: the same reader, other objects (mapping.yaml)."""

from __future__ import annotations

from ingestion.sources.salesforce.reader import reader_of

READER = reader_of(("projects", "participants", "cost_categories", "claims", "profiles"))
