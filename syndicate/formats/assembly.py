"""What every format is given: entries cleaned, rendered once and kept, and joined to documents.

A rendered entry is the same bytes in every document it stands in, so it is cached under its id together with the
digest it was rendered from; a document is a head, a joint of entries and a tail. `clean_feed` and `clean_entry` are
asked once, so that formats need not think of what XML 1.0 forbids or no interchange should carry.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

from syndicate.errors import contain
from syndicate.model import Author, Cache, Category, Credit, Entry, Feed, Picture
from syndicate.text.plain import drop_tags

# --- The last gate before a feed: nothing that XML 1.0 forbids or that no interchange should carry passes it ---

# XML 1.0, production 2 (Char), without the C1 controls and noncharacters it merely discourages (section 2.2).
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_NOT_IN_URL = re.compile(r"[^A-Za-z0-9._~:/?#@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})")
_LONGEST_HOST = 253
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x20]+@[^\s@<>()\[\],;:\"\\]+\.[^\s@<>()\[\],;:\"\\.]+")

# The same in UTF-8, a little too wide: looking for bytes is 30 times faster than asking that class for every letter.
_CONTROLS = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_SUSPECTS = tuple(
    map(re.compile, (rb"\xc2[\x80-\x9f]", rb"\xed[\xa0-\xbf]", rb"\xef\xb7[\x90-\xaf]", rb"\xbf[\xbe\xbf]"))
)


def clean_feed(feed: Feed) -> Feed:
    """What a document says besides its entries."""
    return replace(
        feed,
        title=clean_title(feed.title),
        description=clean_title(feed.description),
        home_url=clean_url(feed.home_url),
        urls=_clean_urls(feed.urls),
        previous=_clean_urls(feed.previous),
        next=_clean_urls(feed.next),
        current=_clean_urls(feed.current),
        language=clean_language(feed.language),
        authors=_clean_authors(feed.authors),
        icon_url=clean_url(feed.icon_url),
        hubs=tuple(map(clean_url, feed.hubs)),
        copyright=clean_title(feed.copyright),
        updated_at=to_utc(feed.updated_at),
    )


def clean_entry(entry: Entry) -> Entry:
    """An entry has a title after this, whatever it had before."""
    return replace(
        entry,
        id=clean_line(entry.id),
        url=clean_url(entry.url),
        title=choose_title(entry),
        summary=clean(entry.summary),
        html=clean(entry.html),
        published_at=to_utc(entry.published_at),
        updated_at=to_utc(entry.updated_at),
        authors=_clean_authors(entry.authors),
        language=clean_language(entry.language),
        translations=tuple((clean_language(language), clean_url(url)) for language, url in entry.translations),
        categories=tuple(Category(clean_line(one.name), clean_line(one.type)) for one in entry.categories),
        tags=tuple(tag for tag in map(clean_line, entry.tags) if tag),
        picture=_clean_picture(entry.picture) if entry.picture else None,
        card=replace(entry.card, url=clean_url(entry.card.url)) if entry.card else None,
        enclosures=tuple(replace(one, url=clean_url(one.url), title=clean_line(one.title)) for one in entry.enclosures),
        external_url=clean_url(entry.external_url),
        generated_by=clean_line(entry.generated_by),
        markdown=clean(entry.markdown),
    )


Clean = Callable[[Sequence[Entry]], list[Entry]]


def clean_all(entries: Sequence[Entry]) -> list[Entry]:
    return [clean_entry(entry) for entry in entries]


class Cleaner:
    """The same, with what was cleaned last kept: an archive is rendered once in each format."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Entry, Entry]] = {}

    def __call__(self, entries: Sequence[Entry]) -> list[Entry]:
        pairs = [(entry, self._kept.get(entry.id)) for entry in entries]
        cleaned = [known[1] if known and known[0] is entry else clean_entry(entry) for entry, known in pairs]
        self._kept = {entry.id: (entry, one) for entry, one in zip(entries, cleaned, strict=True)}
        return cleaned


