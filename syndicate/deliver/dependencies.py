"""What the corridor needs from other rooms, handed in by the hall: nothing is looked up, nothing is patched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syndicate.model import Account, Attachment, Delivery, Message
from syndicate.networks.base import Network
from syndicate.notices import Notice
from syndicate.store.identity import StateRecord
from syndicate.store.store import Store

LEASE = timedelta(minutes=5)
"""Longer than any single call may take (see the time limits in `http.py`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The collaborators of `deliver_due`. Threads share them."""

    store: Store
    accounts: Mapping[str, Account]
    """Enabled accounts by name; deliveries of others wait."""
    open_network: Callable[[Account], Network]
    """Raises ConfigError or Unauthorised where credentials are missing."""
    compose: Callable[[Delivery], Message]
    """The message of a delivery, fitted; raises ContentError or ConfigError where it cannot be made,
    Unavailable where its post cannot be read now."""
    load_attachment: Callable[[Attachment], bytes]
    """The image's bytes; raises FetchError where they cannot be had now, ContentError where never."""
    check_ready: Callable[[Account, Message], str]
    """"" where the page behind the message is live, else why not."""
    next_slot: Callable[[Account, datetime], datetime]
    """The account's first slot after an instant, for missed deliveries."""
    notify: Callable[[Notice], None]
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    """A number from 0 to 1."""
    owner: str
    """Unique to this process and start, e.g. host, process number and chance."""
    lease: timedelta = field(default=LEASE)
    is_stopping: Callable[[], bool] = field(default=lambda: False)
    """Whether nothing new may begin: what is prepared is given back, only a call that is open goes on."""
    keep_seen: Callable[[StateRecord], None] = field(default=lambda _state: None)
    """Repeat the state's counter outside the database, so that an older copy of it is recognised."""
