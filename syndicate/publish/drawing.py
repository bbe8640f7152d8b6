"""Cards for a plan: those that are known stay, the others are drawn on all cores and written as they come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from syndicate.cards import CardContent, card_paths
from syndicate.errors import ConfigError, SyndicateError, contain
from syndicate.model import (
    Artefact,
    CardRef,
    Identified,
    Limits,
    PictureFacts,
    Plan,
    Problem,
    make_problem,
)
from syndicate.pictures import FoundPicture, find_pictures, read_picture
from syndicate.planning.feeds import list_public
from syndicate.processes import count_cores
from syndicate.publish import Site
from syndicate.publish.card_renderer import AT_ONCE, CardRenderer, Draw, Job, batches, open_renderers, suit_networks
from syndicate.publish.manifest import Card, Manifest, name_of, refer_cards
from syndicate.publish.own_pictures import OwnPictures

if TYPE_CHECKING:
    from syndicate.cards.draw import Drawing
    from syndicate.http import Client

# ruff: noqa: PLC0415 - what draws and fetches: 0.3 s that few publications need

log = logging.getLogger("syndicate")

Tell = Callable[[int, int], None]
"""Hears how many cards are drawn, and how many there are to draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCards:
    """All cards of a plan, and what was done to have them."""

    cards: tuple[Card, ...] = ()
    refs: Mapping[str, CardRef] = field(default_factory=dict)
    """The share card of each post, by post id."""
    pictures: Mapping[str, PictureFacts] = field(default_factory=dict)
    """By picture URL."""
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Why none could be drawn at all."""
    written: tuple[str, ...] = ()
    count: int = 0
    """Cards drawn now."""
    retry_at: datetime | None = None
    """When a picture that could not be had is worth another try."""

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(path for card in self.cards for path in card.paths)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A card that is only looked at, or why there is none."""

    content: CardContent
    drawing: Drawing | None = None
    trouble: str = ""
    lacks: str = ""
    """Why its picture is not there, in words."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What became of a job: a card with its files, or trouble."""

    card: Card | None = None
    artefacts: tuple[Artefact, ...] = ()
    trouble: str = ""


