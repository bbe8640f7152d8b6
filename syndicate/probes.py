"""`doctor --online`: fetch the published feeds as a reader would, and judge what comes back.

Two requests per document: one plain, one with the validators of the first. Judging is pure, so every rule has a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from syndicate.errors import FetchError
from syndicate.http import Client, Response
from syndicate.model import FEED_FORMATS

_ACCEPT = ", ".join((*(one.media_type for one in FEED_FORMATS.values()), "application/xml;q=0.9", "*/*;q=0.8"))


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader would notice. `is_problem` marks what keeps readers out; the rest only costs traffic."""

    text: str
    is_problem: bool = False


def probe_feed(client: Client, url: str, form: str, published: bytes | None) -> tuple[Remark, ...]:
    """Everything a reader would notice about one feed document; empty when all is well.

    `form` is one of FEED_FORMATS; `published` are the bytes of the last publication, None where unknown.
    """
    try:
        first = client.fetch(url, headers={"Accept": _ACCEPT, "Origin": "https://reader.invalid"})
        validators = _list_validators(first)
        second = client.fetch(url, headers={"Accept": _ACCEPT} | validators) if validators else None
    except FetchError as error:
        return (Remark(str(error), is_problem=True),)
    return judge(url, form, published, first, second)


def judge(url: str, form: str, published: bytes | None, first: Response, second: Response | None) -> tuple[Remark, ...]:
    """The remarks on a plain answer and a conditional one. Pure."""
    if first.status != 200:
        return (Remark(f"answers {first.status} instead of the feed", is_problem=True),)
    found = [
        _judge_bytes(first, published),
        _judge_type(first, form),
        _judge_address(first, url),
        _judge_conditional(second),
        *_judge_manners(first),
    ]
    return tuple(remark for remark in found if remark is not None)


def _list_validators(answer: Response) -> dict[str, str]:
    given = {"If-None-Match": answer.headers.get("etag"), "If-Modified-Since": answer.headers.get("last-modified")}
    return {name: value for name, value in given.items() if value}


def _judge_bytes(first: Response, published: bytes | None) -> Remark | None:
    if published is None or sha256(first.body).digest() == sha256(published).digest():
        return None
    return Remark(
        "answers with other bytes than the last publication; is it uploaded, does a cache hold it?", is_problem=True
    )


def _judge_type(first: Response, form: str) -> Remark | None:
    kind = first.headers.get("content-type", "").partition(";")[0].strip().lower()
    known = FEED_FORMATS[form]
    if kind in (known.media_type, *known.also_served_as):
        return None
    says = f'says it is "{kind}"' if kind else "does not say what it is"
    return Remark(f"{says} instead of {known.media_type}; some readers will refuse it", is_problem=kind == "text/html")


def _judge_address(first: Response, url: str) -> Remark | None:
    return None if first.url == url else Remark(f"leads on to {first.url}; name that address as feeds_url")


def _judge_conditional(second: Response | None) -> Remark | None:
    if second is None:
        return Remark("has neither ETag nor Last-Modified: every reader fetches everything each time")
    if second.status == 304:
        return None
    return Remark(f"answers {second.status} instead of 304 to its own validators: readers fetch everything each time")


def _judge_manners(first: Response) -> tuple[Remark | None, ...]:
    is_packed = first.headers.get("content-encoding", "") in {"gzip", "br", "zstd", "deflate"}
    is_open = first.headers.get("access-control-allow-origin") in {"*", "https://reader.invalid"}
    return (
        None if is_packed or len(first.body) < 1_500 else Remark("is sent uncompressed, about four times too large"),
        None if is_open else Remark("has no Access-Control-Allow-Origin: readers that run in browsers cannot see it"),
        None if "cache-control" in first.headers else Remark("has no Cache-Control: caches guess how old it may get"),
    )
