"""`doctor`: everything that could surprise, said before it does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from syndicate.app.init import compare
from syndicate.app.login import list_accounts
from syndicate.app.publish import list_problems, open_drawer
from syndicate.app.site import OpenSite
from syndicate.app.state_place import look_at_disk
from syndicate.app.status import list_warnings, tell_damage
from syndicate.content.declared import EVERYWHERE
from syndicate.content.fields import NAMES, simplify
from syndicate.errors import contain, tell_for_log
from syndicate.formats import parse_feed
from syndicate.model import FEED_FORMATS, Finding, Plan, Post, Settings, unique_problems
from syndicate.networks import list_networks
from syndicate.pages import check_page, probe_feed
from syndicate.planning.deliveries import find_other_date
from syndicate.planning.feeds import plan_feeds
from syndicate.planning.feeds.entries import find_floods

MAX_EXCERPT = 60
NEWEST = 3
"""Pages looked at by `doctor --online`: enough to see that the permalink pattern is right."""


def examine(site: OpenSite, plan: Plan, *, online: bool, ask_generator: bool = False) -> tuple[Finding, ...]:
    """Findings, worst first."""
    looks = [
        _content(site, plan),
        compare(site, ask_generator=ask_generator),
        _accounts(site, plan, online),
        _floods(site, plan),
        _state(site),
    ]
    looks += [_published(site), _pages(site, plan)] if online else []
    found: list[Finding] = []
    for look in looks:
        with contain(
            lambda error: found.append(Finding("problem", f"doctor cannot go on here: {tell_for_log(error)}"))
        ):
            found.extend(look)
    order = ("problem", "warning", "repair", "ok")
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def _content(site: OpenSite, plan: Plan) -> Iterator[Finding]:
    snapshot = site.read_snapshot()
    for problem in unique_problems((*list_problems(site), *plan.elsewhere)):
        yield Finding("problem", problem.text, problem.place)
    for warning in (*site.settings.site.list_doubts(), *plan.warnings, *open_drawer(site).list_remarks(plan)):
        yield Finding("warning", warning)
    for item in plan.identified:
        if date := find_other_date(item):
            shown = f"{item.known.published_at:%Y-%m-%d %H:%M} UTC"
            text = f"the file says {date:%Y-%m-%d %H:%M} UTC, the feeds keep {shown}"
            yield Finding("warning", text, item.post.source)
    for post in snapshot.posts:
        yield from _post(post)
    yield from _list_strangers(site, snapshot.posts)
    yield from _list_unknown_fields(site.settings)
    if undated := sum(post.published_at is None and not post.is_draft for post in snapshot.posts):
        number = "1 post has" if undated == 1 else f"{undated:,} posts have"
        yield Finding("warning", f"{number} no date: it is that of the first publication (write date: to change that)")
    drafts = sum(post.is_draft for post in snapshot.posts)
    left_out = f", {drafts} of them {'a draft' if drafts == 1 else 'drafts'}" if drafts else ""
    number = "1 post" if len(snapshot.posts) == 1 else f"{len(snapshot.posts):,} posts"
    yield Finding("ok", f"{number} in {site.settings.site.content}/{left_out}")


def _list_strangers(site: OpenSite, posts: Iterable[Post]) -> Iterator[Finding]:
    """Names in `social:` that are nobody's, each with the first of its posts: what is said there is heard nowhere."""
    known = {EVERYWHERE, *list_networks(), *(account.name.casefold() for account in site.settings.accounts)}
    first = {name: post.source for post in reversed(tuple(posts)) for name in post.social if name not in known}
    for name, source in sorted(first.items()):
        yield Finding("warning", f'"social" names "{name[:40]}", which is neither an account nor a network', source)


def _list_unknown_fields(settings: Settings) -> Iterator[Finding]:
    """Names in `[fields]` that are none of ours, and no flag: nothing is read through them."""
    flags = {*settings.feeds.flags, *(occasion for account in settings.accounts for occasion in account.on)}
    known = {simplify(name): name for name in (*NAMES, *sorted(flags))}
    for name in settings.content.fields:
        if simplify(name) not in known:
            near = get_close_matches(simplify(name), known, 1)
            hint = f"; did you mean {known[near[0]]}?" if near else ""
            yield Finding("warning", f'[fields] has "{name[:40]}", which is no field of ours{hint}', "syndicate.toml")


