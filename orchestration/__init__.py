"""Dagster definitions, the release, and the `wmip` command line: wires the rooms, holds no business rule."""
