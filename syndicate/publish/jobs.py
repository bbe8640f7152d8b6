"""Which cards a plan wants, each told apart by digests alone; its words are made only where somebody needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from syndicate.cards import CardContent, card_key, make_content
from syndicate.http import Client
from syndicate.model import Cache, Identified, Post, Settings
from syndicate.pictures import Describe, FoundPicture, find_pictures
from syndicate.publish.card_renderer import Studio
from syndicate.publish.cards import name_of

AT_ONCE = 32
"""Cards held in memory together."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Job:
    """A card that must exist: of a post, in a size, with what is known of its picture."""

    one: Identified
    frame: str
    picture: FoundPicture
    seal: str
    """Equal seals, equal cards."""

    @property
    def name(self) -> str:
        return name_of(self.one.id, self.frame)

    @property
    def slug(self) -> str:
        return self.one.post.slug

    @property
    def pixels(self) -> tuple[int, int]:
        return parse_frame(self.frame)


class Orders:
    """Makes jobs, and what is asked of one."""

    def __init__(self, settings: Settings, studio: Studio) -> None:
        self._settings = settings
        self._studio = studio

    def list_jobs(self, posts: Sequence[Identified], found: Mapping[str, FoundPicture]) -> Iterator[Job]:
        """A job for each post in each size; `found` is by picture URL."""
        site, frames = self._settings.site, self._settings.cards.sizes
        house = f"{site.title}\0{site.timezone}\0{site.language}\0{site.authors}"
        common = {frame: f"{self._make_key(CardContent(title=''), '', frame)} {house}" for frame in frames}
        for one in posts:
            picture = found[one.post.picture.url] if one.post.picture else FoundPicture(url="")
            own = f"{_tell(one.post)} {picture.digest}"
            for frame in frames:
                seal = blake2b(f"{own} {common[frame]}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
                yield Job(one, frame, picture, seal)

    def make_words(self, job: Job) -> CardContent:
        """What the card says."""
        return make_content(job.one.post, self._settings.site)

    def make_key(self, job: Job) -> str:
        """What shapes its picture: the slower question, for a post that changed somewhere."""
        return self._make_key(self.make_words(job), job.picture.digest, job.frame)

    def _make_key(self, content: CardContent, picture: str, frame: str) -> str:
        studio = self._studio
        return card_key(
            content,
            design_digest=studio.design_digest,
            fonts_digest=studio.fonts_digest,
            picture=picture,
            size=parse_frame(frame),
        )


def _tell(post: Post) -> str:
    """Everything of a post that a card may show, by its digest and by what that leaves out."""
    focus = post.picture.focus if post.picture else None
    return f"{post.digest} {post.slug} {post.published_at} {post.reading_minutes} {post.length} {focus} {post.source}"


def look_for_pictures(
    posts: Sequence[Identified], *, http: Client | None, cache: Cache, now: datetime, describe: Describe
) -> Mapping[str, FoundPicture]:
    """What is known of the posts' pictures, by URL; several posts may share one."""
    pictures = (one.post.picture for one in posts if one.post.picture)
    return find_pictures(pictures, http=http, cache=cache, now=now, describe=describe)


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many at once as memory shall hold."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def parse_frame(frame: str) -> tuple[int, int]:
    """ "1200x630" → pixels."""
    width, _, height = frame.partition("x")
    return int(width), int(height)
