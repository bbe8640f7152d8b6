"""Publishing, for one site: whether there is anything to do, what it needs, and what a person is asked afterwards.

The heavy rooms are imported where they are needed: a publication that finds nothing changed must not pay for them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.app.site import OpenSite, identify
from syndicate.content import SeenPosts, look_at_files, look_at_posts
from syndicate.errors import contain, tell_for_log
from syndicate.fonts import digest_fonts
from syndicate.model import TIMELINE, Identified, Plan, Problem, Remark, unique_problems
from syndicate.publish import Asked, LastPublication, Progress, Published, keep_silent, look_at
from syndicate.store.glance import is_in_order, is_sound, keep_rows, keep_sound, read_publication
from syndicate.templates import fingerprint_templates

if TYPE_CHECKING:
    from syndicate.model import CardRef
    from syndicate.publish.drawing import Drawer
    from syndicate.publish.edit import Edits
    from syndicate.publish.manifest import Manifest

# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")


def open_last(site: OpenSite, seen: SeenPosts | None = None) -> LastPublication:
    """The last publication; the state is opened only where a glance is not enough. `seen` are the posts as they are to
    be taken, else as they lie there now."""
    found = read_publication(site.settings.storage.file, site.settings.site.name)
    turn, record = found or site.store.read_publication()
    return LastPublication(site.output, turn, record, lambda: _list_sources(site, seen))


def ask(site: OpenSite, only: str, now: datetime) -> Asked:
    site.seen_files = site.seen_files or look_at_files(site.settings)
    seen = look_at_posts(site.settings, site.seen_files)
    last = open_last(site, seen)
    return Asked(only, now, seen, last, last.take_fingerprint())


def find_current(site: OpenSite, asked: Asked) -> Published | None:
    """The last publication of all, or of this part, where nothing changed since; its problems are still there.

    None where there is work.
    """
    last = asked.last
    if not is_in_order(site.cache, site.settings.storage.file, site.settings.site.name):
        return None
    for part in dict.fromkeys(("", asked.only)):
        if last.is_current(asked.made_of, asked.now, part):
            doubts = site.settings.site.list_doubts()
            where = site.settings.storage.publish_to
            return Published(where=where, problems=last.read_problems(part), warnings=doubts)
    return None


def list_problems(site: OpenSite) -> tuple[Problem, ...]:
    """What is wrong now, each once: in the files of posts, and what only the last publication could find.

    `publish`, `status`, `doctor` and the dashboard name these. A draft may still be unfinished.
    """
    return site.ask(_list_problems)


def _list_problems(site: OpenSite) -> tuple[Problem, ...]:
    snapshot = site.read_snapshot()
    posts = (post for post in snapshot.posts if not post.is_draft)
    own = (*snapshot.problems, *(problem for post in posts for problem in post.problems))
    return unique_problems((*own, *open_last(site).read_elsewhere()))


def count_posts(site: OpenSite, now: datetime) -> tuple[int, int]:
    """How many posts there are, and how many problems: as the last publication found them where nothing changed."""
    if (found := find_unchanged(site, now)) is not None:
        return found.posts, len(found.problems)
    return site.ask(_count_posts), len(list_problems(site))


def _count_posts(site: OpenSite) -> int:
    return sum(not post.is_draft for post in site.read_snapshot().posts)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The last publication, where nothing changed since."""

    posts: int
    problems: tuple[Problem, ...]
    elsewhere: tuple[Problem, ...]
    """Those that no file of a post explains."""
    made_of: str
    seen: SeenPosts


def find_unchanged(site: OpenSite, now: datetime) -> Unchanged | None:
    """None where something changed since the last publication, or only cards were published."""
    seen = look_at_posts(site.settings)
    last = open_last(site, seen)
    made_of = last.take_fingerprint()
    for only in ("", "feeds"):
        posts = last.count_posts(only)
        if posts is not None and last.is_current(made_of, now, only):
            return Unchanged(
                posts, last.list_problems(only), (*last.read_elsewhere(only), *last.read_elsewhere()), made_of, seen
            )
    return None


def publish_edits(site: OpenSite, asked: Asked, progress: Progress = keep_silent) -> Published | None:
    """What was edited since the last publication, where nothing else is new; None where everything is to be read."""
    with contain(lambda error: log.debug("everything is read: %s", tell_for_log(error))):
        edits = _find_edits(site, asked)
        return _publish_edits(site, edits, progress) if edits else None
    return None


def _find_edits(site: OpenSite, asked: Asked) -> Edits | None:
    """None unless everything but the edited posts is as where nothing changed at all, and without trouble."""
    rules, name = site.settings.storage, site.settings.site.name
    is_here = rules.file and not rules.state and "://" not in rules.publish_to
    if asked.only == "cards" or not is_here or site.settings.site.built:
        return None
    from syndicate.publish import read_remembered
    from syndicate.publish.edit import Edits, find_edited

    known = read_remembered(site.cache, name)
    edited = find_edited(known, asked.seen) if known else ()
    if not known or not edited or not is_in_order(site.cache, rules.file, name):
        return None
    last = open_last(site, known.seen)
    parts = [part for part in dict.fromkeys(("", asked.only)) if last.is_current(known.made_of, asked.now, part)]
    if last.take_fingerprint() != known.made_of or not parts or last.read_elsewhere(parts[0]):
        return None
    return Edits(asked, known, edited, parts[0], last)