def _clean_urls(urls: Mapping[str, str]) -> Mapping[str, str]:
    return {form: clean_url(url) for form, url in urls.items()}


def _clean_authors(authors: tuple[Author, ...]) -> tuple[Author, ...]:
    return tuple(
        Author(clean_title(one.name), clean_url(one.url), clean_email(one.email), clean_url(one.avatar))
        for one in authors
    )


def _clean_picture(picture: Picture) -> Picture:
    credit = picture.credit
    credit = Credit(clean_line(credit.text), clean_url(credit.url)) if credit else None
    return replace(picture, url=clean_url(picture.url), alt=clean_line(picture.alt), credit=credit)


def clean(text: str) -> str:
    """The text without forbidden characters, line ends as LF (XML parsers would make them so anyway)."""
    if text.isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("", text) if _is_suspect(text) else text


def clean_line(text: str) -> str:
    """The same on one line: titles, names, addresses."""
    if text.isprintable() and "  " not in text and text == text.strip(" "):  # no other white space is printable
        return text
    return " ".join(clean(text).split())


def clean_url(url: str) -> str:
    """An address as RFC 3986 has it: what must not stand in one is percent-encoded, a host in letters is IDNA."""
    url = clean_line(url)
    if not _NOT_IN_URL.search(url):
        return url
    scheme, sign, rest = url.partition("://")
    if not sign:
        scheme, rest = "", url
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest)) if sign else 0
    path, sharp, place = rest[end:].partition("#")
    return f"{scheme}{sign}{_clean_host(rest[:end])}{_encode(path)}{sharp}{_encode(place.replace('#', '%23'))}"


def _clean_host(host: str) -> str:
    user, sign, name = host.rpartition("@")
    if len(name) > _LONGEST_HOST:
        return _encode(host)
    try:
        return _encode(user) + sign + (name if name.startswith("[") else _encode(name.encode("idna").decode()))
    except UnicodeError:
        return _encode(host)


def _encode(part: str) -> str:
    return _NOT_IN_URL.sub(lambda found: quote(found[0], safe=""), part)


def clean_email(address: str) -> str:
    """An address that mail could be sent to, "" for anything else."""
    return address if _EMAIL.fullmatch(address) else ""


def clean_title(text: str) -> str:
    """A name or title without markup: some readers take it for HTML, others show it as it is."""
    return clean_line(drop_tags(text) if "<" in text or "&" in text else text)


def clean_language(tag: str) -> str:
    """A language tag in the form of BCP 47, "" for anything else."""
    return tag if _LANGUAGE.fullmatch(tag) else ""


def choose_title(entry: Entry) -> str:
    """The title on one line; for a post without one its first words, else its address. Never empty."""
    return clean_line(entry.title) or clean_line(entry.summary)[:80].strip() or clean_url(entry.url)


