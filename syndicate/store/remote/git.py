"""The state as a branch of the site's own repository, kept by the git command.

A push says which commit it replaces (`--force-with-lease`), and git refuses it where another one is there. Each push
moves a second name along, `refs/syndicate/BRANCH`, in the same step: nobody's clone or force-push touches that one. So
a branch that was deleted is put back from it, and one that was set back is noticed.

Everything happens in a bare repository of our own, so that the author's checkout, however shallow, stays as it is.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from syndicate.errors import ConfigError, Contradicted, StateError, StateMoved
from syndicate.store.remote import INFO, Copy

PATIENCE = timedelta(seconds=90)
"""For one command: a server that hangs must not keep a job until its own end."""
NOTE = "README.md"
_NOTE = b"""# The state of syndicate

What was sent and what waits, a file for each table, a line for each row. syndicate writes this branch, and nothing
else should: a change made by hand while a job runs is refused or refuses the job. `syndicate queue`, `syndicate why`
and `syndicate status` tell what it means.
"""
_NOT_TOLD = re.compile(
    r"SYNDICATE_|GIT_(DIR|COMMON_DIR|WORK_TREE|INDEX_FILE|PREFIX|NAMESPACE|SHALLOW_FILE|GRAFT_FILE|QUARANTINE_PATH"
    r"|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|DEFAULT_HASH|TEMPLATE_DIR)$"
)
"""Our own secrets, and what a hook sets for the repository it runs in. All else may be needed to log in: a helper of
the person's reads what it likes (GH_TOKEN, AWS_PROFILE)."""
_LOGIN = re.compile(r"(http|credential|core\.sshcommand|ssh|url|protocol)\b", re.IGNORECASE)
_REFUSED = re.compile(
    r"denied|\b40[13]\b|read.only|not allowed|unauthori[sz]ed|authentication failed|could not read username|protected"
    r"|permission|hook declined|insufficient|not found",
    re.IGNORECASE,
)
_OWN = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "LANGUAGE": "C"}
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "push.gpgSign": "false",
    "push.followTags": "false",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
    "fetch.prune": "false",
    "gc.autoDetach": "false",
}
"""What a person wants for their own commits must not stop or change ours."""


MOVES = 5
"""How often others may push between the look at a branch and its fetch, which brings only the newest commit."""