def _post(post: Post) -> Iterator[Finding]:
    for problem in post.problems if post.is_draft else ():
        yield Finding("warning", problem.text, problem.place)
    for repair in post.repairs:
        place = f"{post.source}:{repair.line}" if repair.line else post.source
        yield Finding(
            "repair", f"{repair.kind} in {repair.field}: {describe_change(repair.before, repair.after)}", place
        )


def describe_change(before: str, after: str) -> str:
    """Both texts, cut to where they begin to differ."""
    old, new = " ".join(before.split()), " ".join(after.split())
    if not new:
        return f'"{_cut(old, 0)}" left out'
    same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    start = max(same - MAX_EXCERPT // 2, 0)
    return f'"{_cut(old, start)}" → "{_cut(new, start)}"'


def _cut(text: str, start: int) -> str:
    end = start + MAX_EXCERPT
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"


def _accounts(site: OpenSite, plan: Plan, online: bool) -> Iterator[Finding]:
    for row in list_accounts(site, online=online, now=plan.now):
        level = {"ready": "ok", "off": "ok", "no credentials": "problem"}.get(row.state, "warning")
        text = f"{row.network}, {row.state}{' as ' + row.who if row.who else ''}"
        yield Finding(level, f"{text}: {row.note}" if row.note and level != "ok" else text, f"account {row.name}")
    for warning in list_warnings(site, plan.deliveries, plan.now):
        yield Finding("warning", warning)


def _state(site: OpenSite) -> Iterator[Finding]:
    contradiction = site.check_state()
    if contradiction:
        yield Finding("problem", contradiction, "state")
    for line in tell_damage(site.store):
        yield Finding("problem", line, "state")
    yield Finding("ok", f"state in {site.store.where}")
    if site.state_folder.stat().st_mode & 0o077:
        yield Finding("warning", "other users of this machine can read it: run chmod 700", str(site.state_folder))
    yield _place(site.settings.storage.publish_to)


def _place(publish_to: str) -> Finding:
    """Whether anything can be written there now; of an object store only its name is told."""
    folder = Path(publish_to)
    if "://" not in publish_to:
        nearest = next(one for one in (folder, *folder.parents) if one.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            return Finding("problem", "is not a folder that we may write into: nothing can be published", str(nearest))
        if full := look_at_disk(nearest):
            return Finding("problem", full, publish_to)
    return Finding("ok", f"publishes to {publish_to}")


def _floods(site: OpenSite, plan: Plan) -> Iterator[Finding]:
    """What the next publication would make subscribers see as new, though it is old."""
    rules = site.settings.feeds
    published = ((name, site.output.read(name)) for name in (FEED_FORMATS[form].file for form in rules.formats))
    seen = [feed for name, data in published if data and (feed := parse_feed(name, data))]
    feeds = plan_feeds(plan.identified, site.settings, open_drawer(site).list_drawn(), plan.now, gone=plan.gone)
    for warning in find_floods(seen, feeds, rules, site.settings.site):
        yield Finding("warning", warning)


def _published(site: OpenSite) -> Iterator[Finding]:
    """What readers would notice about the published feeds."""
    for form in site.settings.feeds.formats:
        file = FEED_FORMATS[form].file
        url = f"{site.settings.site.feeds_url}/{file}"
        remarks = probe_feed(site.http, url, form, site.output.read(file))
        for remark in remarks:
            text = remark.text.removeprefix(f"{url}: ")  # it stands beside it
            yield Finding("problem" if remark.is_problem else "warning", text, url)
        if not remarks:
            yield Finding("ok", "answers as feed readers expect", url)


def _pages(site: OpenSite, plan: Plan) -> Iterator[Finding]:
    """Whether the newest posts are where their links lead: a wrong permalink would stop every message."""
    public = (one for one in plan.identified if one.known.published_at <= plan.now)
    for one in islice(public, NEWEST):
        link = one.post.permalink
        trouble = check_page(site.http, link, one.post.title)
        if trouble:
            yield Finding("warning", f"{trouble.removeprefix(f'{link}: ')} (is [site] url or permalink right?)", link)
        else:
            yield Finding("ok", "the page is live", link)
