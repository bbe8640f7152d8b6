"""Documents from entries that are rendered once and kept.

A rendered entry is the same bytes in every document it stands in, so it is cached under its id together with the
digest it was rendered from; a document is a head, a joint of entries and a tail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from syndicate.formats.packing import pack_all, unpack
from syndicate.model import Cache, Entry

KIND = "entry"
_BATCH = 100


def collect(
    form: str,
    version: str,
    entries: Sequence[Entry],
    cache: Cache | None,
    render: Callable[[Sequence[Entry]], list[bytes]],
) -> list[bytes]:
    """The bytes of each entry, from the cache where its digest and our `version` are the same as then."""
    if cache is None or not entries:
        return render(entries)
    keys = [f"{form}:{entry.id}" for entry in entries]
    seals = [f"{version} {entry.digest}\n".encode("utf-8", "replace") if entry.digest else b"" for entry in entries]
    stored = cache.get_many(KIND, keys)
    bodies = [_open(stored.get(key, b""), seal) for key, seal in zip(keys, seals, strict=True)]
    missing = [at for at, body in enumerate(bodies) if not body]
    for at, body in zip(missing, render([entries[at] for at in missing]) if missing else [], strict=True):
        bodies[at] = body
    lasting = [at for at in missing if seals[at]]
    packed = pack_all([bodies[at] for at in lasting], 1)
    cache.put_many(KIND, {keys[at]: seals[at] + data for at, data in zip(lasting, packed, strict=True)})
    return bodies


def _open(stored: bytes, seal: bytes) -> bytes:
    """The rendered entry behind a seal, b"" where it was rendered from something else."""
    return unpack(stored[len(seal) :]) if seal and stored.startswith(seal) else b""


def cut(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Batches small enough for one tree in memory."""
    return (entries[at : at + _BATCH] for at in range(0, len(entries), _BATCH))


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
