"""Families of checks: one text for checks that differ in a table or a column only (`for_each:` of a suite)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

FOR_EACH = "for_each"
# What the gate fills in when it runs a check.
GATE_NAMES = frozenset({"batch", "enabled_sources", "as_of", "person_keys", "check_names"})
# A doubled brace is one of the SQL's own.
_IN_BRACES = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")


class InvalidFamily(Exception):
    """A family that does not say each of its checks whole; the message names the case."""


def members(entry: Mapping[str, Any], fields: Collection[str]) -> list[dict[str, Any]]:
    """The checks that an entry of a suite stands for: itself, or one for each case of its family.

    What a case calls like one of the `fields` of a check becomes that field; what it says also stands wherever the
    family has its name in braces. Raises InvalidFamily for a name in braces that a case leaves out, and for one of a
    case that nothing asks for: a slip of the pen would otherwise be a check that asks something else.
    """
    if FOR_EACH not in entry:
        return [dict(entry)]
    family = {name: value for name, value in entry.items() if name != FOR_EACH}
    cases = entry[FOR_EACH]
    if not isinstance(cases, list) or not cases or not all(isinstance(case, dict) for case in cases):
        raise InvalidFamily(f"{FOR_EACH} lists what differs, such as `- {{table: fct_job, column: post_fte}}`")
    return [_member(family, case, number, fields) for number, case in enumerate(cases, start=1)]


def _member(family: dict[str, Any], case: dict[str, Any], number: int, fields: Collection[str]) -> dict[str, Any]:
    texts = [value for value in family.values() if isinstance(value, str)]
    asked = {name for text in texts for name in _IN_BRACES.findall(text)} - GATE_NAMES
    words = {name: str(value) for name, value in case.items() if isinstance(value, str | int | float)}
    for names, problem in (
        (asked - words.keys(), "stands in braces and is not given"),
        (case.keys() - asked - set(fields), "is no field of a check and stands nowhere in braces"),
        (case.keys() & family.keys(), "stands in the family as well"),
    ):
        if names:
            raise InvalidFamily(f"case {number} of {FOR_EACH}: {', '.join(sorted(map(str, names)))} {problem}")
    said = {name: _filled(value, words) if isinstance(value, str) else value for name, value in family.items()}
    return said | {name: value for name, value in case.items() if name in fields}


def _filled(text: str, words: Mapping[str, str]) -> str:
    return _IN_BRACES.sub(lambda found: words.get(found[1], found[0]), text)


def without_names(query: str, batch: str) -> str:
    """The SQL of a check in which something stands for every name in braces: to be parsed, not to be run."""
    filled = _IN_BRACES.sub(lambda found: batch if found[1] == "batch" else "NULL", query)
    return filled.replace("{{", "{").replace("}}", "}")
