"""What a pretend programme is made of: its seed, its size, and each kind of dirt with its rate."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

# The sandbox's own time: six weeks after its last quarter. Nothing in the sandbox reads the real clock.
SANDBOX_CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
# An earlier night, before late returns, resubmissions, edits, archivings and merges.
EARLY_CLOCK = datetime(2025, 4, 20, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Dirt:
    """Rates from 0 to 1; each is the share of its rows that are dirty in this way."""

    name_variant: float = 0.45
    """An organisation's name in other case, with another legal suffix, `&` for `and`, or stray punctuation."""
    trading_name: float = 0.02
    """An organisation under its trading name and without its number: no exact rule can find it."""
    number_missing: float = 0.15
    """A company number left out."""
    number_mistyped: float = 0.03
    """A company number with one digit wrong."""
    number_unpadded: float = 0.30
    """A company number without its leading zeros, as a spreadsheet leaves it."""
    personal_email: float = 0.25
    """A person who registers with a private mail provider, so that the domain says nothing."""
    registered_twice: float = 0.03
    """A person with two tickets for one event, the address written differently."""
    guests_booked: float = 0.02
    """A person who books tickets for others too, all of them under the buyer's own name and address."""
    scanned_twice: float = 0.04
    """A ticket whose code was scanned again."""
    no_show: float = 0.33
    """A registered person who did not come."""
    cancelled: float = 0.05
    """A ticket that was cancelled or refunded."""
    walk_in: float = 0.08
    """Heads counted at an event beyond the persons known, as a share of those."""
    edited_later: float = 0.05
    """An attendee record changed after the first load."""
    crm_archived: float = 0.02
    """A CRM record archived after the first load."""
    crm_merged: float = 0.03
    """A company entered twice in the CRM and merged later."""
    returned_twice: float = 0.08
    """A job, leverage tranche or collaboration returned by a second body too."""
    late_return: float = 0.06
    """A workbook that comes long after its quarter."""
    resubmitted: float = 0.08
    """A workbook sent again with corrections."""
    out_of_area: float = 0.06
    """An organisation outside the seven authorities."""
    aligned_event: float = 0.10
    """An event that is not the programme's own."""
    unverifiable: float = 0.07
    """A claim with weak evidence or none."""
    staff_like_class: float = 0.05
    """A delegate's ticket of a class whose name holds `staff`, as in Staffordshire: an attendee all the same."""
    refunded_after: float = 0.02
    """A ticket that was refunded after its holder had been checked in: who was there was there."""
    invalid_row: float = 0.012
    """A row that breaks the contract and must be refused, beside the good ones."""

    uneven_length: float = 0.05
    """A support session of 80 minutes, which hours give only to four places."""
    entered_in_both: float = 0.03
    """A session of the CRM that its body enters in its workbook too."""
    on_two_records: float = 0.02
    """A firm kept twice in the CRM, whose sessions are tied to both records."""
    outside_programme: float = 0.02
    """A firm with support, a post or a tranche that one body dates, before the programme began."""
    support_decided: float = 0.02
    """A support claim that the register rejects or withdraws, or verifies though the evidence is weak."""
    generic_advice: float = 0.05
    """An online or written session that its body says is advice to all, not to the business."""
    unsupported_post: float = 0.06
    """An employer that is no business, or was supported only after its post."""
    leverage_mislabelled: float = 0.05
    """A tranche labelled as another kind of money than its source's own."""
    funder_number_missing: float = 0.50
    """A second body that returns a tranche without its source's company number."""
    grant_elsewhere: float = 0.10
    """Another funder's grant to an organisation at an address outside the area."""

    reference_shared: float = 0.02
    """A post under the reference of another firm's post, often in one workbook."""
    reference_reused: float = 0.02
    """A business, session or event under a reference that named another one in an earlier quarter."""
    reference_local: float = 0.03
    """A pilot or agreement under a reference that another body uses for another one, such as MOU-1."""
    reference_variant: float = 0.05
    """A reference repeated in other case or with blanks around it."""
    members_left_out: float = 0.03
    """A collaboration returned again in the next quarter without its members."""
    row_repeated: float = 0.02
    """A row that stands twice in one workbook."""
    number_given_twice: float = 0.03
    """A second workbook of a body and quarter under the submission number of the first."""
    sheet_beside: float = 0.06
    """An event of a platform with a signed sheet beside its check-ins."""
    event_returned_twice: float = 0.04
    """An event that a second body returns too."""
    series_parent: float = 0.03
    """An event that is an occurrence of a series, whose own record the platform lists beside it."""
    grant_in_other_system: float = 0.10
    """A grant of the programme that another grant system tells of, by a mapping."""
    award_in_both: float = 0.10
    """A 360Giving grant that another grant system tells of too, by the same funder and reference."""
    rating_without_effect: float = 0.50
    """A rating of the office that has expired, or of an indicator without a target."""
    longer_forecast: float = 0.30
    """A workbook that forecasts every indicator for every quarter to come, not the next figure alone."""
    award_instant: float = 0.10
    """A grant awarded at an instant whose day in UTC is the one before."""
    merge_chain: float = 0.20
    """A company merged into one that was merged itself."""

    def times(self, factor: float) -> Dirt:
        """Every rate so many times, one at most."""
        return Dirt(**{item.name: min(1.0, getattr(self, item.name) * factor) for item in fields(self)})

    @classmethod
    def none(cls) -> Dirt:
        """A clean world: everybody is found at once, everything is evidenced, all returns are right."""
        return cls(**{item.name: 0.0 for item in fields(cls)})


@dataclass(frozen=True)
class Options:
    """One pretend programme. `scale` 1 is the size of the real one; bodies and quarters stay as they are."""

    seed: int = 1
    scale: float = 1.0
    dirt: Dirt = field(default_factory=Dirt)

    def count(self, at_scale_one: int, at_least: int = 1) -> int:
        """A number of things at this scale."""
        return max(at_least, round(at_scale_one * self.scale))
