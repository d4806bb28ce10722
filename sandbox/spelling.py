"""How people write down an organisation: the dirt of names and numbers."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sandbox import vocabulary as words
from sandbox.options import Dirt
from sandbox.world import Organisation


@dataclass(frozen=True)
class Written:
    """An organisation as one record has it; None is an empty cell."""

    name: str
    company_number: str | None
    charity_number: str | None
    postcode: str | None
    website: str | None


class Spelling:
    """Writes organisations down with errors. `taken` are all true numbers: a mistyped one is none of them."""

    def __init__(self, dirt: Dirt, draw: random.Random, taken: set[str]) -> None:
        self._dirt = dirt
        self._draw = draw
        self._taken = taken

    def loosely(self, organisation: Organisation) -> Written:
        """Any error there is; a few cannot be found again by exact rules."""
        if organisation.is_business and self._draw.random() < self._dirt.trading_name:
            return Written(organisation.trading_name, None, None, organisation.postcode, None)
        return self._loosely(organisation)

    def again(self, organisation: Organisation, before: Written) -> Written:
        """Any error there is, in a list that named it `before`: it keeps the name people know it by."""
        return before if before.name == organisation.trading_name else self._loosely(organisation)

    def _loosely(self, organisation: Organisation) -> Written:
        postcode = None if self._draw.random() < 0.04 else organisation.postcode
        website = f"https://www.{organisation.domain}/" if self._draw.random() < 0.5 or not postcode else None
        return self._written(organisation, self._number(organisation, may_lack=True), postcode, website)

    def findably(self, organisation: Organisation) -> Written:
        """Name variants and number errors, but always with the postcode: exact rules find it."""
        number = self._number(organisation, may_lack=True)
        return self._written(organisation, number, organisation.postcode, None)

    def as_funder(self, organisation: Organisation) -> Written:
        """As a source of leverage: a firm always with its number, others by name alone."""
        return Written(self._name(organisation), self._number(organisation, may_lack=False), None, None, None)

    def name(self, organisation: Organisation) -> str:
        """The name alone, in some spelling."""
        return self._name(organisation)

    def _written(
        self, organisation: Organisation, number: str | None, postcode: str | None, website: str | None
    ) -> Written:
        return Written(self._name(organisation), number, organisation.charity_number, postcode, website)

    def _name(self, organisation: Organisation) -> str:
        name = organisation.name
        if self._draw.random() >= self._dirt.name_variant:
            return name
        if organisation.is_business:
            stem = name.rsplit(" ", 1)[0]
            name = f"{stem} {self._draw.choice(words.LEGAL_FORMS)}" if self._draw.random() < 0.8 else stem
        change = self._draw.randrange(5)
        if change == 0:
            return name.upper()
        if change == 1:
            return name.replace("&", "and") if "&" in name else name.replace(" and ", " & ")
        if change == 2:
            return f" {name}  "
        if change == 3:
            return name.lower()
        return name.replace(" ", ", ", 1) if self._draw.random() < 0.3 else f"{name} t/a {organisation.trading_name}"

    def _number(self, organisation: Organisation, *, may_lack: bool) -> str | None:
        number = organisation.company_number
        if number is None or (may_lack and self._draw.random() < self._dirt.number_missing):
            return None
        if may_lack and self._draw.random() < self._dirt.number_mistyped:
            return self._mistyped(number)
        if number.startswith("0") and self._draw.random() < self._dirt.number_unpadded:
            return number.lstrip("0")
        return number

    def _mistyped(self, number: str) -> str:
        while True:
            place = self._draw.randrange(1, len(number))
            wrong = f"{number[:place]}{self._draw.randrange(10)}{number[place + 1 :]}"
            if wrong != number and wrong not in self._taken:
                return wrong
