"""What nobody foresaw in one of three posts costs that post, and the plan, the feeds and syndication.json name it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from syndicate.formats import render_syndication
from syndicate.model import Identified, Post, SocialOverride, State
from syndicate.planning.feeds import plan_feeds
from tests.containment.troubles import TROUBLES, name_of
from tests.planning.blog import NOW, Blog, make_account, make_post, make_settings

every_trouble = pytest.mark.parametrize("trouble", TROUBLES, ids=name_of)


class OddSocial(dict[str, SocialOverride]):
    """Words for networks that cannot even be asked for."""

    def __init__(self, trouble: BaseException) -> None:
        super().__init__()
        self.trouble = trouble

    def __bool__(self) -> bool:
        raise self.trouble


def make_names(trouble: BaseException) -> tuple[Any, ...]:
    """Names that cannot be walked through."""

    class Odd(tuple[Any, ...]):
        __slots__ = ()

        def __bool__(self) -> bool:
            raise trouble

        def __iter__(self) -> Iterator[Any]:
            raise trouble

    return Odd()


@every_trouble
def test_a_post_that_cannot_be_planned_waits_for_the_next_plan(trouble: BaseException) -> None:
    """The other two are announced, the problem names the file once, and once mended it is announced, too."""
    blog = Blog((make_account("mastodon"), make_account("bluesky")))
    blog.publish()
    blog.write(make_post("good"), make_post("odd", social=OddSocial(trouble)), make_post("fine"))
    plan = blog.publish()
    assert {row.slug for row in plan.deliveries} == {"good", "fine"}
    assert [problem.source for problem in plan.problems] == ["odd.md"]
    blog.edit("odd.md", social={})
    mended = blog.publish()
    assert ({row.slug for row in mended.deliveries}, mended.problems) == ({"odd"}, ())


@every_trouble
def test_rows_of_a_post_that_cannot_be_read_stay_as_they_are(trouble: BaseException) -> None:
    """The others follow their posts."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("before"))
    blog.publish()
    blog.write(*(make_post(name) for name in ("good", "odd", "fine")))
    blog.publish()
    skip = {"all": SocialOverride(skip=True)}
    blog.edit("good.md", social=skip)
    blog.edit("odd.md", social=OddSocial(trouble))
    blog.edit("fine.md", social=skip)
    plan = blog.publish()
    assert [problem.source for problem in plan.problems] == ["odd.md"]
    assert [row.state for row in blog.rows()[1:] if row.state is not State.SKIPPED] == [State.PLANNED]


class OddText(str):
    """A text that cannot be looked for, nor compared."""

    __slots__ = ("trouble",)
    trouble: BaseException

    def __hash__(self) -> int:
        raise self.trouble

    def __eq__(self, _other: object) -> bool:
        raise self.trouble


def make_text(trouble: BaseException) -> OddText:
    text = OddText("odd")
    text.trouble = trouble
    return text


@every_trouble
def test_a_post_that_cannot_be_compared_is_there_and_waits(trouble: BaseException) -> None:
    """The others are announced, and its own row is no vanished post."""
    blog = Blog((make_account("mastodon"),))
    blog.publish()
    blog.write(make_post("odd"))
    blog.publish()
    blog.write(make_post("good"), make_post("fine"))
    blog.edit("odd.md", slug=make_text(trouble))
    plan = blog.publish()
    assert {row.slug for row in plan.deliveries} == {"good", "fine"}
    assert ([problem.source for problem in plan.problems], plan.gone, plan.changes) == (["odd.md"], (), ())


@every_trouble
def test_a_thread_that_cannot_be_made_anew_waits_alone(trouble: BaseException) -> None:
    """Another thread gets the parts that its post has by now."""
    blog = Blog((make_account("mastodon", thread=True),))
    blog.publish()
    blog.write(make_post("good"), make_post("odd"))
    blog.publish()
    long = "A sentence of some length, said once more. " * 30
    blog.edit("good.md", social_share=long)
    blog.edit("odd.md", social=OddSocial(trouble))
    plan = blog.publish()
    assert {row.slug for row in plan.deliveries} == {"good"}
    assert [problem.source for problem in plan.problems] == ["odd.md"]


def identify_three(**odd: Any) -> tuple[Identified, ...]:
    blog = Blog()
    blog.write(make_post("good"), make_post("odd"), make_post("fine"))
    posts = blog.publish().identified
    return tuple(replace(one, post=replace(one.post, **odd)) if one.post.slug == "odd" else one for one in posts)


@every_trouble
def test_a_post_that_gives_no_entry_is_left_out_and_told(trouble: BaseException) -> None:
    """The feed has the other two."""
    told: list[str] = []
    feeds = plan_feeds(
        identify_three(authors=make_names(trouble)),
        make_settings(),
        {},
        NOW,
        tell=lambda one, _error: told.append(one.post.source),
    )
    assert {entry.source for entry in feeds[0].entries} == {"good.md", "fine.md"}
    assert set(told) == {"odd.md"}


@every_trouble
def test_a_post_without_its_body_is_left_out_and_told(trouble: BaseException) -> None:
    """The bodies are asked for together; where that fails, each by itself."""

    def fill(posts: Sequence[Post]) -> Sequence[Post]:
        if any(post.slug == "odd" for post in posts):
            raise trouble
        return posts

    told: list[str] = []
    feeds = plan_feeds(
        identify_three(), make_settings(), {}, NOW, fill=fill, tell=lambda one, _error: told.append(one.post.source)
    )
    assert {entry.source for entry in feeds[0].entries} == {"good.md", "fine.md"}
    assert set(told) == {"odd.md"}


@every_trouble
def test_a_post_that_cannot_be_described_is_left_out_of_syndication_json(trouble: BaseException) -> None:
    """The file is there with the other two."""
    told: list[str] = []
    three = identify_three(syndication=make_names(trouble))
    data = render_syndication(three, {}, {}, lambda one, _error: told.append(one.post.source))
    assert (sorted(json.loads(data)), told) == (["fine", "good"], ["odd.md"])
