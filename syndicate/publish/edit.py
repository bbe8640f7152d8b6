"""The publication of edits alone: a few posts say something else, and everything else is as it was.

    remembered ─find_edited→ files ─read→ posts ─follow→ edited ─┬ cards of these posts
                                                                 ├ files of feeds in which they stand, their tags, pages
                                                                 └ their rows, and how the publication ended

An edit keeps its post at its place (`tell_place`): whatever decides where a post stands, and what others say of it, is
as it was. Nothing of any other post is planned anew then, as where nothing changed at all. Whoever is in doubt raises
`InDoubt`: the whole publication writes the same files, and more where it must.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import orjson

from syndicate.content import SeenPosts
from syndicate.content.reading import read_edited
from syndicate.content.records import recall_posts
from syndicate.formats import Document, edit_syndication
from syndicate.model import (
    SYNDICATION,
    Artefact,
    Cache,
    CardRef,
    Feed,
    Identified,
    KnownPost,
    Limits,
    Plan,
    Post,
    Problem,
)
from syndicate.output import Output
from syndicate.planning.deliveries import may_follow_edit
from syndicate.planning.feeds import Members, find_touched, frame_feed, refresh_feeds, renew_members
from syndicate.planning.identity import follow_edit
from syndicate.publish import (
    Asked,
    LastPublication,
    Progress,
    Published,
    Remembered,
    Site,
    keep_remembered,
    tell_place,
)
from syndicate.publish.drawing import Drawer, DrawnCards
from syndicate.publish.manifest import Manifest, name_place, parse_card
from syndicate.publish.write import INDEX, leave_out, list_edited_files, write_documents
from syndicate.store.glance import EditedState
from syndicate.templates import is_own

MOST = 20
"""Files; of more the whole publication takes hardly longer."""


class InDoubt(Exception):
    """Only a look at everything tells what is to be published."""


def find_edited(known: Remembered, seen: SeenPosts) -> tuple[str, ...]:
    """The files of public posts that were edited since; none where anything else is not as it was."""
    before, now = known.seen.marks, seen.marks
    if known.seen.rest != seen.rest or before.keys() != now.keys():
        return ()
    edited = tuple(source for source, mark in now.items() if before[source] != mark)
    return edited if len(edited) <= MOST and known.ids.keys() >= set(edited) else ()


# --- the publication ---


@dataclass(frozen=True, slots=True)
class Edits:
    """What to publish."""

    asked: Asked
    known: Remembered
    edited: tuple[str, ...]
    """Files."""
    base: str
    """The part that was published last."""
    last: LastPublication
    """Before these edits."""


class _Posts:
    """The posts that feeds need, read when somebody asks for them: the edited ones are as they are now."""

    def __init__(self, site: Site, state: EditedState, edits: Edits) -> None:
        self._site = site
        self._state = state
        self._edits = edits
        self._sources = {number: source for source, number in edits.known.ids.items()}
        self._found: dict[str, Identified] = {}
        self.edited = self._read_edited()

    def _read_edited(self) -> tuple[Identified, ...]:
        """The edited posts, each surely the one that it was, at its place; no message of theirs may follow it."""
        known, now = self._edits.known, self._edits.asked.now
        posts = read_edited(self._site.settings, self._site.cache, self._edits.edited)
        if posts is None or any(tell_place(post) != known.places[source] for source, post in posts.items()):
            raise InDoubt
        self.ids = [known.ids[source] for source in posts]
        self._rows = self._state.find_posts(self.ids)
        found = (follow_edit(self._rows[known.ids[source]], post, now) for source, post in posts.items())
        edited = {number: one for number, one in zip(self.ids, found, strict=True) if one and number not in known.names}
        messages = self._state.list_messages(self.ids)
        if len(edited) < len(self.ids) or any(may_follow_edit(*one) for one in messages):
            raise InDoubt
        self._found |= edited
        return tuple(edited.values())

    def is_retitled(self, number: str) -> bool:
        return self._rows[number].title != self._found[number].known.title

    def find(self, ids: Sequence[str]) -> list[Identified]:
        """Those with these ids, in order."""
        missing = {self._sources[number]: number for number in ids if number not in self._found}
        marks = {source: self._edits.asked.seen.marks[source] for source in missing}
        posts = recall_posts(self._site.settings, self._site.cache, marks)
        rows = self._state.find_posts(missing.values())
        if posts is None or len(rows) < len(posts):
            raise InDoubt
        for source, post in posts.items():
            row = rows[missing[source]]
            self._found[row.id] = self._name(post, row)
        return [self._found[number] for number in ids]

    def _name(self, post: Post, row: KnownPost) -> Identified:
        """Whoever is not named has none of these, though its file may ask for an id that it does not get."""
        usual = (post.slug, "", "", ())
        slug, shared, declared, translations = self._edits.known.names.get(row.id, usual)
        post = replace(post, slug=slug, shared_slug=shared, declared_id=declared)
        return Identified(post=post, known=row, is_new=False, is_changed=False, translations=translations)


def publish_edits(site: Site, state: EditedState, edits: Edits, progress: Progress) -> Published:
    """Cards and files first, then the rows and how it ended. Raises InDoubt."""
    if state.read_schema() != edits.known.schema:
        raise InDoubt
    posts = _Posts(site, state, edits)
    touched = _find_touched(edits.known.members, posts.ids, site.settings.root)
    around = list(dict.fromkeys((*posts.ids, *(number for one in touched for number in one.ids))))
    shown = posts.find(around)
    manifest = _open_manifest(site, state, posts.ids, around, touched)
    drawer, plan = Drawer(site, manifest, _list_limits(site)), Plan(now=edits.asked.now, identified=posts.edited)
    before = drawer.list_drawn()
    drawn = drawer.list_known(plan) if edits.asked.only else drawer.draw(plan, partial(progress, "drawing cards"))
    cards = drawer.list_known(replace(plan, identified=tuple(shown)))
    feeds, documents = _list_documents(site, edits, posts, touched, cards)
    told = [one for one in posts.ids if posts.is_retitled(one) or before.get(one) != cards.refs.get(one)]
    documents += _list_syndication(site, posts.find(told), cards.refs)
    written = write_documents(documents, manifest, site.cache, partial(progress, "writing files"))
    if drawn.problems or written.problems or manifest.problems:
        raise InDoubt
    changed = [one.known for one in posts.edited if one.is_changed]
    members = renew_members(edits.known.members, feeds, [one.name for one in touched])
    paths = tuple(dict.fromkeys((*drawn.written, *written.paths)))
    state.keep_edits(changed, _renew_record(edits, paths, drawn.retry_at, site.output))
    known = replace(edits.known, made_of=edits.asked.made_of, seen=edits.asked.seen, members=members)
    keep_remembered(site.cache, site.settings.site.name, known)  # what the next edit is compared with
    return Published(
        where=site.settings.storage.publish_to,
        written=paths,
        drawn=drawn.count,
        problems=edits.last.list_problems(edits.base),
        warnings=drawn.warnings,
        changed_posts=len(changed),
    )


def _find_touched(members: Sequence[Members], edited: Sequence[str], root: str) -> tuple[Members, ...]:
    """What is to be looked at: where the site's page is its own, all that it may show."""
    touched = find_touched(members, edited)
    shows_all = is_own(root, INDEX)
    return tuple(one for one in members if one in touched or (shows_all and not one.is_archive))