class Drawer:
    """Draws what is missing, for one publication."""

    def __init__(self, site: Site, manifest: Manifest, limits: Iterable[Limits]) -> None:
        """`limits` are those of the accounts: every one of them takes the cards."""
        self._site = site
        self._settings = replace(site.settings, cards=suit_networks(site.settings.cards, limits))
        self._manifest = manifest
        self._renderer = CardRenderer(self._settings, site.read_template)
        self.own = OwnPictures(site, self._renderer, manifest, self._settings.cards.max_bytes)
        self._main = self._settings.cards.sizes[0]
        self._referred: dict[str, CardRef] = {}

    def list_drawn(self) -> Mapping[str, CardRef]:
        """The share cards that exist, by post id."""
        return self._refer(self._manifest.cards.values())

    def list_known(self, plan: Plan) -> DrawnCards:
        """The cards of the plan's posts that exist already; nothing is drawn or fetched."""
        posts = list_public(plan.identified, plan.now)
        known = self._manifest.cards
        wanted = [known.get(name_of(one.id, frame)) for one in posts for frame in self._settings.cards.sizes]
        cards = (*(card for card in wanted if card), *self.own.list_known({one.id for one in posts}))
        with self._renderer.decoder:
            found = self._find_pictures(posts, plan, None)
        return DrawnCards(cards=cards, refs=self._refer(cards), pictures=_facts(found))

    def list_remarks(self, plan: Plan) -> tuple[str, ...]:
        """What a person should know about the cards that exist already, and why some lack their pictures."""
        posts = list_public(plan.identified, plan.now)
        with self._renderer.decoder:
            jobs = self._renderer.list_jobs(posts, self._find_pictures(posts, plan, None))
            return tuple(sorted(self._list_remarks([job for job in jobs if job.name in self._manifest.cards])))

    def _list_remarks(self, jobs: Sequence[Job]) -> set[str]:
        known = self._manifest.cards
        return {line for job in jobs if job.name in known for line in known[job.name].warnings} | _reasons(jobs)

    def draw(self, plan: Plan, tell: Tell) -> DrawnCards:
        """Every card of the plan; draws and writes those whose picture or file is new.

        Where none can be drawn (a broken layout, no font), those of before stay, and a problem says why.
        """
        found: list[DrawnCards] = []

        def do_without(error: Exception) -> None:
            log.debug("the cards", exc_info=error)
            again = None if isinstance(error, ConfigError) else plan.now
            found.append(replace(self.list_known(plan), problems=(make_problem("cards", error),), retry_at=again))

        with contain(do_without):
            found.append(self._draw_missing(plan, tell))
        return found[0]

    def _draw_missing(self, plan: Plan, tell: Tell) -> DrawnCards:
        with self._renderer.decoder:
            jobs, found = self._list_jobs(plan)
            missing = self._list_missing(jobs)
            written, troubles = self._draw_all(missing, tell)
            own = tuple(self.own.renew({job.one.id: job.one for job in jobs}, plan.now))
        known = self._manifest.cards
        cards = (*(known[job.name] for job in jobs if job.name in known), *own)
        warnings = {line for card in own for line in card.warnings} | self._list_remarks(jobs) | set(troubles)
        retries = [one.retry_at for one in found.values() if one.retry_at]
        retries += [plan.now for card in cards if not card.fingerprint]
        return DrawnCards(
            cards=cards,
            refs=self._refer(cards),
            pictures=_facts(found),
            warnings=tuple(sorted(warnings)),
            written=written,
            count=len(missing) - len(troubles),
            retry_at=min(retries, default=None),
        )

    def sketch(self, plan: Plan) -> Iterator[Sketch]:
        """Every card of the plan in its main size, drawn anew and not kept."""
        with self._renderer.decoder:
            jobs = [job for job in self._list_jobs(plan)[0] if job.frame == self._main]
            self._open_renderer(jobs)
            for job in jobs:
                yield self._sketch(job)

    def _sketch(self, job: Job) -> Sketch:
        content, found = self._renderer.make_words(job), list[Sketch]()
        with contain(lambda error: found.append(Sketch(content, trouble=_tell_trouble(error)))):
            drawing = self._renderer.draw(content, self._read(job), job.pixels)
            found.append(Sketch(content, drawing, lacks=_tell_lack(job)))
        return found[0]

    def forget(self, post_ids: Iterable[str]) -> None:
        """Have the cards of these posts drawn anew."""
        sizes = self._settings.cards.sizes
        self._manifest.forget_cards([name_of(number, frame) for number in post_ids for frame in sizes])

    def _refer(self, cards: Iterable[Card]) -> Mapping[str, CardRef]:
        return refer_cards(cards, self._settings.cards, self._make_ref)

    def _make_ref(self, card: Card) -> CardRef:
        """The same reference for the same card: planning asks, and rendering asks again."""
        known = self._referred.get(card.path)
        if known is None or known.alt != card.alt:
            known = self._referred[card.path] = card.make_ref(self._settings.site.feeds_url)
        return known

    def _list_jobs(self, plan: Plan) -> tuple[list[Job], Mapping[str, FoundPicture]]:
        posts = list_public(plan.identified, plan.now)
        found = self._find_pictures(posts, plan, self._site.open_http())
        return list(self._renderer.list_jobs(posts, found)), found

    def _find_pictures(
        self, posts: Sequence[Identified], plan: Plan, http: Client | None
    ) -> Mapping[str, FoundPicture]:
        """What is known of the posts' pictures, by URL; several posts may share one."""
        pictures = (one.post.picture for one in posts if one.post.picture)
        describe = self._renderer.decoder.describe
        return find_pictures(pictures, http=http, cache=self._site.cache, now=plan.now, describe=describe)

    def _list_missing(self, jobs: Iterable[Job]) -> list[Job]:
        """Those whose card of before is not right any more: made of something else, looking otherwise, or not there."""
        missing, renewed = list[Job](), list[Card]()
        for job in jobs:
            card = self._manifest.cards.get(job.name)
            if card is None or card.slug != job.slug or not self._manifest.has_card(card):
                missing.append(job)
            elif card.fingerprint != job.fingerprint:
                if card.key == self._renderer.make_key(job):
                    renewed.append(replace(card, fingerprint=job.fingerprint))
                else:
                    missing.append(job)
        if renewed:
            self._manifest.renew_cards(renewed)
        return missing

    def _open_renderer(self, jobs: Sequence[Job]) -> str:
        """Everything that the cards say, each character once."""
        text = "".join(sorted(set().union(*(_letters(self._renderer.make_words(job)) for job in jobs))))
        self._renderer.open(text)
        return text

    def _draw_all(self, jobs: Sequence[Job], tell: Tell) -> tuple[tuple[str, ...], list[str]]:
        """The paths written, and why some cards could not be drawn."""
        written: list[str] = []
        troubles: list[str] = []
        if not jobs:
            return (), []
        text = self._open_renderer(jobs)
        with (
            open_renderers(self._renderer, self._settings, len(jobs), text) as draw,
            ThreadPoolExecutor(count_cores(), thread_name_prefix="card") as pool,
        ):
            for number, some in enumerate(batches(jobs)):
                made = list(pool.map(lambda job: self._make(job, draw), some))
                artefacts = [artefact for one in made for artefact in one.artefacts]
                written += self._manifest.write(artefacts, [one.card for one in made if one.card])
                troubles += [one.trouble for one in made if one.trouble]
                tell(number * AT_ONCE + len(made), len(jobs))
        return tuple(written), troubles

    def _make(self, job: Job, draw: Draw) -> _Made:
        """One card. What one picture or title brings about must not stop the others."""
        made: list[_Made] = []

        def tell(error: Exception) -> None:
            log.debug("the card of %s", job.one.post.source, exc_info=error)
            made.append(_Made(trouble=f"{job.one.post.source}: {_tell_trouble(error)}"))

        with contain(tell):
            made.append(self._draw_one(job, draw))
        return made[0]

    def _draw_one(self, job: Job, draw: Draw) -> _Made:
        photo = self._read(job)
        drawing = draw((self._renderer.make_words(job), photo, job.pixels))
        is_whole = photo is not None or not job.picture.digest
        suffix = "" if job.frame == self._main else job.frame
        path, stable = card_paths(job.slug, drawing.data, drawing.media_type, suffix)
        card = self._describe(job, drawing, path)
        # Without the bytes that its digest promised the card must be drawn again when they are back.
        kept = card if is_whole else replace(card, fingerprint="", key="")
        return _Made(kept, tuple(Artefact(name, drawing.media_type, drawing.data) for name in (path, stable)))

    def _read(self, job: Job) -> bytes | None:
        return read_picture(job.picture, self._site.cache)

    def _describe(self, job: Job, drawing: Drawing, path: str) -> Card:
        return Card(
            post_id=job.one.id,
            slug=job.slug,
            frame=job.frame,
            fingerprint=job.fingerprint,
            key=self._renderer.make_key(job),
            path=path,
            media_type=drawing.media_type,
            width=drawing.width,
            height=drawing.height,
            length=len(drawing.data),
            alt=drawing.alt,
            warnings=tuple(f"{job.one.post.source}: {line}" for line in _list_remarks(drawing)),
        )


