"""The dbt project as dbt reads it."""

from __future__ import annotations

import json

import pytest

from orchestration.dbt_runner import ensure_parsed


@pytest.fixture(scope="session")
def manifest(tmp_path_factory) -> dict:
    return json.loads(ensure_parsed(tmp_path_factory.mktemp("parse")).read_text(encoding="utf-8"))
