"""What a source's reader is: the functions that read it, as one object at the end of `sources/<source>/reader.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

    from ingestion.apis.read import ApiRead
    from ingestion.files.inbox import FileRead, FileReader

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Permission:
    """A cheap request that shows whether more than reaching a source is allowed. `may_be_absent`: what the path names
    need not be there.
    """

    name: str
    path: str
    what: str
    may_be_absent: bool = False


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How one source is read: an API by `streams`, files by `open`.

    `streams`: stream -> what yields its rows. `open`: gives what reads one file; raises InvalidMapping.

    Of files: `recognises`: whether a file of a shared inbox folder is its own; `reads_again`: whether a file that was
    refused is to be read again.

    Of APIs: `watch` sees every answer, and may end the read by SourceFailed; `remedy`: what to do about a refusal in
    the source's own terms, None for the usual; `probe`: path of a cheap request, where the declaration's is not enough;
    `permissions`: what else `wmip doctor` asks, of the settings and of the mapped streams' objects.
    """

    streams: Mapping[str, Callable[[ApiRead], Iterable[Mapping[str, Any]]]] = field(default_factory=dict)
    open: Callable[[FileRead], FileReader] | None = None
    recognises: Callable[[Path], bool] | None = None
    reads_again: Callable[[Path], bool] | None = None
    watch: Callable[[ApiRead, requests.Response], None] | None = None
    remedy: Callable[[requests.Response], str | None] | None = None
    probe: Callable[[Settings], str] | None = None
    permissions: Callable[[Settings, Mapping[str, str]], Iterable[Permission]] | None = None

    def opened(self, read: FileRead) -> FileReader:
        """What reads one file. Raises InvalidMapping; TypeError for the reader of an API."""
        if self.open is None:
            raise TypeError("this reader reads no files")
        return self.open(read)


def of_each_object(path: Callable[[Settings, str], str]) -> Callable[[Settings, Mapping[str, str]], list[Permission]]:
    """Permissions of a source whose tenants name its objects: one request for each mapped stream's object."""
    return lambda settings, objects: [
        Permission(stream, path(settings, name), name) for stream, name in objects.items()
    ]
