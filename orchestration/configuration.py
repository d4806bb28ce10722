"""Which sources are on, and what else a home decides: reads `wmip.yaml`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from common.home import inbox_folder, landing_folder, settings_file
from common.yamlfile import read_yaml
from evaluation.open_data.publisher import OpenDataSettings
from ingestion.catalogue import SOURCES
from ingestion.declaration import Settings as SourceSettings
from ingestion.declaration import Source
from orchestration.errors import UserError
from orchestration.settings import known_time_zone


class ReleaseConfiguration(BaseModel):
    """How many releases are kept (the current one and those with a `.keep` file never go), and who may read them."""

    model_config = ConfigDict(extra="forbid")

    keep: int = Field(default=14, ge=1)
    public_readable: bool = False
    """Whether every account of the machine may read the public mart and the open data of releases."""


class RetentionConfiguration(BaseModel):
    """How many months persons' pseudonyms and original files are kept; what is not set is kept. Which periods are right
    is for the programme's data protection officer and its funder to say, so there is no default.
    """

    model_config = ConfigDict(extra="forbid")

    person_keys_months: int | None = Field(default=None, ge=1)
    """Counted from the last time anything of the person was landed."""
    originals_months: int | None = Field(default=None, ge=1)
    """Counted from the night that handled the file."""


class PostgresqlConfiguration(BaseModel):
    """Whether the night also publishes to the PostgreSQL of WMIP_POSTGRES_URL, and how long it waits for readers."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = False
    patience_seconds: float = Field(default=300, ge=0)
    public_only: bool = False
    """Whether the evaluators' mart stays out of it; one database holds both marts or the public one alone."""


class SiteConfiguration(BaseModel):
    """Whether every release also holds its sites: `site/` for evaluators, `site_public/` for everyone."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = False


class OrchestrationConfiguration(BaseModel):
    """Which triggers start by themselves. Off unless chosen, so that no copy of a home runs unasked."""

    model_config = ConfigDict(extra="forbid")

    schedule_enabled: bool = False
    schedule: str = "0 2 * * *"
    """When the night starts, as a cron expression in `timezone`."""
    timezone: str = "Europe/London"
    inbox_sensor_enabled: bool = False

    @field_validator("schedule")
    @classmethod
    def _is_cron(cls, value: str) -> str:
        from croniter import croniter

        if not croniter.is_valid(value):
            raise ValueError(f"{value!r} is not a cron expression such as '0 2 * * *' (minute hour day month weekday)")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_timezone(cls, value: str) -> str:
        return known_time_zone(value)


class RemindersConfiguration(BaseModel):
    """Whether bodies are reminded of returns they owe: from how many days before the due day, and how often."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = False
    days_before: int = Field(default=7, ge=0)
    every_days: int = Field(default=7, ge=1)


class NotificationsConfiguration(BaseModel):
    """Of which nights people are told, by how they ended; one message a night."""

    model_config = ConfigDict(extra="forbid")

    nights: list[Literal["published", "unchanged", "withheld", "blocked", "failed", "stopped"]] = Field(
        default=["withheld", "blocked", "failed", "stopped"]
    )
    reminders: RemindersConfiguration = Field(default_factory=RemindersConfiguration)


class AssuranceConfiguration(BaseModel):
    """Who assured the evaluation under one assumption set, named by its SHA-256 or at least 12 characters of it."""

    model_config = ConfigDict(extra="forbid")

    assumptions: str = Field(min_length=12, pattern="^[0-9a-fA-F]+$")
    assurer: str = Field(min_length=1)
    assured_on: date


class EvaluationConfiguration(BaseModel):
    """Roles, not persons; and the simulation's size and seed."""

    model_config = ConfigDict(extra="forbid")

    analyst: str | None = None
    assurances: list[AssuranceConfiguration] = Field(default_factory=list)
    draws: int = Field(default=10_000, ge=100, le=1_000_000)
    seed: int = Field(default=1, ge=0)


class SparkConfiguration(BaseModel):
    """Where Apache Spark is: a master that the night drives itself, or a Spark Connect server."""

    model_config = ConfigDict(extra="forbid")

    master: str | None = Field(default=None, min_length=1)
    """`local[4]`, `spark://host:7077`, `yarn`, `k8s://…`; needs Java on this machine."""
    connect: str | None = Field(default=None, pattern="^sc://")
    """`sc://host:15002`."""
    shared: str | None = None
    """Under which path the cluster and this machine both find the home; without one, under the home's own."""
    options: dict[str, str] = Field(default_factory=dict)
    """Settings of Spark, such as `spark.executor.memory`."""

    @field_validator("shared")
    @classmethod
    def _is_absolute(cls, value: str | None) -> str | None:
        if value is not None and not (value.startswith("/") or "://" in value):
            raise ValueError(f"{value!r} is neither an absolute path nor an address such as s3://bucket/wmip")
        return value.rstrip("/") if value else value

    @model_validator(mode="after")
    def _is_one(self) -> SparkConfiguration:
        if (self.master is None) == (self.connect is None):
            raise ValueError("name either master (such as local[4]) or connect (such as sc://host:15002), and not both")
        return self


