"""Which of an account's own posts is the one we may have published? Pure.

A network turns what it lists into `Recent` values; `choose_copy` then decides for all networks alike:
written since the intent, in the same place of the same thread, with our link (else our words).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from syndicate.model import Message, Receipt
from syndicate.networks.base import Recent

CLOCK_SKEW = timedelta(minutes=2)
"""A server's clock may be this far behind ours."""
REPLIES_TO = "reply_to"
"""The key of `Receipt.ref` under which a listed post names the post it answers."""

_HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
_ADDRESS = re.compile(r"""https?://[^\s<>"]+""")
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<(?:br\b|/p\b)[^>]*>", re.IGNORECASE)


def choose_copy(recent: Iterable[Recent], message: Message, *, since: datetime) -> Receipt | None:
    """The receipt of the listed post that is this message, None where no listed post is."""
    fitting = [post for post in recent if _may_be(post, message, since)]
    same_words = (post for post in fitting if _words(post.text) == _words(message.text))
    same_link = (post for post in fitting if message.link and _has_link(post, message.link))
    found = next(same_words, None) or next(same_link, None)
    return found.receipt if found else None


def _may_be(post: Recent, message: Message, since: datetime) -> bool:
    answers = message.reply_to.remote_id if message.reply_to else ""
    return post.published_at >= since - CLOCK_SKEW and post.receipt.ref.get(REPLIES_TO, "") == answers


def _has_link(post: Recent, link: str) -> bool:
    return any(is_same_link(found, link) for found in post.links)


def is_same_link(one: str, other: str) -> bool:
    """Whether two spellings are one address: case of the host and a trailing slash of the path do not count."""
    return _canonical(one) == _canonical(other)


def _canonical(link: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(link)
    except ValueError:  # networks list what people typed
        return link, "", ""
    return parts.netloc.lower(), parts.path.rstrip("/"), parts.query


def parse_instant(text: object) -> datetime | None:
    """An ISO 8601 moment as aware UTC (a missing zone means UTC), None where it is none."""
    try:
        found = datetime.fromisoformat(str(text))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def links_of_html(content: str) -> tuple[str, ...]:
    """The addresses of the links in a post's HTML, in order."""
    return tuple(html.unescape(found) for found in _HREF.findall(content))


def links_of_text(text: str) -> tuple[str, ...]:
    """The http addresses in a plain text, in order, without the punctuation that ends a sentence."""
    return tuple(found.rstrip(".,;:!?") for found in _ADDRESS.findall(text))


def text_of_html(content: str) -> str:
    """A post's HTML as plain text; link texts that the server hides by style are whole again."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", content))).strip()


def _words(text: str) -> str:
    """The text without anything a server may change on the way: spacing and normalisation."""
    return "".join(unicodedata.normalize("NFC", text).split())
