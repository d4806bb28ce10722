"""What is imported within a function is there for a reason: it is heavy, it would go in a circle, or few need it."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

from orchestration.code_version import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = PROJECT["tool"]["importlinter"]["root_packages"]
# Beside those that ruff forbids at the head of any module: what one module may need, and another does without.
HEAVY = {
    *PROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"],
    *("cryptography", "dagster", "duckdb", "ijson", "numpy", "psycopg", "pyarrow", "rapidfuzz", "requests", "scipy"),
    *("sqlalchemy", "sqlglot", "starlette", "uvicorn", "xlsxwriter", "xlrd"),
    # Reads the declaration of every source.
    "ingestion.catalogue",
    "orchestration.configuration",
}
# A command starts with what it needs itself, and nothing but the demo knows the pretend programme.
FREE = ("orchestration.cli",)


def _named(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


@cache
def _trees() -> dict[str, ast.Module]:
    """Every module of the rooms, read when it is asked for: who runs other tests need not wait for it."""
    return {
        _named(path): ast.parse(path.read_bytes()) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))
    }


def _imported(node: ast.AST) -> set[str]:
    """Modules that a statement imports, with what it may name as one."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def _at_the_head(tree: ast.Module) -> set[str]:
    is_typing = "TYPE_CHECKING"
    statements = [node for node in tree.body if not (isinstance(node, ast.If) and is_typing in ast.dump(node.test))]
    return set().union(*map(_imported, statements))


@cache
def _started(name: str) -> frozenset[str]:
    """All that importing a module imports: the product's modules, and others by their names."""
    seen: set[str] = set()
    waiting = {name}
    while waiting:
        found = waiting.pop()
        seen.add(found)
        if found in _trees():
            waiting |= {*_at_the_head(_trees()[found]), found.rpartition(".")[0] or found} - seen
    return frozenset(seen)


@cache
def _heavy(name: str) -> set[str]:
    return {heavy for heavy in HEAVY for found in _started(name) if found == heavy or found.startswith(f"{heavy}.")}


@cache
def _within_functions(module: str) -> list[tuple[int, str]]:
    """What functions of a module import of ours, each with its line."""
    functions = [
        node for node in ast.walk(_trees()[module]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    statements = [
        node for function in functions for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return [(node.lineno, name) for node in statements for name in sorted(_imported(node)) if name in _trees()]


def test_what_a_function_imports_of_ours_is_heavy_or_would_go_in_a_circle():
    light = [
        f"{module}:{line} imports {name}"
        for module in _trees()
        if not module.startswith(FREE)
        for line, name in _within_functions(module)
        if module not in _started(name) and not _heavy(name) - _heavy(module)
    ]
    assert not light, "\n".join(["these can stand at the head of their modules:", *light])
    assert sum(len(_within_functions(module)) for module in _trees()) > 20
