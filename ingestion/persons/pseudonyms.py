"""Pseudonyms at the door: what may be kept of an e-mail address. Source: domain.md section 5.

Nothing in this project writes an address, a name or a phone number anywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files


def _public_providers() -> frozenset[str]:
    text = files("ingestion.persons").joinpath("public_mail_providers.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


PUBLIC_MAIL_PROVIDERS = _public_providers()
PERSON_KEYS = {
    "an address": "p_[0-9a-f]{32}",
    "somebody in a meeting without one": "g_[0-9a-f]{32}",
    "an erased person": "ERASED-[0-9]+",
}
"""The forms of person keys that are made here, as regular expressions; a ticket of nobody known has its source's prefix
(`guest_key` of the declaration).
"""
PSEUDONYM = re.compile(r"(?<![0-9A-Za-z])p_[0-9a-f]{32}(?![0-9a-f])")
"""A pseudonym, wherever it stands in a text."""


def normalise_email(address: str | None) -> str | None:
    """Trimmed, lower case, without a `+tag`: the variants of one mailbox are one person. None if no address."""
    if not address:
        return None
    local, at, domain = address.strip().lower().rpartition("@")
    local = local.split("+", 1)[0]
    if not (at and local and "." in domain) or " " in local + domain:
        return None
    return f"{local}@{domain}"


@dataclass(frozen=True)
class PseudonymKey:
    """The secret that makes pseudonyms: its links, oldest first, and who was erased.

    A rotated key has several links: each makes its pseudonym of what the link before it made, so that pseudonyms of
    before the rotation could be carried over although no address is kept. `erased` maps a mark (`mark`) to the token
    that stands for the person.
    """

    links: tuple[str, ...]
    erased: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, erased: Mapping[str, str] | None = None) -> PseudonymKey:
        """The key as the environment holds it: links parted by white space."""
        return cls(tuple(text.split()), erased or {})

    @property
    def fingerprints(self) -> list[str]:
        """What tells each link from others and gives nothing of it away."""
        return [_keyed(link, "fingerprint of this key")[:16] for link in self.links]

    def mark(self, pseudonym: str, link: str | None = None) -> str:
        """What is kept of an erased person's pseudonym: a keyed hash of it; of the newest link unless told."""
        return _keyed(link or self.links[-1], "erased " + pseudonym)

    def replacement(self, pseudonym: str) -> str:
        """The token of an erased person's pseudonym (of the newest link), else the pseudonym itself."""
        return self.erased.get(self.mark(pseudonym), pseudonym) if self.erased else pseudonym


def _keyed(link: str, text: str) -> str:
    return hmac.new(link.encode(), text.encode(), hashlib.sha256).hexdigest()


def next_pseudonym(value: str, link: str) -> str:
    """What one link of a key makes of an address in plain form, or of the pseudonym of the link before it."""
    return "p_" + _keyed(link, value)[:32]


def person_key(address: str | None, key: str | PseudonymKey) -> str | None:
    """Keyed pseudonym of an address: `p_` and 32 hex digits of HMAC-SHA256. None when there is no address.

    An erased person's address gives the token that stands for them. Raises ValueError when the key is empty: an unkeyed
    hash of an address can be guessed.
    """
    secret = PseudonymKey.of(key) if isinstance(key, str) else key
    if not secret.links:
        raise ValueError("the pseudonym key is empty")
    value = normalise_email(address)
    if value is None:
        return None
    for link in secret.links:
        value = next_pseudonym(value, link)
        # A person erased under an older link has a mark of that link only.
        if secret.erased and (token := secret.erased.get(secret.mark(value, link))):
            return token
    return value


def participant_key(meeting: str, who: str, key: str | PseudonymKey) -> str:
    """Keyed token of somebody in one meeting who has no address: `g_` and 32 hex digits; the same nowhere else.

    It tells that two joins are one person's and nothing more. It is of the key's first link, which a rotation keeps.
    Raises ValueError when the key is empty.
    """
    secret = PseudonymKey.of(key) if isinstance(key, str) else key
    if not secret.links:
        raise ValueError("the pseudonym key is empty")
    return "g_" + _keyed(secret.links[0], f"{meeting}\x1f{who}")[:32]


def email_domain(address: str | None) -> str | None:
    """Domain of a work address; None for a public mail provider, which says nothing of an organisation."""
    normalised = normalise_email(address)
    if normalised is None:
        return None
    domain = normalised.rpartition("@")[2]
    return None if domain in PUBLIC_MAIL_PROVIDERS else domain
