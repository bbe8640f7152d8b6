"""One post by hand: a message about it (`post`), and which earlier one it is (`same`)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from syndicate.app.deliver import find_next_slot, offer_own_picture, require_alt, require_attached, require_media
from syndicate.app.login import learn_missing_limits
from syndicate.app.publish import get_post, open_drawer, read_plan
from syndicate.app.queue import wake_accounts
from syndicate.app.site import OpenSite
from syndicate.content.write_back import write_syndication
from syndicate.errors import Contradicted, Overtaken, UsageError, contain, tell_for_log
from syndicate.model import (
    NO_PICTURE,
    Delivery,
    KnownPost,
    OwnPicture,
    Post,
    Reason,
    State,
    SyndicationLink,
    is_own_picture,
)
from syndicate.planning.deliveries.manual import ManualPlan, choose_accounts, name_request, plan_manual
from syndicate.planning.identity import join_rows
from syndicate.planning.schedule.when import parse_when
from syndicate.store.store import Store
from syndicate.text.links import keep_web_address

if TYPE_CHECKING:
    from syndicate.app.app import App


NEXT_SLOT = "slot"
"""Where a time is asked for: each account's next free slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A message about a post, as a person asks for it."""

    post: str
    """The slug of the post."""
    to: tuple[str, ...]
    at: str = ""
    """A time in words, "" for now, or `NEXT_SLOT`."""
    text: str = ""
    """The person's own words, "" for what is composed."""
    picture: OwnPicture = NO_PICTURE
    again: bool = False
    """Whether it may go where the post has been before."""
    key: str = ""
    """The asker's own name for this request: asked twice, it writes one message. "" for none."""


def plan_post(site: OpenSite, asked: MessageRequest, now: datetime) -> ManualPlan:
    """The message planned for the named accounts, or all enabled ones that the post does not skip itself."""
    named = tuple(site.accounts.get(name) for name in asked.to)
    if not named and not site.accounts.enabled:
        raise UsageError("there is no account to post to", hint="add [accounts.NAME] to syndicate.toml")
    item = get_post(site, read_plan(site, now), asked.post)
    chosen = named or choose_accounts(item, site.accounts.enabled.values())
    learn_missing_limits(site, chosen)
    cards = open_drawer(site).list_drawn()
    if is_own_picture(asked.picture.media):
        cards = {**cards, item.id: offer_own_picture(site, asked.post, asked.picture.media, now)}
    rows, trail = site.store.list_deliveries(post_id=item.id) if asked.key else (), site.store.list_attempts
    return plan_manual(
        item,
        chosen,
        site.store.read_ledger(),
        site.settings,
        facts=site.facts_with_limits(),
        templates=site.read_messages(),
        cards=cards,
        now=now,
        at=parse_when(asked.at, now, ZoneInfo(site.settings.site.timezone)) if asked.at else None,
        text=asked.text,
        picture=asked.picture,
        again=asked.again,
        key=asked.key,
        moved=[row.id for row in rows if any(step.action == name_request(asked.key) for step in trail(row.id))],
    )


_TRIES = 5


def write_message(site: OpenSite, asked: MessageRequest, now: datetime) -> tuple[int, ...]:
    """A message about a post into the outbox of these accounts; the worker sends it. Returns the numbers.

    All is planned before the first is stored, and planned anew where somebody else was quicker. What is asked for by
    hand lets a paused account go on. Raises UsageError as `plan_post` does, Contradicted where nothing may be sent.
    """
    if contradiction := site.check_state():
        raise Contradicted(contradiction)
    for _ in range(_TRIES - 1):
        with suppress(Overtaken):
            return put_into_outbox(site, plan_message(site, asked, now), now)
    return put_into_outbox(site, plan_message(site, asked, now), now)


