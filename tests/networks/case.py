"""What the contract test must know about one network; each `tests/networks/test_<network>.py` has one as CASE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from syndicate.http import Client
from syndicate.model import Account, Attachment, Message
from syndicate.networks import open_network
from tests.networks.fake import Fake, Reply
from tests.networks.vault import MemoryVault

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LINK = "https://blog.example/a/"
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)
"""A whole PNG of one pixel."""
TEXT = Message(text=f"A title\n\n{LINK}", link=LINK, title="A title", summary="What it says.", created_at=NOW)
"""The plainest message."""


def picture(alt: str = "A fox in snow") -> Attachment:
    """An image as the delivery hands it over, bytes filled in."""
    return Attachment(path="cards/a.png", media_type="image/png", alt=alt, width=1200, height=630, data=PIXEL)


ILLUSTRATED = Message(
    text="With a picture", image=replace(picture(), url="https://blog.example/cards/a.png"), created_at=NOW
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One network on its fake. `publish` is the line of its irreversible call, "" where there is no HTTP at all."""

    network: str
    label: str = ""
    """Tells several cases of one network apart."""
    fake: Callable[[], Any] = Fake
    options: Callable[[str], Mapping[str, str]] = field(default=lambda url: {})
    """Account options from the fake's URL."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Working credentials for a new fake."""
    publish: str = ""
    message: Message = TEXT
    illustrated: Message = ILLUSTRATED
    """A message with an image that the network, where it prepares at all, has to prepare."""
    too_long: Message | None = None
    """A message one over the network's limit, where our side refuses it; None where the server must."""
    unauthorised: Reply = field(default_factory=lambda: Reply(401, {"error": "The access token is invalid"}))
    reads_success: bool = True
    """Whether a success needs a body that can be read (a bare webhook needs none)."""
    leaks: tuple[str, ...] = ()
    """Further strings that must never be shown (tokens the fake hands out)."""

    def account(self, url: str) -> Account:
        return Account(name="mine", network=self.network, options=self.options(url))

    def open(self, url: str, http: Client, vault: MemoryVault | None = None) -> Any:
        """The network, logged in."""
        return open_network(self.account(url), vault or MemoryVault(self.secrets), http)


def deliver(network: Any, message: Message, *, key: str = "key-1") -> Any:
    """All the steps that the delivery takes for one attempt: prepare until nothing is left, then send."""
    prepare = getattr(network, "prepare", None)
    while prepare is not None and (further := prepare(message, key=key)) != message:
        message = further
    return network.send(message, key=key)
