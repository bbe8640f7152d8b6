"""The local timeline: a file on disk that keeps every message once, whoever writes and whatever breaks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from syndicate.errors import Blocked, ConfigError, Rejected, Unavailable
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import open_network
from syndicate.networks.local import LocalTimeline
from tests.networks.case import LINK, NOW, TEXT, Case, picture
from tests.networks.conftest import Clock
from tests.networks.vault import MemoryVault

CASE = Case(network="local", options=lambda url: {"folder": "unused"})


def _open(folder: Path, http: Client, **options: str) -> LocalTimeline:
    account = Account(name="here", network="local", options={"folder": str(folder), **options})
    network = open_network(account, MemoryVault(), http)
    assert isinstance(network, LocalTimeline)
    return network


@pytest.fixture
def timeline(tmp_path: Path, http: Client) -> LocalTimeline:
    return _open(tmp_path / "feeds", http)


def _items(timeline: LocalTimeline) -> list[dict[str, object]]:
    items: list[dict[str, object]] = orjson.loads((timeline.folder / "timeline.json").read_bytes())["items"]
    return items


def test_the_file_is_the_same_however_it_came_about(timeline: LocalTimeline, http: Client) -> None:
    """Messages are rendered once; after more of them, a restart, an edit and a removal it is as if written whole."""
    texts = ["“Héllo”\nworld", "two", "three", "four"]
    receipts = [timeline.send(replace(TEXT, text=text), key=text) for text in texts[:2]]
    again = _open(timeline.folder, http)
    receipts += [again.send(replace(TEXT, text=text), key=text) for text in texts[2:]]
    again.edit(receipts[1], replace(TEXT, text="new"), key="edit")
    again.delete(receipts[2])
    again.send(TEXT, key="last")
    written = (timeline.folder / "timeline.json").read_bytes()
    assert written == orjson.dumps(orjson.loads(written), option=orjson.OPT_INDENT_2)
    assert [item["id"] for item in _items(timeline)] == ["last", texts[3], texts[1], texts[0]]


def test_the_file_is_a_json_feed(tmp_path: Path, http: Client) -> None:
    """Readers can subscribe to it: version, addresses, and per item an id, a URL, words and a date."""
    timeline = _open(tmp_path, http, url="https://blog.example/feeds/")
    receipt = timeline.send(replace(TEXT, card=picture(), language="en", tags=("A",)), key="key-1")
    feed = orjson.loads((tmp_path / "timeline.json").read_bytes())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://blog.example/feeds/timeline.json"
    (item,) = feed["items"]
    assert (item["id"], item["url"]) == (receipt.remote_id, receipt.url)
    assert receipt.url == "https://blog.example/feeds/timeline.html#key-1"
    assert (item["content_text"], item["external_url"], item["tags"]) == (TEXT.text, LINK, ["A"])
    assert item["date_published"] == "2026-11-24T09:00:00+00:00"
    assert item["_syndicate"]["picture"]["alt"] == "A fox in snow"


def test_without_a_public_address_the_link_opens_from_disk(timeline: LocalTimeline) -> None:
    """A fresh machine has no website yet: the page finds its message, and the receipt claims no address of the web."""
    receipt = timeline.send(TEXT, key="key-1")
    (item,) = _items(timeline)
    assert item["url"] == f"{(timeline.folder / 'timeline.html').as_uri()}#key-1"
    assert receipt.url == ""


def test_a_key_is_written_once(timeline: LocalTimeline) -> None:
    """Sending again, even with other words, returns the first receipt and changes nothing."""
    first = timeline.send(TEXT, key="key-1")
    before = (timeline.folder / "timeline.json").read_bytes()
    assert timeline.send(replace(TEXT, text="other"), key="key-1") == first
    assert (timeline.folder / "timeline.json").read_bytes() == before
    assert timeline.resend_until(NOW) > NOW + timedelta(days=365)


def test_a_message_is_found_by_its_key(timeline: LocalTimeline) -> None:
    """Before, nothing; after, the receipt."""
    assert timeline.find(TEXT, key="key-1", since=NOW) is None
    receipt = timeline.send(TEXT, key="key-1")
    assert timeline.find(TEXT, key="key-1", since=NOW) == receipt
    assert timeline.find(TEXT, key="key-2", since=NOW) is None


def test_the_newest_comes_first(timeline: LocalTimeline) -> None:
    """For readers and for `adopt`."""
    timeline.send(TEXT, key="1")
    timeline.send(replace(TEXT, created_at=NOW + timedelta(hours=1)), key="2")
    assert [(post.receipt.remote_id, post.links) for post in timeline.list_recent()] == [("2", (LINK,)), ("1", (LINK,))]


def test_an_edit_keeps_place_and_date(timeline: LocalTimeline, clock: Clock) -> None:
    """Only the words move, and the change is dated."""
    receipt = timeline.send(TEXT, key="1")
    timeline.send(Message(text="newer", created_at=NOW), key="2")
    clock.pass_by(timedelta(hours=1))
    timeline.edit(receipt, replace(TEXT, text="better"), key="1")
    edited = _items(timeline)[1]
    assert (edited["id"], edited["content_text"]) == ("1", "better")
    assert edited["date_published"] == "2026-11-24T09:00:00+00:00"
    assert edited["date_modified"] == "2026-11-24T10:00:00+00:00"


def test_a_deleted_message_cannot_be_edited_and_may_be_deleted_again(timeline: LocalTimeline) -> None:
    """Gone is gone, twice over."""
    receipt = timeline.send(TEXT, key="1")
    timeline.delete(receipt)
    timeline.delete(receipt)
    assert _items(timeline) == []
    with pytest.raises(Rejected):
        timeline.edit(receipt, TEXT, key="1")


def test_a_text_over_the_limit_is_refused(timeline: LocalTimeline) -> None:
    """500 graphemes, as on the networks it stands for."""
    timeline.send(Message(text="👨‍👩‍👧‍👦" * 500), key="1")
    with pytest.raises(Rejected, match="501 of 500"):
        timeline.send(Message(text="x" * 501), key="2")


RACER = """
import sys
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import open_network
with Client() as http:
    network = open_network(Account(name="here", network="local", options={"folder": sys.argv[1]}), None, http)
    for number in range(10):
        network.send(Message(text=f"message {number}"), key=f"shared-{number}")
        network.send(Message(text=f"message {number}"), key=f"{sys.argv[2]}-{number}")