def _list_limits(site: Site) -> list[Limits]:
    """Of accounts in which nothing was wrong when everything was published; opening them takes longer."""
    if not site.settings.accounts:
        return []
    from syndicate.networks import facts_of  # noqa: PLC0415 - knows all of HTTP

    return [facts_of(account).limits for account in site.settings.accounts]


def _open_manifest(
    site: Site, state: EditedState, edited: Collection[str], around: Collection[str], touched: Iterable[Members]
) -> Manifest:
    """Of the cards and feeds that are shown; of an edited post both files are looked at."""
    lines = state.list_cards(around)
    feeds = (frame_feed(site.settings, one.name, one.label) for one in touched if not one.is_archive)
    lines |= state.find_published(["index.html", *(path for feed in feeds for path in feed.paths.values())])
    cards = [parse_card(line.card, line.fingerprint) for line in lines.values() if line.post_id in edited]
    lines |= state.find_published([path for card in cards if card for path in card.paths])
    return Manifest(site.output, state, name_place(site.settings), only=lines)


def _list_documents(
    site: Site, edits: Edits, posts: _Posts, touched: Sequence[Members], cards: DrawnCards
) -> tuple[tuple[Feed, ...], tuple[Document, ...]]:
    """All feeds, and the files of those that are touched, of the edited posts, and the pages. Raises InDoubt where a
    post is left out or shortened, or where the archives might begin at another post."""
    problems: list[Problem] = []
    names = [one.name for one in touched]
    feeds = refresh_feeds(
        edits.known.members,
        names,
        posts.find,
        site.settings,
        cards=cards.refs,
        pictures=cards.pictures,
        fill=site.fill,
        tell=partial(leave_out, problems, "feeds"),
    )
    documents = list_edited_files(site, feeds, names, edited=posts.edited, cards=cards.refs, problems=problems)
    if problems or len(feeds[0].entries) != edits.known.members[0].shown:
        raise InDoubt
    return feeds, documents


def _list_syndication(site: Site, told: Sequence[Identified], cards: Mapping[str, CardRef]) -> tuple[Document, ...]:
    """What site generators read, where it says something else of a post."""

    def make(_cache: Cache | None) -> Artefact:
        data = edit_syndication(site.output.read(SYNDICATION) or b"", told, cards)
        return Artefact(SYNDICATION, "application/json", data)

    return (Document(SYNDICATION, "", make),) if told else ()


def _renew_record(edits: Edits, paths: Collection[str], ends: datetime | None, output: Output) -> str:
    """How it ended: by itself it is out of date when the last whole publication was to be, and at once where files went
    meanwhile. Everything else of that one is still true."""
    before = edits.last.parts
    value = before[edits.base]
    places = sorted({*value["places"], *(path.rpartition("/")[0] or path for path in paths)})
    published = output.fingerprint(places)
    gone = {line for line in published.splitlines() if line.endswith(" None")} - set(value["published"].splitlines())
    has_lost = gone or len(output.stat_files(paths)) < len(paths)
    sooner = [at for at in (ends, edits.asked.now if has_lost else None) if at]
    until = min([datetime.fromisoformat(value["until"]), *sooner])
    now = {"made_of": edits.asked.made_of, "at": edits.asked.now.isoformat(), "until": until.isoformat()}
    value = {**value, **now, "places": places, "published": published}
    return orjson.dumps({**(before if edits.asked.only else {}), edits.asked.only: value}).decode()
