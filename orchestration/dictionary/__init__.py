"""The data dictionary: what the mart's tables hold, generated from dbt, the registers and the gate's suites.

tables     reads the parsed dbt project and the gate's tables
registers  reads the indicators' definitions, targets and evidence rules
pages      writes Markdown: a page a table, an index, indicators, checks
site       the folder of pages that the site is built from
"""