def _publish_edits(site: OpenSite, edits: Edits, progress: Progress) -> Published:
    """A state of which all rows could be read stays one: what was written here can be."""
    from syndicate.publish.edit import publish_edits
    from syndicate.store.glance import EditedState

    file = site.settings.storage.file
    was_sound = is_sound(site.cache, file)
    with closing(EditedState(Path(file), site.settings.site.name)) as state:
        published = publish_edits(site, state, edits, progress)
    if was_sound:
        keep_sound(site.cache, file)
    return replace(published, warnings=(*site.settings.site.list_doubts(), *published.warnings))


def publish(site: OpenSite, asked: Asked, progress: Progress) -> Published:
    """Read everything and write what changed."""
    from syndicate.publish.publish import publish

    contradiction = site.check_state()
    published = publish(site, site.accounts.facts, asked, progress)
    keep_rows(site.cache, site.settings.storage.file, site.settings.site.name)
    if contradiction:
        site.forget_publication()  # it is said until it is solved
    _ask(site, published.remarks, asked.now)
    warnings = (*site.settings.site.list_doubts(), *published.warnings)
    return replace(published, contradiction=contradiction, warnings=warnings)


def read_plan(site: OpenSite, now: datetime) -> Plan:
    """What would happen now; changes nothing. Loads nothing that draws or publishes."""
    from syndicate.planning.make_plan import make_plan

    return make_plan(
        site.read_snapshot(),
        site.store.read_ledger(),
        site.settings,
        facts=site.accounts.facts,
        templates=site.read_messages(),
        cards=list_cards(site),
        now=now,
    )


def list_cards(site: OpenSite) -> Mapping[str, CardRef]:
    """The share cards that exist, by post id."""
    from syndicate.publish.manifest import parse_card, refer_cards

    lines = site.store.list_published()
    cards = (parse_card(line.card, line.fingerprint) for line in lines if line.card)
    root = site.settings.site.feeds_url
    return refer_cards(filter(None, cards), site.settings.cards, lambda card: card.make_ref(root))


def find_card(site: OpenSite, post_id: str, media: str = "") -> CardRef | None:
    """The share card of one post, or its own picture that is called so where a person wanted that once."""
    from syndicate.publish.manifest import open_manifest

    card = open_manifest(site).find_card(post_id, media or site.settings.cards.sizes[0])
    return card.make_ref(site.settings.site.feeds_url) if card else None


def show_timeline(site: OpenSite) -> None:
    """What was just said stands on the local network's page at once."""
    from syndicate.publish.manifest import open_manifest
    from syndicate.publish.write import list_timeline, write_documents

    manifest = open_manifest(site)
    written = write_documents(list_timeline(site), manifest, site.cache)
    for problem in (*written.problems, *manifest.problems):
        log.warning("the timeline page stays as it was: %s: %s", problem.source, problem.message)


def is_published(site: OpenSite, path: str, data: bytes) -> bool:
    """Whether a file in the published folder is ours: what we wrote, what a local account did, the author's key."""
    from syndicate.publish.manifest import open_manifest

    key = site.settings.feeds.indexnow_key
    if key and path == f"{key}.txt":
        return data.strip() == key.encode()
    return open_manifest(site).is_ours(path, data) or _is_timeline(site, path, data)


def _is_timeline(site: OpenSite, path: str, data: bytes) -> bool:
    from syndicate.networks.local import parse_items

    if path.rpartition("/")[2] != TIMELINE or all(one.network != "local" for one in site.settings.accounts):
        return False
    with suppress(ValueError, TypeError):
        parse_items(data)
        return True
    return False


# --- what other use cases ask of it --------------------------------------------------------------------------------


def get_post(site: OpenSite, plan: Plan, slug: str) -> Identified:
    """The post of a slug. Raises UsageError that says why there is none, and names a near one."""
    from syndicate.planning.deliveries import tell_missing

    found = next((one for one in plan.identified if one.post.slug == slug), None)
    if found is None:
        raise tell_missing(slug, plan, site.read_snapshot().posts)
    return found


def open_drawer(site: OpenSite, manifest: Manifest | None = None) -> Drawer:
    """Knows what cards are drawn, and draws others."""
    from syndicate.publish.drawing import Drawer
    from syndicate.publish.manifest import open_manifest

    return Drawer(site, manifest or open_manifest(site), (facts.limits for facts in site.accounts.facts.values()))


def _list_sources(site: OpenSite, seen: SeenPosts | None) -> tuple[str, ...]:
    """Everything a publication is made of, as fingerprints: posts, settings, templates, fonts, logo, the state."""
    settings = site.settings
    return (
        (seen or look_at_posts(settings)).fingerprint,
        settings.digest,
        fingerprint_templates(settings.root),
        digest_fonts(settings.cards, settings.root),
        str(look_at([f"{settings.root}/{settings.cards.logo}"] if settings.cards.logo else [])),
        identify(settings.storage.database),
    )


def _ask(site: OpenSite, remarks: tuple[Remark, ...], now: datetime) -> None:
    """Tell the person what waits for an answer, each question once."""
    if not remarks:
        return
    from syndicate.app.deliver import ask_person
    from syndicate.planning.deliveries.bursts import say_remark

    for one in remarks:
        if one.is_question:
            ask_person(site, say_remark(one), now, slug=one.slugs[0] if len(one.slugs) == 1 else "")
