"""Statistical disclosure control: what of a mart may be seen by everyone.

    configuration   public_tables.yaml: which figures, who contributes to them, which rules protect them
    contributions   who contributed how much to which figure, read from a mart
    rules           when a figure is unsafe by itself: threshold, dominance, p%
    linked          breakdowns that hold the same facts: which figures add up to which
    suppression     which of them to hide so that no hidden one follows
    audit           proof by intervals that it suffices
    series          one indicator over time: steps, years, categories
    revision        what may change from one public release to the next
    marks           which published figures differ from those of before
    memory          what is remembered of a release
    public_mart     the tables of `mart_public`

Nothing here is random, reads a clock or depends on the order of rows: same inputs, same suppression.
"""
