"""Generate the organisations, people and cluster bodies of the pretend world."""

from __future__ import annotations

import csv
import random
import re
from importlib.resources import files

from sandbox import vocabulary as words
from sandbox.options import Options
from sandbox.world import Body, Organisation, Person

_LEGAL = re.compile(r"\b(limited|ltd|plc|llp|lp|cic|cio|inc|incorporated|community interest company)\b")


def _rows(name: str) -> list[dict[str, str]]:
    text = files("sandbox").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def bare_name(name: str) -> str:
    """A name without case, punctuation and legal form: two real organisations never share it here."""
    plain = re.sub(r"[^a-z0-9]+", " ", name.lower().replace("&", " and "))
    return " ".join(_LEGAL.sub(" ", plain).split()).removeprefix("the ")


class Places:
    """Real postcodes to put organisations and events at."""

    def __init__(self, options: Options, draw: random.Random) -> None:
        self._inside = [(row["postcode"], row["local_authority_code"]) for row in _rows("postcodes_in_area.csv")]
        self._outside = [row["postcode"] for row in _rows("postcodes_outside.csv")]
        self._draw = draw
        self._out_rate = options.dirt.out_of_area

    def inside(self) -> tuple[str, str]:
        """A postcode of the area with its authority."""
        return self._draw.choice(self._inside)

    def outside(self) -> str:
        """A postcode outside the area."""
        return self._draw.choice(self._outside)

    def somewhere(self) -> tuple[str, str | None]:
        """A postcode, of the area mostly."""
        if self._draw.random() < self._out_rate:
            return self.outside(), None
        return self.inside()


def make_bodies() -> list[Body]:
    """The eleven cluster bodies. Their names are made up."""
    return [
        Body(
            f"CB{number:02d}",
            f"Sandbox Cluster Body {number:02d}",
            words.CLUSTERS[number - 1],
            f"9{number:02d}00{number:02d}",
        )
        for number in range(1, 12)
    ]


def make_organisations(options: Options) -> list[Organisation]:
    """Organisations with distinct names and numbers; businesses mostly, then the other kinds."""
    draw = random.Random(f"{options.seed}:organisations")
    places = Places(options, draw)
    seen: set[str] = set()
    numbers: set[str] = set()
    organisations: list[Organisation] = []
    total = options.count(2500, 120)
    for index in range(total):
        kind = _kind(index)
        name = _name(kind, index, draw, seen)
        postcode, authority = places.somewhere()
        company, charity = _identifiers(kind, draw, numbers)
        organisations.append(
            Organisation(
                id=f"O{index:06d}",
                name=name,
                trading_name=f"{draw.choice(words.FIRM_FIRST)}{draw.choice(words.FIRM_SECOND).lower()} {index}",
                kind=kind,
                company_number=company,
                charity_number=charity,
                postcode=postcode,
                local_authority=authority,
                domain=f"{bare_name(name).replace(' ', '-')}.example.co.uk",
                cluster=draw.choice(words.CLUSTERS),
                size_band=draw.choices(["micro", "small", "medium", "large"], [60, 25, 11, 4])[0],
            )
        )
    return organisations


def _kind(index: int) -> str:
    place = index % 25
    return {3: "university", 9: "public_body", 15: "third_sector", 21: "third_sector"}.get(place, "business")


def _name(kind: str, index: int, draw: random.Random, seen: set[str]) -> str:
    while True:
        if kind == "business":
            name = f"{draw.choice(words.FIRM_FIRST)} {draw.choice(words.FIRM_SECOND)}"
            if draw.random() < 0.35:
                name = f"{name} & {draw.choice(words.FIRM_SECOND)}"
            if bare_name(name) in seen:
                name = f"{name} {draw.choice(words.FIRM_FIRST)}"
            full = f"{name} {draw.choice(words.LEGAL_FORMS[:2])}"
        else:
            pool = {
                "university": words.UNIVERSITIES,
                "public_body": words.PUBLIC_BODIES,
                "third_sector": words.THIRD_SECTOR,
            }[kind]
            full = pool[(index // 25) % len(pool)]
            if bare_name(full) in seen:
                full = f"{full} {draw.choice(words.FIRM_FIRST)} {index}"
        if bare_name(full) not in seen:
            seen.add(bare_name(full))
            return full


def _identifiers(kind: str, draw: random.Random, numbers: set[str]) -> tuple[str | None, str | None]:
    def fresh(form: str, low: int, high: int) -> str:
        while True:
            number = form.format(draw.randrange(low, high))
            if number not in numbers:
                numbers.add(number)
                return number

    if kind == "business":
        # A tenth are partnerships and sole traders, which have no number.
        return (None if draw.random() < 0.1 else fresh("{:08d}", 500_000, 15_999_999)), None
    if kind == "third_sector":
        return None, fresh("{:07d}", 1_000_000, 1_999_999)
    return None, None


def make_people(options: Options, organisations: list[Organisation]) -> list[Person]:
    """People of those organisations. Addresses are unique; a share of them private."""
    draw = random.Random(f"{options.seed}:people")
    people = []
    for index in range(options.count(4200, 150)):
        organisation = organisations[min(int(draw.expovariate(1 / (len(organisations) / 2.5))), len(organisations) - 1)]
        first, last = draw.choice(words.FIRST_NAMES), draw.choice(words.LAST_NAMES)
        private = draw.random() < options.dirt.personal_email
        domain = draw.choice(words.PERSONAL_MAIL) if private else organisation.domain
        people.append(
            Person(
                first,
                last,
                f"{first}.{last}{index}@{domain}".lower(),
                f"07{draw.randrange(100, 999)} {draw.randrange(100000, 999999)}",
                organisation,
            )
        )
    return people
