"""The 360Giving data registry and API: grants of the publishers and organisations that the home names are fetched as
files into `inbox/grants`, where the reader of 360Giving files takes them the same night.

Reference: docs/sources/threesixtygiving.md. Fetching apart from reading means that a file somebody dropped, one that
was downloaded and what the API gives pass the same checks, and that a grant in several of them counts once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from common.durable import put_in_place, written
from common.home import inbox_folder
from ingestion.apis.http import MalformedRecord, SourceFailed, shown
from ingestion.apis.rotation import is_due
from ingestion.reader import Reader

if TYPE_CHECKING:
    from ingestion.apis.read import ApiRead

Row = dict[str, Any]
LIST = "data.json"
_SUFFIXES = {".json", ".csv", ".xlsx", ".zip"}
_BLOCK = 1 << 20


def read_files(read: ApiRead) -> Iterator[Row]:
    """Fetch what the settings name. Grain: a dataset, or an organisation's grants in the API."""
    if read.settings["publishers"]:
        response = read.client.get(LIST)
        response.raise_for_status()
        listed = datasets(response.content)
        wanted = [one for one in listed if is_wanted(one, read.settings["publishers"])]
        known = {row["id"]: row for row in read.last_versions("files", [str(one["id"]) for one in wanted])}
        yield from read.usable("files", wanted, partial(_downloaded, read=read, known=known))
    asked = [(kind, org) for kind in ("grants_made", "grants_received") for org in read.settings[kind]]
    found = ({"id": f"{kind}:{org}", "kind": kind} for kind, org in asked)
    yield from read.usable("files", found, partial(_asked, read=read))


def datasets(content: bytes) -> list[Row]:
    """The datasets of a registry's list, each with its `id`. Raises SourceFailed for anything else."""
    try:
        listed = json.loads(content)
    except ValueError:
        raise SourceFailed(
            "the registry sent no JSON; check base_url, it is the address data.json stands under"
        ) from None
    if not (isinstance(listed, list) and listed and all(isinstance(one, dict) for one in listed)):
        raise SourceFailed("the registry lists no datasets; check base_url, it is the address data.json stands under")
    return [{**one, "id": one.get("identifier")} for one in listed]


def is_wanted(dataset: Mapping[str, Any], publishers: Iterable[str]) -> bool:
    """Whether a dataset is of one of the publishers, by organisation id or prefix."""
    publisher = dataset.get("publisher") or {}
    return bool({publisher.get("org_id"), publisher.get("prefix")} & set(publishers))


def is_open(licence: str | None, allowed: Iterable[str]) -> bool:
    """Whether a licence's address is that of a licence under which a file may be used."""
    address = re.sub(r"^https?://(www\.)?", "", (licence or "").strip().lower())
    return address.startswith(tuple(allowed))


def address_of(dataset: Mapping[str, Any]) -> str | None:
    """Where a dataset's file is; the first if there are several, which are the same in other formats."""
    addresses = [one.get("downloadURL") for one in dataset.get("distribution") or []]
    return next((address for address in addresses if address), None)


def _downloaded(dataset: Mapping[str, Any], *, read: ApiRead, known: Mapping[str, Row]) -> Row:
    if not dataset["id"]:
        raise MalformedRecord("identifier", "missing", "the dataset has no identifier")
    address = address_of(dataset)
    if address is None or urlsplit(address).scheme not in ("http", "https"):
        raise MalformedRecord("url", "missing", "the registry gives no address of the dataset's file")
    if not is_open(dataset.get("license"), read.settings["licences"]):
        raise MalformedRecord(
            "licence",
            "not_open",
            f"the licence of {dataset['id']} is not one of `licences` in wmip.yaml: not downloaded",
        )
    publisher = dataset.get("publisher") or {}
    row = {
        "id": dataset["id"],
        "kind": "dataset",
        "title": dataset.get("title"),
        "publisher_name": publisher.get("name"),
        "publisher_prefix": publisher.get("prefix"),
        "publisher_org_id": publisher.get("org_id"),
        "licence": dataset.get("license"),
        "licence_name": dataset.get("license_name"),
        "modified": dataset.get("modified"),
        "url": address,
    }
    before = known.get(str(dataset["id"]))
    every = int(read.settings["refresh_days"])
    is_same = before is not None and all(before[name] == row[name] for name in ("modified", "url"))
    if before is not None and is_same and not is_due(str(dataset["id"]), read.clock.date(), every):
        return {**row, "file_name": before["file_name"], "file_sha256": before["file_sha256"]}
    return {**row, **_fetch(read, address, f"{publisher.get('prefix') or 'registry'}_{dataset['id']}")}