def plan_message(site: OpenSite, asked: MessageRequest, now: datetime) -> ManualPlan:
    """What `write_message` would store."""
    if not asked.to:
        raise UsageError("choose at least one account")
    for name in asked.to:
        require_media(site, name, asked.picture.media)
        require_alt(site, name, asked.picture.alt)
    requests = [asked]
    if asked.at == NEXT_SLOT:
        times = {name: find_next_slot(site, site.accounts.get(name), now).isoformat() for name in asked.to}
        requests = [replace(asked, to=(name,), at=times[name]) for name in asked.to]
    plans = tuple(site.ask(plan_post, one, now) for one in requests)
    for row in (row for plan in plans for row in plan.deliveries if row.part == 1):
        require_attached(row.account, asked.picture.media, row.message, row.warnings)
    return ManualPlan(
        tuple(row for plan in plans for row in plan.deliveries),
        tuple(one for plan in plans for one in plan.changes),
        tuple(number for plan in plans for number in plan.there),
    )


def put_into_outbox(site: OpenSite, planned: ManualPlan, now: datetime) -> tuple[int, ...]:
    """New rows, and changed ones; returns the numbers of all. Raises Overtaken where they fit no more."""
    rows = site.store.add_deliveries(planned.deliveries, now, planned.changes)
    wake_accounts(site, (row.id for row in rows), now)
    return (*planned.there, *(row.id for row in rows))


def send_now(app: App, site: OpenSite, ids: tuple[int, ...]) -> tuple[int, ...]:
    """Send what is due of these messages; returns their numbers, with those of parts that they got on the way."""
    app.deliver_due(only=ids)
    if further := _list_further_parts(site, ids):
        app.deliver_due(only=further)
    return (*ids, *further)


def _list_further_parts(site: OpenSite, ids: Collection[int]) -> tuple[int, ...]:
    rows = [site.store.get_delivery(number) for number in ids]
    messages = {(row.post_id, row.account, row.occasion) for row in rows}
    known = (row for post in {row.post_id for row in rows} for row in site.store.list_deliveries(post_id=post))
    return tuple(row.id for row in known if (row.post_id, row.account, row.occasion) in messages and row.id not in ids)


# --- `write_back`: which links belong into which post ---

log = logging.getLogger("syndicate")


def write_back(site: OpenSite, sent: tuple[Delivery, ...]) -> dict[Path, int]:
    """Write the links of sent copies into their posts; returns what was written, with its new time."""
    copies = site.list_copies()
    written = {}
    for post_id, known in site.store.find_posts(sorted({delivery.post_id for delivery in sent})).items():
        path = Path(site.settings.root, site.settings.site.content, known.source)
        with contain(partial(_warn, path.name)):  # one file's trouble is its own: the copies stand in the state
            if write_syndication(path, list_links(copies.get(post_id, ()))):
                written[path] = path.stat().st_mtime_ns
    return written


def _warn(name: str, error: Exception) -> None:
    log.warning("%s: %s", name, tell_for_log(error))


def list_links(copies: Iterable[SyndicationLink]) -> list[str]:
    """The copies' addresses that a page may link to: a network's word is no reason to write anything else."""
    return [copy.url for copy in copies if keep_web_address(copy.url)]


# --- posts by the name that a person types ---


def name_post(site: OpenSite, word: str) -> str:
    """`find_name` among the posts of the site. Raises UsageError with the candidates where there are several."""
    rows = site.store.list_posts()
    return find_name(site.read_snapshot().posts, rows, word, site.settings.site.content)


_MOST = 20
"""Candidates that are listed."""


def find_name(posts: Collection[Post], rows: Iterable[KnownPost], word: str, folder: str) -> str:
    """The name of the post that a slug, a path or an address means; the word itself where it means none.

    A path is that of its address, or of its file, below the content `folder` or with it. `rows` are asked for posts
    that are gone. Raises UsageError with the candidates where there are several.
    """
    named = [post for post in posts if word and word in {post.slug, post.shared_slug}]
    found = named or [post for post in posts if _is_place(post, word, folder)]
    if len(found) > 1:
        listed = ", ".join(f"{_path_of(post.permalink)} ({post.source})" for post in found[:_MOST])
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        raise UsageError(f'{len(found)} posts are called "{word}"', hint=f"say which, by its address: {listed}{more}")
    if found:
        return found[0].slug
    gone = [row for row in rows if row.gone_at and _is_place(row, word, folder)]
    return max(gone, key=lambda row: (row.gone_at, row.id)).slug if gone else word


