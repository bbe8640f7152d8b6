"""Lemmy communities (API v3, servers 0.19). join-lemmy.org/docs/contributors/04-api.html.

Communities dislike link dumping: read the rules of the one you post to. There is no key, so an unknown outcome is
settled by the community's newest posts of ours. Sessions are had with the password and end without notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from syndicate.errors import Blocked, NetworkError, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, LoginField, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    pick,
    pick_count,
    pick_digits,
    pick_instant,
    pick_list,
    pick_text,
    refuse_misfits,
    refuse_non_number,
    require_option,
    require_secret,
    shorten,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import PastedLogin, Session, call_again, read_session, session_secrets
from syndicate.networks.toolkit.readback import Is, Listing, Page, find_in, links_of, number_of, read_listing, read_page
from syndicate.text.counting import Counter
from syndicate.text.plain import MARKDOWN

T = TypeVar("T")

LIMITS = Limits(characters=10_000, counter=Counter.CODEPOINTS, alt=1500, images=1, marks=f"{MARKDOWN}^{{")
TITLE_LENGTHS = (3, 200)
PAGE = 50
_DEAD = frozenset({"not_logged_in", "incorrect_login", "invalid_password", "incorrect_totp_token"})
_BARRED = frozenset({"site_ban", "banned_from_community", "only_mods_can_post_in_community", "registration_denied"})
_GONE = frozenset({"couldnt_find_post", "not_found", "deleted"})

DESCRIPTION = Description(
    name="lemmy",
    title="Lemmy",
    place=("instance",),
    options=(
        Option("instance", "Address of your server (https://lemmy.example)", required=True),
        Option("community", "The community: name, or name@server", required=True),
        Option("username", "Your name or e-mail address there", required=True),
        Option("language_id", "Number of the post's language on the server"),
        Option("nsfw", "Mark posts as not safe for work", "false", choices=("true", "false")),
    ),
    secrets=(Secret("password", "The account's password; sessions are kept beside it"),),
    facts=NetworkFacts(network="lemmy", limits=LIMITS, media="image", edits_alt=True),
    note="Read the community's rules first: many forbid links to one's own pages.",
)


def build_post(message: Message, community: int, options: Mapping[str, str]) -> dict[str, object]:
    """The body of a new post: a title, the link, the words, and our picture as the thumbnail."""
    picture = message.image or message.card
    body: dict[str, object] = {
        "name": build_title(message),
        "community_id": community,
        "url": message.link,
        "body": LIMITS.escape(message.text),
        "custom_thumbnail": picture.url if picture else "",
        "alt_text": picture.alt if picture and picture.url else "",
        "nsfw": options.get("nsfw") == "true",
        "language_id": int(options.get("language_id") or 0),
    }
    return {name: value for name, value in body.items() if value not in ("", 0) or name == "nsfw"}


def build_title(message: Message) -> str:
    """The post's title on one line, else the beginning of its words."""
    shortest, longest = TITLE_LENGTHS
    title = shorten(" ".join((message.title or message.text).split()), longest)
    return title if len(title) >= shortest else title.ljust(shortest, ".")


def parse_receipt(answer: object, *, where: str) -> Receipt:
    """The post in an answer. Raises Uncertain where there is none to read."""
    post = pick(answer, "post_view", "post")
    number = pick_digits(post, "id")
    if not number:
        raise Uncertain("the server accepted the post without a number", where=where)
    return Receipt(number, pick_text(post, "ap_id"))


LISTED = {"creator.name": Is.NAME, "post.id": Is.NAME, "post.published": Is.MOMENT, "post.body": Is.TEXT}


def parse_recent(view: object, name: str) -> Recent | None:
    """A listed post, None for one of somebody else and for a deleted one."""
    is_ours = pick_text(view, "creator", "name") == name and pick(view, "creator", "local") is not False
    number, published_at = pick_digits(view, "post", "id"), pick_instant(view, "post", "published")
    if not is_ours or not number or published_at is None or pick(view, "post", "deleted") is True:
        return None
    text = pick_text(view, "post", "body")
    links = tuple(filter(None, (pick_text(view, "post", "url"), *links_of(text))))
    return Recent(Receipt(number, pick_text(view, "post", "ap_id")), text, links, published_at)


def parse_failure(refusal: Refusal) -> NetworkError:
    """What an unsuccessful answer means, by the server's snake_case code."""
    code = refusal.find("error")
    if code == "rate_limit_error" or refusal.status == 429:
        return refusal.wait(said="the server asks to slow down")
    if code in _DEAD:
        return refusal.to(Unauthorised, f"the server says {code}")
    if code in _BARRED:
        return refusal.to(Blocked, f"the server says {code}", hint="look at the account there")
    return refusal.by_status()


