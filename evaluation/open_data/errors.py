"""What stops open data from being written."""


class TotalsDiffer(Exception):
    """Two files of one release would give different totals; the message says which, where and by how much."""


class GrantsNotPublishable(Exception):
    """The grants cannot be given as valid 360Giving data; the message says why and what to do."""
