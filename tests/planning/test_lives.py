"""A blog lives through anything that an author and git do to files, and nothing is said twice, or lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syndicate.model import Post, Reason, ScheduleRules, State
from tests.planning.blog import SITE, Blog, make_account, make_post, write_body

_QUESTIONS = {Reason.MAYBE_RENAMED, Reason.MANY_AT_ONCE, Reason.TURNED_UP}
_ASIDE = _QUESTIONS | {Reason.OLD_WHEN_FOUND, Reason.POST_GONE, Reason.BASELINE}


@dataclass(repr=False)
class Story:
    """What the author means by one post, whatever its file is called now. `tellers` may carry parts of it."""

    name: str
    post: Post
    ids: set[str] = field(default_factory=set)
    is_whole: bool = True
    """Whether it is still one post: not merged, nor cut to a part that nobody knows again; so it is said once only."""
    is_cut: bool = False
    """Since the last read."""

    def __repr__(self) -> str:
        return self.name


class Lives(RuleBasedStateMachine):
    """Files change, several at a time; then the program reads, plans and sends."""

    @initialize(dated=st.booleans())
    def begin(self, dated: bool) -> None:
        rules = ScheduleRules(timezone="UTC", most_at_once=0)
        self.blog = Blog((make_account("mastodon", schedule=rules),))
        self.dated, self.number = dated, 0
        self.stories: list[Story] = []
        self.gone: list[Story] = []
        self.said: dict[str, int] = {}
        self.blog.publish()

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _put(self, story: Story, post: Post) -> None:
        self.blog.files.pop(story.post.source, None)
        story.post = post
        self.blog.write(post)

    @rule(minute=st.integers(0, 59))
    def write(self, minute: int) -> None:
        number = self._next()
        at = self.blog.now - timedelta(minutes=minute, seconds=number) if self.dated else None
        post = make_post(f"post-{number}", title=f"{_word(number)} and {_word(number + 7)}", published_at=at)
        story = Story(post.slug, post)
        self.stories.append(story)
        self.blog.write(post)

    def _pick(self, data: st.DataObject) -> Story:
        return data.draw(st.sampled_from(self.stories))

    @precondition(lambda self: self.stories)
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        story, name = self._pick(data), f"renamed-{self._next()}"
        moved = replace(story.post, source=f"{name}.md", slug=name, permalink=f"{SITE.url}/blog/{name}/")
        self._put(story, moved)

    @precondition(lambda self: self.stories)
    @rule(data=st.data())
    def retitle(self, data: st.DataObject) -> None:
        story = self._pick(data)
        self._put(story, replace(story.post, title=f"{_word(self._next() + 31)} instead"))

    @precondition(lambda self: self.stories)
    @rule(data=st.data(), days=st.integers(1, 5))
    def redate(self, data: st.DataObject, days: int) -> None:
        story = self._pick(data)
        if story.post.published_at:
            self._put(story, replace(story.post, published_at=story.post.published_at - timedelta(days=days)))

    @precondition(lambda self: self.stories)
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        story = self._pick(data)
        words = story.post.markdown.split()
        at = data.draw(st.integers(0, len(words) - 1))
        words[at : at + 2] = [f"mended{self._next()}"]
        self._put(story, write_body(story.post, " ".join(words)))

    @precondition(lambda self: self.stories)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        story = self._pick(data)
        self.stories.remove(story)
        self.gone.append(story)
        del self.blog.files[story.post.source]

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        story = data.draw(st.sampled_from(self.gone))
        self.gone.remove(story)
        self.stories.append(story)
        self.blog.write(story.post)

    @precondition(lambda self: self.stories)
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        """The second half becomes a post of its own, which is a new one."""
        story, number = self._pick(data), self._next()
        words = story.post.markdown.split()
        if len(words) < 30:
            return
        story.is_whole, story.is_cut = story.is_whole and not story.is_cut, True
        self._put(story, write_body(story.post, " ".join(words[: len(words) // 2])))
        half = make_post(f"half-{number}", title=f"Half of {_word(number)}", published_at=story.post.published_at)
        half = write_body(half, " ".join(words[len(words) // 2 :]))
        self.stories.append(Story(half.slug, half, is_whole=False))
        self.blog.write(half)

    @precondition(lambda self: len(self.stories) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        """Two posts become one of them, and the other's file goes."""
        story, other = data.draw(st.permutations(self.stories))[:2]
        self.stories.remove(other)
        del self.blog.files[other.post.source]
        story.is_whole = False
        self._put(story, write_body(story.post, f"{story.post.markdown} {other.post.markdown}"))

    @rule(minutes=st.sampled_from([1, 5, 60, 1500]))
    def read(self, minutes: int) -> None:
        """One read of the program, and everything due is sent."""
        self.blog.live(days=minutes / 1440)
        before = {row.id: row for row in self.blog.ledger.posts}
        plan = self.blog.publish()
        self._judge_rows(before)
        ids = {item.post.source: item.id for item in plan.identified}
        for story in self.stories:
            story.ids.add(ids[story.post.source])
            story.is_cut = False
        owners = {ids[story.post.source]: story for story in self.stories}
        for row in self.blog.deliver():
            story = owners[row.post_id]
            self.said[story.name] = self.said.get(story.name, 0) + 1
            assert self.said[story.name] == 1 or not story.is_whole, f"{story.name} was said twice"
        self._judge_losses(ids)

    def _judge_rows(self, before: dict[str, object]) -> None:
        after = {row.id: row for row in self.blog.ledger.posts}
        for post_id, row in before.items():
            now = after[post_id]
            if any(one.post_id == post_id and one.state is State.SENT for one in self.blog.ledger.deliveries):
                assert now.published_at <= self.blog.now, "what is out was put off"
            assert now.first_seen_at == row.first_seen_at  # type: ignore[attr-defined]

    def _judge_losses(self, ids: dict[str, str]) -> None:
        """Every post was said, or waits for a person, or says why not: nothing is swallowed."""
        rows = {row.post_id: row for row in self.blog.rows("mastodon", "new")}
        for story in self.stories:
            row = rows[ids[story.post.source]]
            is_said = story.name in self.said or not story.is_whole
            if row.state is State.SENT:
                assert is_said, f"{story.name} was swallowed by another post"
            else:
                assert row.reason in _ASIDE, f"{story.name} is {row.state} without a reason"

    @invariant()
    def nobody_shares_a_row(self) -> None:
        plan = self.blog.plan()
        assert len({item.id for item in plan.identified}) == len(plan.identified)


def _word(number: int) -> str:
    """A word of its own, without digits: titles with other numbers are other titles."""
    letters = "bcdfghjklmnpqrst"
    return "".join(f"{letters[(number * factor) % 16]}{'aeiou'[(number // factor) % 5]}" for factor in (1, 3, 5, 7))


TestLives = Lives.TestCase
TestLives.settings = settings(stateful_step_count=30)
