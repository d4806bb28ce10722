"""Why figures cannot be protected. No message holds a count, a sum or a contributor."""


class DisclosureError(Exception):
    """Figures cannot be published as they are."""


class InvalidConfiguration(DisclosureError):
    """A configuration that cannot be used; the message names file and field."""


class ManualReviewNeeded(DisclosureError):
    """Negative contributions: shares of a total mean nothing, so a person decides (domain.md section 5)."""


class NotProtectable(DisclosureError):
    """The audit could not prove every hidden figure safe."""
