"""What a matcher must beat: the exact rules as they stood alone, the normalised name, a fuzzy ratio of names."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# As dbt's macro made it when the exact rules stood alone; kept as it was, so that figures stay comparable.
_WORDS = r"regexp_replace(regexp_replace(regexp_replace(replace(lower(trim({name})), '&', ' and '), '\s(t/a|trading as)\s.*$', '', 'g'), '[''’.]', '', 'g'), '[^a-z0-9]+', ' ', 'g')"  # noqa: E501, RUF001
_BARE = rf"regexp_replace(' ' || {_WORDS} || ' ', '(\s(limited|ltd|plc|llp|lp|cic|cio|inc|incorporated|community interest company))+\s+$', ' ', 'g')"  # noqa: E501
NORMALISED = rf"nullif(nullif(trim(regexp_replace({_BARE}, '^\s+the\s', ' ', 'g')), ''), 'withheld')"

_GIVEN = ("company_number", "charity_number", "postcode", "domain", "same_as_record_id")
# Each rule: what its records share, and which they are.
_RULES = (
    ("company_number", "company_number IS NOT NULL"),
    ("charity_number", "charity_number IS NOT NULL"),
    ("concat_ws(chr(31), bare, postcode)", "bare IS NOT NULL AND postcode IS NOT NULL"),
    ("concat_ws(chr(31), bare, domain)", "bare IS NOT NULL AND domain IS NOT NULL"),
    ("bare", "coalesce(company_number, charity_number, postcode, domain) IS NULL AND bare IS NOT NULL"),
)


def components(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The group of each of `count` things, of which `left` and `right` belong together."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def exact_rules(mentions: pa.Table) -> np.ndarray:
    """Shared numbers; else the normalised name with postcode or domain; else the name of what has nothing more."""
    missing = [name for name in _GIVEN if name not in mentions.column_names]
    with duckdb.connect() as connection:
        connection.register("given", mentions.append_column("n", pa.array(range(len(mentions)), pa.int64())))
        nulls = "".join(f", NULL::VARCHAR AS {name}" for name in missing)
        connection.execute(
            f"CREATE TEMP TABLE m AS SELECT *{nulls}, {NORMALISED.format(name='name')} AS bare FROM given"
        )
        parts = [
            """SELECT l.n AS one, w.n AS other FROM m AS l JOIN m AS w
            ON l.source_system = w.source_system AND l.same_as_record_id = w.source_record_id"""
        ]
        parts += [f"SELECT min(n) OVER (PARTITION BY {key}), n FROM m WHERE {which}" for key, which in _RULES]
        links = connection.sql(" UNION ALL ".join(parts)).to_arrow_table()
    return components(len(mentions), links.column(0).to_numpy(), links.column(1).to_numpy())


def exact_name(mentions: pa.Table) -> np.ndarray:
    """The normalised name alone."""
    bare = normalised(mentions.column("name").to_pylist())
    return np.unique([name or f"\0{place}" for place, name in enumerate(bare)], return_inverse=True)[1]


def normalised(names: list[str]) -> list[str | None]:
    """Names without case, punctuation and legal form."""
    with duckdb.connect() as connection:
        connection.register("given", pa.table({"n": range(len(names)), "name": pa.array(names, pa.string())}))
        rows = connection.sql(f"SELECT {NORMALISED.format(name='name')} FROM given ORDER BY n").fetchall()
    return [bare for (bare,) in rows]


def token_set(left: list[str], right: list[str]) -> np.ndarray:
    """rapidfuzz's token-set ratio of each name of `left` with each of `right`, from 0 to 100."""
    from rapidfuzz import fuzz, process

    ratios: np.ndarray = process.cdist(
        [name or "" for name in normalised(left)],
        [name or "" for name in normalised(right)],
        scorer=fuzz.token_set_ratio,
        dtype=np.float32,
    )
    return ratios
