"""A release in PostgreSQL: loaded beside what serves, verified, then swapped in one transaction.

What readers may rely on stands in docs/bi.md, why it is done so in docs/decisions/0040. Nothing here knows Dagster or
the command line.
"""
