"""Messages as they are composed now, a person's own words for them, and what delivering needs of the rest of a site."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from syndicate.app.glance import FEW, FoundPosts, Standing, find_post, find_posts
from syndicate.app.publish import find_card, get_post, open_drawer, read_plan
from syndicate.app.site import OpenSite
from syndicate.errors import ContentError, FetchError, NotReady, Unavailable, UsageError, contain
from syndicate.model import (
    OWN_PICTURE,
    Account,
    Attachment,
    CardRef,
    Delivery,
    KnownPost,
    Message,
    NetworkFacts,
    Picture,
    Post,
    fingerprint,
    is_own_picture,
)
from syndicate.networks import describe
from syndicate.planning.deliveries import find_unclear, say_reason
from syndicate.planning.deliveries.new import fit_parts, leads_on
from syndicate.planning.messages import Composed, compose_message, make_style, wants_card
from syndicate.planning.messages.template import choose_text, find_override, trace
from syndicate.planning.schedule import SPEAKING, list_taken, next_slot
from syndicate.store.glance import keep_seen

if TYPE_CHECKING:
    from syndicate.deliver import Tools
    from syndicate.http.servers import Waits
    from syndicate.notices import Notice

# Composing is asked for by commands that only look, which must not pay for what sends.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")

CARD_WITHIN = timedelta(minutes=5)
"""How long a message waits for its card; then it goes without: where nothing can be published, it must not be late."""
LOOK_AGAIN = timedelta(minutes=5)
"""How long a message waits at most after its post can be read again: an unresolved conflict may last for hours."""
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
        list_given=site.accounts.list_given,
        durable=site.state_place.durable,
        keep_seen=lambda state: keep_seen(site.cache, state.moment),
    )


def find_next_slot(site: OpenSite, account: Account, after: datetime) -> datetime:
    """When the account may speak next."""
    rows = site.store.list_deliveries(account=account.name, states=SPEAKING)
    return next_slot(account.schedule, after, list_taken(rows), site.clock())


def _pick(parts: tuple[Composed, ...], delivery: Delivery) -> Composed:
    """One of the parts. Of a person's own words, link, card and picture belong to the first."""
    if delivery.text.strip() and delivery.part > 1:
        message = replace(parts[0].message, card=None, image=None, link="", warning="", markdown="")
        return replace(parts[0], message=message, part=delivery.part)
    if len(parts) < delivery.part:
        raise ContentError(f"the message has no part {delivery.part} any more", where=delivery.slug)
    return parts[delivery.part - 1]


