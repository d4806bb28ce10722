"""Engines beside DuckDB on which the models of the dbt project are made: all that is particular to each."""
