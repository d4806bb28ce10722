"""Tell the people on duty that a night ended without a release, once a night."""

from __future__ import annotations

import logging
from pathlib import Path

from common.home import make_private, run_folder
from orchestration.settings import load_settings

log = logging.getLogger(__name__)


def failed_notice(reason: str) -> tuple[str, str]:
    """Title and text about a night that failed."""
    return "WMIP: the night failed", f"{reason}\nWhat was published before keeps serving."


def notify_once(home: Path, run_id: str, title: str, body: str) -> bool:
    """Send one notification for a night to the addresses in `WMIP_NOTIFY_URLS` (apprise, comma-separated).

    Returns True when a message went out. A second call for the same night sends nothing, whichever process
    makes it. A notification that cannot be sent is logged, never raised: the night's own result matters more.
    """
    addresses = [address.strip() for address in load_settings().notify_urls.split(",") if address.strip()]
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
    import apprise

    messenger = apprise.Apprise()
    for number, address in enumerate(addresses, start=1):
        if not messenger.add(address):
            # The address can hold a password: say which one it is, not what it is.
            log.error("WMIP_NOTIFY_URLS: address %d is not one that apprise understands", number)
    sent = bool(messenger.notify(title=title, body=body))
    if not sent:
        log.error("no notification could be sent for night %s", run_id)
        marker.unlink(missing_ok=True)
    return sent
