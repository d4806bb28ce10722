"""The data dictionary and the lists kept in the repository: made from dbt, the declarations, the seeds and the suites.

described_tables  reads the parsed dbt project and the gate's tables
registers         reads the indicators' definitions, targets and evidence rules
pages             writes Markdown: a page a table, an index, indicators, checks
site              the folder of pages that the site is built from
current           the page of what was read of rules and tools, and when
source_lists      dbt's sources, the seed `source_system`, tables of docs/contracts.md
model_lists       the members of dbt's unions, the metrics
"""