def _facts(found: Mapping[str, FoundPicture]) -> Mapping[str, PictureFacts]:
    return {url: one.facts for url, one in found.items()}


def _tell_trouble(error: Exception) -> str:
    return f"the card cannot be drawn: {error if isinstance(error, SyndicateError) else type(error).__name__}"


def _letters(content: CardContent) -> set[str]:
    """The characters a card writes."""
    return set().union(content.title, content.category, content.author, content.date, content.reading, content.site)


def _reasons(jobs: Sequence[Job]) -> set[str]:
    """Why cards have no picture and what to do: a line naming the post, or one for all that lack theirs alike.

    Ten thousand posts may have their pictures on a server that is away.
    """
    lacking = [job for job in jobs if job.picture.reason]
    if len(lacking) < 2:  # an edit: nothing that knows servers is loaded
        return {_tell_lacks("", (job,)) for job in lacking}
    from syndicate.http import name_server

    alike: dict[tuple[str, str], dict[str, Job]] = {}
    for job in lacking:
        server = "" if job.picture.path else name_server(job.picture.url)
        alike.setdefault((server, job.picture.reason), {})[job.one.id] = job
    return {_tell_lacks(server, tuple(some.values())) for (server, _), some in alike.items()}


def _tell_lacks(server: str, jobs: Sequence[Job]) -> str:
    one = jobs[0].picture
    if len(jobs) == 1:
        return f"{jobs[0].one.post.source}: {_tell_lack(jobs[0])}"
    whose = f"pictures from {server}" if server else "pictures"
    return f"{len(jobs):,} cards are without their {whose}: {one.reason} ({_advise(one)})"


def _tell_lack(job: Job) -> str:
    one = job.picture
    return f"the card is without its picture, {one.url}: {one.reason} ({_advise(one)})" if one.reason else ""


def _advise(picture: FoundPicture) -> str:
    if picture.path:
        return "correct the file, or image in the post"
    again = "it is tried again later; or " if picture.retry_at else ""
    return f"{again}save the picture in the site and name that file in image"


def _list_remarks(drawing: Drawing) -> list[str]:
    """What a person should know about a card."""
    from syndicate.cards.check import tell_gaps

    refused = [f"the picture cannot be used: {drawing.refused}"] if drawing.refused else []
    missing = [f"{words} ({hint})" for words, hint in tell_gaps(drawing.missing)]
    return [*refused, *missing]
