"""Cards for a plan: those whose key is known stay, the others are drawn on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from syndicate.cards import CardContent, card_key, card_paths, make_content
from syndicate.http import Client
from syndicate.model import Artefact, Cache, CardRef, Identified, PictureFacts, Plan, Settings
from syndicate.pictures import FoundPicture, find_pictures, read_picture
from syndicate.planning.feeds import list_public
from syndicate.publish.studio import Studio

if TYPE_CHECKING:
    from syndicate.cards.draw import Drawing

_KIND = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of one post in one size, as remembered."""

    post_id: str
    slug: str
    size: str
    key: str
    ref: CardRef
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCards:
    """All cards of a plan: those drawn now as artefacts, all of them as references."""

    artefacts: tuple[Artefact, ...] = ()
    cards: tuple[Card, ...] = ()
    warnings: tuple[str, ...] = ()
    pictures: Mapping[str, PictureFacts] = field(default_factory=dict)
    """By picture URL."""
    retry_at: datetime | None = None
    main_size: str = ""

    @property
    def count(self) -> int:
        return len(self.artefacts) // 2

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(path for card in self.cards for path in (card.ref.path, _stable_path(card)))

    @property
    def refs(self) -> Mapping[str, CardRef]:
        """The share card of each post, by post id."""
        return {card.post_id: card.ref for card in self.cards if card.size == self.main_size}


class Drawer:
    """Draws what is missing. `fonts` and `design` are made on the first card, never when all are known."""

    def __init__(
        self,
        settings: Settings,
        cache: Cache,
        studio: Studio,
        *,
        http: Client | None,
        list_paths: Callable[[], frozenset[str]],
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._studio = studio
        self._http = http
        self._list_paths = list_paths
        self._main = settings.cards.sizes[0]

    def list_drawn(self) -> Mapping[str, CardRef]:
        """The share cards that exist, by post id."""
        return {card.post_id: card.ref for card in self._recall().values() if card.size == self._main}

    def list_known(self, plan: Plan) -> DrawnCards:
        """The cards of the plan's posts that exist already."""
        known = self._recall()
        wanted = [known.get(_name(one.id, size)) for one in self._posts(plan) for size in self._settings.cards.sizes]
        return DrawnCards(cards=tuple(card for card in wanted if card), main_size=self._main)

    def draw(self, plan: Plan, progress: Callable[[int, int], None]) -> DrawnCards:
        """Every card of the plan; draws those whose key or file is new."""
        posts = self._posts(plan)
        found = self._find_pictures(posts, plan.now)
        jobs = list(self._list_jobs(posts, found))
        known, present = self._recall(), self._list_paths()
        missing = [job for job in jobs if not _is_known(job, known.get(job.name), present)]
        made = dict(self._draw_all(missing, progress))
        fresh = {name: card for name, (card, _) in made.items()}
        self._cache.put_many(_KIND, {name: _render(card) for name, card in fresh.items()})
        cards = tuple((known | fresh)[job.name] for job in jobs)
        return DrawnCards(
            artefacts=tuple(artefact for _, files in made.values() for artefact in files),
            cards=cards,
            warnings=tuple(sorted({line for card in cards for line in card.warnings} | _reasons(jobs))),
            pictures={url: one.facts for url, one in found.items()},
            retry_at=min((one.retry_at for one in found.values() if one.retry_at), default=None),
            main_size=self._main,
        )

    def sketch(self, plan: Plan) -> list[tuple[CardContent, Drawing]]:
        """Every card of the plan in its main size, drawn anew and not kept."""
        posts = self._posts(plan)
        jobs = [job for job in self._list_jobs(posts, self._find_pictures(posts, plan.now)) if job.size == self._main]
        self._studio.open("".join(sorted(set().union(*(_words(job.content) for job in jobs)))))
        draw, cache = self._studio.draw, self._cache
        return [(job.content, draw(job.content, read_picture(job.picture, cache), _pixels(job.size))) for job in jobs]

    def forget(self, post_ids: Iterable[str]) -> None:
        """Have the cards of these posts drawn anew."""
        self._cache.drop(_KIND, [_name(number, size) for number in post_ids for size in self._settings.cards.sizes])

    def _posts(self, plan: Plan) -> list[Identified]:
        return list_public(plan.identified, plan.now)

    def _find_pictures(self, posts: Sequence[Identified], now: datetime) -> Mapping[str, FoundPicture]:
        """By picture URL; several posts may share one picture."""
        pictures = [one.post.picture for one in posts if one.post.picture]
        return find_pictures(pictures, http=self._http, cache=self._cache, now=now)

    def _list_jobs(self, posts: Sequence[Identified], found: Mapping[str, FoundPicture]) -> Iterator[_Job]:
        studio = self._studio
        for one in posts:
            content = make_content(one.post, self._settings.site)
            picture = found[one.post.picture.url] if one.post.picture else FoundPicture(url="")
            for size in self._settings.cards.sizes:
                pixels = _pixels(size)
                key = card_key(
                    content,
                    design_digest=studio.design_digest,
                    fonts_digest=studio.fonts_digest,
                    picture=picture.digest,
                    size=pixels,
                )
                yield _Job(one.id, one.post.slug, size, key, content, picture)

    def _draw_all(self, jobs: list[_Job], progress: Callable[[int, int], None]) -> Iterator[tuple[str, _Made]]:
        """Pillow and HarfBuzz let go of the interpreter while they work, so threads use all cores."""
        if not jobs:
            return
        self._studio.open("".join(sorted(set().union(*(_words(job.content) for job in jobs)))))
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="card") as pool:
            for done, (job, made) in enumerate(zip(jobs, pool.map(self._draw, jobs), strict=True), 1):
                progress(done, len(jobs))
                yield job.name, made

    def _draw(self, job: _Job) -> _Made:
        drawing = self._studio.draw(job.content, read_picture(job.picture, self._cache), _pixels(job.size))
        suffix = "" if job.size == self._main else job.size
        path, stable = card_paths(job.slug, drawing.data, drawing.media_type, suffix)
        card = Card(
            post_id=job.post_id,
            slug=job.slug,
            size=job.size,
            key=job.key,
            ref=self._make_ref(drawing, path, stable),
            warnings=_describe(drawing, job.content),
        )
        return card, tuple(Artefact(name, drawing.media_type, drawing.data) for name in (path, stable))

    def _make_ref(self, drawing: Drawing, path: str, stable: str) -> CardRef:
        root = self._settings.site.feeds_url
        return CardRef(
            path=path,
            url=f"{root}/{quote(path)}",
            stable_url=f"{root}/{quote(stable)}",
            media_type=drawing.media_type,
            width=drawing.width,
            height=drawing.height,
            size=len(drawing.data),
            alt=drawing.alt,
        )

    def _recall(self) -> dict[str, Card]:
        return {name: _parse(data) for name, data in self._cache.get_all(_KIND).items()}