class EngineConfiguration(BaseModel):
    """What makes the models of a night: DuckDB within its own process, where nothing else is named."""

    model_config = ConfigDict(extra="forbid")

    spark: SparkConfiguration | None = None


class SourceBlocks(BaseModel):
    """The blocks of `sources`, each as its source's declaration allows it."""

    model_config = ConfigDict(extra="forbid")


_BLOCKS: Any = {name: (source.settings_model, None) for name, source in SOURCES.items()}
_SourceBlocks: Any = create_model("Sources", __base__=SourceBlocks, **_BLOCKS)


class Configuration(BaseModel):
    """`wmip.yaml`, validated."""

    model_config = ConfigDict(extra="forbid")

    sources: _SourceBlocks = Field(default_factory=_SourceBlocks)
    releases: ReleaseConfiguration = Field(default_factory=ReleaseConfiguration)
    retention: RetentionConfiguration = Field(default_factory=RetentionConfiguration)
    orchestration: OrchestrationConfiguration = Field(default_factory=OrchestrationConfiguration)
    notifications: NotificationsConfiguration = Field(default_factory=NotificationsConfiguration)
    evaluation: EvaluationConfiguration = Field(default_factory=EvaluationConfiguration)
    postgresql: PostgresqlConfiguration = Field(default_factory=PostgresqlConfiguration)
    open_data: OpenDataSettings = Field(default_factory=OpenDataSettings)
    site: SiteConfiguration = Field(default_factory=SiteConfiguration)
    engine: EngineConfiguration = Field(default_factory=EngineConfiguration)

    def names(self, source: str) -> bool:
        """Whether a source is configured."""
        return source in self.sources.model_fields_set

    def switch_on(self, source: str) -> None:
        """Configure a source with nothing but its defaults."""
        setattr(self.sources, source, SOURCES[source].settings_model())

    def source(self, name: str) -> dict[str, Any]:
        """What is set of one source; a source that is not configured is off."""
        if not self.names(name):
            return {"enabled": False}
        block: SourceSettings = getattr(self.sources, name)
        return {"enabled": block.enabled, **block.model_dump(exclude_unset=True)}

    def enabled_sources(self) -> list[str]:
        """Names of the sources that are switched on, in reading order."""
        return [name for name in SOURCES if self.source(name)["enabled"]]


def read_configuration(home: Path) -> Configuration:
    """What `wmip.yaml` of a home says, without a look at what was dropped. Raises UserError saying what to change."""
    path = settings_file(home)
    return read_yaml(path, Configuration, raises=UserError) if path.exists() else Configuration()


def load_configuration(home: Path) -> Configuration:
    """`wmip.yaml` of a home. Raises UserError saying what to change.

    A file source it does not name is on as soon as files were dropped for it, or when an API source that fetches files
    for it is on; any other API source is off.
    """
    configuration = read_configuration(home)
    for source in SOURCES.values():
        if not source.inbox or configuration.names(source.name):
            continue
        fetching = [name for name in source.reads_after if SOURCES[name].kind == "api"]
        if any(configuration.source(name)["enabled"] for name in fetching) or _ever_had_files(home, source):
            configuration.switch_on(source.name)
    return configuration


def _ever_had_files(home: Path, source: Source) -> bool:
    landed = (path for path in (landing_folder(home) / source.name).glob("*/*.parquet") if "_schema" not in path.name)
    if any(landed):
        return True
    kind = str(source.inbox)
    dropped = inbox_folder(home, kind).glob("[!.~]*")
    return any(_is_for(source, path, kind) for path in dropped)


def _is_for(source: Source, path: Path, kind: str) -> bool:
    """Whether a dropped file is for a source; what cannot be looked at now is for none, and the night tells of it."""
    try:
        stat = path.lstat()
        return _addressee(path, kind, stat.st_mtime_ns, stat.st_size) == source.name
    except OSError:
        return False


@lru_cache(maxsize=1_000)
def _addressee(path: Path, kind: str, _modified_ns: int, _size: int) -> str:
    """Whom a file is for: it is opened in a child, and settings are asked for several times a night, by each source."""
    # Readers bring Arrow with them; who only asks for a release does not wait for it.
    from ingestion.files.night_reader import addressee_of

    return addressee_of(path, kind).source
