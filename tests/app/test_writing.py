"""What `write_back` puts into the author's files."""

from __future__ import annotations

from syndicate.app.post import list_links
from syndicate.model import SyndicationLink


def test_only_addresses_of_the_web_are_written() -> None:
    """No script, file, relative address or login reaches a post, whatever a network or an old row says."""
    good = ["https://toot.example/@me/1", "http://blog.example/feeds/timeline.html#k"]
    bad = ["javascript:alert(1)", "file:///srv/feeds/timeline.html#k", "", "/1", "data:text/html,x", "https://"]
    copies = [SyndicationLink("toot", "mastodon", url) for url in (*bad[:3], *good, *bad[3:])]
    assert list_links(copies) == good
