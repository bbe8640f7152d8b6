"""What delivering needs of the rest of a site, handed over as functions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from syndicate.app.publish import find_card, open_drawer
from syndicate.app.site import OpenSite
from syndicate.errors import ContentError, FetchError, Unavailable
from syndicate.model import (
    Account,
    Attachment,
    CardRef,
    Delivery,
    KnownPost,
    Message,
    NetworkFacts,
    Post,
    Snapshot,
    is_own_picture,
)
from syndicate.networks import describe
from syndicate.planning.deliveries import find_unclear, say_reason
from syndicate.planning.identity import match_identities
from syndicate.planning.messages import Composed, compose_message, make_style
from syndicate.planning.messages.template import find_override, trace
from syndicate.planning.schedule import list_taken, next_slot
from syndicate.store.glance import keep_seen

if TYPE_CHECKING:
    from syndicate.deliver import Tools
    from syndicate.http.servers import Waits
    from syndicate.notices import Notice

# Composing is asked for by commands that only look, which must not pay for what sends.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")

FRESH = 2.0
"""Seconds for which the posts that were read last are the posts of now."""


def make_tools(site: OpenSite) -> Tools:
    """The collaborators of one round."""
    from syndicate.deliver import Tools
    from syndicate.http.servers import Waits

    composer, waits = Composer(site), Waits()
    return Tools(
        store=site.store,
        accounts=site.accounts.enabled,
        open_network=site.accounts.open,
        compose=composer.compose,
        load_attachment=lambda attachment: _load(site, attachment),
        check_ready=lambda account, message: _check_ready(site, account, message, waits),
        next_slot=lambda account, after: find_next_slot(site, account, after),
        notify=lambda notice: _notify(site, notice),
        clock=site.clock,
        jitter=site.jitter,
        owner=site.process.name,
        digest_secrets=site.accounts.digest_secrets,
        durable=site.state_place.durable,
        keep_seen=lambda state: keep_seen(site.cache, state.moment),
    )


def find_next_slot(site: OpenSite, account: Account, after: datetime) -> datetime:
    """When the account may speak next."""
    taken = list_taken(site.store.list_deliveries(account=account.name))
    return next_slot(account.schedule, after, taken, site.clock())


def _make_later(first: Composed, part: int) -> Composed:
    """A person's own words as a later part of a thread: link, card and picture belong to the first."""
    message = replace(first.message, card=None, image=None, link="", warning="", markdown="")
    return replace(first, message=message, part=part)


