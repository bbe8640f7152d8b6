"""Whether one of an account's own posts is the copy of a message whose outcome is unknown. Pure.

The order of networks.md, section 0.3: the same text first, for it tells the parts of a thread apart; then the
same link, for some networks change the text. Nothing older than the intent counts, less two minutes because
two clocks are involved.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from syndicate.model import Message, Receipt
from syndicate.networks.base import Recent

LAG = timedelta(minutes=2)
_LINK = re.compile(r"https?://[^\s<>\"]+")


def find_copy(message: Message, recents: Iterable[Recent], *, since: datetime) -> Receipt | None:
    """The receipt of the post that is this message, None where none of them is."""
    near = [recent for recent in recents if recent.published_at >= since - LAG]
    wanted = normalise(message.text)
    for recent in near:
        if wanted and normalise(recent.text) == wanted:
            return recent.receipt
    for recent in near:
        if message.link and message.link in recent.links:
            return recent.receipt
    return None


def normalise(text: str) -> str:
    """A text without what networks change on the way: Unicode form and white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def links_in(text: str) -> tuple[str, ...]:
    """The addresses a plain text holds, in order."""
    return tuple(link.rstrip(".,;:!?") for link in _LINK.findall(text))


def strip_markup(markup: str) -> str:
    """HTML as plain text, for networks that give posts back as HTML."""
    return html.unescape(re.sub(r"<[^>]{0,500}>", " ", markup))


def read_instant(text: str) -> datetime | None:
    """An ISO 8601 instant as aware UTC, None where the text is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
