"""A person's own words and picture for a message: what may go with it, how long it is, where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syndicate.app.deliver import Composer
from syndicate.app.publish import get_post, open_drawer, read_plan
from syndicate.app.site import OpenSite
from syndicate.containment import contain
from syndicate.errors import ContentError, FetchError, UsageError
from syndicate.model import OWN_PICTURE, CardRef, Delivery, Message, Picture, fingerprint, is_own_picture
from syndicate.planning.deliveries.manual import add_link
from syndicate.planning.messages.template import choose_text, find_override


def check_text(site: OpenSite, ids: Iterable[int], text: str) -> None:
    """Raises UsageError where a network would refuse this text."""
    composer = Composer(site)
    for delivery in map(site.store.get_delivery, ids if text.strip() else ()):
        excess = composer.measure(replace(delivery, text=text)).excess
        if excess:
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
    facts = site.facts_with_limits().get(account)
    if facts is None:
        return ()
    own = ("card",) if facts.media == "card" else ()
    return (*own, *(("image", OWN_PICTURE) if facts.limits.images else ()), "none")


def list_pictures(site: OpenSite, slug: str) -> Mapping[str, Picture]:
    """The post's own pictures as `Delivery.media` names them: its lead picture, then those of its text."""
    with contain(lambda _: None):  # a post that is gone, or cannot be read, has none
        return site.list_pictures(next(post for post in site.read_snapshot().posts if post.slug == slug))
    return {}


def require_media(site: OpenSite, account: str, media: str) -> None:
    """Raises UsageError where this cannot go with a message of the account."""
    kind = OWN_PICTURE if is_own_picture(media) else media
    if kind not in {"", *list_media(site, account)}:
        raise UsageError(f"{account} takes no such picture")


def offer_own_picture(site: OpenSite, slug: str, media: str, now: datetime) -> CardRef:
    """One of the post's own pictures as a file to publish. Raises UsageError where it is none, or cannot be used."""
    one, own = get_post(site, read_plan(site, now), slug), open_drawer(site).own
    before = own.find(one.id, media)
    try:
        with site.take_turn():
            found = own.offer(one, media, now)
    except (FetchError, ContentError) as error:
        raise UsageError(error.message, where=error.where) from error
    if found != before:
        site.forget_publication()
    return found


def require_alt(site: OpenSite, account: str, alt: str) -> None:
    """Raises UsageError where a person's alt text would be cut: no word of it is left out unasked."""
    facts = site.facts_with_limits().get(account)
    if facts is not None and not facts.limits.fits_alt(alt.strip()):
        size = f"{len(alt.strip()):,} of {facts.limits.alt:,} characters"
        raise UsageError(f"the alt text is too long for {account}: {size}", hint="nothing was changed")


def require_attached(account: str, media: str, message: Message | None, notes: Sequence[str]) -> None:
    """Raises UsageError where a picture that a person chose would be left out."""
    if is_own_picture(media) and message is not None and message.image is None:
        raise UsageError(notes[0] if notes else f"{account} takes no such picture")


def find_origin(site: OpenSite, delivery: Delivery) -> str:
    """The author's words from which a message is composed: of the post's override, `socialShare`, or its summary."""
    with contain(lambda _: None):
        account = site.accounts.get(delivery.account)
        post = next(post for post in site.read_snapshot().posts if post.slug == delivery.slug)
        return choose_text(post, find_override(post, account))
    return ""


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text is on an account, as its network counts."""

    account: str
    count: int
    limit: int
    excess: str
    """How much too long it is ("512 of 500 characters"), "" where it fits."""


def measure_text(site: OpenSite, number: int, text: str) -> Measure:
    """How long a message would be with this text, composed where it is empty."""
    delivery = site.store.get_delivery(number)
    composed = Composer(site).measure(replace(delivery, text=text))
    return Measure(delivery.account, composed.count, composed.limit, composed.excess)


def measure_words(site: OpenSite, slug: str, names: Iterable[str], text: str) -> tuple[Measure, ...]:
    """How long a person's words about a post are on each of these accounts, as its network counts."""
    post = next((one for one in site.read_snapshot().posts if one.slug == slug), None)
    facts = site.facts_with_limits()
    found = []
    for account in map(site.accounts.get, names):
        limits = facts[account.name].limits
        words = add_link(text, post, account) if post else text
        found.append(Measure(account.name, limits.count(words), limits.characters, limits.find_excess(words)))
    return tuple(found)
