"""A state that lives in a branch or a bucket: lossless, swapped whole, and never two writers."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from obstore.store import MemoryStore

from syndicate.errors import ConfigError, Contradicted, StateError, StateMoved
from syndicate.model import Limits, State
from syndicate.store import open_store
from syndicate.store.remote import INFO, ForgetfulSealer, RemoteState, Sealer
from syndicate.store.remote.git import GitState, _is_refused
from syndicate.store.remote.object_store import SEEN, BucketState
from syndicate.store.remote.sync import LASTS, StateSync
from syndicate.store.schema import HEAD
from syndicate.store.store import Store
from tests.store.rows import LEASE, MESSAGE, NOW, SITE, identified, known, plan, planned

KEY = "a long and random key"
BRANCH = "state/blog"
Place = Callable[[str], RemoteState]
"""Opens the same remote state as a machine of this name."""


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A bare repository, and a checkout of it beside."""
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    git(tmp_path, "init", "--quiet", "site")
    git(tmp_path / "site", "remote", "add", "origin", "../origin.git")
    return tmp_path / "origin.git"


@pytest.fixture(params=[pytest.param("git", marks=pytest.mark.slow), "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "git":
        request.getfixturevalue("origin")
        return lambda name: GitState(tmp_path / "site", BRANCH, tmp_path / name / "state.git")
    store = MemoryStore()
    return lambda _: BucketState(store, "s3://bucket/state")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Machine:
    """A run with a disk of its own, which holds nothing yet."""

    def __init__(self, root: Path, name: str, blank: Path, place: Place, *, key: str = KEY, skew: timedelta) -> None:
        self.folder = root / name
        self.folder.mkdir()
        self.now = NOW + skew
        self.store = open_store(f"sqlite:///{shutil.copy(blank, self.folder / 'state.db')}", SITE)
        self.kept: list[str] = []
        self.sync = StateSync(
            place(name),
            self.store,
            Sealer(key),
            lock=self.folder / "state.lock",
            name=name,
            clock=lambda: self.now,
            glance=timedelta(0),
            keep_other=lambda: self.kept.append(name),
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds * 10)

    def begin_call(self, post: str) -> None:
        """Everything up to the call itself."""
        delivery = self.store.claim("run:1", self.now, LEASE, account="mastodon")
        assert delivery is not None
        assert delivery.post_id == post
        frozen = self.store.keep_message(delivery, MESSAGE, self.now, LEASE)
        self.store.intend(frozen, self.now, LEASE)
        self.sync.make_durable()


@pytest.fixture
def machine(tmp_path: Path, blank: Path, place: Place) -> Iterator[Callable[..., Machine]]:
    made: list[Machine] = []

    def make(name: str, *, key: str = KEY, skew: timedelta = timedelta(0)) -> Machine:
        made.append(Machine(tmp_path, name, blank, place, key=key, skew=skew))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that the file holds, as SQLite stores it."""
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names if name != "passes"
        }


def fill(store: Store) -> None:
    """A row in every table, with every kind of value."""
    store.add_deliveries([planned(), planned("p2"), planned("p3", state=State.HELD)], NOW)
    delivery = store.claim("run:1", NOW, LEASE)
    assert delivery is not None
    store.intend(store.keep_message(delivery, MESSAGE, NOW, LEASE), NOW + timedelta(microseconds=7), LEASE)
    store.set_text(3, "words that wait\u2028\nfor “you” 👍🏽", NOW)
    store.pause_account("mastodon", "the token is dead", NOW)
    store.save_limits("mastodon", Limits(characters=500), NOW)
    store.record_spending("x", 0.1 + 0.2, NOW)
    store.keep_secrets({"x/refresh": "salt.c2VhbGVk"})


def test_the_state_travels_without_a_loss(tmp_path: Path, path: Path, blank: Path) -> None:
    """Every value of every table comes back as it was, in lines sorted by key; what waits is sealed; and again."""
    with open_store(f"sqlite:///{path}", SITE) as store:
        fill(store)
        for kind in ("session", "notice"):
            store.keep_pass(kind, "key", NOW + timedelta(days=1), NOW)
        files = store.export_lines(Sealer(KEY))
        assert store.export_lines(Sealer(KEY)) == files
    assert all(one not in data for data in files.values() for one in (b"that wait", "ä and".encode()))
    ids = [orjson.loads(line)["id"] for line in files["deliveries.jsonl"].splitlines()]
    assert ids == sorted(ids) == [1, 2, 3]
    assert b'"due_at":"2026-03-29T00:30:00Z"' in files["deliveries.jsonl"]
    for schema in (HEAD, "0010"):  # an earlier one is brought to the present
        there = Path(shutil.copy(blank, tmp_path / f"{schema}.db"))
        later = () if schema == HEAD else ("secrets", "calls")
        carried = {name: data for name, data in files.items() if name.removesuffix(".jsonl") not in later}
        with open_store(f"sqlite:///{there}", SITE) as store:
            store.import_lines(carried, schema, Sealer(KEY))
        assert dump(there) == dump(path) | {name: [] for name in later}


def test_a_state_that_cannot_be_read_changes_nothing(path: Path) -> None:
    """Damage, a newer syndicate and a missing or wrong key are told; what is here stays."""
    with open_store(f"sqlite:///{path}", SITE) as store:
        fill(store)
        before, files = dump(path), store.export_lines(Sealer(KEY))
        for sealer in (Sealer(""), Sealer("another key of some length"), Sealer("short")):
            with pytest.raises(ConfigError, match="SYNDICATE_STATE_KEY"):
                store.import_lines(files, HEAD, sealer)
        for damaged in ({"posts.jsonl": b"{"}, {"deliveries.jsonl": b'{"id":1,"colour":2}'}, {"posts.jsonl": b"[]"}):
            with pytest.raises(StateError):
                store.import_lines(files | damaged, HEAD, Sealer(KEY))
        with pytest.raises(StateError, match="newer syndicate"):
            store.import_lines(files, "9999", Sealer(KEY))
        with pytest.raises(StateError, match="damaged"):
            store.import_lines(files, "0000", Sealer(KEY))
        others = {"states.jsonl": files["states.jsonl"].replace(f'"{SITE}"'.encode(), b'"another"')}
        with pytest.raises(ConfigError, match=r'site "another".*of its own'):
            store.import_lines(files | others, HEAD, Sealer(KEY))
        with pytest.raises(ConfigError, match="SYNDICATE_STATE_KEY"):  # a person's words do not go out in the open
            store.export_lines(Sealer(""))
    assert dump(path) == before


def test_what_a_lost_key_sealed_can_be_given_up(path: Path) -> None:
    """Messages that wait are composed anew; one that may be out waits for a person; nothing else changes."""
    with open_store(f"sqlite:///{path}", SITE) as store:
        fill(store)
        files = store.export_lines(Sealer(KEY))
        store.import_lines(files, HEAD, ForgetfulSealer("another key of some length"))
        rows = {row.id: row for row in store.list_deliveries()}
        assert (rows[1].state, rows[1].look_at, rows[1].message) == (State.UNCERTAIN, None, None)
        assert (rows[3].state, rows[3].text) == (State.HELD, "")
        assert rows[2].state is State.PLANNED
        assert set(store.export_lines(Sealer(""))) == set(files)


def test_only_who_has_the_newest_version_writes(place: Place) -> None:
    """Nothing, then a first writer; a second one that read the same is refused, reads again, and may."""
    one, two = place("one"), place("two")
    assert one.head() == two.head() == ""
    assert one.read() is two.read() is None
    files = {INFO: b'{"sequence":1}', "posts.jsonl": b"1\n", "drafts.jsonl": b"2\n"}
    first = one.write(files, "", "first")
    with pytest.raises(StateMoved):
        two.write({INFO: b'{"sequence":2}'}, "", "late")
    assert two.head() == first
    there = two.read()
    assert there is not None
    assert {name: data for name, data in there.files.items() if name != INFO} == {
        name: data for name, data in files.items() if name != INFO
    }
    second = two.write({INFO: b'{"sequence":2}', "posts.jsonl": b"3\n"}, first, "second")
    assert second == one.head() != first
    with pytest.raises(StateMoved):
        one.write(files, first, "stale")
    again = one.read()
    assert again is not None
    assert set(again.files) == {INFO, "posts.jsonl"}


def test_an_intent_is_in_its_place_before_the_call(machine: Callable[..., Machine]) -> None:
    """Whoever takes over from a killed run finds it, waits until the other counts as gone, and looks for the call."""
    dead, heir = machine("dead"), machine("heir")

    def die() -> None:
        with dead.sync.changing():
            dead.store.add_deliveries([planned(), planned("p2")], NOW)
            dead.begin_call("p1")
            assert dead.sync.confirm() == ""
            raise SystemExit  # the process ends at once

    with pytest.raises(SystemExit):
        die()
    heir.sync.refresh()
    assert heir.store.get_delivery(1).state is State.SENDING  # to look at: it may still be at work
    with heir.sync.changing():
        assert heir.now >= NOW + LASTS
        states = {row.post_id: row.state for row in heir.store.list_deliveries()}
        assert states == {"p1": State.UNCERTAIN, "p2": State.PLANNED}
        assert heir.store.get_delivery(1).look_at is not None
    with dead.sync.changing():  # nobody holds it any more
        assert dead.store.get_delivery(1).state is State.UNCERTAIN


@pytest.mark.parametrize("skew", [timedelta(hours=3), timedelta(hours=-3)])
def test_a_clock_that_is_off_sends_nothing_twice(machine: Callable[..., Machine], skew: timedelta) -> None:
    """A run that takes another one for dead goes on; the other one is refused just before its call."""
    late, hasty = machine("late"), machine("hasty", skew=skew)
    late.store.add_deliveries([planned()], NOW)
    with pytest.raises(StateMoved), late.sync.changing():  # noqa: PT012
        late.begin_call("p1")
        with hasty.sync.changing():
            assert hasty.store.get_delivery(1).state is State.UNCERTAIN
        with pytest.raises(StateMoved):
            late.sync.confirm()
    with late.sync.changing():
        assert late.store.get_delivery(1).state is State.UNCERTAIN


def test_runs_that_began_together_are_one(machine: Callable[..., Machine]) -> None:
    """The first to write wins; nothing of the other counts, it reads again and waits until the first is done."""
    one, two = machine("one"), machine("two")
    with one.sync.changing():
        one.store.add_deliveries([planned(), planned("p2")], NOW)
    with pytest.raises(StateMoved), one.sync.changing(), two.sync.changing():  # noqa: PT012
        two.begin_call("p1")
        for too_late in (lambda: one.begin_call("p1"), one.sync.confirm):
            with pytest.raises(StateMoved):
                too_late()
    with one.sync.changing():
        assert one.store.get_delivery(1).state is State.UNCERTAIN


@pytest.mark.parametrize(("can_look", "most"), [(True, 10), (False, 1)])
def test_few_calls_are_open_at_one_time(machine: Callable[..., Machine], can_look: bool, most: int) -> None:
    """Ten at most, and one where nobody could look for it; who comes later waits for their end."""
    one = machine("one")
    together, inside, counts = threading.Barrier(most), set[int](), list[int]()

    def call(number: int) -> None:
        with one.sync.in_turn(can_look=can_look):
            inside.add(number)
            together.wait(30)  # so many are inside at once …
            counts.append(len(inside))  # … and no others
            together.wait(30)
            inside.remove(number)

    with one.sync.changing(), ThreadPoolExecutor(most * 2) as pool:
        for done in [pool.submit(call, number) for number in range(most * 2)]:
            done.result()
    assert counts == [most] * most * 2


def test_a_state_of_this_machine_is_kept_aside_before_it_is_replaced(machine: Callable[..., Machine]) -> None:
    """The first run brings its own state along; where there is one already, the machine's own is not thrown away."""
    first, second = machine("first"), machine("second")
    with closing(sqlite3.connect(second.folder / "state.db")) as connection, connection:
        connection.execute("UPDATE states SET identity = 'another'")
    for one in (first, second):
        one.store.apply(plan(identified=(identified(known()),)), NOW)
    with first.sync.changing():
        pass
    second.sync.refresh()
    assert (first.kept, second.kept) == ([], ["second"])


def test_a_branch_that_is_lost_is_put_back(tmp_path: Path, origin: Path) -> None:
    """What was in it is read from the second name, and the next write makes the branch anew."""
    state = GitState(tmp_path / "site", BRANCH, tmp_path / "area")
    state.write({INFO: b"{}", "posts.jsonl": b"1\n"}, "", "first")
    git(origin, "update-ref", "-d", f"refs/heads/{BRANCH}")
    after = GitState(tmp_path / "site", BRANCH, tmp_path / "other")
    found = after.read()
    assert found is not None
    assert (found.version, found.files["posts.jsonl"]) == ("", b"1\n")
    version = after.write({INFO: b"{}", "posts.jsonl": b"2\n"}, found.version, "second")
    assert git(origin, "rev-parse", BRANCH) == version
    assert git(origin, "rev-list", "--count", BRANCH) == "2"


def test_a_branch_that_is_set_back_sends_nothing(tmp_path: Path, origin: Path) -> None:
    """A force-push to an earlier state is refused with the way out; a shorter history of the same state is not, nor
    is a commit on top."""
    state = GitState(tmp_path / "site", BRANCH, tmp_path / "area")
    first = state.write({INFO: b"{}", "posts.jsonl": b"1\n"}, "", "first")
    second = state.write({INFO: b"{}", "posts.jsonl": b"2\n"}, first, "second")
    git(origin, "update-ref", f"refs/heads/{BRANCH}", first)
    assert state.head() != second
    fresh = GitState(tmp_path / "site", BRANCH, tmp_path / "fresh")
    with pytest.raises(Contradicted, match="set back") as raised:
        fresh.read()
    assert second in raised.value.hint
    cut = git(origin, "-c", "user.name=a", "-c", "user.email=", "commit-tree", f"{second}^{{tree}}", "-m", "cut")
    on_top = git(
        origin,
        "-c",
        "user.name=a",
        "-c",
        "user.email=",
        "commit-tree",
        f"{first}^{{tree}}",
        "-p",
        second,
        "-m",
        "by hand",
    )
    for accepted, content in ((cut, b"2\n"), (on_top, b"1\n")):
        git(origin, "update-ref", f"refs/heads/{BRANCH}", accepted)
        found = GitState(tmp_path / "site", BRANCH, tmp_path / accepted).read()
        assert found is not None
        assert (found.version, found.files["posts.jsonl"]) == (accepted, content)
    assert GitState(tmp_path / "site", BRANCH, tmp_path / accepted).read() is not None


@pytest.mark.slow
def test_git_says_what_is_wrong(tmp_path: Path, origin: Path) -> None:
    """A branch with something other, no right to write, no server, no repository: each a sentence, no token in it."""
    site = tmp_path / "site"
    git(site, "-c", "user.name=a", "-c", "user.email=", "commit", "--quiet", "--allow-empty", "-m", "the blog")
    git(site, "push", "--quiet", "origin", "HEAD:main")
    with pytest.raises(ConfigError, match="something other"):
        GitState(site, "main", tmp_path / "area").read()
    hook = origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'Write access to repository not granted: permission denied'; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ConfigError, match=r"may not be written.*contents: write"):
        GitState(site, BRANCH, tmp_path / "area").write({INFO: b"{}"}, "", "no")
    git(site, "remote", "set-url", "origin", "http://user:t0ken@127.0.0.1:9/blog.git")
    with pytest.raises(StateError) as raised:
        GitState(site, BRANCH, tmp_path / "area").head()
    assert "t0ken" not in str(raised.value)
    git(site, "remote", "remove", "origin")
    with pytest.raises(ConfigError, match="no git repository with a remote"):
        GitState(site, BRANCH, tmp_path / "area").head()


def test_settings_for_a_persons_own_commits_do_not_stop_the_state(
    tmp_path: Path, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed pushes, a pre-push hook and a pruning fetch belong to their work, not to ours; in any kind of hash."""
    (tmp_path / "hooks").mkdir()
    hook = tmp_path / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (tmp_path / "gitconfig").write_text(
        f"[core]\nhooksPath = {hook.parent}\nautocrlf = true\n[push]\ngpgSign = true\nfollowTags = true\n"
        "recurseSubmodules = on-demand\n[submodule]\nrecurse = true\n[safe]\nbareRepository = explicit\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    GitState(tmp_path / "site", BRANCH, tmp_path / "area").write({INFO: b"{}\r\n"}, "", "first")
    for name in ("site", "origin.git"):
        shutil.rmtree(tmp_path / name)
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    git(tmp_path, "init", "--quiet", "--bare", origin.name)
    git(tmp_path, "init", "--quiet", "site")
    git(tmp_path / "site", "remote", "add", "origin", "../origin.git")
    monkeypatch.delenv("GIT_DEFAULT_HASH")
    (tmp_path / "site" / "blog").mkdir()  # whose remote is named from the top of the checkout
    GitState(tmp_path / "site" / "blog", BRANCH, tmp_path / "area").write({INFO: b"{}\r\n"}, "", "first")
    found = GitState(tmp_path / "site", BRANCH, tmp_path / "other").read()
    assert found is not None
    assert (len(found.version), found.files[INFO]) == (64, b"{}\r\n")


def test_what_a_killed_git_leaves_is_cleared_away(tmp_path: Path, origin: Path) -> None:
    """A lock that nobody holds, and files that lost their bytes with the power: our repository is only a copy."""
    area = tmp_path / "area"
    version = GitState(tmp_path / "site", BRANCH, area).write({INFO: b"{}"}, "", "first")
    (area / "shallow.lock").touch()
    found = GitState(tmp_path / "site", BRANCH, area).read()
    assert found is not None
    assert found.version == version
    for path in (area / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"")
    found = GitState(tmp_path / "site", BRANCH, area).read()
    assert found is not None
    assert found.version == version
    (area / "HEAD").write_bytes(b"")
    assert GitState(tmp_path / "site", BRANCH, area).head() == version


def test_digits_in_the_name_of_an_object_are_no_refusal() -> None:
    """ "401" is a word of the server, or a piece of forty letters of a digest."""
    assert _is_refused("fatal: unable to access: The requested URL returned error: 401")
    assert not _is_refused("error: object file objects/5f/9af8fd8f670a2e7d4d99c1d440182e4ec87403 is empty")


def test_two_machines_take_the_same_remote(tmp_path: Path, origin: Path) -> None:
    """Of several that are none of them origin only the one that a person named: another one has no state yet."""
    site = tmp_path / "site"
    git(site, "remote", "rename", "origin", "github")
    version = GitState(site, BRANCH, tmp_path / "area").write({INFO: b"{}"}, "", "first")
    git(site, "remote", "add", "backup", "../backup.git")
    with pytest.raises(ConfigError, match=r"several remotes.*backup, github.*pushDefault"):
        GitState(site, BRANCH, tmp_path / "area").head()
    git(site, "config", "remote.pushDefault", "github")
    assert GitState(site, BRANCH, tmp_path / "area").head() == version


def test_a_way_to_log_in_knows_the_environment_but_for_our_secrets(
    tmp_path: Path, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`gh` reads its token there, as other helpers do; the tokens of accounts stay here."""
    monkeypatch.setenv("GH_TOKEN", "of the job")
    monkeypatch.setenv("SYNDICATE_TOOT_ACCESS_TOKEN", "of an account")
    site, seen = tmp_path / "site", tmp_path / "seen"
    git(site, "config", "core.sshCommand", f"env > '{seen}'; false")
    git(site, "remote", "set-url", "origin", "ssh://blog.example/403-protected.git")
    with pytest.raises(StateError):  # a name that sounds like a refusal is none
        GitState(site, BRANCH, tmp_path / "area").head()
    assert "of the job" in seen.read_text()
    assert "of an account" not in seen.read_text()


def test_a_line_spoilt_by_hand_is_named(tmp_path: Path, machine: Callable[..., Machine], place: Place) -> None:
    """With the place of the state and the way back; nothing of it is taken."""
    one = machine("one")
    with one.sync.changing():
        one.store.add_deliveries([planned()], NOW)
    there = place("hand").read()
    assert there is not None
    row = there.files["deliveries.jsonl"]
    for spoilt in (row + row, row + b"\n", row.replace(b'"slug":', b'"slug":[],"was":')):
        writer = place(f"hand-{len(spoilt)}")
        now = writer.read()
        assert now is not None
        writer.write({**there.files, "deliveries.jsonl": spoilt}, now.version, "by hand")
        with pytest.raises(StateError, match="by hand, undo that") as raised:
            machine(f"two-{len(spoilt)}").sync.refresh()
        assert raised.value.where.startswith(writer.where)


class Closing(BucketState):
    """A place whose door closes after so many looks: a token that ends while a job runs."""

    looks = 1

    def head(self) -> str:
        self.looks -= 1
        if self.looks < 0:
            raise ConfigError("the state may not be read")
        return super().head()


def test_a_right_that_ends_midway_makes_no_call_unknown(tmp_path: Path, blank: Path) -> None:
    """Between the intent and the call: it surely was not made, and is told as such."""
    one = Machine(tmp_path, "one", blank, lambda _: Closing(MemoryStore(), "s3://bucket/state"), skew=timedelta(0))
    with one.sync.changing():
        one.store.add_deliveries([planned()], NOW)
        one.begin_call("p1")
        assert one.sync.confirm() == ""
        assert "may not be read" in one.sync.confirm()
    one.store.close()


@pytest.mark.slow
def test_the_checkout_stays_as_it_is(tmp_path: Path, origin: Path) -> None:
    """Also a shallow one: no branch, object or setting of it changes, and its own way to log in is used."""
    site, shallow = tmp_path / "site", tmp_path / "shallow"
    for number in range(2):
        git(site, "-c", "user.name=a", "-c", "user.email=", "commit", "--quiet", "--allow-empty", "-m", f"{number}")
    git(site, "push", "--quiet", "origin", "HEAD:main")
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=main", f"file://{origin}", "shallow")
    git(shallow, "remote", "set-url", "origin", "token://blog")
    git(shallow, "config", f"url.file://{origin}.insteadOf", "token://blog")

    def look() -> set[tuple[str, int]]:
        return {(str(path), path.stat().st_size) for path in (shallow / ".git").rglob("*") if path.is_file()}

    before = look()
    state = GitState(shallow, BRANCH, tmp_path / "area")
    version = state.write({INFO: b"{}"}, "", "first")
    found = GitState(shallow, BRANCH, tmp_path / "other").read()
    assert found is not None
    assert found.version == version
    assert look() == before


def test_a_bucket_that_is_set_back_or_damaged_is_noticed() -> None:
    """The object that names all others is put back where it is lost, refused where it is older, and checked."""
    store = MemoryStore()
    state = BucketState(store, "s3://bucket/state")
    first = state.write({INFO: b'{"sequence":1}', "posts.jsonl": b"1\n"}, "", "first")
    old = bytes(store.get(INFO).bytes())
    state.write({INFO: b'{"sequence":2}', "posts.jsonl": b"2\n"}, first, "second")
    newest = bytes(store.get(INFO).bytes())
    store.put(INFO, old)
    with pytest.raises(Contradicted, match="set back"):
        BucketState(store, "s3://bucket/state").read()
    store.put(INFO, b"<html>Log in to the hotel's network</html>")
    store.put(SEEN, b"<html>Log in to the hotel's network</html>")
    with pytest.raises(StateError, match="not a state of syndicate"):
        BucketState(store, "s3://bucket/state").read()
    store.put(SEEN, newest)
    store.delete(INFO)
    found = BucketState(store, "s3://bucket/state").read()
    assert found is not None
    assert (found.version, found.files["posts.jsonl"]) == ("", b"2\n")
    store.put(INFO, newest)
    store.put(orjson.loads(newest)["files"]["posts.jsonl"], b"3\n")
    with pytest.raises(StateError, match="damaged"):
        BucketState(store, "s3://bucket/state").read()


class Overtaken(GitState):
    """Somebody else pushes after each look at the branch, and before its fetch."""

    rivals: list[Callable[[], object]] = []  # noqa: RUF012 - set by the test

    def _list_refs(self) -> tuple[str, str]:
        refs = super()._list_refs()
        if self.rivals:
            self.rivals.pop()()
        return refs


@pytest.mark.slow
def test_a_push_between_the_look_and_the_fetch_is_no_error(origin: Path, tmp_path: Path) -> None:
    """Only the newest commit is fetched: the one that was seen is not there any more."""
    first = GitState(tmp_path / "site", BRANCH, tmp_path / "first")
    rival = GitState(tmp_path / "site", BRANCH, tmp_path / "rival")
    seen = first.write({INFO: b"{}", "a.jsonl": b"0"}, "", "begin")

    def push() -> None:
        there = rival.read()
        assert there is not None
        rival.write({**there.files, "a.jsonl": there.files["a.jsonl"] + b"+"}, there.version, "go on")

    late = Overtaken(tmp_path / "site", BRANCH, tmp_path / "late")
    late.rivals = [push, push]
    found = late.read()
    assert found is not None
    assert (found.files["a.jsonl"], found.version != seen) == (b"0++", True)
