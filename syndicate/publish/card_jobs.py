"""Which cards a plan wants, each told apart by a fingerprint alone, and what is remembered of those that were drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

import orjson

from syndicate.cards import CardContent, card_key, make_content
from syndicate.model import CardRef, Identified, Post, Settings, fingerprint
from syndicate.pictures import FoundPicture
from syndicate.publish.card_renderer import CardRenderer

AT_ONCE = 32
"""Cards held in memory together."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of one post in one size. It names no address: those move with the site."""

    post_id: str
    slug: str
    frame: str
    """Its size as the settings say it: "1200x630"."""
    fingerprint: str
    """What it was made of: an equal one needs no second thought, and "" is like none."""
    key: str
    """What shapes the picture: with an equal key another fingerprint needs no other picture."""
    path: str
    """Changes with the bytes."""
    media_type: str
    width: int
    height: int
    length: int
    """Bytes."""
    alt: str
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return name_of(self.post_id, self.frame)

    @property
    def stable_path(self) -> str:
        """The path without the hash of the bytes: "cards/a.1f2e3d.jpg" → "cards/a.jpg"."""
        start, _, ending = self.path.rpartition(".")
        return f"{start.rpartition('.')[0]}.{ending}"

    @property
    def paths(self) -> tuple[str, str]:
        return self.path, self.stable_path

    def make_ref(self, root: str) -> CardRef:
        """The card as others link to it; `root` is the public address of the published folder."""
        return CardRef(
            path=self.path,
            url=f"{root}/{quote(self.path)}",
            stable_url=f"{root}/{quote(self.stable_path)}",
            media_type=self.media_type,
            width=self.width,
            height=self.height,
            size=self.length,
            alt=self.alt,
        )

    def render(self) -> str:
        """As the manifest keeps it, beside the fingerprint."""
        return orjson.dumps({name: value for name, value in asdict(self).items() if name != "fingerprint"}).decode()


def parse_card(text: str, made_of: str) -> Card | None:
    """None for what another version wrote."""
    try:
        raw: Mapping[str, object] = orjson.loads(text)
        return Card(**{**raw, "fingerprint": made_of, "warnings": tuple(raw["warnings"])})  # type: ignore[arg-type]
    except (ValueError, TypeError, KeyError):
        return None


def name_of(post_id: str, frame: str) -> str:
    """How the card of a post in a size is called."""
    return f"{post_id} {frame}"


@dataclass(frozen=True, slots=True)
class Job:
    """A card that must exist: of a post, in a size, with what is known of its picture."""

    one: Identified
    frame: str
    picture: FoundPicture
    fingerprint: str

    @property
    def name(self) -> str:
        return name_of(self.one.id, self.frame)

    @property
    def slug(self) -> str:
        return self.one.post.slug

    @property
    def pixels(self) -> tuple[int, int]:
        return parse_frame(self.frame)


class CardJobs:
    """Makes jobs, and says what is asked of one; its words are made only where somebody needs them."""

    def __init__(self, settings: Settings, renderer: CardRenderer) -> None:
        self._settings = settings
        self._renderer = renderer

    def list_jobs(self, posts: Sequence[Identified], found: Mapping[str, FoundPicture]) -> Iterator[Job]:
        """A job for each post in each size; `found` is by picture URL."""
        site, frames = self._settings.site, self._settings.cards.sizes
        house = f"{site.title}\0{site.timezone}\0{site.language}\0{site.authors}"
        common = {frame: f"{self._make_key(CardContent(title=''), '', frame)} {house}" for frame in frames}
        for one in posts:
            picture = found[one.post.picture.url] if one.post.picture else FoundPicture(url="")
            own = f"{_tell(one.post)} {picture.digest}"
            for frame in frames:
                yield Job(one, frame, picture, fingerprint(own, common[frame]))

    def make_words(self, job: Job) -> CardContent:
        """What the card says."""
        return make_content(job.one.post, self._settings.site)

    def make_key(self, job: Job) -> str:
        """What shapes its picture: the slower question, for a post that changed somewhere."""
        return self._make_key(self.make_words(job), job.picture.digest, job.frame)

    def _make_key(self, content: CardContent, picture: str, frame: str) -> str:
        return card_key(
            content,
            design_digest=self._renderer.design_digest,
            fonts_digest=self._renderer.fonts_digest,
            picture=picture,
            size=parse_frame(frame),
        )


def _tell(post: Post) -> str:
    """Everything of a post that a card may show, by its digest and by what that leaves out."""
    picture = (post.picture.focus, post.picture.kind) if post.picture else None
    shown = f"{post.title_code} {post.slug} {post.published_at} {post.reading_minutes} {post.length}"
    return f"{post.digest} {shown} {picture} {post.source}"


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many at once as memory shall hold."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def parse_frame(frame: str) -> tuple[int, int]:
    """ "1200x630" → pixels."""
    width, _, height = frame.partition("x")
    return int(width), int(height)
