"""An author at work on the files of a blog: writes, mends, moves, imports, copies and loses them.

Nothing is wrong with a program here; it is what happens to files. Every post carries a mark of its own in what it says
on networks, so the networks' pages tell which post was announced, and how often, whatever its name is now.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.faults.audience import Town
from tests.networks.fake import CUT, status

MANY = 5
"""More news than this within an hour may wait for a person."""
WORDS = (
    "stone",
    "river",
    "garden",
    "lantern",
    "copper",
    "winter",
    "harbour",
    "kettle",
    "meadow",
    "signal",
    "thread",
    "violin",
    "window",
    "orchard",
    "pepper",
    "saddle",
    "marble",
    "canvas",
    "feather",
    "bridge",
    "candle",
    "barley",
    "timber",
    "rocket",
    "island",
    "shadow",
    "velvet",
    "pocket",
    "ribbon",
    "summit",
    "puddle",
    "anchor",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post as its author thinks of it: the same one under whatever name."""

    mark: str
    path: str
    """Below the content folder, without ".md"."""
    title: str
    date: datetime
    body: str
    is_draft: bool = False
    has_date: bool = True
    id: str = ""

    def render(self) -> str:
        lines = [f"title: {json.dumps(self.title)}", f'socialShare: "Read {self.mark}."']
        lines += [f'date: "{self.date:%Y-%m-%dT%H:%M:%SZ}"'] if self.has_date else []
        lines += ["draft: true"] if self.is_draft else []
        lines += [f"id: {self.id}"] if self.id else []
        return "---\n" + "\n".join(lines) + f"\n---\n\n{self.body}\n"

    @property
    def slug(self) -> str:
        """As syndicate makes it: a day before a name is no part of it."""
        return re.sub(r"^\d{4}-\d\d-\d\d-", "", self.path.rpartition("/")[2])