@dataclass(frozen=True, slots=True)
class _Job:
    post_id: str
    slug: str
    size: str
    key: str
    content: CardContent
    picture: FoundPicture

    @property
    def name(self) -> str:
        return _name(self.post_id, self.size)


_Made = tuple[Card, tuple[Artefact, ...]]


def _is_known(job: _Job, card: Card | None, present: frozenset[str]) -> bool:
    """Whether the card of before is still right: same key, same place, and its files are there."""
    if card is None or card.key != job.key or card.slug != job.slug:
        return False
    return card.ref.path in present and _stable_path(card) in present


def _stable_path(card: Card) -> str:
    """The path without the hash of the bytes: "cards/a.1f2e3d.jpg" → "cards/a.jpg"."""
    start, _, ending = card.ref.path.rpartition(".")
    return f"{start.rpartition('.')[0]}.{ending}"


def _words(content: CardContent) -> set[str]:
    """The characters a card writes."""
    return set().union(content.title, content.category, content.author, content.date, content.reading, content.site)


def _name(post_id: str, size: str) -> str:
    return f"{post_id} {size}"


def _pixels(size: str) -> tuple[int, int]:
    width, _, height = size.partition("x")
    return int(width), int(height)


def _reasons(jobs: Sequence[_Job]) -> set[str]:
    """Why a card has no picture, each line naming the post."""
    return {f"{job.content.source}: {job.picture.url}: {job.picture.reason}" for job in jobs if job.picture.reason}


def _describe(drawing: Drawing, content: CardContent) -> tuple[str, ...]:
    """What a person should know about a card, each line naming the post."""
    refused = [f"the picture cannot be used: {drawing.refused}"] if drawing.refused else []
    missing = [
        f'no installed font has "{item.cluster}"' + (f"; pip install '{item.package}'" if item.package else "")
        for item in drawing.missing
    ]
    return tuple(f"{content.source}: {line}" for line in (*refused, *missing))


def _render(card: Card) -> bytes:
    return orjson.dumps(asdict(card))


def _parse(data: bytes) -> Card:
    raw = orjson.loads(data)
    ref, warnings = CardRef(**raw.pop("ref")), tuple(raw.pop("warnings"))
    return Card(**raw, ref=ref, warnings=warnings)
