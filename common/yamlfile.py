"""YAML files that people write, checked by a pydantic model: what is wrong is named by file, line and setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

Model = TypeVar("Model")
Place = Sequence[str | int]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class InvalidFile(ValueError):
    """A YAML file that cannot be used; the message has a line for each problem, with its place."""


class YamlFile:
    """One file as it was read, which knows in which line each setting stands.

    `where`: what people call the file; `raises`: the kind of error that its problems are. Raises that for a file that
    cannot be read, is not YAML in UTF-8, or says something twice.
    """

    def __init__(self, path: Path, where: str | None = None, raises: type[Exception] = InvalidFile) -> None:
        self.where = where or str(path)
        self.raises = raises
        try:
            text = path.read_text(encoding="utf-8-sig")
            loader, self._root = _composed(text)
            # Before the content is built: that merges what `<<` names into its neighbours.
            repeated = [self.problem(place, said) for place, said in _repeated(self._root, (), set())]
            self.content: Any = None if self._root is None else loader.construct_document(self._root)
        except OSError as error:
            raise raises(f"{self.where} cannot be read ({error.strerror or type(error).__name__})") from None
        except UnicodeDecodeError:
            raise raises(f"{self.where} is not valid YAML: it is not in UTF-8") from None
        except RecursionError:
            raise raises(f"{self.where} is not usable: it is nested too deeply") from None
        except (yaml.YAMLError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f" at line {mark.line + 1}" if mark else ""
            said = getattr(error, "problem", None) or " ".join(str(error).split())
            raise raises(f"{self.where} is not valid YAML{line}: {said}") from None
        if repeated:
            raise raises("\n".join(repeated))

    def problem(self, place: Place, message: str) -> str:
        """The sentence about one setting, or about the file where the place is empty; items of a list count from 1."""
        line = self.line(place)
        named = ".".join(str(part + 1 if isinstance(part, int) else part) for part in place)
        return f"{self.where}{f' line {line}' if line else ''}: {f'{named}: ' if named else ''}{message}"

    def line(self, place: Place) -> int | None:
        """The line of a setting, or of the nearest one above it; None for the file as a whole."""
        node, found = self._root, None
        for part in place:
            if isinstance(node, yaml.MappingNode):
                # Of a name that stands twice the last is meant: that is the one too many.
                at = [(key, value) for key, value in node.value if key.value == str(part)][-1:]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                at = [(value, value) for value in node.value[part : part + 1]]
            else:
                at = []
            if not at:
                break
            (key, node) = at[0]
            found = key.start_mark.line + 1
        return found

    def checked(self, model: type[Model]) -> Model:
        """The content as what a model or any other type describes. Raises naming all that is wrong."""
        content = (
            {} if self.content is None and isinstance(model, type) and issubclass(model, BaseModel) else self.content
        )
        try:
            return TypeAdapter(model).validate_python(content)
        except ValidationError as error:
            problems = [
                self.problem(item["loc"], _said(model, item["type"], item["loc"], item["msg"], item["input"]))
                for item in error.errors()
            ]
            raise self.raises("\n".join(problems)) from None


def read_yaml(path: Path, model: type[Model], where: str | None = None, raises: type[Exception] = InvalidFile) -> Model:
    """A YAML file as what a model describes; an empty file says nothing, so a model's defaults stand.

    Raises `raises` with a line for each problem, its place (`wmip.yaml line 3: releases.keep`) and what is allowed.
    """
    return YamlFile(path, where, raises).checked(model)


def nearest(name: str, known: Sequence[str]) -> str:
    """What to say of a name that is unknown: the one that was probably meant, and all there are."""
    close = get_close_matches(name, known, n=1)
    listed = ", ".join(known) or "none yet"
    return f"did you mean {close[0]}? Known are {listed}" if close else f"known are {listed}"


def _composed(text: str) -> tuple[Any, yaml.Node | None]:
    try:
        loader = _Loader(text)
        return loader, loader.get_single_node()
    except yaml.YAMLError:
        # The quick parser names the end of the file for what was opened and not closed: let the other one say where.
        loader = yaml.SafeLoader(text)
        return loader, loader.get_single_node()


def _said(model: Any, kind: str, place: Place, message: str, given: Any) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"unknown; {nearest(str(place[-1]), _names_at(model, place[:-1]))}"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        names = _names_at(model, place)
        expected = f"settings: {', '.join(names)}" if names else "names with their values"
        return f"expected {expected}; found {_called(given)}"
    return message.removeprefix("Value error, ")


def _called(value: Any) -> str:
    return {list: "a list", str: "text", dict: "names with their values", type(None): "nothing"}.get(
        type(value), f"a {type(value).__name__}"
    )


def _names_at(model: Any, place: Place) -> list[str]:
    """The names of the settings that a model has at a place, as people write them; none where it has no fixed ones."""
    if get_origin(model) in {Annotated, Union, UnionType}:
        return next((names for part in get_args(model) if (names := _names_at(part, place))), [])
    if isinstance(model, type) and issubclass(model, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        if not place:
            return list(fields)
        return _names_at(fields.get(str(place[0])), place[1:])
    inner = get_args(model)
    return _names_at(inner[-1 if isinstance(place[0], str) else 0], place[1:]) if inner and place else []


def _repeated(
    node: yaml.Node | None, place: tuple[str | int, ...], seen: set[int]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every name that stands twice among its neighbours, where YAML would silently take the last."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _repeated(value, (*place, number), seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in lines and key.tag != "tag:yaml.org,2002:merge":
                yield (*place, name), f"stands twice, first in line {lines[name]}"
            lines.setdefault(name, key.start_mark.line + 1)
            yield from _repeated(value, (*place, name), seen)
