"""A state database that is older than what was sent, lost, broken or another site's: real commands, real servers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from syndicate.app.rounds import Rounds
from syndicate.cli.daemon import _make_web
from syndicate.web.dashboard.sessions import make_ticket
from tests.faults.site import Site, Town
from tests.web.serving import serving


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that is through."""

    code: int
    out: str
    err: str


def run(site: Site, *words: str) -> Ended:
    """One command in a process of its own."""
    command = [sys.executable, "-m", "syndicate", "--config", str(site.config), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def state_of(site: Site) -> Path:
    return site.root / ".syndicate" / "state.db"


def lose(path: Path) -> None:
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()


def deliver(site: Site) -> None:
    """What a daemon does in one round."""
    with site.open() as app:
        app.publish()
        app.deliver_due()
        app.publish()


@pytest.mark.parametrize(("way", "is_listed"), [("restore", True), ("cp", False)])
def test_an_older_backup_sends_nothing_twice(site: Site, town: Town, way: str, is_listed: bool) -> None:
    """Nothing goes out before every account was adopted; afterwards what was sent is known, and news goes out."""
    backup = site.root / "backup.db"
    assert run(site, "backup", str(backup)).code == 0
    deliver(site)
    assert town.count("toot", "fresh") == town.count("chat", "fresh") == 1
    if not is_listed:  # the machine died before the next publication
        (site.root / "feeds" / "syndication.json").unlink()
    if way == "restore":
        ended = run(site, "restore", str(backup))
        assert (ended.code, "is kept as" in ended.out) == (1, True)
    else:
        lose(state_of(site))
        shutil.copy(backup, state_of(site))

    for words in (["status"], ["doctor"], ["queue"], ["plan"], ["why", "fresh"], ["publish"], ["post", "fresh"]):
        ended = run(site, *words)
        assert ended.code == 1, words
        assert "older than what was sent" in ended.out + ended.err, words
    site.go_on("fresh")
    assert "adopt chat --accept" in run(site, "adopt", "chat").err
    assert run(site, "adopt", "toot").code == 1
    assert run(site, "adopt", "chat", "--accept").code == 0
    site.write("later")
    site.go_on("fresh")
    site.go_on("later")
    assert {row.account: row.state.value for row in site.list_rows("fresh")} == {
        "toot": "sent",
        "chat": "sent" if is_listed else "held",
    }
    assert [town.count(account, slug) for account in ("toot", "chat") for slug in ("fresh", "later")] == [1, 1, 1, 1]
    assert "nothing is sent" not in run(site, "status").err


def test_a_backup_that_misses_nothing_goes_on_at_once(site: Site, town: Town) -> None:
    """Also in the place of a broken state, which is kept; nothing needs adopting, what waited goes out."""
    backup = site.root / "backup.db"
    run(site, "backup", str(backup))
    broken = b"no database" * 500
    state_of(site).write_bytes(broken)
    assert run(site, "restore", str(backup)).code == 0
    assert [path.read_bytes() for path in site.root.glob(".syndicate/state.db.replaced-*[0-9]")] == [broken]
    site.go_on("fresh")
    assert [town.count("toot", "fresh"), town.count("chat", "fresh")] == [1, 1]


def test_a_copy_of_before_the_last_post_plans_it_anew(site: Site, town: Town) -> None:
    """Nothing was sent since, and the file was put back under the program's hands: the post is not forgotten."""
    backup = site.root / "backup.db"
    run(site, "backup", str(backup))
    site.write("later")
    run(site, "publish")
    for part in site.root.glob(".syndicate/state.db-*"):
        part.unlink()
    state_of(site).write_bytes(backup.read_bytes())  # the same file to the operating system
    assert run(site, "publish").code == 0
    assert {row.account for row in site.list_rows("later")} == {"toot", "chat"}


def test_what_is_no_backup_of_this_site_is_not_restored(site: Site, town: Town) -> None:
    """A picture, half a backup, the cache, another site's, or any while a daemon runs: the state stays as it is."""
    backup, wrong = site.root / "backup.db", site.root / "wrong.db"
    run(site, "backup", str(backup))
    other = Site(site.root.parent / "other", town)
    other.found(has_slots=False)
    other.config.write_text(other.config.read_text().replace(town.pages.url, "https://other.example"))
    for slug in ("one", "two", "three"):
        other.write(slug)
    (other.root / "content" / "posts" / "old.md").unlink()
    shutil.rmtree(other.root / ".syndicate")
    run(other, "publish")
    whole = backup.read_bytes()
    files = {
        "not a state database": b"\xff\xd8" * 3000,
        "cut off": whole[: len(whole) // 2],
        "no state of the site": (site.root / ".syndicate" / "cache.db").read_bytes(),
    }
    for word, data in files.items():
        wrong.write_bytes(data)
        ended = run(site, "restore", str(wrong))
        assert (ended.code, word in ended.err) == (2, True), ended
    assert run(other, "backup", str(wrong)).code == 2  # not over other files
    wrong.unlink()
    run(other, "backup", str(wrong))
    assert "another site" in run(site, "restore", str(wrong)).err
    with site.open() as app, app.lock_daemon():
        assert "daemon already runs" in run(site, "restore", str(backup)).err
    with site.open() as app:
        app.open_all()
        assert "has the state database open" in run(site, "restore", str(backup)).err
    assert run(site, "backup", str(site.config)).code == 2
    site.go_on("fresh")
    assert [town.count("toot", "fresh"), town.count("chat", "fresh")] == [1, 1]


@pytest.mark.parametrize("loss", ["state", "state and cache"])
def test_a_deleted_state_is_noticed(site: Site, town: Town, loss: str) -> None:
    """Messages waited: they do not vanish without a word, and nothing that looks new goes out."""
    lose(state_of(site))
    if loss == "state and cache":
        shutil.rmtree(site.root / ".syndicate")
    assert "is lost" in run(site, "publish").err
    site.write("newer")
    deliver(site)
    status = run(site, "status")
    assert (status.code, "is lost" in status.err) == (1, True)
    assert run(site, "adopt", "toot").code == 1
    assert run(site, "adopt", "chat", "--accept").code == 0
    site.go_on("newer")
    assert town.count("toot", "fresh") == town.count("chat", "fresh") == 0
    assert town.count("toot", "newer") == 1
    assert town.count("chat", "newer") == 0  # held: nobody but a person can know


def test_a_second_site_in_the_same_rows_is_refused(site: Site, town: Town) -> None:
    """Two sites without a name on one database: the second is told what to do, and with a name it works."""
    other = Site(site.root.parent / "other", town)
    (other.root / "content" / "posts").mkdir(parents=True)
    shared = f'[storage]\ndatabase = "sqlite:///{state_of(site)}"\n'
    text = site.config.read_text().replace(f'url = "{town.pages.url}"', 'url = "https://other.example"')
    other.config.write_text(text + shared)
    for slug in ("one", "two", "three"):
        other.write(slug)
    for command in (["publish"], ["status"], ["post", "one"]):
        ended = run(other, *command)
        assert ended.code == 2
        assert "another site" in ended.err
        assert "[site] name" in ended.err
    other.config.write_text(text.replace("[site]", '[site]\nname = "other"') + shared)
    assert run(other, "publish").code == 0
    assert run(site, "publish").code == 0


def test_a_new_domain_or_folder_is_the_same_site(site: Site, town: Town) -> None:
    """The state follows its site."""
    deliver(site)
    text = site.config.read_text()
    site.config.write_text(text.replace(f'url = "{town.pages.url}"', 'url = "https://new.example"'))
    assert run(site, "publish").code == 0
    moved = Site(site.root.rename(site.root.parent / "moved"), town)
    assert run(moved, "publish").code == 0
    assert "nothing is sent" not in run(moved, "status").err
    deliver(moved)
    assert town.count("toot", "fresh") == 1


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


BROKEN = {
    "random bytes": (lambda path: path.write_bytes(bytes(range(256)) * 64), "not a state database"),
    "a picture": (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 5000), "not a state database"),
    "cut off": (_half, "cut off"),
    "empty": (lambda path: path.write_bytes(b""), "is lost"),
    "a folder": (_folder, "directory"),
    "the cache": (lambda path: shutil.copy(path.parent / "cache.db", path), "another program's"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_state_is_said(site: Site, how: str) -> None:
    """No command says that all is well over a file that is no whole state database."""
    run(site, "publish")
    destroy, word = BROKEN[how]
    for part in site.root.glob(".syndicate/state.db-*"):
        part.unlink()
    destroy(state_of(site))
    for words in (["publish"], ["status"], ["queue"]):
        ended = run(site, *words)
        assert ended.code == 1, words
        assert word in ended.err, (words, ended)


def test_a_contradiction_is_told_once_and_shown_always(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One notice, one line in the daemon's log, a banner on the dashboard as long as it lasts."""
    told = tmp_path / "told"
    notices = f'\n[notices]\ncommand = "tee -a {told}"\n'
    site.config.write_text(site.config.read_text() + notices)
    lose(state_of(site))
    with site.open() as app:
        rounds = Rounds(app)
        for _ in range(2):
            rounds.publish_round()
    warned = [record.message for record in caplog.records if record.name == "syndicate" and "is lost" in record.message]
    assert len(warned) == 1
    run(site, "status")
    assert told.read_text().count('"kind":"state"') == 1
    with site.open() as app:
        with serving(_make_web(app, "127.0.0.1")) as address:
            page = httpx.get(f"{address}/dashboard/enter?key={make_ticket(app)}", follow_redirects=True)
        assert re.search('role="alert">[^\n]*<code>syndicate adopt toot', page.text)
