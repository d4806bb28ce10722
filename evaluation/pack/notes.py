"""Caveats, shorthand and what the returns do not carry: text that stands in both products."""

from __future__ import annotations

AUDIENCE = "For the funder and the programme board. Not for publication: the figures of the programme are not rounded."

CAVEATS = (
    "All figures are gross: what happened to organisations that were supported, not what happened because of it.",
    (
        "Verified figures are counted once in the programme, with evidence of at least the indicator's minimum grade. "
        "Claimed figures are what was returned, duplicates and all. The two stand side by side and are never added."
    ),
    (
        "A figure belongs to the quarter in which its condition was first met, whenever it was returned. Late returns "
        "and corrections change earlier quarters; the restatements say where."
    ),
    (
        "Committed and realised money are never added: what is realised was committed before. Loans and equity are "
        "reported apart."
    ),
    "Attendances are counted by event and person, so one person at three events is three attendances.",
    "Area is that of the site of the organisation by its postcode; what cannot be placed is shown as not known.",
    (
        "Cluster bodies' figures do not add up to the programme where several bodies helped one business: the "
        "programme counts it once."
    ),
    "Support by other programmes to the same organisations is not deducted.",
    "A target that was not stated is shown as such. None is estimated, and nothing is rated against it.",
)

NETWORK = (
    "Only ties that the returns name are seen. Growth is partly better reporting.",
    (
        "An organisation is in the network when it has at least one tie in the window. Those without a tie are "
        "left out, so these are measures of the connected part, not of the region."
    ),
    (
        "Nothing here shows that the programme caused a tie: that would need a comparison with organisations it did "
        "not reach."
    ),
    (
        "A tie is an agreement that qualified as a collaboration, whether or not it counts as new. Being at the same "
        "event is not a tie here."
    ),
    (
        "A network of fewer than 10 organisations is not described. Measures of single organisations are for named "
        "evaluators; none is in this report, and no organisation or cluster body is named or marked in the picture."
    ),
)

SHORTHAND = (
    ("c", "confidential: not shown, because it could tell something about a single organisation or person"),
    ("x", "not available: the returns do not carry it, or too much of it has no place or cluster"),
    ("w", "withheld: a check failed that protects it; the assurance page says which. It is not nought"),
    ("z", "not applicable"),
    ("r", "restated since the release before"),
    ("f", "forecast by the cluster bodies"),
)

NOT_RETURNED_FINANCE = (
    "Programme budget",
    "Programme spend to date",
    "Forecast of spend",
    "Amount claimed from the funder",
    "Accruals",
    "Match funding in budget",
    "Clawback",
)
NOT_RETURNED_RISK = (
    "Risk register (impact, likelihood, proximity, owner)",
    "Delivery, spend and risk ratings of the cluster bodies",
)
NOT_RETURNED_MILESTONE = ("Planned dates of milestones", "Reasons for delay")
NOT_RETURNED_EQUALITY = ("Equality breakdowns (aggregate monitoring return)",)

SIGN_OFF = (
    ("Prepared by (programme office)", "I confirm that the figures are those of the release named above."),
    ("Finance officer", "I confirm that the amounts agree with the accounts of the programme."),
    ("Assurer, independent of the analyst", "I have read the data-quality note and its open warnings."),
    ("Chair of the programme board", "Approved for submission to the funder."),
)
