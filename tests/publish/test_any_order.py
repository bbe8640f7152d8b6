"""Whatever we and others do to a published file, in any order: theirs is never lost, ours never stuck."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from syndicate.output import FolderOutput, Output
from syndicate.output.bucket import BucketOutput
from syndicate.publish.manifest import Manifest
from syndicate.store import open_store
from syndicate.store.store import Store
from tests.publish.test_ownership import PATH, Dying, Killed, ours, take_away, text

ACTIONS = ("we write", "we write the same", "we are killed", "we remove", "they write", "they remove", "manifest lost")


class World:
    """One file, and whose it is."""

    def __init__(self, root: Path, blank: Path, output: Output, *, listed: bool) -> None:
        self.root = root
        self.blank = blank
        self.output = output
        self.listed = listed
        self.owner = ""
        self.number = 0
        self.last = b""
        self.is_known = True
        self.losses = 0
        self.store = self.open_state()

    def open_state(self) -> Store:
        path = shutil.copy(self.blank, self.root / f"state-{self.losses}.db")
        return open_store(f"sqlite:///{path}", "default")

    def forget(self) -> None:
        self.losses += 1
        self.store.close()
        self.store = self.open_state()
        self.is_known = self.owner != "us"

    def manifest(self, output: object = None) -> Manifest:
        return ours(output or self.output, self.store, listed=self.listed)  # type: ignore[arg-type]

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
                self.manifest(Dying(self.output)).write([text(self.last)])
        elif action == "we remove":
            if take_away(self.manifest(), [PATH]):
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
        files = self.manifest()
        files.write([text(data)])
        if self.output.read(PATH) == data:
            self.owner, self.last, self.is_known = "us", data, True
        else:
            assert files.problems
            assert self.owner == "they" or not self.is_known


@pytest.mark.slow
@given(st.lists(st.sampled_from(ACTIONS), max_size=12), st.booleans(), st.booleans())
def test_theirs_is_never_lost_and_ours_never_stuck(
    blank: Path, actions: list[str], is_folder: bool, listed: bool
) -> None:
    """No action of ours changes a byte of theirs; where the manifest was not lost, our file can always be written."""
    with TemporaryDirectory() as root:
        output = FolderOutput(f"{root}/feeds") if is_folder else BucketOutput(MemoryStore())
        world = World(Path(root), blank, output, listed=listed)
        for action in actions:
            world.act(action)
        world.store.close()
