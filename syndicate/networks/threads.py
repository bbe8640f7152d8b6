"""Threads. networks.md, section 5; developers.facebook.com/docs/threads.

Two steps: a container is made and waited for (`prepare`, harmless, dies by itself after a day), then published
(`send`). The container's state tells afterwards whether the publishing happened, which settles unknown outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from syndicate.errors import NetworkError, NotReady, Rejected, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, Option, Profile, Recent, Secret, Vault
from syndicate.networks.calls import Api, require_secret, with_prepared
from syndicate.networks.fitting import refuse_misfits, refuse_unpublished_image
from syndicate.networks.graph import READY_WAIT, build_since, parse_cursor, parse_failure
from syndicate.networks.listing import Listing, Page, find_in, read_listing
from syndicate.networks.readback import REPLIES_TO, links_of_text
from syndicate.networks.sessions import Session, read_session, session_secrets
from syndicate.networks.settled import number_of, with_numbered_reply
from syndicate.networks.shapes import pick, pick_instant, pick_list, pick_text
from syndicate.networks.threads_login import ThreadsLogin
from syndicate.text.counting import Counter

API = "https://graph.threads.net"
VERSION = "v1.0"
LIMITS = Limits(characters=500, counter=Counter.THREADS, alt=1000, images=1, image_bytes=8_000_000, links=5, hashtags=1)
REPLY_CONTROLS = ("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only")
FIELDS = "id,permalink,text,timestamp,link_attachment_url"
PAGE = 25
MOST_FAILURES = 2
CONTAINER_LIFE = timedelta(hours=24)
LISTING_LAG = timedelta(hours=1)
RENEW_FROM = timedelta(hours=24)
"""Meta refreshes only tokens that are a day old."""

DESCRIPTION = Description(
    name="threads",
    title="Threads",
    options=(
        Option("reply_control", "Who may reply", "everyone", choices=REPLY_CONTROLS),
        Option("topic", "The topic of every post, without #; else the first hashtag is it"),
        Option("api", "Address of the API", default=API),
    ),
    secrets=(Secret("access_token", "A long-lived token; `syndicate login` gets and renews it"),),
    facts=NetworkFacts(network="threads", limits=LIMITS, media="none", can_thread=True),
    note="Tokens live 60 days and renew themselves while syndicate runs. Posts cannot be edited.",
)


def build_container(message: Message, options: Mapping[str, str]) -> dict[str, str]:
    """The form of a new container. After a failure the preview is left out where the text has the link itself."""
    form = {"media_type": "TEXT", "text": message.text}
    if message.image:
        form |= {"media_type": "IMAGE", "image_url": message.image.url, "alt_text": message.image.alt}
    elif message.link and not (_failures(message) and message.link in message.text):
        form["link_attachment"] = message.link
    form["reply_control"] = options.get("reply_control", "")
    form["topic_tag"] = options.get("topic", "")
    form["reply_to_id"] = message.reply_to.remote_id if message.reply_to else ""
    return {name: value for name, value in form.items() if value}


def build_without_container(message: Message) -> Message:
    """The message as it is once a container failed: nothing prepared, one more failure counted."""
    return replace(message, prepared={"failures": str(_failures(message) + 1)})


def _failures(message: Message) -> int:
    return int(message.prepared.get("failures", "0"))


def parse_recent(answer: object) -> tuple[Recent, ...]:
    """The account's posts in a page of a listing, newest first; entries without a date are passed over."""
    posts = []
    for each in pick_list(answer, "data"):
        published_at = pick_instant(each, "timestamp")
        if published_at:
            posts.append(_parse_one(each, published_at))
    return tuple(posts)


def _parse_one(answer: object, published_at: datetime) -> Recent:
    text, attached = pick_text(answer, "text"), pick_text(answer, "link_attachment_url")
    parent = pick_text(answer, "replied_to", "id")
    receipt = Receipt(pick_text(answer, "id"), pick_text(answer, "permalink"), {REPLIES_TO: parent} if parent else {})
    return Recent(receipt, text, (*links_of_text(text), *filter(None, [attached])), published_at)