class Author:
    """One blog in `root`, and what its readers should hear of. `now` is the author's clock."""

    def __init__(self, rng: random.Random, root: Path, town: Town, now: datetime, look: str = "") -> None:
        self.rng, self.root, self.town, self.now, self.look = rng, root, town, now, look
        self.posts: dict[str, Post] = {}
        self.copies: list[Post] = []
        """Files that lie beside their posts, and say nothing new."""
        self.away: dict[str, Post] | None = None
        """The posts of the main branch, while another one is checked out or the folder is not mounted."""
        self.wanted: set[str] = set()
        """Marks of posts that readers should hear of."""
        self.may_wait: set[str] = set()
        """… and of those that may wait for a person instead."""
        self.unwanted: set[str] = set()
        """Marks of posts that nobody may hear of unless a person says so."""
        self.many: set[str] = set()
        """Those of them that came all at once."""
        self.fresh: set[str] = set()
        """Marks that are news with the next write."""
        self.backup: Path | None = None
        self.put_back = False
        """Whether the next process finds the state of the backup."""
        self.events: Counter[str] = Counter()
        self.story: list[str] = []
        self._later: list[Callable[[], None]] = []
        """What the author does before anything else the next time."""
        self._read: dict[str, Post] = {}
        """The posts by mark as they were when the program looked."""
        self._deleted: list[Post] = []
        self._born: list[datetime] = []
        self._mended: set[str] = set()
        """Marks of posts whose year is mended with the next write."""
        self._misdated: dict[str, datetime] = {}
        """Marks of posts with a wrong year, and since when."""
        self._number = 0

    @property
    def marks(self) -> set[str]:
        return {f"mark{number:03}x" for number in range(1, self._number + 1)}

    @property
    def public(self) -> set[str]:
        """Marks of the posts that are meant to be there now, wherever the files are."""
        return {post.mark for post in (self.away or self.posts).values() if not post.is_draft}

    def found(self) -> None:
        """A blog with a past, that nobody may hear of."""
        for _ in range(self.rng.randint(4, 7)):
            old = self.make(date=self.now - timedelta(days=self.rng.randint(1, 900)))
            self.unwanted.add(old.mark)
        self.write()

    def act(self) -> None:
        """Up to three things at once, as one `git pull` brings them."""
        self._read = dict(self.posts)
        self._go_on()
        has_mended = self._mend_dates()
        for number in range(self.rng.choice((1, 1, 1, 2, 3))):
            events = self._list_events()
            if has_mended:  # nobody would see the mended dates before it is too late
                events = {name: event for name, event in events.items() if name not in _HIDES}
            if has_mended or number:  # what the author does at once is written at once
                del events["the clock is wrong"]
            name = self.rng.choices(list(events), [_RARE.get(name, 1.0) for name in events])[0]
            self.events[name] += 1
            before = dict(self.posts)
            events[name]()
            self.tell(f"{name}: {_describe(before, self.posts)}")
        self.write()

    def rest(self) -> None:
        """Everything is where it belongs."""
        self._go_on()
        self.copies.clear()
        self.write()
        if self.away is not None:
            self._come_back()
            self.write()
        if self._misdated:
            self._mend_dates()
            self.write()
        self.town.slow.heal()
        self.deploy()

    def _go_on(self) -> None:
        for finish in self._later:
            finish()
        self._later.clear()

    def tell(self, line: str) -> None:
        self.story.append(f"{self.now:%d %H:%M:%S} {line}")

    def _list_events(self) -> dict[str, Callable[[], None]]:
        always: dict[str, Callable[[], None]] = {
            "write a post": self._write_post,
            "write an undated post": lambda: self._write_post(has_date=False),
            "start a draft": self._start_draft,
            "write a wrong year": self._misdate,
            "import old posts": self._import_old,
            "write many posts": self._write_many,
            "back up": self._back_up,
            "the slow account fails": self._break_slow,
            "the clock is wrong": self._jump,
            "nothing": lambda: None,
        }
        if self.away is not None:
            return always | {"come back to the main branch": self._come_back}
        more = {
            "leave the main branch": self._leave,
            "empty the folder": self._empty,
            "move the folder": self._move_folder,
        }
        if self.posts:
            more |= {
                "rename": lambda: self._change(rename=True),
                "retitle": lambda: self._change(retitle=True),
                "rename and retitle": lambda: self._change(rename=True, retitle=True),
                "rename and edit": lambda: self._change(rename=True, edit=True),
                "rename, retitle and edit": lambda: self._change(rename=True, retitle=True, edit=True),
                "redate": lambda: self._change(redate=True),
                "rename and redate": lambda: self._change(rename=True, redate=True),
                "edit": lambda: self._change(edit=True),
                "publish a draft": self._publish_draft,
                "make it a draft": self._make_draft,
                "delete": self._delete,
                "split": self._split,
                "swap two names": self._swap,
                "replace in place": self._replace,
                "rewrite the whole folder": self._touch_all,
                "leave a conflict copy": self._leave_copy,
                "copy, then delete": self._copy_and_delete,
                "give an id": self._give_id,
            }
        if self._read.keys() & self.posts.keys():
            more |= {"import a namesake": self._import_namesake, "rewrite what has an id": self._rewrite_all_but_id}
        if self._deleted:
            more["write it again, as every year"] = self._write_again
        return always | more

    def _write_post(self, *, has_date: bool = True) -> None:
        post = self.make(date=self.now - timedelta(minutes=self.rng.randint(0, 600)), has_date=has_date)
        self._announce(post)

    def _announce(self, post: Post) -> None:
        self.wanted.add(post.mark)
        self.fresh.add(post.mark)
        self._born = [at for at in self._born if self.now - at <= timedelta(hours=2)] + [self.now]
        if len(self._born) > MANY - 2:
            self.may_wait |= self.wanted

    def _misdate(self) -> None:
        """Old for everybody, until it is mended."""
        post = self.make(date=self.now - timedelta(days=365))
        self.unwanted.add(post.mark)
        self._misdated[post.mark] = self.now

    def _mend_dates(self) -> bool:
        """Within a day it is news as if the date had been right at once; later nobody hears of it unasked."""
        has_mended = bool(self._misdated)
        self._mended = set(self._misdated)
        for mark, since in self._misdated.items():
            post = self.posts.get(mark)
            if post and not post.is_draft:
                self.posts[mark] = replace(post, date=since)
                if self.now - since < timedelta(hours=20):
                    self.unwanted.discard(mark)
                    self._announce(self.posts[mark])
        self._misdated.clear()
        return has_mended

    def _write_many(self) -> None:
        for _ in range(self.rng.randint(6, 9)):
            post = self.make(date=self.now - timedelta(minutes=self.rng.randint(0, 60)))
            self._announce(post)

    def _start_draft(self) -> None:
        self.make(date=self.now - timedelta(days=self.rng.choice((0, 3, 40))), is_draft=True)

    def _publish_draft(self) -> None:
        drafts = [post for post in self.posts.values() if post.is_draft]
        if drafts:
            post = self.rng.choice(drafts)
            is_news = post.mark not in self.unwanted
            date = self.now - timedelta(minutes=5) if is_news else post.date
            self.posts[post.mark] = replace(post, is_draft=False, date=date)
            if is_news:
                self._announce(post)

    def _make_draft(self) -> None:
        post = self._pick()
        self.posts[post.mark] = replace(post, is_draft=True)
        self.wanted.discard(post.mark)
        if not self.town.count("toot", post.mark):
            self.may_wait.add(post.mark)

    def _import_old(self) -> None:
        for _ in range(self.rng.choice((1, 2, 12))):
            old = self.make(date=self.now - timedelta(days=self.rng.randint(30, 2000)))
            self.unwanted.add(old.mark)

    def _change(self, *, rename: bool = False, retitle: bool = False, edit: bool = False, redate: bool = False) -> None:
        post = self._pick()
        changed = post
        if rename:
            changed = replace(changed, path=self._new_path(post))
            self.may_wait |= {post.mark} & self._mended  # another name, text and year: who knows
        if retitle:
            changed = replace(changed, title=_mistype(post.title, self.rng))
        if edit:
            changed = replace(changed, body=self._edit(post.body))
        if redate and post.has_date:
            changed = replace(changed, date=post.date - timedelta(days=self.rng.randint(1, 3)))
        self.posts[post.mark] = changed

    def _touch_all(self) -> None:
        for mark, post in self.posts.items():
            self.posts[mark] = replace(post, body=f"{post.body}\n\nThanks for reading.")

    def _delete(self) -> None:
        post = self.posts.pop(self._pick().mark)
        self.wanted.discard(post.mark)
        self._deleted.append(post)

    def _leave_copy(self) -> None:
        """A program for syncing keeps both versions of a file, under names of its own; it is tidied up later."""
        post = self._pick()
        copy = replace(post, path=f"{post.path}-laptop{len(self.copies)}", body=self._edit(post.body))
        self.copies.append(copy)
        self.may_wait.add(post.mark)

    def _copy_and_delete(self) -> None:
        """A post is saved under another name, and its first file goes with the next read."""
        post = self._pick()
        copy = replace(post, path=f"{post.path}-saved", body=self._edit(post.body))
        self.copies.append(copy)
        self.may_wait.add(post.mark)

        def finish() -> None:
            self.copies = [one for one in self.copies if one is not copy]
            if self.posts.get(post.mark) == post:
                self.posts[post.mark] = copy

        self._later.append(finish)

    def _give_id(self) -> None:
        post = self._pick()
        self.posts[post.mark] = replace(post, id=f"id-{post.mark}")

    def _rewrite_all_but_id(self) -> None:
        """Nothing but the id, which the program has read before, tells afterwards that it is the same post."""
        named = [self.posts[mark] for mark, read in sorted(self._read.items()) if read.id and mark in self.posts]
        if named and self.backup is None:
            post = self.rng.choice(named)
            other = self.make(date=self.now)
            del self.posts[other.mark]
            self.posts[post.mark] = replace(post, path=other.path, title=other.title, body=other.body)

    def _import_namesake(self) -> None:
        """Its title and name are those of a post that is there; it gets another name when the author is told."""
        post = self.posts[self.rng.choice(sorted(self._read.keys() & self.posts.keys()))]
        old = self.make(date=self.now - timedelta(days=self.rng.randint(300, 2000)))
        self.unwanted.add(old.mark)
        named = replace(old, title=post.title, path=f"{old.date:%Y}/{post.slug}")
        self.posts[old.mark] = named

        def finish() -> None:
            if self.posts.get(old.mark) == named:
                self.posts[old.mark] = replace(named, path=old.path)

        self._later.append(finish)

    def _write_again(self) -> None:
        """The title, the name and half of the text of a post that is gone: news or the same, who knows."""
        old = self.rng.choice(self._deleted)
        again = self.make(date=self.now, body=f"{old.body}\n\n{self._say()}")
        self.posts[again.mark] = replace(again, title=old.title, path=old.path)

    def _split(self) -> None:
        """The second half becomes a post of its own, which is news."""
        post = self._pick()
        first, _, second = post.body.rpartition("\n\n")
        if first and not post.is_draft:
            self.posts[post.mark] = replace(post, body=first)
            part = self.make(date=self.now, body=second)
            self._announce(part)
            self.may_wait.add(part.mark)

    def _swap(self) -> None:
        one, two = self._pick(), self._pick()
        if one.mark != two.mark:
            self.posts[one.mark], self.posts[two.mark] = replace(one, path=two.path), replace(two, path=one.path)

    def _replace(self) -> None:
        """Another post in the file of an old one, at its address: news or the same, who knows; but not both."""
        post = self._pick()
        del self.posts[post.mark]
        self.wanted.discard(post.mark)
        other = self.make(date=self.now)
        self.posts[other.mark] = replace(other, path=post.path)

    def _leave(self) -> None:
        """Another branch: some posts are not there, one is."""
        self.away = dict(self.posts)
        for mark in self.rng.sample(sorted(self.posts), len(self.posts) // 2):
            del self.posts[mark]

    def _empty(self) -> None:
        self.away = dict(self.posts)
        self.posts.clear()

    def _come_back(self) -> None:
        assert self.away is not None
        self.posts = self.away | self.posts
        self.away = None

    def _move_folder(self) -> None:
        """Every post moves into a folder of its year, or out of it."""
        for mark, post in self.posts.items():
            path = post.slug if "/" in post.path else f"{post.date:%Y}/{post.slug}"
            self.posts[mark] = replace(post, path=path)

    def _back_up(self) -> None:
        """Keep a copy of the state; the next time put it back."""
        if self.backup is None:
            self.backup = self.root / "backup.db"
            with closing(sqlite3.connect(self._state)) as source, closing(sqlite3.connect(self.backup)) as target:
                source.backup(target)
        else:
            self.put_back = True

    def restore(self) -> None:
        """The backup in the place of the state; only while no process has it open."""
        assert self.backup is not None
        for name in ("state.db-wal", "state.db-shm"):
            self._state.with_name(name).unlink(missing_ok=True)
        shutil.copyfile(self.backup, self._state)
        self.backup, self.put_back = None, False
        self.events["put the backup back"] += 1
        self.unwanted -= self.many  # the state of then never saw them together
        self.may_wait |= self.wanted | set(self._misdated)

    @property
    def _state(self) -> Path:
        return self.root / ".syndicate" / "state.db"

    def _break_slow(self) -> None:
        trouble = self.rng.choice((status(503, {"error": "down"}), lambda request, handle: CUT))
        self.town.slow.fail(trouble, on="POST /api/v1/statuses", times=self.rng.choice((1, 3)))

    def _jump(self) -> None:
        self.now += timedelta(hours=self.rng.choice((2, 30)))

    # --- what the author needs ------------------------------------------------------------------------------------

    def make(self, *, date: datetime, is_draft: bool = False, has_date: bool = True, body: str = "") -> Post:
        self._number += 1
        mark = f"mark{self._number:03}x"
        title = " ".join(self.rng.sample(WORDS, 4)).capitalize()
        name = title.lower().replace(" ", "-")
        post = Post(
            mark=mark,
            path=name,
            title=title,
            date=date,
            body=body or "\n\n".join(self._say() for _ in range(self.rng.randint(2, 5))),
            is_draft=is_draft,
            has_date=has_date,
        )
        self.posts[mark] = post
        return post

    def _say(self) -> str:
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(20, 60))).capitalize() + "."

    def _edit(self, body: str) -> str:
        """A word mended here and there, a sentence more."""
        words = body.split(" ")
        for _ in range(max(1, len(words) // 40)):
            words[self.rng.randrange(len(words))] = self.rng.choice(WORDS)
        return " ".join(words) + (f" {self._say()}" if self.rng.random() < 0.5 else "")

    def _pick(self) -> Post:
        return self.rng.choice(list(self.posts.values()))

    def _new_path(self, post: Post) -> str:
        folder, _, name = post.path.rpartition("/")
        fresh = self.rng.choice(
            (_mistype(name, self.rng), f"{post.date:%Y-%m-%d}-{name}", "-".join(self.rng.sample(WORDS, 3)))
        )
        return f"{folder}/{fresh}" if folder else fresh

    def write(self) -> None:
        """The folder as the author has it now, in one go; the site is deployed a little later."""
        news = {mark for mark, post in self.posts.items() if mark in self.fresh and not post.is_draft}
        if len(news) > MANY:
            self.unwanted |= news
            self.many |= news
            self.wanted -= news
        self.fresh.clear()
        folder = self.root / "content" / "posts"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (self.root / "syndicate.toml").write_text(self.town.render_config(self.look), encoding="utf-8")
        for post in (*self.posts.values(), *self.copies):
            path = folder / f"{post.path}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(post.render(), encoding="utf-8")

    def deploy(self) -> None:
        """The site as it is now; an empty folder or another branch is not deployed."""
        if self.away is None:
            self.town.pages.deployed = frozenset(
                post.slug for post in (*self.posts.values(), *self.copies) if not post.is_draft
            )


_HIDES = frozenset({"leave the main branch", "empty the folder"})
_RARE: Mapping[str, float] = {"import old posts": 0.5, "write many posts": 0.3, "nothing": 0.5, "write a post": 3.0}
"""Weights of what happens less often than once, or more."""


def _describe(before: Mapping[str, Post], after: Mapping[str, Post]) -> str:
    gone = [f"-{post.path}" for mark, post in before.items() if mark not in after]
    new = [f"+{post.path} ({mark})" for mark, post in after.items() if mark not in before]
    changed = [
        f"{before[mark].path} → {post.path} ({mark})" for mark, post in after.items() if before.get(mark, post) != post
    ]
    return "; ".join([*gone, *new, *changed][:8])


def _mistype(text: str, rng: random.Random) -> str:
    """A letter more or less, as in a typo that is mended."""
    at = rng.randrange(1, len(text))
    return text[:at] + rng.choice("aeiou") + text[at:]
