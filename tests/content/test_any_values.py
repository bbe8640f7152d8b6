"""Whatever stands in the fields, there is a post that can be kept, or an error that can be read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from syndicate.content.fields import NAMES
from syndicate.content.parsing import parse_post
from syndicate.content.records import Memory, Outcome, PostCache
from syndicate.errors import ContentError
from syndicate.text.cleaning import drop_broken
from tests.content.golden import make_settings

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["https://a.example/b.png", "../x.png", "2025-01-01", "[a](b)", "<script>", "\ud800", "a, b"])
)
INNER = st.sampled_from(["name", "url", "src", "alt", "x", "y", "text", "skip", "type", "a\ud800"])
VALUES = st.recursive(
    LEAVES, lambda child: st.lists(child, max_size=3) | st.dictionaries(INNER, child, max_size=3), max_leaves=6
)


@given(st.dictionaries(st.sampled_from([*NAMES, "featured"]), VALUES, max_size=8), st.text(max_size=80))
def test_any_fields_make_a_post_or_a_readable_error(fields: dict[str, object], body: str) -> None:
    """The post has a title of one line, an http address, no NUL, and survives the cache unchanged."""
    text = drop_broken(json.dumps({"title": "T", **fields}) + "\n" + body)
    try:
        post = parse_post(text, "a.mdx", "/nowhere/a.mdx", make_settings(Path("/nowhere")))
    except ContentError:
        return
    assert post.title
    assert "\n" not in post.title
    assert post.permalink.startswith(("https://", "http://"))
    assert "\0" not in post.html + post.markdown
    kept, stats = {"a.mdx": Outcome(replace(post, html="", markdown=""))}, {"a.mdx": (1, 2, 3, "digest")}
    cache = PostCache(make_settings(Path("/nowhere")), Memory())
    assert cache.save(stats, kept, kept)
    assert cache.load() == (stats, kept)
