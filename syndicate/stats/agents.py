"""What a user agent tells: its name, and how many people it fetches for."""

from __future__ import annotations

import re

# As Feedly says it: "…; 42 subscribers; like FeedFetcher-Google".
_COUNT = re.compile(r"\b(\d{1,9}) (?:subscriber|reader|follower|user)s?\b", re.IGNORECASE)
_FEED_ID = re.compile(r"feed-?id[=:\s]+([\w-]+)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][\w.!+-]*(?: [A-Za-z][\w.!+-]*(?=[ /;(]|$))*")
_HIDDEN = re.compile(r"compatible; ([A-Za-z][\w .-]*)")
_ROBOT = re.compile(r"bot\b|crawl|spider|slurp|monitor|uptime|preview|scan|facebookexternal|curl|wget", re.IGNORECASE)
_READER = re.compile(
    r"feed|rss|news|read(?:er|kit|wise)|miniflux|reeder|liferea|akregator|thunderbird|podcast", re.IGNORECASE
)


def parse_name(agent: str) -> str:
    """The program's own name without its version: "Feedly", "NetNewsWire"; browsers are "a browser"."""
    hidden = _HIDDEN.search(agent)
    if hidden:
        return hidden[1].strip()
    found = _NAME.match(agent.strip())
    name = found[0].strip() if found else ""
    if name.startswith("Mozilla"):
        return "a browser"
    return name or "(no name)"


def parse_subscribers(agent: str) -> int | None:
    """How many people a service says it fetches for, None where it does not say."""
    found = _COUNT.search(agent)
    return int(found[1]) if found else None


def parse_feed_id(agent: str) -> str:
    """Services that keep several copies of one feed number them: their counts add up."""
    found = _FEED_ID.search(agent)
    return found[1] if found else ""


def is_robot(agent: str) -> bool:
    """Whether an agent looks at feeds for other reasons than a reader's."""
    return bool(_ROBOT.search(agent)) and not _READER.search(agent)


def is_reader(agent: str) -> bool:
    """Whether an agent calls itself something that reads feeds."""
    return bool(_READER.search(agent))