class Composer:
    """Messages of deliveries, from the posts as they are now.

    The threads of one round share it. A round may last for minutes, and rows join it that are younger than its
    beginning: posts are looked at again after `FRESH` seconds, and where one is missing. Where nothing changed since
    the last publication, only those that are asked for are read, up to `FEW`; else all of them.
    """

    def __init__(self, site: OpenSite, stopwatch: Callable[[], float] = monotonic, wanted: Iterable[str] = ()) -> None:
        """`wanted` are the ids of posts that will be asked for, where they are known; what is due is, too."""
        self._site = site
        self._wanted = dict.fromkeys(wanted)
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._read: _Materials | None = None
        self._read_at = 0.0

    def compose(self, delivery: Delivery) -> Message:
        """What is sent; rows of further parts follow it. Raises NotReady, too, where its card is to come now."""
        parts, now = self.compose_parts(delivery), self._site.clock()
        self._fit_rows(delivery, len(parts), now)
        message = _pick(parts, delivery).message
        is_late = now - (delivery.started_at or now) >= CARD_WITHIN
        if not (is_late or message.card or message.image) and self._is_card_to_come(delivery, now):
            raise NotReady("its share card is not drawn yet", retry_at=now)  # whoever draws it says so at once
        return message

    def _fit_rows(self, row: Delivery, number: int, now: datetime) -> None:
        if leads_on(row, self._site.accounts.get(row.account), number):
            store, occasion = self._site.store, row.occasion.name
            rows = store.list_deliveries(account=row.account, post_id=row.post_id, occasion=occasion)
            store.apply(fit_parts(row, rows, number, now), now)

    def _is_card_to_come(self, delivery: Delivery, now: datetime) -> bool:
        materials, account = self._get_materials(delivery), self._site.accounts.get(delivery.account)
        (post, known), facts = materials.find(delivery), materials.facts[account.name]
        is_wanted = known.published_at <= now and wants_card(post, account, facts, delivery.media)
        return is_wanted and materials.find_picture(known.id, delivery.media) is None

    def measure(self, delivery: Delivery) -> Composed:
        """The message with its length as the network counts. Raises ContentError where the post has no such part any
        more, Unavailable where it is gone, or cannot be read this moment."""
        return _pick(self.compose_parts(delivery), delivery)

    def compose_parts(self, delivery: Delivery) -> tuple[Composed, ...]:
        """The whole message of which it is a part. Raises as `measure` does."""
        materials = self._get_materials(delivery)
        account = self._site.accounts.get(delivery.account)
        template, facts = materials.messages.get(account.name), materials.facts[account.name]
        limits = self._site.store.find_limits(account.name)  # it may have been read a moment ago
        facts = replace(facts, limits=limits) if limits else facts
        if template is None:
            raise ContentError("the message template is no longer there", where=delivery.slug)
        post, known = materials.find(delivery)
        delivery, notes = materials.leave_out_lost(delivery)
        parts = compose_message(
            self._site.fill((post,))[0] if facts.wants_markdown else post,
            known,
            make_style(account, facts, template),
            materials.find_picture(known.id, delivery.media),
            occasion=delivery.occasion,
            site=self._site.settings.site,
            text=delivery.text,
            alt=delivery.alt,
            media=delivery.media,
        )
        return (replace(parts[0], warnings=(*notes, *parts[0].warnings)), *parts[1:])

    def compose_edit(self, delivery: Delivery) -> Message:
        """As `compose`, for a message that is out. Raises ContentError where its author first has to mend the post."""
        post, _ = self._get_materials(delivery).find(delivery)
        override = find_override(post, self._site.accounts.get(delivery.account))
        if (why := find_unclear(post, override)) and delivery.overruled is not why.reason:
            raise ContentError(say_reason(why.reason, why.detail), where=delivery.slug)
        return self.measure(delivery).message

    def trace(self, delivery: Delivery) -> str:
        """`Message.origin` as it would be now. Raises as `measure` does."""
        post, known = self._get_materials(delivery).find(delivery)
        return trace(post, known, self._site.accounts.get(delivery.account))

    def _get_materials(self, delivery: Delivery) -> _Materials:
        with self._lock:
            known, post_id = self._read, delivery.post_id
            if known and self._stopwatch() - self._read_at <= FRESH and known.reach(post_id):
                return known
            found = self._look_back(post_id) if known is None or known.standing else None
            self._wanted |= {post_id: None}
            found = found or self._read_materials(known if known and post_id in known.posts else None)
            self._read, self._read_at = found, self._stopwatch()
            return found

    def _look_back(self, post_id: str) -> _Materials | None:
        """With this post and those that are asked for after it; None where all are to be read."""
        with contain(lambda _: None):  # whoever reads all of them is told why
            standing = self._site.look_back()
            found = replace(self._begin(), standing=standing)
            return found if found.reach(post_id) else None
        return None

    def _read_materials(self, known: _Materials | None) -> _Materials:
        """With what is `known` already, where the files are the same: their rows follow them."""
        found = find_posts(self._site, self._wanted, known.found if known else None)
        return replace(self._begin(), found=found, posts=found.posts)

    def _begin(self) -> _Materials:
        site = self._site
        return _Materials(site=site, messages=site.read_messages(), facts=site.accounts.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Materials:
    """What the messages of one round are made of."""

    site: OpenSite
    """Knows the cards, those that are drawn meanwhile, too."""
    messages: Mapping[str, str]
    """Templates by account."""
    facts: Mapping[str, NetworkFacts]
    """By account."""
    standing: Standing | None = None
    """Knows further posts, where not all were read."""
    found: FoundPosts | None = None
    """All posts, or all that matter, where they were looked for."""
    posts: dict[str, tuple[Post, KnownPost]] = field(default_factory=dict)
    """By post id."""

    def reach(self, post_id: str) -> bool:
        """Whether the post is there, read this moment where that is possible."""
        if post_id not in self.posts and self.standing and len(self.posts) < FEW:
            found = self.standing.find(post_id)
            self.posts.update({post_id: found} if found else {})
        return post_id in self.posts

    def find_picture(self, post_id: str, media: str) -> CardRef | None:
        """The card, or the post's own picture where a person wants that and it is there."""
        own = find_card(self.site, post_id, media) if is_own_picture(media) else None
        return own or find_card(self.site, post_id)

    def leave_out_lost(self, delivery: Delivery) -> tuple[Delivery, tuple[str, ...]]:
        """The delivery without a picture that its post has no more, and without its alt text; and what to say of it."""
        if not is_own_picture(delivery.media) or find_card(self.site, delivery.post_id, delivery.media):
            return delivery, ()
        note = "the picture that you chose is not in the post any more: it goes out as the account has it"
        return replace(delivery, media="", alt=""), (note,)

    def find(self, delivery: Delivery) -> tuple[Post, KnownPost]:
        found = self.posts.get(delivery.post_id)
        if found is None and self.found and delivery.post_id in self.found.unreadable:
            now, hint = self.site.clock(), "syndicate doctor says why"
            wait = min(max(now - (delivery.started_at or now), LOOK_AGAIN / 10), LOOK_AGAIN)
            raise NotReady("its post cannot be read now", retry_at=now + wait, where=delivery.slug, hint=hint)
        if found is None:  # what publishes next takes the message back, and brings it back with its post
            raise Unavailable("its post is no longer there", where=delivery.slug)
        return found


def load_images(site: OpenSite, message: Message) -> Message:
    """The message with the bytes of its images."""
    image, card = (replace(one, data=_load(site, one)) if one else None for one in (message.image, message.card))
    return replace(message, image=image, card=card)


def _load(site: OpenSite, attachment: Attachment) -> bytes:
    data = site.output.read(attachment.path)
    if data is None:
        raise FetchError("the card is not published", where=attachment.path, hint="syndicate publish draws it")
    return data


def _check_ready(site: OpenSite, account: Account, message: Message, waits: Waits) -> str:
    """Only where somebody out there follows the link at once."""
    from syndicate.pages import check_page

    is_followed = describe(account.network).facts.needs_page
    return check_page(site.http, message.link, message.title, waits) if is_followed else ""


def ask_person(site: OpenSite, question: str, now: datetime, *, slug: str = "") -> None:
    """Ask what only a person knows of new posts, by every way that is configured."""
    from syndicate.notices import Notice, NoticeKind

    kind, subject = NoticeKind.QUESTION, "a question about new posts"
    _notify(site, Notice(kind=kind, account="", subject=subject, text=question, at=now, slug=slug))


def _notify(site: OpenSite, notice: Notice) -> None:
    from syndicate.notices import send_notice

    logging.getLogger("syndicate.notices").warning("%s: %s", notice.subject, notice.text)
    for trouble in send_notice(notice, site.settings.notices, site.http):
        log.warning("the notice did not go out: %s", trouble)


# --- a person's own words and picture for a message: what may go with it, how long it is, where it comes from ---


def check_text(site: OpenSite, ids: Iterable[int], text: str) -> None:
    """Raises UsageError where a network would refuse this text."""
    composer = Composer(site)
    for delivery in map(site.store.get_delivery, ids if text.strip() else ()):
        if excess := composer.measure(replace(delivery, text=text)).excess:
            raise UsageError(f"the text is too long for {delivery.account}: {excess}", hint="nothing was changed")


def digest_words(site: OpenSite, delivery: Delivery) -> str:
    """Tells whether a message says something else than when a page showed it, since its post or a person changed it."""
    said = [delivery.text, delivery.alt, delivery.media]
    with contain(lambda _: None):
        said.append(Composer(site).measure(delivery).message.text)
    return fingerprint(*said)


def edit_message(site: OpenSite, number: int, now: datetime, *, text: str, alt: str, media: str, was: str) -> Delivery:
    """A person's words, alt text and picture for one message; what is as it would be composed is no one's own.

    Raises UsageError where the network would refuse it, or where it is not as it `was` (`digest_words`).
    """
    delivery, composer = site.store.get_delivery(number), Composer(site)
    if was and was != digest_words(site, delivery):
        hint = "see what it says now, then keep your words or leave them"
        raise UsageError("somebody changed this message meanwhile, or its post", hint=hint)
    require_media(site, delivery.account, media)
    require_alt(site, delivery.account, alt)
    if is_own_picture(media):
        offer_own_picture(site, delivery.slug, media, now)
    with contain(lambda _: None):  # a post that is gone leaves a person's own words
        composed = composer.measure(replace(delivery, text="", alt="", media=media)).message
        picture = composed.image or composed.card
        text = "" if _is_same(text, composed.text) else text
        alt = "" if picture is None or _is_same(alt, picture.alt) else alt.strip()
    after = composer.measure(replace(delivery, text=text, alt=alt, media=media))
    if after.excess:
        raise UsageError(f"the text is too long for {delivery.account}: {after.excess}", hint="nothing was changed")
    if delivery.part == 1:
        require_attached(delivery.account, media, after.message, after.warnings)
    return site.store.set_text(number, text, now, alt=alt, media=media)


def _is_same(written: str, composed: str) -> bool:
    return not written.strip() or written.strip() == composed.strip()


def list_media(site: OpenSite, account: str) -> tuple[str, ...]:
    """What may go with a message on its network, as `Delivery.media` says it."""
    if (facts := site.facts_with_limits().get(account)) is None:
        return ()
    own = ("card",) if facts.media == "card" else ()
    return (*own, *(("image", OWN_PICTURE) if facts.limits.images else ()), "none")


def list_pictures(site: OpenSite, slug: str) -> Mapping[str, Picture]:
    """The post's own pictures as `Delivery.media` names them: its lead picture, then those of its text."""
    with contain(lambda _: None):  # a post that is gone, or cannot be read, has none
        if post := find_post(site, slug):
            return site.list_pictures(post)
    return {}


def require_media(site: OpenSite, account: str, media: str) -> None:
    """Raises UsageError where this cannot go with a message of the account."""
    kind = OWN_PICTURE if is_own_picture(media) else media
    if kind not in {"", *list_media(site, account)}:
        raise UsageError(f"{account} takes no such picture")


def offer_own_picture(site: OpenSite, slug: str, media: str, now: datetime) -> CardRef:
    """One of the post's own pictures as a file to publish. Raises UsageError where it is none, or cannot be used."""
    return site.ask(_offer_own_picture, slug, media, now)


def _offer_own_picture(site: OpenSite, slug: str, media: str, now: datetime) -> CardRef:
    one = get_post(site, read_plan(site, now), slug)
    before = find_card(site, one.id, media)
    try:
        with site.take_turn():
            found = open_drawer(site).own.offer(one, media, now)
    except (FetchError, ContentError) as error:
        raise UsageError(error.message, where=error.where) from error
    if found != before:
        site.forget_publication()
    return found


def require_alt(site: OpenSite, account: str, alt: str) -> None:
    """Raises UsageError where a person's alt text would be cut: no word of it is left out unasked."""
    if (facts := site.facts_with_limits().get(account)) and not facts.limits.fits_alt(alt.strip()):
        size = f"{len(alt.strip()):,} of {facts.limits.alt:,} characters"
        raise UsageError(f"the alt text is too long for {account}: {size}", hint="nothing was changed")


def require_attached(account: str, media: str, message: Message | None, notes: Sequence[str]) -> None:
    """Raises UsageError where a picture that a person chose would be left out."""
    if is_own_picture(media) and message is not None and message.image is None:
        raise UsageError(notes[0] if notes else f"{account} takes no such picture")


def find_origin(site: OpenSite, delivery: Delivery) -> str:
    """The author's words from which a message is composed: of the post's override, `socialShare`, or its summary."""
    with contain(lambda _: None):
        if post := find_post(site, delivery.slug):
            return choose_text(post, find_override(post, site.accounts.get(delivery.account)))
    return ""
