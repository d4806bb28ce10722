"""Sign-in tokens, one a body: the home keeps their hashes, nobody the tokens.

A token is 256 random bits, so that a plain SHA-256 of it gives nothing away and cannot be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

import yaml

from common.durable import write_text
from common.home import return_tokens_file
from common.yamlfile import read_yaml
from orchestration.access import make_home
from orchestration.errors import UserError


def make_token(home: Path, partner: str) -> str:
    """A new token of a body, which takes the place of the one before; it is shown this once."""
    token = secrets.token_urlsafe(32)
    known = {**registered(home), partner: _hashed(token)}
    make_home(home)
    write_text(return_tokens_file(home), yaml.safe_dump(known))
    return_tokens_file(home).chmod(0o600)
    return token


def registered(home: Path) -> dict[str, str]:
    """The hash of each body's token. Raises UserError for a register that cannot be used."""
    path = return_tokens_file(home)
    return read_yaml(path, dict[str, str], raises=UserError) if path.exists() else {}


def whose(home: Path, token: str) -> str | None:
    """The body that a token is of; None for one that is nobody's."""
    given = _hashed(token.strip())
    found = [body for body, known in registered(home).items() if hmac.compare_digest(known, given)]
    return found[0] if found else None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
