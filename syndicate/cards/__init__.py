"""Share cards: words, a design, fonts and a picture's bytes in, a finished JPEG or PNG out. Pure, safe in threads.

Light, for deciding whether anything must be drawn (this file: what a card says, and the key of its picture):

    content = make_content(post, site)
    design  = digest_design(rules, {name: toml}, logo)      the files are list_layout_names(rules)
    key     = card_key(content, design_digest=…, fonts_digest=fonts.digest, picture=digest or "", size=(1200, 630))
    paths   = card_paths(slug, drawing.data, drawing.media_type)

Heavy, imported only when something is drawn (Pillow and HarfBuzz take a fifth of a second to load):

    syndicate.cards.parse.parse_design(rules, {name: toml}, logo=bytes) → Design              once
    syndicate.cards.draw.draw_card(content, design=…, fonts=…, photo=bytes or None, size=…) → Drawing
    syndicate.cards.check.check_drawing(content, drawing, rules) → Problems, for `cards --check`
    syndicate.cards.check.render_sheet(cards, template) → bytes, for `cards --sheet`
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib

# ruff: noqa: RUF001, PLC0415 - words in many scripts are the point; Babel is slow to load, and few cards are drawn
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from PIL import __version__ as pillow_version

from syndicate.model import CardRules, Post, Site
from syndicate.text.plain import shorten

if TYPE_CHECKING:
    from babel import Locale

# --- a day and a reading time in the words of the post's language ---

_NARROW_SPACE, _NO_BREAK_SPACE = "\u202f", "\u00a0"
"""Few fonts draw the narrow one."""
BUDDHIST_ERA = 543
"""Years that Thailand is ahead; CLDR's dates for it are Gregorian unless asked for by this number."""

READING: Mapping[str, str] = {
    "en": "{count} min read",
    "de": "{count} Min. Lesezeit",
    "fr": "{count} min de lecture",
    "es": "{count} min de lectura",
    "pt": "{count} min de leitura",
    "it": "{count} min di lettura",
    "nl": "{count} min lezen",
    "sv": "{count} min läsning",
    "da": "{count} min. læsning",
    "nb": "{count} min lesing",
    "fi": "{count} min lukuaika",
    "pl": "{count} min czytania",
    "cs": "{count} min čtení",
    "ru": "{count} мин чтения",
    "uk": "{count} хв читання",
    "el": "{count} λεπτά",
    "tr": "{count} dk okuma",
    "id": "{count} menit baca",
    "vi": "{count} phút đọc",
    "ar": "{count} د قراءة",
    "he": "{count} דק׳ קריאה",
    "hi": "{count} मिनट",
    "th": "อ่าน {count} นาที",
    "ja": "{count}分で読めます",
    "zh": "{count} 分钟阅读",
    "zh_Hant": "{count} 分鐘閱讀",
    "ko": "{count}분 읽기",
}
_OTHER_NAMES = {"en": "en-001", "no": "nb", "nn": "nb", "iw": "he", "in": "id"}
"""Plain English writes the day first, as most of the world does; "en-US" is taken at its word."""