def _fetch(read: ApiRead, address: str, stem: str) -> Row:
    """Download a file into the inbox; there whole or not at all."""
    import requests

    largest = int(read.settings["largest_megabytes"]) * 1_000_000
    where = shown(address)
    digest, size = hashlib.sha256(), 0
    part = _inbox(read) / f".{_safe(stem)}.part"
    try:
        with read.client.get(address, stream=True) as response, part.open("wb") as handle:
            if response.status_code != 200:
                raise MalformedRecord("url", "not_there", f"{where} answered {response.status_code}: not downloaded")
            for block in response.iter_content(_BLOCK):
                size += len(block)
                if size > largest:
                    raise MalformedRecord(
                        "url", "too_large", f"{where} is larger than largest_megabytes ({largest // 1_000_000})"
                    )
                digest.update(block)
                handle.write(block)
        name = f"{_safe(stem)}{_suffix(address, response.headers.get('Content-Type', ''), where)}"
        put_in_place(part, _inbox(read) / name)
    except requests.RequestException as error:
        kind = type(error).__name__
        raise MalformedRecord(
            "url", "not_there", f"{where} was not downloaded ({kind}); the next night tries again"
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return {"file_name": name, "file_sha256": digest.hexdigest()}


def _asked(asked: Mapping[str, Any], *, read: ApiRead) -> Row:
    """All grants that an organisation made or received, as one file of the standard's JSON."""
    kind, _, org = str(asked["id"]).partition(":")
    address = f"{read.settings['api_url']}org/{quote(org, safe='')}/{kind}/"
    grants: dict[str, Any] = {}
    counted: int | None = None
    for page in _pages(read, address):
        counted = page.response.json().get("count", counted)
        for found in page:
            grant = found.get("data") or {}
            if not grant.get("id"):
                raise SourceFailed(f"the API gave a grant of {org} without an identifier; the file of before stays")
            grants[str(grant["id"])] = grant
    if counted is not None and len(grants) != counted:
        raise SourceFailed(f"the API gave {len(grants)} of {counted} grants of {org}; the next night asks again")
    if not grants:
        raise MalformedRecord("id", "unknown", f"the API knows no {kind.replace('_', ' ')} of {org}; check the id")
    content = json.dumps({"grants": [grants[key] for key in sorted(grants)]}, ensure_ascii=False, indent=1).encode()
    name = f"{_safe(f'api_{org}_{kind}')}.json"
    with written(_inbox(read) / name) as temporary:
        temporary.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return {
        "id": asked["id"],
        "kind": kind,
        "publisher_org_id": org,
        "url": address,
        "file_name": name,
        "file_sha256": sha256,
    }


def _pages(read: ApiRead, address: str) -> Iterator[Any]:
    """Pages of grants; none for an organisation that the API does not know."""
    import requests
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

    try:
        yield from read.client.paginate(
            address,
            params={"limit": read.settings["grants_a_page"]},
            headers={"Accept": "application/json"},
            paginator=JSONLinkPaginator(next_url_path="next"),
            data_selector="results",
        )
    except requests.HTTPError as error:
        if error.response is None or error.response.status_code != 404:
            raise


def _inbox(read: ApiRead) -> Path:
    folder = inbox_folder(read.home, "grants")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _safe(stem: str) -> str:
    # What begins with a dot is no file of the inbox.
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).lstrip(".")


def _suffix(address: str, content_type: str, where: str) -> str:
    """What kind of file it is, by its address, else by what the server calls it."""
    found = Path(urlsplit(address).path).suffix.lower()
    if found in _SUFFIXES:
        return found
    named: Sequence[tuple[str, str]] = (("json", ".json"), ("csv", ".csv"), ("spreadsheetml", ".xlsx"), ("zip", ".zip"))
    for word, suffix in named:
        if word in content_type:
            return suffix
    raise MalformedRecord("url", "unknown_format", f"{where} is no .json, .csv, .xlsx or .zip: not downloaded")


READER = Reader(streams={"files": read_files})
