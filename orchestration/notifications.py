"""Messages to the people on duty and to bodies, by apprise: an address may be a mailbox, a chat, a telephone."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from pathlib import Path

from common.home import make_private, run_folder
from orchestration.settings import load_settings

log = logging.getLogger(__name__)
_SECONDS_TO_ANSWER = 3


def addresses_of(text: str) -> list[str]:
    """The apprise addresses of a setting: comma-separated."""
    return [address.strip() for address in text.split(",") if address.strip()]


def failed_notice(reason: str) -> tuple[str, str]:
    """Title and text about a night that died before it could say so itself."""
    return "WMIP: the night failed", f"{reason}\nWhat was published before keeps serving."


def notify_once(home: Path, run_id: str, title: str, body: str) -> bool:
    """Send one notification for a night to the addresses in `WMIP_NOTIFY_URLS` (apprise, comma-separated).

    Returns True when a message went out. A second call for the same night sends nothing, whichever process
    makes it. A notification that cannot be sent is logged, never raised: the night's own result matters more.
    """
    addresses = addresses_of(load_settings().notify_urls)
    if not addresses:
        return False
    marker = run_folder(home, run_id) / "notified"
    try:
        make_private(marker.parent)
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError as error:
        # Told twice is better than not told, that the disk is full for one.
        log.warning("cannot note that night %s was told of: %s", run_id, error)
    sent = send(addresses, title, body)
    if not sent:
        log.error("no notification could be sent for night %s", run_id)
        marker.unlink(missing_ok=True)
    return sent


def send(addresses: Sequence[str], title: str, body: str) -> bool:
    """Send a message; whether it went out to every address that is one."""
    import apprise

    messenger = apprise.Apprise()
    for number, address in enumerate(addresses, start=1):
        if not messenger.add(address):
            # The address can hold a password: say which one it is, not what it is.
            log.error("address %d of the notifications is not one that apprise understands", number)
    return bool(messenger.notify(title=title, body=body))


def probe(address: str) -> str | None:
    """What is wrong with an address, without sending anything or saying what it is; None when nothing is seen.

    One that names its own server is tried to be reached; of a service's everything but its form stays unseen.
    """
    import apprise

    found = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if found is None:
        kind, separator, _ = address.partition("://")
        # Without a kind all of it may be a secret.
        shown = f"; it begins with {kind}://" if separator else ""
        return f"not an address that apprise understands, such as mailto://… or json://…{shown}"
    host = getattr(found, "smtp_host", None) or getattr(found, "host", None)
    if not host or ("." not in host and host != "localhost"):
        return None
    port = getattr(found, "port", None) or (443 if getattr(found, "secure", False) else 80)
    try:
        with socket.create_connection((host, port), timeout=_SECONDS_TO_ANSWER):
            return None
    except OSError as error:
        return f"its server does not answer ({error.strerror or error})"