@cache
def find_locale(language: str) -> Locale | None:
    """The nearest locale to a BCP 47 tag, None for a language that CLDR does not know."""
    from babel import Locale, UnknownLocaleError

    parts = language.replace("_", "-").split("-")
    for size in range(len(parts), 0, -1):
        tag = "-".join(parts[:size])
        try:
            return Locale.parse(_OTHER_NAMES.get(tag.lower(), tag), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def format_date(day: date, language: str) -> str:
    """ "18 March 2025", "2025年3月18日", or "2025-03-18" for a language nobody knows."""
    from babel.dates import format_date as format_in_locale

    locale = find_locale(language)
    if locale is None:
        return day.isoformat()
    if locale.language == "th":
        return f"{format_in_locale(day, 'd MMMM', locale=locale)} {day.year + BUDDHIST_ERA}"
    return format_in_locale(day, "long", locale=locale).replace(_NARROW_SPACE, _NO_BREAK_SPACE)


def format_minutes(count: int, language: str) -> str:
    """ "6 min read" in the language's words, empty for no time at all."""
    locale = find_locale(language)
    names = (f"{locale.language}_{locale.script}", locale.language) if locale else ()
    words = next((READING[name] for name in names if name in READING), "{count} min")
    return words.format(count=count) if count > 0 else ""


SHORT_POST = 280
"""A post without a title, or of no more characters than this, is a note, and is shown as a quotation."""
QUOTED = 160
"""Characters of a note that its card shows instead of a title."""

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent:
    """The words of one card. Every field but `title` may be empty; all text is one line."""

    title: str
    category: str = ""
    author: str = ""
    date: str = ""
    reading: str = ""
    site: str = ""
    summary: str = ""
    host: str = ""
    """Where a link post points, without "www."."""
    language: str = "en"
    direction: str = "ltr"
    """"ltr" or "rtl": which way the whole grid runs."""
    seed: str = ""
    """What makes the card's chance: the slug."""
    alt: str = ""
    """Its words, for people who do not see the card; `make_alt` adds what its picture shows."""
    source: str = ""
    """The post's file, so that a warning can name it."""
    has_picture: bool = False
    picture_alt: str = ""
    picture_kind: str = ""
    """"photo", "text" or "logo" where the author says so."""
    code: tuple[str, ...] = ()
    """Words of the title that are code, in their order."""
    focus: tuple[float, float] | None = None
    is_short: bool = False
    """A note or a link post: the text itself is the post."""


def make_content(post: Post, site: Site) -> CardContent:
    """The words of a post's card: pure, and equal posts give equal words."""
    language = post.language or site.language or "en"
    picture = post.picture
    authors = post.authors or site.authors
    title = _one_line(shorten(post.note, QUOTED) if post.note else post.title)
    return CardContent(
        title=title,
        category=_one_line(post.categories[0].name) if post.categories else "",
        author=_one_line(authors[0].name) if authors else "",
        date=_date(post, site, language),
        reading=format_minutes(post.reading_minutes, language),
        site=_one_line(site.title),
        summary=_one_line(post.summary),
        host=_host(post.external_url),
        language=language,
        direction=find_direction(language, title),
        seed=post.slug,
        alt=f"{title} · {_one_line(site.title)}" if site.title else title,
        source=post.source,
        has_picture=picture is not None,
        picture_alt=_one_line(picture.alt) if picture else "",
        focus=picture.focus if picture else None,
        picture_kind=picture.kind if picture else "",
        code=tuple(map(_one_line, post.title_code)),
        is_short=bool(post.external_url) or _is_note(post),
    )


def find_direction(language: str, title: str) -> str:
    """ "rtl" or "ltr": the title's first letter decides (UAX 9, rule P2), else the language."""
    for character in title:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "rtl" if language.lower().split("-")[0] in RIGHT_TO_LEFT else "ltr"


def _date(post: Post, site: Site, language: str) -> str:
    if post.published_at is None:
        return ""
    return format_date(post.published_at.astimezone(ZoneInfo(site.timezone)).date(), language)


def make_alt(content: CardContent, *, is_pictured: bool) -> str:
    """What the card shows, for people who do not see it: its words, then the picture where it has one."""
    seen = content.picture_alt if is_pictured and content.picture_alt != content.title else ""
    return f"{content.alt}. {seen}" if seen else content.alt


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _is_note(post: Post) -> bool:
    return post.picture is None and (bool(post.note) or 0 < post.length <= SHORT_POST)


def _one_line(text: str) -> str:
    """Without line breaks, tabs and runs of spaces; a no-break space stays what it is. Ligatures that came out of a PDF
    are letters again, since few fonts have those, nothing turns letters round that are read the other way, and the
    blanks among Korean letters, which some fonts draw, are spaces."""
    return re.sub(r"[ \t\r\n]+", " ", text.translate(_PLAIN)).strip()


_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_PLAIN = {**_LIGATURES, 0x202D: "", 0x202E: "", 0x3164: " ", 0xFFA0: " "}


# --- The key of a card ---
# SHA-256 over everything that shapes its picture. Equal keys, equal bytes: no need to draw.

SHIPPED = ("cover", "side", "split", "framed", "emblem", "band", "type", "poster", "quote")

DRAWN_BY = f"cards-8 pillow-{pillow_version} zlib-{zlib.ZLIB_RUNTIME_VERSION}"
"""Raised whenever our own drawing changes, so that a new release draws all cards anew, once."""

ONLY_JPEG = "only jpeg"
"""A format beside those of the settings: flat cards as JPEG too, for networks that take nothing else."""

_ENDS_AS_OURS = re.compile(r"\.(?:\d+x\d+|photo(?:-[0-9a-f]{8})?|[0-9a-f]{10})_*\Z", re.IGNORECASE)
_ENDINGS: Mapping[str, str] = {"image/png": "png", "image/jpeg": "jpg"}


def list_layout_names(rules: CardRules) -> tuple[str, ...]:
    """Names of the layout files a site needs: ours, and its own."""
    own = () if rules.layout in {"auto", *SHIPPED} else (rules.layout,)
    return SHIPPED + own


def digest_design(rules: CardRules, files: Mapping[str, str], logo: bytes = b"", logo_dark: bytes = b"") -> str:
    """What identifies a site's design, without parsing it: its rules, its layout files and its logo."""
    parts = [rules.layout, rules.theme, rules.font, rules.accent, rules.format, str(rules.max_bytes)]
    parts += [f"{name}={text}" for name, text in sorted(files.items())]
    return hashlib.sha256("\x1e".join(parts).encode() + b"\x1e" + logo + b"\x1e" + logo_dark).hexdigest()


def card_key(
    content: CardContent,
    *,
    design_digest: str,
    fonts_digest: str,
    picture: str,
    size: tuple[int, int],
) -> str:
    """The key as hex. `picture` is what identifies the photo's bytes (their digest), "" for none."""
    words = "\x1f".join(map(str, astuple(content)))
    parts = (DRAWN_BY, words, design_digest, fonts_digest, picture, f"{size[0]}x{size[1]}")
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()


def card_paths(slug: str, data: bytes, media_type: str, suffix: str = "") -> tuple[str, str]:
    """Two paths below the publish root: one that changes with the bytes, one that never changes.

    Networks cache pictures by address for weeks, so a link always names the first. `suffix` tells sizes apart
    ("1080x1080", "photo" and "photo-1f2e3d4c" for a post's own pictures), "" for the main one. A slug that ends as such
    names do gets a "_" behind it, and one more where it ends in that already, so that no two slugs ever share a name.
    """
    name = f"{slug}_" if _ENDS_AS_OURS.search(slug) else slug
    name = f"{name}.{suffix}" if suffix else name
    return path_by_digest(name, data, _ENDINGS[media_type]), f"cards/{name}.{_ENDINGS[media_type]}"


def path_by_digest(name: str, data: bytes, ending: str) -> str:
    """The path of a card that names its own bytes; `name` is that of the path which never changes."""
    return f"cards/{name}.{hashlib.sha256(data).hexdigest()[:10]}.{ending}"