class Composer:
    """Messages of deliveries, from the posts as they are now.

    The threads of one round share it. A round may last for minutes, and rows join it that are younger than its
    beginning: posts are read again after `FRESH` seconds, and where one is missing.
    """

    def __init__(self, site: OpenSite, stopwatch: Callable[[], float] = monotonic) -> None:
        self._site = site
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._read: _Materials | None = None
        self._read_at = 0.0

    def compose(self, delivery: Delivery) -> Message:
        return self.measure(delivery).message

    def measure(self, delivery: Delivery) -> Composed:
        """The message with its length as the network counts.

        Raises ContentError where the post is gone or has no such part any more, Unavailable where it cannot be
        read this moment.
        """
        materials = self._get_materials(delivery)
        account = self._site.accounts.get(delivery.account)
        template, facts = materials.messages.get(account.name), materials.facts[account.name]
        limits = self._site.store.find_limits(account.name)  # it may have been read a moment ago
        facts = replace(facts, limits=limits) if limits else facts
        if template is None:
            raise ContentError("the message template is no longer there", where=delivery.slug)
        post, known = materials.find(delivery)
        parts = compose_message(
            self._site.fill((post,))[0] if facts.wants_markdown else post,
            known,
            make_style(account, facts, template),
            materials.find_picture(known.id, delivery.media),
            occasion=delivery.occasion,
            site=self._site.settings.site,
            created_at=None,
            text=delivery.text,
            alt=delivery.alt,
            media=delivery.media,
        )
        if delivery.text.strip():
            return parts[0] if delivery.part == 1 else _make_later(parts[0], delivery.part)
        if len(parts) < delivery.part:
            raise ContentError(f"the message has no part {delivery.part} any more", where=delivery.slug)
        return parts[delivery.part - 1]

    def compose_edit(self, delivery: Delivery) -> Message:
        """As `compose`, for a message that is out. Raises ContentError where its author first has to mend the post."""
        post, _ = self._get_materials(delivery).find(delivery)
        override = find_override(post, self._site.accounts.get(delivery.account))
        if (why := find_unclear(post, override)) and delivery.overruled is not why.reason:
            raise ContentError(say_reason(why.reason, why.detail), where=delivery.slug)
        return self.compose(delivery)

    def trace(self, delivery: Delivery) -> str:
        """`Message.origin` as it would be now. Raises as `measure` does."""
        post, known = self._get_materials(delivery).find(delivery)
        return trace(post, known, self._site.accounts.get(delivery.account))

    def _get_materials(self, delivery: Delivery) -> _Materials:
        with self._lock:
            known = self._read if self._read and delivery.post_id in self._read.posts else None
            if known is None or self._stopwatch() - self._read_at > FRESH:
                known = self._read = self._read_materials(known)
                self._read_at = self._stopwatch()
            return known

    def _read_materials(self, known: _Materials | None) -> _Materials:
        """With what is `known` already, where the posts are the same: their rows follow them."""
        site = self._site
        try:
            snapshot = site.read_snapshot()
        except ContentError as error:
            raise Unavailable(error.message, where=error.where, hint=error.hint) from error
        if known is not None and known.snapshot == snapshot:
            return replace(known, messages=site.read_messages())
        rows = site.store.list_posts()
        identified, vanished = match_identities(
            snapshot.posts, rows, site=site.settings.site, now=site.clock(), unreadable=snapshot.is_unreadable
        )
        return _Materials(
            snapshot=snapshot,
            messages=site.read_messages(),
            facts=site.accounts.facts,
            site=site,
            posts={one.id: (one.post, one.known) for one in identified},
            unreadable=frozenset(row.id for row in vanished if snapshot.is_unreadable(row.source)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Materials:
    """What the messages of one round are made of."""

    snapshot: Snapshot
    messages: Mapping[str, str]
    """Templates by account."""
    facts: Mapping[str, NetworkFacts]
    """By account."""
    site: OpenSite
    """Knows the cards, those that are drawn meanwhile, too."""
    posts: Mapping[str, tuple[Post, KnownPost]]
    """By post id."""
    unreadable: frozenset[str]
    """Ids of posts whose files are there and give no post now: half written, broken, locked away."""

    def find_picture(self, post_id: str, media: str) -> CardRef | None:
        """The card, or the post's own picture where a person wants that and it is there."""
        own = open_drawer(self.site).own.find(post_id, media) if is_own_picture(media) else None
        return own or find_card(self.site, post_id)

    def find(self, delivery: Delivery) -> tuple[Post, KnownPost]:
        found = self.posts.get(delivery.post_id)
        if found is None and delivery.post_id in self.unreadable:
            raise Unavailable("its post cannot be read now", where=delivery.slug, hint="syndicate doctor says why")
        if found is None:
            raise ContentError("the post is no longer there", where=delivery.slug)
        return found


def load_images(site: OpenSite, message: Message) -> Message:
    """The message with the bytes of its images."""

    def fill(attachment: Attachment | None) -> Attachment | None:
        return replace(attachment, data=_load(site, attachment)) if attachment else None

    return replace(message, image=fill(message.image), card=fill(message.card))


def _load(site: OpenSite, attachment: Attachment) -> bytes:
    data = site.output.read(attachment.path)
    if data is None:
        raise FetchError("the card is not published", where=attachment.path, hint="syndicate publish draws it")
    return data


def _check_ready(site: OpenSite, account: Account, message: Message, waits: Waits) -> str:
    """Only where somebody out there follows the link at once."""
    from syndicate.pages import check_page

    if not describe(account.network).facts.needs_page:
        return ""
    return check_page(site.http, message.link, message.title, waits)


def ask_person(site: OpenSite, question: str, now: datetime, *, slug: str = "") -> None:
    """Ask what only a person knows of new posts, by every way that is configured."""
    from syndicate.notices import Notice, NoticeKind

    subject = "a question about new posts"
    _notify(site, Notice(kind=NoticeKind.QUESTION, account="", subject=subject, text=question, at=now, slug=slug))


def _notify(site: OpenSite, notice: Notice) -> None:
    from syndicate.notices import send_notice

    log.warning("%s: %s", notice.subject, notice.text)
    for trouble in send_notice(notice, site.settings.notices, site.http):
        log.warning("the notice did not go out: %s", trouble)
