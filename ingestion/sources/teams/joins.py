"""A join of a Teams meeting as it is landed, whether its report was downloaded or asked for.

Both ways must give one person one key, so that a meeting that came both ways is counted once.
Reference: docs/sources/teams.md, docs/decisions/0101.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion.instants import programme_day
from ingestion.persons.pseudonyms import PseudonymKey, email_domain, participant_key, person_key

_GUEST = re.compile(r"\s*\((guest|gast|invité|convidado|invitado|gość)\)$", re.IGNORECASE)


@dataclass(frozen=True)
class Session:
    """One time a meeting was held: its id in the landing, its title, its start (ISO 8601 with zone)."""

    id: str
    title: str
    started_at: str

    @property
    def event(self) -> str:
        """The event it belongs to, as far as a person without an address is the same in it: title and day."""
        day = programme_day(datetime.fromisoformat(self.started_at))
        return f"teams {' '.join(self.title.split())}\x1f{day}"


def segment(
    session: Session, *, address: str | None, name: str, role: str | None, joined: str, left: str, key: PseudonymKey
) -> dict[str, Any]:
    """The landed columns of a join, the person pseudonymised. The name tells apart who has no address, no more."""
    known = person_key(address, key)
    who = known or participant_key(session.event, " ".join(_GUEST.sub("", name).lower().split()), key)
    return {
        "segment_id": hashlib.sha256(f"{session.id}\x1f{who}\x1f{joined}\x1f{left}".encode()).hexdigest()[:24],
        "person_key": who,
        "is_identified": "true" if known else "false",
        "email_domain": email_domain(address),
        "role": (role or "").lower() or None,
        "joined_at": joined,
        "left_at": left,
    }
