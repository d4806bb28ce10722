"""A release as a site: a folder of static pages that any web server serves, and that opens from disk.

figures      what the pages show, read once: cells by scope, time and basis; from the evaluators' mart or the public one
facts        the facts behind a figure (evaluators)
questions    the cookbook's questions, and which of them a mart can answer
dictionary   tables and columns as the mart file itself describes them
engine       the query engine that was built by `make site-engine`
pages        every page of the site: where it lies, what it is called, which template makes it
build        the entries: `build_evaluators_site`, `build_public_site`

The public site is given the public mart and nothing else.
"""
