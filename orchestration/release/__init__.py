"""Numbered releases: frozen copies of a candidate that passed its gate, and the switch readers follow.

No Dagster here, and no way around the gate: `publish` recomputes the candidate's fingerprint and asks for the verdict
on exactly that. A release appears whole by renaming its finished folder; readers move by one atomic switch.

    store        which releases there are, the current one, the switch
    pruning      which are dropped, what is remembered of them
    integrity    checksums and row counts: what was published, and whether it still is
    gate         the verdict on the candidate as it is now
    ingredients  everything a release is made of: what must be as it was for none to be made
    context      what every build step is given
    steps/       one module a product of a release
    publication  the ordered list of steps, and the night's last act

Nothing is imported here: what asks for the current release alone does not wait for what makes one.
"""
