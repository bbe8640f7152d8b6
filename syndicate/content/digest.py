"""Digests of a post: of what its author wrote, which tells who it is and whether it was edited, and of what a reader
sees of it, which a new version of the program may render otherwise."""

from __future__ import annotations

from hashlib import blake2b, sha256

import orjson

from syndicate.content.fields import Fields
from syndicate.model import Post

# The fields that a reader gets to see, as the digest of what is rendered has them.
_SEEN = (
    "title", "excerpt", "metaDescription", "author", "category", "categories", "keywords", "tags", "language",
    "externalUrl", "generatedBy", "image", "imageAlt", "imageCredit",
)  # fmt: skip


def digest_body(body: str) -> str:
    """The source digest: of the body as written, whatever becomes of it. Space around it is no part of it."""
    return blake2b(body.strip().encode("utf-8", "replace"), digest_size=16).hexdigest()


def digest_fields(fields: Fields) -> str:
    """Of the fields that a reader sees, as written."""
    values = [fields.find(name)[1] for name in _SEEN]
    return blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).hexdigest()


def digest_of(post: Post, site_url: str) -> str:
    """SHA-256 (hex). The site's address and the permalink are left out: a moved site is no changed post."""
    picture = post.picture
    seen = [
        post.title,
        post.summary,
        post.html,
        [[author.name, author.url, author.email] for author in post.authors],
        [[category.name, category.type] for category in post.categories],
        post.keywords,
        post.language,
        post.external_url,
        post.generated_by,
        [picture.url, picture.alt, picture.credit.text, picture.credit.url] if picture and picture.credit
        else [picture.url, picture.alt] if picture else [],
    ]  # fmt: skip
    data = orjson.dumps(seen).replace(post.permalink.encode(), b"\0p").replace(site_url.encode(), b"\0s")
    return sha256(data).hexdigest()
