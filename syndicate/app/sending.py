"""What the delivery corridor is handed: rooms as functions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from syndicate.app.wiring import Wiring
from syndicate.deliver import Tools
from syndicate.errors import ContentError, FetchError
from syndicate.http import utc_now
from syndicate.model import (
    Account,
    Attachment,
    CardRef,
    Delivery,
    KnownPost,
    Message,
    NetworkFacts,
    Post,
    State,
)
from syndicate.notices import Notice, send_notice
from syndicate.pages import check_page
from syndicate.planning.compose import compose_message
from syndicate.planning.identity import match_identities
from syndicate.planning.schedule import next_slot

log = logging.getLogger("syndicate")


def make_tools(wiring: Wiring) -> Tools:
    """The collaborators of one round; the content is read once for it."""
    composer = Composer(wiring)
    return Tools(
        store=wiring.store,
        accounts=wiring.accounts.enabled,
        open_network=wiring.accounts.open,
        compose=composer.compose,
        load_attachment=lambda attachment: _load(wiring, attachment),
        check_ready=lambda account, message: _check_ready(wiring, account, message),
        next_slot=lambda account, after: next_slot(account.schedule, after, _taken(wiring, account), utc_now()),
        notify=lambda notice: _notify(wiring, notice),
        clock=utc_now,
        jitter=wiring.jitter,
        owner=wiring.owner,
    )


class Composer:
    """Messages of deliveries, from the posts as they are now."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._messages = wiring.read_messages()
        self._posts: dict[str, tuple[Post, KnownPost]] | None = None

    def compose(self, delivery: Delivery) -> Message:
        """Raises ContentError where the post is gone or has no such part any more."""
        found = self._find(delivery.post_id)
        account = self._wiring.accounts.get(delivery.account)
        template = self._messages.get(account.name)
        if found is None or template is None:
            what = "the post is no longer there" if found is None else "the message template is no longer there"
            raise ContentError(what, where=delivery.slug)
        post, known = found
        parts = compose_message(
            post,
            known,
            account,
            self._facts[account.name],
            template,
            self._drawn.get(known.id),
            occasion=delivery.occasion,
            site=self._wiring.settings.site,
            created_at=None,
            text=delivery.text,
        )
        if len(parts) < delivery.part:
            raise ContentError(f"the message has no part {delivery.part} any more", where=delivery.slug)
        return parts[delivery.part - 1].message

    @cached_property
    def _facts(self) -> Mapping[str, NetworkFacts]:
        return self._wiring.facts_with_limits()

    @cached_property
    def _drawn(self) -> Mapping[str, CardRef]:
        return self._wiring.drawer.list_drawn()

    def _find(self, post_id: str) -> tuple[Post, KnownPost] | None:
        if self._posts is None:
            known = self._wiring.store.read_ledger().posts
            posts = self._wiring.read_snapshot().posts
            identified, _ = match_identities(posts, known, site=self._wiring.settings.site, now=utc_now())
            self._posts = {one.id: (one.post, one.known) for one in identified}
        return self._posts.get(post_id)


def _taken(wiring: Wiring, account: Account) -> list[datetime]:
    """When the account has spoken, or is about to."""
    states = (State.PLANNED, State.DUE, State.SENDING, State.SENT)
    rows = wiring.store.list_deliveries(account=account.name, states=states)
    return [one.sent_at or one.due_at for one in rows if one.part == 1]


def _load(wiring: Wiring, attachment: Attachment) -> bytes:
    data = wiring.output.read(attachment.path)
    if data is None:
        raise FetchError("the card is not published", where=attachment.path, hint="syndicate publish draws it")
    return data


def _check_ready(wiring: Wiring, account: Account, message: Message) -> str:
    """Only where somebody out there follows the link at once."""
    if not wiring.accounts.facts[account.name].needs_page:
        return ""
    return check_page(wiring.http, message.link, message.title)


def _notify(wiring: Wiring, notice: Notice) -> None:
    log.warning("%s: %s", notice.subject, notice.text)
    for trouble in send_notice(notice, wiring.settings.notices, wiring.http):
        log.warning("the notice did not go out: %s", trouble)
