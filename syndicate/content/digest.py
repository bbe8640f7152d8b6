"""The digest of all that a reader can see of a post."""

from __future__ import annotations

from hashlib import sha256

import orjson

from syndicate.model import Post


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
