"""Another package brings a network: an entry point of the group "syndicate.networks" names its module."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicate.app.accounts import make_schema
from syndicate.errors import ConfigError
from syndicate.http import Client
from syndicate.model import Account, Limits, Message
from syndicate.networks import describe, list_networks, open_network
from tests.networks.vault import MemoryVault

MODULE = """
from syndicate.model import Limits, NetworkFacts, Receipt
from syndicate.networks.base import Description, Option

LIMITS = Limits(characters=12)
DESCRIPTION = Description(
    name="paper",
    title="Paper",
    options=(Option("folder", "where the pages are kept", required=True),),
    facts=NetworkFacts(network="paper", limits=LIMITS, media="none"),
)


class Paper:
    limits = LIMITS

    def __init__(self, folder):
        self.folder = folder

    def send(self, message, *, key):
        return Receipt(f"{self.folder}/{key}", "")


def open_network(account, vault, http):
    return Paper(account.options["folder"])
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package on the path, as pip would have put it there."""
    (tmp_path / "paper_network.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "broken_network.py").write_text("import nothing_that_exists", encoding="utf-8")
    about = tmp_path / "paper_network-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: paper-network\nVersion: 1.0\n", encoding="utf-8")
    points = "paper = paper_network\nlocal = paper_network\nbroken = broken_network\n"
    (about / "entry_points.txt").write_text(f"[syndicate.networks]\n{points}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


def test_an_installed_network_is_one_like_ours() -> None:
    """It is described, listed, in the schema for editors, and opened by the account that names it."""
    assert describe("paper").facts.limits == Limits(characters=12)
    assert list(list_networks())[-2:] == ["paper", "broken"]
    assert {"paper", "local"} <= set(make_schema()["$defs"]["AccountTable"]["properties"]["network"]["enum"])
    account = Account(name="desk", network="paper", options={"folder": "drawer"})
    with Client() as http:
        receipt = open_network(account, MemoryVault(), http).send(Message(text="Hello"), key="k")
    assert receipt.remote_id == "drawer/k"


def test_a_package_replaces_no_network_of_ours() -> None:
    """Two of one name: ours stays."""
    assert describe("local").name == "local"


@pytest.mark.parametrize(
    ("name", "words"), [("broken", "No module named 'nothing_that_exists'"), ("papr", 'did you mean "paper"')]
)
def test_what_cannot_be_had_is_told(name: str, words: str) -> None:
    """A module that fails, and a name that is nearly one."""
    with pytest.raises(ConfigError) as told:
        describe(name)
    assert words in f"{told.value.message} {told.value.hint}"
