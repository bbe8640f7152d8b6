"""A post as one account says it: words, link, hashtags and picture, fitted to what the network takes.

override or socialShare ─template→ text ─fit (hashtags go first, then the end of the text)→ Message
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from syndicate.model import (
    Account,
    Attachment,
    CardRef,
    KnownPost,
    Message,
    NetworkFacts,
    Occasion,
    Post,
    Site,
    SocialOverride,
    is_own_picture,
)
from syndicate.planning.messages.template import (
    Draft,
    MessageTemplate,
    choose_tags,
    choose_text,
    find_override,
    find_whole,
    make_link,
    make_message_template,
    make_values,
    name_template,
    shorten_draft,
    thread_draft,
    tidy,
    trace,
)
from syndicate.text.counting import fit
from syndicate.text.hashtags import find_hashtags
from syndicate.text.links import find_links, find_web_links
from syndicate.text.markdown import make_absolute
from syndicate.text.values import normalise_language

# --- a rendered message made to fit: hashtags go first, then the end of the text ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """One part of a message, with its length against the network's limit as the network counts."""

    message: Message
    part: int
    count: int
    limit: int
    excess: str = ""
    """How much too long it is for the network ("512 of 500 characters"), "" where it fits."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountStyle:
    """An account ready to speak: its settings, its network's limits, its template."""

    account: Account
    facts: NetworkFacts
    wording: MessageTemplate


def make_style(account: Account, facts: NetworkFacts, template_text: str) -> AccountStyle:
    """The account with its template compiled, for many messages. Raises ConfigError where the template is broken."""
    where = f"{name_template(account)} (account {account.name})"
    return AccountStyle(account, facts, make_message_template(template_text, where=where))


def compose_message(
    post: Post,
    known: KnownPost,
    style: AccountStyle,
    card: CardRef | None,
    *,
    occasion: Occasion,
    site: Site,
    text: str = "",
    alt: str = "",
    media: str = "",
) -> tuple[Composed, ...]:
    """What an account will say about the post: one part, or several where it threads or replies with the link.

    `text`, `alt` and `media` are a person's own and are taken as they stand.
    """
    override, origin = find_override(post, style.account), trace(post, known, style.account)
    style = _lay_over(style, override)
    style = replace(style, account=replace(style.account, media=media)) if media else style
    placing, notes = _place_link(style)
    if style.account.warning and not style.facts.warns:
        notes += (f"{style.facts.network} has no content warnings: put it into the text, or leave it out for it",)
    link = "" if placing == "none" else make_link(post, style.account, occasion)
    picture, refusal = _attach(card, style, alt or (card.alt if card else "") or post.title)
    is_thumbnail = _media(style) == "card" and bool(link)  # a link card needs a link; else the card is an image
    base = Message(
        text="",
        link=link,
        title=post.title,
        summary="" if post.note else post.summary,
        card=picture if is_thumbnail else None,
        image=None if is_thumbnail else picture,
        language=normalise_language(style.account.language or post.language),
        visibility=style.account.visibility,
        warning=style.account.warning,
        post_id=known.id,
        origin=origin,
        published_at=known.published_at,
        markdown=make_absolute(post.markdown, post.permalink) if style.facts.wants_markdown else "",
    )
    words, leads_there = _mark_link(choose_text(post, override), post.permalink, link)
    draft = Draft(
        wording=style.wording,
        values=make_values(post, known, style.account, site, occasion, has_text=style.wording.has_text),
        text=words,
        link=link if placing == "text" and not leads_there and link not in words else "",
        limits=style.facts.limits,
        # Every server that speaks Mastodon's API adds the content warning to the text (StatusLengthValidator).
        warning=base.warning if style.facts.network == "mastodon" else "",
        with_image=base.image is not None,
    )
    texts = (tidy(text),) if text.strip() else _write(draft, post, style)
    parts = [_measure(draft, base, each, number) for number, each in enumerate(texts, 1)]
    if notes or refusal:
        parts[0] = replace(parts[0], warnings=(*notes, *refusal, *parts[0].warnings))
    return tuple(_move_link_to_reply(draft, parts)) if placing == "reply" and not text.strip() else tuple(parts)


def _write(draft: Draft, post: Post, style: AccountStyle) -> tuple[str, ...]:
    most = style.facts.limits.hashtags
    wanted = style.account.hashtags if most is None else min(style.account.hashtags, most)
    tags = choose_tags(post, draft.text, wanted)
    if whole := find_whole(draft, tags):
        return (whole,)
    threaded = thread_draft(draft, tags) if style.account.thread and style.facts.can_thread else ()
    return threaded or (shorten_draft(draft),)


