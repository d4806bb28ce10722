"""Why a table cannot be protected. No message holds a count, a sum or a contributor."""


class DisclosureError(Exception):
    """A table cannot be published as it is."""


class InvalidConfiguration(DisclosureError):
    """A configuration file that cannot be used; the message names file and field."""


class InvalidContributions(DisclosureError):
    """Rows that do not fit the configuration of their table; the message names the column."""


class ManualReviewNeeded(DisclosureError):
    """Negative contributions: shares of a total mean nothing, so a person decides (domain.md section 5)."""


class TableTooLarge(DisclosureError):
    """More combinations of categories than the audit can hold."""


class ReleaseBlocked(DisclosureError):
    """Earlier public releases already give a cell away; suppressing it now would only pretend."""


class RoundingImpossible(DisclosureError):
    """No additive rounding exists; it always does in two dimensions, not in more."""