def to_utc(moment: datetime) -> datetime:
    """The same instant in UTC to the second, as RSS has it: equal instants become equal bytes in every format."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _is_suspect(text: str) -> bool:
    raw = text.encode("utf-8", "surrogatepass")
    has_controls = len(raw.translate(None, _CONTROLS)) < len(raw)
    return has_controls or (not text.isascii() and any(found.search(raw) for found in _SUSPECTS))


# --- Zstandard (RFC 8878), in the standard library from Python 3.14 on ---

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def pack(data: bytes, level: int) -> bytes:
    """The data as one Zstandard frame, the same bytes for the same input."""
    return zstd.compress(data, level=level)


def pack_all(some: Sequence[bytes], level: int) -> list[bytes]:
    """The same of each, for less: what packs is made once."""
    packer = zstd.ZstdCompressor(level=level)
    return [packer.compress(data, mode=packer.FLUSH_FRAME) for data in some]


def unpack(data: bytes) -> bytes:
    """What was packed; b"" for bytes that are not a whole frame."""
    try:
        return zstd.decompress(data)
    except zstd.ZstdError:
        return b""


Tell = Callable[[Entry, Exception], object]
"""What is done with an entry that cannot be rendered."""
Render = Callable[[Sequence[Entry]], list[bytes]]
KIND = "entry"
_BATCH = 100


def collect(
    version: str, entries: Sequence[Entry], cache: Cache | None, render: Render, tell: Tell, *, clean: Clean = clean_all
) -> list[bytes]:
    """The bytes of each entry, from the cache where its digest and our `version` are the same as then.

    An entry that cannot be rendered is told and left out.
    """
    if cache is None or not entries:
        return [body for body in _render_each(entries, render, tell, clean) if body]
    form = version.partition("-")[0]
    keys = [f"{form}:{entry.id}" for entry in entries]
    made_of = [f"{version} {entry.digest}\n".encode("utf-8", "replace") if entry.digest else b"" for entry in entries]
    stored = cache.get_many(KIND, keys)
    bodies = [_open(stored.get(key, b""), one) for key, one in zip(keys, made_of, strict=True)]
    missing = [at for at, body in enumerate(bodies) if not body]
    for at, body in zip(missing, _render_each([entries[at] for at in missing], render, tell, clean), strict=True):
        bodies[at] = body
    lasting = [at for at in missing if made_of[at] and bodies[at]]
    packed = pack_all([bodies[at] for at in lasting], 1)
    cache.put_many(KIND, {keys[at]: made_of[at] + data for at, data in zip(lasting, packed, strict=True)})
    return [body for body in bodies if body]


def _render_each(entries: Sequence[Entry], render: Render, tell: Tell, clean: Clean) -> list[bytes]:
    """All together, which is faster; one by one where that fails, to find out whose fault it is (b"")."""
    bodies: list[bytes] = []
    for batch in _cut(entries):
        rendered: list[bytes] = []
        with contain(lambda _: None):
            rendered = render(clean(batch))
        bodies += rendered if len(rendered) == len(batch) else [_render_one(entry, render, tell) for entry in batch]
    return bodies


def _render_one(entry: Entry, render: Render, tell: Tell) -> bytes:
    with contain(lambda error: tell(entry, error)):
        (body,) = render(clean_all([entry]))
        return body
    return b""


def raise_it(_entry: Entry, error: Exception) -> None:
    """For whoever renders one feed and wants to know."""
    raise error


def _open(stored: bytes, made_of: bytes) -> bytes:
    """The rendered entry behind a fingerprint, b"" where it was rendered from something else."""
    return unpack(stored[len(made_of) :]) if made_of and stored.startswith(made_of) else b""


def _cut(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Batches small enough for one tree in memory."""
    return (entries[at : at + _BATCH] for at in range(0, len(entries), _BATCH))


_PREFIX = re.compile(rb' xmlns:([\w-]+)="')
_USED = re.compile(rb"<([\w-]+):")


def split(document: bytes, tag: str) -> list[bytes]:
    """The elements `tag` of a document. Text is escaped, so the tag's bytes stand nowhere else."""
    elements, end = list[bytes](), f"</{tag}>".encode()
    at = document.find(f"<{tag}".encode())
    while at >= 0 and (closing := document.find(end, at)) >= 0:
        elements.append(document[at : closing + len(end)])
        at = closing + len(end)
    return elements


def join(shell: bytes, entries: Sequence[bytes], closing: bytes) -> bytes:
    """The shell of a document with the entries put in before its `closing` tag, and the namespaces that it uses."""
    head, _, _ = shell.rpartition(closing)
    used = {prefix for part in (head, *entries) for prefix in _USED.findall(part)}
    for prefix in set(_PREFIX.findall(head)) - used:
        head = re.sub(rb' xmlns:%s="[^"]*"' % prefix, b"", head, count=1)
    return b"\n".join([head, *entries, closing, b""])
