"""What is far from usual in a release, and its profile, with which the next is compared."""

from __future__ import annotations

import duckdb

from common.home import release_folder
from common.sql import listed, literal
from orchestration.release.context import BuildContext
from orchestration.release.integrity import MART
from orchestration.release.steps.gate_tables import GATE_TABLES
from orchestration.release.steps.mart import describe
from quality.statistics import judge, profile
from quality.statistics.rules import statistics


def add_statistics(context: BuildContext) -> None:
    """Add `statistical_alert` and `data_profile`, which carries on what the release before keeps."""
    previous = None if context.previous is None else release_folder(context.home, context.previous) / MART
    withheld = judge.Withheld.of(context.verdict)
    with judge.compared(context.warehouse, previous, context.clock, statistics().rules, withheld) as connection:
        connection.execute(f"ATTACH {literal(context.mart)} AS release")
        told, columns = listed(judge.COLUMNS), listed(profile.COLUMNS)
        for table in (judge.TABLE, profile.TABLE):
            connection.execute(f"CREATE TABLE release.{table} ({GATE_TABLES[table].definition()})")
        connection.execute(f"""
            INSERT INTO release.{judge.TABLE}
            SELECT {told} FROM everything WHERE is_beyond
            QUALIFY row_number() OVER (PARTITION BY rule_id ORDER BY abs(score) DESC, {told}) <= {judge.MOST_OFFERED}
            ORDER BY ALL
        """)
        connection.execute(f"""
            INSERT INTO release.{profile.TABLE}
            SELECT release_id, released_at, {columns} FROM ({profile.kept_sql("profile_before")})
            UNION ALL
            SELECT {literal(context.release_id)}, TIMESTAMP '{context.clock:%Y-%m-%d %H:%M:%S}', {columns}
            FROM profile_now
            ORDER BY ALL
        """)
        connection.execute("DETACH release")
    with duckdb.connect(str(context.mart)) as connection:
        for table in (judge.TABLE, profile.TABLE):
            describe(connection, table)
