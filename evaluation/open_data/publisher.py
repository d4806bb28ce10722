"""Who publishes, under which licence, and what may be named: the block `open_data` of `wmip.yaml`.

Nothing here has a default that would speak for somebody: without a publisher there is no grants file, without a
licence the package carries none and says so.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Publisher(BaseModel):
    """The organisation that publishes: `org_id` by register and number as org-id.guide lists them.

    `grant_prefix` is the prefix 360Giving gave it, such as `360G-example`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    org_id: str = Field(pattern=r"^[A-Z]{2,}-[A-Z0-9]+-\S+$")
    grant_prefix: str = Field(pattern=r"^360G-\S+$")
    website: str | None = Field(default=None, pattern=r"^https?://\S+$")


class Licence(BaseModel):
    """The licence of everything in the package; `name` as listed by Open Definition, such as `OGL-UK-3.0`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    title: str = Field(min_length=1)
    path: str = Field(pattern=r"^https?://\S+$")


class OpenDataSettings(BaseModel):
    """`open_data:` of `wmip.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    publisher: Publisher | None = None
    licence: Licence | None = None
