"""Whatever we and others do to a published file, in any order: theirs is never lost, ours never stuck."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from syndicate.output import FolderOutput, Output
from syndicate.output.bucket import BucketOutput
from syndicate.publish.ownership import OwnFiles
from syndicate.store.cache import FileCache, open_cache
from tests.publish.test_ours import PATH, Dying, Killed, text

ACTIONS = ("we write", "we write the same", "we are killed", "we remove", "they write", "they remove", "cache lost")


class World:
    """One file, and whose it is."""

    def __init__(self, root: Path, output: Output, *, listed: bool) -> None:
        self.root = root
        self.output = output
        self.listed = listed
        self.owner = ""
        self.number = 0
        self.losses = 0
        self.last = b""
        self.is_known = True
        self.cache = self.open_cache()

    def open_cache(self) -> FileCache:
        return open_cache(str(self.root / f"cache-{self.losses}.db"))

    def forget(self) -> None:
        self.losses += 1
        self.cache.close()
        self.cache = self.open_cache()
        self.is_known = self.owner != "us"

    def files(self, output: object = None) -> OwnFiles:
        files = OwnFiles(output or self.output, self.cache, "feeds")  # type: ignore[arg-type]
        if self.listed:
            files.list_facts()
        return files

    def make(self, who: str) -> bytes:
        self.number += 1
        return f"{who} {self.number}".encode()

    def act(self, action: str) -> None:
        before, owner = self.output.read(PATH), self.owner
        if action in {"we write", "we write the same"}:
            self.write(self.last if action == "we write the same" and self.last else self.make("us"))
        elif action == "we are killed":
            self.last = self.make("us")
            with pytest.raises(Killed):
                self.files(Dying(self.output)).write([text(self.last)])
        elif action == "we remove":
            if self.files().remove([PATH]):
                assert owner == "us"
                self.owner = ""
        elif action == "they write":
            self.output.write([text(self.make("they"))])
            self.owner = "they"
        elif action == "they remove":
            self.output.remove([PATH])
            self.owner = ""
        else:
            self.forget()
        if owner == "they" and not action.startswith("they"):
            assert self.output.read(PATH) == before

    def write(self, data: bytes) -> None:
        files = self.files()
        files.write([text(data)])
        if self.output.read(PATH) == data:
            self.owner, self.last, self.is_known = "us", data, True
        else:
            assert files.problems
            assert self.owner == "they" or not self.is_known


@pytest.mark.slow
@given(st.lists(st.sampled_from(ACTIONS), max_size=12), st.booleans(), st.booleans())
def test_theirs_is_never_lost_and_ours_never_stuck(actions: list[str], is_folder: bool, listed: bool) -> None:
    """No action of ours changes a byte of theirs; where the cache was not lost, our own file can always be written."""
    with TemporaryDirectory() as root:
        output = FolderOutput(f"{root}/feeds") if is_folder else BucketOutput(MemoryStore())
        world = World(Path(root), output, listed=listed)
        for action in actions:
            world.act(action)
        world.cache.close()
