"""What the servers that speak Mastodon's API do differently, and how each one's limits are read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from syndicate.model import Limits
from syndicate.networks.toolkit.answers import pick, pick_list, pick_text
from syndicate.text.counting import Counter
from syndicate.text.plain import MARKDOWN

KEY_WINDOW = timedelta(hours=1)
"""Mastodon keeps an Idempotency-Key for 3600 seconds."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of servers behaves. The defaults are the careful ones, for software we do not know."""

    counter: Counter = Counter.CODEPOINTS
    discounts_links: bool = False
    keeps_key: bool = False
    """Whether a second call with the same Idempotency-Key returns the first post."""
    needs_image: bool = False
    characters: int = 500
    marks: str = ""
    """What formats a text there, for servers that read it as Markdown."""
    wants_broad_scopes: bool = False
    """Whether it refuses tokens whose scopes are finer than "read write"."""


UNKNOWN = Dialect()
DIALECTS: Mapping[str, Dialect] = {
    "mastodon": Dialect(counter=Counter.MASTODON, discounts_links=True, keeps_key=True),
    "hollo": Dialect(keeps_key=True, characters=10_000, marks=MARKDOWN),
    "pleroma": Dialect(keeps_key=True, characters=5_000),
    "akkoma": Dialect(keeps_key=True, characters=5_000),
    "gotosocial": Dialect(characters=5_000),
    "pixelfed": Dialect(needs_image=True),
    "takahe": Dialect(wants_broad_scopes=True),
}
# Forks that keep Mastodon's own code for statuses.
_FORKS = ("glitch", "hometown", "chuckya", "ecko")


@dataclass(frozen=True, slots=True)
class Server:
    """What an instance says of itself: its software and domain ("" where unknown), and what it accepts."""

    software: str
    limits: Limits
    domain: str = ""
    """What stands behind the @ of its handles: not always the host of its addresses."""

    @property
    def dialect(self) -> Dialect:
        return DIALECTS.get(self.software, UNKNOWN)


def parse_server(nodeinfo: object, instance: object) -> Server:
    """The server behind an instance, from /nodeinfo/2.0 and /api/v2/instance (or v1); both may be missing."""
    told = _software_of_source(pick_text(instance, "source_url")) or _software_of_version(
        pick_text(instance, "version")
    )
    software = _family(pick_text(nodeinfo, "software", "name").lower()) or told
    return Server(software, parse_limits(instance, DIALECTS.get(software, UNKNOWN)), _parse_domain(instance))


def _parse_domain(instance: object) -> str:
    """GoToSocial's account_domain, the second API's domain, the first API's uri; some write an address there."""
    named = (pick_text(instance, name) for name in ("account_domain", "domain", "uri"))
    return next((name.partition("://")[2].strip("/") or name for name in named if name), "")


def _software_of_source(address: str) -> str:
    """Where the server's source is kept names all but Mastodon: many a fork has that word in its address."""
    return next((name for name in DIALECTS if name != "mastodon" and name in address.lower()), "")


def _software_of_version(version: str) -> str:
    """ "2.7.2 (compatible; Pleroma 2.9)" names the software; a bare "4.5.1" is Mastodon's way, "0.17.3" is not."""
    lowered = version.lower()
    named = next((name for name in DIALECTS if name in lowered), "")
    is_bare = lowered[:1] in set("123456789") and "compatible" not in lowered and " " not in lowered
    return named or ("mastodon" if is_bare else "")


def _family(name: str) -> str:
    return "mastodon" if name.startswith(_FORKS) else name.replace("ē", "e")


def parse_limits(instance: object, dialect: Dialect) -> Limits:
    """Limits from an instance's `configuration`; what it leaves out is Mastodon's default."""
    statuses, media = (pick(instance, "configuration", name) for name in ("statuses", "media_attachments"))
    longest = pick(statuses, "max_characters") or pick(instance, "max_toot_chars")
    limits = Limits(
        characters=_number(longest, dialect.characters),
        counter=dialect.counter,
        per_link=_number(pick(statuses, "characters_reserved_per_url"), 23) if dialect.discounts_links else None,
        alt=_number(pick(media, "description_limit"), 1500),
        images=_number(pick(statuses, "max_media_attachments"), 4),
        image_bytes=_number(pick(media, "image_size_limit"), 16_777_216),
        marks=dialect.marks,
    )
    pictures = tuple(str(kind) for kind in pick_list(media, "supported_mime_types") if str(kind).startswith("image/"))
    return replace(limits, image_types=pictures) if pictures else limits


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default
