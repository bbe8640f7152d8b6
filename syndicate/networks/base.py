"""What a network is to the rest of the program: one method that all have, and abilities of one method that some have.

A network never retries, sleeps, logs a secret or sees the store. It makes one irreversible call per `send`
and says how that ended by returning a Receipt or raising one of the errors in `syndicate.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from syndicate.errors import NetworkError
from syndicate.model import Account, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.toolkit import say
from syndicate.text.links import keep_web_address


class Vault(Protocol):
    """One account's secrets. Values given by the environment win and are never overwritten."""

    def get(self, name: str) -> str:
        """The secret, "" where there is none."""

    def put(self, values: Mapping[str, str]) -> None:
        """Store secrets durably before returning (a rotated refresh token must survive a crash)."""

    def lock(self) -> AbstractContextManager[None]:
        """Held while a session or token is renewed, across threads and processes."""


class Network(Protocol):
    """What every network is."""

    limits: Limits

    def send(self, message: Message, *, key: str) -> Receipt:
        """Publish once.

        Raises RateLimited, NotReady, Spoiled, Unavailable (surely not published), Rejected, Unauthorised,
        PaymentRequired, Uncertain (may be published).
        """


@runtime_checkable
class Prepares(Network, Protocol):
    """Uploads or containers come before the irreversible call."""

    def prepare(self, message: Message, *, key: str) -> Message:
        """Take the next reversible step and return the message with one more id in `prepared`.

        Returns the message unchanged when nothing is left to prepare. Raises NotReady while the network
        still works on an earlier step.
        """


@runtime_checkable
class Finds(Protocol):
    """The network can be asked whether a message is there."""

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """The published copy of this very message, None where the network surely does not show it (yet)."""


@runtime_checkable
class Resends(Protocol):
    """The network keeps our key: sending again with the same key cannot publish twice until `resend_until`."""

    def resend_until(self, intent_at: datetime) -> datetime:
        """Until when a second call with the same key is safe."""


@runtime_checkable
class ReadsLimits(Protocol):
    """The server states its limits."""

    def read_limits(self) -> Limits:
        """The limits as the server states them now."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who is logged in, in plain words: what `accounts` and `doctor --online` show.

    `expires_at` is None for tokens that last.
    """

    name: str
    url: str = ""
    abilities: tuple[str, ...] = ()
    expires_at: datetime | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", say(self.name))
        object.__setattr__(self, "url", keep_web_address(self.url))


@runtime_checkable
class Verifies(Protocol):
    def verify(self) -> Profile:
        """Ask the network who we are; raises Unauthorised."""


@runtime_checkable
class Renews(Protocol):
    def expires_at(self) -> datetime | None:
        """When the stored token dies, from what the vault knows; None where it lasts or is unknown."""

    def renew(self) -> datetime | None:
        """Get a fresh token, store it in the vault, return its end. Called early, under the vault's lock."""


@runtime_checkable
class RenewsAlone(Protocol):
    def renews_alone(self) -> bool:
        """Whether `renew` gets a fresh token without a person."""


@runtime_checkable
class Edits(Protocol):
    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Change a published message. `key` is another than the message's own, and another for every edit."""


@runtime_checkable
class Counts(Protocol):
    def count(self, receipt: Receipt) -> Reactions | None:
        """How often others answered a published message; None where the network does not show it any more."""


@runtime_checkable
class Deletes(Protocol):
    def delete(self, receipt: Receipt) -> None:
        """Remove a published message; a message that is already gone is no error."""


@runtime_checkable
class Spends(Protocol):
    """Reading and deleting cost money, too."""

    @property
    def cost_of_list(self) -> float:
        """US dollars that `list_recent` costs at most."""

    @property
    def cost_of_check(self) -> float:
        """US dollars that `verify` costs."""

    @property
    def cost_of_delete(self) -> float: ...

    def take_spent(self) -> float:
        """US dollars that it cost since this was last asked."""


@dataclass(frozen=True, slots=True)
class Recent:
    """One of the account's own posts, for `adopt`: the links in it, unwrapped."""

    receipt: Receipt
    text: str
    links: tuple[str, ...]
    published_at: datetime


@runtime_checkable
class Lists(Protocol):
    def list_recent(self) -> tuple[Recent, ...]:
        """The account's own posts, newest first, as far back as the network shows cheaply."""


@dataclass(frozen=True, slots=True)
class LoginField:
    """One thing to ask a person before a login; `secret` hides the typing."""

    name: str
    label: str
    secret: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """Where the person must go in a browser, and what must come back with the code."""

    url: str
    state: str = ""
    memory: Mapping[str, str] | None = None
    """What `finish_login` needs again (PKCE verifier, client id)."""
    note: str = ""
    """What the person should know before allowing it, one sentence."""


class AskAgain(NetworkError):
    """The login has to begin once more, with these further answers; the message says why."""

    def __init__(self, message: str, *, answers: Mapping[str, str], where: str = "") -> None:
        super().__init__(message, where=where)
        self.answers = answers


@runtime_checkable
class LogsIn(Protocol):
    """The network's real login flow, driven by `syndicate login`."""

    login_fields: tuple[LoginField, ...]

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        """The page to open, None where the answers are enough. `redirect` is "" for a pasted code."""

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The secrets to store, by name. Raises AskAgain where the server must be asked otherwise."""


@dataclass(frozen=True, slots=True)
class Option:
    """A key that [accounts.NAME] may hold for this network."""

    name: str
    help: str
    default: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret the network needs. The environment variable is SYNDICATE_<ACCOUNT>_<NAME>, or …_FILE."""

    name: str
    help: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the network's own pages show a message, as far as a preview can tell."""

    link: int = 0
    """So many characters of an address are shown, without its scheme; 0 for all of it as it stands."""
    path: int = 0
    """Or its host, and so many characters of what follows; a longer one loses two more to dots."""
    fold: int = 0
    """A text that is longer is folded after so many characters; 0 for never."""
    more: str = "more"
    """What unfolds it."""
    tags: bool = True
    """Whether hashtags and mentions become links."""
    cards: bool = True
    """Whether a link without a picture of its own gets a card, ours or the one that its crawler makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What can be said of a network without opening it.

    Its module has it as DESCRIPTION, beside `open_network(account: Account, vault: Vault, http: Client) -> Network`.
    """

    name: str
    title: str
    options: tuple[Option, ...] = ()
    secrets: tuple[Secret, ...] = ()
    facts: NetworkFacts
    """Default limits (a server may state others), what media suits it, whether it reads back, what it costs."""
    facts_by: Callable[[Account], NetworkFacts] | None = None
    """The facts of one account, where its options change them (a bot instead of a webhook, other prices)."""
    look: Look = Look()
    place: tuple[str, ...] = ()
    """The options that say where messages are: with others, those of before are out of reach."""
    note: str = ""