class Threads(ThreadsLogin):
    """One Threads account."""

    limits = LIMITS

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        super().__init__(account.options.get("api") or API, account.name, http)
        self._account = account
        self._vault = vault

    def prepare(self, message: Message, *, key: str) -> Message:
        """Make the container, then wait until Meta has it ready."""
        container = message.prepared.get("container", "")
        if not container:
            return self._make_container(message)
        if "published" in message.prepared:
            return message
        answer = self._get(container, {"fields": "status,error_message"})
        state = pick_text(answer, "status")
        if state == "IN_PROGRESS":
            retry_at = self._http.now() + READY_WAIT
            raise NotReady("Threads still works on the container", retry_at=retry_at, where=self._account.name)
        if state == "PUBLISHED":  # an earlier call that nobody saw succeed did, after all
            return with_prepared(message, published="yes")
        if state in {"ERROR", "EXPIRED"}:
            return self._start_again(message, pick_text(answer, "error_message") or state.lower())
        return message

    def _make_container(self, message: Message) -> Message:
        refuse_misfits(message, LIMITS, account=self._account.name)
        refuse_unpublished_image(message, account=self._account.name)
        message = with_numbered_reply(message, account=self._account.name)
        form = build_container(message, self._account.options)
        answer = self._api().ask("POST", self._url("me/threads"), form=form).json()
        container = pick_text(answer, "id")
        if not container:
            raise Unavailable("Threads gave no container", where=self._account.name)
        return with_prepared(message, container=container)

    def _start_again(self, message: Message, said: str) -> Message:
        if _failures(message) >= MOST_FAILURES:
            hint = "is the page, and the image, public and reachable for Meta?"
            raise Rejected(f"Threads could not prepare the post: {said[:400]}", where=self._account.name, hint=hint)
        return build_without_container(message)

    def send(self, message: Message, *, key: str) -> Receipt:
        """Publish the container."""
        container = message.prepared.get("container", "")
        if not container:
            raise Unavailable("the post is not prepared", where=self._account.name)
        if "published" in message.prepared:  # there is nothing left to publish, only to find
            since = message.created_at or self._http.now() - CONTAINER_LIFE
            return self.find(message, key=key, since=since) or Receipt(container, "")
        response = self._api().publish("POST", self._url("me/threads_publish"), form={"creation_id": container})
        post = pick_text(response.json(), "id")
        if not post:
            raise Uncertain("Threads said yes without an id", where=self._account.name)
        return Receipt(post, self._permalink(post))

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """Ask the container first; where it says PUBLISHED, the post is there even before it is listed."""
        container = message.prepared.get("container", "")
        is_published = bool(container) and self._state(container) == "PUBLISHED"
        listing = self._list("me/replies" if message.reply_to else "me/threads", since)
        found = find_in(listing, message, since=since, account=self._account.name)
        return found or (self._unlisted(message, container) if is_published else None)

    def _unlisted(self, message: Message, container: str) -> Receipt:
        """Surely published, and not in the listing: wait for the listing for an hour, then do without the address."""
        if message.created_at and self._http.now() < message.created_at + LISTING_LAG:
            raise Unavailable("it is published, but not listed yet", where=self._account.name)
        return Receipt(container, "")

    def list_recent(self, *, since: datetime | None = None) -> tuple[Recent, ...]:
        """The account's own posts, newest first, up to 250."""
        return self._list("me/threads", since).posts

    def _list(self, path: str, since: datetime | None) -> Listing:
        fields = f"{FIELDS},replied_to" if path == "me/replies" else FIELDS
        query = {"fields": fields, "limit": str(PAGE), **build_since(since)}

        def fetch(cursor: str) -> Page:
            answer = self._get(path, query | ({"after": cursor} if cursor else {}))
            return Page(parse_recent(answer), parse_cursor(answer))

        return read_listing(fetch)

    def delete(self, receipt: Receipt) -> None:
        """Needs the scope threads_delete. A post that is gone gives code 100, "does not exist"."""
        self._api().ask_unless(
            lambda response: "does not exist" in pick_text(response.json(), "error", "message"),
            "DELETE",
            self._url(number_of(receipt, account=self._account.name)),
        )

    def verify(self) -> Profile:
        """Who we are, and how much of the day's 250 posts is used."""
        me = self._get("me", {"fields": "id,username,name"})
        quota = pick(self._get("me/threads_publishing_limit", {"fields": "quota_usage,config"}), "data", 0)
        used, total = pick(quota, "quota_usage"), pick(quota, "config", "quota_total")
        full = isinstance(used, int) and isinstance(total, int) and used >= total
        name = pick_text(me, "username")
        return Profile(
            name=f"@{name}",
            url=f"https://www.threads.com/@{name}",
            abilities=("post", "read", "delete"),
            expires_at=self.expires_at(),
            warnings=(f"{used} of {total} posts a day are used",) if full else (),
        )

    def expires_at(self) -> datetime | None:
        session = self._session()
        return session.expires_at if session else None

    def renew(self) -> datetime | None:
        """Another 60 days for a token that is at least a day old."""
        session = self._session()
        if session and session.renewed_at and self._http.now() - session.renewed_at < RENEW_FROM:
            return session.expires_at
        query = {"grant_type": "th_refresh_token"}
        answer = self._api().ask("GET", f"{self._base}/refresh_access_token", params=query).json()
        renewed = self._read_token(answer)
        self._vault.put(session_secrets(renewed, self._vault.get("access_token")))
        return renewed.expires_at

    def _session(self) -> Session | None:
        return read_session(self._vault, self._vault.get("access_token"))

    def _permalink(self, post: str) -> str:
        """The post's address; one that cannot be had now must not undo the publication."""
        try:
            return pick_text(self._get(post, {"fields": FIELDS}), "permalink")
        except NetworkError:
            return ""

    def _state(self, container: str) -> str:
        """The container's state, "" where it is gone (a day old)."""
        try:
            return pick_text(self._get(container, {"fields": "status,error_message"}), "status")
        except Rejected:
            return ""

    def _get(self, path: str, query: Mapping[str, str]) -> object:
        answer: object = self._api().ask("GET", self._url(path), params=query).json()
        return answer

    def _url(self, path: str) -> str:
        return f"{self._base}/{VERSION}/{path}"

    def _api(self) -> Api:
        given, session = require_secret(self._vault, "access_token", self._account.name), self._session()
        token = session.access if session else given
        headers = {"Authorization": f"Bearer {token}"}
        return Api(self._http, self._account.name, headers, (token, given), parse_failure)


def open_network(account: Account, vault: Vault, http: Client) -> Threads:
    """The Threads account behind an account."""
    return Threads(account, vault, http)
