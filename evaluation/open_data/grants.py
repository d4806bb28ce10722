"""The programme's grants in the 360Giving Data Standard, version 1.4.

Grants to persons are never in it. The recipient is named only where a public register or its kind says that it is an
organisation: a business in none may be one person trading under their own name.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from evaluation.open_data.errors import GrantsNotPublishable
from evaluation.open_data.publisher import OpenDataSettings, Publisher

VERSION = "1.4"
UNNAMED = "Recipient not in a public register"
# Names of these kinds are never a person's own.
_NAMED_KINDS = frozenset({"university", "public_body", "third_sector"})
# The standard's code list geoCodeType, by the first three characters of an ONS code.
_GEO_CODE_TYPES = {"E06": "UA", "E07": "NMD", "E08": "MD", "E09": "LONB"}
_MOST_LISTED = 5
_REQUIRED = (
    "title",
    "currency",
    "amount_awarded",
    "awarded_on",
    "funding_org_id",
    "funding_org_name",
    "organisation_key",
)

_GRANTS = """
    SELECT
        g.grant_id, g.title, g.currency, g.amount_awarded, g.awarded_on, g.funding_org_id, g.funding_org_name,
        g.programme_title, g.regrant_type, g.organisation_key,
        o.name AS recipient_name, o.organisation_type, o.company_number, o.charity_number,
        CASE WHEN a.is_in_area THEN a.local_authority_code END AS local_authority_code,
        CASE WHEN a.is_in_area THEN a.name END AS local_authority_name
    FROM fct_grant_award AS g
    LEFT JOIN dim_organisation AS o ON g.organisation_key = o.organisation_key
    LEFT JOIN dim_local_authority AS a ON g.local_authority_code = a.local_authority_code
    WHERE g.is_programme_grant AND NOT g.is_individual
    ORDER BY g.grant_id
"""


def package(mart: duckdb.DuckDBPyConnection, settings: OpenDataSettings, released_on: date) -> dict[str, Any]:
    """The grants package as plain data, amounts as Decimal.

    Raises GrantsNotPublishable: no publisher, no programme grant, or a grant without what the standard requires.
    """
    if settings.publisher is None:
        raise GrantsNotPublishable(
            "no publisher is configured; give name, org_id and grant_prefix under open_data: publisher: in wmip.yaml"
        )
    relation = mart.sql(_GRANTS)
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    if not rows:
        raise GrantsNotPublishable("the programme has no grant to an organisation; the standard wants at least one")
    _refuse_incomplete(rows)
    publisher = settings.publisher
    described = {"name": publisher.name, "identifier": publisher.org_id}
    if publisher.website:
        described["website"] = publisher.website
    content: dict[str, Any] = {
        "version": VERSION,
        "title": f"Grants of the programme to organisations, {publisher.name}",
        "description": "Awards of the programme to organisations. Awards to individuals are not in this file.",
        "issued": released_on.isoformat(),
        "modified": released_on.isoformat(),
        "publisher": described,
    }
    if settings.licence:
        content["license"] = settings.licence.path
    content["grants"] = [_grant(row, publisher) for row in rows]
    return content


def _refuse_incomplete(rows: list[dict[str, Any]]) -> None:
    wrong = [(row["grant_id"], column) for row in rows for column in _REQUIRED if row[column] is None]
    if wrong:
        listed = "; ".join(f"{grant} has no {column}" for grant, column in wrong[:_MOST_LISTED])
        more = f" and {len(wrong) - _MOST_LISTED} more" if len(wrong) > _MOST_LISTED else ""
        raise GrantsNotPublishable(f"the standard requires what is missing: {listed}{more}; correct it at the source")


def _grant(row: dict[str, Any], publisher: Publisher) -> dict[str, Any]:
    programme = row["programme_title"]
    grant: dict[str, Any] = {
        "id": row["grant_id"],
        "title": row["title"],
        # The source's own description is free text and not kept; the standard requires one.
        "description": f"{row['title']} ({programme})" if programme else row["title"],
        "currency": row["currency"],
        "amountAwarded": row["amount_awarded"],
        "awardDate": row["awarded_on"].isoformat(),
        "recipientOrganization": [_recipient(row, publisher)],
        "fundingOrganization": [{"id": row["funding_org_id"], "name": row["funding_org_name"]}],
    }
    if programme:
        grant["grantProgramme"] = [{"title": programme}]
    if row["regrant_type"]:
        grant["regrantType"] = row["regrant_type"]
    return grant


def _recipient(row: dict[str, Any], publisher: Publisher) -> dict[str, Any]:
    identifier = organisation_id(row["company_number"], row["charity_number"])
    is_named = identifier is not None or row["organisation_type"] in _NAMED_KINDS
    recipient: dict[str, Any] = {
        "id": identifier or f"{publisher.grant_prefix}-{row['organisation_key']}",
        "name": row["recipient_name"] if is_named and row["recipient_name"] else UNNAMED,
    }
    if row["company_number"]:
        recipient["companyNumber"] = row["company_number"]
    if row["charity_number"]:
        recipient["charityNumber"] = row["charity_number"]
    if row["local_authority_code"]:
        location = {"name": row["local_authority_name"], "geoCode": row["local_authority_code"]}
        kind = _GEO_CODE_TYPES.get(row["local_authority_code"][:3])
        if kind:
            location["geoCodeType"] = kind
        recipient["location"] = [location]
    return recipient


def organisation_id(company_number: str | None, charity_number: str | None) -> str | None:
    """Identifier of an organisation by org-id.guide's lists of the public registers, or None if it is in none."""
    if company_number:
        return f"GB-COH-{company_number}"
    if not charity_number:
        return None
    if charity_number.startswith("SC"):
        return f"GB-SC-{charity_number}"
    if charity_number.startswith("NIC"):
        return f"GB-NIC-{charity_number.removeprefix('NIC')}"
    return f"GB-CHC-{charity_number}"


def totals(content: dict[str, Any]) -> dict[str, Decimal]:
    """Sum of the amounts by currency of a package as read back from its file."""
    sums: dict[str, Decimal] = {}
    for grant in content["grants"]:
        sums[grant["currency"]] = sums.get(grant["currency"], Decimal(0)) + Decimal(grant["amountAwarded"])
    return sums


def mart_totals(mart: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """The same sums over `fct_grant_award` alone, without any join."""
    rows = mart.execute(
        "SELECT currency, sum(amount_awarded) FROM fct_grant_award "
        "WHERE is_programme_grant AND NOT is_individual GROUP BY currency"
    ).fetchall()
    return {currency: Decimal(amount) for currency, amount in rows}