class Lemmy(PastedLogin):
    """One account posting into one community."""

    limits = LIMITS
    login_fields = (LoginField("password", "Password", secret=True, help="of the account on your Lemmy server"),)

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        super().__init__(account, vault, http)
        self._base = f"{account.options['instance'].rstrip('/')}/api/v3"

    def prepare(self, message: Message, *, key: str) -> Message:
        """Find the community's number."""
        if "community" in message.prepared:
            return message
        return with_prepared(message, community=self._community())

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        community = int(message.prepared.get("community") or self._community())
        body = build_post(message, community, self._options)
        response = self._logged_in(lambda api: api.publish("POST", f"{self._base}/post", json=body))
        return parse_receipt(response.json(), where=self._name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        community = message.prepared.get("community") or self._community()
        sent = replace(message, text=LIMITS.escape(message.text))
        return find_in(self._list(community, since), sent, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        """The account's posts among the newest few hundred of the community."""
        return self._list(self._community(), None).posts

    def _list(self, community: str, since: datetime | None) -> Listing:
        name = pick_text(self._person(), "name")

        def fetch(cursor: str) -> Page:
            number = int(cursor or "1")
            query = {"community_id": community, "sort": "New", "limit": str(PAGE), "page": str(number)}
            answer = self._ask("GET", "post/list", params=query)
            views = pick_list(answer, "posts")
            oldest = pick_instant(views, -1, "post", "published")
            goes_on = len(views) == PAGE and not (since and oldest and oldest < since)
            return read_page(
                answer,
                "posts",
                parse=lambda view: parse_recent(view, name),
                each=LISTED,
                following=str(number + 1) if goes_on else "",
                account=self._name,
            )

        return read_listing(fetch)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        body = build_post(message, 0, self._options) | {"post_id": int(number_of(receipt, account=self._name))}
        return parse_receipt(self._ask("PUT", "post", json=body), where=self._name)

    def count(self, receipt: Receipt) -> Reactions | None:
        """Votes up count as likes; nothing is boosted there."""
        number = number_of(receipt, account=self._name)
        view = pick(self._ask("GET", "post", params={"id": number}), "post_view")
        if pick(view, "post", "deleted") is True or pick(view, "post", "removed") is True:
            return None
        return Reactions(likes=pick_count(view, "counts", "upvotes"), replies=pick_count(view, "counts", "comments"))

    def delete(self, receipt: Receipt) -> None:
        body = {"post_id": int(number_of(receipt, account=self._name)), "deleted": True}

        def is_gone(response: Response) -> bool:
            return pick_text(response.json(), "error") in _GONE

        def call(api: Api) -> None:
            api.ask_unless(is_gone, "POST", f"{self._base}/post/delete", json=body)

        self._logged_in(call)

    def verify(self) -> Profile:
        person = self._person()
        name = f"{pick_text(person, 'name')} in {self._options['community']}"
        return Profile(name=name, url=pick_text(person, "actor_id"), abilities=("post", "read", "edit", "delete"))

    def _person(self) -> object:
        """Whom the session belongs to: people log in by an e-mail address, too, which no post shows."""

        def call(api: Api) -> object:
            answer = api.ask("GET", f"{self._base}/site").json()
            if not pick(answer, "site_view"):
                raise Unavailable("the server's answer cannot be read", where=self._name)
            person = pick(answer, "my_user", "local_user_view", "person")
            if not pick_text(person, "name"):  # a dead session may be taken for a stranger's
                raise Unauthorised("the server does not know who we are", where=self._name)
            return person

        return self._logged_in(call)

    def _community(self) -> str:
        try:
            answer = self._ask("GET", "community", params={"name": self._options["community"]})
        except Rejected as error:
            raise Blocked(error.message, where=self._name, hint="check `community`") from None
        number = pick_digits(answer, "community_view", "community", "id")
        if not number:
            raise Unavailable("the server does not say which community that is", where=self._name)
        return number

    def _ask(self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: object = None) -> object:
        url = f"{self._base}/{path}"
        answer: object = self._logged_in(lambda api: api.ask(method, url, params=params, json=json)).json()
        return answer

    def _logged_in(self, call: Callable[[Api], T]) -> T:
        """A call with the kept session; with a new one where the server refused that, which did nothing."""
        session = self._session() or self._log_in(instead_of="")
        return call_again(lambda token: call(self._api(token)), session.access, self._log_in_again)

    def _log_in_again(self, refused: str) -> str:
        return self._log_in(instead_of=refused).access

    def _session(self) -> Session | None:
        return read_session(self._vault, require_secret(self._vault, "password", self._name))

    def _log_in(self, *, instead_of: str) -> Session:
        """A new session, kept for the next time; the one another process has made meanwhile, where there is one."""
        password = require_secret(self._vault, "password", self._name)
        with self._vault.lock():
            kept = self._session()
            if kept and kept.access != instead_of:
                return kept
            body = {"username_or_email": self._options["username"], "password": password}
            session = Session(self._ask_for_session(body), renewed_at=self._http.now())
            self._vault.put(session_secrets(session, password))
            return session

    def _ask_for_session(self, body: Mapping[str, str]) -> str:
        """A new token. Whatever the server refuses at a login is about the account, never about a message."""
        try:
            answer = self._api("").ask("POST", f"{self._base}/user/login", json=body).json()
        except Rejected as error:
            raise Unauthorised(error.message, where=self._name, hint="log in there by hand") from None
        if pick_text(answer, "jwt"):
            return pick_text(answer, "jwt")
        if isinstance(answer, dict) and "jwt" in answer:
            raise Unauthorised("the server gives no session yet", where=self._name, hint="is it approved?")
        raise Unavailable("the server's answer to the login cannot be read", where=self._name)

    def _api(self, jwt: str) -> Api:
        headers = {"Authorization": f"Bearer {jwt}"} if jwt else {}
        return Api(self._http, self._name, headers, (jwt, self._vault.get("password")), parse_failure)


def open_network(account: Account, vault: Vault, http: Client) -> Lemmy:
    """The community behind an account. Raises ConfigError for missing options."""
    for name in ("instance", "community", "username"):
        require_option(account, name)
    refuse_non_number(account, "language_id")
    return Lemmy(account, vault, http)
