"""The pack of a release: a workbook for the funder and a report that opens from disk.

programme, evidence, leverage, milestones, assurance,
breakdown, restatement, impact, finance: what each part is read from
figures      all of it, read once; both products are written from the same figures
wording      how figures, ratings and reasons are put into words
sheets/      the workbook, a sheet a module
charts       pictures as SVG with a text alternative
report       the HTML page
build        the entry: `build_pack`
"""
