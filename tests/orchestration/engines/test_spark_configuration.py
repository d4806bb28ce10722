"""What wmip.yaml may say of Spark, and what is said where Spark is not there."""

from __future__ import annotations

import pytest

from orchestration.configuration import SparkConfiguration, load_configuration
from orchestration.engines.spark_session import require_ready
from orchestration.errors import UserError


def _written(home, engine):
    (home / "wmip.yaml").write_text(f"engine:\n  spark: {engine}\n", encoding="utf-8")
    return load_configuration(home).engine.spark


def test_a_home_without_an_engine_is_built_on_duckdb(tmp_path):
    assert load_configuration(tmp_path).engine.spark is None


@pytest.mark.parametrize(
    "engine",
    [
        "{master: 'local[2]'}",
        "{connect: 'sc://host:15002', shared: 's3://bucket/wmip'}",
        "{master: yarn, shared: /srv/wmip/}",
    ],
)
def test_spark_is_reached_one_way(tmp_path, engine):
    configured = _written(tmp_path, engine)
    assert configured.shared in {None, "s3://bucket/wmip", "/srv/wmip"}


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("{}", "name either master"),
        ("{master: yarn, connect: 'sc://host'}", "and not both"),
        ("{connect: host}", "sc://"),
        ("{master: yarn, shared: folder}", "neither an absolute path nor an address"),
        ("{thrift: 'host:10000'}", "thrift"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path, engine, said):
    with pytest.raises(UserError, match=said):
        _written(tmp_path, engine)


HERE = SparkConfiguration(master="local[2]")


def test_a_missing_java_is_said_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("orchestration.engines.spark_session.find_spec", lambda name: object())
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"Java 17 or newer, and JAVA_HOME is .*, where there is none: install it"):
        require_ready(HERE)
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="there is none on the PATH"):
        require_ready(HERE)
    # A server has its own.
    require_ready(SparkConfiguration(connect="sc://host"))


def test_a_missing_extra_is_said_with_what_to_do(monkeypatch):
    monkeypatch.setattr("orchestration.engines.spark_session.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed: install the extra with pip install '\.\[spark\]'"):
        require_ready(HERE)
