"""Which records are one organisation: links with their evidence, of tonight's mentions, the register and decisions."""

from __future__ import annotations

from typing import Protocol

import duckdb
import pyarrow as pa

from identity.exact import RULES, exact_links
from identity.links import LINK_SCHEMA, State

# Strongest first; what a mention's own method is said to be where several links hold it.
METHODS = ("decision", "same_as", *RULES)


class Match(Protocol):
    """Says what is known of pairs of mentions. The exact rules and the sandbox's truth have the same shape."""

    def __call__(
        self,
        mentions: pa.Table,
        register: pa.Table | None = None,
        decisions: pa.Table | None = None,
        known: pa.Table | None = None,
    ) -> pa.Table:
        """Links (LINK_SCHEMA) between mentions; those accepted never contradict a veto, chained or not."""
        ...


def match(
    mentions: pa.Table,
    register: pa.Table | None = None,
    decisions: pa.Table | None = None,
    known: pa.Table | None = None,
) -> pa.Table:
    """Links (LINK_SCHEMA) between mentions, each with method, probability, evidence and state.

    `mentions` has MENTION_COLUMNS; `register` (REGISTER_SCHEMA) what the register of companies says, None where there
    is none; `decisions` (DECISION_SCHEMA) what people decided: `same` joins, `different` forbids. `known` are the links
    of an earlier night. What is said of a pair hangs on the two mentions, the register and the model alone, so that
    scoring only what is new gives what scoring everything anew gives.
    """
    del register, known
    return pa.concat_tables([_decided(decisions), exact_links(mentions)] if decisions else [exact_links(mentions)])


def _decided(decisions: pa.Table) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("decisions", decisions)
        return (
            connection.execute(
                """
                SELECT * EXCLUDE (decision), 'decision' AS match_method, NULL AS match_probability,
                    '{"comparisons": [], "vetoes": []}' AS evidence,
                    CASE decision WHEN 'same' THEN $accepted ELSE $vetoed END AS state
                FROM decisions WHERE decision IN ('same', 'different')
                """,
                {"accepted": State.ACCEPTED, "vetoed": State.VETOED},
            )
            .to_arrow_table()
            .select(LINK_SCHEMA.names)
            .cast(LINK_SCHEMA)
        )
