"""Every file made of posts, each with a fingerprint that tells whether it must be rendered at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from typing import Any

from syndicate.formats import meta
from syndicate.formats.clean import Clean, Cleaner
from syndicate.model import (
    FEED_FORMATS,
    Account,
    Artefact,
    Cache,
    CardRef,
    Entry,
    Feed,
    Identified,
    Problem,
    Site,
    fingerprint,
    make_problem,
)

HTML = "text/html; charset=utf-8"
_ALTERNATES = re.compile(r"_+alternates", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that can be made. `path` is below the publish root; equal fingerprints, equal bytes, "" where unknown."""

    path: str
    fingerprint: str
    make: Callable[[Cache | None], Artefact] = field(compare=False, repr=False)


def list_documents(feeds: Sequence[Feed]) -> tuple[Document, ...]:
    """Each feed in each of its formats, none rendered yet."""
    clean = Cleaner()
    return tuple(
        Document(
            path,
            fingerprint(_module(form).VERSION, feed.digest) if feed.digest else "",
            partial(_make_feed, feed, form, clean),
        )
        for feed in feeds
        for form, path in feed.paths.items()
    )


def list_meta(
    public: Sequence[Identified],
    cards: Mapping[str, CardRef],
    feeds: Sequence[Feed],
    site: Site,
    accounts: Sequence[Account] = (),
) -> tuple[Document, ...]:
    """meta/<slug>.html of each post, none rendered yet. `cards` is by post id."""
    own = tuple(feed for feed in feeds if not feed.name)
    profiles = [(account.profile, account.enabled) for account in accounts if account.profile]
    alternates = meta.render_alternates(own)
    common = fingerprint(meta.VERSION, site, alternates, profiles)
    documents = []
    for one in public:
        card = cards.get(one.id)
        shown = (one.post.digest, one.known.updated_at, one.post.permalink, one.translations, card)
        made_of = fingerprint(common, *shown)
        path = _meta_path(one.post.slug)
        documents.append(Document(path, made_of, partial(_make_meta, path, one, card, alternates, site, accounts)))
    return tuple(documents)


def _meta_path(slug: str) -> str:
    """meta/<slug>.html; a post called as our own file there, or that with more underscores, has one more."""
    return f"meta/{'_' if _ALTERNATES.fullmatch(slug) else ''}{slug}.html"


def _make_feed(feed: Feed, form: str, clean: Clean, cache: Cache | None) -> Artefact:
    """Entries of archives are not kept: each stands in one, which is rendered when one of its posts changes."""
    problems: list[Problem] = []
    kept = None if feed.is_archive else cache
    data = _module(form).render(
        feed, kept, lambda entry, error: problems.append(_leave_out(entry, form, error)), clean=clean
    )
    return Artefact(feed.paths[form], FEED_FORMATS[form].media_type, data, feed.updated_at, tuple(problems))


def _module(form: str) -> Any:
    return import_module(FEED_FORMATS[form].module)


def _leave_out(entry: Entry, form: str, error: Exception) -> Problem:
    found = make_problem(entry.source or entry.url, error)
    return replace(found, message=f"the post is left out of feeds ({form}): {found.message}")


def _make_meta(  # noqa: PLR0917 - what a page is made of
    path: str,
    one: Identified,
    card: CardRef | None,
    alternates: bytes,
    site: Site,
    accounts: Sequence[Account],
    *_: object,
) -> Artefact:
    return Artefact(path, HTML, meta.render_own(one, card, site, accounts) + alternates, one.known.updated_at)