def _is_place(one: Post | KnownPost, word: str, folder: str) -> bool:
    """Whether a word is the address of a post, its path, or the path of its file."""
    file = word.removeprefix("./").removeprefix(f"{folder}/")
    if word == one.permalink or file == one.source:
        return True
    return "/" in word and "://" not in word and word.strip("/") == _path_of(one.permalink).strip("/")


def _path_of(permalink: str) -> str:
    return unquote(urlsplit(permalink).path)


# --- `same`: a new post is an earlier one ---


@dataclass(frozen=True, slots=True)
class Joined:
    """A post and the earlier one that it is; no news where that was known."""

    post: KnownPost
    is_news: bool
    copy_of: str = ""
    """The slug of the earlier one, where it is still there, too."""


def join_posts(site: OpenSite, old: str, new: str, now: datetime) -> Joined:
    """Give the row of a post that is gone to the new post that it became; keep a copy quiet while both are there."""
    rows = site.store.list_posts()
    after = _find_post(rows, new, is_here=True)
    if old not in {row.slug for row in rows} and (old == after.id or site.store.was_joined(after.id, old)):
        return Joined(after, is_news=False)
    others = [row for row in rows if row.id != after.id]
    asked = [row for row in _list_asked(site.store) if row.post_id == after.id]
    original = next((row for row in others if old in {row.slug, row.id} and row.gone_at is None), None)
    if original and any(row.detail == original.slug for row in asked):
        for row in asked:
            site.store.skip(row.id, now)
        return Joined(after, is_news=True, copy_of=original.slug)
    if old == after.slug and not any(row.slug == old for row in others):
        raise UsageError(f'"{old}" is one post', hint="name the post as it was first, then as it is now")
    before = _find_post(others, old, is_here=False)
    joined = join_rows(before, after, now)
    site.store.join_posts(joined, after, now)
    return Joined(joined, is_news=True)


def join(app: App, old: str = "", new: str = "") -> list[Joined]:
    """A new post becomes an earlier one that was renamed; slugs or ids. Raises UsageError where they are not.

    Without names every post of which a person is asked that.
    """
    with app.changing() as site:
        with site.take_turn():
            site.require_state()
            joined = [join_posts(site, old, new, app.now())] if old else join_all(site, app.now())
            site.forget_publication()
        app.publish()
        return joined


def join_all(site: OpenSite, now: datetime) -> list[Joined]:
    """The answer yes to every question of that kind; one that has no clear answer stays."""
    joined: list[Joined] = []
    for post_id, old in dict.fromkeys((row.post_id, row.detail) for row in _list_asked(site.store)):
        with suppress(UsageError):
            joined.append(join_posts(site, old, post_id, now))
    return joined


def _list_asked(store: Store) -> list[Delivery]:
    held = store.list_deliveries(states=(State.HELD,))
    return [row for row in held if row.reason is Reason.MAYBE_RENAMED and row.part == 1]


def _find_post(rows: Iterable[KnownPost], name: str, *, is_here: bool) -> KnownPost:
    """The row of this slug or id, with a file or without one; the latest of several."""
    named = [row for row in rows if name in {row.slug, row.id}]
    found = [row for row in named if (row.gone_at is None) == is_here]
    if found:
        return max(found, key=lambda row: (row.gone_at or row.first_seen_at, row.id))
    if not named:
        raise UsageError(f'no post has the slug "{name}"', hint="`syndicate publish` first, if the file is new")
    if is_here:
        raise UsageError(f'"{name}" has no file any more', hint="name the post as it was first, then as it is now")
    hint = "they are one post only when that file is gone; `syndicate queue skip` keeps a copy quiet"
    raise UsageError(f'"{name}" still has its file, {named[0].source}', hint=hint)