_FORM = re.compile(r"^https?://(?:www\.)?|(?:/index\.html?)?/?$", re.IGNORECASE)


def _mark_link(words: str, permalink: str, link: str) -> tuple[str, bool]:
    """The words with the account's link where the author wrote the post's address, and whether they lead there.

    Without its last slash, with http or www it is the same address; with parameters of the author's own it stays.
    """
    page, leads = _FORM.sub("", permalink), False
    for found in reversed(find_web_links(words) if link and page in words else ()):
        own = _FORM.sub("", found.url)
        if own == page:
            words = words[: found.start] + link + words[found.end :]
        leads = leads or own == page or (own.startswith(page) and own[len(page) :].startswith(("?", "#", "/?", "/#")))
    return words, leads


def _measure(draft: Draft, base: Message, text: str, part: int) -> Composed:
    """A finished text as a part: the first carries card, image and link, the others text alone."""
    own = base if part == 1 else replace(base, card=None, image=None, link="", warning="", markdown="")
    message = replace(own, text=draft.wording.require_words(text), tags=tuple(tag.name for tag in find_hashtags(text)))
    length, most, excess = draft.count(text), draft.limits.links, draft.find_excess(text)
    notes = [f"the text is too long: {excess}"] if excess else []
    if most is not None and len(find_links(text)) > most:
        notes.append(f"the text has more than {most} links")
    limit = draft.limit
    return Composed(message=message, part=part, count=length, limit=limit, excess=excess, warnings=tuple(notes))


def _move_link_to_reply(draft: Draft, parts: list[Composed]) -> list[Composed]:
    """The link, and the card that belongs to it, as a last part of their own."""
    first = parts[0].message
    reply = replace(first, text=first.link, tags=(), image=None, warning="", markdown="")
    parts[0] = replace(parts[0], message=replace(first, link="", card=None))
    return [*parts, Composed(message=reply, part=len(parts) + 1, count=draft.count(first.link), limit=draft.limit)]


# --- what goes with the text -----------------------------------------------------------------------------------


def _lay_over(style: AccountStyle, override: SocialOverride) -> AccountStyle:
    """The account with what the post itself asks for."""
    asked, account = override.options, style.account
    if not asked:
        return style
    own = replace(
        account,
        link=asked.get("link", account.link),
        media=asked.get("media", account.media),
        visibility=asked.get("visibility", account.visibility),
        warning=asked.get("warning", account.warning),
        language=asked.get("language", account.language),
    )
    return replace(style, account=own)


def _media(style: AccountStyle) -> str:
    return style.account.media or style.facts.media


def wants_card(post: Post, account: Account, facts: NetworkFacts, media: str = "") -> bool:
    """Whether the post's message takes a picture along. `media` is what a person chose for it."""
    asked = media or find_override(post, account).options.get("media") or account.media or facts.media
    return bool(facts.limits.images) and asked != "none"


def _place_link(style: AccountStyle) -> tuple[str, tuple[str, ...]]:
    """Where the link goes, and a note where the network cannot do as asked."""
    asked, network = style.account.link, style.facts.network
    if asked == "card" and _media(style) != "card":
        return "text", (f"{network} makes no link card from us: the link stands in the text",)
    if asked == "reply" and not style.facts.can_thread:
        return "text", (f"{network} takes no replies from us: the link stands in the text",)
    return asked, ()


def _attach(card: CardRef | None, style: AccountStyle, alt: str) -> tuple[Attachment | None, tuple[str, ...]]:
    """The share card, or the post's own picture, as an attachment, or why it cannot be one."""
    limits, network, media = style.facts.limits, style.facts.network, _media(style)
    if card is None or not limits.images or not (media in {"card", "image"} or is_own_picture(media)):
        return None, ()
    if card.media_type not in limits.image_types:
        return None, (f"{network} takes no {card.media_type}: the card is left out",)
    if card.size > limits.image_bytes:
        return None, (f"the card has {card.size} bytes, {network} takes {limits.image_bytes}: it is left out",)
    if media != "card" and not limits.takes_shape(card.width, card.height):
        shape = f"{card.width} by {card.height} pixels"
        return None, (f"{network} takes no picture of {shape}, only {limits.say_shapes()}: it is left out",)
    return Attachment(
        path=card.path,
        media_type=card.media_type,
        alt=fit(alt, limits.fits_alt),
        width=card.width,
        height=card.height,
        url=card.url,
    ), ()
