"""The network that needs no account: a timeline under the published folder.

The timeline is one file, `timeline.json`, a JSON Feed 1.1 that readers can subscribe to as it is. What else
we must know of a message stands in each item's `_syndicate` object. `formats.page` draws the page from it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from syndicate.errors import Blocked, ConfigError, Gone, Unavailable
from syndicate.folders import replace_file
from syndicate.http import Client
from syndicate.model import TIMELINE, TIMELINE_PAGE, Account, Attachment, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, Option, Profile, Recent, Vault
from syndicate.networks.toolkit import refuse_misfits

LIMITS = Limits(characters=500, alt=1500, images=1, image_bytes=8_000_000)

DESCRIPTION = Description(
    name="local",
    title="Local timeline",
    options=(
        Option("folder", "folder of the site where timeline.json is kept; the publish folder unless said otherwise"),
        Option("url", "public address of that folder, for links to single messages"),
    ),
    facts=NetworkFacts(
        network="local", limits=LIMITS, media="card", can_thread=True, warns=True, needs_page=False, edits_alt=True
    ),
    note="Needs no account: messages appear on timeline.html and in timeline.json beside the feeds.",
)

Item = dict[str, Any]
Build = tuple[int, int, int]
REQUIRED = ("id", "url", "content_text", "date_published")


def build_item(message: Message, *, key: str, url: str, at: datetime) -> Item:
    """A message as an item of a JSON Feed (jsonfeed.org/version/1.1)."""
    shown = message.image or message.card
    return {
        "id": key,
        "url": url,
        **({"external_url": message.link} if message.link else {}),
        **({"title": message.title} if message.title else {}),
        "content_text": message.text,
        **({"summary": message.summary} if message.summary else {}),
        **({"image": shown.url} if shown and shown.url else {}),
        "date_published": at.isoformat(),
        **({"tags": list(message.tags)} if message.tags else {}),
        **({"language": message.language} if message.language else {}),
        "_syndicate": {
            "about": "https://github.com/syndicate-feeds/syndicate",
            "picture": _build_picture(shown),
            "is_card": shown is not None and message.image is None,
            "warning": message.warning,
            "reply_to": message.reply_to.remote_id if message.reply_to else "",
        },
    }


def _build_picture(shown: Attachment | None) -> dict[str, object] | None:
    if shown is None:
        return None
    return {"path": shown.path, "alt": shown.alt, "width": shown.width, "height": shown.height}


def parse_items(data: bytes) -> list[Item]:
    """The items of a timeline.json. Raises ValueError for a file that this network did not write."""
    feed = orjson.loads(data)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or not all(map(_is_item, items)):
        raise ValueError("not a timeline")
    for item in items:
        datetime.fromisoformat(item["date_published"])
    return items


def _is_item(item: object) -> bool:
    return isinstance(item, dict) and all(isinstance(item.get(name), str) for name in REQUIRED)


def parse_receipt(item: Item) -> Receipt:
    return Receipt(item["id"], item["url"])


def parse_recent(item: Item) -> Recent:
    links = (item["external_url"],) if item.get("external_url") else ()
    return Recent(parse_receipt(item), item["content_text"], links, datetime.fromisoformat(item["date_published"]))


_NO_ITEMS = b"[]\n}"


@dataclass(frozen=True, slots=True)
class LocalTimeline:
    """Sends by writing a file. Sending a key again changes nothing and returns the first receipt."""

    account: str
    folder: Path
    url: str
    http: Client
    limits: Limits = LIMITS
    _known: dict[Build, tuple[list[Item], bytes]] = field(default_factory=dict, repr=False)
    """The items of the file as we read or wrote it last, and as they stand in it where we wrote them: many messages do
    not read and render it again and again."""

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, self.limits, account=self.account)
        at = message.created_at or self.http.now()
        with self._locked() as items:
            known = _find_item(items, key)
            if known:
                return parse_receipt(known)
            item = build_item(message, key=key, url=self._link_to(key), at=at)
            self._write([item, *items])
        return parse_receipt(item)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        item = _find_item(self._read(), key)
        return parse_receipt(item) if item else None

    def resend_until(self, intent_at: datetime) -> datetime:
        """The key is kept as long as the message itself."""
        return intent_at + timedelta(days=3650)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        with self._locked() as items:
            place = next((n for n, item in enumerate(items) if item["id"] == receipt.remote_id), None)
            if place is None:
                raise Gone("this message is no longer on the timeline", where=self.account)
            at = datetime.fromisoformat(items[place]["date_published"])
            changed = build_item(message, key=receipt.remote_id, url=items[place]["url"], at=at)
            changed["date_modified"] = self.http.now().isoformat()
            self._write([*items[:place], changed, *items[place + 1 :]])
        return receipt

    def delete(self, receipt: Receipt) -> None:
        with self._locked() as items:
            kept = [item for item in items if item["id"] != receipt.remote_id]
            if len(kept) != len(items):
                self._write(kept)

    def list_recent(self) -> tuple[Recent, ...]:
        return tuple(map(parse_recent, self._read()))

    def verify(self) -> Profile:
        with self._locked():
            return Profile(
                name=str(self.folder / TIMELINE_PAGE),
                url=self.url and f"{self.url}/{TIMELINE_PAGE}",
                abilities=("post",),
            )

    def _link_to(self, key: str) -> str:
        page = f"{self.url}/{TIMELINE_PAGE}" if self.url else (self.folder.absolute() / TIMELINE_PAGE).as_uri()
        return f"{page}#{key}"

    @contextmanager
    def _locked(self) -> Iterator[list[Item]]:
        """The items, while no other process may write them."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / f".{TIMELINE}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield self._read()
        except OSError as error:
            raise Unavailable(f"the timeline cannot be written: {error.strerror}", where=self.account) from error

    def _read(self) -> list[Item]:
        path = self.folder / TIMELINE
        try:
            build = _build_of(path.stat())
            if build not in self._known:
                self._remember(build, parse_items(path.read_bytes()))
            return self._known[build][0]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"the timeline cannot be read: {error.strerror}", where=self.account) from error
        except ValueError as error:
            hint = f"move {path} away; a new timeline is begun"
            raise Blocked(f"{TIMELINE} is damaged", where=self.account, hint=hint) from error

    def _write(self, items: list[Item]) -> None:
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.account,
            **(
                {"home_page_url": f"{self.url}/{TIMELINE_PAGE}", "feed_url": f"{self.url}/{TIMELINE}"}
                if self.url
                else {}
            ),
            "items": [],
        }
        head, text = orjson.dumps(feed, option=orjson.OPT_INDENT_2), self._render(items)
        whole = head.removesuffix(_NO_ITEMS) + b"[\n    " + text + b"\n  ]\n}" if items else head
        self._remember(_build_of(replace_file(self.folder / TIMELINE, whole, 0o644)), items, text)

    def _render(self, items: list[Item]) -> bytes:
        """The items as they stand in the file; those that stood there before are not rendered again."""
        before, text = next(iter(self._known.values()), ([], b""))
        new = len(items) - len(before)
        is_longer = text and items[new:] == before
        rendered = [
            orjson.dumps(item, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n    ")
            for item in (items[:new] if is_longer else items)
        ]
        return b",\n    ".join([*rendered, text] if is_longer else rendered)

    def _remember(self, build: Build, items: list[Item], text: bytes = b"") -> None:
        self._known.clear()
        self._known[build] = (items, text)


def _build_of(facts: os.stat_result) -> Build:
    """Tells one writing of a file from every other: a rename moves none of these."""
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _find_item(items: list[Item], key: str) -> Item | None:
    return next((item for item in items if item["id"] == key), None)


def open_network(account: Account, vault: Vault, http: Client) -> LocalTimeline:
    """The timeline in the folder that the options name (the publish folder, filled in by the app)."""
    options: Mapping[str, str] = account.options
    if not options.get("folder"):
        raise ConfigError("the local network needs a folder", where=f"accounts.{account.name}.folder")
    return LocalTimeline(account.name, Path(options["folder"]), options.get("url", "").rstrip("/"), http)
