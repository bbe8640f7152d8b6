"""Documents from entries that are rendered once and kept.

A rendered entry is the same bytes in every document it stands in, so it is cached under its id together with the
digest it was rendered from; a document is a head, a joint of entries and a tail.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence

from syndicate.containment import contain
from syndicate.formats.clean import Clean, clean_all
from syndicate.model import Cache, Entry

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
    version: str,
    entries: Sequence[Entry],
    cache: Cache | None,
    render: Render,
    tell: Tell,
    *,
    clean: Clean = clean_all,
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
    body = b""
    with contain(lambda error: tell(entry, error)):
        (body,) = render(clean_all([entry]))
    return body


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
