"""What `wmip --help` says of each command, read from its source: to import them all takes most of a second."""

from __future__ import annotations

import ast
from pathlib import Path


def summary(module: str, name: str) -> str:
    """The help of a command, or of an app of commands, of a module beside this one."""
    tree = ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=defined) if defined == name:
                return ast.get_docstring(node) or ""
            case ast.Assign(targets=[ast.Name(id=assigned)], value=ast.Call(keywords=keywords)) if assigned == name:
                return "".join(ast.literal_eval(each.value) for each in keywords if each.arg == "help")
            case ast.ImportFrom(module=str(origin), names=names) if any(each.name == name for each in names):
                return summary(origin.rpartition(".")[2], name)
    raise LookupError(f"{module}.py says nothing of {name}")
