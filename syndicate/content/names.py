"""Our field names and what other generators and people call them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

# Hugo, Jekyll (with Minimal Mistakes and Chirpy), Eleventy, Astro (with AstroPaper), Next.js, Gatsby, Ghost
# exports, dev.to. Compared without case, "_", "-" and spaces, so "pubDate" is "pub_date" too. The first that
# has a value counts.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "headline"),
    "date": (
        "date", "pubDate", "publishDate", "publishedAt", "datePublished", "publishedOn", "dateCreated", "created",
        "createdAt", "published",
    ),
    "updated": (
        "updated", "lastmod", "updatedDate", "updatedAt", "lastUpdated", "modified", "modifiedAt", "dateModified",
        "lastModified", "lastModifiedAt", "modDate", "modDatetime",
    ),
    "slug": ("slug",),
    "excerpt": ("excerpt", "summary", "teaser", "abstract"),
    "metaDescription": ("metaDescription", "description", "desc", "seo.description"),
    "category": ("category",),
    "categories": ("categories",),
    "keywords": ("keywords",),
    "tags": ("tags", "tag"),
    "status": ("status",),
    "draft": ("draft", "isDraft"),
    "image": (
        "image", "cover", "coverImage", "heroImage", "featuredImage", "featureImage", "thumbnail", "banner", "ogImage",
        "socialImage", "header.image", "header.overlay_image", "header.teaser", "images",
    ),
    "imageAlt": ("imageAlt", "coverAlt", "coverImageAlt", "heroImageAlt", "featuredImageAlt", "heroAlt", "alt"),
    "imageCredit": ("imageCredit", "photoCredit", "coverCredit", "imageAttribution", "coverImageCredit"),
    "imageKind": ("imageKind", "pictureKind", "coverKind"),
    "focus": ("focus", "imageFocus", "focalPoint"),
    "author": ("author", "authors", "byline"),
    "language": ("language", "lang", "locale"),
    "permalink": ("permalink", "url"),
    "externalUrl": ("externalUrl", "externalLink", "link", "linkUrl"),
    "id": ("id", "guid"),
    "readingTime": ("readingTime", "readTime", "timeToRead"),
    "socialShare": ("socialShare", "socialText", "shareText"),
    "social": ("social",),
    "syndication": ("syndication", "syndicationLinks", "alsoOn"),
    "generatedBy": ("generatedBy", "aiGenerated", "aiModel"),
}  # fmt: skip


@lru_cache(maxsize=1000)
def simplify(name: str) -> str:
    """The name as it is compared."""
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


SIMPLE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    ours: tuple(simplify(name) for name in names) for ours, names in NAMES.items()
}
