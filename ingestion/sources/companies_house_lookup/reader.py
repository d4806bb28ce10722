"""Companies House's REST API: one question a company number that the programme met and the bulk register lacks.

Reference: docs/sources/reference.md. The numbers are those of the organisations known after the night before.
Officers and persons with control are never asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from common.home import registry_file
from ingestion.apis.http import MalformedRecord
from ingestion.apis.rotation import is_due
from ingestion.catalogue import SOURCES
from ingestion.reader import Reader
from ingestion.storage.latest import read_latest

if TYPE_CHECKING:
    from ingestion.apis.read import ApiRead

Row = dict[str, Any]
UNKNOWN = "number_unknown"
_PREFIX = "company:"


def read_companies(read: ApiRead) -> Iterator[Row]:
    """What the API says of each number. Grain: a company number; one it does not know is landed as `number_unknown`."""
    yield from read.usable("companies", _asked(read), _row)


def _asked(read: ApiRead) -> Iterator[Row]:
    numbers = _to_ask(read)
    for number in numbers[: int(read.settings["most_a_night"])]:
        response = read.client.get(f"company/{number}")
        # Whatever the body says: the number is not one of the register's.
        if response.status_code == 404:
            yield {"id": number, "company_status": UNKNOWN}
            continue
        response.raise_for_status()
        yield {**response.json(), "id": number}


def _to_ask(read: ApiRead) -> list[str]:
    """Numbers never asked for, then those whose turn it is."""
    declaration = read.declaration.stream("companies")
    landed = {row[0] for row in read_latest(read.home, read.declaration.name, declaration, ("id",))}
    in_register = SOURCES["companies_house"].stream("companies")
    known = {row[0] for row in read_latest(read.home, "companies_house", in_register, ("company_number",))}
    met = _met(read) - known
    every = int(read.settings["refresh_days"])
    due = {number for number in met & landed if is_due(number, read.clock.date(), every)}
    return [*sorted(met - landed), *sorted(due)]


def _met(read: ApiRead) -> set[str]:
    """Company numbers of the organisations of the registry, as it was left by the night before."""
    path = registry_file(read.home)
    if not path.exists():
        return set()
    import pyarrow.parquet as pq

    keys = set(pq.read_table(path, columns=["organisation_key"])["organisation_key"].to_pylist())
    return {key.removeprefix(_PREFIX) for key in keys if key.startswith(_PREFIX)}


def _row(company: Mapping[str, Any]) -> Row:
    if company["company_status"] != UNKNOWN and company.get("company_number") != company["id"]:
        raise MalformedRecord("company_number", "another_company", "the answer is of another company number")
    codes = [str(code) for code in company.get("sic_codes") or []]
    return {
        "id": company["id"],
        "name": company.get("company_name"),
        "status": company["company_status"],
        "status_detail": company.get("company_status_detail"),
        "kind": company.get("type"),
        "incorporated_on": company.get("date_of_creation"),
        "ceased_on": company.get("date_of_cessation"),
        "postcode": (company.get("registered_office_address") or {}).get("postal_code"),
        **{f"sic_{place}": codes[place - 1] if len(codes) >= place else None for place in range(1, 5)},
    }


READER = Reader(streams={"companies": read_companies})
