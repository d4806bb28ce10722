"""Training: what the words of names and the levels of comparisons are worth, learnt from mentions with identifiers.

Apart from every night. Mentions that share a company, charity or other register's number are matches (m); pairs drawn
at random are not (u). What is learnt is written to files under version control, with a report of what it was learnt
from; reviewing that change is reviewing how organisations are counted. A night only reads them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from identity.features import learn_shares, make_profiles, make_words, take_registers
from identity.links import Registers
from identity.scoring import linker, settings

# Of a level that no pair of the training showed.
UNSEEN_M = 0.005
UNSEEN_U = 1e-6
# An own domain is the same of most mentions of an organisation; of two organisations, of few.
DOMAIN = {"same domain": (0.85, 0.0005), "another domain": (0.15, 0.9995)}
SEED = 20261130
PAIRS = 1.5e6


@dataclass(frozen=True)
class Trained:
    """What was learnt, from how much: `levels` are comparison, level, m, u and weight in bits."""

    mentions: dict[str, int]
    profiles: int
    words: int
    levels: list[tuple[str, str, float, float, float]]

    def report(self) -> str:
        """The page that says it."""
        sources = "\n".join(f"| {system} | {count:,} |" for system, count in sorted(self.mentions.items()))
        levels = "\n".join(
            f"| {comparison} | {label} | {m:.4f} | {u:.2g} | {bits:+.1f} |"
            for comparison, label, m, u, bits in self.levels
        )
        prior = math.log2(settings()["probability_two_random_records_match"])
        return f"""# The model of organisations' names

Made by `wmip organisations train`; not written by hand. Splink {version("splink")}, seed {SEED}.

Learnt from {self.profiles:,} different mentions of these, {self.words:,} words of their names known:

| source | mentions |
|---|--:|
{sources}

*m*: how often two mentions of one organisation are so; *u*: how often two of different ones; the weight is log2(m / u),
in bits. An equal name weighs more the rarer its words are (term frequency). A pair starts from {prior:.0f} bits.

| comparison | level | m | u | bits |
|---|---|--:|--:|--:|
{levels}
"""


def train(mentions: pa.Table, into: Path, places: pa.Table | None = None) -> Trained:
    """Learn from mentions (MENTION_COLUMNS), near and far by `places` (PLACE_SCHEMA) where given.

    Writes `words.csv` and `model.json` to the folder `into`.
    """
    words = learn_shares((name for name in mentions.column("name").to_pylist() if name), into / "words.csv")
    with duckdb.connect() as connection:
        connection.register("_mentions", mentions)
        connection.execute("""
            CREATE TEMP TABLE mentions AS
            SELECT *, source_system || chr(31) || source_record_id AS record, NULL::VARCHAR AS alone FROM _mentions
            WHERE normalised_name IS NOT NULL
        """)
        take_registers(connection, Registers(places=places))
        make_words(connection, into / "words.csv")
        make_profiles(connection)
        label = "coalesce(company_number, charity_number, register_identifier) AS label"
        made = linker(connection, settings(), f", {label}")
        made.training.estimate_u_using_random_sampling(max_pairs=PAIRS, seed=SEED, min_count_per_level=None)
        made.training.estimate_m_from_label_column("label")
        model = into / "model.json"
        made.misc.save_model_to_json(str(model), overwrite=True)
        levels = _complete(model)
        counted = dict(connection.execute("SELECT source_system, count(*) FROM mentions GROUP BY ALL").fetchall())
        row = connection.execute("SELECT count(*) FROM profiles").fetchone()
    return Trained(counted, int(row[0]) if row else 0, words, levels)


def _complete(path: Path) -> list[tuple[str, str, float, float, float]]:
    """Give levels that no pair showed their floor, write the model so that its changes can be read; its levels."""
    model: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    del model["linker_uid"]
    levels = []
    for comparison in model["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level.get("is_null_level"):
                continue
            label = level["label_for_charts"]
            m, u = DOMAIN.get(label, (level.get("m_probability") or UNSEEN_M, level.get("u_probability") or UNSEEN_U))
            level["m_probability"], level["u_probability"] = round(m, 6), float(f"{u:.4g}")
            levels.append((comparison["output_column_name"], label, m, u, math.log2(m / u)))
    path.write_text(json.dumps(model, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return levels
