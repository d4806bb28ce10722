"""The session with Apache Spark that wmip.yaml names: a master that this process drives, or a Connect server."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from orchestration.errors import UserError

if TYPE_CHECKING:
    from orchestration.configuration import SparkConfiguration

# What the models' figures hang on, whatever the cluster's own settings say.
_AS_THE_MODELS_MEAN = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # A column that a stream gained later is null in earlier loads.
    "spark.sql.parquet.mergeSchema": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


def open_session(configured: SparkConfiguration, place: str) -> Any:
    """A `SparkSession` that gives what the models mean; that of this process where it has one. `place`: where
    a master keeps tables that name no folder; it would take that in which the night was started.

    Raises UserError saying what is missing: the extra, Java, the cluster.
    """
    require_ready(configured)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder.appName("wmip")
    for name, value in {**configured.options, **_AS_THE_MODELS_MEAN}.items():
        builder = builder.config(name, value)
    if configured.connect:
        builder, where = builder.remote(configured.connect), f"connect: {configured.connect}"
    else:
        builder, where = builder.master(configured.master), f"master: {configured.master}"
        builder = builder.config("spark.sql.warehouse.dir", place)
        builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "ERROR")
    try:
        session = builder.getOrCreate()
        session.sql("SELECT 1").collect()
    except (PySparkException, RuntimeError, OSError) as error:
        said = str(error).strip().partition("\n")[0]
        raise UserError(f"Spark ({where} of wmip.yaml) cannot be used: {said}") from None
    return session


def require_ready(configured: SparkConfiguration) -> None:
    """Raises UserError saying what to do where the extra is missing, or Java for a master that this process drives."""
    if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
        raise UserError(
            "wmip.yaml names Spark as the engine, and pyspark or dbt-spark is not installed: install the extra with "
            "pip install '.[spark]', or take engine out of wmip.yaml to build on DuckDB"
        )
    if configured.connect:
        return
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        at = f"JAVA_HOME is {home}, where there is none" if home else "there is none on the PATH"
        raise UserError(
            f"Spark needs Java 17 or newer, and {at}: install it (Debian: apt-get install openjdk-17-jre-headless), or "
            "name a server that has it (engine: {spark: {connect: sc://host:15002}})"
        )