class GitState:
    """One branch. `root` is the site's folder, `area` the bare repository to work in."""

    def __init__(self, root: Path, branch: str, area: Path) -> None:
        self.where = f"git:{branch}"
        self._root = root
        self._area = area
        self._branch = f"refs/heads/{branch}"
        self._witness = f"refs/syndicate/{branch}"
        self._witnessed = ""
        self._url = ""
        self._environment: dict[str, str] = {}

    def head(self) -> str:
        return self._list_refs()[0]

    def read(self) -> Copy | None:
        for is_last in (*[False] * MOVES, True):
            branch, witness = self._list_refs()
            self._witnessed = witness
            if not branch and not witness:
                return None
            name, commit = (self._branch, branch) if branch else (self._witness, witness)
            try:
                files = self._fetch_files(name, commit)
                break
            except StateError:
                if is_last:
                    raise
                if self._list_refs() == (branch, witness):  # nobody pushed between: a run that died left half a file
                    self._begin_anew()
        if branch and witness and branch != witness:
            self._refuse_set_back(branch, witness)
        if INFO not in files:
            hint = "name a branch that is not there yet: it must hold nothing else"
            raise ConfigError(
                "this branch holds something other than a state", where=f"[storage] state, {self.where}", hint=hint
            )
        return Copy(branch, files)

    def write(self, files: Mapping[str, bytes], expected: str, note: str) -> str:
        fresh = self._commit({NOTE: _NOTE, **files}, expected or self._witnessed, f"[skip ci] {note}")
        leases = (
            f"--force-with-lease={self._branch}:{expected}",
            f"--force-with-lease={self._witness}:{self._witnessed}",
        )
        names = (f"{fresh}:{self._branch}", f"{fresh}:{self._witness}")
        pushed = self._run("push", "--quiet", "--atomic", *leases, self._address, *names)
        if pushed.returncode:
            self._judge_refusal(fresh, expected, pushed.stderr)
        self._witnessed = fresh
        return fresh

    def _judge_refusal(self, fresh: str, expected: str, said: bytes) -> None:
        """What became of a push that failed; nothing is raised where it arrived all the same."""
        branch, witness = self._list_refs()
        if branch == witness == fresh:
            return
        if (branch, witness) != (expected, self._witnessed):
            raise StateMoved("another run changed the state meanwhile", where=self.where, hint="run it again")
        if _is_refused(said.decode(errors="replace")):
            hint = "the job needs the right to write to the repository (contents: write), and the branch no protection"
            raise ConfigError(f"the state may not be written: {_tell(said)}", where=self.where, hint=hint)
        raise StateError(f"the state could not be written: {_tell(said)}", where=self.where, hint="run it again")

    def _refuse_set_back(self, branch: str, witness: str) -> None:
        """A branch that went on, or whose history alone was cut, is in order."""
        self._fetch(self._witness)
        if self._ask("rev-parse", f"{branch}^{{tree}}") == self._ask("rev-parse", f"{witness}^{{tree}}"):
            return
        for name in (self._branch, self._witness):
            self._fetch(name, depth=2**31 - 1)
        if self._run("merge-base", "--is-ancestor", witness, branch).returncode == 0:
            return
        raise Contradicted(
            "the branch was set back or replaced from outside, so nothing is sent",
            where=self.where,
            hint=f"`git push --force REMOTE {witness}:{self._branch}` puts the newest state back, after "
            f"`git fetch REMOTE {self._witness}`",
        )

    def _list_refs(self) -> tuple[str, str]:
        """The commits behind both names, "" for none."""
        lines = self._ask("ls-remote", self._address, self._branch, self._witness).splitlines()
        found = {name: commit for commit, _, name in (line.partition("\t") for line in lines)}
        return found.get(self._branch, ""), found.get(self._witness, "")

    def _fetch(self, name: str, depth: int = 1) -> None:
        self._ask("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", f"--depth={depth}", self._address, name)

    def _fetch_files(self, name: str, commit: str) -> dict[str, bytes]:
        self._fetch(name)
        return self._read_files(commit)

    def _read_files(self, commit: str) -> dict[str, bytes]:
        listed = self._ask("ls-tree", "-z", commit).split("\0")
        blobs = {
            name: facts.split()[2] for facts, _, name in (one.partition("\t") for one in listed) if " blob " in facts
        }
        blobs.pop(NOTE, None)
        answer = self._run("cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs.values()).encode()).stdout
        files, at = {}, 0
        for name in blobs:
            begin = answer.find(b"\n", at) + 1
            facts = answer[at : begin - 1].split()
            if len(facts) != 3:
                raise StateError("git has lost a part of the state", where=str(self._area))
            size = int(facts[2])
            files[name] = answer[begin : begin + size]
            at = begin + size + 1
        return files

    def _commit(self, files: Mapping[str, bytes], parent: str, note: str) -> str:
        """A commit of these files and no others, in our own repository."""
        name = f"refs/made/{os.getpid()}"
        said = note.encode()
        lines = [
            f"commit {name}\ncommitter syndicate <syndicate@localhost> now\ndata {len(said)}\n".encode(),
            said,
            b"\n",
        ]
        lines += [f"from {parent}\n".encode()] if parent else []
        lines += [b"deleteall\n", *_list_blobs(files), b"done\n"]
        made = self._run("fast-import", "--quiet", "--done", "--force", "--date-format=now", given=b"".join(lines))
        if made.returncode:
            raise StateError(f"git cannot keep the state: {_tell(made.stderr)}", where=str(self._area))
        return self._ask("rev-parse", name).strip()

    # --- the command ----------------------------------------------------------------------------------------------

    @property
    def _address(self) -> str:
        """Where the site's repository pushes to."""
        if not self._url:
            name = self._choose_remote()
            url = self._call_site("remote", "get-url", "--push", name).stdout.decode().strip()
            if url.startswith(("./", "../")):  # as git takes it, from the top of the checkout
                url = os.path.join(self._call_site("rev-parse", "--show-toplevel").stdout.decode().strip(), url)  # noqa: PTH118
            self._url = url
        return self._url

    def _choose_remote(self) -> str:
        """`origin`, the only one, or the one that the person has named: two machines must not choose differently."""
        listed = self._call_site("remote")
        remotes = listed.stdout.decode().split()
        if not remotes:
            why = f": {_tell(listed.stderr)}" if listed.returncode else ""
            hint = "a state in a branch needs a repository with a remote; else [storage] state is a bucket"
            if "dubious ownership" in why:
                hint = f'if you trust it: git config --global --add safe.directory "{self._root}"'
            raise ConfigError(
                f"the site's folder is in no git repository with a remote{why}", where=self.where, hint=hint
            )
        chosen = self._call_site("config", "remote.pushDefault").stdout.decode().strip()
        name = "origin" if "origin" in remotes else chosen if chosen in remotes else remotes[0]
        if len(remotes) > 1 and name not in {"origin", chosen}:
            hint = f"`git config remote.pushDefault {name}`, or `git remote rename {name} origin`"
            raise ConfigError(
                f"the repository has several remotes, and none is named origin: {', '.join(remotes)}",
                where=self.where,
                hint=hint,
            )
        return name

    def _call_site(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """A question to the site's own repository. Raises ConfigError where git cannot be had."""
        return self._call(["git", "-C", str(self._root), *words], self._list_environment(), b"")

    def _ask(self, *words: str) -> str:
        done = self._run(*words)
        if done.returncode:
            said = _tell(done.stderr)
            if _is_refused(said):
                hint = "check the rights and the login of this job, and that the repository is still there"
                raise ConfigError(f"the state may not be read: {said}", where=self.where, hint=hint)
            raise StateError(f"the state cannot be read: {said}", where=self.where, hint="see whether the server is up")
        return done.stdout.decode()

    def _run(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = self._environment or self._prepare()
        command = ["git", f"--git-dir={self._area}", *words]
        return self._call(command, environment, given)

    def _prepare(self) -> dict[str, str]:
        """Our own repository, with the way in that the checkout knows (a CI keeps its token in its configuration)."""
        plain = self._list_environment()
        listed = self._call_site("config", "--local", "--includes", "--null", "--list").stdout.decode()
        pairs = [entry.partition("\n")[::2] for entry in listed.split("\0") if _LOGIN.match(entry)]
        at = int(plain.get("GIT_CONFIG_COUNT") or 0)
        pairs += _SETTINGS.items()
        for number, (key, value) in enumerate(pairs, at):
            plain |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        self._environment = plain | {"GIT_CONFIG_COUNT": str(at + len(pairs))}
        self._found_area()
        return self._environment

    def _found_area(self) -> None:
        """Our own repository, which counts its commits as the site's does: anew where it is none, or half of one."""
        form = self._call_site("rev-parse", "--show-object-format").stdout.decode().strip() or "sha1"
        if self._run("rev-parse", "--show-object-format").stdout.decode().strip() == form:
            return
        shutil.rmtree(self._area, ignore_errors=True)
        self._area.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        words = ("init", "--quiet", "--bare", "--template=", f"--object-format={form}", str(self._area))
        made = self._call(["git", *words], self._environment, b"")
        if made.returncode:
            raise StateError(f"git cannot keep the state: {_tell(made.stderr)}", where=str(self._area))

    def _begin_anew(self) -> None:
        shutil.rmtree(self._area, ignore_errors=True)
        self._found_area()

    def _list_environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not _NOT_TOLD.match(name)} | _OWN

    def _call(
        self, command: list[str], environment: Mapping[str, str], given: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            pipe = subprocess.PIPE
            process = subprocess.Popen(  # noqa: S603
                command, cwd=self._root, env=dict(environment), stdin=pipe, stdout=pipe, stderr=pipe, process_group=0
            )
        except FileNotFoundError as error:
            raise ConfigError("the git command is not installed", where=self.where) from error
        try:
            out, said = process.communicate(given, timeout=PATIENCE.total_seconds())
        except subprocess.TimeoutExpired as error:
            raise StateError(
                "git did not end in time", where=self.where, hint="see whether the server is up"
            ) from error
        finally:
            _end(process)
        return subprocess.CompletedProcess(command, process.returncode, out, said)


def _end(process: subprocess.Popen[bytes]) -> None:
    """With everything that it started: what talks to the server is a process of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _is_refused(said: str) -> bool:
    """Whether it is a matter of rights; names and addresses in quotes may be called anything."""
    return bool(_REFUSED.search(re.sub(r"'[^']*'|\S+://\S+", "", said)))


def _list_blobs(files: Mapping[str, bytes]) -> Iterable[bytes]:
    for name, data in sorted(files.items()):
        yield f"M 100644 inline {name}\ndata {len(data)}\n".encode()
        yield data
        yield b"\n"


def _tell(said: bytes) -> str:
    """git's last words on one line; an address may hold a token."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    telling = (
        [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!"))]
        or lines
        or ["no reason given"]
    )
    return re.sub(r"//[^/@\s]*@", "//", "; ".join(telling[:3]))[:300]