"""


def test_racing_processes_lose_nothing_and_double_nothing(tmp_path: Path, http: Client) -> None:
    """Three processes write their own and the same messages at once: every key is there once."""
    racers = [subprocess.Popen([sys.executable, "-c", RACER, str(tmp_path), name]) for name in "abc"]
    assert [racer.wait(timeout=60) for racer in racers] == [0, 0, 0]
    keys = [post.receipt.remote_id for post in _open(tmp_path, http).list_recent()]
    assert len(keys) == len(set(keys)) == 40


FULL_DISK = """
import resource, sys
from syndicate.errors import Unavailable
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import open_network
with Client() as http:
    network = open_network(Account(name="here", network="local", options={"folder": sys.argv[1]}), None, http)
    network.send(Message(text="first"), key="1")
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
    try:
        network.send(Message(text="x" * 400), key="2")
    except Unavailable:
        sys.exit(7)
"""


def test_a_full_disk_leaves_the_old_timeline(tmp_path: Path, http: Client) -> None:
    """A write that fails half-way is Unavailable: the file is the old one, whole, and no litter is left."""
    assert subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], timeout=60, check=False).returncode == 7
    (post,) = _open(tmp_path, http).list_recent()
    assert post.text == "first"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".timeline.json.lock", "timeline.json"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"version": 1}', b'{"items": {}}', b'{"items": [{"id": "1"}]}', b'{"items": [7]}']
)
def test_a_damaged_timeline_is_not_overwritten(timeline: LocalTimeline, data: bytes) -> None:
    """The account is paused with the path to move away; the damaged file stays for its owner to look at."""
    timeline.folder.mkdir(parents=True)
    (timeline.folder / "timeline.json").write_bytes(data)
    with pytest.raises(Blocked, match="is damaged"):
        timeline.send(TEXT, key="1")
    assert (timeline.folder / "timeline.json").read_bytes() == data


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path, http: Client) -> None:
    """Tried again later, when somebody has made room."""
    (tmp_path / "feeds").write_text("a file, not a folder")
    with pytest.raises(Unavailable):
        _open(tmp_path / "feeds", http).send(TEXT, key="1")


def test_a_folder_is_needed(http: Client) -> None:
    """Told with the key to set."""
    with pytest.raises(ConfigError, match=r"accounts\.here\.folder"):
        open_network(Account(name="here", network="local"), MemoryVault(), http)


def test_a_message_without_an_intent_is_dated_by_the_clock(timeline: LocalTimeline) -> None:
    """Never without a date."""
    timeline.send(Message(text="a"), key="1")
    assert timeline.list_recent()[0].published_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
