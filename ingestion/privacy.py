"""Pseudonyms at the door: what may be kept of an e-mail address. Source: domain.md section 5.

Nothing in this project writes an address, a name or a phone number anywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from importlib.resources import files


def _public_providers() -> frozenset[str]:
    text = files("ingestion").joinpath("public_mail_providers.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


PUBLIC_MAIL_PROVIDERS = _public_providers()
# Something@something.else, or nine digits and more that are only parted by blanks and signs.
_CONTACT = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]|(?<![0-9])[+(]?[0-9](?:[ ()./-]*[0-9]){8,}")


def normalise_email(address: str | None) -> str | None:
    """Trimmed, lower case, without a `+tag`: the variants of one mailbox are one person. None if no address."""
    if not address:
        return None
    local, at, domain = address.strip().lower().rpartition("@")
    local = local.split("+", 1)[0]
    if not (at and local and "." in domain) or " " in local + domain:
        return None
    return f"{local}@{domain}"


def person_key(address: str | None, key: str) -> str | None:
    """Keyed pseudonym of an address: `p_` and 32 hex digits of HMAC-SHA256. None when there is no address.

    Raises ValueError when the key is empty: an unkeyed hash of an address can be guessed.
    """
    if not key:
        raise ValueError("the pseudonym key is empty")
    normalised = normalise_email(address)
    if normalised is None:
        return None
    return "p_" + hmac.new(key.encode(), normalised.encode(), hashlib.sha256).hexdigest()[:32]


def email_domain(address: str | None) -> str | None:
    """Domain of a work address; None for a public mail provider, which says nothing of an organisation."""
    normalised = normalise_email(address)
    if normalised is None:
        return None
    domain = normalised.rpartition("@")[2]
    return None if domain in PUBLIC_MAIL_PROVIDERS else domain


def organisation_text(text: str | None) -> str | None:
    """What a person wrote of an organisation, trimmed; None when empty or when it holds an address or a phone number,
    which people write into any field.
    """
    plain = " ".join(str(text or "").split())
    return None if not plain or _CONTACT.search(plain) else plain
