"""Where the state lives and what time it is: reads the environment.

Nothing here is read at import: the code location loads without any of it. Every command imports this, so it is light.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from orchestration.errors import UserError


def real_time() -> datetime:
    """What the machine's clock says: UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


NO_TELEMETRY = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}


def known_time_zone(value: str) -> str:
    """The name of a time zone. Raises ValueError for what is none."""
    if value not in available_timezones():
        raise ValueError(f"{value!r} is not a time zone such as Europe/London")
    return value


class Settings(BaseModel):
    """The environment variables of the product, all with the prefix `WMIP_`."""

    model_config = ConfigDict(extra="ignore")

    home: Path = Path("data")
    clock: datetime | None = None
    notify_urls: str = ""
    reminder_urls: str = ""
    """Where each body is reminded of its returns: `CB01=mailto://… CB02=…`, several addresses of one by commas."""

    time_zone: str = "Europe/London"
    """Where the programme is: on which day an instant falls."""

    returns: str = ""
    """Further returns that are read, by template (`ingestion.declaration.taken_templates`)."""

    accept_clock: bool = False
    """A clock earlier than the last night's is right: `wmip run --accept-clock`."""

    full: bool = False
    """Everything is made anew, though it is made of the same as the night before: `wmip run --full`."""

    @field_validator("time_zone")
    @classmethod
    def _is_time_zone(cls, value: str) -> str:
        return known_time_zone(value)

    @field_validator("returns")
    @classmethod
    def _are_templates(cls, value: str) -> str:
        if value:
            from ingestion.catalogue import check_templates

            check_templates(filter(None, map(str.strip, value.split(","))))
        return value

    @field_validator("clock")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def reminder_addresses(self) -> dict[str, str]:
        """The addresses of each body. Raises UserError for a part that does not begin with a body."""
        found = {}
        for number, part in enumerate(self.reminder_urls.split(), start=1):
            body, separator, addresses = part.partition("=")
            if not separator or "://" in body:
                raise UserError(
                    f"environment variable WMIP_REMINDER_URLS: part {number} does not begin with a body, as in "
                    "CB01=mailto://…; parts are divided by blanks"
                )
            found[body] = addresses
        return found

    def now(self) -> datetime:
        """The injected clock if there is one, else the real one; UTC, whole seconds."""
        return (self.clock or real_time()).replace(microsecond=0)


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises UserError naming the variable that is wrong."""
    given = os.environ if environment is None else environment
    prefix = "WMIP_"
    try:
        return Settings.model_validate(
            {name.removeprefix(prefix).lower(): value for name, value in given.items() if name.startswith(prefix)}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(
            f"environment variable {prefix}{str(first['loc'][0]).upper()}: {first['msg'].removeprefix('Value error, ')}"
        ) from None


def switch_telemetry_off() -> None:
    """No analytics leave the machine: set before any of the libraries is imported."""
    os.environ.update(NO_TELEMETRY)
