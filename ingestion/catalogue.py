"""The sources and their streams, as their declarations say (`ingestion.declaration`); imports no reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

from common.yamlfile import nearest
from ingestion.declaration import FOLDER, OWN_TEMPLATE, Source, load_declaration
from ingestion.findings import is_passing
from ingestion.persons.pseudonyms import PERSON_KEYS

if TYPE_CHECKING:
    from ingestion.sources.returns.contract import Contracts, ReturnContract


def return_contracts() -> Contracts:
    """The contract of every return that is known, by template and version, the oldest first. Read are those of
    `ingestion.declaration.taken_templates`; the others are told by name.
    """
    from ingestion.sources.returns.contract import load_contracts

    return load_contracts(FOLDER / "returns", str(SOURCES["returns"].contracts))


def return_contract(template: str = OWN_TEMPLATE, version: int | None = None) -> ReturnContract:
    """A version of a return's contract, the newest unless said. Raises KeyError for one that is not there."""
    found = {contract.version: contract for contract in return_contracts() if contract.template == template}
    return found[max(found) if version is None else version]


def check_templates(templates: Iterable[str]) -> None:
    """Raises ValueError for a template of which there is no return, with the one that may be meant."""
    known = sorted({contract.template for contract in return_contracts()})
    for template in templates:
        if template not in known:
            raise ValueError(f"no return is called {template!r}; {nearest(template, known)}")


class _Sources(MutableMapping[str, Source]):
    """Every declared source by name, each read when it is asked for: a command that needs two does not wait for all.

    In order, those that others read after come first.
    """

    def __init__(self) -> None:
        self._read: dict[str, Source] = {}
        self._order: list[str] | None = None

    def __getitem__(self, name: str) -> Source:
        if name not in self._read:
            if self._order is not None or not (FOLDER / name / "declaration.yaml").is_file():
                raise KeyError(name)
            self._read[name] = load_declaration(FOLDER / name)
        return self._read[name]

    def __setitem__(self, name: str, source: Source) -> None:
        order = self._ordered()
        self._read[name] = source
        if name not in order:
            order.append(name)

    def __delitem__(self, name: str) -> None:
        self._ordered().remove(name)
        del self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ordered())

    def __len__(self) -> int:
        return len(self._ordered())

    def _ordered(self) -> list[str]:
        if self._order is None:
            found = {path.parent.name: self[path.parent.name] for path in sorted(FOLDER.glob("*/declaration.yaml"))}
            ordered: dict[str, None] = {}

            def place(name: str) -> None:
                for earlier in found[name].reads_after:
                    place(earlier)
                ordered.setdefault(name)

            for name in sorted(found, key=lambda name: (found[name].kind != "files", name)):
                place(name)
            self._order = list(ordered)
        return self._order


SOURCES: MutableMapping[str, Source] = _Sources()


def providers() -> dict[str, set[str]]:
    """The sources that provide each thing."""
    found: dict[str, set[str]] = {}
    for source in SOURCES.values():
        for provided in source.gives:
            found.setdefault(provided, set()).add(source.name)
    return found


def person_key_forms() -> list[str]:
    """Every form a person key has, as regular expressions."""
    return [*PERSON_KEYS.values(), *(f"{s.guest_key}[^@]+" for s in SOURCES.values() if s.guest_key)]


def addressee(path: Path, kind: str, *, is_looked_at: bool = True) -> Source:
    """The source a file of an inbox folder is for: the first whose reader's `recognises(path)` knows it, else the one
    of that folder without such a function, which refuses what it cannot read; where all have one, the first, for which
    the file is refused. A path is `<home>/inbox/<kind>/<file>`; `is_looked_at`: unless nobody is to open it.
    """
    sharing = [source for source in SOURCES.values() if source.inbox == kind]
    if len(sharing) == 1:
        return sharing[0]
    recognised = next((source for source in sharing if is_looked_at and recognises(source, path)), None)
    return recognised or next((source for source in sharing if source.reader().recognises is None), sharing[0])


def recognises(source: Source, path: Path) -> bool:
    """Whether a source's reader knows a file for its own; False for a reader that does not tell, and for a file that
    it cannot make anything of, which is then refused by whom it falls to. Raises OSError for one that cannot be read
    now.
    """
    asked = source.reader().recognises
    try:
        return asked is not None and bool(asked(path))
    except Exception as error:
        if is_passing(error):
            raise
        return False
