"""Lists of OData services (Dataverse, Microsoft Graph), page by page.

Reference: OData 4.01, part 1, section 11.2.6.7: a page names the next one, whose address is used as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingestion.apis.http import SourceFailed

if TYPE_CHECKING:
    from ingestion.apis.read import ApiRead


def pages(
    read: ApiRead, address: str, parameters: Mapping[str, Any] | None, headers: Mapping[str, str] | None = None
) -> Iterator[Any]:
    """The pages of a list, each a list of records with the `response` it came in.

    Raises SourceFailed for a page of another server, HTTPError for an answer that is none.
    """
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

    _refuse_elsewhere(read, address)
    for page in read.client.paginate(
        address,
        params=None if parameters is None else dict(parameters),
        headers=None if headers is None else dict(headers),
        paginator=JSONLinkPaginator(next_url_path="'@odata.nextLink'"),
        data_selector="value",
    ):
        _refuse_elsewhere(read, str(page.response.json().get("@odata.nextLink", "")))
        yield page


def _refuse_elsewhere(read: ApiRead, address: str) -> None:
    """Raises SourceFailed for an address of another server: the token would be sent there."""
    there, ours = urlsplit(address), urlsplit(str(read.settings["base_url"]))
    if there.netloc and (there.scheme, there.netloc) != (ours.scheme, ours.netloc):
        raise SourceFailed(
            f"{read.declaration.title} names {there.hostname} for what comes next, which is not the server "
            "of base_url in wmip.yaml: not followed"
        )
