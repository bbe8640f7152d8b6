"""Documents from entries that are rendered once and kept.

A rendered entry is the same bytes in every document it stands in, so it is cached under its id together with the
digest it was rendered from; a document is a head, a joint of entries and a tail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syndicate.model import Cache, Entry

KIND = "entry"


def collect(
    form: str,
    version: str,
    entries: Sequence[Entry],
    cache: Cache | None,
    render: Callable[[Sequence[Entry]], list[bytes]],
) -> list[bytes]:
    """The bytes of each entry, from the cache where its digest and our `version` are the same as then."""
    if cache is None:
        return render(entries)
    keys = [f"{form}:{entry.id}" for entry in entries]
    stamps = [f"{version} {entry.digest}\n".encode("utf-8", "replace") for entry in entries]
    stored = cache.get_many(KIND, keys)
    known = [stored.get(key, b"") for key in keys]
    stale = [at for at, entry in enumerate(entries) if not entry.digest or not known[at].startswith(stamps[at])]
    fresh = dict(zip(stale, render([entries[at] for at in stale]) if stale else [], strict=True))
    keep = {keys[at]: stamps[at] + body for at, body in fresh.items() if entries[at].digest}
    if keep:
        cache.put_many(KIND, keep)
    return [fresh[at] if at in fresh else known[at][len(stamps[at]) :] for at in range(len(entries))]


def split(document: bytes, tag: str) -> list[bytes]:
    """The elements `tag` of a document. Text is escaped, so the tag's bytes stand nowhere else."""
    start, end = document.find(f"<{tag}".encode()), f"</{tag}>".encode()
    if start < 0:
        return []
    *elements, _ = document[start:].split(end)
    return [element + end for element in elements]


def join(shell: bytes, entries: Sequence[bytes], closing: bytes) -> bytes:
    """The shell of a document with the entries put in before its `closing` tag."""
    head, _, _ = shell.rpartition(closing)
    return b"\n".join([head, *entries, closing]) + b"\n"
